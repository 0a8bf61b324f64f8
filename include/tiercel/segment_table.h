/* segment_table.h - k-means on any HDF5 file of numbers: rows in, labels out (stage layer). */
#ifndef TC_SEGMENT_TABLE_H
#define TC_SEGMENT_TABLE_H

#include "tiercel/comm.h"
#include "tiercel/config.h"

/* What is read and written. All texts are borrowed; NULL = not given.
 *   input     HDF5 file
 *   dataset   rows x columns of numbers in it; or
 *   features  names of vectors of one length, separated by commas: one column each
 *   weight    vector of as many weights
 *   init      HDF5 file with starting centres, one a cluster in the unit of the input
 *   centres   their dataset in it
 *   output    file to write
 *   missing   what becomes of rows with NaN, unless lack_is_error
 *   config    k, scale, winsorise, restarts, sample, max_iterations, tolerance of segment; seed and memory of run */
typedef struct {
    const char *input, *dataset, *features, *weight, *init, *centres, *output;
    int lack_is_error;
    tc_lack missing;
    const tc_config *config;
} tc_segment_table;

/* Collective. Reads the rows, a range a rank, fits k clusters, and writes the file of labels in the order of the
 * rows of the input: the same bytes on any number of ranks. Errors (agreed): TC_EINPUT, TC_EDATA for what cannot be
 * read or fitted, naming file and dataset; TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_table_all(tc_comm *comm, const tc_segment_table *table,
                                            tc_error *err);

#endif
