/* store_direct.c - chunks past the page cache. The cores then neither copy rows into it, nor clear pages for it, nor wait at the
 * lock of the file that ranks hold in turn while they copy. O_DIRECT takes whole blocks only: what a chunk has of a block that
 * it does not fill goes through the page cache, so no block belongs to both. The threads see no MPI and no counted memory, and
 * get no signals. */
#include "store_direct.h"

#include "tiercel/io_count.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BLOCK =
        64
        << 10, /* a multiple of what disks ask for, and of the pages and blocks of any system */
    THREADS = 8, /* of a rank: so many transfers the disk is given at a time */
    WRITING = 32 /* chunks to be written that may be under way */
};

struct tc_store_direct {
    int fd, plain; /* plain: the store's, through the page cache */
    pthread_t thread[THREADS];
    int n_threads;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    /* under the lock */
    tc_store_chunk *spare;
    tc_store_chunk *first, *last; /* that wait for a thread */
    int n_writing, is_closing;
};

static int64_t down(int64_t at)
{
    return at - at % BLOCK;
}

/* n bytes from the place `at` of the file on, which the chunk has; errno, 0 = none. */
static int write_plain(const tc_store_direct *d, const tc_store_chunk *c, int64_t at,
                       int64_t n)
{
    return tc_store_pwrite(d->plain, c->bytes + (at - c->base), n, at, 1);
}

/* The same for whole blocks. If the file system takes them otherwise, all goes through the page cache. */
static int write_blocks(const tc_store_direct *d, const tc_store_chunk *c, int64_t at,
                        int64_t n)
{
    const int reason = tc_store_pwrite(d->fd, c->bytes + (at - c->base), n, at, BLOCK);
    return reason == EINVAL ? write_plain(d, c, at, n) : reason;
}

static int write_chunk(const tc_store_direct *d, const tc_store_chunk *c)
{
    const int64_t head = down(c->begin + BLOCK - 1), tail = down(c->end);
    int reason;
    if (head >= tail) {
        return write_plain(d, c, c->begin, c->end - c->begin);
    }
    reason = write_plain(d, c, c->begin, head - c->begin);
    if (reason == 0) {
        reason = write_blocks(d, c, head, tail - head);
    }
    return reason != 0 ? reason : write_plain(d, c, tail, c->end - tail);
}

/* Up to the end of the file. Behind a piece that is no multiple of a block, the page cache gives the rest. */
static int read_chunk(const tc_store_direct *d, tc_store_chunk *c)
{
    int64_t done, more = 0;
    int reason = tc_store_pread(d->fd, c->bytes, TC_CHUNK_BYTES, c->base, &done);
    if (reason == EINVAL) {
        reason = tc_store_pread(d->plain, c->bytes + done, TC_CHUNK_BYTES - done,
                                c->base + done, &more);
    }
    c->begin = c->base;
    c->end = c->base + done + more;
    return reason;
}

/* Under the lock. */
static void end_move(tc_store_direct *d, tc_store_chunk *c, int reason)
{
    c->moves->n_moving--;
    if (c->moves->reason == 0) {
        c->moves->reason = reason;
    }
    c->is_moving = 0;
    if (c->writes) {
        d->n_writing--;
        c->next = d->spare;
        d->spare = c;
    }
}

static void *work(void *context)
{
    tc_store_direct *const d = context;
    (void)pthread_mutex_lock(&d->lock);
    while (d->first != NULL || !d->is_closing) {
        tc_store_chunk *const c = d->first;
        int reason;
        if (c == NULL) {
            (void)pthread_cond_wait(&d->work, &d->lock);
            continue;
        }
        d->first = c->next;
        (void)pthread_mutex_unlock(&d->lock);
        reason = c->writes ? write_chunk(d, c) : read_chunk(d, c);
        (void)pthread_mutex_lock(&d->lock);
        end_move(d, c, reason);
        (void)pthread_cond_signal(&d->done);
    }
    (void)pthread_mutex_unlock(&d->lock);
    return NULL;
}

/* The store's file, and no other that has got its name since: an attempt that was given up may still be running. -1 = not to
 * be had so. */
