#include "tiercel/rfm.h"

#include "rfm_impl.h"
#include "tiercel/date.h"

#include <string.h>

enum {
    FIRST_DAYS = 64,
    MONTHS_LIMIT = 4000000 /* days in the years 1 to 9999 and some */
};

/* Months of all days of the range, so that no civil date is computed in the loop. */
static tc_status create_months(tc_rfm_scratch *scratch, const tc_rfm_limits *limits,
                               tc_error *err)
{
    int64_t n = 0;
    if (limits->day_first <= limits->day_last &&
        limits->day_last - limits->day_first < MONTHS_LIMIT) {
        n = limits->day_last - limits->day_first + 1;
    }
    scratch->month = tc_mem_alloc(n, sizeof *scratch->month, err);
    if (scratch->month == NULL) {
        return TC_ENOMEM;
    }
    scratch->month_day0 = limits->day_first;
    scratch->n_months = n;
    for (int64_t i = 0; i < n; i++) {
        scratch->month[i] = (int32_t)tc_date_month_of_day(limits->day_first + i);
    }
    return TC_OK;
}

tc_status tc_rfm_scratch_create(const tc_rfm_limits *limits, tc_rfm_scratch **out,
                                tc_error *err)
{
    tc_rfm_scratch *s = tc_mem_alloc(1, sizeof *s, err);
    *out = NULL;
    if (s == NULL) {
        return TC_ENOMEM;
    }
    s->n_channels = limits->n_channels;
    s->n_categories = limits->n_categories;
    s->channel_seen = tc_mem_alloc(limits->n_channels, sizeof *s->channel_seen, err);
    s->category_seen = tc_mem_alloc(limits->n_categories, sizeof *s->category_seen, err);
    if (s->channel_seen == NULL || s->category_seen == NULL ||
        create_months(s, limits, err) != TC_OK) {
        tc_rfm_scratch_destroy(&s);
        return TC_ENOMEM;
    }
    *out = s;
    return TC_OK;
}

void tc_rfm_scratch_destroy(tc_rfm_scratch **scratch)
{
    tc_rfm_scratch *s = *scratch;
    if (s == NULL) {
        return;
    }
    tc_rfm_orders_free(&s->orders);
    tc_mem_free(s->days.day);
    tc_mem_free(s->days.net);
    tc_mem_free(s->channel_seen);
    tc_mem_free(s->category_seen);
    tc_mem_free(s->month);
    tc_mem_free(s);
    *scratch = NULL;
}

static void reset(tc_rfm_scratch *s)
{
    s->sums = (tc_rfm_sums){0};
    tc_rfm_orders_reset(&s->orders);
    s->days.n = 0;
    s->days.end = INT64_MIN;
    s->stamp++;
    if (s->stamp == 0) { /* after 2^32 customers the old stamps would come again */
        memset(s->channel_seen, 0, (size_t)s->n_channels * sizeof *s->channel_seen);
        memset(s->category_seen, 0, (size_t)s->n_categories * sizeof *s->category_seen);
        s->stamp = 1;
    }
}

static tc_status add_day(tc_rfm_days *days, int64_t day, tc_error *err)
{
    if (days->n == days->capacity) {
        const int64_t capacity = days->capacity > 0 ? 2 * days->capacity : FIRST_DAYS;
        int64_t *grown = tc_mem_resize(days->day, capacity, sizeof *grown, err);
        if (grown == NULL) {
            return TC_ENOMEM;
        }
        days->day = grown;
        grown = tc_mem_resize(days->net, capacity, sizeof *grown, err);
        if (grown == NULL) {
            return TC_ENOMEM;
        }
        days->net = grown;
        days->capacity = capacity;
    }
    days->day[days->n] = day;
    days->net[days->n] = 0;
    days->end = (day + 1) * TC_DAY_SECONDS;
    days->n++;
    return TC_OK;
}

