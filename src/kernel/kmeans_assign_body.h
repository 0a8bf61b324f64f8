/* kmeans_assign_body.h - the pass of kmeans_assign.h for one instruction set. The file that includes it defines
 * WIDTH, the floats of a vector; ASSIGN, the name of the function; TARGET, its attributes; and, if the
 * processor has them, LEAST and MOST, the smaller and the larger of two vectors lane by lane. All else but
 * the comparison of labels is plain C with the vectors of gcc and clang, which are lowered to whatever the processor has. */
#include "kmeans_assign.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline)) TARGET

enum {
    LANES = TC_KMEANS_LANES,
    LINE = 16,          /* floats of a cache line */
    NUMBERS = 256,      /* of clusters, and NO_LABEL */
    MOVES = 511,        /* of values below 2^22 into an int */
    FETCH_FLOATS = 8192 /* fetched ahead of the search, at least a block */
};

/* What the search of a block finds. */
typedef struct {
    float best[LANES];   /* lowest score, with the number of its centre */
    float second[LANES]; /* next lowest */
    uint8_t label[LANES];
} found_block;

/* The rows of a block, which may be fewer than LANES. */
typedef struct {
    const float *x;
    const uint32_t *weight; /* or NULL */
    uint8_t *label;
    int n;
} block_rows;

/* In registers; and in memory at any address. */
typedef float vec __attribute__((vector_size(WIDTH * sizeof(float))));
typedef int32_t ints __attribute__((vector_size(WIDTH * sizeof(int32_t))));
typedef float loose
    __attribute__((vector_size(WIDTH * sizeof(float)), aligned(4), may_alias));

#ifndef LEAST
/* Lane by lane. The compilers do not make the one instruction of this. */
#define LEAST(a, b) ((vec)((((a) < (b)) & (ints)(a)) | (~((a) < (b)) & (ints)(b))))
#define MOST(a, b) ((vec)((((a) < (b)) & (ints)(b)) | (~((a) < (b)) & (ints)(a))))
#endif

/* Lowest and next lowest score of the rows of a vector. */
typedef struct {
    vec best, second;
} lowest;

/* Takes a score in; its lowest ints, those of ~keep, become the number of its centre. */
INLINE void take(lowest *low, const vec *score, const ints *keep, const ints *number)
{
    const vec s = (vec)(((ints)*score & *keep) | *number);
    const vec higher = MOST(low->best, s);
    low->second = LEAST(low->second, higher);
    low->best = LEAST(low->best, s);
}

/* `tile` centres from a0 on against the rows of two vectors, all in registers. */
INLINE void search_tile(const tc_kmeans *model, int a0, const int tile, const float *x,
                        const float *ahead, int stride, lowest low[2], const ints *keep,
                        ints *number)
{
    const float *c = &model->lean[(int64_t)a0 * model->d];
    vec s0[TC_KMEANS_MOST_TILE], s1[TC_KMEANS_MOST_TILE];
#pragma GCC unroll 6
    for (int a = 0; a < tile; a++) {
        s0[a] = s1[a] = (vec){0} + model->lean_half[a0 + a];
    }
#pragma GCC unroll 2
    for (int j = 0; j < model->d; j++) {
        const vec x0 = *(const loose *)&x[(int64_t)j * LANES];
        const vec x1 = *(const loose *)&x[(int64_t)j * LANES + WIDTH];
        __builtin_prefetch(ahead, 0, 2);
        ahead += stride;
#pragma GCC unroll 6
        for (int a = 0; a < tile; a++) {
            s0[a] -= x0 * c[j * tile + a];
            s1[a] -= x1 * c[j * tile + a];
        }
    }
#pragma GCC unroll 6
    for (int a = 0; a < tile; a++) {
        take(&low[0], &s0[a], keep, number);
        take(&low[1], &s1[a], keep, number);
        *number += 1;
    }
}

/* All centres against all rows of the block. What lies ahead is fetched little by little, a few floats for each step of
 * the search: lines that are on their way are few at a time, and loads need their places too. */
