#include "tiercel/linalg.h"
#include "tiercel/logit.h"

#include <math.h>

/* Row `row` of the map from the fitted coefficients to the original ones, at column j: the
 * slopes are b_j / scale_j, the intercept is b_0 - sum_j mean_j b_j / scale_j. */
static double map_entry(const tc_logit_model *model, const double *mean,
                        const double *scale, int row, int j)
{
    const int c = j - model->problem.has_intercept; /* column of x */
    if (model->dropped[j]) {
        return 0.0;
    }
    if (c < 0) {
        return row == j ? 1.0 : 0.0;
    }
    if (row == j) {
        return scale != NULL ? 1.0 / scale[c] : 1.0;
    }
    if (row == 0 && model->problem.has_intercept && mean != NULL) {
        return -mean[c] / scale[c];
    }
    return 0.0;
}

static tc_logit_effect effect_of(const tc_logit_model *model, const double *mean,
                                 const double *scale, int row)
{
    tc_logit_effect e = {0};
    double variance = 0.0;
    for (int j = 0; j < model->q; j++) {
        const double mj = map_entry(model, mean, scale, row, j);
        if (mj == 0.0) { /* also keeps the NaN of dropped columns out */
            continue;
        }
        e.coefficient += mj * model->b[j];
        for (int k = 0; k < model->q; k++) {
            const double mk = map_entry(model, mean, scale, row, k);
            const int64_t at = j > k ? tc_packed(j, k) : tc_packed(k, j);
            variance += mk == 0.0 ? 0.0 : mj * mk * model->covariance[at];
        }
    }
    e.standard_error = sqrt(variance);
    e.z = e.coefficient / e.standard_error;
    e.p_value = erfc(fabs(e.z) / sqrt(2.0)); /* 2 (1 - Phi(|z|)) */
    e.odds_ratio = exp(e.coefficient);
    e.odds_ratio_sd = exp(model->b[row]);
    return e;
}

void tc_logit_effects(const tc_logit_model *model, const double *mean, const double *scale,
                      tc_logit_effect *effect)
{
    int intercept_runs = 0;
    for (int j = 0; j < model->q; j++) {
        intercept_runs |= model->separated[j];
    }
    for (int j = 0; j < model->q; j++) {
        const int is_intercept = j == 0 && model->problem.has_intercept;
        effect[j] = effect_of(model, mean, scale, j);
        if (model->dropped[j] || model->separated[j] || (is_intercept && intercept_runs)) {
            const double none = (double)NAN;
            effect[j] =
                (tc_logit_effect){effect[j].coefficient, none, none, none, none, none};
        }
    }
}

double tc_logit_probability(double eta)
{
    const double e = exp(-fabs(eta));
    return eta >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
}

double tc_logit_loss(double eta, int y)
{
    const double margin = y ? eta : -eta;
    return log1p(exp(-fabs(eta))) + (margin < 0.0 ? -margin : 0.0);
}

tc_logit_range tc_logit_range_empty(void)
{
    return (tc_logit_range){{HUGE_VAL, HUGE_VAL}, {-HUGE_VAL, -HUGE_VAL}};
}

void tc_logit_range_partial(int n_columns, const tc_logit_rows *rows, tc_logit_range *range)
{
    for (int j = 0; j < n_columns; j++) {
        const double *x = rows->column[j];
        for (int64_t i = rows->row0; i < rows->row0 + rows->n_rows; i++) {
            if (rows->y[i] >= 0) {
                const int y = rows->y[i] != 0;
                range[j].low[y] = x[i] < range[j].low[y] ? x[i] : range[j].low[y];
                range[j].high[y] = x[i] > range[j].high[y] ? x[i] : range[j].high[y];
            }
        }
    }
}

void tc_logit_range_merge(tc_logit_range *range, const tc_logit_range *other)
{
    for (int y = 0; y < 2; y++) {
        range->low[y] = fmin(range->low[y], other->low[y]);
        range->high[y] = fmax(range->high[y], other->high[y]);
    }
}

int tc_logit_range_separates(const tc_logit_range *range)
{
    const double low = fmin(range->low[0], range->low[1]);
    const double high = fmax(range->high[0], range->high[1]);
    const int both = range->low[0] <= range->high[0] && range->low[1] <= range->high[1];
    return both && low < high &&
           (range->high[0] <= range->low[1] || range->high[1] <= range->low[0]);
}
