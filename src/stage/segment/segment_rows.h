/* segment_rows.h - raw rows, one shard at a time in memory: which are segmented, how often each counts, and what is
 * missing. For src/stage/segment only. */
#ifndef TC_SEGMENT_ROWS_H
#define TC_SEGMENT_ROWS_H

#include "tiercel/config.h"
#include "tiercel/kmeans.h"
#include "tiercel/quantile_all.h"

/* Features, weight, presence. */
enum { TC_SEGMENT_COLUMNS = TC_KMEANS_MAX_D + 2 };

/* Where rows come from. read, local: rows row0 .. row0 + n - 1 of all ranks' rows, in any order of calls, into
 * column[n_columns][n]; NaN = missing. */
typedef struct {
    tc_status (*read)(void *context, int64_t row0, int64_t n, double *const *column,
                      tc_error *err);
    void *context;
    int n_columns;
} tc_segment_source;

/* What the columns of a source mean. Column c < n_read is feature c; features n_read .. n_use - 1 are made
 * here: 1 where feature of[c] is missing, else 0. */
typedef struct {
    int n_read, n_use;
    int presence; /* column that has a value for the rows that are segmented; -1: all rows are */
    int weight; /* column, at least 0, missing = 0; -1: every row counts once */
    tc_lack lack[TC_KMEANS_MAX_D];
    int of[TC_KMEANS_MAX_D];
    double per_weight; /* whole counts a unit of weight, a power of two */
} tc_segment_roles;

/* The shard that is in memory. Its rows that are segmented, closed up, in their order. */
typedef struct {
    tc_segment_source source;
    tc_segment_roles roles;
    const tc_shards *all;   /* rows of the source; borrowed */
    const tc_shards *known; /* rows that are segmented, once they are counted; borrowed */
    uint8_t *known_bits;    /* [all->n_local] bits, set by each load; borrowed, or NULL */
    int64_t capacity;       /* rows of the largest shard of this rank */
    double *column[TC_SEGMENT_COLUMNS]; /* [capacity] each */
    uint8_t *use;                       /* [capacity] 1: counts in the fit; NULL: all do */
    uint32_t *count;                    /* [capacity] how often; NULL: each once */
    int64_t shard;                      /* -1: none */
    int64_t n;
} tc_segment_rows;

/* Local. Memory for one shard; source, roles, all are set by the caller. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_rows_create(tc_segment_rows *rows, tc_error *err);
void tc_segment_rows_free(tc_segment_rows *rows);

/* Local. Asks for use and count: some rows count nowhere, or some several times. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_rows_weigh(tc_segment_rows *rows, tc_error *err);

/* Local. Brings a shard to memory, if it is not there. Errors: those of the source. */
TC_NODISCARD tc_status tc_segment_rows_load(tc_segment_rows *rows, int64_t shard,
                                            tc_error *err);

/* Local. The same by local row of `known`, for tc_quantile_rows and visits of tc_fold: *row becomes 0, where it lies. */
TC_NODISCARD tc_status tc_segment_rows_bring(void *rows, int64_t *row, int64_t n_rows,
                                             tc_error *err);

#endif
