/* rfm_snapshot.c - the features of all lanes at a date. A loop a feature over all lanes, also over those that nobody is in:
 * they vectorise. */
#include "rfm_impl.h"

#include "tiercel/date.h"

#include <math.h>
#include <string.h>

enum { FALLING_MAX = 12, N = TC_RFM_LANES };

static const double MONEY = 10000.0; /* units of an amount in the currency */
static const double MISSING = (double)NAN;

#define INLINE static inline __attribute__((always_inline))

typedef double (*values)[TC_RFM_LANES];

/* A number as a double. Below 2^51 it is the last bits of a double near 1.5 2^52, which vectorises on processors that
 * cannot convert vectors of 64 bits; the same value either way. */
INLINE double real_of(int64_t v, int small)
{
    const int64_t bits = (int64_t)((uint64_t)v + 0x4338000000000000u);
    double d;
    if (!small) {
        return (double)v;
    }
    memcpy(&d, &bits, sizeof d);
    return d - 6755399441055744.0;
}

/* From what each window adds to the next shorter one to what it holds. */
INLINE void sum_windows(tc_rfm_at *at)
{
    for (int w = 1; w < TC_RFM_WINDOWS; w++) {
        for (int i = 0; i < N; i++) {
            at->window_net[w][i] += at->window_net[w - 1][i];
        }
        for (int i = 0; i < N; i++) {
            at->window_orders[w][i] += at->window_orders[w - 1][i];
        }
    }
}

/* to = orders of the window `outer` and not of `inner`; inner < 0: all of them. */
INLINE void write_orders(const tc_rfm_at *at, int outer, int inner, double *to)
{
    for (int i = 0; i < N; i++) {
        to[i] = (double)(at->window_orders[outer][i] -
                         (inner >= 0 ? at->window_orders[inner][i] : 0));
    }
}

INLINE void write_net(const tc_rfm_at *at, int outer, int inner, int small, double *to)
{
    for (int i = 0; i < N; i++) {
        const int64_t net =
            at->window_net[outer][i] - (inner >= 0 ? at->window_net[inner][i] : 0);
        to[i] = real_of(net, small) / MONEY;
    }
}

INLINE void write_falling(const tc_rfm_at *at, int small, double *to)
{
    int64_t later[N], falls[N], count[N];
    for (int i = 0; i < N; i++) {
        later[i] = at->window_net[TC_RFM_30][i];
        falls[i] = 1;
        count[i] = 0;
    }
    for (int k = 0; k < FALLING_MAX; k++) {
        /* window k + 1 reaches from 30 (k + 2) to 30 (k + 1) days back */
        const int outer = k + 1 <= TC_RFM_360 ? k + 1 : TC_RFM_390;
        for (int i = 0; i < N; i++) {
            const int64_t before = at->window_net[outer][i] - at->window_net[k][i];
            falls[i] &= later[i] < before;
            count[i] += falls[i];
            later[i] = before;
        }
    }
    for (int i = 0; i < N; i++) {
        to[i] = real_of(count[i], small);
    }
}

INLINE void write_windows(const tc_rfm_at *at, int small, values v)
{
    write_orders(at, TC_RFM_30, -1, v[TC_FEATURE_orders_30d]);
    write_orders(at, TC_RFM_60, TC_RFM_30, v[TC_FEATURE_orders_30d_before]);
    write_orders(at, TC_RFM_90, -1, v[TC_FEATURE_orders_90d]);
    write_orders(at, TC_RFM_180, TC_RFM_90, v[TC_FEATURE_orders_90d_before]);
    write_orders(at, TC_RFM_180, -1, v[TC_FEATURE_orders_180d]);
    write_orders(at, TC_RFM_360, TC_RFM_180, v[TC_FEATURE_orders_180d_before]);
    write_orders(at, TC_RFM_365, -1, v[TC_FEATURE_orders_365d]);
    write_orders(at, TC_RFM_730, TC_RFM_365, v[TC_FEATURE_orders_365d_before]);
    write_net(at, TC_RFM_30, -1, small, v[TC_FEATURE_amount_30d]);
    write_net(at, TC_RFM_60, TC_RFM_30, small, v[TC_FEATURE_amount_30d_before]);
    write_net(at, TC_RFM_90, -1, small, v[TC_FEATURE_amount_90d]);
    write_net(at, TC_RFM_180, TC_RFM_90, small, v[TC_FEATURE_amount_90d_before]);
    write_net(at, TC_RFM_180, -1, small, v[TC_FEATURE_amount_180d]);
    write_net(at, TC_RFM_360, TC_RFM_180, small, v[TC_FEATURE_amount_180d_before]);
    write_net(at, TC_RFM_365, -1, small, v[TC_FEATURE_amount_365d]);
    write_net(at, TC_RFM_730, TC_RFM_365, small, v[TC_FEATURE_amount_365d_before]);
    write_falling(at, small, v[TC_FEATURE_falling_months]);
    for (int i = 0; i < N; i++) {
        const int64_t last = at->window_net[TC_RFM_90][i];
        const int64_t before = at->window_net[TC_RFM_180][i] - last;
        const double ratio = real_of(last, small) / real_of(before, small);
        v[TC_FEATURE_spend_3m_ratio][i] = before > 0 ? ratio : MISSING;
    }
}

