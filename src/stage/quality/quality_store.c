/* quality_store.c - the counters of data quality in events.h5. */
#include "tiercel/quality.h"

#include "tiercel/mem.h"

#include <string.h>

enum { NAME = 48, COLUMN_WORDS = 3, DAY_WORDS = 5, STEP_WORDS = 2 };

static const tc_field count_name_field = {.name = "quality/count_name",
                                          .type = TC_TEXT,
                                          .unit = "",
                                          .description = "what is counted",
                                          .width = NAME};
static const tc_field count_field = {
    .name = "quality/count",
    .type = TC_I64,
    .unit = "",
    .description = "numbers of rows and orders; amounts in "
                   "currency/10000, of all rows with time and amount"};
static const tc_field key_field = {.name = "quality/column_key",
                                   .type = TC_TEXT,
                                   .unit = "",
                                   .description = "mapped columns, as in input.columns",
                                   .width = TC_QUALITY_KEY};
static const tc_field header_field = {.name = "quality/column_header",
                                      .type = TC_TEXT,
                                      .unit = "",
                                      .description = "their names in the files",
                                      .width = TC_QUALITY_HEADER};
static const tc_field column_field = {
    .name = "quality/column",
    .type = TC_I64,
    .unit = "rows",
    .description = "by column: rows with all fields, those without a value, those whose "
                   "value cannot be read",
    .columns = COLUMN_WORDS};
static const tc_field day_field = {
    .name = "quality/day",
    .type = TC_I64,
    .unit = "",
    .description =
        "days with a row whose time could be read: days since 1970-01-01, rows, rows with "
        "a negative amount, sum of positive amounts, sum of negative amounts without sign, "
        "currency/10000",
    .columns = DAY_WORDS};
static const tc_field step_field = {
    .name = "quality/amount",
    .type = TC_I64,
    .unit = "",
    .description = "amounts without sign on a logarithmic grid of 16 steps a doubling: "
                   "least amount of the step in currency/10000, rows",
    .columns = STEP_WORDS};

static const char *const count_name[TC_N_QUALITY_COUNTS] = {
#define X(name, text, merge) text,
    TC_QUALITY_COUNTS(X)
#undef X
};

static void name_counts(char name[TC_N_QUALITY_COUNTS][NAME])
{
    memset(name, 0, (size_t)TC_N_QUALITY_COUNTS * NAME);
    for (int i = 0; i < TC_N_QUALITY_COUNTS; i++) {
        memcpy(name[i], count_name[i], strlen(count_name[i]));
    }
}

