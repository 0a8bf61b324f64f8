/* rfm_customer.h - hand-made customers for the tests of the features. */
#ifndef TC_TEST_RFM_CUSTOMER_H
#define TC_TEST_RFM_CUSTOMER_H

#include "tiercel/date.h"
#include "tiercel/rfm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { D = 15000, MAX_EVENTS = 512 };

static const tc_rfm_limits LIMITS = {
    .day_first = D - 1000, .day_last = D + 100, .n_channels = 5, .n_categories = 40};

/* One customer under construction; events must be added in the order of time. */
typedef struct {
    int64_t time[MAX_EVENTS], amount[MAX_EVENTS];
    uint64_t order[MAX_EVENTS];
    uint8_t kind[MAX_EVENTS];
    uint16_t channel[MAX_EVENTS];
    uint32_t category[MAX_EVENTS];
    int64_t n;
} customer;

static inline void add(customer *c, int64_t time, double amount, uint64_t order)
{
    c->time[c->n] = time;
    c->amount[c->n] = llround(amount * 10000.0);
    c->order[c->n] = order;
    c->kind[c->n] = amount < 0.0 ? TC_KIND_RETURN : TC_KIND_PURCHASE;
    c->n++;
}

static inline int64_t noon(int64_t day)
{
    return day * TC_DAY_SECONDS + TC_DAY_SECONDS / 2;
}

static inline tc_rfm_events events_of(const customer *c)
{
    return (tc_rfm_events){.time = c->time,
                           .amount = c->amount,
                           .order = c->order,
                           .kind = c->kind,
                           .channel = c->channel,
                           .category = c->category,
                           .n = c->n};
}

static inline void features_at(const customer *c, const int64_t *day, int n_days,
                               double *out)
{
    const tc_rfm_events events = events_of(c);
    tc_rfm_scratch *scratch = NULL;
    tc_error err = {0};
    assert_int_equal(tc_rfm_scratch_create(&LIMITS, &scratch, &err), TC_OK);
    assert_int_equal(tc_rfm_customer(&events, day, n_days, scratch, out, &err), TC_OK);
    tc_rfm_scratch_destroy(&scratch);
    assert_null(scratch);
}

static inline void features(const customer *c, double out[TC_N_FEATURES])
{
    const int64_t day = D;
    features_at(c, &day, 1, out);
}

#endif
