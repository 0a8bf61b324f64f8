/* store_data.c - whole datasets in one call. */
#include "store_native.h"

#include "tiercel/io_count.h"

#include <string.h>

tc_status tc_store_put_all(tc_store *store, const tc_field *field, const void *data,
                           int64_t row0, int64_t n_local, int64_t n_global, tc_error *err)
{
    tc_store_piece *piece = NULL;
    tc_status st = tc_store_begin_all(store, field, n_global, &piece, err);
    if (st == TC_OK) {
        st = tc_store_collective() ? tc_store_write_all(piece, data, row0, n_local, err)
                                   : tc_store_write(piece, data, row0, n_local, err);
        st = tc_store_end_all(&piece, st, err);
    }
    return st;
}

tc_status tc_store_put_small_all(tc_store *store, const tc_field *field, const void *data,
                                 int64_t n_rows, tc_error *err)
{
    const int first = tc_comm_rank(store->comm) == 0;
    return tc_store_put_all(store, field, data, first ? 0 : n_rows, first ? n_rows : 0,
                            n_rows, err);
}

int tc_store_has_all(tc_store *store, const char *name)
{
    char prefix[256];
    /* each group on the way must be asked for, else HDF5 reports an error */
    for (const char *slash = strchr(name, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        const size_t length = (size_t)(slash - name);
        if (length >= sizeof prefix) {
            return 0;
        }
        memcpy(prefix, name, length);
        prefix[length] = '\0';
        tc_io_count_metadata(1);
        if (H5Lexists(store->file, prefix, H5P_DEFAULT) <= 0) {
            return 0;
        }
    }
    tc_io_count_metadata(1);
    return H5Lexists(store->file, name, H5P_DEFAULT) > 0;
}

hid_t tc_store_open_dataset(tc_store *store, const char *name, tc_error *err)
{
    const hid_t dataset =
        tc_store_has_all(store, name) ? H5Dopen2(store->file, name, H5P_DEFAULT) : -1;
    tc_io_count_metadata(1);
    if (dataset < 0) {
        const int reason = tc_store_failure_of_read();
        (void)H5Eclear2(H5E_DEFAULT);
        if (reason != 0) {
            (void)tc_fail(err, TC_EIO, "%s: dataset '%s' cannot be read: %s", store->path,
                          name, strerror(reason));
            return dataset;
        }
        (void)tc_fail(err, TC_EDATA,
                      "%s: dataset '%s' is missing; delete the file and run again",
                      store->path, name);
    }
    return dataset;
}

/* Shape of an open dataset: rows, columns (1 for a vector), bytes of an element. */
int tc_store_shape_of(hid_t dataset, int64_t *rows, int *columns, int *width)
{
    const hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    const int rank = H5Sget_simple_extent_ndims(space);
    hsize_t shape[2] = {0, 1};
    if (rank == 1 || rank == 2) {
        (void)H5Sget_simple_extent_dims(space, shape, NULL);
    }
    *rows = (int64_t)shape[0];
    *columns = (int)shape[1];
    *width = (int)H5Tget_size(type);
    (void)H5Tclose(type);
    (void)H5Sclose(space);
    return rank == 1 || rank == 2;
}

tc_status tc_store_shape_all(tc_store *store, const char *name, int64_t *rows, int *columns,
                             int *width, tc_error *err)
{
    const hid_t dataset = tc_store_open_dataset(store, name, err);
    tc_status st = dataset < 0 ? err->code : TC_OK;
    *rows = 0;
    *columns = *width = 0;
    if (dataset >= 0) {
        if (!tc_store_shape_of(dataset, rows, columns, width)) {
            st = tc_fail(err, TC_EDATA, "%s: dataset '%s' is neither vector nor matrix",
                         store->path, name);
        }
        (void)H5Dclose(dataset);
    }
    return tc_comm_agree_all(store->comm, st, err);
}

/* An enumeration fits whatever its names, a text if its width is equal. */
static int type_fits(hid_t type, const tc_field *field)
{
    const hid_t wanted = tc_store_type(field, 0);
    int fits = H5Tequal(type, wanted) > 0;
    if (field->type == TC_ENUM || field->type == TC_TEXT) {
        fits = H5Tget_class(type) == (field->type == TC_ENUM ? H5T_ENUM : H5T_STRING) &&
               H5Tis_variable_str(type) <= 0 && H5Tget_size(type) == tc_type_size(field);
    }
    (void)H5Tclose(wanted);
    return fits;
}

tc_status tc_store_check_fit(const tc_store *store, hid_t dataset, const tc_field *field,
                             tc_error *err)
{
    const hid_t type = H5Dget_type(dataset);
    const int fits = type_fits(type, field);
    int64_t rows;
    int columns, width;
    const int flat = tc_store_shape_of(dataset, &rows, &columns, &width);
    (void)H5Tclose(type);
    if (!flat || !fits || columns != (field->columns > 1 ? field->columns : 1)) {
        return tc_fail(
            err, TC_EDATA,
            "%s: dataset '%s' has another type or shape than expected; delete the "
            "file and run again",
            store->path, field->name);
    }
    return TC_OK;
}

tc_status tc_store_get_all(tc_store *store, const tc_field *field, int64_t row0,
                           int64_t n_local, void *data, tc_error *err)
{
    tc_store_piece *piece = NULL;
    tc_status st = tc_store_view_all(store, field, NULL, &piece, err);
    if (st == TC_OK) {
        st = tc_store_collective() ? tc_store_read_all(piece, data, row0, n_local, err)
                                   : tc_store_read(piece, data, row0, n_local, err);
        st = tc_store_end_all(&piece, st, err);
    }
    return st;
}

tc_status tc_store_get_small_all(tc_store *store, const tc_field *field, int64_t n_rows,
                                 void *data, tc_error *err)
{
    const size_t bytes = (size_t)n_rows *
                         (size_t)(field->columns > 1 ? field->columns : 1) *
                         tc_type_size(field);
    const int first = tc_comm_rank(store->comm) == 0;
    const tc_status st =
        tc_store_get_all(store, field, first ? 0 : n_rows, first ? n_rows : 0, data, err);
    if (st == TC_OK) {
        tc_comm_bcast_all(store->comm, data, (int64_t)bytes, 0);
    }
    return st;
}
