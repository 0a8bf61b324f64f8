/* Random numbers: golden numbers, computed once by other code, so that a change of the
 * generator cannot pass unseen; range, bias and independence with fixed seeds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tiercel/rng.h"

static void golden_numbers(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed, purpose, item, key, next[3];
    } golden[] = {{0,
                   0,
                   0,
                   0x426471e6b6f268f9,
                   {0x1aac9ceca4ad01bf, 0xa22f0dc9ebb9ac29, 0xf7f065b421689632}},
                  {1,
                   2,
                   3,
                   0xa9e27b40d3dcf3ad,
                   {0xe45cbac01e09c649, 0x41aed4852e98337e, 0xabddd2e064f1d2e9}},
                  {UINT64_MAX,
                   7,
                   42,
                   0x053ae6da3ffbc1f4,
                   {0xbd9772244722c9ad, 0x751b888e38df9d2f, 0x372ec94248c7dc3f}}};
    for (int g = 0; g < 3; g++) {
        tc_rng rng = tc_rng_stream(golden[g].seed, golden[g].purpose, golden[g].item);
        assert_true(rng.key == golden[g].key);
        for (int i = 0; i < 3; i++) {
            assert_true(tc_rng_next(&rng) == golden[g].next[i]);
        }
    }
}

static void golden_uniform_and_below(void **state)
{
    (void)state;
    static const uint64_t below[] = {8, 2, 6, 2, 8, 8, 6, 0, 6, 3, 1, 7, 5, 4, 7, 5};
    tc_rng rng = tc_rng_stream(1, 2, 3);
    /* (0xe45cbac01e09c 2 + 1) 2^-53 */
    assert_true(tc_rng_uniform(&rng) == 0x1.c8b975803c139p-1);
    assert_true(tc_rng_uniform(&rng) == 0x1.06bb5214ba60ep-2);
    rng = tc_rng_stream(1, 2, 3);
    for (int i = 0; i < 16; i++) {
        assert_true(tc_rng_below(&rng, 10) == below[i]);
    }
    rng = tc_rng_stream(1, 2, 3); /* n above 2^63: nearly every second draw is rejected */
    assert_true(tc_rng_below(&rng, ((uint64_t)1 << 63) + 1) == 2006221510328591480u);
    assert_true(tc_rng_below(&rng, ((uint64_t)1 << 63) + 1) == 7768126775413372710u);
}

static void uniform_is_open_at_both_ends(void **state)
{
    (void)state;
    tc_rng rng = tc_rng_stream(5, 1, 1);
    double low = 1.0, high = 0.0, sum = 0.0, squares = 0.0;
    const int n = 1000000;
    assert_true(tc_rng_unit(0) == 0x1p-53);
    assert_true(tc_rng_unit(UINT64_MAX) == 1.0 - 0x1p-53);
    for (int i = 0; i < n; i++) {
        const double u = tc_rng_uniform(&rng);
        low = u < low ? u : low;
        high = u > high ? u : high;
        sum += u;
        squares += u * u;
    }
    assert_true(low > 0.0 && low < 1e-5 && high < 1.0 && high > 1.0 - 1e-5);
    assert_true(fabs(sum / n - 0.5) < 4.0 * sqrt(1.0 / 12.0 / n));
    assert_true(fabs(squares / n - 1.0 / 3.0) < 4.0 * sqrt(4.0 / 45.0 / n));
}

/* Chi-square of n cells against the bound mean + 4 standard deviations. */
static void assert_even(const int64_t *count, int cells, int64_t draws)
{
    const double wanted = (double)draws / cells;
    double chi = 0.0;
    for (int c = 0; c < cells; c++) {
        chi += ((double)count[c] - wanted) * ((double)count[c] - wanted) / wanted;
    }
    assert_true(chi < (cells - 1) + 4.0 * sqrt(2.0 * (cells - 1)) + 4.0);
}

static void below_has_no_bias(void **state)
{
    (void)state;
    static const int sides[] = {1, 2, 3, 6, 7, 10, 37, 100};
    for (size_t k = 0; k < sizeof sides / sizeof *sides; k++) {
        tc_rng rng = tc_rng_stream(7, 1, k);
        int64_t count[100] = {0};
        for (int i = 0; i < 200000; i++) {
            const uint64_t v = tc_rng_below(&rng, (uint64_t)sides[k]);
            assert_true(v < (uint64_t)sides[k]);
            count[v]++;
        }
        assert_even(count, sides[k], 200000);
    }
}

/* n = 3 2^62: without rejection the thirds of the range would have weights 2:1:1. */
static void below_rejects_for_large_n(void **state)
{
    (void)state;
    const uint64_t third = (uint64_t)1 << 62;
    tc_rng rng = tc_rng_stream(8, 1, 1);
    int64_t count[3] = {0};
    for (int i = 0; i < 60000; i++) {
        count[tc_rng_below(&rng, 3 * third) / third]++;
    }
    assert_even(count, 3, 60000);
}

/* Neighbouring seeds, purposes and items: first numbers fill the cells evenly, and bits of
 * neighbours agree in half of the cases. */
static void streams_are_unrelated(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        int64_t count[64] = {0}, equal_bits = 0;
        uint64_t last = 0;
        for (uint64_t i = 0; i < 64000; i++) {
            tc_rng rng =
                tc_rng_stream(which == 0 ? i : 1, which == 1 ? i : 1, which == 2 ? i : 1);
            const uint64_t v = tc_rng_next(&rng);
            count[v >> 58]++;
            equal_bits += 64 - __builtin_popcountll(v ^ last);
            last = v;
        }
        assert_even(count, 64, 64000);
        assert_true(fabs((double)equal_bits / (64.0 * 64000.0) - 0.5) < 0.001);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_numbers),
        cmocka_unit_test(golden_uniform_and_below),
        cmocka_unit_test(uniform_is_open_at_both_ends),
        cmocka_unit_test(below_has_no_bias),
        cmocka_unit_test(below_rejects_for_large_n),
        cmocka_unit_test(streams_are_unrelated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
