#include "pipeline.h"

#include "tiercel/json.h"
#include "tiercel/log.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static tc_status make_directories(const char *path, tc_error *err)
{
    char *copy = tc_mem_text(path, err);
    struct stat facts;
    tc_status st = TC_OK;
    if (copy == NULL) {
        return TC_ENOMEM;
    }
    for (char *at = copy + 1; st == TC_OK; at++) {
        if (*at == '/' || *at == '\0') {
            const char kept = *at;
            *at = '\0';
            if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
                st = tc_fail(err, TC_EIO, "%s: cannot be created: %s; set run.directory",
                             copy, strerror(errno));
            }
            *at = kept;
            if (kept == '\0') {
                break;
            }
        }
    }
    tc_mem_free(copy);
    if (st == TC_OK && (stat(path, &facts) != 0 || !S_ISDIR(facts.st_mode))) {
        st = tc_fail(err, TC_EIO, "%s: is not a folder; set run.directory", path);
    }
    if (st == TC_OK && access(path, W_OK | X_OK) != 0) {
        st = tc_fail(err, TC_EIO, "%s: cannot be written: %s; set run.directory", path,
                     strerror(errno));
    }
    return st;
}

tc_status tc_pipeline_directory_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    tc_status st = TC_OK;
    if (tc_comm_rank(comm) == 0) {
        st = make_directories(config->directory, err);
        if (st == TC_OK && config->input.instalment[0] != '\0') {
            char *events = tc_config_path(config, "events", err);
            st = events == NULL ? TC_ENOMEM : make_directories(events, err);
            tc_mem_free(events);
        }
    }
    return tc_comm_agree_all(comm, st, err);
}

/* Collective. The id that stands in the file of a stage; empty if there is no sound file. Errors (agreed): what is
 * not the file's own fault. */
static tc_status id_in_file_all(tc_comm *comm, const tc_config *config, tc_stage_kind kind,
                                char id[TC_ID_TEXT], tc_error *err)
{
    tc_error found = {0};
    tc_store *store = NULL;
    const tc_status st = tc_stage_open_all(comm, config, kind, &store, &found);
    memset(id, 0, TC_ID_TEXT);
    if (st == TC_OK) {
        memcpy(id, tc_store_head(store)->run_id, TC_ID_TEXT);
    }
    tc_store_close_all(&store);
    if (st == TC_OK || st == TC_EINPUT || st == TC_EDATA) {
        return TC_OK;
    }
    *err = found;
    return st;
}

/* Collective. The same for report.json, which rank 0 reads. */
static tc_status id_in_report_all(tc_comm *comm, const tc_config *config,
                                  char id[TC_ID_TEXT], tc_error *err)
{
    tc_status st = TC_OK;
    memset(id, 0, TC_ID_TEXT);
    if (tc_comm_rank(comm) == 0) {
        tc_error ignored = {0};
        json_t *root = NULL;
        char *path = tc_config_path(config, tc_stage(TC_STAGE_REPORT)->file, err);
        st = path == NULL ? TC_ENOMEM : TC_OK;
        if (st == TC_OK && tc_json_read(path, &root, &ignored) == TC_OK) {
            const char *found = json_string_value(json_object_get(root, "run_id"));
            (void)snprintf(id, TC_ID_TEXT, "%s", found != NULL ? found : "");
            json_decref(root);
        }
        tc_mem_free(path);
    }
    tc_comm_bcast_all(comm, id, TC_ID_TEXT, 0);
    return tc_comm_agree_all(comm, st, err);
}

/* Collective. 1 if the second file of ingest or profiles, that of the rejected rows, is there. */
static tc_status rejects_there_all(tc_comm *comm, const tc_config *config,
                                   tc_stage_kind kind, int *there, tc_error *err)
{
    int64_t found = 0;
    tc_status st = TC_OK;
    if (tc_comm_rank(comm) == 0) {
        char *path = kind == TC_STAGE_INGEST
                         ? tc_rejects_path(config, err)
                         : tc_config_path(config, "profiles.rejects.csv", err);
        st = path == NULL ? TC_ENOMEM : TC_OK;
        found = st == TC_OK && access(path, R_OK) == 0;
        tc_mem_free(path);
    }
    tc_comm_max_i64_all(comm, &found, 1);
    *there = found != 0;
    return tc_comm_agree_all(comm, st, err);
}

tc_status tc_pipeline_complete_all(tc_comm *comm, const tc_config *config,
                                   const tc_manifest *manifest, tc_stage_kind kind,
                                   int *complete, tc_error *err)
{
    char wanted[TC_ID_TEXT] = "", found[TC_ID_TEXT] = "";
    int whole = 1;
    tc_status st = TC_OK;
    *complete = 0;
    if (kind == TC_STAGE_INGEST || kind == TC_STAGE_PROFILES) {
        tc_manifest_input_id_all(comm, manifest, kind, wanted);
        st = rejects_there_all(comm, config, kind, &whole, err);
    } else {
        st = tc_stage_id_all(comm, config, kind, wanted, err);
    }
    if (st == TC_OK && kind == TC_STAGE_REPORT) {
        st = id_in_report_all(comm, config, found, err);
    } else if (st == TC_OK) {
        st = id_in_file_all(comm, config, kind, found, err);
    }
    *complete = st == TC_OK && whole && wanted[0] != '\0' && strcmp(wanted, found) == 0;
    return st;
}

tc_status tc_pipeline_run_all(tc_comm *comm, const tc_config *config, tc_manifest *manifest,
                              tc_stage_kind kind, tc_error *err)
{
    const tc_stage_def *def = tc_stage(kind);
    const tc_usage_mark mark = tc_usage_begin(comm);
    char id[TC_ID_TEXT] = "";
    tc_usage usage;
    tc_status st;
    tc_log_debug("%s: started", def->name);
    st = def->run_all(comm, config, err);
    usage = tc_usage_end_all(comm, &mark);
    tc_usage_trim(); /* the next stage's need is another */
    if (st != TC_OK) {
        return st;
    }
    if (kind == TC_STAGE_REPORT) {
        st = id_in_report_all(comm, config, id, err);
    } else {
        st = id_in_file_all(comm, config, kind, id, err);
    }
    if (st == TC_OK) {
        st = tc_manifest_note_all(comm, manifest, kind, id, &usage, err);
    }
    if (tc_comm_rank(comm) == 0) {
        tc_usage_log(def->name, &usage, tc_comm_size(comm));
    }
    return st;
}
