/* ingest_shuffle.c - rounds of parsing and exchange until every row is with its owner. */
#include "ingest_impl.h"

#include "tiercel/fault.h"

#include <string.h>

/* Records of the batch and bytes of the ids that go to each rank. */
typedef struct {
    int64_t *count, *head; /* [ranks] each; one block */
    tc_buffer ids;         /* grouped by rank */
    tc_buffer map;         /* of fresh codes */
} routing;

static tc_status routing_create(routing *r, int ranks, tc_error *err)
{
    *r = (routing){0};
    r->count = tc_mem_alloc(2 * (int64_t)ranks, sizeof *r->count, err);
    if (r->count == NULL) {
        return TC_ENOMEM;
    }
    r->head = r->count + ranks;
    return TC_OK;
}

static void routing_free(routing *r)
{
    tc_mem_free(r->count);
    tc_buffer_free(&r->ids);
    tc_buffer_free(&r->map);
}

static void set_heads(routing *r, int ranks)
{
    int64_t start = 0;
    for (int k = 0; k < ranks; k++) {
        r->head[k] = start;
        start += r->count[k];
    }
}

/* Puts the batch in the order of destinations, in place. */
static void group_records(tc_ingest *in, routing *r, int ranks)
{
    tc_ingest_record *record = (tc_ingest_record *)(void *)in->batch.data;
    const int64_t n = in->batch.size / (int64_t)sizeof *record;
    int64_t end = 0;
    memset(r->count, 0, (size_t)ranks * sizeof *r->count);
    for (int64_t i = 0; i < n; i++) {
        r->count[tc_ingest_owner(record[i].hi, ranks)]++;
    }
    set_heads(r, ranks);
    for (int k = 0; k < ranks; k++) {
        end += r->count[k];
        while (r->head[k] < end) {
            tc_ingest_record moving = record[r->head[k]];
            int to = tc_ingest_owner(moving.hi, ranks);
            while (to != k) {
                const tc_ingest_record next = record[r->head[to]];
                record[r->head[to]++] = moving;
                moving = next;
                to = tc_ingest_owner(moving.hi, ranks);
            }
            record[r->head[k]++] = moving;
        }
    }
}

static tc_status group_ids(tc_ingest *in, routing *r, int ranks, tc_error *err)
{
    tc_hash128 hash;
    int64_t size;
    r->ids.size = 0;
    TC_TRY(tc_buffer_reserve(&r->ids, in->ids.packed.size, err));
    memset(r->count, 0, (size_t)ranks * sizeof *r->count);
    for (int64_t at = 0; at < in->ids.packed.size; at += size) {
        size = tc_ingest_id_unpack(in->ids.packed.data + at, &hash);
        r->count[tc_ingest_owner(hash.hi, ranks)] += size;
    }
    set_heads(r, ranks);
    for (int64_t at = 0; at < in->ids.packed.size; at += size) {
        int64_t *head;
        size = tc_ingest_id_unpack(in->ids.packed.data + at, &hash);
        head = &r->head[tc_ingest_owner(hash.hi, ranks)];
        memcpy(r->ids.data + *head, in->ids.packed.data + at, (size_t)size);
        *head += size;
    }
    return TC_OK;
}

/* Codes that this rank gave to fresh texts become those that all ranks have agreed on. */
static void recode(tc_ingest *in, const tc_buffer *map, int64_t known, int is_channel)
{
    const uint32_t *code = (const uint32_t *)(const void *)map->data;
    tc_ingest_record *record = (tc_ingest_record *)(void *)in->batch.data;
    const int64_t n = in->batch.size / (int64_t)sizeof *record;
    for (int64_t i = 0; i < n && map->size > 0; i++) {
        if (is_channel && record[i].channel > known) {
            record[i].channel = (uint16_t)code[record[i].channel - 1 - known];
        } else if (!is_channel && record[i].category > known) {
            record[i].category = code[record[i].category - 1 - known];
        }
    }
}

static tc_status merge_codes_all(tc_ingest *in, routing *r, tc_error *err)
{
    const int64_t channels = in->channel.known.n, categories = in->category.known.n;
    tc_status st = tc_ingest_dict_merge_all(in->comm, &in->channel, &r->map, err);
    if (st == TC_OK) {
        recode(in, &r->map, channels, 1);
        st = tc_ingest_dict_merge_all(in->comm, &in->category, &r->map, err);
    }
    if (st == TC_OK) {
        recode(in, &r->map, categories, 0);
    }
    return st;
}

