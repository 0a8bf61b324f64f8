/* store_stream.c - rows of large files that come, or are asked for, one behind the other. Those to be written are gathered in a
 * chunk of each dataset, and written while the rank computes; those to be read are read ahead. */
#include "store_direct.h"

#include "tiercel/io_count.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PROBE = 2 << 20 }; /* beyond what the system itself reads ahead */

enum { UNDECIDED, PLAIN, DIRECT };

/* 1 if rows of this file can go past the page cache; tried once. */
static int can_direct(tc_store *store)
{
    if (store->direct == NULL && !store->refused && store->fd >= 0) {
        store->direct = tc_store_direct_open(store);
        store->refused = store->direct == NULL;
    }
    return store->direct != NULL;
}

/* Takes the room of all datasets that are begun: blocks that are there can be written by several ranks at a time. A full disk
 * shows when rows come. */
static void take_room(tc_store *store)
{
    if (tc_comm_rank(store->comm) == 0 && store->room_end < store->promised_end) {
        tc_io_count_metadata(1);
        (void)fallocate(store->fd, 0, (off_t)store->room_end,
                        (off_t)(store->promised_end - store->room_end));
        store->room_end = store->promised_end;
    }
}

/* Decided when the first rows of a dataset come: then all of its size are begun. Small ones before do not count, small ones after
 * a large one go its way. */
static int writes_direct(tc_store_piece *piece)
{
    tc_store *const store = piece->store;
    if (piece->way == UNDECIDED) {
        const int large = store->direct != NULL || tc_store_is_direct(store->promised);
        piece->way = large && can_direct(store) ? DIRECT : PLAIN;
        if (piece->way == DIRECT) {
            take_room(store);
        }
    }
    return piece->way == DIRECT;
}

static tc_status gather(tc_store_piece *piece, const unsigned char *from, int64_t n,
                        int64_t at, tc_error *err)
{
    tc_store_direct *const d = piece->store->direct;
    piece->store->wrote = 1;
    while (n > 0) {
        tc_store_chunk *c = piece->chunk;
        int64_t part;
        if (c != NULL && (c->end != at || c->end == c->base + TC_CHUNK_BYTES)) {
            piece->chunk = NULL;
            tc_store_chunk_write(d, c);
        }
        if (piece->chunk == NULL) {
            const int reason = tc_store_moves_reason(d, &piece->moves, 0);
            if (reason != 0) {
                return tc_store_write_failed(piece, reason, err);
            }
            TC_TRY(tc_store_chunk_take(d, &piece->moves, at, &piece->chunk, err));
        }
        c = piece->chunk;
        part = c->base + TC_CHUNK_BYTES - at;
        part = part < n ? part : n;
        memcpy(c->bytes + (at - c->base), from, (size_t)part);
        c->end += part;
        from += part;
        at += part;
        n -= part;
    }
    return TC_OK;
}

tc_status tc_store_stream_write(tc_store_piece *piece, int64_t row0, int64_t n,
                                const void *from, tc_error *err)
{
    const int64_t row_bytes = tc_store_row_bytes(&piece->field);
    const int64_t at = piece->address + row0 * row_bytes;
    if (writes_direct(piece)) {
        tc_io_count_write(n * row_bytes);
        return gather(piece, from, n * row_bytes, at, err);
    }
    TC_TRY(tc_store_transfer(piece, row0, n, NULL, from, err));
    tc_store_writeback(piece->store, &piece->dirty, at, n * row_bytes);
    return TC_OK;
}

/* 1 if the page cache has the byte. */
static int is_cached(int fd, int64_t at)
{
    unsigned char byte;
    const struct iovec one = {&byte, 1};
    return preadv2(fd, &one, 1, (off_t)at, RWF_NOWAIT) == 1;
}

static int64_t end_of(const tc_store_piece *piece)
{
    return piece->address + piece->n_global * tc_store_row_bytes(&piece->field);
}

/* 1 if a large file, of which the page cache does not have what comes next. */
static int is_far(const tc_store_piece *piece, int64_t at)
{
    const int fd = piece->store->fd;
    const int64_t last = end_of(piece) - 1;
    struct stat status;
    return fstat(fd, &status) == 0 && tc_store_is_direct((double)status.st_size) &&
           (tc_store_always_direct() ||
            !is_cached(fd, at + PROBE < last ? at + PROBE : last));
}

