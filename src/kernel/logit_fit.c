#include "tiercel/linalg.h"
#include "tiercel/logit.h"

#include <math.h>
#include <string.h>

static const double RANK_TOLERANCE = 1e-9; /* of a column's own sum of squares */
static const double SINGULAR_TOLERANCE =
    1e-13; /* of the information during the iteration */
static const double ARMIJO = 1e-4;
static const double ROUNDING = 1e-14; /* of the objective: changes below it mean nothing */
static const double SEPARATION_GROWTH = 1.25; /* Newton under separation: exp(1/2) a step */
enum { SEARCH_ROUNDS = 8 };

/* One fit under way: the model, the sums at model->b, and where to get new ones. */
typedef struct {
    tc_logit_model *model;
    double *trial, *gradient, *step, *hessian, *error, *scratch;
    uint8_t *skip;
    double loss, decrement;
    tc_logit_evaluate *evaluate;
    void *context;
} fit;

tc_logit_problem tc_logit_problem_default(int n_columns)
{
    return (tc_logit_problem){.n_columns = n_columns,
                              .has_intercept = 1,
                              .max_iterations = 50,
                              .tolerance = 1e-10};
}

tc_status tc_logit_create(const tc_logit_problem *problem, tc_logit_model **out,
                          tc_error *err)
{
    const int q = problem->n_columns + problem->has_intercept;
    tc_logit_model *model = tc_mem_alloc(1, sizeof *model, err);
    *out = model;
    if (model == NULL) {
        return TC_ENOMEM;
    }
    model->problem = *problem;
    model->q = q;
    model->work =
        tc_mem_alloc(2 * tc_packed_size(q) + 6 * (int64_t)q, sizeof *model->work, err);
    model->dropped = tc_mem_alloc(3 * (int64_t)q, sizeof *model->dropped, err);
    if (model->work == NULL || model->dropped == NULL) {
        tc_logit_destroy(out);
        return TC_ENOMEM;
    }
    model->covariance = model->work;
    model->b = model->covariance + tc_packed_size(q);
    model->separated = model->dropped + q;
    return TC_OK;
}

void tc_logit_destroy(tc_logit_model **model)
{
    if (*model != NULL) {
        tc_mem_free((*model)->work);
        tc_mem_free((*model)->dropped);
        tc_mem_free(*model);
        *model = NULL;
    }
}

static fit fit_of(tc_logit_model *model, tc_logit_evaluate *evaluate, void *context)
{
    const int64_t q = model->q;
    fit k = {.model = model, .evaluate = evaluate, .context = context};
    k.hessian = model->b + q;
    k.gradient = k.hessian + tc_packed_size(model->q);
    k.step = k.gradient + q;
    k.trial = k.step + q;
    k.error = k.trial + q;
    k.scratch = k.error + q;
    k.skip = model->separated + q;
    return k;
}

static double penalty(const tc_logit_problem *problem, const double *b)
{
    double sum = 0.0;
    for (int j = 0; j < problem->n_columns; j++) {
        const double v = b[j + problem->has_intercept];
        sum += v * v;
    }
    return 0.5 * problem->ridge * sum;
}

/* Full pass at b; the sums become those of the fit. */
static tc_status pass(fit *k, const double *b, tc_error *err)
{
    tc_logit_model *model = k->model;
    const tc_logit_problem *problem = &model->problem;
    const tc_logit_request request = {.b = b};
    const int64_t *ints = NULL;
    const double *reals = NULL;
    const int64_t n = tc_logit_n_real(problem);
    TC_TRY(k->evaluate(k->context, &request, &ints, &reals, err));
    model->passes++;
    model->rows = ints[0];
    model->positives = ints[1];
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(reals[i])) {
            return tc_fail(err, TC_ENUMERIC,
                           "a logistic regression met a value that is not finite");
        }
    }
    k->loss = reals[0];
    model->objective = k->loss + penalty(problem, b);
    memcpy(k->gradient, reals + 1, (size_t)model->q * sizeof *k->gradient);
    memcpy(k->hessian, reals + 1 + model->q,
           (size_t)tc_packed_size(model->q) * sizeof *k->hessian);
    for (int j = problem->has_intercept; j < model->q; j++) {
        k->gradient[j] += problem->ridge * b[j];
    }
    return TC_OK;
}

