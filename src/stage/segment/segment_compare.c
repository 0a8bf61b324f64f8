/* segment_compare.c - stability and gap of every k, from fits on parts of the sample. One fit or pair of fits is a job; rank
 * r takes every r-th, and since a job is a function of the sample alone, it does not matter who does it. */
#include "segment_deal.h"
#include "segment_state.h"

#include "tiercel/fault.h"
#include "tiercel/hash.h"
#include "tiercel/kmeans_seed.h"
#include "tiercel/progress.h"
#include "tiercel/stop.h"
#include "tiercel/wide.h"

#include <math.h>
#include <string.h>

enum {
    PURPOSE_PART = 0x706172,
    ATTEMPTS = 2,
    THIRDS = 3,
    STABILITY_ROWS =
        49152, /* of the sample, at most: stability loses its meaning with more */
    GAP_ROWS = 4096,
    LEAST_ROWS = 4 /* of a part, times k */
};

/* Rows of the sample that are taken apart. */
typedef struct {
    tc_kmeans_rows rows;
    float *x;
    uint32_t *weight;
    uint8_t *label;
} part;

static void part_free(part *p)
{
    tc_mem_free(p->x);
    tc_mem_free(p->weight);
    tc_mem_free(p->label);
    *p = (part){0};
}

static tc_status part_create(int64_t n, int d, part *p, tc_error *err)
{
    p->x = tc_mem_alloc(tc_kmeans_floats(n, d), sizeof *p->x, err);
    p->weight = tc_mem_alloc(n, sizeof *p->weight, err);
    p->label = tc_mem_alloc(n, 1, err);
    if (p->x == NULL || p->weight == NULL || p->label == NULL) {
        return TC_ENOMEM;
    }
    p->rows = (tc_kmeans_rows){.n = 0, .d = d, .x = p->x};
    return TC_OK;
}

static void part_add(part *p, const tc_kmeans_rows *from, int64_t row)
{
    const int64_t n = p->rows.n++;
    for (int j = 0; j < from->d; j++) {
        p->x[tc_kmeans_at(from->d, n, j)] = tc_kmeans_value(from, row, j);
    }
    p->weight[n] = tc_kmeans_weight(from, row);
    p->rows.weight = from->weight != NULL ? p->weight : NULL;
}

/* Rows of the sample whose hash, below n_parts, is i go to part i; rows with a greater one to none. */
static tc_status split(const tc_segment_sample *sample, uint64_t key, int64_t modulus,
                       part *parts, int n_parts, tc_error *err)
{
    const tc_kmeans_rows *rows = &sample->rows;
    for (int i = 0; i < n_parts; i++) {
        TC_TRY(part_create(rows->n, rows->d, &parts[i], err));
    }
    for (int64_t row = 0; row < rows->n; row++) {
        const uint64_t hash = tc_hash_mix((uint64_t)row, key);
        const uint64_t at = (uint64_t)(((tc_u128)hash * (uint64_t)modulus) >> 64);
        if (at < (uint64_t)n_parts) {
            part_add(&parts[at], rows, row);
        }
    }
    return TC_OK;
}

/* A model of k clusters of a part: the best of few attempts; anything, if this rank was asked to stop. */
static tc_status fit_part(const tc_segment_task *task, const tc_kmeans_rows *rows, int k,
                          tc_kmeans_seeder **seeder, tc_error *err)
{
    tc_kmeans_seed_params params = tc_kmeans_seed_effort(task->seed, rows->n, k);
    params.swaps = 0;
    params.exchange = 0;
    params.give_up = tc_stop_wanted;
    TC_TRY(tc_kmeans_seeder_create(rows, k, &params, seeder, err));
    for (int64_t a = 0; a < ATTEMPTS && tc_stop_wanted() == 0; a++) {
        (void)tc_kmeans_seeder_try(*seeder, a);
    }
    return TC_OK;
}

/* Labels the rows of p by their nearest centre. */
static tc_status label_part(const tc_kmeans_seeder *seeder, int k, const part *p,
                            uint8_t *label, tc_error *err)
{
    const tc_kmeans_attempt best = tc_kmeans_seeder_best(seeder);
    tc_kmeans *model;
    int64_t *delta;
    TC_TRY(tc_kmeans_create(k, p->rows.d, &model, err));
    delta = tc_mem_alloc(tc_kmeans_words(model), sizeof *delta, err);
    if (delta != NULL) {
        tc_kmeans_start(model, best.centre, best.n_centres);
        memset(label, TC_KMEANS_NO_LABEL, (size_t)p->rows.n);
        tc_kmeans_assign(model, &p->rows, label, delta);
    }
    tc_kmeans_destroy(&model);
    tc_mem_free(delta);
    return delta == NULL ? TC_ENOMEM : TC_OK;
}

static tc_status rand_of(int k, const part *p, const uint8_t *other, double *index,
                         tc_error *err)
{
    int64_t *table = tc_mem_alloc((int64_t)k * k, sizeof *table, err);
    if (table == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < p->rows.n; i++) {
        table[(int64_t)p->label[i] * k + other[i]]++;
    }
    *index = tc_cluster_rand(table, k, k);
    tc_mem_free(table);
    return TC_OK;
}

