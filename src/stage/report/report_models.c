/* report_models.c - clusters and the churn model. */
#include "report_impl.h"

#include <stdio.h>

#define COUNT_OF(table) (sizeof(table) / sizeof *(table))

tc_status tc_report_segments_all(tc_report *r, tc_error *err)
{
    static const tc_report_count counts[] = {{"k", "k"},
                                             {"n_iter", "n_iter"},
                                             {"restarts", "restarts"},
                                             {"converged", "converged"},
                                             {"rows_fitted", "rows_fitted"}};
    static const tc_report_column feature[] = {
        {"model/feature_name", TC_TEXT, 0, {"name"}},
        {"model/mean", TC_F64, 0, {"mean"}},
        {"model/scale", TC_F64, 0, {"scale"}},
        {"model/low", TC_F64, 0, {"low"}},
        {"model/high", TC_F64, 0, {"high"}},
        {"model/impute", TC_F64, 0, {"impute"}},
        {"model/clipped", TC_I64, 0, {"clipped"}},
        {"model/missing", TC_I64, 0, {"missing"}},
    };
    static const tc_report_column cluster[] = {
        {"model/net_amount", TC_F64, 0, {"net_amount"}},
        {"model/mean_net_amount", TC_F64, 0, {"mean_net_amount"}},
        {"model/mean_recency_days", TC_F64, 0, {"mean_recency_days"}},
        {"model/mean_order_count", TC_F64, 0, {"mean_order_count"}},
        {"model/mean_distance", TC_F64, 0, {"mean_distance"}},
        {"model/simplified_silhouette", TC_F64, 0, {"simplified_silhouette"}},
        {"model/silhouette", TC_F64, 0, {"silhouette"}},
        {"model/centre_original", TC_F64, 1, {"centre"}},
        {"model/cluster_centers", TC_F64, 1, {"centre_scaled"}},
    };
    json_t *segments = tc_report_object(r, r->root, "segments");
    json_t *clusters = tc_report_array(r, segments, "clusters");
    json_t *features = tc_report_array(r, segments, "features");
    tc_status st =
        tc_report_counts_all(r, r->segments, counts, COUNT_OF(counts), segments, err);
    if (st == TC_OK) {
        st = tc_report_real_all(r, r->segments, "inertia", segments, err);
    }
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->segments, feature, COUNT_OF(feature), features, err);
    }
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->segments, cluster, COUNT_OF(cluster), clusters, err);
    }
    if (st == TC_OK) {
        st = tc_report_choice_all(r, segments, err);
    }
    return st;
}

/* Collective. Measures of one set: a table of name and value becomes one object. */
static tc_status measures_all(tc_report *r, const char *dataset, json_t *quality,
                              tc_error *err)
{
    const tc_report_column column[] = {{"quality/measure_name", TC_TEXT, 0, {"name"}},
                                       {dataset, TC_F64, 0, {"value"}}};
    json_t *pairs = json_array();
    tc_status st = tc_comm_agree_all(r->comm, pairs == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->churn, column, 2, pairs, err);
    }
    size_t i;
    json_t *pair;
    json_array_foreach(pairs, i, pair)
    {
        const char *name = json_string_value(json_object_get(pair, "name"));
        if (name != NULL) {
            tc_report_set(r, quality, name, json_incref(json_object_get(pair, "value")));
        }
    }
    json_decref(pairs);
    return st;
}

/* Collective. Quality on one set, if the file has it. */
static tc_status quality_all(tc_report *r, const char *set, json_t *churn, tc_error *err)
{
    char name[3][TC_STORE_NAME];
    (void)snprintf(name[0], sizeof name[0], "quality/%s/value", set);
    (void)snprintf(name[1], sizeof name[1], "quality/%s/calibration", set);
    (void)snprintf(name[2], sizeof name[2], "quality/%s/lift", set);
    const tc_report_column calibration = {
        name[1], TC_F64, 0, {"bin_low", "rows", "predicted", "observed"}};
    const tc_report_column lift = {
        name[2], TC_F64, 0, {"decile", "rows", "positives", "lift", "cumulative_capture"}};
    if (!tc_store_has_all(r->churn, name[0])) {
        return TC_OK;
    }
    json_t *quality = tc_report_object(r, churn, set);
    tc_status st = measures_all(r, name[0], quality, err);
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->churn, &calibration, 1,
                                tc_report_array(r, quality, "calibration"), err);
    }
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->churn, &lift, 1, tc_report_array(r, quality, "lift"),
                                err);
    }
    return st;
}

static tc_status coefficients_all(tc_report *r, json_t *churn, tc_error *err)
{
    static const tc_report_column coefficient[] = {
        {"model/name", TC_TEXT, 0, {"name"}},
        {"model/coefficient", TC_F64, 0, {"coefficient"}},
        {"model/standard_error", TC_F64, 0, {"standard_error"}},
        {"model/z", TC_F64, 0, {"z"}},
        {"model/p_value", TC_F64, 0, {"p_value"}},
        {"model/odds_ratio", TC_F64, 0, {"odds_ratio"}},
        {"model/odds_ratio_sd", TC_F64, 0, {"odds_ratio_sd"}},
        {"model/dropped", TC_U8, 0, {"dropped"}},
    };
    static const tc_report_count counts[] = {{"iterations", "iterations"},
                                             {"rows_train", "rows_train"}};
    static const char *const real[] = {"deviance", "null_deviance", "gradient_norm",
                                       "ridge"};
    tc_status st = tc_report_rows_all(r, r->churn, coefficient, COUNT_OF(coefficient),
                                      tc_report_array(r, churn, "coefficients"), err);
    if (st == TC_OK) {
        st = tc_report_counts_all(r, r->churn, counts, COUNT_OF(counts), churn, err);
    }
    for (size_t i = 0; st == TC_OK && i < COUNT_OF(real); i++) {
        st = tc_report_real_all(r, r->churn, real[i], churn, err);
    }
    return st;
}

tc_status tc_report_churn_all(tc_report *r, tc_error *err)
{
    static const tc_report_count counts[] = {{"has_model", "has_model"},
                                             {"has_backtest", "has_backtest"}};
    json_t *churn = tc_report_object(r, r->root, "churn");
    int64_t has_model = 0;
    tc_status st = tc_report_counts_all(r, r->churn, counts, COUNT_OF(counts), churn, err);
    if (st == TC_OK) {
        st = tc_report_text_all(r, r->churn, "status", churn, "status", err);
    }
    if (st == TC_OK) {
        st = tc_store_get_i64_all(r->churn, "has_model", &has_model, err);
    }
    if (st == TC_OK && has_model != 0) {
        st = coefficients_all(r, churn, err);
    }
    if (st == TC_OK) {
        st = quality_all(r, "train", churn, err);
    }
    if (st == TC_OK) {
        st = quality_all(r, "test", churn, err);
    }
    return st;
}
