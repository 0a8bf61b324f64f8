/* ingest_shuffle.c - rounds of parsing and exchange until every row is in a bucket of its
 * owner. */
#include "ingest_checkpoint.h"
#include "ingest_identity.h"

#include "tiercel/fault.h"
#include "tiercel/progress.h"
#include "tiercel/source.h"

#include <string.h>

/* A compressed file is taken for so many times its stored bytes, when the number of buckets
 * is chosen. */
enum { INFLATION = 6 };

enum { AHEAD = 16 };

/* Codes that this rank gave to fresh texts become those that all ranks have agreed on. Rows
 * that carry such codes are wide. */
static void recode(tc_ingest_lanes *lanes, const tc_buffer *map, int64_t known,
                   int is_channel)
{
    const uint32_t *const code = (const uint32_t *)(const void *)map->data;
    for (int64_t r = 0; r < lanes->ranks && map->size > 0; r++) {
        unsigned char *at = lanes->data + lanes->start[r];
        unsigned char *const end = at + lanes->size[r];
        for (; at < end; at += tc_packed_size(at)) {
            const tc_packed_head head = tc_packed_head_of(at);
            if (is_channel && head.channel > known) {
                tc_packed_set_codes(at, (uint16_t)code[head.channel - 1 - known],
                                    head.category);
            } else if (!is_channel && head.category > known) {
                tc_packed_set_codes(at, head.channel, code[head.category - 1 - known]);
            }
        }
    }
}

static tc_status merge_codes_all(tc_ingest *in, tc_buffer *map, tc_error *err)
{
    const int64_t channels = in->channel.known.n, categories = in->category.known.n;
    tc_status st = tc_ingest_dict_merge_all(in->comm, &in->channel, map, err);
    if (st == TC_OK) {
        recode(&in->lanes, map, channels, 1);
        st = tc_ingest_dict_merge_all(in->comm, &in->category, map, err);
    }
    if (st == TC_OK) {
        recode(&in->lanes, map, categories, 0);
    }
    return st;
}

/* A row whose place in its bucket is being fetched: with thousands of buckets it is in no
 * near cache. */
typedef struct {
    tc_spill_stream *stream;
    const unsigned char *row;
} waiting;

/* Looks at the next few rows; returns their number. */
static int look_ahead(tc_ingest *in, const unsigned char **row, const unsigned char *end,
                      waiting *next)
{
    int n = 0;
    for (; n < AHEAD && *row < end; n++, *row += tc_packed_size(*row)) {
        const int unused = tc_packed_is_unused(*row);
        in->n_unused += unused;
        in->n_used += !unused;
        next[n].row = *row;
        next[n].stream = tc_ingest_bucket_of(&in->buckets, tc_packed_route(*row));
        __builtin_prefetch(next[n].stream->at, 1);
    }
    return n;
}

/* Rows of this rank's customers go to their buckets. */
static tc_status take_rows(tc_ingest *in, const unsigned char *row, int64_t bytes,
                           tc_error *err)
{
    const unsigned char *const end = row + bytes;
    waiting next[AHEAD];
    while (row < end) {
        const int n = look_ahead(in, &row, end, next);
        for (int i = 0; i < n; i++) {
            TC_TRY(tc_spill_append(in->spill, next[i].stream, next[i].row,
                                   tc_packed_size(next[i].row), err));
        }
    }
    return TC_OK;
}

tc_status tc_ingest_keep_rows_all(tc_ingest *in, tc_buffer *received, tc_error *err)
{
    const int self = tc_comm_rank(in->comm);
    tc_status st = tc_ingest_lanes_exchange_all(in->comm, &in->lanes, received, err);
    if (st == TC_OK) {
        st = take_rows(in, in->lanes.data + in->lanes.start[self], in->lanes.size[self],
                       err);
        if (st == TC_OK) {
            st = take_rows(in, received->data, received->size, err);
        }
        st = tc_comm_agree_all(in->comm, st, err);
    }
    tc_ingest_lanes_clear(&in->lanes);
    return st;
}

/* Collective. Rows that came and those of this rank's own; with a map of ids only those that
 * end here. */
static tc_status take_round_all(tc_ingest *in, tc_buffer *received, tc_error *err)
{
    const int self = tc_comm_rank(in->comm);
    const unsigned char *const own = in->lanes.data + in->lanes.start[self];
    const int64_t own_bytes = in->lanes.size[self];
    tc_status st = TC_FAULT("ingest.exchange", err);
    if (in->identity != NULL) {
        st = st == TC_OK ? tc_buffer_append(received, own, own_bytes, err) : st;
        st = tc_comm_agree_all(in->comm, st, err);
        if (st == TC_OK) {
            st = tc_identity_apply_all(in->identity, in->comm, received, err);
        }
    } else if (st == TC_OK) {
        st = take_rows(in, own, own_bytes, err);
    }
    if (st == TC_OK) {
        st = take_rows(in, received->data, received->size, err);
    }
    tc_ingest_lanes_clear(&in->lanes);
    return tc_comm_agree_all(in->comm, st, err);
}

