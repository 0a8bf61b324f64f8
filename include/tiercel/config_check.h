/* config_check.h - what of a configuration only the layers below the stages can judge: names of features, the table
 * of segment rules (stage layer). */
#ifndef TC_CONFIG_CHECK_H
#define TC_CONFIG_CHECK_H

#include "tiercel/config.h"
#include "tiercel/rules.h"

/* Local. The rules of the configuration as a table. Names are borrowed from the configuration. Errors: TC_ECONFIG for
 * a combination of scores without a rule or with two, TC_ENOMEM. */
TC_NODISCARD tc_status tc_config_rules(const tc_config *config, tc_rule_table *out,
                                       tc_error *err);

/* Local. Refuses before any work what a later stage would refuse: features that are not in the catalogue, rules with
 * holes or overlaps. Errors: TC_ECONFIG, TC_ENOMEM. */
TC_NODISCARD tc_status tc_config_check(const tc_config *config, tc_error *err);

#endif
