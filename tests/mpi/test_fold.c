/* The fold: the same bits on any number of ranks, against a fixed value and a serial exact
 * sum; failures on one rank. */
#include "check.h"

#include "tiercel/fault.h"
#include "tiercel/fold.h"
#include "tiercel/hash.h"
#include "tiercel/xacc.h"

#include <math.h>
#include <string.h>

enum { SHARDS = 64, N_INT = 3, N_REAL = 2 };

/* Shards of 0 to 96 rows. */
static void shard_table(int64_t first_row[SHARDS + 1])
{
    first_row[0] = 0;
    for (int s = 0; s < SHARDS; s++) {
        first_row[s + 1] =
            first_row[s] + (s % 7 == 3 ? 0 : (int64_t)(tc_hash_mix((uint64_t)s, 1) % 97));
    }
}

/* Numbers over 140 binades: a sum of doubles in another order has other bits. */
static double number_of(int64_t row, int which)
{
    const uint64_t h = tc_hash_mix((uint64_t)row, (uint64_t)which + 5);
    const double m = (double)(int64_t)(h >> 11) * 0x1p-53 - 0.5;
    return ldexp(m, (int)(h % 141) - 60);
}

typedef struct {
    int64_t row0;
    int64_t fail_row; /* global; -1 = never */
    int calls;
} visitor;

static tc_status visit(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                       double *reals, tc_error *err)
{
    visitor *v = context;
    v->calls++;
    for (int64_t i = v->row0 + row; i < v->row0 + row + n_rows; i++) {
        if (i == v->fail_row) {
            return tc_fail(err, TC_ENUMERIC, "a row is bad");
        }
        ints[0]++;
        ints[1] += i;
        ints[2] -= (int64_t)(tc_hash_mix((uint64_t)i, 2) >> 20);
        reals[0] += number_of(i, 0);
        reals[1] += number_of(i, 1);
    }
    return TC_OK;
}

/* All shards by one rank, without the fold. */
static void serial(const int64_t *first_row, int64_t *ints, double *value)
{
    tc_xacc acc[N_REAL];
    tc_error err = {0};
    memset(acc, 0, sizeof acc);
    for (int s = 0; s < SHARDS; s++) {
        visitor v = {.row0 = 0, .fail_row = -1};
        double part[N_REAL] = {0};
        CHECK(visit(&v, first_row[s], first_row[s + 1] - first_row[s], ints, part, &err) ==
              TC_OK);
        for (int i = 0; i < N_REAL; i++) {
            tc_xacc_add(&acc[i], part[i]);
        }
    }
    for (int i = 0; i < N_REAL; i++) {
        value[i] = tc_xacc_value(&acc[i]);
    }
}

static void create(tc_comm *comm, tc_shards *shards, tc_fold **fold)
{
    int64_t first_row[SHARDS + 1];
    tc_error err = {0};
    shard_table(first_row);
    CHECK(tc_shards_create(SHARDS, first_row, tc_comm_rank(comm), tc_comm_size(comm),
                           shards, &err) == TC_OK);
    CHECK(tc_fold_create(N_INT, N_REAL, fold, &err) == TC_OK);
}

static void same_bits_for_any_number_of_ranks(tc_comm *comm, const char *folder)
{
    /* by exact rational arithmetic, rounded once */
    static const double golden[N_REAL] = {-0x1.27fd8f2700893p+80, 0x1.ace8e307aa0fcp+79};
    int64_t first_row[SHARDS + 1], ints[N_INT] = {0};
    double value[N_REAL];
    tc_shards shards;
    tc_fold *fold;
    (void)folder;
    shard_table(first_row);
    serial(first_row, ints, value);
    create(comm, &shards, &fold);
    for (int round = 0; round < 3; round++) { /* a fold can be run again */
        visitor v = {.row0 = shards.row0, .fail_row = -1};
        tc_error err = {0};
        CHECK(tc_fold_run_all(comm, &shards, fold, visit, &v, &err) == TC_OK);
        CHECK(v.calls == shards.shard1 - shards.shard0);
        CHECK(memcmp(tc_fold_int(fold), ints, sizeof ints) == 0);
        CHECK(memcmp(tc_fold_real(fold), value, sizeof value) == 0);
        CHECK(memcmp(tc_fold_real(fold), golden, sizeof golden) == 0);
    }
    CHECK(ints[0] == first_row[SHARDS]);
    tc_fold_destroy(&fold);
    CHECK(fold == NULL);
    tc_shards_free(&shards);
}

/* Each shard's first row fails in turn, so that each rank does; then the fold works again.
 */
static void a_failing_visit_is_agreed(tc_comm *comm, const char *folder)
{
    tc_shards shards;
    tc_fold *fold;
    (void)folder;
    create(comm, &shards, &fold);
    for (int s = 0; s < SHARDS; s += 5) {
        visitor v = {.row0 = shards.row0, .fail_row = shards.first_row[s]};
        tc_error err = {0};
        const int empty = shards.first_row[s] == shards.first_row[s + 1];
        const tc_status st = tc_fold_run_all(comm, &shards, fold, visit, &v, &err);
        if (empty) { /* the row is the first of the next shard */
            CHECK(st == TC_ENUMERIC && same_all(comm, st));
            continue;
        }
        check_agreed_all(comm, st, &err, TC_ENUMERIC, -1);
        CHECK(strcmp(err.message, "a row is bad") == 0);
        v.fail_row = -1;
        err = (tc_error){0};
        CHECK(tc_fold_run_all(comm, &shards, fold, visit, &v, &err) == TC_OK);
    }
    tc_fold_destroy(&fold);
    tc_shards_free(&shards);
}

static void a_fold_of_nothing(tc_comm *comm, const char *folder)
{
    const int64_t first_row[SHARDS + 1] = {0};
    tc_shards shards;
    tc_fold *fold;
    tc_error err = {0};
    visitor v = {.fail_row = -1};
    (void)folder;
    CHECK(tc_shards_create(SHARDS, first_row, tc_comm_rank(comm), tc_comm_size(comm),
                           &shards, &err) == TC_OK);
    CHECK(tc_fold_create(N_INT, N_REAL, &fold, &err) == TC_OK);
    CHECK(tc_fold_run_all(comm, &shards, fold, visit, &v, &err) == TC_OK);
    CHECK(tc_fold_int(fold)[0] == 0 && tc_fold_real(fold)[0] == 0.0);
    tc_fold_destroy(&fold);
    tc_shards_free(&shards);
}

static void creation_out_of_memory(tc_comm *comm, const char *folder)
{
    (void)comm;
    (void)folder;
    for (int nth = 1; nth <= 4; nth++) {
        tc_fold *fold;
        tc_error err = {0};
        tc_mem_fail_at(nth);
        CHECK(tc_fold_create(N_INT, N_REAL, &fold, &err) == TC_ENOMEM);
        CHECK(fold == NULL && err.code == TC_ENOMEM);
        tc_mem_fail_at(0);
        tc_fold_destroy(&fold);
    }
}

int main(int argc, char **argv)
{
    static check_test *const tests[] = {
        same_bits_for_any_number_of_ranks,
        a_failing_visit_is_agreed,
        a_fold_of_nothing,
        creation_out_of_memory,
    };
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
