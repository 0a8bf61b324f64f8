#include "rfm_impl.h"

#include "tiercel/date.h"

#include <math.h>

static const double MONEY = 10000.0; /* units of an amount in the currency */
static const double MISSING = (double)NAN;

/* All windows of features end or start so many days before the date. */
enum {
    AT_30 = 0,
    AT_60 = 1,
    AT_90 = 2,
    AT_180 = 5,
    AT_360 = 11,
    AT_365,
    AT_390,
    AT_730,
    N_BACK
};
enum {
    MONTH = 30,
    LAST_MONTH = 360,
    YEAR = 365,
    NEXT_MONTH = 390,
    TWO_YEARS = 730,
    FALLING_MAX = 12
};

/* The shortest window that reaches so many days back, 1 to TWO_YEARS: the windows are 30, 60 .. 360, 365, 390 and 730
 * days long. Without a branch, for ages are random. */
static inline int window_of(int64_t age)
{
    const int months = (int)((uint32_t)(age - 1) / MONTH);
    const int longer = AT_365 + (age > YEAR) + (age > NEXT_MONTH);
    return age <= LAST_MONTH ? months : longer;
}

/* sum[b] = sum of value (or number, if value is NULL) over the items of the last so many days of window b. Days
 * ascend and lie before the date. */
static void sum_back(const int64_t *item_day, const int64_t *value, int64_t n, int64_t day,
                     int64_t sum[N_BACK])
{
    for (int b = 0; b < N_BACK; b++) {
        sum[b] = 0;
    }
    for (int64_t i = n; i > 0 && day - item_day[i - 1] <= TWO_YEARS; i--) {
        sum[window_of(day - item_day[i - 1])] += value != NULL ? value[i - 1] : 1;
    }
    for (int b = 1; b < N_BACK; b++) {
        sum[b] += sum[b - 1];
    }
}

static int64_t falling(const int64_t net[N_BACK])
{
    int64_t later = net[AT_30];
    int k = 0;
    for (; k < FALLING_MAX; k++) {
        /* window k + 1 reaches from 30 (k + 2) to 30 (k + 1) days back */
        const int outer = k + 1 <= AT_360 ? k + 1 : AT_390;
        const int64_t before = net[outer] - net[k];
        if (later >= before) {
            break;
        }
        later = before;
    }
    return k;
}

static void write_windows(const tc_rfm_scratch *s, int64_t day, double *out)
{
    int64_t orders[N_BACK], net[N_BACK];
    sum_back(s->orders.day, NULL, s->orders.n, day, orders);
    sum_back(s->days.day, s->days.net, s->days.n, day, net);
    out[TC_FEATURE_orders_30d] = (double)orders[AT_30];
    out[TC_FEATURE_orders_30d_before] = (double)(orders[AT_60] - orders[AT_30]);
    out[TC_FEATURE_orders_90d] = (double)orders[AT_90];
    out[TC_FEATURE_orders_90d_before] = (double)(orders[AT_180] - orders[AT_90]);
    out[TC_FEATURE_orders_180d] = (double)orders[AT_180];
    out[TC_FEATURE_orders_180d_before] = (double)(orders[AT_360] - orders[AT_180]);
    out[TC_FEATURE_orders_365d] = (double)orders[AT_365];
    out[TC_FEATURE_orders_365d_before] = (double)(orders[AT_730] - orders[AT_365]);
    out[TC_FEATURE_amount_30d] = (double)net[AT_30] / MONEY;
    out[TC_FEATURE_amount_30d_before] = (double)(net[AT_60] - net[AT_30]) / MONEY;
    out[TC_FEATURE_amount_90d] = (double)net[AT_90] / MONEY;
    out[TC_FEATURE_amount_90d_before] = (double)(net[AT_180] - net[AT_90]) / MONEY;
    out[TC_FEATURE_amount_180d] = (double)net[AT_180] / MONEY;
    out[TC_FEATURE_amount_180d_before] = (double)(net[AT_360] - net[AT_180]) / MONEY;
    out[TC_FEATURE_amount_365d] = (double)net[AT_365] / MONEY;
    out[TC_FEATURE_amount_365d_before] = (double)(net[AT_730] - net[AT_365]) / MONEY;
    out[TC_FEATURE_falling_months] = (double)falling(net);
    out[TC_FEATURE_spend_3m_ratio] =
        net[AT_180] > net[AT_90] ? (double)net[AT_90] / (double)(net[AT_180] - net[AT_90])
                                 : MISSING;
}

