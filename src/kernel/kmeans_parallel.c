#include "tiercel/kmeans_parallel.h"

#include "tiercel/wide.h"

#include <math.h>
#include <string.h>

enum { LANES = TC_KMEANS_LANES };

/* One candidate against a block: squares are below 2^52, so exact before they are rounded to float. */
static inline __attribute__((always_inline)) void
approach_block(const float *x, int d, const int32_t *candidate, int number, float *distance,
               int32_t *nearest)
{
    double square[LANES] = {0};
    for (int j = 0; j < d; j++) {
        const double c = candidate[j];
        for (int i = 0; i < LANES; i++) {
            const double v = (double)x[j * LANES + i] - c;
            square[i] += v * v;
        }
    }
    for (int i = 0; i < LANES; i++) {
        const float rounded = (float)square[i];
        const int closer = rounded < distance[i];
        nearest[i] = closer ? number : nearest[i];
        distance[i] = closer ? rounded : distance[i];
    }
}

static inline __attribute__((always_inline)) void
approach(const tc_kmeans_rows *rows, const int32_t *candidate, int n_candidates,
         int number0, float *distance, uint16_t *nearest)
{
    for (int64_t row = 0; row < rows->n; row += LANES) {
        const int n = rows->n - row < LANES ? (int)(rows->n - row) : LANES;
        float best[LANES] = {0};
        int32_t number[LANES] = {0};
        for (int i = 0; i < n; i++) {
            best[i] = distance[row + i];
            number[i] = nearest[row + i];
        }
        for (int a = 0; a < n_candidates; a++) {
            approach_block(&rows->x[row * rows->d], rows->d,
                           &candidate[(int64_t)a * rows->d], number0 + a, best, number);
        }
        for (int i = 0; i < n; i++) {
            distance[row + i] = best[i];
            nearest[row + i] = (uint16_t)number[i];
        }
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void
approach_avx2(const tc_kmeans_rows *rows, const int32_t *candidate, int n_candidates,
              int number0, float *distance, uint16_t *nearest)
{
    approach(rows, candidate, n_candidates, number0, distance, nearest);
}
#endif

/* The same bits on any processor; only the speed differs. */
void tc_kmeans_approach(const tc_kmeans_rows *rows, const int32_t *candidate,
                        int n_candidates, int number0, float *distance, uint16_t *nearest)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        approach_avx2(rows, candidate, n_candidates, number0, distance, nearest);
        return;
    }
#endif
    approach(rows, candidate, n_candidates, number0, distance, nearest);
}

void tc_kmeans_potential(const tc_kmeans_rows *rows, const float *distance, int64_t *words)
{
    for (int64_t i = 0; i < rows->n; i++) {
        const tc_u128 part = (tc_u128)(uint64_t)distance[i] * tc_kmeans_weight(rows, i);
        words[0] += (int64_t)(part & UINT32_MAX);
        words[1] += (int64_t)(part >> 32);
    }
    words[1] += words[0] >> 32;
    words[0] &= UINT32_MAX;
}

double tc_kmeans_potential_value(const int64_t *words)
{
    return (double)(((tc_i128)words[1] * ((tc_i128)1 << 32)) + words[0]);
}
