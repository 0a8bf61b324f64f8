/* Texts of dates and times to seconds. */
#include "tiercel/date.h"
#include "tiercel/timeparse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
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
    {"iso", "2011-12-09 12:50:00+00:00", 1, 2011, 12, 9, 12, 50, 0},
    {"iso", "2011-12-09 12:50:00 UTC", 1, 2011, 12, 9, 12, 50, 0},
    {"iso", "2011-12-09 12:50:00  UTC", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 12:50:00 GMT", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 12:50:00z", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 12:50:00,123", 1, 2011, 12, 9, 12, 50, 0},
    {"iso", "2011-12-09 12:50:00.1234567890", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09 12:50 PM", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "2011-12-09X12:50:00", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "11-12-09", 0, 0, 0, 0, 0, 0, 0},
    {"iso", "12011-12-09", 0, 0, 0, 0, 0, 0, 0},
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
    {"day_first", "1/2/2011 8:26 PM", 1, 2011, 2, 1, 20, 26, 0},
    {"month_first", "2/11/2013", 1, 2013, 2, 11, 0, 0, 0},
    {"month_first", "2/30/2013", 0, 0, 0, 0, 0, 0, 0},
    {"month_first", "2/11/13", 0, 0, 0, 0, 0, 0, 0},
    {"month_first", "2/11/0000", 0, 0, 0, 0, 0, 0, 0},
    {"month_first", "2/11/20133", 0, 0, 0, 0, 0, 0, 0},
    {"month_first", "2/11/2013 1:05:09 PM", 1, 2013, 2, 11, 13, 5, 9},
    {"month_first", "2/11/2013 12:05 AM", 1, 2013, 2, 11, 0, 5, 0},
    {"month_first", "2/11/2013 12:05 pm", 1, 2013, 2, 11, 12, 5, 0},
    {"month_first", "2/11/2013 1:05pm", 1, 2013, 2, 11, 13, 5, 0},
    {"month_first", "2/11/2013 13:05 PM", 0, 0, 0, 0, 0, 0, 0},
    {"month_first", "2/11/2013 0:05 AM", 0, 0, 0, 0, 0, 0, 0},
    {"month_first", "2/11/2013 PM", 0, 0, 0, 0, 0, 0, 0},
    {"month_first", "2/11/2013 1:05 XM", 0, 0, 0, 0, 0, 0, 0},
    {"month_first", "2/11/2013 24:00", 0, 0, 0, 0, 0, 0, 0},
    {"month_first", "12/31/2011", 1, 2011, 12, 31, 0, 0, 0},
    {"month_first", "1/2/2011 08:26:00", 1, 2011, 1, 2, 8, 26, 0},
    {"month_first", "31/12/2011", 0, 0, 0, 0, 0, 0, 0},
    {"compact", "19970101", 1, 1997, 1, 1, 0, 0, 0},
    {"compact", "19970101 12:30", 1, 1997, 1, 1, 12, 30, 0},
    {"compact", "19970101T1530", 1, 1997, 1, 1, 15, 30, 0},
    {"compact", "19970101T153059", 1, 1997, 1, 1, 15, 30, 59},
    {"compact", "19970101 153059.5Z", 1, 1997, 1, 1, 15, 30, 59},
    {"compact", "19970101T15:30", 1, 1997, 1, 1, 15, 30, 0},
    {"compact", "19970101T15", 0, 0, 0, 0, 0, 0, 0},
    {"compact", "19970101T153", 0, 0, 0, 0, 0, 0, 0},
    {"compact", "19970101T15305", 0, 0, 0, 0, 0, 0, 0},
    {"compact", "19970101T1530599", 0, 0, 0, 0, 0, 0, 0},
    {"compact", "19970101T2460", 0, 0, 0, 0, 0, 0, 0},
    {"compact", "19970101T2400", 0, 0, 0, 0, 0, 0, 0},
    {"compact", "19970101x1530", 0, 0, 0, 0, 0, 0, 0},
    {"compact", "19970101T", 0, 0, 0, 0, 0, 0, 0},
    {"compact", "970101", 0, 0, 0, 0, 0, 0, 0},
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
    {"epoch", "-62135596800", 1, 1, 1, 1, 0, 0, 0},
    {"epoch", "-62135596801", 0, 0, 0, 0, 0, 0, 0},
    {"epoch", "9999999999999999999999", 0, 0, 0, 0, 0, 0, 0},
    {"epoch", "1e9", 0, 0, 0, 0, 0, 0, 0},
    {"epoch", "+1", 0, 0, 0, 0, 0, 0, 0},
    {"epoch_ms", "1323435000999", 1, 2011, 12, 9, 12, 50, 0},
    {"epoch_ms", "1323435000999.25", 1, 2011, 12, 9, 12, 50, 0},
    {"epoch_ms", "-1", 1, 1969, 12, 31, 23, 59, 59},
    {"epoch_ms", "-1000", 1, 1969, 12, 31, 23, 59, 59},
    {"epoch_ms", "-1001", 1, 1969, 12, 31, 23, 59, 58},
    {"epoch_ms", "253402300799999", 1, 9999, 12, 31, 23, 59, 59},
    {"epoch_ms", "253402300800000", 0, 0, 0, 0, 0, 0, 0},
    {"epoch_ms", "", 0, 0, 0, 0, 0, 0, 0},
    {"epoch", "12x", 0, 0, 0, 0, 0, 0, 0},
    {"epoch", "-", 0, 0, 0, 0, 0, 0, 0},
    {"%d.%m.%Y %H:%M", "9.12.2011 7:05", 1, 2011, 12, 9, 7, 5, 0},
    {"%Y%m%d%H%M%S", "20111209125001", 1, 2011, 12, 9, 12, 50, 1},
    {"%Y%m%d%H%M%S", "2011129125001", 0, 0, 0, 0, 0, 0, 0},
    {"%m/%d/%Y", "2/30/2011", 0, 0, 0, 0, 0, 0, 0},
    {"%m/%d/%Y", "2/28/2011 ", 0, 0, 0, 0, 0, 0, 0},
    {"%d/%m/%Y %H:%M:%S %z", "09/12/2011 12:50:01 +0000", 1, 2011, 12, 9, 12, 50, 1},
    {"%d/%m/%Y %H:%M:%S %z", "09/12/2011 12:50:01 +0100", 0, 0, 0, 0, 0, 0, 0},
    {"%d/%m/%Y %H:%M:%S %z", "09/12/2011 12:50:01", 0, 0, 0, 0, 0, 0, 0},
    {"%Y-%m-%d%z!", "2011-12-09Z!", 1, 2011, 12, 9, 0, 0, 0},
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
        "",         "isoo",           "%Y-%m",         "%Y-%m-%d %", "%y-%m-%d",
        "%Y%Y%m%d", "%Y-%m-%d %H %p", "%Y-%m-%d %z%z", "epochs"};
    tc_time_format format;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tc_error err = {0};
        assert_int_equal(tc_time_compile(wrong[i], &format, &err), TC_ECONFIG);
        assert_true(strlen(err.message) > 0);
    }
}

