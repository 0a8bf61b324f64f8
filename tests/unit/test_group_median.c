/* Medians by group against sorting. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tiercel/group_median.h"
#include "tiercel/hash.h"

enum { ROWS = 3000, GROUPS = 5 };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double sorted_median(const double *value, const uint8_t *group, int64_t n, int g,
                            int64_t *n_valid)
{
    static double kept[ROWS];
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) {
        if (group[i] == g && !isnan(value[i])) {
            kept[m++] = value[i];
        }
    }
    *n_valid = m;
    if (m == 0) {
        return (double)NAN;
    }
    qsort(kept, (size_t)m, sizeof *kept, by_value);
    return kept[(m - 1) / 2];
}

/* All groups, and all rows as one more group; in two pieces. */
static void find(tc_group_median *m, const double *value, const uint8_t *group, double *out,
                 int64_t *n_valid)
{
    int rounds = 0;
    tc_group_median_reset(m);
    while (tc_group_median_open(m)) {
        tc_group_median_add(m, ROWS / 3, value, group, 0);
        tc_group_median_add(m, ROWS - ROWS / 3, value + ROWS / 3, group + ROWS / 3, 0);
        tc_group_median_add(m, ROWS, value, NULL, GROUPS);
        tc_group_median_refine(m);
        rounds++;
    }
    assert_in_range(rounds, 1, 6);
    tc_group_median_finish(m, out, n_valid);
}

static double draw(int kind, uint64_t word)
{
    switch (kind) {
    case 0: /* any bits that are a number */ {
        double value;
        memcpy(&value, &word, sizeof value);
        return value;
    }
    case 1: /* few values, heavy ties */
        return (double)(word % 4) - 1;
    case 2: /* neighbours in the last bits */ {
        const double one = 1;
        uint64_t bits;
        double value;
        memcpy(&bits, &one, sizeof bits);
        bits += word % 2000;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    case 3: /* zeros of both signs, missing ones */
        return word % 3 == 0 ? -0.0 : word % 3 == 1 ? 0.0 : (double)NAN;
    default: /* money */
        return (double)(int64_t)(word % 2000001) / 100 - 10000;
    }
}

static void equals_sorting(void **state)
{
    (void)state;
    static double value[ROWS];
    static uint8_t group[ROWS];
    tc_group_median *m;
    tc_error err = {0};
    assert_int_equal(tc_group_median_create(GROUPS + 1, &m, &err), TC_OK);
    for (int kind = 0; kind < 5; kind++) {
        double out[GROUPS + 1];
        int64_t n_valid[GROUPS + 1], expected_n;
        for (int64_t i = 0; i < ROWS; i++) {
            const uint64_t word = tc_hash_mix((uint64_t)i, 77 + (uint64_t)kind);
            value[i] = draw(kind, word);
            group[i] =
                (uint8_t)(tc_hash_mix(word, 5) % (GROUPS - 1)); /* the last is empty */
        }
        group[0] = 3;
        find(m, value, group, out, n_valid);
        for (int g = 0; g < GROUPS; g++) {
            const double expected = sorted_median(value, group, ROWS, g, &expected_n);
            assert_int_equal(n_valid[g], expected_n);
            assert_true(expected_n == 0 ? isnan(out[g]) : out[g] == expected);
        }
        memset(group, 0, sizeof group);
        assert_true(out[GROUPS] == sorted_median(value, group, ROWS, 0, &expected_n));
        assert_int_equal(n_valid[GROUPS], expected_n);
    }
    tc_group_median_destroy(&m);
}

/* Merged from parts as ranks merge them. */
static void parts_merge(void **state)
{
    (void)state;
    const double value[] = {5, 1, 9, 3, 7, 7};
    const uint8_t group[] = {0, 0, 0, 1, 1, 1};
    tc_group_median *part[2];
    double out[2];
    tc_error err = {0};
    for (int r = 0; r < 2; r++) {
        assert_int_equal(tc_group_median_create(2, &part[r], &err), TC_OK);
    }
    while (tc_group_median_open(part[0])) {
        int64_t n;
        for (int r = 0; r < 2; r++) {
            tc_group_median_add(part[r], 3, value + 3 * r, group + 3 * r, 0);
        }
        int64_t *a = tc_group_median_counts(part[0], &n);
        int64_t *b = tc_group_median_counts(part[1], &n);
        for (int64_t i = 0; i < n; i++) {
            a[i] = b[i] = a[i] + b[i];
        }
        a = tc_group_median_ends(part[0], &n);
        b = tc_group_median_ends(part[1], &n);
        for (int64_t i = 0; i < n; i++) {
            a[i] = b[i] = a[i] > b[i] ? a[i] : b[i];
        }
        tc_group_median_refine(part[0]);
        tc_group_median_refine(part[1]);
    }
    tc_group_median_finish(part[1], out, NULL);
    assert_true(out[0] == 5 && out[1] == 7);
    tc_group_median_destroy(&part[0]);
    tc_group_median_destroy(&part[1]);
}

static void memory_runs_out(void **state)
{
    (void)state;
    tc_group_median *m;
    for (int n = 1; n <= 6; n++) {
        tc_error err = {0};
        tc_mem_fail_at(n);
        assert_int_equal(tc_group_median_create(3, &m, &err), TC_ENOMEM);
        assert_int_equal(tc_mem_live_blocks(), 0);
    }
    tc_mem_fail_at(0);
    tc_error err = {0};
    assert_int_equal(tc_group_median_create(0, &m, &err), TC_EINTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(equals_sorting),
                                       cmocka_unit_test(parts_merge),
                                       cmocka_unit_test(memory_runs_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
