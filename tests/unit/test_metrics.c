/* Measures of a score from two histograms: closed forms, ties, and brute force on small data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "tiercel/logit.h"
#include "tiercel/metrics.h"
#include "tiercel/rng.h"

#include <math.h>
#include <string.h>

static int64_t histogram[TC_METRICS_INTS];
static int64_t *const negative = histogram;
static int64_t *const positive = histogram + TC_METRICS_CELLS;

static void assert_near(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance)) {
        print_error("found %.17g, expected %.17g\n", found, expected);
        fail();
    }
}

static void clear(void)
{
    memset(histogram, 0, sizeof histogram);
}

static tc_metrics measured(void)
{
    tc_metrics m;
    assert_int_equal(tc_metrics_finish(positive, negative, &m, NULL), TC_OK);
    return m;
}

static void test_score(void **state)
{
    (void)state;
    assert_int_equal(tc_metrics_score(0.0), 0);
    assert_int_equal(tc_metrics_score(1.0), 65535);
    assert_int_equal(tc_metrics_score(0.5), 32768);
    assert_int_equal(tc_metrics_score(nextafter(0.5, 0.0)), 32767);
    for (int s = 0; s < TC_METRICS_CELLS; s++) {
        assert_int_equal(tc_metrics_score(tc_metrics_probability(s)), s);
    }
}

static void test_probability(void **state)
{
    (void)state;
    assert_near(tc_logit_probability(0.0), 0.5, 0.0);
    assert_near(tc_logit_probability(1000.0), 1.0, 0.0);
    assert_near(tc_logit_probability(-1000.0), 0.0, 0.0);
    assert_near(tc_logit_probability(log(3.0)), 0.75, 1e-16);
    assert_near(tc_logit_loss(-1000.0, 1), 1000.0, 0.0);
    assert_near(tc_logit_loss(1000.0, 1), 0.0, 0.0);
    assert_near(tc_logit_loss(0.0, 0), log(2.0), 1e-16);
}

static void test_perfect_and_reversed(void **state)
{
    tc_metrics m;
    (void)state;
    clear();
    positive[60000] = 3;
    negative[100] = 7;
    m = measured();
    assert_near(m.auc, 1.0, 0.0);
    assert_near(m.auc_se, 0.0, 0.0);
    assert_near(m.pr_auc, 1.0, 0.0);
    assert_near(m.ks, 1.0, 0.0);
    assert_near(m.lift10, 1.0 / 0.3, 1e-15);
    positive[60000] = 0;
    positive[7] = 3;
    m = measured();
    assert_near(m.auc, 0.0, 0.0);
    assert_near(m.ks, 1.0, 0.0);
    assert_near(m.pr_auc, 0.3, 1e-15);
}

/* One score for all: no order, and every tenth takes its share. */
static void test_all_tied(void **state)
{
    tc_metrics m;
    (void)state;
    clear();
    positive[32768] = 25;
    negative[32768] = 75;
    m = measured();
    assert_near(m.auc, 0.5, 0.0);
    assert_near(m.auc_se, 0.0, 0.0);
    assert_near(m.pr_auc, 0.25, 1e-16);
    assert_near(m.ks, 0.0, 0.0);
    for (int d = 0; d < 10; d++) {
        assert_near(m.lift[d][2], 2.5, 1e-13);
        assert_near(m.lift[d][3], 1.0, 1e-13);
        assert_near(m.lift[d][4], 0.1 * (d + 1), 1e-13);
    }
    assert_near(m.brier, 0.25, 1e-4);
    assert_near(m.ece10, tc_metrics_probability(32768) - 0.25, 1e-15);
    assert_near(m.ece15, m.ece10, 1e-15);
    assert_near(m.calibration[5][1], 100.0, 0.0);
    assert_near(m.calibration[5][3], 0.25, 0.0);
    assert_true(isnan(m.calibration[4][2]));
}

/* Scores 1 2 2 3 of (-, +, -, +): U = 1.5 + 2 of 4; precision 1, then 2/3 at the tie. */
static void test_ties(void **state)
{
    tc_metrics m;
    tc_confusion c;
    (void)state;
    clear();
    negative[1] = negative[2] = positive[2] = positive[3] = 1;
    m = measured();
    assert_near(m.auc, 3.5 / 4.0, 0.0);
    assert_near(m.pr_auc, 0.5 + 0.5 * 2.0 / 3.0, 1e-16);
    assert_near(m.ks, 0.5, 0.0);
    /* placements: V10 = 1, 0.75; V01 = 1, 0.75; both variances 1/32 */
    assert_near(m.auc_se, sqrt(2.0 / 32.0 / 2.0), 1e-15);
    c = tc_metrics_confusion(positive, negative, 2);
    assert_int_equal(c.true_positive, 2);
    assert_int_equal(c.false_positive, 1);
    assert_int_equal(c.false_negative, 0);
    assert_int_equal(c.true_negative, 1);
    c = tc_metrics_confusion(positive, negative, TC_METRICS_CELLS);
    assert_int_equal(c.true_positive + c.false_positive, 0);
    /* by ranks: below and equal of the positives are (1, 2) and (3, 1) */
    assert_near(tc_metrics_auc_of_ranks((2 * 1 + 2 - 1) + (2 * 3 + 1 - 1), 2, 2), m.auc,
                0.0);
}

