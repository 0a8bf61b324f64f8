/* store_transfer.c - rows between memory and a dataset. Independent by default, through this rank's own descriptor: a rank's
 * rows are few contiguous pieces anyway. MPI-IO in between would hide reasons, give up at an interrupted call, and take a
 * short read for zeros; the collective transfer of OMPIO drops write errors (a full disk looks like success). */
#include "store_native.h"

#include "tiercel/io_count.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Neither HDF5 1.10 nor Linux can transfer 2 GiB at once. */
enum { PASS_BYTES = 512 << 20 };

int tc_store_columns(const tc_field *field)
{
    return field->columns > 1 ? field->columns : 1;
}

int64_t tc_store_row_bytes(const tc_field *field)
{
    return (int64_t)tc_type_size(field) * tc_store_columns(field);
}

static int64_t rows_a_pass(const tc_store_piece *piece)
{
    const int64_t rows = PASS_BYTES / tc_store_row_bytes(&piece->field);
    return rows > 0 ? rows : 1;
}

static herr_t select_rows(const tc_store_piece *piece, int64_t row0, int64_t n,
                          hid_t memory)
{
    const hsize_t start[2] = {(hsize_t)row0, 0};
    const hsize_t count[2] = {(hsize_t)n, (hsize_t)tc_store_columns(&piece->field)};
    if (n == 0) {
        const herr_t code = H5Sselect_none(memory);
        return code < 0 ? code : H5Sselect_none(piece->space);
    }
    return H5Sselect_hyperslab(piece->space, H5S_SELECT_SET, start, NULL, count, NULL);
}

/* One transfer. HDF5's reason is asked for at once: its next call clears it. */
static tc_status pass(const tc_store_piece *piece, int64_t row0, int64_t n, void *to,
                      const void *from, hid_t how, tc_error *err)
{
    const int columns = tc_store_columns(&piece->field);
    const hsize_t count[2] = {n > 0 ? (hsize_t)n : 1, (hsize_t)columns};
    const hid_t memory = H5Screate_simple(columns > 1 ? 2 : 1, count, NULL);
    herr_t code = select_rows(piece, row0, n, memory);
    tc_status st;
    if (code >= 0 && to != NULL) {
        code = H5Dread(piece->dataset, piece->type, memory, piece->space, how, to);
        tc_io_count_read(n * tc_store_row_bytes(&piece->field));
    } else if (code >= 0) {
        code = H5Dwrite(piece->dataset, piece->type, memory, piece->space, how, from);
        tc_io_count_write(n * tc_store_row_bytes(&piece->field));
    }
    st = tc_store_check(piece->store, code, TC_EIO, piece->field.name, err);
    (void)H5Sclose(memory);
    return st;
}

/* `rows` rows from the done-th of the caller's on. */
static tc_status part(const tc_store_piece *piece, int64_t row0, int64_t done, int64_t rows,
                      void *to, const void *from, hid_t how, tc_error *err)
{
    const int64_t at = done * tc_store_row_bytes(&piece->field);
    return pass(piece, row0 + done, rows, to != NULL ? (unsigned char *)to + at : NULL,
                from != NULL ? (const unsigned char *)from + at : NULL, how, err);
}

tc_status tc_store_read_failed(const tc_store_piece *piece, int reason, tc_error *err)
{
    if (reason == 0) {
        return tc_fail(err, TC_EDATA,
                       "%s: dataset '%s' is cut off; delete the file and run again",
                       piece->store->path, piece->field.name);
    }
    return tc_fail(err, TC_EIO, "%s: dataset '%s' cannot be read: %s", piece->store->path,
                   piece->field.name, strerror(reason));
}

tc_status tc_store_write_failed(const tc_store_piece *piece, int reason, tc_error *err)
{
    piece->store->failed |= reason != ENOSPC && reason != EDQUOT && reason != EFBIG;
    return tc_fail(err, TC_EIO,
                   "%s: dataset '%s' cannot be written: %s; check space and permissions of "
                   "its folder",
                   piece->store->path, piece->field.name, strerror(reason));
}

int tc_store_pread(int fd, void *to, int64_t n, int64_t at, int64_t *done)
{
    for (*done = 0; *done < n;) {
        const int64_t left = n - *done;
        const ssize_t got =
            pread(fd, (unsigned char *)to + *done,
                  (size_t)(left < PASS_BYTES ? left : PASS_BYTES), (off_t)(at + *done));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return got == 0 ? 0 : errno;
        }
        *done += got > 0 ? got : 0;
    }
    return 0;
}

int tc_store_pwrite(int fd, const void *from, int64_t n, int64_t at, int64_t unit)
{
    for (int64_t done = 0; done < n;) {
        const int64_t left = n - done;
        const ssize_t put =
            pwrite(fd, (const unsigned char *)from + done,
                   (size_t)(left < PASS_BYTES ? left : PASS_BYTES), (off_t)(at + done));
        if (put == 0 || (put < 0 && errno != EINTR)) {
            return put == 0 ? ENOSPC : errno;
        }
        if (put > 0 && put % unit != 0) {
            return EINVAL;
        }
        done += put > 0 ? put : 0;
    }
    return 0;
}

/* The layout is contiguous and memory holds what the file holds, so that no library is needed between them. */
tc_status tc_store_transfer(const tc_store_piece *piece, int64_t row0, int64_t n, void *to,
                            const void *from, tc_error *err)
{
    const int64_t row_bytes = tc_store_row_bytes(&piece->field);
    const int64_t at = piece->address + row0 * row_bytes;
    int reason;
    if (n == 0) {
        return TC_OK;
    }
    if (to != NULL) {
        int64_t done;
        tc_io_count_read(n * row_bytes);
        reason = tc_store_pread(piece->store->fd, to, n * row_bytes, at, &done);
        return done == n * row_bytes ? TC_OK : tc_store_read_failed(piece, reason, err);
    }
    piece->store->wrote = 1;
    tc_io_count_write(n * row_bytes);
    reason = tc_store_pwrite(piece->store->fd, from, n * row_bytes, at, 1);
    return reason == 0 ? TC_OK : tc_store_write_failed(piece, reason, err);
}

tc_status tc_store_transfer_all(const tc_store_piece *piece, int64_t row0, int64_t n,
                                void *to, const void *from, tc_status status, tc_error *err)
{
    unsigned char nothing = 0;
    const int reads = !piece->writing;
    const int64_t most = rows_a_pass(piece);
    const hid_t how = H5Pcreate(H5P_DATASET_XFER);
    int64_t passes = status == TC_OK ? (n + most - 1) / most : 0;
    tc_status st = status;
    (void)H5Pset_dxpl_mpio(how, H5FD_MPIO_COLLECTIVE);
    tc_comm_max_i64_all(piece->store->comm, &passes, 1);
    for (int64_t i = 0; i < passes; i++) {
        const int64_t left = st == TC_OK ? n - i * most : 0;
        if (left > 0) {
            st = part(piece, row0, i * most, left < most ? left : most, to, from, how, err);
        } else { /* a rank that failed or has no more rows takes part with none */
            tc_error ignored = {0};
            const tc_status none = pass(piece, 0, 0, reads ? &nothing : NULL,
                                        reads ? NULL : &nothing, how, &ignored);
            if (none != TC_OK && st == TC_OK) {
                *err = ignored;
                st = none;
            }
        }
    }
    (void)H5Pclose(how);
    return st;
}
