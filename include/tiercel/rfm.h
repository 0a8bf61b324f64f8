/* rfm.h - the features and the churn label of customers, from their events in order of time (kernel
 * layer: no MPI, no files, no clock; the dates are arguments).
 *
 * One pass over the events of a customer serves all as-of dates: the state holds only events before
 * a date when it is taken down, so nothing of the future can leak into the features. Money and
 * times stay integers until the last division, so results are exact and do not depend on the order
 * of events within one second. The features are those of feature_list.h.
 *
 * Customers go through in lanes, so that features are made for all of them side by side. Order of calls: dates; then
 * for each TC_RFM_LANES customers: add for each, turn for each date, labels, next. */
#ifndef TC_RFM_H
#define TC_RFM_H

#include "tiercel/feature_list.h"
#include "tiercel/mem.h"
#include "tiercel/wide.h"

enum { TC_KIND_PURCHASE = 0, TC_KIND_RETURN = 1 };
enum { TC_RFM_LANES = 32, TC_RFM_DATES = 3 /* at most */ };

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

/* Local. The dates of all that follows.
 *   day     [n_days], ascending day numbers, at most TC_RFM_DATES; events before 00:00:00 of the day count
 * Errors: TC_ENOMEM. Cost: 3 bytes a day between them and two years before. */
TC_NODISCARD tc_status tc_rfm_dates(tc_rfm_scratch *scratch, const int64_t *day, int n_days,
                                    tc_error *err);

/* Local. Runs through the events of one customer, for all dates; he takes the lane, 0 .. TC_RFM_LANES - 1, each once.
 * Errors: TC_ENOMEM; TC_EDATA if a code is beyond the limits, times do not ascend, or there are more than INT32_MAX
 * events. Then the scratch is only good for being destroyed, or for other dates. Cost: O(n), about 10 ns an event. */
TC_NODISCARD tc_status tc_rfm_add(tc_rfm_scratch *scratch, const tc_rfm_events *events,
                                  int lane, tc_error *err);

/* Local. The features of lanes 0 .. n - 1 at a date become rows row .. row + n - 1 of the columns, double * or float *
 * as the catalogue says, NaN = missing. Once for each date. Cost: about 50 ns a customer. */
void tc_rfm_turn(tc_rfm_scratch *scratch, int date, int n, void *const *column,
                 int64_t row);

/* Local, pure. What lanes 0 .. n - 1 did from a date d, not the last one, to the next, e:
 *   label         1 = churned: no purchase on the days d .. e - 1; 0 = stayed; -1 = not labelled: no purchase on
 *                 the days d - active_days .. d - 1 (on any day before d if active_days is 0)
 *   later_amount  net amount on the days d .. e - 1, 1/10,000 currency */
void tc_rfm_labels(const tc_rfm_scratch *scratch, int date, int64_t active_days, int n,
                   int8_t *label, int64_t *later_amount);

/* Local. Empties the lanes. */
void tc_rfm_next(tc_rfm_scratch *scratch);

/* Sums over all events of all customers since the scratch was made, also of those after the dates; 1/10,000 currency. */
typedef struct {
    int64_t events, purchases;
    tc_i128 gross, net; /* gross: of purchases */
} tc_rfm_totals;
tc_rfm_totals tc_rfm_totals_of(const tc_rfm_scratch *scratch);

/* Local. One customer alone; sets the dates, and empties the lanes.
 *   out     [n_days][TC_N_FEATURES], units of the catalogue, not yet rounded to what is stored, NaN = missing
 * Errors: as above; out is then unspecified. */
TC_NODISCARD tc_status tc_rfm_customer(const tc_rfm_events *events, const int64_t *day,
                                       int n_days, tc_rfm_scratch *scratch, double *out,
                                       tc_error *err);

#endif
