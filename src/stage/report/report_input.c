/* report_input.c - what was read, and the features. */
#include "report_impl.h"

#include "tiercel/catalogue.h"
#include "tiercel/date.h"

#include <stdio.h>
#include <string.h>

/* An attribute of the event files under a key of the report. Over several files the counts of ingest add up,
 * but for orders, which may stand in two files, and for what the policy of duplicates leaves out between files: then
 * features.h5 knows. */
static const struct {
    const char *attribute, *key;
    const char *merged; /* attribute of features.h5, NULL = the sum */
} counts[] = {
    {"rows_read", "rows_read", NULL},
    {"rows_used", "rows_used", "events"},
    {"rows_rejected", "rows_rejected", NULL},
    {"duplicate_rows", "duplicate_rows", NULL},
    {"duplicates_dropped", "duplicates_dropped", NULL},
    {"amounts_rounded", "amounts_rounded", NULL},
    {"purchase_rows", "purchase_rows", "purchase_rows"},
    {"return_rows", "return_rows", "return_rows"},
    {"orders", "orders", "orders"},
    {"orders_all", "orders_with_rejected_rows", NULL},
    {"cancelled_rows", "cancelled_rows_with_rejected", NULL},
    {"cancelled_orders", "cancelled_orders_with_rejected", NULL},
};

/* Collective. The attribute of the only event file, or what stands for it over several. */
static tc_status count_all(tc_report *r, const char *attribute, const char *merged,
                           int64_t *value, tc_error *err)
{
    return r->list.n > 1 && merged != NULL
               ? tc_store_get_i64_all(r->features, merged, value, err)
               : tc_event_list_sum_all(&r->list, attribute, value, err);
}

/* What was left out between files: rows used by one of them, and their amount. */
typedef struct {
    int64_t rows, units;
} difference;

