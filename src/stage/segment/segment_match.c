/* segment_match.c - which cluster is which of the previous run.
 *
 * Same method (features, transforms, scaling): the pairs are those of the least sum of squared distances between
 * centres, all in the previous run's scaling (a common drift of all customers changes no such pairing). Another
 * method: centres cannot be compared, and the pairs are those that keep the most customers together.
 *
 * A pair holds, and the number stays, if there is evidence for it: no other previous centre is nearer to the new one (same
 * method only), or more of its customers come from that cluster than from any other, or more of that cluster's
 * customers went there than anywhere else. Else the cluster is a new one and gets a number that was never
 * given; the one it was paired with has vanished unless it has another successor. */
#include "segment_impl.h"

#include "tiercel/log.h"
#include "tiercel/matching.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Tables over rows of the previous run and places of this one, [n_rows][n_cols]. */
typedef struct {
    int n_rows, n_cols;
    int same; /* method */
    double *square;
    int64_t *cost;
    const int64_t *flow;
} pairing;

static int64_t flow_at(const pairing *t, int r, int p)
{
    return t->flow[(int64_t)r * (t->n_cols + 1) + p];
}

/* Value of feature f at the centre of a cluster: after transform and cut, before scaling. */
static double centre_value(const tc_segment *s, int a, int f)
{
    const int64_t *sum = &s->model->sum[(int64_t)a * (s->n_dim + 1)];
    double value = 0;
    for (int j = 0; j < s->n_dim && sum[s->n_dim] > 0; j++) {
        if (s->dimension[j] == f) {
            value = (double)sum[j] / (double)sum[s->n_dim] * s->unit;
        }
    }
    return value * s->scale[f].scale + s->scale[f].mean;
}

/* Squared distances of all pairs of centres in the previous run's scaling. */
static void fill_squares(const tc_segment *s, pairing *t)
{
    const tc_segment_previous *before = s->previous;
    for (int f = 0; f < s->n_use; f++) {
        const int g = tc_segment_previous_feature(s, f);
        if (g < 0 || !(before->scale[g] > 0)) {
            continue;
        }
        for (int p = 0; p < t->n_cols; p++) {
            const double value =
                (centre_value(s, s->order[p], f) - before->mean[g]) / before->scale[g];
            for (int r = 0; r < t->n_rows; r++) {
                const double d = value - before->centre[(int64_t)r * before->n_use + g];
                t->square[(int64_t)r * t->n_cols + p] += d * d;
            }
        }
    }
}

/* Costs of the pairs as integers: squares on a grid of 2^-40 of the largest, or customers kept, negative. */
static void fill_costs(pairing *t)
{
    const int64_t n = (int64_t)t->n_rows * t->n_cols;
    double largest = 0;
    int exponent = 0;
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, t->square[i]);
    }
    (void)frexp(largest, &exponent);
    for (int r = 0; r < t->n_rows; r++) {
        for (int p = 0; p < t->n_cols; p++) {
            const int64_t i = (int64_t)r * t->n_cols + p;
            t->cost[i] = t->same ? (int64_t)nearbyint(ldexp(t->square[i], 40 - exponent))
                                 : -flow_at(t, r, p);
        }
    }
}

/* Place with the most customers of a row, or row with the most of a place; ties to the first, none = -1. */
static int fullest(const pairing *t, int row, int col)
{
    const int n = row >= 0 ? t->n_cols : t->n_rows;
    int64_t most = 0;
    int best = -1;
    for (int i = 0; i < n; i++) {
        const int64_t customers = row >= 0 ? flow_at(t, row, i) : flow_at(t, i, col);
        if (customers > most) {
            most = customers;
            best = i;
        }
    }
    return best;
}

static int is_nearest(const pairing *t, int row, int col)
{
    const double own = t->square[(int64_t)row * t->n_cols + col];
    for (int r = 0; r < t->n_rows; r++) {
        if (t->square[(int64_t)r * t->n_cols + col] < own) {
            return 0;
        }
    }
    return t->same;
}

/* Keeps the pairs for which there is evidence. */
static void judge(tc_segment *s, const pairing *t, const int *col_of)
{
    tc_segment_identity *now = s->identity;
    for (int p = 0; p < t->n_cols; p++) {
        now->origin[p] = fullest(t, -1, p);
        now->match[p] = -1;
        now->distance[p] = (double)NAN;
    }
    for (int r = 0; r < t->n_rows; r++) {
        const int p = col_of[r];
        now->destination[r] = fullest(t, r, -1);
        if (p >= 0 &&
            (is_nearest(t, r, p) || now->origin[p] == r || now->destination[r] == p)) {
            now->match[p] = r;
            now->distance[p] =
                t->same ? sqrt(t->square[(int64_t)r * t->n_cols + p]) : (double)NAN;
        }
    }
}

