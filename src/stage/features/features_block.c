/* features_block.c - customers of this rank, one by one, into columns. Local. */
#include "features_silo.h"

#include "tiercel/catalogue.h"
#include "tiercel/fault.h"

#include <string.h>

enum {
    TURN = 32, /* customers that are turned into columns at a time */
    BLOCK_MOST = 32768,
    BLOCK_LEAST = 256
};

static const double MONEY = 10000.0;

static size_t width_of(int feature)
{
    int n;
    return tc_catalogue(&n)[feature].is_double ? sizeof(double) : sizeof(float);
}

/* Bytes of a customer in a block. */
static int64_t row_bytes(int id_width)
{
    size_t bytes = sizeof(int8_t) + sizeof(double);
    for (int f = 0; f < TC_N_FEATURES; f++) {
        bytes += width_of(f);
    }
    return (int64_t)bytes * N_DATES + (int64_t)sizeof(tc_hash128) + id_width +
           (int64_t)sizeof(int64_t);
}

static tc_status create_columns(tc_features_at *at, int64_t n_rows, tc_error *err)
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

tc_status tc_features_block_create(const tc_config *config, const tc_features_merge *merge,
                                   const tc_rfm_limits *limits, tc_features_block *block,
                                   tc_error *err)
{
    int64_t rows = tc_features_memory(config) / 4 / row_bytes(merge->id_width);
    rows = rows > BLOCK_MOST ? BLOCK_MOST : rows < BLOCK_LEAST ? BLOCK_LEAST : rows;
    block->config = config;
    block->capacity = rows;
    block->id_width = merge->id_width;
    for (int d = 0; d < N_DATES; d++) {
        TC_TRY(create_columns(&block->at[d], rows, err));
    }
    block->hash = tc_mem_alloc(rows, sizeof *block->hash, err);
    block->id = tc_mem_alloc(rows, (size_t)block->id_width, err);
    block->extra_row = tc_mem_alloc(rows, sizeof *block->extra_row, err);
    block->value =
        tc_mem_alloc((int64_t)TURN * N_DATES * TC_N_FEATURES, sizeof *block->value, err);
    block->active = tc_mem_alloc(rows, sizeof *block->active, err);
    if (block->hash == NULL || block->id == NULL || block->extra_row == NULL ||
        block->active == NULL || block->value == NULL) {
        return TC_ENOMEM;
    }
    return tc_rfm_scratch_create(limits, &block->scratch, err);
}

void tc_features_block_free(tc_features_block *block)
{
    for (int d = 0; d < N_DATES; d++) {
        tc_features_at *at = &block->at[d];
        for (int f = 0; f < TC_N_FEATURES; f++) {
            tc_mem_free(at->column[f]);
            at->column[f] = NULL;
        }
        tc_mem_free(at->label);
        tc_mem_free(at->later_amount);
        at->label = NULL;
        at->later_amount = NULL;
    }
    tc_mem_free(block->hash);
    tc_mem_free(block->id);
    tc_mem_free(block->extra_row);
    tc_mem_free(block->active);
    tc_mem_free(block->value);
    block->hash = NULL;
    block->id = NULL;
    block->extra_row = NULL;
    block->active = NULL;
    block->value = NULL;
    tc_rfm_scratch_destroy(&block->scratch);
}

/* value: [n][N_DATES][TC_N_FEATURES], of the customers from row on. */
static void turn_date(const tc_features_at *at, int64_t row, int n, const double *value)
{
    const int64_t stride = (int64_t)N_DATES * TC_N_FEATURES;
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

/* The values that wait become rows of the columns. */
static void turn(tc_features_block *b)
{
    for (int d = 0; d < N_DATES; d++) {
        turn_date(&b->at[d], b->n - b->n_values, b->n_values,
                  b->value + (int64_t)d * TC_N_FEATURES);
    }
    b->n_values = 0;
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

static void add_totals(tc_features_totals *t, const tc_rfm_events *events)
{
    int64_t all = 0, returned = 0,
            returns = 0; /* of one customer: ingest checked that they fit */
    for (int64_t i = 0; i < events->n; i++) {
        const int is_return = events->kind[i] == TC_KIND_RETURN;
        all += events->amount[i];
        returned -= is_return ? events->amount[i] : 0;
        returns += is_return;
    }
    t->events += events->n;
    t->returns += returns;
    t->purchases += events->n - returns;
    t->returned += returned;
    t->gross += all + returned;
}

static tc_status add(tc_features_block *b, const tc_features_customer *customer,
                     tc_error *err)
{
    int64_t day[N_DATES];
    char *id = b->id + b->n * b->id_width;
    for (int d = 0; d < N_DATES; d++) {
        day[d] = b->at[d].day;
    }
    b->hash[b->n] = customer->hash;
    b->extra_row[b->n] = customer->extra_row;
    b->active[b->n] = customer->events.n > 0;
    memcpy(id, customer->id, (size_t)customer->id_width);
    memset(id + customer->id_width, 0, (size_t)(b->id_width - customer->id_width));
    TC_TRY(tc_rfm_customer(&customer->events, day, N_DATES, b->scratch,
                           b->value + (int64_t)b->n_values * N_DATES * TC_N_FEATURES, err));
    for (int d = 0; d < N_DATES; d++) {
        if (b->at[d].labelled) {
            label(&customer->events, b->config, &b->at[d], b->n);
        }
    }
    add_totals(&b->totals, &customer->events);
    if (b->silo != NULL && customer->events.n > 0) {
        TC_TRY(tc_features_silo_add(b->silo, customer, b->row0 + b->n, b->scratch, err));
    }
    b->n++;
    b->n_values++;
    if (b->n_values == TURN) {
        turn(b);
    }
    return TC_OK;
}

tc_status tc_features_block_fill(tc_features_merge *merge, tc_features_block *block,
                                 tc_error *err)
{
    int found = 1;
    block->row0 += block->n;
    block->n = 0;
    TC_TRY(TC_FAULT("features.compute", err));
    while (block->n < block->capacity) {
        tc_features_customer customer;
        TC_TRY(tc_features_merge_next(merge, &customer, &found, err));
        if (!found) {
            break;
        }
        TC_TRY(add(block, &customer, err));
    }
    turn(block);
    return TC_OK;
}
