/* Exact sums against an independent big integer that holds every finite double: two
 * magnitudes (of the positive and of the negative numbers) in units of 2^-1074. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tiercel/rng.h"
#include "tiercel/xacc.h"

enum { WORDS = 72, BITS = 32 * WORDS, LOWEST = -1074 };

typedef struct {
    uint32_t word[WORDS];
} big;

typedef struct {
    big plus, minus;
} reference;

static int bit_of(const big *b, int bit)
{
    return bit >= 0 && (b->word[bit / 32] >> (bit % 32) & 1u) != 0;
}

static void big_add_bit(big *b, int bit)
{
    int i = bit / 32;
    uint64_t carry = (uint64_t)1 << (bit % 32);
    for (; carry != 0; i++) {
        carry += b->word[i];
        b->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* Adds the bits of v one by one: slow, and unlike the code under test. */
static void reference_add(reference *r, double v)
{
    int exponent;
    const double mantissa = frexp(fabs(v), &exponent);
    uint64_t m = (uint64_t)ldexp(mantissa, 53); /* v = m 2^(exponent - 53) */
    for (int bit = exponent - 53 - LOWEST; m != 0; m >>= 1, bit++) {
        if ((m & 1) != 0) {
            big_add_bit(v < 0 ? &r->minus : &r->plus, bit);
        }
    }
}

/* a - b for a >= b; 0 if a < b. */
static int big_minus(const big *a, const big *b, big *out)
{
    int64_t borrow = 0;
    for (int i = 0; i < WORDS; i++) {
        const int64_t d = (int64_t)a->word[i] - (int64_t)b->word[i] - borrow;
        borrow = d < 0;
        out->word[i] = (uint32_t)(d + (borrow << 32));
    }
    return borrow == 0;
}

static double reference_value(const reference *r)
{
    big rest;
    double sign = 1.0, value = 0.0;
    int top = BITS - 1, low, up, sticky = 0;
    if (!big_minus(&r->plus, &r->minus, &rest)) {
        sign = -1.0;
        (void)big_minus(&r->minus, &r->plus, &rest);
    }
    while (top >= 0 && !bit_of(&rest, top)) {
        top--;
    }
    low = top - 52;
    for (int bit = top; bit >= low; bit--) {
        value = 2.0 * value + bit_of(&rest, bit);
    }
    for (int bit = 0; bit < low - 1; bit++) {
        sticky |= bit_of(&rest, bit);
    }
    up = bit_of(&rest, low - 1) && (sticky || bit_of(&rest, low));
    return sign * ldexp(value + up, low + LOWEST);
}

static double sum_of(const double *v, int n)
{
    tc_xacc acc = {0};
    for (int i = 0; i < n; i++) {
        tc_xacc_add(&acc, v[i]);
    }
    return tc_xacc_value(&acc);
}

static double exact_of(const double *v, int n)
{
    reference r = {0};
    for (int i = 0; i < n; i++) {
        reference_add(&r, v[i]);
    }
    return reference_value(&r);
}

static void assert_same_bits(double a, double b)
{
    assert_memory_equal(&a, &b, sizeof a);
}

/* A random double with `binades` binades from 2^low. */
static double random_double(tc_rng *rng, int low, int binades)
{
    const double m = 1.0 + (double)(tc_rng_next(rng) >> 12) * 0x1p-52;
    const int e = low + (int)tc_rng_below(rng, (uint64_t)binades);
    return ldexp((tc_rng_next(rng) & 1) != 0 ? m : -m, e);
}

static void sums_over_180_binades_are_exact(void **state)
{
    (void)state;
    tc_rng rng = tc_rng_stream(1, 1, 1);
    double v[200];
    for (int round = 0; round < 200; round++) {
        const int n = 1 + (int)tc_rng_below(&rng, 200);
        for (int i = 0; i < n; i++) {
            v[i] = random_double(&rng, -70, 180);
        }
        assert_same_bits(sum_of(v, n), exact_of(v, n));
    }
}

static void narrow_sums_are_exact(void **state)
{
    (void)state;
    tc_rng rng = tc_rng_stream(1, 1, 2);
    double v[64];
    for (int low = -75; low <= 110; low++) {
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < 64; i++) {
                v[i] = random_double(&rng, low, 5);
            }
            assert_same_bits(sum_of(v, 64), exact_of(v, 64));
        }
    }
}

