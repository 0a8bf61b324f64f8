/* foreign.h - HDF5 files that other programs wrote: vectors and matrices of numbers and texts,
 * read by name (edge layer, with store.h the only place that sees HDF5). Nothing of such a file is
 * trusted: types and shapes are checked before anything is read. */
#ifndef TC_FOREIGN_H
#define TC_FOREIGN_H

#include "tiercel/comm.h"

typedef struct tc_foreign tc_foreign;

typedef enum {
    TC_FOREIGN_NUMBER,
    TC_FOREIGN_WHOLE,
    TC_FOREIGN_TEXT,
    TC_FOREIGN_OTHER
} tc_foreign_kind;

/* A dataset. */
typedef struct {
    tc_foreign_kind kind;  /* WHOLE: integers */
    int dimensions;        /* 1 or 2; 0: neither */
    int64_t rows, columns; /* columns 1 of a vector */
} tc_foreign_shape;

/* Collective. Opens a file for reading on every rank. Errors (agreed): TC_EINPUT if it
 * cannot be read, TC_EDATA if it is no HDF5 file; TC_ENOMEM. */
TC_NODISCARD tc_status tc_store_open_foreign_all(tc_comm *comm, const char *path,
                                                 tc_foreign **out, tc_error *err);
/* Local. NULL-safe. */
void tc_foreign_close(tc_foreign **foreign);

/* Local. Type and shape of a dataset. Errors: TC_EDATA naming file and dataset if it is not there. */
TC_NODISCARD tc_status tc_foreign_look(tc_foreign *foreign, const char *name,
                                       tc_foreign_shape *shape, tc_error *err);

/* Local. Appends the names of the datasets in a group ("/" or a path), in the order of their
 * bytes, each with a final zero, as paths from the root. Errors: TC_EDATA if the group is not there; TC_ENOMEM. */
TC_NODISCARD tc_status tc_foreign_list(tc_foreign *foreign, const char *group,
                                       tc_buffer *names, tc_error *err);

/* Local. Numbers of rows row0 .. row0 + n - 1 of a vector or matrix, row-major, as doubles.
 * Errors: TC_EDATA if it holds no numbers, has fewer rows, or is damaged. */
TC_NODISCARD tc_status tc_foreign_numbers(tc_foreign *foreign, const char *name,
                                          int64_t row0, int64_t n, double *out,
                                          tc_error *err);

/* Local. Texts of a vector, integers written out; the bytes are appended to `bytes`, end[i]
 * is where text i ends in it. Errors: as above, for neither texts nor integers; TC_ENOMEM. */
TC_NODISCARD tc_status tc_foreign_texts(tc_foreign *foreign, const char *name, int64_t row0,
                                        int64_t n, tc_buffer *bytes, int64_t *end,
                                        tc_error *err);

#endif
