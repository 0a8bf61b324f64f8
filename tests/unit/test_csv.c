/* Records and fields of CSV text, and that they do not depend on where the text is cut. */
#include "tiercel/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_RECORDS = 64, MAX_FIELDS = 8 };

/* Where records start, how long they are, at which line. */
typedef struct {
    int64_t n, begin[MAX_RECORDS], length[MAX_RECORDS], line[MAX_RECORDS];
} record_list;

static tc_csv_dialect rfc; /* set by main */

static const char nasty[] = "id,text,last\r\n"
                            "1,plain,\r\n"
                            "2,\"quoted, with comma\",x\n"
                            "3,\"two\nlines\",\n"
                            "4,\"doubled \"\"quotes\"\"\",y\r\n"
                            "\n"
                            "\r\n"
                            "5,\"\"\"\",z\n"
                            "6,\"\n\n\"\"\n\",\"\"\n"
                            "7,stray\"quote\nis inside\",q\n"
                            "8,,\n"
                            "9,no newline at the end,\"last\"";

/* Parses records that start in [low, high), from the state at low. text[n] is its final
 * zero, which is not the sentinel that the parser wants. */
static void parse_range(const char *text, int64_t n, int64_t low, int64_t high, int inside,
                        int64_t line, record_list *out)
{
    tc_csv_field field[MAX_FIELDS];
    tc_csv_record record;
    int64_t at = low;
    if (low > 0) {
        int64_t passed = 0, next;
        int state = inside ^ (text[low - 1] == '"');
        line -= text[low - 1] == '\n';
        next = tc_csv_skip(&rfc, text + low - 1, n - low + 1, &state, &passed);
        at = next < 0 ? n : low - 1 + next;
        line += passed;
    }
    while (at < high && at < n) {
        assert_int_equal(tc_csv_next(&rfc, (tc_csv_text){text + at, n - at}, 1, field,
                                     MAX_FIELDS, &record),
                         TC_CSV_RECORD);
        if (record.length > 0) {
            out->begin[out->n] = at;
            out->length[out->n] = record.length;
            out->line[out->n++] = line;
        }
        at += record.next;
        line += record.newlines;
    }
}

static char *with_sentinel(const char *text, int64_t n)
{
    char *copy = malloc((size_t)n + 1);
    assert_non_null(copy);
    memcpy(copy, text, (size_t)n);
    copy[n] = '\n';
    return copy;
}

/* cut[k]: first byte of range k; counts of a range are added up like those of ranks. */
static void parse_cut(const char *text, int64_t n, const int64_t *cut, int ranges,
                      record_list *out)
{
    int64_t quotes = 0, newlines = 0;
    *out = (record_list){0};
    for (int k = 0; k < ranges; k++) {
        const int64_t high = k + 1 < ranges ? cut[k + 1] : n;
        if (cut[k] < high) {
            parse_range(text, n, cut[k], high, (int)(quotes & 1), newlines + 1, out);
        }
        tc_csv_count(&rfc, text + cut[k], high - cut[k], &quotes, &newlines);
    }
}

static void test_every_cut(void **state)
{
    const int64_t n = (int64_t)sizeof nasty - 1;
    char *text = with_sentinel(nasty, n);
    record_list serial, pieces;
    const int64_t none[1] = {0};
    (void)state;
    parse_cut(text, n, none, 1, &serial);
    assert_int_equal(serial.n, 10);
    for (int64_t a = 0; a <= n; a++) {
        for (int64_t b = a; b <= n; b++) {
            const int64_t cut[5] = {0, a, b, (b + n) / 2, (b + 3 * n) / 4};
            for (int ranges = 2; ranges <= 5; ranges++) {
                parse_cut(text, n, cut, ranges, &pieces);
                assert_memory_equal(&pieces, &serial, sizeof serial);
            }
        }
    }
    free(text);
}

static void test_lines(void **state)
{
    static const int64_t line[10] = {1, 2, 3, 4, 6, 9, 10, 14, 16, 17};
    const int64_t n = (int64_t)sizeof nasty - 1, none[1] = {0};
    char *text = with_sentinel(nasty, n);
    record_list serial;
    (void)state;
    parse_cut(text, n, none, 1, &serial);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(serial.line[i], line[i]);
    }
    free(text);
}

