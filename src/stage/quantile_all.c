#include "tiercel/quantile_all.h"

#include "tiercel/fault.h"

/* NOLINTBEGIN(readability-non-const-parameter): the type is that of all visits */
static tc_status visit(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                       double *reals, tc_error *err)
{
    (void)reals;
    (void)err;
    tc_quantile_partial(context, row, n_rows, ints);
    return TC_OK;
}
/* NOLINTEND(readability-non-const-parameter) */

/* Collective. One round: 11 more bits of every wanted key. */
static tc_status round_all(tc_comm *comm, const tc_shards *shards, tc_quantile *quantile,
                           tc_error *err)
{
    tc_fold *fold = NULL;
    tc_status st = tc_fold_create(tc_quantile_n_counts(quantile), 0, &fold, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_fold_run_all(comm, shards, fold, visit, quantile, err);
    }
    if (st == TC_OK) {
        st = tc_quantile_refine(quantile, tc_fold_int(fold), err);
        st = tc_comm_agree_all(comm, st, err);
    }
    tc_fold_destroy(&fold);
    return st;
}

tc_status tc_quantile_all(tc_comm *comm, const tc_shards *shards,
                          const tc_quantile_request *request, double *out, int64_t *n_valid,
                          tc_error *err)
{
    tc_quantile *quantile = NULL;
    tc_status st = TC_FAULT("quantile.create", err);
    if (st == TC_OK) {
        st = tc_quantile_create(request, &quantile, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    while (st == TC_OK && tc_quantile_n_counts(quantile) > 0) {
        st = round_all(comm, shards, quantile, err);
    }
    if (st == TC_OK) {
        tc_quantile_finish(quantile, out, n_valid);
    }
    tc_quantile_destroy(&quantile);
    return st;
}
