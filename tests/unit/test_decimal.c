/* Decimal text to integers of 1/10,000, and their product. */
#include "tiercel/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
    const char *text;
    int64_t value;
    int rounded;
} good_case;

static void test_values(void **state)
{
    static const good_case cases[] = {
        {"0", 0, 0},
        {"-0", 0, 0},
        {"1", 10000, 0},
        {"+2.5", 25000, 0},
        {"-3.14", -31400, 0},
        {".5", 5000, 0},
        {"5.", 50000, 0},
        {"007.10", 71000, 0},
        {"1.23456", 12346, 1},
        {"1.2345000000", 12345, 0},
        {"85.64999999999999", 856500, 1},
        {"52.300000000000004", 523000, 1},
        {"2.9499999999999997", 29500, 1},
        /* ties go to the even neighbour, anything beyond breaks the tie */
        {"0.00005", 0, 1},
        {"0.00015", 2, 1},
        {"0.00025", 2, 1},
        {"-0.00015", -2, 1},
        {"-0.00025", -2, 1},
        {"0.000250000000000000000000000000001", 3, 1},
        {"0.00024999999999999999999999999", 2, 1},
        {"0.99995", 10000, 1},
        {"9.99994999", 99999, 1},
        /* the limits of int64 */
        {"922337203685477.5807", INT64_MAX, 0},
        {"-922337203685477.5808", INT64_MIN, 0},
        {"922337203685477.58074999", INT64_MAX, 1},
        {"-922337203685477.58085", INT64_MIN, 1},
        {"000000000000000000000000000000000000001", 10000, 0},
        {"99999999999999", 999999999999990000, 0},
        {"999999999999999.9999e-3", 9999999999999999 + 1, 1},
        /* exponents, as programs print very small and very large numbers */
        {"1e3", 10000000, 0},
        {"1.5E+2", 1500000, 0},
        {"1e-05", 0, 1},
        {"6e-05", 1, 1},
        {"12345e-4", 12345, 0},
        {"0e999999999999", 0, 0},
        {"1e-999999999999", 0, 1},
        {"0.0000000000000000000000000001e30", 1000000, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = -1;
        int rounded = 0;
        assert_int_equal(tc_decimal_parse(cases[i].text, (int64_t)strlen(cases[i].text),
                                          &value, &rounded),
                         TC_DECIMAL_OK);
        assert_int_equal(value, cases[i].value);
        assert_int_equal(rounded, cases[i].rounded);
    }
}

static void test_failures(void **state)
{
    static const struct {
        const char *text;
        tc_decimal_outcome outcome;
    } cases[] = {
        {"", TC_DECIMAL_SYNTAX},
        {"-", TC_DECIMAL_SYNTAX},
        {".", TC_DECIMAL_SYNTAX},
        {"+.", TC_DECIMAL_SYNTAX},
        {"1,5", TC_DECIMAL_SYNTAX},
        {"1 000", TC_DECIMAL_SYNTAX},
        {" 1", TC_DECIMAL_SYNTAX},
        {"1.2.3", TC_DECIMAL_SYNTAX},
        {"--1", TC_DECIMAL_SYNTAX},
        {"1-", TC_DECIMAL_SYNTAX},
        {"1e", TC_DECIMAL_SYNTAX},
        {"1e+", TC_DECIMAL_SYNTAX},
        {"e5", TC_DECIMAL_SYNTAX},
        {"1e5x", TC_DECIMAL_SYNTAX},
        {"0x10", TC_DECIMAL_SYNTAX},
        {"nan", TC_DECIMAL_SYNTAX},
        {"inf", TC_DECIMAL_SYNTAX},
        {"12345678901234567890x", TC_DECIMAL_SYNTAX},
        {"922337203685477.5808", TC_DECIMAL_OVERFLOW},
        {"922337203685477.58075", TC_DECIMAL_OVERFLOW},
        {"-922337203685477.5809", TC_DECIMAL_OVERFLOW},
        {"-922337203685477.580850001", TC_DECIMAL_OVERFLOW},
        {"999999999999999999999999", TC_DECIMAL_OVERFLOW},
        {"1e300", TC_DECIMAL_OVERFLOW},
        {"1e999999999999999999999", TC_DECIMAL_OVERFLOW},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 77;
        int rounded = 0;
        assert_int_equal(tc_decimal_parse(cases[i].text, (int64_t)strlen(cases[i].text),
                                          &value, &rounded),
                         cases[i].outcome);
        assert_int_equal(value, 77);
        assert_int_equal(rounded, 0);
    }
}

/* Printed numbers come back, through the quick and the slow path. */
static void test_round_trip(void **state)
{
    uint64_t seed = 12345;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        int64_t v, back;
        int rounded = 0;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        v = (int64_t)(seed >> (i % 60)) * (i % 2 == 0 ? 1 : -1);
        v = v == INT64_MIN ? 0 : v;
        (void)snprintf(text, sizeof text, "%s%lld.%04lld%s", v < 0 ? "-" : "",
                       (long long)(v < 0 ? -v : v) / 10000,
                       (long long)(v < 0 ? -v : v) % 10000, i % 3 == 0 ? "00" : "");
        assert_int_equal(tc_decimal_parse(text, (int64_t)strlen(text), &back, &rounded),
                         TC_DECIMAL_OK);
        assert_int_equal(back, v);
        assert_int_equal(rounded, 0);
    }
}

