/* features_summary.c - the distribution of each feature at the date of the scores, from the tally. Quantiles that it does
 * not know come from the columns as they were written: as many at a time as fit the memory, and one in pieces if not even
 * that fits. */
#include "features_impl.h"

#include "tiercel/catalogue.h"
#include "tiercel/fault.h"
#include "tiercel/fold.h"
#include "tiercel/quantile_all.h"

#include <math.h>
#include <string.h>

const double TC_FEATURES_SUMMARY_P[TC_FEATURES_P] = {0.0,  0.01, 0.05, 0.25, 0.5,
                                                     0.75, 0.95, 0.99, 1.0};

/* Some columns of the catalogue. */
typedef struct {
    tc_store *store;
    const tc_shards *shards;
    int64_t day;
    int feature[TC_N_FEATURES], n;
    int whole; /* all rows of this rank are in memory, else those of one shard */
    tc_quantile_column column[TC_N_FEATURES];
    void *data[TC_N_FEATURES]; /* the same, owned */
    tc_store_piece *piece[TC_N_FEATURES];
    tc_features_text text[TC_N_FEATURES];
} group;

static size_t width_of(const group *g, int i)
{
    return g->column[i].is_double ? sizeof(double) : sizeof(float);
}

/* Reads rows of the columns, row0 of all ranks, to the start of the memory. */
static tc_status read_rows(group *g, int64_t row0, int64_t n_rows, tc_error *err)
{
    for (int i = 0; i < g->n; i++) {
        TC_TRY(tc_store_read(g->piece[i], g->data[i], row0, n_rows, err));
    }
    return TC_OK;
}

static tc_status load_rows(void *context, int64_t *row, int64_t n_rows, tc_error *err)
{
    group *g = context;
    if (g->whole) {
        return TC_OK;
    }
    TC_TRY(read_rows(g, g->shards->row0 + *row, n_rows, err));
    *row = 0;
    return TC_OK;
}

/* Collective. */
static tc_status open_all(group *g, tc_error *err)
{
    int n_features;
    const tc_feature_def *def = tc_catalogue(&n_features);
    tc_status st = TC_OK;
    for (int i = 0; i < g->n && st == TC_OK; i++) {
        const tc_field field = tc_features_field(g->day, g->feature[i], &g->text[i]);
        g->column[i].is_double = def[g->feature[i]].is_double;
        st = tc_store_view_all(g->store, &field, NULL, &g->piece[i], err);
    }
    return st;
}

static tc_status allocate(group *g, int64_t n_rows, tc_error *err)
{
    TC_TRY(TC_FAULT("features.summary", err));
    for (int i = 0; i < g->n; i++) {
        g->data[i] = tc_mem_alloc(n_rows, width_of(g, i), err);
        if (g->data[i] == NULL) {
            return TC_ENOMEM;
        }
        g->column[i].data = g->data[i];
    }
    return TC_OK;
}

/* Collective. Quantiles of the columns of a group. */
static tc_status measure_all(tc_comm *comm, group *g, tc_features_summary *s, tc_error *err)
{
    const tc_quantile_request request = {.columns = g->column,
                                         .n_columns = g->n,
                                         .probabilities = TC_FEATURES_SUMMARY_P,
                                         .n_p = TC_FEATURES_P,
                                         .rule = TC_QUANTILE_TYPE7};
    const tc_quantile_rows rows = {load_rows, g};
    double quantile[TC_N_FEATURES * TC_FEATURES_P];
    int64_t n_valid[TC_N_FEATURES];
    const tc_status st =
        tc_quantile_rows_all(comm, g->shards, &request, &rows, quantile, n_valid, err);
    for (int i = 0; i < g->n && st == TC_OK; i++) {
        memcpy(s->quantile + (int64_t)g->feature[i] * TC_FEATURES_P,
               quantile + (int64_t)i * TC_FEATURES_P, TC_FEATURES_P * sizeof *quantile);
        s->n_valid[g->feature[i]] = n_valid[i];
    }
    return st;
}

