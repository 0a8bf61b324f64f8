/* rfm.h - the features and the churn label of one customer, from his events in order of time (kernel
 * layer: no MPI, no files, no clock; the dates are arguments).
 *
 * One pass over the events serves any number of as-of dates: the state holds only events before
 * a date when its features are taken, so nothing of the future can leak into them. Money and
 * times stay integers until the last division, so results are exact and do not depend on the order
 * of events within one second. The features are those of feature_list.h. */
#ifndef TC_RFM_H
#define TC_RFM_H

#include "tiercel/feature_list.h"
#include "tiercel/mem.h"

enum { TC_KIND_PURCHASE = 0, TC_KIND_RETURN = 1 };

/* Events of one customer in ascending time; pointers into the columns of events.h5, borrowed. */
typedef struct {
    const int64_t *time;      /* seconds since 1970-01-01 00:00:00 */
    const int64_t *amount;    /* 1/10,000 currency; returns negative */
    const uint64_t *order;    /* hash of the order id */
    const uint8_t *kind;      /* TC_KIND_PURCHASE or TC_KIND_RETURN */
    const uint16_t *channel;  /* code, 0 = empty */
    const uint32_t *category; /* code, 0 = empty */
    const uint8_t *alias; /* which id of the customer, NULL = one; no feature knows it */
    int64_t n;
} tc_rfm_events;

/* What is known of all customers before the loop. */
typedef struct {
    int64_t day_first, day_last; /* of all events; other days are allowed, but slower */
    int64_t n_channels;          /* codes are below this */
    int64_t n_categories;
} tc_rfm_limits;

/* Working memory, made once for all customers; it grows with the customer with the most orders. */
typedef struct tc_rfm_scratch tc_rfm_scratch;

/* Local. Errors: TC_ENOMEM. Cost: 4 bytes a day of the range and a code. */
TC_NODISCARD tc_status tc_rfm_scratch_create(const tc_rfm_limits *limits,
                                             tc_rfm_scratch **out, tc_error *err);
void tc_rfm_scratch_destroy(tc_rfm_scratch **scratch);

/* Local. The features of one customer at each of the dates.
 *   day     [n_days], ascending day numbers; events before 00:00:00 of the day count
 *   out     [n_days][TC_N_FEATURES], units of the catalogue, NaN = missing
 * Errors: TC_ENOMEM; TC_EDATA if a code is beyond the limits or times do not ascend. Then out is
 * unspecified. Cost: O(n) and O(orders) a date; about 20 ns an event and 100 ns a date. */
TC_NODISCARD tc_status tc_rfm_customer(const tc_rfm_events *events, const int64_t *day,
                                       int n_days, tc_rfm_scratch *scratch, double *out,
                                       tc_error *err);

/* Who is labelled at a date, and by what. */
typedef struct {
    int64_t day;          /* the cut-off d */
    int64_t horizon_days; /* > 0 */
    int64_t active_days;  /* 0 = ever */
} tc_rfm_label_rule;

/* Local, pure. 1 = churned: no purchase on the days d .. d + horizon - 1; 0 = stayed; -1 = not labelled:
 * no purchase on the days d - active_days .. d - 1 (on any day before d if active_days is 0).
 * *later_amount: net amount on the days d .. d + horizon - 1, 1/10,000 currency. */
int8_t tc_rfm_label(const tc_rfm_events *events, const tc_rfm_label_rule *rule,
                    int64_t *later_amount);

#endif
