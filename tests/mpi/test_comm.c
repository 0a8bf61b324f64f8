/* Agreement, sums, gathering and exchange. Every expectation is computed from the ranks
 * alone. */
#include "check.h"

#include <math.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Each rank in turn fails alone. */
static void one_rank_fails(tc_comm *comm, const char *folder)
{
    const int size = tc_comm_size(comm), rank = tc_comm_rank(comm);
    (void)folder;
    for (int bad = 0; bad < size; bad++) {
        tc_error err = {0};
        char wanted[64];
        tc_status st =
            rank == bad ? tc_fail(&err, TC_EDATA, "rank %d, line 7", rank) : TC_OK;
        st = tc_comm_agree_all(comm, st, &err);
        (void)snprintf(wanted, sizeof wanted, "rank %d, line 7", bad);
        check_agreed_all(comm, st, &err, TC_EDATA, bad);
        CHECK(strcmp(err.message, wanted) == 0);
    }
}

/* Rank r has status 1 + r mod 3: the worst is 3 (or less with few ranks), and the lowest
 * rank that has it speaks, although lower ranks failed too. */
static void the_worst_status_of_the_lowest_rank_wins(tc_comm *comm, const char *folder)
{
    const int size = tc_comm_size(comm), rank = tc_comm_rank(comm);
    const int worst = size < 3 ? size : 3;
    tc_error err = {0};
    tc_status st = tc_fail(&err, (tc_status)(1 + rank % 3), "of rank %d", rank);
    char wanted[64];
    (void)folder;
    st = tc_comm_agree_all(comm, st, &err);
    check_agreed_all(comm, st, &err, (tc_status)worst, worst - 1);
    (void)snprintf(wanted, sizeof wanted, "of rank %d", worst - 1);
    CHECK(strcmp(err.message, wanted) == 0);
}

static void agreement_without_message_or_failure(tc_comm *comm, const char *folder)
{
    const int last = tc_comm_size(comm) - 1;
    tc_error err = {0};
    tc_status st;
    (void)folder;
    CHECK(tc_comm_agree_all(comm, TC_OK, &err) == TC_OK);
    CHECK(err.code == TC_OK && err.message[0] == '\0');
    st = tc_comm_agree_all(comm, tc_comm_rank(comm) == last ? TC_ENOMEM : TC_OK, &err);
    check_agreed_all(comm, st, &err, TC_ENOMEM, last);
}

static void sums_of_integers(tc_comm *comm, const char *folder)
{
    const int64_t size = tc_comm_size(comm), rank = tc_comm_rank(comm);
    int64_t sum[3], max[2], min[2], scan[2];
    (void)folder;
    sum[0] = rank + 1;
    sum[1] = -rank;
    sum[2] = ((int64_t)1 << 62) / size; /* no double on the way */
    tc_comm_sum_i64_all(comm, sum, 3);
    CHECK(sum[0] == size * (size + 1) / 2);
    CHECK(sum[1] == -size * (size - 1) / 2);
    CHECK(sum[2] == ((int64_t)1 << 62) / size * size);
    max[0] = min[0] = rank * 10;
    max[1] = min[1] = INT64_MIN + rank;
    tc_comm_max_i64_all(comm, max, 2);
    tc_comm_min_i64_all(comm, min, 2);
    CHECK(max[0] == 10 * (size - 1) && max[1] == INT64_MIN + size - 1);
    CHECK(min[0] == 0 && min[1] == INT64_MIN);
    scan[0] = rank + 1;
    scan[1] = 5;
    tc_comm_exscan_i64_all(comm, scan, 2);
    CHECK(scan[0] == rank * (rank + 1) / 2 && scan[1] == 5 * rank);
    tc_comm_sum_i64_all(comm, NULL, 0);
    tc_comm_exscan_i64_all(comm, NULL, 0);
}

