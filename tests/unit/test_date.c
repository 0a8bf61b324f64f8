/* Civil dates against a calendar that is counted day by day, and published dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tiercel/date.h"

static int is_leap(int64_t year)
{
    if (year % 400 == 0) {
        return 1;
    }
    return year % 4 == 0 && year % 100 != 0;
}

static int month_length(int64_t year, int month)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return length[month - 1] + (month == 2 && is_leap(year));
}

static void next_day(tc_date *d)
{
    d->day++;
    if (d->day > month_length(d->year, d->month)) {
        d->day = 1;
        d->month++;
    }
    if (d->month > 12) {
        d->month = 1;
        d->year++;
    }
}

/* 1 January of year 1 is day -719162 (rata die 1, and 1970-01-01 is rata die 719163). */
static void every_day_of_the_years_1_to_9999(void **state)
{
    (void)state;
    tc_date d = {.year = 1, .month = 1, .day = 1};
    char text[TC_DATE_TEXT], wanted[TC_DATE_TEXT];
    int64_t day = -719162, parsed;
    for (; d.year < 10000; next_day(&d), day++) {
        const tc_date back = tc_date_from_days(day);
        assert_true(tc_date_valid(d));
        assert_int_equal(tc_date_to_days(d), day);
        assert_true(back.year == d.year && back.month == d.month && back.day == d.day);
        assert_int_equal(tc_date_month_of_day(day), d.year * 12 + d.month - 1);
        if (d.day == 1 || d.day >= 28) {
            (void)snprintf(wanted, sizeof wanted, "%04d-%02d-%02d", (int)d.year % 10000,
                           d.month % 100, d.day % 100);
            tc_date_text(day, text);
            assert_string_equal(text, wanted);
            assert_true(tc_date_parse(text, &parsed));
            assert_int_equal(parsed, day);
        }
    }
    assert_int_equal(day, 2932897);
}

static void days_outside_the_years_1_to_9999_round_trip(void **state)
{
    (void)state;
    for (int64_t day = -4000000; day < 6000000; day += 997) {
        assert_int_equal(tc_date_to_days(tc_date_from_days(day)), day);
    }
}

static void leap_rules(void **state)
{
    (void)state;
    for (int64_t year = 1; year <= 9999; year++) {
        for (int month = 1; month <= 12; month++) {
            const int length = month_length(year, month);
            tc_date d = {.year = year, .month = month, .day = length};
            assert_true(tc_date_valid(d));
            d.day++;
            assert_false(tc_date_valid(d));
        }
    }
    assert_true(tc_date_valid((tc_date){2000, 2, 29}));
    assert_true(tc_date_valid((tc_date){2024, 2, 29}));
    assert_false(tc_date_valid((tc_date){1900, 2, 29}));
    assert_false(tc_date_valid((tc_date){2023, 2, 29}));
}

static void dates_that_do_not_exist(void **state)
{
    (void)state;
    static const tc_date bad[] = {{0, 1, 1},     {10000, 1, 1}, {-4, 2, 1},   {2011, 0, 1},
                                  {2011, 13, 1}, {2011, -1, 1}, {2011, 1, 0}, {2011, 1, -1},
                                  {2011, 4, 31}, {2011, 2, 30}, {2011, 1, 32}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(tc_date_valid(bad[i]));
    }
}

static void known_days(void **state)
{
    (void)state;
    assert_int_equal(tc_date_to_days((tc_date){1970, 1, 1}), 0);
    assert_int_equal(tc_date_to_days((tc_date){2000, 3, 1}), 11017);
    assert_int_equal(tc_date_to_days((tc_date){2011, 12, 9}), 15317);
    assert_int_equal(tc_date_to_days((tc_date){1582, 10, 15}), -141427);
    assert_int_equal(tc_date_to_days((tc_date){2038, 1, 19}), INT64_C(2147483648) / 86400);
}

static void days_of_times_round_down(void **state)
{
    (void)state;
    assert_int_equal(tc_date_day_of(0), 0);
    assert_int_equal(tc_date_day_of(86399), 0);
    assert_int_equal(tc_date_day_of(86400), 1);
    assert_int_equal(tc_date_day_of(-1), -1);
    assert_int_equal(tc_date_day_of(-86400), -1);
    assert_int_equal(tc_date_day_of(-86401), -2);
    assert_int_equal(tc_date_day_of(INT64_MAX), INT64_MAX / 86400);
    assert_int_equal(tc_date_day_of(INT64_MIN), INT64_MIN / 86400 - 1);
}

static void texts_of_times(void **state)
{
    (void)state;
    char text[TC_TIME_TEXT];
    tc_time_text(INT64_C(15317) * 86400 + 12 * 3600 + 50 * 60, text);
    assert_string_equal(text, "2011-12-09T12:50:00");
    tc_time_text(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00");
    tc_time_text(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59");
    tc_time_text(-86400, text);
    assert_string_equal(text, "1969-12-31T00:00:00");
    tc_time_text(INT64_MIN, text); /* any text, but no overflow */
    tc_time_text(INT64_MAX, text);
}

static void parse_rejects_all_but_the_exact_form(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "2011-12-9",   "2011-12-090",     "2011/12/09",
        "11-12-09",   "2011-13-01",  "2011-02-29",      "2011-00-10",
        "2011-01-00", " 2011-12-09", "2011-12-09 ",     "20111209",
        "2011-12-0x", "+011-12-09",  "2011-1-009",      "0000-01-01",
        "2011-12--9", "-011-12-09",  "2011-12-\xb2\x39"};
    int64_t days = 77;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(tc_date_parse(bad[i], &days));
        assert_int_equal(days, 77);
    }
    assert_true(tc_date_parse("2011-12-09", &days));
    assert_int_equal(days, 15317);
    assert_true(tc_date_parse("9999-12-31", &days));
    assert_int_equal(days, 2932896);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_the_years_1_to_9999),
        cmocka_unit_test(days_outside_the_years_1_to_9999_round_trip),
        cmocka_unit_test(leap_rules),
        cmocka_unit_test(dates_that_do_not_exist),
        cmocka_unit_test(known_days),
        cmocka_unit_test(days_of_times_round_down),
        cmocka_unit_test(texts_of_times),
        cmocka_unit_test(parse_rejects_all_but_the_exact_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
