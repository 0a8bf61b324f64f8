/* event_list.c - the event files of a run and what identifies their content. */
#include "tiercel/event_list.h"

#include "features/features_merge.h"
#include "tiercel/hash.h"
#include "tiercel/lineage.h"

#include <stdio.h>
#include <string.h>

/* Paths of rank 0, one behind the other with a final zero each. */
static tc_status pack_paths(const tc_config *config, tc_buffer *packed, int64_t *n,
                            tc_error *err)
{
    char **files;
    int n_files;
    tc_status st = tc_config_event_files(config, &files, &n_files, err);
    for (int i = 0; i < n_files && st == TC_OK; i++) {
        st = tc_buffer_append(packed, files[i], (int64_t)strlen(files[i]) + 1, err);
    }
    *n = n_files;
    tc_config_files_free(files, n_files);
    return st;
}

static tc_status unpack_paths(tc_event_list *list, const tc_buffer *packed, tc_error *err)
{
    const char *at = (const char *)packed->data;
    list->path = tc_mem_alloc(list->n, sizeof *list->path, err);
    list->store = tc_mem_alloc(list->n, sizeof(tc_store *), err);
    if (list->path == NULL || list->store == NULL) {
        return TC_ENOMEM;
    }
    for (int i = 0; i < list->n; i++) {
        list->path[i] = tc_mem_text(at, err);
        if (list->path[i] == NULL) {
            return TC_ENOMEM;
        }
        at += strlen(at) + 1;
    }
    return TC_OK;
}

