/* segment_load.c - reads the features, scales them, and puts them on the grid. */
#include "segment_impl.h"

#include "tiercel/fault.h"
#include "tiercel/log.h"
#include "tiercel/model_feature.h"

#include <math.h>
#include <string.h>

/* Of the grid for z-scores: they reach 32 deviations. */
#define COARSEST_UNIT 0x1p-17

/* Collective. One feature of all customers of this rank. */
static tc_status read_feature_all(tc_segment *s, const char *feature, double *value,
                                  tc_error *err)
{
    return tc_model_feature_read_all(s->comm, s->features, &s->customers, s->date, feature,
                                     value, err);
}

tc_status tc_segment_feature_all(tc_segment *s, const char *feature, double **out,
                                 tc_error *err)
{
    double *value = tc_mem_alloc(s->customers.n_local, sizeof *value, err);
    tc_status st = tc_comm_agree_all(s->comm, value == NULL ? TC_ENOMEM : TC_OK, err);
    *out = value;
    if (st == TC_OK) {
        st = read_feature_all(s, feature, value, err);
    }
    TC_ASSERT(st != TC_OK || value != NULL);
    /* row ascends and row[i] >= i, so the rows can close up in place */
    for (int64_t i = 0; st == TC_OK && i < s->known.n_local; i++) {
        value[i] = value[s->row[i]];
    }
    return st;
}

/* Lists the known rows and counts them by shard. */
static tc_status list_known(tc_segment *s, const double *orders, int64_t *shard_rows,
                            tc_error *err)
{
    const tc_shards *all = &s->customers;
    int64_t n = 0;
    s->row = tc_mem_alloc(all->n_local, sizeof *s->row, err);
    if (s->row == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t shard = all->shard0; shard < all->shard1; shard++) {
        const int64_t before = n;
        for (int64_t i = all->first_row[shard]; i < all->first_row[shard + 1]; i++) {
            if (!isnan(orders[i - all->row0])) {
                s->row[n++] = i - all->row0;
            }
        }
        shard_rows[shard] = n - before;
    }
    return TC_OK;
}

