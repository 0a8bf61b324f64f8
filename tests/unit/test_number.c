/* Numbers as people write them: tables of texts. */
#include "tiercel/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "number_formats.h"

enum { GOOD = TC_DECIMAL_OK, BAD = TC_DECIMAL_SYNTAX, LARGE = TC_DECIMAL_OVERFLOW };

typedef struct {
    const char *text;
    int outcome;
    int64_t value;
} number_case;

static void check(const tc_number_format *format, const number_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const int64_t length = (int64_t)strlen(cases[i].text);
        int64_t value = -77;
        int rounded = 0, outcome;
        tc_decimal factor = {-77, 0};
        outcome = (int)tc_number_parse(format, cases[i].text, length, &value, &rounded);
        if (outcome != cases[i].outcome || (outcome == GOOD && value != cases[i].value)) {
            fail_msg("\"%s\": outcome %d, value %lld", cases[i].text, outcome,
                     (long long)value);
        }
        assert_true(outcome == GOOD || value == -77);
        outcome =
            (int)tc_number_parse_factor(format, cases[i].text, length, &factor, &rounded);
        assert_int_equal(outcome, cases[i].outcome);
        assert_true(outcome != GOOD || factor.places != TC_DECIMAL_PLACES ||
                    factor.value == cases[i].value);
    }
}
#define CHECK(format, cases) check(format, cases, sizeof(cases) / sizeof *(cases))

/* Nothing configured: as decimal.h, and nothing that only looks like a number. */
static void test_plain(void **state)
{
    static const number_case cases[] = {
        {"12.50", GOOD, 125000},
        {"+12.50", GOOD, 125000},
        {"-.5", GOOD, -5000},
        {"1e3", GOOD, 10000000},
        {"1,234", BAD, 0},
        {"12,50", BAD, 0},
        {"(12.50)", BAD, 0},
        {"12.50-", BAD, 0},
        {"£12.50", BAD, 0},
        {"$1", BAD, 0},
        {"1 EUR", BAD, 0},
        {"NaN", BAD, 0},
        {"nan", BAD, 0},
        {"inf", BAD, 0},
        {"-Infinity", BAD, 0},
        {"0x1F", BAD, 0},
        {"1F", BAD, 0},
        {"1e", BAD, 0},
        {"\xEF\xBC\x91\xEF\xBC\x92", BAD, 0}, /* full-width digits */
        {"\xE2\x88\x92"
         "5",
         BAD, 0},             /* U+2212 minus */
        {"\xD9\xA1", BAD, 0}, /* an Arabic digit */
        {"1" NBSP "000", BAD, 0},
        {"", BAD, 0},
        {"12345678", GOOD, 123456780000},
        {"12345.67", GOOD, 123456700},
        {".1234567", GOOD, 1235},
        {"1.23456", GOOD, 12346},
        {"9223372036854775807", LARGE, 0},
    };
    const tc_number_rules none = {0};
    tc_number_format format;
    (void)state;
    assert_int_equal(tc_number_compile(&none, &format, NULL), TC_OK);
    assert_true(format.plain);
    CHECK(&format, cases);
}

static void test_comma(void **state)
{
    static const number_case cases[] = {
        {"12,50", GOOD, 125000},
        {"-12,5", GOOD, -125000},
        {"12", GOOD, 120000},
        {",5", GOOD, 5000},
        {"5,", GOOD, 50000},
        {"1,234", GOOD, 12340},
        {"1.234,56", GOOD, 12345600},
        {"1.234.567,8", GOOD, 12345678000},
        {"1.234", GOOD, 12340000},
        {"1234567,8", GOOD, 12345678000},
        {"1,5e3", GOOD, 15000000},
        {"12.50", BAD, 0},
        {"1.23", BAD, 0},
        {"1.2345", BAD, 0},
        {"1.234.56", BAD, 0},
        {"1234.567", BAD, 0},
        {"12.345.678.9", BAD, 0},
        {"0.123", BAD, 0},
        {".123", BAD, 0},
        {"1..234", BAD, 0},
        {"1.234,567.8", BAD, 0},
        {"1,2,3", BAD, 0},
        {"1.234e3", BAD, 0},
        {"1.", BAD, 0},
        {"-", BAD, 0},
        {",", BAD, 0},
        {"1 234", BAD, 0},
        {"- 5", BAD, 0},
        {"922.337.203.685.477,5807", GOOD, INT64_MAX},
        {"922.337.203.685.477,5808", LARGE, 0},
        {"-922.337.203.685.477,5808", GOOD, INT64_MIN},
        {"99.999.999.999.999.999.999", LARGE, 0},
    };
    static const number_case alone[] = {{"12,50", GOOD, 125000},
                                        {"1.234,56", BAD, 0},
                                        {"12.50", BAD, 0},
                                        {"1.234", BAD, 0}};
    const tc_number_format grouped =
        format_of(TC_MARK_COMMA, TC_MARK_POINT, TC_NEGATIVE_MINUS, 0);
    const tc_number_format plain =
        format_of(TC_MARK_COMMA, TC_MARK_NONE, TC_NEGATIVE_MINUS, 0);
    (void)state;
    CHECK(&grouped, cases);
    CHECK(&plain, alone);
}

