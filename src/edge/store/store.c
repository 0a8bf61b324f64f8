/* store.c - the life of a file: create under a temporary name, publish, open, close. */
#include "store_native.h"

#include "tiercel/fault.h"
#include "tiercel/io_count.h"
#include "tiercel/progress.h"
#include "tiercel/run_lock.h"
#include "tiercel/shards.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ATTRIBUTES_MAX = 4096 /* of the root group, in its header, where the guard looks */
};

/* The error stack goes from the caller down; the innermost entry has the reason. */
static herr_t keep_innermost(unsigned n, const H5E_error2_t *entry, void *context)
{
    char *text = context;
    (void)n;
    (void)snprintf(text, 160, "%s", entry->desc);
    return 0;
}

tc_status tc_store_check(const tc_store *store, int64_t code, tc_status status,
                         const char *what, tc_error *err)
{
    char reason[160] = "";
    if (code >= 0) {
        return TC_OK;
    }
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_innermost, reason);
    (void)H5Eclear2(H5E_DEFAULT);
    return tc_fail(err, status,
                   "%s: '%s' failed (%s); check space and permissions of its folder",
                   store->path, what, reason);
}

static void store_free(tc_store **store)
{
    if (*store != NULL) {
        tc_store_failure_unwatch(*store);
        (void)tc_store_descriptor_close(*store, NULL);
        tc_mem_free((*store)->path);
        tc_mem_free((*store)->temporary);
        tc_mem_free(*store);
        *store = NULL;
    }
}

static tc_status store_new(tc_comm *comm, const char *path, tc_store **out, tc_error *err)
{
    const int64_t length = (int64_t)strlen(path) + 8;
    tc_store *store = tc_mem_alloc(1, sizeof *store, err);
    *out = store;
    if (store == NULL) {
        return TC_ENOMEM;
    }
    store->comm = comm;
    store->file = -1;
    store->fd = -1;
    store->path = tc_mem_text(path, err);
    store->temporary = tc_mem_alloc(length, 1, err);
    if (store->path == NULL || store->temporary == NULL) {
        return TC_ENOMEM;
    }
    (void)snprintf(store->temporary, (size_t)length, "%s.tmp", path);
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return TC_OK;
}

static herr_t write_header(const tc_store *store)
{
    const tc_store_header *h = &store->header;
    herr_t code = tc_store_attribute_text(store->file, "schema", h->schema);
    code |= tc_store_attribute_write(store->file, "schema_version", H5T_NATIVE_INT64,
                                     &h->schema_version);
    code |= tc_store_attribute_text(store->file, "program_version", h->program_version);
    code |= tc_store_attribute_text(store->file, "run_id", h->run_id);
    code |= tc_store_attribute_text(store->file, "as_of", h->as_of);
    code |= tc_store_attribute_write(store->file, "seed", H5T_NATIVE_INT64, &h->seed);
    code |=
        tc_store_attribute_write(store->file, "n_shards", H5T_NATIVE_INT64, &h->n_shards);
    code |= tc_store_attribute_write(store->file, "n_rows", H5T_NATIVE_INT64, &h->n_rows);
    return code;
}

static tc_status create_file(tc_store *store, tc_error *err)
{
    const hid_t access = tc_store_access(store);
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    (void)H5Pset_obj_track_times(creation, 0);
    (void)H5Pset_attr_phase_change(creation, ATTRIBUTES_MAX, 0);
    tc_io_count_metadata(1);
    store->file = H5Fcreate(store->temporary, H5F_ACC_TRUNC, creation, access);
    (void)H5Pclose(creation);
    (void)H5Pclose(access);
    TC_TRY(tc_store_check(store, store->file, TC_EIO, "create", err));
    return tc_store_check(store, write_header(store), TC_EIO, "header", err);
}