static tc_status put_columns_all(tc_store *store, const tc_quality *q, tc_error *err)
{
    char key[TC_QUALITY_COLUMNS][TC_QUALITY_KEY] = {{0}};
    char header[TC_QUALITY_COLUMNS][TC_QUALITY_HEADER] = {{0}};
    int64_t rows[TC_QUALITY_COLUMNS][COLUMN_WORDS] = {{0}};
    int n = 0;
    tc_status st;
    for (int i = 0; i < q->n_columns; i++) {
        const tc_quality_column *c = &q->column[i];
        if (c->key[0] != '\0') {
            memcpy(key[n], c->key, sizeof c->key);
            memcpy(header[n], c->header, sizeof c->header);
            rows[n][0] = c->rows;
            rows[n][1] = c->empty;
            rows[n++][2] = c->unreadable;
        }
    }
    st = tc_store_put_small_all(store, &key_field, key, n, err);
    if (st == TC_OK) {
        st = tc_store_put_small_all(store, &header_field, header, n, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_small_all(store, &column_field, rows, n, err);
    }
    return st;
}

static tc_status put_days_all(tc_comm *comm, tc_store *store, const tc_quality *q,
                              tc_error *err)
{
    int64_t day = TC_QUALITY_FIRST_DAY;
    const tc_quality_day *from;
    tc_buffer rows = {0};
    tc_status st = TC_OK;
    for (; st == TC_OK && (from = tc_quality_next_day(q, &day)) != NULL; day++) {
        const int64_t row[DAY_WORDS] = {day, from->rows, from->negative_rows,
                                        from->positive, from->negative};
        st = tc_buffer_append(&rows, row, (int64_t)sizeof row, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st =
            tc_store_put_small_all(store, &day_field, rows.data,
                                   rows.size / (DAY_WORDS * (int64_t)sizeof(int64_t)), err);
    }
    tc_buffer_free(&rows);
    return st;
}

static tc_status put_steps_all(tc_store *store, const tc_quality *q, tc_error *err)
{
    int64_t row[TC_QUALITY_STEPS][STEP_WORDS];
    int n = 0;
    for (int i = 0; i < TC_QUALITY_STEPS; i++) {
        if (q->step_rows[i] != 0) {
            row[n][0] = tc_quality_step_low(i);
            row[n++][1] = q->step_rows[i];
        }
    }
    return tc_store_put_small_all(store, &step_field, row, n, err);
}

tc_status tc_quality_put_all(tc_comm *comm, tc_store *store, const tc_quality *q,
                             tc_error *err)
{
    char name[TC_N_QUALITY_COUNTS][NAME];
    tc_status st;
    name_counts(name);
    st = tc_store_put_small_all(store, &count_name_field, name, TC_N_QUALITY_COUNTS, err);
    if (st == TC_OK) {
        st =
            tc_store_put_small_all(store, &count_field, q->count, TC_N_QUALITY_COUNTS, err);
    }
    if (st == TC_OK) {
        st = put_columns_all(store, q, err);
    }
    if (st == TC_OK) {
        st = put_days_all(comm, store, q, err);
    }
    if (st == TC_OK) {
        st = put_steps_all(store, q, err);
    }
    return st;
}

static tc_status damaged(const char *name, tc_error *err)
{
    return tc_fail(
        err, TC_EDATA,
        "events.h5: dataset '%s' is not as ingest writes it; delete the file and "
        "run again",
        name);
}

/* Collective. All rows of a dataset, freed by the caller in every case. Errors also if there are more than max rows. */
static tc_status get_rows_all(tc_comm *comm, tc_store *store, const tc_field *field,
                              int64_t max, void **data, int64_t *n, tc_error *err)
{
    int columns, width;
    tc_status st = tc_store_shape_all(store, field->name, n, &columns, &width, err);
    *data = NULL;
    if (st == TC_OK && *n > max) {
        st = damaged(field->name, err);
    }
    if (st == TC_OK) {
        const int wide = field->columns > 1 ? field->columns : 1;
        *data = tc_mem_alloc(*n * wide, tc_type_size(field), err);
        st = tc_comm_agree_all(comm, *data == NULL ? TC_ENOMEM : TC_OK, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_small_all(store, field, *n, *data, err);
    }
    return st;
}

static tc_status get_counts_all(tc_store *store, tc_quality *q, tc_error *err)
{
    char name[TC_N_QUALITY_COUNTS][NAME], expected[TC_N_QUALITY_COUNTS][NAME];
    tc_status st =
        tc_store_get_small_all(store, &count_name_field, TC_N_QUALITY_COUNTS, name, err);
    name_counts(expected);
    if (st == TC_OK && memcmp(name, expected, sizeof name) != 0) {
        st = damaged(count_name_field.name, err);
    }
    if (st == TC_OK) {
        st =
            tc_store_get_small_all(store, &count_field, TC_N_QUALITY_COUNTS, q->count, err);
    }
    return st;
}

static tc_status get_columns_all(tc_comm *comm, tc_store *store, tc_quality *q,
                                 tc_error *err)
{
    void *key = NULL, *header = NULL, *rows = NULL;
    int64_t n, n_header = 0, n_rows = 0;
    tc_status st = get_rows_all(comm, store, &key_field, TC_QUALITY_COLUMNS, &key, &n, err);
    if (st == TC_OK) {
        st = get_rows_all(comm, store, &header_field, n, &header, &n_header, err);
    }
    if (st == TC_OK) {
        st = get_rows_all(comm, store, &column_field, n, &rows, &n_rows, err);
    }
    if (st == TC_OK && (n_header != n || n_rows != n)) {
        st = damaged(column_field.name, err);
    }
    for (int i = 0; st == TC_OK && i < n; i++) {
        tc_quality_column *c = &q->column[i];
        const int64_t *row = (const int64_t *)rows + (ptrdiff_t)i * COLUMN_WORDS;
        memcpy(c->key, (const char *)key + (ptrdiff_t)i * TC_QUALITY_KEY,
               TC_QUALITY_KEY - 1);
        memcpy(c->header, (const char *)header + (ptrdiff_t)i * TC_QUALITY_HEADER,
               TC_QUALITY_HEADER - 1);
        c->rows = row[0];
        c->empty = row[1];
        c->unreadable = row[2];
        q->n_columns = i + 1;
    }
    tc_mem_free(key);
    tc_mem_free(header);
    tc_mem_free(rows);
    return st;
}

/* Local. */
static tc_status take_days(tc_quality *q, const int64_t *row, int64_t n, tc_error *err)
{
    for (int64_t i = 0; i < n; i++, row += DAY_WORDS) {
        tc_quality_day *day;
        if (row[0] < TC_QUALITY_FIRST_DAY || row[0] > TC_QUALITY_LAST_DAY || row[1] < 1 ||
            row[2] < 0 || row[3] < 0 || row[4] < 0) {
            return damaged(day_field.name, err);
        }
        day = tc_quality_make_day(q, row[0], err);
        if (day == NULL) {
            return TC_ENOMEM;
        }
        *day = (tc_quality_day){row[1], row[2], row[3], row[4]};
    }
    return TC_OK;
}

/* Local. */
static tc_status take_steps(tc_quality *q, const int64_t *row, int64_t n, tc_error *err)
{
    for (int64_t i = 0; i < n; i++, row += STEP_WORDS) {
        if (row[0] < 0 || row[1] < 0) {
            return damaged(step_field.name, err);
        }
        q->step_rows[tc_quality_step((uint64_t)row[0])] = row[1];
    }
    return TC_OK;
}

tc_status tc_quality_get_all(tc_comm *comm, tc_store *store, tc_quality *q, tc_error *err)
{
    void *days = NULL, *steps = NULL;
    int64_t n_days = 0, n_steps = 0;
    tc_status st = tc_comm_agree_all(comm, tc_quality_create(q, err), err);
    if (st == TC_OK) {
        st = get_counts_all(store, q, err);
    }
    if (st == TC_OK) {
        st = get_columns_all(comm, store, q, err);
    }
    if (st == TC_OK) {
        st = get_rows_all(comm, store, &day_field,
                          TC_QUALITY_LAST_DAY - TC_QUALITY_FIRST_DAY + 1, &days, &n_days,
                          err);
    }
    if (st == TC_OK) {
        st =
            get_rows_all(comm, store, &step_field, TC_QUALITY_STEPS, &steps, &n_steps, err);
    }
    if (st == TC_OK) {
        st = take_days(q, days, n_days, err);
        if (st == TC_OK) {
            st = take_steps(q, steps, n_steps, err);
        }
        st = tc_comm_agree_all(comm, st, err);
    }
    tc_mem_free(days);
    tc_mem_free(steps);
    return st;
}

tc_status tc_quality_list_all(tc_comm *comm, const tc_event_list *list, tc_quality *q,
                              tc_error *err)
{
    tc_status st = tc_comm_agree_all(comm, tc_quality_create(q, err), err);
    for (int i = 0; i < list->n && st == TC_OK; i++) {
        tc_quality one = {0};
        st = tc_quality_get_all(comm, list->store[i], &one, err);
        if (st == TC_OK) {
            st = tc_comm_agree_all(comm, tc_quality_merge(q, &one, err), err);
        }
        tc_quality_free(&one);
    }
    return st;
}
