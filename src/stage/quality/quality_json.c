/* quality_json.c - section data_quality of report.json. */
#include "tiercel/quality.h"

#include "tiercel/date.h"
#include "tiercel/json.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>

typedef struct {
    const tc_quality *q;
    const tc_config *config;
    tc_quality_calendar calendar;
    json_t *root;
    int failed; /* a value could not be made */
} section;

/* Takes the value over. */
static void set(section *s, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) {
        s->failed = 1;
    }
}

static json_t *append(section *s, json_t *array)
{
    json_t *object = json_object();
    if (json_array_append_new(array, object) != 0) {
        s->failed = 1;
        return NULL;
    }
    return object;
}

static json_t *child(section *s, const char *key, json_t *made)
{
    set(s, s->root, key, made);
    return json_object_get(s->root, key);
}

static json_t *share(int64_t part, int64_t all)
{
    return tc_json_number(all > 0 ? (double)part / (double)all : (double)NAN);
}

/* Exact, as text, and as a number; as elsewhere in the report. */
static json_t *money(int64_t units)
{
    const uint64_t size = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
    char text[40];
    int n = snprintf(text, sizeof text, "%s%" PRIu64 ".%04" PRIu64, units < 0 ? "-" : "",
                     size / 10000, size % 10000);
    for (int cut = 0; cut < 2 && text[n - 1] == '0'; cut++) {
        text[--n] = '\0';
    }
    return json_pack("{s:s, s:f}", "exact", text, "value", (double)units / 1e4);
}

static json_t *day_text(int64_t day)
{
    char text[TC_DATE_TEXT];
    if (day < TC_QUALITY_FIRST_DAY || day > TC_QUALITY_LAST_DAY) {
        return json_null();
    }
    tc_date_text(day, text);
    return json_string(text);
}

static json_t *month_text(int64_t month)
{
    char text[TC_DATE_TEXT];
    (void)snprintf(text, sizeof text, "%04d-%02d", (int)(month / 12),
                   (int)(month % 12) + 1);
    return json_string(text);
}

static void add_gates(section *s)
{
    static const char *const state[] = {"off", "empty", "passed", "failed"};
    tc_quality_gate gate[TC_QUALITY_GATES];
    const int n = tc_quality_judge(s->q, &s->calendar, s->config, gate);
    json_t *gates = child(s, "gates", json_array());
    int count[4] = {0};
    for (int i = 0; i < n; i++) {
        json_t *to = append(s, gates);
        set(s, to, "gate", json_string(gate[i].name));
        set(s, to, "of", gate[i].of[0] == '\0' ? json_null() : json_string(gate[i].of));
        set(s, to, "column",
            gate[i].header[0] == '\0' ? json_null() : json_string(gate[i].header));
        set(s, to, "is_share", json_boolean(gate[i].is_share));
        set(s, to, "bound", json_string(gate[i].at_least ? "at_least" : "at_most"));
        set(s, to, "value", tc_json_number(gate[i].value));
        set(s, to, "limit", tc_json_number(gate[i].limit));
        set(s, to, "state", json_string(state[gate[i].state]));
        count[gate[i].state]++;
    }
    set(s, s->root, "gates_passed", json_integer(count[TC_GATE_PASSED]));
    set(s, s->root, "gates_failed", json_integer(count[TC_GATE_FAILED]));
    set(s, s->root, "enforced", json_boolean(s->config->quality.enforce));
}

