/* kmeans_parallel.h - what k-means|| asks of the rows (kernel layer: no MPI, no I/O).
 *
 * k-means|| (Bahmani, Moseley, Vattani, Kumar and Vassilvitskii 2012) draws many candidates in few rounds, each row by its
 * squared distance to the candidates before; rows are then counted by their nearest candidate, and the
 * centres chosen among candidates with these weights. */
#ifndef TC_KMEANS_PARALLEL_H
#define TC_KMEANS_PARALLEL_H

#include "tiercel/kmeans.h"

enum { TC_KMEANS_POTENTIAL_WORDS = 2 };

/* Local. Brings distance[n] (squared, rounded to float; infinite before the first candidates) and nearest[n] up to date with
 * candidate[n_candidates][d], numbered from number0 on; ties to the lowest number. Cost: n n_candidates d
 * multiply-adds. */
void tc_kmeans_approach(const tc_kmeans_rows *rows, const int32_t *candidate,
                        int n_candidates, int number0, float *distance, uint16_t *nearest);

/* Local. Adds weight times squared distance of all rows to words[TC_KMEANS_POTENTIAL_WORDS], integers that may be added up over
 * up to 2^31 pieces. */
void tc_kmeans_potential(const tc_kmeans_rows *rows, const float *distance, int64_t *words);

/* Local, pure. The number that the words stand for. */
double tc_kmeans_potential_value(const int64_t *words);

/* Local, pure. 1 if a row is drawn: `uniform` in (0, 1) is below `wanted` times its part of the potential. */
static inline int tc_kmeans_is_drawn(double uniform, double wanted, uint32_t weight,
                                     float distance, double potential)
{
    return uniform * potential < wanted * weight * (double)distance;
}

#endif
