#include "usage.h"

#include "tiercel/json.h"
#include "tiercel/log.h"
#include "tiercel/progress_text.h"

#include <jansson.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Linux: writing 5 to clear_refs sets the peak resident size to the present one (man 5 proc). */
static void reset_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file != NULL) {
        (void)fputs("5", file);
        (void)fclose(file);
    }
}

void tc_usage_trim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

static int64_t peak_resident(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    int64_t kib = 0;
    if (file == NULL) {
        return 0;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kib = strtoll(line + 6, NULL, 10);
        }
    }
    (void)fclose(file);
    return kib * 1024;
}

tc_usage_mark tc_usage_begin(const tc_comm *comm)
{
    tc_mem_peak_reset();
    reset_peak();
    return (tc_usage_mark){.started = tc_comm_seconds(),
                           .comm = tc_comm_counts_now(comm),
                           .io = tc_io_counts_now()};
}

static int64_t microseconds(double seconds)
{
    const double most = 2.5e11; /* three days: with a rank's number it still fits 63 bits */
    return seconds > 0 ? (int64_t)((seconds < most * 1e-6 ? seconds * 1e6 : most)) : 0;
}

/* What is added up over the ranks; one list for both directions. */
#define SUMS(X)                                                                            \
    X(resident, u.resident_sum)                                                            \
    X(bytes_read, u.io.bytes_read)                                                         \
    X(bytes_written, u.io.bytes_written)                                                   \
    X(reads, u.io.reads)                                                                   \
    X(writes, u.io.writes)                                                                 \
    X(metadata, u.io.metadata)                                                             \
    X(collective_bytes, u.collective_bytes)                                                \
    X(messages, u.messages)                                                                \
    X(message_bytes, u.message_bytes)

enum {
#define X(name, place) SUM_##name,
    SUMS(X)
#undef X
        SUM_WALL,
    SUM_BUSY,
    SUM_WAITING,
    SUM_SYNC,
    N_SUMS
};

/* Local. This rank's share. */
static tc_usage own_usage(const tc_comm *comm, const tc_usage_mark *mark)
{
    const tc_comm_counts c = tc_comm_counts_now(comm);
    const tc_io_counts io = tc_io_counts_now();
    tc_usage u = {.seconds_max = tc_comm_seconds() - mark->started};
    u.waiting_mean = c.seconds - mark->comm.seconds;
    u.io = (tc_io_counts){.bytes_read = io.bytes_read - mark->io.bytes_read,
                          .bytes_written = io.bytes_written - mark->io.bytes_written,
                          .reads = io.reads - mark->io.reads,
                          .writes = io.writes - mark->io.writes,
                          .sync_seconds = io.sync_seconds - mark->io.sync_seconds,
                          .metadata = io.metadata - mark->io.metadata};
    u.busy_max = u.seconds_max - u.waiting_mean - u.io.sync_seconds;
    u.resident_max = u.resident_sum = peak_resident();
    u.counted_max = tc_mem_peak_bytes();
    u.collectives = c.calls - mark->comm.calls;
    u.collective_bytes = c.bytes - mark->comm.bytes;
    u.messages = c.messages - mark->comm.messages;
    u.message_bytes = c.message_bytes - mark->comm.message_bytes;
    return u;
}

tc_usage tc_usage_end_all(tc_comm *comm, const tc_usage_mark *mark)
{
    const int64_t last_rank = ((int64_t)1 << 24) - 1; /* the lowest of equally slow ranks */
    const double ranks = tc_comm_size(comm);
    tc_usage u = own_usage(comm, mark);
    int64_t busy;
    int64_t most[4] = {microseconds(u.seconds_max), u.resident_max, u.counted_max,
                       microseconds(u.busy_max) * (last_rank + 1) + last_rank -
                           tc_comm_rank(comm)};
    int64_t sum[N_SUMS] = {
#define X(name, place) place,
        SUMS(X)
#undef X
            microseconds(u.seconds_max),
        microseconds(u.busy_max), microseconds(u.waiting_mean),
        microseconds(u.io.sync_seconds)};
    tc_comm_max_i64_all(comm, most, 4);
    tc_comm_sum_i64_all(comm, sum, N_SUMS);
#define X(name, place) place = sum[SUM_##name];
    SUMS(X)
#undef X
    u.seconds_max = (double)most[0] * 1e-6;
    u.resident_max = most[1];
    u.counted_max = most[2];
    busy = most[3] / (last_rank + 1);
    u.busy_max = (double)busy * 1e-6;
    u.busy_rank = (int)(last_rank - most[3] % (last_rank + 1));
    u.seconds_mean = (double)sum[SUM_WALL] * 1e-6 / ranks;
    u.busy_mean = (double)sum[SUM_BUSY] * 1e-6 / ranks;
    u.waiting_mean = (double)sum[SUM_WAITING] * 1e-6 / ranks;
    u.io.sync_seconds = (double)sum[SUM_SYNC] * 1e-6;
    return u;
}

