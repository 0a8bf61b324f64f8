/* report_identity.c - one customer with many ids: what the map unified, and what the ids of
 * a customer would have looked like alone. */
#include "report_impl.h"

#include "tiercel/json.h"

/* Collective. The map, and what it did to the events. */
static tc_status merged_all(tc_report *r, json_t *identity, tc_error *err)
{
    static const tc_report_count counts[] = {
        {"identity_ids", "ids"},
        {"identity_customers", "customers"},
        {"identity_rows_moved", "rows_moved"},
        {"identity_ids_merged", "ids_merged"},
        {"identity_customers_merged", "customers_merged"},
    };
    return tc_report_counts_all(r, r->features, counts, sizeof counts / sizeof *counts,
                                identity, err);
}

/* Collective. The rows of its files, if ingest made one file of events. */
static tc_status rows_all(tc_report *r, json_t *identity, tc_error *err)
{
    static const tc_report_count counts[] = {
        {"identity_rows", "read"},
        {"identity_rows_missing_id", "rejected_missing_id"},
        {"identity_rows_long_id", "rejected_long_id"},
        {"identity_rows_malformed", "rejected_malformed"},
        {"identity_rows_repeated", "repeated"},
        {"identity_rows_self", "say_nothing"},
    };
    if (r->list.n != 1) {
        return TC_OK; /* each ingest has read them */
    }
    return tc_report_counts_all(r, r->events, counts, sizeof counts / sizeof *counts,
                                tc_report_object(r, identity, "rows"), err);
}

/* Collective. */
static tc_status silo_all(tc_report *r, json_t *identity, tc_error *err)
{
    static const tc_report_count counts[] = {
        {"silo_customers", "customers"},
        {"silo_ids", "ids"},
        {"silo_customers_differ", "customers_differ"},
        {"silo_recency_differs", "recency_differs"},
        {"silo_frequency_differs", "frequency_differs"},
        {"silo_monetary_differs", "monetary_differs"},
    };
    json_t *silo = tc_report_object(r, identity, "silo");
    const tc_status st = tc_report_counts_all(r, r->tiers, counts,
                                              sizeof counts / sizeof *counts, silo, err);
    if (st == TC_OK) {
        const double customers =
            (double)json_integer_value(json_object_get(silo, "customers"));
        const double differ =
            (double)json_integer_value(json_object_get(silo, "customers_differ"));
        tc_report_set(r, silo, "share_differ",
                      customers > 0 ? tc_json_number(differ / customers) : json_null());
    }
    return st;
}

tc_status tc_report_identity_all(tc_report *r, tc_error *err)
{
    json_t *identity;
    tc_status st;
    if (!tc_store_has_all(r->features, "silo/customer_row")) {
        return TC_OK;
    }
    identity = tc_report_object(r, r->root, "identity");
    st = merged_all(r, identity, err);
    if (st == TC_OK) {
        st = rows_all(r, identity, err);
    }
    return st == TC_OK ? silo_all(r, identity, err) : st;
}