/* One record in memory, its fields unquoted. */
static tc_csv_outcome parse_one(const char *line, int at_end, tc_csv_record *record,
                                char out[MAX_FIELDS][32])
{
    tc_csv_field field[MAX_FIELDS];
    char scratch[256], *free_scratch = scratch;
    const int64_t n = (int64_t)strlen(line);
    char *text = with_sentinel(line, n);
    const tc_csv_outcome outcome =
        tc_csv_next(&rfc, (tc_csv_text){text, n}, at_end, field, MAX_FIELDS, record);
    if (outcome == TC_CSV_RECORD && record->stray < 0) {
        for (int64_t i = 0; i < record->n_fields && i < MAX_FIELDS; i++) {
            const tc_csv_text t =
                tc_csv_trim(tc_csv_unquote(&rfc, &field[i], &free_scratch));
            (void)snprintf(out[i], 32, "%.*s", (int)t.n, t.data);
        }
    }
    free(text);
    return outcome;
}

static void test_fields(void **state)
{
    tc_csv_record record;
    char out[MAX_FIELDS][32] = {{0}};
    (void)state;
    assert_int_equal(parse_one("a,\"b\"\"c\"\"\",\"d,e\", f ,\r\nnext", 0, &record, out),
                     TC_CSV_RECORD);
    assert_int_equal(record.n_fields, 5);
    assert_int_equal(record.stray, -1);
    assert_int_equal(record.newlines, 1);
    assert_int_equal(record.next, record.length + 2);
    assert_string_equal(out[0], "a");
    assert_string_equal(out[1], "b\"c\"");
    assert_string_equal(out[2], "d,e");
    assert_string_equal(out[3], "f");
    assert_string_equal(out[4], "");
    assert_int_equal(parse_one("\"\"", 1, &record, out), TC_CSV_RECORD);
    assert_int_equal(record.n_fields, 1);
    assert_string_equal(out[0], "");
    assert_int_equal(parse_one("1,2,3,4,5,6,7,8,9,10", 1, &record, out), TC_CSV_RECORD);
    assert_int_equal(record.n_fields, 10);
}

static void test_stray_quotes(void **state)
{
    static const struct {
        const char *text;
        int64_t stray;
    } cases[] = {{"a,5\" pipe,\"b\n", 1}, {"a,b\"c\",d\n", 1},
                 {"\"a\"b,c\n", 0},       {"a,\"b\" \n", 1},
                 {"a, \"b\"\n", 1},       {"\"\"\"\n", -2},
                 {"\"\",\"\"\"\"\n", -1}, {"\"a\"\r\n", -1},
                 {"x,\"\"y\"\"\n", 1},    {"\"a\"\"\",\"\"\"b\"\n", -1},
                 {"\"a\"\"b\"c\n", 0},    {"a\"\"\n", 0}};
    tc_csv_record record;
    char out[MAX_FIELDS][32];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const tc_csv_outcome outcome = parse_one(cases[i].text, 1, &record, out);
        assert_int_equal(outcome, cases[i].stray == -2 ? TC_CSV_OPEN : TC_CSV_RECORD);
        if (cases[i].stray >= -1) {
            assert_int_equal(record.stray, cases[i].stray);
        }
    }
}

static void test_incomplete(void **state)
{
    tc_csv_record record;
    char out[MAX_FIELDS][32];
    (void)state;
    assert_int_equal(parse_one("a,b", 0, &record, out), TC_CSV_MORE);
    assert_int_equal(parse_one("a,\"b\n", 0, &record, out), TC_CSV_MORE);
    assert_int_equal(parse_one("a,\"b\n", 1, &record, out), TC_CSV_OPEN);
    assert_int_equal(parse_one("a,\"b\"", 0, &record, out), TC_CSV_MORE);
    assert_int_equal(parse_one("a,b", 1, &record, out), TC_CSV_RECORD);
    assert_int_equal(record.next, 3);
    assert_int_equal(record.newlines, 0);
    assert_int_equal(parse_one("\r", 1, &record, out), TC_CSV_RECORD);
    assert_int_equal(record.length, 0);
}

static void test_count(void **state)
{
    enum { N = 5000 };
    static char text[N];
    unsigned seed = 1;
    (void)state;
    for (int i = 0; i < N; i++) {
        seed = seed * 1664525u + 1013904223u;
        text[i] = "\"\n,a"[seed >> 30];
    }
    for (int n = 0; n < N; n += 37) {
        int64_t quotes = 0, newlines = 0, expected[2] = {0, 0};
        for (int i = 0; i < n; i++) {
            expected[0] += text[i] == '"';
            expected[1] += text[i] == '\n';
        }
        tc_csv_count(&rfc, text, n, &quotes, &newlines);
        assert_int_equal(quotes, expected[0]);
        assert_int_equal(newlines, expected[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut),  cmocka_unit_test(test_lines),
        cmocka_unit_test(test_fields),     cmocka_unit_test(test_stray_quotes),
        cmocka_unit_test(test_incomplete), cmocka_unit_test(test_count),
    };
    rfc = tc_csv_dialect_of(',', '"');
    return cmocka_run_group_tests(tests, NULL, NULL);
}