INLINE void search_all(const tc_kmeans *model, const int tile, const float *x,
                       const float *ahead, found_block *found)
{
    const int tiles = (model->k + tile - 1) / tile;
    const int stride = 2 * WIDTH / tiles;
    ints keep;
    for (int l = 0; l < WIDTH; l++) {
        keep[l] = -(1 << model->lean_bits);
    }
    for (int i = 0; i < LANES; i += 2 * WIDTH) {
        const vec far = (vec){0} + TC_KMEANS_FAR;
        lowest low[2] = {{far, far}, {far, far}};
        ints number = {0};
        for (int t = 0; t < tiles; t++) {
            search_tile(model, t * tile, tile, &x[i], ahead, stride, low, &keep, &number);
            ahead += (int64_t)stride * model->d;
        }
        for (int v = 0; v < 2; v++) {
            memcpy(&found->best[i + v * WIDTH], &low[v].best, sizeof(vec));
            memcpy(&found->second[i + v * WIDTH], &low[v].second, sizeof(vec));
        }
    }
}

/* Labels; 1 if any is in doubt. */
INLINE int read_labels(int label_bits, const tc_kmeans_doubt *doubt, found_block *found)
{
    const int32_t mask = (1 << label_bits) - 1;
    int32_t number[LANES];
    const float base = doubt->base, part = doubt->part;
    int close = 0;
    memcpy(number, found->best, sizeof number);
    for (int i = 0; i < LANES; i++) {
        found->label[i] = (uint8_t)(number[i] & mask);
    }
    for (int i = 0; i < LANES; i++) {
        const float size = __builtin_fabsf(found->best[i]);
        close |= found->second[i] - found->best[i] <= base + part * size;
    }
    return close;
}

INLINE int search(const tc_kmeans *model, const tc_kmeans_doubt *doubt, const float *x,
                  const float *ahead, found_block *found)
{
    switch (model->lean_tile) {
    case TC_KMEANS_LEAST_TILE:
        search_all(model, TC_KMEANS_LEAST_TILE, x, ahead, found);
        break;
    case TC_KMEANS_LEAST_TILE + 1:
        search_all(model, TC_KMEANS_LEAST_TILE + 1, x, ahead, found);
        break;
    default:
        search_all(model, TC_KMEANS_MOST_TILE, x, ahead, found);
        break;
    }
    return read_labels(model->lean_bits, doubt, found);
}

/* Rows whose lowest scores are too close to tell. */
INLINE void settle_close(const tc_kmeans *model, const tc_kmeans_doubt *doubt,
                         const block_rows *b, found_block *found)
{
    for (int i = 0; i < b->n; i++) {
        const float size = __builtin_fabsf(found->best[i]);
        if (found->second[i] - found->best[i] <= doubt->base + doubt->part * size) {
            int32_t point[TC_KMEANS_MAX_D];
            for (int j = 0; j < model->d; j++) {
                point[j] = (int32_t)b->x[(int64_t)j * LANES + i];
            }
            if (tc_kmeans_in_doubt(doubt, point, found->best[i], found->second[i])) {
                found->label[i] = (uint8_t)tc_kmeans_find(model, point).centre;
            }
        }
    }
}

/* What rows of weight 1 change in the sums, until it is added to the delta: values below 2^22 fit an int
 * MOVES times. The sums of NO_LABEL are thrown away. */
typedef struct {
    int k, d, moves;
    int32_t
        at[TC_KMEANS_MAX_D]; /* of a value in its block; behind the last one that again */
    int32_t n[NUMBERS];
    int32_t sum[NUMBERS][TC_KMEANS_MAX_D];
} tally;

INLINE void clear(tally *t)
{
    for (int a = 0; a <= t->k; a++) {
        const int number = a < t->k ? a : TC_KMEANS_NO_LABEL;
        memset(t->sum[number], 0, sizeof t->sum[number]);
        t->n[number] = 0;
    }
    t->moves = 0;
}

INLINE void add_tally(tally *t, int64_t *delta)
{
    for (int a = 0; a < t->k; a++) {
        int64_t *sum = &delta[(int64_t)a * (t->d + 1)];
        for (int j = 0; j < t->d; j++) {
            sum[j] += t->sum[a][j];
        }
        sum[t->d] += t->n[a];
    }
    clear(t);
}

/* The row at x of weight 1 from one cluster to another, a vector of values at a time. Sums behind the last
 * value mean nothing. */
