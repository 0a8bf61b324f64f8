/* report_input.c - what was read, and the features. */
#include "report_impl.h"

#include "tiercel/catalogue.h"
#include "tiercel/date.h"

#include <stdio.h>

static const tc_report_count counts[] = {
    {"rows_read", "rows_read"},
    {"rows_used", "rows_used"},
    {"rows_rejected", "rows_rejected"},
    {"duplicate_rows", "duplicate_rows"},
    {"duplicates_dropped", "duplicates_dropped"},
    {"amounts_rounded", "amounts_rounded"},
    {"purchase_rows", "purchase_rows"},
    {"return_rows", "return_rows"},
    {"orders", "orders"},
    {"orders_all", "orders_with_rejected_rows"},
    {"cancelled_rows", "cancelled_rows_with_rejected"},
    {"cancelled_orders", "cancelled_orders_with_rejected"},
};

static tc_status money_all(tc_report *r, json_t *input, tc_error *err)
{
    static const tc_report_count sums[] = {{"amount_net", "net"},
                                           {"amount_gross", "gross"},
                                           {"amount_returned", "returned"},
                                           {"amount_all", "all_rows"}};
    json_t *money = tc_report_object(r, input, "money");
    tc_status st = TC_OK;
    for (size_t i = 0; st == TC_OK && i < sizeof sums / sizeof *sums; i++) {
        int64_t units = 0;
        st = tc_store_get_i64_all(r->events, sums[i].attribute, &units, err);
        if (st == TC_OK) {
            tc_report_set(r, money, sums[i].key, tc_report_money(units));
        }
    }
    return st;
}

static tc_status times_all(tc_report *r, json_t *input, tc_error *err)
{
    static const char *const name[2] = {"first_time", "last_time"};
    tc_status st = TC_OK;
    for (int i = 0; st == TC_OK && i < 2; i++) {
        char text[TC_TIME_TEXT];
        int64_t seconds = 0;
        st = tc_store_get_i64_all(r->events, name[i], &seconds, err);
        if (st == TC_OK) {
            tc_time_text(seconds, text);
            tc_report_set(r, input, name[i], json_string(text));
        }
    }
    return st;
}

/* Amounts of the reasons come as integers; the report gives them exactly and as numbers. */
static void reasons_to_money(tc_report *r, json_t *reasons)
{
    size_t i;
    json_t *reason;
    json_array_foreach(reasons, i, reason)
    {
        const int64_t units = json_integer_value(json_object_get(reason, "amount"));
        tc_report_set(r, reason, "amount", tc_report_money(units));
    }
}

tc_status tc_report_input_all(tc_report *r, tc_error *err)
{
    static const tc_report_column reason[] = {
        {"ingest/reason_name", TC_TEXT, 0, {"reason"}},
        {"ingest/reason_rows", TC_I64, 0, {"rows"}},
        {"ingest/reason_amount", TC_I64, 0, {"amount"}},
    };
    json_t *input = tc_report_object(r, r->root, "input");
    json_t *reasons = tc_report_array(r, input, "reasons");
    json_t *customers = tc_report_object(r, r->root, "customers");
    tc_report_set(r, customers, "all", json_integer(tc_store_head(r->events)->n_rows));
    tc_status st = tc_report_counts_all(r, r->events, counts,
                                        sizeof counts / sizeof *counts, input, err);
    if (st == TC_OK) {
        st = money_all(r, input, err);
    }
    if (st == TC_OK) {
        st = times_all(r, input, err);
    }
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->events, reason, 3, reasons, err);
    }
    if (st == TC_OK) {
        reasons_to_money(r, reasons);
    }
    return st;
}

static void add_definitions(tc_report *r, json_t *features)
{
    int n;
    const tc_feature_def *def = tc_catalogue(&n);
    for (int f = 0; f < n; f++) {
        json_t *feature = json_object();
        tc_report_set(r, feature, "name", json_string(def[f].name));
        tc_report_set(r, feature, "unit", json_string(def[f].unit));
        tc_report_set(r, feature, "formula", json_string(def[f].formula));
        tc_report_set(r, feature, "description", json_string(def[f].description));
        tc_report_append(r, features, feature);
    }
}

tc_status tc_report_features_all(tc_report *r, tc_error *err)
{
    static const char *const column_name[3] = {"missing", "mean", "quantile"};
    char name[3][2 * TC_STORE_NAME];
    for (int i = 0; i < 3; i++) {
        (void)snprintf(name[i], sizeof name[i], "summary/%s/%s", r->date_score,
                       column_name[i]);
    }
    const tc_report_column column[] = {
        {name[0], TC_I64, 0, {"missing"}},
        {name[1], TC_F64, 0, {"mean"}},
        {name[2],
         TC_F64,
         0,
         {"min", "p01", "p05", "p25", "p50", "p75", "p95", "p99", "max"}},
    };
    json_t *features = tc_report_array(r, r->root, "features");
    add_definitions(r, features);
    static const tc_report_count labels[] = {{"train_labelled", "train_labelled"},
                                             {"train_churned", "train_churned"},
                                             {"backtest_labelled", "backtest_labelled"},
                                             {"backtest_churned", "backtest_churned"}};
    tc_status st = tc_report_rows_all(r, r->features, column, 3, features, err);
    if (st == TC_OK) {
        st = tc_report_counts_all(r, r->features, labels, 4,
                                  tc_report_object(r, r->root, "labels"), err);
    }
    return st;
}
