/* The places of the bytes that give the text its form: vectors against byte by byte. */
#include "tiercel/csv_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 700 };

static void create(tc_csv_places *out)
{
    *out = (tc_csv_places){0};
    out->place = malloc((N + TC_CSV_SCAN_SLACK) * sizeof *out->place);
    out->line = malloc((N + TC_CSV_SCAN_SLACK) * sizeof *out->line);
    assert_non_null(out->place);
    assert_non_null(out->line);
}

static void destroy(tc_csv_places *out)
{
    free(out->place);
    free(out->line);
}

static int is_form(const tc_csv_dialect *dialect, const char *text, int64_t n, int64_t i)
{
    return i < 0 || i >= n || dialect->special[(unsigned char)text[i]];
}

/* A blank or tab, which is no delimiter, at an end or beside a byte of form. */
static int is_padded(const tc_csv_dialect *dialect, const char *text, int64_t n)
{
    int padded = 0;
    for (int64_t i = 0; i < n; i++) {
        padded |= (text[i] == ' ' || text[i] == '\t') && text[i] != dialect->delimiter &&
                  (is_form(dialect, text, n, i - 1) || is_form(dialect, text, n, i + 1));
    }
    return padded;
}

static void test_same(void **state)
{
    static const int delimiters[] = {',', ';', '\t', ',', '|'};
    static const int quotes[] = {'"', '\'', '"', TC_CSV_NO_QUOTE, '\xFE'};
    unsigned seed = 5;
    int flagged[2] = {0, 0}, regular = 0;
    (void)state;
    for (int round = 0; round < 5000; round++) {
        const tc_csv_dialect dialect = tc_csv_dialect_of(
            delimiters[round % 5], quotes[round % 5] < -1 ? 0xFE : quotes[round % 5]);
        const int64_t n = round % N;
        tc_csv_places fast, plain;
        char *text = malloc((size_t)n + 1); /* nothing behind bytes[n] is read */
        assert_non_null(text);
        for (int64_t i = 0; i <= n; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = round % 3 == 0 ? (char)(seed >> 24)
                                     : "abcdef,;\t|\"'\n\r\0\xFE"[seed >> 28];
            text[i] = round % 7 == 1 && text[i] != dialect.delimiter ? 'x' : text[i];
            text[i] = round % 28 == 1 && seed % 97 == 5 ? ' ' : text[i];
        }
        create(&fast);
        create(&plain);
        tc_csv_scan_plain(&dialect, text, n, 1000, &plain);
        tc_csv_scan(&dialect, text, n, 1000, &fast);
        assert_int_equal(fast.n_places, plain.n_places);
        assert_memory_equal(fast.place, plain.place,
                            (size_t)plain.n_places * sizeof *plain.place);
        assert_int_equal(fast.n_lines, plain.n_lines);
        assert_memory_equal(fast.line, plain.line,
                            (size_t)plain.n_lines * sizeof *plain.line);
        assert_int_equal(fast.irregular, plain.irregular);
        assert_true(fast.padded || !plain.padded); /* it may say so once too often */
        assert_int_equal(plain.padded, is_padded(&dialect, text, n));
        flagged[plain.padded]++;
        regular += !plain.irregular;
        destroy(&fast);
        destroy(&plain);
        free(text);
    }
    assert_true(flagged[0] > 300 && flagged[1] > 300 && regular > 300);
}

static void test_places(void **state)
{
    static const char text[] = "a,\"b\"\r\n\r\0\"\r";
    static const uint32_t expected[] = {1, 2, 4, 6, 7, 8, 9};
    const tc_csv_dialect rfc = tc_csv_dialect_of(',', '"');
    tc_csv_places found;
    char padded[sizeof text + 1];
    (void)state;
    create(&found);
    memcpy(padded, text, sizeof text);
    padded[11] = '\n'; /* behind the last carriage return */
    tc_csv_scan(&rfc, padded, 11, 0, &found);
    assert_int_equal(found.n_places, 7);
    assert_memory_equal(found.place, expected, sizeof expected);
    assert_int_equal(found.n_lines, 1);
    assert_int_equal(found.line[0], 6);
    assert_true(found.irregular);
    assert_false(found.padded);
    padded[11] = 'x';
    tc_csv_scan(&rfc, padded, 11, 100, &found); /* appends */
    assert_int_equal(found.n_places, 15);
    assert_int_equal(found.place[14], 110);
    destroy(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same),
                                       cmocka_unit_test(test_places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
