/* segment_flow.c - who went where: the clusters of the previous run against those of this one, customer by customer.
 * Both files are in the order of the hash, so each rank reads the part of the previous one that lies between its own
 * borders, and one merge finds the customers of both. */
#include "segment_impl.h"

#include "tiercel/fault.h"
#include "tiercel/stop.h"

#include <string.h>

enum { CHUNK = 16384 };

/* One of the two files. */
typedef struct {
    tc_store_piece *hash, *cluster; /* cluster NULL: this run, whose labels are in memory */
    int64_t row, end; /* of the file: next one to read, and the last of this rank */
    int64_t at, n;    /* of what was read */
    uint64_t key[2 * CHUNK];
    uint64_t last[2]; /* key before */
    uint16_t number[CHUNK];
} side;

/* Both, and where the pairs are counted. */
typedef struct {
    const tc_segment *s;
    const uint8_t *place_of; /* by cluster of the model: its place */
    side before, now;
    int64_t known; /* rows of this run with features, up to now.at */
    int16_t *
        row_of; /* [TC_SEGMENT_NUMBER_MOST + 1] row of a number of the previous run, or -1 */
    int n_rows, n_cols; /* clusters before and now */
    int64_t *flow;
} merging;

static int before(const uint64_t a[2], const uint64_t b[2])
{
    return a[0] != b[0] ? a[0] < b[0] : a[1] < b[1];
}

static const tc_field hash_field = {.name = "customers/hash", .type = TC_U64, .columns = 2};
static const tc_field cluster_field = {.name = "cluster", .type = TC_U16};

/* Local. First row of a file whose hash begins with at least `border`. */
static tc_status lower_bound(tc_store_piece *hash, int64_t n, uint64_t border, int64_t *row,
                             tc_error *err)
{
    int64_t low = 0, high = n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        uint64_t key[2];
        TC_TRY(tc_store_read(hash, key, middle, 1, err));
        if (key[0] < border) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *row = low;
    return TC_OK;
}

static uint64_t border_of(const tc_shards *shards, int64_t shard)
{
    int bits = 0;
    while (((int64_t)1 << bits) < shards->n_shards) {
        bits++;
    }
    return bits > 0 ? (uint64_t)shard << (64 - bits) : 0;
}

/* Collective. The rows of the previous run that fall to this rank, by a search in a view of its own: the checksum
 * counts each row once. */
static tc_status find_part_all(merging *m, int64_t n, tc_error *err)
{
    const tc_shards *shards = &m->s->customers;
    tc_store_piece *view = NULL;
    int64_t total = 0;
    tc_status st =
        tc_store_view_all(m->s->previous->store, &hash_field, &total, &view, err);
    if (st != TC_OK) {
        return st;
    }
    m->before.row = 0;
    m->before.end = n;
    if (total != n) {
        st = tc_fail(
            err, TC_EDATA,
            "segment.previous: its columns differ in length; name the segments.h5 of "
            "another run, or restore it from a copy");
    }
    if (st == TC_OK && shards->shard0 > 0) {
        st = lower_bound(view, n, border_of(shards, shards->shard0), &m->before.row, err);
    }
    if (st == TC_OK && shards->shard1 < shards->n_shards) {
        st = lower_bound(view, n, border_of(shards, shards->shard1), &m->before.end, err);
    }
    return tc_store_end_all(&view, st, err);
}

/* Local. The next piece of one file, in ascending order. */
static tc_status fill(side *f, const char *name, tc_error *err)
{
    const int64_t left = f->end - f->row;
    f->at = 0;
    f->n = left < CHUNK ? left : CHUNK;
    if (left <= 0) {
        f->n = 0;
        return TC_OK;
    }
    TC_TRY(tc_store_read(f->hash, f->key, f->row, f->n, err));
    if (f->cluster != NULL) {
        TC_TRY(tc_store_read(f->cluster, f->number, f->row, f->n, err));
    }
    for (int64_t i = 0; i < f->n; i++) {
        if (before(&f->key[2 * i], f->last)) {
            return tc_fail(
                err, TC_EDATA,
                "%s: its customers are not in the order of their hash; the file is "
                "damaged, restore it from a copy or make it again",
                name);
        }
        memcpy(f->last, &f->key[2 * i], sizeof f->last);
    }
    f->row += f->n;
    return TC_OK;
}