/* Collective. */
static tc_status group_all(tc_comm *comm, group *g, int64_t most_rows,
                           tc_features_summary *s, tc_error *err)
{
    const int64_t n_rows = g->whole ? g->shards->n_local : most_rows;
    tc_status st = open_all(g, err);
    if (st == TC_OK) {
        st = allocate(g, n_rows, err);
        if (st == TC_OK && g->whole) {
            st = read_rows(g, g->shards->row0, g->shards->n_local, err);
        }
        st = tc_comm_agree_all(comm, st, err);
    }
    if (st == TC_OK) {
        st = measure_all(comm, g, s, err);
    }
    for (int i = 0; i < g->n; i++) {
        st = tc_store_end_all(&g->piece[i], st, err);
        tc_mem_free(g->data[i]);
        g->data[i] = NULL;
    }
    return st;
}

/* Collective. Rows of the largest shard, and of the rank with the most. */
static void most_rows_all(tc_comm *comm, const tc_shards *shards, int64_t most[2])
{
    most[0] = 0;
    most[1] = shards->n_local;
    for (int64_t s = 0; s < shards->n_shards; s++) {
        const int64_t rows = shards->first_row[s + 1] - shards->first_row[s];
        most[0] = rows > most[0] ? rows : most[0];
    }
    tc_comm_max_i64_all(comm, most, 2);
}

/* Collective. */
static tc_status put_all(tc_store *store, int64_t day, const tc_features_summary *s,
                         tc_error *err)
{
    char name[TC_FEATURES_NAME];
    tc_field field = {.name = name,
                      .type = TC_F64,
                      .description =
                          "by feature: min p1 p5 p25 p50 p75 p95 p99 max, exact, "
                          "of the values that are not missing",
                      .columns = TC_FEATURES_P};
    tc_status st;
    tc_features_name(name, "summary", day, "quantile");
    st = tc_store_put_small_all(store, &field, s->quantile, TC_N_FEATURES, err);
    if (st == TC_OK) {
        tc_features_name(name, "summary", day, "mean");
        field.columns = 1;
        field.description = "by feature: mean of the values that are not missing";
        st = tc_store_put_small_all(store, &field, s->mean, TC_N_FEATURES, err);
    }
    if (st == TC_OK) {
        tc_features_name(name, "summary", day, "missing");
        field.type = TC_I64;
        field.unit = "customers";
        field.description = "by feature: customers without a value";
        st = tc_store_put_small_all(store, &field, s->missing, TC_N_FEATURES, err);
    }
    return st;
}

