#include "segment_lloyd.h"

#include "tiercel/fault.h"
#include "tiercel/progress.h"
#include "tiercel/stop.h"

#include <math.h>
#include <string.h>

enum {
    CHUNK = 64 * TC_KMEANS_LANES
}; /* rows that all models see while they are in the cache */

/* What the passes carry. */
typedef struct {
    tc_comm *comm;
    tc_matrix *m;
    int64_t row0;
    tc_segment_fit *fit;
    int n;
    int64_t
        *sums; /* deltas of the fits that are not over, one after the other, and a word */
} lloyd;

void tc_segment_centres_take(const tc_kmeans *model, tc_segment_centres *out)
{
    memcpy(out->centre, model->centre,
           (size_t)model->k * (size_t)model->d * sizeof *out->centre);
    for (int a = 0; a < model->k; a++) {
        out->empty[a] = (uint8_t)(isinf(model->half[a]) ? 1 : 0);
    }
}

void tc_segment_centres_put(const tc_segment_centres *centres, tc_kmeans *model)
{
    tc_kmeans_start(model, NULL, 0);
    for (int a = 0; a < model->k; a++) {
        if (!centres->empty[a]) {
            tc_kmeans_place(model, a, &centres->centre[(int64_t)a * model->d]);
        }
    }
}

static tc_status create_centres(int k, int d, tc_segment_centres *out, tc_error *err)
{
    out->centre = tc_mem_alloc((int64_t)k * d, sizeof *out->centre, err);
    out->empty = tc_mem_alloc(k, sizeof *out->empty, err);
    return out->centre == NULL || out->empty == NULL ? TC_ENOMEM : TC_OK;
}

tc_status tc_segment_centres_create(tc_segment_fit *fit, tc_error *err)
{
    TC_TRY(create_centres(fit->model->k, fit->model->d, &fit->last, err));
    return create_centres(fit->model->k, fit->model->d, &fit->next, err);
}

void tc_segment_centres_free(tc_segment_fit *fit)
{
    tc_mem_free(fit->last.centre);
    tc_mem_free(fit->last.empty);
    tc_mem_free(fit->next.centre);
    tc_mem_free(fit->next.empty);
    fit->last = fit->next = (tc_segment_centres){0};
}

static tc_status add_total(void *context, const tc_kmeans_rows *piece, int64_t row0,
                           int64_t *sums, tc_error *err)
{
    (void)context;
    (void)row0;
    (void)err;
    tc_kmeans_total(piece, sums);
    return TC_OK;
}

/* Collective. The total of squares, by which the inertia follows from the sums of the clusters. */
static tc_status total_all(const lloyd *l, tc_error *err)
{
    int64_t total[TC_KMEANS_TOTAL_WORDS + 1];
    const tc_status st = tc_matrix_sum_all(l->comm, l->m, add_total, NULL, total,
                                           TC_KMEANS_TOTAL_WORDS, err);
    for (int f = 0; st == TC_OK && f < l->n; f++) {
        memcpy(l->fit[f].model->total, total, sizeof l->fit[f].model->total);
    }
    return st;
}

static tc_status assign_piece(void *context, const tc_kmeans_rows *piece, int64_t row0,
                              int64_t *sums, tc_error *err)
{
    const lloyd *l = context;
    TC_TRY(TC_FAULT("segment.fold", err));
    for (int64_t i = 0; i < piece->n; i += CHUNK) {
        const int64_t left = piece->n - i;
        const tc_kmeans_rows rows = tc_kmeans_part(piece, i, left < CHUNK ? left : CHUNK);
        int64_t *delta = sums;
        TC_TRY(tc_stop_check(err));
        for (int f = 0; f < l->n; f++) {
            if (!l->fit[f].over) {
                tc_kmeans_assign(l->fit[f].model, &rows, &l->fit[f].label[row0 + i], delta);
                delta += tc_kmeans_words(l->fit[f].model);
            }
        }
    }
    return TC_OK;
}

