/* The features from interactions: closed forms, the edges of the windows, and a slow reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tiercel/date.h"
#include "tiercel/interact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

#define NONE TC_INTERACT_MISSING

typedef struct {
    int64_t time[MOST], value[MOST], response[MOST];
    uint8_t kind[MOST];
    int64_t n;
} sample;

static void add(sample *s, int64_t time, tc_touch_kind kind, int64_t value,
                int64_t response)
{
    s->time[s->n] = time;
    s->kind[s->n] = (uint8_t)kind;
    s->value[s->n] = value;
    s->response[s->n++] = response;
}

static tc_interact_events view(const sample *s)
{
    return (tc_interact_events){.time = s->time,
                                .kind = s->kind,
                                .value = s->value,
                                .response = s->response,
                                .n = s->n};
}

static int64_t on(int64_t day)
{
    return day * TC_DAY_SECONDS;
}

static void test_nothing(void **state)
{
    const sample s = {.n = 0};
    const tc_interact_events e = view(&s);
    const int64_t day = 1000;
    double out[TC_N_INTERACT];
    (void)state;
    tc_interact_customer(&e, TC_INTERACT_NO_DAY, &day, 1, out);
    assert_true(isnan(out[TC_INTERACT_days_since_login]));
    assert_true(out[TC_INTERACT_visits_90d] == 0 && out[TC_INTERACT_complaints_90d] == 0);
    assert_true(out[TC_INTERACT_tickets_90d] == 0);
    assert_true(isnan(out[TC_INTERACT_mean_satisfaction]));
    assert_true(isnan(out[TC_INTERACT_last_nps]));
    assert_true(isnan(out[TC_INTERACT_mean_response_hours]));
    assert_true(isnan(out[TC_INTERACT_interaction_trend]));
    assert_true(isnan(out[TC_INTERACT_days_since_signup]));
}

/* The last second before a window does not count, its first does, and D itself does not. */
static void test_windows(void **state)
{
    const int64_t day = 1000;
    sample s = {.n = 0};
    double out[TC_N_INTERACT];
    tc_interact_events e;
    (void)state;
    add(&s, on(635) - 1, TC_TOUCH_SURVEY, 90000, 10000);
    add(&s, on(635), TC_TOUCH_SURVEY, 20000, 10000);
    add(&s, on(820) - 1, TC_TOUCH_VISIT, NONE, NONE);
    add(&s, on(820), TC_TOUCH_VISIT, NONE, NONE);
    add(&s, on(910) - 1, TC_TOUCH_VISIT, NONE, NONE);
    add(&s, on(910), TC_TOUCH_VISIT, NONE, NONE);
    add(&s, on(911), TC_TOUCH_LOGIN, NONE, NONE);
    add(&s, on(950), TC_TOUCH_COMPLAINT, NONE, 25000);
    add(&s, on(951), TC_TOUCH_TICKET, NONE, 5000);
    add(&s, on(960), TC_TOUCH_SURVEY, 35000, NONE);
    add(&s, on(970), TC_TOUCH_NPS, 90000, NONE);
    add(&s, on(970), TC_TOUCH_NPS, 100000, NONE);
    add(&s, on(1000) - 1, TC_TOUCH_VISIT, NONE, NONE);
    add(&s, on(1000), TC_TOUCH_LOGIN, NONE, NONE);
    add(&s, on(1000), TC_TOUCH_NPS, 0, NONE);
    e = view(&s);
    tc_interact_customer(&e, 999, &day, 1, out);
    assert_true(out[TC_INTERACT_days_since_login] == 89);
    assert_true(out[TC_INTERACT_visits_90d] == 2);
    assert_true(out[TC_INTERACT_complaints_90d] == 1);
    assert_true(out[TC_INTERACT_tickets_90d] == 1);
    assert_true(out[TC_INTERACT_mean_satisfaction] == (2.0 + 3.5) / 2);
    assert_true(out[TC_INTERACT_last_nps] == 10);
    assert_true(out[TC_INTERACT_mean_response_hours] == 4.0 / 3);
    assert_true(out[TC_INTERACT_interaction_trend] == 8.0 / 2);
    assert_true(out[TC_INTERACT_days_since_signup] == 1);
    tc_interact_customer(&e, 1000, &day, 1, out);
    assert_true(isnan(out[TC_INTERACT_days_since_signup]));
}

