/* segment_rank.c - what the clusters are worth, and their canonical order. */
#include "segment_impl.h"

#include "tiercel/fold.h"

#include <math.h>

static const char *const summed[TC_SEGMENT_SUMS] = {"net_amount", "recency_days",
                                                    "order_count"};

typedef struct {
    const tc_segment *s;
    double *value[TC_SEGMENT_SUMS]; /* [known.n_local] */
} sums;

static tc_status visit_sums(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                            double *reals, tc_error *err)
{
    const sums *c = context;
    (void)err;
    for (int64_t i = row; i < row + n_rows; i++) {
        const int64_t at = (int64_t)c->s->label[i] * TC_SEGMENT_SUMS;
        for (int m = 0; m < TC_SEGMENT_SUMS; m++) {
            if (!isnan(c->value[m][i])) {
                reals[at + m] += c->value[m][i];
                ints[at + m]++;
            }
        }
    }
    return TC_OK;
}

static int64_t size_of(const tc_segment *s, int a)
{
    return s->model->sum[(int64_t)a * (s->n_dim + 1) + s->n_dim];
}

/* 1 if cluster a comes before b: by falling mean net amount, then by rising centre, then by number; empty
 * ones last. */
static int comes_before(const tc_segment *s, int a, int b)
{
    const double mean_a = s->sum[a][TC_SEGMENT_NET] / (double)size_of(s, a);
    const double mean_b = s->sum[b][TC_SEGMENT_NET] / (double)size_of(s, b);
    const int32_t *centre_a = &s->model->centre[(int64_t)a * s->n_dim];
    const int32_t *centre_b = &s->model->centre[(int64_t)b * s->n_dim];
    if (size_of(s, a) == 0 || size_of(s, b) == 0) {
        return size_of(s, b) == 0 && (size_of(s, a) > 0 || a < b);
    }
    if (mean_a > mean_b || mean_a < mean_b) {
        return mean_a > mean_b;
    }
    for (int j = 0; j < s->n_dim; j++) {
        if (centre_a[j] != centre_b[j]) {
            return centre_a[j] < centre_b[j];
        }
    }
    return a < b;
}

static void sort_clusters(tc_segment *s)
{
    for (int a = 0; a < s->model->k; a++) {
        int at = a;
        for (; at > 0 && comes_before(s, a, s->order[at - 1]); at--) {
            s->order[at] = s->order[at - 1];
        }
        s->order[at] = a;
    }
}

tc_status tc_segment_rank_all(tc_segment *s, tc_error *err)
{
    const int64_t cells = (int64_t)s->model->k * TC_SEGMENT_SUMS;
    sums c = {.s = s};
    tc_fold *fold = NULL;
    tc_status st = tc_fold_create(cells, cells, &fold, err);
    st = tc_comm_agree_all(s->comm, st, err);
    for (int m = 0; m < TC_SEGMENT_SUMS && st == TC_OK; m++) {
        st = tc_segment_feature_all(s, summed[m], &c.value[m], err);
    }
    if (st == TC_OK) {
        st = tc_fold_run_all(s->comm, &s->known, fold, visit_sums, &c, err);
    }
    for (int64_t i = 0; st == TC_OK && i < cells; i++) {
        s->sum[i / TC_SEGMENT_SUMS][i % TC_SEGMENT_SUMS] = tc_fold_real(fold)[i];
        s->n_values[i / TC_SEGMENT_SUMS][i % TC_SEGMENT_SUMS] = tc_fold_int(fold)[i];
    }
    if (st == TC_OK) {
        sort_clusters(s);
    }
    for (int m = 0; m < TC_SEGMENT_SUMS; m++) {
        tc_mem_free(c.value[m]);
    }
    tc_fold_destroy(&fold);
    return st;
}
