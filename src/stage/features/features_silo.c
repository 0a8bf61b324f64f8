#include "features_silo.h"

#include "../ingest/ingest_memory.h"

#include "tiercel/date.h"
#include "tiercel/fault.h"

#include <string.h>

enum {
    ALIASES = 256,
    POOL = 16 << 20,
    SLAB = TC_SPILL_BLOCK / sizeof(tc_features_silo_id)
};

static const int64_t SECONDS_PER_DAY = 86400;

tc_status tc_features_silo_create(const tc_config *config, int64_t n_shards, int64_t day,
                                  tc_features_silo *silo, tc_error *err)
{
    *silo = (tc_features_silo){.day = day, .n_shards = n_shards};
    tc_spill_start(&silo->ids);
    silo->first_of_shard = tc_mem_alloc(n_shards + 1, sizeof *silo->first_of_shard, err);
    if (silo->first_of_shard == NULL) {
        return TC_ENOMEM;
    }
    return tc_spill_create(POOL, tc_ingest_scratch(config), &silo->spill, err);
}

void tc_features_silo_free(tc_features_silo *silo)
{
    tc_spill_destroy(&silo->spill);
    tc_event_columns_free(&silo->sorted);
    tc_mem_free(silo->first_of_shard);
    *silo = (tc_features_silo){0};
}

/* Puts the events before the day in the order of their alias, and of time within it; start[ALIASES + 1]. */
static tc_status sort_by_alias(tc_features_silo *s, const tc_rfm_events *e,
                               const uint8_t *alias, int64_t n, int64_t *start,
                               tc_error *err)
{
    int64_t head[ALIASES];
    tc_event_columns *c = &s->sorted;
    TC_TRY(tc_event_columns_reserve(c, n, 0, err));
    memcpy(head, start, sizeof head);
    for (int64_t i = 0; i < n; i++) {
        const int64_t to = head[alias[i]]++;
        c->time[to] = e->time[i];
        c->amount[to] = e->amount[i];
        c->order[to] = e->order[i];
        c->kind[to] = e->kind[i];
        c->channel[to] = e->channel[i];
        c->category[to] = e->category[i];
    }
    return TC_OK;
}

static tc_status add_id(tc_features_silo *s, tc_features_silo_id *id, int64_t from,
                        int64_t n, tc_rfm_scratch *scratch, tc_error *err)
{
    const tc_event_columns *c = &s->sorted;
    const tc_rfm_events own = {.time = c->time + from,
                               .amount = c->amount + from,
                               .order = c->order + from,
                               .kind = c->kind + from,
                               .channel = c->channel + from,
                               .category = c->category + from,
                               .n = n};
    double value[TC_N_FEATURES];
    TC_TRY(tc_rfm_customer(&own, &s->day, 1, scratch, value, err));
    id->recency_days = (float)value[TC_FEATURE_recency_days];
    id->order_count = (float)value[TC_FEATURE_order_count];
    id->net_amount = value[TC_FEATURE_net_amount];
    s->n_ids++;
    return tc_spill_append(s->spill, &s->ids, id, (int64_t)sizeof *id, err);
}

/* What the map merged here, of all events. */
static void count_merged(tc_features_silo *s, const uint8_t *alias, int64_t n)
{
    uint8_t seen[ALIASES] = {0};
    int64_t rows = 0, ids = 0;
    for (int64_t i = 0; i < n; i++) {
        rows += alias[i] != 0;
        ids += alias[i] != 0 && !seen[alias[i]];
        seen[alias[i]] = 1;
    }
    s->rows_moved += rows;
    s->ids_merged += ids;
    s->customers_merged += ids > 0;
}

tc_status tc_features_silo_add(tc_features_silo *silo, const tc_features_customer *customer,
                               int64_t row, tc_rfm_scratch *scratch, tc_error *err)
{
    const tc_rfm_events *e = &customer->events;
    int64_t start[ALIASES + 1] = {0};
    int64_t n = 0, active = 0;
    count_merged(silo, e->alias, e->n);
    while (n < e->n && e->time[n] < silo->day * SECONDS_PER_DAY) {
        start[e->alias[n++] + 1]++;
    }
    for (int k = 0; k < ALIASES; k++) {
        active += start[k + 1] > 0;
        start[k + 1] += start[k];
    }
    if (active < 2) {
        return TC_OK;
    }
    silo->customers++;
    silo->first_of_shard[tc_shards_of(customer->hash.hi, silo->n_shards) + 1] += active;
    TC_TRY(sort_by_alias(silo, e, e->alias, n, start, err));
    for (int k = 0; k < ALIASES; k++) {
        if (start[k + 1] > start[k]) {
            tc_features_silo_id id = {.row = row, .alias = (uint64_t)k};
            TC_TRY(add_id(silo, &id, start[k], start[k + 1] - start[k], scratch, err));
        }
    }
    return TC_OK;
}

typedef enum { ROW, ALIAS, RECENCY, ORDERS, NET, N_COLUMNS } column;

