/* Data quality: every gate on both sides of its limit, and the section of the report. */
#include "tiercel/quality.h"

#include "tiercel/date.h"
#include "tiercel/mem.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t day_of(int year, int month, int day)
{
    return tc_date_to_days((tc_date){.year = year, .month = month, .day = day});
}

static void put_day(tc_quality *q, int64_t day, tc_quality_day value)
{
    tc_quality_day *to = tc_quality_make_day(q, day, NULL);
    assert_non_null(to);
    *to = value;
}

static tc_config no_limits(void)
{
    const double none = (double)NAN;
    return (tc_config){.as_of = TC_CONFIG_AUTO,
                       .quality = {.enforce = 1,
                                   .completeness = none,
                                   .validity = none,
                                   .consistency = none,
                                   .duplicates = none,
                                   .outliers = none,
                                   .rejected = none,
                                   .negative_share = none,
                                   .freshness_days = none,
                                   .missing_months = none,
                                   .thin_months = none,
                                   .negative_lag_days = none,
                                   .thin_month = 0.25,
                                   .not_before = TC_CONFIG_NONE,
                                   .not_after = TC_CONFIG_NONE}};
}

/* 1,000 rows on two days of two months, one month missing; each figure is bad in 100 of them. */
static void fill(tc_quality *q)
{
    assert_int_equal(tc_quality_create(q, NULL), TC_OK);
    const int64_t count[TC_N_QUALITY_COUNTS] = {[TC_QUALITY_ROWS] = 1000,
                                                [TC_QUALITY_SHAPED] = 1000,
                                                [TC_QUALITY_UNREADABLE] = 100,
                                                [TC_QUALITY_REJECTED] = 100,
                                                [TC_QUALITY_DUPLICATES] = 100,
                                                [TC_QUALITY_ORDERS] = 1000,
                                                [TC_QUALITY_ORDERS_MIXED] = 100,
                                                [TC_QUALITY_PRODUCTS] = 1000,
                                                [TC_QUALITY_PRODUCTS_DIFFER] = 100,
                                                [TC_QUALITY_CANCELLED] = 1000,
                                                [TC_QUALITY_CANCELLED_POSITIVE] = 100};
    memcpy(q->count, count, sizeof count);
    q->n_columns = 1;
    q->column[0] = (tc_quality_column){
        .key = "customer", .header = "Id", .empty = 100, .unreadable = 90, .rows = 1000};
    q->step_rows[tc_quality_step(10000)] = 900;
    q->step_rows[tc_quality_step(10000000)] = 100;
    put_day(q, day_of(2021, 1, 10), (tc_quality_day){100, 100, 900, 100});
    put_day(q, day_of(2021, 3, 10), (tc_quality_day){900, 0, 100, 0});
}

static tc_gate_state find(const tc_quality_gate *gate, int n, const char *name,
                          const char *of)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(gate[i].name, name) == 0 && strcmp(gate[i].of, of) == 0) {
            return gate[i].state;
        }
    }
    fail_msg("no gate %s %s", name, of);
    return TC_GATE_OFF;
}

static tc_gate_state state_of(const tc_quality *q, const tc_config *config,
                              const char *name, const char *of, int *failed)
{
    tc_quality_gate gate[TC_QUALITY_GATES];
    tc_quality_calendar calendar;
    assert_int_equal(
        tc_quality_calendar_create(q, config->quality.thin_month, &calendar, NULL), TC_OK);
    const int n = tc_quality_judge(q, &calendar, config, gate);
    tc_quality_calendar_free(&calendar);
    *failed = 0;
    for (int i = 0; i < n; i++) {
        *failed += gate[i].state == TC_GATE_FAILED;
    }
    return find(gate, n, name, of);
}

typedef struct {
    const char *name, *of;
    size_t limit;     /* member of tc_config_quality */
    double good, bad; /* limits that just let it pass, and just do not */
    int together;     /* gates that fail with the bad limit */
} gate_case;

#define LIMIT(member) offsetof(tc_config_quality, member)