/* Codes in a mask but for code 0, which stands for none: bits are added up two, four, eight neighbours at a time. */
INLINE int64_t codes_in(uint64_t mask)
{
    uint64_t x = mask & ~(uint64_t)1;
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
    x += x >> 8;
    x += x >> 16;
    x += x >> 32;
    return (int64_t)(x & 0x7F);
}

INLINE void write_days(const tc_rfm_at *at, int64_t day, int small, values v)
{
    for (int i = 0; i < N; i++) {
        const int bought = at->purchase_days[i] > 0;
        const int64_t first = at->first_day[i], last = at->last_day[i];
        v[TC_FEATURE_recency_days][i] =
            bought ? real_of(day - (bought ? last : 0), small) : MISSING;
        v[TC_FEATURE_tenure_days][i] =
            bought ? real_of(day - (bought ? first : 0), small) : MISSING;
        v[TC_FEATURE_first_to_last_days][i] =
            bought ? real_of((bought ? last : 0) - (bought ? first : 0), small) : MISSING;
    }
    for (int i = 0; i < N; i++) {
        v[TC_FEATURE_purchase_days][i] = real_of(at->purchase_days[i], small);
        v[TC_FEATURE_active_months][i] = real_of(at->months[i], small);
        v[TC_FEATURE_distinct_categories][i] =
            real_of(at->n_categories[i] + codes_in(at->categories[i]), small);
        v[TC_FEATURE_distinct_channels][i] =
            real_of(at->n_channels[i] + codes_in(at->channels[i]), small);
        v[TC_FEATURE_order_count][i] = real_of(at->n_orders[i], small);
    }
}

INLINE void write_money(const tc_rfm_at *at, int small, values v)
{
    for (int i = 0; i < N; i++) {
        const double gross = real_of(at->gross[i], small);
        const double n_orders = real_of(at->n_orders[i], small);
        const double average = gross / (MONEY * n_orders);
        v[TC_FEATURE_net_amount][i] = real_of(at->net[i], small) / MONEY;
        v[TC_FEATURE_gross_amount][i] = gross / MONEY;
        v[TC_FEATURE_average_order][i] = at->n_orders[i] > 0 ? average : MISSING;
    }
    for (int i = 0; i < N; i++) {
        const double gross = real_of(at->gross[i], small);
        const double rate = real_of(at->gross[i] - at->net[i], small) / gross;
        const double share = real_of(at->largest_order[i], small) / gross;
        v[TC_FEATURE_return_rate][i] = at->gross[i] > 0 ? rate : MISSING;
        v[TC_FEATURE_largest_order_share][i] = at->gross[i] > 0 ? share : MISSING;
    }
    for (int i = 0; i < N; i++) {
        const double repeated = real_of(at->gross[i] - at->gross_first_day[i], small);
        const double mean = repeated / (MONEY * real_of(at->purchase_days[i] - 1, small));
        v[TC_FEATURE_repeat_day_amount][i] = at->purchase_days[i] > 1 ? mean : 0.0;
    }
}

/* Mean and variation of the gaps between orders. */
INLINE void write_gaps(const tc_rfm_at *at, int small, values v)
{
    for (int i = 0; i < N; i++) {
        const int64_t m = at->n_orders[i] - 1, span = at->span[i];
        const double mean =
            real_of(span, small) / (real_of(m, small) * (double)TC_DAY_SECONDS);
        const double ratio = v[TC_FEATURE_recency_days][i] / mean;
        const double variation = sqrt(at->spread[i]) / real_of(span, small);
        v[TC_FEATURE_gap_mean_days][i] = m >= 1 ? mean : MISSING;
        v[TC_FEATURE_recency_gap_ratio][i] = m >= 1 && span > 0 ? ratio : MISSING;
        v[TC_FEATURE_gap_cv][i] = m > 1 && span > 0 ? variation : MISSING;
    }
}

/* Who has no event before the date has no features. */
INLINE void clear_empty(const tc_rfm_at *at, values v)
{
    int64_t n_empty = 0;
    for (int i = 0; i < N; i++) {
        n_empty += at->n_events[i] == 0;
    }
    if (n_empty == 0) {
        return;
    }
    for (int f = 0; f < TC_N_FEATURES; f++) {
        for (int i = 0; i < N; i++) {
            v[f][i] = at->n_events[i] > 0 ? v[f][i] : MISSING;
        }
    }
}

INLINE void snapshot(tc_rfm_at *at, int64_t day, int small, values v)
{
    sum_windows(at);
    write_windows(at, small, v);
    write_days(at, day, small, v);
    write_money(at, small, v);
    write_gaps(at, small, v);
    clear_empty(at, v);
}

static void snapshot_plain(tc_rfm_at *at, int64_t day, values v)
{
    snapshot(at, day, 0, v);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void snapshot_avx2(tc_rfm_at *at, int64_t day,
                                                          values v)
{
    snapshot(at, day, 1, v);
}
#endif

/* The same bits on any processor; only the speed differs. */
void tc_rfm_snapshot(tc_rfm_scratch *scratch, int date)
{
    tc_rfm_at *at = &scratch->at[date];
#if defined(__x86_64__)
    if (!scratch->has_large && __builtin_cpu_supports("avx2")) {
        snapshot_avx2(at, scratch->day[date], scratch->value);
        return;
    }
#endif
    snapshot_plain(at, scratch->day[date], scratch->value);
}
