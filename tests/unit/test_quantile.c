/* Exact quantiles: known answers, comparison with a sort, pieces of any size. */
#include "tiercel/quantile.h"
#include "tiercel/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MISSING ((double)NAN)

enum {
    N = 100000,
    N_P = 7
}; /* so many that keys are counted in all rounds before the rest is gathered */

static const double P[N_P] = {0.5, 0.0, 1.0, 0.25, 0.9, 0.001, 0.9995};

/* All rows once, in pieces: counted, or collected. */
static tc_status go_through(tc_quantile *quantile, int64_t n, int64_t piece, tc_error *err)
{
    const int64_t n_counts = tc_quantile_n_counts(quantile);
    int64_t *counts = tc_mem_alloc(n_counts, sizeof *counts, err);
    tc_buffer keys = {0};
    tc_status st = counts == NULL ? TC_ENOMEM : TC_OK;
    for (int64_t row = 0; row < n && st == TC_OK; row += piece) {
        const int64_t rows = n - row < piece ? n - row : piece;
        if (n_counts > 0) {
            tc_quantile_partial(quantile, row, rows, counts);
        } else {
            st = tc_quantile_collect(quantile, row, rows, &keys, err);
        }
    }
    if (st == TC_OK) {
        st = n_counts > 0
                 ? tc_quantile_refine(quantile, counts, err)
                 : tc_quantile_settle(quantile, (tc_quantile_key *)(void *)keys.data,
                                      keys.size / (int64_t)sizeof(tc_quantile_key), err);
    }
    tc_mem_free(counts);
    tc_buffer_free(&keys);
    return st;
}

/* Runs a search over rows 0 .. n - 1 in pieces. */
static tc_status search(const tc_quantile_request *request, int64_t n, int64_t piece,
                        double *out, int64_t *n_valid, tc_error *err)
{
    tc_quantile *quantile = NULL;
    tc_status st = tc_quantile_create(request, &quantile, err);
    while (st == TC_OK &&
           (tc_quantile_n_counts(quantile) > 0 || tc_quantile_is_gathering(quantile))) {
        st = go_through(quantile, n, piece, err);
    }
    if (st == TC_OK) {
        tc_quantile_finish(quantile, out, n_valid);
    }
    tc_quantile_destroy(&quantile);
    return st;
}

static void quantiles(const tc_quantile_request *request, int64_t n, int64_t piece,
                      double *out, int64_t *n_valid)
{
    tc_error err = {0};
    assert_int_equal(search(request, n, piece, out, n_valid, &err), TC_OK);
    assert_int_equal(tc_mem_live_blocks(), 0);
}

/* {1, 2, 3, 4, 10}: the check of type 7 in every text book. */
static void test_known(void **state)
{
    static const double v[5] = {10, 1, 4, 3, 2}, p[4] = {0.1, 0.25, 0.5, 0.9};
    static const double expected[4] = {1.4, 2, 3, 7.6}, lower[4] = {1, 2, 3, 4};
    const tc_quantile_column column = {.data = v, .is_double = 1};
    tc_quantile_request request = {.columns = &column,
                                   .n_columns = 1,
                                   .probabilities = p,
                                   .n_p = 4,
                                   .rule = TC_QUANTILE_TYPE7};
    double out[4];
    int64_t n_valid;
    (void)state;
    quantiles(&request, 5, 5, out, &n_valid);
    assert_int_equal(n_valid, 5);
    for (int i = 0; i < 4; i++) {
        assert_true(fabs(out[i] - expected[i]) < 1e-14);
    }
    request.rule = TC_QUANTILE_LOWER;
    quantiles(&request, 5, 2, out, &n_valid);
    assert_memory_equal(out, lower, sizeof lower);
}

static void test_special_values(void **state)
{
    const float v[6] = {-0.0F, INFINITY, NAN, -INFINITY, -1e-40F, -NAN};
    const double none[6] = {MISSING, MISSING, MISSING, MISSING, MISSING, MISSING};
    static const double p[3] = {0.0, 0.7, 1.0};
    const tc_quantile_column columns[2] = {{.data = v}, {.data = none, .is_double = 1}};
    const tc_quantile_request request = {.columns = columns,
                                         .n_columns = 2,
                                         .probabilities = p,
                                         .n_p = 3,
                                         .rule = TC_QUANTILE_LOWER};
    double out[6];
    int64_t n_valid[2];
    (void)state;
    quantiles(&request, 6, 4, out, n_valid);
    assert_int_equal(n_valid[0], 4);
    assert_int_equal(n_valid[1], 0);
    assert_true(isinf(out[0]) && out[0] < 0.0);
    assert_true(out[1] == 0.0 && !signbit(out[1])); /* -0 is 0; after the denormal one */
    assert_true(isinf(out[2]) && out[2] > 0.0);
    assert_true(isnan(out[3]) && isnan(out[4]) && isnan(out[5]));
}

