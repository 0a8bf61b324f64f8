/* table_reader.h - private to table: the records of one piece of a file, one after the
 * other. */
#ifndef TC_TABLE_READER_H
#define TC_TABLE_READER_H

#include "table_plan.h"

#include "tiercel/buffer.h"
#include "tiercel/csv_scan.h"

/* A column that the file has. */
typedef struct {
    int32_t column, field;
} tc_table_wanted;

typedef struct {
    const tc_table_spec *spec; /* borrowed */
    /* columns: of the specification, then all others */
    int n_columns;
    const char **name;     /* [n_columns], owned; NULL: not wanted */
    tc_buffer names;       /* texts of the others, each with a final zero */
    tc_table_place *place; /* [n_columns], owned */
    tc_csv_text *text;     /* [n_columns], owned; of the record last read */
    /* the file */
    const char *path; /* borrowed */
    int file;
    tc_source_state state;
    tc_source *source;
    int64_t end; /* records that start here or later belong to another rank */
    /* the window on it */
    char *before;   /* owned */
    char *page;     /* in it, at the start of a page */
    char *buffer;   /* in it; a sentinel stands behind its last byte */
    int64_t offset; /* in the file, of buffer[0] */
    int64_t at, filled;
    int64_t line; /* physical line of buffer[at], from 1 */
    int at_end;   /* buffer[filled] is the end of the file */
    /* its header */
    int64_t n_fields;
    uint64_t header_hash;
    tc_csv_field *field;     /* [n_fields], owned; of the record last read */
    tc_table_wanted *wanted; /* [n_wanted], owned */
    int n_wanted, n_inner;   /* the first are not of the last field of the record */
    /* the places of delimiters, quotes and newlines in the window, table_scan.c */
    tc_csv_places known; /* [place_room] each, owned; what is ahead begins at: */
    int64_t next_place, next_line;
    int64_t scanned; /* what stands before this byte of the buffer is known */
    /* the last chunk alone; the flags of `known` are those of all bytes that are ahead */
    int64_t chunk_begin;
    int chunk_irregular, chunk_padded, chunk_high;
    char *scratch; /* [TC_CSV_MAX_RECORD], for texts with doubled quotes; owned */
} tc_table_reader;

/* One record; borrowed until the next is read. */
typedef struct {
    const char *bytes;
    tc_csv_record shape;
    int64_t line;  /* at which it starts */
    uint64_t hash; /* of the bytes without the line end */
    int too_long;  /* beyond the limit: only length, next, newlines and the hash are set */
} tc_table_record;

/* Local. With all_columns the names are taken from the first file. Errors: TC_ENOMEM; with
 * all_columns also those of tc_table_reader_open. */
TC_NODISCARD tc_status tc_table_reader_create(tc_table_reader *reader,
                                              const tc_table_spec *spec, tc_error *err);
void tc_table_reader_free(tc_table_reader *reader);

/* Local. Opens the file of a piece, reads its header line and stands before the first
 * record that starts in the piece. Errors: TC_EDATA for a missing or doubled column, a file
 * without a header; TC_EINPUT, TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_table_reader_open(tc_table_reader *reader, tc_source_state state,
                                            const tc_table_piece *piece, tc_error *err);

/* Local. The next row of the piece, empty lines skipped; *found is 0 behind the last one,
 * and the file is closed. Errors: TC_EDATA with file and line for a record beyond
 * TC_CSV_MAX_RECORD or a file that ends inside quotes; TC_EIO. */
TC_NODISCARD tc_status tc_table_reader_next(tc_table_reader *reader, tc_table_row *row,
                                            int *found, tc_error *err);

/* Local. The same, or a batch: tc_table_next_batch. */
TC_NODISCARD tc_status tc_table_reader_next_batch(tc_table_reader *reader, int64_t most,
                                                  tc_table_batch *batch, tc_table_row *row,
                                                  int *found, tc_error *err);

typedef enum {
    TC_TABLE_SCAN_ROW,  /* the row is filled in */
    TC_TABLE_SCAN_MORE, /* the window must be refilled */
    TC_TABLE_SCAN_PLAIN /* the next record is for tc_csv_next */
} tc_table_scan;

/* Local; table_scan.c. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_table_scan_create(tc_table_reader *reader, tc_error *err);
/* Local; table_scan.c. Nothing is known of the window. */
void tc_table_scan_restart(tc_table_reader *reader);
/* Local; table_scan.c. The reader has gone on by other means. */
void tc_table_scan_follow(tc_table_reader *reader);
/* Local; table_scan.c. The next row, if it has no flaw. Its texts are set if it is simple,
 * without quotes; else its fields. Not for TC_CSV_BLANKS. */
tc_table_scan tc_table_scan_row(tc_table_reader *reader, tc_table_row *row, int *simple);
/* Local; table_scan.c. Finds the places in the next bytes of the window; ROW: there are. */
tc_table_scan tc_table_scan_more(tc_table_reader *reader);
/* Local; table_batch.c. The simple rows that come next, up to `most`, as far as they are known;
 * n is 0 if the next row must be read alone. */
tc_table_scan tc_table_scan_batch(tc_table_reader *reader, int64_t most,
                                  tc_table_batch *batch);

/* A refill reads so much that system calls do not count and so little that it stays in
 * cache; what is unread then is at most the longest record and a page. */
enum { TC_TABLE_REFILL = 256 << 10, TC_TABLE_REST = TC_CSV_MAX_RECORD + 4096 };

/* Local; for table_reader_open.c. Reads on. Errors: TC_EIO, TC_EDATA as tc_source_read. */
TC_NODISCARD tc_status tc_table_reader_refill(tc_table_reader *reader, tc_error *err);

/* Local; for table_header.c. Passes over n physical lines, or to the end of the file. */
TC_NODISCARD tc_status tc_table_reader_skip_lines(tc_table_reader *reader, int64_t n,
                                                  tc_error *err);

/* Local; for table_header.c. Reads the next record, whatever its fields; *found 0 at the
 * end of file or piece. */
TC_NODISCARD tc_status tc_table_reader_record(tc_table_reader *reader, int64_t capacity,
                                              tc_table_record *record, int *found,
                                              tc_error *err);

/* Local; table_header.c. Reads the header line into reader->field and n_fields. */
TC_NODISCARD tc_status tc_table_header_read(tc_table_reader *reader, tc_error *err);

/* Local; table_header.c. Makes the columns: those of the specification, then those of the
 * header that was read last, if there is one. */
TC_NODISCARD tc_status tc_table_header_columns(tc_table_reader *reader, tc_error *err);

/* Local; table_header.c. Finds the columns in the header that was read last. */
TC_NODISCARD tc_status tc_table_header_find(tc_table_reader *reader, tc_error *err);

/* Local, pure; table_judge.c. What is wrong with the form of a record, and in which field (-1:
 * in none alone). */
tc_table_problem tc_table_judge(const tc_table_record *record, int64_t n_fields,
                                int64_t *field);

/* Local, pure; table_swallow.c. 1 if most lines inside a record look like records themselves: two quotes that are
 * missing their partners then enclose everything between them, and RFC 4180 has nothing against it. Lines with as many
 * delimiters as the header count; from eight delimiters on, so that an address or a remark does not. */
int tc_table_swallows(const tc_table_spec *spec, const char *bytes, int64_t n,
                      int64_t n_fields);

#endif