/* The farthest row of this rank so far. */
typedef struct {
    const tc_kmeans *model;
    int64_t distance, row;
    int32_t point[TC_KMEANS_MAX_D];
    uint32_t weight;
} farthest;

static tc_status search_piece(void *context, const tc_kmeans_rows *piece, int64_t row0,
                              tc_error *err)
{
    farthest *far = context;
    const tc_kmeans_far found = tc_kmeans_farthest(far->model, piece);
    (void)err;
    if (found.distance > far->distance) {
        far->distance = found.distance;
        far->row = row0 + found.row;
        far->weight = tc_kmeans_weight(piece, found.row);
        tc_kmeans_point(piece, found.row, far->point);
    }
    return TC_OK;
}

/* Collective. The row of all ranks that is farthest from every centre, ties to the smallest in the order of
 * rows: its distance, and its values, cluster and weight in point[d + 2]. *local: its number on the rank
 * that holds it, else -1. */
static tc_status find_farthest_all(const lloyd *l, const tc_segment_fit *fit,
                                   int64_t *local, int64_t *distance, int64_t *point,
                                   tc_error *err)
{
    const int d = fit->model->d;
    farthest mine = {.model = fit->model, .distance = -1};
    int64_t global;
    TC_TRY(
        tc_comm_agree_all(l->comm, tc_matrix_visit(l->m, search_piece, &mine, err), err));
    *distance = mine.distance;
    tc_comm_max_i64_all(l->comm, distance, 1);
    global =
        mine.distance == *distance && mine.distance >= 0 ? l->row0 + mine.row : INT64_MAX;
    tc_comm_min_i64_all(l->comm, &global, 1);
    *local = global - l->row0;
    *local = *local >= 0 && *local < tc_matrix_rows(l->m) ? *local : -1;
    memset(point, 0, (size_t)(d + 2) * sizeof *point);
    if (*local >= 0) {
        for (int j = 0; j < d; j++) {
            point[j] = mine.point[j];
        }
        point[d] = fit->label[*local];
        point[d + 1] = mine.weight;
    }
    tc_comm_sum_i64_all(l->comm, point, d + 2);
    return TC_OK;
}

/* Collective. Gives each empty cluster the farthest row, as long as some row is not on a centre; *filled grows by how
 * many were filled. All ranks hold the same sums and take the same branches. */
static tc_status fill_empty_all(const lloyd *l, tc_segment_fit *fit, int64_t *filled,
                                tc_error *err)
{
    tc_kmeans *model = fit->model;
    const int d = model->d;
    for (int a = tc_kmeans_empty(model, 0); a >= 0; a = tc_kmeans_empty(model, a + 1)) {
        int64_t local, distance, found[TC_KMEANS_MAX_D + 2];
        int32_t point[TC_KMEANS_MAX_D];
        TC_TRY(find_farthest_all(l, fit, &local, &distance, found, err));
        if (distance <= 0) {
            break;
        }
        for (int j = 0; j < d; j++) {
            point[j] = (int32_t)found[j];
        }
        tc_kmeans_relocate(model, a, (int)found[d], point, (uint32_t)found[d + 1]);
        if (local >= 0) {
            fit->label[local] = (uint8_t)a;
        }
        ++*filled;
    }
    return TC_OK;
}

static int64_t words_of(const lloyd *l)
{
    int64_t words = 0;
    for (int f = 0; f < l->n; f++) {
        words += l->fit[f].over ? 0 : tc_kmeans_words(l->fit[f].model);
    }
    return words;
}

/* Collective. The labels of all fits that are not over and what changes in their sums, one after the other in l->sums. */
static tc_status search_all(lloyd *l, tc_error *err)
{
    return tc_matrix_sum_all(l->comm, l->m, assign_piece, l, l->sums, words_of(l), err);
}

