#include "store_native.h"

#include "tiercel/io_count.h"

#include <string.h>

herr_t tc_store_attribute_write(hid_t object, const char *name, hid_t type,
                                const void *value)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    const herr_t code = attribute < 0 ? -1 : H5Awrite(attribute, type, value);
    tc_io_count_metadata(1);
    if (attribute >= 0) {
        (void)H5Aclose(attribute);
    }
    (void)H5Sclose(space);
    return code;
}

static hid_t text_type(size_t bytes)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, bytes);
    (void)H5Tset_strpad(type, H5T_STR_NULLPAD);
    (void)H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

herr_t tc_store_attribute_text(hid_t object, const char *name, const char *value)
{
    const size_t bytes = strlen(value);
    const hid_t type = text_type(bytes > 0 ? bytes : 1);
    const herr_t code = tc_store_attribute_write(object, name, type, value);
    (void)H5Tclose(type);
    return code;
}

herr_t tc_store_attribute_read(hid_t object, const char *name, hid_t type, void *value)
{
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    herr_t code = -1;
    tc_io_count_metadata(1);
    if (attribute >= 0) {
        code = H5Aread(attribute, type, value);
        (void)H5Aclose(attribute);
    }
    return code;
}

herr_t tc_store_attribute_read_text(hid_t object, const char *name, char *value,
                                    size_t capacity)
{
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    herr_t code = -1;
    tc_io_count_metadata(1);
    if (attribute >= 0) {
        const hid_t type = H5Aget_type(attribute);
        if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) <= 0 &&
            H5Tget_size(type) < capacity) {
            memset(value, 0, capacity);
            code = H5Aread(attribute, type, value);
        }
        (void)H5Tclose(type);
        (void)H5Aclose(attribute);
    }
    return code;
}

tc_status tc_store_put_i64_all(tc_store *store, const char *name, int64_t value,
                               tc_error *err)
{
    const herr_t code =
        tc_store_attribute_write(store->file, name, H5T_NATIVE_INT64, &value);
    return tc_comm_agree_all(store->comm, tc_store_check(store, code, TC_EIO, name, err),
                             err);
}

tc_status tc_store_put_f64_all(tc_store *store, const char *name, double value,
                               tc_error *err)
{
    const herr_t code =
        tc_store_attribute_write(store->file, name, H5T_NATIVE_DOUBLE, &value);
    return tc_comm_agree_all(store->comm, tc_store_check(store, code, TC_EIO, name, err),
                             err);
}

tc_status tc_store_put_text_all(tc_store *store, const char *name, const char *value,
                                tc_error *err)
{
    const herr_t code = tc_store_attribute_text(store->file, name, value);
    return tc_comm_agree_all(store->comm, tc_store_check(store, code, TC_EIO, name, err),
                             err);
}

static tc_status read_status(const tc_store *store, herr_t code, const char *name,
                             tc_error *err)
{
    if (code >= 0) {
        return TC_OK;
    }
    return tc_fail(
        err, TC_EDATA,
        "%s: attribute '%s' is missing or of another type; delete the file and run "
        "again",
        store->path, name);
}

tc_status tc_store_get_i64_all(tc_store *store, const char *name, int64_t *value,
                               tc_error *err)
{
    const herr_t code = tc_store_attribute_read(store->file, name, H5T_NATIVE_INT64, value);
    return tc_comm_agree_all(store->comm, read_status(store, code, name, err), err);
}

tc_status tc_store_get_f64_all(tc_store *store, const char *name, double *value,
                               tc_error *err)
{
    const herr_t code =
        tc_store_attribute_read(store->file, name, H5T_NATIVE_DOUBLE, value);
    return tc_comm_agree_all(store->comm, read_status(store, code, name, err), err);
}

tc_status tc_store_get_text_all(tc_store *store, const char *name, char *value,
                                size_t capacity, tc_error *err)
{
    const herr_t code = tc_store_attribute_read_text(store->file, name, value, capacity);
    return tc_comm_agree_all(store->comm, read_status(store, code, name, err), err);
}

static herr_t rewrite(const tc_store *store, const char *name, int64_t value)
{
    const hid_t attribute = H5Aopen(store->file, name, H5P_DEFAULT);
    herr_t code = attribute < 0 ? -1 : H5Awrite(attribute, H5T_NATIVE_INT64, &value);
    if (attribute >= 0) {
        code |= H5Aclose(attribute);
    }
    return code;
}

tc_status tc_store_set_rows_all(tc_store *store, int64_t n_shards, int64_t n_rows,
                                tc_error *err)
{
    herr_t code = rewrite(store, "n_shards", n_shards);
    code |= rewrite(store, "n_rows", n_rows);
    store->header.n_shards = n_shards;
    store->header.n_rows = n_rows;
    return tc_comm_agree_all(store->comm,
                             tc_store_check(store, code, TC_EIO, "n_rows", err), err);
}
