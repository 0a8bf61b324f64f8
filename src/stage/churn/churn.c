/* churn.c - who is about to leave: a logistic regression trained one horizon before the as-of date,
 * tested out of time one horizon later than its own training, and applied at the as-of date. */
#include "churn_stage.h"

#include "tiercel/fault.h"
#include "tiercel/log.h"
#include "tiercel/progress.h"
#include "tiercel/stage_checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int enough(const tc_churn_stage *s, const tc_churn_classes *c)
{
    const int64_t least = s->job.config->churn.min_class;
    return c->churned >= least && c->labelled - c->churned >= least;
}

/* Local. Why there is no model, and what to change. */
static tc_status refuse(const tc_churn_stage *s, tc_error *err)
{
    const tc_churn_classes *c = &s->train_classes;
    const tc_config *config = s->job.config;
    const int64_t stayed = c->labelled - c->churned;
    char who[128];
    if (config->features.active_days > 0) {
        (void)snprintf(who, sizeof who, "active in the %lld days before %s",
                       (long long)config->features.active_days, s->job.date_train);
    } else {
        (void)snprintf(who, sizeof who, "known on %s", s->job.date_train);
    }
    return tc_fail(
        err, TC_EDATA,
        "churn: %s: of %lld customers %s, %lld left and %lld bought within the next %lld "
        "days, "
        "and a model needs %lld of each: change run.as_of (now %s), run.horizon_days or "
        "features.active_days so that both happen, or lower churn.min_class",
        c->churned > 0 && stayed > 0 ? "too few of one class" : "one class only",
        (long long)c->labelled, who, (long long)c->churned, (long long)stayed,
        (long long)config->horizon_days, (long long)config->churn.min_class,
        s->job.date_score);
}

/* Local. The answers of the stage; a customer who never bought has no features to judge by. */
static void publish(const double *recency, const double *eta, int64_t n, uint16_t *score,
                    float *probability)
{
    for (int64_t i = 0; i < n; i++) {
        const double p = isnan(recency[i]) ? 1.0 : tc_logit_probability(eta[i]);
        score[i] = tc_metrics_score(p);
        if (probability != NULL) {
            probability[i] = (float)p;
        }
    }
}

/* Collective. Labels of both past dates; a model must be possible at date_train. */
static tc_status labels_all(tc_churn_stage *s, tc_churn_rows *train,
                            tc_churn_rows *backtest, tc_error *err)
{
    tc_churn_job *job = &s->job;
    tc_status st =
        tc_churn_label_all(job, job->date_train, &train->label, &s->train_classes, err);
    if (st == TC_OK) {
        st = tc_churn_label_all(job, job->date_backtest, &backtest->label,
                                &s->backtest_classes, err);
    }
    if (st == TC_OK && !enough(s, &s->train_classes)) {
        st = tc_comm_agree_all(job->comm, refuse(s, err), err);
    }
    return st;
}

/* Collective. The model of one horizon earlier, if its classes are large enough. */
static tc_status backtest_all(tc_churn_stage *s, tc_churn_rows *rows, tc_error *err)
{
    tc_churn_job *job = &s->job;
    const tc_churn_classes *c = &s->backtest_classes;
    tc_status st;
    if (!enough(s, c)) {
        (void)snprintf(
            s->backtest_status, sizeof s->backtest_status,
            "none: at %s %lld customers left and %lld stayed, and a model needs %lld "
            "of each; quality is known in-sample only",
            job->date_backtest, (long long)c->churned,
            (long long)(c->labelled - c->churned), (long long)job->config->churn.min_class);
        tc_log_warn("churn: %s", s->backtest_status);
        return TC_OK;
    }
    st = tc_churn_rows_all(job, job->date_backtest, 1, rows, err);
    if (st == TC_OK) {
        st = tc_churn_train_all(job, rows, c, &s->backtest, err);
    }
    if (st == TC_OK) {
        (void)snprintf(s->backtest_status, sizeof s->backtest_status, "%s",
                       s->backtest.status);
    }
    return st;
}