/* Adjusted Rand index on one third of two fits on the others. */
static tc_status stability_of(const tc_segment_task *task, part *third, int k,
                              double *index, tc_error *err)
{
    tc_kmeans_seeder *seeder[2] = {NULL, NULL};
    tc_status st = TC_OK;
    uint8_t *other;
    if (third[0].rows.n == 0 || third[1].rows.n == 0) {
        *index = 0; /* chance left nothing to fit */
        return TC_OK;
    }
    other = tc_mem_alloc(third[2].rows.n, 1, err);
    if (other == NULL) {
        return TC_ENOMEM;
    }
    for (int i = 0; i < 2 && st == TC_OK; i++) {
        st = fit_part(task, &third[i].rows, k, &seeder[i], err);
        if (st == TC_OK) {
            st = label_part(seeder[i], k, &third[2], i == 0 ? third[2].label : other, err);
        }
    }
    if (st == TC_OK) {
        st = rand_of(k, &third[2], other, index, err);
    }
    for (int i = 0; i < 2; i++) {
        tc_kmeans_seeder_destroy(&seeder[i]);
    }
    tc_mem_free(other);
    return st;
}

/* ln of the inertia of k clusters; below one squared grid unit it counts as one. */
static tc_status log_within(const tc_segment_task *task, const tc_kmeans_rows *rows, int k,
                            double *within, tc_error *err)
{
    tc_kmeans_seeder *seeder = NULL;
    tc_status st = fit_part(task, rows, k, &seeder, err);
    if (st == TC_OK) {
        *within = log(fmax(tc_kmeans_seeder_best(seeder).inertia, 1));
    }
    tc_kmeans_seeder_destroy(&seeder);
    return st;
}

/* Jobs: [n_pairs][n] stability, then [1 + n_references][n] ln of inertia. */
typedef struct {
    const tc_segment_task *task;
    const tc_segment_sample *sample;
    tc_segment_choice *choice;
    int64_t n_pairs, n_references;
    tc_segment_deal deal;
    int64_t *bits; /* values on their way between ranks */
} jobs;

/* 1 if this rank has one of the n jobs from `first` on to do now. */
static int has_any(const jobs *q, int64_t first)
{
    int any = 0;
    for (int i = 0; i < q->choice->n; i++) {
        any |= tc_segment_deal_has(&q->deal, first + i);
    }
    return any && !tc_segment_deal_pause(&q->deal);
}

static int is_next(const jobs *q, int64_t job)
{
    return tc_segment_deal_has(&q->deal, job) && !tc_segment_deal_pause(&q->deal);
}

static tc_status run_pair(jobs *q, int64_t p, int64_t modulus, tc_error *err)
{
    const int n = q->choice->n;
    const uint64_t key = tc_hash_mix(q->task->seed, PURPOSE_PART + (uint64_t)p);
    part third[THIRDS] = {{.x = NULL}};
    tc_status st = split(q->sample, key, modulus, third, THIRDS, err);
    for (int i = 0; i < n && st == TC_OK; i++) {
        if (is_next(q, p * n + i)) {
            st = stability_of(q->task, third, q->choice->candidate[i].k,
                              &q->choice->job_value[p * n + i], err);
            tc_segment_deal_tick(&q->deal, p * n + i);
        }
    }
    for (int i = 0; i < THIRDS; i++) {
        part_free(&third[i]);
    }
    return st;
}

static tc_status run_stability(jobs *q, tc_error *err)
{
    const int64_t rows = q->sample->rows.n;
    const int64_t modulus =
        rows > STABILITY_ROWS ? THIRDS * (rows / STABILITY_ROWS + 1) : THIRDS;
    tc_status st = TC_OK;
    for (int64_t p = 0; p < q->n_pairs && st == TC_OK; p++) {
        if (has_any(q, p * q->choice->n)) {
            st = run_pair(q, p, modulus, err);
        }
    }
    return st;
}

static tc_status run_references(jobs *q, tc_error *err)
{
    const int n = q->choice->n;
    const int64_t rows = q->sample->rows.n;
    part own = {.x = NULL};
    part reference = {.x = NULL};
    tc_status st = split(q->sample, tc_hash_mix(q->task->seed, PURPOSE_PART - 1),
                         rows > GAP_ROWS ? rows / GAP_ROWS + 1 : 1, &own, 1, err);
    if (st == TC_OK) {
        st = part_create(own.rows.n, own.rows.d, &reference, err);
    }
    for (int64_t b = 0; b <= q->n_references && st == TC_OK; b++) {
        const int64_t first = (q->n_pairs + b) * n;
        tc_kmeans_rows data = own.rows;
        if (!has_any(q, first)) {
            continue;
        }
        if (b > 0) {
            tc_cluster_reference(&own.rows, q->task->seed, (uint64_t)b, reference.x);
            data.x = reference.x;
        }
        for (int i = 0; i < n && st == TC_OK; i++) {
            if (is_next(q, first + i)) {
                st = log_within(q->task, &data, q->choice->candidate[i].k,
                                &q->choice->job_value[first + i], err);
                tc_segment_deal_tick(&q->deal, first + i);
            }
        }
    }
    part_free(&own);
    part_free(&reference);
    return st;
}

