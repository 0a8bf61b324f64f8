/* segment_quadrant.h - customers by spending power and service need; for src/stage/segment*.c only. */
#ifndef TC_SEGMENT_QUADRANT_H
#define TC_SEGMENT_QUADRANT_H

#include "segment_impl.h"

/* Spending power from high to low, by service need. A base without interactions has the need unknown alone. */
enum { TC_QUADRANT_POWERS = 3, TC_QUADRANT_NEEDS = 4, TC_QUADRANTS = 12 };

/* Of all ranks; cell = power * TC_QUADRANT_NEEDS + need. */
typedef struct {
    int has_service; /* 1: tickets and complaints are there, the need is known */
    double above[2]; /* net_amount above which spending power is high, is middle */
    uint8_t *cell;   /* [known.n_local] */
    int64_t customers[TC_QUADRANTS], cases[TC_QUADRANTS];
    double net[TC_QUADRANTS],
        recent[TC_QUADRANTS]; /* net_amount, and that of the last 90 days */
    int64_t *by_cluster; /* [TC_QUADRANTS][identity->n_named] customers by cell and place */
} tc_segment_quadrants;

/* Collective. Fills and writes them into segments.h5: after tc_segment_describe_all. Errors (agreed): those of
 * reading features and of the store, TC_ENOMEM. Cost: one quantile search and one pass over four columns. */
TC_NODISCARD tc_status tc_segment_quadrants_all(tc_segment *s, tc_segment_quadrants *q,
                                                tc_error *err);
TC_NODISCARD tc_status tc_segment_write_quadrants_all(tc_segment *s, tc_store *out,
                                                      tc_error *err);

#endif
