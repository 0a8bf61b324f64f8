/* churn_data.c - what the churn stage reads from features.h5. */
#include "churn_impl.h"

#include "tiercel/fault.h"
#include "tiercel/log.h"
#include "tiercel/model_feature.h"
#include "tiercel/scale_all.h"

#include <stdio.h>

enum { NAME_TEXT = 160 };

/* What is as given today may tell a model of the past what came after. */
static void warn_user(const tc_churn_job *job)
{
    for (int f = 0; f < job->n_use; f++) {
        if (tc_model_feature_is_user(job->use[f].feature)) {
            tc_log_warn(
                "churn: %s is as given, not as of a date: the model learns at %s from "
                "what the table says now, so its quality may be overstated",
                job->use[f].feature, job->date_train);
            return;
        }
    }
}

tc_status tc_churn_open_all(tc_churn_job *job, tc_error *err)
{
    const struct {
        const char *name;
        char *text;
    } dates[] = {{"date_score", job->date_score},
                 {"date_train", job->date_train},
                 {"date_backtest", job->date_backtest}};
    tc_status st = TC_FAULT("churn.open", err);
    job->use = job->config->churn.use;
    job->n_use = job->config->churn.n_use;
    if (st == TC_OK) {
        st = tc_scale_check_uses(job->use, job->n_use, "churn", err);
    }
    st = tc_comm_agree_all(job->comm, st, err);
    if (st == TC_OK) {
        st = tc_stage_open_all(job->comm, job->config, TC_STAGE_FEATURES, &job->in, err);
    }
    if (st == TC_OK) {
        st = tc_stage_shards_all(job->comm, job->in, &job->shards, err);
    }
    for (int d = 0; d < 3 && st == TC_OK; d++) {
        st = tc_store_get_text_all(job->in, dates[d].name, dates[d].text, TC_STORE_NAME,
                                   err);
    }
    if (st == TC_OK) {
        warn_user(job);
    }
    return st;
}

void tc_churn_close_all(tc_churn_job *job)
{
    tc_churn_log_free_all(&job->log);
    tc_shards_free(&job->shards);
    tc_store_close_all(&job->out);
    tc_store_close_all(&job->in);
}

tc_status tc_churn_feature_all(tc_churn_job *job, const char *date, const char *feature,
                               double *out, tc_error *err)
{
    return tc_model_feature_read_all(job->comm, job->in, &job->shards, date, feature, out,
                                     err);
}

tc_status tc_churn_label_all(tc_churn_job *job, const char *date, int8_t **label,
                             tc_churn_classes *classes, tc_error *err)
{
    char name[NAME_TEXT];
    const tc_field field = {.name = name, .type = TC_I8};
    const int64_t n = job->shards.n_local;
    int64_t counts[2] = {0, 0};
    tc_status st;
    (void)snprintf(name, sizeof name, "at/%s/label", date);
    *label = tc_mem_alloc(n, sizeof **label, err);
    st = tc_comm_agree_all(job->comm, *label == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_store_get_all(job->in, &field, job->shards.row0, n, *label, err);
    }
    TC_ASSERT(st != TC_OK || *label != NULL);
    for (int64_t i = 0; i < n && st == TC_OK; i++) {
        counts[0] += (*label)[i] >= 0;
        counts[1] += (*label)[i] > 0;
    }
    tc_comm_sum_i64_all(job->comm, counts, 2);
    *classes = (tc_churn_classes){.labelled = counts[0], .churned = counts[1]};
    return st;
}

/* Local. */
static tc_status rows_create(const tc_churn_job *job, int with_columns, tc_churn_rows *rows,
                             tc_error *err)
{
    const int64_t n = job->shards.n_local;
    TC_TRY(TC_FAULT("churn.rows", err));
    rows->recency = tc_mem_alloc(n, sizeof *rows->recency, err);
    if (rows->recency == NULL) {
        return TC_ENOMEM;
    }
    if (!with_columns) {
        return TC_OK;
    }
    rows->column = tc_mem_alloc(job->n_use, sizeof *rows->column, err);
    if (rows->column == NULL) {
        return TC_ENOMEM;
    }
    for (int f = 0; f < job->n_use; f++) {
        rows->column[f] = tc_mem_alloc(n, sizeof *rows->column[f], err);
        if (rows->column[f] == NULL) {
            return TC_ENOMEM;
        }
    }
    return TC_OK;
}

tc_status tc_churn_rows_all(tc_churn_job *job, const char *date, int with_columns,
                            tc_churn_rows *rows, tc_error *err)
{
    tc_status st =
        tc_comm_agree_all(job->comm, rows_create(job, with_columns, rows, err), err);
    if (st == TC_OK) {
        st = tc_churn_feature_all(job, date, "recency_days", rows->recency, err);
    }
    for (int f = 0; f < job->n_use && st == TC_OK && with_columns; f++) {
        st = tc_churn_feature_all(job, date, job->use[f].feature, rows->column[f], err);
    }
    return st;
}

void tc_churn_rows_free(const tc_churn_job *job, tc_churn_rows *rows)
{
    for (int f = 0; f < job->n_use && rows->column != NULL; f++) {
        tc_mem_free(rows->column[f]);
    }
    tc_mem_free(rows->column);
    tc_mem_free(rows->recency);
    tc_mem_free(rows->label);
    *rows = (tc_churn_rows){0};
}
