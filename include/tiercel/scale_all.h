/* scale_all.h - fits tc_scale to features over all ranks (stage layer). */
#ifndef TC_SCALE_ALL_H
#define TC_SCALE_ALL_H

#include "tiercel/catalogue.h"
#include "tiercel/config.h"
#include "tiercel/quantile_all.h"
#include "tiercel/scale.h"

/* What is fitted, and how. Nothing is owned.
 *   column    [n_use] pointers to raw values [n_local] of each feature, NaN = missing
 *   use       [n_use] names and transforms
 *   kind      zscore: mean and population deviation; minmax: lowest value and range; none: mean, and scale 1
 *   winsorise share cut at each end, 0 = none: type-7 quantiles of the values that are not missing
 *   use_row   [n_local] 0 = the row takes no part in the fit; NULL = all rows do
 *   missing   [n_use] policies; NULL = those of the catalogue, which must know the names then
 *   rows      NULL = all rows are in memory; else what brings those of a shard to column and use_row, which
 *             need to hold one shard alone */
typedef struct {
    const double *const *column;
    const tc_feature_use *use;
    int n_use;
    tc_scale_kind kind;
    double winsorise;
    const uint8_t *use_row;
    const tc_missing_policy *missing;
    const tc_quantile_rows *rows;
} tc_scale_params;

/* Local. Every use[n_use] must name a feature of the catalogue, once. section ("segment",
 * "churn") is for the message. Errors: TC_ECONFIG naming the key and some valid names. */
TC_NODISCARD tc_status tc_scale_check_uses(const tc_feature_use *use, int n_use,
                                           const char *section, tc_error *err);

/* Collective. Fits one tc_scale a feature; equal on all ranks, and the same for any number
 * of ranks. The missing policy is zero, or the exact median of the fitted
 * rows that have a value (0 if none has). A constant feature gets scale 0 and is no error;
 * without any fitted row every scale is 0.
 *   out     [n_use]
 *   counts  [n_use] of the fitted rows of all ranks, or NULL
 * Errors (agreed): TC_ENUMERIC if a fitted value is infinite,
 * TC_ENOMEM, TC_EINTERNAL for a feature that tc_scale_check_uses refuses. Cost: one exact
 * quantile search and one fold for all features together. */
TC_NODISCARD tc_status tc_scale_fit_all(tc_comm *comm, const tc_shards *shards,
                                        const tc_scale_params *params, tc_scale *out,
                                        tc_scale_counts *counts, tc_error *err);

#endif
