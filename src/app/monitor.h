/* monitor.h - tells the operator how the job is: the bar of a terminal, a line a minute in a batch log, and
 * heartbeat.json for monitors. A thread of rank 0 does it: it reads the counters of progress.h and calls no MPI, so it
 * speaks also while rank 0 computes or waits. One at a time; the functions are for the main thread. */
#ifndef TC_MONITOR_H
#define TC_MONITOR_H

#include "tiercel/status.h"

#include <stdint.h>

typedef enum { TC_SHOW_AUTO, TC_SHOW_BAR, TC_SHOW_LINES, TC_SHOW_NONE } tc_show;

/* Local. Starts the thread; what it shows depends on the level of the log as well. auto = a bar if standard error, or
 * that of the mpirun which started this process, is a terminal, else lines. If no thread can be had, a warning. */
void tc_monitor_start(tc_show show);

/* What heartbeat.json says of the run. Texts are borrowed until tc_monitor_run_end. */
typedef struct {
    const char *directory;     /* of the run */
    int64_t heartbeat_seconds; /* between two heartbeats; 0 = none */
    int64_t line_seconds;      /* between two lines of the log; 0 = none */
    int64_t attempt;
    int ranks;
    const char *host, *job_id; /* "" = none */
} tc_monitor_run;

/* Local. From now on there is a run directory: the first heartbeat is written at once. A heartbeat that cannot be
 * written is a warning, once, and never an error. */
void tc_monitor_run_begin(const tc_monitor_run *run);

/* Local. The last heartbeat, with the state that the run ended in. */
void tc_monitor_run_end(tc_status outcome);

/* Local. Takes the bar away until there is something new to show: for text on standard output. */
void tc_monitor_hide(void);

/* Local. Ends the thread and takes the bar away. Can be called without a start. */
void tc_monitor_stop(void);

/* Local, pure. "running", "complete", "failed", "interrupted": the word for a state in run.json and heartbeat.json. */
const char *tc_state_word(tc_status outcome);

#endif
