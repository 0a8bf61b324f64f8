/* Features and labels of hand-made customers. */
#include "rfm_customer.h"

#include "tiercel/catalogue.h"

static void assert_value(const double *out, tc_feature_id feature, double expected)
{
    int n;
    if (!(fabs(out[feature] - expected) <= 1e-12 * (1.0 + fabs(expected)))) {
        fail_msg("%s is %.17g, expected %.17g", tc_catalogue(&n)[feature].name,
                 out[feature], expected);
    }
}

static void assert_missing(const double *out, tc_feature_id feature)
{
    int n;
    if (!isnan(out[feature])) {
        fail_msg("%s is %.17g, expected missing", tc_catalogue(&n)[feature].name,
                 out[feature]);
    }
}

static void test_one_purchase(void **state)
{
    customer c = {0};
    double f[TC_N_FEATURES];
    (void)state;
    add(&c, noon(D - 1), 12.5, 7);
    features(&c, f);
    assert_value(f, TC_FEATURE_recency_days, 1);
    assert_value(f, TC_FEATURE_tenure_days, 1);
    assert_value(f, TC_FEATURE_order_count, 1);
    assert_value(f, TC_FEATURE_net_amount, 12.5);
    assert_value(f, TC_FEATURE_gross_amount, 12.5);
    assert_value(f, TC_FEATURE_average_order, 12.5);
    assert_value(f, TC_FEATURE_return_rate, 0);
    assert_value(f, TC_FEATURE_largest_order_share, 1);
    assert_value(f, TC_FEATURE_orders_30d, 1);
    assert_value(f, TC_FEATURE_orders_30d_before, 0);
    assert_value(f, TC_FEATURE_amount_365d, 12.5);
    assert_missing(f, TC_FEATURE_gap_mean_days);
    assert_missing(f, TC_FEATURE_gap_cv);
    assert_missing(f, TC_FEATURE_recency_gap_ratio);
    assert_value(f, TC_FEATURE_distinct_categories, 0);
    assert_value(f, TC_FEATURE_active_months, 1);
    assert_value(f, TC_FEATURE_falling_months, 0);
    assert_missing(f, TC_FEATURE_spend_3m_ratio);
    assert_value(f, TC_FEATURE_purchase_days, 1);
    assert_value(f, TC_FEATURE_first_to_last_days, 0);
    assert_value(f, TC_FEATURE_repeat_day_amount, 0);
}

/* Orders 40 and 10 days apart, two of them on one day, a return in between. */
static void test_three_orders(void **state)
{
    customer c = {0};
    double f[TC_N_FEATURES];
    (void)state;
    add(&c, noon(D - 100), 60.0, 1);
    add(&c, noon(D - 60), 20.0, 2);
    add(&c, noon(D - 60) + 60, 10.0, 2);
    add(&c, noon(D - 55), -6.0, 1);
    add(&c, noon(D - 50), 30.0, 3);
    features(&c, f);
    assert_value(f, TC_FEATURE_recency_days, 50);
    assert_value(f, TC_FEATURE_tenure_days, 100);
    assert_value(f, TC_FEATURE_order_count, 3);
    assert_value(f, TC_FEATURE_net_amount, 114);
    assert_value(f, TC_FEATURE_gross_amount, 120);
    assert_value(f, TC_FEATURE_average_order, 40);
    assert_value(f, TC_FEATURE_return_rate, 0.05);
    assert_value(f, TC_FEATURE_largest_order_share, 0.5);
    assert_value(f, TC_FEATURE_orders_30d, 0);
    assert_value(f, TC_FEATURE_orders_30d_before, 2); /* D - 60 belongs to it */
    assert_value(f, TC_FEATURE_orders_90d, 2);
    assert_value(f, TC_FEATURE_orders_90d_before, 1);
    assert_value(f, TC_FEATURE_amount_30d_before, 54);
    assert_value(f, TC_FEATURE_amount_90d, 54);
    assert_value(f, TC_FEATURE_amount_90d_before, 60);
    assert_value(f, TC_FEATURE_gap_mean_days, 25);
    assert_value(f, TC_FEATURE_gap_cv, 15.0 / 25.0);
    assert_value(f, TC_FEATURE_recency_gap_ratio, 2);
    assert_value(f, TC_FEATURE_spend_3m_ratio, 0.9);
    assert_value(f, TC_FEATURE_falling_months, 1); /* 0 < 54, but not 54 < 0 */
    assert_value(f, TC_FEATURE_purchase_days, 3);
    assert_value(f, TC_FEATURE_first_to_last_days, 50);
    assert_value(f, TC_FEATURE_repeat_day_amount, 30);
}

