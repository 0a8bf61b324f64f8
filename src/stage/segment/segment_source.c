#include "segment_source.h"

tc_status tc_segment_features_open_all(tc_comm *comm, tc_store *store, const char *date,
                                       const char *const *name, int n,
                                       tc_segment_features *out, tc_error *err)
{
    tc_status st = TC_OK;
    *out = (tc_segment_features){.n = n};
    for (int c = 0; c < n && st == TC_OK; c++) {
        st = tc_model_column_open_all(comm, store, date, name[c], &out->column[c], err);
    }
    return st;
}

static tc_status read_features(void *context, int64_t row0, int64_t n,
                               double *const *column, tc_error *err)
{
    const tc_segment_features *features = context;
    for (int c = 0; c < features->n; c++) {
        TC_TRY(tc_model_column_read(features->column[c], row0, n, column[c], err));
    }
    return TC_OK;
}

tc_segment_source tc_segment_features_source(tc_segment_features *features)
{
    return (tc_segment_source){
        .read = read_features, .context = features, .n_columns = features->n};
}

tc_status tc_segment_features_end_all(tc_segment_features *features, tc_status status,
                                      tc_error *err)
{
    tc_status st = status;
    for (int c = 0; c < features->n; c++) {
        st = tc_model_column_end_all(&features->column[c], st, err);
    }
    features->n = 0;
    return st;
}
