/* store_data.c - datasets. Contiguous layout, so that the bytes of a file do not depend on
 * the number of ranks and each rank transfers one piece. */
#include "store_native.h"

#include "tiercel/fault.h"
#include "tiercel/hash.h"

#include <string.h>

enum { PASS_BYTES = 512 << 20 };

static int columns_of(const tc_field *field)
{
    return field->columns > 1 ? field->columns : 1;
}

/* One loop per width, so that each vectorises. */
#define TC_CHECKSUM_LOOP(bits_type)                                                        \
    for (int64_t i = 0; i < n; i++) {                                                      \
        bits_type bits;                                                                    \
        memcpy(&bits, at + i * (int64_t)sizeof bits, sizeof bits);                         \
        sum += tc_hash_mix((uint64_t)bits, (uint64_t)(first + i));                         \
    }

/* Sum over elements of a mix of (content, position): it does not depend on who adds which part. */
static uint64_t checksum(const tc_field *field, const void *data, int64_t row0,
                         int64_t n_rows)
{
    const size_t bytes = tc_type_size(field);
    const int64_t first = row0 * columns_of(field), n = n_rows * columns_of(field);
    const unsigned char *at = data;
    uint64_t sum = 0;
    if (field->type == TC_TEXT) {
        for (int64_t i = 0; i < n; i++) {
            sum += tc_hash64_of(at + (size_t)i * bytes, bytes, (uint64_t)(first + i));
        }
    } else if (bytes == 8) {
        TC_CHECKSUM_LOOP(uint64_t)
    } else if (bytes == 4) {
        TC_CHECKSUM_LOOP(uint32_t)
    } else if (bytes == 2) {
        TC_CHECKSUM_LOOP(uint16_t)
    } else {
        TC_CHECKSUM_LOOP(uint8_t)
    }
    return sum;
}

/* Collective. words: checksum halves, so that the int64 sum cannot overflow. */
static uint64_t merge_checksum_all(tc_comm *comm, uint64_t mine)
{
    int64_t words[2];
    words[0] = (int64_t)(mine & 0xFFFFFFFFu);
    words[1] = (int64_t)(mine >> 32);
    tc_comm_sum_i64_all(comm, words, 2);
    return (uint64_t)words[0] + ((uint64_t)words[1] << 32);
}

/* Collective. 1 if the ranks, in their order, hold all rows, each once. The number of rows
 * alone does not tell: two ranks may read the same half. */
static int covers_all(tc_comm *comm, int64_t row0, int64_t n_local, int64_t n_global)
{
    int64_t before = n_local, words[2];
    tc_comm_exscan_i64_all(comm, &before, 1);
    words[0] = n_local;
    words[1] = n_local > 0 && before != row0;
    tc_comm_sum_i64_all(comm, words, 2);
    return words[0] == n_global && words[1] == 0;
}

/* Makes the groups on the way to a dataset. Explicitly: groups that HDF5 makes by itself
 * carry the time of day, and files must not. */