static void add_columns(section *s)
{
    const int64_t *count = s->q->count;
    json_t *columns = child(s, "columns", json_array()),
           *rows = child(s, "rows", json_object());
    for (int i = 0; i < s->q->n_columns; i++) {
        const tc_quality_column *c = &s->q->column[i];
        const int64_t filled = c->rows - c->empty;
        if (c->key[0] != '\0') {
            json_t *to = append(s, columns);
            set(s, to, "key", json_string(c->key));
            set(s, to, "column", json_string(c->header));
            set(s, to, "rows", json_integer(c->rows));
            set(s, to, "empty", json_integer(c->empty));
            set(s, to, "unreadable", json_integer(c->unreadable));
            set(s, to, "completeness", share(filled, c->rows));
            set(s, to, "validity", share(filled - c->unreadable, filled));
        }
    }
    set(s, rows, "read", json_integer(count[TC_QUALITY_ROWS]));
    set(s, rows, "with_all_fields", json_integer(count[TC_QUALITY_SHAPED]));
    set(s, rows, "with_time", json_integer(s->calendar.sum.rows));
    set(s, rows, "unreadable", json_integer(count[TC_QUALITY_UNREADABLE]));
    set(s, rows, "validity",
        share(count[TC_QUALITY_ROWS] - count[TC_QUALITY_UNREADABLE],
              count[TC_QUALITY_ROWS]));
    set(s, rows, "repeated", json_integer(count[TC_QUALITY_DUPLICATES]));
    set(s, rows, "repeated_share",
        share(count[TC_QUALITY_DUPLICATES], count[TC_QUALITY_ROWS]));
    set(s, rows, "rejected", json_integer(count[TC_QUALITY_REJECTED]));
    set(s, rows, "rejected_share",
        share(count[TC_QUALITY_REJECTED], count[TC_QUALITY_ROWS]));
}

static void add_check(section *s, json_t *to, const char *name, int64_t checked,
                      int64_t inconsistent)
{
    json_t *check = json_object();
    set(s, to, name, check);
    set(s, check, "checked", json_integer(checked));
    set(s, check, "inconsistent", json_integer(inconsistent));
    set(s, check, "consistency", share(checked - inconsistent, checked));
}

static void add_consistency(section *s)
{
    const int64_t *count = s->q->count, rows = s->calendar.sum.rows,
                  before = s->config->quality.not_before,
                  after = tc_quality_future(s->config), as_of = s->config->as_of;
    json_t *to = child(s, "consistency", json_object());
    add_check(s, to, "order_customer", count[TC_QUALITY_ORDERS],
              count[TC_QUALITY_ORDERS_MIXED]);
    add_check(s, to, "amount_product", count[TC_QUALITY_PRODUCTS],
              count[TC_QUALITY_PRODUCTS_DIFFER]);
    add_check(s, to, "return_sign", count[TC_QUALITY_CANCELLED],
              count[TC_QUALITY_CANCELLED_POSITIVE]);
    add_check(s, to, "not_before", before == TC_CONFIG_NONE ? 0 : rows,
              before == TC_CONFIG_NONE ? 0 : tc_quality_rows_before(s->q, before));
    add_check(s, to, "not_after", after == TC_CONFIG_NONE ? 0 : rows,
              after == TC_CONFIG_NONE ? 0 : tc_quality_rows_from(s->q, after));
    set(s, to, "rows_from_as_of_on",
        as_of == TC_CONFIG_AUTO ? json_null()
                                : json_integer(tc_quality_rows_from(s->q, as_of)));
}

static void add_months(section *s, json_t *coverage)
{
    const tc_quality_calendar *c = &s->calendar;
    json_t *months = json_array(), *missing = json_array();
    set(s, coverage, "months", months);
    set(s, coverage, "missing", missing);
    for (int64_t m = 0; m < c->n_months; m++) {
        const tc_quality_month *month = &c->month[m];
        const int absent = month->sum.rows == 0;
        int64_t end = m + 1;
        json_t *to = append(s, absent ? missing : months);
        set(s, to, absent ? "first" : "month", month_text(month->month));
        if (absent) { /* a run of months */
            while (end < c->n_months && c->month[end].sum.rows == 0) {
                end++;
            }
            set(s, to, "last", month_text(c->month[end - 1].month));
            m = end - 1;
            continue;
        }
        set(s, to, "rows", json_integer(month->sum.rows));
        set(s, to, "days", json_integer(month->days));
        set(s, to, "net", money(month->sum.positive - month->sum.negative));
        set(s, to, "negative_rows", json_integer(month->sum.negative_rows));
        set(s, to, "negative", money(-month->sum.negative));
        set(s, to, "thin", json_boolean(month->thin));
    }
}

