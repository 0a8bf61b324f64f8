/* segment_matrix.h - the rows of this rank as k-means sees them: features of the customers that are segmented, scaled
 * and on the grid, in memory or brought piece by piece. For src/stage/segment only. */
#ifndef TC_SEGMENT_MATRIX_H
#define TC_SEGMENT_MATRIX_H

#include "segment_rows.h"

#include "tiercel/scale.h"

typedef struct tc_matrix tc_matrix;

/* Local. One piece of the rows: those from row0 on, a multiple of TC_KMEANS_LANES, piece->n of them. */
typedef tc_status tc_matrix_visit_fn(void *context, const tc_kmeans_rows *piece,
                                     int64_t row0, tc_error *err);

/* Local. Visits the rows of this rank in ascending pieces, each row once; no piece is empty. A piece is valid during
 * its visit alone. Errors: those of the visit, which end it; TC_EIO, TC_EDATA where rows are read; TC_EINTERRUPT. */
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

/* Where the values come from. Borrowed by the matrix for as long as it lives.
 *   rows       raw rows; ->known are those of the matrix
 *   scale      [rows->roles.n_use] by feature
 *   dimension  [d] features of the matrix
 *   unit       of the grid, in model space
 *   memory     bytes that the matrix may take; what takes more is brought piece by piece, with the same values */
typedef struct {
    tc_segment_rows *rows;
    const tc_scale *scale;
    const int *dimension;
    int d;
    double unit;
    int64_t memory;
} tc_matrix_params;

/* Local. One pass over the raw rows; adds to counts[n_use] what was missing and cut in the features of the
 * matrix. Errors: those of the source, TC_ENOMEM. Cost: 4 bytes a value, and 4 a row where rows are weighted, if in memory. */
TC_NODISCARD tc_status tc_matrix_create(const tc_matrix_params *params,
                                        tc_scale_counts *counts, tc_matrix **out,
                                        tc_error *err);
void tc_matrix_destroy(tc_matrix **m);

/* Local, pure. A value of model space on the grid: to the nearest whole number of units, ties to even, cut at the ends. */
float tc_matrix_to_grid(double value, double unit);

/* Local, pure. 1 if rows are brought piece by piece. */
int tc_matrix_streams(const tc_matrix *m);

#endif
