/* features_read.c - the part of events.h5 that a rank owns. */
#include "features_impl.h"

#include "tiercel/date.h"
#include "tiercel/fault.h"

static const tc_field FIRST_EVENT = {.name = "customers/first_event", .type = TC_I64};
static const char *const KIND_NAMES[] = {"purchase", "return"};

/* Collective. Rows of a dictionary; 1 (the empty code alone) if it is not there. */
static tc_status levels_all(tc_store *store, const char *name, int64_t *n, tc_error *err)
{
    int columns, width;
    *n = 1;
    return tc_store_has_all(store, name)
               ? tc_store_shape_all(store, name, n, &columns, &width, err)
               : TC_OK;
}

tc_status tc_events_open_all(tc_comm *comm, tc_store *store, tc_events *events,
                             tc_error *err)
{
    tc_status st;
    *events = (tc_events){0};
    st = tc_stage_shards_all(comm, store, &events->shards, err);
    if (st == TC_OK) {
        st = tc_store_get_i64_all(store, "first_time", &events->first_time, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_i64_all(store, "last_time", &events->last_time, err);
    }
    if (st == TC_OK) {
        st = levels_all(store, "dictionary/channel", &events->limits.n_channels, err);
    }
    if (st == TC_OK) {
        st = levels_all(store, "dictionary/category", &events->limits.n_categories, err);
    }
    events->limits.day_first = tc_date_day_of(events->first_time);
    events->limits.day_last = tc_date_day_of(events->last_time);
    return st;
}

/* Collective. Start of the rows of the next rank that has any: where mine end. The last rank also owns
 * the last entry of the table, so every row of it is read once and its checksum is verified. */
static tc_status end_of_mine_all(tc_comm *comm, const tc_events *events, int64_t n_read,
                                 int64_t *end, tc_error *err)
{
    const int64_t mine = n_read > 0 ? events->first_event[0] : -1;
    const int last = tc_comm_rank(comm) + 1 == tc_comm_size(comm);
    tc_buffer all = {0};
    const tc_status st = tc_comm_gather_all(comm, &mine, (int64_t)sizeof mine, &all, err);
    if (st == TC_OK && last) {
        *end = events->first_event[n_read - 1];
    } else if (st == TC_OK) {
        const int64_t *start = (const int64_t *)(const void *)all.data;
        int rank = tc_comm_rank(comm) + 1;
        while (rank + 1 < tc_comm_size(comm) && start[rank] < 0) {
            rank++;
        }
        *end = start[rank]; /* the last rank always has an entry */
    }
    tc_buffer_free(&all);
    return st;
}

/* Makes the offsets relative to this rank and checks that they ascend. */
static tc_status settle_offsets(tc_events *events, int64_t end, int64_t n_global,
                                tc_error *err)
{
    const int64_t n = events->shards.n_local;
    int64_t *first = events->first_event;
    int damaged;
    TC_ASSERT(first != NULL); /* all ranks agreed on it */
    if (n == 0) {
        first[0] = end;
    }
    first[n] = end;
    events->event0 = first[0];
    events->n_events = end - first[0];
    damaged = first[0] < 0 || end > n_global;
    for (int64_t i = 0; i < n; i++) {
        damaged |= first[i] > first[i + 1];
        first[i] -= events->event0;
    }
    first[n] -= events->event0;
    return damaged ? tc_fail(err, TC_EDATA,
                             "events.h5: customers/first_event does not fit the events; "
                             "delete the file and run ingest again")
                   : TC_OK;
}

/* Collective. */
static tc_status read_offsets_all(tc_comm *comm, tc_store *store, tc_events *events,
                                  tc_error *err)
{
    const int last = tc_comm_rank(comm) + 1 == tc_comm_size(comm);
    const int64_t n_read = events->shards.n_local + last;
    int64_t n_global, end = 0;
    int columns, width;
    tc_status st = TC_FAULT("features.offsets", err);
    if (st == TC_OK) {
        events->first_event =
            tc_mem_alloc(events->shards.n_local + 1, sizeof *events->first_event, err);
        st = events->first_event == NULL ? TC_ENOMEM : TC_OK;
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_store_shape_all(store, "events/time", &n_global, &columns, &width, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_all(store, &FIRST_EVENT, events->shards.row0, n_read,
                              events->first_event, err);
    }
    if (st == TC_OK) {
        st = end_of_mine_all(comm, events, n_read, &end, err);
    }
    if (st == TC_OK) {
        st = settle_offsets(events, end, n_global, err);
        st = tc_comm_agree_all(comm, st, err);
    }
    return st;
}

static tc_status allocate(tc_events *e, tc_error *err)
{
    TC_TRY(TC_FAULT("features.read", err));
    e->time = tc_mem_alloc(e->n_events, sizeof *e->time, err);
    e->amount = tc_mem_alloc(e->n_events, sizeof *e->amount, err);
    e->order = tc_mem_alloc(e->n_events, sizeof *e->order, err);
    e->kind = tc_mem_alloc(e->n_events, sizeof *e->kind, err);
    e->channel = tc_mem_alloc(e->n_events, sizeof *e->channel, err);
    e->category = tc_mem_alloc(e->n_events, sizeof *e->category, err);
    return e->time == NULL || e->amount == NULL || e->order == NULL || e->kind == NULL ||
                   e->channel == NULL || e->category == NULL
               ? TC_ENOMEM
               : TC_OK;
}

tc_status tc_events_read_all(tc_comm *comm, tc_store *store, tc_events *events,
                             tc_error *err)
{
    tc_status st = read_offsets_all(comm, store, events, err);
    if (st == TC_OK) {
        st = tc_comm_agree_all(comm, allocate(events, err), err);
    }
    if (st == TC_OK) {
        const struct {
            tc_field field;
            void *data;
        } columns[] = {
            {{.name = "events/time", .type = TC_I64}, events->time},
            {{.name = "events/amount", .type = TC_I64}, events->amount},
            {{.name = "events/order", .type = TC_U64}, events->order},
            {{.name = "events/kind", .type = TC_ENUM, .names = KIND_NAMES, .n_names = 2},
             events->kind},
            {{.name = "events/channel", .type = TC_U16}, events->channel},
            {{.name = "events/category", .type = TC_U32}, events->category}};
        const int n = (int)(sizeof columns / sizeof columns[0]);
        for (int i = 0; i < n && st == TC_OK; i++) {
            st = tc_store_get_all(store, &columns[i].field, events->event0,
                                  events->n_events, columns[i].data, err);
        }
    }
    return st;
}

void tc_events_free(tc_events *events)
{
    tc_shards_free(&events->shards);
    tc_mem_free(events->first_event);
    tc_mem_free(events->time);
    tc_mem_free(events->amount);
    tc_mem_free(events->order);
    tc_mem_free(events->kind);
    tc_mem_free(events->channel);
    tc_mem_free(events->category);
    *events = (tc_events){0};
}

tc_rfm_events tc_events_of(const tc_events *events, int64_t row)
{
    const int64_t at = events->first_event[row];
    return (tc_rfm_events){.time = events->time + at,
                           .amount = events->amount + at,
                           .order = events->order + at,
                           .kind = events->kind + at,
                           .channel = events->channel + at,
                           .category = events->category + at,
                           .n = events->first_event[row + 1] - at};
}
