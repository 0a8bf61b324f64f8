/* catalogue.h - the features: one table declares name, unit, formula, missing policy and
 * description of each. It writes the HDF5 attributes and the documentation (kernel layer).
 */
#ifndef TC_CATALOGUE_H
#define TC_CATALOGUE_H

#include "tiercel/buffer.h"

/* What a model puts where a feature is missing (NaN). Decided by the meaning of the
 * feature. */
typedef enum { TC_MISSING_ZERO, TC_MISSING_MEDIAN } tc_missing_policy;

typedef struct {
    const char *name;
    const char *unit;
    int is_double; /* stored as float64 (money); else float32 */
    tc_missing_policy missing;
    const char *formula;
    const char *description;
} tc_feature_def;

/* Local, pure. The table and its length; index of a name, or -1. */
const tc_feature_def *tc_catalogue(int *n);
int tc_catalogue_find(const char *name);

/* Local. Appends the documentation of all features as Markdown (one table). Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_catalogue_document(tc_buffer *markdown, tc_error *err);

#endif