static void test_thousands(void **state)
{
    static const number_case comma[] = {{"1,234.50", GOOD, 12345000},
                                        {"12,345,678", GOOD, 123456780000},
                                        {"1,23", BAD, 0},
                                        {"1,23.4", BAD, 0},
                                        {"1,2345", BAD, 0},
                                        {"0,123", BAD, 0},
                                        {"1234,567", BAD, 0},
                                        {"1,234567", BAD, 0},
                                        {",234", BAD, 0},
                                        {"1,234,", BAD, 0},
                                        {"1.234,5", BAD, 0},
                                        {"-1,234", GOOD, -12340000}};
    static const number_case apostrophe[] = {{"1'234.50", GOOD, 12345000},
                                             {"1\xE2\x80\x99"
                                              "234",
                                              GOOD, 12340000},
                                             {"1,234", BAD, 0},
                                             {"1''234", BAD, 0}};
    static const number_case blank[] = {{"1 234.5", GOOD, 12345000},
                                        {"1" NBSP "234" NBSP "567", GOOD, 12345670000},
                                        {"1" THIN "234", GOOD, 12340000},
                                        {"1\xE2\x80\x89"
                                         "234",
                                         GOOD, 12340000},
                                        {"1  234", BAD, 0},
                                        {"1 23", BAD, 0},
                                        {"1 234 ", BAD, 0},
                                        {"12 EUR", BAD, 0}};
    static const number_case under[] = {
        {"1_234_567", GOOD, 12345670000}, {"_1", BAD, 0}, {"1_", BAD, 0}, {"1_2", BAD, 0}};
    const tc_number_format f1 =
        format_of(TC_MARK_POINT, TC_MARK_COMMA, TC_NEGATIVE_MINUS, 0);
    const tc_number_format f2 =
        format_of(TC_MARK_POINT, TC_MARK_APOSTROPHE, TC_NEGATIVE_MINUS, 0);
    const tc_number_format f3 =
        format_of(TC_MARK_POINT, TC_MARK_BLANK, TC_NEGATIVE_MINUS, 0);
    const tc_number_format f4 =
        format_of(TC_MARK_POINT, TC_MARK_UNDERSCORE, TC_NEGATIVE_MINUS, 0);
    (void)state;
    CHECK(&f1, comma);
    CHECK(&f2, apostrophe);
    CHECK(&f3, blank);
    CHECK(&f4, under);
}

static void test_currency(void **state)
{
    static const number_case cases[] = {
        {"£12.50", GOOD, 125000},
        {"£ 12.50", GOOD, 125000},
        {"12.50£", GOOD, 125000},
        {"12.50 GBP", GOOD, 125000},
        {"GBP12", GOOD, 120000},
        {"-£12.50", GOOD, -125000},
        {"£-12.50", GOOD, -125000},
        {"- £ 12.50", GOOD, -125000},
        {"US$5", GOOD, 50000},
        {"$5", GOOD, 50000},
        {"5" NBSP "€", GOOD, 50000},
        {"5" THIN "EUR", GOOD, 50000},
        {"kr.12.50", GOOD, 125000},
        {"12.50kr.", GOOD, 125000},
        {"+$5", GOOD, 50000},
        {"1,234.50 €", GOOD, 12345000},
        {"12EUR", GOOD, 120000},
        {"12e1EUR", GOOD, 1200000},
        {"£", BAD, 0},
        {"£ ", BAD, 0},
        {"££5", BAD, 0},
        {"£5£", BAD, 0},
        {"£5 EUR", BAD, 0},
        {"5 CHF", BAD, 0},
        {"CHF 5", BAD, 0},
        {"5 eur", BAD, 0},
        {"5 U", BAD, 0},
        {"1 2 EUR", BAD, 0},
        {"5 £ x", BAD, 0},
        {"-£-5", BAD, 0},
        {"\xA3"
         "5",
         BAD, 0}, /* £ in Latin-1 */
        {"12 .5 £", BAD, 0},
        {"-5-", BAD, 0},
        {"(5)", BAD, 0},
        {"5-", BAD, 0},
    };
    const tc_number_format format =
        format_of(TC_MARK_POINT, TC_MARK_COMMA, TC_NEGATIVE_MINUS, N_SIGNS);
    (void)state;
    assert_false(format.plain);
    CHECK(&format, cases);
}

