/* segment_rank.c - what the clusters are worth, and their canonical order. */
#include "segment_impl.h"

#include "tiercel/fold.h"

#include <math.h>

static const char *const summed[TC_SEGMENT_SUMS] = {"net_amount", "recency_days",
                                                    "order_count"};

typedef struct {
    const tc_segment *s;
    tc_segment_rows rows;
} sums;

static tc_status visit_sums(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                            double *reals, tc_error *err)
{
    sums *c = context;
    int64_t *size = &ints[(int64_t)c->s->model->k * TC_SEGMENT_SUMS];
    const uint8_t *label = &c->s->label[row];
    TC_TRY(tc_segment_rows_bring(&c->rows, &row, n_rows, err));
    for (int64_t i = 0; i < n_rows; i++) {
        const int64_t at = (int64_t)label[i] * TC_SEGMENT_SUMS;
        size[label[i]]++;
        for (int m = 0; m < TC_SEGMENT_SUMS; m++) {
            const double value = c->rows.column[m][i];
            if (!isnan(value)) {
                reals[at + m] += value;
                ints[at + m]++;
            }
        }
    }
    return TC_OK;
}

/* 1 if cluster a comes before b: by falling mean net amount, then by rising centre, then by number; empty
 * ones last. */
static int comes_before(const tc_segment *s, int a, int b)
{
    const double mean_a = s->sum[a][TC_SEGMENT_NET] / (double)s->size[a];
    const double mean_b = s->sum[b][TC_SEGMENT_NET] / (double)s->size[b];
    const int32_t *centre_a = &s->model->centre[(int64_t)a * s->n_dim];
    const int32_t *centre_b = &s->model->centre[(int64_t)b * s->n_dim];
    if (s->size[a] == 0 || s->size[b] == 0) {
        return s->size[b] == 0 && (s->size[a] > 0 || a < b);
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

/* Collective. Reads the columns of the sums, a shard at a time. */
static tc_status add_up_all(tc_segment *s, sums *c, tc_fold *fold, tc_error *err)
{
    tc_segment_features columns;
    tc_status st = tc_segment_features_open_all(s->comm, s->features, s->date, summed,
                                                TC_SEGMENT_SUMS, &columns, err);
    c->rows.source = tc_segment_features_source(&columns);
    c->rows.all = &s->customers;
    c->rows.known = &s->known;
    c->rows.roles = (tc_segment_roles){.n_read = TC_SEGMENT_SUMS,
                                       .n_use = TC_SEGMENT_SUMS,
                                       .presence = TC_SEGMENT_ORDERS,
                                       .weight = -1};
    if (st == TC_OK) {
        st = tc_comm_agree_all(s->comm, tc_segment_rows_create(&c->rows, err), err);
    }
    if (st == TC_OK) {
        st = tc_fold_run_all(s->comm, &s->known, fold, visit_sums, c, err);
    }
    tc_segment_rows_free(&c->rows);
    return tc_segment_features_end_all(&columns, st, err);
}

tc_status tc_segment_rank_all(tc_segment *s, tc_error *err)
{
    const int64_t cells = (int64_t)s->model->k * TC_SEGMENT_SUMS;
    sums c = {.s = s};
    tc_fold *fold = NULL;
    tc_status st = tc_fold_create(cells + s->model->k, cells, &fold, err);
    st = tc_comm_agree_all(s->comm, st, err);
    if (st == TC_OK) {
        st = add_up_all(s, &c, fold, err);
    }
    for (int64_t i = 0; st == TC_OK && i < cells; i++) {
        s->sum[i / TC_SEGMENT_SUMS][i % TC_SEGMENT_SUMS] = tc_fold_real(fold)[i];
        s->n_values[i / TC_SEGMENT_SUMS][i % TC_SEGMENT_SUMS] = tc_fold_int(fold)[i];
    }
    for (int a = 0; st == TC_OK && a < s->model->k; a++) {
        s->size[a] = tc_fold_int(fold)[cells + a];
    }
    if (st == TC_OK) {
        sort_clusters(s);
    }
    tc_fold_destroy(&fold);
    return st;
}
