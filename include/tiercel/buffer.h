/* buffer.h - a growing array of bytes in counted memory. Base layer. */
#ifndef TC_BUFFER_H
#define TC_BUFFER_H

#include "tiercel/mem.h"

/* A zeroed struct is an empty buffer. data is owned by the buffer and moves when it grows.
 */
typedef struct {
    unsigned char *data;
    int64_t size;     /* bytes used */
    int64_t capacity; /* bytes allocated */
} tc_buffer;

/* Local. Makes room for `bytes` more bytes; grows by half, so appending is O(1) amortised.
 * On failure (TC_ENOMEM) the content is untouched. */
TC_NODISCARD tc_status tc_buffer_reserve(tc_buffer *buffer, int64_t bytes, tc_error *err);

/* Local. Appends a copy. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_buffer_append(tc_buffer *buffer, const void *bytes, int64_t n,
                                        tc_error *err);

/* Local. Appends formatted text without its final zero. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_buffer_print(tc_buffer *buffer, tc_error *err, const char *format,
                                       ...) TC_PRINTF(3, 4);

/* Local. Frees the memory and leaves an empty buffer. */
void tc_buffer_free(tc_buffer *buffer);

#endif
