/* Properties of the features that hold for all customers. */
#include "rfm_customer.h"

#include "tiercel/catalogue.h"
#include "tiercel/rng.h"

#include <string.h>

static void random_customer(customer *c, uint64_t number)
{
    tc_rng rng = tc_rng_stream(1, 2, number);
    const int64_t n = 1 + (int64_t)tc_rng_below(&rng, number % 7 == 0 ? 400 : 12);
    int64_t time = noon(D - 900);
    *c = (customer){0};
    while (c->n < n) {
        const double amount = (double)tc_rng_below(&rng, 100000) / 100.0;
        const uint64_t order = tc_rng_below(&rng, (uint64_t)n);
        time += tc_rng_below(&rng, 3) == 0
                    ? 0
                    : (int64_t)tc_rng_below(&rng, (uint64_t)(1900 / n * TC_DAY_SECONDS));
        c->channel[c->n] = (uint16_t)tc_rng_below(&rng, 5);
        c->category[c->n] = (uint32_t)tc_rng_below(&rng, 40);
        add(c, time, tc_rng_below(&rng, 6) == 0 ? -amount : amount, order);
    }
}

/* What happens from a date on changes no feature at that date; several dates at once give the same
 * as each alone; a scratch that has seen others gives the same as a fresh one. */
static void test_no_leakage(void **state)
{
    const int64_t days[3] = {D - 300, D - 150, D};
    tc_rfm_scratch *used = NULL;
    tc_error err = {0};
    (void)state;
    assert_int_equal(tc_rfm_scratch_create(&LIMITS, &used, &err), TC_OK);
    for (uint64_t number = 0; number < 500; number++) {
        customer c;
        double at_once[3 * TC_N_FEATURES], alone[TC_N_FEATURES];
        tc_rfm_events events;
        random_customer(&c, number);
        events = events_of(&c);
        assert_int_equal(tc_rfm_customer(&events, days, 3, used, at_once, &err), TC_OK);
        for (int d = 2; d >= 0; d--) {
            while (c.n > 0 && c.time[c.n - 1] >= days[d] * TC_DAY_SECONDS) {
                c.n--;
            }
            features_at(&c, &days[d], 1, alone);
            assert_memory_equal(alone, at_once + (int64_t)d * TC_N_FEATURES, sizeof alone);
        }
    }
    tc_rfm_scratch_destroy(&used);
    assert_int_equal(tc_mem_live_blocks(), 0);
}

static void swap_events(customer *c, int64_t a, int64_t b)
{
    const customer old = *c;
    c->amount[a] = old.amount[b];
    c->amount[b] = old.amount[a];
    c->order[a] = old.order[b];
    c->order[b] = old.order[a];
    c->kind[a] = old.kind[b];
    c->kind[b] = old.kind[a];
    c->channel[a] = old.channel[b];
    c->channel[b] = old.channel[a];
    c->category[a] = old.category[b];
    c->category[b] = old.category[a];
}

/* Events of one second may come in any order. */
static void test_order_within_a_second(void **state)
{
    (void)state;
    for (uint64_t number = 0; number < 300; number++) {
        customer c;
        double before[TC_N_FEATURES], after[TC_N_FEATURES];
        random_customer(&c, number);
        features(&c, before);
        for (int64_t i = 1; i < c.n; i++) {
            if (c.time[i] == c.time[i - 1]) {
                swap_events(&c, i, i - 1);
            }
        }
        features(&c, after);
        assert_memory_equal(before, after, sizeof before);
    }
}

/* A label by its definition. */
static int8_t slow_label(const customer *c, int64_t from, int64_t to, int64_t active,
                         int64_t *later)
{
    int bought = 0, stayed = 0;
    *later = 0;
    for (int64_t i = 0; i < c->n; i++) {
        const int64_t day = tc_date_day_of(c->time[i]);
        const int is_purchase = c->kind[i] == TC_KIND_PURCHASE;
        bought |= is_purchase && day < from && (active == 0 || day >= from - active);
        stayed |= is_purchase && day >= from && day < to;
        *later += day >= from && day < to ? c->amount[i] : 0;
    }
    return (int8_t)(bought ? !stayed : -1);
}

