#include "tiercel/fold.h"

#include "tiercel/stop.h"
#include "tiercel/xacc.h"

#include <string.h>

/* The message of a fold: [failed ranks][ints][exact accumulators], all int64. */
struct tc_fold {
    int64_t n_int, n_real, n_words;
    int64_t *words;
    double *partial; /* of one shard */
    double *value;   /* merged and rounded */
};

tc_status tc_fold_create(int64_t n_int, int64_t n_real, tc_fold **out, tc_error *err)
{
    tc_fold *fold = tc_mem_alloc(1, sizeof *fold, err);
    *out = fold;
    if (fold == NULL) {
        return TC_ENOMEM;
    }
    fold->n_int = n_int;
    fold->n_real = n_real;
    fold->n_words = 1 + n_int + TC_XACC_WORDS * n_real;
    fold->words = tc_mem_alloc(fold->n_words, sizeof *fold->words, err);
    fold->partial = tc_mem_alloc(n_real, sizeof *fold->partial, err);
    fold->value = tc_mem_alloc(n_real, sizeof *fold->value, err);
    if (fold->words == NULL || fold->partial == NULL || fold->value == NULL) {
        tc_fold_destroy(out);
        return TC_ENOMEM;
    }
    return TC_OK;
}

void tc_fold_destroy(tc_fold **fold)
{
    if (*fold != NULL) {
        tc_mem_free((*fold)->words);
        tc_mem_free((*fold)->partial);
        tc_mem_free((*fold)->value);
        tc_mem_free(*fold);
        *fold = NULL;
    }
}

static tc_xacc *accumulators(const tc_fold *fold)
{
    _Static_assert(sizeof(tc_xacc) == TC_XACC_WORDS * sizeof(int64_t),
                   "xacc travels as words");
    return (tc_xacc *)(void *)(fold->words + 1 + fold->n_int);
}

static tc_status visit_shards(const tc_shards *shards, tc_fold *fold, tc_fold_visit *visit,
                              void *context, tc_error *err)
{
    tc_xacc *acc = accumulators(fold);
    for (int64_t s = shards->shard0; s < shards->shard1; s++) {
        const int64_t row = shards->first_row[s] - shards->row0;
        const int64_t n_rows = shards->first_row[s + 1] - shards->first_row[s];
        memset(fold->partial, 0, (size_t)fold->n_real * sizeof *fold->partial);
        TC_TRY(tc_stop_check(err));
        TC_TRY(visit(context, row, n_rows, fold->words + 1, fold->partial, err));
        for (int64_t i = 0; i < fold->n_real; i++) {
            tc_xacc_add(&acc[i], fold->partial[i]);
        }
    }
    return TC_OK;
}

tc_status tc_fold_run_all(tc_comm *comm, const tc_shards *shards, tc_fold *fold,
                          tc_fold_visit *visit, void *context, tc_error *err)
{
    tc_xacc *acc = accumulators(fold);
    tc_status st;
    memset(fold->words, 0, (size_t)fold->n_words * sizeof *fold->words);
    st = visit_shards(shards, fold, visit, context, err);
    fold->words[0] = st != TC_OK;
    /* normalised limbs leave room for the sums of 2^31 ranks */
    for (int64_t i = 0; i < fold->n_real; i++) {
        tc_xacc_normalise(&acc[i]);
    }
    tc_comm_sum_i64_all(comm, fold->words, fold->n_words);
    if (fold->words[0] != 0) {
        return tc_comm_agree_all(comm, st, err);
    }
    for (int64_t i = 0; i < fold->n_real; i++) {
        fold->value[i] = tc_xacc_value(&acc[i]);
    }
    return TC_OK;
}

const int64_t *tc_fold_int(const tc_fold *fold)
{
    return fold->words + 1;
}

const double *tc_fold_real(const tc_fold *fold)
{
    return fold->value;
}
