/* decimal.h - decimal numbers as integers of 1/10,000, straight from text and never through
 * a double (edge layer, text; pure). Each function answers the usual case in
 * place; the one with _any reads everything. Rounding is to the nearest, ties to even. */
#ifndef TC_DECIMAL_H
#define TC_DECIMAL_H

#include "tiercel/digits.h"

#include <stdint.h>

enum { TC_DECIMAL_ONE = 10000, TC_DECIMAL_PLACES = 4, TC_DECIMAL_FINE = 9 };

/* value * 10^-places. */
typedef struct {
    int64_t value;
    int places;
} tc_decimal;

typedef enum { TC_DECIMAL_OK, TC_DECIMAL_SYNTAX, TC_DECIMAL_OVERFLOW } tc_decimal_outcome;

/* Local, pure. Reads [+-]digits[.digits][e[+-]digits] with at least one digit and nothing
 * else (blanks are trimmed by the caller). *value is in 1/10,000. *rounded becomes 1 if
 * digits other than 0 were lost, else it is left as it was. On failure both are left. */
tc_decimal_outcome tc_decimal_parse_any(const char *text, int64_t n, int64_t *value,
                                        int *rounded);
static inline tc_decimal_outcome tc_decimal_parse(const char *text, int64_t n,
                                                  int64_t *value, int *rounded)
{
    return tc_digits_decimal(text, n, value)
               ? TC_DECIMAL_OK
               : tc_decimal_parse_any(text, n, value, rounded);
}

/* Local, pure. Reads a factor of a product: with 4 places or, if those would lose digits, with 9 where the number
 * fits, so that a price of 0.123456 is exact and only the product is rounded. Otherwise as above. */
tc_decimal_outcome tc_decimal_parse_factor_any(const char *text, int64_t n,
                                               tc_decimal *value, int *rounded);
static inline tc_decimal_outcome tc_decimal_parse_factor(const char *text, int64_t n,
                                                         tc_decimal *value, int *rounded)
{
    if (tc_digits_decimal(text, n, &value->value)) {
        value->places = TC_DECIMAL_PLACES;
        return TC_DECIMAL_OK;
    }
    return tc_decimal_parse_factor_any(text, n, value, rounded);
}

/* Local, pure. The product in 1/10,000, through 128 bits and rounded once; *rounded as above. */
tc_decimal_outcome tc_decimal_multiply_any(tc_decimal a, tc_decimal b, int64_t *product,
                                           int *rounded);
static inline tc_decimal_outcome tc_decimal_multiply(tc_decimal a, tc_decimal b,
                                                     int64_t *product, int *rounded)
{
    int64_t exact;
    if (a.places + b.places == 2 * TC_DECIMAL_PLACES &&
        !__builtin_mul_overflow(a.value, b.value, &exact) && exact % TC_DECIMAL_ONE == 0) {
        *product = exact / TC_DECIMAL_ONE; /* without a division of 128 bits */
        return TC_DECIMAL_OK;
    }
    return tc_decimal_multiply_any(a, b, product, rounded);
}

#endif
