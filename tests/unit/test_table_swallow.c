/* Two quotes without partners enclose the rows between them: well formed, and yet not one record. */
#include "../../src/stage/table/table_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int swallows(const char *record, int64_t n_fields)
{
    const tc_table_spec spec = {.dialect = tc_csv_dialect_of(',', '"')};
    return tc_table_swallows(&spec, record, (int64_t)strlen(record), n_fields);
}

static void test_rows_inside_a_record(void **state)
{
    (void)state;
    assert_true(swallows("1,2,3,4,\"open\n1,2,3,4,5\n1,2,3,4,5\n1,2,3,4,close\"\n", 5));
    assert_true(
        swallows("1,2,\"open\r\n1,2,3\r\n1,,3\r\n1,2,3\r\n,,\r\n1,2,close\"\r\n", 3));
    assert_true(swallows("1,2,\"o\n1,2,3\nx\n1,,3\n1,2,3\n,,\n1,2,close\"", 3));
}

static void test_long_texts(void **state)
{
    (void)state;
    assert_false(swallows("1,2,\"a\nb\nc\nd\ne\nf\n\"\n", 3));
    assert_false(
        swallows("1,2,\"to: a, b, c\nfrom: d\n\nhello,\nhow are you?\nbye,\nme\"\n", 3));
    assert_false(
        swallows("1,\"12, High Street\n3, Low Street\n4, New Street\n5, x\n6, y\"\n", 2));
    assert_false(swallows("1,2,3,4,\"open\n1,2,3,4,5\n1,2,3,4,close\"\n",
                          5)); /* one line is not enough */
    assert_false(swallows("1,2,3\n", 3));
    assert_false(swallows("", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows_inside_a_record),
                                       cmocka_unit_test(test_long_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