static herr_t create_groups(const tc_store *store, const char *name)
{
    const hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    char prefix[256];
    herr_t code = H5Pset_obj_track_times(creation, 0);
    TC_ASSERT(strlen(name) < sizeof prefix);
    for (const char *slash = strchr(name, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        memcpy(prefix, name, (size_t)(slash - name));
        prefix[slash - name] = '\0';
        if (H5Lexists(store->file, prefix, H5P_DEFAULT) <= 0) {
            const hid_t group =
                H5Gcreate2(store->file, prefix, H5P_DEFAULT, creation, H5P_DEFAULT);
            code |= group < 0 ? -1 : H5Gclose(group);
        }
    }
    (void)H5Pclose(creation);
    return code;
}

static hid_t create_dataset(const tc_store *store, const tc_field *field, int64_t n_global)
{
    const hsize_t shape[2] = {(hsize_t)n_global, (hsize_t)columns_of(field)};
    const hid_t space = H5Screate_simple(columns_of(field) > 1 ? 2 : 1, shape, NULL);
    const hid_t type = tc_store_type(field, 1);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t dataset = -1;
    (void)H5Pset_obj_track_times(creation, 0);
    (void)H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
    (void)H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
    if (create_groups(store, field->name) >= 0) {
        dataset = H5Dcreate2(store->file, field->name, type, space, H5P_DEFAULT, creation,
                             H5P_DEFAULT);
    }
    (void)H5Pclose(creation);
    (void)H5Tclose(type);
    (void)H5Sclose(space);
    return dataset;
}

/* The rows of one pass. */
typedef struct {
    int64_t row, n;   /* global first row */
    void *to;         /* reading */
    const void *from; /* writing */
} slab;

/* Local: independent transfer, because the collective one of OMPIO drops write errors (a
 * full disk looks like success), and a rank's rows are one contiguous piece anyway. HDF5's
 * reason is asked for at once: its next call clears it. */
static tc_status transfer(const tc_store *store, hid_t dataset, const tc_field *field,
                          const slab *part, tc_error *err)
{
    const int columns = columns_of(field), rank = columns > 1 ? 2 : 1;
    const hsize_t start[2] = {(hsize_t)part->row, 0};
    const hsize_t count[2] = {(hsize_t)part->n, (hsize_t)columns};
    const hid_t space = H5Dget_space(dataset);
    const hid_t memory = H5Screate_simple(rank, count, NULL);
    const hid_t type = field->type == TC_ENUM || field->type == TC_TEXT
                           ? H5Dget_type(dataset)
                           : tc_store_type(field, 0);
    herr_t code = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    tc_status st;
    if (code >= 0 && part->to != NULL) {
        code = H5Dread(dataset, type, memory, space, H5P_DEFAULT, part->to);
    } else if (code >= 0) {
        code = H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, part->from);
    }
    st = tc_store_check(store, code, TC_EIO, field->name, err);
    (void)H5Tclose(type);
    (void)H5Sclose(memory);
    (void)H5Sclose(space);
    return st;
}

static int64_t row_bytes_of(const tc_field *field)
{
    return (int64_t)tc_type_size(field) * columns_of(field);
}

static tc_status transfer_passes(const tc_store *store, hid_t dataset,
                                 const tc_field *field, const slab *whole, tc_error *err)
{
    const int64_t row_bytes = row_bytes_of(field);
    const int64_t rows_a_pass = PASS_BYTES / row_bytes > 0 ? PASS_BYTES / row_bytes : 1;
    for (int64_t done = 0; done < whole->n; done += rows_a_pass) {
        const int64_t left = whole->n - done;
        slab part = {.row = whole->row + done,
                     .n = left < rows_a_pass ? left : rows_a_pass};
        if (whole->to != NULL) {
            part.to = (unsigned char *)whole->to + done * row_bytes;
        } else {
            part.from = (const unsigned char *)whole->from + done * row_bytes;
        }
        TC_TRY(transfer(store, dataset, field, &part, err));
    }
    return TC_OK;
}

static herr_t describe(hid_t dataset, const tc_field *field, uint64_t sum)
{
    herr_t code =
        tc_store_attribute_text(dataset, "unit", field->unit != NULL ? field->unit : "");
    code |= tc_store_attribute_text(dataset, "description",
                                    field->description != NULL ? field->description : "");
    code |= tc_store_attribute_write(dataset, "checksum", H5T_NATIVE_UINT64, &sum);
    return code;
}

/* Collective, errors not agreed. */
static tc_status write_dataset_all(tc_store *store, const tc_field *field,
                                   const slab *whole, int64_t n_global, tc_error *err)
{
    const int covered = covers_all(store->comm, whole->row, whole->n, n_global);
    const uint64_t sum =
        merge_checksum_all(store->comm, checksum(field, whole->from, whole->row, whole->n));
    const hid_t dataset = create_dataset(store, field, n_global);
    tc_status st = tc_store_check(store, dataset, TC_EIO, field->name, err);
    TC_ASSERT(covered && tc_type_size(field) > 0);
    if (dataset >= 0) {
        st = transfer_passes(store, dataset, field, whole, err);
        const herr_t code = describe(dataset, field, sum);
        if (st == TC_OK) {
            st = tc_store_check(store, code, TC_EIO, field->name, err);
        }
        (void)H5Dclose(dataset);
    }
    return st;
}

tc_status tc_store_put_all(tc_store *store, const tc_field *field, const void *data,
                           int64_t row0, int64_t n_local, int64_t n_global, tc_error *err)
{
    const slab whole = {.row = row0, .n = n_local, .from = data};
    tc_status st =
        tc_store_room(store, (double)n_global * (double)row_bytes_of(field), err);
    if (st == TC_OK) {
        st = TC_FAULT("store.put", err);
    }
    st = tc_comm_agree_all(store->comm, st, err);
    if (st == TC_OK) {
        st = write_dataset_all(store, field, &whole, n_global, err);
        st = tc_comm_agree_all(store->comm, st, err);
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
        if (H5Lexists(store->file, prefix, H5P_DEFAULT) <= 0) {
            return 0;
        }
    }
    return H5Lexists(store->file, name, H5P_DEFAULT) > 0;
}

