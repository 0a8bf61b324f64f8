/* profiles.c - from the customers table, the interactions and the wide table to profiles.h5
 * and profiles.rejects.csv. */
#include "profiles_impl.h"

#include "../ingest/ingest_rejects.h"

#include "tiercel/fault.h"
#include "tiercel/lineage.h"
#include "tiercel/log.h"
#include "tiercel/progress.h"

#include <string.h>

static tc_status list_files(tc_profiles *p, tc_error *err)
{
    const struct {
        char **files;
        int n;
    } list[TC_N_TABLES] = {
        [TC_TABLE_CUSTOMERS] = {p->config->customers.files, p->config->customers.n_files},
        [TC_TABLE_INTERACTIONS] = {p->config->interactions.files,
                                   p->config->interactions.n_files},
        [TC_TABLE_WIDE] = {p->config->wide.files, p->config->wide.n_files}};
    int n = 0;
    for (int t = 0; t < TC_N_TABLES; t++) {
        p->first_file[t] = n;
        n += list[t].n;
    }
    p->first_file[TC_N_TABLES] = n;
    if (n == 0) {
        return tc_fail(err, TC_ECONFIG,
                       "no table is configured: set customers.files, interactions.files or "
                       "wide.files");
    }
    p->file = tc_mem_alloc(n, sizeof *p->file, err);
    if (p->file == NULL) {
        return TC_ENOMEM;
    }
    for (int t = 0; t < TC_N_TABLES; t++) {
        for (int i = 0; i < list[t].n; i++) {
            p->file[p->first_file[t] + i] = list[t].files[i];
        }
    }
    return TC_OK;
}

static tc_status compile_time(const tc_profiles *p, const char *format, tc_time_format *out,
                              tc_error *err)
{
    TC_TRY(tc_time_compile(format, out, err));
    return tc_time_set_zone(out, p->config->input.time_zone, err);
}

static tc_status start(tc_profiles *p, tc_comm *comm, const tc_config *config,
                       tc_error *err)
{
    *p = (tc_profiles){.comm = comm, .config = config};
#define X(number, member) p->role[number] = config->member;
    TC_PROFILE_ROLES(X)
#undef X
    TC_TRY(TC_FAULT("profiles.start", err));
    TC_TRY(tc_row_rules_compile(&config->input, &p->rules, err));
    TC_TRY(
        compile_time(p, config->customers.time_format, &p->time[TC_TABLE_CUSTOMERS], err));
    TC_TRY(compile_time(p, config->interactions.time_format,
                        &p->time[TC_TABLE_INTERACTIONS], err));
    TC_TRY(list_files(p, err));
    p->count = tc_mem_alloc(2 * (int64_t)tc_comm_size(comm), sizeof *p->count, err);
    return p->count == NULL ? TC_ENOMEM : tc_profiles_attributes(p, err);
}

static void finish(tc_profiles *p)
{
    tc_identity_free(&p->identity);
    tc_mem_free(p->file);
    tc_buffer_free(&p->batch);
    tc_buffer_free(&p->grouped);
    tc_mem_free(p->count);
    tc_buffer_free(&p->received);
    tc_buffer_free(&p->rejects);
    tc_people_free(&p->people);
    for (int t = 0; t < TC_N_TABLES; t++) {
        tc_profile_columns_free(&p->columns[t]);
        tc_buffer_free(&p->rows[t]);
        tc_mem_free(p->row_of[t]);
    }
    tc_buffer_free(&p->touches);
    tc_mem_free(p->place);
    tc_mem_free(p->first_touch);
}

static int is_hdf5(const char *path)
{
    const char *const dot = strrchr(path, '.');
    return dot != NULL && (strcmp(dot, ".h5") == 0 || strcmp(dot, ".hdf5") == 0);
}

