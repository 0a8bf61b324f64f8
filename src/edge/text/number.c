#include "tiercel/number.h"

#include <string.h>

/* The rest of the text, and what has been found around the digits. */
typedef struct {
    const tc_number_format *format;
    const char *p, *end;
    int signs, minus; /* marks of the sign, in any way; one of them negative */
    int open;         /* parentheses not yet closed */
    int currencies, blanks;
} cursor;

/* The plain form. */
typedef struct {
    char *text; /* [TC_NUMBER_TEXT + 1] */
    int64_t n;
} plain_text;

/* 0 if a sign could be taken for a part of the number. */
static int sign_allowed(const char *sign)
{
    const size_t n = strlen(sign);
    if (n == 0 || n >= TC_CURRENCY_BYTES || strspn(sign, ".,'_") == n) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)sign[i];
        if (c <= ' ' || c == 127 || strchr("0123456789+-()", c) != NULL) {
            return 0;
        }
    }
    return 1;
}

/* Long signs first, so that US$ is not read as U and a rest. */
static void add_sign(tc_number_format *format, const char *sign)
{
    const int n = (int)strlen(sign);
    int at = format->n_currency++;
    for (; at > 0 && format->currency_n[at - 1] < n; at--) {
        format->currency_n[at] = format->currency_n[at - 1];
        memcpy(format->currency[at], format->currency[at - 1], TC_CURRENCY_BYTES);
    }
    format->currency_n[at] = n;
    memcpy(format->currency[at], sign, (size_t)n + 1);
}

tc_status tc_number_compile(const tc_number_rules *rules, tc_number_format *out,
                            tc_error *err)
{
    const tc_mark decimal = rules->decimal == TC_MARK_NONE ? TC_MARK_POINT : rules->decimal;
    *out = (tc_number_format){.decimal = (char)decimal,
                              .thousands = rules->thousands,
                              .negative = rules->negative};
    if (decimal == rules->thousands) {
        return tc_fail(err, TC_ECONFIG,
                       "decimal and thousands are the same sign; allowed: two that differ");
    }
    if (rules->n_currency > TC_CURRENCY_MAX) {
        return tc_fail(err, TC_ECONFIG, "%d currency signs; allowed: up to %d",
                       rules->n_currency, TC_CURRENCY_MAX);
    }
    for (int i = 0; i < rules->n_currency; i++) {
        if (!sign_allowed(rules->currency[i])) {
            return tc_fail(
                err, TC_ECONFIG,
                "currency sign %d could be taken for a part of a number; allowed: "
                "1 to %d bytes without digits, blanks, + - ( ), and not of . , ' _ "
                "alone",
                i + 1, TC_CURRENCY_BYTES - 1);
        }
        add_sign(out, rules->currency[i]);
    }
    out->plain = decimal == TC_MARK_POINT && rules->thousands == TC_MARK_NONE &&
                 rules->negative == TC_NEGATIVE_MINUS && rules->n_currency == 0;
    return TC_OK;
}

static int is_digit(const cursor *at, int64_t ahead)
{
    return at->end - at->p > ahead && (unsigned)(at->p[ahead] - '0') < 10;
}

static int64_t starts_with(const cursor *at, const char *bytes, int64_t n)
{
    return at->end - at->p >= n && memcmp(at->p, bytes, (size_t)n) == 0 ? n : 0;
}

/* Bytes of a blank here, 0 if there is none. */
static int64_t blank_here(const cursor *at)
{
    if (at->p < at->end && (*at->p == ' ' || *at->p == '\t')) {
        return 1;
    }
    return starts_with(at, "\xC2\xA0", 2) | starts_with(at, "\xE2\x80\x89", 3) |
           starts_with(at, "\xE2\x80\xAF", 3);
}

/* Bytes of the sign of thousands here if a digit follows, else 0. */
static int64_t group_here(const cursor *at)
{
    const tc_mark mark = at->format->thousands;
    int64_t n = 0;
    if (mark == TC_MARK_BLANK) {
        n = blank_here(at);
    } else if (mark != TC_MARK_NONE && at->p < at->end) {
        n = *at->p == (char)mark;
        if (mark == TC_MARK_APOSTROPHE) {
            n |= starts_with(at, "\xE2\x80\x99", 3);
        }
    }
    return n > 0 && is_digit(at, n) ? n : 0;
}

static int put(plain_text *out, char c)
{
    if (out->n == TC_NUMBER_TEXT) {
        return 0;
    }
    out->text[out->n++] = c;
    return 1;
}