/* Row by row, without any search. */
static void slow(const sample *s, int64_t day, double *out)
{
    double sum[2] = {0, 0}, n[2] = {0, 0}, recent = 0, before = 0;
    out[0] = out[4] = out[5] = out[6] = out[7] = (double)NAN;
    out[1] = out[2] = out[3] = 0;
    for (int64_t i = 0; i < s->n; i++) {
        const int64_t age = day - tc_date_day_of(s->time[i]); /* 1 = yesterday */
        if (age < 1) {
            continue;
        }
        out[0] = s->kind[i] == TC_TOUCH_LOGIN ? (double)age : out[0];
        out[1] += s->kind[i] == TC_TOUCH_VISIT && age <= 90;
        out[2] += s->kind[i] == TC_TOUCH_COMPLAINT && age <= 90;
        out[3] += s->kind[i] == TC_TOUCH_TICKET && age <= 90;
        out[5] = s->kind[i] == TC_TOUCH_NPS ? (double)s->value[i] / 10000 : out[5];
        if (s->kind[i] == TC_TOUCH_SURVEY && age <= 365) {
            sum[0] += (double)s->value[i];
            n[0]++;
        }
        if (s->response[i] != NONE && age <= 365) {
            sum[1] += (double)s->response[i];
            n[1]++;
        }
        recent += age <= 90;
        before += age > 90 && age <= 180;
    }
    out[4] = n[0] > 0 ? sum[0] / (n[0] * 10000) : out[4];
    out[6] = n[1] > 0 ? sum[1] / (n[1] * 10000) : out[6];
    out[7] = before > 0 ? recent / before : out[7];
}

static int by_time(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % below;
}

static void test_reference(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (int round = 0; round < 2000; round++) {
        const int64_t day[3] = {700, 800, 900};
        double out[3 * TC_N_INTERACT], expected[TC_N_INTERACT];
        sample s = {.n = (int64_t)draw(&seed, MOST)};
        tc_interact_events e;
        for (int64_t i = 0; i < s.n; i++) {
            s.time[i] = on(300) + (int64_t)draw(&seed, 610u * 24) * 3600;
        }
        qsort(s.time, (size_t)s.n, sizeof *s.time, by_time);
        for (int64_t i = 0; i < s.n; i++) {
            s.kind[i] = (uint8_t)draw(&seed, TC_N_TOUCHES);
            s.value[i] = (int64_t)draw(&seed, 11) * 10000;
            s.response[i] = draw(&seed, 2) != 0 ? NONE : (int64_t)draw(&seed, 1000000);
        }
        e = view(&s);
        tc_interact_customer(&e, TC_INTERACT_NO_DAY, day, 3, out);
        for (int d = 0; d < 3; d++) {
            slow(&s, day[d], expected);
            for (int f = 0; f < TC_INTERACT_days_since_signup; f++) {
                const double a = out[d * TC_N_INTERACT + f], b = expected[f];
                assert_true((isnan(a) && isnan(b)) || a == b);
            }
        }
    }
}

static void test_catalogue(void **state)
{
    int n, n_other;
    const tc_feature_def *def = tc_interact_catalogue(&n);
    const tc_feature_def *other = tc_catalogue(&n_other);
    tc_buffer text = {0};
    (void)state;
    assert_int_equal(n, 9);
    for (int i = 0; i < n; i++) {
        assert_int_equal(tc_interact_find(def[i].name), i);
        assert_int_equal(tc_catalogue_find(def[i].name), -1);
        assert_false(def[i].is_double);
    }
    assert_int_equal(tc_interact_find(other[0].name), -1);
    assert_int_equal(tc_interact_document(&text, NULL), TC_OK);
    assert_int_equal(tc_buffer_append(&text, "", 1, NULL), TC_OK);
    assert_non_null(strstr((char *)text.data, "| `last_nps` | points | float32 |"));
    tc_buffer_free(&text);
    int failed = 0;
    for (int64_t at = 1; at < 3; at++) {
        tc_mem_fail_at(at);
        if (tc_interact_document(&text, NULL) != TC_OK) {
            failed++;
        }
        tc_buffer_free(&text);
    }
    tc_mem_fail_at(0);
    assert_int_equal(failed, 2);
    assert_int_equal(tc_mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_catalogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
