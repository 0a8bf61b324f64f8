/* What the ranks count of their own collective operations. */
#include "check.h"

#include <time.h>

static tc_comm_counts since(const tc_comm *comm, tc_comm_counts before)
{
    const tc_comm_counts now = tc_comm_counts_now(comm);
    return (tc_comm_counts){.calls = now.calls - before.calls,
                            .bytes = now.bytes - before.bytes,
                            .messages = now.messages - before.messages,
                            .message_bytes = now.message_bytes - before.message_bytes,
                            .seconds = now.seconds - before.seconds};
}

static void reductions_and_broadcasts(tc_comm *comm, const char *folder)
{
    const tc_comm_counts before = tc_comm_counts_now(comm);
    const int last = tc_comm_size(comm) - 1;
    int64_t v[5] = {1, 2, 3, 4, 5};
    tc_error err = {0};
    tc_comm_counts c;
    (void)folder;
    tc_comm_sum_i64_all(comm, v, 5);
    tc_comm_max_i64_all(comm, v, 2);
    tc_comm_exscan_i64_all(comm, v, 3);
    c = since(comm, before);
    CHECK(c.calls == 3);
    CHECK(c.bytes == (5 + 2 + 3) * 8);
    tc_comm_bcast_all(comm, v, 40, last);
    c = since(comm, before);
    CHECK(c.calls == 4);
    CHECK(c.bytes == 80 + (tc_comm_rank(comm) == last ? 40 : 0));
    CHECK(tc_comm_agree_all(comm, TC_OK, &err) == TC_OK); /* one number */
    CHECK(since(comm, before).calls == 5);
    CHECK(since(comm, before).bytes == c.bytes + 8);
    CHECK(since(comm, before).messages == 0);
    CHECK(since(comm, before).seconds >= 0);
    tc_comm_sum_i64_all(comm, v, 0); /* nothing to do is no operation */
    CHECK(since(comm, before).calls == 5);
}

/* Rank r sends r + d records of 24 bytes to rank d; what stays at home is no message. */
static void exchanges(tc_comm *comm, const char *folder)
{
    enum { RECORD = 24, MOST = 64 };
    const int size = tc_comm_size(comm), rank = tc_comm_rank(comm);
    const tc_comm_counts before = tc_comm_counts_now(comm);
    int64_t count[MOST], messages = 0, records = 0, total = 0;
    tc_buffer received = {0};
    tc_error err = {0};
    unsigned char *send;
    (void)folder;
    CHECK(size <= MOST);
    for (int d = 0; d < size; d++) {
        count[d] = rank + d;
        total += count[d];
        messages += d != rank && count[d] > 0;
        records += d != rank ? count[d] : 0;
    }
    send = tc_mem_alloc(total, RECORD, &err);
    CHECK(send != NULL);
    CHECK(tc_comm_exchange_all(comm, send, count, RECORD, &received, &err) == TC_OK);
    CHECK(since(comm, before).messages == messages);
    CHECK(since(comm, before).message_bytes == records * RECORD);
    CHECK(since(comm, before).calls == 4); /* two agreements, counts, records */
    tc_buffer_free(&received);
    tc_mem_free(send);
}

/* The ranks that wait for a slow one say so, the slow one does not. */
static void waiting(tc_comm *comm, const char *folder)
{
    const struct timespec half = {.tv_nsec = 500000000};
    const int slow = tc_comm_size(comm) - 1;
    int64_t one = 1, most;
    tc_comm_counts before;
    (void)folder;
    tc_comm_sum_i64_all(comm, &one, 1); /* all start here */
    before = tc_comm_counts_now(comm);
    if (tc_comm_rank(comm) == slow) {
        (void)nanosleep(&half, NULL);
    }
    tc_comm_sum_i64_all(comm, &one, 1);
    most = (int64_t)(since(comm, before).seconds * 1e6);
    tc_comm_max_i64_all(comm, &most, 1);
    CHECK(slow == 0 || most > 100000);
}

int main(int argc, char **argv)
{
    static check_test *const tests[] = {reductions_and_broadcasts, exchanges, waiting};
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
