/* Cells of the customers, interactions and wide tables: numbers against strtod, flags, words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/stage/profiles/profiles_cell.h"

#include "tiercel/interact.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tc_csv_text text_of(const char *text)
{
    return (tc_csv_text){text, (int64_t)strlen(text)};
}

static tc_row_rules rules_of(tc_mark decimal, tc_mark thousands)
{
    const tc_number_rules number = {.decimal = decimal, .thousands = thousands};
    tc_row_rules rules = {0};
    assert_int_equal(tc_number_compile(&number, &rules.number, NULL), TC_OK);
    return rules;
}

static void test_numbers(void **state)
{
    static const char *const good[] = {"0",
                                       "1",
                                       "-1",
                                       "+2.5",
                                       ".5",
                                       "5.",
                                       "1e3",
                                       "-1.25E-7",
                                       "123456789012345",
                                       "1234567890123456789012",
                                       "0.1",
                                       "0.30000000000000004",
                                       "1e22",
                                       "1e-22",
                                       "9007199254740993",
                                       "4.9e-324",
                                       "1.7976931348623157e308",
                                       "2.2250738585072011e-308",
                                       "0.000000000000000000001"};
    static const char *const bad[] = {"x",  "1x",  "inf",   "NaN", "0x10",
                                      "1e", "1e+", "--1",   "1,5", "1 2",
                                      "e5", ".",   "1e999", "-",   "1.2.3"};
    const tc_row_rules rules = rules_of(TC_MARK_POINT, TC_MARK_NONE);
    double v;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(tc_cell_number(&rules, text_of(good[i]), &v), TC_CELL_GOOD);
        assert_true(v == strtod(good[i], NULL));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(tc_cell_number(&rules, text_of(bad[i]), &v), TC_CELL_UNREADABLE);
        assert_true(isnan(v));
    }
    assert_int_equal(tc_cell_number(&rules, text_of("  "), &v), TC_CELL_EMPTY);
    assert_int_equal(tc_cell_number(&rules, text_of("-0"), &v), TC_CELL_GOOD);
    assert_true(v == 0 && !signbit(v));
}

/* The short way equals that of the C library. */
static void test_nearest(void **state)
{
    const tc_row_rules rules = rules_of(TC_MARK_POINT, TC_MARK_NONE);
    uint64_t seed = 1;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        double v;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        (void)snprintf(text, sizeof text, "%s%llu.%0*lluE%d", seed & 1 ? "-" : "",
                       (unsigned long long)(seed >> 44), (int)(seed >> 8 & 7) + 1,
                       (unsigned long long)(seed >> 40 & 63), (int)(seed >> 12 & 63) - 32);
        assert_int_equal(tc_cell_number(&rules, text_of(text), &v), TC_CELL_GOOD);
        assert_true(v == strtod(text, NULL));
    }
}

static void test_marks(void **state)
{
    const tc_row_rules rules = rules_of(TC_MARK_COMMA, TC_MARK_POINT);
    double v;
    (void)state;
    assert_int_equal(tc_cell_number(&rules, text_of("1,5"), &v), TC_CELL_GOOD);
    assert_true(v == 1.5);
    assert_int_equal(tc_cell_number(&rules, text_of("1.234,5"), &v), TC_CELL_GOOD);
    assert_true(v == 1234.5);
    assert_int_equal(tc_cell_number(&rules, text_of("1.5"), &v), TC_CELL_UNREADABLE);
}

static void test_fixed(void **state)
{
    const tc_row_rules rules = rules_of(TC_MARK_POINT, TC_MARK_NONE);
    int64_t v;
    int rounded = 0;
    (void)state;
    assert_int_equal(tc_cell_fixed(&rules, text_of("7.25"), &v, &rounded), TC_CELL_GOOD);
    assert_int_equal(v, 72500);
    assert_int_equal(rounded, 0);
    assert_int_equal(tc_cell_fixed(&rules, text_of("0.00001"), &v, &rounded), TC_CELL_GOOD);
    assert_int_equal(rounded, 1);
    assert_int_equal(tc_cell_fixed(&rules, text_of(""), &v, &rounded), TC_CELL_EMPTY);
    assert_true(v == TC_INTERACT_MISSING);
    assert_int_equal(tc_cell_fixed(&rules, text_of("1e13"), &v, &rounded),
                     TC_CELL_UNREADABLE);
    assert_int_equal(tc_cell_fixed(&rules, text_of("x"), &v, &rounded), TC_CELL_UNREADABLE);
}

static void test_flags_and_words(void **state)
{
    const tc_row_rules rules = rules_of(TC_MARK_POINT, TC_MARK_NONE);
    char word[TC_LEVEL_MAX], longest[TC_LEVEL_MAX + 2];
    int64_t n;
    int8_t flag;
    (void)state;
    assert_int_equal(tc_cell_flag(text_of(" Yes "), &flag), TC_CELL_GOOD);
    assert_int_equal(flag, 1);
    assert_int_equal(tc_cell_flag(text_of("OFF"), &flag), TC_CELL_GOOD);
    assert_int_equal(flag, 0);
    assert_int_equal(tc_cell_flag(text_of(""), &flag), TC_CELL_EMPTY);
    assert_int_equal(flag, -1);
    assert_int_equal(tc_cell_flag(text_of("perhaps not"), &flag), TC_CELL_UNREADABLE);
    assert_int_equal(tc_cell_level(&rules, text_of(" north "), word, &n), TC_CELL_GOOD);
    assert_int_equal(n, 5);
    assert_int_equal(tc_cell_level(&rules, text_of("\xFF"), word, &n), TC_CELL_UNREADABLE);
    assert_int_equal(n, 0);
    memset(longest, 'a', sizeof longest);
    longest[TC_LEVEL_MAX + 1] = '\0';
    assert_int_equal(tc_cell_level(&rules, text_of(longest), word, &n), TC_CELL_UNREADABLE);
    longest[TC_LEVEL_MAX] = '\0';
    assert_int_equal(tc_cell_level(&rules, text_of(longest), word, &n), TC_CELL_GOOD);
    assert_true(tc_cell_is_level("a|bc|d", "bc", 2) && tc_cell_is_level("a|bc|d", "d", 1));
    assert_false(tc_cell_is_level("a|bc|d", "b", 1) || tc_cell_is_level("a", "ab", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),         cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_marks),           cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_flags_and_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