static void test_one_class(void **state)
{
    tc_metrics m;
    tc_error err = {0};
    (void)state;
    clear();
    positive[5] = 9;
    assert_int_equal(tc_metrics_finish(positive, negative, &m, &err), TC_ENUMERIC);
    assert_non_null(strstr(err.message, "9 of 9"));
    assert_int_equal(tc_metrics_finish(negative, positive, &m, NULL), TC_ENUMERIC);
    clear();
    assert_int_equal(tc_metrics_finish(positive, negative, &m, NULL), TC_ENUMERIC);
    positive[5] = negative[7] = 1;
    assert_true(isnan(measured().auc_se));
}

enum { ROWS = 400 };

static double eta[ROWS];
static int8_t outcome[ROWS];

/* Share of the rows of the other class that row i is rightly placed against; ties count half. */
static double placement(int i)
{
    double sum = 0.0;
    int n = 0;
    for (int k = 0; k < ROWS; k++) {
        if (outcome[k] == 1 - outcome[i]) {
            const double d = outcome[i] ? eta[i] - eta[k] : eta[k] - eta[i];
            sum += 0.5 * ((d > 0.0) + (d >= 0.0));
            n++;
        }
    }
    return sum / n;
}

/* The textbook definitions, pair by pair, on scores with many ties. */
static void test_brute_force(void **state)
{
    double brier = 0.0, loss = 0.0, reals[2] = {0.0}, auc = 0.0, square = 0.0;
    int size[2] = {0, 0};
    tc_rng rng = tc_rng_stream(1, 2, 3);
    tc_metrics m;
    (void)state;
    clear();
    for (int i = 0; i < ROWS; i++) {
        eta[i] = floor(16.0 * (tc_rng_uniform(&rng) - 0.7)) / 4.0;
        outcome[i] = (int8_t)(tc_rng_uniform(&rng) < tc_logit_probability(eta[i]));
        if (i % 11 == 0) {
            outcome[i] = -1;
            continue;
        }
        const double q = 1.0 / (1.0 + exp(-eta[i]));
        size[outcome[i] != 0]++;
        brier += (q - outcome[i]) * (q - outcome[i]);
        loss -= log(outcome[i] ? q : 1.0 - q);
    }
    for (int i = 0; i < ROWS; i++) {
        auc += outcome[i] == 1 ? placement(i) / size[1] : 0.0;
    }
    for (int i = 0; i < ROWS; i++) {
        const double own = size[outcome[i] == 1];
        const double d = outcome[i] < 0 ? 0.0 : placement(i) - auc;
        square += d * d / (own - 1.0) / own;
    }
    tc_metrics_partial(ROWS, eta, outcome, histogram, reals);
    m = measured();
    assert_int_equal(m.rows, size[0] + size[1]);
    assert_int_equal(m.positives, size[1]);
    assert_near(m.auc, auc, 1e-14);
    assert_near(m.auc_se, sqrt(square), 1e-14);
    assert_near(reals[0], brier, 1e-12);
    assert_near(reals[1], loss, 1e-11);
    assert_near(m.brier, brier / (size[0] + size[1]), 1e-5);
    assert_near(m.lift[9][4], 1.0, 1e-14);
}

/* Adding two partials is the partial of both. */
static void test_merge(void **state)
{
    static int64_t all[TC_METRICS_INTS];
    double reals[2] = {0.0}, both[2] = {0.0};
    tc_rng rng = tc_rng_stream(4, 5, 6);
    (void)state;
    clear();
    memset(all, 0, sizeof all);
    for (int i = 0; i < ROWS; i++) {
        eta[i] = 4.0 * tc_rng_uniform(&rng) - 2.0;
        outcome[i] = (int8_t)(i % 3 - 1);
    }
    tc_metrics_partial(150, eta, outcome, histogram, reals);
    tc_metrics_partial(0, eta, outcome, histogram, reals);
    tc_metrics_partial(ROWS - 150, eta + 150, outcome + 150, histogram, reals);
    tc_metrics_partial(ROWS, eta, outcome, all, both);
    assert_memory_equal(all, histogram, sizeof all);
    assert_near(reals[0], both[0], 1e-12);
}

/* Counts far beyond 32 bits: products need 128. */
static void test_large_counts(void **state)
{
    tc_metrics m;
    (void)state;
    clear();
    positive[10] = 3000000000;
    positive[30] = 1000000000;
    negative[20] = 5000000000;
    m = measured();
    assert_near(m.auc, 0.25, 0.0);
    assert_near(m.ks, 0.75, 0.0);
    assert_near(m.lift[9][2], 9e8, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_score),
        cmocka_unit_test(test_probability),
        cmocka_unit_test(test_perfect_and_reversed),
        cmocka_unit_test(test_all_tied),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_one_class),
        cmocka_unit_test(test_brute_force),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_large_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
