/* store.h - Tiercel's files: datasets in parallel HDF5 (edge layer; the only folder that
 * sees HDF5). A file appears under its name complete or not at all. Its bytes do not depend
 * on the number of ranks or the time of day: contiguous layout, no time stamps. Every
 * dataset carries unit, description and a checksum that does not depend on how rows are
 * spread over ranks. */
#ifndef TC_STORE_H
#define TC_STORE_H

#include "tiercel/comm.h"
#include "tiercel/hash.h"

typedef struct tc_store tc_store;

typedef enum {
    TC_I8,
    TC_U8,
    TC_U16,
    TC_I32,
    TC_U32,
    TC_I64,
    TC_U64,
    TC_F32,
    TC_F64,
    TC_TEXT, /* fixed width, padded with zero bytes */
    TC_ENUM  /* uint8 in memory, an HDF5 enumeration with names in the file */
} tc_type;

/* One dataset of a file. A zeroed tail is fine: columns 0 means 1. */
typedef struct {
    const char *name; /* path; missing groups are created: "at/2011-12-10/order_count" */
    tc_type type;
    const char *unit; /* "days", "currency", "1", "" */
    const char *description;
    int columns;              /* 1: a vector; more: rows x columns, row-major */
    int width;                /* TC_TEXT: bytes of an element, at least 1 */
    const char *const *names; /* TC_ENUM: names of the values 0..n_names-1 */
    int n_names;
} tc_field;

enum { TC_ID_TEXT = TC_HASH_TEXT, TC_STORE_NAME = 64 };

/* What every file says of itself. Written as attributes of the root group. */
typedef struct {
    char schema[TC_STORE_NAME]; /* "tiercel.events" */
    int64_t schema_version;
    char program_version[TC_STORE_NAME];
    char run_id[TC_ID_TEXT]; /* hash of the configuration and of the inputs that it depends
                                on */
    char as_of[TC_STORE_NAME]; /* date, or "" */
    int64_t seed;
    int64_t n_shards;
    int64_t n_rows; /* customers */
} tc_store_header;

/* Collective. Creates `path` under a temporary name in the same folder. header equal on all
 * ranks. Errors (agreed): TC_EIO with the reason, TC_ENOMEM. */
TC_NODISCARD tc_status tc_store_create_all(tc_comm *comm, const char *path,
                                           const tc_store_header *header, tc_store **out,
                                           tc_error *err);

/* Collective. Writes a dataset of n_global rows; this rank holds rows row0 .. row0 +
 * n_local - 1 (n_local may be 0) in data, borrowed; the ranks, in their order, hold every
 * row once. Transfers beyond 512 MiB a rank go in
 * several passes. Errors (agreed): TC_EIO, also before anything is written if the file
 * system has too little room. */
TC_NODISCARD tc_status tc_store_put_all(tc_store *store, const tc_field *field,
                                        const void *data, int64_t row0, int64_t n_local,
                                        int64_t n_global, tc_error *err);

/* Collective. Number of shards and of rows, where they were not known when the file was created. Errors
 * (agreed): TC_EIO. */
TC_NODISCARD tc_status tc_store_set_rows_all(tc_store *store, int64_t n_shards,
                                             int64_t n_rows, tc_error *err);

/* A dataset that is written or read piece by piece. Several may be open at once; all are
 * ended before the file is published or closed. */
typedef struct tc_store_piece tc_store_piece;

/* Collective. Creates a dataset of n_global rows. The texts of field are borrowed until the end. *out, NULL
 * after failure, is ended by tc_store_end_all. Errors (agreed): TC_EIO, also if the file system has too
 * little room for all datasets that are begun; TC_ENOMEM. */
TC_NODISCARD tc_status tc_store_begin_all(tc_store *store, const tc_field *field,
                                          int64_t n_global, tc_store_piece **out,
                                          tc_error *err);

/* Local. Writes rows row0 .. row0 + n - 1, in any order of calls; each row once, by whichever rank. They are
 * copied or written before it returns. Errors: TC_EIO, which past the page cache (store_policy.h) may belong to rows of an earlier call, or
 * come from tc_store_end_all; TC_ENOMEM; TC_EINTERRUPT if this process was asked to stop. Cost: one contiguous transfer or copy. */
TC_NODISCARD tc_status tc_store_write(tc_store_piece *piece, const void *data, int64_t row0,
                                      int64_t n, tc_error *err);

/* Collective. Opens a dataset for reading; its rows, if n_global is not NULL. Errors (agreed): TC_EDATA if it
 * is missing or of another type or columns than field; TC_ENOMEM. */
