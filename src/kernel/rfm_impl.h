/* rfm_impl.h - the state between the events of a customer and his features; for src/kernel/rfm*.c only. */
#ifndef TC_RFM_IMPL_H
#define TC_RFM_IMPL_H

#include "tiercel/rfm.h"
#include "tiercel/wide.h"

/* Running sums of one customer over the events seen so far. Zeroed for each customer. */
typedef struct {
    int64_t net, gross, gross_first_day;
    int64_t first_day, last_day; /* of a purchase; meaningful if purchase_days > 0 */
    int64_t purchase_days, months, last_month;
    int64_t n_channels, n_categories;
    int64_t first_order, last_order; /* times of their first lines */
    tc_i128 gap_squares;             /* sum of the squared gaps between orders, seconds^2 */
} tc_rfm_sums;

/* Orders in the order of their first lines. Up to SMALL of them are searched one by one, more
 * through a hash table of their numbers. */
typedef struct {
    uint64_t *key;
    int64_t *day, *amount;
    int64_t n, capacity;
    int64_t *slot;                  /* number of the order + 1, 0 = free */
    int64_t n_slots, slot_capacity; /* n_slots: power of two, in use; 0 = not in use */
} tc_rfm_orders;

/* Days with an event, ascending, and their net amounts. */
typedef struct {
    int64_t *day, *net;
    int64_t n, capacity;
    int64_t end; /* seconds at which the last of them ends */
} tc_rfm_days;

struct tc_rfm_scratch {
    tc_rfm_sums sums;
    tc_rfm_orders orders;
    tc_rfm_days days;
    uint32_t *channel_seen,
        *category_seen; /* by code: stamp of the last customer with it */
    int64_t n_channels, n_categories;
    uint32_t stamp;
    int32_t *month; /* of the days month_day0 .. */
    int64_t month_day0, n_months;
};

/* Local. Forgets the orders of the customer before. */
void tc_rfm_orders_reset(tc_rfm_orders *orders);
void tc_rfm_orders_free(tc_rfm_orders *orders);

/* Local. The number of the order with this key; a new one gets the day and the amount 0, and
 * *is_new = 1. Errors: TC_ENOMEM. Cost O(1). */
TC_NODISCARD tc_status tc_rfm_orders_find(tc_rfm_orders *orders, uint64_t key, int64_t day,
                                          int64_t *number, int *is_new, tc_error *err);

/* Local, pure. Writes out[TC_N_FEATURES] at a date; all events seen so far lie before it. */
void tc_rfm_snapshot(const tc_rfm_scratch *scratch, int64_t day, double *out);

#endif
