/* quality_print.c - the data quality on the terminal, and the error of a failed gate, both from section data_quality of
 * the report. */
#include "tiercel/quality.h"

#include "tiercel/log.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { FIGURE = 48, SENTENCE = 256 };

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static long long count_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

/* A share as per cent in six digits, so that 89.9999 does not look like 90; a number as it is; "-" for none. */
static const char *figure_text(const json_t *value, int is_share, char text[FIGURE])
{
    if (!json_is_number(value)) {
        (void)snprintf(text, FIGURE, "-");
    } else if (is_share) {
        (void)snprintf(text, FIGURE, "%.6g %%", 100 * json_number_value(value));
    } else {
        (void)snprintf(text, FIGURE, "%.6g", json_number_value(value));
    }
    return text;
}

/* What a gate measures, in words. X(gate, of, words) */
static const char *subject(const json_t *gate)
{
    static const char *const words[][3] = {
        {"completeness", "", "rows with a value"},
        {"validity", "rows", "rows that can be read"},
        {"validity", "", "values that can be read"},
        {"consistency", "order_customer", "order ids of one customer only"},
        {"consistency", "amount_product", "amounts equal to quantity times unit_price"},
        {"consistency", "not_before", "rows on quality.not_before or later"},
        {"consistency", "not_after", "rows before quality.not_after"},
        {"consistency", "return_sign",
         "amounts that are not positive under returns.order_prefix"},
        {"duplicates", "", "rows that repeat another row"},
        {"outliers", "", "amounts far above the others"},
        {"rejected", "", "rejected rows"},
        {"freshness_days", "", "days from the last row to the day of reference"},
        {"missing_months", "", "months without a row between the first and the last"},
        {"thin_months", "", "months with few rows for those around them"},
        {"negative_lag_days", "", "days from the last negative amount to the last row"},
        {"negative_share", "", "negative amounts against the positive ones"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i][0], text_of(gate, "gate")) == 0 &&
            (words[i][1][0] == '\0' || strcmp(words[i][1], text_of(gate, "of")) == 0)) {
            return words[i][2];
        }
    }
    return "";
}

/* 'quality.completeness: column "CustomerID" (customer), rows with a value: 75.07 %, at least 90 % required' */
static void describe(const json_t *gate, char sentence[SENTENCE])
{
    const int is_share = json_is_true(json_object_get(gate, "is_share"));
    const int at_least = strcmp(text_of(gate, "bound"), "at_least") == 0;
    const char *column = text_of(gate, "column");
    char value[FIGURE], limit[FIGURE], of[TC_QUALITY_HEADER + TC_QUALITY_KEY] = "";
    if (column[0] != '\0') {
        (void)snprintf(of, sizeof of, "column \"%.64s\" (%s), ", column,
                       text_of(gate, "of"));
    }
    (void)snprintf(sentence, SENTENCE, "quality.%s: %s%s: %s, %s %s %s",
                   text_of(gate, "gate"), of, subject(gate),
                   figure_text(json_object_get(gate, "value"), is_share, value),
                   at_least ? "at least" : "at most",
                   figure_text(json_object_get(gate, "limit"), is_share, limit),
                   at_least ? "required" : "allowed");
}

static int is_failed(const json_t *gate)
{
    return strcmp(text_of(gate, "state"), "failed") == 0;
}

static void print_columns(const json_t *section, FILE *out)
{
    size_t i;
    const json_t *column;
    char a[FIGURE], b[FIGURE];
    json_array_foreach(json_object_get(section, "columns"), i, column)
    {
        (void)fprintf(out, "            %-14s %10s filled, %10s of that readable (%s)\n",
                      text_of(column, "key"),
                      figure_text(json_object_get(column, "completeness"), 1, a),
                      figure_text(json_object_get(column, "validity"), 1, b),
                      text_of(column, "column"));
    }
}

static void print_checks(const json_t *section, FILE *out)
{
    const char *name;
    json_t *check;
    json_object_foreach(json_object_get(section, "consistency"), name, check)
    {
        if (count_of(check, "checked") > 0) {
            (void)fprintf(out, "            %-14s %lld inconsistent of %lld\n", name,
                          count_of(check, "inconsistent"), count_of(check, "checked"));
        }
    }
}