static void test_returns_only(void **state)
{
    customer c = {0};
    double f[TC_N_FEATURES];
    (void)state;
    add(&c, noon(D - 10), -5.0, 1);
    features(&c, f);
    assert_missing(f, TC_FEATURE_recency_days);
    assert_missing(f, TC_FEATURE_tenure_days);
    assert_missing(f, TC_FEATURE_average_order);
    assert_missing(f, TC_FEATURE_return_rate);
    assert_missing(f, TC_FEATURE_largest_order_share);
    assert_missing(f, TC_FEATURE_first_to_last_days);
    assert_value(f, TC_FEATURE_order_count, 0);
    assert_value(f, TC_FEATURE_net_amount, -5);
    assert_value(f, TC_FEATURE_gross_amount, 0);
    assert_value(f, TC_FEATURE_amount_30d, -5);
    assert_value(f, TC_FEATURE_falling_months, 1);
    assert_value(f, TC_FEATURE_purchase_days, 0);
    assert_value(f, TC_FEATURE_repeat_day_amount, 0);
}

/* The first second of D is not before D; the last second of D - 1 is. */
static void test_midnight(void **state)
{
    customer c = {0};
    double f[2 * TC_N_FEATURES];
    const int64_t days[2] = {D, D + 1};
    (void)state;
    add(&c, (int64_t)D * TC_DAY_SECONDS, 1.0, 1);
    features_at(&c, days, 2, f);
    for (int i = 0; i < TC_N_FEATURES; i++) {
        assert_missing(f, (tc_feature_id)i);
    }
    assert_value(f + TC_N_FEATURES, TC_FEATURE_recency_days, 1);
    c.time[0]--;
    features_at(&c, days, 2, f);
    assert_value(f, TC_FEATURE_recency_days, 1);
    assert_value(f + TC_N_FEATURES, TC_FEATURE_recency_days, 2);
}

/* Spending 13, 12, ..., 1 in thirteen 30-day windows, so it falls twelve times, the most that is told. */
static void test_falling(void **state)
{
    customer c = {0};
    double f[TC_N_FEATURES];
    (void)state;
    for (int k = 13; k >= 0; k--) {
        add(&c, noon(D - 30 * k - 1), k + 1.0, (uint64_t)k);
    }
    features(&c, f);
    assert_value(f, TC_FEATURE_falling_months, 12);
    assert_value(f, TC_FEATURE_orders_180d, 6);
    assert_value(f, TC_FEATURE_orders_180d_before, 6);
    assert_value(f, TC_FEATURE_orders_365d, 13); /* 12 windows and D - 361 */
    assert_value(f, TC_FEATURE_orders_365d_before, 1);
    assert_value(f, TC_FEATURE_amount_180d, 21);
    assert_value(f, TC_FEATURE_amount_180d_before, 57);
    c.amount[12] = 20000; /* the last window but one no longer above the last but two */
    c.amount[11] = 20000;
    features(&c, f);
    assert_value(f, TC_FEATURE_falling_months, 1);
}