tc_status tc_store_create_all(tc_comm *comm, const char *path,
                              const tc_store_header *header, tc_store **out, tc_error *err)
{
    tc_status st = store_new(comm, path, out, err);
    if (st == TC_OK) {
        (*out)->writing = 1;
        (*out)->header = *header;
        st = tc_store_probe_writable(*out, err);
    }
    if (st == TC_OK) {
        st = TC_FAULT("store.create", err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK && !tc_store_striped()) {
        st = tc_comm_agree_all(comm, tc_store_descriptor_open(*out, err), err);
    }
    if (st == TC_OK) {
        TC_ASSERT(*out != NULL); /* as agreed */
        tc_store_failure_watch(*out);
        st = create_file(*out, err);
        if (st == TC_OK && tc_store_striped()) {
            st = tc_store_descriptor_open(*out, err);
        }
        st = tc_comm_agree_all(comm, st, err);
        if (st != TC_OK) {
            tc_store_close_all(out);
        }
    } else {
        if (*out != NULL && (*out)->temporary != NULL && tc_comm_rank(comm) == 0) {
            (void)unlink((*out)->temporary);
        }
        store_free(out);
    }
    return st;
}

/* Rank 0: the closed temporary file becomes the final one, on disk before it is visible. */
static tc_status sync_and_rename(const tc_store *store, tc_error *err)
{
    char *folder = tc_mem_text(store->path, err), *slash;
    const double started = tc_comm_seconds();
    int fd, bad;
    if (folder == NULL) {
        return TC_ENOMEM; /* before the rename: a failure publishes nothing */
    }
    tc_io_count_metadata(5);
    fd = open(store->temporary, O_RDONLY);
    bad = fd < 0 || fsync(fd) != 0;
    bad |= fd >= 0 && close(fd) != 0;
    bad = bad || rename(store->temporary, store->path) != 0;
    if (bad) {
        tc_mem_free(folder);
        return tc_fail(err, TC_EIO,
                       "%s: cannot be published: %s; check space and permissions of its "
                       "folder",
                       store->path, strerror(errno));
    }
    slash = strrchr(folder, '/');
    if (slash != NULL) {
        *(slash == folder ? slash + 1 : slash) = '\0';
    }
    fd = open(slash != NULL ? folder : ".", O_RDONLY);
    if (fd >= 0) {
        (void)fsync(fd); /* the data is safe already; some file systems refuse this */
        (void)close(fd);
    }
    tc_io_count_sync(tc_comm_seconds() - started);
    tc_mem_free(folder);
    return TC_OK;
}

tc_status tc_store_publish_all(tc_store **store, tc_error *err)
{
    tc_store *s = *store;
    tc_comm *comm = s->comm;
    const int64_t one = 1;
    herr_t code = tc_store_attribute_write(s->file, "complete", H5T_NATIVE_INT64, &one);
    tc_status st = tc_store_check(s, code, TC_EIO, "complete", err);
    if (st == TC_OK) {
        st = tc_store_room(s, 0.0, err);
    }
    if (st == TC_OK) {
        st = TC_FAULT("store.publish", err);
    }
    if (st == TC_OK) {
        tc_progress_phase("to disk", 0, "");
        st = tc_store_descriptor_close(s, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        code = tc_store_close_file_all(s);
        st = tc_comm_agree_all(comm, tc_store_check(s, code, TC_EIO, "close", err), err);
    }
    if (st == TC_OK) {
        st = tc_run_lock_check(err);
        st = st == TC_OK && tc_comm_rank(comm) == 0 ? sync_and_rename(s, err) : st;
        st = tc_comm_agree_all(comm, st, err);
    }
    s->writing = st != TC_OK;
    tc_store_close_all(store);
    return st;
}

void tc_store_close_all(tc_store **store)
{
    tc_store *s = *store;
    if (s == NULL) {
        return;
    }
    if (s->writing) {
        tc_store_abandon_all(s);
    } else if (s->file >= 0) {
        (void)tc_store_close_file_all(s);
    }
    store_free(store);
}

static tc_status read_header(tc_store *store, tc_error *err)
{
    tc_store_header *h = &store->header;
    int64_t complete = 0;
    herr_t code =
        tc_store_attribute_read(store->file, "complete", H5T_NATIVE_INT64, &complete);
    code |=
        tc_store_attribute_read_text(store->file, "schema", h->schema, sizeof h->schema);
    code |= tc_store_attribute_read(store->file, "schema_version", H5T_NATIVE_INT64,
                                    &h->schema_version);
    code |= tc_store_attribute_read_text(store->file, "program_version", h->program_version,
                                         sizeof h->program_version);
    code |=
        tc_store_attribute_read_text(store->file, "run_id", h->run_id, sizeof h->run_id);
    code |= tc_store_attribute_read_text(store->file, "as_of", h->as_of, sizeof h->as_of);
    code |= tc_store_attribute_read(store->file, "seed", H5T_NATIVE_INT64, &h->seed);
    code |=
        tc_store_attribute_read(store->file, "n_shards", H5T_NATIVE_INT64, &h->n_shards);
    code |= tc_store_attribute_read(store->file, "n_rows", H5T_NATIVE_INT64, &h->n_rows);
    if (code < 0 || complete != 1) {
        return tc_fail(err, TC_EDATA,
                       "%s: is not a complete Tiercel file; delete it and run again",
                       store->path);
    }
    return TC_OK;
}

static tc_status check_schema(const tc_store *store, const char *schema, int64_t version,
                              tc_error *err)
{
    const tc_store_header *h = &store->header;
    if (strcmp(h->schema, schema) != 0 || h->schema_version != version) {
        return tc_fail(
            err, TC_EDATA,
            "%s: holds %s version %lld, but %s version %lld is needed; delete it "
            "and run again",
            store->path, h->schema, (long long)h->schema_version, schema,
            (long long)version);
    }
    if (h->n_shards < 1 || h->n_shards > TC_SHARDS_MAX || h->n_rows < 0) {
        return tc_fail(err, TC_EDATA, "%s: its header is damaged; delete it and run again",
                       store->path);
    }
    return TC_OK;
}

static tc_status open_file(tc_store *store, tc_error *err)
{
    const hid_t access = tc_store_access(store);
    tc_status st;
    int reason;
    tc_io_count_metadata(1);
    store->file = H5Fopen(store->path, H5F_ACC_RDONLY, access);
    (void)H5Pclose(access);
    if (store->file < 0) { /* the guard found nothing wrong with it */
        (void)H5Eclear2(H5E_DEFAULT);
        return tc_fail(err, TC_EIO, "%s: HDF5 cannot open it; check the file system",
                       store->path);
    }
    st = read_header(store, err);
    reason = tc_store_failure_of_read();
    if (st != TC_OK && reason != 0) {
        *err = (tc_error){0};
        st = tc_fail(err, TC_EIO, "%s: cannot be read: %s; check the file system",
                     store->path, strerror(reason));
    }
    return st;
}

tc_status tc_store_open_all(tc_comm *comm, const char *path, const char *schema,
                            int64_t schema_version, tc_store **out, tc_error *err)
{
    tc_status st = store_new(comm, path, out, err);
    if (st == TC_OK) {
        st = tc_store_probe_readable(*out, err);
    }
    if (st == TC_OK) {
        st = TC_FAULT("store.open", err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        TC_ASSERT(*out != NULL); /* as agreed */
        st = tc_comm_agree_all(comm, tc_store_descriptor_open(*out, err), err);
    }
    if (st == TC_OK) {
        st = open_file(*out, err);
        if (st == TC_OK) {
            st = check_schema(*out, schema, schema_version, err);
        }
        st = tc_comm_agree_all(comm, st, err);
    }
    if (st != TC_OK) {
        tc_store_close_all(out);
    }
    return st;
}

const tc_store_header *tc_store_head(const tc_store *store)
{
    return &store->header;
}
