#include "tiercel/cluster.h"

#include "tiercel/rng.h"
#include "tiercel/wide.h"

#include <math.h>
#include <string.h>

enum { PURPOSE_REFERENCE = 0x676170 };

static int64_t pairs(int64_t n)
{
    return n * (n - 1) / 2;
}

/* (S - A B / N) / ((A + B) / 2 - A B / N), both times 2 N: S pairs that are together in both, A and B
 * in one, N all. */
double tc_cluster_rand(const int64_t *table, int ka, int kb)
{
    int64_t both = 0, a = 0, b = 0, n = 0;
    tc_i128 over, under;
    for (int i = 0; i < ka; i++) {
        int64_t row = 0;
        for (int j = 0; j < kb; j++) {
            both += pairs(table[(int64_t)i * kb + j]);
            row += table[(int64_t)i * kb + j];
        }
        a += pairs(row);
        n += row;
    }
    for (int j = 0; j < kb; j++) {
        int64_t column = 0;
        for (int i = 0; i < ka; i++) {
            column += table[(int64_t)i * kb + j];
        }
        b += pairs(column);
    }
    over = 2 * ((tc_i128)both * pairs(n) - (tc_i128)a * b);
    under = ((tc_i128)a + b) * pairs(n) - 2 * (tc_i128)a * b;
    return under == 0 ? 1 : (double)over / (double)under;
}

void tc_cluster_gap(const double *log_within, const double *reference, int n,
                    int n_references, double *gap, double *error)
{
    for (int i = 0; i < n; i++) {
        double mean = 0;
        double square = 0;
        for (int r = 0; r < n_references; r++) {
            mean += reference[(int64_t)r * n + i];
        }
        mean /= n_references;
        for (int r = 0; r < n_references; r++) {
            const double off = reference[(int64_t)r * n + i] - mean;
            square += off * off;
        }
        gap[i] = mean - log_within[i];
        error[i] = sqrt(square / n_references) * sqrt(1 + 1.0 / n_references);
    }
}

void tc_cluster_reference(const tc_kmeans_rows *rows, uint64_t seed, uint64_t number,
                          float *x)
{
    tc_rng rng = tc_rng_stream(seed, PURPOSE_REFERENCE, number);
    memset(x, 0, (size_t)tc_kmeans_floats(rows->n, rows->d) * sizeof *x);
    for (int j = 0; j < rows->d; j++) {
        float low = HUGE_VALF;
        float high = -HUGE_VALF;
        for (int64_t i = 0; i < rows->n; i++) {
            low = fminf(low, tc_kmeans_value(rows, i, j));
            high = fmaxf(high, tc_kmeans_value(rows, i, j));
        }
        for (int64_t i = 0; i < rows->n; i++) {
            const uint64_t span = (uint64_t)((double)high - (double)low) + 1;
            x[tc_kmeans_at(rows->d, i, j)] = low + (float)tc_rng_below(&rng, span);
        }
    }
}
