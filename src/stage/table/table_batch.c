/* table_batch.c - rows without anything special, many at a time: between places that are all
 * delimiters and line ends nothing is left to look at, row by row. */
#include "table_reader.h"

/* 1 if all but the last of n places are delimiters. */
static int delimits(const tc_table_reader *r, const uint32_t *place, int64_t n)
{
    const char delimiter = (char)r->spec->dialect.delimiter;
    int wrong = 0;
    for (int64_t i = 0; i < n - 1; i++) {
        wrong |= r->buffer[place[i]] ^ delimiter;
    }
    return wrong == 0;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* 1 if a wanted field of a row has a blank at an end; place[-1] is in front of the row. */
static int is_padded(const tc_table_reader *r, const uint32_t *place, int crlf)
{
    for (int i = 0; i < r->n_wanted; i++) {
        const int64_t field = r->wanted[i].field;
        const char *const data = r->buffer + (uint32_t)(place[field - 1] + 1U);
        const char *const end = r->buffer + place[field] - (i >= r->n_inner && crlf);
        if (data < end && (is_blank(data[0]) || is_blank(end[-1]))) {
            return 1;
        }
    }
    return 0;
}

static int ends_crlf(const tc_table_reader *r, uint32_t newline)
{
    return r->buffer[newline - 1] == '\r';
}

/* Simple rows ahead, up to `most`: each ends at the next newline and at its n-th place, has as
 * many bytes as a simple row must have, starts in this piece, and ends like the first. */
static int64_t count_rows(const tc_table_reader *r, int64_t most, int crlf,
                          int64_t *longest)
{
    const int64_t n = r->n_fields, stop = r->end - r->offset;
    const tc_csv_places *const known = &r->known;
    const uint32_t *place = known->place + r->next_place;
    const uint32_t *const line = known->line + r->next_line;
    int64_t begin = r->at, rows = 0;
    for (; rows < most && begin < stop; rows++, place += n) {
        const int64_t last = place[n - 1], length = last - begin;
        if (last != line[rows] || length < 2 || length > TC_CSV_MAX_RECORD ||
            ends_crlf(r, place[n - 1]) != crlf ||
            (known->irregular && !delimits(r, place, n)) ||
            (known->padded && is_padded(r, place, crlf))) {
            break;
        }
        begin = last + 1;
        *longest = *longest < length ? length : *longest;
    }
    return rows;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void take_rows(tc_table_reader *r, int64_t most, tc_table_batch *batch)
{
    const int64_t n = r->n_fields;
    uint32_t *const place = r->known.place + r->next_place;
    most = least(most, (r->known.n_places - r->next_place) / n);
    most = least(most, r->known.n_lines - r->next_line);
    place[-1] = (uint32_t)r->at - 1U;
    *batch = (tc_table_batch){.bytes = r->buffer,
                              .place = place,
                              .n_fields = n,
                              .column = r->place,
                              .high = r->known.high,
                              .file = r->file,
                              .line = r->line,
                              .header_hash = r->header_hash};
    if (most > 0 && place[n - 1] > 0) {
        batch->crlf = ends_crlf(r, place[n - 1]);
        batch->n = count_rows(r, most, batch->crlf, &batch->longest);
    }
    if (batch->n > 0) {
        r->at = (int64_t)place[batch->n * n - 1] + 1;
        r->line += batch->n;
        r->next_place += batch->n * n;
        r->next_line += batch->n;
    }
}

tc_table_scan tc_table_scan_batch(tc_table_reader *reader, int64_t most,
                                  tc_table_batch *batch)
{
    while (reader->known.n_places - reader->next_place < reader->n_fields) {
        const tc_table_scan found = tc_table_scan_more(reader);
        if (found != TC_TABLE_SCAN_ROW) {
            return found;
        }
    }
    take_rows(reader, most, batch);
    return TC_TABLE_SCAN_ROW;
}

void tc_table_batch_row(const tc_table_batch *batch, int64_t i, int n, tc_csv_text *text)
{
    for (int c = 0; c < n; c++) {
        text[c] = (tc_csv_text){"", 0};
        if (batch->column[c].field >= 0) {
            const tc_pieces column = tc_table_batch_column(batch, c);
            text[c] = (tc_csv_text){tc_piece_data(&column, i), tc_piece_n(&column, i)};
        }
    }
}
