/* segment_lloyd.h - Lloyd over all ranks for several models at once. For src/stage/segment only. */
#ifndef TC_SEGMENT_LLOYD_H
#define TC_SEGMENT_LLOYD_H

#include "segment_matrix.h"

/* One fit among others over the same rows. Nothing is owned.
 *   model   started (tc_kmeans_start), equal on all ranks; d that of the matrix
 *   label   [rows of this rank], TC_KMEANS_NO_LABEL before the first pass
 *   report  zeroed before the first pass
 *   over    1: is left alone */
typedef struct {
    tc_kmeans *model;
    uint8_t *label;
    tc_kmeans_report report;
    int over;
} tc_segment_fit;

/* Collective. Lloyd for all n fits until each is over; each pass over the rows serves all that are not, so many
 * values of k cost one reading a pass. What a fit gives does not depend on its company. row0: number of the
 * first row of this rank among all. Sets the total of squares of each model. Errors (agreed): those of the matrix, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_lloyd_all(tc_comm *comm, tc_matrix *m, int64_t row0,
                                            tc_segment_fit *fit, int n,
                                            const tc_kmeans_limits *limits, tc_error *err);

#endif
