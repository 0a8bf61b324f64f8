/* rfm_scan.c - the events of one customer, once, for all dates. The conditions of an event are numbers 0 or 1 that
 * sums are multiplied by: a branch on them would be guessed wrong half of the time. */
#include "rfm_impl.h"

#include "tiercel/date.h"

#include <string.h>

static const int64_t NEVER = INT64_MIN;

/* Keeps an amount where p is 1, 0 where it is 0. */
static inline int64_t only_if(int64_t p, int64_t amount)
{
    return amount & -p;
}

/* a where p is 1, b where it is 0. */
static inline int64_t pick(int64_t p, int64_t a, int64_t b)
{
    return b ^ ((a ^ b) & -p);
}

/* 1 if v is 0, else 0; said in this way, it does not become a branch. */
static inline int64_t is_zero(uint64_t v)
{
    return (int64_t)(1 - ((v | (0 - v)) >> 63));
}

static inline int64_t day_of(int64_t time)
{
    return time >= 0 ? (int64_t)((uint64_t)time / TC_DAY_SECONDS) : tc_date_day_of(time);
}

static const tc_rfm_day EARLY = {.window = {TC_RFM_NO_WINDOW * TC_RFM_LANES,
                                            TC_RFM_NO_WINDOW *TC_RFM_LANES,
                                            TC_RFM_NO_WINDOW *TC_RFM_LANES}};

/* What is known of a day. One before the table lies in no window. */
static inline const tc_rfm_day *look_up(const tc_rfm_scratch *s, int64_t day,
                                        int64_t *month)
{
    const int64_t row = day - s->table_day0;
    if (row < 0) {
        *month = tc_date_month_of_day(day) - s->month0;
        return &EARLY;
    }
    *month = s->table[row].month;
    return &s->table[row];
}

/* Days, months and money of an event; p: it is a purchase. */
static inline void add_day(tc_rfm_sums *sums, int64_t day, int64_t month, int64_t amount,
                           int64_t p)
{
    const int64_t bought = only_if(p, amount);
    sums->first_day = pick(sums->purchase_days == 0, day, sums->first_day);
    sums->purchase_days += p & (day != sums->last_day);
    sums->months += p & (month != sums->last_month);
    sums->last_day = pick(p, day, sums->last_day);
    sums->last_month = pick(p, month, sums->last_month);
    sums->net += amount;
    sums->gross += bought;
    sums->gross_first_day += only_if(sums->purchase_days == 1, bought);
    sums->n_purchases += p;
    sums->signs |= bought;
    sums->sizes |= amount ^ (amount >> 63);
}

static inline void add_codes(tc_rfm_scratch *s, tc_rfm_sums *sums, int64_t channel,
                             int64_t category, int64_t p)
{
    int64_t is_new = p & (channel > 0) & (s->channel_seen[channel] != s->stamp);
    s->channel_seen[channel] = is_new != 0 ? s->stamp : s->channel_seen[channel];
    sums->n_channels += is_new;
    is_new = p & (category > 0) & (s->category_seen[category] != s->stamp);
    s->category_seen[category] = is_new != 0 ? s->stamp : s->category_seen[category];
    sums->n_categories += is_new;
}

/* The order of an event; 1 if this is its first line. An order whose lines follow one another is known by its key; any
 * other one is looked for only if one with a hash like its own was seen. */
