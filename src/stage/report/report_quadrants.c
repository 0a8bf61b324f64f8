/* report_quadrants.c - customers by spending power and service need. */
#include "report_impl.h"

#define COUNT_OF(table) (sizeof(table) / sizeof *(table))

tc_status tc_report_quadrants_all(tc_report *r, tc_error *err)
{
    static const char *const power[] = {"high", "middle", "low"};
    static const char *const need[] = {"complex", "standard", "basic", "unknown"};
    static const char *const rule[] = {"spending_high_above", "spending_middle_above",
                                       "margin", "case_cost"};
    static const tc_report_count count = {"complex_cases", "complex_cases"};
    static const tc_report_column column[] = {
        {"quadrants/customers", TC_I64, 0, {"customers"}},
        {"quadrants/customer_share", TC_F64, 0, {"customer_share"}},
        {"quadrants/net_amount", TC_F64, 0, {"net_amount"}},
        {"quadrants/net_share", TC_F64, 0, {"net_share"}},
        {"quadrants/cases_90d", TC_I64, 0, {"cases_90d"}},
        {"quadrants/amount_90d", TC_F64, 0, {"amount_90d"}},
        {"quadrants/profit_90d", TC_F64, 0, {"profit_90d"}},
        {"quadrants/profit_share", TC_F64, 0, {"profit_share"}},
        {"quadrants/by_cluster", TC_I64, 1, {"by_cluster"}},
    };
    json_t *quadrants =
        tc_report_object(r, json_object_get(r->root, "segments"), "quadrants");
    json_t *table = tc_report_array(r, quadrants, "table");
    tc_status st = tc_report_rows_all(r, r->segments, column, COUNT_OF(column), table, err);
    if (st == TC_OK) {
        st = tc_report_words_all(r, "quadrants/spending", power, 3, "spending", table, err);
    }
    if (st == TC_OK) {
        st = tc_report_words_all(r, "quadrants/service", need, 4, "service", table, err);
    }
    if (st == TC_OK) {
        st = tc_report_counts_all(r, r->segments, &count, 1, quadrants, err);
    }
    for (size_t i = 0; st == TC_OK && i < COUNT_OF(rule); i++) {
        st = tc_report_real_all(r, r->segments, rule[i], quadrants, err);
    }
    return st;
}
