/* rules.h - named segments: a table of rules over the R, F and M scores in which every one
 * of the 125 combinations belongs to exactly one rule (kernel layer). Published tables have
 * holes and overlaps that are resolved by their order; here both are errors. */
#ifndef TC_RULES_H
#define TC_RULES_H

#include "tiercel/status.h"

#include <stdint.h>

enum { TC_RULE_LEVELS = 5, TC_RULE_CELLS = 125, TC_RULES_MAX = 125 };

/* One box of scores. Axes in the order R, F, M; closed ranges within 1..5. Several rules
 * may carry one name: together they are one segment. name is borrowed. */
typedef struct {
    const char *name;
    int low[3], high[3];
} tc_rule;

/* The table in force: segments numbered from 1 in the order in which their names first
 * appear. */
typedef struct {
    uint8_t segment[TC_RULE_CELLS]; /* by tc_rules_cell */
    const char *
        name[TC_RULES_MAX + 1]; /* [0] is "none": not yet a customer; the others borrowed */
    int n_segments;
} tc_rule_table;

/* Local, pure. Index of a combination of scores, each 1..5. */
int tc_rules_cell(int r, int f, int m);

/* Local, pure. Checks that every rule has a name (not "none") and ranges within 1..5, and
 * that every combination belongs to exactly one rule. Errors: TC_ECONFIG naming the first
 * combination that no rule covers, or that two rules cover and which two; TC_ECONFIG for
 * too many rules. */
TC_NODISCARD tc_status tc_rules_check(const tc_rule *rule, int n_rules, tc_error *err);

/* Local, pure. The same check, then the table. */
TC_NODISCARD tc_status tc_rules_compile(const tc_rule *rule, int n_rules,
                                        tc_rule_table *out, tc_error *err);

#endif
