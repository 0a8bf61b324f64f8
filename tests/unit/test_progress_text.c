/* Progress in words, and log lines as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tiercel/log.h"
#include "tiercel/progress_text.h"

#include <stdio.h>
#include <string.h>

static tc_progress_moment moment(int64_t done, int64_t total, const char *unit)
{
    return (tc_progress_moment){.view = {.stage = "ingest",
                                         .phase = "reading",
                                         .unit = unit,
                                         .number = 1,
                                         .n_stages = 6,
                                         .done = done,
                                         .total = total},
                                .stage_seconds = 125,
                                .phase_seconds = 100,
                                .clock = 1767225600 /* 2026-01-01 00:00 UTC */};
}

static void test_amounts(void **unused)
{
    static const struct {
        double n;
        const char *unit, *text;
    } table[] = {{0, "B", "0 B"},
                 {999, "B", "999 B"},
                 {1000, "B", "1.0 kB"},
                 {999960, "B", "1.0 MB"},
                 {617.24e6, "B", "617.2 MB"},
                 {3e18, "B", "3000.0 PB"},
                 {7, "passes", "7 passes"},
                 {0.25, "passes", "0.2 passes"},
                 {12345, "rows", "12,345 rows"},
                 {1000007, "rows", "1.0 million rows"},
                 {2.5e9, "rows", "2.5 billion rows"},
                 {14, "", "14"},
                 {2.5e6, "", "2.5 million"}};
    (void)unused;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[TC_AMOUNT_TEXT];
        tc_progress_amount(table[i].n, table[i].unit, text);
        assert_string_equal(text, table[i].text);
    }
}

static void test_spans(void **unused)
{
    char text[TC_SPAN_TEXT];
    (void)unused;
    tc_progress_span(-1, text);
    assert_string_equal(text, "0 s");
    tc_progress_span(59.4, text);
    assert_string_equal(text, "59 s");
    tc_progress_span(59.6, text);
    assert_string_equal(text, "1 min 0 s");
    tc_progress_span(3725, text);
    assert_string_equal(text, "1 h 02 min");
}

static void test_rate_and_end(void **unused)
{
    tc_progress_moment m = moment(400, 1000, "B");
    (void)unused;
    assert_float_equal(tc_progress_rate(&m), 4, 1e-12);
    assert_float_equal(tc_progress_left(&m), 150, 1e-12);
    m.view.total = 0; /* not known */
    assert_true(tc_progress_left(&m) < 0);
    m = moment(0, 1000, "B"); /* nothing done: no rate, no end */
    assert_true(tc_progress_left(&m) < 0);
    m = moment(1100, 1000, "B"); /* more than was announced */
    assert_float_equal(tc_progress_left(&m), 0, 1e-12);
}

static void test_lines(void **unused)
{
    char text[512];
    tc_progress_moment m = moment(400000000, 1000000000, "B");
    (void)unused;
    tc_progress_line(&m, text, sizeof text);
    assert_string_equal(text,
                        "ingest: reading, 40 %, 400.0 MB of 1.0 GB, 4.0 MB/s, 2 min 30 s "
                        "left (00:02 UTC); 2 min 5 s so far");
    m = moment(14, 32, "buckets");
    tc_progress_line(&m, text, sizeof text);
    assert_string_equal(text,
                        "ingest: reading, 43 %, 14 of 32 buckets, 0.1/s, 2 min 9 s left "
                        "(00:02 UTC); 2 min 5 s so far");
    m = moment(7, 0, "passes");
    m.still_seconds = 95;
    tc_progress_line(&m, text, sizeof text);
    assert_string_equal(text,
                        "ingest: reading, 7 passes, 0.1/s, no progress for 1 min 35 s; "
                        "2 min 5 s so far");
    m = moment(0, 0, "");
    m.view.phase = "";
    tc_progress_line(&m, text, sizeof text);
    assert_string_equal(text, "ingest: 2 min 5 s so far");
    tc_progress_line(&m, text, 8); /* what does not fit is cut off */
    assert_string_equal(text, "ingest:");
}

