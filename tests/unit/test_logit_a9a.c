/* Penalised logistic regression and its measures on a9a (UCI Adult), with known answers. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "logit_data.h"

/* LIBSVM lines "+1 3:1 11:1 "; returns the number of ones. Column 123 becomes 1. */
static int64_t read_a9a(const char *name)
{
    char line[LINE];
    int64_t ones = 0;
    FILE *file = open_shared(name);
    n_rows = 0;
    for (int j = 0; j < MAX_COLUMNS; j++) {
        memset(column[j], 0, MAX_ROWS * sizeof **column);
    }
    while (fgets(line, sizeof line, file) != NULL) {
        char *p = strchr(line, ' ');
        outcome[n_rows] = (int8_t)(line[0] == '+');
        column[123][n_rows] = 1.0;
        while (p != NULL && p[1] >= '0' && p[1] <= '9') {
            column[strtol(p, &p, 10) - 1][n_rows] = 1.0;
            ones++;
            p = strchr(p, ' ');
        }
        n_rows++;
    }
    (void)pclose(file);
    return ones;
}

/* min |w|^2 / 2 + C sum loss is min loss + |w|^2 / (2 C), times C. */
static tc_logit_problem penalised(int n_columns, double c)
{
    tc_logit_problem problem = tc_logit_problem_default(n_columns);
    problem.has_intercept = 0;
    problem.keep_dependent = 1;
    problem.ridge = 1.0 / c;
    return problem;
}

static void test_a9a_optimum(void **state)
{
    static const struct {
        int columns;
        double c, objective;
    } known[] = {{123, 1.0, 10529.5625846379},
                 {123, 0.1, 1064.8402715181},
                 {123, 10.0, 105088.3453365776},
                 {124, 1.0, 10529.3114042150}};
    (void)state;
    assert_int_equal(read_a9a("a9a/a9a.xz"), 451592);
    assert_int_equal(n_rows, 32561);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const tc_logit_problem problem = penalised(known[i].columns, known[i].c);
        tc_logit_model *model = fitted(&problem);
        assert_int_equal(model->positives, 7841);
        assert_near(known[i].c * model->objective, known[i].objective,
                    1e-10 * known[i].objective);
        print_message("C = %g: %lld iterations, %lld passes\n", known[i].c,
                      (long long)model->iterations, (long long)model->passes);
        tc_logit_destroy(&model);
    }
}

static void test_a9a_intercept(void **state)
{
    tc_logit_problem problem = penalised(123, 1.0);
    tc_logit_model *model;
    (void)state;
    (void)read_a9a("a9a/a9a.xz");
    problem.has_intercept = 1;
    model = fitted(&problem);
    assert_near(model->objective, 10528.572430543, 1e-6);
    assert_near(model->b[0], -2.413736133, 1e-8);
    tc_logit_destroy(&model);
}

/* Without a penalty the groups of 0/1 columns are dependent, and some rare ones have one class only. */
static void test_a9a_unpenalised(void **state)
{
    const tc_logit_problem problem = tc_logit_problem_default(123);
    const tc_logit_rows rows = {
        .column = (const double *const *)column, .y = outcome, .n_rows = 32561};
    tc_logit_range range[123];
    tc_logit_model *model = NULL;
    int n_alone = 0;
    (void)state;
    (void)read_a9a("a9a/a9a.xz");
    for (int j = 0; j < 123; j++) {
        range[j] = tc_logit_range_empty();
    }
    tc_logit_range_partial(123, &rows, range);
    assert_int_equal(serial_fit(&problem, &rows, 4, &model, NULL), TC_OK);
    assert_int_equal(model->end, TC_LOGIT_SEPARATED);
    for (int j = 0; j < 123; j++) {
        if (tc_logit_range_separates(&range[j]) && !model->dropped[j + 1]) {
            assert_true(model->separated[j + 1]);
            n_alone++;
        }
    }
    print_message("rank %d of %d, %d columns separate alone, %lld iterations\n",
                  model->rank, model->q, n_alone, (long long)model->iterations);
    tc_logit_destroy(&model);
}

static void test_a9a_measures(void **state)
{
    const tc_logit_problem problem = penalised(123, 1.0);
    tc_logit_model *model;
    tc_confusion half;
    double reals[2], norm = 0.0, n, p, q;
    tc_metrics m;
    (void)state;
    (void)read_a9a("a9a/a9a.xz");
    model = fitted(&problem);
    for (int j = 0; j < 123; j++) {
        norm += model->b[j] * model->b[j];
    }
    assert_near(sqrt(norm), 6.222225638, 1e-8);
    assert_near(model->b[0], -1.42329208, 1e-8);
    assert_near(model->b[1], -0.4521647, 1e-7);
    assert_near(model->b[2], 0.1498303, 1e-7);
    assert_int_equal(read_a9a("a9a/a9a.t.xz"), 225731);
    m = measure(model, reals, &half);
    n = (double)m.rows;
    p = (double)m.positives;
    q = n - p;
    assert_near(n, 16281.0, 0.0);
    assert_near(p, 3846.0, 0.0);
    assert_int_equal(half.true_positive + half.true_negative, 13837);
    print_message("2U = %.0f, AP %.9f, KS %.9f, lift %.9f, ECE10 %.9f, ECE15 %.9f\n",
                  2.0 * m.auc * p * q, m.pr_auc, m.ks, m.lift10, m.ece10, m.ece15);
    /* the published score has 65,536 values; the figures are of the unrounded one */
    assert_near(2.0 * m.auc * p * q, 86297432.0, 600.0);
    assert_near(m.auc_se, 0.002521021715, 1e-7);
    assert_near(m.pr_auc, 0.745754162, 1e-5);
    assert_near(m.ks, 0.639446683, 1e-4);
    assert_near(reals[0] / n, 0.103961728, 1e-9);
    assert_near(reals[1] / n, 0.324058642, 1e-9);
    assert_near(m.brier, 0.103961728, 1e-7);
    assert_near(m.ece10, 0.008656403, 3e-5); /* a row at the edge of a bin */
    assert_near(m.ece15, 0.010935834, 1e-5);
    assert_near(m.lift10, 3.546759708, 1e-3); /* of 1,628 rows; here of 1,628.1 */
    tc_logit_destroy(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a9a_optimum),
        cmocka_unit_test(test_a9a_intercept),
        cmocka_unit_test(test_a9a_unpenalised),
        cmocka_unit_test(test_a9a_measures),
    };
    return tc_test_code(cmocka_run_group_tests(tests, create, destroy));
}
