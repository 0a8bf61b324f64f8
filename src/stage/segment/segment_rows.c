#include "segment_rows.h"

#include "tiercel/fault.h"
#include "tiercel/stop.h"

#include <math.h>

tc_status tc_segment_rows_create(tc_segment_rows *rows, tc_error *err)
{
    const int made = rows->source.n_columns + rows->roles.n_use - rows->roles.n_read;
    rows->capacity = tc_shards_largest(rows->all);
    rows->shard = -1;
    TC_ASSERT(made <= TC_SEGMENT_COLUMNS);
    for (int c = 0; c < made; c++) {
        rows->column[c] = tc_mem_alloc(rows->capacity, sizeof *rows->column[c], err);
        if (rows->column[c] == NULL) {
            return TC_ENOMEM;
        }
    }
    return TC_OK;
}

void tc_segment_rows_free(tc_segment_rows *rows)
{
    for (int c = 0; c < TC_SEGMENT_COLUMNS; c++) {
        tc_mem_free(rows->column[c]);
        rows->column[c] = NULL;
    }
    tc_mem_free(rows->use);
    tc_mem_free(rows->count);
    rows->use = NULL;
    rows->count = NULL;
}

tc_status tc_segment_rows_weigh(tc_segment_rows *rows, tc_error *err)
{
    rows->use = tc_mem_alloc(rows->capacity, sizeof *rows->use, err);
    rows->count = tc_mem_alloc(rows->capacity, sizeof *rows->count, err);
    rows->shard = -1; /* what is in memory has neither */
    return rows->use == NULL || rows->count == NULL ? TC_ENOMEM : TC_OK;
}

/* The column of a role in memory: those that are read follow the features that are made. */
static double *column_of(const tc_segment_rows *rows, int column)
{
    const tc_segment_roles *roles = &rows->roles;
    return rows
        ->column[column < roles->n_read ? column : column + roles->n_use - roles->n_read];
}

/* Closes up the rows that are segmented. */
static int64_t close_up(tc_segment_rows *rows, int64_t first, int64_t n)
{
    const double *presence = column_of(rows, rows->roles.presence);
    int64_t to = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(presence[i])) {
            continue;
        }
        if (rows->known_bits != NULL) {
            rows->known_bits[(first + i) / 8] |= (uint8_t)(1U << ((first + i) % 8));
        }
        for (int c = 0; c < rows->source.n_columns && to < i; c++) {
            double *value = column_of(rows, c);
            value[to] = value[i];
        }
        to++;
    }
    return to;
}

/* 1 and more for a weight above 0: rounding makes no row vanish. */
static uint32_t whole_count(double weight, double per_weight)
{
    return weight > 0 ? (uint32_t)fmax(nearbyint(weight * per_weight), 1) : 0;
}

static void weigh(tc_segment_rows *rows)
{
    const tc_segment_roles *roles = &rows->roles;
    const double *weight = roles->weight >= 0 ? column_of(rows, roles->weight) : NULL;
    for (int64_t i = 0; i < rows->n; i++) {
        rows->count[i] = weight != NULL ? whole_count(weight[i], roles->per_weight) : 1;
        for (int c = 0; c < roles->n_read; c++) {
            if (roles->lack[c] == TC_LACK_DROP && isnan(rows->column[c][i])) {
                rows->count[i] = 0;
            }
        }
        rows->use[i] = rows->count[i] > 0;
    }
}

tc_status tc_segment_rows_load(tc_segment_rows *rows, int64_t shard, tc_error *err)
{
    const tc_segment_roles *roles = &rows->roles;
    const int64_t row0 = rows->all->first_row[shard];
    const int64_t n = rows->all->first_row[shard + 1] - row0;
    double *read[TC_SEGMENT_COLUMNS];
    if (rows->shard == shard) {
        return TC_OK;
    }
    TC_TRY(TC_FAULT("segment.read", err));
    TC_TRY(tc_stop_check(err));
    for (int c = 0; c < rows->source.n_columns; c++) {
        read[c] = column_of(rows, c);
    }
    rows->shard = -1;
    TC_TRY(rows->source.read(rows->source.context, row0, n, read, err));
    rows->n = roles->presence >= 0 ? close_up(rows, row0 - rows->all->row0, n) : n;
    for (int c = roles->n_read; c < roles->n_use; c++) {
        const double *value = rows->column[roles->of[c]];
        for (int64_t i = 0; i < rows->n; i++) {
            rows->column[c][i] = isnan(value[i]) ? 1 : 0;
        }
    }
    if (rows->count != NULL) {
        weigh(rows);
    }
    rows->shard = shard;
    return TC_OK;
}

tc_status tc_segment_rows_bring(void *rows, int64_t *row, int64_t n_rows, tc_error *err)
{
    tc_segment_rows *r = rows;
    const int64_t *first = r->known->first_row;
    const int64_t global = r->known->row0 + *row;
    int64_t low = r->known->shard0, high = r->known->shard1;
    *row = 0;
    if (n_rows == 0) {
        return TC_OK;
    }
    while (high - low > 1) { /* the last shard that begins at this row or before it */
        const int64_t middle = low + (high - low) / 2;
        if (first[middle] <= global) {
            low = middle;
        } else {
            high = middle;
        }
    }
    TC_TRY(tc_segment_rows_load(r, low, err));
    return r->n == n_rows ? TC_OK
                          : tc_fail(err, TC_EDATA,
                                    "shard %lld has %lld rows and not %lld: the input "
                                    "changed while it was read; run again",
                                    (long long)low, (long long)r->n, (long long)n_rows);
}