static void test_labels(void **state)
{
    const int64_t days[3] = {D - 400, D - 250, D - 10}, active[3] = {0, 30, 300};
    tc_rfm_scratch *s = NULL;
    tc_error err = {0};
    int seen[3] = {0};
    (void)state;
    assert_int_equal(tc_rfm_scratch_create(&LIMITS, &s, &err), TC_OK);
    assert_int_equal(tc_rfm_dates(s, days, 3, &err), TC_OK);
    for (uint64_t number = 0; number < 500; number++) {
        customer c;
        tc_rfm_events events;
        random_customer(&c, number);
        events = events_of(&c);
        assert_int_equal(tc_rfm_add(s, &events, 0, &err), TC_OK);
        for (int i = 0; i < 6; i++) {
            int64_t later, expected_later;
            int8_t label;
            const int8_t expected = slow_label(&c, days[i / 3], days[i / 3 + 1],
                                               active[i % 3], &expected_later);
            tc_rfm_labels(s, i / 3, active[i % 3], 1, &label, &later);
            assert_int_equal(label, expected);
            assert_int_equal(later, expected_later);
            seen[label + 1]++;
        }
    }
    assert_true(seen[0] > 100 && seen[1] > 100 && seen[2] > 100);
    tc_rfm_scratch_destroy(&s);
}

/* Customers side by side are what each is alone, rounded as they are stored, whatever is known beforehand about days
 * and codes; lanes that nobody is in are not written. */
static void test_lanes(void **state)
{
    static const tc_rfm_limits limits[3] = {
        {.day_first = D - 1000, .day_last = D + 100, .n_channels = 5, .n_categories = 40},
        {.day_first = D - 100, .day_last = D, .n_channels = 5, .n_categories = 400},
        {.day_first = D - 100000, .day_last = D, .n_channels = 65, .n_categories = 40}};
    enum { LANES = 21 };
    static double column[TC_N_FEATURES][LANES + 1];
    const int64_t days[2] = {D - 200, D};
    void *columns[TC_N_FEATURES];
    int n;
    const tc_feature_def *def = tc_catalogue(&n);
    (void)state;
    for (int f = 0; f < TC_N_FEATURES; f++) {
        columns[f] = column[f];
    }
    for (uint64_t number = 0; number < 30; number++) {
        tc_rfm_scratch *s = NULL;
        tc_error err = {0};
        customer c[LANES];
        double alone[2 * TC_N_FEATURES];
        assert_int_equal(tc_rfm_scratch_create(&limits[number % 3], &s, &err), TC_OK);
        assert_int_equal(tc_rfm_dates(s, days, 2, &err), TC_OK);
        for (int lane = LANES - 1; lane >= 0; lane--) {
            random_customer(&c[lane], number * 64 + (uint64_t)lane);
            const tc_rfm_events events = events_of(&c[lane]);
            assert_int_equal(tc_rfm_add(s, &events, lane, &err), TC_OK);
        }
        for (int d = 0; d < 2; d++) {
            memset(column, 7, sizeof column);
            tc_rfm_turn(s, d, LANES, columns, 0);
            for (int lane = 0; lane < LANES; lane++) {
                features_at(&c[lane], days, 2, alone);
                for (int f = 0; f < n; f++) {
                    const double expected = alone[d * TC_N_FEATURES + f];
                    const float narrow = (float)expected;
                    if (def[f].is_double) {
                        assert_memory_equal(&column[f][lane], &expected, sizeof expected);
                    } else {
                        assert_memory_equal((float *)column[f] + lane, &narrow,
                                            sizeof narrow);
                    }
                }
            }
            for (int f = 0; f < n; f++) {
                const uint8_t *end = def[f].is_double
                                         ? (const uint8_t *)&column[f][LANES]
                                         : (const uint8_t *)((float *)column[f] + LANES);
                assert_int_equal(*end, 7);
            }
        }
        tc_rfm_scratch_destroy(&s);
    }
}