static inline tc_status add_order(tc_rfm_scratch *s, tc_rfm_sums *sums, uint64_t key,
                                  int64_t amount, int64_t p, int64_t *is_new, tc_error *err)
{
    tc_rfm_orders *o = &s->orders;
    uint32_t *seen = &s->order_seen[key >> 24 & (TC_RFM_BLOOM - 1)];
    int64_t other = p & (1 - (is_zero(key ^ sums->order_key) & (sums->n_orders != 0)));
    if ((other & is_zero(*seen ^ s->stamp)) != 0) {
        int64_t number;
        TC_TRY(tc_rfm_orders_find(o, sums->n_orders, key, &number, err));
        if (number >= 0) {
            other = 0;
            sums->order = number;
            sums->order_amount = o->amount[number];
        }
    }
    *seen = s->stamp;
    o->key[sums->n_orders] = key;
    sums->order_key = (uint64_t)pick(p, (int64_t)key, (int64_t)sums->order_key);
    sums->order = pick(other, sums->n_orders, sums->order);
    sums->n_orders += other;
    sums->order_amount = only_if(1 - other, sums->order_amount) + only_if(p, amount);
    o->amount[sums->order] = sums->order_amount;
    sums->largest_order =
        sums->order_amount > sums->largest_order ? sums->order_amount : sums->largest_order;
    *is_new = other;
    return TC_OK;
}

/* Time between a new order and the one before. */
static inline void add_gap(tc_rfm_sums *sums, int64_t time, int64_t is_new)
{
    const int64_t before = pick(sums->n_orders > 1, sums->last_order, time);
    const int64_t gap = only_if(is_new, time - before);
    sums->gap_squares += (tc_u128)((tc_i128)gap * gap);
    sums->last_order = pick(is_new, time, sums->last_order);
    sums->first_order = pick(sums->n_orders <= 1, sums->last_order, sums->first_order);
}

static inline void add_windows(tc_rfm_scratch *s, const tc_rfm_day *day, int lane,
                               int64_t amount, int64_t is_new)
{
    for (int d = 0; d < TC_RFM_DATES; d++) {
        const int at = day->window[d] + lane;
        (&s->at[d].window_net[0][0])[at] += amount;
        (&s->at[d].window_orders[0][0])[at] += (int32_t)is_new;
    }
}

static tc_status damaged(const char *what, tc_error *err)
{
    return tc_fail(err, TC_EDATA,
                   "events.h5: %s; the file is damaged: delete it and run ingest again",
                   what);
}

static inline tc_status add_event(tc_rfm_scratch *s, tc_rfm_sums *sums,
                                  const tc_rfm_events *e, int64_t i, int lane,
                                  tc_error *err)
{
    const int64_t time = e->time[i], amount = e->amount[i], day = day_of(time);
    const int64_t channel = e->channel[i], category = e->category[i];
    const int64_t p = e->kind[i] == TC_KIND_PURCHASE;
    int64_t is_new, month;
    const tc_rfm_day *of_day = look_up(s, day, &month);
    if (time < sums->time) {
        return damaged("the events of a customer are not in the order of time", err);
    }
    if (channel >= s->n_channels || category >= s->n_categories) {
        return damaged("a channel or category code lies beyond its dictionary", err);
    }
    sums->time = time;
    if (s->has_masks) {
        sums->channels |= (uint64_t)p << channel;
        sums->categories |= (uint64_t)p << category;
    } else {
        add_codes(s, sums, channel, category, p);
    }
    TC_TRY(add_order(s, sums, e->order[i], amount, p, &is_new, err));
    add_day(sums, day, month, amount, p);
    add_gap(sums, time, is_new);
    add_windows(s, of_day, lane, amount, is_new);
    return TC_OK;
}

/* With purchases below 0 an order may have been larger than it is now. */
static int64_t largest_of(const tc_rfm_orders *o, int64_t n)
{
    int64_t largest = INT64_MIN;
    for (int64_t i = 0; i < n; i++) {
        largest = o->amount[i] > largest ? o->amount[i] : largest;
    }
    return largest;
}

/* m^2 times the variance of m gaps with sum S and sum of squares Q: m Q - S^2, an exact integer, since S < 2^39 seconds
 * and Q <= S^2. */
static double spread_of(const tc_rfm_sums *sums, int64_t span)
{
    const tc_i128 spread =
        (sums->n_orders - 1) * (tc_i128)sums->gap_squares - (tc_i128)span * span;
    const int64_t low = (int64_t)spread;
    return low == spread ? (double)low : (double)spread;
}

