#include "tiercel/cluster.h"

#include "tiercel/wide.h"

#include <math.h>
#include <string.h>

enum { LANES = TC_KMEANS_LANES, DISTANCE_BITS = 8, SILHOUETTE_BITS = 30 };

/* A block of rows against all centres, squared distances in grid units: all products and sums are below
 * 2^53, so they are exact in any order. */
typedef struct {
    double label[LANES];
    double score[LANES];  /* |c|^2 / 2 - x.c of one centre */
    double own[LANES];    /* of the own centre */
    double other[LANES];  /* the lowest of the others */
    double square[LANES]; /* |x|^2 */
} block;

static inline __attribute__((always_inline)) void
score_centre(const tc_kmeans *model, const float *x, int a, block *b)
{
    const int32_t *centre = &model->centre[(int64_t)a * model->d];
    double half = 0;
    for (int j = 0; j < model->d; j++) {
        half += (double)centre[j] * centre[j] / 2;
    }
    for (int i = 0; i < LANES; i++) {
        b->score[i] = half;
    }
    for (int j = 0; j < model->d; j++) {
        const double c = centre[j];
        for (int i = 0; i < LANES; i++) {
            b->score[i] -= c * (double)x[j * LANES + i];
        }
    }
    for (int i = 0; i < LANES; i++) {
        const int is_own = b->label[i] == (double)a;
        const double low = b->score[i] < b->other[i] ? b->score[i] : b->other[i];
        b->own[i] = is_own ? b->score[i] : b->own[i];
        b->other[i] = is_own ? b->other[i] : low;
    }
}

static inline __attribute__((always_inline)) void
score_all(const tc_kmeans *model, const float *x, const uint8_t *label, int n, block *b)
{
    const int d = model->d;
    for (int i = 0; i < LANES; i++) {
        b->label[i] = i < n ? label[i] : -1;
        b->own[i] = 0;
        b->other[i] = HUGE_VAL;
        b->square[i] = 0;
    }
    for (int a = 0; a < model->k; a++) {
        if (model->sum[(int64_t)a * (d + 1) + d] > 0) {
            score_centre(model, x, a, b);
        }
    }
    for (int j = 0; j < d; j++) {
        for (int i = 0; i < LANES; i++) {
            const double v = (double)x[j * LANES + i];
            b->square[i] += v * v;
        }
    }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void
score_avx2(const tc_kmeans *model, const float *x, const uint8_t *label, int n, block *b)
{
    score_all(model, x, label, n, b);
}
#endif

/* The same bits on any processor; only the speed differs. */
static void score_block(const tc_kmeans *model, const float *x, const uint8_t *label, int n,
                        block *b)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        score_avx2(model, x, label, n, b);
        return;
    }
#endif
    score_all(model, x, label, n, b);
}

/* Adds weight times a fixed-point value to two words: the low 32 bits and the rest. */
static void add_words(int64_t *words, uint32_t weight, int64_t value)
{
    const tc_i128 product = (tc_i128)value * weight;
    words[0] += (int64_t)(product & UINT32_MAX);
    words[1] += (int64_t)(product >> 32);
}

static double words_value(const int64_t *words, int bits)
{
    const tc_i128 sum = ((tc_i128)words[1] * ((tc_i128)1 << 32)) + words[0];
    return ldexp((double)sum, -bits);
}

/* The low words stay below 2^32, however many rows a piece has. */
static void carry(int64_t *words, int64_t n)
{
    for (int64_t i = 0; i < n; i += 2) {
        words[i + 1] += words[i] >> 32;
        words[i] &= UINT32_MAX;
    }
}

void tc_cluster_index_partial(const tc_kmeans *model, const tc_kmeans_rows *rows,
                              const uint8_t *label, int64_t *words)
{
    block b;
    for (int64_t row = 0; row < rows->n; row += LANES) {
        const int n = rows->n - row < LANES ? (int)(rows->n - row) : LANES;
        score_block(model, &rows->x[row * rows->d], &label[row], n, &b);
        for (int i = 0; i < n; i++) {
            const uint32_t weight = tc_kmeans_weight(rows, row + i);
            const double own = sqrt(fmax(2 * b.own[i] + b.square[i], 0));
            const double other = sqrt(fmax(2 * b.other[i] + b.square[i], 0));
            const double most = fmax(own, other);
            const double silhouette =
                most > 0 && isfinite(other) ? (other - own) / most : 0;
            int64_t *at = &words[(int64_t)label[row + i] * TC_CLUSTER_WORDS];
            add_words(at, weight, llround(ldexp(own, DISTANCE_BITS)));
            add_words(at + 2, weight, llround(ldexp(silhouette, SILHOUETTE_BITS)));
        }
    }
    carry(words, tc_cluster_index_words(model->k));
}

static double size_of(const tc_kmeans *model, int a)
{
    return (double)model->sum[(int64_t)a * (model->d + 1) + model->d];
}

static double between_centres(const tc_kmeans *model, int a, int b)
{
    double square = 0;
    for (int j = 0; j < model->d; j++) {
        const double step = (double)model->centre[(int64_t)a * model->d + j] -
                            model->centre[(int64_t)b * model->d + j];
        square += step * step;
    }
    return sqrt(square);
}

static double davies_bouldin(const tc_kmeans *model, const double *distance, int n_filled)
{
    double sum = 0;
    for (int a = 0; a < model->k; a++) {
        double worst = 0;
        for (int b = 0; b < model->k; b++) {
            if (b != a && size_of(model, a) > 0 && size_of(model, b) > 0) {
                const double apart = between_centres(model, a, b);
                const double ratio = apart > 0 ? (distance[a] + distance[b]) / apart : 0;
                worst = fmax(worst, ratio);
            }
        }
        sum += worst;
    }
    return sum / n_filled;
}

