/* store_piece.c - datasets, piece by piece. Contiguous layout, so that the bytes of a file do
 * not depend on the number of ranks and each rank transfers few pieces. */
#include "store_native.h"

#include "tiercel/fault.h"
#include "tiercel/hash.h"
#include "tiercel/io_count.h"
#include "tiercel/stop.h"

#include <string.h>

enum { BACK_BYTES = 1 << 20 };

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
    const int64_t first = row0 * tc_store_columns(field),
                  n = n_rows * tc_store_columns(field);
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
        tc_io_count_metadata(1);
        if (H5Lexists(store->file, prefix, H5P_DEFAULT) <= 0) {
            const hid_t group =
                H5Gcreate2(store->file, prefix, H5P_DEFAULT, creation, H5P_DEFAULT);
            tc_io_count_metadata(1);
            code |= group < 0 ? -1 : H5Gclose(group);
        }
    }
    (void)H5Pclose(creation);
    return code;
}

static hid_t create_dataset(const tc_store *store, const tc_field *field, int64_t n_global)
{
    const hsize_t shape[2] = {(hsize_t)n_global, (hsize_t)tc_store_columns(field)};
    const hid_t space = H5Screate_simple(tc_store_columns(field) > 1 ? 2 : 1, shape, NULL);
    const hid_t type = tc_store_type(field, 1);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t dataset = -1;
    (void)H5Pset_obj_track_times(creation, 0);
    (void)H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
    (void)H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
    tc_io_count_metadata(1);
    if (create_groups(store, field->name) >= 0) {
        dataset = H5Dcreate2(store->file, field->name, type, space, H5P_DEFAULT, creation,
                             H5P_DEFAULT);
    }
    (void)H5Pclose(creation);
    (void)H5Tclose(type);
    (void)H5Sclose(space);
    return dataset;
}

/* A transfer adds mix(its end) - mix(its start): the sum over all telescopes to mix(n) - mix(0) if they line
 * up, whoever made them in whatever order. */
static uint64_t link_of(int64_t row0, int64_t n)
{
    return tc_hash_mix((uint64_t)(row0 + n), 1) - tc_hash_mix((uint64_t)row0, 1);
}

static void account(tc_store_piece *piece, const void *data, int64_t row0, int64_t n)
{
    piece->n_rows += n;
    piece->chain += link_of(row0, n);
    piece->sum += checksum(&piece->field, data, row0, n);
}

static void free_piece(tc_store_piece **out)
{
    tc_store_piece *piece = *out;
    if (piece->type >= 0) {
        (void)H5Tclose(piece->type);
    }
    if (piece->space >= 0) {
        (void)H5Sclose(piece->space);
    }
    if (piece->dataset >= 0) {
        (void)H5Dclose(piece->dataset);
    }
    piece->store->promised -= piece->promised;
    tc_mem_free(piece);
    *out = NULL;
}

static tc_status new_piece(tc_store *store, const tc_field *field, tc_store_piece **out,
                           tc_error *err)
{
    tc_store_piece *piece = tc_mem_alloc(1, sizeof *piece, err);
    *out = piece;
    if (piece == NULL) {
        return TC_ENOMEM;
    }
    *piece = (tc_store_piece){
        .store = store, .field = *field, .dataset = -1, .space = -1, .type = -1};
    return TC_OK;
}

/* Handles that each transfer uses. */
static void open_handles(tc_store_piece *piece)
{
    const tc_type type = piece->field.type;
    piece->space = H5Dget_space(piece->dataset);
    piece->type = type == TC_ENUM || type == TC_TEXT ? H5Dget_type(piece->dataset)
                                                     : tc_store_type(&piece->field, 0);
    piece->address = (int64_t)H5Dget_offset(piece->dataset);
}

static void note_end(const tc_store_piece *piece)
{
    const int64_t end =
        piece->address + piece->n_global * tc_store_row_bytes(&piece->field);
    if (end > piece->store->promised_end) {
        piece->store->promised_end = end;
    }
}

static tc_status prepare_writing(tc_store *store, const tc_field *field, int64_t n_global,
                                 tc_store_piece **out, tc_error *err)
{
    TC_TRY(new_piece(store, field, out, err));
    TC_ASSERT(tc_type_size(field) > 0);
    (*out)->writing = 1;
    (*out)->n_global = n_global;
    (*out)->promised = (double)n_global * (double)tc_store_row_bytes(field);
    store->promised += (*out)->promised;
    TC_TRY(tc_store_room(store, store->promised, err));
    return TC_FAULT("store.put", err);
}

