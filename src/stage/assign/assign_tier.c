/* assign_tier.c - tiers by quota from the histogram of scores. */
#include "assign_impl.h"

#include "tiercel/fault.h"

static tc_status
visit_scores(void *context, int64_t row, int64_t n_rows, int64_t *ints,
             double *reals, // NOLINT(readability-non-const-parameter): tc_fold_visit
             tc_error *err)
{
    const tc_scoring *s = context;
    (void)reals;
    (void)err;
    for (int64_t i = row; i < row + n_rows; i++) {
        ints[s->score[i]] += s->known[i];
    }
    return TC_OK;
}

static void assign_tiers(tc_assign *a, tc_scoring *s, const int64_t *hist, uint8_t *table)
{
    tc_tiering_cuts(hist, a->share, a->n_tiers, s->cut);
    tc_tiering_table(s->cut, a->n_tiers, table);
    for (int64_t i = 0; i < s->n; i++) {
        s->tier[i] = s->known[i] ? table[s->score[i]] : 0;
    }
    for (int c = 0; c < TC_SCORE_CELLS; c++) {
        s->tier_size[table[c] - 1] += hist[c];
    }
}

tc_status tc_assign_tiers_all(tc_assign *a, tc_scoring *s, tc_error *err)
{
    tc_fold *fold = NULL;
    uint8_t *table = NULL;
    tc_status st = TC_FAULT("assign.tiers", err);
    if (st == TC_OK) {
        st = tc_fold_create(TC_SCORE_CELLS, 0, &fold, err);
    }
    if (st == TC_OK) {
        table = tc_mem_alloc(TC_SCORE_CELLS, sizeof *table, err);
        st = table == NULL ? TC_ENOMEM : TC_OK;
    }
    st = tc_comm_agree_all(a->comm, st, err);
    if (st == TC_OK) {
        st = tc_fold_run_all(a->comm, &a->shards, fold, visit_scores, s, err);
    }
    if (st == TC_OK) {
        TC_ASSERT(table != NULL);
        assign_tiers(a, s, tc_fold_int(fold), table);
    }
    tc_mem_free(table);
    tc_fold_destroy(&fold);
    return st;
}
