#include "tiercel/lineage.h"

#include "tiercel/event_list.h"
#include "tiercel/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const tc_stage_def table[TC_N_STAGES] = {
    {"ingest", "events.h5", "tiercel.events", 2, "input", {-1}, tc_ingest_all},
    {"profiles",
     "profiles.h5",
     "tiercel.profiles",
     1,
     "input customers interactions wide",
     {-1},
     tc_profiles_all},
    {"features",
     "features.h5",
     "tiercel.features",
     2,
     "run features",
     {TC_STAGE_INGEST, TC_STAGE_PROFILES, -1},
     tc_features_all},
    {"segment",
     "segments.h5",
     "tiercel.segments",
     2,
     "run segment",
     {TC_STAGE_FEATURES, -1},
     tc_segment_all},
    {"churn",
     "churn.h5",
     "tiercel.churn",
     1,
     "run churn",
     {TC_STAGE_FEATURES, -1},
     tc_churn_all},
    {"assign",
     "tiers.h5",
     "tiercel.tiers",
     2,
     "run assign",
     {TC_STAGE_FEATURES, TC_STAGE_SEGMENT, TC_STAGE_CHURN, -1},
     tc_assign_all},
    {"report",
     "report.json",
     "tiercel.report",
     2,
     "run input quality features segment churn assign",
     {TC_STAGE_INGEST, TC_STAGE_FEATURES, TC_STAGE_ASSIGN, -1},
     tc_report_all},
};

const tc_stage_def *tc_stage(tc_stage_kind kind)
{
    return &table[kind];
}

/* A file of ingest: `plain`, or with an instalment events/<instalment><ending>. */
static char *ingest_path(const tc_config *config, const char *plain, const char *ending,
                         tc_error *err)
{
    const char *instalment = config->input.instalment;
    const size_t size = strlen(instalment) + strlen(ending) + 16;
    char *name, *path;
    if (instalment[0] == '\0') {
        return tc_config_path(config, plain, err);
    }
    name = tc_mem_alloc((int64_t)size, 1, err);
    if (name == NULL) {
        return NULL;
    }
    (void)snprintf(name, size, "events/%s%s", instalment, ending);
    path = tc_config_path(config, name, err);
    tc_mem_free(name);
    return path;
}

char *tc_stage_path(const tc_config *config, tc_stage_kind kind, tc_error *err)
{
    return kind == TC_STAGE_INGEST ? ingest_path(config, table[kind].file, ".h5", err)
                                   : tc_config_path(config, table[kind].file, err);
}

char *tc_rejects_path(const tc_config *config, tc_error *err)
{
    return ingest_path(config, "rejects.csv", ".rejects.csv", err);
}

int tc_stage_active(const tc_config *config, tc_stage_kind kind)
{
    return kind != TC_STAGE_PROFILES || config->customers.n_files > 0 ||
           config->interactions.n_files > 0 || config->wide.n_files > 0;
}

tc_status tc_stage_open_all(tc_comm *comm, const tc_config *config, tc_stage_kind kind,
                            tc_store **out, tc_error *err)
{
    const tc_stage_def *def = &table[kind];
    char *path = tc_stage_path(config, kind, err);
    tc_status st = tc_comm_agree_all(comm, path == NULL ? TC_ENOMEM : TC_OK, err);
    *out = NULL;
    if (st == TC_OK) {
        st = tc_store_open_all(comm, path, def->schema, def->schema_version, out, err);
    }
    tc_mem_free(path);
    return st;
}

/* Appends the configuration sections named in a list separated by blanks. */
static tc_status append_sections(const tc_config *config, const char *sections,
                                 tc_buffer *text, tc_error *err)
{
    char name[32];
    for (const char *at = sections; *at != '\0';) {
        const size_t length = strcspn(at, " ");
        TC_ASSERT(length < sizeof name);
        memcpy(name, at, length);
        name[length] = '\0';
        TC_TRY(tc_buffer_print(text, err, "|%s=", name));
        TC_TRY(tc_config_section(config, name, text, err));
        at += length + (at[length] == ' ');
    }
    return TC_OK;
}

