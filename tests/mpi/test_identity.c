/* The identity map against a serial one: the edges are a function of their number, so that
 * every rank can follow all of them, however they are spread. */
#include "check.h"

#include "identity_ids.h"

#include "stage/ingest/ingest_row.h"

#include <stdlib.h>
#include <string.h>

enum { IDS = 2500, NONE = -1 };
enum { FOREST, CHAIN, STAR, HIERARCHY_CHAIN, NO_EDGES, WORLDS };

typedef struct {
    int map[IDS], tree[IDS];    /* what an id's own row says; NONE */
    int master[IDS], last[IDS]; /* what it counts as by the map, and in the end */
    int alias[IDS];
    tc_hash128 hash[IDS];
} world;

static int follow(const int *next, int i)
{
    while (next[i] != NONE) {
        i = next[i];
    }
    return i;
}

/* Edges lead to smaller numbers, so that there is no circle; one row of the hierarchy a
 * master, said of any of its ids. */
static void draw_edges(world *w, int kind)
{
    for (int i = 0; i < IDS; i++) {
        const uint64_t r = tc_hash_mix((uint64_t)i, 5);
        w->map[i] = w->tree[i] = NONE;
        if (i == 0) {
            continue;
        }
        if (kind == CHAIN || (kind == STAR && i > 1)) {
            w->map[i] = kind == CHAIN ? i - 1 : 1;
        } else if (kind == HIERARCHY_CHAIN) {
            w->tree[i] = i - 1;
        } else if (kind == FOREST && r % 3 == 0) {
            w->map[i] = (int)(r / 3 % (uint64_t)i);
        }
    }
    for (int i = 1; i < IDS && kind == FOREST; i++) {
        const uint64_t r = tc_hash_mix((uint64_t)i, 9);
        const int parent = (int)(r / 4 % (uint64_t)i), master = follow(w->map, i);
        if (r % 4 == 0 && follow(w->map, parent) < master && w->alias[master] == 0) {
            w->tree[i] = parent;
            w->alias[master] = 1; /* has one */
        }
    }
}

static const world *sorting; /* for qsort */

static int by_customer_and_hash(const void *a, const void *b)
{
    const int i = *(const int *)a, j = *(const int *)b;
    const tc_hash128 x = sorting->hash[i], y = sorting->hash[j];
    if (sorting->last[i] != sorting->last[j]) {
        return sorting->last[i] < sorting->last[j] ? -1 : 1;
    }
    return x.hi != y.hi ? (x.hi < y.hi ? -1 : 1) : (x.lo < y.lo ? -1 : x.lo > y.lo);
}

static void number_aliases(world *w)
{
    int list[IDS], n = 0, next = 0;
    for (int i = 0; i < IDS; i++) {
        w->alias[i] = 0;
        if (w->last[i] != i) {
            list[n++] = i;
        }
    }
    sorting = w;
    qsort(list, (size_t)n, sizeof *list, by_customer_and_hash);
    for (int k = 0; k < n; k++) {
        next = k > 0 && w->last[list[k]] == w->last[list[k - 1]] ? next + 1 : 1;
        w->alias[list[k]] = next < 255 ? next : 255;
    }
}

static void make_world(world *w, int kind)
{
    int parent[IDS];
    memset(w, 0, sizeof *w);
    draw_edges(w, kind);
    for (int i = 0; i < IDS; i++) {
        w->hash[i] = hash_of(i);
        w->master[i] = follow(w->map, i);
        parent[i] = NONE;
    }
    for (int i = 0; i < IDS; i++) {
        if (w->tree[i] != NONE) {
            parent[w->master[i]] = w->master[w->tree[i]];
        }
    }
    for (int i = 0; i < IDS; i++) {
        w->last[i] = follow(parent, w->master[i]);
    }
    number_aliases(w);
}

/* ---- building ---- */

