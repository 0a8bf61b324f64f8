#include "tiercel/quantile_all.h"

#include "tiercel/fault.h"

typedef struct {
    tc_quantile *quantile;
    const tc_quantile_rows *rows;
} search;

/* NOLINTBEGIN(readability-non-const-parameter): the type is that of all visits */
static tc_status visit(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                       double *reals, tc_error *err)
{
    const search *s = context;
    (void)reals;
    if (s->rows != NULL) {
        TC_TRY(s->rows->load(s->rows->context, &row, n_rows, err));
    }
    tc_quantile_partial(s->quantile, row, n_rows, ints);
    return TC_OK;
}
/* NOLINTEND(readability-non-const-parameter) */

/* Collective. The few keys that are left, from all ranks to all. */
static tc_status gather_all(tc_comm *comm, const tc_shards *shards, search *s,
                            tc_error *err)
{
    tc_buffer mine = {0}, all = {0};
    tc_status st = TC_OK;
    for (int64_t shard = shards->shard0; shard < shards->shard1 && st == TC_OK; shard++) {
        int64_t row = shards->first_row[shard] - shards->row0;
        const int64_t n_rows = shards->first_row[shard + 1] - shards->first_row[shard];
        if (s->rows != NULL) {
            st = s->rows->load(s->rows->context, &row, n_rows, err);
        }
        if (st == TC_OK) {
            st = tc_quantile_collect(s->quantile, row, n_rows, &mine, err);
        }
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_comm_gather_all(comm, mine.data, mine.size, &all, err);
    }
    if (st == TC_OK) {
        st = tc_quantile_settle(s->quantile, (tc_quantile_key *)(void *)all.data,
                                all.size / (int64_t)sizeof(tc_quantile_key), err);
        st = tc_comm_agree_all(comm, st, err);
    }
    tc_buffer_free(&mine);
    tc_buffer_free(&all);
    return st;
}

/* Collective. One round: 11 more bits of every wanted key. */
static tc_status round_all(tc_comm *comm, const tc_shards *shards, search *s, tc_error *err)
{
    tc_fold *fold = NULL;
    tc_status st = tc_fold_create(tc_quantile_n_counts(s->quantile), 0, &fold, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_fold_run_all(comm, shards, fold, visit, s, err);
    }
    if (st == TC_OK) {
        st = tc_quantile_refine(s->quantile, tc_fold_int(fold), err);
        st = tc_comm_agree_all(comm, st, err);
    }
    tc_fold_destroy(&fold);
    return st;
}

tc_status tc_quantile_rows_all(tc_comm *comm, const tc_shards *shards,
                               const tc_quantile_request *request,
                               const tc_quantile_rows *rows, double *out, int64_t *n_valid,
                               tc_error *err)
{
    search s = {.rows = rows};
    tc_status st = TC_FAULT("quantile.create", err);
    if (st == TC_OK) {
        st = tc_quantile_create(request, &s.quantile, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    while (st == TC_OK && tc_quantile_n_counts(s.quantile) > 0) {
        st = round_all(comm, shards, &s, err);
    }
    if (st == TC_OK && tc_quantile_is_gathering(s.quantile)) {
        st = gather_all(comm, shards, &s, err);
    }
    if (st == TC_OK) {
        tc_quantile_finish(s.quantile, out, n_valid);
    }
    tc_quantile_destroy(&s.quantile);
    return st;
}

tc_status tc_quantile_all(tc_comm *comm, const tc_shards *shards,
                          const tc_quantile_request *request, double *out, int64_t *n_valid,
                          tc_error *err)
{
    return tc_quantile_rows_all(comm, shards, request, NULL, out, n_valid, err);
}
