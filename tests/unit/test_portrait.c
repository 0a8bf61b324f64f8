/* Names and descriptions of clusters. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tiercel/encoding.h"
#include "tiercel/interact.h"
#include "tiercel/portrait.h"

static void most_telling_first(void **state)
{
    (void)state;
    const tc_trait trait[] = {{"recency_days", -0.9, 8, 51.25, 9, 40},
                              {"order_count", 1.4, 12, 2, 11, 3},
                              {"net_amount", 1.9, 5213.7, 668.57, 5000, 600},
                              {"return_rate", 0.1, 0, 0, 0.01, 0},
                              {"gross_amount", 1.8, 5300, 700, 5100, 690}};
    char name[TC_PORTRAIT_NAME], text[TC_PORTRAIT_TEXT];
    int order[4];
    assert_int_equal(tc_portrait_order(trait, 5, order, 4), 3);
    assert_int_equal(order[0], 2);
    assert_int_equal(order[1], 1);
    assert_int_equal(order[2], 0);
    tc_portrait_name(trait, 5, 2, name);
    assert_string_equal(name, "very high spending, frequent");
    tc_portrait_name(trait, 5, 9, name);
    assert_string_equal(name, "very high spending, frequent, recent");
    tc_portrait_text(trait, 5, text);
    assert_string_equal(text, "very high spending (net_amount 5214 against 668.6), "
                              "frequent (order_count 12 against 2), "
                              "recent (recency_days 8 against 51.25)");
}

static void limits_are_kept(void **state)
{
    (void)state;
    tc_trait trait = {"recency_days", 0.2499, 8, 7, 8, 7};
    char name[TC_PORTRAIT_NAME], text[TC_PORTRAIT_TEXT];
    tc_portrait_name(&trait, 1, 2, name);
    tc_portrait_text(&trait, 1, text);
    assert_string_equal(name, "average");
    assert_string_equal(text, "like all customers in every feature");
    trait.difference = 0.25;
    tc_portrait_name(&trait, 1, 2, name);
    assert_string_equal(name, "fairly inactive");
    trait.difference = -0.5;
    tc_portrait_name(&trait, 1, 2, name);
    assert_string_equal(name, "recent");
    trait.difference = -1.5;
    tc_portrait_name(&trait, 1, 2, name);
    assert_string_equal(name, "very recent");
}

/* Where most values are equal, the medians do not show what the means do. */
static void means_speak_where_medians_are_silent(void **state)
{
    (void)state;
    tc_trait trait = {"tickets_90d", 1, 0, 0, 0.4123, 0.1};
    char text[TC_PORTRAIT_TEXT];
    tc_portrait_text(&trait, 1, text);
    assert_string_equal(text, "many tickets (tickets_90d mean 0.4123 against 0.1)");
    trait.typical = (double)NAN;
    tc_portrait_text(&trait, 1, text);
    assert_string_equal(text, "many tickets (tickets_90d mean 0.4123 against 0.1)");
    trait.typical = 2;
    tc_portrait_text(&trait, 1, text);
    assert_string_equal(text, "many tickets (tickets_90d 2 against 0)");
    trait.difference = -1;
    tc_portrait_text(&trait, 1, text);
    assert_string_equal(text, "few tickets (tickets_90d mean 0.4123 against 0.1)");
}

static void ties_go_by_order(void **state)
{
    (void)state;
    const tc_trait trait[] = {{"gap_cv", -1, 1, 1, 1, 1}, {"return_rate", 1, 1, 1, 1, 1}};
    int order[2];
    assert_int_equal(tc_portrait_order(trait, 2, order, 2), 2);
    assert_int_equal(order[0], 0);
}

static void user_features(void **state)
{
    (void)state;
    const tc_trait trait[] = {{"user.plan=pro", 2, 1, 0, 0.83, 0.2},
                              {"user.age", -1.6, 31, 44, 30, 45},
                              {"user.region=north", -0.6, 0, 0, 0.04, 0.3}};
    char name[TC_PORTRAIT_NAME], text[TC_PORTRAIT_TEXT];
    tc_portrait_name(trait, 3, 3, name);
    assert_string_equal(name, "plan pro, very low age, not region north");
    tc_portrait_text(trait, 3, text);
    assert_string_equal(text, "plan pro (user.plan=pro 83 % against 20 %), very low age "
                              "(user.age 31 against 44), not region north "
                              "(user.region=north 4 % against 30 %)");
}

static void missing_values_are_a_trait(void **state)
{
    (void)state;
    const tc_trait trait[] = {{"recency_days=missing", 3, 1, 0, 0.9, 0.1},
                              {"user.age=missing", -1, 0, 0, 0, 0.5}};
    char text[TC_PORTRAIT_TEXT];
    tc_portrait_text(trait, 2, text);
    assert_string_equal(text,
                        "without recency_days (recency_days=missing 90 % against 10 %), "
                        "with age (user.age=missing 0 % against 50 %)");
}

/* Long names of three-byte letters: nothing overflows, no letter is cut. */
static void long_names_are_cut_between_letters(void **state)
{
    (void)state;
    for (int n = 1; n < 120; n++) {
        char feature[400] = "user.", name[TC_PORTRAIT_NAME], text[TC_PORTRAIT_TEXT];
        char numbered[TC_PORTRAIT_NAME];
        tc_trait trait[4];
        for (int i = 0; i < n; i++) {
            strcat(feature, "\xE2\x82\xAC");
        }
        if (n % 2 == 0) {
            strcat(feature, "=x");
        }
        for (int i = 0; i < 4; i++) {
            trait[i] = (tc_trait){feature, 1 + i, -1234567.125, 1e300, 1e300, -1e300};
        }
        tc_portrait_name(trait, 4, 4, name);
        tc_portrait_text(trait, 4, text);
        tc_portrait_number(name, " #65535", numbered);
        assert_non_null(strstr(numbered, " #65535"));
        assert_true(strlen(numbered) < TC_PORTRAIT_NAME);
        assert_true(tc_text_is_utf8(numbered, (int64_t)strlen(numbered)));
        assert_true(strlen(name) < TC_PORTRAIT_NAME && name[0] != '\0');
        assert_true(strlen(text) < TC_PORTRAIT_TEXT && text[0] != '\0');
        assert_true(tc_text_is_utf8(name, (int64_t)strlen(name)));
        assert_true(tc_text_is_utf8(text, (int64_t)strlen(text)));
    }
}

static void all_features_have_words(void **state)
{
    (void)state;
    int n;
    const tc_feature_def *def = tc_catalogue(&n);
    for (int i = 0; i < n; i++) {
        if (!tc_portrait_known(def[i].name)) {
            fail_msg("no words for %s", def[i].name);
        }
    }
    def = tc_interact_catalogue(&n);
    for (int i = 0; i < n; i++) {
        if (!tc_portrait_known(def[i].name)) {
            fail_msg("no words for %s", def[i].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(most_telling_first),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(means_speak_where_medians_are_silent),
        cmocka_unit_test(ties_go_by_order),
        cmocka_unit_test(user_features),
        cmocka_unit_test(missing_values_are_a_trait),
        cmocka_unit_test(long_names_are_cut_between_letters),
        cmocka_unit_test(all_features_have_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
