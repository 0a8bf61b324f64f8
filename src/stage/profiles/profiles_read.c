/* profiles_read.c - rows of delimited files. */
#include "profiles_impl.h"

#include "../ingest/ingest_rejects.h"

#include "tiercel/date.h"
#include "tiercel/fault.h"
#include "tiercel/progress.h"
#include "tiercel/stop.h"
#include "tiercel/table.h"

#include <string.h>

enum { MOST_COLUMNS = 5 }; /* with a role, of a table */

/* What the columns of a table mean, in the order in which they are asked for. */
static const struct {
    int n;
    int role[MOST_COLUMNS];
} COLUMNS[TC_N_TABLES] = {
    [TC_TABLE_CUSTOMERS] = {4,
                            {TC_PROFILE_ROLE_CUSTOMER, TC_PROFILE_ROLE_SIGNUP,
                             TC_PROFILE_ROLE_CONSENT, TC_PROFILE_ROLE_PROTECTED}},
    [TC_TABLE_INTERACTIONS] = {5,
                               {TC_PROFILE_ROLE_TOUCH_CUSTOMER, TC_PROFILE_ROLE_TIME,
                                TC_PROFILE_ROLE_KIND, TC_PROFILE_ROLE_VALUE,
                                TC_PROFILE_ROLE_RESPONSE}},
    [TC_TABLE_WIDE] = {1, {TC_PROFILE_ROLE_WIDE_CUSTOMER}}};

/* What is wrong with a row, and with which of its columns. */
typedef struct {
    tc_profile_reason reason;
    int64_t role;
} verdict;

/* Keeps the first reason. */
static void blame(verdict *v, int bad, tc_profile_reason reason, int64_t role)
{
    if (bad && v->reason == TC_PROFILE_USED) {
        *v = (verdict){reason, role};
    }
}

static void read_customer(const tc_profiles *p, const tc_csv_text *text,
                          tc_profile_head *head, verdict *v)
{
    int64_t time;
    head->signup = TC_INTERACT_NO_DAY;
    if (text[1].n > 0) {
        const int good =
            tc_time_parse(&p->time[TC_TABLE_CUSTOMERS], text[1].data, text[1].n, &time);
        head->signup = good ? (int32_t)tc_date_day_of(time) : TC_INTERACT_NO_DAY;
        blame(v, !good, TC_PROFILE_SIGNUP, TC_PROFILE_ROLE_SIGNUP);
    }
    blame(v, tc_cell_flag(text[2], &head->consent) == TC_CELL_UNREADABLE,
          TC_PROFILE_CONSENT, TC_PROFILE_ROLE_CONSENT);
    blame(v, tc_cell_flag(text[3], &head->is_protected) == TC_CELL_UNREADABLE,
          TC_PROFILE_PROTECTED, TC_PROFILE_ROLE_PROTECTED);
}

/* Kind of a word; -1 if it is not listed. */
static int kind_of(const tc_profiles *p, tc_csv_text text)
{
    const tc_config_interactions *config = &p->config->interactions;
    char word[TC_LEVEL_MAX];
    int64_t n;
    if (tc_cell_level(&p->rules, text, word, &n) != TC_CELL_GOOD) {
        return -1;
    }
    for (int i = 0; i < config->n_kinds; i++) {
        if ((int64_t)strlen(config->kinds[i].word) == n &&
            memcmp(config->kinds[i].word, word, (size_t)n) == 0) {
            return (int)config->kinds[i].kind;
        }
    }
    return -1;
}

/* Surveys have an answer, that to nps is a whole number from 0 to 10. Other values mean
 * nothing and are left out. */
static void read_value(const tc_profiles *p, const tc_csv_text *text, tc_profile_head *head,
                       tc_profile_counts *counts, verdict *v)
{
    int rounded = 0, bad = 0;
    head->value = TC_INTERACT_MISSING;
    if (head->kind == TC_TOUCH_SURVEY || head->kind == TC_TOUCH_NPS) {
        bad = tc_cell_fixed(&p->rules, text[3], &head->value, &rounded) != TC_CELL_GOOD;
    }
    if (!bad && head->kind == TC_TOUCH_NPS) {
        bad = head->value < 0 || head->value > 10 * (int64_t)TC_INTERACT_ONE ||
              head->value % TC_INTERACT_ONE != 0;
    }
    blame(v, bad, TC_PROFILE_VALUE, TC_PROFILE_ROLE_VALUE);
    bad = tc_cell_fixed(&p->rules, text[4], &head->response, &rounded) ==
              TC_CELL_UNREADABLE ||
          (head->response != TC_INTERACT_MISSING && head->response < 0);
    blame(v, bad, TC_PROFILE_RESPONSE, TC_PROFILE_ROLE_RESPONSE);
    counts->rounded += rounded;
}

static void read_touch(const tc_profiles *p, const tc_csv_text *text, tc_profile_head *head,
                       tc_profile_counts *counts, verdict *v)
{
    const int kind = kind_of(p, text[2]);
    blame(v,
          !tc_time_parse(&p->time[TC_TABLE_INTERACTIONS], text[1].data, text[1].n,
                         &head->time),
          TC_PROFILE_TIME, TC_PROFILE_ROLE_TIME);
    blame(v, kind < 0 && p->config->interactions.unlisted == TC_UNLISTED_REJECT,
          TC_PROFILE_KIND, TC_PROFILE_ROLE_KIND);
    head->kind = (uint8_t)(kind < 0 ? TC_TOUCH_OTHER : kind);
    read_value(p, text, head, counts, v);
}