/* With a clock of its own the company gets all times on it. */
static void test_zones(void **state)
{
    static const struct {
        const char *zone, *format, *text;
        int64_t seconds; /* -1: not readable */
    } zoned[] = {
        {"+01:00", "iso", "2011-12-09T12:50:00Z", 1323435000 + 3600},
        {"+01:00", "iso", "2011-12-09T12:50:00+01:00", 1323435000},
        {"+01:00", "iso", "2011-12-09 12:50:00 +0200", 1323435000 - 3600},
        {"+01:00", "iso", "2011-12-09 12:50+02", 1323435000 - 3600},
        {"+01:00", "iso", "2011-12-09 12:50:00.5-03:30", 1323435000 + 16200},
        {"+01:00", "iso", "2011-12-09 12:50:00 UTC", 1323435000 + 3600},
        {"+01:00", "iso", "2011-12-09 12:50:00", 1323435000},
        {"+01:00", "iso", "2011-12-09 00:10:00+14:00", 1323389400 - 13 * 3600},
        {"+01:00", "iso", "2011-12-09 12:50:00+14:01", -1},
        {"+01:00", "iso", "2011-12-09 12:50:00+02:60", -1},
        {"+01:00", "iso", "2011-12-09 12:50:00+2", -1},
        {"+01:00", "iso", "2011-12-09 12:50:00+02:0", -1},
        {"+01:00", "iso", "2011-12-09 12:50:00+02:00x", -1},
        {"+01:00", "iso", "2011-12-09+02:00", -1},
        {"+01:00", "epoch", "1323435000", 1323435000 + 3600},
        {"-0330", "epoch_ms", "1323435000999", 1323435000 - 12600},
        {"UTC", "epoch", "1323435000", 1323435000},
        {"Z", "iso", "2011-12-09T12:50:00+01:00", 1323435000 - 3600},
        {"", "iso", "2011-12-09T12:50:00-00:00", 1323435000},
        {"", "epoch", "1323435000", 1323435000},
        /* a shift must not leave the years 1 to 9999 */
        {"+01:00", "iso", "9999-12-31 23:30:00Z", -1},
        {"-01:00", "iso", "0001-01-01 00:30:00Z", -1},
        {"+01:00", "epoch", "253402300799", -1},
        {"UTC", "day_first", "9/12/2011 12:50+01:00", 1323435000 - 3600},
        {"UTC", "compact", "20111209T1250+0100", 1323435000 - 3600},
        {"UTC", "%Y%m%d%H%M%S%z", "20111209125000+01:00", 1323435000 - 3600},
    };
    static const char *const wrong[] = {"+1",      "CET",   "+15:00",
                                        "+01:00 ", "01:00", "+01:60"};
    tc_time_format format;
    (void)state;
    for (size_t i = 0; i < sizeof zoned / sizeof *zoned; i++) {
        int64_t seconds = -1;
        int ok;
        assert_int_equal(tc_time_compile(zoned[i].format, &format, NULL), TC_OK);
        assert_int_equal(tc_time_set_zone(&format, zoned[i].zone, NULL), TC_OK);
        ok =
            tc_time_parse(&format, zoned[i].text, (int64_t)strlen(zoned[i].text), &seconds);
        if (ok != (zoned[i].seconds >= 0) || (ok && seconds != zoned[i].seconds)) {
            fail_msg("%s \"%s\": %lld", zoned[i].zone, zoned[i].text, (long long)seconds);
        }
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(tc_time_set_zone(&format, wrong[i], NULL), TC_ECONFIG);
    }
}