static const tc_field field[N_COLUMNS] = {
    [ROW] = {.name = "silo/customer_row",
             .type = TC_I64,
             .unit = "1",
             .description = "customer with several ids that are active: have an event "
                            "before the date of the scores; a row is one of these ids"},
    [ALIAS] = {.name = "silo/alias",
               .type = TC_U8,
               .unit = "1",
               .description = "number of the id, see events/alias"},
    [RECENCY] = {.name = "silo/recency_days",
                 .type = TC_F32,
                 .unit = "days",
                 .description = "recency_days of the events with this id alone"},
    [ORDERS] = {.name = "silo/order_count",
                .type = TC_F32,
                .unit = "orders",
                .description = "order_count of the events with this id alone"},
    [NET] = {.name = "silo/net_amount",
             .type = TC_F64,
             .unit = "currency",
             .description = "net_amount of the events with this id alone"},
};

/* Rows that are written at a time, as columns. */
typedef struct {
    int64_t row[SLAB];
    double net[SLAB];
    float recency[SLAB], orders[SLAB];
    uint8_t alias[SLAB];
} slab;

static tc_status write_block(tc_store_piece *const piece[N_COLUMNS], slab *to,
                             const unsigned char *bytes, int64_t n, int64_t row0,
                             tc_error *err)
{
    for (int64_t i = 0; i < n; i++) {
        tc_features_silo_id id;
        memcpy(&id, bytes + i * (int64_t)sizeof id, sizeof id);
        to->row[i] = id.row;
        to->alias[i] = (uint8_t)id.alias;
        to->recency[i] = id.recency_days;
        to->orders[i] = id.order_count;
        to->net[i] = id.net_amount;
    }
    TC_TRY(tc_store_write(piece[ROW], to->row, row0, n, err));
    TC_TRY(tc_store_write(piece[ALIAS], to->alias, row0, n, err));
    TC_TRY(tc_store_write(piece[RECENCY], to->recency, row0, n, err));
    TC_TRY(tc_store_write(piece[ORDERS], to->orders, row0, n, err));
    return tc_store_write(piece[NET], to->net, row0, n, err);
}

/* Local. All ids of this rank, from row0 on. */
static tc_status write_ids(tc_features_silo *s, tc_store_piece *const piece[N_COLUMNS],
                           int64_t row0, tc_error *err)
{
    slab *to = tc_mem_alloc(1, sizeof *to, err);
    tc_status st = to == NULL ? TC_ENOMEM : TC_FAULT("features.silo", err);
    if (st == TC_OK) {
        tc_spill_seal(s->spill, &s->ids);
    }
    while (st == TC_OK && s->ids.first >= 0) {
        const unsigned char *bytes;
        int64_t n;
        st = tc_spill_pin(s->spill, s->ids.first, &bytes, &n, err);
        if (st == TC_OK) {
            n /= (int64_t)sizeof(tc_features_silo_id);
            st = write_block(piece, to, bytes, n, row0, err);
            row0 += n;
            tc_spill_drop_first(s->spill, &s->ids);
        }
    }
    tc_mem_free(to);
    return st;
}

/* Collective. Which ids belong to each shard. */
static tc_status put_shards_all(tc_comm *comm, tc_store *store, tc_features_silo *s,
                                tc_error *err)
{
    static const tc_field shards = {.name = "silo/first_of_shard",
                                    .type = TC_I64,
                                    .unit = "1",
                                    .description = "row of the first id of each shard; the "
                                                   "last entry is the number of ids"};
    tc_comm_sum_i64_all(comm, s->first_of_shard, s->n_shards + 1);
    for (int64_t k = 0; k < s->n_shards; k++) {
        s->first_of_shard[k + 1] += s->first_of_shard[k];
    }
    return tc_store_put_small_all(store, &shards, s->first_of_shard, s->n_shards + 1, err);
}

static tc_status put_counts_all(tc_comm *comm, tc_store *store, const tc_features_silo *s,
                                tc_error *err)
{
    static const char *const name[] = {"identity_rows_moved", "identity_ids_merged",
                                       "identity_customers_merged", "silo_customers",
                                       "silo_ids"};
    enum { N = sizeof name / sizeof *name };
    int64_t v[N] = {s->rows_moved, s->ids_merged, s->customers_merged, s->customers,
                    s->n_ids};
    tc_status st = TC_OK;
    tc_comm_sum_i64_all(comm, v, N);
    for (int i = 0; i < N && st == TC_OK; i++) {
        st = tc_store_put_i64_all(store, name[i], v[i], err);
    }
    return st;
}

tc_status tc_features_silo_put_all(tc_comm *comm, tc_store *store, tc_features_silo *silo,
                                   tc_error *err)
{
    tc_store_piece *piece[N_COLUMNS] = {NULL};
    int64_t row0 = silo->n_ids, total = silo->n_ids;
    tc_status st = TC_OK;
    tc_comm_exscan_i64_all(comm, &row0, 1);
    tc_comm_sum_i64_all(comm, &total, 1);
    for (int c = 0; c < N_COLUMNS && st == TC_OK; c++) {
        st = tc_store_begin_all(store, &field[c], total, &piece[c], err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(comm, write_ids(silo, piece, row0, err), err);
    }
    for (int c = 0; c < N_COLUMNS; c++) {
        st = tc_store_end_all(&piece[c], st, err);
    }
    if (st == TC_OK) {
        st = put_shards_all(comm, store, silo, err);
    }
    if (st == TC_OK) {
        st = put_counts_all(comm, store, silo, err);
    }
    return st;
}