/* Decided when the second rows are asked for, just behind the first. */
static int reads_direct(tc_store_piece *piece, int64_t at)
{
    if (piece->way == UNDECIDED && at == piece->next &&
        (piece->once || tc_store_always_direct())) {
        const int far = piece->store->direct != NULL || is_far(piece, at);
        piece->way = far && can_direct(piece->store) ? DIRECT : PLAIN;
    }
    return piece->way == DIRECT;
}

void tc_store_once(tc_store_piece *piece)
{
    piece->once = 1;
}

static tc_status read_ahead(tc_store_piece *piece, int64_t at, int slot, tc_error *err)
{
    if (at < end_of(piece)) {
        TC_TRY(tc_store_chunk_take(piece->store->direct, &piece->moves, at,
                                   &piece->ahead[slot], err));
        tc_store_chunk_read(piece->store->direct, piece->ahead[slot]);
    }
    return TC_OK;
}

/* The chunk with the byte `at` becomes the first, and those behind it are under way. */
static tc_status turn_to(tc_store_piece *piece, int64_t at, tc_error *err)
{
    tc_store_direct *const d = piece->store->direct;
    const int64_t base = at - at % TC_CHUNK_BYTES;
    int n = 0;
    for (int i = 0; i < TC_STORE_AHEAD; i++) {
        tc_store_chunk *const c = piece->ahead[i];
        piece->ahead[i] = NULL;
        if (c != NULL && c->base == base + (int64_t)n * TC_CHUNK_BYTES) {
            piece->ahead[n++] = c;
        } else if (c != NULL) {
            tc_store_chunk_wait(d, c);
            tc_store_chunk_give(d, c);
        }
    }
    for (; n < TC_STORE_AHEAD; n++) {
        const tc_status st =
            read_ahead(piece, base + (int64_t)n * TC_CHUNK_BYTES, n, n == 0 ? err : NULL);
        if (st != TC_OK && n == 0) { /* the others are just for speed */
            return st;
        }
    }
    tc_store_chunk_wait(d, piece->ahead[0]);
    return TC_OK;
}

static tc_status take(tc_store_piece *piece, unsigned char *to, int64_t n, int64_t at,
                      tc_error *err)
{
    while (n > 0) {
        const tc_store_chunk *c = piece->ahead[0];
        int64_t part;
        if (c == NULL || at < c->base || at >= c->base + TC_CHUNK_BYTES) {
            TC_TRY(turn_to(piece, at, err));
            c = piece->ahead[0];
        }
        part = c->end - at < n ? c->end - at : n;
        if (part <= 0) {
            return tc_store_read_failed(
                piece, tc_store_moves_reason(piece->store->direct, &piece->moves, 0), err);
        }
        memcpy(to, c->bytes + (at - c->base), (size_t)part);
        to += part;
        at += part;
        n -= part;
    }
    return TC_OK;
}

tc_status tc_store_stream_read(tc_store_piece *piece, int64_t row0, int64_t n, void *to,
                               tc_error *err)
{
    const int64_t row_bytes = tc_store_row_bytes(&piece->field);
    const int64_t at = piece->address + row0 * row_bytes;
    const int direct = reads_direct(piece, at) && at == piece->next;
    piece->next = at + n * row_bytes;
    if (direct) {
        tc_io_count_read(n * row_bytes);
        return take(piece, to, n * row_bytes, at, err);
    }
    return tc_store_transfer(piece, row0, n, to, NULL, err);
}

tc_status tc_store_stream_end(tc_store_piece *piece, tc_status status, tc_error *err)
{
    tc_store_direct *const d = piece->store->direct;
    int reason;
    if (d == NULL) {
        return status;
    }
    if (piece->chunk != NULL && status == TC_OK) {
        tc_store_chunk_write(d, piece->chunk);
    } else if (piece->chunk != NULL) {
        tc_store_chunk_give(d, piece->chunk);
    }
    piece->chunk = NULL;
    reason = tc_store_moves_reason(d, &piece->moves, 1);
    for (int i = 0; i < TC_STORE_AHEAD; i++) {
        if (piece->ahead[i] != NULL) {
            tc_store_chunk_give(d, piece->ahead[i]);
            piece->ahead[i] = NULL;
        }
    }
    return status != TC_OK || reason == 0 || !piece->writing
               ? status
               : tc_store_write_failed(piece, reason, err);
}
