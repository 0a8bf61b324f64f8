/* Names of columns are UTF-8 in the configuration, whatever the files are written in. */
#include "table_text.h"

static const tc_table_column columns[] = {
    {.name = "Größe"}, {.name = "Maß \"ß\""}, {.name = "id"}};

/* Reads the file and compares all rows, without their hashes. */
static void expect(tc_encoding encoding, int all_columns, const char *text,
                   const char *expected, tc_status status)
{
    const tc_table_piece piece = {0, 0, INT64_MAX, 0, 0};
    char *files[1] = {table_path}, shown[512];
    tc_table_spec spec = {.file = files,
                          .n_files = 1,
                          .column = columns,
                          .n_columns = 3,
                          .all_columns = all_columns,
                          .dialect = tc_csv_dialect_of(';', '"'),
                          .section = "input"};
    tc_buffer out = {0};
    tc_error err = {0};
    size_t n = 0;
    spec.dialect.encoding = encoding;
    table_file(text, (int64_t)strlen(text));
    assert_int_equal(table_piece(&spec, &piece, &out, &err), status);
    assert_int_equal(unlink(table_path), 0);
    for (int64_t i = 0; i < out.size && n + 1 < sizeof shown; i++) {
        while (i < out.size && out.data[i] == ' ' && out.data[i + 1] == '#') {
            while (out.data[i] != '\n') {
                i++;
            }
        }
        shown[n++] = (char)out.data[i];
    }
    shown[n] = 0;
    tc_buffer_free(&out);
    if (status == TC_OK) {
        assert_string_equal(shown, expected);
    } else if (strstr(err.message, expected) == NULL) {
        fail_msg("%s", err.message);
    }
}

static void test_headers(void **state)
{
    static const char latin[] = "id;Gr\xF6\xDF"
                                "e; \"Ma\xDF \"\"\xDF\"\"\" ;x\n1;2;3;4\n";
    static const char utf8[] = "id;Größe; \"Maß \"\"ß\"\"\" ;x\n1;2;3;4\n";
    (void)state;
    expect(TC_ENCODING_LATIN1, 0, latin, "", TC_EDATA); /* a blank before the quote */
    expect(TC_ENCODING_LATIN1, 0,
           "id;Gr\xF6\xDF"
           "e;\"Ma\xDF \"\"\xDF\"\"\";x\n1;2;3;4\n",
           "2+1 good@-1 2|3|1\n", TC_OK);
    expect(TC_ENCODING_WINDOWS1252, 0,
           "id;Gr\xF6\xDF"
           "e;\"Ma\xDF \"\"\xDF\"\"\";\x80\n1;2;3;4\n",
           "2+1 good@-1 2|3|1\n", TC_OK);
    expect(TC_ENCODING_UTF8, 0, utf8, "", TC_EDATA);
    expect(TC_ENCODING_UTF8, 0, "id;Größe;\"Maß \"\"ß\"\"\";x\n1;2;3;4\n",
           "2+1 good@-1 2|3|1\n", TC_OK);
    expect(TC_ENCODING_UTF8, 0,
           "id;Gr\xF6\xDF"
           "e;\"Ma\xDF \"\"\xDF\"\"\";x\n1;2;3;4\n",
           "has no column \"Größe\"", TC_EDATA);
    expect(TC_ENCODING_LATIN1, 0, "id;Größe;x\n1;2;3\n", "has no column \"Größe\"",
           TC_EDATA);
    expect(TC_ENCODING_WINDOWS1252, 0,
           "id;Gr\xF6\xDF"
           "e\x81;x\n1;2;3\n",
           "has no column \"Größe\"", TC_EDATA);
    /* in the list of all columns too */
    expect(TC_ENCODING_LATIN1, 1,
           "id;Gr\xF6\xDF"
           "e;\"Ma\xDF \"\"\xDF\"\"\";x\n1;2;3;4\n",
           "2+1 good@-1 2|3|1|4\n", TC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_headers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
