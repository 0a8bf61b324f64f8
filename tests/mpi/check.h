/* check.h - checks of the test programs under mpirun. A failed check prints its place and
 * is counted on its own rank; it never returns or jumps, so that all ranks go on to the
 * next collective. At the end the ranks add up their failures and leave with one code. */
#ifndef TC_TEST_CHECK_H
#define TC_TEST_CHECK_H

#include "tiercel/comm.h"
#include "tiercel/mem.h"

#include <stdio.h>

static int check_failed;

static inline void check_that(int holds, const char *what, const char *file, int line)
{
    if (!holds) {
        check_failed++;
        (void)fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
    }
}

/* Local. */
#define CHECK(condition) check_that((condition) ? 1 : 0, #condition, __FILE__, __LINE__)

/* Collective. The value is the same on all ranks. */
static inline int same_all(tc_comm *comm, int64_t value)
{
    int64_t span[2] = {value, -value};
    tc_comm_max_i64_all(comm, span, 2);
    return span[0] == -span[1];
}

/* Collective. A call that fails on one rank: all ranks report this status, and this rank.
 */
static inline void check_agreed_all(tc_comm *comm, tc_status st, const tc_error *err,
                                    tc_status wanted, int rank)
{
    int64_t hash = 0;
    for (const char *c = err->message; *c != '\0'; c++) {
        hash = (hash * 31 + *c) % 1000003;
    }
    CHECK(st == wanted);
    CHECK(err->code == wanted);
    CHECK(rank < 0 || err->rank == rank);
    CHECK(err->message[0] != '\0');
    CHECK(same_all(comm, st));
    CHECK(same_all(comm, hash));
}

typedef void check_test(tc_comm *comm, const char *folder);

/* Collective. The main function of a test program: argv[1] is a folder for files. Memory
 * that a test leaves behind is a failure. */
static inline int check_run_all(int argc, char **argv, check_test *const *tests, int n)
{
    tc_comm *comm = NULL;
    tc_error err = {0};
    int64_t failed;
    if (tc_comm_start_all(&argc, &argv, &comm, &err) != TC_OK) {
        return 2;
    }
    for (int t = 0; t < n; t++) {
        const int64_t blocks = tc_mem_live_blocks(), bytes = tc_mem_live_bytes();
        tests[t](comm, argc > 1 ? argv[1] : ".");
        CHECK(tc_mem_live_blocks() == blocks);
        CHECK(tc_mem_live_bytes() == bytes);
    }
    failed = check_failed;
    tc_comm_sum_i64_all(comm, &failed, 1);
    tc_comm_stop_all(&comm);
    return failed != 0 || tc_mem_live_blocks() != 0;
}

#endif
