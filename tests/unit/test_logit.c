/* Logistic regression on small data: closed forms and properties. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "logit_serial.h"
#include "tiercel/linalg.h"
#include "tiercel/rng.h"

#include <math.h>

enum { N = 700 };

static double column[4][N];
static const double *const columns[4] = {column[0], column[1], column[2], column[3]};
static int8_t outcome[N];

static void assert_near(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance)) {
        print_error("found %.17g, expected %.17g\n", found, expected);
        fail();
    }
}

static tc_logit_rows rows_of(int64_t n)
{
    return (tc_logit_rows){.column = columns, .y = outcome, .n_rows = n};
}

/* n rows of three normal-ish columns and an outcome that follows them. */
static void random_rows(int n, uint64_t seed)
{
    tc_rng rng = tc_rng_stream(seed, 1, 2);
    for (int i = 0; i < n; i++) {
        double eta = -0.4;
        for (int j = 0; j < 3; j++) {
            column[j][i] = tc_rng_uniform(&rng) + tc_rng_uniform(&rng) - 1.0;
            eta += (j - 1.5) * column[j][i];
        }
        outcome[i] = (int8_t)(tc_rng_uniform(&rng) < tc_logit_probability(eta));
    }
}

static tc_logit_model *fitted(const tc_logit_problem *problem, const tc_logit_rows *rows,
                              int n_shards)
{
    tc_logit_model *model = NULL;
    tc_error err = {0};
    const tc_status st = serial_fit(problem, rows, n_shards, &model, &err);
    if (st != TC_OK) {
        print_error("%s\n", err.message);
    }
    assert_int_equal(st, TC_OK);
    return model;
}

/* The sums of one pass against plain loops, with left-out rows that hold NaN. */
static void test_partial(void **state)
{
    const double b[4] = {-0.3, 0.7, -1.1, 0.2}, step[4] = {0.1, -0.2, 0.4, 0.3};
    tc_logit_problem problem = tc_logit_problem_default(3);
    double reals[15] = {0}, losses[15] = {0}, expected[15] = {0};
    double searched[4] = {0};
    int64_t ints[2] = {0};
    tc_logit_request request = {.b = b, .size = {1.0, 0.5, 0.25, 0.0}};
    tc_logit_rows rows = rows_of(N - 20);
    double *scratch = tc_mem_alloc(tc_logit_n_scratch(&problem), sizeof *scratch, NULL);
    (void)state;
    assert_non_null(scratch);
    random_rows(N, 1);
    assert_int_equal(tc_logit_n_real(&problem), 15);
    rows.row0 = 3;
    for (int i = 0; i < N; i++) {
        double x[4] = {1.0, column[0][i], column[1][i], column[2][i]}, eta = 0.0, d = 0.0,
               p;
        if (i % 7 == 2) {
            outcome[i] = -1;
            column[1][i] = (double)NAN;
        }
        if (outcome[i] < 0 || i < 3 || i >= N - 17) {
            continue;
        }
        for (int j = 0; j < 4; j++) {
            eta += b[j] * x[j];
            d += step[j] * x[j];
        }
        p = 1.0 / (1.0 + exp(-eta));
        expected[0] += -log(outcome[i] ? p : 1.0 - p);
        for (int j = 0; j < 4; j++) {
            expected[1 + j] += x[j] * (p - outcome[i]);
            for (int k = 0; k <= j; k++) {
                expected[5 + tc_packed(j, k)] += p * (1.0 - p) * x[j] * x[k];
            }
        }
        for (int s = 0; s < 4; s++) {
            searched[s] += tc_logit_loss(eta + request.size[s] * d, outcome[i]);
        }
    }
    tc_logit_partial(&problem, &rows, &request, scratch, ints, reals);
    request.step = step;
    tc_logit_partial(&problem, &rows, &request, scratch, ints, losses);
    tc_mem_free(scratch);
    for (int i = 0; i < 15; i++) {
        assert_near(reals[i], expected[i], 1e-11);
    }
    for (int s = 0; s < 4; s++) {
        assert_near(losses[s], searched[s], 1e-11);
    }
    assert_near(losses[3], reals[0], 1e-11);
}

