/* Files that are too long, change, or are compressed badly; wide files; lists of files. */
#include "table_text.h"

#include "tiercel/hash.h"

#include <zlib.h>

static const tc_table_column columns[] = {{.name = "id"}, {.name = "a"}};

static tc_table_spec spec_of(char **file)
{
    return (tc_table_spec){.file = file,
                           .n_files = 1,
                           .column = columns,
                           .n_columns = 2,
                           .dialect = tc_csv_dialect_of(',', '"'),
                           .section = "input"};
}

enum { LONG = 3 << 20 };

/* Two good rows around a line of 3 MiB that begins with `head`, ends with `tail` and has
 * the byte `mark` at `mark_at`; cut at several places. */
static void long_line(const char *head, char mark, int64_t mark_at, const char *tail,
                      const char *expected, tc_status status)
{
    static const char begin[] = "id,a\n1,2\n", end[] = "\n3,4\n";
    char *text = malloc(LONG + 100), *file[1] = {table_path};
    const tc_table_spec spec = spec_of(file);
    tc_buffer whole = {0}, rows = {0};
    tc_error err = {0};
    int64_t n = 0;
    assert_non_null(text);
    n += sprintf(text, "%s", begin);
    memset(text + n, 'x', LONG);
    memcpy(text + n, head, strlen(head));
    memcpy(text + n + LONG - strlen(tail), tail, strlen(tail));
    text[n + mark_at] = mark;
    n += LONG;
    n += sprintf(text + n, "%s", end);
    table_file(text, n);
    assert_int_equal(table_cut(&spec, text, (const int64_t[2]){0, n}, 1, &whole, &err),
                     status);
    assert_int_equal(tc_buffer_append(&whole, "", 1, NULL), TC_OK);
    whole.size--;
    if (strstr(status == TC_OK ? (const char *)whole.data : err.message, expected) ==
        NULL) {
        fail_msg("%s lacks %s", status == TC_OK ? (const char *)whole.data : err.message,
                 expected);
    }
    for (int64_t a = 0; a <= n; a += n / 7) {
        const int64_t cut[4] = {0, a, (a + n) / 2, n};
        tc_error again = {0};
        assert_int_equal(table_cut(&spec, text, cut, 3, &rows, &again), status);
        assert_string_equal(err.message, again.message);
        if (status == TC_OK) {
            assert_int_equal(rows.size, whole.size);
            assert_memory_equal(rows.data, whole.data, (size_t)rows.size);
        }
    }
    assert_int_equal(unlink(table_path), 0);
    tc_buffer_free(&whole);
    tc_buffer_free(&rows);
    free(text);
}

static void test_long_lines(void **state)
{
    const int64_t peak_limit = 12 << 20;
    (void)state;
    tc_mem_peak_reset();
    long_line("", 'x', 9, "", "3+1 long@-1", TC_OK);
    long_line("", 'x', 9, "\r", "4+1 good@-1 3|4", TC_OK);
    long_line("\"", 'x', 9, "\"", "3+1 long@-1", TC_OK);
    long_line("", '"', LONG / 2, "\"", "3+1 long@-1", TC_OK);
    long_line("", 0, 5, "", "3+1 long@-1", TC_OK);
    /* several lines in quotes: refused, with the line at which they open */
    long_line("7,\"8\n\n", '\n', LONG / 2, "\"", "line 3, where one is missing", TC_EDATA);
    long_line("7,\"8\n\",\"", '\n', 9, "\"", "line 4, where one is missing", TC_EDATA);
    /* the quote is closed nowhere */
    long_line("7,\"8\n", 'x', 9, "", "look at the quotes in line 3", TC_EDATA);
    long_line("7,8", '"', LONG / 2, "", "several lines and more than", TC_EDATA);
    assert_true(tc_mem_peak_bytes() < peak_limit);
}

