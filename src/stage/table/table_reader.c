#include "table_reader.h"

#include "tiercel/hash.h"
#include "tiercel/progress.h"

#include <string.h>

/* Moves the unread rest in front of r->page and reads on from there: the kernel copies to
 * the start of a page several times faster than to an odd place behind it, on processors
 * with "fast short rep mov". */
tc_status tc_table_reader_refill(tc_table_reader *r, tc_error *err)
{
    const int64_t rest = r->filled - r->at;
    int64_t n, position;
    TC_ASSERT(rest <= TC_TABLE_REST);
    memmove(r->page - rest, r->buffer + r->at, (size_t)rest);
    r->buffer = r->page - rest;
    r->offset += r->at;
    r->filled = rest;
    r->at = 0;
    position = tc_source_position(r->source);
    TC_TRY(tc_source_read(r->source, r->page, TC_TABLE_REFILL, &n, err));
    tc_progress_add(tc_source_position(r->source) - position);
    r->filled += n;
    r->buffer[r->filled] = '\n';
    r->at_end = n == 0;
    tc_table_scan_restart(r);
    if (r->at_end && !tc_source_is_packed(r->path) &&
        r->offset + r->filled < r->state.size) {
        return tc_fail(
            err, TC_EIO,
            "%s: became shorter while it was read; run again when the file is complete",
            r->path);
    }
    return TC_OK;
}

/* The line to look at in a record whose quotes do not fit; the record starts at buffer[at],
 * as far as it is in the buffer. */
static int64_t suspect_line(const tc_table_reader *r)
{
    const tc_csv_text seen = {r->buffer + r->at, r->filled - r->at};
    return r->line + tc_csv_suspect(&r->spec->dialect, seen);
}

static tc_status ends_open(const tc_table_reader *r, int64_t line, tc_error *err)
{
    return tc_fail(
        err, TC_EDATA,
        "%s: the file ends inside quotes; look at the quotes in line %lld, where "
        "one is missing or out of place",
        r->path, (long long)line);
}

/* Passes over a record beyond the limit, if it is one physical line. One of several lines
 * is an error of the file: its quotes cannot be trusted, so neither can what follows. The
 * hash is that of its first bytes and its length, so that memory does not grow with it. */
static tc_status pass_long(tc_table_reader *r, tc_table_record *record, tc_error *err)
{
    const int64_t suspect = suspect_line(r);
    const uint64_t head = tc_hash64_of(r->buffer + r->at, TC_CSV_MAX_RECORD, 0);
    int64_t quotes = 0, none = 0, length = 0;
    int last = 0;
    const char *newline = NULL;
    while (newline == NULL && !(r->at == r->filled && r->at_end)) {
        const char *const p = r->buffer + r->at;
        const int64_t rest = r->filled - r->at;
        int64_t n;
        newline = memchr(p, '\n', (size_t)rest);
        n = newline != NULL ? newline - p : rest;
        tc_csv_count(&r->spec->dialect, p, n, &quotes, &none);
        last = n > 0 ? p[n - 1] : last;
        length += n;
        r->at += n + (newline != NULL);
        if (newline == NULL) {
            TC_TRY(tc_table_reader_refill(r, err));
        }
    }
    if ((quotes & 1) != 0 && newline == NULL) {
        return ends_open(r, suspect, err);
    }
    if ((quotes & 1) != 0) {
        return tc_fail(
            err, TC_EDATA,
            "%s: the record at line %lld has several lines and more than %d "
            "bytes; look at the quotes in line %lld, where one is missing or out "
            "of place",
            r->path, (long long)r->line, TC_CSV_MAX_RECORD, (long long)suspect);
    }
    *record = (tc_table_record){.line = r->line, .too_long = 1};
    record->shape = (tc_csv_record){.length = length - (last == '\r'),
                                    .next = length + (newline != NULL),
                                    .newlines = newline != NULL,
                                    .stray = -1,
                                    .nul = -1,
                                    .cr = -1};
    record->hash = tc_hash_mix(head, (uint64_t)record->shape.length);
    r->line += record->shape.newlines;
    return TC_OK;
}

tc_status tc_table_reader_record(tc_table_reader *r, int64_t capacity,
                                 tc_table_record *record, int *found, tc_error *err)
{
    *found = 0;
    while (r->offset + r->at < r->end) {
        const int64_t rest = r->filled - r->at;
        tc_csv_outcome outcome = TC_CSV_MORE;
        if (rest == 0 && r->at_end) {
            return TC_OK;
        }
        if (rest > 0) {
            record->bytes = r->buffer + r->at;
            outcome = tc_csv_next(&r->spec->dialect, (tc_csv_text){record->bytes, rest},
                                  r->at_end, r->field, (int)capacity, &record->shape);
        }
        if (outcome == TC_CSV_RECORD && record->shape.length <= TC_CSV_MAX_RECORD) {
            record->line = r->line;
            record->too_long = 0;
            r->at += record->shape.next;
            r->line += record->shape.newlines;
            *found = record->shape.length > 0 && record->shape.n_fields > 0;
        } else if (rest > TC_CSV_MAX_RECORD + 2 || outcome == TC_CSV_RECORD) {
            TC_TRY(pass_long(r, record, err));
            *found = 1;
        } else if (outcome == TC_CSV_OPEN) {
            return ends_open(r, suspect_line(r), err);
        } else {
            TC_TRY(tc_table_reader_refill(r, err));
        }
        if (*found) {
            return TC_OK;
        }
    }
    return TC_OK;
}

