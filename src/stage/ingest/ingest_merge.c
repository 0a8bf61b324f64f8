#include "ingest_merge.h"

#include "tiercel/stop.h"

/* A run that is being merged. */
typedef struct {
    tc_spill_stream *stream;
    const unsigned char *end; /* of the pinned block */
    tc_sort_entry entry;      /* the row in front */
} source;

/* A heap: no source is before its parent. */
typedef struct {
    tc_spill *spill;
    const tc_sort_codes *codes;
    source source[TC_MERGE_WAYS];
    int n;
} heap;

static int is_before(const heap *h, int a, int b)
{
    return tc_sort_compare(h->codes, &h->source[a].entry, &h->source[b].entry) < 0;
}

static void sink(heap *h, int at)
{
    for (;;) {
        int least = at;
        for (int child = 2 * at + 1; child <= 2 * at + 2 && child < h->n; child++) {
            least = is_before(h, child, least) ? child : least;
        }
        if (least == at) {
            return;
        }
        const source swap = h->source[at];
        h->source[at] = h->source[least];
        h->source[least] = swap;
        at = least;
    }
}

/* Stands before the first row of a stream; *found 0 at its end. */
static tc_status open_block(heap *h, source *s, int *found, tc_error *err)
{
    const unsigned char *data;
    int64_t n;
    *found = s->stream->first >= 0;
    if (!*found) {
        return TC_OK;
    }
    TC_TRY(tc_spill_pin(h->spill, s->stream->first, &data, &n, err));
    s->end = data + n;
    s->entry = tc_sort_entry_of(data);
    return TC_OK;
}

static tc_status advance(heap *h, tc_error *err)
{
    source *const s = &h->source[0];
    const unsigned char *const next = s->entry.row + tc_packed_size(s->entry.row);
    if (next < s->end) {
        s->entry = tc_sort_entry_of(next);
    } else {
        int found;
        tc_spill_drop_first(h->spill, s->stream);
        TC_TRY(tc_stop_check(err));
        TC_TRY(open_block(h, s, &found, err));
        if (!found) {
            h->source[0] = h->source[--h->n];
        }
    }
    sink(h, 0);
    return TC_OK;
}

static tc_status merge(heap *h, tc_spill_stream *run, int64_t n, tc_merge_take *take,
                       void *context, tc_error *err)
{
    h->n = 0;
    for (int64_t i = 0; i < n; i++) {
        source *const s = &h->source[h->n];
        int found;
        *s = (source){.stream = &run[i]};
        TC_TRY(open_block(h, s, &found, err));
        h->n += found;
    }
    for (int i = h->n / 2 - 1; i >= 0; i--) {
        sink(h, i);
    }
    while (h->n > 0) {
        TC_TRY(take(context, &h->source[0].entry, err));
        TC_TRY(advance(h, err));
    }
    return TC_OK;
}

/* What the first passes make: longer runs. */
typedef struct {
    tc_spill *spill;
    tc_spill_stream run;
} longer;

static tc_status append(void *context, const tc_sort_entry *entry, tc_error *err)
{
    longer *const l = context;
    return tc_spill_append(l->spill, &l->run, entry->row, tc_packed_size(entry->row), err);
}

/* Merges the first runs of the list into one at its end. */
static tc_status merge_first(heap *h, tc_buffer *runs, tc_error *err)
{
    tc_spill_stream *const run = (tc_spill_stream *)(void *)runs->data;
    longer l = {.spill = h->spill};
    const int64_t bytes = TC_MERGE_WAYS * (int64_t)sizeof *run;
    tc_status st;
    tc_spill_start(&l.run);
    st = merge(h, run, TC_MERGE_WAYS, append, &l, err);
    tc_spill_seal(h->spill, &l.run);
    if (st != TC_OK) {
        tc_spill_drop(h->spill, &l.run);
        return st;
    }
    memmove(runs->data, runs->data + bytes, (size_t)(runs->size - bytes));
    runs->size -= bytes;
    return tc_buffer_append(runs, &l.run, (int64_t)sizeof l.run, err);
}

tc_status tc_merge_runs(tc_spill *spill, const tc_sort_codes *codes, tc_buffer *runs,
                        tc_merge_take *take, void *context, tc_error *err)
{
    heap *const h = tc_mem_alloc(1, sizeof *h, err);
    tc_spill_stream *run;
    tc_status st = h == NULL ? TC_ENOMEM : TC_OK;
    if (h != NULL) {
        h->spill = spill;
        h->codes = codes;
    }
    while (st == TC_OK && runs->size > TC_MERGE_WAYS * (int64_t)sizeof *run) {
        st = merge_first(h, runs, err);
    }
    run = (tc_spill_stream *)(void *)runs->data;
    if (st == TC_OK) {
        st = merge(h, run, runs->size / (int64_t)sizeof *run, take, context, err);
    }
    for (int64_t i = 0; i < runs->size / (int64_t)sizeof *run; i++) {
        tc_spill_drop(spill, &run[i]);
    }
    tc_mem_free(h);
    return st;
}