/* Collective. All links at once. */
static tc_status add_world_all(tc_identity_build *b, const world *w, tc_error *err)
{
    const int ranks = tc_comm_size(b->comm), rank = tc_comm_rank(b->comm);
    tc_status st = TC_OK;
    for (int file = 0; file < 2 && st == TC_OK; file++) {
        const int *const next = file == 0 ? w->map : w->tree;
        tc_buffer mine = {0};
        for (int i = 0; i < IDS && st == TC_OK; i++) {
            if (next[i] != NONE && i % ranks == rank) {
                const tc_hash128 to = w->hash[next[i]];
                const tc_identity_link link = {
                    .from = w->hash[i],
                    .place = (uint64_t)file << TC_PLACE_LINE_BITS | (uint64_t)(i + 2),
                    .to = to,
                    .end = to};
                st = tc_buffer_append(&mine, &link, (int64_t)sizeof link, err);
            }
            if (st == TC_OK && next[i] != NONE &&
                tc_identity_owner(w->hash[next[i]].hi, ranks) == rank) {
                char text[ID_TEXT];
                const int n = id_text(next[i], text);
                st = tc_identity_names_add(&b->names, w->hash[next[i]], text, n, err);
            }
        }
        st = tc_comm_agree_all(b->comm, st, err);
        if (st == TC_OK) {
            st = tc_identity_send_all(b->comm, (uint64_t *)(void *)mine.data,
                                      mine.size / (int64_t)sizeof(tc_identity_link),
                                      TC_LINK_WORDS, TC_LINK_KEY_WORDS,
                                      file == 0 ? &b->map : &b->tree, err);
        }
        tc_buffer_free(&mine);
    }
    return st;
}

static tc_status build_world_all(tc_comm *comm, const world *w, tc_identity **map,
                                 tc_error *err)
{
    tc_config config;
    tc_identity_build build = {.comm = comm, .config = &config};
    tc_status st;
    *map = NULL;
    point_to_files(&config);
    st = add_world_all(&build, w, err);
    if (st == TC_OK) {
        st = tc_identity_build_all(&build, map, err);
    }
    tc_identity_build_free(&build);
    return st;
}

/* ---- checks ---- */

static void check_resolved(const world *w, int i, const tc_identity_customer *got)
{
    char text[ID_TEXT];
    const int n = id_text(w->last[i], text);
    CHECK(got->hash.hi == w->hash[w->last[i]].hi && got->hash.lo == w->hash[w->last[i]].lo);
    CHECK(got->alias == w->alias[i]);
    CHECK(w->last[i] == i ? got->id_n == 0
                          : got->id_n == n && memcmp(got->id, text, (size_t)n) == 0);
}

/* Every rank asks for another number of ids. */
static void check_world_all(tc_comm *comm, const world *w, tc_identity *map)
{
    tc_error err = {0};
    const int n = IDS - 100 * tc_comm_rank(comm);
    const tc_identity_facts *facts = tc_identity_facts_of(map);
    tc_identity_customer *got = tc_mem_alloc(IDS, sizeof *got, &err);
    int ids = 0, customers = 0;
    char taken[IDS] = {0};
    CHECK(tc_identity_resolve_all(map, comm, w->hash, n, got, &err) == TC_OK);
    for (int i = 0; i < n; i++) {
        check_resolved(w, i, &got[i]);
    }
    for (int i = 0; i < IDS; i++) {
        ids += w->last[i] != i;
        if (w->last[i] != i) {
            customers += !taken[w->last[i]];
            taken[w->last[i]] = 1;
        }
    }
    CHECK(facts->ids == ids);
    CHECK(facts->customers == customers);
    tc_mem_free(got);
}

static void follows_every_world(tc_comm *comm, const char *folder)
{
    static world w;
    (void)folder;
    for (int kind = 0; kind < WORLDS; kind++) {
        tc_error err = {0};
        tc_identity *map = NULL;
        make_world(&w, kind);
        CHECK(build_world_all(comm, &w, &map, &err) == TC_OK);
        if (map != NULL) {
            check_world_all(comm, &w, map);
        }
        tc_identity_free(&map);
    }
}

/* ---- rows ---- */

static uint64_t day_order(int i)
{
    return tc_row_order_follow(0, 0, 0, 0) + (uint64_t)i; /* any other order stays */
}

