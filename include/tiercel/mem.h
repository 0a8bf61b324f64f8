/* mem.h - counted memory. All memory of the program goes through here: sizes are checked
 * for overflow, live and peak bytes are counted, and tests can make the n-th request fail.
 * Base layer. Not thread-safe: a rank is one thread. */
#ifndef TC_MEM_H
#define TC_MEM_H

#include "tiercel/status.h"

#include <stddef.h>
#include <stdint.h>

/* Local. Zeroed memory for count elements of the given size, aligned to 16 bytes; count 0
 * gives a valid pointer that must be freed too. NULL with err = TC_ENOMEM on failure. */
TC_NODISCARD void *tc_mem_alloc(int64_t count, size_t size, tc_error *err);

/* Local. Changes a block (NULL allowed) to count elements of the given size; new bytes are
 * not zeroed. On failure NULL is returned and the old block is untouched. */
TC_NODISCARD void *tc_mem_resize(void *block, int64_t count, size_t size, tc_error *err);

/* Local. NULL is allowed. */
void tc_mem_free(void *block);

/* Local. A copy of text in counted memory, owned by the caller. */
TC_NODISCARD char *tc_mem_text(const char *text, tc_error *err);

int64_t tc_mem_live_blocks(void);
int64_t tc_mem_live_bytes(void);
/* Highest number of live bytes since the last tc_mem_peak_reset. */
int64_t tc_mem_peak_bytes(void);
void tc_mem_peak_reset(void);

/* For tests: the n-th request from now fails (1 = the next one); 0 switches it off. */
void tc_mem_fail_at(int64_t nth);

#endif