/* Collective. */
static tc_status difference_all(tc_report *r, difference *d, tc_error *err)
{
    int64_t used = 0, events = 0, net = 0, gross = 0, returned = 0;
    tc_status st = tc_event_list_sum_all(&r->list, "rows_used", &used, err);
    *d = (difference){0, 0};
    if (st == TC_OK) {
        st = tc_event_list_sum_all(&r->list, "amount_net", &net, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_i64_all(r->features, "events", &events, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_i64_all(r->features, "amount_gross", &gross, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_i64_all(r->features, "amount_returned", &returned, err);
    }
    if (st == TC_OK) {
        *d = (difference){used - events, net - (gross - returned)};
    }
    return st;
}

/* Collective. */
static tc_status counts_all(tc_report *r, const difference *between, json_t *input,
                            tc_error *err)
{
    tc_status st = TC_OK;
    for (size_t i = 0; st == TC_OK && i < sizeof counts / sizeof *counts; i++) {
        int64_t value = 0;
        st = count_all(r, counts[i].attribute, counts[i].merged, &value, err);
        if (strcmp(counts[i].key, "rows_rejected") == 0 ||
            strcmp(counts[i].key, "duplicates_dropped") == 0) {
            value += between->rows;
        }
        tc_report_set(r, input, counts[i].key, json_integer(value));
    }
    return st;
}

/* Several files: how many, and which counts are sums over them that the files alone can give. */
static void add_list(tc_report *r, json_t *input)
{
    static const char *const of_each[] = {"duplicate_rows", "orders_with_rejected_rows",
                                          "cancelled_orders_with_rejected"};
    json_t *names;
    if (r->list.n < 2) {
        return;
    }
    tc_report_set(r, input, "event_files", json_integer(r->list.n));
    names = tc_report_array(r, input, "counted_within_each_file");
    for (size_t i = 0; i < sizeof of_each / sizeof *of_each; i++) {
        tc_report_append(r, names, json_string(of_each[i]));
    }
}

static tc_status money_all(tc_report *r, const difference *between, json_t *input,
                           tc_error *err)
{
    static const struct {
        const char *attribute, *key, *merged;
    } sums[] = {{"amount_net", "net", NULL},
                {"amount_gross", "gross", "amount_gross"},
                {"amount_returned", "returned", "amount_returned"},
                {"amount_all", "all_rows", NULL}};
    json_t *money = tc_report_object(r, input, "money");
    tc_status st = TC_OK;
    for (size_t i = 0; st == TC_OK && i < sizeof sums / sizeof *sums; i++) {
        int64_t units = 0;
        st = count_all(r, sums[i].attribute, sums[i].merged, &units, err);
        if (st == TC_OK) {
            units -= i == 0 ? between->units : 0;
            tc_report_set(r, money, sums[i].key, tc_report_money(units));
        }
    }
    return st;
}

static void times(tc_report *r, json_t *input)
{
    char text[TC_TIME_TEXT];
    tc_time_text(r->list.first_time, text);
    tc_report_set(r, input, "first_time", json_string(text));
    tc_time_text(r->list.last_time, text);
    tc_report_set(r, input, "last_time", json_string(text));
}

static void add_integer(tc_report *r, json_t *object, const char *key, int64_t more)
{
    const int64_t value = json_integer_value(json_object_get(object, key)) + more;
    tc_report_set(r, object, key, json_integer(value));
}

/* Collective. The table of reasons of the first file, with those of the others added. */
static tc_status reasons_all(tc_report *r, json_t *reasons, tc_error *err)
{
    static const tc_report_column reason[] = {
        {"ingest/reason_name", TC_TEXT, 0, {"reason"}},
        {"ingest/reason_rows", TC_I64, 0, {"rows"}},
        {"ingest/reason_amount", TC_I64, 0, {"amount"}},
    };
    tc_status st = tc_report_rows_all(r, r->events, reason, 3, reasons, err);
    for (int i = 1; i < r->list.n && st == TC_OK; i++) {
        json_t *more = json_array();
        size_t k;
        json_t *entry;
        st = tc_report_rows_all(r, r->list.store[i], reason, 3, more, err);
        json_array_foreach(more, k, entry)
        {
            json_t *sum = json_array_get(reasons, k);
            add_integer(r, sum, "rows", json_integer_value(json_object_get(entry, "rows")));
            add_integer(r, sum, "amount",
                        json_integer_value(json_object_get(entry, "amount")));
        }
        json_decref(more);
    }
    return st;
}

/* Rows that are left out between files are duplicates; amounts become money: exactly, and as numbers. */
static void finish_reasons(tc_report *r, const difference *between, json_t *reasons)
{
    size_t i;
    json_t *reason;
    json_array_foreach(reasons, i, reason)
    {
        const char *name = json_string_value(json_object_get(reason, "reason"));
        const int sign = name == NULL                     ? 0
                         : strcmp(name, "used") == 0      ? -1
                         : strcmp(name, "duplicate") == 0 ? 1
                                                          : 0;
        if (sign != 0) {
            add_integer(r, reason, "rows", sign * between->rows);
            add_integer(r, reason, "amount", sign * between->units);
        }
        tc_report_set(
            r, reason, "amount",
            tc_report_money(json_integer_value(json_object_get(reason, "amount"))));
    }
}

tc_status tc_report_input_all(tc_report *r, tc_error *err)
{
    json_t *input = tc_report_object(r, r->root, "input");
    json_t *reasons = tc_report_array(r, input, "reasons");
    json_t *customers = tc_report_object(r, r->root, "customers");
    difference between = {0, 0};
    tc_status st = r->list.n > 1 ? difference_all(r, &between, err) : TC_OK;
    tc_report_set(r, customers, "all", json_integer(tc_store_head(r->features)->n_rows));
    add_list(r, input);
    if (st == TC_OK) {
        st = counts_all(r, &between, input, err);
    }
    if (st == TC_OK) {
        st = money_all(r, &between, input, err);
    }
    if (st == TC_OK) {
        times(r, input);
        st = reasons_all(r, reasons, err);
    }
    if (st == TC_OK) {
        finish_reasons(r, &between, reasons);
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
