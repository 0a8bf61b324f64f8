/* logit_serial.h - the loop of logit.h over rows in this process: shards of rows, exact sums, no MPI. */
#ifndef TC_LOGIT_SERIAL_H
#define TC_LOGIT_SERIAL_H

#include "tiercel/logit.h"
#include "tiercel/xacc.h"

#include <string.h>

typedef struct {
    tc_logit_problem problem;
    tc_logit_rows rows;
    int n_shards;
    tc_xacc *sums;
    double *reals, *scratch;
    int64_t ints[TC_LOGIT_INTS];
} serial_data;

static inline void serial_open(serial_data *data)
{
    const int64_t n = tc_logit_n_real(&data->problem);
    data->sums = tc_mem_alloc(n, sizeof *data->sums, NULL);
    data->reals = tc_mem_alloc(n, sizeof *data->reals, NULL);
    data->scratch = tc_mem_alloc(tc_logit_n_scratch(&data->problem), sizeof(double), NULL);
}

static inline void serial_close(serial_data *data)
{
    tc_mem_free(data->sums);
    tc_mem_free(data->reals);
    tc_mem_free(data->scratch);
}

static inline tc_status serial_evaluate(void *context, const tc_logit_request *request,
                                        const int64_t **ints, const double **reals,
                                        tc_error *err)
{
    serial_data *data = context;
    const int64_t n = tc_logit_n_real(&data->problem);
    (void)err;
    memset(data->ints, 0, sizeof data->ints);
    memset(data->sums, 0, (size_t)n * sizeof *data->sums);
    for (int s = 0; s < data->n_shards; s++) {
        tc_logit_rows part = data->rows;
        part.row0 = data->rows.row0 + data->rows.n_rows * s / data->n_shards;
        part.n_rows =
            data->rows.row0 + data->rows.n_rows * (s + 1) / data->n_shards - part.row0;
        memset(data->reals, 0, (size_t)n * sizeof *data->reals);
        tc_logit_partial(&data->problem, &part, request, data->scratch, data->ints,
                         data->reals);
        for (int64_t i = 0; i < n; i++) {
            tc_xacc_add(&data->sums[i], data->reals[i]);
        }
    }
    for (int64_t i = 0; i < n; i++) {
        data->reals[i] = tc_xacc_value(&data->sums[i]);
    }
    *ints = data->ints;
    *reals = data->reals;
    return TC_OK;
}

/* Fits the columns as they are. */
static inline tc_status serial_fit(const tc_logit_problem *problem,
                                   const tc_logit_rows *rows, int n_shards,
                                   tc_logit_model **model, tc_error *err)
{
    serial_data data = {.problem = *problem, .rows = *rows, .n_shards = n_shards};
    tc_status st = tc_logit_create(problem, model, err);
    serial_open(&data);
    if (st == TC_OK) {
        st = tc_logit_fit(*model, serial_evaluate, &data, err);
    }
    serial_close(&data);
    return st;
}

#endif
