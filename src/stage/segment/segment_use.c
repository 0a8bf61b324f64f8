/* segment_use.c - the features in use, and those that are made of what is missing. */
#include "segment_impl.h"

#include "tiercel/model_feature.h"

#include <stdio.h>

/* Appends what is 1 where a feature is missing. */
static tc_status add_category(tc_segment *s, int f, tc_error *err)
{
    const int at = s->n_use;
    if (at == TC_KMEANS_MAX_D) {
        return tc_fail(err, TC_ECONFIG,
                       "segment.features: with those of missing: category there are more "
                       "than %d features; name fewer",
                       TC_KMEANS_MAX_D);
    }
    (void)snprintf(s->made[at], sizeof s->made[at], "%s=missing", s->use[f].feature);
    s->use[at] = (tc_feature_use){.feature = s->made[at], .transform = TC_AS_IS};
    s->rows.roles.of[at] = f;
    s->n_use++;
    return TC_OK;
}

tc_status tc_segment_set_features(tc_segment *s, const tc_feature_use *use, int n,
                                  tc_error *err)
{
    tc_segment_roles *roles = &s->rows.roles;
    s->n_use = n;
    for (int f = 0; f < n; f++) {
        s->use[f] = use[f];
        roles->lack[f] = use[f].lack;
    }
    for (int f = 0; f < n; f++) {
        if (use[f].lack == TC_LACK_CATEGORY) {
            TC_TRY(add_category(s, f, err));
        }
    }
    for (int f = 0; f < s->n_use; f++) {
        s->missing[f] = TC_MISSING_MEDIAN;
        if (f < n && use[f].lack == TC_LACK_CATALOGUE) {
            (void)tc_model_feature_known(use[f].feature, &s->missing[f]);
        }
    }
    roles->n_read = n;
    roles->n_use = s->n_use;
    return TC_OK;
}
