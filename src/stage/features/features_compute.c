/* features_compute.c - the columns of the customers of a rank. Local. */
#include "features_impl.h"

#include "tiercel/catalogue.h"
#include "tiercel/fault.h"

enum { BLOCK = 32 }; /* customers that are turned into columns at a time */

static const double MONEY = 10000.0;

static size_t width_of(int feature)
{
    int n;
    return tc_catalogue(&n)[feature].is_double ? sizeof(double) : sizeof(float);
}

int64_t tc_features_row_bytes(void)
{
    size_t bytes = sizeof(int8_t) + sizeof(double);
    for (int f = 0; f < TC_N_FEATURES; f++) {
        bytes += width_of(f);
    }
    return (int64_t)bytes;
}

tc_status tc_features_at_create(tc_features_at *at, int64_t n_rows, tc_error *err)
{
    for (int f = 0; f < TC_N_FEATURES; f++) {
        at->column[f] = tc_mem_alloc(n_rows, width_of(f), err);
        if (at->column[f] == NULL) {
            return TC_ENOMEM;
        }
    }
    if (at->labelled) {
        at->label = tc_mem_alloc(n_rows, sizeof *at->label, err);
        at->later_amount = tc_mem_alloc(n_rows, sizeof *at->later_amount, err);
    }
    return at->labelled && (at->label == NULL || at->later_amount == NULL) ? TC_ENOMEM
                                                                           : TC_OK;
}

void tc_features_at_free(tc_features_at *at)
{
    for (int f = 0; f < TC_N_FEATURES; f++) {
        tc_mem_free(at->column[f]);
        at->column[f] = NULL;
    }
    tc_mem_free(at->label);
    tc_mem_free(at->later_amount);
    at->label = NULL;
    at->later_amount = NULL;
}

/* value: [n][stride] features of n customers from row on. */
static void turn(const tc_features_at *at, int64_t row, int n, const double *value,
                 int64_t stride)
{
    int n_features;
    const tc_feature_def *def = tc_catalogue(&n_features);
    for (int f = 0; f < n_features; f++) {
        if (def[f].is_double) {
            double *column = (double *)at->column[f] + row;
            for (int i = 0; i < n; i++) {
                column[i] = value[i * stride + f];
            }
        } else {
            float *column = (float *)at->column[f] + row;
            for (int i = 0; i < n; i++) {
                column[i] = (float)value[i * stride + f];
            }
        }
    }
}

static void label(const tc_rfm_events *events, const tc_config *config, tc_features_at *at,
                  int64_t row)
{
    const tc_rfm_label_rule rule = {.day = at->day,
                                    .horizon_days = config->horizon_days,
                                    .active_days = config->features.active_days};
    int64_t later;
    const int8_t churned = tc_rfm_label(events, &rule, &later);
    at->label[row] = churned;
    at->later_amount[row] = (double)later / MONEY;
    at->n_labelled += churned >= 0;
    at->n_churned += churned > 0;
}

/* Working memory of tc_features_compute. */
typedef struct {
    const tc_config *config;
    int64_t day[N_DATES];
    double value[BLOCK * N_DATES * TC_N_FEATURES]; /* [BLOCK][n_dates][TC_N_FEATURES] */
    tc_rfm_scratch *scratch;
} work;

static tc_status compute_block(const tc_events *events, work *w, tc_features_at *at,
                               int n_dates, int64_t row, tc_error *err)
{
    const int64_t stride = (int64_t)n_dates * TC_N_FEATURES;
    const int64_t left = events->shards.n_local - row;
    const int n = left < BLOCK ? (int)left : BLOCK;
    for (int i = 0; i < n; i++) {
        const tc_rfm_events customer = tc_events_of(events, row + i);
        TC_TRY(tc_rfm_customer(&customer, w->day, n_dates, w->scratch,
                               w->value + i * stride, err));
        for (int d = 0; d < n_dates; d++) {
            if (at[d].labelled) {
                label(&customer, w->config, &at[d], row + i);
            }
        }
    }
    for (int d = 0; d < n_dates; d++) {
        turn(&at[d], row, n, w->value + (int64_t)d * TC_N_FEATURES, stride);
    }
    return TC_OK;
}

tc_status tc_features_compute(const tc_events *events, const tc_config *config,
                              tc_features_at *at, int n_dates, tc_error *err)
{
    work *w = tc_mem_alloc(1, sizeof *w, err);
    tc_status st = w == NULL ? TC_ENOMEM : TC_FAULT("features.compute", err);
    if (st == TC_OK) {
        w->config = config;
        for (int d = 0; d < n_dates; d++) {
            w->day[d] = at[d].day;
        }
        st = tc_rfm_scratch_create(&events->limits, &w->scratch, err);
    }
    for (int64_t row = 0; row < events->shards.n_local && st == TC_OK; row += BLOCK) {
        st = compute_block(events, w, at, n_dates, row, err);
    }
    if (w != NULL) {
        tc_rfm_scratch_destroy(&w->scratch);
    }
    tc_mem_free(w);
    return st;
}
