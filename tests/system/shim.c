/* shim.c - a library for LD_PRELOAD that makes the machine misbehave as told, so that tests see what no test machine does on
 * demand: I/O errors, short reads and writes, interrupted calls, file systems without locks, slow calls, clocks that jump.
 *
 * TIERCEL_SHIM holds rules, separated by ';', each of fields separated by blanks:
 *   CALL PATTERN NTH ACTION [RANK]
 * CALL     open, read, write, sync, rename, unlink, truncate, lock (fcntl), space (statvfs), clock
 * PATTERN  of the path (fnmatch); for clock: realtime, monotonic or *
 * NTH      3 = the third such call of the process, 3+ = it and all later ones, %3 = every third
 * ACTION   the name of an errno; short = half of the bytes; wait=FILE: go on when FILE is there;
 *          room=BYTES: so much is free (space); +SECONDS or -SECONDS: the clock jumps from then on
 * RANK     only on this rank of MPI
 * Each application of a rule appends a line to the file named by TIERCEL_SHIM_LOG, so that a test can tell whether its fault
 * really happened. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { MAX_RULES = 16, FIELD = 256 };

typedef struct {
    char call[16], pattern[FIELD], action[FIELD];
    long nth;
    int from_then, every;
    atomic_long seen, noted;
} rule;

static rule rules[MAX_RULES];
static int n_rules;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct {
    const char *name;
    int code;
} errors[] = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EROFS", EROFS},
              {"EDQUOT", EDQUOT}, {"EINTR", EINTR},   {"ENOLCK", ENOLCK},
              {"ENOSYS", ENOSYS}, {"EACCES", EACCES}, {"EOPNOTSUPP", EOPNOTSUPP},
              {"ESTALE", ESTALE}, {"EAGAIN", EAGAIN}, {"EINVAL", EINVAL}};

static void read_rules(void)
{
    const char *text = getenv("TIERCEL_SHIM"), *rank = getenv("OMPI_COMM_WORLD_RANK");
    while (text != NULL && *text != '\0' && n_rules < MAX_RULES) {
        rule *r = &rules[n_rules];
        char nth[32] = "", only[32] = "";
        const int fields = sscanf(text, " %15[^; ] %255[^; ] %31[^; ] %255[^; ] %31[^; ]",
                                  r->call, r->pattern, nth, r->action, only);
        if (fields < 4) {
            (void)fprintf(stderr, "shim: cannot read the rule '%s'\n", text);
            _exit(99);
        }
        r->every = nth[0] == '%';
        r->nth = atol(nth + r->every);
        r->from_then = strchr(nth, '+') != NULL;
        n_rules += fields < 5 || (rank != NULL && strcmp(rank, only) == 0);
        text = strchr(text, ';');
        text += text != NULL;
    }
}

#define REAL(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

/* The first times are enough: clocks are read often. */
static void note(rule *r, const char *path)
{
    const char *log = getenv("TIERCEL_SHIM_LOG");
    if (log != NULL && atomic_fetch_add(&r->noted, 1) < 100) {
        char line[1024];
        const int n = snprintf(line, sizeof line, "%s %s %s\n", r->call, r->action, path);
        const long fd =
            syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
        if (fd >= 0) {
            (void)syscall(SYS_write, fd, line, n);
            (void)syscall(SYS_close, fd);
        }
    }
}

static int is_due(rule *r)
{
    const long n = atomic_fetch_add(&r->seen, 1) + 1;
    if (r->every) {
        return n % r->nth == 0;
    }
    return n == r->nth || (r->from_then && n > r->nth);
}