static int open_same(const tc_store *store)
{
    struct stat ours, found;
    const int fd = open(store->writing ? store->temporary : store->path,
                        (store->writing ? O_WRONLY : O_RDONLY) | O_CLOEXEC | O_DIRECT);
    tc_io_count_metadata(1);
    if (fd >= 0 && (fstat(store->fd, &ours) != 0 || fstat(fd, &found) != 0 ||
                    ours.st_dev != found.st_dev || ours.st_ino != found.st_ino)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

tc_store_direct *tc_store_direct_open(const tc_store *store)
{
    tc_store_direct *d = tc_mem_alloc(1, sizeof *d, NULL);
    sigset_t all, before;
    if (d == NULL) {
        return NULL;
    }
    d->plain = store->fd;
    d->fd = open_same(store);
    (void)pthread_mutex_init(&d->lock, NULL);
    (void)pthread_cond_init(&d->work, NULL);
    (void)pthread_cond_init(&d->done, NULL);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (d->fd >= 0 && d->n_threads < THREADS &&
           pthread_create(&d->thread[d->n_threads], NULL, work, d) == 0) {
        d->n_threads++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (d->n_threads == 0) {
        tc_store_direct_close(d);
        return NULL;
    }
    return d;
}

void tc_store_direct_close(tc_store_direct *d)
{
    if (d == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&d->lock);
    d->is_closing = 1;
    (void)pthread_cond_broadcast(&d->work);
    (void)pthread_mutex_unlock(&d->lock);
    for (int i = 0; i < d->n_threads; i++) {
        (void)pthread_join(d->thread[i], NULL);
    }
    while (d->spare != NULL) {
        tc_store_chunk *const next = d->spare->next;
        tc_mem_free(d->spare->block);
        tc_mem_free(d->spare);
        d->spare = next;
    }
    (void)pthread_cond_destroy(&d->done);
    (void)pthread_cond_destroy(&d->work);
    (void)pthread_mutex_destroy(&d->lock);
    if (d->fd >= 0) {
        (void)close(
            d->fd); /* every transfer was waited for, and the store's descriptor is synced */
    }
    tc_mem_free(d);
}

static tc_status new_chunk(tc_store_chunk **out, tc_error *err)
{
    tc_store_chunk *c = tc_mem_alloc(1, sizeof *c, err);
    if (c == NULL) {
        return TC_ENOMEM;
    }
    c->block = tc_mem_alloc(TC_CHUNK_BYTES + BLOCK, 1, err);
    if (c->block == NULL) {
        tc_mem_free(c);
        return TC_ENOMEM;
    }
    c->bytes = c->block + (BLOCK - (uintptr_t)c->block % BLOCK);
    *out = c;
    return TC_OK;
}

tc_status tc_store_chunk_take(tc_store_direct *d, tc_store_moves *moves, int64_t at,
                              tc_store_chunk **out, tc_error *err)
{
    (void)pthread_mutex_lock(&d->lock);
    *out = d->spare;
    d->spare = *out != NULL ? (*out)->next : NULL;
    (void)pthread_mutex_unlock(&d->lock);
    if (*out == NULL) {
        TC_TRY(new_chunk(out, err));
    }
    (*out)->moves = moves;
    (*out)->base = at - at % TC_CHUNK_BYTES;
    (*out)->begin = (*out)->end = at;
    return TC_OK;
}

void tc_store_chunk_give(tc_store_direct *d, tc_store_chunk *chunk)
{
    (void)pthread_mutex_lock(&d->lock);
    chunk->next = d->spare;
    d->spare = chunk;
    (void)pthread_mutex_unlock(&d->lock);
}

/* Under the lock. */
static void start(tc_store_direct *d, tc_store_chunk *chunk)
{
    chunk->moves->n_moving++;
    chunk->is_moving = 1;
    chunk->next = NULL;
    if (d->first == NULL) {
        d->first = chunk;
    } else {
        d->last->next = chunk;
    }
    d->last = chunk;
    (void)pthread_cond_signal(&d->work);
}

void tc_store_chunk_write(tc_store_direct *d, tc_store_chunk *chunk)
{
    (void)pthread_mutex_lock(&d->lock);
    while (d->n_writing >= WRITING) {
        (void)pthread_cond_wait(&d->done, &d->lock);
    }
    d->n_writing++;
    chunk->writes = 1;
    start(d, chunk);
    (void)pthread_mutex_unlock(&d->lock);
}

void tc_store_chunk_read(tc_store_direct *d, tc_store_chunk *chunk)
{
    (void)pthread_mutex_lock(&d->lock);
    chunk->writes = 0;
    start(d, chunk);
    (void)pthread_mutex_unlock(&d->lock);
}

void tc_store_chunk_wait(tc_store_direct *d, const tc_store_chunk *chunk)
{
    (void)pthread_mutex_lock(&d->lock);
    while (chunk->is_moving) {
        (void)pthread_cond_wait(&d->done, &d->lock);
    }
    (void)pthread_mutex_unlock(&d->lock);
}

int tc_store_moves_reason(tc_store_direct *d, const tc_store_moves *moves, int wait)
{
    int reason;
    (void)pthread_mutex_lock(&d->lock);
    while (wait && moves->n_moving > 0) {
        (void)pthread_cond_wait(&d->done, &d->lock);
    }
    reason = moves->reason;
    (void)pthread_mutex_unlock(&d->lock);
    return reason;
}