static hid_t open_dataset(tc_store *store, const char *name, tc_error *err)
{
    const hid_t dataset =
        tc_store_has_all(store, name) ? H5Dopen2(store->file, name, H5P_DEFAULT) : -1;
    if (dataset < 0) {
        (void)H5Eclear2(H5E_DEFAULT);
        (void)tc_fail(err, TC_EDATA,
                      "%s: dataset '%s' is missing; delete the file and run again",
                      store->path, name);
    }
    return dataset;
}

/* Shape of an open dataset: rows, columns (1 for a vector), bytes of an element. */
static int shape_of(hid_t dataset, int64_t *rows, int *columns, int *width)
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
    const hid_t dataset = open_dataset(store, name, err);
    tc_status st = dataset < 0 ? TC_EDATA : TC_OK;
    *rows = 0;
    *columns = *width = 0;
    if (dataset >= 0) {
        if (!shape_of(dataset, rows, columns, width)) {
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

static tc_status check_fit(const tc_store *store, hid_t dataset, const tc_field *field,
                           int64_t last_row, tc_error *err)
{
    const hid_t type = H5Dget_type(dataset);
    const int fits = type_fits(type, field);
    int64_t rows;
    int columns, width;
    const int flat = shape_of(dataset, &rows, &columns, &width);
    (void)H5Tclose(type);
    if (!flat || !fits || columns != columns_of(field) || last_row > rows) {
        return tc_fail(
            err, TC_EDATA,
            "%s: dataset '%s' has another type or shape than expected; delete the "
            "file and run again",
            store->path, field->name);
    }
    return TC_OK;
}

/* Collective. Reads and, if every row was read once, compares the checksum. */
static tc_status read_checked_all(tc_store *store, hid_t dataset, const tc_field *field,
                                  const slab *whole, int64_t n_rows, tc_error *err)
{
    const int covered = covers_all(store->comm, whole->row, whole->n, n_rows);
    tc_status st = transfer_passes(store, dataset, field, whole, err);
    uint64_t expected = 0, found;
    found =
        merge_checksum_all(store->comm, checksum(field, whole->to, whole->row, whole->n));
    if (st == TC_OK && covered &&
        (tc_store_attribute_read(dataset, "checksum", H5T_NATIVE_UINT64, &expected) < 0 ||
         expected != found)) {
        st = tc_fail(
            err, TC_EDATA,
            "%s: dataset '%s' is damaged (its checksum differs); delete the file and "
            "run again",
            store->path, field->name);
    }
    return st;
}

tc_status tc_store_get_all(tc_store *store, const tc_field *field, int64_t row0,
                           int64_t n_local, void *data, tc_error *err)
{
    unsigned char dummy[8] = {0};
    const slab whole = {.row = row0, .n = n_local, .to = data != NULL ? data : dummy};
    const hid_t dataset = open_dataset(store, field->name, err);
    int64_t rows = 0;
    int columns, width;
    tc_status st = dataset < 0 ? TC_EDATA : TC_FAULT("store.get", err);
    if (st == TC_OK) {
        st = check_fit(store, dataset, field, row0 + n_local, err);
    }
    st = tc_comm_agree_all(store->comm, st, err);
    if (st == TC_OK) {
        (void)shape_of(dataset, &rows, &columns, &width);
        st = read_checked_all(store, dataset, field, &whole, rows, err);
        st = tc_comm_agree_all(store->comm, st, err);
    }
    if (dataset >= 0) {
        (void)H5Dclose(dataset);
    }
    return st;
}

tc_status tc_store_get_small_all(tc_store *store, const tc_field *field, int64_t n_rows,
                                 void *data, tc_error *err)
{
    const size_t bytes = (size_t)(n_rows * columns_of(field)) * tc_type_size(field);
    const int first = tc_comm_rank(store->comm) == 0;
    const tc_status st =
        tc_store_get_all(store, field, first ? 0 : n_rows, first ? n_rows : 0, data, err);
    if (st == TC_OK) {
        tc_comm_bcast_all(store->comm, data, (int64_t)bytes, 0);
    }
    return st;
}
