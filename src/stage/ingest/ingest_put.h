/* ingest_put.h - private to ingest: where a row goes that has just been read. */
#ifndef TC_INGEST_PUT_H
#define TC_INGEST_PUT_H

#include "ingest_impl.h"

/* Local. Hands on one row. hi: of the customer's hash, of an unused row the hash of its
 * bytes (tc_packed_route); id: tc_packed_head and what it says of unused rows. A row of this
 * rank's own customers goes to its bucket at once, any other to the lane of its owner; so do
 * rows with codes that the ranks have not agreed on yet (wide, because those may get larger)
 * and, if there is a map of ids, all rows. Room: in->lanes.full is 0. Errors: as
 * tc_spill_extend. Cost: O(bytes of the row). */
static inline tc_status tc_ingest_put_row(tc_ingest *in, const tc_packed_head *head,
                                          uint64_t hi, const void *id, int64_t id_n,
                                          tc_error *err)
{
    const int owner = tc_ingest_owner(hi, (int)in->lanes.ranks);
    const int fresh =
        head->channel > in->channel.known.n || head->category > in->category.known.n;
    const unsigned form = tc_packed_form_of(head, fresh);
    if (owner == in->put_rank && !fresh) {
        tc_spill_stream *const stream = tc_ingest_bucket_of(&in->buckets, hi);
        TC_TRY(tc_spill_reserve(in->spill, stream, tc_packed_id_at(form) + id_n, err));
        stream->at += tc_packed_write_form(stream->at, head, form, id, id_n);
        in->n_unused += head->kind == TC_KIND_UNUSED;
        in->n_used += head->kind != TC_KIND_UNUSED;
        return TC_OK;
    }
    tc_ingest_lane_add(
        &in->lanes, owner,
        tc_packed_write_form(tc_ingest_lane_at(&in->lanes, owner), head, form, id, id_n));
    return TC_OK;
}

/* Local. Fetches the place of a row that is put a little later: with thousands of buckets it
 * is in no near cache. Worth it some 8 rows ahead; never needed. */
static inline void tc_ingest_put_soon(const tc_ingest *in, uint64_t hi)
{
    if (tc_ingest_owner(hi, (int)in->lanes.ranks) == in->put_rank) {
        __builtin_prefetch(tc_ingest_bucket_of(&in->buckets, hi)->at, 1);
    }
}

#endif
