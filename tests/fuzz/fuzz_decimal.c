/* Decimal numbers against a slow reference that works on strings of digits: no arithmetic, so nothing to overflow. */
#include "fuzz.h"

#include "tiercel/decimal.h"
#include "tiercel/wide.h"

#include <string.h>

enum { DIGITS_MAX = 4096, TEXT_MAX = 200 };

typedef struct {
    int syntax; /* 0: not a number */
    int minus, overflow, lost;
    char digits[DIGITS_MAX]; /* value in units of 10^-places, no leading zeros; "" = 0 */
} reference;

/* Reads an exponent; saturates far beyond all lengths of texts. -1 if it is none. */
static int read_exponent(const char *p, const char *end, long *out)
{
    long e = 0;
    int minus = 0;
    if (p < end && (*p == '+' || *p == '-')) {
        minus = *p++ == '-';
    }
    if (p == end) {
        return -1;
    }
    for (; p < end; p++) {
        if (strchr("0123456789", *p) == NULL || *p == '\0') {
            return -1;
        }
        e = e > 100000 ? e : e * 10 + (*p - '0');
    }
    *out = minus ? -e : e;
    return 0;
}

/* Fills digits (all of the mantissa, without leading zeros) and the number of them before the point. */
static int read_number(const char *p, const char *end, reference *r, long *before_point)
{
    size_t n = 0;
    long whole = 0, exponent = 0;
    int seen = 0, point = 0;
    if (p < end && (*p == '+' || *p == '-')) {
        r->minus = *p++ == '-';
    }
    for (; p < end && (*p == '.' || (*p >= '0' && *p <= '9')); p++) {
        if (*p == '.') {
            if (point) {
                return -1;
            }
            point = 1;
            continue;
        }
        seen = 1;
        if (n > 0 || *p != '0') {
            r->digits[n++] = *p;
            whole += !point;
        } else {
            whole -= point; /* a zero behind the point moves the first digit down */
        }
    }
    r->digits[n] = '\0';
    if (!seen || (p < end && ((*p != 'e' && *p != 'E') ||
                              read_exponent(p + 1, end, &exponent) != 0))) {
        return -1;
    }
    *before_point = whole + exponent;
    return 0;
}

/* Adds one to a string of digits. */
static void increment(char *digits)
{
    const size_t n = strlen(digits);
    size_t i = n;
    while (i > 0 && digits[i - 1] == '9') {
        digits[--i] = '0';
    }
    if (i > 0) {
        digits[i - 1]++;
    } else {
        memmove(digits + 1, digits, n + 1);
        digits[0] = '1';
    }
}

/* Cuts or pads the digits so that they count units of 10^-places; rounds half to even. */
static void scale(reference *r, long before_point, int places)
{
    const long keep = before_point + places;
    const size_t n = strlen(r->digits);
    int up = 0;
    if (n == 0) {
        return;
    }
    if (keep > 100) {
        r->overflow = 1; /* the first digit is not 0 */
        return;
    }
    if (keep < 0 || (size_t)keep < n) {
        const size_t cut = keep < 0 ? 0 : (size_t)keep;
        const char *const rest = r->digits + cut;
        const int rest_zero = rest[strspn(rest + 1, "0") + 1] == '\0';
        const int odd = cut > 0 && (r->digits[cut - 1] - '0') % 2 != 0;
        r->lost = rest[strspn(rest, "0")] != '\0';
        up = keep >= 0 && (rest[0] > '5' || (rest[0] == '5' && (!rest_zero || odd)));
        r->digits[cut] = '\0';
        if (up) {
            increment(r->digits);
        }
        return;
    }
    for (size_t i = n; i < (size_t)keep; i++) {
        r->digits[i] = '0';
        r->digits[i + 1] = '\0';
    }
}

static int longer_than(const char *digits, const char *limit)
{
    const size_t a = strlen(digits), b = strlen(limit);
    return a != b ? a > b : strcmp(digits, limit) > 0;
}

