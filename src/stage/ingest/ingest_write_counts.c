/* ingest_write_counts.c - events.h5: dictionaries, counts, attributes. */
#include "ingest_identity.h"
#include "ingest_write.h"

#include "tiercel/lineage.h"

#include <stdio.h>
#include <string.h>

enum { REASON_WIDTH = 32 };

tc_status tc_ingest_put_dictionaries_all(tc_ingest_writer *w, tc_error *err)
{
    const tc_field channel = {.name = "dictionary/channel",
                              .type = TC_TEXT,
                              .unit = "",
                              .description = "channels by code, sorted by bytes",
                              .width = w->in->channel_width};
    const tc_field category = {.name = "dictionary/category",
                               .type = TC_TEXT,
                               .unit = "",
                               .description = "categories by code, sorted by bytes",
                               .width = w->in->category_width};
    tc_status st = tc_store_put_small_all(w->store, &channel, w->in->channel_text,
                                          w->in->channel.known.n + 1, err);
    if (st == TC_OK) {
        st = tc_store_put_small_all(w->store, &category, w->in->category_text,
                                    w->in->category.known.n + 1, err);
    }
    return st;
}

tc_status tc_ingest_put_reasons_all(tc_ingest_writer *w, tc_error *err)
{
    static const tc_field name = {.name = "ingest/reason_name",
                                  .type = TC_TEXT,
                                  .unit = "",
                                  .description = "what became of a row of the input",
                                  .width = REASON_WIDTH};
    static const tc_field rows = {.name = "ingest/reason_rows",
                                  .type = TC_I64,
                                  .unit = "1",
                                  .description = "rows with that reason"};
    static const tc_field amount = {.name = "ingest/reason_amount",
                                    .type = TC_I64,
                                    .unit = "currency/10000",
                                    .description =
                                        "sum of their amounts, where they could be read"};
    char text[TC_N_REASONS][REASON_WIDTH] = {{0}};
    int64_t sum[TC_N_REASONS];
    tc_status st;
    for (int i = 0; i < TC_N_REASONS; i++) {
        (void)snprintf(text[i], REASON_WIDTH, "%s", tc_row_reason_code(i));
        sum[i] = (int64_t)w->in->counts.reason_amount[i];
    }
    st = tc_store_put_small_all(w->store, &name, text, TC_N_REASONS, err);
    if (st == TC_OK) {
        st = tc_store_put_small_all(w->store, &rows, w->in->counts.reason_rows,
                                    TC_N_REASONS, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_small_all(w->store, &amount, sum, TC_N_REASONS, err);
    }
    return st;
}

tc_status tc_ingest_put_attributes_all(tc_ingest_writer *w, tc_error *err)
{
    const tc_ingest_counts *c = &w->in->counts;
    const char *const *column = w->in->rules.column;
    char input_id[TC_ID_TEXT];
    tc_i128 all = 0;
    tc_status st = TC_OK;
    for (int i = 0; i < TC_N_REASONS; i++) {
        all += c->reason_amount[i];
    }
    const struct {
        const char *name;
        int64_t value;
    } list[] = {
        {"rows_read", c->rows},
        {"rows_used", c->reason_rows[TC_ROW_USED]},
        {"rows_rejected", c->rows - c->reason_rows[TC_ROW_USED]},
        {"duplicate_rows", c->duplicate_rows},
        {"duplicate_amount", (int64_t)c->duplicate_amount},
        {"duplicates_dropped", c->dropped},
        {"amounts_rounded", c->rounded},
        {"purchase_rows", c->purchase_rows},
        {"return_rows", c->return_rows},
        {"orders", c->orders},
        {"orders_all", c->orders_all},
        {"cancelled_rows", c->cancelled_rows},
        {"cancelled_orders", c->cancelled_orders},
        {"amount_net", (int64_t)(c->gross - c->returned)},
        {"amount_gross", (int64_t)c->gross},
        {"amount_returned", (int64_t)c->returned},
        {"amount_all", (int64_t)all},
        {"first_time", c->first_time},
        {"last_time", c->last_time},
        {"has_order", column[TC_ROLE_ORDER] != NULL},
        {"has_channel", column[TC_ROLE_CHANNEL] != NULL},
        {"has_category", column[TC_ROLE_CATEGORY] != NULL},
        {"content_a", (int64_t)c->content[0]},
        {"content_b", (int64_t)c->content[1]},
        {"dropped_a", (int64_t)c->dropped_rows[0]},
        {"dropped_b", (int64_t)c->dropped_rows[1]},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list && st == TC_OK; i++) {
        st = tc_store_put_i64_all(w->store, list[i].name, list[i].value, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(w->in->comm, tc_input_id(w->in->config, input_id, err), err);
    }
    if (st == TC_OK) {
        st = tc_store_put_text_all(w->store, "input_id", input_id, err);
    }
    return st == TC_OK ? tc_ingest_identity_put_all(w->in, w->store, err) : st;
}
