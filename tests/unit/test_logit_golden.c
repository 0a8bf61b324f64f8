/* Logistic regression with standard errors against published models: breast cancer (UCI) and the IBM
 * Telco sample. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "logit_data.h"

/* Three columns of the Wisconsin breast cancer data (UCI), malignant = 1. The expected figures are
 * an independent program's. */
static void test_breast_cancer(void **state)
{
    static const double expected[4][2] = {{-42.01940764, 4.45942687},
                                          {1.39699241, 0.15403241},
                                          {0.38055893, 0.05711325},
                                          {144.67422712, 19.04687509}};
    const tc_logit_problem problem = tc_logit_problem_default(3);
    char path[512], line[LINE];
    double mean[3], scale[3];
    int64_t n = 0;
    tc_logit_effect e[4];
    tc_logit_model *model;
    (void)state;
    (void)snprintf(path, sizeof path, "%.*s/../golden/breast_cancer.csv",
                   (int)(strrchr(__FILE__, '/') - __FILE__), __FILE__);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    while (n < MAX_ROWS && fgets(line, sizeof line, file) != NULL) {
        char *p = line;
        for (int j = 0; j < 3; j++) {
            column[j][n] = strtod(p, &p);
            p++;
        }
        outcome[n++] = (int8_t)(*p == '1');
    }
    (void)fclose(file);
    n_rows = n;
    assert_int_equal(n, 569);
    standardise(3, mean, scale);
    model = fitted(&problem);
    tc_logit_effects(model, mean, scale, e);
    assert_int_equal(model->end, TC_LOGIT_CONVERGED);
    assert_near(-0.5 * model->deviance, -93.6451113589, 1e-9);
    for (int j = 0; j < 4; j++) {
        assert_near(e[j].coefficient, expected[j][0], 1e-8);
        assert_near(e[j].standard_error, expected[j][1], 1e-8);
    }
    print_message("%lld iterations, %lld passes\n", (long long)model->iterations,
                  (long long)model->passes);
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
        cmocka_unit_test(test_breast_cancer),
        cmocka_unit_test(test_telco),
        cmocka_unit_test(test_telco_dependent),
        cmocka_unit_test(test_telco_small),
    };
    return tc_test_code(cmocka_run_group_tests(tests, create, destroy));
}