static tc_status pair_up(tc_segment *s, tc_error *err)
{
    pairing t = {.n_rows = s->previous->n_named,
                 .n_cols = s->identity->n_named,
                 .same = tc_segment_same_method(s),
                 .flow = s->identity->flow};
    const int64_t n = (int64_t)t.n_rows * t.n_cols;
    int col_of[TC_KMEANS_MAX_K];
    tc_status st;
    t.square = tc_mem_alloc(n, sizeof *t.square, err);
    t.cost = tc_mem_alloc(n, sizeof *t.cost, err);
    st = t.square == NULL || t.cost == NULL ? TC_ENOMEM : TC_OK;
    if (st == TC_OK) {
        if (t.same) {
            fill_squares(s, &t);
        }
        fill_costs(&t);
        st = tc_matching_solve(t.cost, t.n_rows, t.n_cols, col_of, err);
    }
    if (st == TC_OK) {
        judge(s, &t, col_of);
    }
    tc_mem_free(t.square);
    tc_mem_free(t.cost);
    return st;
}

/* Matched clusters keep their number, the others go on counting. */
static tc_status give_numbers(tc_segment *s, tc_error *err)
{
    tc_segment_identity *now = s->identity;
    int64_t last = s->previous != NULL ? s->previous->last_number : 0;
    for (int p = 0; p < now->n_named; p++) {
        if (s->previous != NULL && now->match[p] >= 0) {
            now->number[p] = s->previous->number[now->match[p]];
        } else {
            now->number[p] = ++last;
        }
    }
    now->last_number = last;
    if (last > TC_SEGMENT_NUMBER_MOST) {
        return tc_fail(err, TC_EDATA,
                       "segment.previous: all numbers up to %d were given to clusters; run "
                       "once without segment.previous to number them afresh",
                       TC_SEGMENT_NUMBER_MOST);
    }
    return TC_OK;
}

/* Customers in clusters of both runs, and those whose cluster is another one now. */
static void count_changes(tc_segment *s)
{
    tc_segment_identity *now = s->identity;
    for (int r = 0; r < s->previous->n_named; r++) {
        for (int p = 0; p < now->n_named; p++) {
            const int64_t n = now->flow[(int64_t)r * (now->n_named + 1) + p];
            now->in_both += n;
            now->changed += now->match[p] == r ? 0 : n;
        }
    }
}

static void log_changes(const tc_segment *s)
{
    const tc_segment_identity *now = s->identity;
    int kept = 0;
    for (int p = 0; p < now->n_named; p++) {
        kept += now->match[p] >= 0;
    }
    if (now->changes[0] != '\0') {
        tc_log_warn(
            "segment: the method is not that of the previous run (%s); clusters are "
            "matched by the customers they share",
            now->changes);
    }
    tc_log_info("segment: %d clusters keep their numbers, %d are new, %d have vanished; "
                "%lld of %lld customers of both runs are in another cluster",
                kept, now->n_named - kept, s->previous->n_named - kept,
                (long long)now->changed, (long long)now->in_both);
}

tc_status tc_segment_match_all(tc_segment *s, tc_error *err)
{
    tc_segment_identity *now = s->identity;
    uint8_t place_of[TC_KMEANS_MAX_K] = {0};
    tc_status st = TC_OK;
    if (s->previous == NULL) {
        return tc_comm_agree_all(s->comm, give_numbers(s, err), err);
    }
    for (int p = 0; p < s->model->k; p++) {
        place_of[s->order[p]] = (uint8_t)p;
    }
    now->flow = tc_mem_alloc((int64_t)(s->previous->n_named + 1) * (now->n_named + 1),
                             sizeof *now->flow, err);
    st = tc_comm_agree_all(s->comm, now->flow == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_segment_flow_all(s, place_of, now->n_named, now->flow, err);
    }
    if (st == TC_OK) {
        st = pair_up(s, err);
        if (st == TC_OK) {
            st = give_numbers(s, err);
        }
        st = tc_comm_agree_all(s->comm, st, err);
    }
    if (st == TC_OK) {
        count_changes(s);
        tc_segment_describe_changes(s, now->changes);
        log_changes(s);
    }
    return st;
}
