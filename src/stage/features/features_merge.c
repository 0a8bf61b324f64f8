/* features_merge.c - the union of the customers of several files. */
#include "features_merge.h"

#include "features_impl.h"

#include <string.h>

/* What is held of a file at a time, within a share of the memory. */
enum {
    BATCH_MOST = 16384,
    BATCH_LEAST = 256,
    BATCH_BYTES = 64, /* of a customer, about */
    WINDOW_MOST = 262144,
    WINDOW_LEAST = 1024,
    WINDOW_BYTES = 39 /* of an event */
};

/* The counting pass has no number of shards yet. */
enum { FINEST_SHARDS = TC_SHARDS_MAX };

static int64_t within(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

static tc_status allocate(tc_features_merge *m, int n, tc_error *err)
{
    m->source = tc_mem_alloc(n, sizeof *m->source, err);
    m->heap = tc_mem_alloc(n, sizeof *m->heap, err);
    m->member = tc_mem_alloc(n, sizeof *m->member, err);
    m->head = tc_mem_alloc(n, sizeof *m->head, err);
    m->left = tc_mem_alloc(n, sizeof *m->left, err);
    m->events = tc_mem_alloc(n, sizeof *m->events, err);
    m->rows = tc_mem_alloc(n, sizeof(const uint64_t *), err);
    return m->source == NULL || m->heap == NULL || m->member == NULL || m->head == NULL ||
                   m->left == NULL || m->events == NULL || m->rows == NULL
               ? TC_ENOMEM
               : TC_OK;
}

/* The table of sources; nothing is opened. */
static tc_status make_sources(tc_features_merge *m, int n, const tc_config *config,
                              const tc_event_list *list, const tc_features_merge_what *what,
                              tc_error *err)
{
    const int64_t share = what->memory / (2 * (int64_t)n);
    TC_TRY(allocate(m, n, err));
    m->policy = (int)(list->n > 1 ? config->input.duplicates : TC_DUPLICATES_KEEP);
    m->with = (m->policy != TC_DUPLICATES_KEEP ? TC_WITH_ROWS : 0) |
              (list->identity_id[0] != '\0' ? TC_WITH_ALIASES : 0);
    m->extra = what->extra != NULL ? list->n : -1;
    for (int i = 0; i < n; i++) {
        const int is_extra = i == m->extra;
        m->source[i] = (tc_features_source){
            .store = is_extra ? what->extra : list->store[i],
            .path = is_extra ? what->extra_path : list->path[i],
            .has_events = what->with_events && !is_extra,
            .with = is_extra ? 0 : m->with,
            .with_ids = what->with_ids,
            .batch_customers = within(share / BATCH_BYTES, BATCH_LEAST, BATCH_MOST),
            .window_events = within(share / WINDOW_BYTES, WINDOW_LEAST, WINDOW_MOST)};
    }
    return TC_OK;
}

/* 1 if the customer of source a comes before that of b; the number decides among equals. */
static int is_before(const tc_features_merge *m, int a, int b)
{
    const tc_hash128 x = tc_features_source_hash(&m->source[a]);
    const tc_hash128 y = tc_features_source_hash(&m->source[b]);
    if (x.hi != y.hi) {
        return x.hi < y.hi;
    }
    return x.lo != y.lo ? x.lo < y.lo : a < b;
}

static void sift_up(tc_features_merge *m, int at)
{
    const int moving = m->heap[at];
    while (at > 0 && is_before(m, moving, m->heap[(at - 1) / 2])) {
        m->heap[at] = m->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    m->heap[at] = moving;
}

static void sift_down(tc_features_merge *m)
{
    const int moving = m->heap[0];
    int at = 0;
    for (int child = 1; child < m->n_heap; child = 2 * at + 1) {
        if (child + 1 < m->n_heap && is_before(m, m->heap[child + 1], m->heap[child])) {
            child++;
        }
        if (!is_before(m, m->heap[child], moving)) {
            break;
        }
        m->heap[at] = m->heap[child];
        at = child;
    }
    m->heap[at] = moving;
}

/* A source goes to its next customer and back into the heap, unless it has none. */
static tc_status push_next(tc_features_merge *m, int source, tc_error *err)
{
    int found;
    TC_TRY(tc_features_source_next(&m->source[source], &found, err));
    if (found) {
        m->heap[m->n_heap] = source;
        sift_up(m, m->n_heap++);
    }
    return TC_OK;
}

static tc_status start_heap(tc_features_merge *m, tc_error *err)
{
    for (int i = 0; i < m->n_sources; i++) {
        TC_TRY(push_next(m, i, err));
    }
    return TC_OK;
}

tc_status tc_features_merge_start_all(tc_comm *comm, const tc_config *config,
                                      tc_event_list *list,
                                      const tc_features_merge_what *what,
                                      tc_features_merge *merge, tc_error *err)
{
    const int n = list->n + (what->extra != NULL);
    tc_status st;
    *merge = (tc_features_merge){0};
    st = tc_comm_agree_all(comm, make_sources(merge, n, config, list, what, err), err);
    merge->n_sources = st == TC_OK ? n : 0; /* as agreed: closing them is collective */
    if (st == TC_OK && what->with_events) {
        st = tc_features_dictionaries_all(comm, merge, err);
    }
    for (int i = 0; i < merge->n_sources && st == TC_OK; i++) {
        tc_features_source *s = &merge->source[i];
        st = tc_features_source_open_all(comm, s, what->n_shards, err);
        merge->id_width = s->id_width > merge->id_width ? s->id_width : merge->id_width;
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(comm, start_heap(merge, err), err);
    }
    return st;
}

tc_status tc_features_merge_end_all(tc_comm *comm, tc_features_merge *merge,
                                    tc_status status, tc_error *err)
{
    tc_status st = tc_comm_agree_all(comm, status, err);
    for (int i = 0; i < merge->n_sources; i++) {
        st = tc_features_source_close_all(comm, &merge->source[i], st, err);
    }
    tc_mem_free(merge->source);
    tc_mem_free(merge->heap);
    tc_mem_free(merge->member);
    tc_mem_free(merge->head);
    tc_mem_free(merge->left);
    tc_mem_free(merge->events);
    tc_mem_free((void *)merge->rows);
    tc_mem_free(merge->origin);
    tc_event_columns_free(&merge->gathered);
    *merge = (tc_features_merge){.drops = merge->drops};
    return st;
}

/* Takes all sources with the least hash out of the heap. Those of the customer before go on first. */
static tc_status pop_members(tc_features_merge *m, tc_error *err)
{
    for (int i = 0; i < m->n_member; i++) {
        TC_TRY(push_next(m, m->member[i], err));
    }
    m->n_member = 0;
    while (m->n_heap > 0) {
        const int top = m->heap[0];
        if (m->n_member > 0) {
            const tc_hash128 first = tc_features_source_hash(&m->source[m->member[0]]);
            const tc_hash128 other = tc_features_source_hash(&m->source[top]);
            if (first.hi != other.hi || first.lo != other.lo) {
                break;
            }
        }
        m->member[m->n_member++] = top;
        m->heap[0] = m->heap[--m->n_heap];
        if (m->n_heap > 0) {
            sift_down(m);
        }
    }
    return TC_OK;
}

tc_status tc_features_merge_next(tc_features_merge *merge, tc_features_customer *customer,
                                 int *found, tc_error *err)
{
    const tc_features_source *first;
    int n = 0;
    TC_TRY(pop_members(merge, err));
    *found = merge->n_member > 0;
    if (!*found) {
        return TC_OK;
    }
    first = &merge->source[merge->member[0]];
    *customer = (tc_features_customer){
        .hash = tc_features_source_hash(first),
        .id = first->id != NULL ? tc_features_source_id(first) : NULL,
        .id_width = first->id_width,
        .extra_row = -1};
    for (int i = 0; i < merge->n_member; i++) {
        const tc_features_source *s = &merge->source[merge->member[i]];
        if (merge->member[i] == merge->extra) {
            customer->extra_row = tc_features_source_row(s);
        } else if (s->has_events) {
            merge->events[n] = tc_features_source_events(s, &merge->rows[n]);
            n++;
        }
    }
    if (n > 1) {
        return tc_features_gather(merge, n, &customer->events, err);
    }
    if (n == 1) {
        customer->events = merge->events[0];
    }
    return TC_OK;
}

/* Counts the customers of this rank by the finest shards. */
static tc_status count_customers(tc_features_merge *m, int64_t *count, tc_error *err)
{
    int found = 1;
    while (found) {
        tc_features_customer customer;
        TC_TRY(tc_features_merge_next(m, &customer, &found, err));
        if (found) {
            count[tc_shards_of(customer.hash.hi, FINEST_SHARDS)]++;
        }
    }
    return TC_OK;
}

/* From counts by the finest shards to the table of the right number of them. */
static tc_status make_shards(tc_comm *comm, int64_t *count, tc_shards *shards,
                             tc_error *err)
{
    int64_t total = 0, n_shards, each;
    for (int64_t s = 0; s < FINEST_SHARDS; s++) {
        total += count[s];
    }
    n_shards = tc_shards_count(total);
    each = FINEST_SHARDS / n_shards;
    total = 0;
    for (int64_t s = 0; s < n_shards; s++) {
        int64_t here = 0;
        for (int64_t i = s * each; i < (s + 1) * each; i++) {
            here += count[i];
        }
        count[s] = total; /* s <= s * each: what is overwritten has been added */
        total += here;
    }
    count[n_shards] = total;
    return tc_shards_create(n_shards, count, tc_comm_rank(comm), tc_comm_size(comm), shards,
                            err);
}

tc_status tc_features_union_all(tc_comm *comm, const tc_config *config, tc_event_list *list,
                                const tc_features_merge_what *what, tc_shards *shards,
                                tc_error *err)
{
    tc_features_merge_what hashes = *what;
    tc_features_merge merge;
    int64_t *count;
    tc_status st;
    *shards = (tc_shards){0};
    if (list->n == 1 && what->extra == NULL) {
        return tc_stage_shards_all(comm, list->store[0], shards, err);
    }
    hashes.with_events = hashes.with_ids = 0;
    hashes.n_shards = FINEST_SHARDS;
    count = tc_mem_alloc(FINEST_SHARDS + 1, sizeof *count, err);
    st = tc_comm_agree_all(comm, count == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_features_merge_start_all(comm, config, list, &hashes, &merge, err);
        TC_ASSERT(count != NULL); /* as agreed */
        if (st == TC_OK) {
            st = count_customers(&merge, count, err);
        }
        st = tc_features_merge_end_all(comm, &merge, st, err);
    }
    if (st == TC_OK) {
        TC_ASSERT(count != NULL);
        tc_comm_sum_i64_all(comm, count, FINEST_SHARDS);
        st = tc_comm_agree_all(comm, make_shards(comm, count, shards, err), err);
    }
    tc_mem_free(count);
    return st;
}

static tc_status run_through(tc_features_merge *m, tc_error *err)
{
    int found = 1;
    while (found) {
        tc_features_customer customer;
        TC_TRY(tc_features_merge_next(m, &customer, &found, err));
    }
    return TC_OK;
}

/* Collective. Sums of hashes in halves, so that int64 sums cannot overflow. */
static void sum_drops_all(tc_comm *comm, tc_features_drops *drops)
{
    int64_t words[5] = {drops->rows};
    for (int i = 0; i < 2; i++) {
        words[1 + 2 * i] = (int64_t)(drops->content[i] & 0xFFFFFFFFu);
        words[2 + 2 * i] = (int64_t)(drops->content[i] >> 32);
    }
    tc_comm_sum_i64_all(comm, words, 5);
    drops->rows = words[0];
    for (int i = 0; i < 2; i++) {
        drops->content[i] = (uint64_t)words[1 + 2 * i] + ((uint64_t)words[2 + 2 * i] << 32);
    }
}

tc_status tc_features_drops_all(tc_comm *comm, const tc_config *config, tc_event_list *list,
                                tc_features_drops *drops, tc_error *err)
{
    const tc_features_merge_what what = {
        .with_events = 1, .n_shards = FINEST_SHARDS, .memory = tc_features_memory(config)};
    tc_features_merge merge;
    tc_status st = tc_features_merge_start_all(comm, config, list, &what, &merge, err);
    if (st == TC_OK) {
        st = run_through(&merge, err);
    }
    st = tc_features_merge_end_all(comm, &merge, st, err);
    *drops = merge.drops;
    sum_drops_all(comm, drops);
    return st;
}