/* The figures of fill: 0.9 good, or 0.1 bad; one month missing; 59 days; 31 days before 10 April. */
static const gate_case cases[] = {
    {"completeness", "customer", LIMIT(completeness), 0.9, 0.9001, 1},
    {"validity", "rows", LIMIT(validity), 0.9, 0.9001, 2},
    {"validity", "customer", LIMIT(validity), 0.9, 0.9001, 2},
    {"consistency", "order_customer", LIMIT(consistency), 0.9, 0.9001, 5},
    {"consistency", "amount_product", LIMIT(consistency), 0.9, 0.9001, 5},
    {"consistency", "not_before", LIMIT(consistency), 0.9, 0.9001, 5},
    {"consistency", "not_after", LIMIT(consistency), 0.1, 0.9001, 5},
    {"consistency", "return_sign", LIMIT(consistency), 0.9, 0.9001, 5},
    {"duplicates", "", LIMIT(duplicates), 0.1, 0.0999, 1},
    {"outliers", "", LIMIT(outliers), 0.1, 0.0999, 1},
    {"rejected", "", LIMIT(rejected), 0.1, 0.0999, 1},
    {"negative_share", "", LIMIT(negative_share), 0.1, 0.0999, 1},
    {"freshness_days", "", LIMIT(freshness_days), 59, 58, 1},
    {"missing_months", "", LIMIT(missing_months), 1, 0, 1},
    {"thin_months", "", LIMIT(thin_months), 1, 0, 1},
    {"negative_lag_days", "", LIMIT(negative_lag_days), 59, 58, 1},
};

static void test_gates(void **state)
{
    tc_quality q;
    (void)state;
    fill(&q);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const gate_case *c = &cases[i];
        tc_config config = no_limits();
        double *limit = (double *)(void *)((char *)&config.quality + c->limit);
        int failed;
        config.quality.not_before = day_of(2021, 2, 1);
        config.quality.not_after = day_of(2021, 3, 10);
        config.quality.thin_month = 1;
        assert_int_equal(state_of(&q, &config, c->name, c->of, &failed), TC_GATE_OFF);
        assert_int_equal(failed, 0);
        *limit = c->good;
        assert_int_equal(state_of(&q, &config, c->name, c->of, &failed), TC_GATE_PASSED);
        *limit = c->bad;
        assert_int_equal(state_of(&q, &config, c->name, c->of, &failed), TC_GATE_FAILED);
        assert_int_equal(failed, c->together);
    }
    tc_quality_free(&q);
}

static void test_gate_of_column(void **state)
{
    static char customer[] = "customer", custom[] = "custom";
    tc_quality_column_limit other = {.column = customer, .completeness = 0.5};
    tc_config config = no_limits();
    tc_quality q;
    int failed;
    (void)state;
    fill(&q);
    config.quality.completeness = 0.95;
    config.quality.columns = &other;
    config.quality.n_columns = 1;
    assert_int_equal(state_of(&q, &config, "completeness", "customer", &failed),
                     TC_GATE_PASSED);
    other.column = custom; /* half a name is another one */
    assert_int_equal(state_of(&q, &config, "completeness", "customer", &failed),
                     TC_GATE_FAILED);
    other.column = customer;
    other.completeness = (double)NAN;
    assert_int_equal(state_of(&q, &config, "completeness", "customer", &failed),
                     TC_GATE_OFF);
    tc_quality_free(&q);
}

/* What cannot be measured fails nothing; what has only bad sides does. */
static void test_gate_of_nothing(void **state)
{
    tc_config config = no_limits();
    tc_quality q;
    int failed;
    (void)state;
    assert_int_equal(tc_quality_create(&q, NULL), TC_OK);
    config.quality.negative_lag_days = config.quality.missing_months = 0;
    config.quality.consistency = config.quality.validity = 1;
    config.quality.negative_share = 0.5;
    assert_int_equal(state_of(&q, &config, "consistency", "return_sign", &failed),
                     TC_GATE_EMPTY);
    assert_int_equal(failed, 0);
    put_day(&q, 100, (tc_quality_day){.rows = 1, .negative_rows = 1, .negative = 5});
    assert_int_equal(state_of(&q, &config, "negative_share", "", &failed), TC_GATE_FAILED);
    config.quality.freshness_days = 1000;
    config.quality.not_after = 100;
    assert_int_equal(state_of(&q, &config, "freshness_days", "", &failed), TC_GATE_FAILED);
    config.quality.not_after = 101;
    assert_int_equal(state_of(&q, &config, "freshness_days", "", &failed), TC_GATE_PASSED);
    tc_quality_free(&q);
}

