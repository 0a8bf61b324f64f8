/* Data quality: days, months and sizes of amounts from the counters, against slow recounts. */
#include "tiercel/quality.h"

#include "tiercel/date.h"
#include "tiercel/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t seed;

/* A number below n of a plain sequence. */
static int64_t any(int64_t n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (int64_t)((seed >> 33) % (uint64_t)n);
}

static int64_t day_of(int year, int month, int day)
{
    return tc_date_to_days((tc_date){.year = year, .month = month, .day = day});
}

static void test_steps(void **state)
{
    (void)state;
    assert_int_equal(tc_quality_step(0), 0);
    for (int step = 0; step <= 959; step++) {
        const int64_t low = tc_quality_step_low(step);
        assert_int_equal(tc_quality_step((uint64_t)low), step);
        if (step > 0) {
            assert_int_equal(tc_quality_step((uint64_t)low - 1), step - 1);
            assert_true(low <= 32 || low / 17 <= tc_quality_step_low(step - 1) / 16 + 1);
        }
    }
    assert_int_equal(tc_quality_step(INT64_MAX), 959);
    assert_true(tc_quality_step(UINT64_MAX) < TC_QUALITY_STEPS);
}

static void put_day(tc_quality *q, int64_t day, tc_quality_day value)
{
    tc_quality_day *to = tc_quality_make_day(q, day, NULL);
    assert_non_null(to);
    *to = value;
}

static void test_days(void **state)
{
    static const int64_t days[] = {TC_QUALITY_FIRST_DAY, -1, 0, 31, 32,
                                   TC_QUALITY_LAST_DAY};
    tc_quality q;
    int64_t day = INT64_MIN;
    (void)state;
    assert_int_equal(tc_quality_create(&q, NULL), TC_OK);
    assert_null(tc_quality_next_day(&q, &day));
    for (size_t i = 0; i < 6; i++) {
        put_day(&q, days[i], (tc_quality_day){.rows = (int64_t)i + 1});
    }
    day = TC_QUALITY_FIRST_DAY;
    for (size_t i = 0; i < 6; i++, day++) {
        const tc_quality_day *found = tc_quality_next_day(&q, &day);
        assert_true(found != NULL && day == days[i] && found->rows == (int64_t)i + 1);
    }
    assert_null(tc_quality_next_day(&q, &day));
    assert_int_equal(tc_quality_rows_from(&q, 0), 3 + 4 + 5 + 6);
    assert_ptr_equal(tc_quality_day_of(&q, -1, NULL), tc_quality_make_day(&q, -1, NULL));
    assert_ptr_equal(tc_quality_day_of(&q, 86399, NULL), tc_quality_make_day(&q, 0, NULL));
    assert_ptr_equal(tc_quality_day_of(&q, INT64_MIN / 2, NULL),
                     tc_quality_make_day(&q, TC_QUALITY_FIRST_DAY, NULL));
    assert_ptr_equal(tc_quality_day_of(&q, INT64_MAX / 2, NULL),
                     tc_quality_make_day(&q, TC_QUALITY_LAST_DAY, NULL));
    assert_int_equal(tc_quality_rows_before(&q, 0), 1 + 2);
    assert_int_equal(tc_quality_rows_from(&q, INT64_MAX - 1), 0);
    assert_int_equal(tc_quality_rows_before(&q, INT64_MAX - 1), 21);
    tc_quality_free(&q);
}

/* Sums of money stop at the end of int64, whatever the order. */
static void test_saturates(void **state)
{
    tc_quality a, b, c;
    int64_t day = 5;
    (void)state;
    assert_int_equal(tc_quality_create(&a, NULL), TC_OK);
    assert_int_equal(tc_quality_create(&b, NULL), TC_OK);
    assert_int_equal(tc_quality_create(&c, NULL), TC_OK);
    put_day(&a, 5, (tc_quality_day){1, 1, INT64_MAX - 10, 4});
    put_day(&b, 5, (tc_quality_day){1, 0, 11, 0});
    put_day(&c, 5, (tc_quality_day){1, 1, 0, INT64_MAX});
    assert_int_equal(tc_quality_merge(&a, &b, NULL), TC_OK);
    assert_int_equal(tc_quality_merge(&a, &c, NULL), TC_OK);
    const tc_quality_day *sum = tc_quality_next_day(&a, &day);
    assert_true(sum != NULL && sum->rows == 3 && sum->negative_rows == 2);
    assert_true(sum->positive == INT64_MAX && sum->negative == INT64_MAX);
    assert_int_equal(a.count[TC_QUALITY_LARGEST], INT64_MIN);
    tc_quality_free(&a);
    tc_quality_free(&b);
    tc_quality_free(&c);
}

