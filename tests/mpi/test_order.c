/* Distributed order against a serial one. The rows are a function of their global index, so
 * that every rank can compute the whole, however the rows are spread. */
#include "check.h"

#include "tiercel/hash.h"
#include "tiercel/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    KIND_RANDOM,
    KIND_TIES,
    KIND_EQUAL,
    KIND_DOUBLE,
    KIND_HEAVY,
    KIND_DESCENDING,
    KINDS
};
enum { SPREAD_EVEN, SPREAD_FIRST, SPREAD_LAST, SPREAD_UNEVEN, SPREADS };

static double number_of(int64_t row)
{
    static const double special[] = {-0.0, 0.0, -1.0, 1.0, 5e-324, -5e-324, 1e300, -1e300};
    const uint64_t h = tc_hash_mix((uint64_t)row, 3);
    return h % 3 == 0 ? special[h / 3 % 8] : (double)(int64_t)(h % 2001) / 8.0 - 125.0;
}

static uint64_t key_of(int kind, int64_t row)
{
    const uint64_t h = tc_hash_mix((uint64_t)row, 7);
    switch (kind) {
    case KIND_TIES:
        return h % 5;
    case KIND_EQUAL:
        return UINT64_MAX;
    case KIND_DOUBLE:
        return tc_order_key_f64(number_of(row));
    case KIND_HEAVY: /* nine of ten are one key */
        return h % 10 != 0 ? 1000 : h % 3000;
    case KIND_DESCENDING:
        return UINT64_MAX - (uint64_t)row;
    default:
        return h;
    }
}

static tc_pair pair_of(int kind, int64_t row)
{
    return (tc_pair){.key = key_of(kind, row),
                     .value = tc_hash_mix((uint64_t)row, 11) % 999};
}

/* First row of a rank. */
static int64_t begin_of(int spread, int rank, int size, int64_t n)
{
    if (rank == size) {
        return n;
    }
    switch (spread) {
    case SPREAD_FIRST: /* rank 0 has all */
        return rank == 0 ? 0 : n;
    case SPREAD_LAST:
        return 0;
    case SPREAD_UNEVEN: /* every third rank has two parts, the one before it none */
        return n * (rank % 3 == 1 ? rank - 1 : rank) / size;
    default:
        return n * rank / size;
    }
}

static int compare(const void *a, const void *b)
{
    const tc_pair *p = a, *q = b;
    if (p->key != q->key) {
        return p->key < q->key ? -1 : 1;
    }
    return (p->value > q->value) - (p->value < q->value);
}

static tc_pair *whole_order(int kind, int64_t n)
{
    tc_error err = {0};
    tc_pair *all = tc_mem_alloc(n, sizeof *all, &err);
    for (int64_t i = 0; all != NULL && i < n; i++) {
        all[i] = pair_of(kind, i);
    }
    if (all != NULL && n > 1) {
        qsort(all, (size_t)n, sizeof *all, compare);
    }
    return all;
}

static tc_pair *my_pairs(int kind, int64_t first, int64_t n)
{
    tc_error err = {0};
    tc_pair *mine = tc_mem_alloc(n, sizeof *mine, &err);
    for (int64_t i = 0; mine != NULL && i < n; i++) {
        mine[i] = pair_of(kind, first + i);
    }
    return mine;
}

static void sort_once(tc_comm *comm, int kind, int spread, int64_t n)
{
    const int size = tc_comm_size(comm), rank = tc_comm_rank(comm);
    const int64_t first = begin_of(spread, rank, size, n);
    const int64_t n_local = begin_of(spread, rank + 1, size, n) - first;
    tc_pair *all = whole_order(kind, n), *mine = my_pairs(kind, first, n_local);
    tc_buffer sorted = {0};
    tc_error err = {0};
    int64_t n_mine, start, total;
    CHECK(all != NULL && mine != NULL);
    CHECK(tc_order_sort_all(comm, mine, n_local, &sorted, &err) == TC_OK);
    n_mine = sorted.size / (int64_t)sizeof *mine;
    start = total = n_mine;
    tc_comm_sum_i64_all(comm, &total, 1);
    tc_comm_exscan_i64_all(comm, &start, 1);
    CHECK(total == n);
    if (total == n && n_mine > 0) {
        CHECK(memcmp(sorted.data, all + start, (size_t)sorted.size) == 0);
    }
    tc_buffer_free(&sorted);
    tc_mem_free(mine);
    tc_mem_free(all);
}