static int64_t month_of(const tc_rfm_scratch *s, int64_t day)
{
    const int64_t i = day - s->month_day0;
    return i >= 0 && i < s->n_months ? s->month[i] : tc_date_month_of_day(day);
}

static void add_purchase_day(tc_rfm_scratch *s, int64_t day)
{
    tc_rfm_sums *sums = &s->sums;
    const int64_t month = month_of(s, day);
    if (sums->purchase_days == 0) {
        sums->first_day = day;
    }
    if (sums->purchase_days == 0 || month != sums->last_month) {
        sums->months++;
        sums->last_month = month;
    }
    sums->last_day = day;
    sums->purchase_days++;
}

static tc_status add_codes(tc_rfm_scratch *s, int64_t channel, int64_t category,
                           tc_error *err)
{
    if (channel >= s->n_channels || category >= s->n_categories) {
        return tc_fail(err, TC_EDATA,
                       "events.h5: a channel or category code lies beyond its dictionary; "
                       "the file is damaged: delete it and run ingest again");
    }
    if (channel > 0 && s->channel_seen[channel] != s->stamp) {
        s->channel_seen[channel] = s->stamp;
        s->sums.n_channels++;
    }
    if (category > 0 && s->category_seen[category] != s->stamp) {
        s->category_seen[category] = s->stamp;
        s->sums.n_categories++;
    }
    return TC_OK;
}

static void add_gap(tc_rfm_sums *sums, int64_t n_orders, int64_t time)
{
    if (n_orders == 1) {
        sums->first_order = time;
    } else {
        const int64_t gap = time - sums->last_order;
        sums->gap_squares += (tc_i128)gap * gap;
    }
    sums->last_order = time;
}

static tc_status add_purchase(tc_rfm_scratch *s, const tc_rfm_events *events, int64_t i,
                              tc_error *err)
{
    const int64_t day = s->days.day[s->days.n - 1];
    tc_rfm_sums *sums = &s->sums;
    int64_t number;
    int is_new;
    if (sums->purchase_days == 0 || day != sums->last_day) {
        add_purchase_day(s, day);
    }
    sums->gross += events->amount[i];
    sums->gross_first_day += sums->purchase_days == 1 ? events->amount[i] : 0;
    TC_TRY(add_codes(s, events->channel[i], events->category[i], err));
    TC_TRY(tc_rfm_orders_find(&s->orders, events->order[i], day, &number, &is_new, err));
    s->orders.amount[number] += events->amount[i];
    if (is_new) {
        add_gap(sums, s->orders.n, events->time[i]);
    }
    return TC_OK;
}

static tc_status add_event(tc_rfm_scratch *s, const tc_rfm_events *events, int64_t i,
                           tc_error *err)
{
    const int64_t time = events->time[i];
    if (i > 0 && time < events->time[i - 1]) {
        return tc_fail(err, TC_EDATA,
                       "events.h5: the events of a customer are not in the order of time; "
                       "the file is damaged: delete it and run ingest again");
    }
    if (time >= s->days.end) {
        TC_TRY(add_day(&s->days, tc_date_day_of(time), err));
    }
    s->days.net[s->days.n - 1] += events->amount[i];
    s->sums.net += events->amount[i];
    return events->kind[i] == TC_KIND_PURCHASE ? add_purchase(s, events, i, err) : TC_OK;
}

tc_status tc_rfm_customer(const tc_rfm_events *events, const int64_t *day, int n_days,
                          tc_rfm_scratch *scratch, double *out, tc_error *err)
{
    int64_t i = 0;
    reset(scratch);
    for (int d = 0; d < n_days; d++) {
        const int64_t end = day[d] * TC_DAY_SECONDS;
        for (; i < events->n && events->time[i] < end; i++) {
            TC_TRY(add_event(scratch, events, i, err));
        }
        tc_rfm_snapshot(scratch, day[d], out + (int64_t)d * TC_N_FEATURES);
    }
    return TC_OK;
}