/* Amounts below 2^31 of fewer than 2^19 events, and times, add up to less than 2^51. */
static int is_large(const tc_rfm_sums *sums, int64_t n)
{
    const int64_t span = sums->last_order - sums->first_order;
    return sums->sizes >= (int64_t)1 << 31 || n >= (int64_t)1 << 19 ||
           span >= (int64_t)1 << 50 || span < 0;
}

static void put_lane(tc_rfm_at *at, int lane, const tc_rfm_sums *sums,
                     const tc_rfm_orders *orders, int64_t n_events)
{
    const int64_t span = sums->n_orders > 1 ? sums->last_order - sums->first_order : 0;
    at->net[lane] = sums->net;
    at->gross[lane] = sums->gross;
    at->gross_first_day[lane] = sums->gross_first_day;
    at->first_day[lane] = sums->first_day;
    at->last_day[lane] = sums->last_day;
    at->purchase_days[lane] = sums->purchase_days;
    at->months[lane] = sums->months;
    at->n_categories[lane] = sums->n_categories;
    at->n_channels[lane] = sums->n_channels;
    at->categories[lane] = sums->categories;
    at->channels[lane] = sums->channels;
    at->n_orders[lane] = sums->n_orders;
    at->largest_order[lane] =
        sums->signs < 0 ? largest_of(orders, sums->n_orders) : sums->largest_order;
    at->span[lane] = span;
    at->spread[lane] = spread_of(sums, span);
    at->n_events[lane] = n_events;
}

/* A new stamp: no code and no order has been seen. */
static void forget(tc_rfm_scratch *s)
{
    s->stamp++;
    if (s->stamp == 0) { /* after 2^32 customers the old stamps would come again */
        memset(s->order_seen, 0, sizeof s->order_seen);
        memset(s->channel_seen, 0, (size_t)s->n_channels * sizeof *s->channel_seen);
        memset(s->category_seen, 0, (size_t)s->n_categories * sizeof *s->category_seen);
        s->stamp = 1;
    }
}

static void add_totals(tc_rfm_totals *t, const tc_rfm_sums *sums, const tc_rfm_events *e,
                       int64_t done)
{
    int64_t net = sums->net, gross = sums->gross, purchases = sums->n_purchases;
    for (int64_t i = done; i < e->n; i++) {
        const int64_t p = e->kind[i] == TC_KIND_PURCHASE;
        net += e->amount[i];
        gross += only_if(p, e->amount[i]);
        purchases += p;
    }
    t->events += e->n;
    t->purchases += purchases;
    t->gross += gross;
    t->net += net;
}

tc_status tc_rfm_add(tc_rfm_scratch *scratch, const tc_rfm_events *events, int lane,
                     tc_error *err)
{
    tc_rfm_sums sums = {.last_day = NEVER, .last_month = NEVER, .time = NEVER};
    int64_t i = 0;
    TC_ASSERT(lane >= 0 && lane < TC_RFM_LANES);
    if (events->n > INT32_MAX) {
        return tc_fail(err, TC_EDATA, "a customer has %lld events, more than %d",
                       (long long)events->n, INT32_MAX);
    }
    TC_TRY(tc_rfm_orders_start(&scratch->orders, events->n, err));
    forget(scratch);
    for (int d = 0; d < scratch->n_days; d++) {
        const int64_t end = scratch->end[d];
        for (; i < events->n && events->time[i] < end; i++) {
            TC_TRY(add_event(scratch, &sums, events, i, lane, err));
        }
        put_lane(&scratch->at[d], lane, &sums, &scratch->orders, i);
    }
    scratch->has_large |= is_large(&sums, events->n);
    add_totals(&scratch->totals, &sums, events, i);
    return TC_OK;
}
