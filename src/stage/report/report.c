/* report.c - report.json: what was read, how good the models are, what the tiers are worth.
 * It holds nothing that depends on ranks, the time of day, paths or file names, so its
 * bytes do not either. */
#include "report_impl.h"

#include "tiercel/fault.h"
#include "tiercel/json.h"
#include "tiercel/log.h"
#include "tiercel/stage_checkpoint.h"

#include <string.h>

static const struct {
    tc_stage_kind kind;
    const char *key;
} upstream[] = {{TC_STAGE_FEATURES, "features"},
                {TC_STAGE_SEGMENT, "segments"},
                {TC_STAGE_CHURN, "churn"},
                {TC_STAGE_ASSIGN, "tiers"}};

enum { N_UPSTREAM = sizeof upstream / sizeof *upstream };

/* Collective. One event file is known by its run id, several by what they hold together. */
static tc_status open_events_all(tc_report *r, json_t *ids, tc_error *err)
{
    char id[TC_ID_TEXT];
    tc_status st = tc_event_list_open_all(r->comm, r->config, &r->list, err);
    if (st == TC_OK) {
        r->events = r->list.store[0];
        memcpy(id, tc_store_head(r->events)->run_id, TC_ID_TEXT);
        if (r->list.n > 1) {
            st = tc_event_list_id_all(r->comm, r->config, &r->list, id, err);
        }
    }
    if (st == TC_OK) {
        tc_report_set(r, ids, "events", json_string(id));
    }
    return st;
}

/* Collective. */
static tc_status open_inputs_all(tc_report *r, tc_error *err)
{
    tc_store **const store[N_UPSTREAM] = {&r->features, &r->segments, &r->churn, &r->tiers};
    json_t *ids = tc_report_object(r, r->root, "ids");
    tc_status st = open_events_all(r, ids, err);
    for (int i = 0; st == TC_OK && i < N_UPSTREAM; i++) {
        st = tc_stage_open_all(r->comm, r->config, upstream[i].kind, store[i], err);
        if (st == TC_OK) {
            tc_report_set(r, ids, upstream[i].key,
                          json_string(tc_store_head(*store[i])->run_id));
        }
    }
    return st;
}

/* Collective. Who, when and of which date. */
static tc_status heading_all(tc_report *r, tc_error *err)
{
    static const tc_report_count horizon = {"horizon_days", "horizon_days"};
    char id[TC_ID_TEXT];
    json_t *dates = tc_report_object(r, r->root, "dates");
    tc_report_set(r, r->root, "program", json_string("tiercel"));
    tc_report_set(r, r->root, "version", json_string(TC_VERSION));
    tc_report_set(r, r->root, "report_version",
                  json_integer(tc_stage(TC_STAGE_REPORT)->schema_version));
    tc_report_set(r, r->root, "seed", json_integer(r->config->seed));
    tc_status st = tc_stage_id_all(r->comm, r->config, TC_STAGE_REPORT, id, err);
    if (st == TC_OK) {
        tc_report_set(r, r->root, "run_id", json_string(id));
        st = tc_store_get_text_all(r->features, "date_score", r->date_score,
                                   sizeof r->date_score, err);
    }
    if (st == TC_OK) {
        tc_report_set(r, r->root, "as_of", json_string(r->date_score));
        tc_report_set(r, dates, "score", json_string(r->date_score));
        st = tc_report_text_all(r, r->features, "date_train", dates, "train", err);
    }
    if (st == TC_OK) {
        st = tc_report_text_all(r, r->features, "date_backtest", dates, "backtest", err);
    }
    if (st == TC_OK) {
        st = tc_report_counts_all(r, r->features, &horizon, 1, r->root, err);
    }
    return st;
}

/* Local. The configuration as resolved. */
static tc_status add_configuration(tc_report *r, tc_error *err)
{
    static const char *const section[] = {"run",          "input", "identity", "customers",
                                          "interactions", "wide",  "quality",  "features",
                                          "segment",      "churn", "assign"};
    json_t *configuration = tc_report_object(r, r->root, "configuration");
    for (size_t i = 0; i < sizeof section / sizeof *section; i++) {
        tc_buffer text = {0};
        const tc_status st = tc_config_section(r->config, section[i], &text, err);
        if (st == TC_OK) {
            tc_report_set(r, configuration, section[i],
                          json_loadb((const char *)text.data, (size_t)text.size,
                                     JSON_REJECT_DUPLICATES, NULL));
        }
        tc_buffer_free(&text);
        TC_TRY(st);
    }
    return TC_OK;
}

/* Collective. */
static tc_status collect_all(tc_report *r, tc_error *err)
{
    tc_status (*const section[])(tc_report *, tc_error *) = {
        open_inputs_all,         heading_all,
        tc_report_input_all,     tc_report_quality_all,
        tc_report_profiles_all,  tc_report_features_all,
        tc_report_segments_all,  tc_report_names_all,
        tc_report_quadrants_all, tc_report_churn_all,
        tc_report_tiers_all,     tc_report_identity_all};
    tc_status st = TC_OK;
    for (size_t i = 0; st == TC_OK && i < sizeof section / sizeof *section; i++) {
        st = tc_stage_stop_all(r->comm, err);
        st = st == TC_OK ? section[i](r, err) : st;
    }
    return st;
}

/* Local. What remains once everything is read. */
static tc_status complete(tc_report *r, tc_error *err)
{
    TC_TRY(TC_FAULT("report.complete", err));
    TC_TRY(add_configuration(r, err));
    if (r->failed) {
        return tc_fail(err, TC_ENOMEM,
                       "report.json: no memory for a value, or a name that is not UTF-8");
    }
    return TC_OK;
}

/* Local. Rank 0 writes, after all ranks agreed that the report is complete. */
static tc_status publish(tc_report *r, tc_error *err)
{
    if (tc_comm_rank(r->comm) != 0) {
        return TC_OK;
    }
    char *path = tc_config_path(r->config, tc_stage(TC_STAGE_REPORT)->file, err);
    if (path == NULL) {
        return TC_ENOMEM;
    }
    const tc_status st = tc_json_write(path, r->root, err);
    tc_mem_free(path);
    return st;
}

static tc_status start(tc_report *r, tc_error *err)
{
    r->root = json_object();
    if (r->root == NULL) {
        return tc_fail(err, TC_ENOMEM, "report.json: no memory");
    }
    return TC_FAULT("report.start", err);
}

tc_status tc_report_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    tc_report r = {.comm = comm, .config = config};
    tc_status st = tc_comm_agree_all(comm, start(&r, err), err);
    if (st == TC_OK) {
        st = collect_all(&r, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(comm, complete(&r, err), err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(comm, publish(&r, err), err);
    }
    if (st == TC_OK) {
        tc_log_info("report: report.json is complete");
    }
    tc_store_close_all(&r.tiers);
    tc_store_close_all(&r.churn);
    tc_store_close_all(&r.segments);
    tc_store_close_all(&r.features);
    tc_event_list_close_all(&r.list);
    json_decref(r.root);
    return st;
}
