#include "tiercel/xacc.h"

#include "tiercel/wide.h"

#include <math.h>
#include <string.h>

static const uint64_t LOW32 = 0xFFFFFFFFu;

void tc_xacc_add(tc_xacc *acc, double v)
{
    uint64_t bits, m;
    tc_u128 wide;
    int64_t sign;
    int exponent, shift, i;
    memcpy(&bits, &v, sizeof bits);
    exponent = (int)((bits >> 52) & 0x7FF);
    m = bits & 0xFFFFFFFFFFFFFu;
    sign = (int64_t)(bits >> 63) != 0 ? -1 : 1;
    if (exponent == 0x7FF) {
        acc->n_nan += m != 0;
        acc->n_plus_inf += m == 0 && sign > 0;
        acc->n_minus_inf += m == 0 && sign < 0;
        return;
    }
    if (exponent >= 1023 + 116) {
        acc->n_overflow++;
        acc->n_plus_inf += sign > 0;
        acc->n_minus_inf += sign < 0;
        return;
    }
    m |= exponent != 0 ? (uint64_t)1 << 52 : 0;
    exponent += exponent == 0;
    shift = exponent - 947; /* position of the lowest bit above 2^-128 */
    if (shift < 0) {
        m = -shift > 52 ? 0 : m >> -shift;
        shift = 0;
    }
    wide = (tc_u128)m << (shift % 32);
    i = shift / 32;
    acc->limb[i] += sign * (int64_t)((uint64_t)wide & LOW32);
    if (i + 1 < 8) {
        acc->limb[i + 1] += sign * (int64_t)((uint64_t)(wide >> 32) & LOW32);
    }
    if (i + 2 < 8) {
        acc->limb[i + 2] += sign * (int64_t)(uint64_t)(wide >> 64);
    }
}

void tc_xacc_merge(tc_xacc *acc, const tc_xacc *other)
{
    for (int i = 0; i < 8; i++) {
        acc->limb[i] += other->limb[i];
    }
    acc->n_nan += other->n_nan;
    acc->n_plus_inf += other->n_plus_inf;
    acc->n_minus_inf += other->n_minus_inf;
    acc->n_overflow += other->n_overflow;
}

void tc_xacc_normalise(tc_xacc *acc)
{
    for (int i = 0; i < 7; i++) {
        const int64_t low = (int64_t)((uint64_t)acc->limb[i] & LOW32);
        const int64_t carry = (acc->limb[i] - low) / ((int64_t)1 << 32);
        acc->limb[i] = low;
        acc->limb[i + 1] += carry;
    }
}

/* Rounds the 128-bit window to 53 bits, ties to even; sticky says that something non-zero
 * lies below. */
static double round_window(tc_u128 window, int sticky, int scale)
{
    const uint64_t high = (uint64_t)(window >> 64);
    const int length = high != 0 ? 128 - __builtin_clzll(high)
                                 : 64 - __builtin_clzll((uint64_t)window | 1u);
    const int drop = length - 53;
    tc_u128 kept, rest, half;
    if (drop <= 0) {
        return ldexp((double)(uint64_t)window, scale); /* at most 53 bits, nothing below */
    }
    kept = window >> drop;
    rest = window & (((tc_u128)1 << drop) - 1);
    half = (tc_u128)1 << (drop - 1);
    if (rest > half || (rest == half && (sticky || (kept & 1) != 0))) {
        kept++;
    }
    return ldexp((double)(uint64_t)kept, scale + drop);
}

double tc_xacc_value(const tc_xacc *acc)
{
    tc_xacc sum = *acc;
    tc_u128 window = 0;
    int top = 7, sticky = 0, bottom;
    double sign = 1.0;
    if (sum.n_nan > 0 || (sum.n_plus_inf > 0 && sum.n_minus_inf > 0)) {
        return (double)NAN;
    }
    if (sum.n_plus_inf > 0 || sum.n_minus_inf > 0) {
        return sum.n_minus_inf > 0 ? -(double)INFINITY : (double)INFINITY;
    }
    tc_xacc_normalise(&sum);
    if (sum.limb[7] < 0) {
        sign = -1.0;
        for (int i = 0; i < 8; i++) {
            sum.limb[i] = -sum.limb[i];
        }
        tc_xacc_normalise(&sum);
    }
    while (top > 0 && sum.limb[top] == 0) {
        top--;
    }
    bottom = top >= 2 ? top - 2 : 0;
    for (int i = top; i >= bottom; i--) {
        window = (window << 32) | (uint64_t)sum.limb[i];
    }
    for (int i = 0; i < bottom; i++) {
        sticky |= sum.limb[i] != 0;
    }
    return sign * round_window(window, sticky, 32 * bottom - 128);
}
