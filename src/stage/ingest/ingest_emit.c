#include "ingest_emit.h"

#include "ingest_orders.h"

static const void *column_of(const tc_event_slab *slab, tc_event_column column)
{
    const void *const memory[TC_N_EVENT_COLUMNS] = {
        [TC_EVENT_TIME] = slab->time,       [TC_EVENT_AMOUNT] = slab->amount,
        [TC_EVENT_ORDER] = slab->order,     [TC_EVENT_KIND] = slab->kind,
        [TC_EVENT_CHANNEL] = slab->channel, [TC_EVENT_CATEGORY] = slab->category,
        [TC_EVENT_ALIAS] = slab->alias,     [TC_EVENT_ROW] = slab->row};
    return memory[column];
}

static tc_status flush(tc_ingest_emitter *e, tc_error *err)
{
    for (int c = 0; c < TC_N_EVENT_COLUMNS; c++) {
        if (e->piece[c] != NULL) {
            TC_TRY(tc_store_write(e->piece[c], column_of(e->slab, (tc_event_column)c),
                                  e->row0, e->n, err));
        }
    }
    e->row0 += e->n;
    e->n = 0;
    return TC_OK;
}

static tc_status end_order(tc_ingest_emitter *e, tc_error *err)
{
    const int64_t rows = e->order_rows;
    e->order_rows = 0;
    if (rows == 0) {
        return TC_OK;
    }
    if (!e->in->share_orders) {
        e->in->counts.orders++;
        return TC_OK;
    }
    return tc_ingest_orders_keep(e->in, e->order, e->customer.hash.hi, rows, err);
}

static tc_status end_customer(tc_ingest_emitter *e, tc_error *err)
{
    const int64_t id_bytes = 1 + (int64_t)e->id[0];
    unsigned char packed[TC_CUSTOMER_MAX];
    TC_TRY(end_order(e, err));
    if (e->customer.n_events == 0) {
        return TC_OK;
    }
    memcpy(packed, &e->customer, sizeof e->customer);
    memcpy(packed + sizeof e->customer, e->id, (size_t)id_bytes);
    e->in->n_customers++;
    e->in->id_width = id_bytes - 1 > e->in->id_width ? id_bytes - 1 : e->in->id_width;
    return tc_spill_append(e->in->spill, &e->in->customers, packed,
                           (int64_t)sizeof e->customer + id_bytes, err);
}

static tc_status start_customer(tc_ingest_emitter *e, const unsigned char *row,
                                tc_error *err)
{
    const int64_t n = tc_packed_id_n(row);
    const tc_hash128 hash = tc_hash128_of(tc_packed_id(row), (size_t)n);
    TC_TRY(end_customer(e, err));
    if (e->customer.n_events > 0 && hash.hi == e->customer.hash.hi &&
        hash.lo == e->customer.hash.lo) {
        return tc_fail(err, TC_EDATA,
                       "two customer ids have the same 128-bit hash; change one of them");
    }
    e->customer = (tc_customer_head){.hash = hash};
    e->id[0] = (unsigned char)n;
    memcpy(e->id + 1, tc_packed_id(row), (size_t)n);
    return TC_OK;
}

static inline int is_same_customer(const tc_ingest_emitter *e, uint64_t hi,
                                   const unsigned char *row)
{
    const int64_t n = tc_packed_id_n(row);
    return e->customer.n_events > 0 && hi == e->customer.hash.hi && e->id[0] == n &&
           tc_sort_same_bytes(e->id + 1, tc_packed_id(row), n);
}

static inline void add_up(tc_ingest_counts *counts, const tc_packed_head *head, int64_t n)
{
    counts->first_time = head->time < counts->first_time ? head->time : counts->first_time;
    counts->last_time = head->time > counts->last_time ? head->time : counts->last_time;
    if (head->kind == TC_KIND_RETURN) {
        counts->return_rows += n;
        counts->returned -= (tc_i128)head->amount * n;
    } else {
        counts->purchase_rows += n;
        counts->gross += (tc_i128)head->amount * n;
    }
}

static inline void put(tc_ingest_emitter *e, const tc_packed_head *head)
{
    tc_event_slab *const slab = e->slab;
    const tc_sort_codes codes = e->in->codes;
    const int64_t at = e->n++;
    slab->time[at] = head->time;
    slab->amount[at] = head->amount;
    slab->order[at] = head->order;
    slab->row[at] = head->row;
    slab->channel[at] = (uint16_t)codes.channel[head->channel];
    slab->category[at] = codes.category[head->category];
    slab->kind[at] = head->kind;
    slab->alias[at] = head->alias;
}

tc_status tc_ingest_emit(tc_ingest_emitter *e, uint64_t hi, const unsigned char *row,
                         int64_t n, tc_error *err)
{
    const tc_packed_head head = tc_packed_head_of(row);
    if (!is_same_customer(e, hi, row)) {
        TC_TRY(start_customer(e, row, err));
    } else if (head.order != e->order) {
        TC_TRY(end_order(e, err));
    }
    e->order = head.order;
    e->order_rows += n;
    e->customer.n_events += n;
    add_up(&e->in->counts, &head, n);
    for (int64_t i = 0; i < n; i++) {
        if (e->n == TC_EVENT_SLAB) {
            TC_TRY(flush(e, err));
        }
        put(e, &head);
    }
    return TC_OK;
}

tc_status tc_ingest_emit_unused(tc_ingest_emitter *e, const unsigned char *row,
                                tc_error *err)
{
    if (!e->in->share_orders) {
        return TC_OK;
    }
    return tc_ingest_orders_keep(e->in, tc_packed_order(row), 0, 0, err);
}

tc_status tc_ingest_emit_end(tc_ingest_emitter *e, tc_error *err)
{
    TC_TRY(end_customer(e, err));
    e->customer.n_events = 0;
    return flush(e, err);
}