/* Ids first: they are counted in the batch's memory, but what is received of them is taken
 * in at once. */
static tc_status exchange_ids_all(tc_ingest *in, routing *r, tc_error *err)
{
    tc_buffer packed = {0};
    tc_status st = group_ids(in, r, tc_comm_size(in->comm), err);
    st = tc_comm_agree_all(in->comm, st, err);
    if (st == TC_OK) {
        in->ids.packed.size = 0;
        st = tc_comm_exchange_all(in->comm, r->ids.data, r->count, 1, &packed, err);
    }
    if (st == TC_OK) {
        st = tc_ingest_ids_absorb(&in->own, &packed, err);
        st = tc_comm_agree_all(in->comm, st, err);
    }
    tc_buffer_free(&packed);
    return st;
}

/* After the first round the rest is foreseeable: room is made once instead of by halves.
 * The status is of this rank. */
static tc_status foresee_all(tc_ingest *in, tc_error *err)
{
    int64_t bytes = in->counts.bytes, total;
    double share;
    tc_comm_sum_i64_all(in->comm, &bytes, 1);
    total = tc_table_stored_bytes(in->table);
    share = bytes > 0 ? 1.02 * (double)total / (double)bytes : 1.0;
    if (share <= 1.02) {
        return TC_OK;
    }
    return tc_buffer_reserve(&in->received, (int64_t)(share * (double)in->received.size),
                             err);
}

static tc_status round_all(tc_ingest *in, routing *r, int first, tc_error *err)
{
    tc_status st = tc_ingest_fill_batch(in, err);
    st = tc_comm_agree_all(in->comm, st, err);
    if (st == TC_OK) {
        st = merge_codes_all(in, r, err);
    }
    if (st == TC_OK) {
        st = exchange_ids_all(in, r, err);
    }
    if (st == TC_OK) {
        group_records(in, r, tc_comm_size(in->comm));
        st = tc_comm_exchange_all(in->comm, in->batch.data, r->count,
                                  sizeof(tc_ingest_record), &in->received, err);
    }
    if (st == TC_OK) {
        in->batch.size = 0;
        st = first ? foresee_all(in, err) : TC_OK;
        if (st == TC_OK) {
            st = TC_FAULT("ingest.exchange", err);
        }
        st = tc_comm_agree_all(in->comm, st, err);
    }
    return st;
}

/* The codes of the records of this rank become those of the sorted dictionaries. */
static tc_status final_codes(tc_ingest *in, tc_error *err)
{
    tc_ingest_record *record = (tc_ingest_record *)(void *)in->received.data;
    uint32_t *channel = NULL, *category = NULL;
    tc_status st = tc_ingest_dict_finish(&in->channel, &channel, &in->channel_text,
                                         &in->channel_width, err);
    if (st == TC_OK) {
        st = tc_ingest_dict_finish(&in->category, &category, &in->category_text,
                                   &in->category_width, err);
    }
    for (int64_t i = 0; st == TC_OK && i < in->n_records; i++) {
        record[i].channel = (uint16_t)channel[record[i].channel];
        record[i].category = category[record[i].category];
    }
    tc_mem_free(channel);
    tc_mem_free(category);
    return st;
}

static void free_senders(tc_ingest *in)
{
    tc_table_close(&in->table);
    tc_buffer_free(&in->batch);
    tc_ingest_sender_free(&in->ids);
}

tc_status tc_ingest_shuffle_all(tc_ingest *in, tc_error *err)
{
    routing r;
    int64_t busy = 1;
    int first = 1;
    tc_status st = routing_create(&r, tc_comm_size(in->comm), err);
    st = tc_comm_agree_all(in->comm, st, err);
    while (st == TC_OK && busy > 0) {
        st = round_all(in, &r, first, err);
        first = 0;
        busy = !in->done;
        tc_comm_sum_i64_all(in->comm, &busy, 1);
    }
    routing_free(&r);
    free_senders(in);
    if (st == TC_OK) {
        const int64_t n = in->received.size / (int64_t)sizeof(tc_ingest_record);
        in->n_records =
            tc_ingest_part_unused((tc_ingest_record *)(void *)in->received.data, n);
        in->unused_at = in->n_records;
        in->n_unused = n - in->n_records;
        st = final_codes(in, err);
        st = tc_comm_agree_all(in->comm, st, err);
    }
    return st;
}
