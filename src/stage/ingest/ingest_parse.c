/* ingest_parse.c - from the bytes of this rank to a batch of records. */
#include "ingest_impl.h"
#include "ingest_rejects.h"

#include "tiercel/fault.h"

static tc_status add_reject(tc_ingest *in, uint64_t place, tc_row_reason reason,
                            int64_t column, tc_error *err)
{
    if (reason == TC_ROW_TIME && (int64_t)place < in->counts.first_bad_time) {
        in->counts.first_bad_time = (int64_t)place;
    }
    return tc_reject_list_add(&in->rejects, place, tc_reject_value((int)reason, column),
                              err);
}

/* Appends a row to the lane of its owner. */
static void send(tc_ingest *in, const tc_packed_head *head, uint64_t route, const void *id,
                 int64_t id_n)
{
    const int owner = tc_ingest_owner(route, (int)in->lanes.ranks);
    const int64_t bytes =
        tc_packed_write(tc_ingest_lane_at(&in->lanes, owner), head, id, id_n);
    tc_ingest_lane_add(&in->lanes, owner, bytes);
}

static tc_status send_used(tc_ingest *in, const tc_row_event *event, tc_packed_head *head,
                           tc_error *err)
{
    uint32_t channel;
    TC_TRY(tc_ingest_dict_code(&in->channel, event->channel, &channel, err));
    TC_TRY(tc_ingest_dict_code(&in->category, event->category, &head->category, err));
    head->channel = (uint16_t)channel;
    send(in, head, event->hash.hi, event->id, event->id_n);
    return TC_OK;
}

static tc_status add_event(tc_ingest *in, const tc_row_event *event, uint64_t row,
                           uint64_t place, tc_error *err)
{
    tc_packed_head head = {.time = event->time,
                           .amount = event->amount,
                           .order = event->order,
                           .row = row,
                           .place = place,
                           .kind = (uint8_t)event->kind};
    in->counts.reason_rows[event->reason]++;
    in->counts.cancelled_rows +=
        event->complete && (event->order & TC_ORDER_CANCELLED) != 0;
    if (event->has_amount) {
        in->counts.reason_amount[event->reason] += event->amount;
        in->counts.rounded += event->rounded;
    }
    if (event->reason == TC_ROW_USED) {
        return send_used(in, event, &head, err);
    }
    if (event->complete) {
        head.kind = TC_KIND_UNUSED;
        send(in, &head, row, &event->hash.hi, (int64_t)sizeof event->hash.hi);
    }
    return add_reject(in, place, event->reason, event->role, err);
}

/* A record whose form is wrong. What quotes out of place have joined to one record were
 * several rows: each line is counted. */
static tc_status add_malformed(tc_ingest *in, const tc_table_row *row, uint64_t place,
                               tc_error *err)
{
    static const tc_row_reason reasons[] = {
        [TC_TABLE_GOOD] = TC_ROW_USED,     [TC_TABLE_LONG] = TC_ROW_LONG,
        [TC_TABLE_QUOTE] = TC_ROW_QUOTE,   [TC_TABLE_NUL] = TC_ROW_NUL,
        [TC_TABLE_FIELDS] = TC_ROW_FIELDS, [TC_TABLE_CR] = TC_ROW_CARRIAGE_RETURN};
    const tc_row_reason reason = reasons[row->problem];
    const int64_t column = row->field < 0 ? -1 : TC_REJECT_ORDINAL + row->field;
    const int64_t lines = reason == TC_ROW_QUOTE ? row->lines : 1;
    in->counts.reason_rows[reason]++;
    in->counts.reason_rows[TC_ROW_SWALLOWED] += lines - 1;
    in->counts.rows += lines - 1;
    TC_TRY(add_reject(in, place, reason, column, err));
    for (int64_t i = 1; i < lines; i++) {
        TC_TRY(add_reject(in, place + (uint64_t)i, TC_ROW_SWALLOWED, -1, err));
    }
    return TC_OK;
}

static tc_status take_row(tc_ingest *in, const tc_table_row *row, tc_error *err)
{
    const uint64_t place = (uint64_t)row->file << TC_PLACE_LINE_BITS | (uint64_t)row->line;
    tc_row_event event;
    in->counts.rows++;
    in->counts.bytes += row->bytes;
    in->counts.content[0] += tc_hash_mix(row->hash, row->header_hash);
    in->counts.content[1] += tc_hash_mix(row->hash, ~row->header_hash);
    if (row->problem != TC_TABLE_GOOD) {
        return add_malformed(in, row, place, err);
    }
    tc_row_read(&in->rules, row->text, &event);
    TC_TRY(tc_ingest_quality_row(&in->quality, row->text, &event, err));
    return add_event(in, &event, row->hash, place, err);
}

tc_status tc_ingest_fill_batch(tc_ingest *in, tc_error *err)
{
    TC_TRY(TC_FAULT("ingest.parse", err));
    while (!in->done && !in->lanes.full) {
        tc_table_row row;
        int found;
        TC_TRY(tc_table_next(in->table, &row, &found, err));
        in->done = !found;
        if (found) {
            TC_TRY(take_row(in, &row, err));
        }
    }
    return TC_OK;
}
