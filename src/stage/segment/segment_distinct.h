/* segment_distinct.h - how many different rows there are, up to a limit. For src/stage/segment only. */
#ifndef TC_SEGMENT_DISTINCT_H
#define TC_SEGMENT_DISTINCT_H

#include "segment_matrix.h"

/* Collective. *found: different rows that count in the fit, of all ranks, but at most `enough`
 * (<= TC_KMEANS_MAX_K). Errors (agreed): those of the matrix, TC_ENOMEM. Cost: one pass that looks at rows until
 * enough are found. */
TC_NODISCARD tc_status tc_segment_distinct_all(tc_comm *comm, tc_matrix *m, int enough,
                                               int *found, tc_error *err);

#endif
