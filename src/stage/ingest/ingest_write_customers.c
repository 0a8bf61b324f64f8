/* ingest_write_customers.c - events.h5: the customers in the order of their hash, and the
 * shards that they are cut into. */
#include "ingest_emit.h"
#include "ingest_write.h"

#include "tiercel/lineage.h"
#include "tiercel/shards.h"

#include <string.h>

enum { SLAB = 1 << 13 };

static const tc_field hash_field = {.name = "customers/hash",
                                    .type = TC_U64,
                                    .unit = "1",
                                    .description = "XXH3 of the id: high word, low word; "
                                                   "customers are in this order",
                                    .columns = 2};

static const tc_field first_field = {.name = "customers/first_event",
                                     .type = TC_I64,
                                     .unit = "1",
                                     .description =
                                         "row of the customer's first event; its last is "
                                         "before the next customer's first"};

/* Customers that are transferred together. */
typedef struct {
    tc_store_piece *id, *hash, *first;
    int64_t width;      /* of an id */
    char *text;         /* [SLAB][width], owned */
    tc_hash128 *hashes; /* [SLAB], owned */
    int64_t *firsts;    /* [SLAB], owned */
    int64_t row0, n;    /* of the slab */
    int64_t event;      /* first one of the next customer */
    int64_t n_shards;
    int64_t *shard_rows; /* [n_shards + 1], owned; customers of shard s at s + 1 */
} writer;

static tc_status create(writer *c, const tc_ingest_writer *w, int64_t width, tc_error *err)
{
    *c = (writer){.width = width,
                  .row0 = w->customers.row0,
                  .event = w->events.row0,
                  .n_shards = tc_shards_count(w->customers.n_global)};
    c->text = tc_mem_alloc(SLAB, (size_t)width, err);
    c->hashes = tc_mem_alloc(SLAB, sizeof *c->hashes, err);
    c->firsts = tc_mem_alloc(SLAB, sizeof *c->firsts, err);
    c->shard_rows = tc_mem_alloc(c->n_shards + 1, sizeof *c->shard_rows, err);
    return c->text == NULL || c->hashes == NULL || c->firsts == NULL ||
                   c->shard_rows == NULL
               ? TC_ENOMEM
               : TC_OK;
}

static void destroy(writer *c)
{
    tc_mem_free(c->text);
    tc_mem_free(c->hashes);
    tc_mem_free(c->firsts);
    tc_mem_free(c->shard_rows);
}

static tc_status flush(writer *c, tc_error *err)
{
    TC_TRY(tc_store_write(c->id, c->text, c->row0, c->n, err));
    TC_TRY(tc_store_write(c->hash, c->hashes, c->row0, c->n, err));
    TC_TRY(tc_store_write(c->first, c->firsts, c->row0, c->n, err));
    memset(c->text, 0, (size_t)(c->n * c->width));
    c->row0 += c->n;
    c->n = 0;
    return TC_OK;
}

/* One customer as kept; returns its bytes. */
static int64_t add(writer *c, const unsigned char *packed)
{
    const unsigned char *const id = packed + sizeof(tc_customer_head);
    tc_customer_head head;
    memcpy(&head, packed, sizeof head);
    memcpy(c->text + c->n * c->width, id + 1, id[0]);
    c->hashes[c->n] = head.hash;
    c->firsts[c->n] = c->event;
    c->event += head.n_events;
    c->shard_rows[tc_shards_of(head.hash.hi, c->n_shards) + 1]++;
    c->n++;
    return (int64_t)sizeof head + 1 + id[0];
}

/* The last rank adds the end of the last customer. */
static tc_status put_customers(writer *c, tc_ingest *in, tc_error *err)
{
    const int last = tc_comm_rank(in->comm) == tc_comm_size(in->comm) - 1;
    while (in->customers.first >= 0) {
        const unsigned char *data;
        int64_t n;
        TC_TRY(tc_spill_pin(in->spill, in->customers.first, &data, &n, err));
        for (int64_t at = 0; at < n;) {
            at += add(c, data + at);
            if (c->n == SLAB) {
                TC_TRY(flush(c, err));
            }
        }
        tc_spill_drop_first(in->spill, &in->customers);
    }
    TC_TRY(flush(c, err));
    return last ? tc_store_write(c->first, &c->event, c->row0, 1, err) : TC_OK;
}

static tc_status put_shards_all(const tc_ingest_writer *w, writer *c, tc_error *err)
{
    tc_comm_sum_i64_all(w->in->comm, c->shard_rows, c->n_shards + 1);
    for (int64_t s = 0; s < c->n_shards; s++) {
        c->shard_rows[s + 1] += c->shard_rows[s];
    }
    return tc_stage_put_shards_all(w->store, c->n_shards, c->shard_rows, err);
}

static tc_status put_all(tc_ingest_writer *w, writer *c, tc_error *err)
{
    const tc_field id_field = {.name = "customers/id",
                               .type = TC_TEXT,
                               .unit = "",
                               .description = "customer id, normalised as configured",
                               .width = (int)c->width};
    const int64_t n = w->customers.n_global;
    tc_status st = tc_store_begin_all(w->store, &id_field, n, &c->id, err);
    if (st == TC_OK) {
        st = tc_store_begin_all(w->store, &hash_field, n, &c->hash, err);
    }
    if (st == TC_OK) {
        st = tc_store_begin_all(w->store, &first_field, n + 1, &c->first, err);
    }
    if (st == TC_OK) {
        st = put_customers(c, w->in, err);
    }
    st = tc_store_end_all(&c->id, st, err);
    st = tc_store_end_all(&c->hash, st, err);
    st = tc_store_end_all(&c->first, st, err);
    return st == TC_OK ? put_shards_all(w, c, err) : st;
}

tc_status tc_ingest_put_customers_all(tc_ingest_writer *w, tc_error *err)
{
    writer c;
    int64_t width = w->in->id_width;
    tc_status st;
    tc_comm_max_i64_all(w->in->comm, &width, 1);
    tc_spill_seal(w->in->spill, &w->in->customers);
    st = tc_comm_agree_all(w->in->comm, create(&c, w, width, err), err);
    if (st == TC_OK) {
        st = put_all(w, &c, err);
    }
    destroy(&c);
    return st;
}
