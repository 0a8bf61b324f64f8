#include "ingest_settle.h"

#include "tiercel/fault.h"
#include "tiercel/progress.h"
#include "tiercel/stop.h"

/* Ranges between the fetching of their rows and their turn; rows of a range that are fetched. */
enum { FETCH_AHEAD = 2, FETCH_MAX = 64 };

/* Entries of the rows of one load: used ones from the front, unused ones from the back. */
typedef struct {
    int64_t n_used, n_unused;
    tc_sort_entry *used, *unused;
} load;

/* Decides on a group of equal rows and hands on those that stay. */
static inline tc_status take_group(tc_ingest_settler *s, uint64_t hi,
                                   const unsigned char *row, int64_t n, tc_error *err)
{
    const int unused = tc_packed_is_unused(row);
    int64_t n_keep = n;
    if (n > 1) {
        const tc_ingest_group group = {row, (const uint64_t *)(const void *)s->place.data,
                                       n};
        TC_TRY(tc_ingest_dedupe(
            &group, unused ? TC_DUPLICATES_KEEP : s->in->config->input.duplicates,
            &s->found, s->counting ? &s->in->rejects : NULL, &n_keep, err));
    }
    if (unused) {
        return s->emitter == NULL ? TC_OK : tc_ingest_emit_unused(s->emitter, row, err);
    }
    s->kept += n_keep;
    return s->emitter == NULL ? TC_OK : tc_ingest_emit(s->emitter, hi, row, n_keep, err);
}

/* Only who drops rows has to know which. */
static tc_status add_place(tc_ingest_settler *s, const unsigned char *row, tc_error *err)
{
    if (s->in->config->input.duplicates == TC_DUPLICATES_KEEP) {
        return TC_OK;
    }
    const uint64_t place = tc_packed_head_of(row).place;
    return tc_buffer_append(&s->place, &place, (int64_t)sizeof place, err);
}

/* Sorted entries of one kind, in memory. */
static tc_status take_entries(tc_ingest_settler *s, const tc_sort_entry *entry, int64_t n,
                              tc_error *err)
{
    for (int64_t i = 0; i < n;) {
        int64_t end = i + 1;
        while (end < n && entry[end].hi == entry[i].hi &&
               entry[end].time == entry[i].time &&
               tc_sort_is_equal(entry[i].row, entry[end].row)) {
            end++;
        }
        s->place.size = 0;
        for (int64_t k = i; k < end && end - i > 1; k++) {
            TC_TRY(add_place(s, entry[k].row, err));
        }
        TC_TRY(take_group(s, entry[i].hi, entry[i].row, end - i, err));
        i = end;
    }
    return TC_OK;
}

/* The rows of a range will be looked at soon. */
static void fetch(const tc_sort_parts *parts, int64_t range)
{
    if (range < parts->n_ranges) {
        const int64_t begin = tc_sort_begin(parts, range);
        int64_t end = tc_sort_end(parts, range);
        end = end - begin > FETCH_MAX ? begin + FETCH_MAX : end;
        for (int64_t i = begin; i < end; i++) {
            __builtin_prefetch(parts->entry[i].row);
            __builtin_prefetch(parts->entry[i].row + TC_PACKED_MIN);
        }
    }
}

/* Entries of one kind, in memory: put in order and taken customer by customer, while their
 * rows are near. */
static tc_status take_load(tc_ingest_settler *s, tc_sort_entry *entry, int64_t n,
                           tc_error *err)
{
    tc_sort_parts *const parts = &s->parts;
    tc_sort_part(entry, (tc_sort_entry *)(void *)s->spare.data, n, parts);
    for (int64_t r = 0; r < FETCH_AHEAD; r++) {
        fetch(parts, r);
    }
    for (int64_t r = 0; r < parts->n_ranges; r++) {
        const int64_t begin = tc_sort_begin(parts, r);
        fetch(parts, r + FETCH_AHEAD);
        tc_sort_range(&s->in->codes, parts, r);
        TC_TRY(take_entries(s, parts->entry + begin, tc_sort_end(parts, r) - begin, err));
    }
    return TC_OK;
}