enum { N_SPLIT = 20000, N_PARTS = 7 };

/* Any order, any split over accumulators, some of them brought to normal form: same bits.
 */
static void order_and_split_do_not_matter(void **state)
{
    (void)state;
    tc_rng rng = tc_rng_stream(1, 1, 3);
    double *v = calloc(N_SPLIT, sizeof *v);
    double wanted;
    assert_non_null(v);
    for (int i = 0; i < N_SPLIT; i++) {
        v[i] = random_double(&rng, -70, 180);
    }
    wanted = exact_of(v, N_SPLIT);
    for (int round = 0; round < 5; round++) {
        tc_xacc part[N_PARTS], all = {0};
        memset(part, 0, sizeof part);
        for (int i = N_SPLIT - 1; i > 0; i--) {
            const int j = (int)tc_rng_below(&rng, (uint64_t)i + 1);
            const double swap = v[i];
            v[i] = v[j];
            v[j] = swap;
        }
        for (int i = 0; i < N_SPLIT; i++) {
            tc_xacc_add(&part[tc_rng_below(&rng, N_PARTS)], v[i]);
        }
        for (int p = 0; p < N_PARTS; p++) {
            if (p % 2 == round % 2) {
                tc_xacc_normalise(&part[p]);
            }
            tc_xacc_merge(&all, &part[p]);
        }
        assert_same_bits(tc_xacc_value(&all), wanted);
    }
    free(v);
}

static void normal_form_is_unique(void **state)
{
    (void)state;
    tc_rng rng = tc_rng_stream(1, 1, 4);
    tc_xacc up = {0}, down = {0}, again;
    double v[100];
    for (int i = 0; i < 100; i++) {
        v[i] = random_double(&rng, -70, 180);
    }
    for (int i = 0; i < 100; i++) {
        tc_xacc_add(&up, v[i]);
        tc_xacc_add(&down, v[99 - i]);
        tc_xacc_normalise(&down);
    }
    tc_xacc_normalise(&up);
    assert_memory_equal(&up, &down, sizeof up);
    for (int i = 0; i < 7; i++) {
        assert_true(up.limb[i] >= 0 && up.limb[i] < (int64_t)1 << 32);
    }
    again = up;
    tc_xacc_normalise(&again);
    assert_memory_equal(&up, &again, sizeof up);
    assert_int_equal(sizeof up, TC_XACC_WORDS * sizeof(int64_t));
}

static void cancellation_leaves_the_small_part(void **state)
{
    (void)state;
    tc_rng rng = tc_rng_stream(1, 1, 5);
    const double three[] = {0x1p115, 1e-9, -0x1p115};
    tc_xacc acc = {0};
    assert_same_bits(sum_of(three, 3), 1e-9);
    for (int i = 0; i < 1000; i++) {
        const double v = random_double(&rng, -75, 190);
        tc_xacc_add(&acc, v);
        tc_xacc_add(&acc, -v);
    }
    assert_same_bits(tc_xacc_value(&acc), 0.0); /* and not -0 */
    tc_xacc_add(&acc, -0x1.23456789abcdep-75);
    assert_same_bits(tc_xacc_value(&acc), -0x1.23456789abcdep-75);
}

static void ties_go_to_even_and_sticky_decides(void **state)
{
    (void)state;
    for (int e = -20; e <= 110; e++) {
        const double one = ldexp(1.0, e), ulp = ldexp(1.0, e - 52), half = ulp / 2;
        const double least = 0x1p-120;
        const double tie_even[] = {one, half}, tie_odd[] = {one + ulp, half};
        const double above[] = {one, half, least}, below[] = {one + ulp, half, -least};
        const double minus[] = {-one, -half, -least}, round_up[] = {2 * one - ulp, half};
        assert_same_bits(sum_of(tie_even, 2), one);
        assert_same_bits(sum_of(tie_odd, 2), one + 2 * ulp);
        assert_same_bits(sum_of(above, 3), one + ulp);
        assert_same_bits(sum_of(below, 3), one + ulp);
        assert_same_bits(sum_of(minus, 3), -one - ulp);
        assert_same_bits(sum_of(round_up, 2), 2 * one);
    }
}

