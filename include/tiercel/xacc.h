/* xacc.h - exact sums of doubles: a fixed-point accumulator of 8 signed 64-bit limbs, 32
 * value bits each. Limbs of any number of accumulators may be added in any order, so the
 * merged sum does not depend on the number of ranks. After R. Neal, "Fast exact summation
 * using small and large superaccumulators", arXiv:1505.05571, cut to the range that we
 * need. Base layer. */
#ifndef TC_XACC_H
#define TC_XACC_H

#include <stdint.h>

/* Value = sum of limb[i] * 2^(32 i - 128). A zeroed struct is the sum 0. The struct is
 * TC_XACC_WORDS int64 words without padding, so it travels in an integer sum. */
typedef struct {
    int64_t limb[8];
    int64_t n_nan, n_plus_inf, n_minus_inf;
    int64_t n_overflow; /* deposits of 2^116 and more: counted as infinities as well */
} tc_xacc;

enum { TC_XACC_WORDS = 12 };

/* Local. Adds v. Exact for 2^-75 <= |v| < 2^116 and for 0; smaller ones lose less than
 * 2^-128 each. At most 2^31 - 1 deposits may meet in one sum before it is normalised. Cost
 * about 5 ns. */
void tc_xacc_add(tc_xacc *acc, double v);

/* Local. acc += other. */
void tc_xacc_merge(tc_xacc *acc, const tc_xacc *other);

/* Local. Brings the limbs to their unique form: limb[0..6] in [0, 2^32), limb[7] signed. */
void tc_xacc_normalise(tc_xacc *acc);

/* Local, pure. The sum, rounded once to the nearest double (ties to even); NaN or an
 * infinity by the rules of IEEE addition. */
double tc_xacc_value(const tc_xacc *acc);

#endif