static tc_status flush_group(tc_ingest_settler *s, tc_error *err)
{
    const int64_t n = s->n_group;
    s->n_group = 0;
    return n == 0 ? TC_OK : take_group(s, s->group.hi, s->row, n, err);
}

/* Sorted rows, one by one, each gone with the next. */
static tc_status take_row(void *context, const tc_sort_entry *entry, tc_error *err)
{
    tc_ingest_settler *const s = context;
    const int equal = s->n_group > 0 && entry->hi == s->group.hi &&
                      entry->time == s->group.time && tc_sort_is_equal(s->row, entry->row);
    if (!equal) {
        TC_TRY(flush_group(s, err));
        memcpy(s->row, entry->row, (size_t)tc_packed_size(entry->row));
        s->group = *entry;
        s->place.size = 0;
    }
    s->n_group++;
    return add_place(s, entry->row, err);
}

/* Pins up to `most` blocks from `from` on and makes entries of their rows; *next is the
 * block behind them. */
static tc_status load_blocks(tc_ingest_settler *s, int32_t from, int64_t most, load *l,
                             int32_t *next, tc_error *err)
{
    const int64_t rows = most * TC_SPILL_BLOCK / TC_PACKED_MIN + 1;
    const int64_t bytes = rows * (int64_t)sizeof(tc_sort_entry);
    s->entries.size = s->spare.size = 0;
    TC_TRY(tc_buffer_reserve(&s->entries, bytes, err));
    TC_TRY(tc_buffer_reserve(&s->spare, bytes, err));
    l->used = (tc_sort_entry *)(void *)s->entries.data;
    l->unused = l->used + rows;
    l->n_used = l->n_unused = 0;
    for (*next = from; *next >= 0 && most > 0;
         *next = tc_spill_next(s->in->spill, *next), most--) {
        const unsigned char *data;
        int64_t n;
        TC_TRY(tc_spill_pin(s->in->spill, *next, &data, &n, err));
        for (const unsigned char *row = data; row < data + n; row += tc_packed_size(row)) {
            if (!tc_packed_is_unused(row)) {
                l->used[l->n_used++] = tc_sort_entry_of(row);
            } else {
                *--l->unused = tc_sort_entry_of(row);
                l->n_unused++;
            }
        }
    }
    return TC_OK;
}

static void sort_load(tc_ingest_settler *s, load *l)
{
    tc_sort_entry *const spare = (tc_sort_entry *)(void *)s->spare.data;
    tc_sort_entries(&s->in->codes, l->used, spare, l->n_used);
    tc_sort_entries(&s->in->codes, l->unused, spare, l->n_unused);
}

/* Lets go of the blocks before `end`: they are freed, or may move again. */
static void release(tc_ingest_settler *s, tc_spill_stream *stream, int32_t from,
                    int32_t end)
{
    while (from != end) {
        const int32_t next = tc_spill_next(s->in->spill, from);
        if (s->emitter != NULL) {
            tc_spill_drop_first(s->in->spill, stream);
        } else {
            tc_spill_unpin(s->in->spill, from);
        }
        from = next;
    }
}

static tc_status settle_small(tc_ingest_settler *s, tc_spill_stream *stream, tc_error *err)
{
    load l;
    int32_t next;
    TC_TRY(load_blocks(s, stream->first, stream->blocks, &l, &next, err));
    TC_TRY(take_load(s, l.used, l.n_used, err));
    TC_TRY(take_load(s, l.unused, l.n_unused, err));
    release(s, stream, stream->first, next);
    return TC_OK;
}

