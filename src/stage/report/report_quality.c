/* report_quality.c - section data_quality, judged by the limits of now. */
#include "report_impl.h"

#include "tiercel/quality.h"

tc_status tc_report_quality_all(tc_report *r, tc_error *err)
{
    tc_quality q = {0};
    json_t *section = NULL;
    tc_status st = tc_quality_list_all(r->comm, &r->list, &q, err);
    if (st == TC_OK) {
        st = tc_comm_agree_all(r->comm, tc_quality_json(&q, r->config, &section, err), err);
    }
    if (st == TC_OK) {
        tc_report_set(r, r->root, "data_quality", section); /* takes it over */
        st = tc_quality_enforce_all(r->comm, json_object_get(r->root, "data_quality"),
                                    r->config, err);
    }
    tc_quality_free(&q);
    return st;
}
