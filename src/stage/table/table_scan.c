/* table_scan.c - rows found along the places of their delimiters, quotes and newlines. What
 * is not well-formed is left to the plain scanner, which says what is wrong with it. */
#include "table_reader.h"

#include "tiercel/hash.h"
#include "tiercel/mem.h"

#include <string.h>

/* The bytes of a chunk and their places stay in the first-level cache. */
enum { CHUNK = 8 << 10, ROOM = 64 << 10 };

tc_status tc_table_scan_create(tc_table_reader *r, tc_error *err)
{
    const int64_t room = ROOM + TC_CSV_SCAN_SLACK;
    r->known.place = tc_mem_alloc(room, sizeof *r->known.place, err);
    r->known.line = tc_mem_alloc(room, sizeof *r->known.line, err);
    return r->known.place == NULL || r->known.line == NULL ? TC_ENOMEM : TC_OK;
}

/* place[0] is room for the place before the first one. */
void tc_table_scan_restart(tc_table_reader *r)
{
    r->scanned = r->chunk_begin = r->at;
    r->next_place = r->known.n_places = 1;
    r->next_line = r->known.n_lines = 0;
    r->known.irregular = r->known.padded = r->known.high = 0;
    r->chunk_irregular = r->chunk_padded = r->chunk_high = 0;
}

void tc_table_scan_follow(tc_table_reader *r)
{
    const tc_csv_places *const known = &r->known;
    while (r->next_place < known->n_places && known->place[r->next_place] < r->at) {
        r->next_place++;
    }
    while (r->next_line < known->n_lines && known->line[r->next_line] < r->at) {
        r->next_line++;
    }
    r->scanned = r->scanned < r->at ? r->at : r->scanned;
}

/* Moves what is ahead to the front of the lists. */
static void compact(tc_table_reader *r)
{
    tc_csv_places *const known = &r->known;
    known->n_places -= r->next_place;
    known->n_lines -= r->next_line;
    memmove(known->place + 1, known->place + r->next_place,
            (size_t)known->n_places * sizeof *known->place);
    memmove(known->line, known->line + r->next_line,
            (size_t)known->n_lines * sizeof *known->line);
    known->n_places++;
    r->next_place = 1;
    r->next_line = 0;
}

/* Finds the places in the next bytes of the buffer. The last byte has to wait, as a
 * carriage return is judged by the byte behind it. */
tc_table_scan tc_table_scan_more(tc_table_reader *r)
{
    tc_csv_places *const known = &r->known;
    const int64_t limit = r->at_end ? r->filled : r->filled - 1;
    const int one_chunk = r->at >= r->chunk_begin; /* what is ahead lies in it */
    const int irregular = one_chunk ? r->chunk_irregular : known->irregular;
    const int padded = one_chunk ? r->chunk_padded : known->padded;
    const int high = one_chunk ? r->chunk_high : known->high;
    int64_t n = limit - r->scanned;
    if (n <= 0) {
        return r->at_end || r->filled - r->at > TC_CSV_MAX_RECORD ? TC_TABLE_SCAN_PLAIN
                                                                  : TC_TABLE_SCAN_MORE;
    }
    n = n < CHUNK ? n : CHUNK;
    compact(r);
    if (known->n_places + n > ROOM) {
        return TC_TABLE_SCAN_PLAIN;
    }
    tc_csv_scan(&r->spec->dialect, r->buffer + r->scanned, n, (uint32_t)r->scanned, known);
    r->chunk_begin = r->scanned;
    r->chunk_irregular = known->irregular;
    r->chunk_padded = known->padded;
    r->chunk_high = known->high;
    known->irregular |= irregular;
    known->padded |= padded;
    known->high |= high;
    r->scanned += n;
    return TC_TABLE_SCAN_ROW;
}

/* 1 if the next n places are the ends of n fields without quotes. */
static int is_simple(const tc_table_reader *r, const uint32_t *place, int64_t n)
{
    const char *const buffer = r->buffer;
    const char delimiter = (char)r->spec->dialect.delimiter;
    const uint32_t last = place[n - 1];
    int wrong = 0;
    if (r->next_line == r->known.n_lines || last != r->known.line[r->next_line] ||
        last - (uint32_t)r->at > TC_CSV_MAX_RECORD || last - (uint32_t)r->at < 2) {
        return 0; /* also what may be an empty line */
    }
    for (int64_t i = 0; i < n - 1 && r->known.irregular; i++) {
        wrong |= buffer[place[i]] ^ delimiter;
    }
    return wrong == 0;
}

/* The row from buffer[at] to the newline at `end`, of `lines` lines and `used` places. */
static void fill_row(tc_table_reader *r, int64_t end, int64_t lines, int64_t used,
                     tc_table_row *row)
{
    const char *const begin = r->buffer + r->at;
    const int64_t length = end - r->at - (end > r->at && r->buffer[end - 1] == '\r');
    row->text = r->text;
    row->file = r->file;
    row->problem = TC_TABLE_GOOD;
    row->field = -1;
    row->line = r->line;
    row->lines = lines;
    row->bytes = end + 1 - r->at;
    row->hash = tc_hash64_of(begin, (size_t)length, 0);
    row->header_hash = r->header_hash;
    r->at = end + 1;
    r->line += lines;
    r->next_place += used;
    r->next_line += lines;
}