/* Copies digits and counts them; -1 if they do not fit. */
static int64_t put_digits(cursor *at, plain_text *out)
{
    const char *const begin = at->p;
    while (is_digit(at, 0)) {
        if (!put(out, *at->p++)) {
            return -1;
        }
    }
    return at->p - begin;
}

/* 1 if a mark of the sign, a parenthesis, a currency or a blank stands here; it is passed and
 * counted. */
static int pass_around(cursor *at, int behind)
{
    const tc_negative negative = at->format->negative;
    const int64_t blank = blank_here(at);
    if (at->p == at->end) {
        return 0;
    }
    if (blank > 0) {
        at->p += blank;
        at->blanks++;
        return 1;
    }
    for (int i = 0; i < at->format->n_currency; i++) {
        const int n = at->format->currency_n[i];
        if (starts_with(at, at->format->currency[i], n) > 0) {
            at->p += n;
            at->currencies++;
            return 1;
        }
    }
    if (*at->p == '-' || (*at->p == '+' && !behind)) {
        at->minus |= *at->p == '-';
        at->signs += behind && (negative & TC_NEGATIVE_TRAILING) == 0 ? 2 : 1;
    } else if (*at->p == (behind ? ')' : '(') &&
               (negative & TC_NEGATIVE_PARENTHESES) != 0) {
        at->minus = 1;
        at->signs += !behind;
        at->open += behind ? -1 : 1;
    } else {
        return 0;
    }
    at->p++;
    return 1;
}

/* The whole part. */
static int read_groups(cursor *at, plain_text *out, int *grouped)
{
    const int leading_zero = at->p < at->end && *at->p == '0';
    int64_t digits = put_digits(at, out), mark = group_here(at);
    *grouped = mark > 0;
    if (digits < 0 || (mark > 0 && (digits == 0 || digits > 3 || leading_zero))) {
        return 0;
    }
    for (; mark > 0; mark = group_here(at)) {
        at->p += mark;
        digits = put_digits(at, out);
        if (digits != 3) {
            return 0;
        }
    }
    return 1;
}

static int read_number(cursor *at, plain_text *out)
{
    int grouped;
    if (!read_groups(at, out, &grouped)) {
        return 0;
    }
    if (at->p < at->end && *at->p == at->format->decimal) {
        at->p++;
        if (!put(out, '.') || put_digits(at, out) < 0) {
            return 0;
        }
    }
    if (at->p < at->end && (*at->p == 'e' || *at->p == 'E') && !grouped) {
        const int sign = at->end - at->p > 1 && (at->p[1] == '-' || at->p[1] == '+');
        if (is_digit(at, 1 + sign)) {
            if (!put(out, 'e') || (sign && !put(out, at->p[1]))) {
                return 0;
            }
            at->p += 1 + sign;
            return put_digits(at, out) > 0;
        }
    }
    return 1;
}

/* 1 if the text has the form of a number; the plain form then stands in *out. */
static int make_plain(const tc_number_format *format, const char *text, int64_t n,
                      plain_text *out)
{
    cursor at = {.format = format, .p = text, .end = text};
    if (n == 0) {
        return 0;
    }
    at.end += n;
    out->text[0] = '-';
    out->n = 1;
    while (pass_around(&at, 0)) {
    }
    if (at.p == at.end || !read_number(&at, out)) {
        return 0;
    }
    while (pass_around(&at, 1)) {
    }
    if (!at.minus) {
        out->text[0] = '+';
    }
    return at.p == at.end && at.signs <= 1 && at.open == 0 && at.currencies <= 1 &&
           (at.blanks == 0 || at.currencies == 1);
}

tc_decimal_outcome tc_number_read(const tc_number_format *format, const char *text,
                                  int64_t n, int64_t *value, int *rounded)
{
    char buffer[TC_NUMBER_TEXT + 1];
    plain_text plain = {buffer, 0};
    return make_plain(format, text, n, &plain)
               ? tc_decimal_parse(plain.text, plain.n, value, rounded)
               : TC_DECIMAL_SYNTAX;
}

tc_decimal_outcome tc_number_read_factor(const tc_number_format *format, const char *text,
                                         int64_t n, tc_decimal *value, int *rounded)
{
    char buffer[TC_NUMBER_TEXT + 1];
    plain_text plain = {buffer, 0};
    return make_plain(format, text, n, &plain)
               ? tc_decimal_parse_factor(plain.text, plain.n, value, rounded)
               : TC_DECIMAL_SYNTAX;
}
