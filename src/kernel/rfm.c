#include "tiercel/rfm.h"

#include "rfm_impl.h"
#include "tiercel/catalogue.h"
#include "tiercel/date.h"

#include <string.h>

enum { TABLE_DAYS_MOST = 36525 };

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
    s->has_masks =
        s->n_channels <= TC_RFM_MASK_CODES && s->n_categories <= TC_RFM_MASK_CODES;
    s->day_first = limits->day_first;
    if (s->channel_seen == NULL || s->category_seen == NULL) {
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
    tc_mem_free(s->channel_seen);
    tc_mem_free(s->category_seen);
    tc_mem_free(s->table);
    tc_mem_free(s);
    *scratch = NULL;
}

/* The shortest window that reaches back to a day; TC_RFM_NO_WINDOW if none does, or the day is not before the date. */
static int window_of(int64_t age)
{
    if (age < 1 || age > TC_RFM_WINDOWS_DAYS) {
        return TC_RFM_NO_WINDOW;
    }
    if (age <= (int64_t)(TC_RFM_360 + 1) * TC_RFM_MONTH) {
        return (int)((age - 1) / TC_RFM_MONTH);
    }
    return age <= 365 ? TC_RFM_365 : age <= 390 ? TC_RFM_390 : TC_RFM_730;
}

static void clear_lanes(tc_rfm_scratch *s)
{
    s->has_large = 0;
    for (int d = 0; d < TC_RFM_DATES; d++) {
        memset(s->at[d].window_net, 0, sizeof s->at[d].window_net);
        memset(s->at[d].window_orders, 0, sizeof s->at[d].window_orders);
    }
}

/* Days from the first event on, and as far back as windows reach; at most those of a hundred years. */
static tc_status make_table(tc_rfm_scratch *s, tc_error *err)
{
    const int64_t end = s->day[s->n_days - 1];
    const int64_t windows = s->day[0] - TC_RFM_WINDOWS_DAYS - 1;
    const int64_t first = s->day_first < windows ? s->day_first : windows;
    const int64_t day0 = end - first > TABLE_DAYS_MOST ? end - TABLE_DAYS_MOST : first;
    const int64_t n = end - day0, month0 = tc_date_month_of_day(day0);
    tc_rfm_day *table = tc_mem_resize(s->table, n, sizeof *table, err);
    if (table == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        table[i].month = (uint16_t)(tc_date_month_of_day(day0 + i) - month0);
        for (int d = 0; d < TC_RFM_DATES; d++) {
            const int window =
                d < s->n_days ? window_of(s->day[d] - day0 - i) : TC_RFM_NO_WINDOW;
            table[i].window[d] = (uint16_t)(window * TC_RFM_LANES);
        }
    }
    s->table = table;
    s->table_day0 = day0;
    s->n_table = n;
    s->month0 = month0;
    return TC_OK;
}

tc_status tc_rfm_dates(tc_rfm_scratch *scratch, const int64_t *day, int n_days,
                       tc_error *err)
{
    tc_rfm_scratch *s = scratch;
    TC_ASSERT(n_days >= 1 && n_days <= TC_RFM_DATES);
    for (int d = 0; d < n_days; d++) {
        TC_ASSERT(d == 0 || day[d] > day[d - 1]);
        s->day[d] = day[d];
        s->end[d] = day[d] * TC_DAY_SECONDS;
    }
    s->n_days = n_days;
    TC_TRY(make_table(s, err));
    clear_lanes(s);
    return TC_OK;
}

static void turn_wide(double *to, const double *from, int n)
{
    for (int i = 0; i < n; i++) {
        to[i] = from[i];
    }
}

static void turn_narrow(float *to, const double *from, int n)
{
    for (int i = 0; i < n; i++) {
        to[i] = (float)from[i];
    }
}

void tc_rfm_turn(tc_rfm_scratch *scratch, int date, int n, void *const *column, int64_t row)
{
    int n_features;
    const tc_feature_def *def = tc_catalogue(&n_features);
    tc_rfm_snapshot(scratch, date);
    for (int f = 0; f < n_features; f++) {
        if (def[f].is_double) {
            turn_wide((double *)column[f] + row, scratch->value[f], n);
        } else {
            turn_narrow((float *)column[f] + row, scratch->value[f], n);
        }
    }
}

void tc_rfm_labels(const tc_rfm_scratch *scratch, int date, int64_t active_days, int n,
                   int8_t *label, int64_t *later_amount)
{
    const tc_rfm_at *at = &scratch->at[date], *later = &scratch->at[date + 1];
    const int64_t day = scratch->day[date];
    const int64_t first = active_days > 0 ? day - active_days : INT64_MIN;
    TC_ASSERT(date + 1 < scratch->n_days);
    for (int i = 0; i < n; i++) {
        const int active = at->purchase_days[i] > 0 && at->last_day[i] >= first;
        const int stayed = later->last_day[i] >= day; /* if he bought before at all */
        label[i] = (int8_t)(active ? !stayed : -1);
        later_amount[i] = later->net[i] - at->net[i];
    }
}

void tc_rfm_next(tc_rfm_scratch *scratch)
{
    clear_lanes(scratch);
}

tc_rfm_totals tc_rfm_totals_of(const tc_rfm_scratch *scratch)
{
    return scratch->totals;
}

tc_status tc_rfm_customer(const tc_rfm_events *events, const int64_t *day, int n_days,
                          tc_rfm_scratch *scratch, double *out, tc_error *err)
{
    if (n_days == scratch->n_days &&
        memcmp(day, scratch->day, (size_t)n_days * sizeof *day) == 0) {
        clear_lanes(scratch);
    } else {
        TC_TRY(tc_rfm_dates(scratch, day, n_days, err));
    }
    TC_TRY(tc_rfm_add(scratch, events, 0, err));
    for (int d = 0; d < n_days; d++) {
        tc_rfm_snapshot(scratch, d);
        for (int f = 0; f < TC_N_FEATURES; f++) {
            out[(int64_t)d * TC_N_FEATURES + f] = scratch->value[f][0];
        }
    }
    return TC_OK;
}