static void print_rest(const json_t *section, FILE *out)
{
    const json_t *rows = json_object_get(section, "rows"),
                 *coverage = json_object_get(section, "coverage"),
                 *amounts = json_object_get(section, "amounts"),
                 *negative = json_object_get(section, "negative");
    char a[FIGURE], b[FIGURE];
    (void)fprintf(out,
                  "            rows           %s readable, %lld unreadable, %lld repeat "
                  "another (%s)\n",
                  figure_text(json_object_get(rows, "validity"), 1, a),
                  count_of(rows, "unreadable"), count_of(rows, "repeated"),
                  figure_text(json_object_get(rows, "repeated_share"), 1, b));
    (void)fprintf(out,
                  "            days           %s to %s, months missing %lld, thin %lld, "
                  "longest gap %lld days\n",
                  text_of(coverage, "first_day"), text_of(coverage, "last_day"),
                  count_of(coverage, "missing_months"), count_of(coverage, "thin_months"),
                  count_of(coverage, "longest_gap_days"));
    (void)fprintf(out, "            amounts        %s to %s, median %s, outliers %s\n",
                  text_of(json_object_get(amounts, "smallest"), "exact"),
                  text_of(json_object_get(amounts, "largest"), "exact"),
                  text_of(json_object_get(amounts, "median"), "exact"),
                  figure_text(json_object_get(amounts, "outlier_share"), 1, a));
    (void)fprintf(
        out, "            negative       %lld rows, %s (%s of the positive), %s to %s\n",
        count_of(negative, "rows"), text_of(json_object_get(negative, "amount"), "exact"),
        figure_text(json_object_get(negative, "share"), 1, a),
        text_of(negative, "first_day"), text_of(negative, "last_day"));
}

void tc_quality_print(const json_t *section, FILE *out)
{
    char sentence[SENTENCE];
    size_t i;
    const json_t *gate;
    (void)fprintf(out, "Quality     %14lld gates passed, %lld failed%s\n",
                  count_of(section, "gates_passed"), count_of(section, "gates_failed"),
                  json_is_true(json_object_get(section, "enforced")) ? ""
                                                                     : " (not enforced)");
    print_columns(section, out);
    print_checks(section, out);
    print_rest(section, out);
    json_array_foreach(json_object_get(section, "gates"), i, gate)
    {
        if (is_failed(gate)) {
            describe(gate, sentence);
            (void)fprintf(out, "            FAILED %s\n", sentence);
        }
    }
}

/* The same into the log; a failure to do so hides the error that follows no more than silence. */
static void log_quality(const json_t *section)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out != NULL) {
        tc_quality_print(section, out);
        if (fclose(out) == 0) {
            tc_log_text(text);
        }
        free(text);
    }
}

static const json_t *first_failed(const json_t *section)
{
    size_t i;
    const json_t *gate;
    json_array_foreach(json_object_get(section, "gates"), i, gate)
    {
        if (is_failed(gate)) {
            return gate;
        }
    }
    return NULL;
}

static const char *remedy(const json_t *gate)
{
    return strcmp(text_of(gate, "gate"), "completeness") == 0
               ? "mend the input, or set quality.columns or quality.completeness"
               : "mend the input, or set that key";
}

tc_status tc_quality_enforce_all(tc_comm *comm, const json_t *section,
                                 const tc_config *config, tc_error *err)
{
    const json_t *gate = first_failed(section);
    const long long failed = count_of(section, "gates_failed");
    char sentence[SENTENCE];
    tc_status st = TC_OK;
    if (gate != NULL) {
        describe(gate, sentence);
    }
    if (gate != NULL && config->quality.enforce) {
        if (tc_comm_rank(comm) == 0) {
            log_quality(section);
        }
        st = tc_fail(err, TC_EGATE,
                     "%s; %lld of %lld gates failed, nothing was published; %s", sentence,
                     failed, failed + count_of(section, "gates_passed"), remedy(gate));
    } else if (gate != NULL) {
        tc_log_info("quality: %lld gates failed, not enforced; first %s", failed, sentence);
    }
    return tc_comm_agree_all(comm, st, err);
}

tc_status tc_quality_check_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    tc_event_list list = {0};
    tc_quality q = {0};
    json_t *section = NULL;
    tc_status st = tc_event_list_open_all(comm, config, &list, err);
    if (st == TC_OK) {
        st = tc_quality_list_all(comm, &list, &q, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(comm, tc_quality_json(&q, config, &section, err), err);
    }
    if (st == TC_OK) {
        st = tc_quality_enforce_all(comm, section, config, err);
    }
    json_decref(section);
    tc_quality_free(&q);
    tc_event_list_close_all(&list);
    return st;
}
