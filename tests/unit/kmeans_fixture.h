/* kmeans_fixture.h - random rows on the grid with a model, and plain counting, for the k-means tests. */
#ifndef TC_KMEANS_FIXTURE_H
#define TC_KMEANS_FIXTURE_H

#include "tiercel/kmeans.h"
#include "tiercel/rng.h"

#include <stdlib.h>
#include <string.h>

enum { N_MAX = 700 };

typedef struct {
    float data[(N_MAX + TC_KMEANS_LANES) * TC_KMEANS_MAX_D];
    uint32_t weight[N_MAX]; /* all 1 unless a test changes them */
    tc_kmeans_rows rows;
    uint8_t label[N_MAX];
    int64_t delta[TC_KMEANS_MAX_K * (TC_KMEANS_MAX_D + 1) + 1];
    tc_kmeans *model;
} fixture;

static inline void set(fixture *f, int64_t i, int j, int64_t value)
{
    f->data[tc_kmeans_at(f->rows.d, i, j)] = (float)value;
}

static inline int64_t get(const fixture *f, int64_t i, int j)
{
    return (int64_t)tc_kmeans_value(&f->rows, i, j);
}

/* n rows of d values below limit in size; a small limit gives many ties. */
static inline fixture *make(int64_t n, int d, int k, int32_t limit)
{
    fixture *f = calloc(1, sizeof *f);
    tc_rng rng =
        tc_rng_stream(1, (uint64_t)(n * 1000 + (int64_t)d * 10 + k), (uint64_t)limit);
    assert_non_null(f);
    f->rows = (tc_kmeans_rows){.n = n, .d = d, .x = f->data, .weight = f->weight};
    for (int j = 0; j < d; j++) {
        for (int64_t i = 0; i < n; i++) {
            set(f, i, j, (int32_t)tc_rng_below(&rng, 2 * (uint64_t)limit - 1) - limit + 1);
            f->weight[i] = 1;
        }
    }
    assert_int_equal(tc_kmeans_create(k, d, &f->model, NULL), TC_OK);
    memset(f->label, TC_KMEANS_NO_LABEL, sizeof f->label);
    tc_kmeans_total(&f->rows, f->model->total);
    return f;
}

static inline void drop(fixture *f)
{
    tc_kmeans_destroy(&f->model);
    free(f);
}

/* Starts from the first n_centres rows. */
static inline void start(fixture *f, int n_centres)
{
    int32_t centre[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D];
    for (int a = 0; a < n_centres; a++) {
        tc_kmeans_point(&f->rows, a, &centre[a * f->rows.d]);
    }
    tc_kmeans_start(f->model, centre, n_centres);
}

static inline int64_t distance(const fixture *f, int64_t i, int a)
{
    int64_t sum = 0;
    for (int j = 0; j < f->rows.d; j++) {
        const int64_t v = get(f, i, j) - f->model->centre[a * f->rows.d + j];
        sum += v * v;
    }
    return sum;
}

static inline int nearest(const fixture *f, int64_t i, int n_centres)
{
    int best = 0;
    for (int a = 1; a < n_centres; a++) {
        best = distance(f, i, a) < distance(f, i, best) ? a : best;
    }
    return best;
}

static inline int64_t moved(const fixture *f)
{
    return f->delta[tc_kmeans_words(f->model) - 1];
}

static inline void step(fixture *f)
{
    memset(f->delta, 0, sizeof f->delta);
    tc_kmeans_assign(f->model, &f->rows, f->label, f->delta);
    tc_kmeans_add(f->model, f->delta);
    tc_kmeans_centres(f->model);
}

static inline void sums_equal_a_recount(const fixture *f)
{
    const int d = f->rows.d;
    int64_t *count = calloc((size_t)tc_kmeans_words(f->model), sizeof *count);
    assert_non_null(count);
    for (int64_t i = 0; i < f->rows.n; i++) {
        int64_t *sum = &count[(int64_t)f->label[i] * (d + 1)];
        for (int j = 0; j < d; j++) {
            sum[j] += f->weight[i] * get(f, i, j);
        }
        sum[d] += f->weight[i];
    }
    assert_memory_equal(count, f->model->sum,
                        (size_t)(tc_kmeans_words(f->model) - 1) * sizeof *count);
    free(count);
}

#endif
