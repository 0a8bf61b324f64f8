#include "tiercel/config_check.h"

#include "tiercel/model_feature.h"
#include "tiercel/scale_all.h"

tc_status tc_config_rules(const tc_config *config, tc_rule_table *out, tc_error *err)
{
    const tc_config_assign *assign = &config->assign;
    tc_rule *rule = tc_mem_alloc(assign->n_rules, sizeof *rule, err);
    tc_status st;
    if (rule == NULL) {
        return TC_ENOMEM;
    }
    for (int i = 0; i < assign->n_rules; i++) {
        const tc_segment_rule *from = &assign->rules[i];
        rule[i] = (tc_rule){.name = from->name,
                            .low = {from->r_min, from->f_min, from->m_min},
                            .high = {from->r_max, from->f_max, from->m_max}};
    }
    st = tc_rules_compile(rule, assign->n_rules, out, err);
    tc_mem_free(rule);
    return st;
}

/* The weight of a customer is a feature like those that place one. */
static tc_status check_weight(const tc_config *config, tc_error *err)
{
    tc_missing_policy missing;
    const char *weight = config->segment.weight;
    if (weight == NULL) {
        return TC_OK;
    }
    if (!tc_model_feature_known(weight, &missing)) {
        return tc_fail(err, TC_ECONFIG,
                       "segment.weight: no feature is called '%.64s'; see the catalogue of "
                       "features, or take a user.<name> of the tables",
                       weight);
    }
    return tc_model_feature_check(config, weight, "segment.weight", err);
}

tc_status tc_config_check(const tc_config *config, tc_error *err)
{
    tc_rule_table rules;
    TC_TRY(tc_scale_check_uses(config->segment.use, config->segment.n_use, "segment", err));
    TC_TRY(tc_scale_check_uses(config->churn.use, config->churn.n_use, "churn", err));
    for (int f = 0; f < config->segment.n_use; f++) {
        TC_TRY(
            tc_model_feature_check(config, config->segment.use[f].feature, "segment", err));
    }
    TC_TRY(check_weight(config, err));
    for (int f = 0; f < config->churn.n_use; f++) {
        TC_TRY(tc_model_feature_check(config, config->churn.use[f].feature, "churn", err));
    }
    return tc_config_rules(config, &rules, err);
}
