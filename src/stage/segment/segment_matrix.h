/* segment_matrix.h - the rows of this rank as k-means sees them: features of the customers that are segmented, scaled
 * and on the grid, in memory or brought piece by piece. For src/stage/segment only. */
#ifndef TC_SEGMENT_MATRIX_H
#define TC_SEGMENT_MATRIX_H

#include "tiercel/comm.h"
#include "tiercel/kmeans.h"

typedef struct tc_matrix tc_matrix;

/* Local. One piece of the rows: those from row0 on, a multiple of TC_KMEANS_LANES, piece->n of them. */
typedef tc_status tc_matrix_visit_fn(void *context, const tc_kmeans_rows *piece,
                                     int64_t row0, tc_error *err);

/* Local. Visits the rows of this rank in ascending pieces, each row once; no piece is empty. A piece is valid during
 * its visit alone. Errors: those of the visit, which end it; TC_EIO, TC_EDATA where rows are read. */
TC_NODISCARD tc_status tc_matrix_visit(tc_matrix *m, tc_matrix_visit_fn *visit,
                                       void *context, tc_error *err);

/* The same with integer sums, which a visit adds to. */
typedef tc_status tc_matrix_sum_fn(void *context, const tc_kmeans_rows *piece, int64_t row0,
                                   int64_t *sums, tc_error *err);

/* Collective. Visits all rows and adds up sums[n] of all ranks (zeroed here); sums has n + 1 words, the last is
 * workspace. One reduction. Errors (agreed): as tc_matrix_visit. */
TC_NODISCARD tc_status tc_matrix_sum_all(tc_comm *comm, tc_matrix *m,
                                         tc_matrix_sum_fn *visit, void *context,
                                         int64_t *sums, int64_t n, tc_error *err);

/* Local, pure. Rows of this rank; values of a row. */
int64_t tc_matrix_rows(const tc_matrix *m);
int tc_matrix_columns(const tc_matrix *m);

/* Local. A matrix of n rows in memory, all values 0, all weights 1; x is filled by the caller. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_matrix_create(int64_t n, int d, tc_matrix **out, tc_error *err);
void tc_matrix_destroy(tc_matrix **m);

/* Local. The values in blocks, as tc_kmeans_rows. */
float *tc_matrix_data(tc_matrix *m);

#endif