static tc_status round_all(tc_ingest *in, tc_buffer *map, tc_buffer *received,
                           tc_error *err)
{
    tc_status st = tc_ingest_fill_batch(in, err);
    st = tc_comm_agree_all(in->comm, st, err);
    if (st == TC_OK) {
        st = merge_codes_all(in, map, err);
    }
    if (st == TC_OK) {
        st = tc_ingest_lanes_exchange_all(in->comm, &in->lanes, received, err);
    }
    return st == TC_OK ? take_round_all(in, received, err) : st;
}

/* The codes that rows carry, and those of the sorted dictionaries. */
static tc_status final_codes(tc_ingest *in, tc_error *err)
{
    TC_TRY(tc_ingest_dict_finish(&in->channel, &in->channel_code, &in->channel_text,
                                 &in->channel_width, err));
    TC_TRY(tc_ingest_dict_finish(&in->category, &in->category_code, &in->category_text,
                                 &in->category_width, err));
    in->codes = (tc_sort_codes){in->channel_code, in->category_code};
    return TC_OK;
}

/* A row takes about as many bytes here as in the file. */
static double expected_bytes(const tc_ingest *in)
{
    const tc_config_input *const input = &in->config->input;
    double bytes = (double)tc_table_stored_bytes(in->table);
    int compressed = 0;
    for (int i = 0; i < input->n_files; i++) {
        compressed |= tc_source_is_packed(input->files[i]);
    }
    return compressed ? bytes * INFLATION : bytes;
}

static tc_status prepare(tc_ingest *in, tc_error *err)
{
    const int ranks = tc_comm_size(in->comm);
    int bits;
    tc_spill_start(&in->customers);
    tc_spill_start(&in->orders);
    in->keep_place = in->config->input.duplicates != TC_DUPLICATES_KEEP;
    in->put_rank = in->identity == NULL ? tc_comm_rank(in->comm) : -1;
    in->most_buckets = in->memory.pool / 4 / TC_SPILL_BLOCK;
    bits = tc_ingest_bucket_bits(expected_bytes(in), ranks, in->most_buckets);
    TC_TRY(
        tc_spill_create(in->memory.pool, tc_ingest_scratch(in->config), &in->spill, err));
    tc_reject_list_start(&in->rejects, in->spill);
    TC_TRY(tc_ingest_buckets_create(&in->buckets, in->spill, bits, tc_comm_rank(in->comm),
                                    ranks, err));
    return tc_ingest_lanes_create(&in->lanes, ranks, in->memory.batch, TC_PACKED_MAX, err);
}

/* Collective. Without a column of orders an order is a customer's day: nobody else has
 * it. */
static void choose_orders_all(tc_ingest *in)
{
    int64_t unused = in->n_unused;
    tc_comm_sum_i64_all(in->comm, &unused, 1);
    in->share_orders = in->rules.column[TC_ROLE_ORDER] != NULL || unused > 0;
}

tc_status tc_ingest_shuffle_all(tc_ingest *in, tc_error *err)
{
    tc_buffer map = {0}, received = {0};
    int64_t busy = 1;
    tc_status st = tc_ingest_memory_all(in->comm, in->config, &in->memory, err);
    if (st == TC_OK) {
        st = tc_ingest_identity_load_all(in, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(in->comm, prepare(in, err), err);
    }
    if (st == TC_OK) {
        st = tc_ingest_resume_all(in, err);
    }
    if (st == TC_OK && in->table != NULL) {
        tc_progress_phase("reading", tc_table_own_bytes(in->table), "B");
    }
    while (st == TC_OK && busy > 0) {
        st = round_all(in, &map, &received, err);
        busy = !in->done;
        tc_comm_sum_i64_all(in->comm, &busy, 1);
        if (st == TC_OK) {
            st = tc_ingest_save_due_all(in, err);
        }
    }
    if (st == TC_OK) {
        st = tc_ingest_save_last_all(in, err);
    }
    tc_buffer_free(&map);
    tc_buffer_free(&received);
    tc_ingest_lanes_free(&in->lanes);
    tc_table_close(&in->table);
    if (st == TC_OK) {
        tc_ingest_buckets_seal(&in->buckets);
        choose_orders_all(in);
        st = tc_comm_agree_all(in->comm, final_codes(in, err), err);
    }
    return st;
}
