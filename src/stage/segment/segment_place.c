/* segment_place.c - from surveyed raw rows to the grid: checks, weights, scales, the matrix. */
#include "segment_impl.h"

#include "tiercel/log.h"
#include "tiercel/memory_share.h"

#include <math.h>
#include <string.h>

/* Of the grid for z-scores: they reach 32 deviations. */
#define COARSEST_UNIT 0x1p-17

/* Of the program itself and its libraries. */
enum { FIXED_MIB = 40 };

/* Equal on all ranks. */
static tc_status check_weights(const tc_segment *s, tc_error *err)
{
    const tc_segment_survey *v = &s->survey;
    const char *name = s->weight_name;
    if (s->rows.roles.weight < 0) {
        return TC_OK;
    }
    if (v->weight.infinite > 0 || v->weight.negative > 0) {
        return tc_fail(
            err, TC_EDATA,
            "weights %s: %lld of %lld %s have a weight that is %s; a weight says "
            "how often one counts and is at least 0",
            name,
            (long long)(v->weight.negative > 0 ? v->weight.negative : v->weight.infinite),
            (long long)v->rows, s->what,
            v->weight.negative > 0 ? "negative" : "infinite or beyond 2^62");
    }
    if (!(v->weight.most > 0)) {
        return tc_fail(err, TC_EDATA,
                       "weights %s: all %lld %s have weight 0 or none, so nothing counts; "
                       "give other weights or none",
                       name, (long long)v->rows, s->what);
    }
    return TC_OK;
}

/* 1 if no quantile and no moment is needed. */
static int is_plain(const tc_segment *s)
{
    int plain = s->plain && s->config->segment.scale == TC_SCALE_NONE &&
                s->config->segment.winsorise <= 0;
    for (int f = 0; f < s->n_use; f++) {
        plain = plain && s->survey.missing[f] == 0;
    }
    return plain;
}

/* Sums of squares must stay within the exact accumulators (xacc.h), and the inertia within double. Equal on
 * all ranks. */
static tc_status check_sizes(const tc_segment *s, tc_error *err)
{
    const int exponent = is_plain(s) ? 480 : 57;
    const double most = ldexp(1, exponent);
    for (int f = 0; f < s->n_use; f++) {
        const double low = s->survey.low[f], high = s->survey.high[f];
        if (s->use[f].transform == TC_AS_IS && low <= high &&
            (low < -most || high > most)) {
            return tc_fail(
                err, TC_EDATA,
                "feature %s has values beyond 2^%d, too large to be %s; give it in "
                "a larger unit",
                s->use[f].feature, exponent,
                exponent < 480 ? "scaled or imputed" : "squared");
        }
    }
    return TC_OK;
}

/* Equal on all ranks. */
static tc_status check(const tc_segment *s, tc_error *err)
{
    const tc_segment_survey *v = &s->survey;
    const int64_t k = s->config->segment.k;
    for (int f = 0; f < s->n_use; f++) {
        if (v->infinite[f] > 0) {
            return tc_fail(err, s->infinite_status,
                           "feature %s has an infinite value (%lld of %lld %s); %s",
                           s->use[f].feature, (long long)v->infinite[f], (long long)v->rows,
                           s->what, s->infinite_advice);
        }
    }
    TC_TRY(check_sizes(s, err));
    TC_TRY(check_weights(s, err));
    if (v->fitted < k) {
        return tc_fail(
            err, TC_EDATA,
            "k = %lld, but only %lld of %lld %s take part in the fit (%lld lack a "
            "value whose feature has missing: drop); lower k or change missing",
            (long long)k, (long long)v->fitted, (long long)v->rows, s->what,
            (long long)v->lacking);
    }
    return TC_OK;
}