/* More numbers than travel together. */
static void long_scans_and_maxima(tc_comm *comm, const char *folder)
{
    enum { N = 300 };
    const int64_t rank = tc_comm_rank(comm), size = tc_comm_size(comm);
    int64_t scan[N];
    double real[N];
    (void)folder;
    for (int i = 0; i < N; i++) {
        scan[i] = rank * i - 7;
        real[i] = i % 2 == 0 ? -1.5 * (double)(rank + i) : (double)(rank - i) / 3;
    }
    real[4] = rank == 0 ? -HUGE_VAL : -1e308;
    real[6] = rank + 1 == size ? HUGE_VAL : 1e308;
    tc_comm_exscan_i64_all(comm, scan, N);
    tc_comm_max_f64_all(comm, real, N);
    for (int i = 0; i < N; i++) {
        const double wanted = i == 4       ? (size > 1 ? -1e308 : -HUGE_VAL)
                              : i == 6     ? HUGE_VAL
                              : i % 2 == 0 ? -1.5 * (double)i
                                           : (double)(size - 1 - i) / 3;
        CHECK(scan[i] == rank * (rank - 1) / 2 * i - 7 * rank);
        CHECK(!(real[i] < wanted) && !(real[i] > wanted));
    }
}

static void broadcast_from_every_root(tc_comm *comm, const char *folder)
{
    (void)folder;
    for (int root = 0; root < tc_comm_size(comm); root++) {
        int bytes[1000];
        for (int i = 0; i < 1000; i++) {
            bytes[i] = tc_comm_rank(comm) * 1000 + i;
        }
        tc_comm_bcast_all(comm, bytes, sizeof bytes, root);
        CHECK(bytes[0] == root * 1000 && bytes[999] == root * 1000 + 999);
    }
    tc_comm_bcast_all(comm, NULL, 0, 0);
}

/* Rank r gives r numbers, so rank 0 gives none; the result is appended. */
static void gather_with_empty_ranks(tc_comm *comm, const char *folder)
{
    const int size = tc_comm_size(comm), rank = tc_comm_rank(comm);
    tc_buffer all = {0}, none = {0};
    tc_error err = {0};
    int mine[64], *at, n = 0;
    (void)folder;
    for (int i = 0; i < rank; i++) {
        mine[i] = rank * 100 + i;
    }
    CHECK(tc_buffer_append(&all, "head", 4, &err) == TC_OK);
    CHECK(tc_comm_gather_all(comm, mine, rank * (int)sizeof *mine, &all, &err) == TC_OK);
    CHECK(all.size == 4 + size * (size - 1) / 2 * (int)sizeof *mine);
    CHECK(memcmp(all.data, "head", 4) == 0);
    at = (int *)(void *)(all.data + 4);
    for (int r = 0; r < size; r++) {
        for (int i = 0; i < r; i++) {
            CHECK(at[n++] == r * 100 + i);
        }
    }
    CHECK(tc_comm_gather_all(comm, NULL, 0, &none, &err) == TC_OK);
    CHECK(none.size == 0);
    tc_buffer_free(&none);
    tc_buffer_free(&all);
}

/* What travels from rank a to rank b in a test exchange: how many records, and their bytes.
 */
typedef struct {
    int kind;
    int64_t scale;
    size_t bytes;
} traffic;

static int64_t records(const traffic *t, int from, int to, int size)
{
    switch (t->kind) {
    case 0:
        return 0;
    case 1: /* all to the last rank */
        return to == size - 1 ? t->scale : 0;
    case 2: /* only rank 0 sends, and not to itself */
        return from == 0 && to != 0 ? t->scale : 0;
    default:
        return (from * 7 + to * 3) % 5 * t->scale;
    }
}

static unsigned char byte_of(int from, int to, int64_t record, size_t b)
{
    return (unsigned char)((from * 31 + to * 17 + record * 5 + (int64_t)b) % 251);
}

static void fill(const traffic *t, int from, int to, int64_t n, unsigned char *at)
{
    for (int64_t i = 0; i < n; i++) {
        for (size_t b = 0; b < t->bytes; b++) {
            at[(size_t)i * t->bytes + b] = byte_of(from, to, i, b);
        }
    }
}

static void check_received(const traffic *t, int to, int size, const tc_buffer *received)
{
    const unsigned char *at = received->data + 3;
    int64_t total = 0, wrong = 0;
    for (int from = 0; from < size; from++) {
        total += records(t, from, to, size);
    }
    CHECK(received->size == 3 + total * (int64_t)t->bytes);
    CHECK(memcmp(received->data, "abc", 3) == 0);
    if (received->size != 3 + total * (int64_t)t->bytes) {
        return;
    }
    for (int from = 0; from < size; from++) {
        for (int64_t i = 0; i < records(t, from, to, size); i++) {
            for (size_t b = 0; b < t->bytes; b++) {
                wrong += *at++ != byte_of(from, to, i, b);
            }
        }
    }
    CHECK(wrong == 0);
}

