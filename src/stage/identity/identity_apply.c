/* identity_apply.c - what the map does to rows and hashes. */
#include "identity_impl.h"

#include "../ingest/ingest_row.h"

#include "tiercel/fault.h"

#include <string.h>

enum { ENTRY_WORDS = 5 };

/* Row of an id among the entries, -1 if it counts as itself. */
static int64_t find(const tc_identity *map, tc_hash128 hash, int any_lo)
{
    return tc_identity_index_find(&map->index, (const uint64_t *)(const void *)map->entry,
                                  ENTRY_WORDS, hash, any_lo);
}

/* ---- used rows ---- */

/* Appends the row under its customer. */
static tc_status move_row(tc_identity *map, tc_identity_entry *entry,
                          const unsigned char *at, tc_buffer *moved, tc_error *err)
{
    tc_packed_head head = tc_packed_head_of(at);
    TC_TRY(tc_buffer_reserve(moved, TC_PACKED_MAX, err));
    head.alias = entry->alias;
    head.order =
        tc_row_order_follow(head.order, head.time, entry->id.hi, entry->customer.hi);
    moved->size += tc_packed_write(moved->data + moved->size, &head,
                                   map->text.data + entry->name, (int64_t)entry->name_n);
    map->rows_moved++;
    entry->seen = 1;
    return TC_OK;
}

/* Splits the rows into those that stay, which close up, and those that move. */
static tc_status part_rows(tc_identity *map, tc_buffer *rows, tc_buffer *moved,
                           tc_error *err)
{
    int64_t kept = 0, size;
    TC_TRY(TC_FAULT("identity.apply", err));
    for (int64_t at = 0; at < rows->size; at += size) {
        const unsigned char *const row = rows->data + at;
        int64_t entry = -1;
        size = tc_packed_size(row);
        if (!tc_packed_is_unused(row)) {
            entry =
                find(map, tc_hash128_of(tc_packed_id(row), (size_t)tc_packed_id_n(row)), 0);
        }
        if (entry >= 0) {
            TC_TRY(move_row(map, &map->entry[entry], row, moved, err));
        } else {
            memmove(rows->data + kept, row, (size_t)size);
            kept += size;
        }
    }
    rows->size = kept;
    return TC_OK;
}

static int64_t next_row(const unsigned char *at, int ranks, int *rank)
{
    *rank = tc_identity_owner(tc_packed_route(at), ranks);
    return tc_packed_size(at);
}

/* ---- unused rows: they stay where the hash of their bytes belongs, but count among the
 * orders of the customer ---- */

typedef struct {
    const tc_identity *map;
    tc_buffer *rows;
} unused;

static void answer_customer(void *context, tc_hash128 hash, void *out)
{
    const unused *u = context;
    const int64_t entry = find(u->map, hash, 1);
    memcpy(out, entry < 0 ? &hash.hi : &u->map->entry[entry].customer.hi, sizeof hash.hi);
}

static tc_status take_customer(void *context, uint64_t row, const void *in, tc_error *err)
{
    const unused *u = context;
    unsigned char *const at = u->rows->data + row;
    const tc_packed_head head = tc_packed_head_of(at);
    uint64_t was, is;
    (void)err;
    memcpy(&was, tc_packed_id(at), sizeof was);
    memcpy(&is, in, sizeof is);
    tc_packed_set_order(at, tc_row_order_follow(head.order, head.time, was, is));
    return TC_OK;
}

static tc_status list_unused(const tc_buffer *rows, tc_buffer *ask, tc_error *err)
{
    for (int64_t at = 0; at < rows->size; at += tc_packed_size(rows->data + at)) {
        tc_identity_ask question = {.row = (uint64_t)at};
        if (tc_packed_is_unused(rows->data + at)) {
            memcpy(&question.hash.hi, tc_packed_id(rows->data + at),
                   sizeof question.hash.hi);
        }
        if (question.hash.hi != 0) {
            TC_TRY(tc_buffer_append(ask, &question, (int64_t)sizeof question, err));
        }
    }
    return TC_OK;
}

static tc_status follow_unused_all(tc_identity *map, tc_comm *comm, tc_buffer *rows,
                                   tc_error *err)
{
    unused u = {map, rows};
    const tc_identity_talk talk = {sizeof(uint64_t), answer_customer, take_customer, &u};
    tc_buffer ask = {0};
    tc_status st = list_unused(rows, &ask, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_identity_ask_all(comm, (tc_identity_ask *)(void *)ask.data,
                                 ask.size / (int64_t)sizeof(tc_identity_ask), &talk, err);
    }
    tc_buffer_free(&ask);
    return st;
}

tc_status tc_identity_apply_all(tc_identity *map, tc_comm *comm, tc_buffer *rows,
                                tc_error *err)
{
    tc_buffer moved = {0};
    tc_status st = part_rows(map, rows, &moved, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = follow_unused_all(map, comm, rows, err);
    }
    if (st == TC_OK) {
        st = tc_identity_scatter_all(comm, &moved, next_row, rows, err);
    }
    tc_buffer_free(&moved);
    return st;
}