/* Collective. Fills known from rows by shard, which are used up. */
static tc_status cut_known_all(tc_segment *s, int64_t *first_row, tc_error *err)
{
    const int64_t n_shards = s->customers.n_shards;
    int64_t begin = 0;
    tc_status st;
    for (int64_t shard = 0; shard <= n_shards; shard++) {
        const int64_t rows = shard < n_shards ? first_row[shard] : 0;
        first_row[shard] = begin;
        begin += rows;
    }
    st = tc_shards_create(n_shards, first_row, tc_comm_rank(s->comm), tc_comm_size(s->comm),
                          &s->known, err);
    s->rows.known = &s->known;
    if (st == TC_OK && (s->rows.roles.weight >= 0 || s->survey.lacking > 0)) {
        st = tc_segment_rows_weigh(&s->rows, err);
    }
    return tc_comm_agree_all(s->comm, st, err);
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

/* Values as they are, from the middle of their range on. */
static void scale_plainly(tc_segment *s)
{
    for (int f = 0; f < s->n_use; f++) {
        const double low = s->survey.low[f], high = s->survey.high[f];
        s->scale[f] = (tc_scale){.low = -HUGE_VAL, .high = HUGE_VAL};
        if (low <= high) {
            s->scale[f].impute = s->scale[f].mean = low / 2 + high / 2;
            s->scale[f].scale = low < high;
        }
    }
}

/* Collective. */
static tc_status scale_all(tc_segment *s, tc_error *err)
{
    const tc_config_segment *c = &s->config->segment;
    const tc_quantile_rows bring = {.load = tc_segment_rows_bring, .context = &s->rows};
    const tc_scale_params params = {.column = (const double *const *)s->rows.column,
                                    .use = s->use,
                                    .n_use = s->n_use,
                                    .kind = c->scale,
                                    .winsorise = c->winsorise,
                                    .use_row = s->rows.use,
                                    .missing = s->missing,
                                    .rows = &bring};
    tc_status st = TC_OK;
    if (is_plain(s)) {
        scale_plainly(s);
    } else {
        st = tc_scale_fit_all(s->comm, &s->known, &params, s->scale, NULL, err);
        if (st == TC_OK && c->scale == TC_SCALE_ZSCORE) {
            narrow_cuts(s);
        }
    }
    return st;
}

/* The finest power of two by which all values fit the grid: the largest in size are at the ends. */
static double finest_unit(const tc_segment *s)
{
    const double none = (double)NAN;
    double largest = 0;
    int exponent;
    for (int f = 0; f < s->n_use; f++) {
        const tc_segment_survey *v = &s->survey;
        if (v->low[f] <= v->high[f]) {
            largest = fmax(largest, fabs(tc_scale_apply(&s->scale[f], v->low[f])));
            largest = fmax(largest, fabs(tc_scale_apply(&s->scale[f], v->high[f])));
        }
        if (v->missing[f] > 0) {
            largest = fmax(largest, fabs(tc_scale_apply(&s->scale[f], none)));
        }
    }
    (void)frexp(largest, &exponent);
    return ldexp(1, exponent > -978 ? exponent - 22 : -1000); /* its inverse is finite */
}

/* Nothing is said of a category that nobody is in. */
static void warn_constant(const tc_segment *s, int f)
{
    const tc_segment_roles *roles = &s->rows.roles;
    if (s->survey.low[f] > s->survey.high[f]) {
        tc_log_warn("segment: feature %s has no value for any of the %s and is left out",
                    s->use[f].feature, s->what);
    } else if (f < roles->n_read || s->survey.missing[roles->of[f]] > 0) {
        tc_log_warn("segment: feature %s is the same for all %s and is left out",
                    s->use[f].feature, s->what);
    }
}

static tc_status choose_dimensions(tc_segment *s, tc_error *err)
{
    for (int f = 0; f < s->n_use; f++) {
        if (s->scale[f].scale > 0) {
            s->dimension[s->n_dim++] = f;
        } else {
            warn_constant(s, f);
        }
    }
    if (s->n_dim == 0) {
        return tc_fail(err, TC_EDATA,
                       "segment.features: every feature is the same for all %lld %s, so "
                       "there is nothing to tell segments by; choose other features",
                       (long long)s->known.n_global, s->what);
    }
    return TC_OK;
}

/* Collective. What the matrix may take beside one label a row for each fit and one for the file. */
static int64_t matrix_memory_all(const tc_segment *s)
{
    const int64_t share = tc_memory_share_all(s->comm);
    const int64_t bytes = s->config->memory_mib > 0 ? s->config->memory_mib << 20 : share;
    const int64_t more = s->config->segment.k_max - s->config->segment.k;
    const int64_t fits = more > 0 ? more + 1 : 1;
    return bytes - ((int64_t)FIXED_MIB << 20) - tc_mem_live_bytes() -
           fits * s->known.n_local - s->customers.n_local;
}

/* Collective. */
static tc_status create_matrix_all(tc_segment *s, tc_error *err)
{
    tc_matrix_params params = {.rows = &s->rows,
                               .scale = s->scale,
                               .dimension = s->dimension,
                               .d = s->n_dim,
                               .unit = s->unit,
                               .memory = matrix_memory_all(s)};
    int64_t clipped[TC_KMEANS_MAX_D + 1];
    tc_status st = tc_comm_agree_all(
        s->comm, tc_matrix_create(&params, s->counts, &s->matrix, err), err);
    if (st != TC_OK) {
        return st;
    }
    for (int f = 0; f < s->n_use; f++) {
        clipped[f] = s->counts[f].clipped;
    }
    clipped[s->n_use] = tc_matrix_streams(s->matrix);
    tc_comm_sum_i64_all(s->comm, clipped, s->n_use + 1);
    for (int f = 0; f < s->n_use; f++) {
        s->counts[f] =
            (tc_scale_counts){s->known.n_global, s->survey.missing[f], clipped[f]};
    }
    if (clipped[s->n_use] > 0) {
        tc_log_info(
            "segment: the matrix does not fit in the memory of %lld ranks, which read "
            "its rows anew in each pass",
            (long long)clipped[s->n_use]);
    }
    return TC_OK;
}

tc_status tc_segment_survey_rows_all(tc_segment *s, int64_t **shard_rows, tc_error *err)
{
    tc_status st;
    *shard_rows = tc_mem_alloc(s->customers.n_shards + 1, sizeof **shard_rows, err);
    s->known_bits = tc_mem_alloc(s->customers.n_local / 8 + 1, 1, err);
    s->rows.known_bits = s->known_bits;
    s->rows.all = &s->customers;
    st = *shard_rows == NULL || s->known_bits == NULL
             ? TC_ENOMEM
             : tc_segment_rows_create(&s->rows, err);
    st = tc_comm_agree_all(s->comm, st, err);
    if (st == TC_OK) {
        st = tc_segment_survey_all(s->comm, &s->rows, *shard_rows, &s->survey, err);
    }
    return st;
}

tc_status tc_segment_place_all(tc_segment *s, int64_t *shard_rows, tc_error *err)
{
    tc_status st = check(s, err);
    s->rows.roles.per_weight = tc_segment_per_weight(&s->survey);
    if (st == TC_OK) {
        st = cut_known_all(s, shard_rows, err);
    }
    if (st == TC_OK) {
        st = scale_all(s, err);
    }
    if (st == TC_OK) {
        st = choose_dimensions(s, err);
    }
    if (st == TC_OK) {
        s->unit = finest_unit(s);
        st = create_matrix_all(s, err);
    }
    return st;
}
