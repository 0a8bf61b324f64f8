/* kmeans_assign.h - how the pass over the rows is done; for src/kernel/kmeans*.c and their tests.
 *
 * Scores |c|^2 / 2 - x.c are taken in float, 24 bits of an exact sum of up to 50, with the lowest and the
 * next lowest of each row. Where these two are closer than rounding can explain, the row is looked at again
 * in exact doubles, so labels do not depend on how the scores were rounded:
 * vector width, order, fused multiply-adds. The number of a centre takes the place of the lowest bits
 * of its score, so that one minimum finds both; the bound of doubt allows for that too. */
#ifndef TC_KMEANS_ASSIGN_H
#define TC_KMEANS_ASSIGN_H

#include "tiercel/kmeans.h"

enum { TC_KMEANS_LEAST_TILE = 4, TC_KMEANS_MOST_TILE = 6 };

/* Stands for the score of a cluster that attracts nothing; finite, so that a number fits in. */
#define TC_KMEANS_FAR 0x1p100F

typedef void tc_kmeans_assigner(const tc_kmeans *model, const tc_kmeans_rows *rows,
                                uint8_t *label, int64_t *delta);

/* tc_kmeans_assign for one instruction set each; the same labels and sums. */
tc_kmeans_assigner tc_kmeans_assign_base; /* what every processor has */
#if defined(__x86_64__)
tc_kmeans_assigner tc_kmeans_assign_avx2;   /* with fused multiply-add */
tc_kmeans_assigner tc_kmeans_assign_avx512; /* likewise */
#endif

tc_kmeans_assigner tc_kmeans_assign_plain; /* the reference: loops over integers */

/* Local, pure. What this processor runs fastest. */
tc_kmeans_assigner *tc_kmeans_assigner_choose(void);

/* How far the two lowest scores of a row may be apart and still be in the wrong order: at most
 * base + part |lowest| for any row, and step (half + sum |x_j| largest_j) + part |lowest| + 1 for one, which is some
 * ten times less but costs a look at the row. */
typedef struct {
    int d;
    float base, part;
    double step, half;
    int32_t largest[TC_KMEANS_MAX_D];
} tc_kmeans_doubt;

/* Local, pure. The bounds for the centres of a model. */
void tc_kmeans_doubt_of(const tc_kmeans *model, tc_kmeans_doubt *doubt);

/* Local, pure. 1 if the scores of this row are in doubt. */
int tc_kmeans_in_doubt(const tc_kmeans_doubt *doubt, const int32_t *point, float best,
                       float second);

typedef struct {
    double score; /* |c|^2 / 2 - x.c */
    int centre;
} tc_kmeans_nearest;

/* Local, pure. The nearest centre of a point and its score, exactly; ties to the lowest number. */
tc_kmeans_nearest tc_kmeans_find(const tc_kmeans *model, const int32_t *point);

#endif
