/* Scores and tiers against their definitions, by brute force on small data, and properties.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tiering_ranks.h"

#include "tiercel/rng.h"
#include "tiercel/tiering.h"

static void ordinal_keeps_order_and_returns(void **state)
{
    (void)state;
    const double v[] = {
        -(double)INFINITY, -1e300, -2.5, -5e-324, 0.0, 5e-324, 1.0, 1.5, 1e300,
        (double)INFINITY};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        assert_true(tc_tiering_value(tc_tiering_ordinal(v[i])) == v[i]);
        assert_true(tc_tiering_ordinal(v[i]) > TC_ORDINAL_MISSING);
        if (i > 0) {
            assert_true(tc_tiering_ordinal(v[i - 1]) < tc_tiering_ordinal(v[i]));
        }
    }
    assert_true(tc_tiering_ordinal(-0.0) == tc_tiering_ordinal(0.0));
    assert_true(tc_tiering_ordinal((double)NAN) == TC_ORDINAL_MISSING);
    assert_true(isnan(tc_tiering_value(TC_ORDINAL_MISSING)));
    assert_true(isnan(tc_tiering_value(INT64_MAX)));
}

static void scores_of_distinct_values_are_fifths(void **state)
{
    (void)state;
    for (int n = 1; n <= 60; n++) {
        int64_t below[60], equal[60], size[6] = {0};
        uint8_t score[60];
        for (int i = 0; i < n; i++) {
            below[i] = i;
            equal[i] = 1;
        }
        tc_tiering_score5(below, equal, n, n, score);
        for (int i = 0; i < n; i++) {
            assert_int_equal(score[i], 1 + 5 * i / n);
            size[score[i]]++;
        }
        for (int s = 1; s <= 5; s++) {
            assert_in_range(size[s], n / 5, (n + 4) / 5);
        }
    }
}

static void scores_of_ties_by_midrank(void **state)
{
    (void)state;
    /* 6 of 10 have one order: midrank 2.5, so all get 1 + floor(1.25) = 2; then 6.5, 8, 9.
     */
    const double v[10] = {1, 1, 1, 1, 1, 1, 2, 2, 3, 9};
    const uint8_t expected[10] = {2, 2, 2, 2, 2, 2, 4, 4, 5, 5};
    int64_t below[10], equal[10];
    uint8_t score[10];
    ranks_of(v, 10, below, equal);
    tc_tiering_score5(below, equal, 10, 10, score);
    assert_memory_equal(score, expected, 10);
    const double same[3] = {7, 7, 7};
    ranks_of(same, 3, below, equal);
    tc_tiering_score5(below, equal, 3, 3, score);
    assert_int_equal(score[0], 2); /* midrank 1 of 3: 1 + floor(5 / 3) */
    /* No overflow at 10^12 customers, all equal but one. */
    const int64_t n = INT64_C(1000000000000), big_below[2] = {0, n - 1},
                  big_equal[2] = {n - 1, 1};
    tc_tiering_score5(big_below, big_equal, 2, n, score);
    assert_int_equal(score[0], 3);
    assert_int_equal(score[1], 5);
}