/* Inertia of all rows as one cluster, from the sums of the clusters. */
static double inertia_of_one(const tc_kmeans *model)
{
    tc_i128 squares = ((tc_i128)model->total[1] * ((tc_i128)1 << 32)) + model->total[0];
    double fractions = 0;
    int64_t rows = 0;
    for (int a = 0; a < model->k; a++) {
        rows += model->sum[(int64_t)a * (model->d + 1) + model->d];
    }
    for (int j = 0; j < model->d && rows > 0; j++) {
        tc_i128 sum = 0;
        for (int a = 0; a < model->k; a++) {
            sum += model->sum[(int64_t)a * (model->d + 1) + j];
        }
        squares -= sum * sum / rows;
        fractions += (double)(int64_t)(sum * sum % rows) / (double)rows;
    }
    return fmax((double)squares - fractions, 0);
}

static double calinski_harabasz(const tc_kmeans *model, double rows, int n_filled)
{
    const double within = tc_kmeans_inertia(model);
    const double between = inertia_of_one(model) - within;
    if (!(within > 0) || rows <= n_filled) {
        return 1;
    }
    return between / (n_filled - 1) / (within / (rows - n_filled));
}

tc_cluster_index tc_cluster_index_finish(const tc_kmeans *model, const int64_t *words,
                                         double per_weight, double *distance,
                                         double *silhouette)
{
    tc_cluster_index index = {.smallest_share = 1};
    double rows = 0;
    double sum = 0;
    for (int a = 0; a < model->k; a++) {
        const double size = size_of(model, a);
        const int64_t *at = &words[(int64_t)a * TC_CLUSTER_WORDS];
        const double all = words_value(at + 2, SILHOUETTE_BITS);
        distance[a] = size > 0 ? words_value(at, DISTANCE_BITS) / size : 0;
        silhouette[a] = size > 0 ? all / size : 0;
        index.n_filled += size > 0;
        rows += size;
        sum += all;
    }
    for (int a = 0; a < model->k; a++) {
        const double share = rows > 0 ? size_of(model, a) / rows : 0;
        index.smallest_share = fmin(index.smallest_share, share);
    }
    if (index.n_filled >= 2) {
        index.calinski_harabasz =
            calinski_harabasz(model, rows / per_weight, index.n_filled);
        index.exact = !(tc_kmeans_inertia(model) > 0);
        index.davies_bouldin = davies_bouldin(model, distance, index.n_filled);
        index.simplified = sum / rows;
    }
    return index;
}

/* Distances of one row of the sample to all of them. */
static void measure(const tc_cluster_sample *sample, int64_t row, double *distance)
{
    const int64_t n = sample->first[sample->k];
    memset(distance, 0, (size_t)n * sizeof *distance);
    for (int j = 0; j < sample->d; j++) {
        const double *x = sample->x[j];
        const double v = x[row];
        for (int64_t i = 0; i < n; i++) {
            distance[i] += (x[i] - v) * (x[i] - v);
        }
    }
    for (int64_t i = 0; i < n; i++) {
        distance[i] = sqrt(distance[i]);
    }
}

/* Sum of weighted distances to a cluster, and its weight; 4 lanes in one fixed order. */
static double sum_cluster(const tc_cluster_sample *sample, int c, const double *distance,
                          double *weight)
{
    double lane[4] = {0};
    int64_t rows = 0;
    for (int64_t i = sample->first[c]; i < sample->first[c + 1]; i++) {
        lane[i % 4] += distance[i] * sample->weight[i];
        rows += sample->weight[i];
    }
    *weight = (double)rows;
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

static double silhouette_of(const tc_cluster_sample *sample, int64_t row, int own,
                            const double *distance)
{
    const double itself = fmin(sample->weight[row], sample->per_weight);
    double a = 0;
    double b = HUGE_VAL;
    for (int c = 0; c < sample->k; c++) {
        double weight;
        const double sum = sum_cluster(sample, c, distance, &weight);
        if (c == own) {
            if (weight <= itself) {
                return 0;
            }
            a = sum / (weight - itself);
        } else if (weight > 0) {
            b = fmin(b, sum / weight);
        }
    }
    return isfinite(b) && fmax(a, b) > 0 ? (b - a) / fmax(a, b) : 0;
}

void tc_cluster_silhouette_partial(const tc_cluster_sample *sample, int64_t row,
                                   int64_t n_rows, double *distance, int64_t *words)
{
    int c = 0;
    for (int64_t i = row; i < row + n_rows; i++) {
        while (i >= sample->first[c + 1]) {
            c++;
        }
        measure(sample, i, distance);
        add_words(&words[2 * (int64_t)c], sample->weight[i],
                  llround(ldexp(silhouette_of(sample, i, c, distance), SILHOUETTE_BITS)));
    }
    carry(words, 2 * (int64_t)sample->k);
}

double tc_cluster_silhouette_finish(const tc_cluster_sample *sample, const int64_t *words,
                                    const int64_t *size, double *silhouette)
{
    double sum = 0;
    double rows = 0;
    for (int c = 0; c < sample->k; c++) {
        int64_t weight = 0;
        for (int64_t i = sample->first[c]; i < sample->first[c + 1]; i++) {
            weight += sample->weight[i];
        }
        silhouette[c] = weight > 0 ? words_value(&words[2 * (int64_t)c], SILHOUETTE_BITS) /
                                         (double)weight
                                   : 0;
        sum += weight > 0 ? silhouette[c] * (double)size[c] : 0;
        rows += weight > 0 ? (double)size[c] : 0;
    }
    return rows > 0 ? sum / rows : 0;
}
