/* segment_sample.c - the sample that all ranks hold: rows that count in the fit, chosen by a hash of their number. */
#include "segment_choose.h"

#include "tiercel/fault.h"
#include "tiercel/hash.h"

#include <string.h>

enum {
    PURPOSE_SAMPLE = 0x73616D,
    SAMPLE_PER_CLUSTER =
        64 /* the least, so that chance cannot leave fewer rows than clusters */
};

/* What picks the sample. A record: the values of a row, then its weight. */
typedef struct {
    uint64_t row0;
    uint64_t key, limit; /* limit 0: every row */
    tc_buffer *picked;
} picker;

static tc_status pick_piece(void *context, const tc_kmeans_rows *piece, int64_t row0,
                            tc_error *err)
{
    const picker *p = context;
    for (int64_t i = 0; i < piece->n; i++) {
        const uint64_t row = p->row0 + (uint64_t)(row0 + i);
        const uint32_t weight = tc_kmeans_weight(piece, i);
        if (weight > 0 && (p->limit == 0 || tc_hash_mix(row, p->key) < p->limit)) {
            int32_t record[TC_KMEANS_MAX_D + 1];
            tc_kmeans_point(piece, i, record);
            memcpy(&record[piece->d], &weight, sizeof weight);
            TC_TRY(tc_buffer_append(p->picked, record,
                                    (piece->d + 1) * (int64_t)sizeof *record, err));
        }
    }
    return TC_OK;
}

/* Appends the sampled rows. A row is in by a hash of its place in the order of customers, which is the order of
 * their own hashes: the same rows for any number of ranks. */
static tc_status pick_rows(const tc_segment_task *task, int64_t n_wanted, tc_buffer *picked,
                           tc_error *err)
{
    const double share = (double)n_wanted / (double)task->n_fitted;
    picker p = {.row0 = (uint64_t)task->row0,
                .key = tc_hash_mix(task->seed, PURPOSE_SAMPLE),
                .limit = share >= 1 ? 0 : (uint64_t)(share * 0x1p64),
                .picked = picked};
    TC_TRY(TC_FAULT("segment.sample", err));
    return tc_matrix_visit(task->matrix, pick_piece, &p, err);
}

/* Turns records into blocks; weights are kept if any is not 1. */
static tc_status to_blocks(const tc_buffer *records, int d, tc_segment_sample *sample,
                           tc_error *err)
{
    const int64_t n = records->size / ((d + 1) * (int64_t)sizeof(int32_t));
    int weighted = 0;
    sample->x = tc_mem_alloc(tc_kmeans_floats(n, d), sizeof *sample->x, err);
    sample->weight = tc_mem_alloc(n, sizeof *sample->weight, err);
    if (sample->x == NULL || sample->weight == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        int32_t record[TC_KMEANS_MAX_D + 1];
        memcpy(record, records->data + (size_t)(i * (d + 1)) * sizeof *record,
               (size_t)(d + 1) * sizeof *record);
        for (int j = 0; j < d; j++) {
            sample->x[tc_kmeans_at(d, i, j)] = (float)record[j];
        }
        sample->weight[i] = (uint32_t)record[d];
        weighted |= record[d] != 1;
    }
    sample->rows = (tc_kmeans_rows){
        .n = n, .d = d, .x = sample->x, .weight = weighted ? sample->weight : NULL};
    return TC_OK;
}

tc_status tc_segment_sample_all(const tc_segment_task *task, int k_max,
                                tc_segment_sample *sample, tc_error *err)
{
    const int64_t least = (int64_t)k_max * SAMPLE_PER_CLUSTER;
    const int64_t wanted = task->config->sample > least ? task->config->sample : least;
    tc_buffer picked = {0};
    tc_buffer all = {0};
    tc_status st = pick_rows(task, wanted, &picked, err);
    st = tc_comm_agree_all(task->comm, st, err);
    if (st == TC_OK) {
        st = tc_comm_gather_all(task->comm, picked.data, picked.size, &all, err);
    }
    tc_buffer_free(&picked);
    if (st == TC_OK) {
        st = to_blocks(&all, tc_matrix_columns(task->matrix), sample, err);
        st = tc_comm_agree_all(task->comm, st, err);
    }
    tc_buffer_free(&all);
    return st;
}

void tc_segment_sample_free(tc_segment_sample *sample)
{
    tc_mem_free(sample->x);
    tc_mem_free(sample->weight);
    *sample = (tc_segment_sample){0};
}
