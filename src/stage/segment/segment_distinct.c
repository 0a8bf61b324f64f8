#include "segment_distinct.h"

#include "tiercel/hash.h"

#include <string.h>

enum { SLOTS = 1024 }; /* a power of two, several times TC_KMEANS_MAX_K */

/* A table of points by open addressing. */
typedef struct {
    int d, n, enough;
    int32_t *point;  /* [enough][d] */
    int slot[SLOTS]; /* 1 + number of the point, 0 = free */
} points;

static void add_point(points *p, const int32_t *point)
{
    const size_t bytes = (size_t)p->d * sizeof *point;
    uint64_t at = tc_hash64_of(point, bytes, 0) % SLOTS;
    TC_ASSERT(p->point != NULL);
    while (p->slot[at] != 0) {
        if (memcmp(&p->point[(int64_t)(p->slot[at] - 1) * p->d], point, bytes) == 0) {
            return;
        }
        at = (at + 1) % SLOTS;
    }
    memcpy(&p->point[(int64_t)p->n * p->d], point, bytes);
    p->slot[at] = ++p->n;
}

static tc_status add_piece(void *context, const tc_kmeans_rows *piece, int64_t row0,
                           tc_error *err)
{
    points *p = context;
    (void)row0;
    (void)err;
    for (int64_t i = 0; i < piece->n && p->n < p->enough; i++) {
        int32_t point[TC_KMEANS_MAX_D];
        if (tc_kmeans_weight(piece, i) > 0) {
            tc_kmeans_point(piece, i, point);
            add_point(p, point);
        }
    }
    return TC_OK;
}

/* Collective. Those of all ranks together. */
static tc_status merge_all(tc_comm *comm, points *p, tc_error *err)
{
    const int64_t bytes = p->d * (int64_t)sizeof *p->point;
    tc_buffer all = {0};
    tc_status st = tc_comm_gather_all(comm, p->point, p->n * bytes, &all, err);
    if (st == TC_OK) {
        memset(p->slot, 0, sizeof p->slot);
        p->n = 0;
        for (int64_t at = 0; at < all.size && p->n < p->enough; at += bytes) {
            int32_t point[TC_KMEANS_MAX_D];
            memcpy(point, all.data + at, (size_t)bytes);
            add_point(p, point);
        }
    }
    tc_buffer_free(&all);
    return st;
}

tc_status tc_segment_distinct_all(tc_comm *comm, tc_matrix *m, int enough, int *found,
                                  tc_error *err)
{
    points p = {.d = tc_matrix_columns(m), .enough = enough};
    tc_status st;
    p.point = tc_mem_alloc((int64_t)enough * p.d, sizeof *p.point, err);
    st = p.point == NULL ? TC_ENOMEM : tc_matrix_visit(m, add_piece, &p, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = merge_all(comm, &p, err);
    }
    *found = p.n;
    tc_mem_free(p.point);
    return st;
}
