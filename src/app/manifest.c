#include "manifest.h"

#include "attempt.h"
#include "heartbeat.h"

#include "tiercel/hash.h"
#include "tiercel/json.h"
#include "tiercel/run_lock.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { TC_HOST_TEXT = 64 };

struct tc_manifest {
    char *path;
    json_t *root;                      /* rank 0; NULL elsewhere */
    char key[TC_N_STAGES][TC_ID_TEXT]; /* of ingest and profiles */
    char *instalment;                  /* "" = none; each has an entry of its own */
    char *directory, *heartbeat;       /* paths */
    int64_t number;                    /* of the attempt */
    char host[TC_HOST_TEXT], job[TC_JOB_TEXT];
};

/* Of a stage that reads inputs. */
static tc_status make_key(const tc_config *config, tc_stage_kind kind,
                          const char *fingerprint, char key[TC_ID_TEXT], tc_error *err)
{
    static const char *const of_tables[] = {"customers", "interactions", "wide"};
    tc_buffer text = {0};
    tc_status st = tc_buffer_print(&text, err, "%s|%lld|%s|", TC_VERSION,
                                   (long long)tc_stage(kind)->schema_version, fingerprint);
    if (st == TC_OK) {
        st = tc_config_section(config, "input", &text, err);
    }
    for (int i = 0; st == TC_OK && kind == TC_STAGE_PROFILES && i < 3; i++) {
        st = tc_config_section(config, of_tables[i], &text, err);
    }
    if (st == TC_OK &&
        config->identity.n_map_files + config->identity.n_hierarchy_files > 0) {
        st = tc_config_section(config, "identity", &text, err);
    }
    if (st == TC_OK) {
        tc_hash128_text(tc_hash128_of(text.data, (size_t)text.size), key);
    }
    tc_buffer_free(&text);
    return st;
}

static json_t *path_array(char *const *files, int n)
{
    json_t *array = json_array();
    for (int i = 0; i < n; i++) {
        (void)json_array_append_new(array, json_string(files[i]));
    }
    return array;
}

/* The sections as JSON objects, with the paths that they leave out. */
static tc_status describe_config(const tc_config *config, json_t *into, tc_error *err)
{
    static const char *const sections[] = {
        "run",          "io",   "input",    "identity", "quality", "customers",
        "interactions", "wide", "features", "segment",  "churn",   "assign"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        tc_buffer text = {0};
        tc_status st = tc_config_section(config, sections[i], &text, err);
        if (st == TC_OK) {
            (void)json_object_set_new(
                into, sections[i],
                json_loadb((const char *)text.data, (size_t)text.size, 0, NULL));
        }
        tc_buffer_free(&text);
        TC_TRY(st);
    }
    (void)json_object_set_new(into, "files",
                              path_array(config->input.files, config->input.n_files));
    (void)json_object_set_new(
        into, "identity_map_files",
        path_array(config->identity.map_files, config->identity.n_map_files));
    (void)json_object_set_new(
        into, "identity_hierarchy_files",
        path_array(config->identity.hierarchy_files, config->identity.n_hierarchy_files));
    (void)json_object_set_new(
        into, "customers_files",
        path_array(config->customers.files, config->customers.n_files));
    (void)json_object_set_new(
        into, "interactions_files",
        path_array(config->interactions.files, config->interactions.n_files));
    (void)json_object_set_new(into, "wide_files",
                              path_array(config->wide.files, config->wide.n_files));
    (void)json_object_set_new(into, "directory", json_string(config->directory));
    return TC_OK;
}

