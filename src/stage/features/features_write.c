/* features_write.c - the datasets of features.h5. */
#include "features_impl.h"

#include "tiercel/catalogue.h"
#include "tiercel/date.h"
#include "tiercel/fault.h"
#include "tiercel/quantile_all.h"

#include <math.h>
#include <stdio.h>

enum { NAME_TEXT = 96, DESCRIPTION_TEXT = 512, LANES = 8 };

static const double SUMMARY_P[] = {0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0};
enum { N_P = sizeof SUMMARY_P / sizeof SUMMARY_P[0] };

static void name_at(char name[NAME_TEXT], const char *folder, int64_t day, const char *leaf)
{
    char date[TC_DATE_TEXT];
    tc_date_text(day, date);
    (void)snprintf(name, NAME_TEXT, "%s/%s/%s", folder, date, leaf);
}

/* Collective. */
static tc_status put_labels_all(const tc_shards *shards, tc_store *store,
                                const tc_features_at *at, tc_error *err)
{
    char name[NAME_TEXT];
    tc_field field = {.name = name,
                      .type = TC_I8,
                      .unit = "1",
                      .description = "1: no purchase within the horizon after the date; 0: "
                                     "bought again; -1: was not active before it"};
    tc_status st;
    name_at(name, "at", at->day, "label");
    st = tc_store_put_all(store, &field, at->label, shards->row0, shards->n_local,
                          shards->n_global, err);
    if (st == TC_OK) {
        name_at(name, "at", at->day, "later_amount");
        field.type = TC_F64;
        field.unit = "currency";
        field.description =
            "net amount within the horizon after the date; an outcome, never a feature";
        st = tc_store_put_all(store, &field, at->later_amount, shards->row0,
                              shards->n_local, shards->n_global, err);
    }
    return st;
}

tc_status tc_features_put_all(const tc_shards *shards, tc_store *store,
                              const tc_features_at *at, tc_error *err)
{
    int n_features;
    const tc_feature_def *def = tc_catalogue(&n_features);
    tc_status st = TC_OK;
    for (int f = 0; f < n_features && st == TC_OK; f++) {
        char name[NAME_TEXT], description[DESCRIPTION_TEXT];
        const tc_field field = {.name = name,
                                .type = def[f].is_double ? TC_F64 : TC_F32,
                                .unit = def[f].unit,
                                .description = description};
        name_at(name, "at", at->day, def[f].name);
        (void)snprintf(description, sizeof description, "%s; formula: %s",
                       def[f].description, def[f].formula);
        st = tc_store_put_all(store, &field, at->column[f], shards->row0, shards->n_local,
                              shards->n_global, err);
    }
    if (st == TC_OK && at->labelled) {
        st = put_labels_all(shards, store, at, err);
    }
    return st;
}

/* Sum of the values that are not missing, in a fixed order of 8 lanes whatever the vector width. */
static double sum_wide(const double *v, int64_t n)
{
    double lane[LANES] = {0.0};
    for (int64_t i = 0; i < n; i++) {
        lane[i % LANES] += isnan(v[i]) ? 0.0 : v[i];
    }
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

static double sum_narrow(const float *v, int64_t n)
{
    double lane[LANES] = {0.0};
    for (int64_t i = 0; i < n; i++) {
        lane[i % LANES] += isnan(v[i]) ? 0.0 : (double)v[i];
    }
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is that of all visits */
static tc_status visit_sums(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                            double *reals, tc_error *err)
{
    const tc_quantile_column *column = context;
    (void)ints;
    (void)err;
    for (int f = 0; f < TC_N_FEATURES; f++) {
        reals[f] = column[f].is_double
                       ? sum_wide((const double *)column[f].data + row, n_rows)
                       : sum_narrow((const float *)column[f].data + row, n_rows);
    }
    return TC_OK;
}

typedef struct {
    tc_quantile_column column[TC_N_FEATURES];
    double quantile[TC_N_FEATURES * N_P];
    double mean[TC_N_FEATURES];
    int64_t n_valid[TC_N_FEATURES], missing[TC_N_FEATURES];
} summary;

/* Collective. */
static tc_status summarise_all(tc_comm *comm, const tc_shards *shards, summary *s,
                               tc_error *err)
{
    const tc_quantile_request request = {.columns = s->column,
                                         .n_columns = TC_N_FEATURES,
                                         .probabilities = SUMMARY_P,
                                         .n_p = N_P,
                                         .rule = TC_QUANTILE_TYPE7};
    tc_fold *fold = NULL;
    tc_status st = tc_fold_create(0, TC_N_FEATURES, &fold, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_fold_run_all(comm, shards, fold, visit_sums, s->column, err);
    }
    if (st == TC_OK) {
        st = tc_quantile_all(comm, shards, &request, s->quantile, s->n_valid, err);
    }
    for (int f = 0; f < TC_N_FEATURES && st == TC_OK; f++) {
        s->missing[f] = shards->n_global - s->n_valid[f];
        s->mean[f] =
            s->n_valid[f] > 0 ? tc_fold_real(fold)[f] / (double)s->n_valid[f] : (double)NAN;
    }
    tc_fold_destroy(&fold);
    return st;
}

/* Collective. */
static tc_status put_summary_all(tc_store *store, int64_t day, const summary *s,
                                 tc_error *err)
{
    char name[NAME_TEXT];
    tc_field field = {.name = name,
                      .type = TC_F64,
                      .description =
                          "by feature: min p1 p5 p25 p50 p75 p95 p99 max, exact, "
                          "of the values that are not missing",
                      .columns = N_P};
    tc_status st;
    name_at(name, "summary", day, "quantile");
    st = tc_store_put_small_all(store, &field, s->quantile, TC_N_FEATURES, err);
    if (st == TC_OK) {
        name_at(name, "summary", day, "mean");
        field.columns = 1;
        field.description = "by feature: mean of the values that are not missing";
        st = tc_store_put_small_all(store, &field, s->mean, TC_N_FEATURES, err);
    }
    if (st == TC_OK) {
        name_at(name, "summary", day, "missing");
        field.type = TC_I64;
        field.unit = "customers";
        field.description = "by feature: customers without a value";
        st = tc_store_put_small_all(store, &field, s->missing, TC_N_FEATURES, err);
    }
    return st;
}

tc_status tc_features_put_summary_all(tc_comm *comm, const tc_shards *shards,
                                      tc_store *store, const tc_features_at *at,
                                      tc_error *err)
{
    int n_features;
    const tc_feature_def *def = tc_catalogue(&n_features);
    summary s = {.n_valid = {0}};
    tc_status st = TC_FAULT("features.summary", err);
    for (int f = 0; f < n_features && st == TC_OK; f++) {
        s.column[f] =
            (tc_quantile_column){.data = at->column[f], .is_double = def[f].is_double};
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = summarise_all(comm, shards, &s, err);
    }
    if (st == TC_OK) {
        st = put_summary_all(store, at->day, &s, err);
    }
    return st;
}