static void test_reference(void **state)
{
    tc_config config = no_limits();
    (void)state;
    assert_true(tc_quality_future(&config) == TC_CONFIG_NONE);
    assert_true(tc_quality_reference(&config) == TC_CONFIG_NONE);
    config.as_of = 7;
    assert_true(tc_quality_future(&config) == TC_CONFIG_NONE);
    assert_int_equal(tc_quality_reference(&config), 7);
    config.quality.not_after = TC_CONFIG_AUTO;
    assert_int_equal(tc_quality_future(&config), 7);
    config.quality.not_after = 9;
    assert_int_equal(tc_quality_future(&config), 9);
    assert_int_equal(tc_quality_reference(&config), 9);
}

/* The section and its text hold the figures, also of nothing at all, and memory that runs out is an error. */
static void test_section(void **state)
{
    tc_config config = no_limits();
    tc_quality q, empty;
    json_t *section = NULL;
    char text[8192] = "";
    FILE *out = tmpfile();
    (void)state;
    fill(&q);
    config.quality.completeness = 0.95;
    assert_non_null(out);
    assert_int_equal(tc_quality_json(&q, &config, &section, NULL), TC_OK);
    assert_int_equal(json_integer_value(json_object_get(section, "gates_failed")), 1);
    assert_int_equal(
        json_array_size(json_object_get(json_object_get(section, "coverage"), "missing")),
        1);
    tc_quality_print(section, out);
    rewind(out);
    assert_true(fread(text, 1, sizeof text - 1, out) > 100);
    assert_non_null(strstr(text,
                           "FAILED quality.completeness: column \"Id\" (customer), rows "
                           "with a value: 90 %, at least 95 % required\n"));
    (void)fclose(out);
    json_decref(section);
    for (int nth = 1; nth < 3; nth++) {
        tc_mem_fail_at(nth);
        if (tc_quality_json(&q, &config, &section, NULL) == TC_OK) {
            json_decref(section);
        } else {
            assert_null(section);
        }
        tc_mem_fail_at(0);
    }
    assert_int_equal(tc_quality_create(&empty, NULL), TC_OK);
    assert_int_equal(tc_quality_json(&empty, &config, &section, NULL), TC_OK);
    json_decref(section);
    tc_quality_free(&empty);
    tc_quality_free(&q);
    assert_int_equal(tc_mem_live_blocks(), 0);
}

static void test_merge_columns(void **state)
{
    tc_quality a, b;
    tc_error err = {0};
    (void)state;
    assert_int_equal(tc_quality_create(&a, NULL), TC_OK);
    fill(&b);
    assert_int_equal(tc_quality_merge(&a, &b, NULL), TC_OK);
    assert_int_equal(tc_quality_merge(&a, &b, NULL), TC_OK);
    assert_int_equal(a.n_columns, 1);
    assert_int_equal(a.column[0].rows, 2000);
    assert_string_equal(a.column[0].header, "Id");
    assert_int_equal(a.count[TC_QUALITY_ROWS], 2000);
    for (int i = 1; i < TC_QUALITY_COLUMNS; i++) {
        (void)snprintf(b.column[0].key, sizeof b.column[0].key, "other%d", i);
        assert_int_equal(tc_quality_merge(&a, &b, NULL), TC_OK);
    }
    (void)snprintf(b.column[0].key, sizeof b.column[0].key, "more");
    assert_int_equal(tc_quality_merge(&a, &b, &err), TC_EDATA);
    tc_quality_free(&a);
    tc_quality_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gates),           cmocka_unit_test(test_gate_of_column),
        cmocka_unit_test(test_gate_of_nothing), cmocka_unit_test(test_reference),
        cmocka_unit_test(test_section),         cmocka_unit_test(test_merge_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
