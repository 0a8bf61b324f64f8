/* run_lock.c - taking, keeping and giving back the lock of a run directory. */
#include "run_lock_impl.h"

#include "tiercel/fault.h"
#include "tiercel/log.h"
#include "tiercel/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A process works in one run directory; whoever publishes asks for its lock (rank 0). */
static const tc_run_lock *held;

static void lock_free(tc_run_lock **lock)
{
    if (*lock != NULL) {
        tc_mem_free((*lock)->path);
        tc_mem_free((*lock)->temporary);
        tc_mem_free(*lock);
        *lock = NULL;
    }
}

static tc_status lock_new(const char *directory, const char *command, tc_run_lock **out,
                          tc_error *err)
{
    const size_t n = strlen(directory) + TC_OWNER_TEXT + 16;
    tc_run_lock *lock = tc_mem_alloc(1, sizeof *lock, err);
    *out = lock;
    if (lock == NULL) {
        return TC_ENOMEM;
    }
    lock->fd = -1;
    lock->settle_ms = TC_SETTLE_MS;
    lock->path = tc_mem_alloc((int64_t)n, 1, err);
    lock->temporary = tc_mem_alloc((int64_t)n, 1, err);
    if (lock->path == NULL || lock->temporary == NULL) {
        return TC_ENOMEM;
    }
    tc_run_owner_self(command, &lock->self);
#if defined(TC_WITH_FAULTS)
    {
        const char *beat =
            getenv("TIERCEL_LOCK_BEAT_MS");   /* tests need not wait a minute */
        if (beat != NULL && atol(beat) > 0) { // NOLINT(cert-err34-c)
            lock->self.beat_ms = atol(beat);  // NOLINT(cert-err34-c)
            lock->settle_ms = lock->self.beat_ms;
        }
    }
#endif
    (void)snprintf(lock->path, n, "%s/run.lock", directory);
    (void)snprintf(lock->temporary, n, "%s/run.lock.%s", directory, lock->self.token);
    return TC_OK;
}

/* What rank 0 keeps while it waits. */
typedef struct {
    tc_run_watch watch;
    double started, seconds;
    int told, again;
} waiting;

/* Rank 0. 1 if the others are to wait and come again. */
static int wait_on(const tc_run_lock *lock, waiting *w, tc_run_try outcome, tc_error *err)
{
    char name[320];
    if (outcome == TC_TRY_AGAIN && w->again < 1000) {
        w->again++;
        return 1;
    }
    if (outcome == TC_TRY_TAKEN || outcome == TC_TRY_FAILED) {
        return 0;
    }
    tc_run_owner_name(&w->watch.owner, name, sizeof name);
    if (outcome != TC_TRY_WATCH && tc_run_lock_clock() - w->started >= w->seconds) {
        (void)tc_fail(
            err, TC_EIO,
            "%s: another job works in this run directory: %s; wait for it, or set "
            "run.lock_wait_seconds",
            lock->path, name);
        return 0;
    }
    if (tc_stop_check(err) != TC_OK) {
        return 0;
    }
    if (!w->told) {
        tc_log_info(outcome == TC_TRY_WATCH
                        ? "%s: looking whether the owner still lives: %s"
                        : "%s: waiting for another job: %s",
                    lock->path, name);
        w->told = 1;
    }
    return 1;
}

/* Rank 0, which has the lock. */
static tc_status settle_in(tc_run_lock *lock, const char *directory,
                           const tc_run_owner *before, tc_error *err)
{
    char name[320];
    int n;
    if (before->pid != 0) {
        tc_run_owner_name(before, name, sizeof name);
        tc_log_warn("%s: the lock of a job that is gone is taken over: %s", lock->path,
                    name);
    }
    if (lock->way == TC_BY_RECORD) {
        tc_log_warn(
            "%s: this file system has no locks; run.lock alone keeps other jobs out",
            directory);
    }
    n = tc_run_stale_remove(directory, err);
    if (n > 0) {
        tc_log_info("%s: %d temporary file%s of a job that was killed %s removed",
                    directory, n, n == 1 ? "" : "s", n == 1 ? "is" : "are");
    }
    return err->code;
}

static void pause_between(int nth)
{
    const struct timespec t = {nth < 8 ? 0 : 1, nth < 8 ? 100000000 : 0};
    (void)nanosleep(&t, NULL);
}

/* Collective. */
static tc_status take_all(tc_comm *comm, tc_run_lock *lock, waiting *w,
                          tc_run_owner *before, tc_error *err)
{
    for (int nth = 0;; nth++) {
        int64_t more = 0;
        if (tc_comm_rank(comm) == 0) {
            more = wait_on(lock, w, tc_run_lock_try(lock, &w->watch, before, err), err);
        }
        tc_comm_bcast_all(comm, &more, sizeof more, 0);
        if (!more) {
            break;
        }
        pause_between(nth);
    }
    if (tc_comm_rank(comm) == 0 && lock->fd < 0 && err->code == TC_OK) {
        return tc_fail(err, TC_EIO, "%s: changes hands all the time; start again",
                       lock->path);
    }
    return err->code;
}

tc_status tc_run_lock_take_all(tc_comm *comm, const char *directory, const char *command,
                               int64_t wait_seconds, tc_run_lock **out, tc_error *err)
{
    waiting w = {.seconds = (double)wait_seconds, .started = tc_run_lock_clock()};
    tc_run_owner before = {0};
    tc_status st = lock_new(directory, command, out, err);
    TC_ASSERT(held == NULL);
    if (st == TC_OK) {
        st = TC_FAULT("lock.take", err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st != TC_OK) {
        lock_free(out);
        return st;
    }
    TC_ASSERT(*out != NULL); /* as agreed */
    st = take_all(comm, *out, &w, &before, err);
    if (st == TC_OK && tc_comm_rank(comm) == 0) {
        st = settle_in(*out, directory, &before, err);
        tc_run_beat_start(*out);
        held = *out;
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st != TC_OK) {
        tc_run_lock_release_all(comm, out);
    }
    return st;
}

void tc_run_lock_release_all(tc_comm *comm, tc_run_lock **lock)
{
    if (*lock == NULL) {
        return;
    }
    if (tc_comm_rank(comm) == 0 && held == *lock) {
        held = NULL;
        tc_run_beat_stop(*lock);
    }
    tc_run_lock_drop(*lock);
    lock_free(lock);
}

tc_status tc_run_lock_lost(const tc_run_lock *lock, tc_error *err)
{
    return tc_fail(err, TC_EIO,
                   "%s: this job lost its run directory: the lock was deleted, or another "
                   "job took it for dead; nothing more is published; start again",
                   lock->path);
}

tc_status tc_run_lock_check(tc_error *err)
{
    if (held != NULL && (atomic_load(&held->lost) || !tc_run_lock_ours(held))) {
        return tc_run_lock_lost(held, err);
    }
    return TC_OK;
}
