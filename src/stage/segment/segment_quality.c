/* segment_quality.c - how good the fits are: indices over all rows, and silhouettes of a sample with the same number of
 * rows of each cluster, picked in the same pass. */
#include "segment_choose.h"

#include "tiercel/fault.h"
#include "tiercel/hash.h"
#include "tiercel/progress.h"
#include "tiercel/stop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PURPOSE_SILHOUETTE = 0x73696C,
    MOST_ROWS = 8192,
    SPARE = 16,
    SLICE =
        256 /* rows of a silhouette between two looks whether this rank was asked to stop */
};

/* A row that was picked, followed by its d values as int32. The order of hashes is random but fixed. */
typedef struct {
    uint64_t hash;
    uint32_t weight;
    uint16_t fit, cluster;
} picked_row;

typedef struct {
    const tc_segment_task *task;
    tc_segment_choice *choice;
    uint64_t key;
    int64_t *
        limit; /* [n][TC_KMEANS_MAX_K]: rows of the cluster with a hash below it are picked */
    int64_t *words; /* of all fits, and one of workspace */
    int64_t n_words;
    tc_buffer picked;
} quality;

static tc_status pick(quality *q, int f, const tc_kmeans_rows *piece, int64_t row0,
                      tc_error *err)
{
    const uint8_t *label = &q->choice->fit[f].label[row0];
    const int64_t *limit = &q->limit[(int64_t)f * TC_KMEANS_MAX_K];
    for (int64_t i = 0; i < piece->n; i++) {
        const uint64_t row = (uint64_t)(q->task->row0 + row0 + i);
        const uint64_t hash =
            tc_hash_mix(row, q->key + (uint64_t)q->choice->candidate[f].k);
        const uint32_t weight = tc_kmeans_weight(piece, i);
        if (hash >> 1 < (uint64_t)limit[label[i]] && weight > 0) {
            const picked_row at = {hash, weight, (uint16_t)f, label[i]};
            int32_t point[TC_KMEANS_MAX_D];
            tc_kmeans_point(piece, i, point);
            TC_TRY(tc_buffer_append(&q->picked, &at, sizeof at, err));
            TC_TRY(tc_buffer_append(&q->picked, point, piece->d * (int64_t)sizeof *point,
                                    err));
        }
    }
    return TC_OK;
}

static tc_status visit_piece(void *context, const tc_kmeans_rows *piece, int64_t row0,
                             int64_t *sums, tc_error *err)
{
    quality *q = context;
    TC_TRY(TC_FAULT("segment.quality", err));
    for (int f = 0; f < q->choice->n; f++) {
        const tc_segment_fit *fit = &q->choice->fit[f];
        tc_cluster_index_partial(fit->model, piece, &fit->label[row0], sums);
        sums += tc_cluster_index_words(fit->model->k);
        TC_TRY(pick(q, f, piece, row0, err));
    }
    return TC_OK;
}

static int64_t rows_wanted(const tc_segment_task *task, int k)
{
    const int64_t most = MOST_ROWS / k;
    return task->config->silhouette_rows < most ? task->config->silhouette_rows : most;
}

/* Collective. Limits by which some more rows than wanted are picked of each cluster, or all. */
static void set_limits_all(quality *q)
{
    const int64_t n = tc_matrix_rows(q->task->matrix);
    for (int f = 0; f < q->choice->n; f++) {
        const tc_segment_fit *fit = &q->choice->fit[f];
        int64_t *limit = &q->limit[(int64_t)f * TC_KMEANS_MAX_K];
        for (int64_t i = 0; i < n; i++) {
            limit[fit->label[i]]++;
        }
    }
    tc_comm_sum_i64_all(q->task->comm, q->limit, (int64_t)q->choice->n * TC_KMEANS_MAX_K);
    for (int64_t at = 0; at < (int64_t)q->choice->n * TC_KMEANS_MAX_K; at++) {
        const int f = (int)(at / TC_KMEANS_MAX_K);
        const double wanted = (double)rows_wanted(q->task, q->choice->fit[f].model->k);
        const double share =
            (wanted + 6 * sqrt(wanted) + SPARE) / fmax((double)q->limit[at], 1);
        q->limit[at] = wanted < 1 ? 0 : share >= 1 ? INT64_MAX : (int64_t)(share * 0x1p63);
    }
}

