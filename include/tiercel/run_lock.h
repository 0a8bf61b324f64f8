/* run_lock.h - one job at a time in a run directory (edge layer).
 *
 * The lock is the file run.lock. Rank 0 holds a record lock of the operating system on it for as long as the job runs, so
 * that the lock of a job that died is free at once. The file names the owner and carries a counter that goes up every few
 * seconds: where a file system has no locks, keeps them to each node, or cannot tell that the node of the owner is gone, the
 * counter decides. src/edge/store/README.md has the rules. */
#ifndef TC_RUN_LOCK_H
#define TC_RUN_LOCK_H

#include "tiercel/comm.h"

enum { TC_OWNER_TEXT = 96 };

/* Who holds a run directory, as run.lock says. */
typedef struct {
    char host[TC_OWNER_TEXT];
    char place[TC_OWNER_TEXT];   /* boot of the machine and name space of process numbers */
    char job[TC_OWNER_TEXT];     /* SLURM_JOB_ID, or "" */
    int64_t restart;             /* SLURM_RESTART_COUNT of that job */
    char command[TC_OWNER_TEXT]; /* run, ingest, ... */
    char started[TC_OWNER_TEXT]; /* UTC, 2025-12-01T03:00:00Z */
    char token[TC_OWNER_TEXT];   /* differs for each taking of a lock */
    int64_t pid;
    int64_t process_start; /* clock ticks after the boot */
    int64_t beat_ms;       /* the counter goes up once in so many milliseconds; 0 = never */
    int64_t beat;          /* the counter */
} tc_run_owner;

typedef enum {
    TC_RUN_FREE, /* nobody: there is no lock file, or an empty one */
    TC_RUN_HELD, /* a job that is at work */
    TC_RUN_LEFT, /* a job that ended without giving the lock back: killed, or its node died */
    TC_RUN_UNSURE /* of another host, on a file system whose locks cannot tell: look at the counter twice */
} tc_run_state;

typedef struct tc_run_lock tc_run_lock;

/* Collective. Takes the lock of a run directory that exists. command: the name of the own command. If another job holds it,
 * waits up to wait_seconds; a dead owner's lock is taken over with a line in the log. Then temporary files that a dead job left
 * in the run directory are removed. At most one lock a process. Errors (agreed): TC_EIO if another job holds it (the message
 * names it) or the lock file cannot be written; TC_ENOMEM. */
TC_NODISCARD tc_status tc_run_lock_take_all(tc_comm *comm, const char *directory,
                                            const char *command, int64_t wait_seconds,
                                            tc_run_lock **out, tc_error *err);

/* Collective. Gives the lock back and removes the file. NULL-safe; *lock becomes NULL. */
void tc_run_lock_release_all(tc_comm *comm, tc_run_lock **lock);

/* Local. Called before anything is published: TC_EIO if this process had the lock of its run directory and another job has
 * taken it over, or somebody deleted the file. TC_OK if it has it, or never took one. */
TC_NODISCARD tc_status tc_run_lock_check(tc_error *err);

/* Local; never locks and never writes. Who works in a run directory. *owner is zeroed if nobody does. Errors: TC_EIO if
 * the file cannot be read, TC_ENOMEM. */
TC_NODISCARD tc_status tc_run_lock_look(const char *directory, tc_run_owner *owner,
                                        tc_run_state *state, tc_error *err);

#endif
