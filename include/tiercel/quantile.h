/* quantile.h - exact quantiles by radix refinement on the bits of floating numbers (kernel layer).
 *
 * The bits of a float are mapped to an unsigned key of the same order. A round counts, for every
 * prefix that still matters, the next 11 bits of the keys below it; the counts of all shards are
 * added as int64; the bucket that holds a wanted rank gives 11 more bits of its prefix. Three rounds
 * settle a float32, six a float64, for all quantiles of all columns at once; as soon as few keys of a column are
 * left, mostly after two, these are gathered instead. Nothing is
 * approximated, so nothing depends on how rows are spread or ordered. Missing values (NaN) are
 * left out; infinities count as numbers; -0 equals +0.
 *
 * Order of calls: create; then while tc_quantile_n_counts() > 0: partial (for each piece of
 * the rows, into counts zeroed before), merge (add the counts), refine; then, if
 * tc_quantile_is_gathering(), collect (for each piece), merge (put the keys of all together), settle; then finish. */
#ifndef TC_QUANTILE_H
#define TC_QUANTILE_H

#include "tiercel/buffer.h"

typedef enum {
    TC_QUANTILE_LOWER, /* the value of rank floor((n - 1) p): always one of the values */
    TC_QUANTILE_TYPE7 /* linear between the ranks floor(h) and floor(h) + 1, h = (n - 1) p, as
                          numpy, R and Excel do (type 7 of Hyndman and Fan 1996) */
} tc_quantile_rule;

/* One vector of numbers, borrowed. is_double: const double *, else const float *. */
typedef struct {
    const void *data;
    int is_double;
} tc_quantile_column;

/* What is wanted. All of it is borrowed. n_p * n_columns values come out. */
typedef struct {
    const tc_quantile_column *columns;
    int n_columns;
    const uint8_t *use;          /* per row: 0 leaves the row out; NULL takes every row */
    const double *probabilities; /* each in [0, 1], any order */
    int n_p;
    tc_quantile_rule rule;
} tc_quantile_request;

typedef struct tc_quantile tc_quantile;

/* Local. A search for the quantiles of a request; the request and what it points to must outlive
 * it. Errors: TC_ENOMEM; TC_EINTERNAL if a probability is not in [0, 1]. */
TC_NODISCARD tc_status tc_quantile_create(const tc_quantile_request *request,
                                          tc_quantile **out, tc_error *err);
void tc_quantile_destroy(tc_quantile **quantile);

/* Local, pure. Number of int64 counts of the coming round; 0 when the search is over. */
int64_t tc_quantile_n_counts(const tc_quantile *quantile);

/* Local. Counts rows row .. row + n_rows - 1 of all columns: adds to counts[n_counts].
 * Cost: about 2 ns a value and round. */
void tc_quantile_partial(const tc_quantile *quantile, int64_t row, int64_t n_rows,
                         int64_t *counts);

/* Local. Takes the counts of all rows and prepares the next round. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_quantile_refine(tc_quantile *quantile, const int64_t *counts,
                                          tc_error *err);

/* A key below a prefix that a wanted rank shares. */
typedef struct {
    int64_t node;
    uint64_t key;
} tc_quantile_key;

/* Local, pure. 1 if counting is over and some keys are to be collected: at most 16,384 a column, of all rows. */
int tc_quantile_is_gathering(const tc_quantile *quantile);

/* Local. Appends the keys of rows row .. row + n_rows - 1, as tc_quantile_key. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_quantile_collect(const tc_quantile *quantile, int64_t row,
                                           int64_t n_rows, tc_buffer *keys, tc_error *err);

/* Local. Takes the keys of all rows, in any order; they are sorted. Errors: TC_EINTERNAL if some are missing. */
TC_NODISCARD tc_status tc_quantile_settle(tc_quantile *quantile, tc_quantile_key *key,
                                          int64_t n, tc_error *err);

/* Local, pure. out[n_columns][n_p] and n_valid[n_columns] (values that are not NaN). A column
 * without values gives NaN. */
void tc_quantile_finish(const tc_quantile *quantile, double *out, int64_t *n_valid);

#endif
