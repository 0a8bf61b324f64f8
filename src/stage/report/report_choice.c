/* report_choice.c - the numbers of clusters that were tried, and how the chosen one does. */
#include "report_impl.h"

#define COUNT_OF(table) (sizeof(table) / sizeof *(table))

tc_status tc_report_choice_all(tc_report *r, json_t *segments, tc_error *err)
{
    static const tc_report_count counts[] = {{"choice_sampled", "sampled"},
                                             {"choice_silhouette_rows", "silhouette_rows"},
                                             {"choice_stability_pairs", "stability_pairs"},
                                             {"choice_gap_references", "gap_references"}};
    static const tc_report_column column[] = {
        {"choice/k", TC_I64, 0, {"k"}},
        {"choice/chosen", TC_U8, 0, {"chosen"}},
        {"choice/eligible", TC_U8, 0, {"eligible"}},
        {"choice/filled", TC_I64, 0, {"filled"}},
        {"choice/n_iter", TC_I64, 0, {"n_iter"}},
        {"choice/converged", TC_U8, 0, {"converged"}},
        {"choice/inertia", TC_F64, 0, {"inertia"}},
        {"choice/calinski_harabasz", TC_F64, 0, {"calinski_harabasz"}},
        {"choice/davies_bouldin", TC_F64, 0, {"davies_bouldin"}},
        {"choice/simplified_silhouette", TC_F64, 0, {"simplified_silhouette"}},
        {"choice/silhouette", TC_F64, 0, {"silhouette"}},
        {"choice/stability", TC_F64, 0, {"stability"}},
        {"choice/gap", TC_F64, 0, {"gap"}},
        {"choice/gap_error", TC_F64, 0, {"gap_error"}},
        {"choice/smallest_share", TC_F64, 0, {"smallest_share"}},
    };
    json_t *choice = tc_report_object(r, segments, "choice");
    double min_share = 0;
    tc_status st =
        tc_report_text_all(r, r->segments, "choice_criterion", choice, "criterion", err);
    if (st == TC_OK) {
        st = tc_store_get_f64_all(r->segments, "choice_min_share", &min_share, err);
    }
    if (st == TC_OK) {
        tc_report_set(r, choice, "min_share", json_real(min_share));
        st = tc_report_counts_all(r, r->segments, counts, COUNT_OF(counts), choice, err);
    }
    if (st == TC_OK) {
        st = tc_report_rows_all(r, r->segments, column, COUNT_OF(column),
                                tc_report_array(r, choice, "candidates"), err);
    }
    return st;
}