/* Amounts, numbers and times that only exact conversions can tell from their neighbours, next to usual ones. */
static void test_large(void **state)
{
    static double column[TC_N_FEATURES][2];
    const int64_t day = D, amount = ((int64_t)1 << 53) + 10000;
    void *columns[TC_N_FEATURES];
    tc_rfm_scratch *s = NULL;
    tc_error err = {0};
    customer c[2] = {0};
    (void)state;
    for (int f = 0; f < TC_N_FEATURES; f++) {
        columns[f] = column[f];
    }
    add(&c[0], noon(D - 9), 2.5, 1);
    add(&c[1], noon(D - 9), 1.0, 1);
    add(&c[1], noon(D - 8), -1.0, 2);
    c[1].amount[0] = amount;
    c[1].amount[1] = 1 - amount;
    assert_int_equal(tc_rfm_scratch_create(&LIMITS, &s, &err), TC_OK);
    assert_int_equal(tc_rfm_dates(s, &day, 1, &err), TC_OK);
    for (int lane = 0; lane < 2; lane++) {
        const tc_rfm_events events = events_of(&c[lane]);
        assert_int_equal(tc_rfm_add(s, &events, lane, &err), TC_OK);
    }
    tc_rfm_turn(s, 0, 2, columns, 0);
    assert_true(column[TC_FEATURE_net_amount][0] == 2.5);
    assert_true(column[TC_FEATURE_net_amount][1] == 0.0001);
    assert_true(column[TC_FEATURE_gross_amount][1] == (double)amount / 10000.0);
    assert_true(column[TC_FEATURE_amount_30d][1] == 0.0001);
    tc_rfm_next(s);
    tc_rfm_scratch_destroy(&s);
}

/* An order whose amount falls again was once larger than it is. */
static void test_negative_purchase(void **state)
{
    customer c = {0};
    double f[TC_N_FEATURES];
    (void)state;
    add(&c, noon(D - 9), 100.0, 1);
    add(&c, noon(D - 8), -60.0, 1);
    add(&c, noon(D - 7), 60.0, 2);
    c.kind[1] = TC_KIND_PURCHASE;
    features(&c, f);
    assert_true(f[TC_FEATURE_largest_order_share] == 0.6);
    assert_true(f[TC_FEATURE_order_count] == 2.0);
}

static void test_out_of_memory(void **state)
{
    const int64_t day = D + 2000;
    customer c;
    double f[TC_N_FEATURES];
    tc_rfm_events events;
    tc_status st = TC_ENOMEM;
    (void)state;
    random_customer(&c, 7); /* orders beyond those that are searched one by one */
    events = events_of(&c);
    for (int64_t nth = 1; st == TC_ENOMEM; nth++) {
        tc_rfm_scratch *scratch = NULL;
        tc_error err = {0};
        tc_mem_fail_at(nth);
        st = tc_rfm_scratch_create(&LIMITS, &scratch, &err);
        if (st == TC_OK) {
            st = tc_rfm_customer(&events, &day, 1, scratch, f, &err);
        }
        tc_mem_fail_at(0);
        tc_rfm_scratch_destroy(&scratch);
        assert_int_equal(tc_mem_live_blocks(), 0);
        assert_true(st == TC_OK || st == TC_ENOMEM);
        assert_true(nth < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_leakage),   cmocka_unit_test(test_order_within_a_second),
        cmocka_unit_test(test_labels),       cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_large),        cmocka_unit_test(test_negative_purchase),
        cmocka_unit_test(test_out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
