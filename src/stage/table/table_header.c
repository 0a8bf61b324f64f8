#include "tiercel/hash.h"
#include "tiercel/mem.h"

#include "table_reader.h"

#include <stdio.h>
#include <string.h>

/* UTF-8 byte order mark, which some spreadsheets write in front of the header. One of
 * UTF-16 is an error. */
static tc_status skip_mark(tc_table_reader *reader, tc_error *err)
{
    static const char mark[3] = {'\xEF', '\xBB', '\xBF'};
    static const char wide[2][2] = {{'\xFF', '\xFE'}, {'\xFE', '\xFF'}};
    if (reader->filled >= 2 && (memcmp(reader->buffer, wide[0], 2) == 0 ||
                                memcmp(reader->buffer, wide[1], 2) == 0)) {
        return tc_fail(err, TC_EDATA, "%s: is written in UTF-16; convert it to UTF-8",
                       reader->path);
    }
    if (reader->filled >= 3 && memcmp(reader->buffer, mark, sizeof mark) == 0) {
        reader->at = 3;
    }
    return TC_OK;
}

/* The name in UTF-8, in room[n] if it changes. One that is not valid in its encoding stays as
 * it is, and is then no column that anybody asks for. */
static tc_csv_text name_utf8(const tc_table_reader *reader, tc_csv_text name, char *room,
                             int64_t n)
{
    const tc_encoding encoding = reader->spec->dialect.encoding;
    if (encoding != TC_ENCODING_UTF8 && !tc_text_is_ascii(name.data, name.n)) {
        n = tc_text_decode(encoding, name.data, name.n, room, n);
        return n < 0 ? name : (tc_csv_text){room, n};
    }
    return name;
}

/* Name of a field of the header; the scratch space of the reader holds just this one. */
static tc_csv_text name_of(const tc_table_reader *reader, int64_t field)
{
    char *scratch = reader->scratch;
    tc_csv_text name;
    if (!reader->spec->dialect.header) {
        return (tc_csv_text){scratch, sprintf(scratch, "%lld", (long long)field + 1)};
    }
    name = tc_csv_trim(
        tc_csv_unquote(&reader->spec->dialect, &reader->field[field], &scratch));
    return name_utf8(reader, name, scratch, reader->scratch + TC_CSV_MAX_RECORD - scratch);
}

static int is_name(tc_csv_text text, const char *name)
{
    return text.n == (int64_t)strlen(name) && memcmp(text.data, name, (size_t)text.n) == 0;
}

/* The record that names the columns, or without a header tells their number, must be good
 * itself. */
static tc_status check_record(const tc_table_reader *reader, const tc_table_record *record,
                              tc_error *err)
{
    const char *const what =
        reader->spec->dialect.header ? "the header" : "the first record";
    const tc_csv_record *const shape = &record->shape;
    if (record->too_long) {
        return tc_fail(err, TC_EDATA, "%s: %s is longer than %d bytes", reader->path, what,
                       TC_CSV_MAX_RECORD);
    }
    if (shape->stray >= 0) {
        return tc_fail(err, TC_EDATA, "%s: %s has a quote out of place in column %lld",
                       reader->path, what, (long long)shape->stray + 1);
    }
    if (shape->nul >= 0) {
        return tc_fail(err, TC_EDATA,
                       "%s: %s has a NUL byte in column %lld; is it text in UTF-8?",
                       reader->path, what, (long long)shape->nul + 1);
    }
    if (shape->cr >= 0) {
        return tc_fail(err, TC_EDATA,
                       "%s: %s has a carriage return that ends no line in column %lld; "
                       "lines must end with LF or CR LF",
                       reader->path, what, (long long)shape->cr + 1);
    }
    if (reader->spec->all_columns && shape->n_fields > TC_TABLE_MAX_COLUMNS) {
        return tc_fail(err, TC_EDATA, "%s: %s has %lld columns; at most %d can be read",
                       reader->path, what, (long long)shape->n_fields,
                       TC_TABLE_MAX_COLUMNS);
    }
    return TC_OK;
}

tc_status tc_table_header_read(tc_table_reader *reader, tc_error *err)
{
    const tc_csv_dialect *const dialect = &reader->spec->dialect;
    tc_table_record record;
    tc_csv_record again;
    int found;
    TC_TRY(skip_mark(reader, err));
    TC_TRY(tc_table_reader_skip_lines(reader, dialect->skip_lines, err));
    TC_TRY(tc_table_reader_record(reader, 0, &record, &found, err));
    if (!found) {
        return tc_fail(err, TC_EDATA, "%s: is empty, not even a header line is there",
                       reader->path);
    }
    TC_TRY(check_record(reader, &record, err));
    tc_mem_free(reader->field);
    reader->n_fields = record.shape.n_fields;
    reader->field = tc_mem_alloc(reader->n_fields, sizeof *reader->field, err);
    if (reader->field == NULL) {
        return TC_ENOMEM;
    }
    /* the record is still in the buffer, with the byte that ended it or the sentinel
     * behind */
    (void)tc_csv_next(dialect, (tc_csv_text){record.bytes, record.shape.next}, 1,
                      reader->field, (int)reader->n_fields, &again);
    reader->header_hash =
        tc_hash64_of(record.bytes, dialect->header ? (size_t)record.shape.length : 0, 0);
    if (!dialect->header) {
        reader->at = record.bytes - reader->buffer;
        reader->line = record.line;
    }
    return TC_OK;
}

