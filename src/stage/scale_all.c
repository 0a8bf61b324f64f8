#include "tiercel/scale_all.h"

#include "tiercel/fault.h"
#include "tiercel/interact.h"
#include "tiercel/model_feature.h"

#include <math.h>
#include <string.h>

enum { MEDIAN, LOW, HIGH, N_QUANTILES }; /* columns of the table of quantiles */
enum { ROWS, MISSING, CLIPPED, N_COUNTS };

tc_status tc_scale_check_uses(const tc_feature_use *use, int n_use, const char *section,
                              tc_error *err)
{
    int n_known;
    const tc_feature_def *known = tc_catalogue(&n_known);
    if (n_use < 1) {
        return tc_fail(err, TC_ECONFIG,
                       "%s.features is empty: name at least one feature, such as %s",
                       section, known[0].name);
    }
    for (int f = 0; f < n_use; f++) {
        tc_missing_policy missing;
        if (!tc_model_feature_known(use[f].feature, &missing)) {
            return tc_fail(
                err, TC_ECONFIG,
                "%s.features: no feature is called '%.64s'; there are %d, such as %s, %s "
                "and %s, and user.<name> of the tables: see the catalogue of features",
                section, use[f].feature, n_known + TC_N_INTERACT, known[0].name,
                known[n_known > 1 ? 1 : 0].name, known[n_known - 1].name);
        }
        for (int g = 0; g < f; g++) {
            if (strcmp(use[f].feature, use[g].feature) == 0) {
                return tc_fail(err, TC_ECONFIG,
                               "%s.features names '%.64s' twice; name it once", section,
                               use[f].feature);
            }
        }
    }
    return TC_OK;
}

/* What one fit needs, and what the fold sees. */
typedef struct {
    const tc_shards *shards;
    const tc_scale_params *params;
    tc_scale *scale;            /* [n_use], under construction */
    double *origin;             /* [n_use] of the moments */
    double *quantile;           /* [n_use][N_QUANTILES], raw */
    int64_t *n_valid;           /* [n_use] */
    tc_quantile_column *column; /* [n_use] */
    double *scratch;            /* one shard of one feature */
    tc_fold *fold;
} fit;

static void fit_free(fit *f)
{
    tc_fold_destroy(&f->fold);
    tc_mem_free(f->scratch);
    tc_mem_free(f->column);
    tc_mem_free(f->n_valid);
    tc_mem_free(f->quantile);
    tc_mem_free(f->origin);
}

static tc_status fit_create(fit *f, tc_error *err)
{
    const int n = f->params->n_use;
    TC_TRY(TC_FAULT("scale.create", err));
    for (int i = 0; i < n; i++) {
        tc_missing_policy missing;
        if (f->params->missing == NULL &&
            !tc_model_feature_known(f->params->use[i].feature, &missing)) {
            return tc_fail(err, TC_EINTERNAL,
                           "a model asks for the unknown feature '%.64s'",
                           f->params->use[i].feature);
        }
    }
    f->origin = tc_mem_alloc(n, sizeof *f->origin, err);
    f->quantile = tc_mem_alloc((int64_t)n * N_QUANTILES, sizeof *f->quantile, err);
    f->n_valid = tc_mem_alloc(n, sizeof *f->n_valid, err);
    f->column = tc_mem_alloc(n, sizeof *f->column, err);
    f->scratch = tc_mem_alloc(tc_shards_largest(f->shards), sizeof *f->scratch, err);
    if (f->origin == NULL || f->quantile == NULL || f->n_valid == NULL ||
        f->column == NULL || f->scratch == NULL) {
        return TC_ENOMEM;
    }
    for (int i = 0; i < n; i++) {
        f->column[i] = (tc_quantile_column){f->params->column[i], 1};
    }
    return tc_fold_create((int64_t)n * N_COUNTS, (int64_t)n * 2, &f->fold, err);
}

/* Fills impute, transform, low, high and origin from the quantiles. */
static tc_status set_cuts(fit *f, tc_error *err)
{
    for (int i = 0; i < f->params->n_use; i++) {
        const double *q = &f->quantile[(int64_t)i * N_QUANTILES];
        const tc_feature_use *use = &f->params->use[i];
        tc_missing_policy missing;
        tc_scale *scale = &f->scale[i];
        const int has_values = f->n_valid[i] > 0;
        if (f->params->missing != NULL) {
            missing = f->params->missing[i];
        } else {
            (void)tc_model_feature_known(use->feature, &missing);
        }
        *scale = (tc_scale){
            .is_log = use->transform == TC_LOG1P, .low = -HUGE_VAL, .high = HUGE_VAL};
        if (has_values && !(isfinite(q[LOW]) && isfinite(q[HIGH]))) {
            return tc_fail(
                err, TC_ENUMERIC,
                "feature %s has an infinite value; the features file is damaged or "
                "an amount is out of range: run the features stage again",
                use->feature);
        }
        if (has_values && missing == TC_MISSING_MEDIAN) {
            scale->impute = q[MEDIAN];
        }
        if (has_values && f->params->winsorise > 0) {
            scale->low = tc_scale_transform(scale->is_log, q[LOW]);
            scale->high = tc_scale_transform(scale->is_log, q[HIGH]);
        }
        f->origin[i] = tc_scale_cut(scale, has_values ? q[MEDIAN] : scale->impute);
    }
    return TC_OK;
}