double tc_usage_imbalance(const tc_usage *usage)
{
    return usage->busy_mean > 0 ? usage->busy_max / usage->busy_mean - 1 : 0;
}

json_t *tc_usage_json(const tc_usage *u)
{
    return json_pack(
        "{s:f,s:f,s:f,s:f,s:i,s:f,s:f,s:f,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
        "seconds", u->seconds_max, "seconds_mean", u->seconds_mean,
        "busy_seconds_slowest_rank", u->busy_max, "busy_seconds_mean", u->busy_mean,
        "slowest_rank", u->busy_rank, "imbalance", tc_usage_imbalance(u),
        "waiting_seconds_mean", u->waiting_mean, "sync_seconds", u->io.sync_seconds,
        "peak_bytes_largest_rank", (json_int_t)u->resident_max, "peak_bytes_all_ranks",
        (json_int_t)u->resident_sum, "peak_bytes_allocated_largest_rank",
        (json_int_t)u->counted_max, "bytes_read", (json_int_t)u->io.bytes_read,
        "bytes_written", (json_int_t)u->io.bytes_written, "read_requests",
        (json_int_t)u->io.reads, "write_requests", (json_int_t)u->io.writes,
        "metadata_operations", (json_int_t)u->io.metadata, "collectives",
        (json_int_t)u->collectives, "collective_bytes", (json_int_t)u->collective_bytes,
        "messages", (json_int_t)u->messages, "message_bytes", (json_int_t)u->message_bytes);
}

/* The figures as members for the log as JSON: all but the braces; NULL = none. */
static char *members_of(const char *event, const char *stage, const tc_usage *usage)
{
    json_t *object = tc_usage_json(usage);
    char *text = NULL;
    (void)json_object_set_new(object, "event", json_string(event));
    (void)json_object_set_new(object, "stage", json_string(stage));
    text = json_dumps(object, JSON_SORT_KEYS | JSON_REAL_PRECISION(6));
    json_decref(object);
    if (text != NULL) {
        text[strlen(text) - 1] = ' ';
        text[0] = ' ';
    }
    return text;
}

void tc_usage_log(const char *stage, const tc_usage *u, int ranks)
{
    enum { TOLERATED_PERCENT = 20 };
    char got[TC_AMOUNT_TEXT], put[TC_AMOUNT_TEXT];
    const double percent = 100 * tc_usage_imbalance(u);
    char *members = members_of("stage", stage, u);
    tc_progress_amount((double)u->io.bytes_read, "B", got);
    tc_progress_amount((double)u->io.bytes_written, "B", put);
    tc_log_event(
        TC_LOG_INFO, members,
        "%-8s %7.2f s, peak memory %5lld MiB on the largest rank, %5lld MiB in all; busy "
        "%.2f s on the slowest rank, %.2f s on the mean; read %s, wrote %s",
        stage, u->seconds_max, (long long)(u->resident_max >> 20),
        (long long)(u->resident_sum >> 20), u->busy_max, u->busy_mean, got, put);
    free(members);
    /* below a second nobody can gain anything, and chance decides */
    if (percent > TOLERATED_PERCENT && u->seconds_max >= 1) {
        members = members_of("imbalance", stage, u);
        tc_log_event(TC_LOG_WARN, members,
                     "%s: imbalance: rank %d of %d was busy for %.2f s, the mean rank for "
                     "%.2f s: %.0f %% more; the others waited",
                     stage, u->busy_rank, ranks, u->busy_max, u->busy_mean, percent);
        free(members);
    }
}
