/* features_write.c - the datasets of features.h5 with a row a customer. */
#include "features_impl.h"

#include "tiercel/catalogue.h"
#include "tiercel/date.h"

#include <stdio.h>

void tc_features_name(char name[TC_FEATURES_NAME], const char *folder, int64_t day,
                      const char *leaf)
{
    char date[TC_DATE_TEXT];
    tc_date_text(day, date);
    (void)snprintf(name, TC_FEATURES_NAME, "%s/%s/%s", folder, date, leaf);
}

tc_field tc_features_field(int64_t day, int feature, tc_features_text *text)
{
    int n;
    const tc_feature_def *def = &tc_catalogue(&n)[feature];
    tc_features_name(text->name, "at", day, def->name);
    (void)snprintf(text->description, sizeof text->description, "%s; formula: %s",
                   def->description, def->formula);
    return (tc_field){.name = text->name,
                      .type = def->is_double ? TC_F64 : TC_F32,
                      .unit = def->unit,
                      .description = text->description};
}

static const tc_field HASH = {.name = "customers/hash",
                              .type = TC_U64,
                              .unit = "1",
                              .description = "XXH3 of the id: high word, low word; "
                                             "customers are in this order",
                              .columns = 2};

static tc_field id_field(int width)
{
    return (tc_field){.name = "customers/id",
                      .type = TC_TEXT,
                      .unit = "",
                      .description = "customer id, normalised as configured",
                      .width = width};
}

static tc_field label_field(int64_t day, tc_features_text *text)
{
    tc_features_name(text->name, "at", day, "label");
    return (tc_field){.name = text->name,
                      .type = TC_I8,
                      .unit = "1",
                      .description = "1: no purchase within the horizon after the date; 0: "
                                     "bought again; -1: was not active before it"};
}

static tc_field later_field(int64_t day, tc_features_text *text)
{
    tc_features_name(text->name, "at", day, "later_amount");
    return (tc_field){.name = text->name,
                      .type = TC_F64,
                      .unit = "currency",
                      .description = "net amount within the horizon after the date; an "
                                     "outcome, never a feature"};
}

/* Collective. The datasets of one date; text: [TC_N_FEATURES + 2]. */
static tc_status begin_date_all(tc_store *store, const tc_features_at *at, int64_t n_global,
                                tc_features_text *text, tc_store_piece **column,
                                tc_error *err)
{
    tc_status st = TC_OK;
    for (int f = 0; f < TC_N_FEATURES && st == TC_OK; f++) {
        const tc_field field = tc_features_field(at->day, f, &text[f]);
        st = tc_store_begin_all(store, &field, n_global, &column[f], err);
    }
    return st;
}

/* Collective. */
static tc_status begin_labels_all(tc_store *store, int64_t day, int64_t n_global,
                                  tc_features_text *text, tc_store_piece **label,
                                  tc_store_piece **later, tc_error *err)
{
    const tc_field fields[2] = {label_field(day, &text[0]), later_field(day, &text[1])};
    const tc_status st = tc_store_begin_all(store, &fields[0], n_global, label, err);
    return st == TC_OK ? tc_store_begin_all(store, &fields[1], n_global, later, err) : st;
}

tc_status tc_features_out_begin_all(tc_comm *comm, tc_store *store,
                                    const tc_features_block *block, int64_t n_global,
                                    tc_features_out *out, tc_error *err)
{
    enum { TEXTS = TC_N_FEATURES + 2 };
    const tc_field id = id_field(block->id_width);
    tc_status st;
    *out = (tc_features_out){0};
    out->text = tc_mem_alloc((int64_t)N_DATES * TEXTS, sizeof *out->text, err);
    st = tc_comm_agree_all(comm, out->text == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_store_begin_all(store, &id, n_global, &out->id, err);
    }
    if (st == TC_OK) {
        st = tc_store_begin_all(store, &HASH, n_global, &out->hash, err);
    }
    for (int d = 0; d < N_DATES && st == TC_OK; d++) {
        tc_features_text *text = out->text + (int64_t)d * TEXTS;
        const tc_features_at *at = &block->at[d];
        st = begin_date_all(store, at, n_global, text, out->column[d], err);
        if (st == TC_OK && at->labelled) {
            st = begin_labels_all(store, at->day, n_global, text + TC_N_FEATURES,
                                  &out->label[d], &out->later_amount[d], err);
        }
    }
    return st;
}

tc_status tc_features_out_write(tc_features_out *out, const tc_features_block *block,
                                tc_error *err)
{
    const int64_t row = block->row0, n = block->n;
    TC_TRY(tc_store_write(out->id, block->id, row, n, err));
    TC_TRY(tc_store_write(out->hash, block->hash, row, n, err));
    for (int d = 0; d < N_DATES; d++) {
        const tc_features_at *at = &block->at[d];
        for (int f = 0; f < TC_N_FEATURES; f++) {
            TC_TRY(tc_store_write(out->column[d][f], at->column[f], row, n, err));
        }
        if (at->labelled) {
            TC_TRY(tc_store_write(out->label[d], at->label, row, n, err));
            TC_TRY(tc_store_write(out->later_amount[d], at->later_amount, row, n, err));
        }
    }
    return TC_OK;
}

tc_status tc_features_out_end_all(tc_features_out *out, tc_status status, tc_error *err)
{
    tc_status st = tc_store_end_all(&out->id, status, err);
    st = tc_store_end_all(&out->hash, st, err);
    for (int d = 0; d < N_DATES; d++) {
        for (int f = 0; f < TC_N_FEATURES; f++) {
            st = tc_store_end_all(&out->column[d][f], st, err);
        }
        st = tc_store_end_all(&out->label[d], st, err);
        st = tc_store_end_all(&out->later_amount[d], st, err);
    }
    tc_mem_free(out->text);
    out->text = NULL;
    return st;
}
