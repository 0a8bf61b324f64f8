/* table.h - the rows of a list of delimited files, by names of columns, shared out among
 * the ranks by bytes (stage layer).
 *
 * Every record of every file is given to exactly one rank, for any number of ranks: as the
 * texts of the wanted columns, or with what is wrong with it. Memory is bounded by the
 * longest record allowed, not by the files. */
#ifndef TC_TABLE_H
#define TC_TABLE_H

#include "tiercel/comm.h"
#include "tiercel/csv.h"
#include "tiercel/pieces.h"

enum { TC_TABLE_MAX_COLUMNS = 4096 }; /* of a file, if all are wanted */

typedef struct {
    const char *name; /* in the header; NULL: not wanted, its text is always empty */
    int optional;     /* 1: a file may lack it, its text is then empty */
} tc_table_column;

/* All borrowed until the table is closed. */
typedef struct {
    char *const *file; /* paths; .gz is inflated */
    int n_files;
    const tc_table_column *column;
    int n_columns;
    int all_columns; /* 1: all other columns too; every file must then have the same */
    tc_csv_dialect dialect;
    const char *section; /* of the configuration, for messages: "input" */
} tc_table_spec;

/* What is wrong with the form of a record. */
typedef enum {
    TC_TABLE_GOOD,
    TC_TABLE_LONG,  /* longer than TC_CSV_MAX_RECORD */
    TC_TABLE_QUOTE, /* a quote out of place; `field` is to blame, or -1: its lines look like
                       rows of their own, so that a quote is missing */
    TC_TABLE_NUL,   /* a NUL byte in `field` */
    TC_TABLE_CR,    /* in `field` a carriage return that ends no line */
    TC_TABLE_FIELDS /* too few or too many fields */
} tc_table_problem;

typedef struct {
    const tc_csv_text *text; /* [tc_table_names]: unquoted and trimmed, empty if there is a
                                problem; borrowed until the next row */
    int file;                /* index in the list */
    tc_table_problem problem;
    int64_t field;        /* from 0; -1 if no single one is to blame */
    int64_t line;         /* at which the record starts, from 1 */
    int64_t lines;        /* physical lines of the record, at least 1 */
    int64_t bytes;        /* with the line end */
    uint64_t hash;        /* of the record's bytes without the line end */
    uint64_t header_hash; /* of the header's; without a header that of nothing */
} tc_table_row;

/* Where the text of a column comes from in the file that is open. */
typedef struct {
    int64_t field; /* -1: nowhere */
    int same;      /* an earlier column with the same field, -1 if none */
} tc_table_place;

enum {
    TC_TABLE_BATCH = 256, /* rows */
    TC_TABLE_SLACK = 32 /* bytes before and behind all texts of a batch that can be read */
};

/* Rows of one line each, one behind the other, that are good and hold nothing but plain
 * fields, delimiters and line ends: no quotes, nothing to trim. */
typedef struct {
    int64_t n;
    const char *bytes;
    const uint32_t
        *place; /* [n][n_fields], of the byte behind each field; place[-1] that in
                              front of the first row */
    int64_t n_fields;
    const tc_table_place *column; /* [tc_table_names] */
    int crlf;                     /* 1: the lines end with CR LF, else with LF */
    int high;                     /* 0: all bytes are ASCII */
    int file;
    int64_t line;    /* of the first row */
    int64_t longest; /* bytes of the longest row, with its line end or without */
    uint64_t header_hash;
} tc_table_batch;

/* Local, pure. The texts of a column that the file has; the rows without their line ends. */
static inline tc_pieces tc_table_batch_column(const tc_table_batch *batch, int column)
{
    const int64_t field = batch->column[column].field;
    const uint32_t less = batch->crlf && field == batch->n_fields - 1 ? 1U : 0U;
    return (tc_pieces){batch->bytes, batch->place + field, batch->n_fields, 1, less};
}