INLINE void move_row(tally *t, const float *x, int from, int to)
{
    int32_t *source = t->sum[from];
    int32_t *target = t->sum[to];
    for (int j = 0; j < t->d; j += WIDTH) {
        vec value;
        ints whole, old;
#pragma GCC unroll 16
        for (int l = 0; l < WIDTH; l++) {
            value[l] = x[t->at[j + l]];
        }
        whole = __builtin_convertvector(value, ints);
        memcpy(&old, &source[j], sizeof old);
        old -= whole;
        memcpy(&source[j], &old, sizeof old);
        memcpy(&old, &target[j], sizeof old);
        old += whole;
        memcpy(&target[j], &old, sizeof old);
    }
    t->n[from]--;
    t->n[to]++;
    t->moves++;
}

/* The same for any weight. */
INLINE void move_weight(int d, const float *x, int64_t weight, int from, int to,
                        int64_t *delta)
{
    for (int j = 0; j <= d; j++) {
        const int64_t value = j < d ? weight * (int64_t)x[(int64_t)j * LANES] : weight;
        delta[(int64_t)to * (d + 1) + j] += value;
        if (from != TC_KMEANS_NO_LABEL) {
            delta[(int64_t)from * (d + 1) + j] -= value;
        }
    }
}

/* Bit i of the result: label i of a and b differ. */
INLINE uint64_t differences(const uint8_t *a, const uint8_t *b)
{
    uint64_t all = 0;
#if defined(__x86_64__)
    for (int i = 0; i < LANES; i += (int)sizeof(__m128i)) {
        const __m128i p = _mm_loadu_si128((const __m128i *)(const void *)&a[i]);
        const __m128i q = _mm_loadu_si128((const __m128i *)(const void *)&b[i]);
        const int same = _mm_movemask_epi8(_mm_cmpeq_epi8(p, q));
        all |= (uint64_t)(uint16_t)~same << i;
    }
#else
    for (int i = 0; i < LANES; i++) {
        all |= (uint64_t)(a[i] != b[i]) << i;
    }
#endif
    return all;
}

/* New labels and what they change. */
INLINE void move_rows(const block_rows *b, const uint8_t *to, tally *t, int64_t *delta)
{
    int64_t *moved = &delta[(int64_t)t->k * (t->d + 1)];
    uint8_t copy[LANES];
    const uint8_t *from = b->label;
    uint64_t set;
    if (b->n < LANES) { /* the last block: labels end with the rows */
        memcpy(copy, to, sizeof copy);
        memcpy(copy, b->label, (size_t)b->n);
        from = copy;
    }
    set = differences(to, from);
    if (set == 0) {
        return;
    }
    *moved += __builtin_popcountll(set);
    while (set != 0) {
        const int i = __builtin_ctzll(set);
        set &= set - 1;
        if (b->weight == NULL || b->weight[i] == 1) {
            move_row(t, &b->x[i], from[i], to[i]);
        } else {
            move_weight(t->d, &b->x[i], b->weight[i], from[i], to[i], delta);
        }
        b->label[i] = to[i];
    }
    if (t->moves > MOVES - LANES) {
        add_tally(t, delta);
    }
}

TARGET void ASSIGN(const tc_kmeans *model, const tc_kmeans_rows *rows, uint8_t *label,
                   int64_t *delta)
{
    const int64_t blocks = (rows->n + LANES - 1) / LANES;
    const int64_t floats = (int64_t)LANES * rows->d;
    const int64_t distance = (FETCH_FLOATS + floats - 1) / floats;
    tc_kmeans_doubt doubt;
    found_block found;
    tally t;
    tc_kmeans_doubt_of(model, &doubt);
    t.k = model->k;
    t.d = model->d;
    for (int j = 0; j < TC_KMEANS_MAX_D; j++) {
        t.at[j] = (j < t.d ? j : t.d - 1) * LANES;
    }
    clear(&t);
    for (int64_t i = 0; i < blocks; i++) {
        const int64_t row = i * LANES;
        const int64_t ahead = i + distance < blocks ? i + distance : blocks - 1;
        block_rows b = {.x = &rows->x[i * floats],
                        .weight = rows->weight != NULL ? &rows->weight[row] : NULL,
                        .n = rows->n - row < LANES ? (int)(rows->n - row) : LANES};
        b.label = &label[row];
        if (search(model, &doubt, b.x, &rows->x[ahead * floats], &found)) {
            settle_close(model, &doubt, &b, &found);
        }
        move_rows(&b, found.label, &t, delta);
    }
    add_tally(&t, delta);
}