/* Reads what there is and notes the attempt. */
static tc_status begin(tc_manifest *m, const tc_config *config,
                       const tc_attempt_facts *facts, tc_error *err)
{
    tc_error ignored = {0};
    json_t *configuration = json_object();
    if (tc_json_read(m->path, &m->root, &ignored) != TC_OK || !json_is_object(m->root)) {
        json_decref(m->root);
        m->root = json_object();
    }
    if (!json_is_object(json_object_get(m->root, "stages"))) {
        (void)json_object_set_new(m->root, "stages", json_object());
    }
    (void)json_object_set_new(m->root, "configuration", configuration);
    (void)json_object_set_new(m->root, "program_version", json_string(TC_VERSION));
    m->number = tc_attempt_begin(m->root, facts);
    TC_TRY(describe_config(config, configuration, err));
    return tc_json_write(m->path, m->root, err);
}

static tc_status create(const tc_config *config, tc_manifest **out, tc_error *err)
{
    tc_manifest *m = tc_mem_alloc(1, sizeof *m, err);
    *out = m;
    if (m == NULL) {
        return TC_ENOMEM;
    }
    m->path = tc_config_path(config, "run.json", err);
    m->heartbeat = tc_config_path(config, TC_HEARTBEAT_FILE, err);
    m->directory = tc_mem_text(config->directory, err);
    m->instalment = tc_mem_text(config->input.instalment, err);
    return m->path == NULL || m->heartbeat == NULL || m->directory == NULL ||
                   m->instalment == NULL
               ? TC_ENOMEM
               : TC_OK;
}

static void destroy(tc_manifest **manifest)
{
    if (*manifest != NULL) {
        json_decref((*manifest)->root);
        tc_mem_free((*manifest)->path);
        tc_mem_free((*manifest)->heartbeat);
        tc_mem_free((*manifest)->directory);
        tc_mem_free((*manifest)->instalment);
        tc_mem_free(*manifest);
        *manifest = NULL;
    }
}

/* hosts: not empty. */
static void begin_heartbeats(tc_manifest *m, const tc_config *config, const tc_comm *comm,
                             const char *hosts)
{
    (void)snprintf(m->host, sizeof m->host, "%s", hosts);
    tc_attempt_job(m->job);
    tc_monitor_run_begin(&(tc_monitor_run){.directory = m->directory,
                                           .heartbeat_seconds = config->heartbeat_seconds,
                                           .line_seconds = config->progress_seconds,
                                           .attempt = m->number,
                                           .ranks = tc_comm_size(comm),
                                           .host = m->host,
                                           .job_id = m->job});
}

tc_status tc_manifest_open_all(tc_comm *comm, const tc_config *config, const char *command,
                               tc_manifest **out, tc_error *err)
{
    tc_buffer hosts = {0};
    tc_status st = tc_comm_agree_all(comm, create(config, out, err), err);
    if (st == TC_OK) {
        st = tc_comm_hosts_all(comm, &hosts, err);
    }
    if (st == TC_OK && tc_comm_rank(comm) == 0) {
        TC_ASSERT(*out != NULL && hosts.size > 0);
        st = begin(*out, config,
                   &(tc_attempt_facts){.command = command,
                                       .ranks = tc_comm_size(comm),
                                       .hosts = &hosts,
                                       .heartbeat = (*out)->heartbeat},
                   err);
        if (st == TC_OK) {
            begin_heartbeats(*out, config, comm, (const char *)hosts.data);
        }
    }
    st = tc_comm_agree_all(comm, st, err);
    tc_buffer_free(&hosts);
    if (st != TC_OK) {
        destroy(out);
    }
    return st;
}

tc_status tc_manifest_inputs_all(tc_comm *comm, tc_manifest *m, const tc_config *config,
                                 const char *fingerprint, const char *tables, tc_error *err)
{
    tc_status st =
        make_key(config, TC_STAGE_INGEST, fingerprint, m->key[TC_STAGE_INGEST], err);
    if (st == TC_OK) {
        st = make_key(config, TC_STAGE_PROFILES, tables, m->key[TC_STAGE_PROFILES], err);
    }
    if (m->root != NULL && fingerprint[0] != '\0') {
        (void)json_object_set_new(m->root, "input_fingerprint", json_string(fingerprint));
    }
    return tc_comm_agree_all(comm, st, err);
}

