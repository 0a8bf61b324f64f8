/* store_native.h - what the files of src/edge/store share: the HDF5 handle behind a
 * tc_store. */
#ifndef TC_STORE_NATIVE_H
#define TC_STORE_NATIVE_H

#include "tiercel/store.h"

#include <hdf5.h>

#ifndef H5_HAVE_PARALLEL
#error "Tiercel needs parallel HDF5 (libhdf5-openmpi-dev)"
#endif

typedef struct tc_store_direct tc_store_direct; /* store_direct.c */
typedef struct tc_store_chunk tc_store_chunk;

/* What a piece has under way; under the lock of the threads. */
typedef struct {
    int n_moving, reason; /* chunks; errno of the first that failed, 0 = none */
} tc_store_moves;

enum { TC_STORE_AHEAD = 4 }; /* chunks of a dataset that are in memory when it is read */

struct tc_store {
    tc_comm *comm;
    hid_t file;
    int writing;
    char *path;      /* final name */
    char *temporary; /* name while writing */
    tc_store_header header;
    int fd; /* this rank's own, for transfers of rows; -1 unless open */
    int wrote,
        failed; /* through it; failed: the disk did, and emptying the file is no help */
    double promised;         /* bytes of datasets that are begun and not ended */
    int64_t promised_end;    /* in the file: behind the last of them */
    int64_t room_end;        /* in the file: room was taken up to here */
    tc_store_direct *direct; /* rows past the page cache; NULL = none so far */
    int refused;             /* the file system has no such access */
};

/* Bytes [begin, end) of the file that were written one behind the other and not yet handed to the disk. */
typedef struct {
    int64_t begin, end;
} tc_store_dirty;

struct tc_store_piece {
    tc_store *store;
    tc_field field; /* its texts are borrowed */
    hid_t dataset, space, type;
    int writing;
    int64_t address; /* of the first row in the file */
    tc_store_dirty dirty;
    int way;      /* of the rows, see store_stream.c */
    int once;     /* they are read once */
    int64_t next; /* in the file: behind the rows that were read last */
    tc_store_moves moves;
    tc_store_chunk *chunk;                 /* to be written, being filled */
    tc_store_chunk *ahead[TC_STORE_AHEAD]; /* that are read; NULL = none */
    int64_t n_global;
    double promised; /* bytes for which there must be room */
    /* of this rank */
    int64_t n_rows; /* transferred */
    uint64_t chain; /* tells, added up over ranks, whether each row was transferred once */
    uint64_t sum;   /* checksum */
};

/* Local, pure. */
int tc_store_columns(const tc_field *field);
int64_t tc_store_row_bytes(const tc_field *field);

/* Local. Rows row0 .. row0 + n - 1 of a piece: read if to is not NULL, else written. Errors: TC_EIO. */
tc_status tc_store_transfer(const tc_store_piece *piece, int64_t row0, int64_t n, void *to,
                            const void *from, tc_error *err);

/* Local. n bytes at an offset, interrupted and short transfers finished; errno, 0 = none. Reading stops at the end of the file, done:
 * bytes until then. Writing: EINVAL also if the system took what is no multiple of unit. Thread-safe. */
int tc_store_pread(int fd, void *to, int64_t n, int64_t at, int64_t *done);
int tc_store_pwrite(int fd, const void *from, int64_t n, int64_t at, int64_t unit);

/* Collective; the same in one transfer of all ranks, some of which may have no rows. status: a rank that failed
 * before takes part with nothing. Errors, not agreed: status; TC_EIO. */
tc_status tc_store_transfer_all(const tc_store_piece *piece, int64_t row0, int64_t n,
                                void *to, const void *from, tc_status status,
                                tc_error *err);

/* Collective, errors not agreed: tc_store_write and tc_store_read of a whole dataset. */
tc_status tc_store_write_all(tc_store_piece *piece, const void *data, int64_t row0,
                             int64_t n, tc_error *err);
tc_status tc_store_read_all(tc_store_piece *piece, void *data, int64_t row0, int64_t n,
                            tc_error *err);

/* store_failure.c: what must not hang when a disk fails. Local: opens this rank's own descriptor, of the temporary name when
 * writing; what MPI cannot open on one rank alone hangs on all. Errors: TC_EIO. */
tc_status tc_store_descriptor_open(tc_store *store, tc_error *err);

/* Local. Syncs what this rank wrote and closes its descriptor. Errors: TC_EIO. */
tc_status tc_store_descriptor_close(tc_store *store, tc_error *err);

