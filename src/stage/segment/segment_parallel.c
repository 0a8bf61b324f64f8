/* segment_parallel.c - k-means|| over all rows, where the sample is too coarse: from the centres of the sample on, candidates
 * are drawn among all rows, weighted by the rows nearest to them, and the centres chosen among them. */
#include "segment_choose.h"

#include "tiercel/fault.h"
#include "tiercel/hash.h"
#include "tiercel/kmeans_parallel.h"
#include "tiercel/kmeans_seed.h"
#include "tiercel/log.h"
#include "tiercel/rng.h"

#include <math.h>
#include <string.h>

enum {
    PURPOSE_DRAW = 0x647277,
    ROUNDS = 2,       /* the first centres are good already; Spark's default as well */
    OVERSAMPLING = 2, /* candidates of a round, times k */
    FEW_ROWS = 100,   /* of the sample in a cluster: too coarse */
    MOST_CANDIDATES = 16384,
    WEIGHT_BITS = 30
};

typedef struct {
    const tc_segment_task *task;
    tc_kmeans *model;
    float *distance;      /* [rows of this rank] to the nearest candidate */
    uint16_t *nearest;    /* its number */
    tc_buffer candidates; /* of all ranks, d values each, in the order they were drawn in */
    int n, seen;          /* candidates, those that distance knows */
    int round;
    double potential;
    tc_buffer drawn;
    int64_t *words; /* weight of each candidate, and one of workspace */
} parallel;

/* 1 if a cluster has few rows of the sample; equal on all ranks. */
static tc_status is_coarse(const tc_segment_task *task, const tc_segment_sample *sample,
                           const tc_kmeans *model, int *coarse, tc_error *err)
{
    int64_t size[TC_KMEANS_MAX_K] = {0};
    int64_t *delta = NULL;
    uint8_t *label = NULL;
    *coarse = 0;
    if (sample->rows.n >= task->n_fitted) {
        return TC_OK;
    }
    delta = tc_mem_alloc(tc_kmeans_words(model), sizeof *delta, err);
    label = tc_mem_alloc(sample->rows.n, 1, err);
    if (delta != NULL && label != NULL) {
        memset(label, TC_KMEANS_NO_LABEL, (size_t)sample->rows.n);
        tc_kmeans_assign(model, &sample->rows, label, delta);
        for (int64_t i = 0; i < sample->rows.n; i++) {
            size[label[i]]++;
        }
        for (int a = 0; a < model->k; a++) {
            *coarse |= size[a] < FEW_ROWS;
        }
    }
    tc_mem_free(label);
    tc_mem_free(delta);
    return label == NULL || delta == NULL ? TC_ENOMEM : TC_OK;
}

static const int32_t *candidate_at(const parallel *p, int i)
{
    return (const int32_t *)(const void *)p->candidates.data +
           (int64_t)i * tc_matrix_columns(p->task->matrix);
}

/* Distances to the candidates that are new, and the potential. */
static tc_status approach_piece(void *context, const tc_kmeans_rows *piece, int64_t row0,
                                int64_t *sums, tc_error *err)
{
    const parallel *p = context;
    (void)err;
    tc_kmeans_approach(piece, candidate_at(p, p->seen), p->n - p->seen, p->seen,
                       &p->distance[row0], &p->nearest[row0]);
    tc_kmeans_potential(piece, &p->distance[row0], sums);
    return TC_OK;
}

/* Collective. */
static tc_status approach_all(parallel *p, tc_error *err)
{
    int64_t words[TC_KMEANS_POTENTIAL_WORDS + 1];
    const tc_status st = tc_matrix_sum_all(p->task->comm, p->task->matrix, approach_piece,
                                           p, words, TC_KMEANS_POTENTIAL_WORDS, err);
    p->seen = p->n;
    p->potential = tc_kmeans_potential_value(words);
    return st;
}

