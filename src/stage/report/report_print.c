/* report_print.c - the summary on the terminal, from the content of report.json alone. A
 * part that the report lacks is left out. */
#include "tiercel/summary.h"

#include "tiercel/buffer.h"
#include "tiercel/json.h"
#include "tiercel/quality.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum {
    NUMBER_TEXT = 48,
    MAX_REASONS = 5,
    MAX_CLUSTERS = 8,
    MAX_SEGMENTS = 12,
    MAX_CANDIDATES = 24
};

static const json_t *get(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(get(object, key));
    return text != NULL ? text : "?";
}

static long long count_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(get(object, key));
}

/* NaN where the report has null or nothing. */
static double number_of(const json_t *object, const char *key)
{
    const json_t *value = get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* Groups the digits before the point by commas, in place. */
static void group_digits(char text[NUMBER_TEXT])
{
    const size_t sign = text[0] == '-' ? 1 : 0;
    for (size_t at = sign + strspn(text + sign, "0123456789"); at > sign + 3;) {
        at -= 3;
        if (strlen(text) + 2 > NUMBER_TEXT) {
            return;
        }
        memmove(text + at + 1, text + at, strlen(text + at) + 1);
        text[at] = ',';
    }
}

static const char *count_text(long long value, char text[NUMBER_TEXT])
{
    (void)snprintf(text, NUMBER_TEXT, "%lld", value);
    group_digits(text);
    return text;
}

static const char *real_text(double value, int decimals, char text[NUMBER_TEXT])
{
    if (isfinite(value) && fabs(value) < 1e18) {
        (void)snprintf(text, NUMBER_TEXT, "%.*f", decimals, value);
        group_digits(text);
    } else {
        (void)snprintf(text, NUMBER_TEXT, "-");
    }
    return text;
}

static const char *percent_text(double value, char text[NUMBER_TEXT])
{
    if (isfinite(value)) {
        (void)snprintf(text, NUMBER_TEXT, "%.1f %%", 100.0 * value);
    } else {
        (void)snprintf(text, NUMBER_TEXT, "-");
    }
    return text;
}

static void print_reasons(const json_t *input, FILE *out)
{
    char a[NUMBER_TEXT];
    size_t i;
    const json_t *reason;
    int printed = 0;
    json_array_foreach(get(input, "reasons"), i, reason)
    {
        /* reason 0 is "used" */
        if (i > 0 && count_of(reason, "rows") > 0 && printed < MAX_REASONS) {
            (void)fprintf(out, "            %14s rejected: %s\n",
                          count_text(count_of(reason, "rows"), a),
                          text_of(reason, "reason"));
            printed++;
        }
    }
}

static void print_input(const json_t *report, FILE *out)
{
    const json_t *input = get(report, "input");
    char a[NUMBER_TEXT], b[NUMBER_TEXT], c[NUMBER_TEXT];
    (void)fprintf(out, "Rows        %14s read, %s used, %s rejected\n",
                  count_text(count_of(input, "rows_read"), a),
                  count_text(count_of(input, "rows_used"), b),
                  count_text(count_of(input, "rows_rejected"), c));
    print_reasons(input, out);
    (void)fprintf(out, "Customers   %14s with %s orders, net amount %s\n",
                  count_text(count_of(get(report, "customers"), "all"), a),
                  count_text(count_of(input, "orders"), b),
                  real_text(number_of(get(get(input, "money"), "net"), "value"), 2, c));
}

/* The data silos: what the ids of a customer would have been worth alone. */
static void print_identity(const json_t *report, FILE *out)
{
    const json_t *identity = get(report, "identity"), *silo = get(identity, "silo");
    char a[4][NUMBER_TEXT];
    if (identity == NULL) {
        return;
    }
    (void)fprintf(out, "Identity    %14s ids merged into %s customers, %s rows moved\n",
                  count_text(count_of(identity, "ids_merged"), a[0]),
                  count_text(count_of(identity, "customers_merged"), a[1]),
                  count_text(count_of(identity, "rows_moved"), a[2]));
    (void)fprintf(
        out,
        "            %14s of %s customers with several ids (%s) would have got other "
        "scores by one id alone\n",
        count_text(count_of(silo, "customers_differ"), a[0]),
        count_text(count_of(silo, "customers"), a[1]),
        percent_text(number_of(silo, "share_differ"), a[2]));
    (void)fprintf(out, "            %14s differ in recency, %s in frequency, %s in money\n",
                  count_text(count_of(silo, "recency_differs"), a[0]),
                  count_text(count_of(silo, "frequency_differs"), a[1]),
                  count_text(count_of(silo, "monetary_differs"), a[2]));
}

static void print_concentration(const json_t *report, FILE *out)
{
    const json_t *concentration = get(report, "concentration");
    char a[NUMBER_TEXT], b[NUMBER_TEXT];
    size_t i;
    const json_t *top;
    json_array_foreach(get(concentration, "tops"), i, top)
    {
        if (fabs(number_of(top, "top_share") - 0.2) < 1e-9) {
            (void)fprintf(out, "            the best 20 %% hold %s of it, Gini %s\n",
                          percent_text(number_of(top, "net_share"), a),
                          real_text(number_of(concentration, "gini"), 3, b));
        }
    }
}

static void print_churn(const json_t *report, FILE *out)
{
    const json_t *churn = get(report, "churn");
    const json_t *test = get(churn, "test");
    const json_t *quality = test != NULL ? test : get(churn, "train");
    char a[NUMBER_TEXT], b[NUMBER_TEXT], c[NUMBER_TEXT], d[NUMBER_TEXT];
    if (count_of(churn, "has_model") == 0) {
        (void)fprintf(out, "\nChurn       no model: %s\n", text_of(churn, "status"));
        return;
    }
    (void)fprintf(out, "\nChurn       %s: AUC %s (standard error %s), recency alone %s\n",
                  test != NULL ? "out of time" : "in sample only",
                  real_text(number_of(quality, "auc"), 4, a),
                  real_text(number_of(quality, "auc_se"), 4, b),
                  real_text(number_of(quality, "baseline_auc"), 4, c));
    (void)fprintf(out,
                  "            top decile lift %s, calibration error %s, %s of %s left\n",
                  real_text(number_of(quality, "lift10"), 2, a),
                  real_text(number_of(quality, "ece10"), 4, b),
                  percent_text(number_of(quality, "base_rate"), c),
                  real_text(number_of(quality, "rows"), 0, d));
}

static void print_tiers(const json_t *report, FILE *out)
{
    const json_t *tiers = get(report, "tiers"), *backtest = get(tiers, "backtest");
    const json_t *table = get(tiers, "table"), *later = get(backtest, "table");
    char a[6][NUMBER_TEXT];
    (void)fprintf(out, "\n%-16s %6s %14s %8s %18s %8s | %12s %8s\n", "Tier", "score",
                  "customers", "share", "net amount", "of all", "later mean", "bought");
    for (size_t i = json_array_size(table); i-- > 0;) {
        const json_t *tier = json_array_get(table, i), *then = json_array_get(later, i);
        (void)fprintf(out, "%-16.16s %6lld %14s %8s %18s %8s | %12s %8s\n",
                      text_of(tier, "name"), count_of(tier, "cut"),
                      count_text(count_of(tier, "customers"), a[0]),
                      percent_text(number_of(tier, "share"), a[1]),
                      real_text(number_of(tier, "net_amount"), 2, a[2]),
                      percent_text(number_of(tier, "net_share"), a[3]),
                      real_text(number_of(then, "later_mean"), 2, a[4]),
                      percent_text(number_of(then, "later_buyer_share"), a[5]));
    }
    if (json_is_true(get(backtest, "valid"))) {
        (void)fprintf(out, "later: tiers as of %s and the %lld days after it; %s\n",
                      text_of(backtest, "date"), count_of(report, "horizon_days"),
                      json_is_true(get(backtest, "monotone"))
                          ? "no tier is worth less than one below it"
                          : "NOT in order: a tier is worth less than one below it");
    }
}

/* What became of the clusters of the previous run. */
static void print_changes(const json_t *identity, FILE *out)
{
    char a[3][NUMBER_TEXT];
    size_t i;
    const json_t *cluster;
    if (!json_is_true(get(identity, "has_previous"))) {
        return;
    }
    (void)fprintf(out, "since %s: %s of %s customers of both runs changed cluster (%s)\n",
                  text_of(identity, "previous_as_of"),
                  count_text(count_of(identity, "customers_changed"), a[0]),
                  count_text(count_of(identity, "customers_in_both"), a[1]),
                  percent_text(number_of(identity, "changed_share"), a[2]));
    json_array_foreach(get(identity, "previous"), i, cluster)
    {
        if (strcmp(text_of(cluster, "fate"), "vanished") == 0) {
            (void)fprintf(out, "vanished: %lld %s\n", count_of(cluster, "cluster"),
                          text_of(cluster, "name"));
        }
    }
    if (json_is_true(get(identity, "method_changed"))) {
        (void)fprintf(out, "the method changed: %s\n", text_of(identity, "method_changes"));
    }
}

/* The numbers of clusters that were tried, if there were several. */
static void print_choice(const json_t *choice, FILE *out)
{
    const json_t *candidates = get(choice, "candidates");
    size_t i;
    const json_t *one;
    if (json_array_size(candidates) < 2) {
        return;
    }
    (void)fprintf(out, "\n%-9s %12s %12s %10s %12s %9s %8s %9s\n", "Clusters", "inertia",
                  "calinski_h.", "davies_b.", "silhouette", "stability", "gap", "smallest");
    json_array_foreach(candidates, i, one)
    {
        if (i >= MAX_CANDIDATES && count_of(one, "chosen") == 0) {
            continue; /* the report has them */
        }
        const char *mark = count_of(one, "chosen") != 0     ? " *"
                           : count_of(one, "eligible") != 0 ? ""
                                                            : " -";
        (void)fprintf(out, "%5lld%-4s %12.6g %12.6g %10.4f %12.4f %9.3f %8.3f %7.1f %%\n",
                      count_of(one, "k"), mark, number_of(one, "inertia"),
                      number_of(one, "calinski_harabasz"), number_of(one, "davies_bouldin"),
                      number_of(one, "silhouette"), number_of(one, "stability"),
                      number_of(one, "gap"), 100 * number_of(one, "smallest_share"));
    }
    (void)fprintf(out, "* chosen by %s; - a cluster is empty or too small\n",
                  text_of(choice, "criterion"));
}

static void print_clusters(const json_t *report, FILE *out)
{
    const json_t *clusters = get(get(report, "segments"), "clusters");
    char a[4][NUMBER_TEXT];
    size_t i;
    const json_t *cluster;
    (void)fprintf(out, "\n%-7s %-44s %12s %16s %12s %8s\n", "Cluster", "", "customers",
                  "net a customer", "days silent", "orders");
    json_array_foreach(clusters, i, cluster)
    {
        if (i == MAX_CLUSTERS) {
            (void)fprintf(out, "... and %zu more\n", json_array_size(clusters) - i);
            break;
        }
        (void)fprintf(out, "%-7lld %-44s %12s %16s %12s %8s\n",
                      count_of(cluster, "cluster"), text_of(cluster, "name"),
                      count_text(count_of(cluster, "customers"), a[0]),
                      real_text(number_of(cluster, "mean_net_amount"), 2, a[1]),
                      real_text(number_of(cluster, "mean_recency_days"), 1, a[2]),
                      real_text(number_of(cluster, "mean_order_count"), 1, a[3]));
    }
    print_changes(get(get(report, "segments"), "identity"), out);
    print_choice(get(get(report, "segments"), "choice"), out);
}

static void print_named(const json_t *report, FILE *out)
{
    const json_t *segments = get(report, "named_segments");
    const size_t n = json_array_size(segments);
    const size_t shown = n < MAX_SEGMENTS ? n : MAX_SEGMENTS;
    char a[NUMBER_TEXT];
    if (shown > 0) {
        (void)fprintf(out, "\nNamed segments\n");
    }
    for (size_t i = 0; i < shown; i++) {
        const json_t *segment = json_array_get(segments, i);
        (void)fprintf(out, "%-24.24s %14s%s", text_of(segment, "name"),
                      count_text(count_of(segment, "customers"), a),
                      i % 2 == 0 && i + 1 < shown ? "    " : "\n");
    }
    if (n > shown) {
        (void)fprintf(out, "... and %zu more\n", n - shown);
    }
}

void tc_report_print(const json_t *report, const char *directory, FILE *out)
{
    (void)fprintf(out, "Tiercel %s, customers as of %s, horizon %lld days\n\n",
                  text_of(report, "version"), text_of(report, "as_of"),
                  count_of(report, "horizon_days"));
    print_input(report, out);
    print_concentration(report, out);
    print_identity(report, out);
    if (get(report, "data_quality") != NULL) {
        (void)fprintf(out, "\n");
        tc_quality_print(get(report, "data_quality"), out);
    }
    print_churn(report, out);
    print_tiers(report, out);
    print_clusters(report, out);
    print_named(report, out);
    if (directory != NULL) {
        (void)fprintf(out, "\nResults in %s: tiers.h5 (one row a customer), report.json\n",
                      directory);
    }
}

tc_status tc_report_print_file(const char *directory, FILE *out, tc_error *err)
{
    tc_buffer path = {0};
    json_t *report = NULL;
    tc_status st = tc_buffer_print(&path, err, "%s/report.json", directory);
    if (st == TC_OK) {
        st = tc_buffer_append(&path, "", 1, err);
    }
    if (st == TC_OK) {
        st = tc_json_read((const char *)path.data, &report, err);
    }
    if (st == TC_OK) {
        tc_report_print(report, directory, out);
    }
    json_decref(report);
    tc_buffer_free(&path);
    return st;
}