/* Row of the cluster of the customer at hand in the previous run; n_rows = in none. */
static tc_status row_before(const merging *m, int *row, tc_error *err)
{
    const int number = m->before.number[m->before.at];
    *row = number == 0 ? m->n_rows : m->row_of[number];
    if (*row < 0) {
        return tc_fail(
            err, TC_EDATA,
            "segment.previous: a customer is in cluster %d, which is not among its "
            "clusters; name the segments.h5 of another run, or restore it from a copy",
            number);
    }
    return TC_OK;
}

/* Place of the customer at hand now; n_cols = in no cluster. */
static int place_now(merging *m)
{
    const tc_segment *s = m->s;
    const int64_t row = m->now.row - m->now.n + m->now.at - s->customers.row0;
    int place = m->n_cols;
    if (tc_segment_is_known(s, row)) {
        place = m->place_of[s->label[m->known]];
        m->known++;
    }
    return place;
}

/* Counts the customer that comes next in either file. */
static tc_status step(merging *m, tc_error *err)
{
    const int has_before = m->before.at < m->before.n, has_now = m->now.at < m->now.n;
    const uint64_t *a = &m->before.key[2 * m->before.at], *b = &m->now.key[2 * m->now.at];
    const int take_before = has_before && (!has_now || !before(b, a));
    const int take_now = has_now && (!has_before || !before(a, b));
    int row = m->n_rows, col = m->n_cols;
    if (take_before) {
        TC_TRY(row_before(m, &row, err));
        m->before.at++;
    }
    if (take_now) {
        col = place_now(m);
        m->now.at++;
    }
    m->flow[(int64_t)row * (m->n_cols + 1) + col]++;
    return TC_OK;
}

static tc_status merge(merging *m, tc_error *err)
{
    TC_TRY(TC_FAULT("segment.flow", err));
    for (;;) {
        if (m->now.at == m->now.n) {
            TC_TRY(tc_stop_check(err));
        }
        if (m->before.at == m->before.n) {
            TC_TRY(fill(&m->before, "segment.previous", err));
        }
        if (m->now.at == m->now.n) {
            TC_TRY(fill(&m->now, "features.h5", err));
        }
        if (m->before.n == 0 && m->now.n == 0) {
            return TC_OK;
        }
        TC_TRY(step(m, err));
    }
}

/* Collective. */
static tc_status open_and_merge_all(merging *m, tc_error *err)
{
    const tc_segment *s = m->s;
    const int64_t n = tc_store_head(s->previous->store)->n_rows;
    int64_t rows = 0;
    tc_status st = find_part_all(m, n, err);
    if (st == TC_OK) {
        st = tc_store_view_all(s->previous->store, &hash_field, NULL, &m->before.hash, err);
    }
    if (st == TC_OK) {
        st = tc_store_view_all(s->previous->store, &cluster_field, &rows,
                               &m->before.cluster, err);
    }
    if (st == TC_OK) {
        st = tc_store_view_all(s->features, &hash_field, NULL, &m->now.hash, err);
    }
    m->now.row = s->customers.row0;
    m->now.end = s->customers.row0 + s->customers.n_local;
    if (st == TC_OK) {
        st = merge(m, err);
    }
    st = tc_store_end_all(&m->before.hash, st, err);
    st = tc_store_end_all(&m->before.cluster, st, err);
    return tc_store_end_all(&m->now.hash, st, err);
}

tc_status tc_segment_flow_all(tc_segment *s, const uint8_t *place_of, int n_named,
                              int64_t *flow, tc_error *err)
{
    const tc_segment_previous *p = s->previous;
    const int64_t cells = (int64_t)(p->n_named + 1) * (n_named + 1);
    merging *m = tc_mem_alloc(1, sizeof *m, err);
    int16_t *row_of =
        m == NULL ? NULL : tc_mem_alloc(TC_SEGMENT_NUMBER_MOST + 1, sizeof *row_of, err);
    tc_status st = tc_comm_agree_all(s->comm, row_of == NULL ? TC_ENOMEM : TC_OK, err);
    TC_ASSERT(st != TC_OK || (m != NULL && row_of != NULL));
    if (st == TC_OK) {
        m->s = s;
        m->place_of = place_of;
        m->n_rows = p->n_named;
        m->n_cols = n_named;
        m->flow = flow;
        m->row_of = row_of;
        memset(row_of, 0xFF, (TC_SEGMENT_NUMBER_MOST + 1) * sizeof *row_of);
        for (int r = 0; r < p->n_named; r++) {
            row_of[p->number[r]] = (int16_t)r;
        }
        st = open_and_merge_all(m, err);
    }
    if (st == TC_OK) {
        tc_comm_sum_i64_all(s->comm, flow, cells);
    }
    tc_mem_free(row_of);
    tc_mem_free(m);
    return st;
}