static void composite_of_extremes(void **state)
{
    (void)state;
    double blend[4] = {0};
    uint16_t score[4];
    const int64_t below[4] = {0, 1, 2, 3}, equal[4] = {1, 1, 1, 1};
    tc_tiering_blend(below, equal, 4, 4, 0.5, blend);
    tc_tiering_blend(below, equal, 4, 4, 0.5, blend);
    assert_true(blend[0] == 0.125 && blend[3] == 0.875);
    tc_tiering_publish(blend, 4, score);
    assert_int_equal(score[0], 8192);
    assert_int_equal(score[3], 57344);
    const double beyond[4] = {-1e-9, 1.0, 1.5, 65535.0 / 65536.0};
    tc_tiering_publish(beyond, 4, score);
    assert_int_equal(score[0], 0);
    assert_int_equal(score[1], 65535);
    assert_int_equal(score[2], 65535);
    assert_int_equal(score[3], 65535);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void median_split_by_ranks_is_the_one_by_values(void **state)
{
    (void)state;
    tc_rng rng = tc_rng_stream(7, 1, 1);
    for (int run = 0; run < 300; run++) {
        const int n = 1 + (int)tc_rng_below(&rng, 30);
        double v[30], sorted[30];
        int64_t below[30], equal[30];
        for (int i = 0; i < n; i++) {
            v[i] = sorted[i] = (double)tc_rng_below(&rng, 8);
        }
        qsort(sorted, (size_t)n, sizeof *sorted, by_value);
        const double median = 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
        ranks_of(v, n, below, equal);
        for (int i = 0; i < n; i++) {
            assert_int_equal(tc_tiering_above_median(below[i], n), v[i] > median);
        }
    }
}

static void eight_types(void **state)
{
    (void)state;
    assert_string_equal(tc_tiering_type_name(0), "none");
    assert_string_equal(tc_tiering_type_name(tc_tiering_type(1, 1, 1)), "important_value");
    assert_string_equal(tc_tiering_type_name(tc_tiering_type(1, 0, 1)),
                        "important_development");
    assert_string_equal(tc_tiering_type_name(tc_tiering_type(0, 2, 4)), "important_keep");
    assert_string_equal(tc_tiering_type_name(tc_tiering_type(0, 0, 1)),
                        "important_winback");
    assert_string_equal(tc_tiering_type_name(tc_tiering_type(1, 1, 0)), "general_value");
    assert_string_equal(tc_tiering_type_name(tc_tiering_type(1, 0, 0)),
                        "general_development");
    assert_string_equal(tc_tiering_type_name(tc_tiering_type(0, 1, 0)), "general_keep");
    assert_string_equal(tc_tiering_type_name(tc_tiering_type(0, 0, 0)), "general_winback");
}

static int64_t hist[TC_SCORE_CELLS];
static uint8_t table[TC_SCORE_CELLS];

static void cuts_of(const uint16_t *score, int n, const double *share, int n_tiers,
                    uint32_t *cut)
{
    memset(hist, 0, sizeof hist);
    for (int i = 0; i < n; i++) {
        hist[score[i]]++;
    }
    tc_tiering_cuts(hist, share, n_tiers, cut);
    tc_tiering_table(cut, n_tiers, table);
}

static void cuts_meet_quotas_of_distinct_scores(void **state)
{
    (void)state;
    const double share[5] = {0.4, 0.3, 0.15, 0.1, 0.05};
    const int wanted[5] = {400, 300, 150, 100, 50};
    uint16_t score[1000];
    uint32_t cut[5];
    int size[6] = {0};
    for (int i = 0; i < 1000; i++) {
        score[i] = (uint16_t)(65 * i + 3);
    }
    cuts_of(score, 1000, share, 5, cut);
    for (int i = 0; i < 1000; i++) {
        size[table[score[i]]]++;
    }
    for (int t = 0; t < 5; t++) {
        assert_int_equal(size[t + 1], wanted[t]);
    }
    assert_int_equal(cut[0], 0);
    assert_int_equal(cut[4], score[950]);
}

static void cuts_never_split_equal_scores(void **state)
{
    (void)state;
    const double share[3] = {0.5, 0.3, 0.2};
    uint32_t cut[3];
    /* Quota of the top: 2 of 10. The group of 3 at 90 stands alone: 1.5 <= 2, so it is in.
     */
    const uint16_t a[10] = {90, 90, 90, 80, 70, 60, 50, 40, 30, 20};
    cuts_of(a, 10, share, 3, cut);
    assert_int_equal(cut[2], 90);
    assert_int_equal(cut[1], 70); /* 5 of 10 */
    /* A group of 5 does not fit by half, but the top is never empty. */
    const uint16_t b[10] = {90, 90, 90, 90, 90, 60, 50, 40, 30, 20};
    cuts_of(b, 10, share, 3, cut);
    assert_int_equal(cut[2], 90);
    assert_int_equal(cut[1],
                     90); /* the quota of two tiers is used up: the middle one is empty */
    assert_int_equal(table[90], 3);
    assert_int_equal(table[89], 1);
    /* One, then a group of 4: 1 + 2 > 2, so the group goes down a tier. */
    const uint16_t c[10] = {99, 80, 80, 80, 80, 60, 50, 40, 30, 20};
    cuts_of(c, 10, share, 3, cut);
    assert_int_equal(cut[2], 99);
    assert_int_equal(cut[1], 80);
}

static void cuts_without_customers_and_with_few(void **state)
{
    (void)state;
    const double share[5] = {0.4, 0.3, 0.15, 0.1, 0.05};
    uint32_t cut[5];
    cuts_of(NULL, 0, share, 5, cut);
    assert_int_equal(cut[0], 0);
    assert_int_equal(cut[4], TC_SCORE_CELLS);
    const uint16_t one = 32768;
    cuts_of(&one, 1, share, 5, cut);
    assert_int_equal(table[one], 5);
    const uint16_t two[2] = {0, 65535};
    cuts_of(two, 2, share, 5, cut);
    assert_int_equal(table[65535], 5);
    assert_int_equal(table[0], 1);
    assert_int_equal(tc_tiering_to_lower(0, cut, 1), 0);
    assert_int_equal(tc_tiering_to_lower(65535, cut, 5), 1);
    assert_int_equal(tc_tiering_to_next(0, cut, 5, 1), 65535);
    assert_int_equal(tc_tiering_to_next(65535, cut, 5, 5), 0);
    const double whole = 1.0;
    cuts_of(two, 2, &whole, 1, cut);
    assert_int_equal(table[0], 1);
    assert_int_equal(table[65535], 1);
}

/* The rule itself, from its words: nearest cumulative number, no split, top not empty. */
static int64_t nearest_cumulative(const int64_t *h, int64_t quota_halves, int64_t least)
{
    int64_t best = least, at_or_above = 0;
    for (int s = TC_SCORE_CELLS - 1; s >= 0; s--) {
        at_or_above += h[s];
        if (h[s] > 0 && at_or_above > best &&
            llabs(2 * at_or_above - quota_halves) <= llabs(2 * best - quota_halves)) {
            best = at_or_above;
        }
    }
    return best;
}

static void cuts_are_nearest_and_monotone(void **state)
{
    (void)state;
    tc_rng rng = tc_rng_stream(7, 2, 1);
    const double share[5] = {0.35, 0.25, 0.2, 0.125, 0.075};
    for (int run = 0; run < 40; run++) {
        const int n = 1 + (int)tc_rng_below(&rng, N_MAX);
        const uint64_t levels = 1 + tc_rng_below(&rng, 60);
        uint16_t score[N_MAX];
        uint32_t cut[5];
        for (int i = 0; i < n; i++) {
            score[i] = (uint16_t)(1000 * tc_rng_below(&rng, levels));
        }
        cuts_of(score, n, share, 5, cut);
        double above = 0.0;
        int64_t least = hist[65535];
        for (int s = 65534; s >= 0 && least == 0; s--) {
            least = hist[s];
        }
        for (int t = 4; t > 0; t--) {
            int64_t got = 0;
            above += share[t];
            for (int i = 0; i < n; i++) {
                got += score[i] >= cut[t];
            }
            least = nearest_cumulative(hist, (int64_t)floor(2.0 * n * above + 1e-3), least);
            assert_int_equal(got, least);
            assert_true(cut[t] >= cut[t - 1]);
        }
        for (int i = 0; i < n; i++) {
            const int tier = table[score[i]];
            const int next = score[i] + tc_tiering_to_next(score[i], cut, 5, tier);
            const int lower = score[i] - tc_tiering_to_lower(score[i], cut, tier);
            assert_true(tier == 5 ? next == score[i]
                                  : table[next] > tier && table[next - 1] == tier);
            assert_true(lower == score[i] ||
                        (table[lower] < tier && table[lower + 1] == tier));
        }
    }
}

static void concentration_against_a_sort(void **state)
{
    (void)state;
    tc_rng rng = tc_rng_stream(7, 3, 1);
    for (int run = 0; run < 40; run++) {
        const int n = 1 + (int)tc_rng_below(&rng, N_MAX);
        double v[N_MAX], gini = 0.0, total = 0.0;
        int64_t units[N_MAX], below[N_MAX], equal[N_MAX];
        for (int i = 0; i < n; i++) {
            v[i] = (double)tc_rng_below(&rng, 50) + 1.0;
            units[i] = tc_tiering_units(v[i]);
            assert_int_equal(units[i], 10000 * (int64_t)v[i]);
        }
        ranks_of(v, n, below, equal);
        tc_concentration part, rest;
        tc_concentration_result result;
        const int half = n / 2;
        tc_concentration_reset(&part);
        tc_concentration_reset(&rest);
        tc_concentration_add(units, below, equal, half, n, &part);
        tc_concentration_add(units + half, below + half, equal + half, n - half, n, &rest);
        for (int w = 0; w < TC_CONCENTRATION_WORDS; w++) {
            part.word[w] += rest.word[w];
        }
        for (int t = 0; t < TC_CONCENTRATION_TOPS; t++) {
            part.bound[t] = rest.bound[t] > part.bound[t] ? rest.bound[t] : part.bound[t];
            part.bound_above[t] = rest.bound_above[t] > part.bound_above[t]
                                      ? rest.bound_above[t]
                                      : part.bound_above[t];
        }
        tc_concentration_finish(&part, n, &result);
        qsort(v, (size_t)n, sizeof *v, by_value);
        for (int i = 0; i < n; i++) {
            total += v[i];
            gini += (2.0 * (i + 1) - n - 1.0) * v[i];
        }
        assert_true(fabs(result.gini - gini / (n * total)) < 1e-12);
        for (int t = 0; t < TC_CONCENTRATION_TOPS; t++) {
            double held = 0.0;
            const int top = (n * tc_concentration_permille(t) + 999) / 1000;
            assert_int_equal(result.customers[t], top);
            for (int i = n - top; i < n; i++) {
                held += v[i];
            }
            assert_true(fabs(result.top[t] - held / total) < 1e-12);
        }
    }
}

static void concentration_closed_forms(void **state)
{
    (void)state;
    tc_concentration sums;
    tc_concentration_result r;
    /* All money in one of four hands: Gini = (n - 1) / n. Amounts near the limit do not
     * overflow. */
    const int64_t units[4] = {0, 0, 0, INT64_C(5000000000000000000)};
    const int64_t below[4] = {0, 0, 0, 3}, equal[4] = {3, 3, 3, 1};
    tc_concentration_reset(&sums);
    tc_concentration_add(units, below, equal, 4, 4, &sums);
    tc_concentration_finish(&sums, 4, &r);
    assert_true(r.gini == 0.75 && r.top[0] == 1.0 && r.customers[0] == 1);
    /* Nothing sold, and nobody: no shares. */
    tc_concentration_reset(&sums);
    tc_concentration_finish(&sums, 0, &r);
    assert_true(isnan(r.gini) && isnan(r.top[4]) && r.customers[4] == 0);
}

static void units_of_amounts(void **state)
{
    (void)state;
    assert_int_equal(tc_tiering_units(-1.0001), -10001);
    assert_int_equal(tc_tiering_units((double)NAN), 0);
    assert_int_equal(tc_tiering_units(8911407.904), 89114079040);
    assert_true(tc_tiering_units_valid((double)NAN));
    assert_true(tc_tiering_units_valid(-5e14));
    assert_false(tc_tiering_units_valid(1e15));
    assert_false(tc_tiering_units_valid((double)INFINITY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinal_keeps_order_and_returns),
        cmocka_unit_test(scores_of_distinct_values_are_fifths),
        cmocka_unit_test(scores_of_ties_by_midrank),
        cmocka_unit_test(composite_of_extremes),
        cmocka_unit_test(median_split_by_ranks_is_the_one_by_values),
        cmocka_unit_test(eight_types),
        cmocka_unit_test(cuts_meet_quotas_of_distinct_scores),
        cmocka_unit_test(cuts_never_split_equal_scores),
        cmocka_unit_test(cuts_without_customers_and_with_few),
        cmocka_unit_test(cuts_are_nearest_and_monotone),
        cmocka_unit_test(concentration_against_a_sort),
        cmocka_unit_test(concentration_closed_forms),
        cmocka_unit_test(units_of_amounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
