/* table_text.h - what the tests of the table reader share: a file in /tmp, and all rows of
 * its pieces as one text. */
#ifndef TABLE_TEXT_H
#define TABLE_TEXT_H

#include "../../src/stage/table/table_reader.h"

#include "tiercel/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char table_path[64];

static inline void table_file(const char *text, int64_t n)
{
    FILE *file;
    const int fd = mkstemp(strcpy(table_path, "/tmp/tiercel_table_XXXXXX"));
    assert_true(fd >= 0);
    file = fdopen(fd, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, (size_t)n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* "line+lines problem@field text|text|..." and the hash. */
static inline void table_show(const tc_table_reader *reader, const tc_table_row *row,
                              tc_buffer *out)
{
    static const char *const problem[] = {"good", "long", "quote", "nul", "cr", "fields"};
    assert_int_equal(tc_buffer_print(out, NULL, "%lld+%lld %s@%lld", (long long)row->line,
                                     (long long)row->lines, problem[row->problem],
                                     (long long)row->field),
                     TC_OK);
    for (int c = 0; c < reader->n_columns && row->problem == TC_TABLE_GOOD; c++) {
        assert_int_equal(tc_buffer_append(out, c == 0 ? " " : "|", 1, NULL), TC_OK);
        assert_int_equal(tc_buffer_append(out, row->text[c].data, row->text[c].n, NULL),
                         TC_OK);
    }
    assert_int_equal(tc_buffer_print(out, NULL, " #%llx\n", (unsigned long long)row->hash),
                     TC_OK);
}

/* Appends all rows of a piece of the file. */
static inline tc_status table_piece(const tc_table_spec *spec, const tc_table_piece *piece,
                                    tc_buffer *out, tc_error *err)
{
    tc_source_state state;
    tc_table_reader reader;
    tc_table_row row;
    int found = 1;
    tc_status st = tc_source_look(spec->file[piece->file], &state, err);
    assert_int_equal(st, TC_OK);
    st = tc_table_reader_create(&reader, spec, err);
    if (st == TC_OK) {
        st = tc_table_reader_open(&reader, state, piece, err);
    }
    while (st == TC_OK && found) {
        st = tc_table_reader_next(&reader, &row, &found, err);
        if (st == TC_OK && found) {
            table_show(&reader, &row, out);
        }
    }
    tc_table_reader_free(&reader);
    return st;
}

/* All rows of the file in the pieces between cut[0] = 0, .., cut[n]; where the quotes of
 * skipped lines end, those that count begin. The status and the message are those of the
 * first piece that fails. */
static inline tc_status table_cut(const tc_table_spec *spec, const char *text,
                                  const int64_t *cut, int n, tc_buffer *out, tc_error *err)
{
    int64_t quotes = 0, newlines = 0, skipped = 0, lines = spec->dialect.skip_lines;
    tc_status worst = TC_OK;
    while (lines > 0 && skipped < cut[n]) {
        lines -= text[skipped++] == '\n';
    }
    out->size = 0;
    for (int k = 0; k < n; k++) {
        const tc_table_piece piece = {0, cut[k], cut[k + 1], (int)(quotes & 1), newlines};
        if (cut[k] < cut[k + 1] && worst == TC_OK) {
            worst = table_piece(spec, &piece, out, err);
        }
        for (int64_t i = cut[k]; i < cut[k + 1]; i++) {
            quotes += i >= skipped && (unsigned char)text[i] == spec->dialect.quote;
            newlines += text[i] == '\n';
        }
    }
    return worst;
}

#endif