/* One row of every id on its owner, and one unused row of it somewhere. */
static tc_status make_rows(tc_comm *comm, const world *w, tc_buffer *rows, tc_error *err)
{
    const int ranks = tc_comm_size(comm), rank = tc_comm_rank(comm);
    for (int i = 0; i < IDS; i++) {
        tc_packed_head head = {.time = i, .amount = 7 * i, .order = day_order(i), .row = 1};
        char text[ID_TEXT];
        const int n = id_text(i, text);
        TC_TRY(tc_buffer_reserve(rows, 2 * TC_PACKED_MAX, err));
        if (tc_identity_owner(w->hash[i].hi, ranks) == rank) {
            rows->size += tc_packed_write(rows->data + rows->size, &head, text, n);
        }
        head.kind = TC_KIND_UNUSED;
        if (i % ranks == rank) {
            rows->size += tc_packed_write(rows->data + rows->size, &head, &w->hash[i].hi,
                                          (int64_t)sizeof w->hash[i].hi);
        }
    }
    return TC_OK;
}

static void check_row(tc_comm *comm, const world *w, const unsigned char *at, int *used)
{
    const tc_packed_head head = tc_packed_head_of(at);
    const int i = (int)head.time, last = w->last[i];
    char text[ID_TEXT];
    const int n = id_text(last, text);
    CHECK(head.amount == 7 * i && head.order == day_order(i) && head.row == 1);
    if (head.kind == TC_KIND_UNUSED) {
        CHECK(i % tc_comm_size(comm) == tc_comm_rank(comm) && head.alias == 0);
        CHECK(memcmp(tc_packed_id(at), &w->hash[i].hi, sizeof w->hash[i].hi) == 0);
        return;
    }
    ++*used;
    CHECK(head.alias == w->alias[i]);
    CHECK(tc_packed_id_n(at) == n && memcmp(tc_packed_id(at), text, (size_t)n) == 0);
    CHECK(tc_identity_owner(w->hash[last].hi, tc_comm_size(comm)) == tc_comm_rank(comm));
}

static void rows_go_to_their_customers(tc_comm *comm, const char *folder)
{
    static world w;
    tc_error err = {0};
    tc_identity *map = NULL;
    tc_identity_effects effects;
    tc_buffer rows = {0};
    int64_t sum[2] = {0, 0};
    int used = 0;
    (void)folder;
    make_world(&w, FOREST);
    CHECK(build_world_all(comm, &w, &map, &err) == TC_OK);
    CHECK(make_rows(comm, &w, &rows, &err) == TC_OK);
    CHECK(tc_identity_apply_all(map, comm, &rows, &err) == TC_OK);
    for (int64_t at = 0; at < rows.size; at += tc_packed_size(rows.data + at)) {
        check_row(comm, &w, rows.data + at, &used);
        sum[0]++;
    }
    sum[1] = used;
    tc_comm_sum_i64_all(comm, sum, 2);
    CHECK(sum[0] == 2 * IDS && sum[1] == IDS);
    CHECK(tc_identity_effects_all(map, comm, &effects, &err) == TC_OK);
    CHECK(effects.rows_moved == tc_identity_facts_of(map)->ids);
    CHECK(effects.ids_merged == tc_identity_facts_of(map)->ids);
    CHECK(effects.customers_merged == tc_identity_facts_of(map)->customers);
    tc_buffer_free(&rows);
    tc_identity_free(&map);
}

/* Each request for memory fails in turn, on each rank in turn: one status everywhere. */
static void out_of_memory_is_agreed(tc_comm *comm, const char *folder)
{
    static world w;
    (void)folder;
    make_world(&w, FOREST);
    for (int bad = 0; bad<tc_comm_size(comm); bad += tc_comm_size(comm)> 4 ? 6 : 1) {
        tc_status st = TC_ENOMEM;
        for (int nth = 1; st != TC_OK && nth < 2000; nth += 1 + nth / 4) {
            tc_error err = {0};
            tc_identity *map = NULL;
            tc_mem_fail_at(tc_comm_rank(comm) == bad ? nth : 0);
            st = build_world_all(comm, &w, &map, &err);
            tc_mem_fail_at(0);
            if (st != TC_OK) {
                check_agreed_all(comm, st, &err, TC_ENOMEM, bad);
            }
            tc_identity_free(&map);
        }
        CHECK(st == TC_OK);
    }
}

int main(int argc, char **argv)
{
    static check_test *const tests[] = {
        follows_every_world,
        rows_go_to_their_customers,
        out_of_memory_is_agreed,
    };
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
