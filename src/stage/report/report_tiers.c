/* report_tiers.c - tiers, scores, named segments, types, concentration. */
#include "report_impl.h"

#define COUNT_OF(table) (sizeof(table) / sizeof *(table))

/* Collective. Tiers now, from the lowest to the highest, and one horizon ago with what
 * followed. */
static tc_status tier_table_all(tc_report *r, json_t *tiers, tc_error *err)
{
    static const tc_report_column now[] = {
        {"model/tier_name", TC_TEXT, 0, {"name"}},
        {"model/tier_cut", TC_U32, 0, {"cut"}},
        {"model/tier_size", TC_I64, 0, {"customers"}},
        {"model/tier_share_wanted", TC_F64, 0, {"share_wanted"}},
        {"model/tier_share", TC_F64, 0, {"share"}},
        {"model/tier_net_amount", TC_F64, 0, {"net_amount"}},
        {"model/tier_net_share", TC_F64, 0, {"net_share"}},
    };
    static const tc_report_column then[] = {
        {"model/tier_name", TC_TEXT, 0, {"name"}},
        {"backtest/tier_cut", TC_U32, 0, {"cut"}},
        {"backtest/tier_size", TC_I64, 0, {"customers"}},
        {"backtest/later_amount", TC_F64, 0, {"later_amount"}},
        {"backtest/later_mean", TC_F64, 0, {"later_mean"}},
        {"backtest/later_share", TC_F64, 0, {"later_share"}},
        {"backtest/later_buyers", TC_I64, 0, {"later_buyers"}},
        {"backtest/later_buyer_share", TC_F64, 0, {"later_buyer_share"}},
    };
    json_t *backtest = tc_report_object(r, tiers, "backtest");
    tc_status st = tc_report_rows_all(r, r->tiers, now, COUNT_OF(now),
                                      tc_report_array(r, tiers, "table"), err);
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->tiers, then, COUNT_OF(then),
                                tc_report_array(r, backtest, "table"), err);
    }
    if (st == TC_OK) {
        st = tc_report_text_all(r, r->tiers, "backtest_date", backtest, "date", err);
    }
    if (st == TC_OK) {
        st = tc_report_text_all(r, r->tiers, "backtest_components", backtest, "components",
                                err);
    }
    return st;
}

/* true if no tier with customers bought less a head later than one below it, null without a
 * backtest. */
static json_t *later_monotone(const json_t *table, int has_backtest)
{
    double last = 0.0;
    int seen = 0, monotone = 1;
    size_t i;
    const json_t *tier;
    if (!has_backtest) {
        return json_null();
    }
    json_array_foreach(table, i, tier)
    {
        const json_t *mean = json_object_get(tier, "later_mean");
        if (json_is_real(mean)) {
            monotone &= !seen || json_real_value(mean) >= last;
            last = json_real_value(mean);
            seen = 1;
        }
    }
    return json_boolean(monotone);
}

static tc_status backtest_flags_all(tc_report *r, json_t *tiers, tc_error *err)
{
    json_t *backtest = json_object_get(tiers, "backtest");
    int64_t has_backtest = 0;
    const tc_status st = tc_store_get_i64_all(r->tiers, "has_backtest", &has_backtest, err);
    if (st == TC_OK) {
        const json_t *table = json_object_get(backtest, "table");
        tc_report_set(r, backtest, "valid", json_boolean(has_backtest != 0));
        tc_report_set(r, backtest, "monotone", later_monotone(table, has_backtest != 0));
    }
    return st;
}

static tc_status axis_all(tc_report *r, json_t *scores, int axis, tc_error *err)
{
    static const char *const name[3] = {"recency_days", "order_count", "net_amount"};
    static const char *const size[3] = {"model/r_size", "model/f_size", "model/m_size"};
    static const char *const cut[3] = {"model/r_cut", "model/f_cut", "model/m_cut"};
    const tc_report_column column[] = {{cut[axis], TC_F64, 0, {"least", "greatest"}},
                                       {size[axis], TC_I64, 0, {"customers"}}};
    json_t *rows = tc_report_array(r, scores, name[axis]);
    const tc_status st =
        tc_report_rows_all(r, r->tiers, column, COUNT_OF(column), rows, err);
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        tc_report_set(r, row, "score", json_integer((json_int_t)i + 1));
    }
    return st;
}

static tc_status vectors_all(tc_report *r, json_t *tiers, tc_error *err)
{
    static const tc_report_column weight = {"model/weight", TC_F64, 0, {"weight"}};
    static const tc_report_column median = {"model/median", TC_F64, 0, {"median"}};
    tc_status st = tc_report_rows_all(r, r->tiers, &weight, 1,
                                      tc_report_array(r, tiers, "weights"), err);
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->tiers, &median, 1,
                                tc_report_array(r, tiers, "medians"), err);
    }
    static const char *const name[4] = {"recency", "frequency", "monetary", "churn"};
    for (size_t i = 0; i < 4; i++) {
        tc_report_set(r, json_array_get(json_object_get(tiers, "weights"), i), "component",
                      json_string(name[i]));
        if (i < 3) {
            tc_report_set(r, json_array_get(json_object_get(tiers, "medians"), i),
                          "component", json_string(name[i]));
        }
    }
    return st;
}

static tc_status groups_all(tc_report *r, tc_error *err)
{
    static const tc_report_column segment[] = {
        {"model/segment_name", TC_TEXT, 0, {"name"}},
        {"model/segment_size", TC_I64, 0, {"customers"}},
        {"model/segment_net_amount", TC_F64, 0, {"net_amount"}},
    };
    static const tc_report_column type[] = {
        {"model/type_name", TC_TEXT, 0, {"name"}},
        {"model/type_size", TC_I64, 0, {"customers"}},
        {"model/type_net_amount", TC_F64, 0, {"net_amount"}},
    };
    static const tc_report_column top = {
        "model/concentration", TC_F64, 0, {"top_share", "customers", "net_share"}};
    json_t *concentration = tc_report_object(r, r->root, "concentration");
    tc_status st = tc_report_rows_all(r, r->tiers, segment, COUNT_OF(segment),
                                      tc_report_array(r, r->root, "named_segments"), err);
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->tiers, type, COUNT_OF(type),
                                tc_report_array(r, r->root, "rfm_types"), err);
    }
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->tiers, &top, 1,
                                tc_report_array(r, concentration, "tops"), err);
    }
    if (st == TC_OK) {
        st = tc_report_real_all(r, r->tiers, "gini", concentration, err);
    }
    return st;
}

tc_status tc_report_tiers_all(tc_report *r, tc_error *err)
{
    static const tc_report_count scored = {"customers_scored", "scored"};
    json_t *tiers = tc_report_object(r, r->root, "tiers");
    json_t *scores = tc_report_object(r, r->root, "scores");
    tc_status st = tier_table_all(r, tiers, err);
    if (st == TC_OK) {
        st = backtest_flags_all(r, tiers, err);
    }
    if (st == TC_OK) {
        st = tc_report_text_all(r, r->tiers, "components", tiers, "components", err);
    }
    if (st == TC_OK) {
        st = vectors_all(r, tiers, err);
    }
    for (int axis = 0; st == TC_OK && axis < 3; axis++) {
        st = axis_all(r, scores, axis, err);
    }
    if (st == TC_OK) {
        st = groups_all(r, err);
    }
    if (st == TC_OK) {
        st = tc_report_counts_all(r, r->tiers, &scored, 1,
                                  json_object_get(r->root, "customers"), err);
    }
    return st;
}
