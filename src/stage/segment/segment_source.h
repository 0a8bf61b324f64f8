/* segment_source.h - columns of features.h5 as a source of raw rows. For src/stage/segment only. */
#ifndef TC_SEGMENT_SOURCE_H
#define TC_SEGMENT_SOURCE_H

#include "segment_rows.h"

#include "tiercel/model_feature.h"

typedef struct {
    tc_model_column *column[TC_SEGMENT_COLUMNS];
    int n;
} tc_segment_features;

/* Collective. Opens the columns of n names; ->read of the source takes what was opened as its context. Errors
 * (agreed): as tc_model_column_open_all; what is open then is ended by tc_segment_features_end_all. */
TC_NODISCARD tc_status tc_segment_features_open_all(tc_comm *comm, tc_store *store,
                                                    const char *date,
                                                    const char *const *name, int n,
                                                    tc_segment_features *out,
                                                    tc_error *err);
tc_segment_source tc_segment_features_source(tc_segment_features *features);

/* Collective. Ends all of them; checksums are verified where each row was read once. Errors (agreed): status, TC_EDATA. */
TC_NODISCARD tc_status tc_segment_features_end_all(tc_segment_features *features,
                                                   tc_status status, tc_error *err);

#endif