tc_status tc_store_begin_all(tc_store *store, const tc_field *field, int64_t n_global,
                             tc_store_piece **out, tc_error *err)
{
    tc_status st = prepare_writing(store, field, n_global, out, err);
    st = tc_comm_agree_all(store->comm, st, err);
    if (st == TC_OK) {
        TC_ASSERT(*out != NULL);
        (*out)->dataset = create_dataset(store, field, n_global);
        st = tc_store_check(store, (*out)->dataset, TC_EIO, field->name, err);
        if (st == TC_OK) {
            open_handles(*out);
            note_end(*out);
        }
        st = tc_comm_agree_all(store->comm, st, err);
    }
    if (st != TC_OK && *out != NULL) {
        free_piece(out);
    }
    return st;
}

tc_status tc_store_write(tc_store_piece *piece, const void *data, int64_t row0, int64_t n,
                         tc_error *err)
{
    TC_ASSERT(piece->writing && row0 >= 0 && row0 + n <= piece->n_global);
    if (n == 0) {
        return TC_OK;
    }
    account(piece, data, row0, n);
    TC_TRY(tc_stop_check(err));
    TC_TRY(TC_FAULT("store.write", err));
    return tc_store_stream_write(piece, row0, n, data, err);
}

/* Local. After a collective transfer: OMPIO 4.1 loses write errors, and with several aggregators whole pieces. sum: the
 * checksum of the rows as they were given. */
static tc_status read_back(const tc_store_piece *piece, int64_t row0, int64_t n,
                           uint64_t sum, tc_error *err)
{
    const int64_t row_bytes = tc_store_row_bytes(&piece->field);
    const int64_t most = BACK_BYTES / row_bytes > 0 ? BACK_BYTES / row_bytes : 1;
    unsigned char *rows = tc_mem_alloc(n < most ? n : most, (size_t)row_bytes, err);
    tc_status st = rows == NULL ? TC_ENOMEM : TC_OK;
    for (int64_t done = 0; st == TC_OK && done < n; done += most) {
        const int64_t part = n - done < most ? n - done : most;
        st = tc_store_transfer(piece, row0 + done, part, rows, NULL, err);
        sum -= st == TC_OK ? checksum(&piece->field, rows, row0 + done, part) : 0;
    }
    tc_mem_free(rows);
    if (st == TC_OK && sum != 0) {
        st = tc_fail(
            err, TC_EIO,
            "%s: dataset '%s' was not written as given: a fault of the MPI library's "
            "collective transfers or a full disk; set io.transfer to independent",
            piece->store->path, piece->field.name);
    }
    return st;
}

tc_status tc_store_write_all(tc_store_piece *piece, const void *data, int64_t row0,
                             int64_t n, tc_error *err)
{
    tc_status st = tc_stop_check(err);
    int64_t failed;
    TC_ASSERT(piece->writing && row0 >= 0 && row0 + n <= piece->n_global);
    if (st == TC_OK) {
        st = TC_FAULT("store.write", err);
    }
    if (st == TC_OK) {
        st = tc_store_reserve(piece->store, piece->address,
                              piece->n_global * tc_store_row_bytes(&piece->field), err);
    }
    failed = st != TC_OK;
    tc_comm_max_i64_all(piece->store->comm, &failed,
                        1); /* who failed says so when the piece ends */
    if (failed == 0) {
        const uint64_t before = piece->sum;
        account(piece, data, row0, n);
        st = tc_store_transfer_all(piece, row0, n, NULL, data, st, err);
        failed = 0;
        tc_comm_max_i64_all(piece->store->comm, &failed, 1); /* all have written */
        st = st == TC_OK ? read_back(piece, row0, n, piece->sum - before, err) : st;
    }
    return st;
}

static tc_status open_view(tc_store *store, const tc_field *field, tc_store_piece **out,
                           tc_error *err)
{
    int columns, width;
    TC_TRY(new_piece(store, field, out, err));
    (*out)->dataset = tc_store_open_dataset(store, field->name, err);
    if ((*out)->dataset < 0) {
        return err->code;
    }
    TC_TRY(tc_store_check_fit(store, (*out)->dataset, field, err));
    (void)tc_store_shape_of((*out)->dataset, &(*out)->n_global, &columns, &width);
    open_handles(*out);
    return TC_FAULT("store.get", err);
}