static void test_bad_probability(void **state)
{
    static const double bad[3] = {-0.01, 1.01, MISSING};
    (void)state;
    for (int i = 0; i < 3; i++) {
        const tc_quantile_request request = {.probabilities = &bad[i], .n_p = 1};
        tc_quantile *quantile = NULL;
        tc_error err = {0};
        assert_int_equal(tc_quantile_create(&request, &quantile, &err), TC_EINTERNAL);
        assert_null(quantile);
    }
}

typedef struct {
    double wide[N];
    float narrow[N];
    uint8_t use[N];
    double sorted[N];
} sample;

/* Heavy ties, both signs, 40 orders of magnitude, gaps; a third of the rows unused. */
static void fill(sample *s)
{
    tc_rng rng = tc_rng_stream(3, 1, 4);
    for (int i = 0; i < N; i++) {
        const double u = tc_rng_uniform(&rng) - 0.4;
        const double v = u * exp(40.0 * tc_rng_uniform(&rng));
        s->wide[i] = tc_rng_below(&rng, 3) == 0 ? 0.0 : v;
        if (tc_rng_below(&rng, 3) == 0) {
            s->wide[i] = 9.99; /* more than are gathered: counted to the last bit */
        }
        s->narrow[i] = (float)tc_rng_below(&rng, 9) / 3.0F;
        s->use[i] = tc_rng_below(&rng, 3) != 0;
        if (tc_rng_below(&rng, 10) == 0) {
            s->wide[i] = MISSING;
        }
    }
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Type 7 from a sorted copy. */
static int64_t expect(sample *s, int column, double out[N_P])
{
    int64_t n = 0;
    for (int i = 0; i < N; i++) {
        const double v = column == 0 ? s->wide[i] : (double)s->narrow[i];
        if (s->use[i] != 0 && !isnan(v)) {
            s->sorted[n++] = v;
        }
    }
    qsort(s->sorted, (size_t)n, sizeof *s->sorted, compare);
    for (int p = 0; p < N_P; p++) {
        const double h = (double)(n - 1) * P[p];
        const int64_t low = (int64_t)h, high = low + 1 < n ? low + 1 : low;
        out[p] = s->sorted[low] + (h - (double)low) * (s->sorted[high] - s->sorted[low]);
    }
    return n;
}

static void test_against_sort(void **state)
{
    sample *s = tc_mem_alloc(1, sizeof *s, NULL);
    double expected[2][N_P], out[2][N_P];
    int64_t n_expected[2], n_valid[2];
    const int64_t pieces[3] = {N, 3, 517};
    (void)state;
    assert_non_null(s);
    fill(s);
    n_expected[0] = expect(s, 0, expected[0]);
    n_expected[1] = expect(s, 1, expected[1]);
    for (int i = 0; i < 3; i++) {
        const tc_quantile_column columns[2] = {{.data = s->wide, .is_double = 1},
                                               {.data = s->narrow}};
        const tc_quantile_request request = {.columns = columns,
                                             .n_columns = 2,
                                             .use = s->use,
                                             .probabilities = P,
                                             .n_p = N_P,
                                             .rule = TC_QUANTILE_TYPE7};
        tc_error err = {0};
        assert_int_equal(search(&request, N, pieces[i], out[0], n_valid, &err), TC_OK);
        assert_memory_equal(n_valid, n_expected, sizeof n_valid);
        assert_memory_equal(out, expected, sizeof out);
    }
    tc_mem_free(s);
}

static void test_out_of_memory(void **state)
{
    static const float v[4] = {1.0F, 2.0F, 3.0F, 400.0F};
    const tc_quantile_column column = {.data = v};
    const tc_quantile_request request = {.columns = &column,
                                         .n_columns = 1,
                                         .probabilities = P,
                                         .n_p = N_P,
                                         .rule = TC_QUANTILE_LOWER};
    tc_status st = TC_ENOMEM;
    double out[N_P] = {0};
    int64_t n_valid;
    (void)state;
    for (int64_t nth = 1; st == TC_ENOMEM; nth++) {
        tc_error err = {0};
        tc_mem_fail_at(nth);
        st = search(&request, 4, 4, out, &n_valid, &err);
        tc_mem_fail_at(0);
        assert_int_equal(tc_mem_live_blocks(), 0);
        assert_true(nth < 50);
    }
    assert_int_equal(st, TC_OK);
    assert_true(out[0] == 2.0 && out[1] == 1.0 && out[2] == 400.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known), cmocka_unit_test(test_special_values),
        cmocka_unit_test(test_bad_probability), cmocka_unit_test(test_against_sort),
        cmocka_unit_test(test_out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
