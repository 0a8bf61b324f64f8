/* logit_data.h - what the tests of logistic regression on public data share. The including file defines
 * _POSIX_C_SOURCE and includes cmocka. The files lie in the folder named by TIERCEL_SHARED; without it
 * the tests are skipped. */
#ifndef TC_LOGIT_DATA_H
#define TC_LOGIT_DATA_H

#include "skip.h"

#include "logit_serial.h"
#include "tiercel/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_COLUMNS = 124, MAX_ROWS = 33000, LINE = 4096 };

static double *column[MAX_COLUMNS];
static int8_t *outcome;
static int64_t n_rows;

static inline void assert_near(double found, double expected, double tolerance)
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
        TC_TEST_SKIP();
    }
    if (strstr(name, ".xz") != NULL) {
        (void)fclose(file);
        (void)snprintf(command, sizeof command, "xz -dc '%s'", path);
        file = popen(command, "r"); // NOLINT(cert-env33-c)
        assert_non_null(file);
    }
    return file;
}

static inline int create(void **state)
{
    (void)state;
    for (int j = 0; j < MAX_COLUMNS; j++) {
        column[j] = tc_mem_alloc(MAX_ROWS, sizeof **column, NULL);
    }
    outcome = tc_mem_alloc(MAX_ROWS, 1, NULL);
    return 0;
}

static inline int destroy(void **state)
{
    (void)state;
    for (int j = 0; j < MAX_COLUMNS; j++) {
        tc_mem_free(column[j]);
    }
    tc_mem_free(outcome);
    return tc_mem_live_blocks() != 0;
}

static inline tc_logit_rows rows_of(void)
{
    return (tc_logit_rows){
        .column = (const double *const *)column, .y = outcome, .n_rows = n_rows};
}

static inline tc_logit_model *fitted(const tc_logit_problem *problem)
{
    const tc_logit_rows rows = rows_of();
    tc_logit_model *model = NULL;
    tc_error err = {0};
    assert_int_equal(serial_fit(problem, &rows, 4, &model, &err), TC_OK);
    assert_int_equal(model->end, TC_LOGIT_CONVERGED);
    return model;
}

/* Measures of the model on the rows at hand; also the sums of Brier score and logarithmic loss. */
static inline tc_metrics measure(const tc_logit_model *model, double reals[2],
                                 tc_confusion *half)
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

static inline void standardise(int columns, double *mean, double *scale)
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

#endif
