/* profiles_foreign.c - the wide table as an HDF5 file: vectors of equal length in one group,
 * or a matrix and the names of its columns. Rows are read in blocks, a contiguous range a
 * rank. */
#include "profiles_impl.h"

#include "tiercel/fault.h"
#include "tiercel/foreign.h"
#include "tiercel/progress.h"
#include "tiercel/stop.h"

#include <math.h>
#include <string.h>

enum { MOST_ROWS = 65536 };

/* Where the columns come from. */
typedef struct {
    tc_foreign *file;
    const char *path;
    tc_buffer names;     /* of vectors, then of columns of the matrix; with final zeros */
    const char **vector; /* [n_vectors] datasets, then names of matrix columns; owned */
    const char **leaf;   /* [n] names of user columns; owned */
    int n_vectors, n;    /* n: with those of the matrix */
    int64_t rows;        /* of all ranks */
    int64_t next, end;   /* of this rank */
    uint64_t header;     /* hash of the names */
    /* one block */
    int64_t block;     /* rows */
    double *number;    /* [n_vectors][block]; owned */
    double *matrix;    /* [block][n - n_vectors]; owned */
    tc_buffer text;    /* of the ids, then of the categorical vectors */
    int64_t *text_end; /* [1 + n_vectors][block]; owned */
} wide_file;

static void wide_file_free(wide_file *f)
{
    tc_foreign_close(&f->file);
    tc_buffer_free(&f->names);
    tc_mem_free((void *)f->vector);
    tc_mem_free((void *)f->leaf);
    tc_mem_free(f->number);
    tc_mem_free(f->matrix);
    tc_buffer_free(&f->text);
    tc_mem_free(f->text_end);
}

/* Path of the group that holds a dataset. */
static tc_status group_of(const char *name, char **group, tc_error *err)
{
    char *slash;
    *group = tc_mem_text(name, err);
    if (*group == NULL) {
        return TC_ENOMEM;
    }
    slash = strrchr(*group, '/');
    if (slash == NULL || slash == *group) {
        tc_mem_free(*group);
        *group = tc_mem_text("/", err);
        return *group == NULL ? TC_ENOMEM : TC_OK;
    }
    *slash = '\0';
    return TC_OK;
}

static const char *without_slash(const char *name)
{
    return name[0] == '/' ? name + 1 : name;
}

/* A dataset with a role of its own. */
static int has_role(const tc_config_wide *wide, const char *name)
{
    const char *const role[] = {wide->customer, wide->matrix, wide->matrix_names};
    for (int i = 0; i < 3; i++) {
        if (role[i] != NULL && strcmp(without_slash(role[i]), name) == 0) {
            return 1;
        }
    }
    return 0;
}

static const char *leaf_of(const char *name)
{
    const char *const slash = strrchr(name, '/');
    return slash == NULL ? name : slash + 1;
}

/* The vectors beside the ids; a vector of another length is an error, anything else is left
 * alone. */
static tc_status find_vectors(wide_file *f, const tc_config_wide *wide, tc_error *err)
{
    char *group = NULL;
    tc_buffer all = {0};
    tc_status st = group_of(wide->customer, &group, err);
    if (st == TC_OK) {
        st = tc_foreign_list(f->file, group, &all, err);
    }
    for (int64_t at = 0; st == TC_OK && at < all.size;) {
        const char *name = without_slash((const char *)all.data + at);
        tc_foreign_shape shape;
        at += (int64_t)strlen((const char *)all.data + at) + 1;
        st = tc_foreign_look(f->file, name, &shape, err);
        if (st != TC_OK || has_role(wide, name) || shape.dimensions != 1) {
            continue;
        }
        if (shape.rows != f->rows || shape.kind == TC_FOREIGN_OTHER) {
            st = tc_fail(
                err, TC_EDATA,
                "%s: dataset '%.120s' has %lld rows and '%.60s' has %lld, or it "
                "holds neither numbers nor texts; all vectors of a group belong to "
                "one table",
                f->path, name, (long long)shape.rows, wide->customer, (long long)f->rows);
        } else {
            st = tc_buffer_append(&f->names, name, (int64_t)strlen(name) + 1, err);
            f->n_vectors++;
        }
    }
    f->n = f->n_vectors;
    tc_mem_free(group);
    tc_buffer_free(&all);
    return st;
}

static tc_status find_matrix(wide_file *f, const tc_config_wide *wide, tc_error *err)
{
    tc_foreign_shape matrix, names;
    tc_buffer text = {0};
    int64_t *end, from = 0;
    tc_status st;
    TC_TRY(tc_foreign_look(f->file, wide->matrix, &matrix, err));
    TC_TRY(tc_foreign_look(f->file, wide->matrix_names, &names, err));
    if (matrix.dimensions != 2 || matrix.rows != f->rows || names.dimensions != 1 ||
        names.rows != matrix.columns || names.rows > TC_PROFILE_COLUMNS) {
        return tc_fail(err, TC_EDATA,
                       "%s: wide.matrix must have a row a customer (%lld) and a column, at "
                       "most %d, for each name in wide.matrix_names",
                       f->path, (long long)f->rows, TC_PROFILE_COLUMNS);
    }
    end = tc_mem_alloc(names.rows, sizeof *end, err);
    st = end == NULL ? TC_ENOMEM
                     : tc_foreign_texts(f->file, wide->matrix_names, 0, names.rows, &text,
                                        end, err);
    for (int64_t i = 0; st == TC_OK && i < names.rows; i++) {
        st = tc_buffer_append(&f->names, text.data + from, end[i] - from, err);
        if (st == TC_OK) {
            st = tc_buffer_append(&f->names, "", 1, err);
        }
        from = end[i];
        f->n++;
    }
    tc_mem_free(end);
    tc_buffer_free(&text);
    return st;
}