static void add_coverage(section *s)
{
    const tc_quality_calendar *c = &s->calendar;
    const int64_t reference = tc_quality_reference(s->config);
    json_t *to = child(s, "coverage", json_object());
    const int64_t span = c->days > 0 ? c->last_day - c->first_day + 1 : 0;
    set(s, to, "first_day", day_text(c->first_day));
    set(s, to, "last_day", day_text(c->last_day));
    set(s, to, "fresh_at", day_text(reference));
    set(s, to, "missing_months", json_integer(c->missing));
    set(s, to, "thin_months", json_integer(c->thin));
    set(s, to, "days_without_rows", json_integer(span - c->days));
    set(s, to, "longest_gap_days", json_integer(c->longest_gap));
    set(s, to, "longest_gap_from",
        c->longest_gap > 0 ? day_text(c->gap_from) : json_null());
    add_months(s, to);
}

static void add_amounts(section *s)
{
    static const char *const name[3] = {"lower_quartile", "median", "upper_quartile"};
    json_t *to = child(s, "amounts", json_object());
    const int64_t *count = s->q->count;
    tc_quality_sizes sizes;
    tc_quality_measure_sizes(s->q, &sizes);
    const int any = sizes.rows + sizes.zero_rows > 0;
    set(s, to, "rows", json_integer(sizes.rows));
    set(s, to, "zero_rows", json_integer(sizes.zero_rows));
    for (int i = 0; i < 3; i++) {
        set(s, to, name[i],
            sizes.rows > 0 ? money(tc_quality_step_low(sizes.quartile[i])) : json_null());
    }
    set(s, to, "outliers_from",
        sizes.rows > 0 ? money(tc_quality_step_low(sizes.high + 1)) : json_null());
    set(s, to, "outlier_rows", json_integer(sizes.high_rows));
    set(s, to, "outlier_share", share(sizes.high_rows, sizes.rows));
    set(s, to, "tiny_rows", json_integer(sizes.low_rows));
    set(s, to, "largest", any ? money(count[TC_QUALITY_LARGEST]) : json_null());
    set(s, to, "smallest", any ? money(count[TC_QUALITY_SMALLEST]) : json_null());
}

static void add_negative(section *s)
{
    const tc_quality_calendar *c = &s->calendar;
    json_t *to = child(s, "negative", json_object());
    set(s, to, "rows", json_integer(c->sum.negative_rows));
    set(s, to, "amount", money(-c->sum.negative));
    set(s, to, "positive_amount", money(c->sum.positive));
    set(s, to, "share", share(c->sum.negative, c->sum.positive));
    set(s, to, "first_day", day_text(c->first_negative));
    set(s, to, "last_day", day_text(c->last_negative));
}

tc_status tc_quality_json(const tc_quality *q, const tc_config *config, json_t **out,
                          tc_error *err)
{
    section s = {.q = q, .config = config};
    tc_status st =
        tc_quality_calendar_create(q, config->quality.thin_month, &s.calendar, err);
    *out = NULL;
    if (st == TC_OK) {
        s.root = json_object();
        add_gates(&s);
        add_columns(&s);
        add_consistency(&s);
        add_coverage(&s);
        add_amounts(&s);
        add_negative(&s);
        if (s.failed) {
            json_decref(s.root);
            s.root = NULL;
            st = tc_fail(err, TC_ENOMEM,
                         "data quality: no memory for a value, or a column "
                         "name that is not UTF-8");
        }
    }
    *out = s.root;
    tc_quality_calendar_free(&s.calendar);
    return st;
}
