/* Numbers as people write them: random texts against independent readers, one that calculates
 * on digits in an array and one of the grammar. */
#include "tiercel/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "number_formats.h"

enum { GOOD = TC_DECIMAL_OK, LARGE = TC_DECIMAL_OVERFLOW };

static uint64_t random_state = 2026;

static int draw(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

/* A number as digits, and how it should come out: rounded to 4 decimals, ties to even, by
 * school arithmetic on the digits. */
typedef struct {
    char whole[32], part[16];
    int minus;
} digits;

static int expected(const digits *d, int64_t *value, int *rounded)
{
    char all[64];
    const size_t n_part = strlen(d->part);
    int n = snprintf(all, sizeof all, "0%s%.4s", d->whole, d->part);
    int rest = 0, up;
    uint64_t sum = 0;
    for (size_t i = n_part; i < 4; i++) {
        all[n++] = '0';
    }
    for (size_t i = 5; i < n_part; i++) {
        rest |= d->part[i] != '0';
    }
    up = n_part > 4 &&
         (d->part[4] > '5' || (d->part[4] == '5' && (rest || (all[n - 1] - '0') % 2 != 0)));
    *rounded = n_part > 4 && (d->part[4] != '0' || rest);
    for (int i = n - 1; up && i >= 0; i--) {
        up = all[i] == '9';
        all[i] = up ? '0' : (char)(all[i] + 1);
    }
    for (int i = 0; i < n; i++) {
        const uint64_t digit = (uint64_t)(all[i] - '0');
        if (sum > (UINT64_MAX - digit) / 10) {
            return 0;
        }
        sum = sum * 10 + digit;
    }
    if (sum > (uint64_t)INT64_MAX + (uint64_t)d->minus) {
        return 0;
    }
    *value = sum == (uint64_t)INT64_MAX + 1 ? INT64_MIN
             : d->minus                     ? -(int64_t)sum
                                            : (int64_t)sum;
    return 1;
}

static void draw_digits(digits *d)
{
    const int n_whole = 1 + draw(draw(4) == 0 ? 17 : 7), n_part = draw(9);
    for (int i = 0; i < n_whole; i++) {
        d->whole[i] = (char)('0' + (i == 0 ? 1 + draw(9) : draw(10)));
    }
    d->whole[n_whole] = 0;
    for (int i = 0; i < n_part; i++) {
        d->part[i] = (char)('0' + (draw(2) ? draw(10) : draw(2) * 5));
    }
    d->part[n_part] = 0;
    d->minus = draw(2);
}

static void add(char *text, const char *more)
{
    (void)strcat(text, more);
}

/* Writes the digits as the format allows. */
static void write_number(const tc_number_format *format, const digits *d, char *text)
{
    static const char *const blanks[] = {" ", NBSP, THIN};
    const char mark[2] = {(char)format->thousands, 0}, point[2] = {format->decimal, 0};
    const int n = (int)strlen(d->whole), grouped = draw(2) && format->thousands != 0;
    const char *sign = format->n_currency > 0 && draw(2)
                           ? format->currency[draw(format->n_currency)]
                           : NULL;
    const int before = draw(2), way = d->minus ? draw((int)format->negative + 1) : 0;
    text[0] = 0;
    add(text, d->minus && way == 0        ? "-"
              : way == 1                  ? "("
              : draw(8) == 0 && !d->minus ? "+"
                                          : "");
    add(text, sign != NULL && before ? sign : "");
    add(text, sign != NULL && before && draw(2) ? blanks[draw(3)] : "");
    for (int i = 0; i < n; i++) {
        const char digit[2] = {d->whole[i], 0};
        if (grouped && i > 0 && (n - i) % 3 == 0) {
            add(text, mark[0] == ' ' ? blanks[draw(3)] : mark);
        }
        add(text, digit);
    }
    add(text, d->part[0] != 0 || draw(8) == 0 ? point : "");
    add(text, d->part);
    add(text, sign != NULL && !before && draw(2) ? blanks[draw(3)] : "");
    add(text, sign != NULL && !before ? sign : "");
    add(text, way == 1 ? ")" : way >= 2 ? "-" : "");
}

static void test_random(void **state)
{
    static const tc_mark marks[] = {TC_MARK_NONE,       TC_MARK_POINT, TC_MARK_COMMA,
                                    TC_MARK_APOSTROPHE, TC_MARK_BLANK, TC_MARK_UNDERSCORE};
    (void)state;
    for (int i = 0; i < 300000; i++) {
        const tc_mark decimal = draw(2) ? TC_MARK_POINT : TC_MARK_COMMA;
        const tc_mark thousands = marks[draw(6)];
        tc_number_format format;
        char text[160];
        digits d;
        int64_t value = 0, wanted = 0;
        int rounded = 0, wanted_rounded = 0, good;
        if (thousands == decimal) {
            continue;
        }
        /* way 2 of writing is the trailing minus: with TC_NEGATIVE_TRAILING alone way 1 is not
         * allowed, so only minus, parentheses and any are drawn */
        format = format_of(decimal, thousands,
                           draw(2)   ? TC_NEGATIVE_ANY
                           : draw(2) ? TC_NEGATIVE_PARENTHESES
                                     : TC_NEGATIVE_MINUS,
                           draw(2) ? 0 : N_SIGNS);
        draw_digits(&d);
        write_number(&format, &d, text);
        good = expected(&d, &wanted, &wanted_rounded);
        if ((int)tc_number_parse(&format, text, (int64_t)strlen(text), &value, &rounded) !=
                (good ? GOOD : LARGE) ||
            value != wanted || rounded != (good && wanted_rounded)) {
            fail_msg("\"%s\": %lld, wanted %lld", text, (long long)value,
                     (long long)wanted);
        }
    }
}

/* Whatever is read comes out as no sign but digits, one decimal sign and marks in threes
 * allow: random texts over a small alphabet against a reader of the grammar by hand. */
static int reference_whole(const char *p, const char *end, char mark)
{
    int64_t n = 0;
    if (p < end && memchr(p, mark, (size_t)(end - p)) == NULL) {
        for (; p < end; p++) {
            if (*p < '0' || *p > '9') {
                return 0;
            }
        }
        return 1;
    }
    for (const char *q = end; q > p; q--, n++) {
        const char c = q[-1];
        if (n % 4 == 3 ? c != mark : (c < '0' || c > '9')) {
            return 0;
        }
    }
    return n % 4 != 0 && *p != '0';
}

static int reference(const char *text)
{
    const char *p = text + (*text == '-' || *text == '+'), *end = strchr(p, '.');
    const char *const last = p + strlen(p);
    int64_t decimals = 0;
    if (end == NULL) {
        end = last;
    }
    for (const char *q = end + 1; q < last; q++, decimals++) {
        if (*q < '0' || *q > '9') {
            return 0;
        }
    }
    return p == end ? decimals > 0 : reference_whole(p, end, ',');
}

static void test_grammar(void **state)
{
    static const char letters[] = "0123,,,.-";
    const tc_number_format format =
        format_of(TC_MARK_POINT, TC_MARK_COMMA, TC_NEGATIVE_MINUS, 0);
    int good = 0;
    (void)state;
    for (int i = 0; i < 400000; i++) {
        char text[12];
        const int n = 1 + draw(9);
        int64_t value;
        int rounded = 0, outcome;
        for (int k = 0; k < n; k++) {
            text[k] = letters[draw((int)sizeof letters - 1)];
        }
        text[n] = 0;
        outcome = (int)tc_number_parse(&format, text, n, &value, &rounded);
        if ((outcome == GOOD) != reference(text)) {
            fail_msg("\"%s\": outcome %d", text, outcome);
        }
        good += outcome == GOOD;
    }
    assert_true(good > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_grammar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