static tc_status list_names(wide_file *f, tc_error *err)
{
    const char *at;
    f->vector = tc_mem_alloc(f->n, sizeof *f->vector, err);
    f->leaf = tc_mem_alloc(f->n, sizeof *f->leaf, err);
    if (f->vector == NULL || f->leaf == NULL) {
        return TC_ENOMEM;
    }
    at = (const char *)f->names.data;
    for (int c = 0; c < f->n; c++) {
        f->vector[c] = at;
        f->leaf[c] = c < f->n_vectors ? leaf_of(at) : at;
        at += strlen(at) + 1;
    }
    f->header = tc_hash64_of(f->names.data, (size_t)f->names.size, 0);
    return TC_OK;
}

/* What a column holds must fit what the configuration says of it. */
static tc_status check_kinds(const tc_profiles *p, wide_file *f, tc_error *err)
{
    const tc_profile_column *column = p->columns[TC_TABLE_WIDE].column;
    for (int c = 0; c < f->n; c++) {
        tc_foreign_shape shape = {.kind = TC_FOREIGN_NUMBER};
        if (c < f->n_vectors) {
            TC_TRY(tc_foreign_look(f->file, f->vector[c], &shape, err));
        }
        if (column[c].is_category ? shape.kind == TC_FOREIGN_NUMBER
                                  : shape.kind == TC_FOREIGN_TEXT) {
            return tc_fail(err, TC_EDATA,
                           "%s: column '%.120s' holds %s; %s wide.categorical", f->path,
                           f->leaf[c], column[c].is_category ? "fractions" : "texts",
                           column[c].is_category ? "it cannot be in" : "name it in");
        }
    }
    return TC_OK;
}

static tc_status start(tc_profiles *p, wide_file *f, tc_error *err)
{
    const tc_config_wide *wide = &p->config->wide;
    const int64_t ranks = tc_comm_size(p->comm), rank = tc_comm_rank(p->comm);
    tc_foreign_shape shape;
    TC_TRY(tc_foreign_look(f->file, wide->customer, &shape, err));
    if (shape.dimensions != 1 ||
        (shape.kind != TC_FOREIGN_TEXT && shape.kind != TC_FOREIGN_WHOLE)) {
        return tc_fail(err, TC_EDATA,
                       "%s: dataset '%.120s' must be a vector of texts or integers; check "
                       "wide.customer",
                       f->path, wide->customer);
    }
    f->rows = shape.rows;
    f->next = f->rows * rank / ranks;
    f->end = f->rows * (rank + 1) / ranks;
    TC_TRY(find_vectors(f, wide, err));
    if (wide->matrix != NULL) {
        TC_TRY(find_matrix(f, wide, err));
    }
    TC_TRY(list_names(f, err));
    TC_TRY(tc_profiles_wide_columns(p, f->leaf, f->n, err));
    TC_TRY(check_kinds(p, f, err));
    f->block = (p->config->input.batch_mib << 20) / (16 * ((int64_t)f->n + 8));
    f->block = f->block < 1 ? 1 : f->block > MOST_ROWS ? MOST_ROWS : f->block;
    f->number = tc_mem_alloc(f->block * f->n_vectors, sizeof *f->number, err);
    f->matrix = tc_mem_alloc(f->block * (f->n - f->n_vectors), sizeof *f->matrix, err);
    f->text_end = tc_mem_alloc(f->block * (f->n_vectors + 1), sizeof *f->text_end, err);
    return f->number == NULL || f->matrix == NULL || f->text_end == NULL ? TC_ENOMEM
                                                                         : TC_OK;
}

/* Text i of the ids (column 0) or of a categorical vector (1 + its number); each begins
 * where the one before it ends. */
static tc_csv_text text_at(const wide_file *f, int64_t column, int64_t begin, int64_t i)
{
    const int64_t *end = f->text_end + column * f->block;
    const int64_t from = i > 0 ? end[i - 1] : begin;
    return (tc_csv_text){(const char *)f->text.data + from, end[i] - from};
}

