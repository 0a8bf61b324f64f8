#include "kmeans_assign.h"

#include <math.h>
#include <stdlib.h>

tc_kmeans_assigner *tc_kmeans_assigner_choose(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        return tc_kmeans_assign_avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return tc_kmeans_assign_avx2;
    }
#endif
    return tc_kmeans_assign_base;
}

/* A score is the rounded |c|^2 / 2, then d times a product (rounded, or fused) and a difference, then bits
 * given to the number of the centre. With u = 2^-24 and M = |c|^2 / 2 + sum |x_j c_j|, which no
 * intermediate result exceeds but by terms in u, the sum is off by at most e = (d + 2) u M, products
 * rounded by themselves included, and 2 u M more covers the terms in u^2. The lowest b bits are worth less than
 * f = 2^(b + 1) u times the score. If a centre is not farther than the one with the lowest score but has a
 * score above it, the two differ by at most 2 e + f times the sum of their sizes, and the size of the higher is at most that of the
 * lowest + 2 e (1 + f). So scores that differ by more than 2 (1 + f) e + 2 (1 + 3 f) |lowest| f are in the right order;
 * f is below 2^-14, and the factor 1.001 covers it and the rounding of this bound. 1 covers scores near 0. */
void tc_kmeans_doubt_of(const tc_kmeans *model, tc_kmeans_doubt *doubt)
{
    const double u = 0x1p-24;
    double most;
    *doubt = (tc_kmeans_doubt){.d = model->d,
                               .step = 2.002 * (model->d + 4) * u,
                               .part = (float)(2.002 * ldexp(u, model->lean_bits + 1))};
    for (int a = 0; a < model->k; a++) {
        if (isinf(model->half[a])) {
            continue;
        }
        doubt->half = fmax(doubt->half, model->half[a]);
        for (int j = 0; j < model->d; j++) {
            const int32_t c = abs(model->centre[(int64_t)a * model->d + j]);
            doubt->largest[j] = c > doubt->largest[j] ? c : doubt->largest[j];
        }
    }
    most = doubt->half;
    for (int j = 0; j < model->d; j++) {
        most += (double)TC_KMEANS_LIMIT * doubt->largest[j];
    }
    doubt->base = (float)(doubt->step * most * 1.0001 + 1);
}

int tc_kmeans_in_doubt(const tc_kmeans_doubt *doubt, const int32_t *point, float best,
                       float second)
{
    double most = doubt->half;
    for (int j = 0; j < doubt->d; j++) {
        most += fabs((double)point[j]) * doubt->largest[j];
    }
    return (double)second - (double)best <=
           doubt->step * most + (double)doubt->part * fabs((double)best) + 1;
}
