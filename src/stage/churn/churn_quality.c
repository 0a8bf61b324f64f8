/* churn_quality.c - how good a churn score is on customers whose outcome is known. */
#include "churn_impl.h"

#include "tiercel/fault.h"
#include "tiercel/fold.h"
#include "tiercel/order.h"

#include <math.h>

const char *const tc_churn_measure_names[TC_CHURN_MEASURES] = {"rows",
                                                               "positives",
                                                               "auc",
                                                               "auc_se",
                                                               "pr_auc",
                                                               "ks",
                                                               "brier",
                                                               "log_loss",
                                                               "brier_rounded",
                                                               "ece10",
                                                               "calibration_slope",
                                                               "calibration_intercept",
                                                               "base_rate",
                                                               "lift10",
                                                               "baseline_auc"};

/* Local. Key and row of the labelled customers; a missing recency counts as the longest. */
static int64_t gather_labelled(const tc_churn_job *job, const tc_churn_rows *rows,
                               uint64_t *key, int64_t *row)
{
    int64_t n = 0;
    for (int64_t i = 0; i < job->shards.n_local; i++) {
        if (rows->label[i] >= 0) {
            key[n] =
                tc_order_key_f64(isnan(rows->recency[i]) ? HUGE_VAL : rows->recency[i]);
            row[n++] = i;
        }
    }
    return n;
}

tc_status tc_churn_baseline_all(tc_churn_job *job, const tc_churn_rows *rows,
                                const tc_churn_classes *classes, double *auc, tc_error *err)
{
    const int64_t n_local = job->shards.n_local;
    uint64_t *key = tc_mem_alloc(n_local, sizeof *key, err);
    int64_t *words = tc_mem_alloc(3 * n_local, sizeof *words, err);
    int64_t twice_rank_sum = 0;
    tc_status st = TC_FAULT("churn.baseline", err);
    *auc = 0.5;
    if (key == NULL || words == NULL) {
        st = TC_ENOMEM;
    }
    st = tc_comm_agree_all(job->comm, st, err);
    if (st == TC_OK) {
        TC_ASSERT(key != NULL && words != NULL);
        int64_t *below = words, *equal = words + n_local, *row = equal + n_local;
        const int64_t n = gather_labelled(job, rows, key, row);
        st = tc_order_ranks_all(job->comm, key, n, below, equal, err);
        for (int64_t i = 0; i < n && st == TC_OK; i++) {
            twice_rank_sum += rows->label[row[i]] > 0 ? 2 * below[i] + equal[i] - 1 : 0;
        }
    }
    tc_comm_sum_i64_all(job->comm, &twice_rank_sum, 1);
    if (st == TC_OK) {
        *auc = tc_metrics_auc_of_ranks(twice_rank_sum, classes->churned,
                                       classes->labelled - classes->churned);
    }
    tc_mem_free(words);
    tc_mem_free(key);
    return st;
}

typedef struct {
    const double *eta;
    const int8_t *label;
} scored;

static tc_status visit(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                       double *reals, tc_error *err)
{
    const scored *s = context;
    (void)err;
    tc_metrics_partial(n_rows, s->eta + row, s->label + row, ints, reals);
    return TC_OK;
}

/* Collective. Slope and intercept of the outcome on the linear predictor: 1 and 0 if the
 * probabilities are right (Cox 1958, Biometrika 45). NaN if it cannot be told. */
static tc_status calibrate_all(tc_churn_job *job, const double *eta, const int8_t *label,
                               double *slope, double *intercept, tc_error *err)
{
    const double *const column[1] = {eta};
    const tc_logit_problem problem = tc_logit_problem_default(1);
    tc_logit_model *fit = NULL;
    const tc_status st = tc_churn_logit_all(job, &problem, column, label, &fit, err);
    const int known = st == TC_OK && fit->end == TC_LOGIT_CONVERGED && !fit->dropped[1];
    *slope = known ? fit->b[1] : (double)NAN;
    *intercept = known ? fit->b[0] : (double)NAN;
    tc_logit_destroy(&fit);
    return st;
}

tc_status tc_churn_quality_all(tc_churn_job *job, const double *eta, const int8_t *label,
                               double baseline_auc, tc_churn_quality *out, tc_error *err)
{
    scored context = {.eta = eta, .label = label};
    double slope = 0.0, intercept = 0.0, brier = 0.0, log_loss = 0.0;
    const tc_metrics *m = &out->metrics;
    tc_fold *fold = NULL;
    tc_status st = TC_FAULT("churn.quality", err);
    if (st == TC_OK) {
        st = tc_fold_create(TC_METRICS_INTS, 2, &fold, err);
    }
    st = tc_comm_agree_all(job->comm, st, err);
    if (st == TC_OK) {
        st = tc_fold_run_all(job->comm, &job->shards, fold, visit, &context, err);
    }
    if (st == TC_OK) {
        const int64_t *cells = tc_fold_int(fold);
        st = tc_metrics_finish(cells + TC_METRICS_CELLS, cells, &out->metrics, err);
        brier = tc_fold_real(fold)[0] / (double)m->rows;
        log_loss = tc_fold_real(fold)[1] / (double)m->rows;
    }
    if (st == TC_OK) {
        st = calibrate_all(job, eta, label, &slope, &intercept, err);
    }
    if (st == TC_OK) {
        const double value[TC_CHURN_MEASURES] = {(double)m->rows, (double)m->positives,
                                                 m->auc,          m->auc_se,
                                                 m->pr_auc,       m->ks,
                                                 brier,           log_loss,
                                                 m->brier,        m->ece10,
                                                 slope,           intercept,
                                                 m->base_rate,    m->lift10,
                                                 baseline_auc};
        for (int i = 0; i < TC_CHURN_MEASURES; i++) {
            out->value[i] = value[i];
        }
    }
    tc_fold_destroy(&fold);
    return st; /* agreed, or a function of merged sums: equal on all ranks */
}
