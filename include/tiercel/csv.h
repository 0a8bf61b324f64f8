/* csv.h - records and fields of RFC 4180 text (edge layer, text; pure).
 *
 * Whether a byte lies inside quotes is a parity: every quote toggles it, and delimiters and
 * newlines count only outside. A parity adds up over pieces of a file, so any cut into byte
 * ranges gives the same records (Stehle and Jacobsen, "ParPaRaw", PVLDB 13, 2020, use the
 * same idea). Quotes that do not form a field of RFC 4180 are found afterwards, field by
 * field. */
#ifndef TC_CSV_H
#define TC_CSV_H

#include <stdint.h>

enum { TC_CSV_MAX_RECORD = 1 << 20 }; /* bytes; a longer record is an error of the file */

/* Borrowed bytes without a final zero; may hold any byte. */
typedef struct {
    const char *data;
    int64_t n;
} tc_csv_text;

/* One field as it stands in the record, with its quotes. */
typedef struct {
    const char *data;
    int32_t n;
    int32_t quoted; /* 1: a quote occurs in it */
} tc_csv_field;

typedef struct {
    int64_t length;   /* bytes without the line end */
    int64_t next;     /* bytes with the line end: where the next record starts */
    int64_t newlines; /* physical lines that it ends */
    int64_t n_fields; /* all, also those beyond the capacity */
    int64_t stray;    /* first field with a quote out of place, -1 if none */
} tc_csv_record;

typedef enum {
    TC_CSV_RECORD, /* *record is filled */
    TC_CSV_MORE,   /* the text ends within a record: read on and try again */
    TC_CSV_OPEN    /* the file ends inside quotes */
} tc_csv_outcome;

/* Local, pure. Adds the number of quotes and newlines of bytes[n]. Cost: one pass,
 * vectorised. */
void tc_csv_count(const char *bytes, int64_t n, int64_t *quotes, int64_t *newlines);

/* Local, pure. Offset just behind the first newline outside quotes, or -1 if there is none
 * in bytes[n]. *inside is the state before the first byte and becomes that behind the last
 * byte read; *newlines grows by all newlines passed. */
int64_t tc_csv_skip(const char *bytes, int64_t n, int *inside, int64_t *newlines);

/* Local, pure. Splits the record that starts at text, outside quotes. text[n] must be
 * readable and a newline (a sentinel that is no part of the text). at_end: the file ends at
 * text[n]. The first `capacity` fields are stored. An empty line is a record of length 0
 * with one field. */
tc_csv_outcome tc_csv_next(const char *text, int64_t n, int at_end, tc_csv_field *field,
                           int capacity, tc_csv_record *record);

/* Local, pure. The content of a field without a stray quote: outer quotes removed, doubled
 * ones made single. Borrows the record or, with doubled quotes, *scratch (room for field->n
 * bytes), which is then moved behind the text. */
tc_csv_text tc_csv_unquote(const tc_csv_field *field, char **scratch);

/* Local, pure. The text without blanks and tabs at both ends. */
tc_csv_text tc_csv_trim(tc_csv_text text);

#endif