/* Copies the fitted rows of a shard; returns how many. */
static int64_t gather_used(const uint8_t *use_row, const double *column, int64_t row,
                           int64_t n_rows, double *out)
{
    int64_t n = 0;
    for (int64_t i = row; i < row + n_rows; i++) {
        if (use_row == NULL || use_row[i] != 0) {
            out[n++] = column[i];
        }
    }
    return n;
}

static tc_status visit_moments(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                               double *reals, tc_error *err)
{
    const fit *f = context;
    if (f->params->rows != NULL) {
        TC_TRY(f->params->rows->load(f->params->rows->context, &row, n_rows, err));
    }
    for (int i = 0; i < f->params->n_use; i++) {
        tc_scale_counts counts = {0};
        const int64_t n =
            gather_used(f->params->use_row, f->params->column[i], row, n_rows, f->scratch);
        tc_scale_cut_column(&f->scale[i], n, f->scratch, f->scratch, &counts);
        const tc_scale_moments part = tc_scale_partial(n, f->scratch, f->origin[i]);
        *ints++ += counts.rows; /* in the order ROWS, MISSING, CLIPPED */
        *ints++ += counts.missing;
        *ints++ += counts.clipped;
        *reals++ = part.sum;
        *reals++ = part.squares;
    }
    return TC_OK;
}

/* mean = lowest value, scale = range, of the values after the cut. */
static void set_minmax(tc_scale *scale, const double *quantile, int64_t missing)
{
    const double a = tc_scale_cut(scale, quantile[LOW]);
    const double b = tc_scale_cut(scale, quantile[HIGH]);
    const double c = missing > 0 ? tc_scale_cut(scale, scale->impute) : a;
    scale->mean = c < a ? c : a;
    scale->scale = (c > b ? c : b) - scale->mean;
}

static void finish_one(fit *f, int i, const int64_t *counts, tc_scale_moments moments)
{
    tc_scale *scale = &f->scale[i];
    tc_scale_finish(scale, counts[ROWS], f->origin[i], moments);
    if (scale->scale > 0 && f->params->kind == TC_SCALE_MINMAX) {
        set_minmax(scale, &f->quantile[(int64_t)i * N_QUANTILES], counts[MISSING]);
    } else if (scale->scale > 0 && f->params->kind == TC_SCALE_NONE) {
        scale->scale = 1;
    }
}

static void set_moments(fit *f, tc_scale_counts *counts)
{
    const int64_t *ints = tc_fold_int(f->fold);
    const double *reals = tc_fold_real(f->fold);
    for (int i = 0; i < f->params->n_use; i++) {
        const int64_t *c = &ints[(int64_t)i * N_COUNTS];
        if (counts != NULL) {
            counts[i] = (tc_scale_counts){c[ROWS], c[MISSING], c[CLIPPED]};
        }
        if (c[ROWS] > 0) {
            finish_one(
                f, i, c,
                (tc_scale_moments){reals[2 * (int64_t)i], reals[2 * (int64_t)i + 1]});
        }
    }
}

tc_status tc_scale_fit_all(tc_comm *comm, const tc_shards *shards,
                           const tc_scale_params *params, tc_scale *out,
                           tc_scale_counts *counts, tc_error *err)
{
    const double p[N_QUANTILES] = {0.5, params->winsorise, 1 - params->winsorise};
    fit f = {.shards = shards, .params = params, .scale = out};
    tc_quantile_request request;
    tc_status st = tc_comm_agree_all(comm, fit_create(&f, err), err);
    if (st != TC_OK) {
        goto cleanup;
    }
    TC_ASSERT(f.column != NULL && f.quantile != NULL && f.n_valid != NULL &&
              f.origin != NULL);
    request = (tc_quantile_request){.columns = f.column,
                                    .n_columns = params->n_use,
                                    .use = params->use_row,
                                    .probabilities = p,
                                    .n_p = N_QUANTILES,
                                    .rule = TC_QUANTILE_TYPE7};
    st = tc_quantile_rows_all(comm, shards, &request, params->rows, f.quantile, f.n_valid,
                              err);
    if (st != TC_OK) {
        goto cleanup;
    }
    st = tc_comm_agree_all(comm, set_cuts(&f, err), err);
    if (st != TC_OK) {
        goto cleanup;
    }
    st = tc_fold_run_all(comm, shards, f.fold, visit_moments, &f, err);
    if (st == TC_OK) {
        set_moments(&f, counts);
    }
cleanup:
    fit_free(&f);
    return st;
}
