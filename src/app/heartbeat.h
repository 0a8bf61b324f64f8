/* heartbeat.h - the file heartbeat.json in a run directory. Called by the monitor's thread, so it uses no counted
 * memory. */
#ifndef TC_HEARTBEAT_H
#define TC_HEARTBEAT_H

#include "monitor.h"

#include "tiercel/progress_text.h"

#define TC_HEARTBEAT_FILE "heartbeat.json"

/* Local. Writes it under a temporary name and renames it, so that a reader sees a whole one; it is not synced, for it is
 * of no use after a crash. started: seconds since 1970. state: a word, exit_code: -1 = still running. 0, or the errno
 * of what failed. */
int tc_heartbeat_write(const tc_monitor_run *run, const tc_progress_moment *moment,
                       double started, const char *state, int exit_code);

#endif