/* Reads a block of all columns; begin[1 + n_vectors]: where the texts of each begin. */
static tc_status read_block(const tc_profiles *p, wide_file *f, int64_t n, int64_t *begin,
                            tc_error *err)
{
    const tc_profile_column *column = p->columns[TC_TABLE_WIDE].column;
    TC_TRY(TC_FAULT("profiles.foreign", err));
    f->text.size = 0;
    begin[0] = 0;
    TC_TRY(tc_foreign_texts(f->file, p->config->wide.customer, f->next, n, &f->text,
                            f->text_end, err));
    for (int c = 0; c < f->n_vectors; c++) {
        begin[1 + c] = f->text.size;
        if (column[c].is_category) {
            TC_TRY(tc_foreign_texts(f->file, f->vector[c], f->next, n, &f->text,
                                    f->text_end + (1 + c) * f->block, err));
        } else {
            TC_TRY(tc_foreign_numbers(f->file, f->vector[c], f->next, n,
                                      f->number + c * f->block, err));
        }
    }
    return f->n > f->n_vectors ? tc_foreign_numbers(f->file, p->config->wide.matrix,
                                                    f->next, n, f->matrix, err)
                               : TC_OK;
}

static tc_status add_cells(tc_profiles *p, const wide_file *f, const int64_t *begin,
                           int64_t i, tc_error *err)
{
    tc_profile_column *column = p->columns[TC_TABLE_WIDE].column;
    const int n_matrix = f->n - f->n_vectors;
    for (int c = 0; c < f->n; c++) {
        if (column[c].is_category) {
            TC_TRY(tc_profile_add_text(p, &column[c], text_at(f, 1 + c, begin[1 + c], i),
                                       err));
        } else {
            double v = c < f->n_vectors ? f->number[c * f->block + i]
                                        : f->matrix[i * n_matrix + (c - f->n_vectors)];
            column[c].unreadable += isinf(v) != 0;
            v = isfinite(v) ? v : (double)NAN;
            TC_TRY(tc_profile_add_number(p, v == 0 ? 0.0 : v, err));
        }
    }
    return TC_OK;
}

/* A row counts by its content: id and cells as packed. */
static tc_status add_row(tc_profiles *p, const wide_file *f, const int64_t *begin,
                         int64_t i, tc_error *err)
{
    tc_profile_counts *counts = &p->counts[TC_TABLE_WIDE];
    const int64_t start_at = p->batch.size;
    const tc_csv_text text = text_at(f, 0, begin[0], i);
    tc_profile_head head = {.place = (uint64_t)p->first_file[TC_TABLE_WIDE]
                                         << TC_PLACE_LINE_BITS |
                                     (uint64_t)(f->next + i + 1)};
    char id[TC_ID_MAX];
    const tc_profile_reason reason = tc_profile_id(p, text, &head, id);
    uint64_t hash = tc_hash64_of(text.data, (size_t)text.n, 0);
    counts->rows++;
    if (reason != TC_PROFILE_USED) {
        TC_TRY(tc_profile_reject(p, TC_TABLE_WIDE, head.place, reason,
                                 TC_PROFILE_ROLE_WIDE_CUSTOMER, err));
    } else {
        TC_TRY(tc_profile_begin(p, &head, id, err));
        TC_TRY(add_cells(p, f, begin, i, err));
        tc_profile_end(p, TC_TABLE_WIDE, start_at);
        hash = tc_hash64_of(p->batch.data + start_at + TC_PROFILE_HEAD,
                            (size_t)(p->batch.size - start_at - TC_PROFILE_HEAD), 0);
    }
    counts->content[0] += tc_hash_mix(hash, f->header);
    counts->content[1] += tc_hash_mix(hash, ~f->header);
    return TC_OK;
}

static tc_status fill(tc_profile_source *source, tc_profiles *p, int64_t limit, int *done,
                      tc_error *err)
{
    wide_file *f = source->state;
    int64_t *begin = tc_mem_alloc((int64_t)f->n_vectors + 1, sizeof *begin, err);
    tc_status st = begin == NULL ? TC_ENOMEM : TC_OK;
    while (st == TC_OK && f->next < f->end && p->batch.size < limit) {
        const int64_t left = f->end - f->next, n = left < f->block ? left : f->block;
        st = tc_stop_check(err);
        st = st == TC_OK ? read_block(p, f, n, begin, err) : st;
        for (int64_t i = 0; st == TC_OK && i < n; i++) {
            st = add_row(p, f, begin, i, err);
        }
        f->next += n;
    }
    *done = f->next >= f->end;
    tc_mem_free(begin);
    return st;
}

tc_status tc_profiles_foreign_all(tc_profiles *p, tc_error *err)
{
    wide_file f = {.path = p->file[p->first_file[TC_TABLE_WIDE]]};
    tc_profile_source source = {.fill = fill, .table = TC_TABLE_WIDE, .state = &f};
    tc_status st = tc_store_open_foreign_all(p->comm, f.path, &f.file, err);
    p->rules.encoding = TC_ENCODING_UTF8; /* of HDF5, whatever that of the other files */
    if (st == TC_OK) {
        st = tc_comm_agree_all(p->comm, start(p, &f, err), err);
    }
    if (st == TC_OK) {
        tc_progress_phase("reading the wide table", 0, "");
        st = tc_profiles_rounds_all(p, &source, err);
    }
    wide_file_free(&f);
    return st;
}
