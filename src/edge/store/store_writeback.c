/* store_writeback.c - starts the disk while a file is still being written, so that the sync before publishing
 * finds little left to do. Only Linux has the call; elsewhere, and on file systems that do not know
 * it, the sync does all the work. */
#include "store_native.h"

#include "tiercel/io_count.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { ENOUGH = 8 << 20 };

void tc_store_writeback(tc_store *store, tc_store_dirty *dirty, int64_t offset, int64_t n)
{
    if (offset != dirty->end) {
        dirty->begin = offset;
    }
    dirty->end = offset + n;
    if (dirty->end - dirty->begin < ENOUGH || store->fd < 0) {
        return;
    }
#ifdef SYNC_FILE_RANGE_WRITE
    (void)sync_file_range(store->fd, (off_t)dirty->begin,
                          (off_t)(dirty->end - dirty->begin), SYNC_FILE_RANGE_WRITE);
#endif
    dirty->begin = dirty->end;
}

tc_status tc_store_reserve(tc_store *store, int64_t offset, int64_t n, tc_error *err)
{
#ifdef FALLOC_FL_KEEP_SIZE
    if (n > 0 && tc_comm_rank(store->comm) == 0 && store->fd >= 0) {
        tc_io_count_metadata(1);
        if (fallocate(store->fd, FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)n) != 0 &&
            (errno == ENOSPC || errno == EDQUOT)) {
            return tc_fail(err, TC_EIO,
                           "%s: no room for %lld bytes more (%s); make room or choose "
                           "another run directory",
                           store->path, (long long)n, strerror(errno));
        }
    }
#endif
    return TC_OK;
}
