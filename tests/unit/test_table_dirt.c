/* Dialects and dirt: what becomes of each record, and that no cut of the file changes it. */
#include "table_text.h"

static const tc_table_column columns[] = {
    {.name = "id"}, {.name = "x", .optional = 1}, {.name = "a"}};
static const tc_table_column numbers[] = {
    {.name = "1"}, {.name = "9", .optional = 1}, {.name = "3"}};

typedef struct {
    const char *what;
    int delimiter, quote, header, skip_lines;
    const char *text;
    int64_t n;            /* 0: up to the final zero */
    const char *expected; /* rows, without their hashes; or the message that ends them */
    tc_status status;
} dirt;

#define RFC ',', '"', 1, 0

static const dirt cases[] = {
    {"columns in another order, padded, extra, optional", RFC,
     "more,\" a \", id ,x\n1, 2 ,3,\" 4 \"\n", 0, "2+1 good@-1 3|4|2\n", TC_OK},
    {"an optional column that is missing", RFC, "id,a\n1,2\n", 0, "2+1 good@-1 1||2\n",
     TC_OK},
    {"fields", RFC, "id,b,a\n1,2\n1,2,3,4\n1,2,3\n,,\n1\n", 0,
     "2+1 fields@-1\n3+1 fields@-1\n4+1 good@-1 1||3\n5+1 good@-1 ||\n6+1 fields@-1\n",
     TC_OK},
    {"nul", RFC, "id,b,a\n1,2\0,3\n\0,2,3\n1,\"\0\",3\n1,2,3\n\0\n", 36,
     "2+1 nul@1\n3+1 nul@0\n4+1 nul@1\n5+1 good@-1 1||3\n6+1 nul@0\n", TC_OK},
    {"carriage returns", RFC, "id,b,a\r\n1,2\r,3\r\n\r1,2,3\n1,\"\r\",3\n1,2,3\r\r\n1,2,\r",
     0, "2+1 cr@1\n3+1 cr@0\n4+1 good@-1 1||3\n5+1 cr@2\n6+1 good@-1 1||\n", TC_OK},
    {"a malformed record swallows lines", RFC,
     "id,b,a\n1,2,3\n4,5\" pipe\n6,7,8\n\n9,\"x\",0\n\",2\n1,2,3\n", 0,
     "2+1 good@-1 1||3\n3+5 quote@1\n8+1 good@-1 1||3\n", TC_OK},
    {"a malformed record at the end", RFC, "id,b,a\n1,2,3\n4,5\"\n6,7,8\n9,\"x", 0,
     "2+1 good@-1 1||3\n3+3 quote@1\n", TC_OK},
    {"quoted newlines are rows of several lines", RFC,
     "id,b,a\n\"1\n\n\",2,\"3\"\"\n\"\r\n4,5,6", 0,
     "2+4 good@-1 1\n\n||3\"\n\n6+1 good@-1 4||6\n", TC_OK},
    {"the file ends inside quotes", RFC, "id,b,a\n1,2,3\n4,\"5,6\n\n7,8,9\n", 0,
     "look at the quotes in line 3,", TC_EDATA},
    {"a stray quote is told, not the last one", RFC,
     "id,b,a\n1,2,3\n4,5\" pipe,6\n\n7,\"8\",9\n", 0, "look at the quotes in line 3,",
     TC_EDATA},
    {"a quote that closes too early", RFC, "id,b,a\n1,\"2\n\" x,\"3\n4,5,6\n", 0,
     "look at the quotes in line 3,", TC_EDATA},
    {"semicolons and single quotes", ';', '\'', 1, 0,
     "id;b;a\n'1;''';2,2;\"3\"\n'4\n';\"5;6\n", 0,
     "2+1 good@-1 1;'||\"3\"\n3+2 good@-1 4\n||6\n", TC_OK},
    {"tabs", '\t', '"', 1, 0, "id\tb\ta\n1 \t\t 3\n\"1\t2\"\t2\t3\n", 0,
     "2+1 good@-1 1||3\n3+1 good@-1 1\t2||3\n", TC_OK},
    {"no quotes", '|', TC_CSV_NO_QUOTE, 1, 0, "id|b|a\n\"1|\"\"\"|3\"\n5\" pipe|2|3\n", 0,
     "2+1 good@-1 \"1||3\"\n3+1 good@-1 5\" pipe||3\n", TC_OK},
    {"blanks", TC_CSV_BLANKS, '"', 1, 0,
     " id  b\ta\r\n 1 \t2   3  \r\n\r\n \t \n4 5 6 7\n\t8 9 \"10\r\n11 12", 0,
     "2+1 good@-1 1||3\n5+1 fields@-1\n6+1 good@-1 8||\"10\n7+1 fields@-1\n", TC_OK},
    {"no header", ',', '"', 0, 0, "1,2,3\n4,5\n\n6,7,8\n", 0,
     "1+1 good@-1 1||3\n2+1 fields@-1\n4+1 good@-1 6||8\n", TC_OK},
    {"no header, byte order mark, quoted newline", ',', '"', 0, 0,
     "\xEF\xBB\xBF\n\"1\n\",2,3\n4,5,6\n", 0, "2+2 good@-1 1\n||3\n4+1 good@-1 4||6\n",
     TC_OK},
    {"lines to skip hold quotes", ',', '"', 1, 2,
     "made by \"X\n\"\"\"\nid,b,a\n1,2,3\n\"4\n\",5,6\n", 0,
     "4+1 good@-1 1||3\n5+2 good@-1 4\n||6\n", TC_OK},
    {"lines to skip, no header", ',', '"', 0, 1, "\"\n1,\"2\n\",3\n4,5,6\n", 0,
     "2+2 good@-1 1||3\n4+1 good@-1 4||6\n", TC_OK},
    {"more lines to skip than there are", ',', '"', 1, 5, "id,a\n1,2\n", 0,
     "not even a header", TC_EDATA},
    {"blanks, no header", TC_CSV_BLANKS, '"', 0, 0, " 1 2 3\r\n 4 5 6\r\n", 0,
     "1+1 good@-1 1||3\n2+1 good@-1 4||6\n", TC_OK},
    {"a missing column without a header", ',', '"', 0, 0, "1,2\n", 0, "has no column \"3\"",
     TC_EDATA},
    {"UTF-16", RFC, "\xFF\xFEi\0d\0\n\0", 8, "is written in UTF-16", TC_EDATA},
    {"UTF-16 of the other end", RFC, "\xFE\xFF\0i", 4, "is written in UTF-16", TC_EDATA},
    {"UTF-16 without a mark", RFC, "i\0d\0\n\0", 6, "NUL byte in column 1", TC_EDATA},
    {"lines end with CR", RFC, "id,b,a\r1,2,3\r4,5,6\r", 0, "carriage return", TC_EDATA},
};

