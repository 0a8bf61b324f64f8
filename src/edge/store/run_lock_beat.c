/* run_lock_beat.c - the counter in run.lock, moved by a thread of its own: a job that computes for minutes is alive all the
 * same. The thread sees no MPI and no counted memory, and gets no signals. */
#include "run_lock_impl.h"

#include "tiercel/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* 1 when it is time for the next beat, 0 when the thread is to end. */
static int wait_beat(tc_run_lock *lock)
{
    const int64_t ms = lock->self.beat_ms;
    struct timespec until = {0};
    int code = 0, ending;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&lock->mutex);
    while (!lock->ending && code != ETIMEDOUT) {
        code = pthread_cond_timedwait(&lock->wake, &lock->mutex, &until);
    }
    ending = lock->ending;
    (void)pthread_mutex_unlock(&lock->mutex);
    return !ending;
}

/* Another job works on the same files now, and this one may wait for ever for a host that is gone. A file that was merely
 * deleted is none: the job notices when it publishes. */
static void end_job(const tc_run_lock *lock)
{
    tc_error err = {0};
    (void)tc_run_lock_lost(lock, &err);
    (void)fprintf(stderr, "tiercel: error: %s\n", err.message);
    (void)fflush(NULL);
    _exit(tc_status_exit_code(err.code));
}

static void *beat(void *context)
{
    tc_run_lock *lock = context;
    int64_t count = lock->self.beat;
    while (wait_beat(lock)) {
        char text[TC_RUN_RECORD];
        int offset;
        const int n = tc_run_owner_print_beat(++count, text, &offset);
        if (!tc_run_lock_ours(lock)) {
            atomic_store(&lock->lost, 1);
            if (access(lock->path, F_OK) == 0 && wait_beat(lock)) {
                end_job(lock);
            }
            continue;
        }
        /* a failure is no news: the next beat tries again, and the results have checks of their own */
        if (pwrite(lock->fd, text, (size_t)n, offset) == n) {
            (void)fdatasync(lock->fd); /* network file systems send it only then */
        }
    }
    return NULL;
}

void tc_run_beat_start(tc_run_lock *lock)
{
    pthread_condattr_t attributes;
    sigset_t all, before;
    int code;
    (void)pthread_mutex_init(&lock->mutex, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&lock->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&lock->thread, NULL, beat, lock);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    lock->beats = code == 0;
    if (code != 0) {
        tc_log_warn("%s: its counter cannot be moved (%s); other hosts may take this job "
                    "for dead",
                    lock->path, strerror(code));
    }
}

void tc_run_beat_stop(tc_run_lock *lock)
{
    if (lock->beats) {
        (void)pthread_mutex_lock(&lock->mutex);
        lock->ending = 1;
        (void)pthread_cond_signal(&lock->wake);
        (void)pthread_mutex_unlock(&lock->mutex);
        (void)pthread_join(lock->thread, NULL);
        lock->beats = 0;
    }
    (void)pthread_cond_destroy(&lock->wake);
    (void)pthread_mutex_destroy(&lock->mutex);
}