static tc_status draw_piece(void *context, const tc_kmeans_rows *piece, int64_t row0,
                            tc_error *err)
{
    parallel *p = context;
    const uint64_t key = tc_hash_mix(
        p->task->seed, PURPOSE_DRAW + (uint64_t)p->model->k * ROUNDS + (uint64_t)p->round);
    const double wanted = (double)OVERSAMPLING * p->model->k;
    for (int64_t i = 0; i < piece->n; i++) {
        const uint64_t row = (uint64_t)(p->task->row0 + row0 + i);
        if (tc_kmeans_is_drawn(tc_rng_unit(tc_hash_mix(row, key)), wanted,
                               tc_kmeans_weight(piece, i), p->distance[row0 + i],
                               p->potential)) {
            int32_t point[TC_KMEANS_MAX_D];
            tc_kmeans_point(piece, i, point);
            TC_TRY(
                tc_buffer_append(&p->drawn, point, piece->d * (int64_t)sizeof *point, err));
        }
    }
    return TC_OK;
}

/* Collective. One round: rows of all ranks, in their order, become candidates. */
static tc_status draw_all(parallel *p, tc_error *err)
{
    const int64_t width = tc_matrix_columns(p->task->matrix) * (int64_t)sizeof(int32_t);
    tc_status st = tc_matrix_visit(p->task->matrix, draw_piece, p, err);
    st = tc_comm_agree_all(p->task->comm, st, err);
    if (st == TC_OK) {
        st = tc_comm_gather_all(p->task->comm, p->drawn.data, p->drawn.size, &p->candidates,
                                err);
    }
    p->drawn.size = 0;
    p->n = p->candidates.size / width < MOST_CANDIDATES ? (int)(p->candidates.size / width)
                                                        : MOST_CANDIDATES;
    p->candidates.size = p->n * width;
    p->round++;
    return st;
}

static tc_status weigh_piece(void *context, const tc_kmeans_rows *piece, int64_t row0,
                             int64_t *sums, tc_error *err)
{
    const parallel *p = context;
    (void)err;
    for (int64_t i = 0; i < piece->n; i++) {
        sums[p->nearest[row0 + i]] += tc_kmeans_weight(piece, i);
    }
    return TC_OK;
}

/* Candidates as a sample. Weights above 2^30 in all are scaled down to that; none that is not 0 becomes 0. */
static tc_status to_sample(const parallel *p, tc_segment_sample *sample, tc_error *err)
{
    const int d = tc_matrix_columns(p->task->matrix);
    double sum = 0;
    double scale;
    sample->x = tc_mem_alloc(tc_kmeans_floats(p->n, d), sizeof *sample->x, err);
    sample->weight = tc_mem_alloc(p->n, sizeof *sample->weight, err);
    if (sample->x == NULL || sample->weight == NULL) {
        return TC_ENOMEM;
    }
    for (int i = 0; i < p->n; i++) {
        sum += (double)p->words[i];
    }
    scale = fmin(1, ldexp(1, WEIGHT_BITS) / sum);
    for (int i = 0; i < p->n; i++) {
        sample->weight[i] = (uint32_t)ceil((double)p->words[i] * scale);
        for (int j = 0; j < d; j++) {
            sample->x[tc_kmeans_at(d, i, j)] = (float)candidate_at(p, i)[j];
        }
    }
    sample->rows =
        (tc_kmeans_rows){.n = p->n, .d = d, .x = sample->x, .weight = sample->weight};
    return TC_OK;
}

/* Collective. The model starts from the best attempt on the candidates. */
static tc_status start_all(const tc_segment_task *task, const tc_segment_sample *sample,
                           tc_kmeans *model, tc_error *err)
{
    tc_segment_attempts *attempts = tc_mem_alloc(1, sizeof *attempts, err);
    const int k = model->k;
    tc_status st =
        attempts == NULL ? TC_ENOMEM : tc_segment_attempts_begin(task, k, attempts, err);
    st = tc_comm_agree_all(task->comm, st, err);
    if (st == TC_OK) {
        st = tc_segment_attempt_all(task, sample, k, attempts, NULL, NULL, err);
    }
    if (st == TC_OK) {
        TC_ASSERT(attempts != NULL);
        tc_kmeans_start(model, attempts->centre, (int)attempts->n_centres);
    }
    if (attempts != NULL) {
        tc_mem_free(attempts->done);
    }
    tc_mem_free(attempts);
    return st;
}

