/* run_lock_impl.h - what the files run_lock*.c share. */
#ifndef TC_RUN_LOCK_IMPL_H
#define TC_RUN_LOCK_IMPL_H

#include "tiercel/run_lock.h"

#include <pthread.h>
#include <stdatomic.h>

/* How the system keeps the lock. */
typedef enum {
    TC_BY_DESCRIPTION, /* open file description lock: closing another descriptor does not drop it */
    TC_BY_PROCESS, /* POSIX record lock */
    TC_BY_RECORD   /* the file system has no locks: the text of the file alone */
} tc_run_lock_way;

enum {
    TC_RUN_RECORD = 1024, /* bytes of the text at most */
    TC_BEAT_MS = 5000,
    TC_BEATS_GONE = 3,    /* silent for so many: gone, if its lock is free */
    TC_BEATS_SILENT = 12, /* silent for so many: gone, whatever the lock says */
    TC_SETTLE_MS = 2000
};

struct tc_run_lock { /* on rank 0; elsewhere just the agreement that it is held */
    char *path, *temporary;
    tc_run_owner self;
    int fd; /* holds the lock; -1 = none */
    tc_run_lock_way way;
    int64_t settle_ms;
    atomic_int lost; /* set by the thread of the counter */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    int beats, ending; /* the thread runs; it is told to end (under the mutex) */
};

/* What was last seen of an owner: a counter that does not move is judged by the own monotonic clock. */
typedef struct {
    tc_run_owner owner;
    double since;    /* own clock when token or counter last changed */
    int seen, moved; /* moved: it was seen moving, so somebody is there */
} tc_run_watch;

typedef enum {
    TC_TRY_TAKEN,
    TC_TRY_BUSY,  /* somebody is at work */
    TC_TRY_WATCH, /* somebody may be at work: its counter must be watched for longer */
    TC_TRY_AGAIN, /* the file changed hands just now */
    TC_TRY_FAILED
} tc_run_try;

/* run_lock_owner.c. All local. */
/* This process. */
void tc_run_owner_self(const char *command, tc_run_owner *out);
/* Text of the record; length below TC_RUN_RECORD. */
int tc_run_owner_print(const tc_run_owner *owner, char text[TC_RUN_RECORD]);
/* Offset and text of the counter alone. */
int tc_run_owner_print_beat(int64_t beat, char text[TC_RUN_RECORD], int *offset);
/* 0 if the text is no whole record. */
int tc_run_owner_parse(const char *text, tc_run_owner *out);
/* 1 alive, 0 dead, -1 not to be known from here: another machine. */
int tc_run_owner_alive(const tc_run_owner *owner);
/* 1 if it is an earlier attempt of the same Slurm job: Slurm starts a job again only after it gave up the attempt before, even
 * if a host that it cannot reach still runs it. */
int tc_run_owner_given_up(const tc_run_owner *owner, const tc_run_owner *self);
/* "`run` of job 17, process 5 on host n1, since ..." */
void tc_run_owner_name(const tc_run_owner *owner, char *text, size_t capacity);

/* run_lock_file.c. All local. */
/* One try. *before: whose lock was taken over, pid 0 = nobody's. */
tc_run_try tc_run_lock_try(tc_run_lock *lock, tc_run_watch *watch, tc_run_owner *before,
                           tc_error *err);
/* Removes the file if it is still the own one, and the lock. */
void tc_run_lock_drop(tc_run_lock *lock);
/* 0 if the file under the name is no longer the one that is held. */
int tc_run_lock_ours(const tc_run_lock *lock);
/* Reads the record behind a descriptor; 0 if there is none. */
int tc_run_lock_read(int fd, tc_run_owner *out);
double tc_run_lock_clock(void);

/* run_lock.c. Local. TC_EIO and what the user is told when the lock is lost. */
tc_status tc_run_lock_lost(const tc_run_lock *lock, tc_error *err);

/* run_lock_beat.c. The thread that moves the counter. When another job took the lock over, this one has a beat
 * to end in order; then the thread ends it. */
void tc_run_beat_start(tc_run_lock *lock);
void tc_run_beat_stop(tc_run_lock *lock);

/* run_stale.c. Local. Removes temporary files that no living job can own. Returns how many. */
int tc_run_stale_remove(const char *directory, tc_error *err);

#endif
