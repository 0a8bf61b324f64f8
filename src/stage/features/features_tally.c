/* features_tally.c - what the summaries need of the columns of one date, taken while the blocks of customers pass by:
 * sums a shard, and counts of the features that are small whole numbers. */
#include "features_impl.h"

#include "tiercel/catalogue.h"

#include <math.h>
#include <string.h>

enum { LANES = TC_FEATURES_LANES };

tc_status tc_features_tally_create(const tc_shards *shards, tc_features_tally *t,
                                   tc_error *err)
{
    int n;
    const tc_feature_def *def = tc_catalogue(&n);
    *t = (tc_features_tally){.shards = shards, .shard = shards->shard0};
    t->sum = tc_mem_alloc((shards->shard1 - shards->shard0) * n, sizeof *t->sum, err);
    t->counts = tc_mem_alloc(n, sizeof *t->counts, err);
    for (int f = 0; f < n; f++) {
        t->is_counted[f] = !def[f].is_double;
    }
    return t->sum == NULL || t->counts == NULL ? TC_ENOMEM : TC_OK;
}

void tc_features_tally_free(tc_features_tally *t)
{
    tc_mem_free(t->sum);
    tc_mem_free(t->counts);
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

void tc_features_tally_add(tc_features_tally *t, const tc_features_block *b, int date)
{
    const int64_t *first = t->shards->first_row;
    int64_t row = b->row0;
    count(t, b, &b->at[date]);
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
}
