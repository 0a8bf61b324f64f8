/* ingest_spill.h - private to ingest: streams of bytes in a bounded pool of blocks. When the
 * pool is used up, full blocks move to one scratch file of this rank, which has no name, so
 * that nothing is left of it however the process ends. */
#ifndef TC_INGEST_SPILL_H
#define TC_INGEST_SPILL_H

#include "tiercel/buffer.h"

#include <string.h>

enum { TC_SPILL_BLOCK = 32 << 10 }; /* bytes; what is appended at once must be smaller */

typedef struct tc_spill tc_spill;

/* A chain of blocks; items do not cross their borders. Zeroed and tc_spill_start = empty.
 * It is appended to, then sealed, then read. */
typedef struct {
    unsigned char *at, *end; /* room in the last block while it is open */
    int32_t first, last;     /* blocks, -1 = none */
    int64_t blocks;
} tc_spill_stream;

static inline void tc_spill_start(tc_spill_stream *stream)
{
    *stream = (tc_spill_stream){.first = -1, .last = -1};
}

/* Local. A pool of at most `bytes` (at least 8 blocks); memory is taken as it is needed.
 * folder: of the scratch file, which is made only when blocks have to move; borrowed.
 * Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_spill_create(int64_t bytes, const char *folder, tc_spill **out,
                                       tc_error *err);
/* Local. NULL-safe; frees all streams too. */
void tc_spill_destroy(tc_spill **spill);

/* Local. Closes the last block and opens another one. Errors: TC_ENOMEM if all blocks are
 * open or pinned, with the least memory_per_rank in the caller's hands; TC_EIO if the
 * scratch file cannot be made or written, naming the folder and what to do. */
TC_NODISCARD tc_status tc_spill_extend(tc_spill *spill, tc_spill_stream *stream,
                                       tc_error *err);

/* Local. Makes room for an item of n <= TC_SPILL_BLOCK bytes at stream->at, which the caller
 * writes and steps over. Errors: as tc_spill_extend. */
static inline tc_status tc_spill_reserve(tc_spill *spill, tc_spill_stream *stream,
                                         int64_t n, tc_error *err)
{
    return stream->end - stream->at < n ? tc_spill_extend(spill, stream, err) : TC_OK;
}

/* Local. Appends one item of n <= TC_SPILL_BLOCK bytes. Errors: as tc_spill_extend. */
static inline tc_status tc_spill_append(tc_spill *spill, tc_spill_stream *stream,
                                        const void *item, int64_t n, tc_error *err)
{
    TC_TRY(tc_spill_reserve(spill, stream, n, err));
    TC_ASSERT(stream->at != NULL);
    memcpy(stream->at, item, (size_t)n);
    stream->at += n;
    return TC_OK;
}

/* Local. Ends appending: the last block may now move to the scratch file as well. */
void tc_spill_seal(tc_spill *spill, tc_spill_stream *stream);

/* Local, pure. The block behind a block of a sealed stream, -1 = none. */
int32_t tc_spill_next(const tc_spill *spill, int32_t block);

/* Local. Brings a block of a sealed stream to memory and pins it there until
 * tc_spill_unpin or until it is freed; *data [*n] borrowed. Errors: TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_spill_pin(tc_spill *spill, int32_t block,
                                    const unsigned char **data, int64_t *n, tc_error *err);
void tc_spill_unpin(tc_spill *spill, int32_t block);

/* Local. Looks at a block, also of a stream that is still appended to, and moves none: *data [*n] is valid until the
 * next call of any of these functions, in the pool or in `room` [TC_SPILL_BLOCK]. Errors: TC_EIO. */
TC_NODISCARD tc_status tc_spill_look(tc_spill *spill, const tc_spill_stream *stream,
                                     int32_t block, unsigned char *room,
                                     const unsigned char **data, int64_t *n, tc_error *err);

/* Local. Frees the first block of a sealed stream, or all of them, pinned or not. */
void tc_spill_drop_first(tc_spill *spill, tc_spill_stream *stream);
void tc_spill_drop(tc_spill *spill, tc_spill_stream *stream);

/* Local; ingest_scratch.c. Makes a scratch file: it has no name, or loses it at once. *fd belongs to the
 * caller. Errors: TC_EIO. */
TC_NODISCARD tc_status tc_spill_scratch(const char *folder, int *fd, tc_error *err);

/* Local, pure. Bytes that were written to the scratch file so far. */
int64_t tc_spill_written(const tc_spill *spill);

#endif
