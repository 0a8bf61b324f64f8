/* csv.h - records and fields of delimited text, RFC 4180 and its dialects (edge layer, text;
 * pure).
 *
 * Whether a byte lies inside quotes is a parity: every quote toggles it, and delimiters and
 * newlines count only outside. A parity adds up over pieces of a file, so any cut into byte
 * ranges gives the same records (Stehle and Jacobsen, "ParPaRaw", PVLDB 13, 2020, use the
 * same idea). Quotes that do not form a field of RFC 4180 are found afterwards, field by
 * field. */
#ifndef TC_CSV_H
#define TC_CSV_H

#include "tiercel/encoding.h"

#include <stdint.h>

enum { TC_CSV_MAX_RECORD = 1 << 20 }; /* bytes; a longer record is not used */

enum {
    TC_CSV_BLANKS = 256, /* as delimiter: runs of blanks and tabs; no quoting */
    TC_CSV_NO_QUOTE = -1
};

/* How a file is written. Made by tc_csv_dialect_of; header, skip_lines and encoding may then
 * be changed. */
typedef struct {
    int delimiter; /* a byte, or TC_CSV_BLANKS */
    int quote;     /* a byte, or TC_CSV_NO_QUOTE */
    int header;    /* 1: the first record names the columns; 0: they are 1, 2, 3, ... */
    int64_t skip_lines;         /* physical lines in front of the header */
    tc_encoding encoding;       /* of all texts; names of columns are compared in UTF-8 */
    unsigned char special[256]; /* bytes that a field may not simply hold */
} tc_csv_dialect;

/* Local, pure. delimiter: any byte but newline, carriage return, NUL and the quote, or
 * TC_CSV_BLANKS, which has no quote. With header, without lines to skip. */
tc_csv_dialect tc_csv_dialect_of(int delimiter, int quote);

/* Local, pure. The dialect of configured texts: delimiter one byte, "tab", "\\t" or "blanks";
 * quote one byte or "none". 0 if they are none or do not go together. */
int tc_csv_dialect_parse(const char *delimiter, const char *quote, tc_csv_dialect *out);

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
    /* first field with that flaw, -1 if none */
    int64_t stray; /* a quote out of place */
    int64_t nul;   /* a NUL byte */
    int64_t cr;    /* a carriage return outside quotes that is no part of a line end */
} tc_csv_record;

typedef enum {
    TC_CSV_RECORD, /* *record is filled */
    TC_CSV_MORE,   /* the text ends within a record: read on and try again */
    TC_CSV_OPEN    /* the file ends inside quotes */
} tc_csv_outcome;

/* Local, pure. Adds the number of quotes and newlines of bytes[n]. Cost: one pass,
 * vectorised. */
void tc_csv_count(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                  int64_t *quotes, int64_t *newlines);

/* Local, pure. Offset just behind the first newline outside quotes, or -1 if there is none
 * in bytes[n]. *inside is the state before the first byte and becomes that behind the last
 * byte read; *newlines grows by all newlines passed. */
int64_t tc_csv_skip(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                    int *inside, int64_t *newlines);

/* Local, pure. Splits the record that starts at text, outside quotes. text.data[text.n]
 * must be readable and a newline (a sentinel that is no part of the text). at_end: the file
 * ends there. The first `capacity` fields are stored. An empty line is a record of length 0
 * with one field; between blanks there are no empty fields, and a blank line has none. */
tc_csv_outcome tc_csv_next(const tc_csv_dialect *dialect, tc_csv_text text, int at_end,
                           tc_csv_field *field, int capacity, tc_csv_record *record);

/* Local, pure. Number of newlines in front of the quote that is to blame for a record whose
 * quotes are out of place or do not close: the first that stands where none may stand, else
 * the one that opens the last field. The record starts at text. */
int64_t tc_csv_suspect(const tc_csv_dialect *dialect, tc_csv_text text);

/* Local, pure. The content of a field without a stray quote: outer quotes removed, doubled
 * ones made single. Borrows the record or, with doubled quotes, *scratch (room for field->n
 * bytes), which is then moved behind the text. */
tc_csv_text tc_csv_unquote(const tc_csv_dialect *dialect, const tc_csv_field *field,
                           char **scratch);

/* Local, pure. The text without blanks and tabs at both ends. */
static inline tc_csv_text tc_csv_trim(tc_csv_text text)
{
    while (text.n > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.n--;
    }
    while (text.n > 0 && (text.data[text.n - 1] == ' ' || text.data[text.n - 1] == '\t')) {
        text.n--;
    }
    return text;
}

#endif
