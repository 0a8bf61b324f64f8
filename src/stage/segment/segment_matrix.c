#include "segment_matrix.h"

#include "tiercel/stop.h"

#include <string.h>

enum {
    LANES = TC_KMEANS_LANES,
    PIECE = 256 * LANES /* rows between two looks whether this rank was asked to stop */
};

/* x and count hold all rows, or a window of `capacity` rows through which they pass. */
struct tc_matrix {
    tc_matrix_params from;
    int64_t n, capacity;
    int streams;
    float *x;
    uint32_t *count; /* NULL: every row once */
    double *value;   /* [rows->capacity] one feature in model space */
};

int64_t tc_matrix_rows(const tc_matrix *m)
{
    return m->n;
}

int tc_matrix_columns(const tc_matrix *m)
{
    return m->from.d;
}

int tc_matrix_streams(const tc_matrix *m)
{
    return m->streams;
}

void tc_matrix_destroy(tc_matrix **m)
{
    if (*m != NULL) {
        tc_mem_free((*m)->x);
        tc_mem_free((*m)->count);
        tc_mem_free((*m)->value);
        tc_mem_free(*m);
        *m = NULL;
    }
}

/* To the nearest whole number, ties to even, within the grid. */
static inline float to_grid(double value, double per_unit)
{
    const double reach = TC_KMEANS_LIMIT - 1;
    const double magic = 0x1.8p52; /* sums near it have no fraction */
    const double q = value * per_unit;
    const double within = q < -reach ? -reach : q > reach ? reach : q;
    return (float)((within + magic) - magic);
}

/* Counts what is missing and cut in a feature of the shard that is loaded; leaves its values before the scale. */
static void cut(tc_matrix *m, int f, tc_scale_counts *counts)
{
    const tc_segment_rows *rows = m->from.rows;
    tc_scale_counts unused = {0};
    tc_scale_cut_column(&m->from.scale[f], rows->n, rows->column[f], m->value,
                        counts != NULL ? &counts[f] : &unused);
}

float tc_matrix_to_grid(double value, double unit)
{
    return to_grid(value, 1 / unit);
}

/* Puts m->value, feature j of n rows, at rows at .. of x: runs of one block each. */
static void put_column(tc_matrix *m, int j, int64_t at, int64_t n)
{
    const tc_scale *scale = &m->from.scale[m->from.dimension[j]];
    const double per_unit = 1 / m->from.unit; /* exact: a power of two */
    for (int64_t i = 0; i < n;) {
        const int64_t room = LANES - (at + i) % LANES;
        const int64_t run = room < n - i ? room : n - i;
        const double *value = &m->value[i];
        float *x = &m->x[tc_kmeans_at(m->from.d, at + i, j)];
        for (int64_t l = 0; l < run; l++) {
            x[l] = to_grid((value[l] - scale->mean) / scale->scale, per_unit);
        }
        i += run;
    }
}

/* Puts the rows of the shard that is loaded at rows at .. of x. */
static void put_shard(tc_matrix *m, int64_t at, tc_scale_counts *counts)
{
    const tc_segment_rows *rows = m->from.rows;
    for (int j = 0; j < m->from.d; j++) {
        cut(m, m->from.dimension[j], counts);
        put_column(m, j, at, rows->n);
    }
    if (m->count != NULL) {
        memcpy(&m->count[at], rows->count, (size_t)rows->n * sizeof *m->count);
    }
}

/* Zeros the lanes behind row n - 1. */
static void end_block(tc_matrix *m, int64_t n)
{
    for (int j = 0; n % LANES != 0 && j < m->from.d; j++) {
        float *lane = &m->x[tc_kmeans_at(m->from.d, n, j)];
        memset(lane, 0, (size_t)(LANES - n % LANES) * sizeof *lane);
    }
}

static tc_kmeans_rows view_of(const tc_matrix *m, int64_t n)
{
    return (tc_kmeans_rows){.n = n, .d = m->from.d, .x = m->x, .weight = m->count};
}

/* The rows of the last block, which is not full, go to the front of the window. */
static void keep_rest(tc_matrix *m, int64_t passed, int64_t held)
{
    memmove(m->x, m->x + passed * m->from.d,
            (size_t)LANES * (size_t)m->from.d * sizeof *m->x);
    if (m->count != NULL) {
        memmove(m->count, m->count + passed, (size_t)held * sizeof *m->count);
    }
}

