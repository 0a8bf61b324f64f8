#include "segment_survey.h"

#include <math.h>
#include <string.h>

/* Integer sums of the survey: these, then missing and infinite by feature, then rows by shard. */
enum {
    ROWS,
    FITTED,
    LACKING,
    WEIGHT_MISSING,
    WEIGHT_INFINITE,
    WEIGHT_NEGATIVE,
    WEIGHT_FRACTION,
    N_SUMS
};

/* Larger weights count as infinite. */
static const double MOST_WEIGHT = 0x1p62;

typedef struct {
    tc_segment_rows *rows;
    int64_t shard; /* of the next visit */
    double low[TC_KMEANS_MAX_D], high[TC_KMEANS_MAX_D], most;
} survey;

static void count_features(survey *s, int64_t *missing, int64_t *infinite)
{
    const tc_segment_rows *rows = s->rows;
    for (int f = 0; f < rows->roles.n_use; f++) {
        for (int64_t i = 0; i < rows->n; i++) {
            const double value = rows->column[f][i];
            missing[f] += isnan(value) ? 1 : 0;
            infinite[f] += isinf(value) ? 1 : 0;
            s->low[f] = fmin(s->low[f], value); /* NaN loses */
            s->high[f] = fmax(s->high[f], value);
        }
    }
}

static int lacks(const tc_segment_rows *rows, int64_t i)
{
    int found = 0;
    for (int f = 0; f < rows->roles.n_read; f++) {
        found |= rows->roles.lack[f] == TC_LACK_DROP && isnan(rows->column[f][i]);
    }
    return found;
}

static double count_weights(survey *s, int64_t *sums)
{
    const tc_segment_rows *rows = s->rows;
    const int at = rows->roles.weight + rows->roles.n_use - rows->roles.n_read;
    double sum = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        const double weight = rows->roles.weight < 0 ? 1 : rows->column[at][i];
        const int lacking = lacks(rows, i);
        sums[WEIGHT_MISSING] += isnan(weight) ? 1 : 0;
        sums[WEIGHT_INFINITE] += fabs(weight) > MOST_WEIGHT ? 1 : 0;
        sums[WEIGHT_NEGATIVE] += weight < 0 ? 1 : 0;
        sums[WEIGHT_FRACTION] += weight > floor(weight) ? 1 : 0;
        sums[LACKING] += lacking;
        sums[FITTED] += weight > 0 && !lacking;
        if (weight > 0 && weight <= MOST_WEIGHT) {
            s->most = fmax(s->most, weight);
            sum += weight;
        }
    }
    return sum;
}

static tc_status visit(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                       double *reals, tc_error *err)
{
    survey *s = context;
    const int n_use = s->rows->roles.n_use;
    const int64_t shard = s->shard++;
    (void)row;
    (void)n_rows;
    TC_TRY(tc_segment_rows_load(s->rows, shard, err));
    ints[ROWS] += s->rows->n;
    ints[N_SUMS + 2 * n_use + shard] = s->rows->n;
    count_features(s, &ints[N_SUMS], &ints[N_SUMS + n_use]);
    reals[0] = count_weights(s, ints);
    return TC_OK;
}

/* Collective. */
static void merge_extremes_all(tc_comm *comm, survey *s, tc_segment_survey *out)
{
    const int n = s->rows->roles.n_use;
    for (int f = 0; f < n; f++) {
        s->low[f] = -s->low[f];
    }
    tc_comm_max_f64_all(comm, s->low, n);
    tc_comm_max_f64_all(comm, s->high, n);
    tc_comm_max_f64_all(comm, &s->most, 1);
    for (int f = 0; f < n; f++) {
        out->low[f] =
            -s->low[f] + 0.0; /* of two zeros the positive one, whoever found it */
        out->high[f] = s->high[f] + 0.0;
    }
    out->weight.most = s->most;
}

tc_status tc_segment_survey_all(tc_comm *comm, tc_segment_rows *rows, int64_t *shard_rows,
                                tc_segment_survey *out, tc_error *err)
{
    const int n_use = rows->roles.n_use;
    const int64_t n_shards = rows->all->n_shards;
    survey s = {.rows = rows, .shard = rows->all->shard0};
    tc_fold *fold = NULL;
    tc_status st = tc_fold_create(N_SUMS + 2 * n_use + n_shards, 1, &fold, err);
    for (int f = 0; f < n_use; f++) {
        s.low[f] = HUGE_VAL;
        s.high[f] = -HUGE_VAL;
    }
    *out = (tc_segment_survey){0};
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_fold_run_all(comm, rows->all, fold, visit, &s, err);
    }
    if (st == TC_OK) {
        const int64_t *ints = tc_fold_int(fold);
        out->rows = ints[ROWS];
        out->fitted = ints[FITTED];
        out->lacking = ints[LACKING];
        memcpy(out->missing, &ints[N_SUMS], (size_t)n_use * sizeof *ints);
        memcpy(out->infinite, &ints[N_SUMS + n_use], (size_t)n_use * sizeof *ints);
        memcpy(shard_rows, &ints[N_SUMS + 2 * n_use], (size_t)n_shards * sizeof *ints);
        out->weight.missing = ints[WEIGHT_MISSING];
        out->weight.infinite = ints[WEIGHT_INFINITE];
        out->weight.negative = ints[WEIGHT_NEGATIVE];
        out->weight.fraction = ints[WEIGHT_FRACTION];
        out->weight.sum = tc_fold_real(fold)[0];
        merge_extremes_all(comm, &s, out);
    }
    tc_fold_destroy(&fold);
    return st;
}

double tc_segment_per_weight(const tc_segment_survey *found)
{
    const double most = found->weight.most, sum = found->weight.sum;
    const double most_whole = 0x1p32 - 1, sum_whole = 0x1p41;
    int exponent;
    if (found->weight.fraction == 0 && most <= most_whole && sum <= sum_whole) {
        return 1;
    }
    /* rounding adds at most one count a row */
    exponent = (int)fmin(fmin(floor(log2(most_whole / most)), 100),
                         floor(log2((sum_whole - (double)found->rows) / sum)));
    return ldexp(1, exponent);
}
