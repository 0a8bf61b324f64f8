#include "ingest_plan.h"

#include "ingest_record.h"
#include "ingest_source.h"

#include "tiercel/csv.h"
#include "tiercel/fault.h"
#include "tiercel/source.h"
#include "tiercel/wide.h"

enum { COUNT_CHUNK = 512 << 10, FILES_MAX = 1 << 23 };

/* What a rank tells the others of the piece that it shares with the next rank. */
typedef struct {
    int64_t file; /* -1: none */
    int64_t quotes, newlines;
} tail;

static tc_status check_sizes(const tc_config *config, const int64_t *size, tc_error *err)
{
    if (config->input.n_files < 1 || config->input.n_files >= FILES_MAX) {
        return tc_fail(err, TC_EINPUT, "input.transactions: %d files; 1 to %d can be read",
                       config->input.n_files, FILES_MAX - 1);
    }
    for (int i = 0; i < config->input.n_files; i++) {
        if (size[i] == 0) {
            return tc_fail(err, TC_EDATA, "%s: is empty, not even a header line is there",
                           config->input.files[i]);
        }
    }
    return TC_OK;
}

/* Byte at which the range of a rank starts; through 128 bits, as total * ranks may be
 * large. */
static int64_t cut(int64_t total, int64_t rank, int64_t ranks)
{
    return (int64_t)((tc_i128)total * rank / ranks);
}

static tc_status share_out(const tc_comm *comm, const tc_config *config,
                           tc_ingest_plan *plan, tc_error *err)
{
    const int ranks = tc_comm_size(comm), rank = tc_comm_rank(comm);
    const int n_files = config->input.n_files;
    int64_t total = 0, first = 0, low, high;
    plan->piece = tc_mem_alloc(n_files, sizeof *plan->piece, err);
    if (plan->piece == NULL) {
        return TC_ENOMEM;
    }
    for (int i = 0; i < n_files; i++) {
        total += tc_source_is_gz(config->input.files[i]) ? 0 : plan->size[i];
    }
    low = cut(total, rank, ranks);
    high = cut(total, rank + 1, ranks);
    for (int i = 0; i < n_files; i++) {
        tc_ingest_piece piece = {.file = i, .begin = 0, .end = INT64_MAX};
        if (tc_source_is_gz(config->input.files[i])) {
            if (i % ranks == rank) {
                plan->piece[plan->n_pieces++] = piece;
            }
            continue;
        }
        piece.begin = low > first ? low - first : 0;
        piece.end = high - first < plan->size[i] ? high - first : plan->size[i];
        first += plan->size[i];
        if (piece.begin < piece.end) {
            plan->piece[plan->n_pieces++] = piece;
        }
    }
    return TC_OK;
}

static tc_status count_piece(const char *path, const tc_ingest_piece *piece, tail *out,
                             tc_error *err)
{
    tc_source *source = NULL;
    char *bytes = tc_mem_alloc(COUNT_CHUNK, 1, err);
    int64_t left = piece->end - piece->begin, n = 1;
    tc_status st =
        bytes == NULL ? TC_ENOMEM : tc_source_open(path, piece->begin, &source, err);
    while (st == TC_OK && left > 0 && n > 0) {
        st =
            tc_source_read(source, bytes, left < COUNT_CHUNK ? left : COUNT_CHUNK, &n, err);
        if (st == TC_OK) {
            tc_csv_count(bytes, n, &out->quotes, &out->newlines);
            left -= n;
        }
    }
    if (st == TC_OK && left > 0) {
        st = tc_fail(
            err, TC_EIO,
            "%s: became shorter while it was read; run again when the file is complete",
            path);
    }
    tc_source_close(&source);
    tc_mem_free(bytes);
    return st;
}

static tc_status count_tail(const tc_config *config, const tc_ingest_plan *plan, tail *out,
                            tc_error *err)
{
    *out = (tail){.file = -1};
    for (int64_t i = 0; i < plan->n_pieces; i++) {
        const tc_ingest_piece *piece = &plan->piece[i];
        if (piece->end < plan->size[piece->file]) {
            out->file = piece->file;
            return count_piece(config->input.files[piece->file], piece, out, err);
        }
    }
    return TC_OK;
}

/* At most one piece starts inside a file: adds up the tails of the lower ranks in that
 * file. */
static void set_start(tc_ingest_plan *plan, const tail *all, int rank)
{
    for (int64_t i = 0; i < plan->n_pieces; i++) {
        tc_ingest_piece *piece = &plan->piece[i];
        for (int r = 0; r < rank && piece->begin > 0; r++) {
            if (all[r].file == piece->file) {
                piece->inside ^= (int)(all[r].quotes & 1);
                piece->newlines += all[r].newlines;
            }
        }
    }
}

tc_status tc_ingest_plan_all(tc_comm *comm, const tc_config *config, tc_ingest_plan *plan,
                             tc_error *err)
{
    tail mine;
    tc_buffer all = {0};
    tc_status st;
    *plan = (tc_ingest_plan){0};
    plan->size = tc_mem_alloc(config->input.n_files, sizeof *plan->size, err);
    st = tc_comm_agree_all(comm, plan->size == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(plan->size != NULL);
        st = tc_source_sizes_all(comm, config, plan->size, err);
    }
    if (st != TC_OK) {
        return st;
    }
    TC_ASSERT(plan->size != NULL);
    st = TC_FAULT("ingest.count", err);
    if (st == TC_OK) {
        st = check_sizes(config, plan->size, err);
    }
    if (st == TC_OK) {
        st = share_out(comm, config, plan, err);
    }
    if (st == TC_OK) {
        st = count_tail(config, plan, &mine, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_comm_gather_all(comm, &mine, (int64_t)sizeof mine, &all, err);
    }
    if (st == TC_OK) {
        set_start(plan, (const tail *)(const void *)all.data, tc_comm_rank(comm));
    }
    tc_buffer_free(&all);
    return st;
}

void tc_ingest_plan_free(tc_ingest_plan *plan)
{
    tc_mem_free(plan->size);
    tc_mem_free(plan->piece);
    *plan = (tc_ingest_plan){0};
}
