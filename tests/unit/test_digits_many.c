/* Numbers and times of many rows are those that the readers of one text find, on any processor:
 * all dates, random texts of few different bytes, what is nearly right, any place in the bytes. */
#include "tiercel/digits_many.h"

#include "tiercel/digits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    ROWS = 1021,
    WIDTH = 24,
    STRIDE = 3,
    SIZE = 2 * TC_DIGITS_SLACK + ROWS * (WIDTH + 8)
};

static uint64_t seed = 1;

static unsigned any(unsigned n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)((seed >> 33) % n);
}

/* Rows of three fields, of which the middle one or the last, in lines with CR LF, is read. */
typedef struct {
    char bytes[SIZE];
    uint32_t place[STRIDE * ROWS + 1];
    tc_pieces pieces;
    int64_t n;
} block;

static void start_block(block *b, int last)
{
    memset(b->bytes, '7', sizeof b->bytes); /* what must not be read is digits */
    b->n = 0;
    b->place[0] = TC_DIGITS_SLACK - 1;
    b->pieces = (tc_pieces){b->bytes, b->place + (last ? 3 : 2), STRIDE, 1, last ? 1U : 0U};
}

static void add_text(block *b, const char *text)
{
    uint32_t *const place = b->place + 1 + STRIDE * b->n++;
    uint32_t at = place[-1] + 1;
    const int last = b->pieces.less > 0;
    for (int f = 0; f < STRIDE; f++) {
        const int here = f == (last ? 2 : 1);
        at += (uint32_t)sprintf(b->bytes + at, "%s%s%s",
                                here     ? text
                                : f == 0 ? "12"
                                         : "",
                                last && f == 2 ? "\r" : "", f == 2 ? "\n" : ",");
        place[f] = at - 1;
    }
    b->bytes[at] = '7'; /* not the final zero */
}

static void same_decimals(const block *b)
{
    static int64_t value[ROWS], plain[ROWS];
    static unsigned char failed[ROWS], plainly[ROWS];
    tc_digits_decimals(&b->pieces, b->n, value, failed);
    tc_digits_decimals_plain(&b->pieces, b->n, plain, plainly);
    for (int64_t i = 0; i < b->n; i++) {
        const int64_t n = tc_piece_n(&b->pieces, i);
        int64_t one = 0;
        const int good = n <= 8 && tc_digits_decimal(tc_piece_data(&b->pieces, i), n, &one);
        assert_int_equal(failed[i], !good);
        assert_int_equal(plainly[i], !good);
        assert_true(!good || (value[i] == one && plain[i] == one));
    }
}

static void same_times(const block *b)
{
    static int64_t seconds[ROWS], plain[ROWS];
    static unsigned char failed[ROWS], plainly[ROWS];
    tc_digits_times(&b->pieces, b->n, seconds, failed);
    tc_digits_times_plain(&b->pieces, b->n, plain, plainly);
    for (int64_t i = 0; i < b->n; i++) {
        const int64_t n = tc_piece_n(&b->pieces, i);
        int64_t one = 0;
        const int good =
            n == TC_DIGITS_TIME && tc_digits_time(tc_piece_data(&b->pieces, i), &one);
        assert_int_equal(failed[i], !good);
        assert_int_equal(plainly[i], !good);
        assert_true(!good || (seconds[i] == one && plain[i] == one));
    }
}

static void test_decimals(void **state)
{
    static const char alphabet[] = "0123456789..--+0123456789/:,e \xFF";
    static block b;
    (void)state;
    for (int round = 0; round < 3000; round++) {
        const unsigned kinds = any(4) == 0 ? 31 : any(2) == 0 ? 12 : 10;
        start_block(&b, any(2) == 0);
        while (b.n < 1 + (int64_t)any(ROWS)) {
            char text[WIDTH] = "";
            const unsigned n = any(11);
            for (unsigned i = 0; i < n; i++) {
                text[i] = alphabet[any(kinds)];
            }
            text[0] = n > 0 && any(8) == 0 ? '-' : text[0];
            add_text(&b, text);
        }
        same_decimals(&b);
    }
}

/* Each day of the years 0 to 9999, and some days that do not exist. */
static void test_dates(void **state)
{
    static block b;
    (void)state;
    start_block(&b, 0);
    for (int year = 0; year < 10000; year += year < 1890 || year > 2110 ? 7 : 1) {
        for (int month = 0; month < 14; month++) {
            for (int day = 0; day < 33; day++) {
                char text[96]; /* room for any int, as gcc wants it */
                (void)snprintf(text, sizeof text, "%04d-%02d-%02d %02u:%02u:%02u", year,
                               month, day, any(25), any(61), any(61));
                add_text(&b, text);
                if (b.n == ROWS) {
                    same_times(&b);
                    start_block(&b, any(2) == 0);
                }
            }
        }
    }
    same_times(&b);
}

/* A good time with one byte or two changed, shortened or extended. */
static void test_times(void **state)
{
    static const char alphabet[] = "0123456789-: T/;.,Z+\xFF\x80";
    static block b;
    (void)state;
    for (int round = 0; round < 1000; round++) {
        start_block(&b, any(2) == 0);
        while (b.n < 1 + (int64_t)any(ROWS)) {
            char text[WIDTH];
            int n = snprintf(text, sizeof text, "%04u-%02u-%02u%c%02u:%02u:%02u",
                             any(10000), 1 + any(12), 1 + any(31), any(2) == 0 ? ' ' : 'T',
                             any(24), any(60), any(60));
            for (unsigned changes = any(3); changes > 0; changes--) {
                text[any((unsigned)n)] = alphabet[any(22)];
            }
            if (any(8) == 0) {
                text[n = (int)any((unsigned)n)] = '\0';
            } else if (any(8) == 0) {
                (void)snprintf(text + n, sizeof text - (size_t)n, "%u", any(1000));
            }
            add_text(&b, text);
        }
        same_times(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_decimals),
                                       cmocka_unit_test(test_dates),
                                       cmocka_unit_test(test_times)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