tc_status tc_manifest_close_all(tc_comm *comm, tc_manifest **manifest, tc_status status,
                                tc_error *err)
{
    tc_manifest *m = *manifest;
    tc_status st = TC_OK;
    if (m == NULL) {
        return status;
    }
    if (m->root != NULL) {
        tc_error ignored = {0}; /* what failed before counts for more */
        tc_error *const why = status == TC_OK ? err : &ignored;
        tc_attempt_end(m->root, status, err->message);
        st = tc_run_lock_check(why);
        st = st == TC_OK ? tc_json_write(m->path, m->root, why) : st;
        tc_monitor_run_end(status != TC_OK ? status : st);
    }
    destroy(manifest);
    return status != TC_OK ? status : tc_comm_agree_all(comm, st, err);
}

/* Name of the entry of a stage; text: 8 + the longest instalment. */
enum { ENTRY_TEXT = 96 };
static const char *entry_name(const tc_manifest *m, const char *stage, int is_ingest,
                              char text[ENTRY_TEXT])
{
    const int named = is_ingest && m->instalment[0] != '\0';
    (void)snprintf(text, ENTRY_TEXT, "%s%s%s", stage, named ? " " : "",
                   named ? m->instalment : "");
    return text;
}

void tc_manifest_input_id_all(tc_comm *comm, const tc_manifest *manifest,
                              tc_stage_kind kind, char id[TC_ID_TEXT])
{
    memset(id, 0, TC_ID_TEXT);
    if (manifest->root != NULL) {
        char name[ENTRY_TEXT];
        const json_t *stages = json_object_get(manifest->root, "stages");
        const json_t *stage =
            json_object_get(stages, entry_name(manifest, tc_stage(kind)->name,
                                               kind == TC_STAGE_INGEST, name));
        const char *key = json_string_value(json_object_get(stage, "key"));
        const char *made = json_string_value(json_object_get(stage, "id"));
        if (key != NULL && made != NULL && strcmp(key, manifest->key[kind]) == 0) {
            (void)snprintf(id, TC_ID_TEXT, "%s", made);
        }
    }
    tc_comm_bcast_all(comm, id, TC_ID_TEXT, 0);
}

static tc_status note(tc_manifest *m, tc_stage_kind kind, const char *id, json_t *entry,
                      tc_error *err)
{
    const tc_stage_def *def = tc_stage(kind);
    const int is_ingest = kind == TC_STAGE_INGEST;
    char name[ENTRY_TEXT], file[ENTRY_TEXT];
    (void)snprintf(file, sizeof file, "events/%s.h5", m->instalment);
    (void)json_object_set_new(
        entry, "file",
        json_string(is_ingest && m->instalment[0] != '\0' ? file : def->file));
    (void)json_object_set_new(entry, "id", json_string(id));
    (void)json_object_set_new(entry, "state", json_string("complete"));
    if (m->key[kind][0] != '\0') {
        (void)json_object_set_new(entry, "key", json_string(m->key[kind]));
    }
    (void)json_object_set_new(json_object_get(m->root, "stages"),
                              entry_name(m, def->name, is_ingest, name), entry);
    TC_TRY(tc_run_lock_check(err));
    return tc_json_write(m->path, m->root, err);
}

tc_status tc_manifest_note_all(tc_comm *comm, tc_manifest *manifest, tc_stage_kind kind,
                               const char *id, const tc_usage *usage, tc_error *err)
{
    tc_status st = TC_OK;
    if (manifest->root != NULL) {
        json_t *entry = tc_usage_json(usage);
        (void)json_object_set_new(entry, "ranks", json_integer(tc_comm_size(comm)));
        tc_attempt_stage(manifest->root, tc_stage(kind)->name);
        st = note(manifest, kind, id, entry, err);
    }
    return tc_comm_agree_all(comm, st, err);
}
