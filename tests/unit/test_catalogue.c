/* The table of features: names, policies, documentation. */
#include "tiercel/catalogue.h"
#include "tiercel/feature_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_names(void **state)
{
    int n;
    const tc_feature_def *def = tc_catalogue(&n);
    (void)state;
    assert_int_equal(n, TC_N_FEATURES);
    for (int i = 0; i < n; i++) {
        assert_int_equal(tc_catalogue_find(def[i].name), i); /* no name twice */
        assert_int_equal(strspn(def[i].name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                         strlen(def[i].name));
        assert_true(strlen(def[i].unit) > 0);
        assert_true(strlen(def[i].formula) + strlen(def[i].description) < 480);
        assert_int_equal(def[i].is_double, strcmp(def[i].unit, "currency") == 0);
    }
    assert_int_equal(tc_catalogue_find("net_amount"), TC_FEATURE_net_amount);
    assert_int_equal(tc_catalogue_find("later_amount"), -1);
    assert_int_equal(tc_catalogue_find(""), -1);
}

/* What is 0 by nature is 0 to a model; what is unknown is not made extreme. */
static void test_missing_policy(void **state)
{
    int n;
    const tc_feature_def *def = tc_catalogue(&n);
    (void)state;
    assert_int_equal(def[TC_FEATURE_recency_days].missing, TC_MISSING_MEDIAN);
    assert_int_equal(def[TC_FEATURE_gap_mean_days].missing, TC_MISSING_MEDIAN);
    assert_int_equal(def[TC_FEATURE_order_count].missing, TC_MISSING_ZERO);
    assert_int_equal(def[TC_FEATURE_average_order].missing, TC_MISSING_ZERO);
}

static void test_document(void **state)
{
    int n;
    const tc_feature_def *def = tc_catalogue(&n);
    tc_buffer text = {0};
    const char *at;
    tc_error err = {0};
    (void)state;
    assert_int_equal(tc_catalogue_document(&text, &err), TC_OK);
    assert_int_equal(tc_buffer_append(&text, "", 1, &err), TC_OK);
    at = (const char *)text.data;
    for (int i = 0; i < n; i++) { /* in order, each in its own line */
        at = strstr(at, def[i].name);
        assert_non_null(at);
        at = strchr(at, '\n');
        assert_non_null(at);
    }
    assert_string_equal(at, "\n");
    tc_buffer_free(&text);
    tc_mem_fail_at(1);
    assert_int_equal(tc_catalogue_document(&text, &err), TC_ENOMEM);
    tc_mem_fail_at(0);
    tc_buffer_free(&text);
    assert_int_equal(tc_mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names),
                                       cmocka_unit_test(test_missing_policy),
                                       cmocka_unit_test(test_document)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
