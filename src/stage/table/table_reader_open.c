/* table_reader_open.c - a reader, and how it comes to stand before the first record of its piece. */
#include "table_reader.h"

#include "tiercel/fault.h"
#include "tiercel/mem.h"
#include "tiercel/stop.h"

enum { PAGE = 4096, CAPACITY = TC_TABLE_REST + PAGE + TC_TABLE_REFILL };

void tc_table_reader_free(tc_table_reader *reader)
{
    tc_source_close(&reader->source);
    tc_mem_free(reader->before);
    tc_mem_free(reader->scratch);
    tc_mem_free(reader->field);
    tc_mem_free(reader->wanted);
    tc_mem_free(reader->known.place);
    tc_mem_free(reader->known.line);
    tc_mem_free(reader->name);
    tc_mem_free(reader->place);
    tc_mem_free(reader->text);
    tc_buffer_free(&reader->names);
    *reader = (tc_table_reader){0};
}

static tc_status start_at(tc_table_reader *r, int64_t offset, tc_error *err)
{
    tc_source_close(&r->source);
    r->offset = offset;
    r->at = r->filled = 0;
    r->at_end = 0;
    r->buffer[0] = '\n';
    TC_TRY(tc_source_open(r->path, offset, &r->source, err));
    return tc_table_reader_refill(r, err);
}

/* Goes on to a byte of a compressed file, behind what is decompressed. */
static tc_status pass_to(tc_table_reader *r, int64_t offset, tc_error *err)
{
    while (r->offset + r->filled <= offset && !r->at_end) {
        TC_TRY(tc_stop_check(err));
        r->at = r->filled;
        TC_TRY(tc_table_reader_refill(r, err));
    }
    if (r->offset + r->filled <= offset) {
        return tc_fail(err, TC_EIO, "%s: is shorter than it was; run again", r->path);
    }
    r->at = offset - r->offset;
    return TC_OK;
}

/* Stands before the first record that starts at piece->begin or later: behind the first
 * newline outside quotes from the byte before the piece on, whose state follows from that
 * of the piece. */
static tc_status skip_to_record(tc_table_reader *r, const tc_table_piece *piece,
                                tc_error *err)
{
    const tc_csv_dialect *const dialect = &r->spec->dialect;
    int inside = piece->inside;
    int64_t passed = 0;
    if (tc_source_is_packed(r->path)) {
        TC_TRY(pass_to(r, piece->begin - 1, err));
    } else {
        TC_TRY(start_at(r, piece->begin - 1, err));
    }
    if (r->filled == r->at) {
        return TC_OK;
    }
    inside ^= (unsigned char)r->buffer[r->at] == dialect->quote;
    r->line = piece->newlines + 1 - (r->buffer[r->at] == '\n');
    while (r->offset + r->at < r->end) {
        const int64_t n =
            tc_csv_skip(dialect, r->buffer + r->at, r->filled - r->at, &inside, &passed);
        r->at = n < 0 ? r->filled : r->at + n;
        if (n >= 0 || r->at_end) {
            break;
        }
        TC_TRY(tc_table_reader_refill(r, err));
    }
    r->line += passed;
    return TC_OK;
}

/* Opens a file and reads its header. */
static tc_status open_file(tc_table_reader *r, int file, tc_source_state state,
                           tc_error *err)
{
    r->path = r->spec->file[file];
    r->file = file;
    r->state = state;
    r->end = INT64_MAX;
    r->line = 1;
    TC_TRY(TC_FAULT("table.open", err));
    TC_TRY(start_at(r, 0, err));
    return tc_table_header_read(r, err);
}

tc_status tc_table_reader_open(tc_table_reader *reader, tc_source_state state,
                               const tc_table_piece *piece, tc_error *err)
{
    TC_TRY(open_file(reader, piece->file, state, err));
    TC_TRY(tc_table_header_find(reader, err));
    reader->end = piece->end;
    if (reader->offset + reader->at < piece->begin) {
        TC_TRY(skip_to_record(reader, piece, err));
    }
    tc_table_scan_restart(reader);
    return TC_OK;
}

tc_status tc_table_reader_create(tc_table_reader *reader, const tc_table_spec *spec,
                                 tc_error *err)
{
    *reader = (tc_table_reader){.spec = spec};
    reader->before = tc_mem_alloc(CAPACITY + 2 * TC_TABLE_SLACK, 1, err);
    if (reader->before != NULL) {
        reader->page = reader->before + TC_TABLE_SLACK + TC_TABLE_REST;
        reader->page += (PAGE - (uintptr_t)reader->page % PAGE) % PAGE;
        reader->buffer = reader->page;
    }
    reader->scratch = tc_mem_alloc(TC_CSV_MAX_RECORD, 1, err);
    if (reader->buffer == NULL || reader->scratch == NULL) {
        return TC_ENOMEM;
    }
    TC_TRY(tc_table_scan_create(reader, err));
    if (spec->all_columns && spec->n_files > 0) {
        tc_source_state state;
        TC_TRY(tc_source_look(spec->file[0], &state, err));
        TC_TRY(open_file(reader, 0, state, err));
        tc_source_close(&reader->source);
    }
    return tc_table_header_columns(reader, err);
}
