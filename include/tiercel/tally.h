/* tally.h - exact quantiles of columns of small whole numbers, from one pass that need not be repeated (kernel layer):
 * each number has a counter of its own. Counters add up over pieces of the rows, in any order. */
#ifndef TC_TALLY_H
#define TC_TALLY_H

#include <stdint.h>

enum { TC_TALLY_VALUES = 4096, TC_TALLY_LANES = 4 };

/* Zeroed before the first row. Rows take turns in the lanes, so that neighbours, which are often equal, need not wait
 * for one another. */
typedef struct {
    int64_t lane[TC_TALLY_LANES][TC_TALLY_VALUES + 2]; /* the last two: missing, others */
} tc_tally;

/* Local, pure. Adds values; NaN = missing. Cost: about 1 ns a value. */
void tc_tally_add(tc_tally *tally, const float *value, int64_t n);

/* Local, pure. How many values were none of the numbers 0 .. TC_TALLY_VALUES - 1. Only if that is 0 on all ranks do the
 * counts tell everything. */
int64_t tc_tally_others(const tc_tally *tally);

/* Local, pure. How often each of these numbers came. */
void tc_tally_counts(const tc_tally *tally, int64_t count[TC_TALLY_VALUES]);

/* Local, pure. Quantiles of all rows by rule TC_QUANTILE_TYPE7 of quantile.h, with the same bits; count: of all
 * ranks. out[n_p]: NaN without values. *n_valid: values that are not missing. */
void tc_tally_quantiles(const int64_t count[TC_TALLY_VALUES], const double *p, int n_p,
                        double *out, int64_t *n_valid);

#endif
