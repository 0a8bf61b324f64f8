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

typedef struct tc_table tc_table;

/* Collective. Looks at all files and shares out their bytes. The list may be empty. Errors
 * (agreed): TC_EINPUT if a file cannot be read; TC_EDATA for a file of 0 bytes, and with
 * all_columns for the header of the first file; TC_EIO, TC_ENOMEM. Cost: the files that are
 * cut between ranks are read once. */
TC_NODISCARD tc_status tc_table_open_all(tc_comm *comm, const tc_table_spec *spec,
                                         tc_table **out, tc_error *err);

/* Local. The next row of this rank, empty lines skipped; *found is 0 behind the last one.
 * Errors, naming file and line or column: TC_EDATA for a header that is missing, is
 * malformed, lacks a column or has it twice, for a file that ends inside quotes, for a
 * quoted record of several lines beyond the limit, for a damaged .gz; TC_EIO if a file
 * cannot be read or changes; TC_EINPUT, TC_ENOMEM. */
TC_NODISCARD tc_status tc_table_next(tc_table *table, tc_table_row *row, int *found,
                                     tc_error *err);

/* Local. Number of texts of a row and their names, those of the specification first, then
 * with all_columns the others as they stand in the first file; borrowed. */
int tc_table_names(const tc_table *table, const char *const **name);

/* Local. Stored bytes of all files, on every rank. */
int64_t tc_table_stored_bytes(const tc_table *table);

/* Local. NULL-safe; *table becomes NULL. */
void tc_table_close(tc_table **table);

#endif
