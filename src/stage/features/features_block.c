/* features_block.c - customers of this rank, one by one, into columns. Local. */
#include "features_silo.h"

#include "tiercel/catalogue.h"
#include "tiercel/fault.h"

#include <string.h>

enum { BLOCK_MOST = 32768, BLOCK_LEAST = 256 };

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

static tc_status create_scratch(tc_features_block *block, const tc_rfm_limits *limits,
                                tc_error *err)
{
    int64_t day[N_DATES];
    for (int d = 0; d < N_DATES; d++) {
        day[d] = block->at[d].day;
    }
    TC_TRY(tc_rfm_scratch_create(limits, &block->scratch, err));
    TC_TRY(tc_rfm_dates(block->scratch, day, N_DATES, err));
    return tc_rfm_scratch_create(limits, &block->scratch_of_ids, err);
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
    block->active = tc_mem_alloc(rows, sizeof *block->active, err);
    if (block->hash == NULL || block->id == NULL || block->extra_row == NULL ||
        block->active == NULL) {
        return TC_ENOMEM;
    }
    return create_scratch(block, limits, err);
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
    block->hash = NULL;
    block->id = NULL;
    block->extra_row = NULL;
    block->active = NULL;
    tc_rfm_scratch_destroy(&block->scratch);
    tc_rfm_scratch_destroy(&block->scratch_of_ids);
}

static void label(tc_features_block *b, int date, int64_t row, int n)
{
    tc_features_at *at = &b->at[date];
    int64_t later[TC_RFM_LANES];
    tc_rfm_labels(b->scratch, date, b->config->features.active_days, n, at->label + row,
                  later);
    for (int i = 0; i < n; i++) {
        at->later_amount[row + i] = (double)later[i] / MONEY;
        at->n_labelled += at->label[row + i] >= 0;
        at->n_churned += at->label[row + i] > 0;
    }
}

/* The customers in the lanes become rows of the columns. */
static void turn(tc_features_block *b)
{
    const int64_t row = b->n - b->n_lanes;
    for (int d = 0; d < N_DATES; d++) {
        tc_rfm_turn(b->scratch, d, b->n_lanes, b->at[d].column, row);
        if (b->at[d].labelled) {
            label(b, d, row, b->n_lanes);
        }
    }
    tc_rfm_next(b->scratch);
    b->n_lanes = 0;
}

static tc_status add(tc_features_block *b, const tc_features_customer *customer,
                     tc_error *err)
{
    char *id = b->id + b->n * b->id_width;
    b->hash[b->n] = customer->hash;
    b->extra_row[b->n] = customer->extra_row;
    b->active[b->n] = customer->events.n > 0;
    memcpy(id, customer->id, (size_t)customer->id_width);
    memset(id + customer->id_width, 0, (size_t)(b->id_width - customer->id_width));
    TC_TRY(tc_rfm_add(b->scratch, &customer->events, b->n_lanes, err));
    if (b->silo != NULL && customer->events.n > 0) {
        TC_TRY(tc_features_silo_add(b->silo, customer, b->row0 + b->n, b->scratch_of_ids,
                                    err));
    }
    b->n++;
    b->n_lanes++;
    if (b->n_lanes == TC_RFM_LANES) {
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