/* Collective. One rank looks, so that all see the same files. */
static tc_status find_all(tc_comm *comm, const tc_config *config, tc_event_list *list,
                          tc_error *err)
{
    tc_buffer mine = {0}, packed = {0};
    int64_t n = 0;
    tc_status st = TC_OK;
    if (tc_comm_rank(comm) == 0) {
        st = pack_paths(config, &mine, &n, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        tc_comm_bcast_all(comm, &n, (int64_t)sizeof n, 0);
        st = tc_comm_gather_all(comm, mine.data, mine.size, &packed, err);
    }
    if (st == TC_OK) {
        list->n = (int)n;
        st = tc_comm_agree_all(comm, unpack_paths(list, &packed, err), err);
    }
    tc_buffer_free(&mine);
    tc_buffer_free(&packed);
    return st;
}

/* Collective. What map a file was made with. */
static tc_status read_identity_all(tc_store *store, tc_event_list *to, tc_error *err)
{
    tc_status st = TC_OK;
    to->identity_id[0] = '\0';
    if (!tc_store_has_all(store, "events/alias")) {
        return TC_OK;
    }
    st = tc_store_get_text_all(store, "identity_id", to->identity_id,
                               sizeof to->identity_id, err);
    if (st == TC_OK) {
        st = tc_store_get_i64_all(store, "identity_ids", &to->identity_ids, err);
    }
    if (st == TC_OK) {
        st =
            tc_store_get_i64_all(store, "identity_customers", &to->identity_customers, err);
    }
    return st;
}

/* The files are in memory of this rank; one is compared with those before it. */
static tc_status check_pair(const tc_event_list *list, int i, const char *input_id,
                            const char *identity_id, tc_error *err)
{
    const char *id = tc_store_head(list->store[i])->run_id;
    if (strcmp(input_id, list->input_id) != 0) {
        return tc_fail(
            err, TC_EDATA,
            "%s and %s were made by different rules of section input; ingest one "
            "of them again, or take it off run.events",
            list->path[0], list->path[i]);
    }
    if (strcmp(identity_id, list->identity_id) != 0) {
        return tc_fail(
            err, TC_EDATA,
            "%s and %s were made with different identity maps; ingest one of them "
            "again, or take it off run.events",
            list->path[0], list->path[i]);
    }
    for (int j = 0; j < i; j++) {
        if (strcmp(tc_store_head(list->store[j])->run_id, id) == 0) {
            return tc_fail(err, TC_EDATA,
                           "%s and %s hold the same rows: an instalment is counted twice; "
                           "delete one, or take it off run.events",
                           list->path[j], list->path[i]);
        }
    }
    return TC_OK;
}

/* Collective. Opens file i and takes its facts. */
static tc_status open_one_all(tc_comm *comm, tc_event_list *list, int i, tc_error *err)
{
    const tc_stage_def *def = tc_stage(TC_STAGE_INGEST);
    char input_id[TC_ID_TEXT];
    tc_event_list own = {0};
    int64_t first = 0, last = 0, used = 0;
    tc_status st = tc_store_open_all(comm, list->path[i], def->schema, def->schema_version,
                                     &list->store[i], err);
    if (st == TC_OK) {
        st = tc_store_get_text_all(list->store[i], "input_id", input_id, sizeof input_id,
                                   err);
    }
    if (st == TC_OK) {
        st = tc_store_get_i64_all(list->store[i], "first_time", &first, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_i64_all(list->store[i], "last_time", &last, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_i64_all(list->store[i], "rows_used", &used, err);
    }
    if (st == TC_OK) {
        st = read_identity_all(list->store[i], i == 0 ? list : &own, err);
    }
    if (st != TC_OK) {
        return st;
    }
    if (i == 0) {
        (void)snprintf(list->input_id, sizeof list->input_id, "%s", input_id);
        list->first_time = first;
        list->last_time = last;
    }
    list->first_time = first < list->first_time ? first : list->first_time;
    list->last_time = last > list->last_time ? last : list->last_time;
    list->n_events += used;
    return tc_comm_agree_all(
        comm,
        check_pair(list, i, input_id, i == 0 ? list->identity_id : own.identity_id, err),
        err);
}

/* Several files are merged by the policies of the configuration, so these must be those of the files. */
static tc_status check_rules(const tc_config *config, const tc_event_list *list,
                             tc_error *err)
{
    char id[TC_ID_TEXT];
    TC_TRY(tc_input_id(config, id, err));
    if (list->n > 1 && strcmp(id, list->input_id) != 0) {
        return tc_fail(err, TC_EDATA,
                       "%s and the other event files were made by rules of section input "
                       "that differ from those of the configuration; ingest them again, or "
                       "restore the section",
                       list->path[0]);
    }
    return TC_OK;
}

tc_status tc_event_list_open_all(tc_comm *comm, const tc_config *config,
                                 tc_event_list *list, tc_error *err)
{
    tc_status st;
    *list = (tc_event_list){0};
    st = find_all(comm, config, list, err);
    for (int i = 0; i < list->n && st == TC_OK; i++) {
        st = open_one_all(comm, list, i, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(comm, check_rules(config, list, err), err);
    }
    return st;
}

void tc_event_list_close_all(tc_event_list *list)
{
    for (int i = 0; i < list->n && list->store != NULL; i++) {
        tc_store_close_all(&list->store[i]);
    }
    tc_mem_free(list->store);
    if (list->path != NULL) {
        tc_config_files_free(list->path, list->n);
    }
    *list = (tc_event_list){0};
}

tc_status tc_event_list_sum_all(const tc_event_list *list, const char *name, int64_t *sum,
                                tc_error *err)
{
    uint64_t total = 0; /* sums of hashes wrap around */
    tc_status st = TC_OK;
    for (int i = 0; i < list->n && st == TC_OK; i++) {
        int64_t value = 0;
        st = tc_store_get_i64_all(list->store[i], name, &value, err);
        total += (uint64_t)value;
    }
    *sum = (int64_t)total;
    return st;
}

/* Collective. Sums of what was dropped: within the files, and between them. */
static tc_status dropped_all(tc_comm *comm, const tc_config *config, tc_event_list *list,
                             int64_t sum[3], tc_error *err)
{
    static const char *const name[3] = {"duplicates_dropped", "dropped_a", "dropped_b"};
    tc_features_drops between = {0};
    tc_status st = TC_OK;
    for (int i = 0; i < 3 && st == TC_OK; i++) {
        st = tc_event_list_sum_all(list, name[i], &sum[i], err);
    }
    if (st == TC_OK && list->n > 1) {
        st = tc_features_drops_all(comm, config, list, &between, err);
    }
    sum[0] += between.rows;
    sum[1] = (int64_t)((uint64_t)sum[1] + between.content[0]);
    sum[2] = (int64_t)((uint64_t)sum[2] + between.content[1]);
    return st;
}

tc_status tc_event_list_id_all(tc_comm *comm, const tc_config *config, tc_event_list *list,
                               char id[TC_ID_TEXT], tc_error *err)
{
    static const char *const name[3] = {"rows_read", "content_a", "content_b"};
    int64_t read[3] = {0}, dropped[3] = {0};
    tc_buffer text = {0};
    tc_status st = TC_OK;
    for (int i = 0; i < 3 && st == TC_OK; i++) {
        st = tc_event_list_sum_all(list, name[i], &read[i], err);
    }
    if (st == TC_OK && config->input.duplicates == TC_DUPLICATES_DROP_BETWEEN_FILES) {
        st = dropped_all(comm, config, list, dropped, err);
    }
    if (st == TC_OK) {
        st =
            tc_buffer_print(&text, err, "events|%s|%lld,%llx,%llx|%lld,%llx,%llx",
                            list->input_id, (long long)read[0], (unsigned long long)read[1],
                            (unsigned long long)read[2], (long long)dropped[0],
                            (unsigned long long)dropped[1], (unsigned long long)dropped[2]);
        st = tc_comm_agree_all(comm, st, err);
    }
    id[0] = '\0';
    if (st == TC_OK) {
        tc_hash128_text(tc_hash128_of(text.data, (size_t)text.size), id);
    }
    tc_buffer_free(&text);
    return st;
}