/* Gaps and months of random days against loops over all of them. */
static void test_calendar(void **state)
{
    tc_quality q;
    tc_quality_calendar c;
    int there[800] = {0};
    const int64_t first = day_of(2019, 11, 17);
    int64_t gap = 0, longest = 0, rows = 0, longest_from = 0;
    (void)state;
    seed = 7;
    assert_int_equal(tc_quality_create(&q, NULL), TC_OK);
    for (int i = 0; i < 800; i++) {
        there[i] = i == 0 || i == 799 || (any(5) == 0 && (i < 100 || i > 230));
        if (there[i]) {
            put_day(&q, first + i, (tc_quality_day){.rows = 2, .positive = 30});
            rows += 2;
        }
        gap = there[i] ? 0 : gap + 1;
        if (gap > longest) {
            longest = gap;
            longest_from = first + i - gap + 1;
        }
    }
    assert_int_equal(tc_quality_calendar_create(&q, 0.25, &c, NULL), TC_OK);
    assert_int_equal(c.longest_gap, longest);
    assert_int_equal(c.gap_from, longest_from);
    assert_int_equal(c.first_day, first);
    assert_int_equal(c.last_day, first + 799);
    assert_int_equal(c.days * 2, rows);
    assert_int_equal(c.sum.positive, c.days * 30);
    assert_int_equal(c.n_months, 27); /* November 2019 to January 2022 */
    assert_int_equal(c.missing, 4);   /* March to June 2020 */
    for (int64_t m = 0; m < c.n_months; m++) {
        int64_t in_month = 0, covered = 0;
        for (int i = 0; i < 800; i++) {
            if (tc_date_month_of_day(first + i) == c.month[m].month) {
                in_month += there[i];
                covered++;
            }
        }
        assert_int_equal(c.month[m].days, in_month);
        assert_int_equal(c.month[m].covered, covered);
    }
    tc_quality_calendar_free(&c);
    tc_quality_free(&q);
}

/* 100 rows a day; in one month 24, in another 26, of a quarter as limit; a last month of three days is not thin. */
static void test_thin_months(void **state)
{
    tc_quality q;
    tc_quality_calendar c;
    (void)state;
    assert_int_equal(tc_quality_create(&q, NULL), TC_OK);
    for (int64_t day = day_of(2021, 1, 1); day < day_of(2021, 9, 4); day++) {
        const int64_t month = tc_date_month_of_day(day) % 12;
        put_day(&q, day, (tc_quality_day){.rows = month == 3 ? 24 : month == 6 ? 26 : 100});
    }
    assert_int_equal(tc_quality_calendar_create(&q, 0.25, &c, NULL), TC_OK);
    assert_int_equal(c.n_months, 9);
    assert_int_equal(c.missing, 0);
    assert_int_equal(c.thin, 1);
    assert_int_equal(c.month[3].thin, 1);
    tc_quality_calendar_free(&c);
    tc_quality_free(&q);
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Quartiles and outliers against a sort of all amounts. */
static void test_sizes(void **state)
{
    enum { N = 1003 };
    int64_t amount[N];
    tc_quality q;
    tc_quality_sizes sizes;
    int64_t high = 0, low = 0;
    (void)state;
    seed = 3;
    assert_int_equal(tc_quality_create(&q, NULL), TC_OK);
    q.step_rows[0] = 17;
    for (int i = 0; i < N; i++) {
        amount[i] =
            (1000 + any(30000)) * (any(60) == 0 ? 5000 : 1) / (any(60) == 0 ? 900 : 1);
        q.step_rows[tc_quality_step((uint64_t)amount[i])]++;
    }
    qsort(amount, N, sizeof *amount, by_value);
    tc_quality_measure_sizes(&q, &sizes);
    assert_int_equal(sizes.rows, N);
    assert_int_equal(sizes.zero_rows, 17);
    for (int i = 0; i < 3; i++) { /* ranks 251, 502, 753 of 1003 */
        const int rank = (N * (i + 1) + 3) / 4;
        assert_int_equal(sizes.quartile[i], tc_quality_step((uint64_t)amount[rank - 1]));
    }
    const int range = sizes.quartile[2] - sizes.quartile[0];
    for (int i = 0; i < N; i++) {
        const int step = tc_quality_step((uint64_t)amount[i]);
        high += step > sizes.quartile[2] + 3 * range;
        low += step < sizes.quartile[0] - 3 * range;
    }
    assert_true(range > 16 && high > 0 && low > 0);
    assert_int_equal(sizes.high_rows, high);
    assert_int_equal(sizes.low_rows, low);
    tc_quality_free(&q);
}

/* One price for nearly all: eight times as much and more is an outlier, not every other price. */
static void test_one_price(void **state)
{
    tc_quality q;
    tc_quality_sizes sizes;
    (void)state;
    assert_int_equal(tc_quality_create(&q, NULL), TC_OK);
    q.step_rows[tc_quality_step(100000)] = 90;
    q.step_rows[tc_quality_step(799999)] = 8;
    q.step_rows[tc_quality_step(900000)] = 2;
    tc_quality_measure_sizes(&q, &sizes);
    assert_int_equal(sizes.high_rows, 2);
    tc_quality_free(&q);
    assert_int_equal(tc_quality_create(&q, NULL), TC_OK);
    tc_quality_measure_sizes(&q, &sizes);
    assert_int_equal(sizes.rows + sizes.high_rows + sizes.low_rows, 0);
    tc_quality_free(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),       cmocka_unit_test(test_days),
        cmocka_unit_test(test_saturates),   cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_thin_months), cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_one_price),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
