/* segment_survey.h - the first pass over raw rows: what there is, and whether it can be fitted. For src/stage/segment only. */
#ifndef TC_SEGMENT_SURVEY_H
#define TC_SEGMENT_SURVEY_H

#include "segment_rows.h"

/* Of all ranks, over the rows that are segmented. */
typedef struct {
    int64_t rows;
    int64_t fitted; /* rows that count in the fit */
    int64_t
        lacking; /* rows that do not, because a feature is missing whose policy is to drop them */
    int64_t missing[TC_KMEANS_MAX_D];
    int64_t infinite[TC_KMEANS_MAX_D];
    double low[TC_KMEANS_MAX_D],
        high[TC_KMEANS_MAX_D]; /* of the values; low > high: there is none */
    struct {
        int64_t missing, infinite, negative, fraction; /* rows */
        double most, sum;
    } weight;
} tc_segment_survey;

/* Collective. Loads every shard of rows (->known is not needed) once; shard_rows[n_shards] out: rows that are
 * segmented. Errors (agreed): those of the source, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_survey_all(tc_comm *comm, tc_segment_rows *rows,
                                             int64_t *shard_rows, tc_segment_survey *out,
                                             tc_error *err);

/* Local, pure. The power of two by which weights become whole numbers: 1 if they are whole and few enough for the
 * kernels, otherwise the finest that these can take. */
double tc_segment_per_weight(const tc_segment_survey *found);

#endif