/* 1 if the specification names the column. */
static int is_specified(const tc_table_spec *spec, tc_csv_text text)
{
    for (int c = 0; c < spec->n_columns; c++) {
        if (spec->column[c].name != NULL && is_name(text, spec->column[c].name)) {
            return 1;
        }
    }
    return 0;
}

static tc_status add_other_names(tc_table_reader *reader, tc_error *err)
{
    int64_t at = 0;
    for (int64_t i = 0; i < reader->n_fields; i++) {
        const tc_csv_text text = name_of(reader, i);
        if (text.n == 0) {
            return tc_fail(err, TC_EDATA, "%s: column %lld of the header has no name",
                           reader->path, (long long)i + 1);
        }
        if (!is_specified(reader->spec, text)) {
            TC_TRY(tc_buffer_append(&reader->names, text.data, text.n, err));
            TC_TRY(tc_buffer_append(&reader->names, "", 1, err));
        }
    }
    while (at < reader->names.size) {
        reader->name[reader->n_columns] = (const char *)reader->names.data + at;
        at += (int64_t)strlen(reader->name[reader->n_columns++]) + 1;
    }
    return TC_OK;
}

tc_status tc_table_header_columns(tc_table_reader *reader, tc_error *err)
{
    const tc_table_spec *const spec = reader->spec;
    const int64_t most = spec->n_columns + reader->n_fields;
    reader->name = tc_mem_alloc(most, sizeof *reader->name, err);
    reader->place = tc_mem_alloc(most, sizeof *reader->place, err);
    reader->text = tc_mem_alloc(most, sizeof *reader->text, err);
    reader->wanted = tc_mem_alloc(most, sizeof *reader->wanted, err);
    if (reader->name == NULL || reader->place == NULL || reader->text == NULL ||
        reader->wanted == NULL) {
        return TC_ENOMEM;
    }
    reader->n_columns = spec->n_columns;
    for (int c = 0; c < spec->n_columns; c++) {
        reader->name[c] = spec->column[c].name;
    }
    TC_TRY(add_other_names(reader, err));
    for (int c = 0; c < reader->n_columns; c++) {
        reader->text[c] = (tc_csv_text){"", 0};
    }
    return TC_OK;
}

/* Field of a column named by its number, -1 if there is none. */
static int64_t field_of_number(const tc_table_reader *reader, const char *name)
{
    int64_t number = 0;
    const size_t n = strlen(name);
    if (n == 0 || n > 9 || name[0] == '0' || strspn(name, "0123456789") != n) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        number = number * 10 + (name[i] - '0');
    }
    return number <= reader->n_fields ? number - 1 : -1;
}

static tc_status find_column(const tc_table_reader *reader, int c, tc_error *err)
{
    const tc_table_spec *const spec = reader->spec;
    const char *const name = reader->name[c];
    tc_table_place *const place = &reader->place[c];
    *place = (tc_table_place){-1, -1};
    reader->text[c] = (tc_csv_text){"", 0};
    if (name != NULL && !spec->dialect.header) {
        place->field = field_of_number(reader, name);
    }
    for (int64_t i = 0; name != NULL && spec->dialect.header && i < reader->n_fields; i++) {
        if (!is_name(name_of(reader, i), name)) {
            continue;
        }
        if (place->field >= 0) {
            return tc_fail(err, TC_EDATA, "%s: the header has the column \"%s\" twice",
                           reader->path, name);
        }
        place->field = i;
    }
    if (name != NULL && place->field < 0 &&
        !(c < spec->n_columns && spec->column[c].optional)) {
        return tc_fail(err, TC_EDATA,
                       "%s: %s has no column \"%s\"; check %s.columns and the delimiter in "
                       "input.format",
                       reader->path,
                       spec->dialect.header
                           ? "the header"
                           : "without a header the columns are numbers: it",
                       name, spec->section);
    }
    return TC_OK;
}

/* Each column, also two of one field, is unquoted once. */
static void find_same(tc_table_reader *reader)
{
    const int n = reader->spec->n_columns; /* the names of the others differ */
    for (int c = 0; c < n; c++) {
        for (int b = 0; b < c && reader->place[c].same < 0; b++) {
            if (reader->place[b].field >= 0 &&
                reader->place[b].field == reader->place[c].field) {
                reader->place[c].same = b;
            }
        }
    }
}

static void list_wanted(tc_table_reader *reader)
{
    int n = 0;
    for (int last = 0; last < 2; last++) {
        for (int c = 0; c < reader->n_columns; c++) {
            const int64_t field = reader->place[c].field;
            if (field >= 0 && (field == reader->n_fields - 1) == last) {
                reader->wanted[n++] = (tc_table_wanted){c, (int32_t)field};
            }
        }
        reader->n_inner = last ? reader->n_inner : n;
    }
    reader->n_wanted = n;
}

tc_status tc_table_header_find(tc_table_reader *reader, tc_error *err)
{
    for (int c = 0; c < reader->n_columns; c++) {
        TC_TRY(find_column(reader, c, err));
    }
    find_same(reader);
    list_wanted(reader);
    if (!reader->spec->all_columns) {
        return TC_OK;
    }
    for (int64_t i = 0; i < reader->n_fields; i++) {
        int64_t c = 0;
        while (c < reader->n_columns && reader->place[c].field != i) {
            c++;
        }
        if (c == reader->n_columns) {
            return tc_fail(err, TC_EDATA,
                           "%s: column %lld of the header is not in %s; all files must "
                           "have the same columns",
                           reader->path, (long long)i + 1, reader->spec->file[0]);
        }
    }
    return TC_OK;
}