/* Local. Jobs of this rank until it pauses. */
static tc_status run_mine(jobs *q, tc_error *err)
{
    TC_TRY(TC_FAULT("segment.compare", err));
    tc_progress_phase("comparing numbers of clusters", 0, "fits");
    TC_TRY(run_stability(q, err));
    return q->n_references > 0 ? run_references(q, err) : TC_OK;
}

/* Local. The list of jobs, if no checkpoint brought it, and this rank's part of them. */
static tc_status deal_out(jobs *q, tc_error *err)
{
    tc_segment_choice *c = q->choice;
    const int64_t lines = q->n_pairs + (q->n_references > 0 ? q->n_references + 1 : 0);
    if (c->job_done == NULL || c->n_jobs != lines * c->n) {
        tc_mem_free(c->job_done);
        tc_mem_free(c->job_value);
        c->n_jobs = lines * c->n;
        c->job_value = NULL;
        c->job_done = tc_mem_alloc(c->n_jobs, sizeof *c->job_done, err);
        c->job_value = tc_mem_alloc(c->n_jobs, sizeof *c->job_value, err);
        if (c->job_done == NULL || c->job_value == NULL) {
            return TC_ENOMEM;
        }
    }
    q->bits = tc_mem_alloc(c->n_jobs, sizeof *q->bits, err);
    if (q->bits == NULL) {
        return TC_ENOMEM;
    }
    return tc_segment_deal_create(q->task->comm, c->job_done, c->n_jobs,
                                  q->task->save_seconds, &q->deal, err);
}

/* Collective. A job of this deal was done by one rank; the others have all bits 0. */
static void share_all(const jobs *q)
{
    double *value = q->choice->job_value;
    for (int64_t i = 0; i < q->deal.n; i++) {
        q->bits[i] = 0;
        if (q->deal.share[i] == TC_SEGMENT_MINE && q->deal.done[i]) {
            memcpy(&q->bits[i], &value[i], sizeof q->bits[i]);
        }
    }
    tc_comm_sum_i64_all(q->task->comm, q->bits, q->deal.n);
    for (int64_t i = 0; i < q->deal.n; i++) {
        if (q->deal.share[i] != TC_SEGMENT_DONE) {
            memcpy(&value[i], &q->bits[i], sizeof value[i]);
        }
    }
}

static tc_status finish(const jobs *q, tc_error *err)
{
    const int n = q->choice->n;
    const double *value = q->choice->job_value;
    const double *within = &value[q->n_pairs * n];
    double *gap = tc_mem_alloc(2 * (int64_t)n, sizeof *gap, err);
    if (gap == NULL) {
        return TC_ENOMEM;
    }
    if (q->n_references > 0) {
        tc_cluster_gap(within, within + n, n, (int)q->n_references, gap, gap + n);
    }
    for (int i = 0; i < n; i++) {
        tc_cluster_candidate *c = &q->choice->candidate[i];
        c->stability = 0;
        for (int64_t p = 0; p < q->n_pairs; p++) {
            c->stability += value[p * n + i] / (double)q->n_pairs;
        }
        c->gap = gap[i];
        c->gap_error = gap[n + i];
    }
    tc_mem_free(gap);
    return TC_OK;
}

/* Collective. Ranks do their jobs, and meet now and then. */
static tc_status run_all(jobs *q, tc_error *err)
{
    tc_segment_keeping keeping = {.task = q->task, .choice = q->choice};
    int64_t left = q->deal.n;
    tc_status st = TC_OK;
    while (st == TC_OK && left > 0) {
        st = tc_comm_agree_all(q->task->comm, run_mine(q, err), err);
        if (st == TC_OK) {
            left = tc_segment_deal_meet_all(q->task->comm, &q->deal);
            share_all(q);
            st = tc_segment_keep_all(&keeping, err);
        }
    }
    return st;
}

tc_status tc_segment_compare_all(const tc_segment_task *task,
                                 const tc_segment_sample *sample, tc_segment_choice *choice,
                                 tc_error *err)
{
    jobs q = {.task = task,
              .sample = sample,
              .choice = choice,
              .n_pairs = task->config->stability,
              .n_references = task->config->gap_references};
    tc_status st;
    if (sample->rows.n <
        (int64_t)THIRDS * LEAST_ROWS * choice->candidate[choice->n - 1].k) {
        q.n_pairs = 0; /* parts with few rows a cluster say nothing */
    }
    st = tc_comm_agree_all(task->comm, deal_out(&q, err), err);
    if (st == TC_OK) {
        st = run_all(&q, err);
    }
    if (st == TC_OK) {
        choice->stability = q.n_pairs;
        choice->references = q.n_references;
        st = tc_comm_agree_all(task->comm, finish(&q, err), err);
    }
    tc_segment_deal_free(&q.deal);
    tc_mem_free(q.bits);
    return st;
}
