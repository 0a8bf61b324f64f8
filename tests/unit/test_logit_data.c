/* Logistic regression and its measures on public data with known answers: a9a (UCI Adult) and the IBM
 * Telco sample. The files lie in the folder named by TIERCEL_SHARED; without it the tests are skipped. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "logit_serial.h"
#include "tiercel/linalg.h"
#include "tiercel/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_COLUMNS = 124, MAX_ROWS = 33000, LINE = 4096 };

static double *column[MAX_COLUMNS];
static int8_t *outcome;
static int64_t n_rows;

static void assert_near(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance)) {
        print_error("found %.17g, expected %.17g\n", found, expected);
        fail();
    }
}

/* Opens a packed or plain file of the shared data; skips the test if it is not there. */
static FILE *open_shared(const char *name)
{
    const char *folder = getenv("TIERCEL_SHARED");
    char path[1024], command[1200];
    FILE *file;
    (void)snprintf(path, sizeof path, "%s/data/%s", folder != NULL ? folder : "", name);
    file = folder != NULL ? fopen(path, "r") : NULL;
    if (file == NULL) {
        print_message("skipped: TIERCEL_SHARED does not name a folder with data/%s\n",
                      name);
        skip();
    }
    if (strstr(name, ".xz") != NULL) {
        (void)fclose(file);
        (void)snprintf(command, sizeof command, "xz -dc '%s'", path);
        file = popen(command, "r"); // NOLINT(cert-env33-c)
        assert_non_null(file);
    }
    return file;
}

static int create(void **state)
{
    (void)state;
    for (int j = 0; j < MAX_COLUMNS; j++) {
        column[j] = tc_mem_alloc(MAX_ROWS, sizeof **column, NULL);
    }
    outcome = tc_mem_alloc(MAX_ROWS, 1, NULL);
    return 0;
}

static int destroy(void **state)
{
    (void)state;
    for (int j = 0; j < MAX_COLUMNS; j++) {
        tc_mem_free(column[j]);
    }
    tc_mem_free(outcome);
    return tc_mem_live_blocks() != 0;
}

static tc_logit_rows rows_of(void)
{
    return (tc_logit_rows){
        .column = (const double *const *)column, .y = outcome, .n_rows = n_rows};
}

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

static tc_logit_model *fitted(const tc_logit_problem *problem)
{
    const tc_logit_rows rows = rows_of();
    tc_logit_model *model = NULL;
    tc_error err = {0};
    assert_int_equal(serial_fit(problem, &rows, 4, &model, &err), TC_OK);
    assert_int_equal(model->end, TC_LOGIT_CONVERGED);
    return model;
}

/* Measures of the model on the rows at hand; also the sums of Brier score and logarithmic loss. */
static tc_metrics measure(const tc_logit_model *model, double reals[2], tc_confusion *half)
{
    int64_t *cells = tc_mem_alloc(TC_METRICS_INTS, sizeof *cells, NULL);
    double *eta = tc_mem_alloc(n_rows, sizeof *eta, NULL);
    const int first = model->problem.has_intercept;
    tc_metrics m;
    for (int64_t i = 0; i < n_rows; i++) {
        eta[i] = first ? model->b[0] : 0.0;
    }
    for (int j = 0; j < model->problem.n_columns; j++) {
        for (int64_t i = 0; i < n_rows; i++) {
            eta[i] += model->b[j + first] * column[j][i];
        }
    }
    reals[0] = reals[1] = 0.0;
    tc_metrics_partial(n_rows, eta, outcome, cells, reals);
    assert_int_equal(tc_metrics_finish(cells + TC_METRICS_CELLS, cells, &m, NULL), TC_OK);
    *half = tc_metrics_confusion(cells + TC_METRICS_CELLS, cells, 32768);
    tc_mem_free(eta);
    tc_mem_free(cells);
    return m;
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

enum { FIELDS = 21, FIELD_TEXT = 40 };

/* The 11 rows without TotalCharges are left out. Calls encode(row, fields) for each other row. */
static void read_telco(int (*encode)(int64_t row, char field[FIELDS][FIELD_TEXT]),
                       int *columns)
{
    char line[LINE];
    FILE *file = open_shared("telco/Telco-Customer-Churn.csv.xz");
    n_rows = 0;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        char field[FIELDS][FIELD_TEXT];
        char *p = line;
        for (int f = 0; f < FIELDS; f++) {
            const size_t n = strcspn(p, ",\r\n");
            assert_true(n < FIELD_TEXT);
            memcpy(field[f], p, n);
            field[f][n] = '\0';
            p += n + (p[n] != '\0');
        }
        if (strcmp(field[19], " ") == 0 || field[19][0] == '\0') {
            continue;
        }
        outcome[n_rows] = (int8_t)(strcmp(field[20], "Yes") == 0);
        *columns = encode(n_rows, field);
        n_rows++;
    }
    (void)pclose(file);
}