/* Collective. Takes the change of the sums of one fit; *moved: rows that moved. last is then what was searched. */
static tc_status settle_all(lloyd *l, tc_segment_fit *fit, const int64_t *delta,
                            int64_t *moved, tc_error *err)
{
    const tc_segment_centres before = fit->last;
    tc_status st;
    *moved = delta[tc_kmeans_words(fit->model) - 1];
    tc_segment_centres_take(fit->model, &fit->next);
    tc_kmeans_add(fit->model, delta);
    tc_kmeans_centres(fit->model);
    st = fill_empty_all(l, fit, moved, err);
    if (st == TC_OK) {
        fit->last = fit->next;
        fit->next = before;
    }
    return st;
}

/* Collective. One pass for all fits that are not over; *left: how many are not over after it. */
static tc_status pass_all(lloyd *l, const tc_kmeans_limits *limits, int *left,
                          tc_error *err)
{
    const int64_t *delta = l->sums;
    TC_ASSERT(delta != NULL);
    *left = 0;
    TC_TRY(search_all(l, err));
    for (int f = 0; f < l->n; f++) {
        tc_segment_fit *fit = &l->fit[f];
        int64_t moved;
        if (fit->over) {
            continue;
        }
        TC_TRY(settle_all(l, fit, delta, &moved, err));
        delta += tc_kmeans_words(fit->model);
        fit->over = tc_kmeans_stop(fit->model, limits, moved, &fit->report);
        *left += !fit->over;
    }
    return TC_OK;
}

/* Collective. Makes the last pass of all fits that have one again: from the centres that it searched, with rows that have
 * no label, it gives the same labels and the same sums, hence the same centres and the same clusters to fill. */
static tc_status repeat_all(lloyd *l, tc_error *err)
{
    const int64_t *delta = l->sums;
    tc_status st;
    int any = 0;
    uint8_t *over = tc_mem_alloc(l->n, sizeof *over, err);
    for (int f = 0; over != NULL && f < l->n; f++) {
        over[f] = l->fit[f].over != 0;
    }
    st = tc_comm_agree_all(l->comm, over == NULL ? TC_ENOMEM : TC_OK, err);
    for (int f = 0; st == TC_OK && f < l->n; f++) {
        tc_segment_fit *fit = &l->fit[f];
        fit->over = fit->report.iterations == 0;
        any |= !fit->over;
        tc_segment_centres_put(&fit->last, fit->model);
    }
    if (st == TC_OK && any) {
        st = search_all(l, err);
    }
    for (int f = 0; st == TC_OK && f < l->n; f++) {
        int64_t moved;
        TC_ASSERT(delta != NULL);
        if (!l->fit[f].over) {
            st = settle_all(l, &l->fit[f], delta, &moved, err);
            delta += tc_kmeans_words(l->fit[f].model);
        }
    }
    for (int f = 0; over != NULL && f < l->n; f++) {
        l->fit[f].over = over[f];
    }
    tc_mem_free(over);
    return st;
}

static int count_left(const lloyd *l)
{
    int left = 0;
    for (int f = 0; f < l->n; f++) {
        left += !l->fit[f].over;
    }
    return left;
}

tc_status tc_segment_lloyd_all(tc_comm *comm, tc_matrix *m, int64_t row0,
                               tc_segment_fit *fit, int n,
                               const tc_segment_lloyd_params *params, tc_error *err)
{
    lloyd l = {.comm = comm, .m = m, .row0 = row0, .fit = fit, .n = n};
    int64_t words = 1;
    int left = count_left(&l);
    tc_status st;
    for (int f = 0; f < n; f++) {
        words += tc_kmeans_words(fit[f].model);
    }
    l.sums = tc_mem_alloc(words, sizeof *l.sums, err);
    st = tc_comm_agree_all(comm, l.sums == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = total_all(&l, err);
    }
    if (st == TC_OK) {
        st = repeat_all(&l, err);
    }
    tc_progress_phase("k-means", 0, "passes");
    while (st == TC_OK && left > 0) {
        st = pass_all(&l, &params->limits, &left, err);
        tc_progress_add(1);
        if (st == TC_OK) {
            st = params->keep_all(params->context, err);
        }
    }
    tc_mem_free(l.sums);
    return st;
}