/* Collective. Fills known and row: a customer with any event has a number of orders, be it 0. */
static tc_status find_known_all(tc_segment *s, tc_error *err)
{
    const int64_t n_shards = s->customers.n_shards;
    double *orders = tc_mem_alloc(s->customers.n_local, sizeof *orders, err);
    int64_t *first_row = tc_mem_alloc(n_shards + 1, sizeof *first_row, err);
    tc_status st = orders == NULL || first_row == NULL ? TC_ENOMEM : TC_OK;
    int64_t begin = 0;
    st = tc_comm_agree_all(s->comm, st, err);
    TC_ASSERT(st != TC_OK || (orders != NULL && first_row != NULL));
    if (st == TC_OK) {
        st = read_feature_all(s, "order_count", orders, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(s->comm, list_known(s, orders, first_row, err), err);
    }
    if (st == TC_OK) {
        tc_comm_sum_i64_all(s->comm, first_row, n_shards);
        for (int64_t shard = 0; shard <= n_shards; shard++) {
            const int64_t rows = first_row[shard];
            first_row[shard] = begin;
            begin += rows;
        }
        st = tc_shards_create(n_shards, first_row, tc_comm_rank(s->comm),
                              tc_comm_size(s->comm), &s->known, err);
        st = tc_comm_agree_all(s->comm, st, err);
    }
    tc_mem_free(orders);
    tc_mem_free(first_row);
    return st;
}

/* Z-scores must fit the coarsest grid: what lies 32 deviations out is cut there. */
static void narrow_cuts(tc_segment *s)
{
    const double reach = (TC_KMEANS_LIMIT - 1) * COARSEST_UNIT;
    for (int f = 0; f < s->n_use; f++) {
        tc_scale *scale = &s->scale[f];
        scale->low = fmax(scale->low, scale->mean - reach * scale->scale);
        scale->high = fmin(scale->high, scale->mean + reach * scale->scale);
    }
}

/* Collective. The finest power of two by which all values fit the grid; sizes of doubles are in
 * the order of their bits. */
static double finest_unit_all(tc_segment *s, double *const *column)
{
    double largest = 0;
    int64_t bits;
    int exponent;
    for (int f = 0; f < s->n_use; f++) {
        for (int64_t i = 0; i < s->known.n_local; i++) {
            largest = fmax(largest, fabs(column[f][i]));
        }
    }
    memcpy(&bits, &largest, sizeof bits);
    tc_comm_max_i64_all(s->comm, &bits, 1);
    memcpy(&largest, &bits, sizeof bits);
    (void)frexp(largest, &exponent);
    return ldexp(1, exponent - 22);
}

/* Cuts and standardises a raw column in place, and counts. */
static void standardise(tc_segment *s, int feature, double *value)
{
    const tc_scale *scale = &s->scale[feature];
    tc_scale_cut_column(scale, s->known.n_local, value, value, &s->counts[feature]);
    for (int64_t i = 0; i < s->known.n_local; i++) {
        value[i] = scale->scale > 0 ? (value[i] - scale->mean) / scale->scale : 0;
    }
}

/* Puts the features that vary on the grid. */
static tc_status place_features(tc_segment *s, double *const *column, tc_error *err)
{
    const int64_t n = s->known.n_local;
    const double reach = TC_KMEANS_LIMIT - 1;
    float *x;
    for (int f = 0; f < s->n_use; f++) {
        if (!(s->scale[f].scale > 0)) {
            tc_log_warn("segment: feature %s is the same for all customers and is left out",
                        s->config->segment.use[f].feature);
            continue;
        }
        s->dimension[s->n_dim++] = f;
    }
    if (s->n_dim == 0) {
        return tc_fail(
            err, TC_EDATA,
            "segment.features: every feature is the same for all %lld customers, so "
            "there is nothing to tell segments by; choose other features",
            (long long)s->known.n_global);
    }
    TC_TRY(tc_matrix_create(n, s->n_dim, &s->matrix, err));
    x = tc_matrix_data(s->matrix);
    for (int j = 0; j < s->n_dim; j++) {
        const double *value = column[s->dimension[j]];
        for (int64_t i = 0; i < n; i++) {
            const double q = fmin(fmax(nearbyint(value[i] / s->unit), -reach), reach);
            x[tc_kmeans_at(s->n_dim, i, j)] = (float)q;
        }
    }
    return TC_OK;
}

/* Collective. Counts of all ranks. */
static void merge_counts_all(tc_segment *s)
{
    int64_t missing[TC_KMEANS_MAX_D], clipped[TC_KMEANS_MAX_D];
    for (int f = 0; f < s->n_use; f++) {
        missing[f] = s->counts[f].missing;
        clipped[f] = s->counts[f].clipped;
    }
    tc_comm_sum_i64_all(s->comm, missing, s->n_use);
    tc_comm_sum_i64_all(s->comm, clipped, s->n_use);
    for (int f = 0; f < s->n_use; f++) {
        s->counts[f] = (tc_scale_counts){s->known.n_global, missing[f], clipped[f]};
    }
}

/* Collective. From raw columns, which are used up, to the grid. */
static tc_status scale_all(tc_segment *s, double *const *column, tc_error *err)
{
    const tc_config_segment *c = &s->config->segment;
    const tc_scale_params params = {.column = (const double *const *)column,
                                    .use = c->use,
                                    .n_use = s->n_use,
                                    .kind = c->scale,
                                    .winsorise = c->winsorise};
    tc_status st = tc_scale_fit_all(s->comm, &s->known, &params, s->scale, NULL, err);
    if (st != TC_OK) {
        return st;
    }
    if (c->scale == TC_SCALE_ZSCORE) {
        narrow_cuts(s);
    }
    for (int f = 0; f < s->n_use; f++) {
        standardise(s, f, column[f]);
    }
    merge_counts_all(s);
    s->unit = finest_unit_all(s, column);
    return tc_comm_agree_all(s->comm, place_features(s, column, err), err);
}

/* Collective. */
static tc_status open_all(tc_segment *s, tc_error *err)
{
    tc_status st = TC_FAULT("segment.load", err);
    if (st == TC_OK) {
        st = tc_scale_check_uses(s->config->segment.use, s->config->segment.n_use,
                                 "segment", err);
    }
    st = tc_comm_agree_all(s->comm, st, err);
    if (st == TC_OK) {
        st = tc_stage_open_all(s->comm, s->config, TC_STAGE_FEATURES, &s->features, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_text_all(s->features, "date_score", s->date, sizeof s->date, err);
    }
    if (st == TC_OK) {
        st = tc_stage_shards_all(s->comm, s->features, &s->customers, err);
    }
    return st;
}

tc_status tc_segment_load_all(tc_segment *s, tc_error *err)
{
    const tc_config_segment *c = &s->config->segment;
    double *column[TC_KMEANS_MAX_D] = {NULL};
    tc_status st = open_all(s, err);
    s->n_use = c->n_use;
    if (st == TC_OK) {
        st = find_known_all(s, err);
    }
    if (st == TC_OK && s->known.n_global < c->k) {
        st = tc_fail(
            err, TC_EDATA,
            "segment.k = %lld, but only %lld customers have events before %s; lower "
            "segment.k or check the input",
            (long long)c->k, (long long)s->known.n_global, s->date);
    }
    for (int f = 0; f < s->n_use && st == TC_OK; f++) {
        st = tc_segment_feature_all(s, c->use[f].feature, &column[f], err);
    }
    if (st == TC_OK) {
        st = scale_all(s, column, err);
    }
    for (int f = 0; f < TC_KMEANS_MAX_D; f++) {
        tc_mem_free(column[f]);
    }
    return st;
}
