/* segment_quadrant.c - spending power (high, middle, low) by service need (complex, standard, basic).
 *
 * Spending power: above the (1 - high_share) quantile of net_amount it is high, else above the
 * (1 - high_share - middle_share) quantile it is middle, else low; equal customers are in one class. Service need: with n
 * tickets and complaints in the last 90 days it is complex from complex_cases on, standard from 1 on, else basic. */
#include "segment_quadrant.h"

#include "tiercel/fault.h"
#include "tiercel/fold.h"

#include <math.h>
#include <stdio.h>

enum { NET, RECENT, PRESENCE, TICKETS, COMPLAINTS, COLUMNS };
/* Sums of the cells besides those by cluster. */
enum { FIXED = 2 * TC_QUADRANTS };
enum { COMPLEX, STANDARD, BASIC, UNKNOWN };

static const char *const column_name[COLUMNS] = {"net_amount", "amount_90d", "order_count",
                                                 "tickets_90d", "complaints_90d"};

typedef struct {
    const tc_segment *s;
    tc_segment_quadrants *q;
    uint8_t place_of[TC_KMEANS_MAX_K];
    tc_segment_features columns;
    tc_segment_rows rows;
} counting;

/* Collective. The columns, a shard at a time in memory. */
static tc_status open_all(tc_segment *s, counting *c, tc_error *err)
{
    const int n = c->q->has_service ? COLUMNS : TICKETS;
    tc_status st = tc_segment_features_open_all(s->comm, s->features, s->date, column_name,
                                                n, &c->columns, err);
    c->rows = (tc_segment_rows){
        .source = tc_segment_features_source(&c->columns),
        .all = &s->customers,
        .known = &s->known,
        .roles = {.n_read = n, .n_use = n, .presence = PRESENCE, .weight = -1}};
    if (st == TC_OK) {
        st = tc_comm_agree_all(s->comm, tc_segment_rows_create(&c->rows, err), err);
    }
    return st;
}

/* Collective. */
static tc_status close_all(counting *c, tc_status status, tc_error *err)
{
    tc_segment_rows_free(&c->rows);
    return tc_segment_features_end_all(&c->columns, status, err);
}

/* Collective. The net amounts above which spending power is high and middle: values of customers. */
static tc_status find_cuts_all(tc_segment *s, counting *c, tc_error *err)
{
    const tc_config_segment *config = &s->config->segment;
    const double p[2] = {1 - config->high_share,
                         1 - config->high_share - config->middle_share};
    const tc_quantile_rows brought = {tc_segment_rows_bring, &c->rows};
    int64_t n_valid;
    tc_status st = open_all(s, c, err);
    if (st == TC_OK) {
        const tc_quantile_column column = {c->rows.column[NET], 1};
        const tc_quantile_request request = {.columns = &column,
                                             .n_columns = 1,
                                             .probabilities = p,
                                             .n_p = 2,
                                             .rule = TC_QUANTILE_LOWER};
        st = tc_quantile_rows_all(s->comm, &s->known, &request, &brought, c->q->above,
                                  &n_valid, err);
    }
    return close_all(c, st, err);
}

static int need_of(const counting *c, int64_t i, int64_t *cases)
{
    *cases = 0;
    if (!c->q->has_service) {
        return UNKNOWN;
    }
    for (int column = TICKETS; column <= COMPLAINTS; column++) {
        const double value = c->rows.column[column][i];
        *cases += value > 0 ? (int64_t)nearbyint(value) : 0; /* missing counts as none */
    }
    return *cases >= c->s->config->segment.complex_cases ? COMPLEX
           : *cases > 0                                  ? STANDARD
                                                         : BASIC;
}

static tc_status visit(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                       double *reals, tc_error *err)
{
    counting *c = context;
    const uint8_t *label = &c->s->label[row];
    uint8_t *cell = &c->q->cell[row];
    int64_t *by_cluster = &ints[FIXED];
    const int64_t n_named = c->s->identity->n_named;
    TC_TRY(tc_segment_rows_bring(&c->rows, &row, n_rows, err));
    for (int64_t i = 0; i < n_rows; i++) {
        const double net = c->rows.column[NET][i], recent = c->rows.column[RECENT][i];
        const int power = net > c->q->above[0] ? 0 : net > c->q->above[1] ? 1 : 2;
        int64_t cases;
        const int at = power * TC_QUADRANT_NEEDS + need_of(c, i, &cases);
        cell[i] = (uint8_t)at;
        ints[at]++;
        ints[TC_QUADRANTS + at] += cases;
        by_cluster[at * n_named + c->place_of[label[i]]]++;
        reals[at] += isnan(net) ? 0 : net;
        reals[TC_QUADRANTS + at] += isnan(recent) ? 0 : recent;
    }
    return TC_OK;
}

/* Collective. */
static tc_status count_all(tc_segment *s, counting *c, tc_fold *fold, tc_error *err)
{
    tc_status st = open_all(s, c, err);
    if (st == TC_OK) {
        st = tc_fold_run_all(s->comm, &s->known, fold, visit, c, err);
    }
    return close_all(c, st, err);
}

static void take(tc_segment_quadrants *q, const tc_fold *fold, int64_t n_by_cluster)
{
    const int64_t *ints = tc_fold_int(fold);
    const double *reals = tc_fold_real(fold);
    for (int i = 0; i < TC_QUADRANTS; i++) {
        q->customers[i] = ints[i];
        q->cases[i] = ints[TC_QUADRANTS + i];
        q->net[i] = reals[i];
        q->recent[i] = reals[TC_QUADRANTS + i];
    }
    for (int64_t i = 0; i < n_by_cluster; i++) {
        q->by_cluster[i] = ints[FIXED + i];
    }
}

/* Collective. Whether tickets and complaints are among the features. */
static int has_service_all(tc_segment *s)
{
    char name[2 * TC_STORE_NAME];
    (void)snprintf(name, sizeof name, "at/%s/tickets_90d", s->date);
    return tc_store_has_all(s->features, name);
}

tc_status tc_segment_quadrants_all(tc_segment *s, tc_segment_quadrants *q, tc_error *err)
{
    const int64_t n_by_cluster = (int64_t)TC_QUADRANTS * s->identity->n_named;
    counting *c = tc_mem_alloc(1, sizeof *c, err);
    tc_fold *fold = NULL;
    tc_status st = c == NULL ? TC_ENOMEM : TC_FAULT("segment.quadrants", err);
    if (st == TC_OK) {
        st = tc_fold_create(FIXED + n_by_cluster, FIXED, &fold, err);
    }
    q->cell = tc_mem_alloc(s->known.n_local, sizeof *q->cell, err);
    q->by_cluster = tc_mem_alloc(n_by_cluster, sizeof *q->by_cluster, err);
    if (st == TC_OK && (q->cell == NULL || q->by_cluster == NULL)) {
        st = TC_ENOMEM;
    }
    st = tc_comm_agree_all(s->comm, st, err);
    if (st == TC_OK) {
        TC_ASSERT(c != NULL);
        c->s = s;
        c->q = q;
        for (int p = 0; p < s->identity->n_named; p++) {
            c->place_of[s->order[p]] = (uint8_t)p;
        }
        q->has_service = has_service_all(s);
        st = find_cuts_all(s, c, err);
    }
    if (st == TC_OK) {
        st = count_all(s, c, fold, err);
    }
    if (st == TC_OK) {
        take(q, fold, n_by_cluster);
    }
    tc_fold_destroy(&fold);
    tc_mem_free(c);
    return st;
}
