#include "ingest_orders.h"

#include "ingest_lanes.h"

#include "tiercel/fault.h"
#include "tiercel/stop.h"

/* AHEAD: bytes from the fetching of an item's place to its use. CUT: buckets are so many times
 * smaller than those of rows, so that the table of one stays in a near cache. */
enum { SLOTS_MIN = 1 << 10, AHEAD = 8 * sizeof(tc_order_item), CUT = 16 };

/* Tags in the table that stand for no customer: those have row bits of 0. */
enum { TAG_UNUSED = 2, TAG_MIXED = 4 };

static const uint64_t row_mask = ((uint64_t)1 << TC_ORDER_ROW_BITS) - 1;

tc_status tc_ingest_orders_keep(tc_ingest *in, uint64_t word, uint64_t hi, int64_t rows,
                                tc_error *err)
{
    do {
        const int64_t part = rows < (int64_t)row_mask ? rows : (int64_t)row_mask;
        const tc_order_item item = {word, (hi & ~row_mask) | (uint64_t)part};
        TC_TRY(tc_spill_append(in->spill, &in->orders, &item, (int64_t)sizeof item, err));
        rows -= part;
    } while (rows > 0);
    return TC_OK;
}

/* Neighbours in a bucket share the top bits, so the place comes from below them. */
static inline uint64_t place_of(const tc_order_table *t, uint64_t word)
{
    return (word >> 1) & ((uint64_t)t->n_slots - 1);
}

static inline void fetch(const tc_order_table *t, uint64_t word)
{
    if (t->n_slots > 0) {
        __builtin_prefetch(&t->slot[place_of(t, word)], 1);
    }
}

/* Slot of a word, or the free one where it belongs. */
static tc_order_slot *probe(const tc_order_table *t, uint64_t word)
{
    const uint64_t mask = (uint64_t)t->n_slots - 1;
    uint64_t at = place_of(t, word);
    while (t->slot[at].tag != 0 && t->slot[at].word != word) {
        at = (at + 1) & mask;
    }
    return &t->slot[at];
}

static tc_status grow(tc_order_table *t, tc_error *err)
{
    tc_order_table old = *t;
    t->n_slots = old.n_slots == 0 ? SLOTS_MIN : 2 * old.n_slots;
    t->slot = tc_mem_alloc(t->n_slots, sizeof *t->slot, err);
    if (t->slot == NULL) {
        *t = old;
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < old.n_slots; i++) {
        if (old.slot[i].tag != 0) {
            *probe(t, old.slot[i].word) = old.slot[i];
        }
    }
    tc_mem_free(old.slot);
    return TC_OK;
}

static void add_used(tc_order_table *t, tc_order_slot *slot, const tc_order_item *item)
{
    const int64_t rows = (int64_t)(item->tag & row_mask);
    const uint64_t customer = (item->tag & ~row_mask) | 1; /* never 0, 2 or 4 */
    if (slot->tag == TAG_MIXED) {
        t->mixed_rows += rows;
        return;
    }
    if (slot->tag == 0 || slot->tag == TAG_UNUSED) {
        t->orders++;
        slot->tag = customer;
    } else if (slot->tag != customer) {
        t->mixed++;
        t->mixed_rows += slot->rows + rows;
        slot->tag = TAG_MIXED;
    }
    slot->rows += rows;
}

tc_status tc_order_table_add(tc_order_table *t, const tc_order_item *item, tc_error *err)
{
    tc_order_slot *slot;
    if (2 * (t->n + 1) > t->n_slots) {
        TC_TRY(grow(t, err));
    }
    slot = probe(t, item->word);
    if (slot->tag == 0) {
        t->n++;
        t->orders_all++;
        t->cancelled += (item->word & TC_ORDER_CANCELLED) != 0;
        slot->word = item->word;
    }
    if ((item->tag & row_mask) != 0) {
        add_used(t, slot, item);
    } else if (slot->tag == 0) {
        slot->tag = TAG_UNUSED;
    }
    return TC_OK;
}

