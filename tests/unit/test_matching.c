/* Optimal assignment: against all permutations, and by its own certificate on larger tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tiercel/hash.h"
#include "tiercel/matching.h"

enum { MOST = 7, LARGE = 254 };

static int64_t random_cost(uint64_t *state, int64_t most)
{
    *state = tc_hash_mix(*state, 1);
    return (int64_t)(*state % (uint64_t)(2 * most + 1)) - most;
}

static int64_t sum_of(const int64_t *cost, int n_rows, int n_cols, const int *col_of)
{
    int used[LARGE] = {0}, pairs = 0;
    int64_t sum = 0;
    for (int i = 0; i < n_rows; i++) {
        if (col_of[i] >= 0) {
            assert_in_range(col_of[i], 0, n_cols - 1);
            assert_int_equal(used[col_of[i]]++, 0);
            sum += cost[i * n_cols + col_of[i]];
            pairs++;
        }
    }
    assert_int_equal(pairs, n_rows < n_cols ? n_rows : n_cols);
    return sum;
}

/* The least sum over all ways to choose columns for the rows from i on, `skip` of which stay without. */
static int64_t least(const int64_t *cost, int n_rows, int n_cols, int i, int skip,
                     unsigned used)
{
    int64_t best = INT64_MAX / 4;
    if (i == n_rows) {
        return 0;
    }
    if (skip > 0) {
        best = least(cost, n_rows, n_cols, i + 1, skip - 1, used);
    }
    for (int j = 0; j < n_cols; j++) {
        if ((used & (1u << j)) == 0) {
            const int64_t sum = cost[i * n_cols + j] +
                                least(cost, n_rows, n_cols, i + 1, skip, used | (1u << j));
            best = sum < best ? sum : best;
        }
    }
    return best;
}

static void equals_the_best_of_all(void **state)
{
    (void)state;
    uint64_t random = 7;
    for (int round = 0; round < 400; round++) {
        const int n_rows = 1 + round % 6, n_cols = 1 + round / 6 % 6;
        const int64_t most = round % 3 == 0 ? 3 : 1000000000000;
        const int skip = n_rows > n_cols ? n_rows - n_cols : 0;
        int64_t cost[MOST * MOST];
        int col_of[MOST];
        tc_error err = {0};
        for (int i = 0; i < n_rows * n_cols; i++) {
            cost[i] = random_cost(&random, most);
        }
        assert_int_equal(tc_matching_solve(cost, n_rows, n_cols, col_of, &err), TC_OK);
        assert_int_equal(sum_of(cost, n_rows, n_cols, col_of),
                         least(cost, n_rows, n_cols, 0, skip, 0));
    }
}

/* Planted: the diagonal of a shuffled table is cheaper than all else by more than the rest can give back. */
static void finds_a_planted_one(void **state)
{
    (void)state;
    static int64_t cost[LARGE * LARGE];
    int col_of[LARGE], planted[LARGE];
    uint64_t random = 3;
    tc_error err = {0};
    for (int i = 0; i < LARGE; i++) {
        planted[i] = (i * 101 + 17) % LARGE;
    }
    for (int i = 0; i < LARGE; i++) {
        for (int j = 0; j < LARGE; j++) {
            const int64_t noise = random_cost(&random, 1000) + 1000;
            cost[i * LARGE + j] = noise + (j == planted[i] ? 0 : 1000 * LARGE * 4);
        }
    }
    assert_int_equal(tc_matching_solve(cost, LARGE, LARGE, col_of, &err), TC_OK);
    assert_memory_equal(col_of, planted, sizeof planted);
}

/* A shift of all points together changes no assignment of squared distances. */
static void follows_a_common_shift(void **state)
{
    (void)state;
    enum { N = 20 };
    int64_t cost[N * N];
    int col_of[N];
    tc_error err = {0};
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            const int64_t d = 10 * i + 35 - 10 * j; /* three and a half places */
            cost[i * N + j] = d * d;
        }
    }
    assert_int_equal(tc_matching_solve(cost, N, N, col_of, &err), TC_OK);
    for (int i = 0; i < N; i++) {
        assert_int_equal(col_of[i], i);
    }
}

static void small_and_wrong_sizes(void **state)
{
    (void)state;
    const int64_t cost[] = {5, 1};
    int col_of[2] = {9, 9};
    tc_error err = {0};
    assert_int_equal(tc_matching_solve(cost, 0, 2, col_of, &err), TC_OK);
    assert_int_equal(tc_matching_solve(cost, 2, 0, col_of, &err), TC_OK);
    assert_int_equal(col_of[0], -1);
    assert_int_equal(tc_matching_solve(cost, 2, 1, col_of, &err), TC_OK);
    assert_int_equal(col_of[0], -1);
    assert_int_equal(col_of[1], 0);
    assert_int_equal(tc_matching_solve(cost, 1, 2, col_of, &err), TC_OK);
    assert_int_equal(col_of[0], 1);
    assert_int_equal(tc_matching_solve(cost, TC_MATCHING_MOST + 1, 1, col_of, &err),
                     TC_EINTERNAL);
}

static void memory_runs_out(void **state)
{
    (void)state;
    const int64_t cost[] = {1, 2, 3, 4};
    int col_of[2];
    for (int n = 1; n <= 7; n++) {
        tc_error err = {0};
        tc_mem_fail_at(n);
        assert_int_equal(tc_matching_solve(cost, 2, 2, col_of, &err),
                         n <= 6 ? TC_ENOMEM : TC_OK);
        assert_int_equal(tc_mem_live_blocks(), 0);
    }
    tc_mem_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_best_of_all), cmocka_unit_test(finds_a_planted_one),
        cmocka_unit_test(follows_a_common_shift), cmocka_unit_test(small_and_wrong_sizes),
        cmocka_unit_test(memory_runs_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
