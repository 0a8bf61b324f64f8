/* store_foreign.c - HDF5 files of other programs. Every rank opens the file by itself. */
#include "store_native.h"

#include "tiercel/fault.h"
#include "tiercel/foreign.h"
#include "tiercel/io_count.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_TEXT = 1 << 20 }; /* bytes of a text of fixed width */

struct tc_foreign {
    hid_t file;
    char *path;
};

static tc_status open_file(tc_foreign *f, tc_error *err)
{
    int fd;
    TC_TRY(TC_FAULT("store.foreign", err));
    fd = open(f->path, O_RDONLY);
    if (fd < 0) {
        return tc_fail(err, TC_EINPUT, "%s: cannot be read: %s", f->path, strerror(errno));
    }
    (void)close(fd);
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    f->file = H5Fopen(f->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (f->file < 0) {
        (void)H5Eclear2(H5E_DEFAULT);
        return tc_fail(err, TC_EDATA, "%s: is not an HDF5 file, or is cut off", f->path);
    }
    return TC_OK;
}

tc_status tc_store_open_foreign_all(tc_comm *comm, const char *path, tc_foreign **out,
                                    tc_error *err)
{
    tc_foreign *f = tc_mem_alloc(1, sizeof *f, err);
    tc_status st = f == NULL ? TC_ENOMEM : TC_OK;
    *out = f;
    if (st == TC_OK) {
        f->file = -1;
        f->path = tc_mem_text(path, err);
        st = f->path == NULL ? TC_ENOMEM : open_file(f, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st != TC_OK) {
        tc_foreign_close(out);
    }
    return st;
}

void tc_foreign_close(tc_foreign **foreign)
{
    if (*foreign != NULL) {
        if ((*foreign)->file >= 0) {
            (void)H5Fclose((*foreign)->file);
        }
        tc_mem_free((*foreign)->path);
        tc_mem_free(*foreign);
        *foreign = NULL;
    }
}

/* What HDF5 said is dropped: the file is to blame, whatever the reason. */
static tc_status fail(const tc_foreign *f, const char *name, const char *what,
                      tc_error *err)
{
    (void)H5Eclear2(H5E_DEFAULT);
    return tc_fail(err, TC_EDATA, "%s: dataset '%.120s' %s", f->path, name, what);
}

static tc_status open_dataset(tc_foreign *f, const char *name, hid_t *dataset,
                              tc_error *err)
{
    *dataset = H5Dopen2(f->file, name, H5P_DEFAULT);
    return *dataset < 0 ? fail(f, name, "is not there", err) : TC_OK;
}

static tc_foreign_kind kind_of(hid_t type)
{
    switch (H5Tget_class(type)) {
    case H5T_FLOAT:
        return TC_FOREIGN_NUMBER;
    case H5T_INTEGER:
    case H5T_ENUM:
        return TC_FOREIGN_WHOLE;
    case H5T_STRING:
        return H5Tis_variable_str(type) > 0 || H5Tget_size(type) <= LONGEST_TEXT
                   ? TC_FOREIGN_TEXT
                   : TC_FOREIGN_OTHER;
    case H5T_NO_CLASS:
    case H5T_TIME:
    case H5T_BITFIELD:
    case H5T_OPAQUE:
    case H5T_COMPOUND:
    case H5T_REFERENCE:
    case H5T_VLEN:
    case H5T_ARRAY:
    case H5T_NCLASSES:
    default:
        return TC_FOREIGN_OTHER;
    }
}

static void shape_of(hid_t dataset, tc_foreign_shape *shape)
{
    const hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    const int rank = H5Sget_simple_extent_ndims(space);
    hsize_t extent[2] = {0, 1};
    *shape = (tc_foreign_shape){.kind = kind_of(type)};
    if (rank == 1 || rank == 2) {
        (void)H5Sget_simple_extent_dims(space, extent, NULL);
        shape->dimensions = rank;
        shape->rows = (int64_t)extent[0];
        shape->columns = (int64_t)extent[1];
    }
    (void)H5Tclose(type);
    (void)H5Sclose(space);
}

tc_status tc_foreign_look(tc_foreign *foreign, const char *name, tc_foreign_shape *shape,
                          tc_error *err)
{
    hid_t dataset;
    TC_TRY(open_dataset(foreign, name, &dataset, err));
    shape_of(dataset, shape);
    (void)H5Dclose(dataset);
    return TC_OK;
}

/* What the walk over a group carries. */
typedef struct {
    hid_t file;
    const char *prefix;
    tc_buffer *names;
    tc_error *err;
    tc_status status;
} walk;

static herr_t visit(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    walk *w = context;
    H5O_info_t object;
    if (info->type != H5L_TYPE_HARD ||
        H5Oget_info_by_name(group, name, &object, H5P_DEFAULT) < 0 ||
        object.type != H5O_TYPE_DATASET) {
        return 0;
    }
    w->status = tc_buffer_print(w->names, w->err, "%s%s", w->prefix, name);
    if (w->status == TC_OK) {
        w->status = tc_buffer_append(w->names, "", 1, w->err);
    }
    return w->status == TC_OK ? 0 : -1;
}

tc_status tc_foreign_list(tc_foreign *foreign, const char *group, tc_buffer *names,
                          tc_error *err)
{
    char prefix[256];
    walk w = {.file = foreign->file, .prefix = prefix, .names = names, .err = err};
    hsize_t at = 0;
    herr_t code;
    (void)snprintf(prefix, sizeof prefix, "%s%s", strcmp(group, "/") == 0 ? "" : group,
                   strcmp(group, "/") == 0 ? "" : "/");
    code = H5Literate_by_name(foreign->file, group, H5_INDEX_NAME, H5_ITER_INC, &at, visit,
                              &w, H5P_DEFAULT);
    if (w.status != TC_OK) {
        return w.status;
    }
    return code < 0 ? fail(foreign, group, "is no group", err) : TC_OK;
}

/* Reads a range of rows as the given type. */
static herr_t read_rows(hid_t dataset, const tc_foreign_shape *shape, hid_t type,
                        const int64_t rows[2], void *out)
{
    const hsize_t start[2] = {(hsize_t)rows[0], 0};
    const hsize_t count[2] = {(hsize_t)rows[1], (hsize_t)shape->columns};
    const hid_t space = H5Dget_space(dataset);
    const hid_t memory = H5Screate_simple(shape->dimensions, count, NULL);
    herr_t code = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    if (code >= 0) {
        code = H5Dread(dataset, type, memory, space, H5P_DEFAULT, out);
        tc_io_count_read(rows[1] * shape->columns * (int64_t)H5Tget_size(type));
    }
    (void)H5Sclose(memory);
    (void)H5Sclose(space);
    return code;
}

static int in_shape(const tc_foreign_shape *shape, int64_t row0, int64_t n)
{
    return shape->dimensions > 0 && row0 >= 0 && n >= 0 && row0 + n <= shape->rows;
}

tc_status tc_foreign_numbers(tc_foreign *foreign, const char *name, int64_t row0, int64_t n,
                             double *out, tc_error *err)
{
    const int64_t rows[2] = {row0, n};
    tc_foreign_shape shape;
    hid_t dataset;
    tc_status st = TC_OK;
    TC_TRY(open_dataset(foreign, name, &dataset, err));
    shape_of(dataset, &shape);
    if (!in_shape(&shape, row0, n) ||
        (shape.kind != TC_FOREIGN_NUMBER && shape.kind != TC_FOREIGN_WHOLE)) {
        st = fail(foreign, name, "holds no numbers, or fewer rows than the others", err);
    } else if (n > 0 && read_rows(dataset, &shape, H5T_NATIVE_DOUBLE, rows, out) < 0) {
        st = fail(foreign, name, "cannot be read; the file may be damaged", err);
    }
    (void)H5Dclose(dataset);
    return st;
}

static tc_status whole_texts(const tc_foreign *f, hid_t dataset, const char *name,
                             const int64_t rows[2], tc_buffer *bytes, int64_t *end,
                             tc_error *err)
{
    const tc_foreign_shape vector = {.dimensions = 1, .columns = 1};
    int64_t *value = tc_mem_alloc(rows[1], sizeof *value, err);
    tc_status st = value == NULL ? TC_ENOMEM : TC_OK;
    if (st == TC_OK && read_rows(dataset, &vector, H5T_NATIVE_INT64, rows, value) < 0) {
        st = fail(f, name, "cannot be read; the file may be damaged", err);
    }
    for (int64_t i = 0; st == TC_OK && i < rows[1]; i++) {
        st = tc_buffer_print(bytes, err, "%lld", (long long)value[i]);
        end[i] = bytes->size;
    }
    tc_mem_free(value);
    return st;
}

static tc_status fixed_texts(const tc_foreign *f, hid_t dataset, hid_t type,
                             const char *name, const int64_t rows[2], tc_buffer *bytes,
                             int64_t *end, tc_error *err)
{
    const tc_foreign_shape vector = {.dimensions = 1, .columns = 1};
    const size_t width = H5Tget_size(type);
    char *text = tc_mem_alloc(rows[1], width, err);
    tc_status st = text == NULL ? TC_ENOMEM : TC_OK;
    if (st == TC_OK && read_rows(dataset, &vector, type, rows, text) < 0) {
        st = fail(f, name, "cannot be read; the file may be damaged", err);
    }
    for (int64_t i = 0; st == TC_OK && i < rows[1]; i++) {
        const char *from = text + (size_t)i * width;
        st = tc_buffer_append(bytes, from, (int64_t)strnlen(from, width), err);
        end[i] = bytes->size;
    }
    tc_mem_free(text);
    return st;
}

static tc_status long_texts(const tc_foreign *f, hid_t dataset, hid_t type,
                            const char *name, const int64_t rows[2], tc_buffer *bytes,
                            int64_t *end, tc_error *err)
{
    const tc_foreign_shape vector = {.dimensions = 1, .columns = 1};
    const hsize_t count = (hsize_t)rows[1];
    char **text = tc_mem_alloc(rows[1], sizeof *text, err);
    tc_status st = text == NULL ? TC_ENOMEM : TC_OK;
    if (st == TC_OK && read_rows(dataset, &vector, type, rows, text) < 0) {
        st = fail(f, name, "cannot be read; the file may be damaged", err);
    }
    for (int64_t i = 0; st == TC_OK && i < rows[1]; i++) {
        if (text[i] != NULL) {
            st = tc_buffer_append(bytes, text[i], (int64_t)strlen(text[i]), err);
        }
        end[i] = bytes->size;
    }
    if (text != NULL && rows[1] > 0) {
        const hid_t space = H5Screate_simple(1, &count, NULL);
        (void)H5Dvlen_reclaim(type, space, H5P_DEFAULT, text);
        (void)H5Sclose(space);
    }
    tc_mem_free(text);
    return st;
}

tc_status tc_foreign_texts(tc_foreign *foreign, const char *name, int64_t row0, int64_t n,
                           tc_buffer *bytes, int64_t *end, tc_error *err)
{
    const int64_t rows[2] = {row0, n};
    tc_foreign_shape shape;
    hid_t dataset, type;
    tc_status st;
    TC_TRY(open_dataset(foreign, name, &dataset, err));
    shape_of(dataset, &shape);
    type = H5Dget_type(dataset);
    if (!in_shape(&shape, row0, n) || shape.dimensions != 1 ||
        (shape.kind != TC_FOREIGN_TEXT && shape.kind != TC_FOREIGN_WHOLE)) {
        st = fail(foreign, name, "holds neither texts nor integers, or too few of them",
                  err);
    } else if (n == 0) {
        st = TC_OK;
    } else if (shape.kind == TC_FOREIGN_WHOLE) {
        st = whole_texts(foreign, dataset, name, rows, bytes, end, err);
    } else if (H5Tis_variable_str(type) > 0) {
        st = long_texts(foreign, dataset, type, name, rows, bytes, end, err);
    } else {
        st = fixed_texts(foreign, dataset, type, name, rows, bytes, end, err);
    }
    (void)H5Tclose(type);
    (void)H5Dclose(dataset);
    return st;
}