/* The rule that applies to this call now; NULL = none. Waits are served here. */
static const rule *apply(const char *call, const char *path)
{
    (void)pthread_once(&once, read_rules);
    for (int i = 0; path != NULL && i < n_rules; i++) {
        rule *r = &rules[i];
        if (strcmp(r->call, call) != 0 || fnmatch(r->pattern, path, 0) != 0 || !is_due(r)) {
            continue;
        }
        note(r, path);
        if (strncmp(r->action, "wait=", 5) != 0) {
            return r;
        }
        for (int ms = 0; access(r->action + 5, F_OK) != 0 && ms < 120000; ms += 10) {
            (void)usleep(10000);
        }
    }
    return NULL;
}

/* 1 if no rule can apply to this call, so that no path need be found. */
static int is_idle(const char *call)
{
    (void)pthread_once(&once, read_rules);
    for (int i = 0; i < n_rules; i++) {
        if (strcmp(rules[i].call, call) == 0) {
            return 0;
        }
    }
    return 1;
}

static const rule *apply_fd(const char *call, int fd)
{
    char link[64], path[4096];
    ssize_t n;
    if (is_idle(call)) {
        return NULL;
    }
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return apply(call, path);
}

/* Sets errno and returns 1 if the action is the name of one. */
static int fails(const rule *r)
{
    for (size_t i = 0; r != NULL && i < sizeof errors / sizeof *errors; i++) {
        if (strcmp(errors[i].name, r->action) == 0) {
            errno = errors[i].code;
            return 1;
        }
    }
    return 0;
}

static size_t cut(const rule *r, size_t n)
{
    return r != NULL && strcmp(r->action, "short") == 0 && n > 1 ? n / 2 : n;
}

#define MODE(flags, mode)                                                                  \
    mode_t mode = 0;                                                                       \
    if (((flags)&O_CREAT) != 0 || ((flags)&O_TMPFILE) == O_TMPFILE) {                      \
        va_list args;                                                                      \
        va_start(args, flags);                                                             \
        mode = va_arg(args, mode_t);                                                       \
        va_end(args);                                                                      \
    }

#define OPEN(name)                                                                         \
    int name(const char *path, int flags, ...)                                             \
    {                                                                                      \
        MODE(flags, mode)                                                                  \
        return fails(apply("open", path)) ? -1 : REAL(name)(path, flags, mode);            \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                       \
    int name(int folder, const char *path, int flags, ...)                                 \
    {                                                                                      \
        MODE(flags, mode)                                                                  \
        return fails(apply("open", path)) ? -1 : REAL(name)(folder, path, flags, mode);    \
    }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name)                                                                        \
    FILE *name(const char *path, const char *mode)                                         \
    {                                                                                      \
        return fails(apply("open", path)) ? NULL : REAL(name)(path, mode);                 \
    }
FOPEN(fopen)
FOPEN(fopen64)

#define TRANSFER(call, name, pointer)                                                      \
    ssize_t name(int fd, pointer bytes, size_t n)                                          \
    {                                                                                      \
        const rule *r = apply_fd(call, fd);                                                \
        return fails(r) ? -1 : REAL(name)(fd, bytes, cut(r, n));                           \
    }
TRANSFER("read", read, void *)
TRANSFER("write", write, const void *)

#define TRANSFER_AT(call, name, pointer, offset)                                           \
    ssize_t name(int fd, pointer bytes, size_t n, offset at)                               \
    {                                                                                      \
        const rule *r = apply_fd(call, fd);                                                \
        return fails(r) ? -1 : REAL(name)(fd, bytes, cut(r, n), at);                       \
    }
TRANSFER_AT("read", pread, void *, off_t)
TRANSFER_AT("read", pread64, void *, off64_t)
TRANSFER_AT("write", pwrite, const void *, off_t)
TRANSFER_AT("write", pwrite64, const void *, off64_t)

/* A short transfer of several pieces is half of the first. */
static int first_half(const rule *r, const struct iovec *v, int n, struct iovec *half)
{
    if (n < 1 || r == NULL || strcmp(r->action, "short") != 0) {
        return 0;
    }
    *half = (struct iovec){v[0].iov_base, cut(r, v[0].iov_len)};
    return 1;
}