static void strip_hashes(tc_buffer *rows)
{
    char *const text = (char *)rows->data;
    int64_t to = 0;
    for (int64_t i = 0; i < rows->size; i++) {
        if (text[i] == ' ' && i + 1 < rows->size && text[i + 1] == '#') {
            while (text[i] != '\n') {
                i++;
            }
        }
        text[to++] = text[i];
    }
    text[to] = 0;
    rows->size = to;
}

static void check_whole(const dirt *c, tc_status st, tc_buffer *rows, const tc_error *err)
{
    assert_int_equal(tc_buffer_append(rows, "", 1, NULL), TC_OK);
    rows->size--;
    if (st != c->status) {
        print_error("%s: status %d, %s\n", c->what, (int)st, err->message);
    }
    assert_int_equal(st, c->status);
    if (st != TC_OK) {
        if (strstr(err->message, c->expected) == NULL) {
            print_error("%s: %s\n", c->what, err->message);
        }
        assert_non_null(strstr(err->message, c->expected));
        assert_non_null(strstr(err->message, table_path));
        return;
    }
    strip_hashes(rows);
    if (strcmp((const char *)rows->data, c->expected) != 0) {
        print_error("%s:\n%s", c->what, (const char *)rows->data);
    }
    assert_string_equal((const char *)rows->data, c->expected);
}

/* Every cut gives the rows of the whole file, or its message. */
static void check_cuts(const dirt *c, const tc_table_spec *spec, int64_t n,
                       const tc_buffer *whole, const tc_error *expected)
{
    tc_buffer rows = {0};
    for (int64_t a = 0; a <= n; a++) {
        for (int64_t b = a; b <= n; b++) {
            const int64_t cut[6] = {0, a / 2, a, b, (b + n) / 2, n};
            tc_error err = {0};
            const tc_status st = table_cut(spec, c->text, cut, 5, &rows, &err);
            assert_int_equal(st, c->status);
            if (st == TC_OK && (rows.size != whole->size ||
                                memcmp(rows.data, whole->data, (size_t)rows.size) != 0)) {
                print_error("%s, cut at %lld and %lld:\n%.*s", c->what, (long long)a,
                            (long long)b, (int)rows.size, (const char *)rows.data);
                fail();
            }
            assert_string_equal(err.message, expected->message);
        }
    }
    tc_buffer_free(&rows);
}

static void test_dirt(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const dirt *c = &cases[i];
        const int64_t n = c->n > 0 ? c->n : (int64_t)strlen(c->text);
        const int64_t whole[2] = {0, n};
        char *file[1] = {table_path};
        tc_table_spec spec = {.file = file,
                              .n_files = 1,
                              .column = c->header ? columns : numbers,
                              .n_columns = 3,
                              .dialect = tc_csv_dialect_of(c->delimiter, c->quote),
                              .section = "input"};
        tc_buffer rows = {0}, kept = {0};
        tc_error err = {0};
        tc_status st;
        spec.dialect.header = c->header;
        spec.dialect.skip_lines = c->skip_lines;
        table_file(c->text, n);
        st = table_cut(&spec, c->text, whole, 1, &rows, &err);
        assert_int_equal(tc_buffer_append(&kept, rows.data, rows.size, NULL), TC_OK);
        check_whole(c, st, &rows, &err);
        check_cuts(c, &spec, n, &kept, &err);
        assert_int_equal(unlink(table_path), 0);
        tc_buffer_free(&rows);
        tc_buffer_free(&kept);
    }
    assert_int_equal(tc_mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_dirt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