static void test_intercept_alone(void **state)
{
    const tc_logit_problem problem = tc_logit_problem_default(0);
    tc_logit_rows rows = rows_of(100);
    tc_logit_model *model;
    tc_logit_effect effect;
    (void)state;
    for (int i = 0; i < 100; i++) {
        outcome[i] = (int8_t)(i % 5 == 0);
    }
    model = fitted(&problem, &rows, 3);
    tc_logit_effects(model, NULL, NULL, &effect);
    assert_int_equal(model->end, TC_LOGIT_CONVERGED);
    assert_near(effect.coefficient, log(0.25), 1e-14);
    assert_near(effect.standard_error, 0.25, 1e-14); /* 1 / sqrt(100 * 0.2 * 0.8) */
    assert_near(effect.odds_ratio, 0.25, 1e-14);
    assert_near(model->deviance, model->null_deviance, 1e-11);
    tc_logit_destroy(&model);
}

/* A table of two by two: the slope is the logarithm of the odds ratio. */
static void test_two_by_two(void **state)
{
    const tc_logit_problem problem = tc_logit_problem_default(1);
    const double mean = 0.5, scale = 0.25;
    const int cell[4] = {30, 10, 20, 40}; /* x = 0: y = 0, 1; x = 1: y = 0, 1 */
    tc_logit_rows rows = rows_of(100);
    tc_logit_model *model;
    tc_logit_effect e[2];
    int n = 0;
    (void)state;
    for (int c = 0; c < 4; c++) {
        for (int i = 0; i < cell[c]; i++, n++) {
            column[0][n] = ((c >= 2 ? 1.0 : 0.0) - mean) / scale;
            outcome[n] = (int8_t)(c % 2);
        }
    }
    model = fitted(&problem, &rows, 2);
    tc_logit_effects(model, &mean, &scale, e);
    assert_near(e[1].coefficient, log(6.0), 1e-11);
    assert_near(e[1].standard_error, sqrt(1.0 / 30 + 1.0 / 10 + 1.0 / 20 + 1.0 / 40),
                1e-11);
    assert_near(e[0].coefficient, log(1.0 / 3.0), 1e-11);
    assert_near(e[0].standard_error, sqrt(1.0 / 30 + 1.0 / 10), 1e-11);
    assert_near(e[1].z, log(6.0) / e[1].standard_error, 1e-10);
    assert_near(e[1].p_value, erfc(e[1].z / sqrt(2.0)), 1e-16);
    assert_near(e[1].odds_ratio_sd, exp(0.25 * log(6.0)), 1e-11);
    tc_logit_destroy(&model);
}

/* Left-out rows change no bit; the number of shards changes rounding alone. */
static void test_left_out_and_shards(void **state)
{
    const tc_logit_problem problem = tc_logit_problem_default(3);
    static double packed[3][N];
    static int8_t y[N];
    const double *const pointers[3] = {packed[0], packed[1], packed[2]};
    tc_logit_rows all = rows_of(N), some = {.column = pointers, .y = y};
    tc_logit_model *a, *b, *c;
    (void)state;
    random_rows(N, 5);
    for (int i = 0; i < N; i++) {
        if (i % 3 == 1) {
            outcome[i] = -1;
            continue;
        }
        for (int j = 0; j < 3; j++) {
            packed[j][some.n_rows] = column[j][i];
        }
        y[some.n_rows++] = outcome[i];
    }
    a = fitted(&problem, &all, 1);
    b = fitted(&problem, &some, 1);
    c = fitted(&problem, &all, 97);
    assert_memory_equal(a->b, b->b, 4 * sizeof *a->b);
    assert_memory_equal(a->covariance, b->covariance, 10 * sizeof *a->b);
    for (int j = 0; j < 4; j++) {
        assert_near(c->b[j], a->b[j], 1e-13);
    }
    assert_true(a->gradient_norm < 1e-8);
    tc_logit_destroy(&a);
    tc_logit_destroy(&b);
    tc_logit_destroy(&c);
}

