/* churn_fit.c - the churn model fitted over all ranks: each pass of the Newton loop is one fold. */
#include "churn_impl.h"

#include "tiercel/fault.h"
#include "tiercel/fold.h"
#include "tiercel/progress.h"
#include "tiercel/scale_all.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 512 };

/* Classes that the model tells apart as well as this are as good as separated. */
static const double PERFECT_DEVIANCE = 1e-3;

/* What the fold sees of a fit. */
typedef struct {
    tc_churn_job *job;
    const tc_logit_problem *problem;
    tc_logit_rows rows;
    const tc_logit_request *request;
    double *scratch;
    tc_fold *fold;
} passes;

static tc_status visit(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                       double *reals, tc_error *err)
{
    passes *p = context;
    (void)err;
    p->rows.row0 = row;
    p->rows.n_rows = n_rows;
    tc_logit_partial(p->problem, &p->rows, p->request, p->scratch, ints, reals);
    return TC_OK;
}

static tc_status evaluate_all(void *context, const tc_logit_request *request,
                              const int64_t **ints, const double **reals, tc_error *err)
{
    passes *p = context;
    tc_churn_log *log = &p->job->log;
    const int q = p->problem->n_columns + p->problem->has_intercept;
    const int64_t size[2] = {TC_LOGIT_INTS, tc_logit_n_real(p->problem)};
    tc_status st;
    p->request = request;
    if (tc_churn_log_next(log, request, q, size, ints, reals)) {
        return TC_OK;
    }
    st = tc_fold_run_all(p->job->comm, &p->job->shards, p->fold, visit, p, err);
    tc_progress_add(1);
    *ints = tc_fold_int(p->fold);
    *reals = tc_fold_real(p->fold);
    return st == TC_OK ? tc_churn_log_add_all(log, request, q, size, *ints, *reals, err)
                       : st;
}

/* Local. */
static tc_status passes_create(passes *p, tc_logit_model **out, tc_error *err)
{
    TC_TRY(TC_FAULT("churn.fit", err));
    TC_TRY(tc_logit_create(p->problem, out, err));
    TC_TRY(tc_fold_create(TC_LOGIT_INTS, tc_logit_n_real(p->problem), &p->fold, err));
    p->scratch = tc_mem_alloc(tc_logit_n_scratch(p->problem), sizeof *p->scratch, err);
    return p->scratch == NULL ? TC_ENOMEM : TC_OK;
}

tc_status tc_churn_logit_all(tc_churn_job *job, const tc_logit_problem *problem,
                             const double *const *column, const int8_t *y,
                             tc_logit_model **out, tc_error *err)
{
    passes p = {.job = job, .problem = problem, .rows = {.column = column, .y = y}};
    tc_status st;
    *out = NULL;
    st = tc_comm_agree_all(job->comm, passes_create(&p, out, err), err);
    if (st == TC_OK) {
        tc_progress_phase("fitting", 0, "passes");
        st = tc_logit_fit(*out, evaluate_all, &p, err);
    }
    tc_fold_destroy(&p.fold);
    tc_mem_free(p.scratch);
    return st; /* agreed, or a function of merged sums: equal on all ranks */
}

/* Collective. Scales fitted to the labelled rows, which are then turned into model space. */
static tc_status scale_all(tc_churn_job *job, tc_churn_rows *rows, tc_churn_model *model,
                           tc_error *err)
{
    const int64_t n = job->shards.n_local;
    uint8_t *labelled = tc_mem_alloc(n, sizeof *labelled, err);
    const tc_scale_params params = {.column = (const double *const *)rows->column,
                                    .use = job->use,
                                    .n_use = job->n_use,
                                    .kind = TC_SCALE_ZSCORE,
                                    .use_row = labelled};
    tc_status st = TC_OK;
    model->scale = tc_mem_alloc(job->n_use, sizeof *model->scale, err);
    model->effect = tc_mem_alloc(job->n_use + 1, sizeof *model->effect, err);
    if (labelled == NULL || model->scale == NULL || model->effect == NULL) {
        st = TC_ENOMEM;
    }
    st = tc_comm_agree_all(job->comm, st, err);
    TC_ASSERT(st != TC_OK || labelled != NULL);
    for (int64_t i = 0; i < n && st == TC_OK; i++) {
        labelled[i] = rows->label[i] >= 0;
    }
    if (st == TC_OK) {
        st = tc_scale_fit_all(job->comm, &job->shards, &params, model->scale, NULL, err);
    }
    for (int f = 0; f < job->n_use && st == TC_OK; f++) {
        tc_scale_apply_column(&model->scale[f], n, rows->column[f], rows->column[f]);
    }
    tc_mem_free(labelled);
    return st;
}

/* Local. Ranges as numbers whose maximum over all ranks is sought, and back. */
static void negate_low(tc_logit_range *range, int d)
{
    for (int f = 0; f < d; f++) {
        range[f].low[0] = -range[f].low[0];
        range[f].low[1] = -range[f].low[1];
    }
}

