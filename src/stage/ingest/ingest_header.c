#include "ingest_reader.h"

#include <string.h>

/* UTF-8 byte order mark, which some spreadsheets write in front of the header. */
static void skip_mark(tc_ingest_reader *reader)
{
    static const char mark[3] = {'\xEF', '\xBB', '\xBF'};
    if (reader->filled >= 3 && memcmp(reader->buffer, mark, sizeof mark) == 0) {
        reader->at = 3;
    }
}

static int is_name(tc_csv_text text, const char *name)
{
    return text.n == (int64_t)strlen(name) && memcmp(text.data, name, (size_t)text.n) == 0;
}

static tc_status find_column(tc_ingest_reader *reader, const char *name, int64_t *index,
                             tc_error *err)
{
    *index = -1;
    for (int64_t i = 0; name != NULL && i < reader->n_columns; i++) {
        char *scratch = reader->scratch;
        if (!is_name(tc_csv_trim(tc_csv_unquote(&reader->field[i], &scratch)), name)) {
            continue;
        }
        if (*index >= 0) {
            return tc_fail(err, TC_EDATA, "%s: the header has the column \"%s\" twice",
                           reader->path, name);
        }
        *index = i;
    }
    if (name != NULL && *index < 0) {
        return tc_fail(
            err, TC_EDATA,
            "%s: the header has no column \"%s\"; check input.columns, or whether the "
            "file is separated by commas",
            reader->path, name);
    }
    return TC_OK;
}

tc_status tc_ingest_header_read(tc_ingest_reader *reader, const tc_row_rules *rules,
                                tc_error *err)
{
    tc_ingest_row row;
    tc_csv_record again;
    int found;
    skip_mark(reader);
    TC_TRY(tc_ingest_reader_record(reader, 0, &row, &found, err));
    if (!found) {
        return tc_fail(err, TC_EDATA, "%s: is empty, not even a header line is there",
                       reader->path);
    }
    if (row.shape.stray >= 0) {
        return tc_fail(err, TC_EDATA,
                       "%s: the header has a quote out of place in column %lld",
                       reader->path, (long long)row.shape.stray + 1);
    }
    tc_mem_free(reader->field);
    reader->n_columns = row.shape.n_fields;
    reader->field = tc_mem_alloc(reader->n_columns, sizeof *reader->field, err);
    if (reader->field == NULL) {
        return TC_ENOMEM;
    }
    /* the record is still in the buffer, with the byte that ended it or the sentinel
     * behind */
    (void)tc_csv_next(row.bytes, row.shape.next, 1, reader->field, (int)reader->n_columns,
                      &again);
    reader->header_hash = tc_hash64_of(row.bytes, (size_t)row.shape.length, 0);
    for (int role = 0; role < TC_N_ROLES; role++) {
        TC_TRY(find_column(reader, rules->column[role], &reader->index[role], err));
    }
    return TC_OK;
}