/* Indicators of the levels of one field, in the order given; returns the next column. */
static int indicators(int64_t row, int j, const char *value, const char *const *level,
                      int n)
{
    for (int l = 0; l < n; l++) {
        column[j + l][row] = strcmp(value, level[l]) == 0 ? 1.0 : 0.0;
    }
    return j + n;
}

static const char *const yes[] = {"Yes"}, *const male[] = {"Male"},
                         *const internet[] = {"Fiber optic", "No"},
                         *const contract[] = {"One year", "Two year"},
                         *const payment[] = {"Credit card (automatic)", "Electronic check",
                                             "Mailed check"};

/* Treatment coding; "No internet service" and "No phone service" count as No. */
static int encode_reference(int64_t row, char field[FIELDS][FIELD_TEXT])
{
    int j = indicators(row, 0, field[1], male, 1);
    column[j++][row] = strtod(field[2], NULL);
    j = indicators(row, j, field[3], yes, 1);
    j = indicators(row, j, field[4], yes, 1);
    column[j++][row] = strtod(field[5], NULL);
    j = indicators(row, j, field[6], yes, 1);
    j = indicators(row, j, field[7], yes, 1);
    j = indicators(row, j, field[8], internet, 2);
    for (int f = 9; f <= 14; f++) {
        j = indicators(row, j, field[f], yes, 1);
    }
    j = indicators(row, j, field[15], contract, 2);
    j = indicators(row, j, field[16], yes, 1);
    j = indicators(row, j, field[17], payment, 3);
    column[j++][row] = strtod(field[18], NULL);
    column[j++][row] = strtod(field[19], NULL);
    return j;
}

/* The same with an indicator of its own for each "No ... service": dependent columns. */
static int encode_naive(int64_t row, char field[FIELDS][FIELD_TEXT])
{
    static const char *const phone[] = {"No phone service", "Yes"};
    static const char *const service[] = {"No internet service", "Yes"};
    int j = indicators(row, 0, field[1], male, 1);
    column[j++][row] = strtod(field[2], NULL);
    j = indicators(row, j, field[3], yes, 1);
    j = indicators(row, j, field[4], yes, 1);
    column[j++][row] = strtod(field[5], NULL);
    j = indicators(row, j, field[6], yes, 1);
    j = indicators(row, j, field[7], phone, 2);
    j = indicators(row, j, field[8], internet, 2);
    for (int f = 9; f <= 14; f++) {
        j = indicators(row, j, field[f], service, 2);
    }
    j = indicators(row, j, field[15], contract, 2);
    j = indicators(row, j, field[16], yes, 1);
    j = indicators(row, j, field[17], payment, 3);
    column[j++][row] = strtod(field[18], NULL);
    column[j++][row] = strtod(field[19], NULL);
    return j;
}

static int encode_small(int64_t row, char field[FIELDS][FIELD_TEXT])
{
    column[0][row] = strtod(field[5], NULL);
    column[1][row] = strtod(field[18], NULL);
    column[2][row] = strtod(field[19], NULL);
    column[3][row] = strtod(field[2], NULL);
    return indicators(row, 4, field[15], contract, 2);
}

static void standardise(int columns, double *mean, double *scale)
{
    for (int j = 0; j < columns; j++) {
        mean[j] = scale[j] = 0.0;
        for (int64_t i = 0; i < n_rows; i++) {
            mean[j] += column[j][i] / (double)n_rows;
        }
        for (int64_t i = 0; i < n_rows; i++) {
            column[j][i] -= mean[j];
            scale[j] += column[j][i] * column[j][i] / (double)n_rows;
        }
        scale[j] = sqrt(scale[j]);
        for (int64_t i = 0; i < n_rows; i++) {
            column[j][i] /= scale[j];
        }
    }
}

