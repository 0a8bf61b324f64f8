/* identity_load.c - reads the files of map and hierarchy; edges and texts of ids go to the
 * owners of their hashes, in rounds of bounded memory. */
#include "identity_impl.h"

#include "../ingest/ingest_row.h"

#include "tiercel/fault.h"
#include "tiercel/log.h"
#include "tiercel/progress.h"
#include "tiercel/stop.h"
#include "tiercel/table.h"

#include <stdio.h>
#include <string.h>

enum { LINES_LOGGED = 5, RECENT = 4096 };

/* Why a row of the map is not used. */
typedef enum {
    ROW_GOOD,
    ROW_MALFORMED,
    ROW_MISSING,
    ROW_LONG,
} row_fault;

static const char *const fault_text[] = {
    [ROW_GOOD] = "",
    [ROW_MALFORMED] = "malformed",
    [ROW_MISSING] = "an id is missing",
    [ROW_LONG] = "an id is longer than 128 bytes",
};

/* One of the first rejected rows, for the log. */
typedef struct {
    uint64_t place;
    int64_t fault;
} rejected;

/* Map or hierarchy while its files are read. */
typedef struct {
    tc_identity_build *build;
    const tc_row_rules *rules;
    tc_table *table;
    int first_file; /* number of its first file among all */
    int done;
    tc_buffer links, names;    /* of this round */
    tc_buffer *own;            /* links that this rank owns */
    tc_hash128 recent[RECENT]; /* names sent lately: a great customer comes often */
    rejected first[LINES_LOGGED];
    int n_first;
} load;

const char *tc_identity_file(const tc_config *config, uint64_t place)
{
    const int file = (int)((place & ~TC_LINK_DONE) >> TC_PLACE_LINE_BITS);
    const tc_config_identity *const identity = &config->identity;
    return file < identity->n_map_files
               ? identity->map_files[file]
               : identity->hierarchy_files[file - identity->n_map_files];
}

int64_t tc_identity_line(uint64_t place)
{
    return (int64_t)(place & (((uint64_t)1 << TC_PLACE_LINE_BITS) - 1));
}

static row_fault read_id(const tc_row_rules *rules, tc_csv_text text, char id[TC_ID_MAX],
                         int64_t *n, tc_hash128 *hash)
{
    *n = tc_row_normalise_id(rules, text, id);
    if (*n == 0 || *n == TC_ID_LONG) {
        return *n == 0 ? ROW_MISSING : ROW_LONG;
    }
    if (*n < 0 || memchr(id, 0, (size_t)*n) != NULL) {
        return ROW_MALFORMED;
    }
    *hash = tc_hash128_of(id, (size_t)*n);
    hash->lo += hash->hi == 0 && hash->lo == 0; /* as ingest_row.c: means "no customer" */
    return ROW_GOOD;
}

static void reject(load *l, uint64_t place, row_fault fault)
{
    tc_identity_facts *const facts = &l->build->facts;
    facts->rows_malformed += fault == ROW_MALFORMED;
    facts->rows_missing_id += fault == ROW_MISSING;
    facts->rows_long_id += fault == ROW_LONG;
    if (l->n_first < LINES_LOGGED) {
        l->first[l->n_first++] = (rejected){place, fault};
    }
}

static tc_status add_name(load *l, tc_hash128 hash, const char *id, int64_t n,
                          tc_error *err)
{
    tc_hash128 *const recent = &l->recent[hash.lo % RECENT];
    const unsigned char size = (unsigned char)n;
    if (recent->lo == hash.lo && recent->hi == hash.hi) {
        return TC_OK;
    }
    *recent = hash;
    TC_TRY(tc_buffer_append(&l->names, &hash, (int64_t)sizeof hash, err));
    TC_TRY(tc_buffer_append(&l->names, &size, 1, err));
    return tc_buffer_append(&l->names, id, n, err);
}

