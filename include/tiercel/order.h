/* order.h - distributed order: sorting and exact ranks over all ranks (edge layer, comm).
 * The result does not depend on how rows are spread over ranks. */
#ifndef TC_ORDER_H
#define TC_ORDER_H

#include "tiercel/comm.h"

typedef struct {
    uint64_t key, value;
} tc_pair;

/* Collective. pairs[n_local] of all ranks are put in ascending order of (key, value); the
 * rank gets a contiguous piece of the whole order, appended to `sorted` as tc_pair records.
 * Method: regular sample, splitters, one exchange, local sort. Errors: TC_ENOMEM, agreed.
 */
TC_NODISCARD tc_status tc_order_sort_all(tc_comm *comm, tc_pair *pairs, int64_t n_local,
                                         tc_buffer *sorted, tc_error *err);

/* Collective. For each of my key[n_local] the number of keys of all ranks that are smaller
 * (below) and equal (equal, at least 1: itself). The mid-rank of a row is below + (equal -
 * 1) / 2. Equal keys are counted locally first, so that heavy ties cost nothing. Errors:
 * TC_ENOMEM, agreed. */
TC_NODISCARD tc_status tc_order_ranks_all(tc_comm *comm, const uint64_t *key,
                                          int64_t n_local, int64_t *below, int64_t *equal,
                                          tc_error *err);

/* Local, pure. Unsigned keys in the order of the numbers; -0 equals +0; NaN must not be
 * passed. */
static inline uint64_t tc_order_key_i64(int64_t v)
{
    return (uint64_t)v ^ ((uint64_t)1 << 63);
}

uint64_t tc_order_key_f64(double v);

#endif
