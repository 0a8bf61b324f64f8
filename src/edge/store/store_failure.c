/* store_failure.c - what must not hang when a disk fails.
 *
 * HDF5 1.10 and OMPIO meet in barriers inside H5Fcreate, H5Fopen and H5Fclose. A rank whose disk fails in there leaves the order of
 * these barriers, and all ranks wait for ever, inside the library (seen: EIO on one rank while H5Fclose writes
 * metadata; a file that one rank cannot open). No agreement afterwards can help, so:
 * - each rank opens the file by itself first, and they agree, before MPI opens it;
 * - rows go through that descriptor, not through MPI: errors come with their reason, to the rank that has them;
 * - after a failure the file is not closed but left to the end of the process;
 * - when HDF5's own writes fail, the job ends there and then, by MPI_Abort with the documented code. */
#include "../comm/comm_native.h"
#include "store_direct.h"

#include "tiercel/io_count.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    PATIENCE = 5
}; /* transfers without a byte before a write is given up; a read then is at the end */

static const tc_store *watched; /* the file that is being written */
static int read_reason;         /* errno of the last read of HDF5's that failed */

void tc_store_failure_watch(const tc_store *store)
{
    watched = store;
}

void tc_store_failure_unwatch(const tc_store *store)
{
    if (watched == store) {
        watched = NULL;
    }
}

/* 1 for the first rank that comes here; the others wait for it to end the job. A lock on a far byte of the file tells who is
 * first, as far as the disk still knows that. */
static int is_first(const char *path)
{
    struct flock lock = {0};
    const int fd = open(path, O_RDWR | O_CLOEXEC); /* stays open: it keeps the lock */
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = (off_t)1 << 60;
    lock.l_len = 1;
    return fd < 0 ? errno != ENOENT
                  : fcntl(fd, F_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES);
}

/* A rank alone gets HDF5's own error; several hang in it, so they end here. */
static void give_up(int reason)
{
    const tc_store *s = watched;
    const struct timespec patience = {120, 0};
    if (s == NULL || tc_comm_size(s->comm) == 1) {
        return;
    }
    if (is_first(s->temporary)) {
        (void)fprintf(stderr,
                      "tiercel: error: %s: cannot be written: %s; check the file system of "
                      "the run directory\n",
                      s->path, reason != 0 ? strerror(reason) : "the disk failed");
        (void)fflush(stderr);
        (void)unlink(s->temporary);
    } else {
        (void)nanosleep(&patience, NULL);
    }
    MPI_Abort(s->comm->world, tc_status_exit_code(TC_EIO));
}

int tc_store_failure_of_read(void)
{
    const int reason = read_reason;
    read_reason = 0;
    return reason;
}

static int bytes_of(const MPI_Status *status)
{
    int n = 0;
    MPI_Get_count(status, MPI_BYTE, &n);
    return n > 0 ? n : 0;
}

/* The two calls by which HDF5 itself writes and reads, as MPI's profiling interface lets a program wrap them (MPI 3.1, 14.2):
 * OMPIO 4.1 takes short and interrupted transfers for done, and drops errors. What is not plain bytes is a collective
 * transfer's, and passed on. */
int MPI_File_write_at(MPI_File file, MPI_Offset at, const void *from, int n,
                      MPI_Datatype type, MPI_Status *status)
{
    const char *bytes = from;
    int done = 0, code = MPI_SUCCESS;
    if (type != MPI_BYTE || status == MPI_STATUS_IGNORE) {
        return PMPI_File_write_at(file, at, from, n, type, status);
    }
    for (int idle = 0; done < n && idle < PATIENCE; idle++) {
        int put;
        errno = 0;
        code = PMPI_File_write_at(file, at + done, bytes + done, n - done, type, status);
        put = code == MPI_SUCCESS ? bytes_of(status) : 0;
        done += put;
        idle = put > 0 ? -1 : idle;
    }
    if (done < n) {
        give_up(errno);
    }
    (void)MPI_Status_set_elements(status, MPI_BYTE, done);
    return code;
}

int MPI_File_read_at(MPI_File file, MPI_Offset at, void *to, int n, MPI_Datatype type,
                     MPI_Status *status)
{
    char *bytes = to;
    int done = 0, code = MPI_SUCCESS;
    if (type != MPI_BYTE || status == MPI_STATUS_IGNORE) {
        return PMPI_File_read_at(file, at, to, n, type, status);
    }
    for (int idle = 0; done < n && idle < PATIENCE; idle++) {
        int got;
        errno = 0;
        code = PMPI_File_read_at(file, at + done, bytes + done, n - done, type, status);
        got = code == MPI_SUCCESS ? bytes_of(status) : 0;
        done += got;
        idle = got > 0 ? -1 : idle;
    }
    if (done < n && (errno == EIO || errno == ESTALE || errno == EACCES)) {
        read_reason = errno; /* else it is the end of the file */
    }
    (void)MPI_Status_set_elements(status, MPI_BYTE, done);
    return code;
}

tc_status tc_store_descriptor_open(tc_store *store, tc_error *err)
{
    const char *path = store->writing ? store->temporary : store->path;
    tc_io_count_metadata(1);
    store->fd = open(path, (store->writing ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (store->fd < 0) {
        return tc_fail(err, TC_EIO,
                       "%s: cannot be opened on every rank: %s; the run directory must be "
                       "on a file system that all nodes share",
                       path, strerror(errno));
    }
    return TC_OK;
}

tc_status tc_store_descriptor_close(tc_store *store, tc_error *err)
{
    tc_status st = TC_OK;
    tc_store_direct_close(store->direct);
    store->direct = NULL;
    if (store->fd >= 0) {
        const double started = tc_comm_seconds();
        const int bad = store->wrote && fdatasync(store->fd) != 0;
        const int reason = errno;
        const int closed =
            close(store->fd); /* network file systems report late errors here */
        store->fd = -1;
        if (store->wrote) {
            tc_io_count_sync(tc_comm_seconds() - started);
        }
        if (bad || (store->wrote && closed != 0)) {
            store->failed = 1;
            st = tc_fail(err, TC_EIO,
                         "%s: cannot be written: %s; check space and permissions of its "
                         "folder",
                         store->path, strerror(bad ? reason : errno));
        }
        store->wrote = 0;
    }
    return st;
}

/* HDF5 1.10 keeps a dead handle after a failed close and runs into it when MPI ends; the process then has to end without
 * that. */
herr_t tc_store_close_file_all(tc_store *store)
{
    const herr_t code = H5Fclose(store->file);
    store->file = -1;
    if (code < 0) {
        tc_comm_break(store->comm, tc_status_exit_code(TC_EIO));
    }
    return code;
}

/* When space ran out, HDF5 could not write what it still holds for the file: emptied, it has room. When the disk fails, it is
 * not asked to write any more. */
void tc_store_abandon_all(tc_store *store)
{
    const int is_root = tc_comm_rank(store->comm) == 0;
    int64_t failed = store->failed;
    (void)tc_store_descriptor_close(store, NULL);
    if (is_root && store->file >= 0) {
        failed |= truncate(store->temporary, 0) != 0 && errno == EIO;
    }
    tc_comm_max_i64_all(store->comm, &failed, 1); /* nobody closes before */
    if (store->file >= 0 && failed) {
        store->file = -1;
        tc_comm_break(store->comm, tc_status_exit_code(TC_EIO));
    } else if (store->file >= 0) {
        (void)tc_store_close_file_all(store);
    }
    if (is_root) {
        tc_io_count_metadata(1);
        (void)unlink(store->temporary);
    }
}
