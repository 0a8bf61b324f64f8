/* Texts of dates and times to seconds. */
#include "tiercel/date.h"
#include "tiercel/timeparse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ok: the text must give year-month-day hour:minute:second */
typedef struct {
    const char *format, *text;
    int ok, year, month, day, hour, minute, second;
} time_case;

static const time_case cases[] = {
    {"iso", "2011-12-09 12:50:00", 1, 2011, 12, 9, 12, 50, 0},
    {"iso", "2011-12-09T12:50:59", 1, 2011, 12, 9, 12, 50, 59},
    {"iso", "2011-12-09T12:50:59.999", 1, 2011, 12, 9, 12, 50, 59},
    {"iso", "2011-12-09T12:50:59Z", 1, 2011, 12, 9, 12, 50, 59},
    {"iso", "2011-12-09 12:50", 1, 2011, 12, 9, 12, 50, 0},
    {"iso", "2011-12-09 8:50", 1, 2011, 12, 9, 8, 50, 0},
    {"iso", "2011-12-09", 1, 2011, 12, 9, 0, 0, 0},
    {"iso", "1969-12-31 23:59:59", 1, 1969, 12, 31, 23, 59, 59},
    {"iso", "2000-02-29", 1, 2000, 2, 29, 0, 0, 0},
    {"iso", "2012-02-29", 1, 2012, 2, 29, 0, 0, 0},
    {"iso", "0001-01-01", 1, 1, 1, 1, 0, 0, 0},
    {"iso", "9999-12-31 23:59:59", 1, 9999, 12, 31, 23, 59, 59},
    {"iso", "1900-02-29", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-02-29", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-02-30", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-04-31", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-13-01", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-00-01", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-01-00", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "0000-01-01", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 24:00:00", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 12:60:00", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 12:00:60", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 12", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 12:5", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 12:50:", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 12:50:00.", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 12:50:00+01:00", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-9", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011/12/09", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "20111209", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 ", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "", 0, 0, 0, 0, 0, 0, 0},
    {"day_first", "09/12/2011", 1, 2011, 12, 9, 0, 0, 0},
    {"day_first", "9/1/2011 8:26", 1, 2011, 1, 9, 8, 26, 0},
    {"day_first", "31.12.2011 23:59:59", 1, 2011, 12, 31, 23, 59, 59},
    {"day_first", "31-12-2011", 1, 2011, 12, 31, 0, 0, 0},
    {"day_first", "12/31/2011", 0, 0, 0, 0, 0, 0, 0},
    {"day_first", "31/12-2011", 0, 0, 0, 0, 0, 0, 0},
    {"day_first", "31/12/11", 0, 0, 0, 0, 0, 0, 0},
    {"day_first", "31 12 2011", 0, 0, 0, 0, 0, 0, 0},
    {"month_first", "12/31/2011", 1, 2011, 12, 31, 0, 0, 0},
    {"month_first", "1/2/2011 08:26:00", 1, 2011, 1, 2, 8, 26, 0},
    {"month_first", "31/12/2011", 0, 0, 0, 0, 0, 0, 0},
    {"compact", "19970101", 1, 1997, 1, 1, 0, 0, 0},
    {"compact", "19970101 12:30", 1, 1997, 1, 1, 12, 30, 0},
    {"compact", "1997010", 0, 0, 0, 0, 0, 0, 0},
    {"compact", "199701011", 0, 0, 0, 0, 0, 0, 0},
    {"compact", "19970230", 0, 0, 0, 0, 0, 0, 0},
    {"epoch", "0", 1, 1970, 1, 1, 0, 0, 0},
    {"epoch", "1323435000", 1, 2011, 12, 9, 12, 50, 0},
    {"epoch", "1323435000.75", 1, 2011, 12, 9, 12, 50, 0},
    {"epoch", "-1", 1, 1969, 12, 31, 23, 59, 59},
    {"epoch", "-0.5", 1, 1969, 12, 31, 23, 59, 59},
    {"epoch", "253402300799", 1, 9999, 12, 31, 23, 59, 59},
    {"epoch", "253402300800", 0, 0, 0, 0, 0, 0, 0},
    {"epoch", "1323435000000", 0, 0, 0, 0, 0, 0, 0}, /* milliseconds */
    {"epoch", "12x", 0, 0, 0, 0, 0, 0, 0},
    {"epoch", "-", 0, 0, 0, 0, 0, 0, 0},
    {"%d.%m.%Y %H:%M", "9.12.2011 7:05", 1, 2011, 12, 9, 7, 5, 0},
    {"%Y%m%d%H%M%S", "20111209125001", 1, 2011, 12, 9, 12, 50, 1},
    {"%Y%m%d%H%M%S", "2011129125001", 0, 0, 0, 0, 0, 0, 0},
    {"%m/%d/%Y", "2/30/2011", 0, 0, 0, 0, 0, 0, 0},
    {"%m/%d/%Y", "2/28/2011 ", 0, 0, 0, 0, 0, 0, 0},
    {"day %d of %m, %Y 100%%", "day 1 of 2, 2003 100%", 1, 2003, 2, 1, 0, 0, 0},
};

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const time_case *c = &cases[i];
        tc_time_format format;
        int64_t seconds = 0;
        int ok;
        assert_int_equal(tc_time_compile(c->format, &format, NULL), TC_OK);
        ok = tc_time_parse(&format, c->text, (int64_t)strlen(c->text), &seconds);
        if (ok != c->ok) {
            print_error("%s \"%s\"\n", c->format, c->text);
        }
        assert_int_equal(ok, c->ok);
        if (ok) {
            const tc_date date = {c->year, c->month, c->day};
            assert_int_equal(seconds, tc_date_to_days(date) * TC_DAY_SECONDS +
                                          ((int64_t)c->hour * 60 + c->minute) * 60 +
                                          c->second);
        }
    }
}

static void test_wrong_formats(void **state)
{
    static const char *const wrong[] = {
        "", "isoo", "%Y-%m", "%Y-%m-%d %", "%y-%m-%d", "%Y%Y%m%d", "%Y-%m-%d %H %p"};
    tc_time_format format;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tc_error err = {0};
        assert_int_equal(tc_time_compile(wrong[i], &format, &err), TC_ECONFIG);
        assert_true(strlen(err.message) > 0);
    }
}

/* Every day of 800 years, as text and back. */
static void test_all_days(void **state)
{
    const tc_date first = {1600, 1, 1}, last = {2400, 12, 31};
    tc_time_format format;
    (void)state;
    assert_int_equal(tc_time_compile("iso", &format, NULL), TC_OK);
    for (int64_t day = tc_date_to_days(first); day <= tc_date_to_days(last); day++) {
        char text[TC_DATE_TEXT];
        int64_t seconds;
        tc_date_text(day, text);
        assert_int_equal(tc_time_parse(&format, text, 10, &seconds), 1);
        assert_int_equal(seconds, day * TC_DAY_SECONDS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_wrong_formats),
        cmocka_unit_test(test_all_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