static int64_t largest_order(const tc_rfm_orders *orders)
{
    int64_t largest = INT64_MIN;
    for (int64_t i = 0; i < orders->n; i++) {
        largest = orders->amount[i] > largest ? orders->amount[i] : largest;
    }
    return largest;
}

static void write_money(const tc_rfm_scratch *s, double *out)
{
    const tc_rfm_sums *sums = &s->sums;
    const double gross = (double)sums->gross;
    const double n_orders = (double)s->orders.n;
    out[TC_FEATURE_order_count] = n_orders;
    out[TC_FEATURE_net_amount] = (double)sums->net / MONEY;
    out[TC_FEATURE_gross_amount] = gross / MONEY;
    out[TC_FEATURE_average_order] = s->orders.n > 0 ? gross / (MONEY * n_orders) : MISSING;
    out[TC_FEATURE_return_rate] = MISSING;
    out[TC_FEATURE_largest_order_share] = MISSING;
    if (sums->gross > 0) {
        out[TC_FEATURE_return_rate] = (double)(sums->gross - sums->net) / gross;
        out[TC_FEATURE_largest_order_share] = (double)largest_order(&s->orders) / gross;
    }
    out[TC_FEATURE_repeat_day_amount] =
        sums->purchase_days > 1 ? (double)(sums->gross - sums->gross_first_day) /
                                      (MONEY * (double)(sums->purchase_days - 1))
                                : 0.0;
}

/* Mean and variation of the gaps. The variance of m gaps with sum S and sum of squares Q is
 * (m Q - S^2) / m^2: an exact integer above, since S < 2^39 seconds and Q <= S^2. */
static void write_gaps(const tc_rfm_scratch *s, double recency, double *out)
{
    const int64_t m = s->orders.n - 1;
    const int64_t span = s->sums.last_order - s->sums.first_order;
    double mean;
    out[TC_FEATURE_gap_mean_days] = MISSING;
    out[TC_FEATURE_gap_cv] = MISSING;
    out[TC_FEATURE_recency_gap_ratio] = MISSING;
    if (m < 1) {
        return;
    }
    mean = (double)span / ((double)m * (double)TC_DAY_SECONDS);
    out[TC_FEATURE_gap_mean_days] = mean;
    if (span > 0) {
        out[TC_FEATURE_recency_gap_ratio] = recency / mean;
    }
    if (span > 0 && m > 1) {
        const tc_i128 spread = m * s->sums.gap_squares - (tc_i128)span * span;
        out[TC_FEATURE_gap_cv] = sqrt((double)spread) / (double)span;
    }
}

void tc_rfm_snapshot(const tc_rfm_scratch *scratch, int64_t day, double *out)
{
    const tc_rfm_sums *sums = &scratch->sums;
    const int bought = sums->purchase_days > 0;
    if (scratch->days.n == 0) {
        for (int f = 0; f < TC_N_FEATURES; f++) {
            out[f] = MISSING;
        }
        return;
    }
    out[TC_FEATURE_recency_days] = bought ? (double)(day - sums->last_day) : MISSING;
    out[TC_FEATURE_tenure_days] = bought ? (double)(day - sums->first_day) : MISSING;
    out[TC_FEATURE_first_to_last_days] =
        bought ? (double)(sums->last_day - sums->first_day) : MISSING;
    out[TC_FEATURE_purchase_days] = (double)sums->purchase_days;
    out[TC_FEATURE_active_months] = (double)sums->months;
    out[TC_FEATURE_distinct_categories] = (double)sums->n_categories;
    out[TC_FEATURE_distinct_channels] = (double)sums->n_channels;
    write_money(scratch, out);
    write_gaps(scratch, out[TC_FEATURE_recency_days], out);
    write_windows(scratch, day, out);
}
