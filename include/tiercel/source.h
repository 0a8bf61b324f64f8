/* source.h - the bytes of one input file, plain, .gz or .zst, read in order (edge layer, text).
 * Files are read, not mapped, so that memory does not grow with them. */
#ifndef TC_SOURCE_H
#define TC_SOURCE_H

#include "tiercel/mem.h"

typedef struct tc_source tc_source;

/* Local, pure. 1 if the name says that the file is compressed: by gzip (.gz) or Zstandard
 * (.zst). */
int tc_source_is_packed(const char *path);

/* What tells that a file has been changed. */
typedef struct {
    int64_t size;  /* bytes as stored */
    int64_t mtime; /* of the last change, nanoseconds since 1970 */
} tc_source_state;

/* Local. The state of a file by name. Errors: TC_EINPUT naming the file if it is missing,
 * is no regular file or may not be read. */
TC_NODISCARD tc_status tc_source_look(const char *path, tc_source_state *state,
                                      tc_error *err);

/* Local. Opens a file at byte `offset` (0 if it is compressed). The path is borrowed until close.
 * Errors: TC_EINPUT, TC_ENOMEM. */
TC_NODISCARD tc_status tc_source_open(const char *path, int64_t offset, tc_source **out,
                                      tc_error *err);
/* Local. The same, but reads the bytes as they are stored, also of a compressed file. */
TC_NODISCARD tc_status tc_source_open_stored(const char *path, int64_t offset,
                                             tc_source **out, tc_error *err);
/* Local. Place behind the last stored byte that was read. */
int64_t tc_source_position(const tc_source *source);
/* Local. NULL-safe; *source becomes NULL. */
void tc_source_close(tc_source **source);

/* Local. Errors: TC_EIO if the open file has no longer the state that it had: it is being
 * written. */
TC_NODISCARD tc_status tc_source_check(const tc_source *source, tc_source_state state,
                                       tc_error *err);

/* Local. Reads up to `capacity` > 0 further bytes (decompressed); *n is their number, 0
 * only at the end of the file. Errors: TC_EIO; TC_EDATA if a compressed file is damaged, cut
 * off or followed by other bytes, or needs a window of more than 128 MiB; TC_ENOMEM. */
TC_NODISCARD tc_status tc_source_read(tc_source *source, char *bytes, int64_t capacity,
                                      int64_t *n, tc_error *err);

#endif
