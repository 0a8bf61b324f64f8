#include "kmeans_assign.h"

#include <math.h>
#include <string.h>

enum { TILE = TC_KMEANS_TILE };

/* All products are below 2^44 and all sums below 2^50, so
 * every score is exact, in any order of operations. */
tc_kmeans_nearest tc_kmeans_find(const tc_kmeans *model, const int32_t *point)
{
    tc_kmeans_nearest best = {HUGE_VAL, 0};
    for (int a0 = 0; a0 < model->k; a0 += TILE) {
        const double *tile = &model->tile[(int64_t)a0 * model->d];
        double score[TILE];
        memcpy(score, &model->half[a0], sizeof score);
        for (int j = 0; j < model->d; j++) {
            for (int a = 0; a < TILE; a++) {
                score[a] -= point[j] * tile[j * TILE + a];
            }
        }
        for (int a = 0; a < TILE; a++) {
            if (score[a] < best.score) {
                best = (tc_kmeans_nearest){score[a], a0 + a};
            }
        }
    }
    return best;
}

void tc_kmeans_assign(const tc_kmeans *model, const tc_kmeans_rows *rows, uint8_t *label,
                      int64_t *delta)
{
    tc_kmeans_assigner_choose()(model, rows, label, delta);
}

static int64_t square(const int32_t *point, int d)
{
    int64_t sum = 0;
    for (int j = 0; j < d; j++) {
        sum += (int64_t)point[j] * point[j];
    }
    return sum;
}

/* Squared distance of a point to its nearest centre, or -1 as soon as some centre is within `limit`; that one
 * is asked first the next time. */
static int64_t distance_beyond(const tc_kmeans *model, const int32_t *point, int64_t limit,
                               int *first)
{
    int64_t least = INT64_MAX;
    for (int c = 0; c < model->k; c++) {
        const int a = (*first + c) % model->k;
        const int32_t *centre = &model->centre[(int64_t)a * model->d];
        int64_t distance = 0;
        if (isinf(model->half[a])) {
            continue;
        }
        for (int j = 0; j < model->d; j++) {
            const int64_t v = (int64_t)point[j] - centre[j];
            distance += v * v;
        }
        if (distance <= limit) {
            *first = a;
            return -1;
        }
        least = distance < least ? distance : least;
    }
    return least;
}

tc_kmeans_far tc_kmeans_farthest(const tc_kmeans *model, const tc_kmeans_rows *rows)
{
    tc_kmeans_far far = {-1, 0};
    int first = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        int32_t point[TC_KMEANS_MAX_D] = {0};
        int64_t distance;
        if (tc_kmeans_weight(rows, i) == 0) {
            continue;
        }
        tc_kmeans_point(rows, i, point);
        distance = distance_beyond(model, point, far.distance, &first);
        if (distance > far.distance) {
            far = (tc_kmeans_far){distance, i};
        }
    }
    return far;
}

/* A square is below 2^50 and a weight below 2^32. */
void tc_kmeans_total(const tc_kmeans_rows *rows, int64_t *total)
{
    const uint64_t low = ((uint64_t)1 << 32) - 1;
    for (int64_t i = 0; i < rows->n; i++) {
        int32_t point[TC_KMEANS_MAX_D];
        uint64_t own, least, sum;
        const uint64_t weight = tc_kmeans_weight(rows, i);
        tc_kmeans_point(rows, i, point);
        own = (uint64_t)square(point, rows->d);
        least = (own & low) * weight;
        sum = (uint64_t)total[0] + (least & low);
        total[0] = (int64_t)(sum & low);
        total[1] += (int64_t)((own >> 32) * weight + (least >> 32) + (sum >> 32));
    }
}
