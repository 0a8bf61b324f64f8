/* The table of named segments: complete and disjoint, or an error that names the cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tiercel/rules.h"

#define ALL_M 1, 5

static tc_rule box(const char *name, int r0, int r1, int f0, int f1, int m0, int m1)
{
    const tc_rule rule = {.name = name, .low = {r0, f0, m0}, .high = {r1, f1, m1}};
    return rule;
}

enum { N_SEG_MAP = 10 };

/* The R x F table copied across public code, complete and disjoint. */
static void seg_map(tc_rule rule[N_SEG_MAP])
{
    rule[0] = box("hibernating", 1, 2, 1, 2, ALL_M);
    rule[1] = box("at_risk", 1, 2, 3, 4, ALL_M);
    rule[2] = box("cant_lose", 1, 2, 5, 5, ALL_M);
    rule[3] = box("about_to_sleep", 3, 3, 1, 2, ALL_M);
    rule[4] = box("need_attention", 3, 3, 3, 3, ALL_M);
    rule[5] = box("loyal_customers", 3, 4, 4, 5, ALL_M);
    rule[6] = box("promising", 4, 4, 1, 1, ALL_M);
    rule[7] = box("new_customers", 5, 5, 1, 1, ALL_M);
    rule[8] = box("potential_loyalists", 4, 5, 2, 3, ALL_M);
    rule[9] = box("champions", 5, 5, 4, 5, ALL_M);
}

static void complete_table_compiles(void **state)
{
    (void)state;
    tc_rule rule[N_SEG_MAP];
    tc_rule_table table;
    tc_error err = {0};
    seg_map(rule);
    assert_int_equal(tc_rules_check(rule, N_SEG_MAP, &err), TC_OK);
    assert_int_equal(tc_rules_compile(rule, N_SEG_MAP, &table, &err), TC_OK);
    assert_int_equal(table.n_segments, N_SEG_MAP);
    assert_string_equal(table.name[0], "none");
    assert_string_equal(table.name[table.segment[tc_rules_cell(5, 5, 1)]], "champions");
    assert_string_equal(table.name[table.segment[tc_rules_cell(1, 5, 3)]], "cant_lose");
    assert_string_equal(table.name[table.segment[tc_rules_cell(4, 1, 5)]], "promising");
    assert_string_equal(table.name[table.segment[tc_rules_cell(1, 1, 1)]], "hibernating");
}

static void cells_are_numbered_once(void **state)
{
    (void)state;
    int seen[TC_RULE_CELLS] = {0};
    for (int r = 1; r <= 5; r++) {
        for (int f = 1; f <= 5; f++) {
            for (int m = 1; m <= 5; m++) {
                assert_int_equal(seen[tc_rules_cell(r, f, m)]++, 0);
            }
        }
    }
}

static void one_name_in_several_rules_is_one_segment(void **state)
{
    (void)state;
    const tc_rule rule[3] = {box("low", 1, 2, 1, 5, ALL_M), box("high", 4, 5, 1, 5, ALL_M),
                             box("low", 3, 3, 1, 5, ALL_M)};
    tc_rule_table table;
    tc_error err = {0};
    assert_int_equal(tc_rules_compile(rule, 3, &table, &err), TC_OK);
    assert_int_equal(table.n_segments, 2);
    assert_int_equal(table.segment[tc_rules_cell(3, 3, 3)], 1);
    assert_int_equal(table.segment[tc_rules_cell(5, 3, 3)], 2);
}

static void hole_is_named(void **state)
{
    (void)state;
    tc_rule rule[N_SEG_MAP];
    tc_error err = {0};
    seg_map(rule);
    rule[4].high[2] = 4; /* need_attention without m = 5 */
    assert_int_equal(tc_rules_check(rule, N_SEG_MAP, &err), TC_ECONFIG);
    assert_non_null(strstr(err.message, "r=3 f=3 m=5"));
    assert_non_null(strstr(err.message, "no rule covers"));
}

static void overlap_names_both_rules(void **state)
{
    (void)state;
    tc_rule rule[N_SEG_MAP];
    tc_error err = {0};
    seg_map(rule);
    rule[9].low[0] = 4; /* champions reach into loyal_customers */
    assert_int_equal(tc_rules_check(rule, N_SEG_MAP, &err), TC_ECONFIG);
    assert_non_null(strstr(err.message, "r=4 f=4 m=1"));
    assert_non_null(strstr(err.message, "loyal_customers"));
    assert_non_null(strstr(err.message, "champions"));
}

static void impossible_rules_are_refused(void **state)
{
    (void)state;
    const tc_rule bad[] = {box("a", 0, 5, 1, 5, ALL_M),    box("a", 1, 6, 1, 5, ALL_M),
                           box("a", 1, 5, 4, 3, ALL_M),    box("", 1, 5, 1, 5, ALL_M),
                           box("none", 1, 5, 1, 5, ALL_M), box(NULL, 1, 5, 1, 5, ALL_M)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tc_error err = {0};
        assert_int_equal(tc_rules_check(&bad[i], 1, &err), TC_ECONFIG);
        assert_non_null(strstr(err.message, "rule 1"));
    }
    tc_error err = {0};
    assert_int_equal(tc_rules_check(bad, 0, &err), TC_ECONFIG);
    assert_int_equal(tc_rules_check(bad, TC_RULES_MAX + 1, NULL), TC_ECONFIG);
}

/* The published table of the rfm package 0.2.x: 36 holes and 39 overlaps. */
static void published_table_with_holes_is_refused(void **state)
{
    (void)state;
    const tc_rule rule[10] = {box("champions", 4, 5, 4, 5, 4, 5),
                              box("loyal", 2, 5, 3, 5, 3, 5),
                              box("potential_loyalist", 3, 5, 1, 3, 1, 3),
                              box("new", 4, 5, 1, 1, 1, 1),
                              box("promising", 3, 4, 1, 1, 1, 1),
                              box("need_attention", 2, 3, 2, 3, 2, 3),
                              box("about_to_sleep", 2, 3, 1, 2, 1, 2),
                              box("at_risk", 1, 2, 2, 5, 2, 5),
                              box("cant_lose", 1, 1, 4, 5, 4, 5),
                              box("lost", 1, 2, 1, 2, 1, 2)};
    tc_error err = {0};
    assert_int_equal(tc_rules_check(rule, 10, &err), TC_ECONFIG);
    int holes = 0, overlaps = 0;
    for (int c = 0; c < TC_RULE_CELLS; c++) {
        int covered = 0;
        for (int i = 0; i < 10; i++) {
            const int r = 1 + c / 25, f = 1 + c / 5 % 5, m = 1 + c % 5;
            covered += r >= rule[i].low[0] && r <= rule[i].high[0] && f >= rule[i].low[1] &&
                       f <= rule[i].high[1] && m >= rule[i].low[2] && m <= rule[i].high[2];
        }
        holes += covered == 0;
        overlaps += covered > 1;
    }
    assert_int_equal(holes, 36);
    assert_int_equal(overlaps, 39);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_table_compiles),
        cmocka_unit_test(cells_are_numbered_once),
        cmocka_unit_test(one_name_in_several_rules_is_one_segment),
        cmocka_unit_test(hole_is_named),
        cmocka_unit_test(overlap_names_both_rules),
        cmocka_unit_test(impossible_rules_are_refused),
        cmocka_unit_test(published_table_with_holes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
