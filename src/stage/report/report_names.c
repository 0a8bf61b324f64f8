/* report_names.c - numbers, names and profiles of the clusters, and what became of those of the previous run. */
#include "report_impl.h"

#define COUNT_OF(table) (sizeof(table) / sizeof *(table))

enum { MOST = 256 };

tc_status tc_report_words_all(tc_report *r, const char *dataset, const char *const *name,
                              int n_names, const char *key, json_t *rows, tc_error *err)
{
    const tc_field field = {
        .name = dataset, .type = TC_ENUM, .names = name, .n_names = n_names};
    const int64_t n = (int64_t)json_array_size(rows);
    uint8_t value[MOST];
    tc_status st;
    if (n > MOST) {
        return tc_fail(
            err, TC_EDATA,
            "report: dataset '%s' has too many rows; delete its file and run again",
            dataset);
    }
    st = tc_store_get_small_all(r->segments, &field, n, value, err);
    for (int64_t i = 0; st == TC_OK && i < n; i++) {
        tc_report_set(r, json_array_get(rows, (size_t)i), key,
                      json_string(name[value[i] < n_names ? value[i] : 0]));
    }
    return st;
}

/* Collective. */
static tc_status profiles_all(tc_report *r, json_t *segments, tc_error *err)
{
    static const tc_report_column cluster[] = {
        {"model/number", TC_U16, 0, {"cluster"}},
        {"model/name", TC_TEXT, 0, {"name"}},
        {"model/description", TC_TEXT, 0, {"description"}},
        {"model/customers", TC_I64, 0, {"customers"}},
        {"model/customer_share", TC_F64, 0, {"customer_share"}},
        {"model/net_share", TC_F64, 0, {"net_share"}},
        {"model/typical", TC_F64, 1, {"typical"}},
        {"model/difference", TC_F64, 1, {"difference"}},
    };
    static const tc_report_column base = {"model/typical_base", TC_F64, 0, {"typical"}};
    const tc_status st = tc_report_rows_all(r, r->segments, cluster, COUNT_OF(cluster),
                                            json_object_get(segments, "clusters"), err);
    return st != TC_OK ? st
                       : tc_report_rows_all(r, r->segments, &base, 1,
                                            json_object_get(segments, "features"), err);
}

/* Collective. The clusters of the previous run and of this one, each with what it came from or went to. */
static tc_status map_all(tc_report *r, json_t *clusters, json_t *identity, tc_error *err)
{
    static const char *const status[] = {"empty", "kept", "new"};
    static const char *const fate[] = {"vanished", "kept"};
    static const tc_report_column now[] = {
        {"model/distance", TC_F64, 0, {"distance"}},
        {"model/stayed", TC_I64, 0, {"stayed"}},
        {"model/origin", TC_U16, 0, {"origin"}},
    };
    static const tc_report_column before[] = {
        {"previous/number", TC_U16, 0, {"cluster"}},
        {"previous/name", TC_TEXT, 0, {"name"}},
        {"previous/description", TC_TEXT, 0, {"description"}},
        {"previous/customers", TC_I64, 0, {"customers"}},
        {"previous/destination", TC_U16, 0, {"destination"}},
    };
    static const tc_report_column flow = {"previous/flow", TC_I64, 1, {"customers"}};
    json_t *previous = tc_report_array(r, identity, "previous");
    tc_status st =
        tc_report_words_all(r, "model/status", status, 3, "status", clusters, err);
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->segments, now, COUNT_OF(now), clusters, err);
    }
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->segments, before, COUNT_OF(before), previous, err);
    }
    if (st == TC_OK) {
        st = tc_report_words_all(r, "previous/fate", fate, 2, "fate", previous, err);
    }
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->segments, &flow, 1,
                                tc_report_array(r, identity, "flow"), err);
    }
    return st;
}

/* Collective. */
static tc_status changes_all(tc_report *r, json_t *identity, tc_error *err)
{
    static const tc_report_count counts[] = {{"customers_in_both", "customers_in_both"},
                                             {"customers_changed", "customers_changed"},
                                             {"customers_joined", "customers_joined"},
                                             {"customers_left", "customers_left"}};
    int64_t changed = 0, both = 0, moved = 0;
    tc_status st =
        tc_report_counts_all(r, r->segments, counts, COUNT_OF(counts), identity, err);
    if (st == TC_OK) {
        st = tc_store_get_i64_all(r->segments, "method_changed", &changed, err);
    }
    if (st == TC_OK) {
        st = tc_report_text_all(r, r->segments, "method_changes", identity,
                                "method_changes", err);
    }
    if (st == TC_OK) {
        st = tc_report_text_all(r, r->segments, "previous_run_id", identity,
                                "previous_run_id", err);
    }
    if (st == TC_OK) {
        st = tc_report_text_all(r, r->segments, "previous_as_of", identity,
                                "previous_as_of", err);
    }
    both = json_integer_value(json_object_get(identity, "customers_in_both"));
    moved = json_integer_value(json_object_get(identity, "customers_changed"));
    tc_report_set(r, identity, "method_changed", json_boolean(changed != 0));
    tc_report_set(r, identity, "changed_share",
                  both > 0 ? json_real((double)moved / (double)both) : json_null());
    return st;
}

tc_status tc_report_names_all(tc_report *r, tc_error *err)
{
    static const tc_report_count last = {"last_number", "last_number"};
    static const tc_report_column retired[] = {
        {"retired/number", TC_U16, 0, {"cluster"}},
        {"retired/name", TC_TEXT, 0, {"name"}},
    };
    json_t *segments = json_object_get(r->root, "segments");
    json_t *identity = tc_report_object(r, segments, "identity");
    json_t *former = tc_report_array(r, identity, "retired");
    int64_t has_previous = 0;
    tc_status st = profiles_all(r, segments, err);
    if (st == TC_OK) {
        st = tc_report_text_all(r, r->segments, "method", identity, "method", err);
    }
    if (st == TC_OK) {
        st = tc_report_counts_all(r, r->segments, &last, 1, identity, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_i64_all(r->segments, "has_previous", &has_previous, err);
        tc_report_set(r, identity, "has_previous", json_boolean(has_previous != 0));
    }
    if (st == TC_OK && has_previous) {
        st = map_all(r, json_object_get(segments, "clusters"), identity, err);
    }
    if (st == TC_OK && has_previous) {
        st = changes_all(r, identity, err);
    }
    if (st == TC_OK && tc_store_has_all(r->segments, "retired/number")) {
        st = tc_report_rows_all(r, r->segments, retired, COUNT_OF(retired), former, err);
    }
    return st;
}