/* Whole blocks are visited as soon as a shard fills them. */
static tc_status stream(tc_matrix *m, tc_matrix_visit_fn *visit, void *context,
                        tc_error *err)
{
    const tc_shards *known = m->from.rows->known;
    int64_t row0 = 0, held = 0;
    for (int64_t s = known->shard0; s < known->shard1; s++) {
        tc_kmeans_rows piece;
        TC_TRY(tc_segment_rows_load(m->from.rows, s, err));
        put_shard(m, held, NULL);
        held += m->from.rows->n;
        piece = view_of(m, held / LANES * LANES);
        if (piece.n > 0) {
            TC_TRY(visit(context, &piece, row0, err));
            row0 += piece.n;
            held -= piece.n;
            keep_rest(m, piece.n, held);
        }
    }
    if (held > 0) {
        const tc_kmeans_rows rest = view_of(m, held);
        end_block(m, held);
        return visit(context, &rest, row0, err);
    }
    return TC_OK;
}

tc_status tc_matrix_visit(tc_matrix *m, tc_matrix_visit_fn *visit, void *context,
                          tc_error *err)
{
    const tc_kmeans_rows rows = view_of(m, m->n);
    if (m->streams) {
        return stream(m, visit, context, err);
    }
    for (int64_t row0 = 0; row0 < m->n; row0 += PIECE) {
        const int64_t left = m->n - row0;
        const tc_kmeans_rows piece =
            tc_kmeans_part(&rows, row0, left < PIECE ? left : PIECE);
        TC_TRY(tc_stop_check(err));
        TC_TRY(visit(context, &piece, row0, err));
    }
    return TC_OK;
}

/* The pass that counts; in memory the rows stay. */
static tc_status fill(tc_matrix *m, tc_scale_counts *counts, tc_error *err)
{
    const tc_shards *known = m->from.rows->known;
    int64_t at = 0;
    for (int64_t s = known->shard0; s < known->shard1; s++) {
        TC_TRY(tc_segment_rows_load(m->from.rows, s, err));
        for (int f = 0; f < m->from.rows->roles.n_use; f++) {
            if (m->streams || !(m->from.scale[f].scale > 0)) {
                cut(m, f, counts);
            }
        }
        if (!m->streams) {
            put_shard(m, at, counts);
        }
        at += m->from.rows->n;
    }
    return TC_OK;
}

static tc_status prepare(tc_matrix *m, tc_scale_counts *counts, tc_error *err)
{
    const tc_segment_rows *rows = m->from.rows;
    const int64_t row_bytes = m->from.d * (int64_t)sizeof *m->x +
                              (rows->count != NULL ? (int64_t)sizeof *m->count : 0);
    m->streams = m->n > 2 * (rows->capacity + LANES) &&
                 m->n > (m->from.memory > 0 ? m->from.memory : 0) / row_bytes;
    m->capacity = m->streams ? rows->capacity + 2 * (int64_t)LANES : m->n;
    m->x = tc_mem_alloc(tc_kmeans_floats(m->capacity, m->from.d), sizeof *m->x, err);
    m->value = tc_mem_alloc(rows->capacity, sizeof *m->value, err);
    if (rows->count != NULL) {
        m->count = tc_mem_alloc(m->capacity, sizeof *m->count, err);
    }
    if (m->x == NULL || m->value == NULL || (rows->count != NULL && m->count == NULL)) {
        return TC_ENOMEM;
    }
    return fill(m, counts, err);
}

tc_status tc_matrix_create(const tc_matrix_params *params, tc_scale_counts *counts,
                           tc_matrix **out, tc_error *err)
{
    tc_matrix *m = tc_mem_alloc(1, sizeof *m, err);
    tc_status st;
    *out = m;
    if (m == NULL) {
        return TC_ENOMEM;
    }
    m->from = *params;
    m->n = params->rows->known->n_local;
    st = prepare(m, counts, err);
    if (st != TC_OK) {
        tc_matrix_destroy(out);
    }
    return st;
}

/* What a visit with sums carries. */
typedef struct {
    tc_matrix_sum_fn *visit;
    void *context;
    int64_t *sums;
} adder;

static tc_status add_piece(void *context, const tc_kmeans_rows *piece, int64_t row0,
                           tc_error *err)
{
    const adder *a = context;
    return a->visit(a->context, piece, row0, a->sums, err);
}

tc_status tc_matrix_sum_all(tc_comm *comm, tc_matrix *m, tc_matrix_sum_fn *visit,
                            void *context, int64_t *sums, int64_t n, tc_error *err)
{
    adder a = {.visit = visit, .context = context, .sums = sums};
    tc_status st;
    memset(sums, 0, (size_t)(n + 1) * sizeof *sums);
    st = tc_matrix_visit(m, add_piece, &a, err);
    sums[n] = st != TC_OK; /* failed ranks travel with the sums */
    tc_comm_sum_i64_all(comm, sums, n + 1);
    return sums[n] != 0 ? tc_comm_agree_all(comm, st, err) : TC_OK;
}