static int compare(const void *a, const void *b)
{
    const picked_row *x = a;
    const picked_row *y = b;
    if (x->fit != y->fit) {
        return x->fit < y->fit ? -1 : 1;
    }
    if (x->cluster != y->cluster) {
        return x->cluster < y->cluster ? -1 : 1;
    }
    return (x->hash > y->hash) - (x->hash < y->hash);
}

/* The rows of one fit as columns. */
typedef struct {
    int64_t first[TC_KMEANS_MAX_K + 1], size[TC_KMEANS_MAX_K];
    const double *x[TC_KMEANS_MAX_D];
    double *column, *distance;
    uint32_t *weight;
    int64_t words[2 * TC_KMEANS_MAX_K];
    tc_cluster_sample sample;
} silhouettes;

static void silhouettes_free(silhouettes **s)
{
    if (*s != NULL) {
        tc_mem_free((*s)->column);
        tc_mem_free((*s)->distance);
        tc_mem_free((*s)->weight);
        tc_mem_free(*s);
        *s = NULL;
    }
}

/* Takes the first rows of each cluster from the sorted records of a fit. */
static tc_status take_rows(const quality *q, int f, const char *record, int64_t n_records,
                           silhouettes *s, tc_error *err)
{
    const tc_kmeans *model = q->choice->fit[f].model;
    const int64_t wanted = rows_wanted(q->task, model->k);
    const size_t width = sizeof(picked_row) + (size_t)model->d * sizeof(int32_t);
    int64_t n = 0;
    s->column = tc_mem_alloc(n_records * model->d, sizeof *s->column, err);
    s->distance = tc_mem_alloc(n_records, sizeof *s->distance, err);
    s->weight = tc_mem_alloc(n_records, sizeof *s->weight, err);
    if (s->column == NULL || s->distance == NULL || s->weight == NULL) {
        return TC_ENOMEM;
    }
    for (int c = 0, i = 0; c < model->k; c++) {
        s->first[c] = n;
        s->size[c] = model->sum[(int64_t)c * (model->d + 1) + model->d];
        for (; i < n_records; i++) {
            picked_row row;
            int32_t point[TC_KMEANS_MAX_D];
            memcpy(&row, record + (size_t)i * width, sizeof row);
            if (row.cluster != c) {
                break;
            }
            if (n - s->first[c] == wanted) {
                continue;
            }
            memcpy(point, record + (size_t)i * width + sizeof row, width - sizeof row);
            for (int j = 0; j < model->d; j++) {
                s->column[j * n_records + n] = point[j];
            }
            s->weight[n++] = row.weight;
        }
    }
    s->first[model->k] = n;
    for (int j = 0; j < model->d; j++) {
        s->x[j] = &s->column[j * n_records];
    }
    s->sample = (tc_cluster_sample){model->k, model->d,  s->first,
                                    s->x,     s->weight, q->task->per_weight};
    return TC_OK;
}