/* ---- what was done ---- */

static tc_status seen_customers(const tc_identity *map, tc_hash128 **out, int64_t *n,
                                tc_error *err)
{
    *n = 0;
    *out = tc_mem_alloc(map->n, sizeof **out, err);
    if (*out == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < map->n; i++) {
        if (map->entry[i].seen) {
            (*out)[(*n)++] = map->entry[i].customer;
        }
    }
    return TC_OK;
}

/* Different hashes in a sorted array. */
static int64_t count_different(const tc_hash128 *hash, int64_t n)
{
    int64_t different = 0;
    for (int64_t i = 0; i < n; i++) {
        different += i == 0 || hash[i].hi != hash[i - 1].hi || hash[i].lo != hash[i - 1].lo;
    }
    return different;
}

tc_status tc_identity_effects_all(tc_identity *map, tc_comm *comm, tc_identity_effects *out,
                                  tc_error *err)
{
    tc_hash128 *customer = NULL;
    tc_buffer received = {0};
    int64_t n = 0, sum[3];
    tc_status st = seen_customers(map, &customer, &n, err);
    *out = (tc_identity_effects){0};
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_identity_send_all(comm, (uint64_t *)(void *)customer, n, 2, 2, &received,
                                  err);
    }
    tc_mem_free(customer);
    if (st == TC_OK) {
        tc_hash128 *all = (tc_hash128 *)(void *)received.data;
        const int64_t n_all = received.size / (int64_t)sizeof *all;
        st = tc_identity_sort((uint64_t *)(void *)all, n_all, 2, 2, err);
        st = tc_comm_agree_all(comm, st, err);
        sum[0] = map->rows_moved;
        sum[1] = n;
        sum[2] = count_different(all, n_all);
        tc_comm_sum_i64_all(comm, sum, 3);
        *out = (tc_identity_effects){sum[0], sum[1], sum[2]};
    }
    tc_buffer_free(&received);
    return st;
}

tc_status tc_identity_done(const tc_identity *map, tc_buffer *ids, int64_t *rows_moved,
                           tc_error *err)
{
    for (int64_t i = 0; i < map->n; i++) {
        if (map->entry[i].seen) {
            TC_TRY(tc_buffer_append(ids, &map->entry[i].id,
                                    (int64_t)sizeof map->entry[i].id, err));
        }
    }
    *rows_moved = map->rows_moved;
    return TC_OK;
}

tc_status tc_identity_redo_all(tc_identity *map, tc_comm *comm, tc_hash128 *ids, int64_t n,
                               int64_t rows_moved, tc_error *err)
{
    tc_buffer received = {0};
    const tc_status st =
        tc_identity_send_all(comm, (uint64_t *)(void *)ids, n, 2, 2, &received, err);
    const tc_hash128 *const id = (const tc_hash128 *)(const void *)received.data;
    for (int64_t i = 0; st == TC_OK && i < received.size / (int64_t)sizeof *id; i++) {
        const int64_t entry = find(map, id[i], 0);
        if (entry >= 0) {
            map->entry[entry].seen = 1;
        }
    }
    map->rows_moved += rows_moved;
    tc_buffer_free(&received);
    return st;
}

/* ---- other tables ---- */

typedef struct {
    const tc_identity *map;
    tc_identity_customer *out;
} resolution;

static void answer_resolved(void *context, tc_hash128 hash, void *out)
{
    const resolution *r = context;
    tc_identity_customer found = {.hash = hash};
    const int64_t row = find(r->map, hash, 0);
    if (row >= 0) {
        const tc_identity_entry *const entry = &r->map->entry[row];
        found.hash = entry->customer;
        found.alias = entry->alias;
        found.id_n = entry->name_n;
        memcpy(found.id, r->map->text.data + entry->name, entry->name_n);
    }
    memcpy(out, &found, sizeof found);
}

static tc_status take_resolved(void *context, uint64_t row, const void *in, tc_error *err)
{
    const resolution *r = context;
    (void)err;
    memcpy(&r->out[row], in, sizeof *r->out);
    return TC_OK;
}

tc_status tc_identity_resolve_all(const tc_identity *map, tc_comm *comm,
                                  const tc_hash128 *hash, int64_t n,
                                  tc_identity_customer *out, tc_error *err)
{
    resolution r = {map, out};
    const tc_identity_talk talk = {sizeof *out, answer_resolved, take_resolved, &r};
    tc_identity_ask *ask = tc_mem_alloc(n, sizeof *ask, err);
    tc_status st = tc_comm_agree_all(comm, ask == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(ask != NULL);
        for (int64_t i = 0; i < n; i++) {
            ask[i] = (tc_identity_ask){.hash = hash[i], .row = (uint64_t)i};
        }
        st = tc_identity_ask_all(comm, ask, n, &talk, err);
    }
    tc_mem_free(ask);
    return st;
}