/* Whatever the terminal's width, the bar stays in one line, and it grows with what is done. */
static void test_bars(void **unused)
{
    char text[512], full[512];
    tc_progress_moment m = moment(0, 0, "");
    (void)unused;
    m.view.stage = m.view.phase = "";
    tc_progress_bar(&m, 80, text, sizeof text);
    assert_string_equal(text, "");
    m = moment(500, 1000, "B");
    tc_progress_bar(&m, 200, full, sizeof full);
    assert_non_null(
        strstr(full, "ingest 1/6 reading [###############---------------]  50 % "));
    assert_non_null(strstr(full, "500 B of 1.0 kB, 5 B/s, 1 min 40 s left (00:01 UTC)"));
    for (int width = 1; width <= 200; width++) {
        tc_progress_bar(&m, width, text, sizeof text);
        assert_true(strlen(text) < (size_t)(width > 1 ? width : 2));
    }
    for (int64_t done = 0; done <= 1100; done += 10) {
        const int64_t most = done < 1000 ? done : 1000;
        char part[40];
        int marks = 0;
        m = moment(done, 1000, "B");
        tc_progress_bar(&m, 200, text, sizeof text);
        for (const char *c = text; *c != '\0'; c++) {
            marks += *c == '#';
        }
        assert_int_equal(marks, 30 * (most / 10) / 100);
        (void)snprintf(part, sizeof part, "] %3d %% ", (int)(most / 10));
        assert_non_null(strstr(text, part));
    }
}

static void test_members(void **unused)
{
    char text[1024];
    tc_progress_moment m = moment(400, 1000, "B");
    (void)unused;
    tc_progress_members(&m, text, sizeof text);
    assert_non_null(strstr(text, "\"stage\": \"ingest\""));
    assert_non_null(strstr(text, "\"rate\": 4,"));
    assert_non_null(strstr(text, "\"seconds_left\": 150.0"));
    m.view.total = 0;
    tc_progress_members(&m, text, sizeof text);
    assert_non_null(strstr(text, "\"seconds_left\": null"));
}

static void test_escape(void **unused)
{
    char text[64];
    (void)unused;
    tc_log_escape("a\"b\\c\n\x01\x7F", text, sizeof text);
    assert_string_equal(text, "a\\\"b\\\\c\\u000a\\u0001\\u007f");
    tc_log_escape("M\xC3\xBCnchen \xE2\x82\xAC \xF0\x9F\x98\x80", text, sizeof text);
    assert_string_equal(text, "M\xC3\xBCnchen \xE2\x82\xAC \xF0\x9F\x98\x80");
    /* Latin-1, an overlong form, a surrogate, beyond Unicode, a character that is cut off */
    tc_log_escape("\xFC", text, sizeof text);
    assert_string_equal(text, "\xEF\xBF\xBD");
    tc_log_escape("\xC0\xAFx", text, sizeof text);
    assert_string_equal(text, "\xEF\xBF\xBD\xEF\xBF\xBDx");
    tc_log_escape("\xED\xA0\x80", text, sizeof text);
    assert_string_equal(text, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    tc_log_escape("\xF4\x90\x80\x80", text, sizeof text);
    assert_string_equal(text, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    tc_log_escape("x\xE2\x82", text, sizeof text);
    assert_string_equal(text, "x\xEF\xBF\xBD\xEF\xBF\xBD");
    tc_log_escape("a\xC3\xBC", text, 3); /* no half characters */
    assert_string_equal(text, "a");
}

static void test_time(void **unused)
{
    char text[TC_LOG_TIME_TEXT];
    (void)unused;
    tc_log_time(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    tc_log_time(1767225599.9, text);
    assert_string_equal(text, "2025-12-31T23:59:59Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amounts),      cmocka_unit_test(test_spans),
        cmocka_unit_test(test_rate_and_end), cmocka_unit_test(test_lines),
        cmocka_unit_test(test_bars),         cmocka_unit_test(test_members),
        cmocka_unit_test(test_escape),       cmocka_unit_test(test_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