static void refer(const char *text, size_t n, int places, reference *r)
{
    long before_point = 0;
    *r = (reference){0};
    r->syntax = read_number(text, text + n, r, &before_point) == 0;
    if (r->syntax) {
        scale(r, before_point, places);
        r->overflow |= longer_than(r->digits, r->minus ? "9223372036854775808"
                                                       : "9223372036854775807");
    }
}

/* The value as digits, for comparison. */
static void check_value(int64_t value, const reference *r)
{
    char found[32] = "";
    const uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (magnitude > 0) {
        (void)snprintf(found, sizeof found, "%llu", (unsigned long long)magnitude);
    }
    FUZZ_CHECK(strcmp(found, r->digits) == 0);
    FUZZ_CHECK(value == 0 || (value < 0) == r->minus);
}

static void check_parse(const char *text, size_t n, reference *r)
{
    int64_t value = 12345;
    int rounded = 0;
    const tc_decimal_outcome outcome = tc_decimal_parse(text, (int64_t)n, &value, &rounded);
    refer(text, n, TC_DECIMAL_PLACES, r);
    FUZZ_CHECK((outcome == TC_DECIMAL_SYNTAX) == !r->syntax);
    if (r->syntax) {
        FUZZ_CHECK((outcome == TC_DECIMAL_OVERFLOW) == r->overflow);
    }
    if (outcome != TC_DECIMAL_OK) {
        FUZZ_CHECK(value == 12345 && rounded == 0);
        return;
    }
    check_value(value, r);
    FUZZ_CHECK(rounded == r->lost);
}

static tc_decimal_outcome check_factor(const char *text, size_t n, reference *r,
                                       tc_decimal *factor)
{
    int rounded = 0;
    const tc_decimal_outcome outcome =
        tc_decimal_parse_factor(text, (int64_t)n, factor, &rounded);
    if (outcome != TC_DECIMAL_OK) {
        FUZZ_CHECK(!r->syntax || r->overflow);
        return outcome;
    }
    FUZZ_CHECK(factor->places == TC_DECIMAL_PLACES || factor->places == TC_DECIMAL_FINE);
    if (factor->places == TC_DECIMAL_FINE) {
        FUZZ_CHECK(r->lost); /* only where it is of use */
    }
    refer(text, n, factor->places, r);
    check_value(factor->value, r);
    FUZZ_CHECK(rounded == r->lost);
    return outcome;
}

/* The quotient is the nearest, ties to even: |2 (a b - q unit)| <= unit. */
static void check_product(tc_decimal a, tc_decimal b)
{
    int64_t product = 0, unit = 1;
    int rounded = 0;
    const tc_decimal_outcome outcome = tc_decimal_multiply(a, b, &product, &rounded);
    const tc_i128 exact = (tc_i128)a.value * b.value;
    tc_i128 rest;
    for (int i = TC_DECIMAL_PLACES; i < a.places + b.places; i++) {
        unit *= 10;
    }
    if (outcome != TC_DECIMAL_OK) {
        FUZZ_CHECK(outcome == TC_DECIMAL_OVERFLOW);
        FUZZ_CHECK(exact / unit >= INT64_MAX || exact / unit <= INT64_MIN);
        return;
    }
    rest = exact - (tc_i128)product * unit;
    rest = rest < 0 ? -rest : rest;
    FUZZ_CHECK(2 * rest < unit || (2 * rest == unit && product % 2 == 0));
    FUZZ_CHECK(rounded == (rest != 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *const text = (const char *)data;
    const size_t n = size < TEXT_MAX ? size : TEXT_MAX;
    const char *const blank = n == 0 ? NULL : memchr(text, ' ', n);
    const size_t first = blank == NULL ? n : (size_t)(blank - text);
    tc_decimal a, b;
    reference r;
    check_parse(text, first, &r);
    if (check_factor(text, first, &r, &a) == TC_DECIMAL_OK && blank != NULL) {
        check_parse(blank + 1, n - first - 1, &r);
        if (check_factor(blank + 1, n - first - 1, &r, &b) == TC_DECIMAL_OK) {
            check_product(a, b);
        }
    }
    return 0;
}
