#include "tiercel/tiering.h"

#include "tiercel/wide.h"

#include <math.h>
#include <string.h>

/* The largest amount whose ten-thousandths are taken: 2^49 currency units, 2^62.3 units. */
#define TC_AMOUNT_MAX 562949953421312.0

int64_t tc_tiering_ordinal(double value)
{
    if (isnan(value)) {
        return TC_ORDINAL_MISSING;
    }
    const double plus = value + 0.0; /* -0 becomes +0 */
    int64_t bits;
    memcpy(&bits, &plus, sizeof bits);
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

double tc_tiering_value(int64_t ordinal)
{
    if (ordinal == TC_ORDINAL_MISSING || ordinal == INT64_MAX) {
        return (double)NAN;
    }
    const int64_t bits = ordinal < 0 ? ordinal ^ INT64_MAX : ordinal;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void tc_tiering_score5(const int64_t *below, const int64_t *equal, int64_t n, int64_t n_all,
                       uint8_t *score)
{
    for (int64_t i = 0; i < n; i++) {
        const int64_t twice = 2 * below[i] + equal[i] - 1;
        score[i] = (uint8_t)(1 + TC_SCORE_LEVELS * twice / (2 * n_all));
    }
}

void tc_tiering_blend(const int64_t *below, const int64_t *equal, int64_t n, int64_t n_all,
                      double weight, double *blend)
{
    const double whole = 2.0 * (double)n_all;
    for (int64_t i = 0; i < n; i++) {
        blend[i] += weight * ((double)(2 * below[i] + equal[i]) / whole);
    }
}

void tc_tiering_publish(const double *blend, int64_t n, uint16_t *score)
{
    for (int64_t i = 0; i < n; i++) {
        const double cell = floor((double)TC_SCORE_CELLS * blend[i]);
        const double low = cell > 0.0 ? cell : 0.0;
        const double top = (double)(TC_SCORE_CELLS - 1);
        score[i] = (uint16_t)(low < top ? low : top);
    }
}

int tc_tiering_score_by_table(double cut[TC_SCORE_LEVELS][2],
                              const int64_t size[TC_SCORE_LEVELS], int low_is_good,
                              double value)
{
    int lowest = 0;
    for (int e = TC_SCORE_LEVELS; e >= 1; e--) {
        const double *range = cut[e - 1];
        if (size[e - 1] > 0 && (isnan(value) || !isnan(range[0]))) {
            lowest = e;
            if (low_is_good ? value <= range[1] : value >= range[0]) {
                return e;
            }
        }
    }
    return lowest;
}

int tc_tiering_above_median(int64_t below, int64_t n_all)
{
    return below >= (n_all + 1) / 2;
}

/* Names after algorithms.md 8.3 (customer-value types of Chinese CRM practice). */
static const char *const type_name[TC_RFM_TYPES + 1] = {
    "none",
    "important_value",       /* R F M high */
    "important_development", /* R M high */
    "important_keep",        /* F M high */
    "important_winback",     /* M high */
    "general_value",         /* R F high */
    "general_development",   /* R high */
    "general_keep",          /* F high */
    "general_winback",
};

int tc_tiering_type(int r_high, int f_high, int m_high)
{
    return 1 + (m_high ? 0 : 4) + (r_high ? 0 : 2) + (f_high ? 0 : 1);
}

const char *tc_tiering_type_name(int type)
{
    return type_name[type];
}

/* Twice the number of customers wanted in the top tiers together. The small term lifts sums
 * of shares such as 0.1 + 0.2 back over the half customer that they stand for. */
static int64_t quota_halves(int64_t n, double share)
{
    return (int64_t)floor(2.0 * (double)n * share + 1e-3);
}

void tc_tiering_cuts(const int64_t hist[TC_SCORE_CELLS], const double *share, int n_tiers,
                     uint32_t *cut)
{
    int64_t n = 0;
    for (int s = 0; s < TC_SCORE_CELLS; s++) {
        n += hist[s];
    }
    int64_t taken = 0;
    uint32_t lowest = TC_SCORE_CELLS; /* lowest score taken so far */
    int s = TC_SCORE_CELLS - 1;       /* next score to look at */
    double above = 0.0;
    for (int t = n_tiers - 1; t > 0; t--) {
        above += share[t];
        const int64_t quota = quota_halves(n, above);
        while (s >= 0 && (taken == 0 || 2 * taken + hist[s] <= quota)) {
            if (hist[s] > 0) {
                taken += hist[s];
                lowest = (uint32_t)s;
            }
            s--;
        }
        cut[t] = lowest;
    }
    cut[0] = 0;
}

void tc_tiering_table(const uint32_t *cut, int n_tiers, uint8_t tier[TC_SCORE_CELLS])
{
    int t = 0;
    for (uint32_t s = 0; s < TC_SCORE_CELLS; s++) {
        while (t < n_tiers && cut[t] <= s) {
            t++;
        }
        tier[s] = (uint8_t)t;
    }
}

uint16_t tc_tiering_to_next(uint16_t score, const uint32_t *cut, int n_tiers, int tier)
{
    /* Without customers above, the next cut may be one past the highest score. */
    const uint32_t gap = tier < n_tiers ? cut[tier] - score : 0;
    return (uint16_t)(gap < TC_SCORE_CELLS ? gap : TC_SCORE_CELLS - 1);
}

uint16_t tc_tiering_to_lower(uint16_t score, const uint32_t *cut, int tier)
{
    const uint32_t floor_of_tier = cut[tier - 1];
    return (uint16_t)(floor_of_tier > 0 ? score - floor_of_tier + 1 : 0);
}

int tc_tiering_units_valid(double amount)
{
    return isnan(amount) || fabs(amount) <= TC_AMOUNT_MAX;
}

int64_t tc_tiering_units(double amount)
{
    return isnan(amount) ? 0 : llround(amount * 1e4);
}

static const int top_permille[TC_CONCENTRATION_TOPS] = {10, 50, 100, 200, 500};

int tc_concentration_permille(int top)
{
    return top_permille[top];
}

static int64_t top_customers(int top, int64_t n_all)
{
    /* Rounded up; split so that no count of customers overflows. */
    const int64_t per = top_permille[top];
    return n_all / 1000 * per + (n_all % 1000 * per + 999) / 1000;
}

void tc_concentration_reset(tc_concentration *partial)
{
    memset(partial, 0, sizeof *partial);
    for (int t = 0; t < TC_CONCENTRATION_TOPS; t++) {
        partial->bound[t] = INT64_MIN;
        partial->bound_above[t] = INT64_MIN;
    }
}

/* A product of rank and amount needs up to 96 bits; its three limbs are summed apart. */
static void add_wide(tc_i128 v, int64_t limb[3])
{
    limb[0] += (int64_t)((tc_u128)v & 0xFFFFFFFFu);
    limb[1] += (int64_t)(((tc_u128)v >> 32) & 0xFFFFFFFFu);
    limb[2] += (int64_t)(v >> 64);
}

static void add_tops(int64_t units, int64_t above, int64_t equal, const int64_t *customers,
                     tc_concentration *partial)
{
    for (int t = 0; t < TC_CONCENTRATION_TOPS; t++) {
        if (above + equal <= customers[t]) {
            partial->word[4 + t] += units;
        } else if (above < customers[t]) {
            partial->bound[t] = units;
            partial->bound_above[t] = above;
        }
    }
}

void tc_concentration_add(const int64_t *units, const int64_t *below, const int64_t *equal,
                          int64_t n, int64_t n_all, tc_concentration *partial)
{
    int64_t customers[TC_CONCENTRATION_TOPS];
    for (int t = 0; t < TC_CONCENTRATION_TOPS; t++) {
        customers[t] = top_customers(t, n_all);
    }
    for (int64_t i = 0; i < n; i++) {
        partial->word[0] += units[i];
        add_wide((tc_i128)(2 * below[i] + equal[i] - n_all) * units[i], partial->word + 1);
        add_tops(units[i], n_all - below[i] - equal[i], equal[i], customers, partial);
    }
}

void tc_concentration_finish(const tc_concentration *merged, int64_t n_all,
                             tc_concentration_result *out)
{
    const int64_t sum = merged->word[0];
    const double total = sum > 0 ? (double)sum : (double)NAN;
    for (int t = 0; t < TC_CONCENTRATION_TOPS; t++) {
        out->customers[t] = top_customers(t, n_all);
        int64_t held = merged->word[4 + t];
        if (merged->bound_above[t] >= 0) {
            held += merged->bound[t] * (out->customers[t] - merged->bound_above[t]);
        }
        out->top[t] = (double)held / total;
    }
    const tc_i128 one = 1;
    const tc_i128 moment = merged->word[1] + merged->word[2] * (one << 32) +
                           merged->word[3] * ((one << 32) * (one << 32));
    out->gini = (double)moment / ((double)n_all * total);
}
