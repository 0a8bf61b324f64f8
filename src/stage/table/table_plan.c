#include "table_plan.h"

#include "tiercel/fault.h"
#include "tiercel/mem.h"
#include "tiercel/progress.h"
#include "tiercel/stop.h"
#include "tiercel/wide.h"

enum {
    COUNT_CHUNK = 256 << 10,
    PAGE = 4096 /* where the kernel copies fastest */,
    FILES_MAX = 1 << 23
};

/* What a rank tells the others of the piece whose range it shares with the next rank. */
typedef struct {
    int64_t range; /* -1: none */
    int64_t quotes, newlines;
} tail;

/* Collective. state[n], out: that of each file on all ranks; each rank looks at some. */
static tc_status look_all(tc_comm *comm, char *const *file, int n, tc_source_state *state,
                          tc_error *err)
{
    tc_status st = TC_OK;
    for (int i = 0; i < n; i++) {
        state[i] = (tc_source_state){0};
    }
    for (int i = tc_comm_rank(comm); i < n && st == TC_OK; i += tc_comm_size(comm)) {
        st = tc_source_look(file[i], &state[i], err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        tc_comm_sum_i64_all(comm, (int64_t *)(void *)state, 2 * (int64_t)n);
    }
    return st;
}

_Static_assert(sizeof(tc_source_state) == 2 * sizeof(int64_t), "is summed as two int64");

static tc_status check_sizes(const tc_table_spec *spec, const tc_source_state *state,
                             tc_error *err)
{
    if (spec->n_files >= FILES_MAX) {
        return tc_fail(err, TC_EINPUT, "%s: %d files; at most %d can be read",
                       spec->section, spec->n_files, FILES_MAX - 1);
    }
    for (int i = 0; i < spec->n_files; i++) {
        if (state[i].size == 0) {
            return tc_fail(err, TC_EDATA, "%s: is empty, not even a header line is there",
                           spec->file[i]);
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

/* A range for each file, or those given. */
static tc_status set_ranges(const tc_table_spec *spec, const tc_table_range *range,
                            int64_t n, tc_table_plan *plan, tc_error *err)
{
    plan->n_ranges = range != NULL ? n : spec->n_files;
    plan->range = tc_mem_alloc(plan->n_ranges, sizeof *plan->range, err);
    if (plan->range == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < plan->n_ranges; i++) {
        if (range != NULL) {
            plan->range[i] = range[i];
        } else {
            const int packed = tc_source_is_packed(spec->file[i]);
            plan->range[i] = (tc_table_range){
                .file = i, .end = packed ? INT64_MAX : plan->state[i].size};
        }
    }
    return TC_OK;
}

static void add_piece(tc_table_plan *plan, tc_table_piece piece, int64_t range)
{
    plan->part_of[plan->n_pieces] = range;
    plan->piece[plan->n_pieces++] = piece;
}

static tc_status share_out(const tc_comm *comm, const tc_table_spec *spec,
                           const int64_t *at, tc_table_plan *plan, tc_error *err)
{
    const int ranks = tc_comm_size(comm), rank = tc_comm_rank(comm);
    int64_t total = 0, first = 0, low, high;
    plan->piece = tc_mem_alloc(plan->n_ranges, sizeof *plan->piece, err);
    plan->part_of = tc_mem_alloc(plan->n_ranges, sizeof *plan->part_of, err);
    if (plan->piece == NULL || plan->part_of == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < plan->n_ranges; i++) {
        const tc_table_range *const r = &plan->range[i];
        total += tc_source_is_packed(spec->file[r->file]) ? 0 : r->end - r->begin;
    }
    low = at != NULL ? at[rank] : cut(total, rank, ranks);
    high = at != NULL ? at[rank + 1] : cut(total, rank + 1, ranks);
    for (int64_t i = 0; i < plan->n_ranges; i++) {
        const tc_table_range *const r = &plan->range[i];
        const int64_t size = r->end - r->begin;
        tc_table_piece piece = {(int)r->file, r->begin, r->end, (int)r->inside,
                                r->newlines};
        if (tc_source_is_packed(spec->file[r->file])) {
            if (i % ranks == rank) {
                add_piece(plan, piece, i);
            }
            continue;
        }
        piece.begin += low > first ? low - first : 0;
        piece.end = high - first < size ? r->begin + high - first : r->end;
        first += size;
        if (piece.begin < piece.end) {
            add_piece(plan, piece, i);
        }
    }
    return TC_OK;
}

/* Byte behind the lines of a file that are not read, at most `limit`. */
static tc_status skipped_bytes(const tc_table_spec *spec, const char *path, int64_t limit,
                               char *bytes, int64_t *out, tc_error *err)
{
    tc_source *source = NULL;
    int64_t lines = spec->dialect.skip_lines, n = 1;
    tc_status st = TC_OK;
    *out = 0;
    if (lines > 0) {
        st = tc_source_open(path, 0, &source, err);
    }
    while (st == TC_OK && lines > 0 && n > 0 && *out < limit) {
        st = tc_source_read(source, bytes, COUNT_CHUNK, &n, err);
        for (int64_t i = 0; st == TC_OK && i < n && lines > 0; i++) {
            lines -= bytes[i] == '\n';
            (*out)++;
        }
    }
    tc_source_close(&source);
    return st;
}

/* Counts the bytes of a piece; no quotes in lines that are not read. */
static tc_status count_bytes(const tc_table_spec *spec, const tc_table_piece *piece,
                             tail *out, tc_error *err)
{
    const char *const path = spec->file[piece->file];
    tc_source *source = NULL;
    char *const block = tc_mem_alloc(COUNT_CHUNK + PAGE, 1, err);
    char *const bytes =
        block == NULL ? NULL : block + (PAGE - (uintptr_t)block % PAGE) % PAGE;
    int64_t at = piece->begin, quoted_from = 0, n = 1;
    tc_status st = bytes == NULL
                       ? TC_ENOMEM
                       : skipped_bytes(spec, path, piece->end, bytes, &quoted_from, err);
    if (st == TC_OK) {
        st = tc_source_open(path, at, &source, err);
    }
    tc_progress_phase("counting quotes", piece->end - piece->begin, "B");
    while (st == TC_OK && at < piece->end && n > 0) {
        const int64_t stop = at < quoted_from ? quoted_from : piece->end;
        int64_t none = 0;
        st = tc_source_read(source, bytes,
                            stop - at < COUNT_CHUNK ? stop - at : COUNT_CHUNK, &n, err);
        if (st == TC_OK) {
            tc_csv_count(&spec->dialect, bytes, n, at < quoted_from ? &none : &out->quotes,
                         &out->newlines);
            at += n;
            tc_progress_add(n);
            st = tc_stop_check(err);
        }
    }
    if (st == TC_OK && at < piece->end) {
        st = tc_fail(
            err, TC_EIO,
            "%s: became shorter while it was read; run again when the file is complete",
            path);
    }
    tc_source_close(&source);
    tc_mem_free(block);
    return st;
}

static tc_status count_tail(const tc_table_spec *spec, const tc_table_plan *plan, tail *out,
                            tc_error *err)
{
    *out = (tail){.range = -1};
    for (int64_t i = 0; i < plan->n_pieces; i++) {
        const tc_table_piece *piece = &plan->piece[i];
        if (piece->end < plan->range[plan->part_of[i]].end) {
            out->range = plan->part_of[i];
            return count_bytes(spec, piece, out, err);
        }
    }
    return TC_OK;
}

/* At most one piece starts inside a range: adds up the tails of the lower ranks in that
 * range. */
static void set_start(tc_table_plan *plan, const tail *all, int rank)
{
    for (int64_t i = 0; i < plan->n_pieces; i++) {
        tc_table_piece *piece = &plan->piece[i];
        const int inner = piece->begin > plan->range[plan->part_of[i]].begin;
        for (int r = 0; r < rank && inner; r++) {
            if (all[r].range == plan->part_of[i]) {
                piece->inside ^= (int)(all[r].quotes & 1);
                piece->newlines += all[r].newlines;
            }
        }
    }
}

/* What is read: the ranges, or without them all files, perhaps with cuts of the caller. */
typedef struct {
    const tc_table_range *range;
    int64_t n_ranges;
    const int64_t *at;
} wish;

static tc_status plan_all(tc_comm *comm, const tc_table_spec *spec, const wish *w,
                          tc_table_plan *plan, tc_error *err)
{
    tail mine;
    tc_buffer all = {0};
    tc_status st;
    *plan = (tc_table_plan){0};
    plan->state = tc_mem_alloc(spec->n_files, sizeof *plan->state, err);
    st = tc_comm_agree_all(comm, plan->state == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(plan->state != NULL);
        st = look_all(comm, spec->file, spec->n_files, plan->state, err);
    }
    if (st != TC_OK) {
        return st;
    }
    TC_ASSERT(plan->state != NULL);
    st = TC_FAULT("table.count", err);
    if (st == TC_OK) {
        st = check_sizes(spec, plan->state, err);
    }
    if (st == TC_OK) {
        st = set_ranges(spec, w->range, w->n_ranges, plan, err);
    }
    if (st == TC_OK) {
        st = share_out(comm, spec, w->at, plan, err);
    }
    if (st == TC_OK) {
        st = count_tail(spec, plan, &mine, err);
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

tc_status tc_table_plan_all(tc_comm *comm, const tc_table_spec *spec, tc_table_plan *plan,
                            tc_error *err)
{
    return plan_all(comm, spec, &(wish){0}, plan, err);
}

tc_status tc_table_plan_at_all(tc_comm *comm, const tc_table_spec *spec, const int64_t *at,
                               tc_table_plan *plan, tc_error *err)
{
    return plan_all(comm, spec, &(wish){.at = at}, plan, err);
}

tc_status tc_table_plan_rest_all(tc_comm *comm, const tc_table_spec *spec,
                                 const tc_table_range *range, int64_t n_ranges,
                                 tc_table_plan *plan, tc_error *err)
{
    const tc_table_range none = {0};
    return plan_all(comm, spec,
                    &(wish){.range = range != NULL ? range : &none, .n_ranges = n_ranges},
                    plan, err);
}

void tc_table_plan_free(tc_table_plan *plan)
{
    tc_mem_free(plan->state);
    tc_mem_free(plan->range);
    tc_mem_free(plan->piece);
    tc_mem_free(plan->part_of);
    *plan = (tc_table_plan){0};
}