/* Local. eta of rows whose columns are loaded. */
static void predict(const tc_churn_stage *s, const tc_churn_model *model,
                    const tc_churn_rows *rows, int is_raw)
{
    const int64_t n = s->job.shards.n_local;
    tc_churn_eta_start(model, n, s->eta);
    for (int f = 0; f < s->job.n_use; f++) {
        tc_churn_eta_add(model, f, is_raw, n, rows->column[f], s->eta);
    }
}

/* Collective. At date_train: the earlier model is tested, then the model itself is trained. */
static tc_status train_all(tc_churn_stage *s, tc_churn_rows *rows, tc_error *err)
{
    tc_churn_job *job = &s->job;
    double baseline = 0.0;
    tc_status st = tc_churn_rows_all(job, job->date_train, 1, rows, err);
    if (st == TC_OK) {
        st = tc_churn_baseline_all(job, rows, &s->train_classes, &baseline, err);
    }
    if (st == TC_OK && s->backtest.fit != NULL) {
        predict(s, &s->backtest, rows, 1);
        publish(rows->recency, s->eta, job->shards.n_local, s->past_score, NULL);
        st = tc_churn_quality_all(job, s->eta, rows->label, baseline, &s->out_of_time, err);
    }
    if (st == TC_OK) {
        st = tc_churn_train_all(job, rows, &s->train_classes, &s->train, err);
    }
    if (st == TC_OK) {
        predict(s, &s->train, rows, 0);
        st = tc_churn_quality_all(job, s->eta, rows->label, baseline, &s->in_sample, err);
    }
    return st;
}

/* Collective. Mid-rank percentile of each score, from the counts of all 65,536 scores. Only those who are customers at
 * date_score count: orders[n_local] is missing for the others, who came later. */
static tc_status percentiles_all(tc_churn_stage *s, const double *orders, tc_error *err)
{
    const tc_shards *shards = &s->job.shards;
    int64_t *count = tc_mem_alloc(TC_METRICS_CELLS, sizeof *count, err);
    float *of_score = tc_mem_alloc(TC_METRICS_CELLS, sizeof *of_score, err);
    int64_t below = 0, total = 0;
    const tc_status st = tc_comm_agree_all(
        s->job.comm, count == NULL || of_score == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(count != NULL && of_score != NULL);
        for (int64_t i = 0; i < shards->n_local; i++) {
            count[s->score[i]] += !isnan(orders[i]);
        }
        tc_comm_sum_i64_all(s->job.comm, count, TC_METRICS_CELLS);
        for (int c = 0; c < TC_METRICS_CELLS; c++) {
            total += count[c];
        }
        for (int c = 0; c < TC_METRICS_CELLS; c++) {
            const double mid = (double)below + 0.5 * (double)(count[c] + 1);
            of_score[c] = (float)(mid / (double)total);
            below += count[c];
        }
        for (int64_t i = 0; i < shards->n_local; i++) {
            const int known = !isnan(orders[i]);
            s->percentile[i] = known ? of_score[s->score[i]] : (float)NAN;
            s->probability[i] = known ? s->probability[i] : (float)NAN;
        }
    }
    tc_mem_free(of_score);
    tc_mem_free(count);
    return st;
}

/* Collective. Applies the model at date_score, one feature in memory at a time. */
static tc_status score_all(tc_churn_stage *s, tc_churn_rows *rows, tc_error *err)
{
    tc_churn_job *job = &s->job;
    const int64_t n = job->shards.n_local;
    double *column = tc_mem_alloc(n, sizeof *column, err);
    tc_status st = TC_FAULT("churn.score", err);
    st = tc_comm_agree_all(job->comm, column == NULL ? TC_ENOMEM : st, err);
    if (st == TC_OK) {
        st = tc_churn_rows_all(job, job->date_score, 0, rows, err);
    }
    if (st == TC_OK) {
        tc_churn_eta_start(&s->train, n, s->eta);
    }
    for (int f = 0; f < job->n_use && st == TC_OK; f++) {
        st = tc_churn_feature_all(job, job->date_score, job->use[f].feature, column, err);
        if (st == TC_OK) {
            tc_churn_eta_add(&s->train, f, 1, n, column, s->eta);
        }
    }
    if (st == TC_OK) {
        st = tc_churn_feature_all(job, job->date_score, "order_count", column, err);
    }
    if (st == TC_OK) {
        publish(rows->recency, s->eta, n, s->score, s->probability);
        st = percentiles_all(s, column, err);
    }
    tc_mem_free(column);
    return st;
}