void tc_order_table_clear(tc_order_table *t)
{
    if (t->n > 0) {
        memset(t->slot, 0, (size_t)t->n_slots * sizeof *t->slot);
        t->n = 0;
    }
}

void tc_order_table_free(tc_order_table *t)
{
    tc_mem_free(t->slot);
    *t = (tc_order_table){0};
}

static tc_order_item item_at(const unsigned char *data, int64_t at)
{
    tc_order_item item;
    memcpy(&item, data + at, sizeof item);
    return item;
}

/* Puts an item into its bucket, and fetches the place of one that comes a little later: with
 * thousands of buckets it is in no near cache. */
static inline tc_status put_item(tc_ingest_buckets *buckets, const unsigned char *data,
                                 int64_t at, int64_t n, tc_error *err)
{
    const tc_order_item item = item_at(data, at);
    if (at + AHEAD < n) {
        const uint64_t word = item_at(data, at + AHEAD).word;
        if (tc_ingest_bucket_has(buckets, word)) {
            __builtin_prefetch(tc_ingest_bucket_of(buckets, word)->at, 1);
        }
    }
    return tc_spill_append(buckets->spill, tc_ingest_bucket_of(buckets, item.word), &item,
                           (int64_t)sizeof item, err);
}

/* One block of what was kept, from *used on: own items to their buckets, others to lanes. */
static tc_status part_block(const tc_ingest *in, tc_ingest_buckets *buckets,
                            tc_ingest_lanes *lanes, const unsigned char *data, int64_t n,
                            int64_t *used, tc_error *err)
{
    const int ranks = tc_comm_size(in->comm), self = tc_comm_rank(in->comm);
    for (; *used < n && !lanes->full; *used += (int64_t)sizeof(tc_order_item)) {
        const tc_order_item item = item_at(data, *used);
        const int owner = tc_ingest_owner(item.word, ranks);
        if (owner == self) {
            TC_TRY(put_item(buckets, data, *used, n, err));
        } else {
            memcpy(tc_ingest_lane_at(lanes, owner), &item, sizeof item);
            tc_ingest_lane_add(lanes, owner, (int64_t)sizeof item);
        }
    }
    return TC_OK;
}

/* Works off what was kept, block by block, until the lanes are full; used is where the first
 * block stands. */
static tc_status fill_lanes(tc_ingest *in, tc_ingest_buckets *buckets,
                            tc_ingest_lanes *lanes, int64_t *used, tc_error *err)
{
    while (in->orders.first >= 0 && !lanes->full) {
        const unsigned char *data;
        int64_t n;
        TC_TRY(tc_stop_check(err));
        TC_TRY(tc_spill_pin(in->spill, in->orders.first, &data, &n, err));
        TC_TRY(part_block(in, buckets, lanes, data, n, used, err));
        if (*used == n) {
            tc_spill_drop_first(in->spill, &in->orders);
            *used = 0;
        }
    }
    return TC_OK;
}

static tc_status take_items(tc_ingest_buckets *buckets, const unsigned char *data,
                            int64_t n, tc_error *err)
{
    for (int64_t at = 0; at < n; at += (int64_t)sizeof(tc_order_item)) {
        TC_TRY(put_item(buckets, data, at, n, err));
    }
    return TC_OK;
}

/* Collective. Every item goes to a bucket of its owner. */
static tc_status exchange_all(tc_ingest *in, tc_ingest_buckets *buckets,
                              tc_ingest_lanes *lanes, tc_error *err)
{
    tc_buffer received = {0};
    int64_t busy = 1, used = 0;
    tc_status st = TC_OK;
    while (st == TC_OK && busy > 0) {
        st = fill_lanes(in, buckets, lanes, &used, err);
        st = tc_comm_agree_all(in->comm, st, err);
        if (st == TC_OK) {
            st = tc_ingest_lanes_exchange_all(in->comm, lanes, &received, err);
        }
        if (st == TC_OK) {
            st = take_items(buckets, received.data, received.size, err);
        }
        tc_ingest_lanes_clear(lanes);
        st = tc_comm_agree_all(in->comm, st, err);
        busy = in->orders.first >= 0;
        tc_comm_sum_i64_all(in->comm, &busy, 1);
    }
    tc_buffer_free(&received);
    return st;
}

