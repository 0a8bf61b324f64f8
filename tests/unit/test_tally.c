/* Quantiles from counts, against those from the bits of the numbers. */
#include "tiercel/quantile.h"
#include "tiercel/rng.h"
#include "tiercel/tally.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 3000, N_P = 11 };

static const double P[N_P] = {0.0,  0.01, 0.05, 0.25,    0.5, 0.75,
                              0.95, 0.99, 1.0,  1.0 / 3, 0.7};

static void search(const float *value, int64_t n, double *out, int64_t *n_valid)
{
    const tc_quantile_column column = {value, 0};
    const tc_quantile_request request = {.columns = &column,
                                         .n_columns = 1,
                                         .probabilities = P,
                                         .n_p = N_P,
                                         .rule = TC_QUANTILE_TYPE7};
    tc_quantile *q = NULL;
    tc_buffer keys = {0};
    tc_error err = {0};
    assert_int_equal(tc_quantile_create(&request, &q, &err), TC_OK);
    while (tc_quantile_n_counts(q) > 0) {
        int64_t *counts = tc_mem_alloc(tc_quantile_n_counts(q), sizeof *counts, &err);
        assert_non_null(counts);
        tc_quantile_partial(q, 0, n, counts);
        assert_int_equal(tc_quantile_refine(q, counts, &err), TC_OK);
        tc_mem_free(counts);
    }
    if (tc_quantile_is_gathering(q)) {
        assert_int_equal(tc_quantile_collect(q, 0, n, &keys, &err), TC_OK);
        assert_int_equal(tc_quantile_settle(q, (tc_quantile_key *)(void *)keys.data,
                                            keys.size / (int64_t)sizeof(tc_quantile_key),
                                            &err),
                         TC_OK);
    }
    tc_quantile_finish(q, out, n_valid);
    tc_buffer_free(&keys);
    tc_quantile_destroy(&q);
}

/* Numbers of all ranges up to the last counter, with -0 and missing ones, in two pieces. */
static void test_same_as_search(void **state)
{
    static float value[MOST];
    static tc_tally tally;
    static int64_t count[TC_TALLY_VALUES];
    (void)state;
    for (uint64_t number = 0; number < 300; number++) {
        tc_rng rng = tc_rng_stream(1, 2, number);
        const int64_t n = (int64_t)tc_rng_below(&rng, number % 5 == 0 ? 12 : MOST);
        const int64_t cut = (int64_t)tc_rng_below(&rng, (uint64_t)n + 1);
        const uint64_t range = 1 + tc_rng_below(&rng, number % 3 == 0 ? 4096 : 8);
        double found[N_P], expected[N_P];
        int64_t n_found, n_expected;
        for (int64_t i = 0; i < n; i++) {
            const float v = (float)tc_rng_below(&rng, range);
            value[i] = tc_rng_below(&rng, 9) == 0 ? NAN : v == 0.0F ? -v : v;
        }
        memset(&tally, 0, sizeof tally);
        tc_tally_add(&tally, value, cut);
        tc_tally_add(&tally, value + cut, n - cut);
        assert_int_equal(tc_tally_others(&tally), 0);
        tc_tally_counts(&tally, count);
        tc_tally_quantiles(count, P, N_P, found, &n_found);
        search(value, n, expected, &n_expected);
        assert_int_equal(n_found, n_expected);
        for (int i = 0; i < N_P; i++) {
            assert_true(found[i] == expected[i] || (isnan(found[i]) && isnan(expected[i])));
        }
    }
}

/* Anything but a number with a counter of its own is told. */
static void test_others(void **state)
{
    static const float odd[] = {0.5F,     -1.0F,     4096.0F, 1e30F,
                                INFINITY, -INFINITY, 1e-30F,  4095.0F + 0.5F};
    static int64_t count[TC_TALLY_VALUES];
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        static tc_tally tally;
        const float value[3] = {4095.0F, odd[i], NAN};
        memset(&tally, 0, sizeof tally);
        tc_tally_add(&tally, value, 3);
        assert_int_equal(tc_tally_others(&tally), 1);
        tc_tally_counts(&tally, count);
        assert_int_equal(count[4095], 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_as_search),
                                       cmocka_unit_test(test_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
