/* ingest_write_events.c - events.h5: the columns of the events, from the buckets to the
 * file. */
#include "ingest_settle.h"
#include "ingest_write.h"

static const char *const kind_names[] = {"purchase", "return"};

static const tc_field event_field[TC_N_EVENT_COLUMNS] = {
    [TC_EVENT_TIME] = {.name = "events/time",
                       .type = TC_I64,
                       .unit = "s",
                       .description =
                           "seconds since 1970-01-01 of the company's own clock"},
    [TC_EVENT_AMOUNT] = {.name = "events/amount",
                         .type = TC_I64,
                         .unit = "currency/10000",
                         .description = "amount; of returns negative"},
    [TC_EVENT_ORDER] = {.name = "events/order",
                        .type = TC_U64,
                        .unit = "1",
                        .description =
                            "hash of the order id; without one, of customer and day"},
    [TC_EVENT_KIND] = {.name = "events/kind",
                       .type = TC_ENUM,
                       .unit = "",
                       .description = "purchase or return",
                       .names = kind_names,
                       .n_names = 2},
    [TC_EVENT_CHANNEL] = {.name = "events/channel",
                          .type = TC_U16,
                          .unit = "1",
                          .description = "row of dictionary/channel, 0 = none"},
    [TC_EVENT_CATEGORY] = {.name = "events/category",
                           .type = TC_U32,
                           .unit = "1",
                           .description = "row of dictionary/category, 0 = none"},
    [TC_EVENT_ALIAS] = {.name = "events/alias",
                        .type = TC_U8,
                        .unit = "1",
                        .description = "which id of a merged customer the row came with, 0 "
                                       "= the final one"},
    [TC_EVENT_ROW] = {.name = "events/row",
                      .type = TC_U64,
                      .unit = "1",
                      .description = "hash of the row of the input; only if duplicates "
                                     "are dropped"},
};

static int has_column(const tc_ingest *in, tc_event_column column)
{
    if (column == TC_EVENT_ROW) {
        return in->config->input.duplicates != TC_DUPLICATES_KEEP;
    }
    return column != TC_EVENT_ALIAS || in->identity != NULL;
}

static tc_status begin_columns_all(tc_ingest_writer *w, tc_ingest_emitter *emitter,
                                   tc_error *err)
{
    tc_status st = TC_OK;
    for (int c = 0; c < TC_N_EVENT_COLUMNS && st == TC_OK; c++) {
        if (has_column(w->in, (tc_event_column)c)) {
            st = tc_store_begin_all(w->store, &event_field[c], w->events.n_global,
                                    &emitter->piece[c], err);
        }
    }
    return st;
}

static tc_status end_columns_all(tc_ingest_emitter *emitter, tc_status st, tc_error *err)
{
    for (int c = 0; c < TC_N_EVENT_COLUMNS; c++) {
        if (emitter->piece[c] != NULL) {
            st = tc_store_end_all(&emitter->piece[c], st, err);
        }
    }
    return st;
}

tc_status tc_ingest_put_events_all(tc_ingest_writer *w, tc_error *err)
{
    tc_ingest_emitter *emitter = tc_mem_alloc(1, sizeof *emitter, err);
    tc_ingest_settler settler = {.in = w->in,
                                 .counting =
                                     w->in->config->input.duplicates == TC_DUPLICATES_KEEP,
                                 .emitter = emitter};
    tc_status st = emitter == NULL ? TC_ENOMEM : TC_OK;
    if (emitter != NULL) {
        emitter->in = w->in;
        emitter->row0 = w->events.row0;
        emitter->slab = tc_mem_alloc(1, sizeof *emitter->slab, err);
        st = emitter->slab == NULL ? TC_ENOMEM : TC_OK;
    }
    st = tc_comm_agree_all(w->in->comm, st, err);
    if (st == TC_OK) {
        TC_ASSERT(emitter != NULL); /* as agreed */
        st = begin_columns_all(w, emitter, err);
        if (st == TC_OK) {
            st = tc_ingest_settle(&settler, err);
            st = tc_comm_agree_all(w->in->comm, st, err);
        }
        st = end_columns_all(emitter, st, err);
    }
    if (emitter != NULL) {
        tc_mem_free(emitter->slab);
    }
    tc_mem_free(emitter);
    return st;
}