/* A constant column, and one that is the sum of two before it. */
static void test_dependent_columns(void **state)
{
    const tc_logit_problem problem = tc_logit_problem_default(4);
    const double *const order[4] = {column[0], column[3], column[1], column[2]};
    tc_logit_rows rows = {.column = order, .y = outcome, .n_rows = N};
    tc_logit_effect e[5];
    tc_logit_model *model;
    (void)state;
    random_rows(N, 9);
    for (int i = 0; i < N; i++) {
        column[3][i] = 4.25;
        column[2][i] = 0.1 + column[0][i] - 3.0 * column[1][i];
    }
    model = fitted(&problem, &rows, 4);
    tc_logit_effects(model, NULL, NULL, e);
    assert_int_equal(model->rank, 3);
    assert_memory_equal(model->dropped, ((const uint8_t[]){0, 0, 1, 0, 1}), 5);
    assert_int_equal(model->end, TC_LOGIT_CONVERGED);
    assert_true(e[2].coefficient == 0.0 && isnan(e[2].standard_error) && isnan(e[4].z));
    assert_true(isfinite(e[0].standard_error) && isfinite(e[3].p_value));
    tc_logit_destroy(&model);
}

/* With a penalty dependent columns share the effect; the constant one is still reported. */
static void test_ridge(void **state)
{
    tc_logit_problem problem = tc_logit_problem_default(3);
    tc_logit_rows rows = rows_of(N);
    tc_logit_model *model;
    double g = 0.0;
    (void)state;
    random_rows(N, 10);
    memcpy(column[1], column[0], sizeof column[0]);
    for (int i = 0; i < N; i++) {
        column[2][i] = -1.0;
    }
    problem.ridge = 3.5;
    problem.keep_dependent = 1;
    model = fitted(&problem, &rows, 4);
    assert_memory_equal(model->dropped, ((const uint8_t[]){0, 0, 0, 1}), 4);
    assert_near(model->b[1], model->b[2], 1e-12);
    for (int i = 0; i < N; i++) {
        const double eta = model->b[0] + (model->b[1] + model->b[2]) * column[0][i];
        g += column[0][i] * (tc_logit_probability(eta) - outcome[i]);
    }
    assert_near(g, -problem.ridge * model->b[1], 1e-9);
    assert_near(model->objective,
                0.5 * model->deviance + problem.ridge * model->b[1] * model->b[1], 1e-10);
    tc_logit_destroy(&model);
}

static void test_separation(void **state)
{
    const tc_logit_problem problem = tc_logit_problem_default(2);
    tc_logit_rows rows = rows_of(200);
    tc_logit_range range[2] = {tc_logit_range_empty(), tc_logit_range_empty()};
    tc_logit_effect e[3];
    tc_logit_model *model;
    (void)state;
    random_rows(200, 11);
    for (int i = 0; i < 200; i++) { /* positive in column 1 only where the outcome is 1 */
        column[1][i] = outcome[i] && i % 4 == 0 ? 1.0 : 0.0;
    }
    model = fitted(&problem, &rows, 4);
    tc_logit_effects(model, NULL, NULL, e);
    assert_int_equal(model->end, TC_LOGIT_SEPARATED);
    assert_memory_equal(model->separated, ((const uint8_t[]){0, 0, 1}), 3);
    assert_true(e[2].coefficient > 5.0 && isnan(e[2].standard_error) &&
                isnan(e[2].p_value));
    assert_true(isfinite(e[1].standard_error));
    tc_logit_range_partial(2, &rows, range);
    assert_false(tc_logit_range_separates(&range[0]));
    assert_true(tc_logit_range_separates(&range[1]));
    tc_logit_destroy(&model);
    for (int i = 0; i < 200; i++) { /* complete, by two columns together */
        outcome[i] = (int8_t)(column[0][i] + column[2][i] > 0.0);
        column[1][i] = column[2][i];
    }
    model = fitted(&problem, &rows, 4);
    assert_int_equal(model->end, TC_LOGIT_SEPARATED);
    assert_true(model->separated[1] && model->separated[2] && model->deviance < 1e-6);
    range[1] = tc_logit_range_empty();
    tc_logit_range_partial(2, &rows, range);
    assert_false(tc_logit_range_separates(&range[1]));
    tc_logit_destroy(&model);
}

