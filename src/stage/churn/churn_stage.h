/* churn_stage.h - what the stage churn has found out when it writes (churn.c, churn_output.c). */
#ifndef TC_CHURN_STAGE_H
#define TC_CHURN_STAGE_H

#include "churn_impl.h"

/* What the stage finds out before it writes. */
typedef struct {
    tc_churn_job job;
    tc_churn_classes train_classes, backtest_classes;
    tc_churn_model train, backtest; /* backtest.fit NULL = there is none */
    tc_churn_quality in_sample, out_of_time;
    char backtest_status[TC_CHURN_STATUS];
    double *eta;          /* [n_local] */
    uint16_t *score;      /* [n_local] at date_score */
    uint16_t *past_score; /* [n_local] at date_train by the backtest model */
    float *probability, *percentile;
} tc_churn_stage;

/* Collective. Writes churn.h5 and publishes it. Errors (agreed): as tc_store_publish_all. */
TC_NODISCARD tc_status tc_churn_write_all(tc_churn_stage *s, tc_error *err);

#endif
