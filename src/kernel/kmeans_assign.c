#include "tiercel/kmeans.h"

#include <math.h>
#include <string.h>

/* Rows go through the search in blocks of LANES, as doubles, structure of arrays; a tile of
 * 2 vectors of rows by 4 centres stays in registers. All products are below 2^44 and all
 * sums below 2^50, so the order of operations, the vector width and fused multiply-adds
 * change nothing. */
enum { LANES = TC_KMEANS_LANES, WIDTH = 4, TILE = TC_KMEANS_TILE };

/* An extension of gcc and clang, lowered to whatever the processor has. */
typedef double vec __attribute__((vector_size(WIDTH * sizeof(double))));
typedef int64_t mask __attribute__((vector_size(WIDTH * sizeof(int64_t))));

typedef struct {
    vec x[TC_KMEANS_MAX_D][LANES / WIDTH];
    vec best[LANES / WIDTH];     /* lowest score so far: |c|^2 / 2 - x.c */
    mask nearest[LANES / WIDTH]; /* its centre */
} block;

static void load_block(block *b, const tc_kmeans_rows *rows, int64_t row)
{
    const float *x = &rows->x[row * rows->d];
    double *lanes = (double *)b->x;
    for (int64_t i = 0; i < (int64_t)LANES * rows->d; i++) {
        lanes[i] = (double)x[i];
    }
}

/* The centres a0 .. a0 + 3 against the rows of vectors v and v + 1. */
static inline __attribute__((always_inline)) void
search_tile(block *b, const tc_kmeans *model, int a0, int v)
{
    const double *tile = &model->tile[(int64_t)a0 * model->d];
    const vec zero = {0};
    vec s0[TILE], s1[TILE];
    vec best0 = b->best[v], best1 = b->best[v + 1];
    mask near0 = b->nearest[v], near1 = b->nearest[v + 1];
    for (int a = 0; a < TILE; a++) {
        s0[a] = s1[a] = zero + model->half[a0 + a];
    }
    for (int j = 0; j < model->d; j++) {
        const vec x0 = b->x[j][v], x1 = b->x[j][v + 1];
        for (int a = 0; a < TILE; a++) {
            const double c = tile[j * TILE + a];
            s0[a] -= x0 * c;
            s1[a] -= x1 * c;
        }
    }
    for (int a = 0; a < TILE; a++) {
        const mask number = (mask){0} + (a0 + a);
        const mask m0 = s0[a] < best0, m1 = s1[a] < best1;
        best0 = (vec)((m0 & (mask)s0[a]) | (~m0 & (mask)best0));
        best1 = (vec)((m1 & (mask)s1[a]) | (~m1 & (mask)best1));
        near0 = (m0 & number) | (~m0 & near0);
        near1 = (m1 & number) | (~m1 & near1);
    }
    b->best[v] = best0;
    b->best[v + 1] = best1;
    b->nearest[v] = near0;
    b->nearest[v + 1] = near1;
}

static inline __attribute__((always_inline)) void search_body(block *b,
                                                              const tc_kmeans *model)
{
    for (int v = 0; v < LANES / WIDTH; v++) {
        b->best[v] = (vec){0} + HUGE_VAL;
        b->nearest[v] = (mask){0};
    }
    for (int v = 0; v < LANES / WIDTH; v += 2) {
        for (int a = 0; a < model->k; a += TILE) {
            search_tile(b, model, a, v);
        }
    }
}

static void search_plain(block *b, const tc_kmeans *model)
{
    search_body(b, model);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void search_avx2(block *b, const tc_kmeans *model)
{
    search_body(b, model);
}
#endif

/* The same bits on any processor; only the speed differs. */
static void search_block(block *b, const tc_kmeans *model)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        search_avx2(b, model);
        return;
    }
#endif
    search_plain(b, model);
}

static void move_row(const tc_kmeans_rows *rows, int64_t row, int from, int to,
                     int64_t *delta)
{
    const int d = rows->d;
    const int64_t weight = tc_kmeans_weight(rows, row);
    int64_t *target = &delta[(int64_t)to * (d + 1)];
    for (int j = 0; j < d; j++) {
        target[j] += weight * (int64_t)tc_kmeans_value(rows, row, j);
    }
    target[d] += weight;
    if (from != TC_KMEANS_NO_LABEL) {
        int64_t *source = &delta[(int64_t)from * (d + 1)];
        for (int j = 0; j < d; j++) {
            source[j] -= weight * (int64_t)tc_kmeans_value(rows, row, j);
        }
        source[d] -= weight;
    }
}

void tc_kmeans_assign(const tc_kmeans *model, const tc_kmeans_rows *rows, uint8_t *label,
                      int64_t *delta)
{
    int64_t *moved = &delta[tc_kmeans_words(model) - 1];
    block b;
    const int64_t *nearest = (const int64_t *)b.nearest;
    for (int64_t begin = 0; begin < rows->n; begin += LANES) {
        const int64_t left = rows->n - begin;
        const int n = left < LANES ? (int)left : LANES;
        load_block(&b, rows, begin);
        search_block(&b, model);
        for (int i = 0; i < n; i++) {
            const uint8_t to = (uint8_t)nearest[i];
            if (to != label[begin + i]) {
                move_row(rows, begin + i, label[begin + i], to, delta);
                label[begin + i] = to;
                (*moved)++;
            }
        }
    }
}

static int64_t squares(const tc_kmeans_rows *rows, int64_t row)
{
    int64_t sum = 0;
    for (int j = 0; j < rows->d; j++) {
        const int64_t x = (int64_t)tc_kmeans_value(rows, row, j);
        sum += x * x;
    }
    return sum;
}

tc_kmeans_far tc_kmeans_farthest(const tc_kmeans *model, const tc_kmeans_rows *rows)
{
    tc_kmeans_far far = {-1, 0};
    block b;
    const double *best = (const double *)b.best;
    for (int64_t begin = 0; begin < rows->n; begin += LANES) {
        const int64_t left = rows->n - begin;
        const int n = left < LANES ? (int)left : LANES;
        load_block(&b, rows, begin);
        search_block(&b, model);
        for (int i = 0; i < n; i++) {
            const int64_t distance = (int64_t)(2 * best[i]) + squares(rows, begin + i);
            if (distance > far.distance && tc_kmeans_weight(rows, begin + i) > 0) {
                far = (tc_kmeans_far){distance, begin + i};
            }
        }
    }
    return far;
}

/* A square is below 2^50 and a weight below 2^32. */
void tc_kmeans_total(const tc_kmeans_rows *rows, int64_t *total)
{
    const uint64_t low = ((uint64_t)1 << 32) - 1;
    for (int64_t i = 0; i < rows->n; i++) {
        const uint64_t square = (uint64_t)squares(rows, i);
        const uint64_t weight = tc_kmeans_weight(rows, i);
        const uint64_t least = (square & low) * weight;
        const uint64_t sum = (uint64_t)total[0] + (least & low);
        total[0] = (int64_t)(sum & low);
        total[1] += (int64_t)((square >> 32) * weight + (least >> 32) + (sum >> 32));
    }
}
