/* ingest_reject_list.h - private to ingest: the rejected rows of this rank, in the bounded
 * pool, and a way through all of them in order that keeps to the memory. */
#ifndef TC_INGEST_REJECT_LIST_H
#define TC_INGEST_REJECT_LIST_H

#include "ingest_spill.h"

#include "tiercel/comm.h"
#include "tiercel/order.h"

/* Zeroed = empty and of no pool. */
typedef struct {
    tc_spill *spill;        /* borrowed */
    tc_spill_stream stream; /* tc_pair: place, see tc_reject_value */
    int64_t n;
} tc_reject_list;

static inline void tc_reject_list_start(tc_reject_list *list, tc_spill *spill)
{
    *list = (tc_reject_list){.spill = spill};
    tc_spill_start(&list->stream);
}

/* Local. Errors: as tc_spill_extend. */
TC_NODISCARD tc_status tc_reject_list_add(tc_reject_list *list, uint64_t place,
                                          uint64_t value, tc_error *err);

/* Collective. Bounds that cut the places of all ranks into ranges of about `most` rows:
 * uint64, ascending, appended to `bounds`; equal on all ranks. Method: a regular sample.
 * Seals the list. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_reject_list_split_all(tc_comm *comm, tc_reject_list *list,
                                                int64_t most, tc_buffer *bounds,
                                                tc_error *err);

/* Local. Appends the rows of a sealed list with low <= place < high, or to the end if high
 * is 0, to `pairs`. Errors: TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_reject_list_select(tc_reject_list *list, uint64_t low,
                                             uint64_t high, tc_buffer *pairs,
                                             tc_error *err);

#endif
