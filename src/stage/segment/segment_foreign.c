#include "segment_foreign.h"

#include "tiercel/fault.h"

#include <stdio.h>
#include <string.h>

void tc_segment_foreign_close(tc_segment_foreign *foreign)
{
    tc_foreign_close(&foreign->file);
    tc_mem_free(foreign->names);
    tc_mem_free(foreign->buffer);
    foreign->names = NULL;
    foreign->buffer = NULL;
}

/* A dataset of numbers, with as many rows as those before it. */
static tc_status look(tc_segment_foreign *f, const char *path, const char *name,
                      int dimensions, tc_foreign_shape *shape, tc_error *err)
{
    TC_TRY(tc_foreign_look(f->file, name, shape, err));
    if (shape->kind != TC_FOREIGN_NUMBER && shape->kind != TC_FOREIGN_WHOLE) {
        return tc_fail(err, TC_EDATA, "%s: dataset '%.120s' holds no numbers", path, name);
    }
    if (shape->dimensions < 1 || shape->dimensions > dimensions) {
        return tc_fail(err, TC_EDATA,
                       "%s: dataset '%.120s' has the wrong shape; allowed: %s", path, name,
                       dimensions == 2 ? "rows x columns, or one vector" : "one vector");
    }
    if (f->rows >= 0 && shape->rows != f->rows) {
        return tc_fail(err, TC_EDATA,
                       "%s: dataset '%.120s' has %lld rows, but those before it have %lld",
                       path, name, (long long)shape->rows, (long long)f->rows);
    }
    f->rows = shape->rows;
    return TC_OK;
}

static tc_status too_many(const char *path, int64_t n, tc_error *err)
{
    return tc_fail(err, TC_EDATA, "%s: %lld features; allowed are 1 to %d", path,
                   (long long)n, TC_KMEANS_MAX_D);
}

static tc_status look_at_matrix(tc_segment_foreign *f, const tc_segment_table *table,
                                tc_error *err)
{
    tc_foreign_shape shape;
    TC_TRY(look(f, table->input, table->dataset, 2, &shape, err));
    if (shape.columns < 1 || shape.columns > TC_KMEANS_MAX_D) {
        return too_many(table->input, shape.columns, err);
    }
    f->matrix = table->dataset;
    f->n_features = (int)shape.columns;
    for (int j = 0; j < f->n_features; j++) {
        (void)snprintf(f->label[j], sizeof f->label[j], "%.60s[%d]", table->dataset, j);
    }
    return TC_OK;
}

static tc_status look_at_vectors(tc_segment_foreign *f, const tc_segment_table *table,
                                 tc_error *err)
{
    tc_foreign_shape shape;
    f->names = tc_mem_text(table->features, err);
    if (f->names == NULL) {
        return TC_ENOMEM;
    }
    for (char *at = f->names; at != NULL;) {
        char *comma = strchr(at, ',');
        if (comma != NULL) {
            *comma++ = '\0';
        }
        if (f->n_features == TC_KMEANS_MAX_D) {
            return too_many(table->input, (int64_t)TC_KMEANS_MAX_D + 1, err);
        }
        for (int j = 0; j < f->n_features; j++) {
            if (strcmp(f->vector[j], at) == 0) {
                return tc_fail(err, TC_EUSAGE, "--features names '%.120s' twice", at);
            }
        }
        TC_TRY(look(f, table->input, at, 1, &shape, err));
        (void)snprintf(f->label[f->n_features], sizeof f->label[0], "%.79s", at);
        f->vector[f->n_features++] = at;
        at = comma;
    }
    f->n_vectors = f->n_features;
    return TC_OK;
}

static tc_status look_at_all(tc_segment_foreign *f, const tc_segment_table *table,
                             tc_error *err)
{
    tc_foreign_shape shape;
    TC_TRY(TC_FAULT("labels.open", err));
    TC_TRY(table->dataset != NULL ? look_at_matrix(f, table, err)
                                  : look_at_vectors(f, table, err));
    if (table->weight != NULL) {
        TC_TRY(look(f, table->input, table->weight, 1, &shape, err));
        f->vector[f->n_vectors++] = table->weight;
    }
    if (f->rows < 1) {
        return tc_fail(err, TC_EDATA, "%s: there are no rows in it", table->input);
    }
    return TC_OK;
}

tc_status tc_segment_foreign_open_all(tc_comm *comm, const tc_segment_table *table,
                                      tc_segment_foreign *out, tc_error *err)
{
    tc_status st;
    *out = (tc_segment_foreign){.rows = -1};
    st = tc_store_open_foreign_all(comm, table->input, &out->file, err);
    return st == TC_OK ? tc_comm_agree_all(comm, look_at_all(out, table, err), err) : st;
}

static tc_status read_rows(void *context, int64_t row0, int64_t n, double *const *column,
                           tc_error *err)
{
    tc_segment_foreign *f = context;
    const int d = f->n_features, first = f->matrix != NULL ? d : 0;
    TC_TRY(TC_FAULT("labels.read", err));
    if (f->matrix != NULL) {
        TC_TRY(tc_foreign_numbers(f->file, f->matrix, row0, n, f->buffer, err));
        for (int j = 0; j < d; j++) {
            for (int64_t i = 0; i < n; i++) {
                column[j][i] = f->buffer[i * d + j];
            }
        }
    }
    for (int v = 0; v < f->n_vectors; v++) {
        TC_TRY(tc_foreign_numbers(f->file, f->vector[v], row0, n, column[first + v], err));
    }
    return TC_OK;
}

tc_status tc_segment_foreign_source(tc_segment_foreign *foreign, int64_t largest,
                                    tc_segment_source *out, tc_error *err)
{
    const int d = foreign->matrix != NULL ? foreign->n_features : 0;
    foreign->buffer = tc_mem_alloc(largest * d, sizeof *foreign->buffer, err);
    *out = (tc_segment_source){
        .read = read_rows, .context = foreign, .n_columns = d + foreign->n_vectors};
    return foreign->buffer == NULL ? TC_ENOMEM : TC_OK;
}