/* 100 orders whose lines come one from each in turn: more than are searched one by one. */
static void test_interleaved_orders(void **state)
{
    customer c = {0};
    double f[TC_N_FEATURES];
    (void)state;
    for (int line = 0; line < 4; line++) {
        for (uint64_t order = 0; order < 100; order++) {
            c.channel[c.n] = (uint16_t)(order % 5);
            c.category[c.n] = (uint32_t)(order % 40);
            add(&c, noon(D - 8 + line), 1.0, order << 32);
        }
    }
    features(&c, f);
    assert_value(f, TC_FEATURE_order_count, 100);
    assert_value(f, TC_FEATURE_gross_amount, 400);
    assert_value(f, TC_FEATURE_largest_order_share, 0.01);
    assert_value(f, TC_FEATURE_orders_30d, 100);
    assert_value(f, TC_FEATURE_gap_mean_days, 0);
    assert_missing(f, TC_FEATURE_gap_cv);
    assert_missing(f, TC_FEATURE_recency_gap_ratio);
    assert_value(f, TC_FEATURE_distinct_channels, 4);
    assert_value(f, TC_FEATURE_distinct_categories, 39);
    assert_value(f, TC_FEATURE_purchase_days, 4);
    assert_value(f, TC_FEATURE_repeat_day_amount, 100);
}

static int8_t label_of(const customer *c, int64_t horizon, int64_t active, double *later)
{
    const tc_rfm_events events = events_of(c);
    const int64_t days[2] = {D, D + horizon};
    tc_rfm_scratch *scratch = NULL;
    tc_error err = {0};
    int64_t amount[2];
    int8_t churned[2];
    assert_int_equal(tc_rfm_scratch_create(&LIMITS, &scratch, &err), TC_OK);
    assert_int_equal(tc_rfm_dates(scratch, days, 2, &err), TC_OK);
    assert_int_equal(tc_rfm_add(scratch, &events, 1, &err), TC_OK);
    tc_rfm_labels(scratch, 0, active, 2, churned, amount);
    tc_rfm_scratch_destroy(&scratch);
    *later = (double)amount[1] / 10000.0;
    return churned[1];
}

static void test_label(void **state)
{
    customer c = {0};
    double later;
    (void)state;
    assert_int_equal(label_of(&c, 30, 0, &later), -1);
    add(&c, noon(D - 10), 5.0, 1);
    add(&c, noon(D - 2), -1.0, 1);
    assert_int_equal(label_of(&c, 30, 0, &later), 1);
    assert_int_equal(label_of(&c, 30, 10, &later), 1);
    assert_int_equal(label_of(&c, 30, 9, &later), -1); /* the return is no purchase */
    add(&c, noon(D), -1.0, 1);
    assert_int_equal(label_of(&c, 30, 0, &later), 1);
    assert_true(fabs(later + 1.0) < 1e-12);
    add(&c, noon(D + 30), 7.0, 2);
    assert_int_equal(label_of(&c, 30, 0, &later),
                     1); /* the horizon ends before day D + 30 */
    assert_int_equal(label_of(&c, 31, 0, &later), 0);
    assert_true(fabs(later - 6.0) < 1e-12);
    c.kind[0] = TC_KIND_RETURN; /* not yet a customer at D */
    assert_int_equal(label_of(&c, 31, 0, &later), -1);
}

static void test_damaged_events(void **state)
{
    customer c = {0};
    double f[TC_N_FEATURES];
    const int64_t day = D;
    tc_rfm_scratch *scratch = NULL;
    tc_rfm_events events;
    tc_error err = {0};
    (void)state;
    assert_int_equal(tc_rfm_scratch_create(&LIMITS, &scratch, &err), TC_OK);
    add(&c, noon(D - 2), 5.0, 1);
    add(&c, noon(D - 3), 5.0, 1);
    events = events_of(&c);
    assert_int_equal(tc_rfm_customer(&events, &day, 1, scratch, f, &err), TC_EDATA);
    c.time[1] = c.time[0];
    c.category[1] = 40;
    assert_int_equal(tc_rfm_customer(&events, &day, 1, scratch, f, &err), TC_EDATA);
    tc_rfm_scratch_destroy(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_purchase), cmocka_unit_test(test_three_orders),
        cmocka_unit_test(test_returns_only), cmocka_unit_test(test_midnight),
        cmocka_unit_test(test_falling),      cmocka_unit_test(test_interleaved_orders),
        cmocka_unit_test(test_label),        cmocka_unit_test(test_damaged_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
