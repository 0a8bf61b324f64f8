/* number.h - numbers as people and spreadsheets write them, to integers of 1/10,000 (edge
 * layer, text; pure). A format is compiled once; a text is brought to the plain form of
 * decimal.h and read there, so that rounding and limits are the same. */
#ifndef TC_NUMBER_H
#define TC_NUMBER_H

#include "tiercel/decimal.h"
#include "tiercel/status.h"

/* Signs inside a number. */
typedef enum {
    TC_MARK_NONE = 0,
    TC_MARK_POINT = '.',
    TC_MARK_COMMA = ',',
    TC_MARK_APOSTROPHE = '\'', /* also U+2019 */
    TC_MARK_BLANK = ' ',       /* also U+00A0, U+2009, U+202F */
    TC_MARK_UNDERSCORE = '_'
} tc_mark;

/* What means a negative number besides a minus in front; bits. */
typedef enum {
    TC_NEGATIVE_MINUS = 0,
    TC_NEGATIVE_PARENTHESES = 1,
    TC_NEGATIVE_TRAILING = 2,
    TC_NEGATIVE_ANY = 3
} tc_negative;

/* The format as configured; all zero bytes stand for "decimal point and nothing else". */
typedef struct {
    tc_mark decimal;   /* TC_MARK_NONE is read as TC_MARK_POINT */
    tc_mark thousands; /* TC_MARK_NONE: no groups */
    tc_negative negative;
    char **currency; /* signs and codes, UTF-8 */
    int n_currency;
} tc_number_rules;

enum {
    TC_CURRENCY_MAX = 16,   /* signs */
    TC_CURRENCY_BYTES = 16, /* of a sign, at most, with a final zero */
    TC_NUMBER_TEXT = 256    /* bytes of a number in a format that is not plain, at most */
};

typedef struct {
    int plain; /* only a decimal point */
    char decimal;
    tc_mark thousands;
    tc_negative negative;
    int n_currency;
    int currency_n[TC_CURRENCY_MAX];
    char currency[TC_CURRENCY_MAX][TC_CURRENCY_BYTES]; /* long ones first */
} tc_number_format;

/* Local. Errors: TC_ECONFIG if decimal and thousands are the same sign, or a currency sign
 * could be taken for a part of the number. */
TC_NODISCARD tc_status tc_number_compile(const tc_number_rules *rules,
                                         tc_number_format *out, tc_error *err);

/* Local, pure. As tc_decimal_parse, of UTF-8 text in this format:
 *   - digits, perhaps in groups of three (the first of one to three, not 0) with the sign of
 *     thousands in all places or in none: 1,23 and 0,123 are no numbers, nor is 1,2345
 *   - then perhaps the decimal sign and digits, in which no other sign may stand
 *   - one currency sign before or behind, and then blanks (also U+00A0, U+2009, U+202F)
 *     between the parts
 *   - one mark of its sign: + or - before the number or the currency, or as configured
 *     parentheses around it or a minus behind it
 * Exponents are read where no groups are. Longer texts than TC_NUMBER_TEXT are no numbers,
 * unless the format is plain. */
tc_decimal_outcome tc_number_read(const tc_number_format *format, const char *text,
                                  int64_t n, int64_t *value, int *rounded);
tc_decimal_outcome tc_number_read_factor(const tc_number_format *format, const char *text,
                                         int64_t n, tc_decimal *value, int *rounded);

/* Local, pure. The same; a plain format costs nothing beyond tc_decimal_parse and
 * tc_decimal_parse_factor. */
static inline tc_decimal_outcome tc_number_parse(const tc_number_format *format,
                                                 const char *text, int64_t n,
                                                 int64_t *value, int *rounded)
{
    return format->plain ? tc_decimal_parse(text, n, value, rounded)
                         : tc_number_read(format, text, n, value, rounded);
}

static inline tc_decimal_outcome tc_number_parse_factor(const tc_number_format *format,
                                                        const char *text, int64_t n,
                                                        tc_decimal *value, int *rounded)
{
    return format->plain ? tc_decimal_parse_factor(text, n, value, rounded)
                         : tc_number_read_factor(format, text, n, value, rounded);
}

#endif
