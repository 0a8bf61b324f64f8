/* The union of the customers of two event files and of a file without events, on any number of ranks and with very
 * little memory. */
#include "check.h"
#include "stage/features/features_merge.h"

#include "tiercel/lineage.h"

#include <string.h>

enum { CUSTOMERS = 900, ID_WIDTH = 24, EVENTS_MOST = 5 };

/* Who is where: customer c of all is in file f (0, 1: events; 2: none) if bit f of this is set. */
static int is_in(int64_t c, int file)
{
    return ((c * 7 + 3) % 8 >> file & 1) != 0;
}

static tc_hash128 hash_of(int64_t c)
{
    return (tc_hash128){(uint64_t)c * (UINT64_MAX / CUSTOMERS) + 11, (uint64_t)(c % 5) + 1};
}

static int64_t events_of(int64_t c, int file)
{
    return is_in(c, file) && file < 2 ? 1 + (c + file) % EVENTS_MOST : 0;
}

/* A file as ingest or another source of customers writes it; all of it is small. */
typedef struct {
    tc_hash128 hash[CUSTOMERS];
    char id[CUSTOMERS][ID_WIDTH];
    int64_t first[CUSTOMERS + 1];
    int64_t time[CUSTOMERS * EVENTS_MOST], amount[CUSTOMERS * EVENTS_MOST];
    uint64_t order[CUSTOMERS * EVENTS_MOST];
    uint8_t kind[CUSTOMERS * EVENTS_MOST];
    uint16_t channel[CUSTOMERS * EVENTS_MOST];
    uint32_t category[CUSTOMERS * EVENTS_MOST];
    int64_t n, shard[TC_SHARDS_MIN + 1];
} content;

static void fill(content *c, int file)
{
    memset(c, 0, sizeof *c);
    for (int64_t i = 0; i < CUSTOMERS; i++) {
        const tc_hash128 hash = hash_of(i);
        if (!is_in(i, file)) {
            continue;
        }
        c->hash[c->n] = hash;
        (void)snprintf(c->id[c->n], ID_WIDTH, "c%lld", (long long)i);
        c->first[c->n + 1] = c->first[c->n] + events_of(i, file);
        for (int64_t e = 0; e < events_of(i, file); e++) {
            const int64_t at = c->first[c->n] + e;
            c->time[at] = 1000 * e + 100 * file + i;
            c->amount[at] = i * 10 + file;
            c->order[at] = (uint64_t)at;
            c->channel[at] = (uint16_t)(1 + e % 2);
        }
        c->shard[tc_shards_of(hash.hi, TC_SHARDS_MIN) + 1]++;
        c->n++;
    }
    for (int s = 0; s < TC_SHARDS_MIN; s++) {
        c->shard[s + 1] += c->shard[s];
    }
}

/* Collective. Writes a file and opens it. The first file calls its channels a and c, the second b and c. */
static tc_status make_all(tc_comm *comm, const char *path, int file, content *c,
                          tc_store **store, tc_error *err)
{
    static const char *const kinds[] = {"purchase", "return"};
    static const char words[2][3][2] = {{"", "a", "c"}, {"", "b", "c"}};
    static const char nothing[1][2] = {""};
    tc_store_header header = {
        .schema = "test", .schema_version = 1, .n_shards = TC_SHARDS_MIN};
    tc_store *out = NULL;
    tc_status st;
    fill(c, file);
    header.n_rows = c->n;
    const struct {
        tc_field field;
        const void *data;
        int64_t n;
    } sets[] = {
        {{.name = "customers/hash", .type = TC_U64, .columns = 2}, c->hash, c->n},
        {{.name = "customers/id", .type = TC_TEXT, .width = ID_WIDTH}, c->id, c->n},
        {{.name = "customers/first_event", .type = TC_I64}, c->first, c->n + 1},
        {{.name = "events/time", .type = TC_I64}, c->time, c->first[c->n]},
        {{.name = "events/amount", .type = TC_I64}, c->amount, c->first[c->n]},
        {{.name = "events/order", .type = TC_U64}, c->order, c->first[c->n]},
        {{.name = "events/kind", .type = TC_ENUM, .names = kinds, .n_names = 2},
         c->kind,
         c->first[c->n]},
        {{.name = "events/channel", .type = TC_U16}, c->channel, c->first[c->n]},
        {{.name = "events/category", .type = TC_U32}, c->category, c->first[c->n]},
        {{.name = "dictionary/channel", .type = TC_TEXT, .width = 2}, words[file & 1], 3},
        {{.name = "dictionary/category", .type = TC_TEXT, .width = 2}, nothing, 1}};
    const size_t n = file == 2 ? 2 : sizeof sets / sizeof *sets;
    st = tc_store_create_all(comm, path, &header, &out, err);
    if (st == TC_OK) {
        st = tc_stage_put_shards_all(out, TC_SHARDS_MIN, c->shard, err);
    }
    for (size_t i = 0; i < n && st == TC_OK; i++) {
        st = tc_store_put_small_all(out, &sets[i].field, sets[i].data, sets[i].n, err);
    }
    if (st == TC_OK) {
        st = tc_store_publish_all(&out, err);
    }
    tc_store_close_all(&out);
    return st == TC_OK ? tc_store_open_all(comm, path, "test", 1, store, err) : st;
}

