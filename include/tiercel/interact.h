/* interact.h - features of one customer from his interactions in order of time and the day of
 * his signup (kernel layer: no MPI, no files, no clock; the dates are arguments). The
 * features are those of interact_list.h. Values and hours stay integers until the one
 * division, so results are exact. */
#ifndef TC_INTERACT_H
#define TC_INTERACT_H

#include "tiercel/catalogue.h"
#include "tiercel/interact_list.h"
#include "tiercel/touch.h"

#include <stdint.h>

enum { TC_INTERACT_ONE = 10000 };     /* one point, one hour */
#define TC_INTERACT_MISSING INT64_MIN /* value or response */
#define TC_INTERACT_NO_DAY INT32_MIN  /* signup */
#define TC_INTERACT_MOST                                                                   \
    ((int64_t)1 << 50) /* values and responses are below this in size */

/* Interactions of one customer, ascending by time, then kind, then value; borrowed. */
typedef struct {
    const int64_t *time;     /* seconds since 1970-01-01 00:00:00 */
    const uint8_t *kind;     /* tc_touch_kind */
    const int64_t *value;    /* of surveys and nps, 1/10,000 points; or missing */
    const int64_t *response; /* 1/10,000 hours; or missing */
    int64_t n;
} tc_interact_events;

/* Local, pure. The features of one customer at each of the dates.
 *   signup  day number or TC_INTERACT_NO_DAY
 *   day     [n_days], any order; interactions before 00:00:00 of the day count
 *   out     [n_days][TC_N_INTERACT], units of the catalogue, NaN = missing
 * Cost: O(log n + interactions of the last 365 days), and O(n) for a last login or nps that
 * lies further back. */
void tc_interact_customer(const tc_interact_events *events, int32_t signup,
                          const int64_t *day, int n_days, double *out);

/* Local, pure. The table of these features, TC_N_INTERACT rows, all stored as float32. */
const tc_feature_def *tc_interact_catalogue(int *n);
int tc_interact_find(const char *name);

/* Local. Appends their documentation as Markdown. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_interact_document(tc_buffer *markdown, tc_error *err);

#endif
