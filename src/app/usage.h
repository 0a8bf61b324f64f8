/* usage.h - what a stage cost: wall time and memory over the ranks. These figures go to run.json alone, the one
 * file that may differ between runs. */
#ifndef TC_USAGE_H
#define TC_USAGE_H

#include "tiercel/comm.h"

typedef struct {
    double seconds_max, seconds_mean; /* over ranks */
    int64_t resident_max,
        resident_sum;    /* peak resident bytes: largest rank, sum over ranks */
    int64_t counted_max; /* peak bytes of our own allocations, largest rank */
} tc_usage;

typedef struct {
    double started;
} tc_usage_mark;

/* Local. Starts a measurement; resets the peaks where the system allows it. */
tc_usage_mark tc_usage_begin(void);

/* Collective. What happened since the mark. */
tc_usage tc_usage_end_all(tc_comm *comm, tc_usage_mark mark);

#endif
