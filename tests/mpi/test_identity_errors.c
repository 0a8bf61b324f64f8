/* What the identity map refuses and counts: circles, conflicts, repeated rows. */
#include "check.h"
#include "identity_ids.h"

#include <string.h>

/* Collective. A link that rank `line mod P` has read. */
static tc_status add_all(tc_identity_build *b, int from, int to, int file, int line,
                         tc_error *err)
{
    const int ranks = tc_comm_size(b->comm), rank = tc_comm_rank(b->comm);
    const tc_hash128 hash = hash_of(to);
    char text[ID_TEXT];
    tc_identity_link link = {.from = hash_of(from), .to = hash, .end = hash};
    tc_status st = TC_OK;
    link.place = (uint64_t)file << TC_PLACE_LINE_BITS | (uint64_t)line;
    if (tc_identity_owner(hash.hi, ranks) == rank) {
        st = tc_identity_names_add(&b->names, hash, text, id_text(to, text), err);
    }
    if (st == TC_OK) {
        st = tc_identity_send_all(b->comm, (uint64_t *)(void *)&link, line % ranks == rank,
                                  TC_LINK_WORDS, TC_LINK_KEY_WORDS,
                                  file == 0 ? &b->map : &b->tree, err);
    }
    return st;
}

typedef struct {
    int from, to, file, line;
} edge;

/* Collective. Building from these edges; the map is freed. */
static tc_status try_edges_all(tc_comm *comm, const edge *e, int n,
                               tc_identity_facts *facts, tc_error *err)
{
    tc_config config;
    tc_identity_build build = {.comm = comm, .config = &config};
    tc_identity *map = NULL;
    tc_status st = TC_OK;
    point_to_files(&config);
    for (int i = 0; i < n; i++) {
        CHECK(add_all(&build, e[i].from, e[i].to, e[i].file, e[i].line, err) == TC_OK);
    }
    st = tc_identity_build_all(&build, &map, err);
    if (st == TC_OK && facts != NULL) {
        *facts = *tc_identity_facts_of(map);
    }
    tc_identity_build_free(&build);
    tc_identity_free(&map);
    return st;
}

static void expect_error_all(tc_comm *comm, const edge *e, int n, const char *words)
{
    tc_error err = {0};
    CHECK(try_edges_all(comm, e, n, NULL, &err) == TC_EDATA);
    CHECK(strstr(err.message, words) != NULL);
    if (strstr(err.message, words) == NULL) {
        (void)fprintf(stderr, "  wanted: %s\n  found: %s\n", words, err.message);
    }
}

static void cycles_are_named(tc_comm *comm, const char *folder)
{
    static const edge two[] = {{1, 2, 0, 5}, {2, 1, 0, 3}, {7, 8, 0, 4}};
    static const edge tail[] = {{1, 2, 0, 2}, {2, 3, 0, 3}, {3, 4, 0, 9}, {4, 5, 0, 5},
                                {5, 6, 0, 6}, {6, 7, 0, 7}, {7, 3, 0, 8}};
    static const edge both[] = {{1, 2, 0, 2}, {2, 1, 1, 2}};
    static const edge lifted[] = {
        {1, 11, 0, 2}, {2, 12, 0, 3}, {1, 12, 1, 2}, {2, 11, 1, 3}};
    edge longest[20];
    (void)folder;
    expect_error_all(comm, two, 3, ": map.csv line 3 -> line 5 -> back to the first");
    expect_error_all(comm, tail, 7,
                     ": map.csv line 5 -> line 6 -> line 7 -> line 8 -> line 9 -> back");
    expect_error_all(comm, both, 2, ": tree.csv line 2 -> map.csv line 2 -> back");
    expect_error_all(comm, lifted, 4, ": tree.csv line 2 -> line 3 -> back");
    for (int i = 0; i < 20; i++) {
        longest[i] = (edge){i, (i + 1) % 20, i % 2, i + 2};
    }
    expect_error_all(comm, longest, 20,
                     "line 3 -> map.csv line 4 -> tree.csv line 5 -> map.csv line 6 -> "
                     "tree.csv line 7 -> map.csv line 8 -> tree.csv line 9 -> map.csv line "
                     "10 -> and more");
}

static void conflicts_name_both_lines(tc_comm *comm, const char *folder)
{
    static const edge masters[] = {{5, 6, 0, 9}, {1, 2, 0, 4}, {1, 3, 0, 2}, {5, 7, 0, 8}};
    static const edge parents[] = {{1, 2, 1, 7}, {1, 3, 1, 6}};
    static const edge lifted[] = {{1, 9, 0, 2}, {2, 9, 0, 3}, {1, 4, 1, 2}, {2, 5, 1, 3}};
    (void)folder;
    expect_error_all(comm, masters, 4, "two masters: map.csv line 2, and map.csv line 4");
    expect_error_all(comm, parents, 2, "two parents: tree.csv line 6, and tree.csv line 7");
    expect_error_all(comm, lifted, 4, "two parents: tree.csv line 2, and tree.csv line 3");
}

/* Rows that say the same, also by way of the map; a hierarchy row within one customer. */
static void repeats_are_counted(tc_comm *comm, const char *folder)
{
    static const edge e[] = {{1, 2, 0, 2}, {1, 2, 0, 3}, {3, 2, 0, 4}, {1, 5, 1, 2},
                             {3, 6, 1, 3}, {6, 5, 0, 5}, {1, 5, 1, 4}, {6, 5, 1, 5}};
    tc_identity_facts facts = {0};
    tc_error err = {0};
    (void)folder;
    CHECK(try_edges_all(comm, e, 8, &facts, &err) == TC_OK);
    CHECK(facts.rows_repeated == 3);
    CHECK(facts.rows_self == 1);
    CHECK(facts.ids == 4 && facts.customers == 1);
}

int main(int argc, char **argv)
{
    static check_test *const tests[] = {
        cycles_are_named,
        conflicts_name_both_lines,
        repeats_are_counted,
    };
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