tc_status tc_input_id(const tc_config *config, char id[TC_ID_TEXT], tc_error *err)
{
    tc_buffer text = {0};
    tc_status st = tc_buffer_print(&text, err, "tiercel %s", TC_VERSION);
    id[0] = '\0';
    if (st == TC_OK) {
        st = append_sections(config, "input", &text, err);
    }
    if (st == TC_OK) {
        tc_hash128_text(tc_hash128_of(text.data, (size_t)text.size), id);
    }
    tc_buffer_free(&text);
    return st;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The run ids of the event files, whatever their names. */
static tc_status append_run_ids(const tc_event_list *list, tc_buffer *text, tc_error *err)
{
    char(*id)[TC_ID_TEXT] = tc_mem_alloc(list->n, sizeof *id, err);
    tc_status st = id == NULL ? TC_ENOMEM : TC_OK;
    for (int i = 0; i < list->n && st == TC_OK; i++) {
        memcpy(id[i], tc_store_head(list->store[i])->run_id, TC_ID_TEXT);
    }
    if (st == TC_OK) {
        qsort(id, (size_t)list->n, sizeof *id, by_text);
    }
    for (int i = 0; i < list->n && st == TC_OK; i++) {
        st = tc_buffer_print(text, err, "|%s", id[i]);
    }
    tc_mem_free(id);
    return st;
}

/* Collective. Appends what identifies the event files: their content, and for the report, which says what each
 * ingest counted, the files. */
static tc_status append_events_all(tc_comm *comm, const tc_config *config,
                                   tc_stage_kind kind, tc_buffer *text, tc_error *err)
{
    tc_event_list list;
    char id[TC_ID_TEXT];
    tc_status st = tc_event_list_open_all(comm, config, &list, err);
    if (st == TC_OK && kind == TC_STAGE_REPORT) {
        st = tc_comm_agree_all(comm, append_run_ids(&list, text, err), err);
    } else if (st == TC_OK) {
        st = tc_event_list_id_all(comm, config, &list, id, err);
        if (st == TC_OK) {
            st = tc_comm_agree_all(comm, tc_buffer_print(text, err, "|%s", id), err);
        }
    }
    tc_event_list_close_all(&list);
    return st;
}

/* Collective. Appends the run id of one file upstream. */
static tc_status append_upstream_all(tc_comm *comm, const tc_config *config,
                                     tc_stage_kind kind, tc_buffer *text, tc_error *err)
{
    tc_store *store = NULL;
    tc_status st = tc_stage_open_all(comm, config, kind, &store, err);
    if (st == TC_OK) {
        st = tc_buffer_print(text, err, "|%s", tc_store_head(store)->run_id);
        st = tc_comm_agree_all(comm, st, err);
    }
    tc_store_close_all(&store);
    return st;
}

/* Collective. Appends the run id of the earlier segments that this run's take their numbers from. */
static tc_status append_previous_all(tc_comm *comm, const tc_config *config,
                                     tc_buffer *text, tc_error *err)
{
    tc_store *store = NULL;
    tc_status st = tc_stage_open_previous_all(comm, config, &store, err);
    if (st == TC_OK && store != NULL) {
        st = tc_buffer_print(text, err, "|previous=%s", tc_store_head(store)->run_id);
        st = tc_comm_agree_all(comm, st, err);
    }
    tc_store_close_all(&store);
    return st;
}

tc_status tc_stage_id_all(tc_comm *comm, const tc_config *config, tc_stage_kind kind,
                          char id[TC_ID_TEXT], tc_error *err)
{
    const tc_stage_def *def = &table[kind];
    tc_buffer text = {0};
    tc_status st = tc_buffer_print(&text, err, "%s|%s|%lld", TC_VERSION, def->name,
                                   (long long)def->schema_version);
    id[0] = '\0';
    if (st == TC_OK) {
        st = append_sections(config, def->sections, &text, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    for (int i = 0; st == TC_OK && def->upstream[i] >= 0; i++) {
        const tc_stage_kind from = (tc_stage_kind)def->upstream[i];
        if (from == TC_STAGE_INGEST) {
            st = append_events_all(comm, config, kind, &text, err);
        } else if (tc_stage_active(config, from)) {
            st = append_upstream_all(comm, config, from, &text, err);
        }
    }
    if (st == TC_OK && kind == TC_STAGE_SEGMENT) {
        st = append_previous_all(comm, config, &text, err);
    }
    if (st == TC_OK) {
        tc_hash128_text(tc_hash128_of(text.data, (size_t)text.size), id);
    }
    tc_buffer_free(&text);
    return st;
}

tc_status tc_stage_create_all(tc_comm *comm, const tc_config *config, tc_stage_kind kind,
                              const tc_store_header *like, tc_store **out, tc_error *err)
{
    const tc_stage_def *def = &table[kind];
    tc_store_header header = *like;
    char *path = NULL;
    tc_status st = tc_stage_id_all(comm, config, kind, header.run_id, err);
    *out = NULL;
    if (st == TC_OK) {
        (void)snprintf(header.schema, sizeof header.schema, "%s", def->schema);
        (void)snprintf(header.program_version, sizeof header.program_version, "%s",
                       TC_VERSION);
        header.schema_version = def->schema_version;
        header.seed = config->seed;
        path = tc_config_path(config, def->file, err);
        st = tc_comm_agree_all(comm, path == NULL ? TC_ENOMEM : TC_OK, err);
    }
    if (st == TC_OK) {
        st = tc_store_create_all(comm, path, &header, out, err);
    }
    tc_mem_free(path);
    return st;
}

static const tc_field shard_table = {
    .name = "shards/first_customer",
    .type = TC_I64,
    .unit = "1",
    .description =
        "row of the first customer of each shard; the last entry is the number of "
        "customers"};

tc_status tc_stage_shards_all(tc_comm *comm, tc_store *store, tc_shards *out, tc_error *err)
{
    const int64_t n_shards = tc_store_head(store)->n_shards;
    int64_t *first_row = tc_mem_alloc(n_shards + 1, sizeof *first_row, err);
    tc_status st = tc_comm_agree_all(comm, first_row == NULL ? TC_ENOMEM : TC_OK, err);
    *out = (tc_shards){0};
    if (st == TC_OK) {
        st = tc_store_get_small_all(store, &shard_table, n_shards + 1, first_row, err);
    }
    if (st == TC_OK) {
        st = tc_shards_create(n_shards, first_row, tc_comm_rank(comm), tc_comm_size(comm),
                              out, err);
        st = tc_comm_agree_all(comm, st, err);
    }
    tc_mem_free(first_row);
    return st;
}

tc_status tc_stage_put_shards_all(tc_store *store, int64_t n_shards,
                                  const int64_t *first_row, tc_error *err)
{
    return tc_store_put_small_all(store, &shard_table, first_row, n_shards + 1, err);
}
