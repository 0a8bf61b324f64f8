#include "tiercel/decimal.h"

#include "tiercel/wide.h"

#define MAGNITUDE_MAX ((uint64_t)1 << 63) /* of the most negative int64 */

enum { EXPONENT_MAX = 1000000 };

/* The parts of a number that is not plain. */
typedef struct {
    const char *mantissa, *mantissa_end;
    int64_t n_int;    /* digits before the point */
    int64_t exponent; /* clamped */
    int places;       /* decimals that are kept */
} parts;

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The usual case: up to 14 digits, a point, up to 4 digits. 0 if the text is anything
 * else. */
static int plain(const char *p, const char *end, uint64_t *magnitude)
{
    uint64_t v = 0;
    const char *const begin = p;
    int64_t decimals = 0;
    while (p < end && is_digit(*p)) {
        v = v * 10 + (uint64_t)(*p++ - '0');
        if (p - begin > 14) {
            return 0;
        }
    }
    if (p == begin) {
        return 0;
    }
    if (p < end && *p == '.') {
        const char *const point = p++;
        while (p < end && is_digit(*p) && p - point <= TC_DECIMAL_PLACES) {
            v = v * 10 + (uint64_t)(*p++ - '0');
        }
        decimals = p - point - 1;
    }
    for (; decimals < TC_DECIMAL_PLACES; decimals++) {
        v *= 10;
    }
    *magnitude = v;
    return p == end;
}

static int read_exponent(const char *p, const char *end, int64_t *exponent)
{
    int64_t e = 0;
    const int minus = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) {
        p++;
    }
    if (p == end) {
        return 0;
    }
    for (; p < end; p++) {
        if (!is_digit(*p)) {
            return 0;
        }
        e = e < EXPONENT_MAX ? e * 10 + (*p - '0') : e;
    }
    *exponent = minus ? -e : e;
    return 1;
}

static int split(const char *p, const char *end, parts *out)
{
    int64_t n_digits = 0;
    int point = 0;
    *out = (parts){.mantissa = p};
    for (; p < end && (is_digit(*p) || (*p == '.' && !point)); p++) {
        point |= *p == '.';
        n_digits += *p != '.';
        out->n_int += !point;
    }
    out->mantissa_end = p;
    if (n_digits == 0) {
        return 0;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        return read_exponent(p + 1, end, &out->exponent);
    }
    return p == end;
}

/* Walks the digits by their power of ten: those from 10^-places up are kept, the next one and
 * whether anything follows decide the rounding. */
static tc_decimal_outcome scale(const parts *number, uint64_t *magnitude, int *rounded)
{
    int64_t power = number->n_int - 1 + number->exponent;
    uint64_t v = 0;
    int half = 0, rest = 0;
    for (const char *p = number->mantissa; p < number->mantissa_end; p++) {
        const int digit = *p - '0';
        if (*p == '.') {
            continue;
        }
        if (power >= -number->places) {
            if (v > (MAGNITUDE_MAX - (uint64_t)digit) / 10) {
                return TC_DECIMAL_OVERFLOW;
            }
            v = v * 10 + (uint64_t)digit;
        } else if (power == -number->places - 1) {
            half = digit;
        } else {
            rest |= digit;
        }
        power--;
    }
    for (; power >= -number->places && v != 0; power--) {
        if (v > MAGNITUDE_MAX / 10) {
            return TC_DECIMAL_OVERFLOW;
        }
        v *= 10;
    }
    v += half > 5 || (half == 5 && (rest != 0 || (v & 1) != 0));
    *rounded |= half != 0 || rest != 0;
    *magnitude = v;
    return TC_DECIMAL_OK;
}

/* Any number, with so many places. Without its sign it is text up to end. */
static tc_decimal_outcome general(const char *text, const char *end, int places,
                                  uint64_t *magnitude, int *lost)
{
    parts number;
    if (!split(text, end, &number)) {
        return TC_DECIMAL_SYNTAX;
    }
    number.places = places;
    return scale(&number, magnitude, lost);
}

static tc_decimal_outcome parse(const char *text, int64_t n, int places, int64_t *value,
                                int *rounded)
{
    const char *const end = text + n;
    const int minus = n > 0 && *text == '-';
    uint64_t magnitude = 0;
    int lost = 0;
    if (n > 0 && (*text == '-' || *text == '+')) {
        text++;
    }
    if (places != TC_DECIMAL_PLACES || !plain(text, end, &magnitude)) {
        const tc_decimal_outcome outcome = general(text, end, places, &magnitude, &lost);
        if (outcome != TC_DECIMAL_OK) {
            return outcome;
        }
    }
    if (magnitude > MAGNITUDE_MAX - (uint64_t)!minus) {
        return TC_DECIMAL_OVERFLOW;
    }
    if (magnitude == MAGNITUDE_MAX) {
        *value = INT64_MIN;
    } else {
        *value = minus ? -(int64_t)magnitude : (int64_t)magnitude;
    }
    *rounded |= lost;
    return TC_DECIMAL_OK;
}

tc_decimal_outcome tc_decimal_parse_any(const char *text, int64_t n, int64_t *value,
                                        int *rounded)
{
    return parse(text, n, TC_DECIMAL_PLACES, value, rounded);
}

tc_decimal_outcome tc_decimal_parse_factor_any(const char *text, int64_t n,
                                               tc_decimal *value, int *rounded)
{
    int lost = 0;
    tc_decimal_outcome outcome = parse(text, n, TC_DECIMAL_PLACES, &value->value, &lost);
    value->places = TC_DECIMAL_PLACES;
    if (outcome == TC_DECIMAL_OK && lost) {
        int64_t fine;
        int lost_fine = 0;
        if (parse(text, n, TC_DECIMAL_FINE, &fine, &lost_fine) == TC_DECIMAL_OK) {
            *value = (tc_decimal){.value = fine, .places = TC_DECIMAL_FINE};
            lost = lost_fine;
        }
    }
    *rounded |= lost;
    return outcome;
}

tc_decimal_outcome tc_decimal_multiply_any(tc_decimal a, tc_decimal b, int64_t *product,
                                           int *rounded)
{
    const tc_i128 exact = (tc_i128)a.value * b.value;
    int64_t unit = 1, rest, twice;
    tc_i128 q;
    for (int places = a.places + b.places; places > TC_DECIMAL_PLACES; places--) {
        unit *= 10;
    }
    rest = (int64_t)(exact % unit);
    twice = rest < 0 ? -2 * rest : 2 * rest;
    q = exact / unit;
    if (twice > unit || (twice == unit && q % 2 != 0)) {
        q += rest < 0 ? -1 : 1;
    }
    if (q > INT64_MAX || q < INT64_MIN) {
        return TC_DECIMAL_OVERFLOW;
    }
    *product = (int64_t)q;
    *rounded |= rest != 0;
    return TC_DECIMAL_OK;
}
