/* ingest_parse.c - from the bytes of this rank to a batch of records. */
#include "ingest_put.h"
#include "ingest_rejects.h"

#include "tiercel/fault.h"
#include "tiercel/stop.h"

/* Rows from the fetching of a place to its use; times a batch that may be read in a round, as rows
 * that are rejected or stay on this rank fill no lane. */
enum { AHEAD = 12, BATCHES = 8 };

static tc_status add_reject(tc_ingest *in, uint64_t place, tc_row_reason reason,
                            int64_t column, tc_error *err)
{
    if (reason == TC_ROW_TIME && (int64_t)place < in->counts.first_bad_time) {
        in->counts.first_bad_time = (int64_t)place;
    }
    return tc_reject_list_add(&in->rejects, place, tc_reject_value((int)reason, column),
                              err);
}

static tc_status send_used(tc_ingest *in, const tc_row_event *event, tc_packed_head *head,
                           tc_error *err)
{
    uint32_t channel;
    TC_TRY(tc_ingest_dict_code(&in->channel, event->channel, &channel, err));
    TC_TRY(tc_ingest_dict_code(&in->category, event->category, &head->category, err));
    head->channel = (uint16_t)channel;
    return tc_ingest_put_row(in, head, event->hash.hi, event->id, event->id_n, err);
}

static tc_status add_event(tc_ingest *in, const tc_row_event *event, uint64_t row,
                           uint64_t place, tc_error *err)
{
    tc_packed_head head = {.time = event->time,
                           .amount = event->amount,
                           .order = event->order,
                           .row = row,
                           .place = in->keep_place ? place : 0,
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
        TC_TRY(tc_ingest_put_row(in, &head, row, &event->hash.hi,
                                 (int64_t)sizeof event->hash.hi, err));
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

static uint64_t place_of(int file, int64_t line)
{
    return (uint64_t)file << TC_PLACE_LINE_BITS | (uint64_t)line;
}

static void count_content(tc_ingest_counts *counts, uint64_t row, uint64_t header)
{
    counts->content[0] += tc_hash_mix(row, header);
    counts->content[1] += tc_hash_mix(row, ~header);
}

/* A row with all its fields. */
static tc_status take_texts(tc_ingest *in, const tc_csv_text text[TC_N_ROLES], uint64_t row,
                            uint64_t place, tc_error *err)
{
    tc_row_event event;
    tc_row_read(&in->rules, text, &event);
    TC_TRY(tc_ingest_quality_row(&in->quality, text, &event, err));
    return add_event(in, &event, row, place, err);
}

tc_status tc_ingest_take_row(tc_ingest *in, const tc_table_row *row, tc_error *err)
{
    const uint64_t place = place_of(row->file, row->line);
    in->counts.rows++;
    in->counts.bytes += row->bytes;
    count_content(&in->counts, row->hash, row->header_hash);
    return row->problem != TC_TABLE_GOOD ? add_malformed(in, row, place, err)
                                         : take_texts(in, row->text, row->hash, place, err);
}

static void count_batch(tc_ingest_counts *counts, const tc_table_batch *batch,
                        const tc_columns *c)
{
    counts->rows += batch->n;
    counts->bytes += tc_table_batch_bytes(batch);
    for (int64_t i = 0; i < c->n; i++) {
        count_content(counts, c->row[i], batch->header_hash);
    }
    counts->reason_rows[TC_ROW_USED] += c->n - c->n_odd;
    for (int64_t i = 0; i < c->n; i++) {
        const int64_t used = !c->odd[i];
        counts->cancelled_rows += used & (int64_t)(c->order[i] & TC_ORDER_CANCELLED);
        counts->reason_amount[TC_ROW_USED] += used ? c->amount[i] : 0;
    }
}

/* Codes of the rows that are not odd. */
static tc_status find_codes(tc_ingest *in, const tc_columns *c, uint32_t *channel,
                            uint32_t *category, tc_error *err)
{
    if (in->rules.column[TC_ROLE_CHANNEL] != NULL) {
        TC_TRY(tc_ingest_dict_codes(&in->channel, &c->role[TC_ROLE_CHANNEL], c->n, c->odd,
                                    channel, err));
    }
    if (in->rules.column[TC_ROLE_CATEGORY] != NULL) {
        TC_TRY(tc_ingest_dict_codes(&in->category, &c->role[TC_ROLE_CATEGORY], c->n, c->odd,
                                    category, err));
    }
    return TC_OK;
}

static tc_status take_odd(tc_ingest *in, const tc_table_batch *batch, int64_t i,
                          uint64_t row, tc_error *err)
{
    tc_csv_text text[TC_N_ROLES];
    tc_table_batch_row(batch, i, TC_N_ROLES, text);
    return take_texts(in, text, row, place_of(batch->file, batch->line + i), err);
}

tc_status tc_ingest_take_batch(tc_ingest *in, const tc_table_batch *batch, tc_error *err)
{
    const tc_pieces *const id = &in->columns.role[TC_ROLE_CUSTOMER];
    const tc_columns *const c = &in->columns;
    uint32_t channel[TC_TABLE_BATCH] = {0}, category[TC_TABLE_BATCH] = {0};
    tc_columns_read(&in->rules, batch, &in->columns);
    count_batch(&in->counts, batch, c);
    TC_TRY(tc_ingest_quality_columns(&in->quality, c, err));
    TC_TRY(find_codes(in, c, channel, category, err));
    for (int64_t i = 0; i < c->n; i++) {
        const tc_packed_head head = {
            .time = c->time[i],
            .amount = c->amount[i],
            .order = c->order[i],
            .row = c->row[i],
            .place = in->keep_place ? place_of(batch->file, batch->line + i) : 0,
            .category = category[i],
            .channel = (uint16_t)channel[i],
            .kind = c->kind[i]};
        tc_ingest_put_soon(in, c->hash[i + AHEAD < c->n ? i + AHEAD : i].hi);
        if (c->odd[i]) {
            TC_TRY(take_odd(in, batch, i, c->row[i], err));
        } else {
            TC_TRY(tc_ingest_put_row(in, &head, c->hash[i].hi, tc_piece_data(id, i),
                                     tc_piece_n(id, i), err));
        }
    }
    return TC_OK;
}

int64_t tc_ingest_room(const tc_ingest_lanes *lanes)
{
    int64_t most = 0, rows;
    for (int64_t r = 0; r < lanes->ranks; r++) {
        most = lanes->size[r] > most ? lanes->size[r] : most;
    }
    rows = (lanes->room - most) / lanes->item;
    return rows < TC_TABLE_BATCH ? rows : TC_TABLE_BATCH;
}

tc_status tc_ingest_fill_batch(tc_ingest *in, tc_error *err)
{
    const int64_t stop = in->counts.bytes + BATCHES * (in->config->input.batch_mib << 20);
    TC_TRY(TC_FAULT("ingest.parse", err));
    while (!in->done && !in->lanes.full && in->counts.bytes < stop &&
           tc_stop_wanted() == 0) {
        tc_table_batch batch;
        tc_table_row row;
        int found;
        TC_TRY(tc_table_next_batch(in->table, tc_ingest_room(&in->lanes), &batch, &row,
                                   &found, err));
        in->done = !found;
        if (found && batch.n > 0) {
            TC_TRY(tc_ingest_take_batch(in, &batch, err));
        } else if (found) {
            TC_TRY(tc_ingest_take_row(in, &row, err));
        }
    }
    return TC_OK;
}
