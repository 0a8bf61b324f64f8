/* segment_foreign.h - numbers of a user's HDF5 file as a source of raw rows. For src/stage/segment only. */
#ifndef TC_SEGMENT_FOREIGN_H
#define TC_SEGMENT_FOREIGN_H

#include "segment_rows.h"

#include "tiercel/foreign.h"
#include "tiercel/segment_table.h"

typedef struct {
    tc_foreign *file;
    const char *matrix; /* dataset, or NULL */
    char *names;        /* the vectors, cut at the commas; owned */
    const char
        *vector[TC_KMEANS_MAX_D + 1]; /* features if there is no matrix, then the weight */
    int n_vectors;
    int n_features;
    int64_t rows;
    double *buffer;                  /* one shard of the matrix, row-major; owned */
    char label[TC_KMEANS_MAX_D][80]; /* what messages and the result call the features */
} tc_segment_foreign;

/* Collective. Opens the file and looks at the datasets. Errors (agreed): TC_EINPUT, TC_EDATA naming the dataset that
 * does not fit; TC_ENOMEM. What is open belongs to the caller also after a failure. */
TC_NODISCARD tc_status tc_segment_foreign_open_all(tc_comm *comm,
                                                   const tc_segment_table *table,
                                                   tc_segment_foreign *out, tc_error *err);
void tc_segment_foreign_close(tc_segment_foreign *foreign);

/* Local. The source; shards of at most `largest` rows are read. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_foreign_source(tc_segment_foreign *foreign,
                                                 int64_t largest, tc_segment_source *out,
                                                 tc_error *err);

#endif
