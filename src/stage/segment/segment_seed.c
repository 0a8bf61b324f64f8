/* segment_seed.c - starting centres: a sample on every rank, attempts shared out among ranks. */
#include "segment_impl.h"

#include "tiercel/fault.h"
#include "tiercel/hash.h"
#include "tiercel/kmeans_seed.h"

#include <string.h>

enum {
    PURPOSE_SAMPLE = 0x73616D,
    SAMPLE_PER_CLUSTER =
        64 /* the least, so that chance cannot leave fewer rows than clusters */
};

/* What picks the sample. */
typedef struct {
    const tc_segment *s;
    uint64_t key, limit; /* limit 0: every row */
    tc_buffer *picked;
} picker;

static tc_status pick_piece(void *context, const tc_kmeans_rows *piece, int64_t row0,
                            tc_error *err)
{
    const picker *p = context;
    for (int64_t i = 0; i < piece->n; i++) {
        int32_t point[TC_KMEANS_MAX_D];
        const uint64_t row = (uint64_t)(p->s->known.row0 + row0 + i);
        if (p->limit == 0 || tc_hash_mix(row, p->key) < p->limit) {
            tc_kmeans_point(piece, i, point);
            TC_TRY(
                tc_buffer_append(p->picked, point, piece->d * (int64_t)sizeof *point, err));
        }
    }
    return TC_OK;
}

/* Appends the sampled rows, n_dim values each. A row is in by a hash of its place in the order of
 * customers, which is the order of their own hashes: the same rows for any number of ranks. */
static tc_status pick_rows(const tc_segment *s, int64_t n_wanted, tc_buffer *picked,
                           tc_error *err)
{
    const double share = (double)n_wanted / (double)s->known.n_global;
    picker p = {.s = s,
                .key = tc_hash_mix((uint64_t)s->config->seed, PURPOSE_SAMPLE),
                .limit = share >= 1 ? 0 : (uint64_t)(share * 0x1p64),
                .picked = picked};
    TC_TRY(TC_FAULT("segment.sample", err));
    return tc_matrix_visit(s->matrix, pick_piece, &p, err);
}

/* Turns rows of n_dim values into blocks; *out belongs to the caller. */
static tc_status to_blocks(const tc_buffer *rows, int d, int64_t n, float **out,
                           tc_error *err)
{
    float *x = tc_mem_alloc(tc_kmeans_floats(n, d), sizeof *x, err);
    *out = x;
    if (x == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        int32_t point[TC_KMEANS_MAX_D];
        memcpy(point, rows->data + (size_t)(i * d) * sizeof *point,
               (size_t)d * sizeof *point);
        for (int j = 0; j < d; j++) {
            x[tc_kmeans_at(d, i, j)] = (float)point[j];
        }
    }
    return TC_OK;
}

/* Collective. The sample in the order of customers, the same on all ranks. */
static tc_status gather_sample_all(tc_segment *s, float **blocks, int64_t *n, tc_error *err)
{
    const int64_t least = s->config->segment.k * SAMPLE_PER_CLUSTER;
    const int64_t wanted =
        s->config->segment.sample > least ? s->config->segment.sample : least;
    tc_buffer picked = {0};
    tc_buffer all = {0};
    tc_status st = pick_rows(s, wanted, &picked, err);
    *blocks = NULL;
    st = tc_comm_agree_all(s->comm, st, err);
    if (st == TC_OK) {
        st = tc_comm_gather_all(s->comm, picked.data, picked.size, &all, err);
    }
    *n = all.size / (s->n_dim * (int64_t)sizeof(int32_t));
    tc_buffer_free(&picked);
    if (st == TC_OK) {
        st = tc_comm_agree_all(s->comm, to_blocks(&all, s->n_dim, *n, blocks, err), err);
    }
    tc_buffer_free(&all);
    return st;
}

/* Runs the attempts of this rank. */
static tc_status try_mine(const tc_segment *s, const tc_kmeans_rows *sample,
                          tc_kmeans_seeder **out, tc_error *err)
{
    const tc_kmeans_seed_params params = tc_kmeans_seed_effort(
        (uint64_t)s->config->seed, sample->n, (int)s->config->segment.k);
    const int64_t attempts =
        tc_kmeans_seed_attempts(s->config->segment.restarts, (int)s->config->segment.k);
    const int size = tc_comm_size(s->comm);
    TC_TRY(TC_FAULT("segment.seed", err));
    TC_TRY(tc_kmeans_seeder_create(sample, (int)s->config->segment.k, &params, out, err));
    for (int64_t a = tc_comm_rank(s->comm); a < attempts; a += size) {
        tc_kmeans_seeder_try(*out, a);
    }
    return TC_OK;
}

/* Collective. Starts the model from the best attempt of all ranks: the least inertia (not negative, so
 * in the order of its bits), then the least number, which also tells the rank. */
static void start_from_best_all(tc_segment *s, const tc_kmeans_seeder *seeder)
{
    const tc_kmeans_attempt mine = tc_kmeans_seeder_best(seeder);
    int32_t centre[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D];
    int n_centres = mine.n_centres;
    int64_t bits, lowest, attempt;
    int owner;
    memcpy(&bits, &mine.inertia, sizeof bits);
    lowest = bits;
    tc_comm_min_i64_all(s->comm, &lowest, 1);
    attempt = bits == lowest && mine.attempt >= 0 ? mine.attempt : INT64_MAX;
    tc_comm_min_i64_all(s->comm, &attempt, 1);
    owner = (int)(attempt % tc_comm_size(s->comm));
    if (owner == tc_comm_rank(s->comm)) {
        memcpy(centre, mine.centre,
               (size_t)n_centres * (size_t)s->n_dim * sizeof *mine.centre);
    }
    tc_comm_bcast_all(s->comm, &n_centres, sizeof n_centres, owner);
    tc_comm_bcast_all(s->comm, centre,
                      (int64_t)n_centres * s->n_dim * (int64_t)sizeof *centre, owner);
    tc_kmeans_start(s->model, centre, n_centres);
}

tc_status tc_segment_seed_all(tc_segment *s, tc_error *err)
{
    float *sample = NULL;
    int64_t n;
    tc_kmeans_seeder *seeder = NULL;
    tc_status st = gather_sample_all(s, &sample, &n, err);
    if (st == TC_OK) {
        const tc_kmeans_rows rows = {.n = n, .d = s->n_dim, .x = sample};
        st = tc_comm_agree_all(s->comm, try_mine(s, &rows, &seeder, err), err);
    }
    if (st == TC_OK) {
        start_from_best_all(s, seeder);
    }
    tc_kmeans_seeder_destroy(&seeder);
    tc_mem_free(sample);
    return st;
}