/* Collective. The features whose values are all counted; *left: the others. */
static tc_status count_all(tc_comm *comm, const tc_features_tally *t,
                           tc_features_summary *s, int left[TC_N_FEATURES], int *n_left,
                           tc_error *err)
{
    int64_t others[TC_N_FEATURES], *count, *all;
    int n = 0;
    tc_status st;
    *n_left = 0;
    for (int f = 0; f < TC_N_FEATURES; f++) {
        others[f] = !t->is_counted[f];
    }
    tc_comm_max_i64_all(comm, others, TC_N_FEATURES);
    all = tc_mem_alloc((int64_t)TC_N_FEATURES * TC_TALLY_VALUES, sizeof *all, err);
    st = tc_comm_agree_all(comm, all == NULL ? TC_ENOMEM : TC_OK, err);
    for (int f = 0; f < TC_N_FEATURES && st == TC_OK; f++) {
        if (others[f] == 0) {
            tc_tally_counts(&t->counts[f], all + (int64_t)n++ * TC_TALLY_VALUES);
        } else {
            left[(*n_left)++] = f;
        }
    }
    if (st == TC_OK) {
        tc_comm_sum_i64_all(comm, all, (int64_t)n * TC_TALLY_VALUES);
    }
    count = all;
    for (int f = 0; f < TC_N_FEATURES && st == TC_OK; f++) {
        if (others[f] == 0) {
            tc_tally_quantiles(count, TC_FEATURES_SUMMARY_P, TC_FEATURES_P,
                               s->quantile + (int64_t)f * TC_FEATURES_P, &s->n_valid[f]);
            count += TC_TALLY_VALUES;
        }
    }
    tc_mem_free(all);
    return st;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is that of all visits */
static tc_status visit_sums(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                            double *reals, tc_error *err)
{
    const double **sum = context;
    (void)row;
    (void)n_rows;
    (void)ints;
    (void)err;
    memcpy(reals, *sum, TC_N_FEATURES * sizeof *reals);
    *sum += TC_N_FEATURES;
    return TC_OK;
}

/* Collective. Means from the sums of the shards, when it is known how many values there are. */
static tc_status means_all(tc_comm *comm, const tc_features_tally *t,
                           tc_features_summary *s, tc_error *err)
{
    const double *sum = t->sum;
    tc_fold *fold = NULL;
    tc_status st =
        tc_comm_agree_all(comm, tc_fold_create(0, TC_N_FEATURES, &fold, err), err);
    if (st == TC_OK) {
        st = tc_fold_run_all(comm, t->shards, fold, visit_sums, (void *)&sum, err);
    }
    for (int f = 0; f < TC_N_FEATURES && st == TC_OK; f++) {
        s->missing[f] = t->shards->n_global - s->n_valid[f];
        s->mean[f] =
            s->n_valid[f] > 0 ? tc_fold_real(fold)[f] / (double)s->n_valid[f] : (double)NAN;
    }
    tc_fold_destroy(&fold);
    return st;
}

/* Collective. Those of the features whose quantiles were not where they were thought to be; *n_left of them stay. */
static tc_status settle_all(tc_comm *comm, tc_features_tally *t, tc_features_summary *s,
                            int *left, int *n_left, tc_error *err)
{
    const int n = *n_left;
    tc_status st = TC_OK;
    *n_left = 0;
    for (int i = 0; i < n && st == TC_OK; i++) {
        int found;
        st = tc_features_settle_all(comm, t, left[i], s, &found, err);
        if (!found) {
            left[(*n_left)++] = left[i];
        }
    }
    return st;
}

/* Collective. Quantiles of the features that the tally does not know. */
static tc_status read_all(tc_comm *comm, const tc_config *config, group *g,
                          const int *feature, int n, tc_features_summary *s, tc_error *err)
{
    const group empty = *g;
    int64_t most[2], at_a_time;
    tc_status st = TC_OK;
    most_rows_all(comm, g->shards, most);
    at_a_time = tc_features_memory(config) / 2 / ((most[1] + 1) * (int64_t)sizeof(double));
    for (int i = 0; i < n && st == TC_OK; i += g->n) {
        *g = empty;
        g->whole = at_a_time > 0;
        g->n = at_a_time < 1 ? 1 : at_a_time < n - i ? (int)at_a_time : n - i;
        memcpy(g->feature, feature + i, (size_t)g->n * sizeof *feature);
        st = group_all(comm, g, most[0], s, err);
    }
    return st;
}

tc_status tc_features_put_summary_all(tc_comm *comm, const tc_config *config,
                                      tc_features_tally *tally, tc_store *store,
                                      int64_t day, tc_error *err)
{
    tc_features_summary s = {.n_valid = {0}};
    group *g = tc_mem_alloc(1, sizeof *g, err);
    int left[TC_N_FEATURES], n_left;
    tc_status st = tc_comm_agree_all(comm, g == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = count_all(comm, tally, &s, left, &n_left, err);
    }
    if (st == TC_OK) {
        st = settle_all(comm, tally, &s, left, &n_left, err);
    }
    if (st == TC_OK) {
        TC_ASSERT(g != NULL);
        *g = (group){.store = store, .shards = tally->shards, .day = day};
        st = read_all(comm, config, g, left, n_left, &s, err);
    }
    if (st == TC_OK) {
        st = means_all(comm, tally, &s, err);
    }
    if (st == TC_OK) {
        st = put_all(store, day, &s, err);
    }
    tc_mem_free(g);
    return st;
}