/* The longest record that is read, with every line end. */
static void test_limit(void **state)
{
    static const char *const line_end[3] = {"", "\n", "\r\n"};
    char *text = malloc(TC_CSV_MAX_RECORD + 100), *file[1] = {table_path};
    const tc_table_spec spec = spec_of(file);
    (void)state;
    assert_non_null(text);
    for (int i = 0; i < 6; i++) {
        const int64_t length = TC_CSV_MAX_RECORD + i / 3;
        tc_buffer rows = {0};
        int64_t n = sprintf(text, "id,a\n");
        memset(text + n, 'x', (size_t)length);
        n += length;
        n += sprintf(text + n, "%s", line_end[i % 3]);
        table_file(text, n);
        assert_int_equal(table_cut(&spec, text, (const int64_t[2]){0, n}, 1, &rows, NULL),
                         TC_OK);
        assert_true(rows.size > 14);
        assert_memory_equal(rows.data, i < 3 ? "2+1 fields@-1 #" : "2+1 long@-1 #", 13);
        assert_int_equal(unlink(table_path), 0);
        tc_buffer_free(&rows);
    }
    free(text);
}

/* The file is not as it was when it was planned. */
static void expect_changed(int64_t more, int64_t later, const char *message)
{
    static const char text[] = "id,a\n1,2\n3,4\n";
    const tc_table_piece piece = {0, 0, INT64_MAX, 0, 0};
    char *file[1] = {table_path};
    const tc_table_spec spec = spec_of(file);
    tc_source_state planned;
    tc_table_reader reader;
    tc_table_row row;
    tc_error err = {0};
    int found = 1;
    tc_status st;
    table_file(text, (int64_t)strlen(text));
    assert_int_equal(tc_source_look(table_path, &planned, NULL), TC_OK);
    planned.size -= more;
    planned.mtime -= later;
    st = tc_table_reader_create(&reader, &spec, &err);
    assert_int_equal(st, TC_OK);
    st = tc_table_reader_open(&reader, planned, &piece, &err);
    while (st == TC_OK && found) {
        st = tc_table_reader_next(&reader, &row, &found, &err);
    }
    assert_int_equal(st, TC_EIO);
    assert_non_null(strstr(err.message, message));
    assert_non_null(strstr(err.message, table_path));
    tc_table_reader_free(&reader);
    assert_int_equal(unlink(table_path), 0);
}

static void test_changes(void **state)
{
    (void)state;
    expect_changed(5, 0, "became longer while it was read");
    expect_changed(-5, 0, "became shorter while it was read");
    expect_changed(0, 1, "was changed while it was read");
}

static int64_t gzip(const char *text, char *out, int64_t capacity)
{
    z_stream stream;
    char copy[64];
    memset(&stream, 0, sizeof stream);
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
    (void)snprintf(copy, sizeof copy, "%s", text);
    stream.next_in = (unsigned char *)copy;
    stream.avail_in = (unsigned)strlen(text);
    stream.next_out = (unsigned char *)out;
    stream.avail_out = (unsigned)capacity;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return capacity - (int64_t)stream.avail_out;
}

static void packed_file(const char *packed, int64_t n, const char *expected,
                        tc_status status)
{
    char *file[1] = {table_path}, plain[64];
    const tc_table_spec spec = spec_of(file);
    const tc_table_piece piece = {0, 0, INT64_MAX, 0, 0};
    tc_buffer rows = {0};
    tc_error err = {0};
    table_file(packed, n);
    (void)strcpy(plain, table_path);
    (void)strcat(table_path, ".gz");
    assert_int_equal(rename(plain, table_path), 0);
    assert_int_equal(table_piece(&spec, &piece, &rows, &err), status);
    assert_int_equal(tc_buffer_append(&rows, "", 1, NULL), TC_OK);
    assert_non_null(
        strstr(status == TC_OK ? (const char *)rows.data : err.message, expected));
    assert_true(status == TC_OK || strstr(err.message, table_path) != NULL);
    assert_int_equal(unlink(table_path), 0);
    tc_buffer_free(&rows);
}

static void test_gzip(void **state)
{
    char packed[512];
    int64_t n = gzip("id,a\n1,", packed, sizeof packed), first = n;
    (void)state;
    n += gzip("2\n3,4\n", packed + n, (int64_t)sizeof packed - n);
    packed_file(packed, n, "3+1 good@-1 3|4", TC_OK);
    packed_file(packed, n - 1, "ends in the middle of its compressed data", TC_EDATA);
    packed_file(packed, first + 3, "ends in the middle of its compressed data", TC_EDATA);
    memset(packed + n, 0, 100);
    packed_file(packed, n + 100, "3+1 good@-1 3|4", TC_OK); /* padding */
    (void)strcpy(packed + n, "garbage");
    packed_file(packed, n + 7, "has other bytes behind its compressed data", TC_EDATA);
    packed[first + 14] ^= 0x55;
    packed_file(packed, n, "is not a gzip file or is damaged", TC_EDATA);
    packed_file("id,a\n1,2\n", 9, "is not a gzip file", TC_EDATA);
}

