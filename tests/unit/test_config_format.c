/* input.format: how the delimited files are written. */
#include "config_fixture.h"

static void expect_dialect(const char *const *set, int n, int delimiter, int quote)
{
    tc_config *config = parse_ok(minimal, set, n);
    const tc_csv_dialect dialect = tc_config_dialect(config);
    assert_int_equal(dialect.delimiter, delimiter);
    assert_int_equal(dialect.quote, quote);
    tc_config_destroy(&config);
}

static void test_dialects(void **state)
{
    static const char *const semicolon[] = {"input.format.delimiter=\";\"",
                                            "input.format.quote=\"'\""};
    static const char *const tab[] = {"input.format.delimiter=tab",
                                      "input.format.quote=none"};
    static const char *const escaped[] = {"input.format.delimiter='\\t'"};
    static const char *const byte[] = {"input.format.delimiter=\"\\t\""};
    static const char *const bar[] = {"input.format.delimiter=\"|\""};
    static const char *const blanks[] = {"input.format.delimiter=blanks"};
    static const char *const shape[] = {"input.format.header=false",
                                        "input.format.skip_lines=3"};
    tc_config *config = parse_ok(minimal, shape, 2);
    (void)state;
    assert_int_equal(tc_config_dialect(config).header, 0);
    assert_int_equal(tc_config_dialect(config).skip_lines, 3);
    tc_config_destroy(&config);
    expect_dialect(NULL, 0, ',', '"');
    expect_dialect(semicolon, 2, ';', '\'');
    expect_dialect(tab, 2, '\t', TC_CSV_NO_QUOTE);
    expect_dialect(escaped, 1, '\t', '"');
    expect_dialect(byte, 1, '\t', '"');
    expect_dialect(bar, 1, '|', '"');
    expect_dialect(blanks, 1, TC_CSV_BLANKS, TC_CSV_NO_QUOTE);
}

static void test_refused(void **state)
{
    (void)state;
    expect_more("  format: {delimiter: comma}\n",
                "c.yaml:5: input.format.delimiter: cannot be a delimiter; allowed: one "
                "byte, tab, or blanks");
    expect_set("input.format.quote=\"''\"",
               "--set input.format.quote: cannot be a quote here; allowed: one byte other "
               "than the delimiter and blanks, or none");
    expect_set("input.format.quote=\",\"",
               "--set input.format.quote: cannot be a quote here; allowed: one byte other "
               "than the delimiter and blanks, or none");
    expect_set("input.format.delimiter=\"\\n\"",
               "--set input.format.delimiter: cannot be a delimiter; allowed: one byte, "
               "tab, or blanks");
    expect_set("input.format.skip_lines=-1",
               "--set input.format.skip_lines: \"-1\" is out of limits; allowed: a whole "
               "number from 0 to 1000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_dialects),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