static inline tc_pieces tc_table_batch_rows(const tc_table_batch *batch)
{
    return (tc_pieces){batch->bytes, batch->place + batch->n_fields - 1, batch->n_fields,
                       batch->n_fields, batch->crlf ? 1U : 0U};
}

/* Local, pure. Bytes of all rows with their line ends. */
static inline int64_t tc_table_batch_bytes(const tc_table_batch *batch)
{
    return (int64_t)(uint32_t)(batch->place[batch->n * batch->n_fields - 1] -
                               batch->place[-1]);
}

/* Local, pure. The texts of row i of the first n columns; that of a column which the file
 * lacks is empty. */
void tc_table_batch_row(const tc_table_batch *batch, int64_t i, int n, tc_csv_text *text);

/* Bytes [begin, end) of a file; of a compressed one its bytes as they were, to the end of the
 * file if end is INT64_MAX. Records that start there, as far as they go. */
typedef struct {
    int64_t file; /* index in the list */
    int64_t begin, end;
    int64_t newlines; /* of the file before byte `begin` */
    int64_t inside;   /* 1: that byte lies inside quotes */
} tc_table_range;

typedef struct tc_table tc_table;

/* Collective. Looks at all files and shares out their bytes. The list may be empty. Errors
 * (agreed): TC_EINPUT if a file cannot be read; TC_EDATA for a file of 0 bytes, and with
 * all_columns for the header of the first file; TC_EIO, TC_ENOMEM. Cost: the files that are
 * cut between ranks are read once. */
TC_NODISCARD tc_status tc_table_open_all(tc_comm *comm, const tc_table_spec *spec,
                                         tc_table **out, tc_error *err);

/* Collective. The same for just the ranges that earlier readers, on any number of ranks, have left
 * of the same files: range[n_ranges] of all of them, equal on all ranks, copied. They are shared out
 * anew. A compressed file cannot be entered in the middle: what was read of it is decompressed
 * once more and passed over. Errors (agreed): as above; TC_EINTERRUPT. */
TC_NODISCARD tc_status tc_table_open_rest_all(tc_comm *comm, const tc_table_spec *spec,
                                              const tc_table_range *range, int64_t n_ranges,
                                              tc_table **out, tc_error *err);

/* Local. Appends what this rank has still to read behind the row or batch that it got last:
 * tc_table_range. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_table_rest(const tc_table *table, tc_buffer *ranges,
                                     tc_error *err);

/* Local. The next row of this rank, empty lines skipped; *found is 0 behind the last one.
 * Errors, naming file and line or column: TC_EDATA for a header that is missing, is
 * malformed, lacks a column or has it twice, for a file that ends inside quotes, for a
 * quoted record of several lines beyond the limit, for a damaged .gz; TC_EIO if a file
 * cannot be read or changes; TC_EINPUT, TC_ENOMEM. */
TC_NODISCARD tc_status tc_table_next(tc_table *table, tc_table_row *row, int *found,
                                     tc_error *err);

/* Local. The next rows: up to `most` (at most TC_TABLE_BATCH) as a batch, or if batch->n is 0
 * the next one as tc_table_next gives it. Both are borrowed until the next call. */
TC_NODISCARD tc_status tc_table_next_batch(tc_table *table, int64_t most,
                                           tc_table_batch *batch, tc_table_row *row,
                                           int *found, tc_error *err);

/* Local. Number of texts of a row and their names, those of the specification first, then
 * with all_columns the others as they stand in the first file; borrowed. */
int tc_table_names(const tc_table *table, const char *const **name);

/* Local. Stored bytes of all files, on every rank. */
int64_t tc_table_stored_bytes(const tc_table *table);
/* Local. Bytes as stored that this rank has still to open; the reader adds them to the progress (progress.h). */
int64_t tc_table_own_bytes(const tc_table *table);

/* Local. NULL-safe; *table becomes NULL. */
void tc_table_close(tc_table **table);

#endif
