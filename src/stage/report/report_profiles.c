/* report_profiles.c - what was read of the customers table, the interactions and the wide table,
 * and which of their customers bought. */
#include "report_impl.h"

#include <stdio.h>

static const char *const table[] = {"customers", "interactions", "wide"};

/* Collective. One table of profiles.h5. */
static tc_status table_all(tc_report *r, tc_store *store, const char *name, json_t *parent,
                           tc_error *err)
{
    static const char *const what[] = {"rows",   "used",      "rejected", "duplicates",
                                       "merged", "customers", "rounded"};
    json_t *object = tc_report_object(r, parent, name);
    char attribute[2 * TC_STORE_NAME], dataset[2 * TC_STORE_NAME];
    tc_status st = TC_OK;
    for (size_t i = 0; i < sizeof what / sizeof *what && st == TC_OK; i++) {
        const tc_report_count count = {attribute, what[i]};
        (void)snprintf(attribute, sizeof attribute, "%s_%s", name, what[i]);
        st = tc_report_counts_all(r, store, &count, 1, object, err);
    }
    if (st == TC_OK) {
        const tc_report_count count = {attribute, "customers_with_events"};
        (void)snprintf(attribute, sizeof attribute, "profiles_%s_with_events", name);
        st = tc_report_counts_all(r, r->features, &count, 1, object, err);
    }
    if (st == TC_OK) {
        const tc_report_column reason[] = {{"rejects/reason_name", TC_TEXT, 0, {"reason"}},
                                           {dataset, TC_I64, 0, {"rows"}}};
        (void)snprintf(dataset, sizeof dataset, "rejects/%s", name);
        st = tc_report_rows_all(r, store, reason, 2, tc_report_array(r, object, "reasons"),
                                err);
    }
    return st;
}

/* Collective. The user columns. */
static tc_status columns_all(tc_report *r, tc_store *store, json_t *parent, tc_error *err)
{
    static const tc_report_column column[] = {
        {"columns/name", TC_TEXT, 0, {"name"}},
        {"columns/missing", TC_I64, 0, {"missing"}},
        {"columns/unreadable", TC_I64, 0, {"unreadable"}},
        {"columns/unknown", TC_I64, 0, {"unknown_levels"}},
        {"columns/levels", TC_I64, 0, {"levels"}}};
    return tc_store_has_all(store, "columns/name")
               ? tc_report_rows_all(r, store, column, 5,
                                    tc_report_array(r, parent, "columns"), err)
               : TC_OK;
}

tc_status tc_report_profiles_all(tc_report *r, tc_error *err)
{
    static const tc_report_count alone = {"profiles_without_events",
                                          "customers_without_events"};
    tc_store *store = NULL;
    json_t *profiles;
    tc_status st;
    if (!tc_stage_active(r->config, TC_STAGE_PROFILES)) {
        return TC_OK;
    }
    profiles = tc_report_object(r, r->root, "profiles");
    st = tc_stage_open_all(r->comm, r->config, TC_STAGE_PROFILES, &store, err);
    if (st == TC_OK) {
        tc_report_set(r, profiles, "all_customers",
                      json_integer(tc_store_head(store)->n_rows));
        st = tc_report_counts_all(r, r->features, &alone, 1, profiles, err);
    }
    for (int t = 0; t < 3 && st == TC_OK; t++) {
        st = table_all(r, store, table[t], profiles, err);
    }
    if (st == TC_OK) {
        st = columns_all(r, store, profiles, err);
    }
    tc_store_close_all(&store);
    return st;
}
