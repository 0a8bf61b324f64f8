/* ingest_reader.h - private to ingest: the records of one piece of a file, one after the
 * other. */
#ifndef TC_INGEST_READER_H
#define TC_INGEST_READER_H

#include "ingest_plan.h"
#include "ingest_row.h"

#include "tiercel/source.h"

typedef struct {
    /* the file */
    const char *path; /* borrowed */
    int64_t size;     /* stored bytes */
    tc_source *source;
    int64_t end; /* records that start here or later belong to another rank */
    /* the window on it */
    char *buffer;   /* owned; holds a sentinel behind its last byte */
    int64_t offset; /* in the file, of buffer[0] */
    int64_t at, filled;
    int64_t line; /* physical line of buffer[at], from 1 */
    int at_end;   /* buffer[filled] is the end of the file */
    /* its header */
    int64_t n_columns;
    int64_t index[TC_N_ROLES]; /* of the column, -1 if not mapped */
    uint64_t header_hash;
    tc_csv_field *field; /* [n_columns], owned; of the record last read */
    char *scratch;       /* for texts with doubled quotes; owned */
} tc_ingest_reader;

/* One record; borrowed until the next is read. */
typedef struct {
    const char *bytes;
    tc_csv_record shape;
    int64_t line; /* at which it starts */
} tc_ingest_row;

/* Local. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_reader_create(tc_ingest_reader *reader, tc_error *err);
void tc_ingest_reader_free(tc_ingest_reader *reader);

/* Local. Opens the file of a piece, reads its header line and stands before the first
 * record that starts in the piece. Errors: TC_EDATA for a missing or doubled column, a file
 * without a header; TC_EINPUT, TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_reader_open(tc_ingest_reader *reader, const char *path,
                                             int64_t size, const tc_ingest_piece *piece,
                                             const tc_row_rules *rules, tc_error *err);

/* Local. The next record of the piece, empty lines skipped; *found is 0 behind the last
 * one, and the file is closed. Errors: TC_EDATA with file and line for a record beyond
 * TC_CSV_MAX_RECORD or a file that ends inside quotes; TC_EIO. */
TC_NODISCARD tc_status tc_ingest_reader_next(tc_ingest_reader *reader, tc_ingest_row *row,
                                             int *found, tc_error *err);

/* Local. The mapped texts of the record last read, which has n_columns fields and no stray
 * quote. Borrowed until the next record is read. */
void tc_ingest_reader_texts(tc_ingest_reader *reader, tc_csv_text text[TC_N_ROLES]);

/* Local; for ingest_header.c. Reads the next record, whatever its fields; *found 0 at the
 * end of file or piece. */
TC_NODISCARD tc_status tc_ingest_reader_record(tc_ingest_reader *reader, int64_t capacity,
                                               tc_ingest_row *row, int *found,
                                               tc_error *err);

/* Local; ingest_header.c. Reads the header line and finds the columns. */
TC_NODISCARD tc_status tc_ingest_header_read(tc_ingest_reader *reader,
                                             const tc_row_rules *rules, tc_error *err);

#endif