/* Local. From now on a failing write of HDF5 itself ends the job with a message: HDF5 would hang. */
void tc_store_failure_watch(const tc_store *store);
void tc_store_failure_unwatch(const tc_store *store);

/* Local. errno if HDF5 could not read since the last call; 0 = what it says of a file is about the file. */
int tc_store_failure_of_read(void);

/* Collective. Closes the HDF5 file. Negative if this rank failed; MPI can then not end in order. */
herr_t tc_store_close_file_all(tc_store *store);

/* Collective. Closes and removes a file that will not be published. */
void tc_store_abandon_all(tc_store *store);

/* Local. n bytes were written at offset: as soon as there is enough, the disk is told to start. Never waits
 * for it. No errors: this is but a hint. */
void tc_store_writeback(tc_store *store, tc_store_dirty *dirty, int64_t offset, int64_t n);

/* store_stream.c. Local: rows of a piece, large files past the page cache. What is written may reach the disk later, and a
 * failure may come with a later call or the end, which waits for all, and writes no more if status is not TC_OK. Errors: TC_EIO, TC_ENOMEM. */
tc_status tc_store_stream_write(tc_store_piece *piece, int64_t row0, int64_t n,
                                const void *from, tc_error *err);
tc_status tc_store_stream_read(tc_store_piece *piece, int64_t row0, int64_t n, void *to,
                               tc_error *err);
tc_status tc_store_stream_end(tc_store_piece *piece, tc_status status, tc_error *err);

/* Local. TC_EIO, with the reason that errno gives; reading, 0 = the file ends before: TC_EDATA. */
tc_status tc_store_write_failed(const tc_store_piece *piece, int reason, tc_error *err);
tc_status tc_store_read_failed(const tc_store_piece *piece, int reason, tc_error *err);

/* Local, rank 0 asks. Takes room on the disk for bytes that will be written collectively: OMPIO's collective
 * transfers do not report a full disk. File systems that cannot are no error. Errors: TC_EIO. */
tc_status tc_store_reserve(tc_store *store, int64_t offset, int64_t n, tc_error *err);

/* store_policy.c. Local: how the store's file is opened, to be closed; whether whole datasets are transferred
 * collectively; whether rows of a file of so many bytes go past the page cache, and whether even those it has; whether hints
 * only work on a file that MPI itself makes. */
hid_t tc_store_access(const tc_store *store);
int tc_store_collective(void);
int tc_store_is_direct(double bytes);
int tc_store_always_direct(void);
int tc_store_striped(void);

/* Local. TC_OK if code >= 0; else a record that names the file, what was done, and HDF5's
 * own innermost reason. */
tc_status tc_store_check(const tc_store *store, int64_t code, tc_status status,
                         const char *what, tc_error *err);

/* store_probe.c. Local, rank 0 looks: can the file be made; is it there, and is its metadata sound. Errors: TC_EIO; TC_EINPUT
 * if it is missing; TC_EDATA; TC_ENOMEM. */
tc_status tc_store_probe_writable(const tc_store *store, tc_error *err);
tc_status tc_store_probe_readable(const tc_store *store, tc_error *err);

/* Local, rank 0 looks. TC_EIO if the file system has no room for so many bytes more. */
tc_status tc_store_room(const tc_store *store, double bytes, tc_error *err);

/* Collective (metadata). Opens a dataset; negative, with err = TC_EDATA, if it is missing. */
hid_t tc_store_open_dataset(tc_store *store, const char *name, tc_error *err);

/* Local. Shape of an open dataset: rows, columns (1 for a vector), bytes of an element; 0 if
 * it is neither vector nor matrix. */
int tc_store_shape_of(hid_t dataset, int64_t *rows, int *columns, int *width);

/* Local. TC_EDATA unless type and columns of the dataset are those of the field. */
tc_status tc_store_check_fit(const tc_store *store, hid_t dataset, const tc_field *field,
                             tc_error *err);

/* Local. HDF5 type of a field in the file (for_file) or in memory; to be closed. Negative
 * on failure. */
hid_t tc_store_type(const tc_field *field, int for_file);

/* Collective, errors not agreed. Attributes of any object. */
herr_t tc_store_attribute_write(hid_t object, const char *name, hid_t type,
                                const void *value);
herr_t tc_store_attribute_text(hid_t object, const char *name, const char *value);
herr_t tc_store_attribute_read(hid_t object, const char *name, hid_t type, void *value);
herr_t tc_store_attribute_read_text(hid_t object, const char *name, char *value,
                                    size_t capacity);

#endif