/* The columns with a role are read first; then the cells of the row. */
static tc_status take_good(tc_profiles *p, int table, const tc_csv_text *text,
                           uint64_t place, tc_error *err)
{
    tc_profile_columns *columns = &p->columns[table];
    const int64_t begin = p->batch.size;
    tc_profile_head head = {.place = place};
    char id[TC_ID_MAX];
    verdict v = {TC_PROFILE_USED, -1};
    blame(&v, 1, tc_profile_id(p, text[0], &head, id), COLUMNS[table].role[0]);
    if (table == TC_TABLE_CUSTOMERS) {
        read_customer(p, text, &head, &v);
    } else if (table == TC_TABLE_INTERACTIONS) {
        read_touch(p, text, &head, &p->counts[table], &v);
    }
    if (v.reason != TC_PROFILE_USED) {
        return tc_profile_reject(p, table, place, v.reason, v.role, err);
    }
    TC_TRY(tc_profile_begin(p, &head, id, err));
    for (int c = 0; c < columns->n; c++) {
        TC_TRY(
            tc_profile_add_text(p, &columns->column[c], text[COLUMNS[table].n + c], err));
    }
    tc_profile_end(p, table, begin);
    return TC_OK;
}

static tc_status take(tc_profiles *p, int table, const tc_table_row *row, tc_error *err)
{
    static const tc_profile_reason reason[] = {
        [TC_TABLE_GOOD] = TC_PROFILE_USED,   [TC_TABLE_LONG] = TC_PROFILE_LONG,
        [TC_TABLE_QUOTE] = TC_PROFILE_QUOTE, [TC_TABLE_NUL] = TC_PROFILE_NUL,
        [TC_TABLE_CR] = TC_PROFILE_CR,       [TC_TABLE_FIELDS] = TC_PROFILE_FIELDS};
    tc_profile_counts *counts = &p->counts[table];
    const uint64_t file = (uint64_t)p->first_file[table] + (uint64_t)row->file;
    const uint64_t place = file << TC_PLACE_LINE_BITS | (uint64_t)row->line;
    counts->rows++;
    counts->content[0] += tc_hash_mix(row->hash, row->header_hash);
    counts->content[1] += tc_hash_mix(row->hash, ~row->header_hash);
    if (row->problem != TC_TABLE_GOOD) {
        return tc_profile_reject(p, table, place, reason[row->problem],
                                 row->field < 0 ? -1 : TC_REJECT_ORDINAL + row->field, err);
    }
    return take_good(p, table, row->text, place, err);
}

static tc_status fill(tc_profile_source *source, tc_profiles *p, int64_t limit, int *done,
                      tc_error *err)
{
    TC_TRY(TC_FAULT("profiles.parse", err));
    while (!*done && p->batch.size < limit) {
        tc_table_row row;
        int found;
        TC_TRY(tc_stop_check(err));
        TC_TRY(tc_table_next(source->state, &row, &found, err));
        *done = !found;
        if (found) {
            TC_TRY(take(p, source->table, &row, err));
        }
    }
    return TC_OK;
}

/* The columns that are asked for: those with a role, then the attributes. */
static int name_columns(const tc_profiles *p, int table, tc_table_column *column)
{
    const tc_config_customers *customers = &p->config->customers;
    int n = 0;
    for (int i = 0; i < COLUMNS[table].n; i++) {
        column[n++].name = p->role[COLUMNS[table].role[i]];
    }
    for (int i = 0; table == TC_TABLE_CUSTOMERS && i < customers->n_attributes; i++) {
        column[n++].name = customers->attributes[i].column;
    }
    return n;
}

tc_status tc_profiles_read_all(tc_profiles *p, int table, tc_error *err)
{
    static const char *const section[TC_N_TABLES] = {"customers", "interactions", "wide"};
    tc_table *reader = NULL;
    tc_table_column *column =
        tc_mem_alloc(MOST_COLUMNS + p->config->customers.n_attributes, sizeof *column, err);
    tc_table_spec spec = {.file = p->file + p->first_file[table],
                          .n_files = p->first_file[table + 1] - p->first_file[table],
                          .column = column,
                          .all_columns = table == TC_TABLE_WIDE,
                          .dialect = tc_config_dialect(p->config),
                          .section = section[table]};
    tc_profile_source source = {.fill = fill, .table = table};
    tc_status st = column == NULL ? TC_ENOMEM : TC_OK;
    if (st == TC_OK) {
        spec.n_columns = name_columns(p, table, column);
    }
    st = tc_comm_agree_all(p->comm, st, err);
    if (st == TC_OK) {
        st = tc_table_open_all(p->comm, &spec, &reader, err);
    }
    if (st == TC_OK && table == TC_TABLE_WIDE) {
        const char *const *name;
        const int n = tc_table_names(reader, &name);
        st =
            tc_profiles_wide_columns(p, name + COLUMNS[table].n, n - COLUMNS[table].n, err);
        st = tc_comm_agree_all(p->comm, st, err);
    }
    if (st == TC_OK) {
        source.state = reader;
        tc_progress_phase("reading a table", tc_table_own_bytes(reader), "B");
        st = tc_profiles_rounds_all(p, &source, err);
    }
    tc_table_close(&reader);
    tc_mem_free(column);
    return st;
}