static void test_range(void **state)
{
    tc_logit_range range = tc_logit_range_empty();
    (void)state;
    assert_false(tc_logit_range_separates(&range));
    range = (tc_logit_range){.low = {0, 2}, .high = {1, 3}};
    assert_true(tc_logit_range_separates(&range));
    range = (tc_logit_range){.low = {2, 0}, .high = {3, 2}};
    assert_true(tc_logit_range_separates(&range));
    range = (tc_logit_range){.low = {0, 0}, .high = {0, 0}};
    assert_false(tc_logit_range_separates(&range));
    range = (tc_logit_range){.low = {0, 0.5}, .high = {1, 3}};
    assert_false(tc_logit_range_separates(&range));
}

/* Few rows with far values make some full Newton steps too long: the search has to shorten them. */
static void test_search(void **state)
{
    const tc_logit_problem problem = tc_logit_problem_default(2);
    tc_logit_rows rows = rows_of(24);
    int searched = 0, converged = 0;
    (void)state;
    for (int t = 0; t < 400; t++) {
        tc_logit_model *model;
        tc_rng rng = tc_rng_stream(3, 4, (uint64_t)t);
        for (int i = 0; i < 24; i++) {
            column[0][i] = exp(7.0 * tc_rng_uniform(&rng)) * (i % 2 ? 1.0 : -1.0);
            column[1][i] = exp(7.0 * tc_rng_uniform(&rng)) * (i % 3 ? 1.0 : -1.0);
            outcome[i] = (int8_t)((column[0][i] > 0.0) != (tc_rng_uniform(&rng) < 0.1));
        }
        outcome[0] = 0;
        outcome[1] = 1;
        model = fitted(&problem, &rows, 2);
        assert_int_not_equal(model->end, TC_LOGIT_LIMIT);
        assert_true(model->deviance <= model->null_deviance);
        searched += model->passes > model->iterations + 1;
        converged += model->end == TC_LOGIT_CONVERGED;
        tc_logit_destroy(&model);
    }
    print_message("%d of 400 fits searched, %d converged\n", searched, converged);
    assert_true(searched > 0);
}

static void test_limit(void **state)
{
    tc_logit_problem problem = tc_logit_problem_default(3);
    tc_logit_rows rows = rows_of(N);
    tc_logit_model *model;
    (void)state;
    random_rows(N, 12);
    problem.max_iterations = 1;
    model = fitted(&problem, &rows, 1);
    assert_int_equal(model->end, TC_LOGIT_LIMIT);
    assert_int_equal(model->iterations, 1);
    tc_logit_destroy(&model);
}

static void test_errors(void **state)
{
    const tc_logit_problem problem = tc_logit_problem_default(2);
    tc_logit_rows rows = rows_of(50);
    tc_logit_model *model = NULL;
    tc_error err = {0};
    (void)state;
    random_rows(50, 13);
    column[1][7] = (double)NAN;
    assert_int_equal(serial_fit(&problem, &rows, 3, &model, &err), TC_ENUMERIC);
    tc_logit_destroy(&model);
    column[1][7] = 0.0;
    memset(outcome, 1, sizeof outcome);
    err = (tc_error){0};
    assert_int_equal(serial_fit(&problem, &rows, 3, &model, &err), TC_ENUMERIC);
    assert_non_null(strstr(err.message, "50 of 50"));
    tc_logit_destroy(&model);
    for (int nth = 1; nth <= 3; nth++) {
        tc_mem_fail_at(nth);
        assert_int_equal(tc_logit_create(&problem, &model, NULL), TC_ENOMEM);
        assert_null(model);
    }
    tc_mem_fail_at(0);
    assert_int_equal(tc_mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partial),
        cmocka_unit_test(test_intercept_alone),
        cmocka_unit_test(test_two_by_two),
        cmocka_unit_test(test_left_out_and_shards),
        cmocka_unit_test(test_dependent_columns),
        cmocka_unit_test(test_ridge),
        cmocka_unit_test(test_separation),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
