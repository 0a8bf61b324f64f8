/* json.h - JSON values to and from files (edge layer, text; the values are jansson's). A
 * file is written in one form only: keys sorted, two blanks of indent, numbers in 17
 * digits, a newline at the end. So equal values give equal bytes. */
#ifndef TC_JSON_H
#define TC_JSON_H

#include "tiercel/buffer.h"

struct json_t;

/* Local. Appends the text of a value, compact or indented. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_json_append(const struct json_t *value, int compact,
                                      tc_buffer *text, tc_error *err);

/* Local; on rank 0 alone. Writes a value under a temporary name in the folder of `path`,
 * syncs it, renames it to `path` and syncs the folder: a reader sees the whole new file, or
 * the old one. On failure the temporary file is removed. Errors: TC_EIO with the reason,
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_json_write(const char *path, const struct json_t *value,
                                     tc_error *err);

/* Local. Reads a file; *out belongs to the caller (json_decref). Errors: TC_EINPUT if it is
 * missing, TC_EDATA with the line if it is not JSON. */
TC_NODISCARD tc_status tc_json_read(const char *path, struct json_t **out, tc_error *err);

/* Local. A new number, or a new null where JSON has no number: NaN and the infinities. NULL
 * when out of memory. */
struct json_t *tc_json_number(double value);

#endif