#define VECTOR(call, name)                                                                 \
    ssize_t name(int fd, const struct iovec *v, int n)                                     \
    {                                                                                      \
        const rule *r = apply_fd(call, fd);                                                \
        struct iovec half;                                                                 \
        if (fails(r)) {                                                                    \
            return -1;                                                                     \
        }                                                                                  \
        return first_half(r, v, n, &half) ? REAL(name)(fd, &half, 1)                       \
                                          : REAL(name)(fd, v, n);                          \
    }
VECTOR("read", readv)
VECTOR("write", writev)

#define VECTOR_AT(call, name, offset)                                                      \
    ssize_t name(int fd, const struct iovec *v, int n, offset at)                          \
    {                                                                                      \
        const rule *r = apply_fd(call, fd);                                                \
        struct iovec half;                                                                 \
        if (fails(r)) {                                                                    \
            return -1;                                                                     \
        }                                                                                  \
        return first_half(r, v, n, &half) ? REAL(name)(fd, &half, 1, at)                   \
                                          : REAL(name)(fd, v, n, at);                      \
    }
VECTOR_AT("read", preadv, off_t)
VECTOR_AT("read", preadv64, off64_t)
VECTOR_AT("write", pwritev, off_t)
VECTOR_AT("write", pwritev64, off64_t)

int fsync(int fd)
{
    return fails(apply_fd("sync", fd)) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    return fails(apply_fd("sync", fd)) ? -1 : REAL(fdatasync)(fd);
}

int rename(const char *from, const char *to)
{
    return fails(apply("rename", to)) ? -1 : REAL(rename)(from, to);
}

int unlink(const char *path)
{
    return fails(apply("unlink", path)) ? -1 : REAL(unlink)(path);
}

int ftruncate(int fd, off_t n)
{
    return fails(apply_fd("truncate", fd)) ? -1 : REAL(ftruncate)(fd, n);
}

int ftruncate64(int fd, off64_t n)
{
    return fails(apply_fd("truncate", fd)) ? -1 : REAL(ftruncate64)(fd, n);
}

#define FCNTL(name)                                                                        \
    int name(int fd, int command, ...)                                                     \
    {                                                                                      \
        va_list args;                                                                      \
        void *argument;                                                                    \
        va_start(args, command);                                                           \
        argument = va_arg(args, void *);                                                   \
        va_end(args);                                                                      \
        if ((command == F_SETLK || command == F_OFD_SETLK || command == F_GETLK ||         \
             command == F_OFD_GETLK) &&                                                    \
            fails(apply_fd("lock", fd))) {                                                 \
            return -1;                                                                     \
        }                                                                                  \
        return REAL(name)(fd, command, argument);                                          \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

static void limit_room(const rule *r, unsigned long unit, fsblkcnt64_t *room)
{
    if (r != NULL && strncmp(r->action, "room=", 5) == 0) {
        *room = (fsblkcnt64_t)(strtoull(r->action + 5, NULL, 10) / unit);
    }
}

int statvfs(const char *path, struct statvfs *facts)
{
    const rule *r = apply("space", path);
    const int code = fails(r) ? -1 : REAL(statvfs)(path, facts);
    if (code == 0) {
        limit_room(r, facts->f_frsize, &facts->f_bavail);
    }
    return code;
}

/* Seconds by which a clock is off now. */
static long jump(const char *name)
{
    const rule *r = is_idle("clock") ? NULL : apply("clock", name);
    return r != NULL ? atol(r->action) : 0;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    const int code = (int)syscall(SYS_clock_gettime, id, out);
    if (code == 0 && id == CLOCK_REALTIME) {
        out->tv_sec += jump("realtime");
    } else if (code == 0 && (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_RAW)) {
        out->tv_sec += jump("monotonic");
    }
    return code;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    const int code = (int)syscall(SYS_gettimeofday, out, zone);
    if (code == 0) {
        out->tv_sec += jump("realtime");
    }
    return code;
}

time_t time(time_t *out)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}
