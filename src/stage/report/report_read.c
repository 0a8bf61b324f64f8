/* report_read.c - small tables and attributes of the result files as JSON. */
#include "report_impl.h"

#include "tiercel/json.h"

#include <stdio.h>
#include <string.h>

void tc_report_set(tc_report *r, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) {
        r->failed = 1;
    }
}

void tc_report_append(tc_report *r, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0) {
        r->failed = 1;
    }
}

json_t *tc_report_object(tc_report *r, json_t *parent, const char *key)
{
    tc_report_set(r, parent, key, json_object());
    return json_object_get(parent, key);
}

json_t *tc_report_array(tc_report *r, json_t *parent, const char *key)
{
    tc_report_set(r, parent, key, json_array());
    return json_object_get(parent, key);
}

json_t *tc_report_money(int64_t units)
{
    const uint64_t size = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
    char text[40];
    int n =
        snprintf(text, sizeof text, "%s%llu.%04llu", units < 0 ? "-" : "",
                 (unsigned long long)(size / 10000), (unsigned long long)(size % 10000));
    for (int cut = 0; cut < 2 && text[n - 1] == '0'; cut++) {
        text[--n] = '\0';
    }
    return json_pack("{s:s, s:f}", "exact", text, "value", (double)units / 1e4);
}

/* One column in memory. */
typedef struct {
    void *data;
    int64_t rows;
    int columns, width;
} loaded_column;

static json_t *cell(const tc_report_column *column, const loaded_column *c, int64_t row,
                    int col)
{
    const int64_t i = row * c->columns + col;
    switch (column->type) {
    case TC_TEXT: {
        const char *text = (const char *)c->data + i * c->width;
        const char *end = memchr(text, '\0', (size_t)c->width);
        return json_stringn(text, end != NULL ? (size_t)(end - text) : (size_t)c->width);
    }
    case TC_U8:
        return json_integer(((const uint8_t *)c->data)[i]);
    case TC_U16:
        return json_integer(((const uint16_t *)c->data)[i]);
    case TC_U32:
        return json_integer(((const uint32_t *)c->data)[i]);
    case TC_I64:
        return json_integer(((const int64_t *)c->data)[i]);
    case TC_F64:
        return tc_json_number(((const double *)c->data)[i]);
    case TC_I8:
    case TC_I32:
    case TC_U64:
    case TC_F32:
    case TC_ENUM:
        break;
    }
    return NULL;
}

/* The row's object, made if this is the first column. */
static json_t *row_object(tc_report *r, json_t *rows, int64_t row)
{
    if ((size_t)row >= json_array_size(rows)) {
        tc_report_append(r, rows, json_object());
    }
    return json_array_get(rows, (size_t)row);
}

static void set_rows(tc_report *r, const tc_report_column *column, const loaded_column *c,
                     json_t *rows)
{
    for (int64_t row = 0; row < c->rows; row++) {
        json_t *object = row_object(r, rows, row);
        json_t *array = column->array ? tc_report_array(r, object, column->key[0]) : NULL;
        for (int col = 0; col < c->columns; col++) {
            if (column->array) {
                tc_report_append(r, array, cell(column, c, row, col));
            } else {
                tc_report_set(r, object, column->key[col], cell(column, c, row, col));
            }
        }
    }
}

/* Local. Whether the column fits its keys and the rows that are there. */
static tc_status check_column(const tc_report_column *column, const loaded_column *c,
                              const json_t *rows, tc_error *err)
{
    const size_t there = json_array_size(rows);
    int keys = 0;
    while (keys < TC_REPORT_KEYS && column->key[keys] != NULL) {
        keys++;
    }
    if ((!column->array && c->columns != keys) || (there > 0 && (size_t)c->rows != there)) {
        return tc_fail(
            err, TC_EDATA,
            "report: dataset '%s' has another shape than expected; delete its file and "
            "run again",
            column->dataset);
    }
    return TC_OK;
}

static tc_status add_column_all(tc_report *r, tc_store *store,
                                const tc_report_column *column, json_t *rows, tc_error *err)
{
    loaded_column c = {0};
    tc_field field = {.name = column->dataset, .type = column->type};
    tc_status st =
        tc_store_shape_all(store, column->dataset, &c.rows, &c.columns, &c.width, err);
    if (st != TC_OK) {
        return st;
    }
    field.columns = c.columns;
    field.width = c.width;
    st = check_column(column, &c, rows, err);
    if (st == TC_OK) {
        c.data = tc_mem_alloc(c.rows * c.columns, tc_type_size(&field), err);
        st = c.data == NULL ? TC_ENOMEM : TC_OK;
    }
    st = tc_comm_agree_all(r->comm, st, err);
    if (st == TC_OK) {
        st = tc_store_get_small_all(store, &field, c.rows, c.data, err);
    }
    if (st == TC_OK) {
        set_rows(r, column, &c, rows);
    }
    tc_mem_free(c.data);
    return st;
}

tc_status tc_report_rows_all(tc_report *r, tc_store *store, const tc_report_column *column,
                             size_t n_columns, json_t *rows, tc_error *err)
{
    tc_status st = TC_OK;
    for (size_t c = 0; st == TC_OK && c < n_columns; c++) {
        st = add_column_all(r, store, &column[c], rows, err);
    }
    return st;
}

tc_status tc_report_counts_all(tc_report *r, tc_store *store, const tc_report_count *count,
                               size_t n, json_t *object, tc_error *err)
{
    tc_status st = TC_OK;
    for (size_t i = 0; st == TC_OK && i < n; i++) {
        int64_t value = 0;
        st = tc_store_get_i64_all(store, count[i].attribute, &value, err);
        if (st == TC_OK) {
            tc_report_set(r, object, count[i].key, json_integer(value));
        }
    }
    return st;
}

tc_status tc_report_real_all(tc_report *r, tc_store *store, const char *attribute,
                             json_t *object, tc_error *err)
{
    double value = 0.0;
    const tc_status st = tc_store_get_f64_all(store, attribute, &value, err);
    if (st == TC_OK) {
        tc_report_set(r, object, attribute, tc_json_number(value));
    }
    return st;
}

tc_status tc_report_text_all(tc_report *r, tc_store *store, const char *attribute,
                             json_t *object, const char *key, tc_error *err)
{
    char text[512];
    const tc_status st = tc_store_get_text_all(store, attribute, text, sizeof text, err);
    if (st == TC_OK) {
        tc_report_set(r, object, key, json_string(text));
    }
    return st;
}