/* Collective. Centres from the weighted candidates, in `model`. */
static tc_status choose_all(parallel *p, tc_kmeans *model, tc_error *err)
{
    tc_segment_sample sample = {0};
    tc_status st;
    p->words = tc_mem_alloc(p->n + 1, sizeof *p->words, err);
    st = tc_comm_agree_all(p->task->comm, p->words == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_matrix_sum_all(p->task->comm, p->task->matrix, weigh_piece, p, p->words,
                               p->n, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(p->task->comm, to_sample(p, &sample, err), err);
    }
    if (st == TC_OK) {
        st = start_all(p->task, &sample, model, err);
    }
    tc_segment_sample_free(&sample);
    return st;
}

/* Candidates 0 .. k - 1: the centres of a model that are not empty, alone. */
static tc_status take_centres(parallel *p, const tc_kmeans *model, tc_error *err)
{
    TC_ASSERT(p->distance != NULL && p->nearest != NULL);
    p->n = p->seen = 0;
    p->candidates.size = 0;
    for (int64_t i = 0; i < tc_matrix_rows(p->task->matrix); i++) {
        p->distance[i] = HUGE_VALF;
        p->nearest[i] = 0;
    }
    for (int a = 0; a < model->k; a++) {
        if (isfinite(model->half[a])) {
            TC_TRY(tc_buffer_append(&p->candidates, &model->centre[(int64_t)a * model->d],
                                    model->d * (int64_t)sizeof *model->centre, err));
            p->n++;
        }
    }
    return TC_OK;
}

/* Collective. The potential of the centres of a model alone. */
static tc_status measure_all(parallel *p, const tc_kmeans *model, tc_error *err)
{
    tc_status st = take_centres(p, model, err);
    st = tc_comm_agree_all(p->task->comm, st, err);
    return st == TC_OK ? approach_all(p, err) : st;
}

/* Collective. The model starts from the better of its own centres and those of k-means||. */
static tc_status improve_all(parallel *p, tc_kmeans *other, tc_error *err)
{
    double before = 0;
    tc_status st = measure_all(p, p->model, err);
    before = p->potential;
    while (st == TC_OK && p->round < ROUNDS && p->potential > 0) {
        st = draw_all(p, err);
        if (st == TC_OK) {
            st = approach_all(p, err);
        }
    }
    TC_ASSERT(st != TC_OK || other != NULL);
    if (st == TC_OK && p->n > p->model->k) {
        st = choose_all(p, other, err);
        if (st == TC_OK) {
            st = measure_all(p, other, err);
        }
        if (st == TC_OK && p->potential < before) {
            tc_kmeans_copy(p->model, other);
        }
    }
    return st;
}

static tc_status create(parallel *p, tc_kmeans **other, tc_error *err)
{
    const int64_t n = tc_matrix_rows(p->task->matrix);
    TC_TRY(TC_FAULT("segment.parallel", err));
    p->distance = tc_mem_alloc(n, sizeof *p->distance, err);
    p->nearest = tc_mem_alloc(n, sizeof *p->nearest, err);
    if (p->distance == NULL || p->nearest == NULL) {
        return TC_ENOMEM;
    }
    return tc_kmeans_create(p->model->k, p->model->d, other, err);
}

tc_status tc_segment_parallel_all(const tc_segment_task *task,
                                  const tc_segment_sample *sample, tc_kmeans *model,
                                  tc_error *err)
{
    parallel p = {.task = task, .model = model};
    tc_kmeans *other = NULL;
    int coarse;
    tc_status st = is_coarse(task, sample, model, &coarse, err);
    st = tc_comm_agree_all(task->comm, st, err);
    if (st != TC_OK || !coarse) {
        return st;
    }
    tc_log_info("segment: the sample is coarse for %d clusters; starts are drawn among all "
                "customers as well",
                model->k);
    st = tc_comm_agree_all(task->comm, create(&p, &other, err), err);
    if (st == TC_OK) {
        st = improve_all(&p, other, err);
    }
    tc_kmeans_destroy(&other);
    tc_buffer_free(&p.candidates);
    tc_buffer_free(&p.drawn);
    tc_mem_free(p.distance);
    tc_mem_free(p.nearest);
    tc_mem_free(p.words);
    return st;
}
