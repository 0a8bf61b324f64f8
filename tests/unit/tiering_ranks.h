/* tiering_ranks.h - ranks by counting, for the tests of scores. */
#ifndef TC_TEST_TIERING_RANKS_H
#define TC_TEST_TIERING_RANKS_H

#include "tiercel/tiering.h"

enum { N_MAX = 400 };

/* below, equal [n], out: how many values are less than, and as great as, each. */
static inline void ranks_of(const double *v, int n, int64_t *below, int64_t *equal)
{
    for (int i = 0; i < n; i++) {
        below[i] = equal[i] = 0;
        for (int j = 0; j < n; j++) {
            below[i] += tc_tiering_ordinal(v[j]) < tc_tiering_ordinal(v[i]);
            equal[i] += tc_tiering_ordinal(v[j]) == tc_tiering_ordinal(v[i]);
        }
    }
}

#endif