static void test_telco(void **state)
{
    double mean[MAX_COLUMNS], scale[MAX_COLUMNS], reals[2];
    tc_logit_effect effect[MAX_COLUMNS];
    tc_logit_problem problem;
    tc_logit_model *model;
    tc_confusion half;
    tc_metrics m;
    char line[LINE];
    FILE *file;
    int columns = 0, terms = 0;
    (void)state;
    read_telco(encode_reference, &columns);
    assert_int_equal(n_rows, 7032);
    assert_int_equal(columns, 23);
    standardise(columns, mean, scale);
    problem = tc_logit_problem_default(columns);
    model = fitted(&problem);
    tc_logit_effects(model, mean, scale, effect);
    assert_int_equal(model->rank, 24);
    assert_near(model->null_deviance, 8143.355146, 1e-6);
    assert_near(model->deviance, 5826.272365, 1e-6);
    m = measure(model, reals, &half);
    assert_near(m.auc, 0.848207401, 1e-6);
    assert_near(reals[0] / 7032.0, 0.134362782, 1e-8);
    assert_int_equal(half.true_positive + half.true_negative, 5675); /* 0.807025 */
    file = open_shared("telco/glm_coef.csv");
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        char *p = strrchr(line, '"') + 2;
        assert_near(effect[terms].coefficient, strtod(p, &p), 1e-4);
        assert_near(effect[terms].standard_error, strtod(p + 1, NULL), 1e-4);
        terms++;
    }
    (void)fclose(file);
    assert_int_equal(terms, 24);
    tc_logit_destroy(&model);
}

static void test_telco_dependent(void **state)
{
    double mean[MAX_COLUMNS], scale[MAX_COLUMNS];
    tc_logit_problem problem;
    tc_logit_model *model;
    int columns = 0, dropped = 0;
    (void)state;
    read_telco(encode_naive, &columns);
    assert_int_equal(columns, 30); /* and the intercept */
    standardise(columns, mean, scale);
    problem = tc_logit_problem_default(columns);
    model = fitted(&problem);
    for (int j = 0; j < model->q; j++) {
        dropped += model->dropped[j];
    }
    assert_int_equal(model->rank, 24);
    assert_int_equal(dropped, 7);
    assert_true(model->dropped[7]); /* no phone service = not phone service */
    assert_near(model->deviance, 5826.272365, 1e-6);
    tc_logit_destroy(&model);
}

static void test_telco_small(void **state)
{
    static const double expected[7] = {-1.3441445,     -0.0539802628, 0.0238186060,
                                       0.000207126060, 0.4617581974,  -1.0058292332,
                                       -1.9376607435};
    double mean[MAX_COLUMNS], scale[MAX_COLUMNS], reals[2];
    tc_logit_effect effect[7];
    tc_logit_problem problem;
    tc_logit_model *model;
    tc_confusion half;
    tc_metrics m;
    int columns = 0;
    (void)state;
    read_telco(encode_small, &columns);
    standardise(columns, mean, scale);
    problem = tc_logit_problem_default(columns);
    model = fitted(&problem);
    tc_logit_effects(model, mean, scale, effect);
    assert_near(model->deviance, 6100.412364, 1e-6);
    for (int j = 0; j < 7; j++) {
        assert_near(effect[j].coefficient, expected[j], 1e-7);
    }
    m = measure(model, reals, &half);
    assert_near(m.auc, 0.830282600, 1e-6);
    assert_near(reals[0] / 7032.0, 0.142176355, 1e-8);
    tc_logit_destroy(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a9a_optimum),     cmocka_unit_test(test_a9a_intercept),
        cmocka_unit_test(test_a9a_unpenalised), cmocka_unit_test(test_a9a_measures),
        cmocka_unit_test(test_telco),           cmocka_unit_test(test_telco_dependent),
        cmocka_unit_test(test_telco_small),
    };
    return cmocka_run_group_tests(tests, create, destroy);
}
