/* Rows found along the places of the bytes of form are those of the plain scanner: random
 * text of few different bytes, larger than the chunks of the scan. */
#include "table_text.h"

#include "tiercel/hash.h"

enum { SIZE = 120000, COLUMNS = 3 };

static const tc_table_column columns[COLUMNS] = {
    {.name = "1"}, {.name = "2"}, {.name = "3"}};

/* Records of up to four fields; of 4096 fields `common` may be padded or quoted, of 4096
 * records `bad` have a flaw. */
static int64_t random_text(char *text, unsigned *seed, unsigned common, unsigned bad)
{
    static const char *const fields[] = {
        "",           "a",           "1234567890123456789012345678901234567890",
        " b ",        "cc\t",        "\"\"",
        "\"d,\"\"\"", "\"e\n\r\n\"", "\" f \""};
    static const char *const flaws[] = {"\"",      "x\"", "\"x\"y",   "\r",
                                        "\"\n\"z", "\n",  "\"\"\"\","};
    int64_t n = sprintf(text, "a,b,c\n");
    while (n < SIZE - 200) {
        unsigned draw, width = COLUMNS;
        *seed = *seed * 1664525u + 1013904223u;
        draw = *seed >> 8;
        if (draw % 4096 < bad) {
            width = draw / 4096 % 5;
            if (draw % 2 == 0) {
                n += sprintf(text + n, "%s", flaws[draw / 8192 % 7]);
            } else {
                text[n++] = 0;
            }
        }
        for (unsigned f = 0; f < width; f++) {
            *seed = *seed * 1664525u + 1013904223u;
            n += sprintf(text + n, "%s%s", f == 0 ? "" : ",",
                         fields[(*seed >> 10) % 4096 < common ? (*seed >> 22) % 9
                                                              : (*seed >> 22) % 3]);
        }
        n += sprintf(text + n, draw / 7 % 3 == 0 ? "\r\n" : "\n");
    }
    return n;
}

/* The rows by tc_csv_next alone, as table_show prints them; ends where quotes stay open. */
static void plain_rows(const tc_table_spec *spec, const char *text, int64_t n,
                       tc_buffer *out)
{
    int64_t at = 0, line = 1;
    char *scratch = malloc(SIZE);
    assert_non_null(scratch);
    out->size = 0;
    while (at < n) {
        tc_csv_field field[COLUMNS];
        tc_csv_text texts[COLUMNS];
        tc_csv_record record;
        tc_table_reader reader = {.n_columns = COLUMNS};
        tc_table_row row = {.text = texts, .line = line, .field = -1};
        char *to = scratch;
        if (tc_csv_next(&spec->dialect, (tc_csv_text){text + at, n - at}, 1, field, COLUMNS,
                        &record) != TC_CSV_RECORD) {
            break;
        }
        row.lines = record.newlines + (text[at + record.next - 1] != '\n');
        row.hash = tc_hash64_of(text + at, (size_t)record.length, 0);
        if (record.stray >= 0) {
            row.problem = TC_TABLE_QUOTE;
            row.field = record.stray;
        } else if (record.nul >= 0) {
            row.problem = TC_TABLE_NUL;
            row.field = record.nul;
        } else if (record.cr >= 0) {
            row.problem = TC_TABLE_CR;
            row.field = record.cr;
        } else if (record.n_fields != COLUMNS) {
            row.problem = TC_TABLE_FIELDS;
        } else if (row.lines > 2 &&
                   tc_table_swallows(spec, text + at, record.next, COLUMNS)) {
            row.problem = TC_TABLE_QUOTE;
        }
        for (int c = 0; c < COLUMNS && row.problem == TC_TABLE_GOOD; c++) {
            texts[c] = tc_csv_trim(tc_csv_unquote(&spec->dialect, &field[c], &to));
        }
        if (record.length > 0) {
            table_show(&reader, &row, out);
        }
        at += record.next;
        line += record.newlines;
    }
    free(scratch);
}

static void test_same_rows(void **state)
{
    static char text[SIZE + 1];
    char *file[1] = {table_path};
    tc_table_spec spec = {.file = file,
                          .n_files = 1,
                          .column = columns,
                          .n_columns = COLUMNS,
                          .dialect = tc_csv_dialect_of(',', '"'),
                          .section = "input"};
    tc_buffer fast = {0}, plain = {0};
    unsigned seed = 11;
    (void)state;
    spec.dialect.header = 0;
    for (int round = 0; round < 60; round++) {
        static const unsigned common[4] = {4096, 400, 3, 1}, bad[4] = {400, 20, 1, 0};
        const int64_t n = random_text(text, &seed, common[round % 4], bad[round % 4]);
        const int64_t cut[4] = {0, n / 3, n / 2 + round, n};
        tc_error err = {0};
        tc_status st;
        table_file(text, n);
        text[n] = '\n';
        plain_rows(&spec, text, n, &plain);
        st = table_cut(&spec, text, cut, 3, &fast, &err);
        assert_true(st == TC_OK || strstr(err.message, "inside quotes") != NULL);
        assert_int_equal(fast.size, plain.size);
        assert_memory_equal(fast.data, plain.data, (size_t)fast.size);
        assert_int_equal(unlink(table_path), 0);
    }
    tc_buffer_free(&fast);
    tc_buffer_free(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
