/* Every piece [a, b) of the nasty file gives exactly the records that a slow RFC 4180 parser finds to start in it. Whatever
 * the cuts among any number of ranks, their pieces are among these: so each record is read once, by one rank. */
#include "../../src/stage/table/table_reader.h"
#include "rfc4180.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static const tc_table_column columns[RFC_COLUMNS] = {{.name = "customer"},
                                                     {.name = "time"},
                                                     {.name = "amount"},
                                                     {.name = "the \"order\""},
                                                     {.name = "channel"}};
static char path[64];
static char *files[1] = {path};
static const tc_table_spec *spec;
static tc_table_reader reader;
static tc_source_state size_of_file;

/* What a rank knows of its piece: the quotes and newlines in front of it. */
static tc_table_piece piece_of(const rfc_file *file, int64_t begin, int64_t end)
{
    tc_table_piece piece = {.begin = begin, .end = end};
    for (int64_t i = 0; i < begin; i++) {
        piece.inside ^= file->text[i] == '"';
        piece.newlines += file->text[i] == '\n';
    }
    return piece;
}

static void check_row(const tc_table_row *row, const rfc_record *record)
{
    assert_int_equal(row->problem, TC_TABLE_GOOD);
    assert_int_equal(row->line, record->line);
    for (int c = 0; c < RFC_COLUMNS; c++) {
        assert_int_equal(row->text[c].n, record->n[c]);
        assert_memory_equal(row->text[c].data, record->field[c], (size_t)record->n[c]);
    }
}

static void check_piece(const rfc_file *file, const tc_table_piece *piece)
{
    const int64_t stop = rfc_first(file, piece->end);
    int64_t next = rfc_first(file, piece->begin);
    tc_table_row row;
    int found = 1;
    assert_int_equal(tc_table_reader_open(&reader, size_of_file, piece, NULL), TC_OK);
    while (found) {
        assert_int_equal(tc_table_reader_next(&reader, &row, &found, NULL), TC_OK);
        if (found) {
            assert_true(next < stop);
            check_row(&row, &file->record[next++]);
        }
    }
    assert_int_equal(next, stop);
}

static void start(const rfc_file *file)
{
    static tc_table_spec it;
    FILE *out;
    const int fd = mkstemp(strcpy(path, "/tmp/tiercel_cut_XXXXXX"));
    assert_true(fd >= 0);
    out = fdopen(fd, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(file->text, 1, (size_t)file->n, out), file->n);
    assert_int_equal(fclose(out), 0);
    it = (tc_table_spec){.file = files,
                         .n_files = 1,
                         .column = columns,
                         .n_columns = RFC_COLUMNS,
                         .dialect = tc_csv_dialect_of(',', '"'),
                         .section = "input"};
    spec = &it;
    assert_int_equal(tc_source_look(path, &size_of_file, NULL), TC_OK);
    assert_int_equal(tc_table_reader_create(&reader, spec, NULL), TC_OK);
}

static void finish(rfc_file *file)
{
    tc_table_reader_free(&reader);
    assert_int_equal(unlink(path), 0);
    rfc_free(file);
}

static void test_every_piece(void **state)
{
    rfc_file file;
    (void)state;
    assert_true(rfc_nasty(getenv("TIERCEL_SOURCE"), &file));
    assert_int_equal(file.n_records, 8);
    start(&file);
    for (int64_t begin = 0; begin < file.n; begin++) {
        tc_table_piece piece = piece_of(&file, begin, begin);
        for (piece.end = begin + 1; piece.end <= file.n; piece.end++) {
            check_piece(&file, &piece);
        }
    }
    finish(&file);
}

/* The same file with fields longer than the reader's window, cut around all of their edges. */
static void test_long_fields(void **state)
{
    enum { LONG = 700000, ROWS = 5 };
    rfc_file file, nasty;
    uint64_t seed = 1;
    char *to;
    (void)state;
    assert_true(rfc_nasty(getenv("TIERCEL_SOURCE"), &nasty));
    file = (rfc_file){.text = malloc((size_t)nasty.n + (size_t)ROWS * (LONG + 64))};
    assert_non_null(file.text);
    memcpy(file.text, nasty.text, (size_t)nasty.n);
    to = file.text + nasty.n;
    for (int row = 0; row < ROWS; row++) {
        to += sprintf(to, "\r\n%d,2024-01-01,1,\"q", row);
        for (int i = 0; i < LONG - 4; i++) {
            static const char some[] = "ab,\r\n x";
            *to++ = some[rfc_random(&seed) % (sizeof some - 1)];
            if (rfc_random(&seed) % 5 == 0) {
                *to++ = '"';
                *to++ = '"';
                i += 2;
            }
        }
        to += sprintf(to, "z\",x");
    }
    file.n = to - file.text;
    assert_true(rfc_parse(&file));
    start(&file);
    for (int i = 0; i < 60; i++) {
        const rfc_record *const near =
            &file.record[8 + (int64_t)rfc_random(&seed) % (file.n_records - 8)];
        int64_t begin = near->at - 3 + (int64_t)rfc_random(&seed) % 30;
        int64_t end = i % 2 == 0 ? begin + 1 + (int64_t)rfc_random(&seed) % LONG : file.n;
        begin = i % 5 == 0 ? (int64_t)rfc_random(&seed) % file.n : begin;
        if (begin < end && begin < file.n) {
            const tc_table_piece piece =
                piece_of(&file, begin, end < file.n ? end : file.n);
            check_piece(&file, &piece);
        }
    }
    finish(&file);
    rfc_free(&nasty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_piece),
                                       cmocka_unit_test(test_long_fields)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