static tc_status count_bucket(tc_spill *spill, tc_spill_stream *stream,
                              tc_order_table *table, tc_error *err)
{
    tc_order_table_clear(table);
    while (stream->first >= 0) {
        const unsigned char *data;
        int64_t n;
        TC_TRY(tc_stop_check(err));
        TC_TRY(tc_spill_pin(spill, stream->first, &data, &n, err));
        for (int64_t at = 0; at < n; at += (int64_t)sizeof(tc_order_item)) {
            const tc_order_item item = item_at(data, at);
            if (at + AHEAD < n) {
                fetch(table, item_at(data, at + AHEAD).word);
            }
            TC_TRY(tc_order_table_add(table, &item, err));
        }
        tc_spill_drop_first(spill, stream);
    }
    return TC_OK;
}

static tc_status count_buckets(tc_ingest *in, tc_ingest_buckets *buckets, tc_error *err)
{
    tc_order_table table = {0};
    tc_status st = TC_OK;
    tc_ingest_buckets_seal(buckets);
    for (int64_t i = 0; i < buckets->n && st == TC_OK; i++) {
        st = count_bucket(in->spill, &buckets->stream[i], &table, err);
    }
    in->counts.orders = table.orders;
    in->counts.orders_all = table.orders_all;
    in->counts.cancelled_orders = table.cancelled;
    in->counts.orders_mixed = table.mixed;
    in->counts.orders_mixed_rows = table.mixed_rows;
    tc_order_table_free(&table);
    return st;
}

static void sum_all(tc_ingest *in)
{
    tc_ingest_counts *const c = &in->counts;
    int64_t v[5] = {c->orders, c->orders_all, c->cancelled_orders, c->orders_mixed,
                    c->orders_mixed_rows};
    tc_comm_sum_i64_all(in->comm, v, 5);
    c->orders = v[0];
    c->orders_all = v[1];
    c->cancelled_orders = v[2];
    c->orders_mixed = v[3];
    c->orders_mixed_rows = v[4];
}

tc_status tc_ingest_orders_all(tc_ingest *in, tc_error *err)
{
    const int ranks = tc_comm_size(in->comm);
    tc_ingest_buckets buckets = {0};
    tc_ingest_lanes lanes = {0};
    int64_t kept = in->orders.blocks;
    tc_status st = TC_FAULT("ingest.orders", err);
    tc_comm_sum_i64_all(in->comm, &kept, 1);
    tc_spill_seal(in->spill, &in->orders);
    if (st == TC_OK) {
        const int bits = tc_ingest_bucket_bits((double)CUT * (double)kept * TC_SPILL_BLOCK,
                                               ranks, in->most_buckets);
        st = tc_ingest_buckets_create(&buckets, in->spill, bits, tc_comm_rank(in->comm),
                                      ranks, err);
    }
    if (st == TC_OK) {
        st = tc_ingest_lanes_create(&lanes, ranks, in->memory.batch, sizeof(tc_order_item),
                                    err);
    }
    st = tc_comm_agree_all(in->comm, st, err);
    if (st == TC_OK && in->share_orders) {
        TC_ASSERT(lanes.start != NULL && buckets.stream != NULL); /* as agreed */
        st = exchange_all(in, &buckets, &lanes, err);
        if (st == TC_OK) {
            st = count_buckets(in, &buckets, err);
            st = tc_comm_agree_all(in->comm, st, err);
        }
    } else {
        in->counts.orders_all = in->counts.orders;
    }
    if (st == TC_OK) {
        sum_all(in);
    }
    tc_ingest_lanes_free(&lanes);
    tc_ingest_buckets_free(&buckets);
    return st;
}
