/* kmeans_assign_body.h - the pass of kmeans_assign.h for one instruction set. The file that includes it defines
 * WIDTH, the floats of a vector; ASSIGN, the name of the function; TARGET, its attributes; and, if the
 * processor has them, LEAST and MOST, the smaller and the larger of two vectors lane by lane. All else is plain
 * C with the vectors of gcc and clang, which are lowered to whatever the processor has. */
#include "kmeans_assign.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline)) TARGET

enum {
    LANES = TC_KMEANS_LANES,
    WORD = 8,           /* labels compared at once */
    LINE = 16,          /* floats of a cache line */
    FETCH_FLOATS = 2048 /* fetched ahead of the search, at least a block */
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
                        const float *ahead, const int fetch, lowest low[2],
                        const ints *keep, ints *number)
{
    const float *c = &model->lean[(int64_t)a0 * model->d];
    vec s0[TC_KMEANS_MOST_TILE], s1[TC_KMEANS_MOST_TILE];
#pragma GCC unroll 6
    for (int a = 0; a < tile; a++) {
        s0[a] = s1[a] = (vec){0} + model->lean_half[a0 + a];
    }
    for (int j = 0; j < model->d; j++) {
        const vec x0 = *(const loose *)&x[(int64_t)j * LANES];
        const vec x1 = *(const loose *)&x[(int64_t)j * LANES + WIDTH];
        if (fetch) {
            __builtin_prefetch(ahead + (int64_t)j * 2 * WIDTH, 0, 2);
            if (2 * WIDTH > LINE) {
                __builtin_prefetch(ahead + (int64_t)j * 2 * WIDTH + LINE, 0, 2);
            }
        }
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

/* All centres against all rows of the block. */
INLINE void search_all(const tc_kmeans *model, const int tile, const float *x,
                       const float *ahead, found_block *found)
{
    ints keep;
    for (int l = 0; l < WIDTH; l++) {
        keep[l] = -(1 << model->lean_bits);
    }
    for (int i = 0; i < LANES; i += 2 * WIDTH) {
        const vec far = (vec){0} + TC_KMEANS_FAR;
        lowest low[2] = {{far, far}, {far, far}};
        ints number = {0};
        search_tile(model, 0, tile, &x[i], ahead + (int64_t)i * model->d, 1, low, &keep,
                    &number);
        for (int a0 = tile; a0 < model->k; a0 += tile) {
            search_tile(model, a0, tile, &x[i], ahead, 0, low, &keep, &number);
        }
        for (int v = 0; v < 2; v++) {
            memcpy(&found->best[i + v * WIDTH], &low[v].best, sizeof(vec));
            memcpy(&found->second[i + v * WIDTH], &low[v].second, sizeof(vec));
        }
    }
}

/* Labels; 1 if any is in doubt. */
INLINE int read_labels(int label_bits, float margin, found_block *found)
{
    const int32_t mask = (1 << label_bits) - 1;
    int32_t number[LANES];
    int close = 0;
    memcpy(number, found->best, sizeof number);
    for (int i = 0; i < LANES; i++) {
        found->label[i] = (uint8_t)(number[i] & mask);
    }
    for (int i = 0; i < LANES; i++) {
        close |= found->second[i] - found->best[i] <= margin;
    }
    return close;
}

INLINE int search(const tc_kmeans *model, const float *x, const float *ahead, float margin,
                  found_block *found)
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
    return read_labels(model->lean_bits, margin, found);
}

/* Rows whose lowest scores are too close to tell. */
INLINE void settle_close(const tc_kmeans *model, const block_rows *b, float margin,
                         found_block *found)
{
    for (int i = 0; i < b->n; i++) {
        if (found->second[i] - found->best[i] <= margin) {
            int32_t point[TC_KMEANS_MAX_D];
            for (int j = 0; j < model->d; j++) {
                point[j] = (int32_t)b->x[(int64_t)j * LANES + i];
            }
            found->label[i] = (uint8_t)tc_kmeans_find(model, point).centre;
        }
    }
}

/* x[] of one row from one sum to another. */
INLINE void move_row(int d, const float *x, uint32_t weight, int64_t *restrict source,
                     int64_t *restrict target)
{
    if (weight == 1) {
        for (int j = 0; j < d; j++) {
            const int64_t value = (int32_t)x[(int64_t)j * LANES];
            source[j] -= value;
            target[j] += value;
        }
    } else {
        for (int j = 0; j < d; j++) {
            const int64_t value = weight * (int64_t)x[(int64_t)j * LANES];
            source[j] -= value;
            target[j] += value;
        }
    }
    source[d] -= weight;
    target[d] += weight;
}

/* Bit i of the result: byte i of a and b differ. */
INLINE uint32_t differences(const uint8_t *a, const uint8_t *b)
{
    const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F);
    uint64_t p, q;
    memcpy(&p, a, sizeof p);
    memcpy(&q, b, sizeof q);
    p ^= q;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    p = __builtin_bswap64(p);
#endif
    p = (((p & low) + low) | p) & ~low;
    return (uint32_t)((p >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

/* New labels and what they change. Rows that had none come from `nowhere`. */
INLINE void move_rows(int d, const block_rows *b, const uint8_t *to, int64_t *nowhere,
                      int64_t *delta, int64_t *moved)
{
    for (int i0 = 0; i0 < b->n; i0 += WORD) {
        uint32_t set = differences(&to[i0], &b->label[i0]);
        while (set != 0) {
            const int i = i0 + __builtin_ctz(set);
            const int from = b->label[i];
            set &= set - 1;
            move_row(d, &b->x[i], b->weight != NULL ? b->weight[i] : 1,
                     from == TC_KMEANS_NO_LABEL ? nowhere : &delta[(int64_t)from * (d + 1)],
                     &delta[(int64_t)to[i] * (d + 1)]);
            b->label[i] = to[i];
            (*moved)++;
        }
    }
}

TARGET void ASSIGN(const tc_kmeans *model, const tc_kmeans_rows *rows, uint8_t *label,
                   int64_t *delta)
{
    const float margin = tc_kmeans_margin(model);
    const int64_t blocks = (rows->n + LANES - 1) / LANES;
    const int64_t floats = (int64_t)LANES * rows->d;
    const int64_t distance = (FETCH_FLOATS + floats - 1) / floats;
    int64_t *moved = &delta[tc_kmeans_words(model) - 1];
    int64_t nowhere[TC_KMEANS_MAX_D + 1] = {0};
    found_block found;
    for (int64_t i = 0; i < blocks; i++) {
        const int64_t row = i * LANES;
        const int64_t ahead = i + distance < blocks ? i + distance : blocks - 1;
        uint8_t tail[LANES];
        block_rows b = {.x = &rows->x[i * floats],
                        .weight = rows->weight != NULL ? &rows->weight[row] : NULL,
                        .label = &label[row],
                        .n = rows->n - row < LANES ? (int)(rows->n - row) : LANES};
        if (search(model, b.x, &rows->x[ahead * floats], margin, &found)) {
            settle_close(model, &b, margin, &found);
        }
        if (b.n == LANES && memcmp(found.label, b.label, LANES) == 0) {
            continue;
        }
        if (b.n < LANES) { /* words of labels may reach behind the last row */
            memcpy(tail, found.label, sizeof tail);
            memcpy(tail, b.label, (size_t)b.n);
            b.label = tail;
        }
        move_rows(rows->d, &b, found.label, nowhere, delta, moved);
        if (b.n < LANES) {
            memcpy(&label[row], tail, (size_t)b.n);
        }
    }
}
