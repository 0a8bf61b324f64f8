/* store_native.h - what the files of src/edge/store share: the HDF5 handle behind a
 * tc_store. */
#ifndef TC_STORE_NATIVE_H
#define TC_STORE_NATIVE_H

#include "tiercel/store.h"

#include <hdf5.h>

#ifndef H5_HAVE_PARALLEL
#error "Tiercel needs parallel HDF5 (libhdf5-openmpi-dev)"
#endif

struct tc_store {
    tc_comm *comm;
    hid_t file;
    int writing;
    char *path;      /* final name */
    char *temporary; /* name while writing */
    tc_store_header header;
    int fd;          /* for store_writeback.c, -1 if it cannot be opened */
    double promised; /* bytes of datasets that are begun and not ended */
};

/* Bytes [begin, end) of the file that were written one behind the other and not yet handed to the disk. */
typedef struct {
    int64_t begin, end;
} tc_store_dirty;

/* Local; store_writeback.c. Before the first and after the last write. */
void tc_store_writeback_open(tc_store *store);
void tc_store_writeback_close(tc_store *store);

/* Local. n bytes were written at offset: as soon as there is enough, the disk is told to start. Never waits
 * for it. No errors: this is but a hint. */
void tc_store_writeback(const tc_store *store, tc_store_dirty *dirty, int64_t offset,
                        int64_t n);

/* Local. TC_OK if code >= 0; else a record that names the file, what was done, and HDF5's
 * own innermost reason. */
tc_status tc_store_check(const tc_store *store, int64_t code, tc_status status,
                         const char *what, tc_error *err);

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
