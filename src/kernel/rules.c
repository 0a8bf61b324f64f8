#include "tiercel/rules.h"

#include <string.h>

int tc_rules_cell(int r, int f, int m)
{
    return ((r - 1) * TC_RULE_LEVELS + (f - 1)) * TC_RULE_LEVELS + (m - 1);
}

static int rule_covers(const tc_rule *rule, const int score[3])
{
    int inside = 1;
    for (int axis = 0; axis < 3; axis++) {
        inside &= score[axis] >= rule->low[axis] && score[axis] <= rule->high[axis];
    }
    return inside;
}

static tc_status check_rule(const tc_rule *rule, int number, tc_error *err)
{
    static const char axis_name[3] = {'r', 'f', 'm'};
    if (rule->name == NULL || rule->name[0] == '\0' || strcmp(rule->name, "none") == 0) {
        return tc_fail(
            err, TC_ECONFIG,
            "assign.rules: rule %d has no name, or the reserved name none; name it",
            number);
    }
    for (int axis = 0; axis < 3; axis++) {
        if (rule->low[axis] < 1 || rule->high[axis] > TC_RULE_LEVELS ||
            rule->low[axis] > rule->high[axis]) {
            return tc_fail(
                err, TC_ECONFIG,
                "assign.rules: rule %d (%.40s) has the range %c = %d to %d; scores "
                "are 1 to 5 and a range ascends",
                number, rule->name, axis_name[axis], rule->low[axis], rule->high[axis]);
        }
    }
    return TC_OK;
}

/* The rule of one combination, or an error. */
static tc_status find_rule(const tc_rule *rule, int n_rules, const int score[3], int *found,
                           tc_error *err)
{
    *found = -1;
    for (int i = 0; i < n_rules; i++) {
        if (!rule_covers(&rule[i], score)) {
            continue;
        }
        if (*found >= 0) {
            return tc_fail(
                err, TC_ECONFIG,
                "assign.rules: the scores r=%d f=%d m=%d belong to rule %d (%.40s) "
                "and to rule %d (%.40s); make the rules disjoint",
                score[0], score[1], score[2], *found + 1, rule[*found].name, i + 1,
                rule[i].name);
        }
        *found = i;
    }
    if (*found < 0) {
        return tc_fail(err, TC_ECONFIG,
                       "assign.rules: no rule covers the scores r=%d f=%d m=%d; add one",
                       score[0], score[1], score[2]);
    }
    return TC_OK;
}

/* Number of the segment with this name, which is added if it is new. */
static uint8_t segment_number(tc_rule_table *table, const char *name)
{
    for (int i = 1; i <= table->n_segments; i++) {
        if (strcmp(table->name[i], name) == 0) {
            return (uint8_t)i;
        }
    }
    table->n_segments++;
    table->name[table->n_segments] = name;
    return (uint8_t)table->n_segments;
}

tc_status tc_rules_compile(const tc_rule *rule, int n_rules, tc_rule_table *out,
                           tc_error *err)
{
    memset(out, 0, sizeof *out);
    out->name[0] = "none";
    if (n_rules < 1 || n_rules > TC_RULES_MAX) {
        return tc_fail(err, TC_ECONFIG, "assign.rules: %d rules; 1 to %d are possible",
                       n_rules, TC_RULES_MAX);
    }
    uint8_t number[TC_RULES_MAX] = {0};
    for (int i = 0; i < n_rules; i++) {
        TC_TRY(check_rule(&rule[i], i + 1, err));
        number[i] = segment_number(out, rule[i].name);
    }
    for (int cell = 0; cell < TC_RULE_CELLS; cell++) {
        const int score[3] = {1 + cell / 25, 1 + cell / 5 % 5, 1 + cell % 5};
        int found;
        TC_TRY(find_rule(rule, n_rules, score, &found, err));
        out->segment[cell] = number[found];
    }
    return TC_OK;
}

tc_status tc_rules_check(const tc_rule *rule, int n_rules, tc_error *err)
{
    tc_rule_table table;
    return tc_rules_compile(rule, n_rules, &table, err);
}