static tc_status take_row(load *l, const tc_table_row *row, tc_error *err)
{
    char id[2][TC_ID_MAX];
    int64_t n[2] = {0, 0};
    tc_hash128 hash[2] = {{0, 0}, {0, 0}};
    tc_identity_link link = {0};
    tc_identity_facts *const facts = &l->build->facts;
    const uint64_t place =
        (uint64_t)(row->file + l->first_file) << TC_PLACE_LINE_BITS | (uint64_t)row->line;
    row_fault fault = row->problem != TC_TABLE_GOOD ? ROW_MALFORMED : ROW_GOOD;
    facts->rows++;
    for (int k = 0; k < 2 && fault == ROW_GOOD; k++) {
        fault = read_id(l->rules, row->text[k], id[k], &n[k], &hash[k]);
    }
    if (fault != ROW_GOOD) {
        facts->content[0] += tc_hash_mix(row->hash, row->header_hash);
        facts->content[1] += tc_hash_mix(row->hash, ~row->header_hash);
        reject(l, place, fault);
        return TC_OK;
    }
    link =
        (tc_identity_link){.from = hash[0], .place = place, .to = hash[1], .end = hash[1]};
    facts->content[0] +=
        tc_hash_mix(tc_hash_mix(hash[0].lo, hash[1].hi), l->first_file == 0);
    facts->content[1] +=
        tc_hash_mix(tc_hash_mix(hash[0].hi, hash[1].lo), l->first_file == 0);
    if (hash[0].lo == hash[1].lo && hash[0].hi == hash[1].hi) {
        facts->rows_self++;
        return TC_OK;
    }
    TC_TRY(add_name(l, hash[1], id[1], n[1], err));
    return tc_buffer_append(&l->links, &link, (int64_t)sizeof link, err);
}

static tc_status fill_batch(load *l, tc_error *err)
{
    const int64_t whole = l->build->config->input.batch_mib << 20;
    const int64_t part = l->build->bytes / 16; /* a round holds about 4 batches */
    const int64_t limit = part > 0 && part < whole ? part : whole;
    TC_TRY(TC_FAULT("identity.read", err));
    while (!l->done && l->links.size + l->names.size + 1024 < limit) {
        tc_table_row row;
        int found;
        TC_TRY(tc_stop_check(err));
        TC_TRY(tc_table_next(l->table, &row, &found, err));
        l->done = !found;
        if (found) {
            TC_TRY(take_row(l, &row, err));
        }
    }
    return TC_OK;
}

static int64_t next_name(const unsigned char *at, int ranks, int *rank)
{
    tc_hash128 hash;
    memcpy(&hash, at, sizeof hash);
    *rank = tc_identity_owner(hash.hi, ranks);
    return TC_NAME_HEAD + (int64_t)at[sizeof hash];
}

static tc_status absorb_names(tc_identity_names *names, const tc_buffer *packed,
                              tc_error *err)
{
    for (int64_t at = 0; at < packed->size;) {
        tc_hash128 hash;
        const int64_t n = packed->data[at + (int64_t)sizeof hash];
        memcpy(&hash, packed->data + at, sizeof hash);
        TC_TRY(
            tc_identity_names_add(names, hash, packed->data + at + TC_NAME_HEAD, n, err));
        at += TC_NAME_HEAD + n;
    }
    return TC_OK;
}