/* Collective. Marks the columns that separate the classes alone. */
static tc_status mark_separating_all(tc_churn_job *job, const tc_churn_rows *rows,
                                     tc_logit_model *fit, tc_error *err)
{
    enum { NUMBERS = sizeof(tc_logit_range) / sizeof(double) };
    const int d = job->n_use;
    const tc_logit_rows view = {.column = (const double *const *)rows->column,
                                .y = rows->label,
                                .n_rows = job->shards.n_local};
    tc_logit_range *range = tc_mem_alloc(d, sizeof *range, err);
    const tc_status st =
        tc_comm_agree_all(job->comm, range == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(range != NULL);
        for (int f = 0; f < d; f++) {
            range[f] = tc_logit_range_empty();
        }
        tc_logit_range_partial(d, &view, range);
        negate_low(range, d);
        tc_comm_max_f64_all(job->comm, (double *)(void *)range, (int64_t)d * NUMBERS);
        negate_low(range, d);
        for (int f = 0; f < d; f++) {
            fit->separated[f + 1] |= (uint8_t)tc_logit_range_separates(&range[f]);
        }
    }
    tc_mem_free(range);
    return st;
}

/* Writes how the fit ended, with the features whose effect cannot be told. */
static void describe(const tc_churn_job *job, tc_churn_model *model)
{
    const tc_logit_model *fit = model->fit;
    size_t used;
    int n = 0;
    TC_ASSERT(fit != NULL);
    (void)snprintf(model->status, sizeof model->status, "%s",
                   fit->end == TC_LOGIT_SEPARATED ? "separated" : "converged");
    if (fit->end == TC_LOGIT_LIMIT) {
        (void)snprintf(model->status, sizeof model->status,
                       "stopped after %lld steps before the tolerance was met: raise "
                       "churn.max_iterations",
                       (long long)fit->iterations);
    }
    for (int f = 0; f < job->n_use; f++) {
        used = strlen(model->status);
        if (fit->separated[f + 1]) {
            (void)snprintf(model->status + used, sizeof model->status - used, "%s%s",
                           n == 0 ? "; no finite effect exists for: " : ", ",
                           job->use[f].feature);
            n++;
        }
    }
    used = strlen(model->status);
    if (fit->deviance < PERFECT_DEVIANCE * fit->null_deviance) {
        (void)snprintf(model->status + used, sizeof model->status - used,
                       "; the classes are told apart perfectly: does a feature know the "
                       "outcome?");
    }
}

tc_status tc_churn_train_all(tc_churn_job *job, tc_churn_rows *rows,
                             const tc_churn_classes *classes, tc_churn_model *model,
                             tc_error *err)
{
    const tc_config_churn *config = &job->config->churn;
    tc_logit_problem problem = tc_logit_problem_default(job->n_use);
    double *moments;
    tc_status st = scale_all(job, rows, model, err);
    problem.ridge = config->ridge * (double)classes->labelled;
    problem.max_iterations = config->max_iterations;
    problem.tolerance = config->tolerance;
    model->ridge = config->ridge;
    if (st == TC_OK) {
        st = tc_churn_logit_all(job, &problem, (const double *const *)rows->column,
                                rows->label, &model->fit, err);
    }
    if (st == TC_OK) {
        st = mark_separating_all(job, rows, model->fit, err);
    }
    if (st != TC_OK) {
        return st;
    }
    moments = tc_mem_alloc(2 * (int64_t)job->n_use, sizeof *moments, err);
    st = tc_comm_agree_all(job->comm, moments == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(moments != NULL);
        for (int f = 0; f < job->n_use; f++) {
            moments[f] = model->scale[f].mean;
            moments[job->n_use + f] = model->scale[f].scale;
        }
        tc_logit_effects(model->fit, moments, moments + job->n_use, model->effect);
        describe(job, model);
    }
    tc_mem_free(moments);
    return st;
}

void tc_churn_model_free(tc_churn_model *model)
{
    tc_mem_free(model->scale);
    tc_mem_free(model->effect);
    tc_logit_destroy(&model->fit);
    *model = (tc_churn_model){0};
}

void tc_churn_eta_start(const tc_churn_model *model, int64_t n, double *eta)
{
    for (int64_t i = 0; i < n; i++) {
        eta[i] = model->fit->b[0];
    }
}

void tc_churn_eta_add(const tc_churn_model *model, int f, int is_raw, int64_t n,
                      const double *x, double *eta)
{
    const double b = model->fit->b[f + 1];
    double z[BLOCK];
    for (int64_t i = 0; i < n; i += BLOCK) {
        const int64_t m = n - i < BLOCK ? n - i : BLOCK;
        if (is_raw) {
            tc_scale_apply_column(&model->scale[f], m, x + i, z);
        }
        for (int64_t k = 0; k < m; k++) {
            eta[i + k] += b * (is_raw ? z[k] : x[i + k]);
        }
    }
}
