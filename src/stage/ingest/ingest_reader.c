#include "ingest_reader.h"

#include "tiercel/fault.h"

#include <string.h>

/* A refill reads so much that system calls do not count and so little that it stays in
 * cache. */
enum { REFILL = 256 << 10, CAPACITY = TC_CSV_MAX_RECORD + REFILL };

tc_status tc_ingest_reader_create(tc_ingest_reader *reader, tc_error *err)
{
    *reader = (tc_ingest_reader){0};
    reader->buffer = tc_mem_alloc(CAPACITY + 1, 1, err);
    reader->scratch = tc_mem_alloc((int64_t)TC_N_ROLES * TC_CSV_MAX_RECORD, 1, err);
    return reader->buffer == NULL || reader->scratch == NULL ? TC_ENOMEM : TC_OK;
}

void tc_ingest_reader_free(tc_ingest_reader *reader)
{
    tc_source_close(&reader->source);
    tc_mem_free(reader->buffer);
    tc_mem_free(reader->scratch);
    tc_mem_free(reader->field);
    *reader = (tc_ingest_reader){0};
}

/* Moves the unread rest to the front and reads on. */
static tc_status refill(tc_ingest_reader *r, tc_error *err)
{
    int64_t room, n;
    if (r->at > 0) {
        memmove(r->buffer, r->buffer + r->at, (size_t)(r->filled - r->at));
        r->offset += r->at;
        r->filled -= r->at;
        r->at = 0;
    }
    room = CAPACITY - r->filled < REFILL ? CAPACITY - r->filled : REFILL;
    TC_TRY(tc_source_read(r->source, r->buffer + r->filled, room, &n, err));
    r->filled += n;
    r->buffer[r->filled] = '\n';
    r->at_end = n == 0;
    if (r->at_end && !tc_source_is_gz(r->path) && r->offset + r->filled < r->size) {
        return tc_fail(
            err, TC_EIO,
            "%s: became shorter while it was read; run again when the file is complete",
            r->path);
    }
    return TC_OK;
}

static tc_status too_long(const tc_ingest_reader *r, tc_error *err)
{
    return tc_fail(
        err, TC_EDATA,
        "%s: the record at line %lld is longer than %d bytes; a quote may be missing "
        "there",
        r->path, (long long)r->line, TC_CSV_MAX_RECORD);
}

tc_status tc_ingest_reader_record(tc_ingest_reader *r, int64_t capacity, tc_ingest_row *row,
                                  int *found, tc_error *err)
{
    *found = 0;
    while (r->offset + r->at < r->end) {
        const int64_t rest = r->filled - r->at;
        tc_csv_outcome outcome = TC_CSV_MORE;
        if (rest == 0 && r->at_end) {
            return TC_OK;
        }
        if (rest > 0) {
            row->bytes = r->buffer + r->at;
            outcome = tc_csv_next(row->bytes, rest, r->at_end, r->field, (int)capacity,
                                  &row->shape);
        }
        if (outcome == TC_CSV_RECORD && row->shape.length <= TC_CSV_MAX_RECORD) {
            row->line = r->line;
            r->at += row->shape.next;
            r->line += row->shape.newlines;
            if (row->shape.length > 0) {
                *found = 1;
                return TC_OK;
            }
        } else if (outcome == TC_CSV_RECORD || rest > TC_CSV_MAX_RECORD + 2) {
            return too_long(r, err);
        } else if (outcome == TC_CSV_OPEN) {
            return tc_fail(
                err, TC_EDATA,
                "%s: the file ends inside quotes that open in the record at line "
                "%lld; close them there",
                r->path, (long long)r->line);
        } else {
            TC_TRY(refill(r, err));
        }
    }
    return TC_OK;
}

tc_status tc_ingest_reader_next(tc_ingest_reader *reader, tc_ingest_row *row, int *found,
                                tc_error *err)
{
    TC_TRY(tc_ingest_reader_record(reader, reader->n_columns, row, found, err));
    if (!*found) {
        tc_source_close(&reader->source);
    }
    return TC_OK;
}

void tc_ingest_reader_texts(tc_ingest_reader *reader, tc_csv_text text[TC_N_ROLES])
{
    char *scratch = reader->scratch;
    for (int role = 0; role < TC_N_ROLES; role++) {
        text[role] = reader->index[role] < 0
                         ? (tc_csv_text){"", 0}
                         : tc_csv_unquote(&reader->field[reader->index[role]], &scratch);
    }
}

static tc_status start_at(tc_ingest_reader *r, int64_t offset, tc_error *err)
{
    tc_source_close(&r->source);
    r->offset = offset;
    r->at = r->filled = 0;
    r->at_end = 0;
    r->buffer[0] = '\n';
    TC_TRY(tc_source_open(r->path, offset, &r->source, err));
    return refill(r, err);
}

/* Stands before the first record that starts at piece->begin or later: behind the first
 * newline outside quotes from the byte before the piece on, whose state follows from that
 * of the piece. */
static tc_status skip_to_record(tc_ingest_reader *r, const tc_ingest_piece *piece,
                                tc_error *err)
{
    int inside = piece->inside;
    int64_t passed = 0;
    TC_TRY(start_at(r, piece->begin - 1, err));
    if (r->filled == 0) {
        return TC_OK;
    }
    inside ^= r->buffer[0] == '"';
    r->line = piece->newlines + 1 - (r->buffer[0] == '\n');
    while (r->offset + r->at < r->end) {
        const int64_t n =
            tc_csv_skip(r->buffer + r->at, r->filled - r->at, &inside, &passed);
        r->at = n < 0 ? r->filled : r->at + n;
        if (n >= 0 || r->at_end) {
            break;
        }
        TC_TRY(refill(r, err));
    }
    r->line += passed;
    return TC_OK;
}

tc_status tc_ingest_reader_open(tc_ingest_reader *reader, const char *path, int64_t size,
                                const tc_ingest_piece *piece, const tc_row_rules *rules,
                                tc_error *err)
{
    reader->path = path;
    reader->size = size;
    reader->end = INT64_MAX;
    reader->line = 1;
    TC_TRY(TC_FAULT("ingest.open", err));
    TC_TRY(start_at(reader, 0, err));
    TC_TRY(tc_ingest_header_read(reader, rules, err));
    reader->end = piece->end;
    if (reader->offset + reader->at >= piece->begin) {
        return TC_OK;
    }
    return skip_to_record(reader, piece, err);
}
