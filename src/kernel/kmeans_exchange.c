#include "tiercel/kmeans.h"

/* A gain below this share is rounding; without it rows could move to and fro for ever. */
static const double least_gain = 1e-9;

static void set_mean(const tc_kmeans *model, int a, double *mean)
{
    const int d = model->d;
    const int64_t *sum = &model->sum[(int64_t)a * (d + 1)];
    for (int j = 0; j < d; j++) {
        mean[(int64_t)a * d + j] = sum[d] > 0 ? (double)sum[j] / (double)sum[d] : 0;
    }
}

static double weight_of(const tc_kmeans *model, int a)
{
    return (double)model->sum[(int64_t)a * (model->d + 1) + model->d];
}

static double square_distance(const double *x, const double *mean, int d)
{
    double sum = 0;
    for (int j = 0; j < d; j++) {
        sum += (x[j] - mean[j]) * (x[j] - mean[j]);
    }
    return sum;
}

/* The cluster that a row with values x and a weight should be in, given that it is in `own`. */
static int best_cluster(const tc_kmeans *model, const double *x, double weight, int own,
                        const double *mean)
{
    const int d = model->d;
    const double own_weight = weight_of(model, own);
    double least;
    int best = own;
    if (own_weight <= weight) {
        return own; /* alone, it costs nothing */
    }
    least =
        square_distance(x, &mean[(int64_t)own * d], d) * own_weight / (own_weight - weight);
    least -= least * least_gain;
    for (int b = 0; b < model->k; b++) {
        const double other = weight_of(model, b);
        const double cost =
            square_distance(x, &mean[(int64_t)b * d], d) * (other / (other + weight));
        if (b != own && other > 0 && cost < least) {
            least = cost;
            best = b;
        }
    }
    return best;
}

static void move_row(tc_kmeans *model, const tc_kmeans_rows *rows, int64_t row, int from,
                     int to)
{
    const int d = model->d;
    int64_t *source = &model->sum[(int64_t)from * (d + 1)];
    int64_t *target = &model->sum[(int64_t)to * (d + 1)];
    const int64_t weight = tc_kmeans_weight(rows, row);
    for (int j = 0; j < d; j++) {
        const int64_t value = weight * (int64_t)tc_kmeans_value(rows, row, j);
        source[j] -= value;
        target[j] += value;
    }
    source[d] -= weight;
    target[d] += weight;
}

int64_t tc_kmeans_exchange(tc_kmeans *model, const tc_kmeans_rows *rows, uint8_t *label,
                           double *mean)
{
    int64_t moved = 0;
    for (int a = 0; a < model->k; a++) {
        set_mean(model, a, mean);
    }
    for (int64_t i = 0; i < rows->n; i++) {
        double x[TC_KMEANS_MAX_D] = {0};
        const uint32_t weight = tc_kmeans_weight(rows, i);
        const int from = label[i];
        int to;
        if (weight == 0) {
            continue;
        }
        for (int j = 0; j < rows->d; j++) {
            x[j] = (double)tc_kmeans_value(rows, i, j);
        }
        to = best_cluster(model, x, weight, from, mean);
        if (to != from) {
            move_row(model, rows, i, from, to);
            set_mean(model, from, mean);
            set_mean(model, to, mean);
            label[i] = (uint8_t)to;
            moved++;
        }
    }
    return moved;
}
