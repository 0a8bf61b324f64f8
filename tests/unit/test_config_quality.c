/* Section quality of the configuration: limits that can be numbers or none, bounds, single columns. */
#include "config_fixture.h"

#include "tiercel/date.h"

#include <math.h>

static void test_defaults(void **state)
{
    tc_config *c = parse_ok(minimal, NULL, 0);
    const tc_config_quality *q = &c->quality;
    (void)state;
    assert_int_equal(q->enforce, 1);
    assert_true(q->completeness == 0.9 && q->validity == 0.9 && q->consistency == 0.95);
    assert_true(q->duplicates == 0.05 && q->outliers == 0.05 && q->thin_month == 0.25);
    assert_true(isnan(q->rejected) && isnan(q->freshness_days) && isnan(q->missing_months));
    assert_true(isnan(q->thin_months) && isnan(q->negative_share));
    assert_true(isnan(q->negative_lag_days));
    assert_true(q->not_before == TC_CONFIG_NONE && q->not_after == TC_CONFIG_NONE);
    assert_int_equal(q->n_columns, 0);
    assert_true(c->input.amount_tolerance == 0.01);
    tc_config_destroy(&c);
}

static void test_values(void **state)
{
    static const char *set[9] = {"run.as_of=2020-01-01",
                                 "quality.completeness=none",
                                 "quality.rejected=0.5",
                                 "quality.freshness_days=3",
                                 "quality.not_before=1994-07-05",
                                 "quality.not_after=as_of",
                                 "quality.enforce=false",
                                 ("quality.columns=[{column: customer, completeness: "
                                  "0.7}, {column: time, completeness: none}]")};
    tc_config *c = parse_ok(minimal, set, 8), *again;
    const tc_config_quality *q = &c->quality;
    (void)state;
    assert_true(isnan(q->completeness) && q->rejected == 0.5 && q->freshness_days == 3);
    assert_int_equal(q->not_before,
                     tc_date_to_days((tc_date){.year = 1994, .month = 7, .day = 5}));
    assert_true(q->not_after == TC_CONFIG_AUTO && q->enforce == 0);
    assert_int_equal(q->n_columns, 2);
    assert_string_equal(q->columns[0].column, "customer");
    assert_true(q->columns[0].completeness == 0.7 && isnan(q->columns[1].completeness));
    set[8] = "quality.columns=[]"; /* a later list replaces the former one, also by none */
    again = parse_ok(minimal, set, 9);
    assert_int_equal(again->quality.n_columns, 0);
    tc_config_destroy(&again);
    expect_section(
        c, "quality",
        "{\"columns\":[{\"column\":\"customer\",\"completeness\":0.69999999999999996},"
        "{\"column\":\"time\",\"completeness\":null}],\"completeness\":null,"
        "\"consistency\":0.94999999999999996,\"duplicates\":0.050000000000000003,"
        "\"enforce\":false,\"freshness_days\":3.0,\"missing_months\":null,"
        "\"negative_lag_days\":null,\"negative_share\":null,\"not_after\":\"as_of\","
        "\"not_before\":\"1994-07-05\",\"outliers\":0.050000000000000003,\"rejected\":0.5,"
        "\"thin_month\":0.25,\"thin_months\":null,\"validity\":0.90000000000000002}");
    tc_config_destroy(&c);
}

static void test_errors(void **state)
{
    (void)state;
    expect_set("quality.completeness=1.5",
               "--set quality.completeness: \"1.5\" is out of limits; allowed: none, or a "
               "number from 0 to 1");
    expect_set("quality.completeness=nan",
               "--set quality.completeness: \"nan\" is not a number; allowed: none, or a "
               "number from 0 to 1");
    expect_set("quality.not_before=yesterday",
               "--set quality.not_before: \"yesterday\" is not a date; allowed: none, "
               "as_of, or a date YYYY-MM-DD");
    expect_set("quality.not_before=as_of",
               "--set quality.not_before: as_of is no first day; allowed: none, or a date "
               "YYYY-MM-DD");
    expect_set("quality.columns=[{column: order, completeness: 0.5}]",
               "--set quality.columns: quality.columns[0].column: \"order\" is not mapped; "
               "allowed: a key of "
               "input.columns that has a column");
    expect_set("quality.columns=[{column: buyer, completeness: 0.5}]",
               "--set quality.columns: quality.columns[0].column: \"buyer\" is not mapped; "
               "allowed: a key of "
               "input.columns that has a column");
    expect_set("quality.columns=[{column: time, completeness: 1}, {column: time, "
               "completeness: 0.5}]",
               "--set quality.columns: quality.columns[1].column: \"time\" stands in the "
               "list twice; allowed: each "
               "once");
    expect_set("quality.columns=[{column: time}]",
               "--set quality.columns: quality.columns[0].completeness: missing; allowed: "
               "none, or a number from 0 to 1");
    expect_set(
        "quality.freshness_days=3",
        "--set quality.freshness_days: there is no day to count from; allowed: none, "
        "or set run.as_of or quality.not_after to a date");
}

/* The first day must lie before the last. */
static void test_order(void **state)
{
    static const char *const set[] = {"quality.not_before=2020-01-02",
                                      "quality.not_after=2020-01-02"};
    (void)state;
    expect_error(minimal, set, 2, TC_ECONFIG,
                 "--set quality.not_before: not before the day of quality.not_after; "
                 "allowed: an earlier date");
}

/* A section without a limit that differs must not look like another. */
static void test_stays_out_of_input(void **state)
{
    static const char *const set[] = {"quality.completeness=0.5"};
    tc_config *a = parse_ok(minimal, NULL, 0), *b = parse_ok(minimal, set, 1);
    tc_buffer one = {0}, two = {0};
    (void)state;
    assert_int_equal(tc_config_section(a, "input", &one, NULL), TC_OK);
    assert_int_equal(tc_config_section(b, "input", &two, NULL), TC_OK);
    assert_int_equal(one.size, two.size);
    assert_memory_equal(one.data, two.data, (size_t)one.size);
    tc_buffer_free(&one);
    tc_buffer_free(&two);
    tc_config_destroy(&a);
    tc_config_destroy(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_stays_out_of_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
