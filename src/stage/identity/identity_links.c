/* identity_links.c - from the rows of map and hierarchy to one link an id. */
#include "identity_impl.h"

#include "tiercel/fault.h"

#include <string.h>

static tc_identity_link *links_of(const tc_buffer *buffer, int64_t *n)
{
    *n = buffer->size / (int64_t)sizeof(tc_identity_link);
    return (tc_identity_link *)(void *)buffer->data;
}

static int same(tc_hash128 a, tc_hash128 b)
{
    return a.lo == b.lo && a.hi == b.hi;
}

/* Two rows that contradict each other. */
typedef struct {
    uint64_t first, second; /* places; INT64_MAX = none */
} conflict;

/* Keeps the first of the sorted links of each id; counts those that say the same. */
static conflict keep_first(tc_buffer *links, int64_t *repeated)
{
    int64_t n, kept = 0;
    tc_identity_link *link = links_of(links, &n);
    conflict worst = {INT64_MAX, INT64_MAX};
    for (int64_t i = 0; i < n; i++) {
        if (kept == 0 || !same(link[i].from, link[kept - 1].from)) {
            link[kept++] = link[i];
        } else if (same(link[i].end, link[kept - 1].end)) {
            ++*repeated;
        } else if (link[i].place < worst.second) {
            worst = (conflict){link[kept - 1].place, link[i].place};
        }
    }
    links->size = kept * (int64_t)sizeof *link;
    return worst;
}

/* Collective. The error of the conflict whose second line comes first, wherever it was
 * found. */
static tc_status report_all(const tc_identity_build *build, conflict worst,
                            const char *what, tc_error *err)
{
    int64_t second = (int64_t)worst.second;
    tc_status st = TC_OK;
    tc_comm_min_i64_all(build->comm, &second, 1);
    if (second != INT64_MAX && second == (int64_t)worst.second) {
        st = tc_fail(err, TC_EDATA,
                     "identity: an id has two %s: %s line %lld, and %s line %lld; keep one "
                     "of the lines",
                     what, tc_identity_file(build->config, worst.first),
                     (long long)tc_identity_line(worst.first),
                     tc_identity_file(build->config, worst.second),
                     (long long)tc_identity_line(worst.second));
    }
    return tc_comm_agree_all(build->comm, st, err);
}

/* Collective. Sorts links and leaves one an id. */
static tc_status settle_all(tc_identity_build *build, tc_buffer *links, const char *what,
                            tc_error *err)
{
    int64_t n;
    tc_identity_link *link = links_of(links, &n);
    tc_status st = tc_identity_sort((uint64_t *)(void *)link, n, TC_LINK_WORDS,
                                    TC_LINK_KEY_WORDS, err);
    if (st == TC_OK) {
        st = TC_FAULT("identity.settle", err);
    }
    st = tc_comm_agree_all(build->comm, st, err);
    if (st == TC_OK) {
        st = report_all(build, keep_first(links, &build->facts.rows_repeated), what, err);
    }
    return st;
}

/* What the map says of the two ids of hierarchy rows. */
static void answer_end(void *context, tc_hash128 hash, void *out)
{
    const tc_identity_build *build = context;
    int64_t n;
    const tc_identity_link *link = links_of(&build->map, &n);
    const int64_t i = tc_identity_index_find(
        &build->index, (const uint64_t *)(const void *)link, TC_LINK_WORDS, hash, 0);
    memcpy(out, i < 0 ? &hash : &link[i].end, sizeof hash);
}

static tc_status take_end(void *context, uint64_t row, const void *in, tc_error *err)
{
    const tc_identity_build *build = context;
    int64_t n;
    (void)err;
    memcpy(&links_of(&build->tree, &n)[row].end, in, sizeof(tc_hash128));
    return TC_OK;
}

/* Collective. `end` of the links of the hierarchy: what the parent counts as by the map. */
static tc_status map_parents_all(tc_identity_build *build, tc_error *err)
{
    const tc_identity_talk talk = {sizeof(tc_hash128), answer_end, take_end, build};
    int64_t n;
    const tc_identity_link *link = links_of(&build->tree, &n);
    tc_identity_ask *ask = tc_mem_alloc(n, sizeof *ask, err);
    tc_status st = tc_comm_agree_all(build->comm, ask == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(ask != NULL);
        for (int64_t i = 0; i < n; i++) {
            ask[i] = (tc_identity_ask){.hash = link[i].to, .row = (uint64_t)i};
        }
        st = tc_identity_ask_all(build->comm, ask, n, &talk, err);
    }
    tc_mem_free(ask);
    return st;
}

/* A row of the hierarchy about a replaced id is one about its master. A row whose two ids
 * are one customer by the map says nothing, unless its child is what that customer is
 * called: then it closes a circle, and stays to be found. */
static void lift_children(tc_identity_build *build)
{
    int64_t n, kept = 0;
    tc_identity_link *link = links_of(&build->tree, &n);
    for (int64_t i = 0; i < n; i++) {
        tc_hash128 child;
        answer_end(build, link[i].from, &child);
        if (same(child, link[i].end) && !same(child, link[i].from)) {
            build->facts.rows_self++;
            continue;
        }
        link[kept] = link[i];
        link[kept++].from = child;
    }
    build->tree.size = kept * (int64_t)sizeof *link;
}

/* Collective. Brings the lifted links to the owners of their masters. */
static tc_status move_tree_all(tc_identity_build *build, tc_error *err)
{
    int64_t n;
    tc_buffer received = {0};
    tc_identity_link *link = links_of(&build->tree, &n);
    const tc_status st =
        tc_identity_send_all(build->comm, (uint64_t *)(void *)link, n, TC_LINK_WORDS,
                             TC_LINK_KEY_WORDS, &received, err);
    tc_buffer_free(&build->tree);
    build->tree = received;
    return st;
}

/* Both kinds of links in one order. No id has one of each: lifted links begin at ids that
 * the map does not replace. */
static tc_status merge(tc_identity_build *build, tc_error *err)
{
    int64_t n;
    tc_identity_link *link;
    TC_TRY(tc_buffer_append(&build->map, build->tree.data, build->tree.size, err));
    tc_buffer_free(&build->tree);
    link = links_of(&build->map, &n);
    for (int64_t i = 0; i < n; i++) {
        link[i].place &= ~TC_LINK_DONE;
    }
    return tc_identity_sort((uint64_t *)(void *)link, n, TC_LINK_WORDS, TC_LINK_KEY_WORDS,
                            err);
}

tc_status tc_identity_follow_all(tc_identity_build *build, tc_error *err)
{
    int64_t n_tree;
    tc_status st = settle_all(build, &build->map, "masters", err);
    if (st == TC_OK) {
        st = settle_all(build, &build->tree, "parents", err);
    }
    if (st == TC_OK) {
        st = tc_identity_jump_all(build, err);
    }
    n_tree = build->tree.size;
    tc_comm_max_i64_all(build->comm, &n_tree, 1);
    if (st != TC_OK || n_tree == 0) {
        return st;
    }
    st = map_parents_all(build, err);
    if (st == TC_OK) {
        lift_children(build);
        st = move_tree_all(build, err);
    }
    if (st == TC_OK) {
        st = settle_all(build, &build->tree, "parents", err);
    }
    if (st == TC_OK) {
        st = merge(build, err);
        st = tc_comm_agree_all(build->comm, st, err);
    }
    if (st == TC_OK) {
        st = tc_identity_jump_all(build, err);
    }
    return st;
}
