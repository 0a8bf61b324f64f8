/* segment_fit.c - Lloyd over all ranks: one fold a pass. */
#include "segment_impl.h"

#include "tiercel/fault.h"
#include "tiercel/fold.h"

#include <string.h>

/* The blocks that begin in a shard: together they are all blocks of this rank, each once. The sums are
 * integers, so it does not matter where they are cut. */
static tc_kmeans_rows blocks_of(const tc_segment *s, int64_t row, int64_t n_rows,
                                int64_t *row0)
{
    const tc_kmeans_rows all = tc_segment_rows(s);
    const int64_t lanes = TC_KMEANS_LANES;
    const int64_t begin = (row + lanes - 1) / lanes * lanes;
    const int64_t end = (row + n_rows + lanes - 1) / lanes * lanes;
    *row0 = begin < all.n ? begin : 0;
    return tc_kmeans_part(&all, *row0,
                          begin < all.n ? (end < all.n ? end : all.n) - begin : 0);
}

/* NOLINTBEGIN(readability-non-const-parameter): the type is that of all visits */
static tc_status visit_total(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                             double *reals, tc_error *err)
{
    const tc_segment *s = context;
    int64_t row0;
    const tc_kmeans_rows rows = blocks_of(s, row, n_rows, &row0);
    (void)reals;
    (void)err;
    tc_kmeans_total(&rows, ints);
    return TC_OK;
}

static tc_status visit_assign(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                              double *reals, tc_error *err)
{
    tc_segment *s = context;
    int64_t row0;
    const tc_kmeans_rows rows = blocks_of(s, row, n_rows, &row0);
    (void)reals;
    TC_TRY(TC_FAULT("segment.fold", err));
    tc_kmeans_assign(s->model, &rows, &s->label[row0], ints);
    return TC_OK;
}
/* NOLINTEND(readability-non-const-parameter) */

/* Collective. The row of all ranks that is farthest from every centre, ties to the smallest in the order of
 * customers: its distance, and its values, cluster and weight in point[n_dim + 2]. Returns its local number
 * on the rank that holds it, else -1. */
static int64_t find_farthest_all(tc_segment *s, int64_t *distance, int64_t *point)
{
    const tc_kmeans_rows rows = tc_segment_rows(s);
    const tc_kmeans_far mine = tc_kmeans_farthest(s->model, &rows);
    int64_t global, local;
    *distance = mine.distance;
    tc_comm_max_i64_all(s->comm, distance, 1);
    global = mine.distance == *distance && mine.distance >= 0 ? s->known.row0 + mine.row
                                                              : INT64_MAX;
    tc_comm_min_i64_all(s->comm, &global, 1);
    local = global - s->known.row0;
    local = local >= 0 && local < rows.n ? local : -1;
    memset(point, 0, (size_t)(s->n_dim + 2) * sizeof *point);
    if (local >= 0) {
        for (int j = 0; j < s->n_dim; j++) {
            point[j] = (int64_t)tc_kmeans_value(&rows, local, j);
        }
        point[s->n_dim] = s->label[local];
        point[s->n_dim + 1] = tc_kmeans_weight(&rows, local);
    }
    tc_comm_sum_i64_all(s->comm, point, s->n_dim + 2);
    return local;
}

/* Collective. Gives each empty cluster the farthest row, as long as some row is not on a centre. Returns
 * how many were filled. All ranks hold the same sums and take the same branches. */
static int64_t fill_empty_all(tc_segment *s)
{
    int64_t filled = 0;
    for (int a = tc_kmeans_empty(s->model, 0); a >= 0;
         a = tc_kmeans_empty(s->model, a + 1)) {
        int64_t distance, found[TC_KMEANS_MAX_D + 2];
        int32_t point[TC_KMEANS_MAX_D];
        const int64_t local = find_farthest_all(s, &distance, found);
        if (distance <= 0) {
            break;
        }
        for (int j = 0; j < s->n_dim; j++) {
            point[j] = (int32_t)found[j];
        }
        tc_kmeans_relocate(s->model, a, (int)found[s->n_dim], point,
                           (uint32_t)found[s->n_dim + 1]);
        if (local >= 0) {
            s->label[local] = (uint8_t)a;
        }
        filled++;
    }
    return filled;
}

/* Collective. The total of squares, by which the inertia follows from the sums of the clusters. */
static tc_status total_all(tc_segment *s, tc_error *err)
{
    tc_fold *fold = NULL;
    tc_status st = tc_fold_create(TC_KMEANS_TOTAL_WORDS, 0, &fold, err);
    st = tc_comm_agree_all(s->comm, st, err);
    if (st == TC_OK) {
        st = tc_fold_run_all(s->comm, &s->known, fold, visit_total, s, err);
    }
    if (st == TC_OK) {
        memcpy(s->model->total, tc_fold_int(fold), sizeof s->model->total);
    }
    tc_fold_destroy(&fold);
    return st;
}

/* Collective. */
static tc_status lloyd_all(tc_segment *s, tc_fold *fold, tc_error *err)
{
    const tc_kmeans_limits limits = {s->config->segment.max_iterations,
                                     s->config->segment.tolerance};
    int over = 0;
    tc_status st = TC_OK;
    while (st == TC_OK && !over) {
        st = tc_fold_run_all(s->comm, &s->known, fold, visit_assign, s, err);
        if (st == TC_OK) {
            const int64_t *delta = tc_fold_int(fold);
            int64_t moved = delta[tc_kmeans_words(s->model) - 1];
            tc_kmeans_add(s->model, delta);
            tc_kmeans_centres(s->model);
            moved += fill_empty_all(s);
            over = tc_kmeans_stop(s->model, &limits, moved, &s->report);
        }
    }
    return st;
}

static tc_status create(tc_segment *s, tc_fold **fold, tc_error *err)
{
    TC_TRY(tc_kmeans_create((int)s->config->segment.k, s->n_dim, &s->model, err));
    s->label = tc_mem_alloc(s->known.n_local, sizeof *s->label, err);
    if (s->label == NULL) {
        return TC_ENOMEM;
    }
    memset(s->label, TC_KMEANS_NO_LABEL, (size_t)s->known.n_local);
    return tc_fold_create(tc_kmeans_words(s->model), 0, fold, err);
}

tc_status tc_segment_fit_all(tc_segment *s, tc_error *err)
{
    tc_fold *fold = NULL;
    tc_status st = tc_comm_agree_all(s->comm, create(s, &fold, err), err);
    if (st == TC_OK) {
        st = total_all(s, err);
    }
    if (st == TC_OK) {
        st = tc_segment_seed_all(s, err);
    }
    if (st == TC_OK) {
        st = lloyd_all(s, fold, err);
    }
    tc_fold_destroy(&fold);
    return st;
}
