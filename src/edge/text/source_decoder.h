/* source_decoder.h - private to source.c: compressed bytes back to what they were, gzip or
 * Zstandard. */
#ifndef TC_SOURCE_DECODER_H
#define TC_SOURCE_DECODER_H

#include "tiercel/status.h"

#include <stdint.h>

typedef struct tc_decoder tc_decoder;

/* Where a step reads from and writes to; it moves them on. */
typedef struct {
    const unsigned char *in;
    char *out;
    int64_t n_in, room; /* bytes */
    const char *path;   /* for messages */
    int64_t offset;     /* in the file, behind the bytes of `in`; for messages */
} tc_decoder_span;

/* Local, pure. 1 if a decoder exists for files of this name (.gz, .zst). */
int tc_decoder_needed(const char *path);

/* Local. A decoder by the name of the file. A window of up to 128 MiB is held for .zst, by
 * zstd itself: its stable interface takes no allocator, so those bytes are not counted.
 * Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_decoder_create(const char *path, tc_decoder **out, tc_error *err);
/* NULL-safe; *decoder becomes NULL. */
void tc_decoder_destroy(tc_decoder **decoder);

/* Local. Decodes as far as the bytes or the room reach. Several members or frames may stand
 * one after the other. Errors: TC_EDATA for damaged bytes, foreign bytes behind the last
 * member, a window beyond 128 MiB; TC_ENOMEM. */
TC_NODISCARD tc_status tc_decoder_step(tc_decoder *decoder, tc_decoder_span *span,
                                       tc_error *err);

/* 1 if it holds bytes that had no room: the next step needs no input. */
int tc_decoder_full(const tc_decoder *decoder);
/* 1 if the file may end here: between two members. */
int tc_decoder_complete(const tc_decoder *decoder);

#endif