/* Appends a sorted load as a run of its own. */
static tc_status add_run(tc_ingest_settler *s, const load *l, tc_buffer *runs,
                         tc_error *err)
{
    const tc_sort_entry *const part[2] = {l->used, l->unused};
    const int64_t n[2] = {l->n_used, l->n_unused};
    tc_spill_stream run;
    tc_spill_start(&run);
    for (int k = 0; k < 2; k++) {
        for (int64_t i = 0; i < n[k]; i++) {
            TC_TRY(tc_spill_append(s->in->spill, &run, part[k][i].row,
                                   tc_packed_size(part[k][i].row), err));
        }
    }
    tc_spill_seal(s->in->spill, &run);
    return tc_buffer_append(runs, &run, (int64_t)sizeof run, err);
}

/* More than fits: a customer with half of all rows, or one id throughout. */
static tc_status settle_large(tc_ingest_settler *s, tc_spill_stream *stream, int64_t most,
                              tc_error *err)
{
    tc_buffer runs = {0};
    tc_status st = TC_OK;
    for (int32_t from = stream->first; from >= 0 && st == TC_OK;) {
        load l;
        int32_t next = from;
        st = tc_stop_check(err);
        if (st == TC_OK) {
            st = load_blocks(s, from, most, &l, &next, err);
        }
        if (st == TC_OK) {
            sort_load(s, &l);
            st = add_run(s, &l, &runs, err);
        }
        release(s, stream, from, next);
        from = next;
    }
    if (st == TC_OK) {
        st = tc_merge_runs(s->in->spill, &s->in->codes, &runs, take_row, s, err);
    }
    if (st == TC_OK) {
        st = flush_group(s, err);
    }
    tc_buffer_free(&runs);
    return st;
}

/* Rows and, 48 bytes for 30 at the most, their entries twice; a quarter of the pool, which a map of ids can make
 * small. */
static int64_t blocks_at_once(const tc_ingest_settler *s)
{
    const int64_t rows = s->in->memory.settle / 13 * 5 / TC_SPILL_BLOCK;
    const int64_t pool = s->in->memory.pool / 4 / TC_SPILL_BLOCK;
    const int64_t most = rows < pool ? rows : pool;
    return most < 4 ? 4 : most;
}

static void note_duplicates(tc_ingest_settler *s)
{
    tc_ingest_counts *const counts = &s->in->counts;
    const tc_ingest_duplicates *const found = &s->found;
    counts->duplicate_rows = found->rows;
    counts->duplicate_amount = found->amount;
    counts->dropped = found->dropped;
    counts->dropped_rows[0] = found->dropped_rows[0];
    counts->dropped_rows[1] = found->dropped_rows[1];
    counts->reason_rows[TC_ROW_USED] -= found->dropped;
    counts->reason_rows[TC_ROW_DUPLICATE] += found->dropped;
    counts->reason_amount[TC_ROW_USED] -= found->dropped_amount;
    counts->reason_amount[TC_ROW_DUPLICATE] += found->dropped_amount;
}

tc_status tc_ingest_settle(tc_ingest_settler *s, tc_error *err)
{
    tc_ingest_buckets *const buckets = &s->in->buckets;
    const int64_t most = blocks_at_once(s);
    tc_status st = TC_FAULT("ingest.sort", err);
    tc_progress_phase(s->emitter != NULL ? "sorting and writing" : "looking for repeats",
                      buckets->n, "buckets");
    for (int64_t i = 0; i < buckets->n && st == TC_OK; i++) {
        tc_spill_stream *const stream = &buckets->stream[i];
        st = tc_stop_check(err);
        if (st == TC_OK) {
            st = stream->blocks > most ? settle_large(s, stream, most, err)
                                       : settle_small(s, stream, err);
        }
        tc_progress_add(1);
    }
    if (st == TC_OK && s->emitter != NULL) {
        st = tc_ingest_emit_end(s->emitter, err);
    }
    if (st == TC_OK && s->counting) {
        note_duplicates(s);
    }
    tc_buffer_free(&s->entries);
    tc_buffer_free(&s->spare);
    tc_buffer_free(&s->place);
    return st;
}
