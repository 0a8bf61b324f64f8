/* The counters that a watching thread reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tiercel/progress.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

static void test_counts(void **unused)
{
    tc_progress_view a, b;
    (void)unused;
    assert_true(tc_progress_look(&a));
    assert_string_equal(a.stage, "");
    assert_string_equal(a.phase, "");
    tc_progress_stage("ingest", 1, 6);
    tc_progress_phase("reading", 100, "B");
    tc_progress_add(30);
    tc_progress_add(12);
    assert_true(tc_progress_look(&a));
    assert_string_equal(a.stage, "ingest");
    assert_string_equal(a.phase, "reading");
    assert_string_equal(a.unit, "B");
    assert_int_equal(a.number, 1);
    assert_int_equal(a.n_stages, 6);
    assert_int_equal(a.done, 42);
    assert_int_equal(a.total, 100);
    assert_true(tc_progress_look(&b));
    assert_int_equal(a.steps, b.steps); /* looking is no progress */
    tc_progress_add(0);
    assert_true(tc_progress_look(&b));
    assert_true(b.steps > a.steps);
    assert_int_equal(b.phases, a.phases);
    tc_progress_phase("writing", -5, "rows");
    assert_true(tc_progress_look(&b));
    assert_int_equal(b.phases, a.phases + 1);
    assert_int_equal(b.done, 0);
    assert_int_equal(b.total, 0);
    assert_string_equal(b.stage, "ingest");
    tc_progress_stage("features", 2, 6);
    assert_true(tc_progress_look(&b));
    assert_string_equal(b.stage, "features");
    assert_string_equal(b.phase, "");
}

static atomic_int over;
static int mixed, looks;

/* In phase "a" the total is 1, in phase "b" 2, always. */
static void *watch(void *unused)
{
    (void)unused;
    while (!atomic_load(&over)) {
        tc_progress_view v;
        if (!tc_progress_look(&v)) {
            continue;
        }
        looks++;
        mixed += strcmp(v.phase, "a") == 0 && v.total != 1;
        mixed += strcmp(v.phase, "b") == 0 && v.total != 2;
        mixed += strcmp(v.phase, v.unit) != 0;
    }
    return NULL;
}

static void test_a_look_is_never_a_mix(void **unused)
{
    pthread_t thread;
    (void)unused;
    tc_progress_phase("a", 1, "a");
    assert_int_equal(pthread_create(&thread, NULL, watch, NULL), 0);
    for (int i = 0; i < 200000; i++) {
        tc_progress_phase("b", 2, "b");
        tc_progress_add(1);
        tc_progress_phase("a", 1, "a");
        tc_progress_add(1);
    }
    (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    atomic_store(&over, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(mixed, 0);
    assert_true(looks > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_counts),
                                       cmocka_unit_test(test_a_look_is_never_a_mix)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