/* The first index of a key in the whole order. */
static int64_t lower_bound(const tc_pair *all, int64_t n, uint64_t key)
{
    int64_t low = 0, high = n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (all[middle].key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void check_ranks(const tc_pair *all, int64_t n, const uint64_t *key, int64_t n_local,
                        const int64_t *answer)
{
    const int64_t *below = answer, *equal = answer + n_local;
    int64_t wrong = 0;
    for (int64_t i = 0; i < n_local; i++) {
        const int64_t low = lower_bound(all, n, key[i]);
        const int64_t end = key[i] == UINT64_MAX ? n : lower_bound(all, n, key[i] + 1);
        wrong += below[i] != low || equal[i] != end - low;
    }
    CHECK(wrong == 0);
}

static void rank_once(tc_comm *comm, int kind, int spread, int64_t n)
{
    const int size = tc_comm_size(comm), rank = tc_comm_rank(comm);
    const int64_t first = begin_of(spread, rank, size, n);
    const int64_t n_local = begin_of(spread, rank + 1, size, n) - first;
    tc_error err = {0};
    tc_pair *all = whole_order(kind, n);
    uint64_t *key = tc_mem_alloc(n_local, sizeof *key, &err);
    int64_t *answer = tc_mem_alloc(2 * n_local, sizeof *answer, &err);
    CHECK(all != NULL && key != NULL && answer != NULL);
    for (int64_t i = 0; key != NULL && i < n_local; i++) {
        key[i] = key_of(kind, first + i);
    }
    CHECK(tc_order_ranks_all(comm, key, n_local, answer, answer + n_local, &err) == TC_OK);
    if (all != NULL && key != NULL && answer != NULL) {
        check_ranks(all, n, key, n_local, answer);
    }
    tc_mem_free(answer);
    tc_mem_free(key);
    tc_mem_free(all);
}

static void sorts_and_ranks_of_every_kind(tc_comm *comm, const char *folder)
{
    static const int64_t rows[] = {0, 1, 2, 5, 100, 3000, 20000};
    (void)folder;
    for (int kind = 0; kind < KINDS; kind++) {
        for (int spread = 0; spread < SPREADS; spread++) {
            for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                sort_once(comm, kind, spread, rows[i]);
                rank_once(comm, kind, spread, rows[i]);
            }
        }
    }
}

static void keys_have_the_order_of_numbers(tc_comm *comm, const char *folder)
{
    static const double up[] = {-HUGE_VAL, -1e300, -1.0,  -5e-324, 0.0,
                                5e-324,    1.0,    1e300, HUGE_VAL};
    static const int64_t ints[] = {INT64_MIN, -2, -1, 0, 1, INT64_MAX};
    (void)comm;
    (void)folder;
    for (int i = 1; i < 9; i++) {
        CHECK(tc_order_key_f64(up[i - 1]) < tc_order_key_f64(up[i]));
    }
    CHECK(tc_order_key_f64(-0.0) == tc_order_key_f64(0.0));
    for (int i = 1; i < 6; i++) {
        CHECK(tc_order_key_i64(ints[i - 1]) < tc_order_key_i64(ints[i]));
    }
}

static tc_status sort_and_rank_all(tc_comm *comm, tc_error *err)
{
    enum { N = 600 }; /* enough for the radix sort and its spare memory */
    tc_pair pairs[N];
    uint64_t key[N];
    int64_t below[N], equal[N];
    tc_buffer sorted = {0};
    tc_status st;
    for (int i = 0; i < N; i++) {
        pairs[i] = pair_of(KIND_RANDOM, tc_comm_rank(comm) * N + i);
        key[i] = pairs[i].key;
    }
    st = tc_order_sort_all(comm, pairs, N, &sorted, err);
    if (st == TC_OK) {
        st = tc_order_ranks_all(comm, key, N, below, equal, err);
    }
    tc_buffer_free(&sorted);
    return st;
}

/* Each request for memory fails in turn, on each rank in turn: one status everywhere. */
static void out_of_memory_is_agreed(tc_comm *comm, const char *folder)
{
    (void)folder;
    for (int bad = 0; bad < tc_comm_size(comm); bad++) {
        tc_status st = TC_ENOMEM;
        for (int nth = 1; st != TC_OK && nth < 200; nth++) {
            tc_error err = {0};
            tc_mem_fail_at(tc_comm_rank(comm) == bad ? nth : 0);
            st = sort_and_rank_all(comm, &err);
            tc_mem_fail_at(0);
            if (st != TC_OK) {
                check_agreed_all(comm, st, &err, TC_ENOMEM, bad);
            }
        }
        CHECK(st == TC_OK);
    }
}

int main(int argc, char **argv)
{
    static check_test *const tests[] = {
        sorts_and_ranks_of_every_kind,
        keys_have_the_order_of_numbers,
        out_of_memory_is_agreed,
    };
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