tc_status tc_table_reader_skip_lines(tc_table_reader *r, int64_t n, tc_error *err)
{
    while (n > 0 && !(r->at == r->filled && r->at_end)) {
        const char *const newline =
            memchr(r->buffer + r->at, '\n', (size_t)(r->filled - r->at));
        r->at = newline != NULL ? newline + 1 - r->buffer : r->filled;
        r->line += newline != NULL;
        n -= newline != NULL;
        if (newline == NULL) {
            TC_TRY(tc_table_reader_refill(r, err));
        }
    }
    return TC_OK;
}

static void take_texts(tc_table_reader *r)
{
    char *scratch = r->scratch;
    for (int c = 0; c < r->n_columns; c++) {
        const tc_table_place place = r->place[c];
        if (place.same >= 0) {
            r->text[c] = r->text[place.same];
        } else if (place.field >= 0) {
            r->text[c] = tc_csv_trim(
                tc_csv_unquote(&r->spec->dialect, &r->field[place.field], &scratch));
        }
    }
}

/* Those of the row before would point to what is gone. */
static void clear_texts(tc_table_reader *r)
{
    for (int c = 0; c < r->n_columns; c++) {
        r->text[c] = (tc_csv_text){"", 0};
    }
}

/* A good row of several lines, just passed, may be several rows. */
static void check_lines(tc_table_reader *r, tc_table_row *row)
{
    if (row->lines > 2 && row->problem == TC_TABLE_GOOD &&
        tc_table_swallows(r->spec, r->buffer + r->at - row->bytes, row->bytes,
                          r->n_fields)) {
        row->problem = TC_TABLE_QUOTE;
        clear_texts(r);
    }
}

/* The next row of whatever form, by the plain scanner. */
static tc_status plain_row(tc_table_reader *reader, tc_table_row *row, int *found,
                           tc_error *err)
{
    tc_table_record record;
    TC_TRY(tc_table_reader_record(reader, reader->n_fields, &record, found, err));
    if (!*found) {
        return TC_OK;
    }
    if (!record.too_long) {
        record.hash = tc_hash64_of(record.bytes, (size_t)record.shape.length, 0);
    }
    *row = (tc_table_row){.text = reader->text,
                          .file = reader->file,
                          .line = record.line,
                          .lines = record.shape.newlines,
                          .bytes = record.shape.next,
                          .hash = record.hash,
                          .header_hash = reader->header_hash};
    row->lines +=
        record.too_long ? row->lines == 0 : record.bytes[record.shape.next - 1] != '\n';
    row->problem = tc_table_judge(&record, reader->n_fields, &row->field);
    if (row->problem == TC_TABLE_GOOD) {
        take_texts(reader);
    } else {
        clear_texts(reader);
    }
    tc_table_scan_follow(reader);
    return TC_OK;
}

/* The next row or batch as far as the window goes; *found 0 with ROW: the file or piece ends. */
static tc_status step(tc_table_reader *reader, int64_t most, tc_table_batch *batch,
                      tc_table_row *row, int *found, tc_table_scan *scanned, tc_error *err)
{
    const int scans = reader->spec->dialect.delimiter != TC_CSV_BLANKS;
    int simple = 0;
    *scanned = TC_TABLE_SCAN_PLAIN;
    if (scans && most > 0) {
        *scanned = tc_table_scan_batch(reader, most, batch);
        *found = *scanned == TC_TABLE_SCAN_ROW && batch->n > 0;
    }
    if (scans && batch->n == 0 && (most == 0 || *scanned == TC_TABLE_SCAN_ROW)) {
        *scanned = tc_table_scan_row(reader, row, &simple);
        *found = *scanned == TC_TABLE_SCAN_ROW;
        if (*found && !simple) {
            take_texts(reader);
            check_lines(reader, row);
        }
    }
    if (*scanned == TC_TABLE_SCAN_PLAIN) {
        TC_TRY(plain_row(reader, row, found, err));
        if (*found) {
            check_lines(reader, row);
        }
    }
    return TC_OK;
}

tc_status tc_table_reader_next_batch(tc_table_reader *reader, int64_t most,
                                     tc_table_batch *batch, tc_table_row *row, int *found,
                                     tc_error *err)
{
    tc_status st;
    *found = 0;
    batch->n = 0;
    while (reader->offset + reader->at < reader->end) {
        tc_table_scan scanned;
        TC_TRY(step(reader, most, batch, row, found, &scanned, err));
        if (*found) {
            return TC_OK;
        }
        if (scanned == TC_TABLE_SCAN_PLAIN) {
            break; /* the end of the file or piece */
        }
        TC_TRY(tc_table_reader_refill(reader, err));
    }
    st = tc_source_check(reader->source, reader->state, err);
    tc_source_close(&reader->source);
    return st;
}

tc_status tc_table_reader_next(tc_table_reader *reader, tc_table_row *row, int *found,
                               tc_error *err)
{
    tc_table_batch none;
    return tc_table_reader_next_batch(reader, 0, &none, row, found, err);
}
