/* churn_output.c - churn.h5: scores, models, their quality. */
#include "churn_stage.h"

#include "tiercel/progress.h"

/* Collective. */
static tc_status put_scores_all(tc_churn_stage *s, tc_error *err)
{
    static const tc_field score = {
        .name = "score",
        .type = TC_U16,
        .unit = "1/65536",
        .description =
            "floor(65536 p), p the probability of no purchase within the horizon after "
            "the as-of date; 65535 for customers who never bought"};
    static const tc_field probability = {.name = "probability",
                                         .type = TC_F32,
                                         .unit = "1",
                                         .description =
                                             "p; 1 for customers who never bought, who are "
                                             "outside the model; missing for those "
                                             "who are not yet customers"};
    static const tc_field percentile = {
        .name = "percentile",
        .type = TC_F32,
        .unit = "1",
        .description =
            "mid-rank of the score among all customers over their number; higher = more "
            "likely to leave; missing for those who are not yet customers"};
    static const tc_field past = {
        .name = "backtest/score",
        .type = TC_U16,
        .unit = "1/65536",
        .description = "score at date_train by the model trained at date_backtest"};
    tc_status st = tc_churn_put_rows_all(&s->job, &score, s->score, err);
    if (st == TC_OK) {
        st = tc_churn_put_rows_all(&s->job, &probability, s->probability, err);
    }
    if (st == TC_OK) {
        st = tc_churn_put_rows_all(&s->job, &percentile, s->percentile, err);
    }
    if (st == TC_OK && s->backtest.fit != NULL) {
        st = tc_churn_put_rows_all(&s->job, &past, s->past_score, err);
    }
    return st;
}

/* Collective. */
static tc_status put_attributes_all(tc_churn_stage *s, tc_error *err)
{
    const tc_logit_model *fit = s->train.fit;
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"has_model", 1},
                   {"has_backtest", s->backtest.fit != NULL},
                   {"iterations", fit->iterations},
                   {"rows_train", fit->rows},
                   {"positives_train", fit->positives},
                   {"rank", fit->rank},
                   {"converged", fit->end == TC_LOGIT_CONVERGED}};
    const struct {
        const char *name;
        double value;
    } reals[] = {{"deviance", fit->deviance},
                 {"null_deviance", fit->null_deviance},
                 {"gradient_norm", fit->gradient_norm},
                 {"ridge", s->train.ridge}};
    tc_status st = tc_store_put_text_all(s->job.out, "status", s->train.status, err);
    if (st == TC_OK) {
        st = tc_store_put_text_all(s->job.out, "backtest_status", s->backtest_status, err);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && st == TC_OK; i++) {
        st = tc_store_put_i64_all(s->job.out, numbers[i].name, numbers[i].value, err);
    }
    for (size_t i = 0; i < sizeof reals / sizeof reals[0] && st == TC_OK; i++) {
        st = tc_store_put_f64_all(s->job.out, reals[i].name, reals[i].value, err);
    }
    return st;
}

tc_status tc_churn_write_all(tc_churn_stage *s, tc_error *err)
{
    tc_churn_job *job = &s->job;
    const int has_backtest = s->backtest.fit != NULL;
    tc_status st;
    tc_progress_phase("writing", 0, "");
    st = tc_stage_create_all(job->comm, job->config, TC_STAGE_CHURN, tc_store_head(job->in),
                             &job->out, err);
    if (st == TC_OK) {
        st = put_scores_all(s, err);
    }
    if (st == TC_OK) {
        st = tc_churn_put_model_all(job, "model", &s->train, err);
    }
    if (st == TC_OK && has_backtest) {
        st = tc_churn_put_model_all(job, "backtest_model", &s->backtest, err);
    }
    if (st == TC_OK) {
        st = tc_churn_put_quality_all(job, "train", &s->in_sample, err);
    }
    if (st == TC_OK && has_backtest) {
        st = tc_churn_put_quality_all(job, "test", &s->out_of_time, err);
    }
    if (st == TC_OK) {
        st = put_attributes_all(s, err);
    }
    return st == TC_OK ? tc_store_publish_all(&job->out, err) : st;
}