/* Collective. Silhouettes of one fit, the rows shared out among ranks. */
static tc_status silhouette_all(const quality *q, int f, const char *record,
                                int64_t n_records, tc_error *err)
{
    const tc_comm *comm = q->task->comm;
    tc_segment_choice *c = q->choice;
    silhouettes *s = tc_mem_alloc(1, sizeof *s, err);
    tc_status st = s == NULL ? TC_ENOMEM : TC_OK;
    if (st == TC_OK) {
        st = take_rows(q, f, record, n_records, s, err);
    }
    st = tc_comm_agree_all(q->task->comm, st, err);
    TC_ASSERT(st != TC_OK || s != NULL);
    if (st == TC_OK) {
        const int k = c->fit[f].model->k;
        const int64_t n = s->first[k];
        const int64_t begin = n * tc_comm_rank(comm) / tc_comm_size(comm);
        const int64_t end = n * (tc_comm_rank(comm) + 1) / tc_comm_size(comm);
        for (int64_t i = begin; i < end && tc_stop_wanted() == 0; i += SLICE) {
            tc_cluster_silhouette_partial(&s->sample, i, end - i < SLICE ? end - i : SLICE,
                                          s->distance, s->words);
        }
        st = tc_comm_agree_all(q->task->comm, tc_stop_check(err), err);
        tc_comm_sum_i64_all(q->task->comm, s->words, 2 * (int64_t)k);
        c->candidate[f].silhouette = tc_cluster_silhouette_finish(
            &s->sample, s->words, s->size, &c->silhouette[(int64_t)f * TC_KMEANS_MAX_K]);
        c->silhouette_rows = n > c->silhouette_rows ? n : c->silhouette_rows;
    }
    silhouettes_free(&s);
    return st;
}

/* Collective. */
static tc_status silhouettes_all(quality *q, tc_error *err)
{
    const size_t width =
        sizeof(picked_row) + (size_t)tc_matrix_columns(q->task->matrix) * sizeof(int32_t);
    tc_buffer all = {0};
    tc_status st =
        tc_comm_gather_all(q->task->comm, q->picked.data, q->picked.size, &all, err);
    const int64_t n = all.size / (int64_t)width;
    int64_t begin = 0;
    if (st == TC_OK && n > 0) {
        qsort(all.data, (size_t)n, width, compare);
    }
    for (int f = 0; st == TC_OK && f < q->choice->n; f++) {
        int64_t end = begin;
        for (; end < n; end++) {
            picked_row row;
            memcpy(&row, all.data + (size_t)end * width, sizeof row);
            if (row.fit != f) {
                break;
            }
        }
        st = silhouette_all(q, f, (const char *)all.data + (size_t)begin * width,
                            end - begin, err);
        begin = end;
    }
    tc_buffer_free(&all);
    return st;
}

static tc_status create(quality *q, tc_error *err)
{
    for (int f = 0; f < q->choice->n; f++) {
        q->n_words += tc_cluster_index_words(q->choice->fit[f].model->k);
    }
    q->words = tc_mem_alloc(q->n_words + 1, sizeof *q->words, err);
    q->limit = tc_mem_alloc((int64_t)q->choice->n * TC_KMEANS_MAX_K, sizeof *q->limit, err);
    return q->words == NULL || q->limit == NULL ? TC_ENOMEM : TC_OK;
}

static void finish(const quality *q)
{
    const int64_t *words = q->words;
    for (int f = 0; f < q->choice->n; f++) {
        const tc_kmeans *model = q->choice->fit[f].model;
        const int64_t at = (int64_t)f * TC_KMEANS_MAX_K;
        q->choice->candidate[f].index =
            tc_cluster_index_finish(model, words, q->task->per_weight,
                                    &q->choice->distance[at], &q->choice->simplified[at]);
        words += tc_cluster_index_words(model->k);
    }
}

tc_status tc_segment_quality_all(const tc_segment_task *task, tc_segment_choice *choice,
                                 tc_error *err)
{
    quality q = {
        .task = task, .choice = choice, .key = tc_hash_mix(task->seed, PURPOSE_SILHOUETTE)};
    tc_status st = tc_comm_agree_all(task->comm, create(&q, err), err);
    tc_progress_phase("silhouettes", 0, "");
    if (st == TC_OK) {
        set_limits_all(&q);
        st = tc_matrix_sum_all(task->comm, task->matrix, visit_piece, &q, q.words,
                               q.n_words, err);
    }
    if (st == TC_OK) {
        finish(&q);
        st = silhouettes_all(&q, err);
    }
    tc_buffer_free(&q.picked);
    tc_mem_free(q.words);
    tc_mem_free(q.limit);
    return st;
}
