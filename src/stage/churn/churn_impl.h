/* churn_impl.h - what the files of the churn stage share (stage layer, private). */
#ifndef TC_CHURN_IMPL_H
#define TC_CHURN_IMPL_H

#include "churn_log.h"

#include "tiercel/date.h"
#include "tiercel/lineage.h"
#include "tiercel/logit.h"
#include "tiercel/metrics.h"
#include "tiercel/scale.h"

enum { TC_CHURN_STATUS = 400, TC_CHURN_MEASURES = 15 };

/* The stage under way. */
typedef struct {
    tc_comm *comm;
    const tc_config *config;
    const tc_feature_use *use; /* [n_use], of the configuration */
    int n_use;
    tc_store *in, *out;
    tc_shards shards;
    tc_churn_log log;
    char date_score[TC_STORE_NAME], date_train[TC_STORE_NAME], date_backtest[TC_STORE_NAME];
} tc_churn_job;

/* Customers of this rank at one date. */
typedef struct {
    double *
        *column; /* [n_use][n_local] raw, or NULL; model space after tc_churn_train_all */
    double *recency; /* [n_local] NaN = never bought */
    int8_t *label;   /* [n_local] or NULL: 1 churned, 0 stayed, -1 no label */
} tc_churn_rows;

/* Customers of all ranks by outcome. */
typedef struct {
    int64_t labelled, churned;
} tc_churn_classes;

typedef struct {
    tc_scale *scale; /* [n_use] */
    tc_logit_model *fit;
    tc_logit_effect *effect; /* [n_use + 1] */
    double ridge;            /* penalty a row, as configured */
    char status[TC_CHURN_STATUS];
} tc_churn_model;

/* What a set of labelled customers says of a model. */
typedef struct {
    double value[TC_CHURN_MEASURES]; /* in the order of tc_churn_measure_names */
    tc_metrics metrics;
} tc_churn_quality;

extern const char *const tc_churn_measure_names[TC_CHURN_MEASURES];

/* churn_data.c */

/* Collective. Opens features.h5, its shards and dates. Errors (agreed): those of the store,
 * TC_ECONFIG for an unknown feature, TC_ENOMEM. The job is freed by tc_churn_close_all in
 * every case. */
TC_NODISCARD tc_status tc_churn_open_all(tc_churn_job *job, tc_error *err);
void tc_churn_close_all(tc_churn_job *job);

/* Collective. Reads one feature at a date into out[n_local], as double. Errors (agreed): those
 * of the store. */
TC_NODISCARD tc_status tc_churn_feature_all(tc_churn_job *job, const char *date,
                                            const char *feature, double *out,
                                            tc_error *err);

/* Collective. Reads the labels of a date into a new array *label, owned by the caller, and
 * counts them. Errors (agreed): those of the store, TC_ENOMEM. */
TC_NODISCARD tc_status tc_churn_label_all(tc_churn_job *job, const char *date,
                                          int8_t **label, tc_churn_classes *classes,
                                          tc_error *err);

/* Collective. Reads recency, and the columns of the model if with_columns, at a date. The rows
 * are freed by the caller in every case. */
TC_NODISCARD tc_status tc_churn_rows_all(tc_churn_job *job, const char *date,
                                         int with_columns, tc_churn_rows *rows,
                                         tc_error *err);
void tc_churn_rows_free(const tc_churn_job *job, tc_churn_rows *rows);

/* churn_fit.c */

/* Collective. Logistic regression over the rows of all ranks by tc_logit_fit; column[n_columns]
 * borrowed, *out owned by the caller. Passes that the log of the job has are not made again. Errors (agreed): those
 * of tc_logit_fit, TC_ENOMEM, TC_EINTERRUPT. */
TC_NODISCARD tc_status tc_churn_logit_all(tc_churn_job *job,
                                          const tc_logit_problem *problem,
                                          const double *const *column, const int8_t *y,
                                          tc_logit_model **out, tc_error *err);

/* Collective. Fits the model to the labelled rows; rows->column is turned into model space.
 * Errors (agreed): those of tc_scale_fit_all and tc_logit_fit. The model is freed by the caller
 * in every case. */
TC_NODISCARD tc_status tc_churn_train_all(tc_churn_job *job, tc_churn_rows *rows,
                                          const tc_churn_classes *classes,
                                          tc_churn_model *model, tc_error *err);
void tc_churn_model_free(tc_churn_model *model);

/* Local. eta[n] starts at the intercept; each feature f adds its part, from raw values or from
 * values that are already in model space. */
void tc_churn_eta_start(const tc_churn_model *model, int64_t n, double *eta);
void tc_churn_eta_add(const tc_churn_model *model, int f, int is_raw, int64_t n,
                      const double *x, double *eta);

/* churn_quality.c */

/* Collective. AUC of recency_days alone as a score of the labelled rows. Errors (agreed):
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_churn_baseline_all(tc_churn_job *job, const tc_churn_rows *rows,
                                             const tc_churn_classes *classes, double *auc,
                                             tc_error *err);

/* Collective. Measures the linear predictor eta[n_local] on the labelled rows. Errors
 * (agreed): TC_ENOMEM, TC_ENUMERIC. */
TC_NODISCARD tc_status tc_churn_quality_all(tc_churn_job *job, const double *eta,
                                            const int8_t *label, double baseline_auc,
                                            tc_churn_quality *out, tc_error *err);

/* churn_write.c */

/* Collective. The model under a folder of churn.h5 ("model", "backtest_model"). */
TC_NODISCARD tc_status tc_churn_put_model_all(tc_churn_job *job, const char *folder,
                                              const tc_churn_model *model, tc_error *err);

/* Collective. The measures under quality/<set>. */
TC_NODISCARD tc_status tc_churn_put_quality_all(tc_churn_job *job, const char *set,
                                                const tc_churn_quality *quality,
                                                tc_error *err);

/* Collective. One value a customer. */
TC_NODISCARD tc_status tc_churn_put_rows_all(tc_churn_job *job, const tc_field *field,
                                             const void *data, tc_error *err);

#endif