static void test_products(void **state)
{
    static const struct {
        int64_t a, b, product;
        int rounded;
        tc_decimal_outcome outcome;
    } cases[] = {
        {60000, 25500, 153000, 0, TC_DECIMAL_OK},
        {-10000, 25500, -25500, 0, TC_DECIMAL_OK},
        {5000, 1, 0, 1, TC_DECIMAL_OK},  /* 0.5: to even */
        {15000, 1, 2, 1, TC_DECIMAL_OK}, /* 1.5 */
        {25000, 1, 2, 1, TC_DECIMAL_OK}, /* 2.5 */
        {-15000, 1, -2, 1, TC_DECIMAL_OK},
        {-25000, 1, -2, 1, TC_DECIMAL_OK},
        {25001, 1, 3, 1, TC_DECIMAL_OK},
        {24999, 1, 2, 1, TC_DECIMAL_OK},
        {0, INT64_MIN, 0, 0, TC_DECIMAL_OK},
        {10000, INT64_MAX, INT64_MAX, 0, TC_DECIMAL_OK},
        {10000, INT64_MIN, INT64_MIN, 0, TC_DECIMAL_OK},
        {-10000, INT64_MIN, 7, 0, TC_DECIMAL_OVERFLOW},
        {INT64_MAX, INT64_MAX, 7, 0, TC_DECIMAL_OVERFLOW},
        {INT64_MIN, INT64_MIN, 7, 0, TC_DECIMAL_OVERFLOW},
        {20000, 4611686018427387904, 7, 0, TC_DECIMAL_OVERFLOW},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t product = 7;
        int rounded = 0;
        assert_int_equal(tc_decimal_multiply((tc_decimal){cases[i].a, TC_DECIMAL_PLACES},
                                             (tc_decimal){cases[i].b, TC_DECIMAL_PLACES},
                                             &product, &rounded),
                         cases[i].outcome);
        assert_int_equal(product, cases[i].product);
        assert_int_equal(rounded, cases[i].rounded);
    }
}

/* Only the product is rounded: a tariff of six decimals times a thousand is exact. */
static void test_factors(void **state)
{
    static const struct {
        const char *a, *b;
        int64_t product;
        int rounded;
    } cases[] = {
        {"1000", "0.123456", 1234560, 0},
        {"3", "0.33335", 10000, 1},
        {"7", "0.142857142857", 10000, 1},
        {"3", "85.64999999999999", 2569500, 1},
        {"0.5", "-0.00001", 0, 1},
        {"-12", "1.25", -150000, 0},
        {"99999999999999", "0.00001", 10000000000000, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tc_decimal a, b;
        int64_t product = 0;
        int rounded = 0;
        assert_int_equal(
            tc_decimal_parse_factor(cases[i].a, (int64_t)strlen(cases[i].a), &a, &rounded),
            0);
        assert_int_equal(
            tc_decimal_parse_factor(cases[i].b, (int64_t)strlen(cases[i].b), &b, &rounded),
            0);
        assert_int_equal(tc_decimal_multiply(a, b, &product, &rounded), TC_DECIMAL_OK);
        assert_int_equal(product, cases[i].product);
        assert_int_equal(rounded, cases[i].rounded);
    }
}

/* Digits with at most one point, read one by one; -1 if it is anything else. */
static int64_t one_by_one(const char *text, int n)
{
    int64_t v = 0;
    int digits = 0, places = -1;
    for (int i = 0; i < n; i++) {
        if (text[i] == '.' && places < 0) {
            places = 0;
        } else if (text[i] >= '0' && text[i] <= '9') {
            v = v * 10 + (text[i] - '0');
            digits++;
            places += places >= 0;
        } else {
            return -1;
        }
    }
    for (places = places < 0 ? 0 : places; places < TC_DECIMAL_PLACES; places++) {
        v *= 10;
    }
    return digits > 0 ? v : -1;
}

static void compare(const char *text, int n)
{
    /* of its own size, so that a sanitizer sees a byte read beyond it */
    char *const copy = malloc((size_t)n);
    const int64_t wanted = one_by_one(text, n);
    int64_t value = -1;
    int rounded = 0;
    assert_non_null(copy);
    memcpy(copy, text, (size_t)n);
    if (tc_decimal_parse(copy, n, &value, &rounded) !=
            (wanted < 0 ? TC_DECIMAL_SYNTAX : TC_DECIMAL_OK) ||
        value != wanted || rounded) {
        fail_msg("\"%.*s\": %lld", n, text, (long long)value);
    }
    free(copy);
}

/* All texts of up to 7 bytes out of a few, and each byte of longer ones set to all values. */
static void test_short_texts(void **state)
{
    static const char letters[] = "059./:";
    static const char *const whole[] = {"12345678", "1234.567", "99999.99", ".1234",
                                        "7",        "4.9",      "1234567.", "000.0001"};
    (void)state;
    for (int n = 1, all = 6; n <= 7; n++, all *= 6) {
        for (int code = 0; code < all; code++) {
            char text[8];
            int rest = code, places = -1;
            for (int i = 0; i < n; i++, rest /= 6) {
                text[i] = letters[rest % 6];
                places += places >= 0 || text[i] == '.';
            }
            if (places <= TC_DECIMAL_PLACES) {
                compare(text, n);
            }
        }
    }
    for (size_t k = 0; k < sizeof whole / sizeof *whole; k++) {
        const int n = (int)strlen(whole[k]);
        for (int i = 0; i < 256 * n; i++) {
            char text[9];
            memcpy(text, whole[k], (size_t)n + 1);
            text[i / 256] = (char)(i % 256);
            /* signs in front, exponents and lost digits are not the reference's affair */
            if (strchr("+-eE", text[i / 256]) == NULL &&
                strcspn(text, ".") + 5 >= (size_t)n) {
                compare(text, n);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),     cmocka_unit_test(test_failures),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_products),
        cmocka_unit_test(test_factors),    cmocka_unit_test(test_short_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