static void tiny_numbers_lose_less_than_the_quantum(void **state)
{
    (void)state;
    const double lost[] = {5e-324, -5e-324, 0x1p-1022, 0x1.8p-129, 0.0, -0.0};
    tc_xacc acc = {0};
    double error;
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        tc_xacc_add(&acc, lost[i]);
    }
    assert_same_bits(tc_xacc_value(&acc), 0.0);
    tc_xacc_add(&acc, 0x1p-128);
    assert_same_bits(tc_xacc_value(&acc), 0x1p-128);
    acc = (tc_xacc){0};
    tc_xacc_add(&acc, 0x1.fffffffffffffp-100);
    error = 0x1.fffffffffffffp-100 - tc_xacc_value(&acc);
    assert_true(error > 0 && error < 0x1p-128);
    acc = (tc_xacc){0};
    tc_xacc_add(&acc, -0x1.fffffffffffffp-75); /* the smallest binade without loss */
    assert_same_bits(tc_xacc_value(&acc), -0x1.fffffffffffffp-75);
}

static void infinities_nan_and_overflow(void **state)
{
    (void)state;
    const double inf = (double)INFINITY, nan = (double)NAN;
    const double plus[] = {1.0, inf, inf}, minus[] = {-inf, 5.0}, both[] = {inf, -inf};
    const double one_nan[] = {1.0, nan, inf}, large[] = {0x1p116, 1.0};
    const double small[] = {-0x1p116, 1e300, -1e300}, low[] = {-0x1p116, 0x1p115};
    const double fits[] = {0x1.fffffffffffffp115, 0.0};
    tc_xacc acc = {0}, other = {0};
    assert_same_bits(sum_of(plus, 3), inf);
    assert_same_bits(sum_of(minus, 2), -inf);
    assert_true(isnan(sum_of(both, 2)));
    assert_true(isnan(sum_of(one_nan, 3)));
    assert_same_bits(sum_of(large, 2), inf);
    assert_same_bits(sum_of(low, 2), -inf);
    assert_true(isnan(sum_of(small, 3)));
    assert_same_bits(sum_of(fits, 2), 0x1.fffffffffffffp115);
    tc_xacc_add(&acc, -0x1p116);
    assert_int_equal(acc.n_overflow, 1);
    tc_xacc_add(&other, inf);
    tc_xacc_merge(&acc, &other);
    assert_true(isnan(tc_xacc_value(&acc)));
    assert_int_equal(acc.n_overflow, 1);
}

/* The upper limb holds more than 32 bits, so that sums leave the range of a deposit. */
static void upper_limb_carries_large_sums(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        tc_xacc acc = {0};
        for (int i = 0; i < 20000; i++) {
            tc_xacc_add(&acc, sign * 0x1p115);
        }
        assert_same_bits(tc_xacc_value(&acc), sign * 20000.0 * 0x1p115);
        for (int doubling = 0; doubling < 14; doubling++) {
            const tc_xacc same = acc;
            tc_xacc_merge(&acc, &same);
            tc_xacc_normalise(&acc);
        }
        tc_xacc_add(&acc, sign * 0x1p-75);
        assert_same_bits(tc_xacc_value(&acc), sign * 20000.0 * 0x1p129);
    }
}

/* 2^30 deposits meet before the first carry; 2^31 - 1 are allowed. */
static void many_deposits_do_not_overflow(void **state)
{
    (void)state;
    const double v = 0x1.fffffffffffffp31; /* fills the words of two limbs */
    tc_xacc acc = {0};
    tc_xacc_add(&acc, v);
    for (int doubling = 0; doubling < 30; doubling++) {
        const tc_xacc same = acc;
        tc_xacc_merge(&acc, &same);
    }
    assert_same_bits(tc_xacc_value(&acc), v * 0x1p30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_over_180_binades_are_exact),
        cmocka_unit_test(narrow_sums_are_exact),
        cmocka_unit_test(order_and_split_do_not_matter),
        cmocka_unit_test(normal_form_is_unique),
        cmocka_unit_test(cancellation_leaves_the_small_part),
        cmocka_unit_test(ties_go_to_even_and_sticky_decides),
        cmocka_unit_test(tiny_numbers_lose_less_than_the_quantum),
        cmocka_unit_test(infinities_nan_and_overflow),
        cmocka_unit_test(upper_limb_carries_large_sums),
        cmocka_unit_test(many_deposits_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