TC_NODISCARD tc_status tc_store_view_all(tc_store *store, const tc_field *field,
                                         int64_t *n_global, tc_store_piece **out,
                                         tc_error *err);

/* Local. Says that the rows of a piece are read once and in order: those of a large file need not be kept in memory for others
 * (store_policy.h). */
void tc_store_once(tc_store_piece *piece);

/* Local. Reads rows, in any order of calls. Errors: TC_EDATA beyond the last row; TC_EIO; TC_EINTERRUPT if this process
 * was asked to stop. */
TC_NODISCARD tc_status tc_store_read(tc_store_piece *piece, void *data, int64_t row0,
                                     int64_t n, tc_error *err);

/* Collective. Ends a piece (NULL on all ranks is fine); *piece becomes NULL. status: what
 * became of this rank's transfers, agreed upon here. Writing: unit, description and checksum
 * are added. Reading: the checksum is verified if the ranks together read each row once.
 * Errors (agreed): the given status, TC_EIO, TC_EDATA for a damaged dataset, TC_EINTERNAL if
 * rows were not written or twice. */
TC_NODISCARD tc_status tc_store_end_all(tc_store_piece **piece, tc_status status,
                                        tc_error *err);

/* Collective. Writes a small dataset that is the same on all ranks (rank 0's copy is
 * written). */
TC_NODISCARD tc_status tc_store_put_small_all(tc_store *store, const tc_field *field,
                                              const void *data, int64_t n_rows,
                                              tc_error *err);

/* Collective. Attributes of the root group; values equal on all ranks. */
TC_NODISCARD tc_status tc_store_put_i64_all(tc_store *store, const char *name,
                                            int64_t value, tc_error *err);
TC_NODISCARD tc_status tc_store_put_f64_all(tc_store *store, const char *name, double value,
                                            tc_error *err);
TC_NODISCARD tc_status tc_store_put_text_all(tc_store *store, const char *name,
                                             const char *value, tc_error *err);

/* Collective. Writes `complete` = 1, closes, syncs, and renames to the final name after all
 * ranks agreed. *store becomes NULL in every case; on failure the temporary file is removed
 * and an older file under the final name stays as it was. Errors (agreed): TC_EIO. */
TC_NODISCARD tc_status tc_store_publish_all(tc_store **store, tc_error *err);

/* Collective. Opens a complete file for reading and checks its schema name and version.
 * Errors (agreed): TC_EINPUT if it is missing, TC_EDATA if it is not an HDF5 file, is not
 * complete, or has another schema or version. */
TC_NODISCARD tc_status tc_store_open_all(tc_comm *comm, const char *path,
                                         const char *schema, int64_t schema_version,
                                         tc_store **out, tc_error *err);

/* Collective. Closes a reader; removes an unpublished writer's temporary file. NULL-safe;
 * safe in cleanup. */
void tc_store_close_all(tc_store **store);

/* Local. Borrowed until close. */
const tc_store_header *tc_store_head(const tc_store *store);

/* Collective (metadata is read by all ranks). 1 if the dataset is there; its rows, and
 * bytes of an element (width of a TC_TEXT). Errors: TC_EDATA if it is missing. */
int tc_store_has_all(tc_store *store, const char *name);
TC_NODISCARD tc_status tc_store_shape_all(tc_store *store, const char *name, int64_t *rows,
                                          int *columns, int *width, tc_error *err);

/* Collective. Reads rows row0 .. row0 + n_local - 1 of field->name into data (n_local may
 * be 0; type, columns and width must fit). If the ranks, in their order, read every row
 * once, the checksum is verified. Errors (agreed): TC_EDATA if missing, of another type or shape, or
 * damaged. */
TC_NODISCARD tc_status tc_store_get_all(tc_store *store, const tc_field *field,
                                        int64_t row0, int64_t n_local, void *data,
                                        tc_error *err);

/* Collective. Every rank gets all n_rows rows. */
TC_NODISCARD tc_status tc_store_get_small_all(tc_store *store, const tc_field *field,
                                              int64_t n_rows, void *data, tc_error *err);

/* Collective. Attributes of the root group. Errors (agreed): TC_EDATA if missing. */
TC_NODISCARD tc_status tc_store_get_i64_all(tc_store *store, const char *name,
                                            int64_t *value, tc_error *err);
TC_NODISCARD tc_status tc_store_get_f64_all(tc_store *store, const char *name,
                                            double *value, tc_error *err);
TC_NODISCARD tc_status tc_store_get_text_all(tc_store *store, const char *name, char *value,
                                             size_t capacity, tc_error *err);

/* Local, pure. Bytes of one element in memory. */
size_t tc_type_size(const tc_field *field);

#endif
