/* store_direct.h - chunks of a file on their way between memory and the disk, past the page cache (O_DIRECT), moved by threads
 * of the rank while it goes on computing. Within src/edge/store. */
#ifndef TC_STORE_DIRECT_H
#define TC_STORE_DIRECT_H

#include "store_native.h"

enum { TC_CHUNK_BYTES = 512 << 10 };

struct tc_store_chunk {
    struct tc_store_chunk *next;
    tc_store_moves *moves; /* of its piece */
    int64_t base;       /* in the file: where bytes[0] lies; a multiple of TC_CHUNK_BYTES */
    int64_t begin, end; /* in the file: what of it is filled */
    int writes;         /* else it is to be read */
    int is_moving;      /* under the lock */
    unsigned char *bytes; /* [TC_CHUNK_BYTES] */
    unsigned char *block; /* allocated */
};

/* Local. Threads and a descriptor for a file that is open. NULL where the file system has no such access, or threads or
 * memory are short: then rows go through the page cache. Closed before the store's descriptor. */
tc_store_direct *tc_store_direct_open(const tc_store *store);

/* Local. After the last transfer; NULL-safe. */
void tc_store_direct_close(tc_store_direct *direct);

/* Local. An empty chunk with `at` in it, to be given back. Errors: TC_ENOMEM. */
tc_status tc_store_chunk_take(tc_store_direct *direct, tc_store_moves *moves, int64_t at,
                              tc_store_chunk **out, tc_error *err);
void tc_store_chunk_give(tc_store_direct *direct, tc_store_chunk *chunk);

/* Local. Begins to write what is filled; the chunk is given back when that is done. Waits while many are under way. */
void tc_store_chunk_write(tc_store_direct *direct, tc_store_chunk *chunk);

/* Local. Begins to read it from base on, as much as the file has; it stays the caller's. */
void tc_store_chunk_read(tc_store_direct *direct, tc_store_chunk *chunk);

/* Local. Waits until it was read. */
void tc_store_chunk_wait(tc_store_direct *direct, const tc_store_chunk *chunk);

/* Local. errno of the first transfer of a piece that failed, 0 = none so far; if asked to, waits for all of them. */
int tc_store_moves_reason(tc_store_direct *direct, const tc_store_moves *moves, int wait);

#endif