static void take_simple(tc_table_reader *r, const uint32_t *place, tc_table_row *row)
{
    const int64_t n = r->n_fields, end = place[n - 1];
    const int64_t stop = end - (r->buffer[end - 1] == '\r');
    const tc_table_wanted *const wanted = r->wanted;
    const char *const buffer = r->buffer;
    const int n_wanted = r->n_wanted;
    tc_csv_text *const text = r->text;
    r->known.place[r->next_place - 1] = (uint32_t)r->at - 1;
    for (int i = 0; i < n_wanted; i++) {
        const uint32_t *const to = place + wanted[i].field;
        const uint32_t from = to[-1] + 1;
        text[wanted[i].column] = (tc_csv_text){buffer + from, (int64_t)(*to - from)};
    }
    for (int i = r->n_inner; i < n_wanted; i++) {
        text[wanted[i].column].n -= end - stop;
    }
    for (int i = 0; i < n_wanted && r->known.padded; i++) {
        text[wanted[i].column] = tc_csv_trim(text[wanted[i].column]);
    }
    fill_row(r, end, 1, n, row);
}

/* The walk along the places of one record. */
typedef struct {
    const uint32_t *place; /* [n] */
    int64_t n, k;
    int64_t newlines;
} walk;

/* From the opening quote at place[k] to its closing quote. ROW: place[k] is it. */
static tc_table_scan close_quotes(const tc_table_reader *r, walk *w)
{
    const unsigned char *const buffer = (const unsigned char *)r->buffer;
    const int quote = r->spec->dialect.quote;
    for (;;) {
        for (w->k++; w->k < w->n && buffer[w->place[w->k]] != quote; w->k++) {
            if (buffer[w->place[w->k]] == 0) {
                return TC_TABLE_SCAN_PLAIN;
            }
            w->newlines += buffer[w->place[w->k]] == '\n';
        }
        if (w->k + 1 >= w->n) {
            return TC_TABLE_SCAN_MORE;
        }
        if (w->place[w->k + 1] != w->place[w->k] + 1 ||
            buffer[w->place[w->k + 1]] != quote) {
            return TC_TABLE_SCAN_ROW;
        }
        w->k++; /* doubled */
    }
}

/* One field that begins at `begin`; ROW: it ends at place[k], and *stop is behind its last
 * byte. MORE: the places end first. */
static tc_table_scan walk_field(const tc_table_reader *r, walk *w, int64_t begin,
                                int64_t *stop, int *quoted)
{
    const unsigned char *const buffer = (const unsigned char *)r->buffer;
    const tc_csv_dialect *const dialect = &r->spec->dialect;
    int64_t end;
    *quoted = 0;
    if (w->k >= w->n) {
        return TC_TABLE_SCAN_MORE;
    }
    if (buffer[w->place[w->k]] == dialect->quote && w->place[w->k] == begin) {
        const tc_table_scan closed = close_quotes(r, w);
        if (closed != TC_TABLE_SCAN_ROW) {
            return closed;
        }
        *quoted = 1;
        begin = (int64_t)w->place[w->k++] + 1; /* the end must come here */
    }
    end = w->place[w->k];
    if (buffer[end] != dialect->delimiter && buffer[end] != '\n') {
        return TC_TABLE_SCAN_PLAIN;
    }
    *stop = end - (buffer[end] == '\n' && end > begin && buffer[end - 1] == '\r');
    return *quoted && *stop != begin ? TC_TABLE_SCAN_PLAIN : TC_TABLE_SCAN_ROW;
}

/* Any record without a flaw. */
static tc_table_scan walk_record(tc_table_reader *r, tc_table_row *row)
{
    walk w = {.place = r->known.place + r->next_place,
              .n = r->known.n_places - r->next_place};
    int64_t begin = r->at, n_fields = 0, end;
    do {
        int64_t stop = 0;
        int quoted;
        const tc_table_scan found = walk_field(r, &w, begin, &stop, &quoted);
        if (found != TC_TABLE_SCAN_ROW) {
            return found;
        }
        if (n_fields == r->n_fields) {
            return TC_TABLE_SCAN_PLAIN;
        }
        r->field[n_fields++] =
            (tc_csv_field){r->buffer + begin, (int32_t)(stop - begin), quoted};
        end = w.place[w.k++];
        begin = end + 1;
    } while (r->buffer[end] != '\n');
    if (n_fields != r->n_fields || end - r->at > TC_CSV_MAX_RECORD || end - r->at < 2) {
        return TC_TABLE_SCAN_PLAIN;
    }
    fill_row(r, end, w.newlines + 1, w.k, row);
    return TC_TABLE_SCAN_ROW;
}

tc_table_scan tc_table_scan_row(tc_table_reader *r, tc_table_row *row, int *simple)
{
    const int64_t n = r->n_fields;
    for (;;) {
        const uint32_t *const place = r->known.place + r->next_place;
        tc_table_scan found = TC_TABLE_SCAN_MORE;
        *simple = 0;
        if (r->known.n_places - r->next_place >= n) {
            if (is_simple(r, place, n)) {
                *simple = 1;
                take_simple(r, place, row);
                return TC_TABLE_SCAN_ROW;
            }
            found = walk_record(r, row);
        }
        if (found != TC_TABLE_SCAN_MORE) {
            return found;
        }
        found = tc_table_scan_more(r);
        if (found != TC_TABLE_SCAN_ROW) {
            return found;
        }
    }
}
