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
 * given to the number of the centre. All that is rounded is at most M = max |c|^2 / 2 + sum |x_j|
 * max |c_j|, so with u = 2^-24 a score is off by at most (1 + 2 d) u M for the sum if products are
 * rounded by themselves: u |x_j c_j| add up to u M at most and the differences to d u M, hence (d + 2) u M
 * in fact; the lowest bits are worth at most 2^(bits + 1) u M. Terms in u^2 are below 2 u M. Two scores
 * are in doubt within twice that; the last factor covers the rounding of the margin and of the difference.
 * x is not looked at: |x_j| < TC_KMEANS_LIMIT, which is some ten times coarser and saves reading all rows
 * another time; a margin ten times as wide means that one row in some thousands is searched twice. */
float tc_kmeans_margin(const tc_kmeans *model)
{
    const double u = 0x1p-24;
    const double steps = model->d + 4 + ldexp(1, model->lean_bits + 1);
    double most = 0;
    for (int a = 0; a < model->k; a++) {
        most = isinf(model->half[a]) ? most : fmax(most, model->half[a]);
    }
    for (int j = 0; j < model->d; j++) {
        int32_t largest = 0;
        for (int a = 0; a < model->k; a++) {
            const int32_t c = abs(model->centre[(int64_t)a * model->d + j]);
            largest = !isinf(model->half[a]) && c > largest ? c : largest;
        }
        most += (double)TC_KMEANS_LIMIT * largest;
    }
    return (float)(2 * steps * u * most * 1.001 + 1);
}
