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

static void test_numbers(void **state)
{
    static const char *const words[] = {
        "input.format.encoding=windows-1252", "input.format.decimal=comma",
        "input.format.thousands=blank",       "input.format.negative=any",
        "input.format.currency=[\"£\", GBP]", "input.time_zone=+01:00"};
    static const char *const marks[] = {"input.format.decimal=\",\"",
                                        "input.format.thousands=\".\""};
    tc_config *config = parse_ok(minimal, words, 6);
    const tc_input_format *format = &config->input.format;
    (void)state;
    assert_int_equal(format->encoding, TC_ENCODING_WINDOWS1252);
    assert_int_equal(tc_config_dialect(config).encoding, TC_ENCODING_WINDOWS1252);
    assert_int_equal(format->number.decimal, TC_MARK_COMMA);
    assert_int_equal(format->number.thousands, TC_MARK_BLANK);
    assert_int_equal(format->number.negative, TC_NEGATIVE_ANY);
    assert_int_equal(format->number.n_currency, 2);
    assert_string_equal(format->number.currency[0], "£");
    assert_string_equal(format->number.currency[1], "GBP");
    assert_string_equal(config->input.time_zone, "+01:00");
    tc_config_destroy(&config);
    config = parse_ok(minimal, marks, 2);
    assert_int_equal(config->input.format.number.decimal, TC_MARK_COMMA);
    assert_int_equal(config->input.format.number.thousands, TC_MARK_POINT);
    tc_config_destroy(&config);
}

static void test_numbers_refused(void **state)
{
    (void)state;
    expect_set("input.format.decimal=semicolon",
               "--set input.format.decimal: \"semicolon\" is unknown; allowed: point, "
               "comma");
    expect_set("input.format.thousands=point",
               "--set input.format.thousands: decimal and thousands are the same sign; "
               "allowed: two that differ");
    expect_set("input.format.currency=[\"\"]",
               "--set input.format.currency: input.format.currency[0]: \"\" is empty; "
               "allowed: a text that is not empty");
    expect_set(
        "input.format.currency=[EUR, \"5\"]",
        "--set input.format.currency: currency sign 2 could be taken for a part of a "
        "number; allowed: 1 to 15 bytes without digits, blanks, + - ( ), and not of . "
        ", ' _ alone");
    expect_set("input.time_zone=Europe/Berlin",
               "--set input.time_zone: time zone \"Europe/Berlin\" is not a fixed offset "
               "from UTC; allowed: UTC, or +HH:MM or -HH:MM up to 14 hours");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dialects), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_numbers_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
