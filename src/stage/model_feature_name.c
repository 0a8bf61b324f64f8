/* model_feature_name.c - names of features: what can be called so, without any file. */
#include "tiercel/model_feature.h"

#include "tiercel/interact.h"

#include <string.h>

int tc_model_feature_is_user(const char *name)
{
    return strncmp(name, TC_MODEL_USER, sizeof TC_MODEL_USER - 1) == 0 &&
           name[sizeof TC_MODEL_USER - 1] != '\0';
}

int tc_model_feature_known(const char *name, tc_missing_policy *missing)
{
    int n;
    const int of_events = tc_catalogue_find(name), of_touches = tc_interact_find(name);
    if (of_events >= 0) {
        *missing = tc_catalogue(&n)[of_events].missing;
    } else if (of_touches >= 0) {
        *missing = tc_interact_catalogue(&n)[of_touches].missing;
    } else {
        *missing = TC_MISSING_MEDIAN; /* an indicator is never missing */
    }
    return of_events >= 0 || of_touches >= 0 || tc_model_feature_is_user(name);
}

/* Without a wide table the user columns are known from the configuration. */
static int is_configured(const tc_config_customers *customers, const char *column)
{
    if (strcmp(column, "consent") == 0) {
        return customers->consent != NULL;
    }
    if (strcmp(column, "protected") == 0) {
        return customers->is_protected != NULL;
    }
    for (int i = 0; i < customers->n_attributes; i++) {
        const tc_attribute_def *a = &customers->attributes[i];
        const char *name = a->name != NULL ? a->name : a->column;
        const size_t n = strlen(name);
        if (strncmp(column, name, n) == 0 &&
            column[n] == (a->kind == TC_ATTRIBUTE_CATEGORICAL ? '=' : '\0')) {
            return 1;
        }
    }
    return 0;
}

tc_status tc_model_feature_check(const tc_config *config, const char *name,
                                 const char *section, tc_error *err)
{
    const tc_config_customers *customers = &config->customers;
    const int touch = tc_interact_find(name);
    if (touch == TC_INTERACT_days_since_signup &&
        (customers->n_files == 0 || customers->signup == NULL)) {
        return tc_fail(err, TC_ECONFIG,
                       "%s.features: %s needs customers.files and customers.columns.signup",
                       section, name);
    }
    if (touch >= 0 && touch != TC_INTERACT_days_since_signup &&
        config->interactions.n_files == 0) {
        return tc_fail(err, TC_ECONFIG, "%s.features: %s needs interactions.files", section,
                       name);
    }
    if (tc_model_feature_is_user(name) && config->wide.n_files == 0 &&
        (customers->n_files == 0 ||
         !is_configured(customers, name + sizeof TC_MODEL_USER - 1))) {
        return tc_fail(err, TC_ECONFIG,
                       "%s.features: no table has '%.80s'; there are the %d of "
                       "customers.attributes as user.<name>, or user.<name>=<level> if "
                       "categorical, consent and protected if mapped, and no wide table",
                       section, name, customers->n_files > 0 ? customers->n_attributes : 0);
    }
    return TC_OK;
}