/* At b = 0 every weight is 1/4: the Hessian is the cross-product matrix, whose dependent
 * columns show. */
static void find_rank(fit *k)
{
    tc_logit_model *model = k->model;
    const double *h = k->hessian;
    memset(model->dropped, 0, (size_t)model->q);
    if (model->problem.keep_dependent) {
        for (int j = model->problem.has_intercept; j < model->q; j++) {
            const double square = h[tc_packed(j, j)];
            const double sum = model->problem.has_intercept ? h[tc_packed(j, 0)] : 0.0;
            const double spread = square - sum * sum / h[0];
            model->dropped[j] = !(spread > RANK_TOLERANCE * square);
        }
    } else {
        memcpy(model->covariance, h, (size_t)tc_packed_size(model->q) * sizeof *h);
        (void)tc_cholesky(model->q, model->covariance, RANK_TOLERANCE, model->dropped);
    }
    model->rank = model->q;
    for (int j = 0; j < model->q; j++) {
        model->rank -= model->dropped[j];
    }
}

double tc_logit_step(const tc_logit_problem *problem, const double *gradient,
                     double *hessian, uint8_t *skip, double *step)
{
    const int q = problem->n_columns + problem->has_intercept;
    double decrement = 0.0;
    int kept = q;
    for (int j = 0; j < q; j++) {
        kept -= skip[j];
        step[j] = -gradient[j];
        hessian[tc_packed(j, j)] += j >= problem->has_intercept ? problem->ridge : 0.0;
    }
    if (tc_cholesky(q, hessian, SINGULAR_TOLERANCE, skip) < kept) {
        return -1.0;
    }
    tc_cholesky_solve(q, hessian, skip, step);
    for (int j = 0; j < q; j++) {
        decrement -= skip[j] ? 0.0 : gradient[j] * step[j];
    }
    return decrement > 0.0 ? decrement : 0.0;
}

/* Newton step at b, and which standard errors have grown since the point before. A singular
 * information gives a negative decrement and leaves the marks of the point before. Spoils
 * the covariance. */
static void aim(fit *k)
{
    tc_logit_model *model = k->model;
    memcpy(model->covariance, k->hessian,
           (size_t)tc_packed_size(model->q) * sizeof *k->hessian);
    memcpy(k->skip, model->dropped, (size_t)model->q);
    k->decrement =
        tc_logit_step(&model->problem, k->gradient, model->covariance, k->skip, k->step);
    for (int j = 0; j < model->q && k->decrement >= 0.0; j++) {
        double error;
        memset(k->scratch, 0, (size_t)model->q * sizeof *k->scratch);
        k->scratch[j] = 1.0;
        tc_cholesky_solve(model->q, model->covariance, k->skip, k->scratch);
        error = sqrt(k->scratch[j]);
        model->separated[j] = k->error[j] > 0.0 && error > SEPARATION_GROWTH * k->error[j];
        k->error[j] = error;
    }
}

/* trial = b + size step. */
static void set_trial(fit *k, double size)
{
    for (int j = 0; j < k->model->q; j++) {
        k->trial[j] = k->model->b[j] + size * k->step[j];
    }
}

/* Is f at b + size step low enough? */
static int descends(const fit *k, double before, double after, double size)
{
    const double slack = ROUNDING * (1.0 + fabs(before));
    return after <= before - ARMIJO * size * k->decrement + slack;
}

/* The largest of 1/2, 1/4, 1/8 ... that descends, four in a pass; 0 if none does. */
static tc_status search(fit *k, double before, double *size, tc_error *err)
{
    tc_logit_request request = {.b = k->model->b, .step = k->step};
    double next = 0.5;
    *size = 0.0;
    for (int round = 0; round < SEARCH_ROUNDS && *size <= 0.0; round++) {
        const int64_t *ints = NULL;
        const double *reals = NULL;
        for (int s = 0; s < TC_LOGIT_SIZES; s++) {
            request.size[s] = next;
            next *= 0.5;
        }
        TC_TRY(k->evaluate(k->context, &request, &ints, &reals, err));
        k->model->passes++;
        for (int s = 0; s < TC_LOGIT_SIZES && *size <= 0.0; s++) {
            set_trial(k, request.size[s]);
            if (descends(k, before, reals[s] + penalty(&k->model->problem, k->trial),
                         request.size[s])) {
                *size = request.size[s];
            }
        }
    }
    return TC_OK;
}

