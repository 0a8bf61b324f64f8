/* usage.h - what a stage cost: time, memory, bytes over the ranks. These figures go to run.json and the log alone;
 * run.json is the one file that may differ between runs. */
#ifndef TC_USAGE_H
#define TC_USAGE_H

#include "tiercel/comm.h"
#include "tiercel/io_count.h"

struct json_t;

/* A rank is busy when it neither waits for others in a collective operation nor for the disk to take a finished file. */
typedef struct {
    double seconds_max, seconds_mean; /* wall time over ranks */
    double busy_max, busy_mean;
    int busy_rank;       /* the one that was busy longest */
    double waiting_mean; /* in collective operations */
    int64_t resident_max,
        resident_sum;    /* peak resident bytes: largest rank, sum over ranks */
    int64_t counted_max; /* peak bytes of our own allocations, largest rank */
    tc_io_counts io;     /* sum over ranks */
    int64_t collectives; /* of a rank */
    int64_t collective_bytes, messages,
        message_bytes; /* sum over ranks, see tc_comm_counts */
} tc_usage;

typedef struct {
    double started;
    tc_comm_counts comm;
    tc_io_counts io;
} tc_usage_mark;

/* Local. Starts a measurement; resets the peaks where the system allows it. */
tc_usage_mark tc_usage_begin(const tc_comm *comm);

/* Collective. What happened since the mark. */
tc_usage tc_usage_end_all(tc_comm *comm, const tc_usage_mark *mark);

/* Local, pure. How much longer than the mean rank the slowest was busy, as a share of the mean. */
double tc_usage_imbalance(const tc_usage *usage);

/* Local. The figures as a new JSON object; NULL when out of memory. */
struct json_t *tc_usage_json(const tc_usage *usage);

/* Local. The line of a stage in the log, and a warning if the ranks were not equally busy. */
void tc_usage_log(const char *stage, const tc_usage *usage, int ranks);

/* Local. Gives freed memory back to the system, also from between blocks that are in use. Cost: a few milliseconds a GiB. */
void tc_usage_trim(void);

#endif
