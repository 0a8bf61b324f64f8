/* Properties of the features that hold for all customers. */
#include "rfm_customer.h"

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

static void test_out_of_memory(void **state)
{
    const int64_t day = D + 2000;
    customer c;
    double f[TC_N_FEATURES];
    tc_rfm_events events;
    tc_status st = TC_ENOMEM;
    (void)state;
    random_customer(&c, 7); /* more than 64 orders */
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_leakage),
                                       cmocka_unit_test(test_order_within_a_second),
                                       cmocka_unit_test(test_out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