/* Moves b along the step, shortened where the full step does not descend; *moved = 0 if no
 * step does. The full step is tried by a full pass, since it is nearly always the one. */
static tc_status move(fit *k, int *moved, tc_error *err)
{
    tc_logit_model *model = k->model;
    const double before = model->objective;
    double size = 1.0;
    set_trial(k, size);
    TC_TRY(pass(k, k->trial, err));
    if (!descends(k, before, model->objective, size)) {
        TC_TRY(search(k, before, &size, err));
        set_trial(k, size);
        TC_TRY(pass(k, k->trial, err));
    }
    *moved = size > 0.0;
    model->iterations += *moved;
    memcpy(model->b, k->trial, (size_t)model->q * sizeof *model->b);
    return TC_OK;
}

static tc_status iterate(fit *k, tc_error *err)
{
    tc_logit_model *model = k->model;
    const tc_logit_problem *problem = &model->problem;
    const double tolerance = fmax(problem->tolerance, 1e-15);
    int done = 0, moved = 1;
    aim(k);
    while (!done && moved && k->decrement >= 0.0 &&
           model->iterations < problem->max_iterations) {
        done = 0.5 * k->decrement <= tolerance * (1.0 + fabs(model->objective));
        TC_TRY(move(k, &moved, err));
        aim(k);
    }
    model->end = done ? TC_LOGIT_CONVERGED : TC_LOGIT_LIMIT;
    if (k->decrement < 0.0) {
        model->end = TC_LOGIT_SEPARATED;
    }
    for (int j = 0; j < model->q; j++) {
        if (model->end == TC_LOGIT_LIMIT) {
            model->separated[j] =
                0; /* far from the end errors may grow for other reasons */
        } else if (model->separated[j]) {
            model->end = TC_LOGIT_SEPARATED;
        }
    }
    return TC_OK;
}

static void finish(fit *k)
{
    tc_logit_model *model = k->model;
    double square = 0.0;
    for (int j = 0; j < model->q; j++) {
        square += model->dropped[j] ? 0.0 : k->gradient[j] * k->gradient[j];
    }
    model->gradient_norm = sqrt(square);
    model->deviance = 2.0 * k->loss;
    memcpy(k->skip, model->dropped, (size_t)model->q);
    (void)tc_cholesky(model->q, k->hessian, SINGULAR_TOLERANCE, k->skip);
    tc_cholesky_inverse(model->q, k->hessian, k->skip, k->scratch, model->covariance);
}

static double null_deviance(const tc_logit_model *model)
{
    const double n = (double)model->rows, p = (double)model->positives;
    if (!model->problem.has_intercept) {
        return 2.0 * n * log(2.0);
    }
    return -2.0 * (p * log(p / n) + (n - p) * log((n - p) / n));
}

tc_status tc_logit_fit(tc_logit_model *model, tc_logit_evaluate *evaluate, void *context,
                       tc_error *err)
{
    fit k = fit_of(model, evaluate, context);
    memset(model->b, 0, (size_t)model->q * sizeof *model->b);
    memset(k.error, 0, (size_t)model->q * sizeof *k.error);
    memset(model->separated, 0, (size_t)model->q);
    model->iterations = model->passes = 0;
    TC_TRY(pass(&k, model->b, err));
    if (model->positives <= 0 || model->positives >= model->rows) {
        return tc_fail(
            err, TC_ENUMERIC,
            "a logistic regression needs two classes: %lld of %lld rows have y = 1",
            (long long)model->positives, (long long)model->rows);
    }
    model->null_deviance = null_deviance(model);
    find_rank(&k);
    TC_TRY(iterate(&k, err));
    finish(&k);
    return TC_OK;
}
