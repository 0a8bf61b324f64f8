/* ingest_save.c - the state between two rounds of reading on its way to the disk. */
#include "ingest_checkpoint.h"

#include "tiercel/checkpoint.h"
#include "tiercel/fault.h"

static tc_status put_frame(tc_checkpoint *c, tc_ingest_frame_kind kind, const void *bytes,
                           int64_t n, tc_error *err)
{
    const tc_ingest_frame frame = {kind, n};
    TC_TRY(tc_checkpoint_write(c, &frame, (int64_t)sizeof frame, err));
    return tc_checkpoint_write(c, bytes, n, err);
}

/* All blocks of a stream, open or sealed, wherever they lie. */
static tc_status put_stream(const tc_ingest *in, tc_ingest_frame_kind kind,
                            const tc_spill_stream *stream, unsigned char *room,
                            tc_error *err)
{
    for (int32_t b = stream->first; b >= 0; b = tc_spill_next(in->spill, b)) {
        const unsigned char *data;
        int64_t n;
        TC_TRY(tc_spill_look(in->spill, stream, b, room, &data, &n, err));
        if (n > 0) {
            TC_TRY(put_frame(in->checkpoint, kind, data, n, err));
        }
    }
    return TC_OK;
}

static tc_status put_moved(const tc_ingest *in, tc_error *err)
{
    tc_buffer ids = {0};
    int64_t rows = 0;
    tc_status st = tc_buffer_append(&ids, &rows, (int64_t)sizeof rows, err);
    if (st == TC_OK) {
        st = tc_identity_done(in->identity, &ids, &rows, err);
    }
    if (st == TC_OK) {
        memcpy(ids.data, &rows, sizeof rows);
        st = put_frame(in->checkpoint, TC_FRAME_MOVED, ids.data, ids.size, err);
    }
    tc_buffer_free(&ids);
    return st;
}

static tc_status put_quality(const tc_ingest *in, tc_error *err)
{
    tc_buffer packed = {0};
    tc_status st = tc_quality_pack(&in->quality.sums, &packed, err);
    if (st == TC_OK) {
        st = put_frame(in->checkpoint, TC_FRAME_QUALITY, packed.data, packed.size, err);
    }
    tc_buffer_free(&packed);
    return st;
}

static tc_status put_part(const tc_ingest *in, tc_error *err)
{
    unsigned char *room = tc_mem_alloc(TC_SPILL_BLOCK, 1, err);
    tc_status st = room == NULL ? TC_ENOMEM : TC_FAULT("ingest.save", err);
    if (st == TC_OK) {
        st = put_frame(in->checkpoint, TC_FRAME_COUNTS, &in->counts,
                       (int64_t)sizeof in->counts, err);
    }
    if (st == TC_OK) {
        st = put_quality(in, err);
    }
    if (st == TC_OK && in->identity != NULL) {
        st = put_moved(in, err);
    }
    if (st == TC_OK) {
        st = put_stream(in, TC_FRAME_REJECTS, &in->rejects.stream, room, err);
    }
    for (int64_t i = 0; st == TC_OK && i < in->buckets.n; i++) {
        st = put_stream(in, TC_FRAME_ROWS, &in->buckets.stream[i], room, err);
    }
    tc_mem_free(room);
    return st;
}

/* Collective. The common state, equal on all ranks. */
static tc_status make_common_all(const tc_ingest *in, tc_buffer *out, tc_error *err)
{
    tc_buffer mine = {0};
    tc_ingest_saved head = {.format = TC_INGEST_FORMAT, .rows = in->counts.rows};
    tc_status st = tc_buffer_append(out, &head, (int64_t)sizeof head, err);
    if (st == TC_OK) {
        st = tc_table_rest(in->table, &mine, err);
    }
    st = tc_comm_agree_all(in->comm, st, err);
    if (st == TC_OK) {
        tc_comm_sum_i64_all(in->comm, &head.rows, 1);
        st = tc_comm_gather_all(in->comm, mine.data, mine.size, out, err);
    }
    if (st == TC_OK) {
        const int64_t ranges = out->size;
        int64_t channels = 0;
        head.ranges = (ranges - (int64_t)sizeof head) / (int64_t)sizeof(tc_table_range);
        st = tc_ingest_dict_pack(&in->channel, out, err);
        channels = out->size;
        if (st == TC_OK) {
            st = tc_ingest_dict_pack(&in->category, out, err);
        }
        head.channel_bytes = channels - ranges;
        head.category_bytes = out->size - channels;
        memcpy(out->data, &head, sizeof head);
        st = tc_comm_agree_all(in->comm, st, err);
    }
    tc_buffer_free(&mine);
    return st;
}

/* Collective. */
static tc_status save_all(tc_ingest *in, tc_error *err)
{
    tc_buffer common = {0};
    tc_status st = make_common_all(in, &common, err);
    if (st == TC_OK) {
        st = tc_checkpoint_begin_all(in->checkpoint, err);
    }
    if (st == TC_OK) {
        st = put_part(in, err);
        st = tc_checkpoint_end_all(in->checkpoint, st, common.data, common.size, err);
    }
    tc_buffer_free(&common);
    in->saved_at = tc_comm_seconds();
    return st;
}

tc_status tc_ingest_save_due_all(tc_ingest *in, tc_error *err)
{
    return tc_checkpoint_due_all(in->checkpoint) ? save_all(in, err) : TC_OK;
}

tc_status tc_ingest_save_last_all(tc_ingest *in, tc_error *err)
{
    int64_t is_long = tc_comm_seconds() - in->saved_at > TC_INGEST_KEEP_SECONDS;
    tc_comm_max_i64_all(in->comm, &is_long, 1);
    return is_long ? save_all(in, err) : TC_OK;
}