static void test_negative(void **state)
{
    static const number_case any[] = {{"(12.50)", GOOD, -125000},
                                      {"($12.50)", GOOD, -125000},
                                      {"$(12.50)", GOOD, -125000},
                                      {"(12.50) $", GOOD, -125000},
                                      {"12.50-", GOOD, -125000},
                                      {"12.50- EUR", GOOD, -125000},
                                      {"12.50 EUR-", GOOD, -125000},
                                      {"-12.50", GOOD, -125000},
                                      {"(0)", GOOD, 0},
                                      {"(12.50", BAD, 0},
                                      {"12.50)", BAD, 0},
                                      {"((12))", BAD, 0},
                                      {"(-12)", BAD, 0},
                                      {"-(12)", BAD, 0},
                                      {"(12)-", BAD, 0},
                                      {"-12-", BAD, 0},
                                      {"12--", BAD, 0},
                                      {"12+", BAD, 0},
                                      {")12(", BAD, 0},
                                      {"()", BAD, 0},
                                      {"( 12 )", BAD, 0},
                                      {"(+12)", BAD, 0},
                                      {"-", BAD, 0}};
    static const number_case only_parentheses[] = {
        {"(12)", GOOD, -120000}, {"12-", BAD, 0}, {"-12", GOOD, -120000}};
    static const number_case only_trailing[] = {
        {"(12)", BAD, 0}, {"12-", GOOD, -120000}, {"-12", GOOD, -120000}};
    const tc_number_format f1 =
        format_of(TC_MARK_POINT, TC_MARK_NONE, TC_NEGATIVE_ANY, N_SIGNS);
    const tc_number_format f2 =
        format_of(TC_MARK_POINT, TC_MARK_NONE, TC_NEGATIVE_PARENTHESES, 0);
    const tc_number_format f3 =
        format_of(TC_MARK_POINT, TC_MARK_NONE, TC_NEGATIVE_TRAILING, 0);
    (void)state;
    CHECK(&f1, any);
    CHECK(&f2, only_parentheses);
    CHECK(&f3, only_trailing);
}

static void test_wrong_formats(void **state)
{
    static const char *const wrong[] = {"",  "5",  "-",   "(",   "a b",
                                        ".", ",'", "+x)", "x\t", "sixteen-bytes...."};
    tc_number_rules rules = {TC_MARK_COMMA, TC_MARK_COMMA, TC_NEGATIVE_MINUS, NULL, 0};
    tc_number_format format;
    (void)state;
    assert_int_equal(tc_number_compile(&rules, &format, NULL), TC_ECONFIG);
    rules.decimal = TC_MARK_NONE;
    rules.thousands = TC_MARK_POINT;
    assert_int_equal(tc_number_compile(&rules, &format, NULL), TC_ECONFIG);
    rules.thousands = TC_MARK_NONE;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char sign[32], *list[] = {sign};
        (void)snprintf(sign, sizeof sign, "%s", wrong[i]);
        rules.currency = list;
        rules.n_currency = 1;
        assert_int_equal(tc_number_compile(&rules, &format, NULL), TC_ECONFIG);
    }
}

/* Texts that do not fit are refused, not cut. */
static void test_long(void **state)
{
    const tc_number_format format =
        format_of(TC_MARK_COMMA, TC_MARK_NONE, TC_NEGATIVE_MINUS, 0);
    char text[400];
    (void)state;
    for (int zeros = 230; zeros < 390; zeros++) {
        int64_t value = 0;
        int rounded = 0;
        memset(text, '0', sizeof text);
        memcpy(text + zeros, "7,5", 3);
        assert_int_equal(tc_number_parse(&format, text, zeros + 3, &value, &rounded),
                         zeros + 3 < TC_NUMBER_TEXT ? TC_DECIMAL_OK : TC_DECIMAL_SYNTAX);
        assert_true(zeros + 3 >= TC_NUMBER_TEXT || value == 75000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),         cmocka_unit_test(test_comma),
        cmocka_unit_test(test_thousands),     cmocka_unit_test(test_currency),
        cmocka_unit_test(test_negative),      cmocka_unit_test(test_long),
        cmocka_unit_test(test_wrong_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
