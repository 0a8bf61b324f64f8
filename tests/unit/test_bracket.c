/* Classes around guesses, against the sorted values. */
#include "tiercel/bracket.h"
#include "tiercel/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 20000, N_P = 7, POINTS = N_P * TC_BRACKET_POINTS };

static const double P[N_P] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Values without the missing, sorted, with one zero. */
static int64_t sorted(const double *value, int64_t n, double *out)
{
    int64_t valid = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isnan(value[i])) {
            out[valid++] = value[i] + 0.0;
        }
    }
    qsort(out, (size_t)valid, sizeof *out, by_value);
    return valid;
}

/* Of several kinds: continuous, few values, half of them zero, ties at the ends, missing ones. */
static double draw(tc_rng *rng, uint64_t kind)
{
    const double u = tc_rng_uniform(rng);
    switch (kind % 5) {
    case 0:
        return exp(6.0 * u) - 3.0;
    case 1:
        return floor(12.0 * u);
    case 2:
        return u < 0.5 ? -0.0 : u;
    case 3:
        return u < 0.3 ? -HUGE_VAL : u > 0.8 ? 1.0 : floor(u * 300.0) / 300.0;
    default:
        return u < 0.6 ? (double)NAN : u - 0.8;
    }
}

static int plan_of(const double *value, int64_t n_sample, tc_bracket *plan)
{
    static double sample[MOST];
    double point[POINTS], guess[POINTS];
    const int64_t n = sorted(value, n_sample, sample);
    if (!tc_bracket_points(P, N_P, n, point)) {
        return 0;
    }
    for (int i = 0; i < POINTS; i++) {
        guess[i] = sample[(int64_t)floor((double)(n - 1) * point[i])];
    }
    return tc_bracket_plan(guess, N_P, plan);
}

static void check_rank(const tc_bracket *plan, const int64_t *count, const int64_t *first,
                       const double *kept, double expected, int64_t rank)
{
    int64_t at;
    const int c = tc_bracket_class(plan, count, rank, &at);
    assert_true(at >= 0 && at < count[c]);
    assert_true(c == 0 || expected >= plan->boundary[c]);
    assert_true(c + 1 == plan->n_classes || expected < plan->boundary[c + 1]);
    if (plan->kind[c] == TC_CLASS_EQUAL) {
        assert_true(expected == plan->boundary[c]);
    } else if (plan->kind[c] == TC_CLASS_KEPT) {
        assert_int_equal(first[c + 1] - first[c], count[c]);
        assert_true(kept[first[c] + at] == expected);
    }
}

/* The keys of each class, sorted, are its values; no value is in a class that it does not belong to. */
static void check(const double *value, int64_t n, const tc_bracket *plan,
                  tc_bracket_pass *pass)
{
    static double all[MOST], kept[MOST];
    const int64_t valid = sorted(value, n, all);
    int64_t count[TC_BRACKET_CLASSES], first[TC_BRACKET_CLASSES + 1];
    const uint64_t *key;
    tc_bracket_counts(plan, pass, count);
    tc_bracket_sort(plan, pass, first);
    assert_int_equal(first[plan->n_classes] * 8, pass->kept.size);
    key = (const uint64_t *)(const void *)pass->kept.data;
    for (int c = 0; c < plan->n_classes; c++) {
        for (int64_t i = first[c]; i < first[c + 1]; i++) {
            kept[i] = tc_bracket_value(key[i]);
            assert_true(tc_bracket_key(kept[i]) == key[i]);
        }
        qsort(kept + first[c], (size_t)(first[c + 1] - first[c]), sizeof *kept, by_value);
    }
    assert_int_equal(pass->missing, n - valid);
    assert_true(valid == 0 || (pass->least == all[0] && pass->most == all[valid - 1]));
    for (int64_t r = 0; r < valid; r++) {
        check_rank(plan, count, first, kept, all[r], r);
    }
}

static void test_classes(void **state)
{
    static double value[MOST];
    static float narrow[MOST];
    int planned[5] = {0};
    (void)state;
    for (uint64_t number = 0; number < 100; number++) {
        tc_rng rng = tc_rng_stream(1, 2, number);
        const int64_t n = 1 + (int64_t)tc_rng_below(&rng, MOST);
        const int is_double = number % 2 == 0;
        tc_bracket_pass pass = {.n = 0};
        tc_bracket plan;
        tc_error err = {0};
        for (int64_t i = 0; i < n; i++) {
            narrow[i] = (float)draw(&rng, number / 2);
            value[i] = is_double ? draw(&rng, number / 2) : (double)narrow[i];
        }
        if (!plan_of(value, 1 + n / 3, &plan)) {
            continue;
        }
        planned[number / 2 % 5]++;
        for (int64_t i = 0; i < n; i += 1777) {
            const int64_t here = n - i < 1777 ? n - i : 1777;
            const void *from = is_double ? (const void *)(value + i) : narrow + i;
            assert_int_equal(tc_bracket_add(&plan, &pass, from, is_double, here, &err),
                             TC_OK);
        }
        check(value, n, &plan, &pass);
        tc_buffer_free(&pass.kept);
    }
    assert_true(planned[0] > 5 && planned[1] > 5 && planned[2] > 5 && planned[4] > 5);
    assert_int_equal(planned[3], 0); /* infinite guesses are none */
}

/* With a good sample the wanted ranks are in kept classes or known, and few values are kept. */
static void test_good_guess(void **state)
{
    static double value[MOST];
    static const uint64_t kinds[3] = {0, 1, 2};
    (void)state;
    for (int k = 0; k < 3; k++) {
        tc_rng rng = tc_rng_stream(5, 6, kinds[k]);
        tc_bracket_pass pass = {.n = 0};
        tc_bracket plan;
        tc_error err = {0};
        int64_t count[TC_BRACKET_CLASSES], at;
        for (int64_t i = 0; i < MOST; i++) {
            value[i] = draw(&rng, kinds[k]);
        }
        assert_int_equal(plan_of(value, MOST / 2, &plan), 1);
        assert_int_equal(tc_bracket_add(&plan, &pass, value, 1, MOST, &err), TC_OK);
        tc_bracket_counts(&plan, &pass, count);
        for (int p = 0; p < N_P; p++) {
            const int64_t rank = (int64_t)floor((MOST - 1) * P[p]);
            const int c = tc_bracket_class(&plan, count, rank, &at);
            assert_int_not_equal(plan.kind[c], TC_CLASS_COUNTED);
        }
        assert_true(pass.kept.size / 8 < MOST / 4);
        tc_buffer_free(&pass.kept);
    }
}

static void test_too_small(void **state)
{
    double point[POINTS], value[POINTS];
    tc_bracket plan;
    (void)state;
    assert_int_equal(tc_bracket_points(P, N_P, 0, point), 0);
    assert_int_equal(tc_bracket_points(P, N_P, 500, point), 0);
    assert_int_equal(tc_bracket_points(P, N_P, 5000, point), 1);
    for (int i = 0; i < POINTS; i++) {
        value[i] = i / 2; /* every value a class of its own, and what lies between */
    }
    assert_int_equal(tc_bracket_plan(value, N_P, &plan), 1);
    value[9] = 0.0; /* does not ascend */
    assert_int_equal(tc_bracket_plan(value, N_P, &plan), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_classes),
                                       cmocka_unit_test(test_good_guess),
                                       cmocka_unit_test(test_too_small)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
