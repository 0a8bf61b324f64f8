/* quantile_all.h - exact quantiles of columns spread over all ranks (stage layer). */
#ifndef TC_QUANTILE_ALL_H
#define TC_QUANTILE_ALL_H

#include "tiercel/fold.h"
#include "tiercel/quantile.h"

/* Collective. The quantiles of a request whose columns hold the rows of this rank
 * (shards->n_local each, may be 0). n_columns, is_double, n_p, probabilities and rule must be equal on
 * all ranks; whether `use` is given may differ.
 *   out      [n_columns][n_p], row-major; NaN for a column without values
 *   n_valid  [n_columns], values that are not NaN, of all ranks
 * Both are equal on all ranks, with the same bits for any number of ranks.
 * Errors (agreed): TC_ENOMEM; TC_EINTERNAL if a probability is not in [0, 1].
 * Cost: 3 folds (float32 alone) or 6, each at most n_columns * 2 n_p * 2,048 words of 8 bytes. */
TC_NODISCARD tc_status tc_quantile_all(tc_comm *comm, const tc_shards *shards,
                                       const tc_quantile_request *request, double *out,
                                       int64_t *n_valid, tc_error *err);

/* Where the rows come from if not all are in memory. */
typedef struct {
    /* Local. Before rows *row .. *row + n_rows - 1 of this rank are counted: brings them to memory and sets *row
     * to where they lie in the columns of the request. Called for each shard in each round. */
    tc_status (*load)(void *context, int64_t *row, int64_t n_rows, tc_error *err);
    void *context;
} tc_quantile_rows;

/* Collective. The same with rows that are brought on demand; rows NULL: all are in memory. Errors (agreed): as
 * above, and those of load. */
TC_NODISCARD tc_status tc_quantile_rows_all(tc_comm *comm, const tc_shards *shards,
                                            const tc_quantile_request *request,
                                            const tc_quantile_rows *rows, double *out,
                                            int64_t *n_valid, tc_error *err);

#endif
