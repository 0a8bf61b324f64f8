#include "kmeans_assign.h"

#include <math.h>

/* Squared distances in integers, one by one. */
static int nearest(const tc_kmeans *model, const int32_t *point)
{
    int64_t least = INT64_MAX;
    int best = 0;
    for (int a = 0; a < model->k; a++) {
        const int32_t *centre = &model->centre[(int64_t)a * model->d];
        int64_t distance = 0;
        for (int j = 0; j < model->d; j++) {
            const int64_t v = (int64_t)point[j] - centre[j];
            distance += v * v;
        }
        if (distance < least && !isinf(model->half[a])) {
            least = distance;
            best = a;
        }
    }
    return best;
}

void tc_kmeans_assign_plain(const tc_kmeans *model, const tc_kmeans_rows *rows,
                            uint8_t *label, int64_t *delta)
{
    const int d = model->d;
    for (int64_t i = 0; i < rows->n; i++) {
        int32_t point[TC_KMEANS_MAX_D] = {0};
        const int64_t weight = tc_kmeans_weight(rows, i);
        const int from = label[i];
        int to;
        tc_kmeans_point(rows, i, point);
        to = nearest(model, point);
        if (to == from) {
            continue;
        }
        for (int j = 0; j <= d; j++) {
            const int64_t value = j < d ? weight * point[j] : weight;
            delta[(int64_t)to * (d + 1) + j] += value;
            if (from != TC_KMEANS_NO_LABEL) {
                delta[(int64_t)from * (d + 1) + j] -= value;
            }
        }
        label[i] = (uint8_t)to;
        delta[tc_kmeans_words(model) - 1]++;
    }
}