/* 2,000 columns, all wanted, the named ones first. */
static void test_wide(void **state)
{
    enum { N = 2000 };
    static const tc_table_column key[] = {{.name = "c1999"},
                                          {.name = "none", .optional = 1}};
    const tc_table_piece piece = {0, 0, INT64_MAX, 0, 0};
    char *text = malloc(N * 40), *file[1] = {table_path};
    tc_table_spec spec = spec_of(file);
    tc_source_state planned;
    tc_table_reader reader;
    tc_table_row row;
    int found = 0;
    int64_t n = 0;
    (void)state;
    assert_non_null(text);
    for (int i = 0; i < N; i++) {
        n += sprintf(text + n, "%sc%d", i == 0 ? "" : ",", i);
    }
    for (int line = 1; line <= 2; line++) {
        for (int i = 0; i < N; i++) {
            n += sprintf(text + n, "%s%d", i == 0 ? "\n" : ",", i * line);
        }
    }
    table_file(text, n);
    spec.column = key;
    spec.all_columns = 1;
    assert_int_equal(tc_source_look(table_path, &planned, NULL), TC_OK);
    assert_int_equal(tc_table_reader_create(&reader, &spec, NULL), TC_OK);
    assert_int_equal(tc_table_reader_open(&reader, planned, &piece, NULL), TC_OK);
    assert_int_equal(reader.n_columns, N + 1);
    assert_string_equal(reader.name[0], "c1999");
    assert_string_equal(reader.name[2], "c0");
    assert_string_equal(reader.name[N], "c1998");
    for (int line = 1; line <= 2; line++) {
        assert_int_equal(tc_table_reader_next(&reader, &row, &found, NULL), TC_OK);
        assert_true(found && row.problem == TC_TABLE_GOOD);
        for (int c = 0; c <= N; c++) {
            char digits[16];
            (void)snprintf(digits, sizeof digits, "%.*s", (int)row.text[c].n,
                           row.text[c].data);
            assert_int_equal(atoi(digits), c == 1 ? 0 : (c == 0 ? N - 1 : c - 2) * line);
            assert_int_equal(row.text[c].n == 0, c == 1);
        }
    }
    assert_int_equal(tc_table_reader_next(&reader, &row, &found, NULL), TC_OK);
    assert_false(found);
    tc_table_reader_free(&reader);
    assert_int_equal(unlink(table_path), 0);
    free(text);
}

/* With all columns every file must have those of the first. */
static void expect_second(const char *header, const char *message)
{
    const tc_table_piece piece = {1, 0, INT64_MAX, 0, 0};
    char first[64], *file[2] = {first, table_path};
    tc_table_spec spec = spec_of(file);
    tc_buffer rows = {0};
    tc_error err = {0};
    tc_status st;
    table_file("id,a,b\n1,2,3\n", 13);
    (void)strcpy(first, table_path);
    table_file(header, (int64_t)strlen(header));
    spec.n_files = 2;
    spec.all_columns = 1;
    st = table_piece(&spec, &piece, &rows, &err);
    assert_int_equal(st, message == NULL ? TC_OK : TC_EDATA);
    if (message != NULL) {
        assert_non_null(strstr(err.message, message));
        assert_non_null(strstr(err.message, table_path));
    } else {
        assert_memory_equal(rows.data, "2+1 good@-1 6|5|4", 17);
    }
    tc_buffer_free(&rows);
    assert_int_equal(unlink(first), 0);
    assert_int_equal(unlink(table_path), 0);
}

static void test_all_columns(void **state)
{
    (void)state;
    expect_second("b,a,id\n4,5,6\n", NULL);
    expect_second("id,a\n", "no column \"b\"");
    expect_second("id,a,b,c\n", "column 4 of the header is not in");
    expect_second("id,a,b,b\n", "column \"b\" twice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_lines), cmocka_unit_test(test_limit),
        cmocka_unit_test(test_changes),    cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_wide),       cmocka_unit_test(test_all_columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
