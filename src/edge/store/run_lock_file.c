/* run_lock_file.c - the file run.lock: the lock of the operating system on it, and what its text decides where that lock
 * cannot.
 *
 * Open file description locks are preferred: a POSIX record lock is dropped as soon as any descriptor of the file is closed
 * in the process. Both are sent to the server by NFS and by Lustre (mounted with flock); flock() would not be by older NFS.
 * Without locks: L. Lamport, A fast mutual exclusion algorithm, ACM TOCS 5 (1987), Fischer's algorithm: put your name into an
 * empty place, wait longer than anybody needs between looking and writing, and go on if the name is still yours. */
#include "run_lock_impl.h"

#include "tiercel/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* The locked byte lies behind the text, so that the text can be read where locks are mandatory (CIFS). */
enum { LOCKED_BYTE = 1 << 30 };

typedef enum { GOT, HELD_BY_OTHER, NO_LOCKS, STALE, BROKEN } outcome;

double tc_run_lock_clock(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static struct flock whole_lock(void)
{
    struct flock l = {0};
    l.l_type = F_WRLCK;
    l.l_whence = SEEK_SET;
    l.l_start = LOCKED_BYTE;
    l.l_len = 1;
    return l;
}

static outcome set_lock(int fd, tc_run_lock_way *way)
{
    static const int command[] = {F_OFD_SETLK, F_SETLK};
    for (int i = TC_BY_DESCRIPTION; i <= TC_BY_PROCESS; i++) {
        struct flock l = whole_lock();
        int code;
        do {
            code = fcntl(fd, command[i], &l);
        } while (code != 0 && errno == EINTR);
        *way = (tc_run_lock_way)i;
        if (code == 0) {
            return GOT;
        }
        if (errno == EAGAIN || errno == EACCES) {
            return HELD_BY_OTHER;
        }
        if (errno == ESTALE) {
            return STALE;
        }
        if (errno != EINVAL && errno != ENOLCK && errno != ENOSYS && errno != EOPNOTSUPP) {
            return BROKEN;
        }
    }
    *way = TC_BY_RECORD;
    return NO_LOCKS;
}

/* 1 if this file system is of one machine alone, so that its locks know all who could hold one. */
static int is_local(int fd)
{
    static const unsigned magic[] = {0xEF53,     0x58465342, 0x9123683E, 0x01021994,
                                     0x794C7630, 0x2FC12FC1, 0xF2F52010, 0x858458F6};
    struct statfs facts; /* ext4, xfs, btrfs, tmpfs, overlayfs, zfs, f2fs, ramfs */
    if (fstatfs(fd, &facts) != 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof magic / sizeof *magic; i++) {
        if ((unsigned)facts.f_type == magic[i]) {
            return 1;
        }
    }
    return 0;
}

int tc_run_lock_read(int fd, tc_run_owner *out)
{
    char text[TC_RUN_RECORD];
    ssize_t n;
    do {
        n = pread(fd, text, sizeof text - 1, 0);
    } while (n < 0 && errno == EINTR);
    text[n > 0 ? n : 0] = '\0';
    return tc_run_owner_parse(text, out);
}

/* 1 if the name still leads to the file behind the descriptor; what cannot be told counts as yes. Opening asks the server
 * of a network file system, stat may not; but a POSIX lock would be lost when the descriptor is closed. */
static int is_current(const char *path, int fd, tc_run_lock_way way)
{
    struct stat held, named;
    int code;
    if (fstat(fd, &held) != 0) {
        return errno != ESTALE;
    }
    if (way == TC_BY_PROCESS) {
        code = stat(path, &named);
    } else {
        const int other = open(path, O_RDONLY | O_CLOEXEC);
        code = other < 0 ? -1 : fstat(other, &named);
        if (other >= 0) {
            (void)close(other);
        }
    }
    if (code != 0) {
        return errno != ENOENT && errno != ESTALE;
    }
    return held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

int tc_run_lock_ours(const tc_run_lock *lock)
{
    return is_current(lock->path, lock->fd, lock->way);
}

static tc_status write_record(int fd, const char *path, const tc_run_owner *owner,
                              tc_error *err)
{
    char text[TC_RUN_RECORD];
    const int n = tc_run_owner_print(owner, text);
    ssize_t done;
    tc_status st = TC_FAULT("lock.write", err);
    if (st != TC_OK) {
        return st;
    }
    do {
        done = pwrite(fd, text, (size_t)n, 0);
    } while (done < 0 && errno == EINTR);
    if (done >= 0 && done < n) {
        errno = ENOSPC; /* of so few bytes just a part */
    }
    if (done != n || ftruncate(fd, n) != 0 || fsync(fd) != 0) {
        return tc_fail(err, TC_EIO,
                       "%s: cannot be written: %s; check space and permissions of the run "
                       "directory",
                       path, strerror(errno));
    }
    return TC_OK;
}

/* Keeps in mind since when the counter of the owner stands still. moved: it was seen moving. */
static void look_at(tc_run_watch *watch, const tc_run_owner *owner)
{
    const int same = watch->seen && strcmp(watch->owner.token, owner->token) == 0;
    if (!same || watch->owner.beat != owner->beat) {
        watch->since = tc_run_lock_clock();
        watch->moved = same;
    }
    watch->owner = *owner;
    watch->seen = 1;
}

static int is_silent(const tc_run_watch *watch, int beats)
{
    return watch->owner.beat_ms > 0 && (tc_run_lock_clock() - watch->since) * 1e3 >
                                           (double)watch->owner.beat_ms * beats;
}

typedef enum { LEAVE, WATCH, TAKE, REPLACE } decision;

/* The rules; src/edge/store/README.md has them as a table. */
static decision decide(outcome lock, int known, int fd, const tc_run_watch *watch,
                       const tc_run_owner *self)
{
    const int alive = known ? tc_run_owner_alive(&watch->owner) : 0;
    const decision wait =
        watch->moved || watch->owner.beat_ms <= 0 ? LEAVE : WATCH; /* alive -1 */
    if (known && alive != 0 && tc_run_owner_given_up(&watch->owner, self)) {
        return lock == GOT && is_local(fd) ? TAKE : REPLACE;
    }
    if (lock == HELD_BY_OTHER) {
        return known && alive < 0 && !is_local(fd) && is_silent(watch, TC_BEATS_SILENT)
                   ? REPLACE
                   : LEAVE;
    }
    if (alive > 0) {
        return LEAVE;
    }
    if (lock == NO_LOCKS) {
        return !known || alive == 0 || is_silent(watch, TC_BEATS_SILENT) ? REPLACE : wait;
    }
    return !known || alive == 0 || is_local(fd) || is_silent(watch, TC_BEATS_GONE) ? TAKE
                                                                                   : wait;
}

static tc_run_try take_place(tc_run_lock *lock, int fd, tc_error *err)
{
    if (write_record(fd, lock->path, &lock->self, err) != TC_OK) {
        (void)unlink(lock->path); /* nobody else can have it now */
        (void)close(fd);
        return TC_TRY_FAILED;
    }
    lock->fd = fd;
    return TC_TRY_TAKEN;
}

/* 1 if the record is still the one that was judged. */
static int is_unchanged(const char *path, int known, const tc_run_owner *judged)
{
    tc_run_owner now;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const int found = fd >= 0 && tc_run_lock_read(fd, &now);
    if (fd >= 0) {
        (void)close(fd);
    }
    return found == known &&
           (!known || (strcmp(now.token, judged->token) == 0 && now.beat == judged->beat));
}

/* Puts a new file under the name: for a place without locks, and for an owner that keeps a lock and is gone or given up.
 * If it lives after all, it ends itself within two beats. */
static tc_run_try replace(tc_run_lock *lock, int known, const tc_run_owner *judged,
                          tc_error *err)
{
    const int64_t ms = known && judged->beat_ms * TC_BEATS_GONE > lock->settle_ms
                           ? judged->beat_ms * TC_BEATS_GONE
                           : lock->settle_ms;
    const struct timespec settle = {ms / 1000, (ms % 1000) * 1000000};
    const int fd = open(lock->temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        (void)tc_fail(err, TC_EIO, "%s: cannot be created: %s; check the run directory",
                      lock->temporary, strerror(errno));
        return TC_TRY_FAILED;
    }
    (void)set_lock(fd, &lock->way);
    if (write_record(fd, lock->path, &lock->self, err) != TC_OK) {
        (void)unlink(lock->temporary);
        (void)close(fd);
        return TC_TRY_FAILED;
    }
    if (!is_unchanged(lock->path, known, judged)) {
        (void)unlink(lock->temporary);
        (void)close(fd);
        return TC_TRY_AGAIN;
    }
    if (rename(lock->temporary, lock->path) != 0) {
        (void)tc_fail(err, TC_EIO, "%s: cannot be renamed: %s; check the run directory",
                      lock->temporary, strerror(errno));
        (void)unlink(lock->temporary);
        (void)close(fd);
        return TC_TRY_FAILED;
    }
    (void)nanosleep(&settle, NULL);
    if (!is_current(lock->path, fd, lock->way)) {
        (void)close(fd);
        return TC_TRY_AGAIN;
    }
    lock->fd = fd;
    return TC_TRY_TAKEN;
}

tc_run_try tc_run_lock_try(tc_run_lock *lock, tc_run_watch *watch, tc_run_owner *before,
                           tc_error *err)
{
    tc_run_owner owner;
    const int fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    const outcome got = fd >= 0 ? set_lock(fd, &lock->way) : BROKEN;
    if (got == STALE || (got == GOT && !is_current(lock->path, fd, lock->way))) {
        (void)close(fd);
        return TC_TRY_AGAIN;
    }
    if (got == BROKEN) {
        (void)tc_fail(err, TC_EIO, "%s: cannot be %s: %s; check the run directory",
                      lock->path, fd < 0 ? "created" : "locked", strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return TC_TRY_FAILED;
    }
    const int known = tc_run_lock_read(fd, &owner);
    look_at(watch, &owner);
    memset(before, 0, sizeof *before);
    const decision what = decide(got, known, fd, watch, &lock->self);
    if (what == TAKE || what == REPLACE) {
        *before = owner;
    }
    if (what == TAKE) {
        return take_place(lock, fd, err);
    }
    (void)close(fd);
    if (what == REPLACE) {
        return replace(lock, known, &owner, err);
    }
    return what == WATCH ? TC_TRY_WATCH : TC_TRY_BUSY;
}

void tc_run_lock_drop(tc_run_lock *lock)
{
    if (lock->fd >= 0) {
        if (tc_run_lock_ours(lock)) {
            (void)unlink(lock->path);
        }
        (void)close(lock->fd);
        lock->fd = -1;
    }
}

/* Who holds the lock: 1 somebody, 0 nobody, -1 there are no locks. */
static int is_locked(int fd)
{
    struct flock l = whole_lock();
    int code = fcntl(fd, F_OFD_GETLK, &l);
    if (code != 0) {
        l = whole_lock();
        code = fcntl(fd, F_GETLK, &l);
    }
    return code != 0 ? -1 : l.l_type != F_UNLCK;
}

static tc_run_state judge(int fd, const tc_run_owner *owner)
{
    const int locked = is_locked(fd), alive = tc_run_owner_alive(owner);
    if (locked == 1 || alive > 0) {
        return TC_RUN_HELD;
    }
    return alive == 0 || (locked == 0 && is_local(fd)) ? TC_RUN_LEFT : TC_RUN_UNSURE;
}

tc_status tc_run_lock_look(const char *directory, tc_run_owner *owner, tc_run_state *state,
                           tc_error *err)
{
    const size_t n = strlen(directory) + 16;
    char *path = tc_mem_alloc((int64_t)n, 1, err);
    tc_status st = TC_OK;
    int fd;
    memset(owner, 0, sizeof *owner);
    *state = TC_RUN_FREE;
    if (path == NULL) {
        return TC_ENOMEM;
    }
    (void)snprintf(path, n, "%s/run.lock", directory);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT) {
        st = tc_fail(err, TC_EIO, "%s: cannot be read: %s", path, strerror(errno));
    } else if (fd >= 0 && tc_run_lock_read(fd, owner)) {
        *state = judge(fd, owner);
    } else if (fd >= 0) {
        *state = is_locked(fd) == 1 ? TC_RUN_HELD : TC_RUN_FREE;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    tc_mem_free(path);
    return st;
}
