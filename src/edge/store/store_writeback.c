/* store_writeback.c - starts the disk while a file is still being written, so that the sync before publishing
 * finds little left to do. Only Linux has the call; elsewhere, and on file systems that do not know
 * it, the sync does all the work. */
#include "store_native.h"

#include <fcntl.h>
#include <unistd.h>

enum { ENOUGH = 8 << 20 };

void tc_store_writeback_open(tc_store *store)
{
    store->fd = open(store->temporary, O_WRONLY | O_CLOEXEC);
}

void tc_store_writeback_close(tc_store *store)
{
    if (store->fd >= 0) {
        (void)close(store->fd);
        store->fd = -1;
    }
}

void tc_store_writeback(const tc_store *store, tc_store_dirty *dirty, int64_t offset,
                        int64_t n)
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