/* Collective. The wide table is either delimited files or one HDF5 file. */
static tc_status read_wide_all(tc_profiles *p, tc_error *err)
{
    const int first = p->first_file[TC_TABLE_WIDE];
    const int n = p->first_file[TC_N_TABLES] - first;
    int hdf5 = 0;
    for (int i = first; i < p->first_file[TC_N_TABLES]; i++) {
        hdf5 += is_hdf5(p->file[i]);
    }
    if (hdf5 > 0 && n > 1) {
        return tc_comm_agree_all(
            p->comm,
            tc_fail(
                err, TC_ECONFIG,
                "wide.files: %d files, %d of them HDF5; allowed: one HDF5 file alone, or "
                "delimited files",
                n, hdf5),
            err);
    }
    return hdf5 > 0 ? tc_profiles_foreign_all(p, err)
                    : tc_profiles_read_all(p, TC_TABLE_WIDE, err);
}

/* Collective. From the files to settled records and totals. */
static tc_status read_all(tc_profiles *p, tc_error *err)
{
    tc_status st = tc_identity_load_all(p->comm, p->config, p->config->memory_mib << 20,
                                        &p->identity, err);
    for (int t = 0; st == TC_OK && t < TC_N_TABLES; t++) {
        if (p->first_file[t + 1] == p->first_file[t]) {
            continue;
        }
        st = t == TC_TABLE_WIDE ? read_wide_all(p, err) : tc_profiles_read_all(p, t, err);
    }
    if (st == TC_OK) {
        st = tc_profiles_settle_all(p, err);
    }
    return st;
}

/* Collective. Both files under temporary names, then both under their own; a complete
 * profiles.h5 is never without its rejects. */
static tc_status write_all(tc_profiles *p, tc_error *err)
{
    const tc_reject_names names = {.file = p->file,
                                   .n_files = p->first_file[TC_N_TABLES],
                                   .column = p->role,
                                   .reason = tc_profile_reason_code};
    tc_store *store = NULL;
    char *rejects = tc_config_path(p->config, "profiles.rejects.csv", err);
    tc_status st = tc_comm_agree_all(p->comm, rejects == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_rejects_write_pairs_all(p->comm, &names, rejects, &p->rejects, err);
    }
    if (st == TC_OK) {
        st = tc_profiles_write_all(p, &store, err);
        if (st == TC_OK) {
            st = tc_comm_agree_all(p->comm, TC_FAULT("profiles.publish", err), err);
        }
        if (st == TC_OK) {
            st = tc_rejects_publish_all(p->comm, rejects, err);
        }
        if (st == TC_OK) {
            st = tc_store_publish_all(&store, err);
        }
        if (st != TC_OK) {
            tc_rejects_remove_all(p->comm, rejects);
        }
    }
    tc_store_close_all(&store);
    tc_mem_free(rejects);
    return st;
}

static void log_totals(const tc_profiles *p)
{
    static const char *const table[TC_N_TABLES] = {"customers", "interactions", "wide"};
    for (int t = 0; t < TC_N_TABLES; t++) {
        const tc_profile_counts *c = &p->counts[t];
        if (p->first_file[t + 1] > p->first_file[t]) {
            tc_log_info("profiles: %s: %lld rows read, %lld used, %lld rejected (see "
                        "profiles.rejects.csv), %lld repeat another row; %lld customers",
                        table[t], (long long)c->rows, (long long)c->reason[TC_PROFILE_USED],
                        (long long)(c->rows - c->reason[TC_PROFILE_USED]),
                        (long long)c->duplicates, (long long)c->people);
        }
        for (int i = 0; i < p->columns[t].n; i++) {
            const tc_profile_column *column = &p->columns[t].column[i];
            if (column->unreadable > 0 &&
                column->unreadable == c->reason[TC_PROFILE_USED]) {
                tc_log_warn("profiles: no cell of column %s can be read%s", column->name,
                            column->is_category ? "" : " as a number; is it categorical?");
            }
        }
    }
}

tc_status tc_profiles_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    tc_profiles p;
    tc_status st = tc_comm_agree_all(comm, start(&p, comm, config, err), err);
    if (st == TC_OK) {
        st = read_all(&p, err);
    }
    if (st == TC_OK) {
        tc_progress_phase("writing", 0, "");
        st = write_all(&p, err);
    }
    if (st == TC_OK) {
        log_totals(&p);
    }
    finish(&p);
    return st;
}
