#include "profiles_cell.h"

#include "tiercel/interact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PLAIN_TEXT = 512, EXACT_POWER = 22 };

/* Powers of ten that a double holds exactly. */
static const double POWER[EXACT_POWER + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What the text says if it is sign, digits, decimal sign, digits, exponent. */
typedef struct {
    int64_t digits;   /* before and behind the decimal sign */
    int64_t exponent; /* written */
    int64_t places;
    uint64_t mantissa; /* of up to 19 digits */
    int negative;
} parts;

static int split(tc_csv_text text, char decimal, parts *p)
{
    int64_t at = 0, sign = 1;
    *p = (parts){0};
    if (at < text.n && (text.data[at] == '-' || text.data[at] == '+')) {
        p->negative = text.data[at++] == '-';
    }
    for (int behind = 0; at < text.n; at++) {
        if (is_digit(text.data[at])) {
            p->mantissa = p->mantissa * 10 + (uint64_t)(text.data[at] - '0');
            p->digits++;
            p->places += behind;
        } else if (!behind && text.data[at] == decimal) {
            behind = 1;
        } else {
            break;
        }
    }
    if (p->digits == 0 || at == text.n) {
        return p->digits > 0;
    }
    if (text.data[at] != 'e' && text.data[at] != 'E') {
        return 0;
    }
    at++;
    if (at < text.n && (text.data[at] == '-' || text.data[at] == '+')) {
        sign = text.data[at++] == '-' ? -1 : 1;
    }
    if (at == text.n) {
        return 0;
    }
    for (; at < text.n && is_digit(text.data[at]); at++) {
        p->exponent =
            p->exponent < 100000 ? p->exponent * 10 + (text.data[at] - '0') : p->exponent;
    }
    p->exponent *= sign;
    return at == text.n;
}

/* The nearest double of a text that was split. Of up to 15 digits and a small power of ten
 * both are exact, so that one operation rounds correctly (Clinger, "How to read floating
 * point numbers accurately", 1990); else the C library is asked. */
static double nearest(tc_csv_text text, char decimal, const parts *p)
{
    const int64_t power = p->exponent - p->places;
    char plain[PLAIN_TEXT];
    if (p->digits <= 15 && power >= -EXACT_POWER && power <= EXACT_POWER) {
        const double m = (double)p->mantissa;
        const double size = power < 0 ? m / POWER[-power] : m * POWER[power];
        return p->negative ? -size : size;
    }
    if (text.n >= PLAIN_TEXT) {
        return (double)NAN;
    }
    for (int64_t i = 0; i < text.n; i++) {
        plain[i] = text.data[i];
        if (plain[i] == decimal) {
            plain[i] = '.';
        }
    }
    plain[text.n] = '\0';
    return strtod(plain, NULL);
}

tc_cell_outcome tc_cell_number(const tc_row_rules *rules, tc_csv_text text, double *value)
{
    char decimal = '.';
    parts p;
    if (!rules->number.plain) {
        decimal = rules->number.decimal;
    }
    *value = (double)NAN;
    text = tc_csv_trim(text);
    if (text.n == 0) {
        return TC_CELL_EMPTY;
    }
    if (split(text, decimal, &p)) {
        const double v = nearest(text, decimal, &p);
        if (isfinite(v)) {
            *value = v == 0 ? 0.0 : v;
        }
    } else if (!rules->number.plain) {
        char buffer[TC_NUMBER_TEXT];
        tc_decimal d;
        int rounded = 0;
        const int64_t n =
            tc_text_decode(rules->encoding, text.data, text.n, buffer, sizeof buffer);
        if (n > 0 && tc_number_parse_factor(&rules->number, buffer, n, &d, &rounded) ==
                         TC_DECIMAL_OK) {
            *value = d.value == 0 ? 0.0 : (double)d.value / POWER[d.places];
        }
    }
    return isnan(*value) ? TC_CELL_UNREADABLE : TC_CELL_GOOD;
}

tc_cell_outcome tc_cell_fixed(const tc_row_rules *rules, tc_csv_text text, int64_t *value,
                              int *rounded)
{
    char buffer[TC_NUMBER_TEXT];
    int64_t n, found;
    *value = TC_INTERACT_MISSING;
    text = tc_csv_trim(text);
    if (text.n == 0) {
        return TC_CELL_EMPTY;
    }
    n = tc_text_decode(rules->encoding, text.data, text.n, buffer, sizeof buffer);
    if (n <= 0 ||
        tc_number_parse(&rules->number, buffer, n, &found, rounded) != TC_DECIMAL_OK ||
        found >= TC_INTERACT_MOST || found <= -TC_INTERACT_MOST) {
        return TC_CELL_UNREADABLE;
    }
    *value = found;
    return TC_CELL_GOOD;
}

tc_cell_outcome tc_cell_flag(tc_csv_text text, int8_t *value)
{
    static const char *const word[2][6] = {{"0", "false", "f", "no", "n", "off"},
                                           {"1", "true", "t", "yes", "y", "on"}};
    char low[8];
    *value = -1;
    text = tc_csv_trim(text);
    if (text.n == 0) {
        return TC_CELL_EMPTY;
    }
    if (text.n >= (int64_t)sizeof low) {
        return TC_CELL_UNREADABLE;
    }
    for (int64_t i = 0; i < text.n; i++) {
        const char c = text.data[i];
        low[i] = (char)(c >= 'A' && c <= 'Z' ? c ^ 0x20 : c);
    }
    low[text.n] = '\0';
    for (int v = 0; v < 2; v++) {
        for (int i = 0; i < 6; i++) {
            if (strcmp(low, word[v][i]) == 0) {
                *value = (int8_t)v;
                return TC_CELL_GOOD;
            }
        }
    }
    return TC_CELL_UNREADABLE;
}

tc_cell_outcome tc_cell_level(const tc_row_rules *rules, tc_csv_text text,
                              char level[TC_LEVEL_MAX], int64_t *n)
{
    *n = 0;
    text = tc_csv_trim(text);
    if (text.n == 0) {
        return TC_CELL_EMPTY;
    }
    *n = tc_text_decode(rules->encoding, text.data, text.n, level, TC_LEVEL_MAX);
    if (*n <= 0 || memchr(level, 0, (size_t)*n) != NULL) {
        *n = 0;
        return TC_CELL_UNREADABLE;
    }
    return TC_CELL_GOOD;
}

int tc_cell_is_level(const char *levels, const char *word, int64_t n)
{
    for (const char *at = levels; at != NULL;) {
        const size_t size = strcspn(at, "|");
        if ((int64_t)size == n && memcmp(at, word, size) == 0) {
            return 1;
        }
        at = at[size] == '|' ? at + size + 1 : NULL;
    }
    return 0;
}