tc_status tc_store_view_all(tc_store *store, const tc_field *field, int64_t *n_global,
                            tc_store_piece **out, tc_error *err)
{
    const tc_status st =
        tc_comm_agree_all(store->comm, open_view(store, field, out, err), err);
    if (st == TC_OK && n_global != NULL) {
        TC_ASSERT(*out != NULL);
        *n_global = (*out)->n_global;
    }
    if (st != TC_OK && *out != NULL) {
        free_piece(out);
    }
    return st;
}

static tc_status check_rows(const tc_store_piece *piece, int64_t row0, int64_t n,
                            tc_error *err)
{
    if (row0 < 0 || n < 0 || row0 > piece->n_global || n > piece->n_global - row0) {
        return tc_fail(err, TC_EDATA,
                       "%s: dataset '%s' has %lld rows, fewer than the other datasets "
                       "say; delete the file and run again",
                       piece->store->path, piece->field.name, (long long)piece->n_global);
    }
    return TC_OK;
}

tc_status tc_store_read(tc_store_piece *piece, void *data, int64_t row0, int64_t n,
                        tc_error *err)
{
    TC_TRY(check_rows(piece, row0, n, err));
    if (n == 0) {
        return TC_OK;
    }
    TC_TRY(tc_stop_check(err));
    TC_TRY(TC_FAULT("store.read", err));
    TC_TRY(tc_store_stream_read(piece, row0, n, data, err));
    account(piece, data, row0, n);
    return TC_OK;
}

tc_status tc_store_read_all(tc_store_piece *piece, void *data, int64_t row0, int64_t n,
                            tc_error *err)
{
    tc_status st = check_rows(piece, row0, n, err);
    if (st == TC_OK) {
        st = tc_stop_check(err);
    }
    if (st == TC_OK) {
        st = TC_FAULT("store.read", err);
    }
    st = tc_store_transfer_all(piece, row0, n, data, NULL, st, err);
    if (st == TC_OK) {
        account(piece, data, row0, n);
    }
    return st;
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

/* Collective. covered, out: each row was transferred once, by whichever rank. */
static uint64_t merge_all(const tc_store_piece *piece, int *covered)
{
    int64_t words[5] = {piece->n_rows, (int64_t)(piece->chain & 0xFFFFFFFFu),
                        (int64_t)(piece->chain >> 32), (int64_t)(piece->sum & 0xFFFFFFFFu),
                        (int64_t)(piece->sum >> 32)};
    tc_comm_sum_i64_all(piece->store->comm, words, 5);
    *covered =
        words[0] == piece->n_global &&
        (uint64_t)words[1] + ((uint64_t)words[2] << 32) == link_of(0, piece->n_global);
    return (uint64_t)words[3] + ((uint64_t)words[4] << 32);
}

static tc_status verify(const tc_store_piece *piece, uint64_t sum, tc_error *err)
{
    uint64_t expected = 0;
    if (tc_store_attribute_read(piece->dataset, "checksum", H5T_NATIVE_UINT64, &expected) <
            0 ||
        expected != sum) {
        return tc_fail(err, TC_EDATA,
                       "%s: dataset '%s' is damaged (its checksum differs); delete the "
                       "file and run again",
                       piece->store->path, piece->field.name);
    }
    return TC_OK;
}

tc_status tc_store_end_all(tc_store_piece **piece, tc_status status, tc_error *err)
{
    tc_store_piece *p = *piece;
    tc_comm *comm;
    int covered;
    uint64_t sum;
    tc_status st;
    if (p == NULL) {
        return status;
    }
    comm = p->store->comm;
    st = tc_comm_agree_all(comm, tc_store_stream_end(p, status, err), err);
    if (st == TC_OK) {
        sum = merge_all(p, &covered);
        if (!p->writing) {
            st = covered ? verify(p, sum, err) : TC_OK;
        } else if (!covered) {
            st = tc_fail(err, TC_EINTERNAL, "%s: rows of dataset '%s' were not written",
                         p->store->path, p->field.name);
        } else {
            st = tc_store_check(p->store, describe(p->dataset, &p->field, sum), TC_EIO,
                                p->field.name, err);
        }
        st = tc_comm_agree_all(comm, st, err);
    }
    free_piece(piece);
    return st;
}