/* Collective. The arrays of one value a customer. */
static tc_status create_all(tc_churn_stage *s, tc_error *err)
{
    const int64_t n = s->job.shards.n_local;
    s->eta = tc_mem_alloc(n, sizeof *s->eta, err);
    s->score = tc_mem_alloc(n, sizeof *s->score, err);
    s->past_score = tc_mem_alloc(n, sizeof *s->past_score, err);
    s->probability = tc_mem_alloc(n, sizeof *s->probability, err);
    s->percentile = tc_mem_alloc(n, sizeof *s->percentile, err);
    return tc_comm_agree_all(s->job.comm,
                             s->eta == NULL || s->score == NULL || s->past_score == NULL ||
                                     s->probability == NULL || s->percentile == NULL
                                 ? TC_ENOMEM
                                 : TC_OK,
                             err);
}

static void log_result(const tc_churn_stage *s)
{
    const double *m = s->in_sample.value;
    const double *t = s->out_of_time.value;
    tc_log_info(
        "churn: %lld customers, %lld left; deviance %.6f of %.6f; in-sample AUC %.4f, "
        "recency alone %.4f",
        (long long)s->train.fit->rows, (long long)s->train.fit->positives,
        s->train.fit->deviance, s->train.fit->null_deviance, m[2], m[14]);
    if (s->backtest.fit != NULL) {
        tc_log_info(
            "churn: out of time AUC %.4f +- %.4f, Brier %.4f, lift of the top tenth %.2f",
            t[2], t[3], t[6], t[13]);
    }
    if (strcmp(s->train.status, "converged") != 0) {
        tc_log_warn("churn: %s", s->train.status);
    }
}

/* Collective. The steps in order; each frees the customers of its date. */
static tc_status run_all(tc_churn_stage *s, tc_error *err)
{
    tc_churn_rows train = {0}, backtest = {0}, now = {0};
    tc_status st;
    tc_progress_phase("loading", 0, "");
    st = labels_all(s, &train, &backtest, err);
    if (st == TC_OK) {
        st = create_all(s, err);
    }
    if (st == TC_OK) {
        st = backtest_all(s, &backtest, err);
    }
    tc_churn_rows_free(&s->job, &backtest);
    if (st == TC_OK) {
        st = train_all(s, &train, err);
    }
    tc_churn_rows_free(&s->job, &train);
    if (st == TC_OK) {
        tc_progress_phase("scoring", 0, "");
        st = score_all(s, &now, err);
    }
    tc_churn_rows_free(&s->job, &now);
    return st == TC_OK ? tc_churn_write_all(s, err) : st;
}

tc_status tc_churn_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    tc_churn_stage s = {.job = {.comm = comm, .config = config}};
    tc_status st = tc_churn_open_all(&s.job, err);
    if (st == TC_OK) {
        st = tc_stage_checkpoint_all(comm, config, TC_STAGE_CHURN, "",
                                     &s.job.log.checkpoint, err);
    }
    if (st == TC_OK) {
        st = tc_churn_log_open_all(comm, &s.job.log, err);
    }
    if (st == TC_OK) {
        st = tc_churn_log_end_all(&s.job.log, run_all(&s, err), err);
    }
    if (st == TC_OK) {
        log_result(&s);
    }
    tc_churn_model_free(&s.train);
    tc_churn_model_free(&s.backtest);
    tc_mem_free(s.eta);
    tc_mem_free(s.score);
    tc_mem_free(s.past_score);
    tc_mem_free(s.probability);
    tc_mem_free(s.percentile);
    tc_churn_close_all(&s.job);
    return st;
}