/* The usual text read byte by byte; 0 if it is anything else. */
static int one_by_one(const char *text, int64_t *seconds)
{
    static const char shape[] = "0000-00-00 00:00:00";
    int part[6] = {0}, at = 0;
    tc_date date;
    for (int i = 0; i < 19; i++) {
        if (shape[i] == '0') {
            if (text[i] < '0' || text[i] > '9') {
                return 0;
            }
            part[at] = part[at] * 10 + (text[i] - '0');
        } else {
            if (text[i] != shape[i] && (i != 10 || text[i] != 'T')) {
                return 0;
            }
            at++;
        }
    }
    date = (tc_date){part[0], part[1], part[2]};
    *seconds =
        tc_date_to_days(date) * TC_DAY_SECONDS + part[3] * 3600 + part[4] * 60 + part[5];
    return tc_date_valid(date) && part[3] < 24 && part[4] < 60 && part[5] < 60;
}

static void compare(const tc_time_format *format, const char text[19])
{
    char *const copy = malloc(19); /* so that a sanitizer sees a byte read beyond it */
    int64_t seconds = 0, wanted = 0;
    const int good = one_by_one(text, &wanted);
    assert_non_null(copy);
    memcpy(copy, text, 19);
    if (tc_time_parse(format, copy, 19, &seconds) != good || (good && seconds != wanted)) {
        fail_msg("\"%.19s\": %lld, wanted %lld", text, (long long)seconds,
                 (long long)wanted);
    }
    free(copy);
}

/* The path of eight bytes at a time: each byte with all values, all values of each part, and
 * random ones. Two changes that the general path reads otherwise are left out: a blank hour
 * and an offset of 19 bytes in all. */
static void test_usual_text(void **state)
{
    static const char *const whole[] = {"2011-12-09 12:50:00", "1999-01-31T23:59:59",
                                        "2000-02-29 00:00:07", "9999-12-31 09:09:09"};
    static const int place[] = {5, 8, 11, 14, 17};
    uint64_t seed = 99;
    tc_time_format format;
    (void)state;
    assert_int_equal(tc_time_compile("iso", &format, NULL), TC_OK);
    for (size_t k = 0; k < sizeof whole / sizeof *whole; k++) {
        for (int i = 0; i < 19 * 256; i++) {
            char text[20];
            memcpy(text, whole[k], 20);
            text[i / 256] = (char)i;
            /* 12:50.00 has a fraction, and so has 12:50,00 */
            if (i / 256 != 16 || (char)i == ':') {
                compare(&format, text);
            }
        }
        for (int i = 0; i < 500; i++) {
            char text[20];
            memcpy(text, whole[k], 20);
            text[place[i / 100]] = (char)('0' + i % 100 / 10);
            text[place[i / 100] + 1] = (char)('0' + i % 10);
            compare(&format, text);
        }
    }
    for (int i = 0; i < 200000; i++) {
        char text[32];
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        (void)snprintf(
            text, sizeof text, "%04d-%02d-%02d%c%02d:%02d:%02d", (int)(seed >> 20) & 8191,
            (int)(seed >> 33) & 15, (int)(seed >> 37) & 31, (seed >> 42) & 1 ? ' ' : 'T',
            (int)(seed >> 43) & 31, (int)(seed >> 48) & 63, (int)(seed >> 54) & 63);
        compare(&format, text);
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
        cmocka_unit_test(test_texts),      cmocka_unit_test(test_wrong_formats),
        cmocka_unit_test(test_all_days),   cmocka_unit_test(test_zones),
        cmocka_unit_test(test_usual_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
