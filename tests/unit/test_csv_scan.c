/* The places of the bytes that give the text its form: vectors against byte by byte. */
#include "tiercel/csv_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 700 };

static void test_same(void **state)
{
    static const int delimiters[] = {',', ';', '\t', ',', '|'};
    static const int quotes[] = {'"', '\'', '"', TC_CSV_NO_QUOTE, '\xFE'};
    unsigned seed = 5;
    (void)state;
    for (int round = 0; round < 5000; round++) {
        const tc_csv_dialect dialect = tc_csv_dialect_of(
            delimiters[round % 5], quotes[round % 5] < -1 ? 0xFE : quotes[round % 5]);
        const int64_t n = round % N;
        uint32_t fast[N + TC_CSV_SCAN_SLACK], plain[N + TC_CSV_SCAN_SLACK];
        char *text = malloc((size_t)n + 1); /* nothing behind bytes[n] is read */
        int64_t found;
        assert_non_null(text);
        for (int64_t i = 0; i <= n; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = round % 3 == 0 ? (char)(seed >> 24)
                                     : "abcdef,;\t|\"'\n\r\0\xFE"[seed >> 28];
        }
        found = tc_csv_scan_plain(&dialect, text, n, 1000, plain);
        assert_int_equal(tc_csv_scan(&dialect, text, n, 1000, fast), found);
        assert_memory_equal(fast, plain, (size_t)found * sizeof *fast);
        free(text);
    }
}

static void test_places(void **state)
{
    static const char text[] = "a,\"b\"\r\n\r\0\"\r";
    static const uint32_t expected[] = {1, 2, 4, 6, 7, 8, 9};
    const tc_csv_dialect rfc = tc_csv_dialect_of(',', '"');
    uint32_t place[32];
    char padded[sizeof text + 1];
    (void)state;
    memcpy(padded, text, sizeof text);
    padded[11] = '\n'; /* behind the last carriage return */
    assert_int_equal(tc_csv_scan(&rfc, padded, 11, 0, place), 7);
    assert_memory_equal(place, expected, sizeof expected);
    padded[11] = 'x';
    assert_int_equal(tc_csv_scan(&rfc, padded, 11, 0, place), 8);
    assert_int_equal(place[7], 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same),
                                       cmocka_unit_test(test_places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
