/* ingest_rows.h - packed rows for the tests of ingest. */
#ifndef TC_TEST_INGEST_ROWS_H
#define TC_TEST_INGEST_ROWS_H

#include "../../src/stage/ingest/ingest_sort.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t ingest_rows_seed = 1;

static inline uint64_t next_random(void)
{
    ingest_rows_seed = ingest_rows_seed * 6364136223846793005u + 1442695040888963407u;
    return ingest_rows_seed >> 24;
}

/* What the rows have in common. */
typedef enum {
    ROWS_RANDOM, /* many customers, all words random */
    ROWS_FEW,    /* few customers */
    ROWS_ONE,    /* one customer, few values */
    ROWS_SAME,   /* one row again and again */
    ROWS_UNUSED, /* unused rows, few values */
    N_ROWS_SHAPES
} rows_shape;

/* Writes row i of a shape, at a random place that is its own; returns its bytes. */
static inline int64_t make_row(unsigned char *at, rows_shape shape, int64_t i)
{
    char id[32] = "same";
    tc_packed_head head = {.place = (next_random() & 0xFFFFFF) << 24 | (uint64_t)i};
    uint64_t customer = next_random();
    if (shape == ROWS_SAME) {
        return tc_packed_write(at, &head, id, 4);
    }
    if (shape != ROWS_RANDOM) {
        customer %= shape == ROWS_ONE ? 1 : 40;
    }
    head.time = (int64_t)(next_random() % 100) - 50;
    head.order = next_random() % 3 << 60;
    head.amount = (int64_t)(next_random() % 5) - 2;
    head.category = (uint32_t)(next_random() % 2);
    head.channel = (uint16_t)(next_random() % 3);
    head.kind = (uint8_t)(next_random() % 2);
    head.row = next_random() % 2;
    if (shape == ROWS_UNUSED) {
        head.kind = TC_KIND_UNUSED;
        return tc_packed_write(at, &head, &customer, 8);
    }
    return tc_packed_write(at, &head, id,
                           snprintf(id, sizeof id, "c%llu", (unsigned long long)customer));
}

static inline int rows_order_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static inline int rows_order_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* The documented order, written down anew; codes of channels are turned round. */
static inline int rows_by_key(const void *x, const void *y)
{
    const unsigned char *const p = ((const tc_sort_entry *)x)->row;
    const unsigned char *const q = ((const tc_sort_entry *)y)->row;
    const tc_packed_head a = tc_packed_head_of(p), b = tc_packed_head_of(q);
    const tc_hash128 h = tc_hash128_of(tc_packed_id(p), (size_t)tc_packed_id_n(p));
    const tc_hash128 g = tc_hash128_of(tc_packed_id(q), (size_t)tc_packed_id_n(q));
    const int unused = a.kind == TC_KIND_UNUSED;
    const uint64_t m =
        (uint64_t)(tc_packed_id_n(p) < tc_packed_id_n(q) ? tc_packed_id_n(p)
                                                         : tc_packed_id_n(q));
    const int ids = memcmp(tc_packed_id(p), tc_packed_id(q), m);
    const int order[] = {rows_order_i64(unused, b.kind == TC_KIND_UNUSED),
                         unused ? rows_order_u64(a.row, b.row) : rows_order_u64(h.hi, g.hi),
                         unused ? 0 : rows_order_u64(h.lo, g.lo),
                         rows_order_i64(a.time, b.time),
                         rows_order_u64(a.order, b.order),
                         rows_order_i64(a.amount, b.amount),
                         rows_order_u64(a.category, b.category),
                         rows_order_u64(b.channel, a.channel),
                         rows_order_u64(a.kind, b.kind),
                         rows_order_u64(a.row, b.row),
                         ids != 0 ? ids
                                  : rows_order_i64(tc_packed_id_n(p), tc_packed_id_n(q)),
                         rows_order_u64(a.place, b.place)};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (order[i] != 0) {
            return order[i];
        }
    }
    return 0;
}

static const uint32_t rows_channel[3] = {2, 1, 0}, rows_category[2] = {0, 1};
static const tc_sort_codes rows_codes = {rows_channel, rows_category};

#endif
