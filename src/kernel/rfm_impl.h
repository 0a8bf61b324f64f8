/* rfm_impl.h - the state between the events of a customer and his features; for src/kernel/rfm*.c only.
 *
 * The events of a customer are run through once, almost without branches, for what comes next is random (rfm_scan.c).
 * What is known at each date goes into a lane; the features of all lanes are then made side by side, feature by feature
 * (rfm_snapshot.c). */
#ifndef TC_RFM_IMPL_H
#define TC_RFM_IMPL_H

#include "tiercel/rfm.h"
#include "tiercel/wide.h"

enum {
    TC_RFM_MONTH = 30,
    TC_RFM_WINDOWS_DAYS = 730, /* the longest window */
    /* The windows that reach back 30, 60 .. 360, 365, 390 and 730 days. */
    TC_RFM_30 = 0,
    TC_RFM_60 = 1,
    TC_RFM_90 = 2,
    TC_RFM_180 = 5,
    TC_RFM_360 = 11,
    TC_RFM_365,
    TC_RFM_390,
    TC_RFM_730,
    TC_RFM_WINDOWS,
    TC_RFM_NO_WINDOW = TC_RFM_WINDOWS, /* before all of them, or not before the date */
    TC_RFM_BLOOM = 512,
    TC_RFM_MASK_CODES = 64 /* codes that fit into a mask */
};

/* Lanes at one date. What a window holds is, until it is summed up, what the next shorter one does not. */
typedef struct {
    int64_t window_net[TC_RFM_WINDOWS + 1][TC_RFM_LANES];
    int32_t window_orders[TC_RFM_WINDOWS + 1][TC_RFM_LANES];
    int64_t net[TC_RFM_LANES], gross[TC_RFM_LANES], gross_first_day[TC_RFM_LANES];
    int64_t first_day[TC_RFM_LANES], last_day[TC_RFM_LANES];
    int64_t purchase_days[TC_RFM_LANES], months[TC_RFM_LANES];
    /* one of the two is 0 */
    int64_t n_categories[TC_RFM_LANES], n_channels[TC_RFM_LANES];
    uint64_t categories[TC_RFM_LANES], channels[TC_RFM_LANES];
    int64_t n_orders[TC_RFM_LANES], largest_order[TC_RFM_LANES];
    int64_t span[TC_RFM_LANES];  /* from the first to the last order, seconds */
    double spread[TC_RFM_LANES]; /* of the gaps between orders, see rfm_scan.c */
    int64_t n_events[TC_RFM_LANES];
} tc_rfm_at;

/* What is the same for all events of a day. */
typedef struct {
    uint16_t window[TC_RFM_DATES]; /* times TC_RFM_LANES */
    uint16_t month;                /* since that of the first day */
} tc_rfm_day;

/* Running sums of one customer over the events seen so far. */
typedef struct {
    int64_t net, gross, gross_first_day;
    int64_t first_day, last_day; /* of a purchase; meaningful if purchase_days > 0 */
    int64_t purchase_days, months, last_month;
    int64_t n_channels, n_categories, n_purchases;
    uint64_t channels, categories;   /* masks of the codes seen, if there are few */
    int64_t time;                    /* of the last event */
    int64_t first_order, last_order; /* times of their first lines */
    tc_u128 gap_squares;             /* sum of the squared gaps between orders, seconds^2 */
    /* of orders: how many, the number, hash and amount of that of the last purchase, the largest amount */
    int64_t n_orders, order, order_amount, largest_order;
    uint64_t order_key;
    int64_t sizes; /* bits of all amounts, of negative ones those of -1 - amount */
    int64_t signs; /* below 0: a purchase has an amount below 0 */
} tc_rfm_sums;

/* Orders in the order of their first lines. Up to a few of them are searched one by one, more through a hash table of
 * their numbers, which is made when it is first needed. */
typedef struct {
    uint64_t *key;
    int64_t *amount;
    int64_t capacity;
    int64_t *slot;                  /* number of the order + 1, 0 = free */
    int64_t n_slots, slot_capacity; /* n_slots: power of two, in use; 0 = not in use */
    int64_t n_slotted;              /* orders that are in the table */
} tc_rfm_orders;

struct tc_rfm_scratch {
    tc_rfm_at at[TC_RFM_DATES];
    double value[TC_N_FEATURES][TC_RFM_LANES];
    int64_t day[TC_RFM_DATES], end[TC_RFM_DATES]; /* end: seconds */
    int n_days;
    tc_rfm_day *table; /* [n_table] of the days table_day0 .. the last date - 1 */
    int64_t table_day0, n_table, month0;
    int64_t day_first;
    int has_large; /* a number in the lanes may be 2^51 or more */
    tc_rfm_orders orders;
    tc_rfm_totals totals;
    uint32_t *channel_seen,
        *category_seen; /* by code: stamp of the last customer with it */
    int64_t n_channels, n_categories;
    int has_masks; /* so few codes that masks will do */
    uint32_t stamp;
    uint32_t order_seen
        [TC_RFM_BLOOM]; /* stamp of the last customer with an order whose hash leads here */
};

/* Local. Forgets the orders of the customer before and has room for n and one more. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_rfm_orders_start(tc_rfm_orders *orders, int64_t n, tc_error *err);
void tc_rfm_orders_free(tc_rfm_orders *orders);

/* Local. The number of the order with this key among the first n, -1 if there is none. Errors: TC_ENOMEM. Cost O(1). */
TC_NODISCARD tc_status tc_rfm_orders_find(tc_rfm_orders *orders, int64_t n, uint64_t key,
                                          int64_t *number, tc_error *err);

/* Local, pure. Fills scratch->value from the lanes at a date. */
void tc_rfm_snapshot(tc_rfm_scratch *scratch, int date);

#endif