/* The row of a customer in the file without events. */
static int64_t extra_row_of(int64_t c)
{
    int64_t row = 0;
    for (int64_t i = 0; i < c; i++) {
        row += is_in(i, 2);
    }
    return is_in(c, 2) ? row : -1;
}

static void check_customer(const tc_features_customer *found, int64_t c)
{
    char id[ID_WIDTH] = "";
    int64_t amount = 0, expected = 0;
    (void)snprintf(id, sizeof id, "c%lld", (long long)c);
    CHECK(memcmp(found->id, id, ID_WIDTH) == 0);
    CHECK(found->extra_row == extra_row_of(c));
    CHECK(found->events.n == events_of(c, 0) + events_of(c, 1));
    for (int f = 0; f < 2; f++) {
        expected += events_of(c, f) * (c * 10 + f);
    }
    for (int64_t e = 0; e < found->events.n; e++) {
        amount += found->events.amount[e];
        CHECK(e == 0 || found->events.time[e] >= found->events.time[e - 1]);
        /* a = 1, b = 2, c = 3 of the union: the last digit of the amount is the file */
        const int file = (int)(found->events.amount[e] % 10);
        const int second = (found->events.time[e] - 100 * file - c) / 1000 % 2 != 0;
        CHECK(found->events.channel[e] == (second ? 3 : 1 + file));
    }
    CHECK(amount == expected);
}

/* Goes through the customers of this rank; returns how many there are. */
static int64_t go_through(tc_features_merge *merge, const tc_shards *shards, tc_error *err)
{
    int64_t n = 0, c = 0;
    int found = 1;
    while (found) {
        tc_features_customer customer;
        CHECK(tc_features_merge_next(merge, &customer, &found, err) == TC_OK);
        if (!found || err->code != TC_OK) {
            break;
        }
        while (c < CUSTOMERS && memcmp(&(tc_hash128){hash_of(c).hi, hash_of(c).lo},
                                       &customer.hash, sizeof customer.hash) != 0) {
            c++;
        }
        CHECK(c < CUSTOMERS && (is_in(c, 0) || is_in(c, 1) || is_in(c, 2)));
        CHECK(tc_shards_of(customer.hash.hi, shards->n_shards) >= shards->shard0);
        CHECK(tc_shards_of(customer.hash.hi, shards->n_shards) < shards->shard1);
        check_customer(&customer, c);
        n++;
    }
    return n;
}

static void test_union(tc_comm *comm, const char *folder)
{
    static const char *const name[3] = {"merge-a", "merge-b", "merge-extra"};
    char path[3][512];
    char *paths[2] = {path[0], path[1]};
    tc_store *store[3] = {NULL, NULL, NULL};
    tc_config config = {.memory_mib = 1}; /* the least: many batches and windows */
    tc_event_list list = {.n = 2, .path = paths, .store = store};
    tc_features_merge_what what = {.with_events = 1, .with_ids = 1, .memory = 1};
    tc_features_merge merge;
    tc_shards shards;
    tc_error err = {0};
    tc_status st = TC_OK;
    int64_t n = 0, expected = 0;
    content *c = tc_mem_alloc(1, sizeof *c, &err);
    for (int f = 0; f < 3 && c != NULL; f++) {
        (void)snprintf(path[f], sizeof path[f], "%s/%s.np%d.h5", folder, name[f],
                       tc_comm_size(comm));
        st = make_all(comm, path[f], f, c, &store[f], &err);
        CHECK(st == TC_OK);
    }
    what.extra = store[2];
    what.extra_path = path[2];
    CHECK(tc_features_union_all(comm, &config, &list, &what, &shards, &err) == TC_OK);
    for (int64_t i = 0; i < CUSTOMERS; i++) {
        expected += is_in(i, 0) || is_in(i, 1) || is_in(i, 2);
    }
    CHECK(shards.n_global == expected);
    what.n_shards = shards.n_shards;
    st = tc_features_merge_start_all(comm, &config, &list, &what, &merge, &err);
    CHECK(st == TC_OK);
    CHECK(merge.n_channels == 4 && merge.n_categories == 1);
    if (st == TC_OK) {
        n = go_through(&merge, &shards, &err);
    }
    CHECK(n == shards.n_local);
    CHECK(tc_features_merge_end_all(comm, &merge, st, &err) == TC_OK);
    tc_comm_sum_i64_all(comm, &n, 1);
    CHECK(n == expected);
    tc_shards_free(&shards);
    for (int f = 0; f < 3; f++) {
        tc_store_close_all(&store[f]);
    }
    tc_mem_free(c);
}

int main(int argc, char **argv)
{
    check_test *const tests[] = {test_union};
    return check_run_all(argc, argv, tests, sizeof tests / sizeof *tests);
}