static tc_status round_all(load *l, tc_error *err)
{
    tc_comm *const comm = l->build->comm;
    tc_buffer names = {0};
    tc_status st = fill_batch(l, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_identity_scatter_all(comm, &l->names, next_name, &names, err);
    }
    if (st == TC_OK) {
        st = absorb_names(&l->build->names, &names, err);
        st = tc_comm_agree_all(comm, st, err);
    }
    tc_buffer_free(&names);
    if (st == TC_OK) {
        st = tc_identity_send_all(comm, (uint64_t *)(void *)l->links.data,
                                  l->links.size / (int64_t)sizeof(tc_identity_link),
                                  TC_LINK_WORDS, TC_LINK_KEY_WORDS, l->own, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(comm, tc_identity_room(l->build, err), err);
    }
    l->links.size = l->names.size = 0;
    return st;
}

/* Collective. The first rejected rows of all ranks, in the log. */
static tc_status log_rejected_all(const load *l, const char *what, tc_error *err)
{
    tc_buffer all = {0};
    tc_status st = tc_comm_gather_all(l->build->comm, l->first,
                                      l->n_first * (int64_t)sizeof *l->first, &all, err);
    if (st == TC_OK) {
        rejected *row = (rejected *)(void *)all.data;
        const int64_t n = all.size / (int64_t)sizeof *row;
        st = tc_identity_sort((uint64_t *)(void *)row, n, 2, 2, err);
        for (int64_t i = 0; st == TC_OK && i < n && i < LINES_LOGGED; i++) {
            tc_log_warn("identity: %s line %lld is not used: %s",
                        tc_identity_file(l->build->config, row[i].place),
                        (long long)tc_identity_line(row[i].place),
                        fault_text[row[i].fault]);
        }
        if (st == TC_OK && n > LINES_LOGGED) {
            tc_log_warn("identity: and more rows of the %s", what);
        }
        st = tc_comm_agree_all(l->build->comm, st, err);
    }
    tc_buffer_free(&all);
    return st;
}

static tc_status read_list_all(load *l, const tc_table_spec *spec, const char *what,
                               tc_error *err)
{
    int64_t busy = 1;
    tc_status st = tc_table_open_all(l->build->comm, spec, &l->table, err);
    if (st == TC_OK) {
        tc_progress_phase("reading the map of ids", tc_table_own_bytes(l->table), "B");
    }
    while (st == TC_OK && busy > 0) {
        st = round_all(l, err);
        busy = !l->done;
        tc_comm_max_i64_all(l->build->comm, &busy, 1);
    }
    if (st == TC_OK) {
        st = log_rejected_all(l, what, err);
    }
    tc_table_close(&l->table);
    tc_buffer_free(&l->links);
    tc_buffer_free(&l->names);
    return st;
}

/* Collective. Reads one of the two lists of files. */
static tc_status read_part_all(tc_identity_build *build, const tc_row_rules *rules,
                               int hierarchy, tc_error *err)
{
    const tc_config_identity *const identity = &build->config->identity;
    const tc_table_column column[2] = {
        {.name = hierarchy ? identity->child : identity->id},
        {.name = hierarchy ? identity->parent : identity->master}};
    const tc_table_spec spec = {
        .file = hierarchy ? identity->hierarchy_files : identity->map_files,
        .n_files = hierarchy ? identity->n_hierarchy_files : identity->n_map_files,
        .column = column,
        .n_columns = 2,
        .dialect = tc_config_dialect(build->config),
        .section = hierarchy ? "identity.hierarchy" : "identity.map"};
    load *l = tc_mem_alloc(1, sizeof *l, err);
    tc_status st = tc_comm_agree_all(build->comm, l == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(l != NULL);
        l->build = build;
        l->rules = rules;
        l->first_file = hierarchy ? identity->n_map_files : 0;
        l->own = hierarchy ? &build->tree : &build->map;
        st = read_list_all(l, &spec, hierarchy ? "hierarchy" : "map", err);
    }
    tc_mem_free(l);
    return st;
}

tc_status tc_identity_read_all(tc_identity_build *build, tc_error *err)
{
    const tc_config_identity *const identity = &build->config->identity;
    tc_row_rules rules;
    tc_status st = tc_row_rules_compile(&build->config->input, &rules, err);
    if (st == TC_OK && (int64_t)identity->n_map_files + identity->n_hierarchy_files >=
                           TC_IDENTITY_FILES_MAX) {
        st = tc_fail(err, TC_EINPUT, "identity: more than %d files",
                     TC_IDENTITY_FILES_MAX - 1);
    }
    st = tc_comm_agree_all(build->comm, st, err);
    if (st == TC_OK && identity->n_map_files > 0) {
        st = read_part_all(build, &rules, 0, err);
    }
    if (st == TC_OK && identity->n_hierarchy_files > 0) {
        st = read_part_all(build, &rules, 1, err);
    }
    return st;
}