static void exchange_once(tc_comm *comm, const traffic *t)
{
    const int size = tc_comm_size(comm), rank = tc_comm_rank(comm);
    int64_t count[64], total = 0, done = 0;
    tc_buffer received = {0};
    tc_error err = {0};
    unsigned char *send;
    for (int to = 0; to < size; to++) {
        count[to] = records(t, rank, to, size);
        total += count[to];
    }
    send = tc_mem_alloc(total, t->bytes, &err);
    for (int to = 0; send != NULL && to < size; to++) {
        fill(t, rank, to, count[to], send + (size_t)done * t->bytes);
        done += count[to];
    }
    CHECK(send != NULL && tc_buffer_append(&received, "abc", 3, &err) == TC_OK);
    CHECK(tc_comm_exchange_all(comm, send, count, t->bytes, &received, &err) == TC_OK);
    check_received(t, rank, size, &received);
    tc_buffer_free(&received);
    tc_mem_free(send);
}

static void exchange_of_all_kinds(tc_comm *comm, const char *folder)
{
    static const size_t bytes[] = {1, 24, 64};
    (void)folder;
    for (int kind = 0; kind < 4; kind++) {
        for (int b = 0; b < 3; b++) {
            exchange_once(comm, &(traffic){kind, 1, bytes[b]});
            exchange_once(comm, &(traffic){kind, 100, bytes[b]});
        }
    }
    exchange_once(comm, &(traffic){3, 30000, 24});
    exchange_once(comm, &(traffic){1, 200000, 64});
}

static void an_empty_exchange_needs_no_memory_of_the_caller(tc_comm *comm,
                                                            const char *folder)
{
    const int64_t count[64] = {0};
    tc_buffer received = {0};
    tc_error err = {0};
    (void)folder;
    CHECK(tc_comm_exchange_all(comm, NULL, count, 24, &received, &err) == TC_OK);
    CHECK(received.size == 0);
    tc_buffer_free(&received);
}

/* Too many records for one batch are refused on all ranks before anything is sent. */
static void a_batch_beyond_2_31_is_refused(tc_comm *comm, const char *folder)
{
    int64_t count[64] = {0};
    tc_buffer received = {0};
    tc_error err = {0};
    tc_status st;
    (void)folder;
    count[0] = tc_comm_rank(comm) == 0 ? (int64_t)INT_MAX + 1 : 0;
    st = tc_comm_exchange_all(comm, NULL, count, 1, &received, &err);
    check_agreed_all(comm, st, &err, TC_EINTERNAL, 0);
    CHECK(received.size == 0);
    tc_buffer_free(&received);
}

static tc_status exchange_and_gather_all(tc_comm *comm, tc_error *err)
{
    int64_t count[64];
    char letters[64];
    tc_buffer received = {0};
    tc_status st;
    memset(letters, 'a' + tc_comm_rank(comm), sizeof letters);
    for (int r = 0; r < 64; r++) {
        count[r] = 1;
    }
    st = tc_comm_exchange_all(comm, letters, count, 1, &received, err);
    if (st == TC_OK) {
        st = tc_comm_gather_all(comm, letters, 5, &received, err);
    }
    if (st == TC_OK) {
        CHECK(received.size == 6 * tc_comm_size(comm));
    }
    tc_buffer_free(&received);
    return st;
}

/* Each request for memory fails in turn, on each rank in turn: one status everywhere. */
static void out_of_memory_is_agreed(tc_comm *comm, const char *folder)
{
    (void)folder;
    for (int bad = 0; bad < tc_comm_size(comm); bad++) {
        tc_status st = TC_ENOMEM;
        for (int nth = 1; st != TC_OK && nth < 100; nth++) {
            tc_error err = {0};
            tc_mem_fail_at(tc_comm_rank(comm) == bad ? nth : 0);
            st = exchange_and_gather_all(comm, &err);
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
        one_rank_fails,
        the_worst_status_of_the_lowest_rank_wins,
        agreement_without_message_or_failure,
        sums_of_integers,
        long_scans_and_maxima,
        broadcast_from_every_root,
        gather_with_empty_ranks,
        exchange_of_all_kinds,
        an_empty_exchange_needs_no_memory_of_the_caller,
        a_batch_beyond_2_31_is_refused,
        out_of_memory_is_agreed,
    };
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
