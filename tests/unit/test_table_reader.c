/* Files in pieces: every cut gives the records of the whole file; files that cannot be
 * read. */
#include "../../src/stage/table/table_reader.h"

#include "tiercel/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

static char path[64];

static const tc_table_column columns[] = {
    {.name = "id"}, {.name = "the \"time\""}, {.name = NULL}, {.name = "a"}};

static const char nasty[] = "\xEF\xBB\xBF\r\n"
                            "\"id\", \"\"x,\"the \"\"time\"\"\" ,a\r\n";

static const char good[] = "\xEF\xBB\xBF\r\n"
                           "\"id\",other,\"the \"\"time\"\"\", a \r\n"
                           "1,plain,2,\r\n"
                           "2,\"quoted, with\ncomma\",x,\"\"\n"
                           "\n"
                           "3,5\" pipe\n4,\",b,c\r\n"
                           "5,\"\"\"\",\"\n\n\",7\n"
                           "\r\n"
                           "6,,,\n"
                           "7,few\n"
                           "8,the,last,\"one\"";

static void write_file(const char *text, int64_t n)
{
    FILE *file;
    const int fd = mkstemp(strcpy(path, "/tmp/tiercel_reader_XXXXXX"));
    assert_true(fd >= 0);
    file = fdopen(fd, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, (size_t)n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* Adds what is read of a piece to a digest in which order counts. */
static tc_status read_piece(const char *name, int64_t size, const tc_table_piece *piece,
                            uint64_t *digest, int64_t *rows, tc_error *err)
{
    char file[96], *files[1] = {file};
    const tc_table_spec spec = {.file = files,
                                .n_files = 1,
                                .column = columns,
                                .n_columns = 4,
                                .dialect = tc_csv_dialect_of(',', '"'),
                                .section = "input"};
    tc_source_state state = {0};
    tc_table_reader reader;
    tc_table_row row;
    int found = 1;
    tc_status st;
    (void)snprintf(file, sizeof file, "%s", name);
    st = tc_source_look(name, &state, NULL);
    state.size = st == TC_OK ? state.size : size;
    st = tc_table_reader_create(&reader, &spec, err);
    if (st == TC_OK) {
        st = tc_table_reader_open(&reader, state, piece, err);
    }
    while (st == TC_OK && found) {
        st = tc_table_reader_next(&reader, &row, &found, err);
        if (st == TC_OK && found) {
            uint64_t words[6] = {
                *digest,     row.hash,           (uint64_t)row.line, (uint64_t)row.lines,
                row.problem, (uint64_t)row.field};
            for (int c = 0; c < 4 && row.problem == TC_TABLE_GOOD; c++) {
                words[0] = tc_hash64_of(row.text[c].data, (size_t)row.text[c].n, words[0]);
            }
            *digest = tc_hash64_of(words, sizeof words, 0);
            (*rows)++;
        }
    }
    tc_table_reader_free(&reader);
    return st;
}

/* Reads the file in the pieces between cut[0] = 0, .., cut[n]. */
static uint64_t read_cut(const char *text, const int64_t *cut, int n, int64_t *rows)
{
    const tc_csv_dialect dialect = tc_csv_dialect_of(',', '"');
    uint64_t digest = 0;
    int64_t quotes = 0, newlines = 0;
    *rows = 0;
    for (int k = 0; k < n; k++) {
        const tc_table_piece piece = {0, cut[k], cut[k + 1], (int)(quotes & 1), newlines};
        if (cut[k] < cut[k + 1]) {
            assert_int_equal(read_piece(path, cut[n], &piece, &digest, rows, NULL), TC_OK);
        }
        tc_csv_count(&dialect, text + cut[k], cut[k + 1] - cut[k], &quotes, &newlines);
    }
    return digest;
}

static void test_every_cut(void **state)
{
    const int64_t n = (int64_t)sizeof good - 1;
    const int64_t whole[2] = {0, n};
    int64_t rows;
    uint64_t expected;
    (void)state;
    write_file(good, n);
    expected = read_cut(good, whole, 1, &rows);
    assert_int_equal(rows, 7);
    for (int64_t a = 0; a <= n; a++) {
        const int64_t cut[5] = {0, a / 2, a, (a + n) / 2, n};
        assert_true(read_cut(good, cut, 4, &rows) == expected);
        assert_int_equal(rows, 7);
        assert_true(read_cut(good, (const int64_t[3]){0, a, n}, 2, &rows) == expected);
    }
    assert_int_equal(unlink(path), 0);
}

/* Larger than the window of the reader, with records that span it. */
static void test_large_file(void **state)
{
    enum { SIZE = 3 << 20 };
    char *text = malloc(SIZE + 600000);
    int64_t n, rows, all;
    uint64_t expected;
    unsigned seed = 7;
    (void)state;
    assert_non_null(text);
    n = sprintf(text, "id,\"the \"\"time\"\"\",a\n");
    while (n < SIZE) {
        seed = seed * 1664525u + 1013904223u;
        n += sprintf(text + n, "%u,\"", seed >> 20);
        for (unsigned i = 0; i < (seed >> 24 == 0 ? 500000 : seed >> 26); i++) {
            text[n++] = i % 7 == 3 ? '\n' : ',';
        }
        n += sprintf(text + n, "\"\"\",x%s", seed % 3 == 0 ? "\r\n" : "\n");
    }
    write_file(text, n);
    expected = read_cut(text, (const int64_t[2]){0, n}, 1, &all);
    assert_true(all > 1000);
    for (int i = 0; i < 40; i++) {
        int64_t cut[4] = {0, 0, 0, n};
        seed = seed * 1664525u + 1013904223u;
        cut[1] = (int64_t)seed % n;
        seed = seed * 1664525u + 1013904223u;
        cut[2] = cut[1] + (int64_t)seed % (n - cut[1]);
        assert_true(read_cut(text, cut, 3, &rows) == expected);
        assert_int_equal(rows, all);
    }
    assert_int_equal(unlink(path), 0);
    free(text);
}

static void expect_failure(const char *text, int64_t n, tc_status status,
                           const char *message)
{
    const tc_table_piece piece = {0, 0, INT64_MAX, 0, 0};
    uint64_t digest = 0;
    int64_t rows = 0;
    tc_error err = {0};
    write_file(text, n);
    assert_int_equal(read_piece(path, n, &piece, &digest, &rows, &err), status);
    if (strstr(err.message, message) == NULL) {
        print_error("\"%s\" lacks \"%s\"\n", err.message, message);
    }
    assert_non_null(strstr(err.message, message));
    assert_non_null(strstr(err.message, path));
    assert_int_equal(unlink(path), 0);
}

static void expect_text_failure(const char *text, const char *message)
{
    expect_failure(text, (int64_t)strlen(text), TC_EDATA, message);
}

static void test_bad_files(void **state)
{
    const int64_t n = TC_CSV_MAX_RECORD + 100;
    char *text = malloc((size_t)n);
    (void)state;
    expect_text_failure("\xEF\xBB\xBF", "not even a header");
    expect_text_failure("\n\r\n", "not even a header");
    expect_text_failure("id;the time;a\n", "no column \"id\"");
    expect_text_failure("id,\"the \"\"time\"\"\",b\n", "no column \"a\"");
    expect_text_failure("id,a,\"the \"\"time\"\"\", a\n", "column \"a\" twice");
    expect_text_failure("id,\"a\n", "ends inside quotes");
    expect_text_failure(nasty, "quote out of place in column 2");
    expect_text_failure("id,a,\"the \"\"time\"\"\"\n1,2,3\n\n4,\"5,6\n7,8,9\n",
                        "look at the quotes in line 4");
    assert_non_null(text);
    memset(text, ',', (size_t)n);
    expect_failure(text, n, TC_EDATA, "the header is longer than 1048576 bytes");
    memset(text, '"', 1);
    expect_failure(text, n, TC_EDATA, "ends inside quotes; look at the quotes in line 1");
    expect_failure(text, TC_CSV_MAX_RECORD, TC_EDATA, "ends inside quotes");
    free(text);
}

static void test_longest_record(void **state)
{
    static const char header[] = "id,\"the \"\"time\"\"\",a\n";
    const int64_t head = (int64_t)sizeof header - 1;
    const tc_table_piece piece = {0, 0, INT64_MAX, 0, 0};
    char *text = malloc((size_t)head + TC_CSV_MAX_RECORD + 3);
    (void)state;
    assert_non_null(text);
    memcpy(text, header, (size_t)head);
    memset(text + head, 'x', TC_CSV_MAX_RECORD + 1);
    for (int ending = 0; ending < 3; ending++) {
        static const char *const line_end[3] = {"", "\n", "\r\n"};
        const int64_t n = head + TC_CSV_MAX_RECORD + (int64_t)strlen(line_end[ending]);
        uint64_t digest = 0;
        int64_t rows = 0;
        memcpy(text + head + TC_CSV_MAX_RECORD, line_end[ending], strlen(line_end[ending]));
        write_file(text, n);
        assert_int_equal(read_piece(path, n, &piece, &digest, &rows, NULL), TC_OK);
        assert_int_equal(rows, 1);
        assert_int_equal(unlink(path), 0);
    }
    free(text);
}

static void test_missing_file(void **state)
{
    const tc_table_piece piece = {0, 0, INT64_MAX, 0, 0};
    uint64_t digest = 0;
    int64_t rows = 0;
    tc_source_state look;
    (void)state;
    assert_int_equal(read_piece("/tmp/no such file.csv", 1, &piece, &digest, &rows, NULL),
                     TC_EINPUT);
    assert_int_equal(tc_source_look("/tmp/no such file.csv", &look, NULL), TC_EINPUT);
    assert_int_equal(tc_source_look("/tmp", &look, NULL), TC_EINPUT);
}

/* Compresses the text twice, as two members of one file. */
static int64_t gzip_twice(const char *text, int64_t n, char *out, int64_t capacity)
{
    z_stream stream;
    int64_t used = 0;
    for (int64_t half = 0; half < 2; half++) {
        const int64_t from = half == 0 ? 0 : n / 2, to = half == 0 ? n / 2 : n;
        char *copy = malloc((size_t)(to - from) + 1);
        memset(&stream, 0, sizeof stream);
        assert_non_null(copy);
        memcpy(copy, text + from, (size_t)(to - from));
        assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
        stream.next_in = (unsigned char *)copy;
        stream.avail_in = (unsigned)(to - from);
        stream.next_out = (unsigned char *)out + used;
        stream.avail_out = (unsigned)(capacity - used);
        assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
        used = capacity - (int64_t)stream.avail_out;
        assert_int_equal(deflateEnd(&stream), Z_OK);
        free(copy);
    }
    return used;
}

static void test_gzip(void **state)
{
    const tc_table_piece piece = {0, 0, INT64_MAX, 0, 0};
    const int64_t n = (int64_t)sizeof good - 1;
    char packed[4096], name[80];
    const int64_t size = gzip_twice(good, n, packed, sizeof packed);
    uint64_t expected, digest = 0;
    int64_t rows;
    (void)state;
    write_file(good, n);
    expected = read_cut(good, (const int64_t[2]){0, n}, 1, &rows);
    assert_int_equal(unlink(path), 0);
    /* whole, cut off anywhere in the second member, damaged */
    for (int64_t cut = size; cut > size - 40; cut--) {
        tc_error err = {0};
        write_file(packed, cut);
        (void)snprintf(name, sizeof name, "%s.gz", path);
        assert_int_equal(rename(path, name), 0);
        digest = 0;
        rows = 0;
        assert_int_equal(read_piece(name, cut, &piece, &digest, &rows, &err),
                         cut == size ? TC_OK : TC_EDATA);
        assert_true(cut < size || digest == expected);
        assert_int_equal(unlink(name), 0);
    }
    packed[size / 4] ^= 0x55;
    write_file(packed, size);
    assert_int_equal(rename(path, name), 0);
    assert_int_equal(read_piece(name, size, &piece, &digest, &rows, NULL), TC_EDATA);
    assert_int_equal(unlink(name), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut),    cmocka_unit_test(test_large_file),
        cmocka_unit_test(test_bad_files),    cmocka_unit_test(test_longest_record),
        cmocka_unit_test(test_missing_file), cmocka_unit_test(test_gzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
