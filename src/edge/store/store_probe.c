/* store_probe.c - what rank 0 asks the file system before HDF5 and all other ranks come: errno says more than MPI. */
#include "store_guard.h"
#include "store_native.h"

#include "tiercel/io_count.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    MARGIN_BYTES = 1 << 20
}; /* for what HDF5 writes about the datasets, mostly when a file is closed */

/* Rank 0 makes the empty file first: errno says more than the MPI driver. What a killed job left is taken away, not
 * truncated: a process of it on a node that was cut off may still hold it open. */
tc_status tc_store_probe_writable(const tc_store *store, tc_error *err)
{
    int fd;
    if (tc_comm_rank(store->comm) != 0) {
        return TC_OK;
    }
    tc_io_count_metadata(2);
    (void)unlink(store->temporary);
    fd = open(store->temporary, O_CREAT | O_EXCL | O_WRONLY, 0666);
    if (fd < 0 || close(fd) != 0) {
        return tc_fail(err, TC_EIO, "%s: cannot be created: %s; check the run directory",
                       store->temporary, strerror(errno));
    }
    if (tc_store_striped()) {
        tc_io_count_metadata(1);
        (void)unlink(store->temporary); /* stripes are laid down when a file is made */
    }
    return TC_OK;
}

tc_status tc_store_room(const tc_store *store, double bytes, tc_error *err)
{
    struct statvfs facts;
    double room;
    if (tc_comm_rank(store->comm) != 0) {
        return TC_OK;
    }
    tc_io_count_metadata(1);
    if (statvfs(store->temporary, &facts) != 0 || facts.f_blocks == 0) {
        return TC_OK;
    }
    room = (double)facts.f_bavail * (double)facts.f_frsize;
    if (room < bytes + MARGIN_BYTES) {
        return tc_fail(err, TC_EIO,
                       "%s: not enough space: %.0f bytes are needed, %.0f are free; make "
                       "room or choose another run directory",
                       store->path, bytes + MARGIN_BYTES, room);
    }
    return TC_OK;
}

/* One rank asks the file system and checks the metadata before HDF5 sees it, so that thousands do not. */
tc_status tc_store_probe_readable(const tc_store *store, tc_error *err)
{
    struct stat facts;
    tc_status st;
    int fd;
    if (tc_comm_rank(store->comm) != 0) {
        return TC_OK;
    }
    tc_io_count_metadata(2);
    fd = open(store->path, O_RDONLY);
    if (fd < 0) {
        return tc_fail(err, errno == ENOENT ? TC_EINPUT : TC_EIO,
                       "%s: cannot be read: %s; run the stage that makes it", store->path,
                       strerror(errno));
    }
    st = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode)
             ? tc_store_guard(store->path, fd, (int64_t)facts.st_size, err)
             : tc_fail(err, TC_EDATA, "%s: is not a file; check the run directory",
                       store->path);
    (void)close(fd);
    return st;
}
