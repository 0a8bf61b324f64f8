/* features_tally.c - what the summaries need of the columns of one date, taken while the blocks of customers pass by:
 * sums a shard, counts of the features that are small whole numbers, and for the others what lies near the quantiles. */
#include "features_impl.h"

#include "tiercel/catalogue.h"

#include <math.h>
#include <string.h>

enum { LANES = TC_FEATURES_LANES };

/* Of the memory, what the kept values of all guesses may take. */
enum { KEPT_SHARE = 4 };

tc_status tc_features_tally_create(const tc_config *config, const tc_shards *shards,
                                   tc_features_tally *t, tc_error *err)
{
    int n;
    const tc_feature_def *def = tc_catalogue(&n);
    *t = (tc_features_tally){.shards = shards, .shard = shards->shard0};
    t->sum = tc_mem_alloc((shards->shard1 - shards->shard0) * n, sizeof *t->sum, err);
    t->counts = tc_mem_alloc(n, sizeof *t->counts, err);
    for (int f = 0; f < n; f++) {
        t->is_counted[f] = !def[f].is_double;
    }
    t->guess = tc_mem_alloc(n, sizeof *t->guess, err);
    t->kept_most = tc_features_memory(config) / KEPT_SHARE / n;
    return t->sum == NULL || t->counts == NULL || t->guess == NULL ? TC_ENOMEM : TC_OK;
}

void tc_features_tally_free(tc_features_tally *t)
{
    for (int f = 0; f < TC_N_FEATURES && t->guess != NULL; f++) {
        tc_buffer_free(&t->guess[f].pass.kept);
    }
    tc_mem_free(t->guess);
    tc_mem_free(t->sum);
    tc_mem_free(t->counts);
    t->guess = NULL;
    t->sum = NULL;
    t->counts = NULL;
}

/* Adds values that are not missing to the lanes, the first to lane `at`: a fixed order of 8 lanes whatever the vector
 * width and wherever blocks begin. */
static void sum_wide(double *lane, int at, const double *v, int64_t n)
{
    int64_t i = 0;
    for (; i < n && at % LANES != 0; i++, at++) {
        lane[at] += isnan(v[i]) ? 0.0 : v[i];
    }
    for (; i + LANES <= n; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            lane[l] += isnan(v[i + l]) ? 0.0 : v[i + l];
        }
    }
    for (int l = 0; i < n; i++, l++) {
        lane[l] += isnan(v[i]) ? 0.0 : v[i];
    }
}

static void sum_narrow(double *lane, int at, const float *v, int64_t n)
{
    int64_t i = 0;
    for (; i < n && at % LANES != 0; i++, at++) {
        lane[at] += isnan(v[i]) ? 0.0 : (double)v[i];
    }
    for (; i + LANES <= n; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            lane[l] += isnan(v[i + l]) ? 0.0 : (double)v[i + l];
        }
    }
    for (int l = 0; i < n; i++, l++) {
        lane[l] += isnan(v[i]) ? 0.0 : (double)v[i];
    }
}

/* The shard is through: its sums are set down. */
static void end_shard(tc_features_tally *t)
{
    double *sum = t->sum + (t->shard - t->shards->shard0) * TC_N_FEATURES;
    for (int f = 0; f < TC_N_FEATURES; f++) {
        const double *lane = t->lane[f];
        sum[f] = ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
                 ((lane[4] + lane[5]) + (lane[6] + lane[7]));
    }
    memset(t->lane, 0, sizeof t->lane);
    t->shard++;
}

/* Rows of one shard. Lanes go by the row within the shard. */
static void add_rows(tc_features_tally *t, const tc_features_at *at, int64_t row, int64_t n,
                     int64_t in_shard)
{
    int n_features;
    const tc_feature_def *def = tc_catalogue(&n_features);
    for (int f = 0; f < n_features; f++) {
        if (def[f].is_double) {
            sum_wide(t->lane[f], (int)(in_shard % LANES),
                     (const double *)at->column[f] + row, n);
        } else {
            sum_narrow(t->lane[f], (int)(in_shard % LANES),
                       (const float *)at->column[f] + row, n);
        }
    }
}

/* Counts go on as long as there has been nothing but what can be counted. */
static void count(tc_features_tally *t, const tc_features_block *b,
                  const tc_features_at *at)
{
    for (int f = 0; f < TC_N_FEATURES; f++) {
        if (t->is_counted[f]) {
            tc_tally_add(&t->counts[f], (const float *)at->column[f], b->n);
            t->is_counted[f] = tc_tally_others(&t->counts[f]) == 0;
        }
    }
}

/* A guess is given up if it keeps more than the memory allows: too many customers share what it takes for the
 * neighbourhood of a quantile, or there are very many. */
static tc_status add_guesses(tc_features_tally *t, const tc_features_block *b,
                             const tc_features_at *at, tc_error *err)
{
    int n;
    const tc_feature_def *def = tc_catalogue(&n);
    for (int f = 0; f < n; f++) {
        tc_features_guess *g = &t->guess[f];
        if (g->is_planned && !t->is_counted[f]) {
            TC_TRY(tc_bracket_add(&g->plan, &g->pass, at->column[f], def[f].is_double, b->n,
                                  err));
        }
        if (g->is_planned && g->pass.kept.capacity > t->kept_most) {
            g->is_planned = 0;
            tc_buffer_free(&g->pass.kept);
        }
    }
    return TC_OK;
}

tc_status tc_features_tally_add(tc_features_tally *t, const tc_features_block *b, int date,
                                tc_error *err)
{
    const int64_t *first = t->shards->first_row;
    int64_t row = b->row0;
    count(t, b, &b->at[date]);
    TC_TRY(add_guesses(t, b, &b->at[date], err));
    while (t->shard < t->shards->shard1) {
        const int64_t end = b->row0 + b->n, shard_end = first[t->shard + 1];
        const int64_t n = (shard_end < end ? shard_end : end) - row;
        add_rows(t, &b->at[date], row - b->row0, n, row - first[t->shard]);
        row += n;
        if (row < shard_end) {
            break;
        }
        end_shard(t);
    }
    return TC_OK;
}
