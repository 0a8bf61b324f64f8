/* csv_scan.h - where the bytes stand that give delimited text its form (edge layer, text;
 * pure). */
#ifndef TC_CSV_SCAN_H
#define TC_CSV_SCAN_H

#include "tiercel/csv.h"

enum { TC_CSV_SCAN_SLACK = 8 }; /* places behind the result that are overwritten */

/* Lists that a scan appends to; room for n + TC_CSV_SCAN_SLACK more in each. */
typedef struct {
    uint32_t *place; /* of delimiters, newlines, quotes, NULs, and of carriage returns
                        without a newline behind them; ascending */
    int64_t n_places;
    uint32_t *line; /* of newlines, ascending */
    int64_t n_lines;
    int irregular; /* 0: there is nothing but delimiters and newlines among the places */
    int padded;    /* 0: no blank or tab stands beside a place or at an end of the bytes */
    int high;      /* 0: all bytes are ASCII */
} tc_csv_places;

/* Local, pure. Appends first + i for each such byte i of bytes[n], and sets the flags.
 * bytes[n] must be readable. Not for TC_CSV_BLANKS. Cost: some instructions for 64 bytes
 * where the processor has AVX2 (compare masks and their set bits, as in Langdale and Lemire,
 * "Parsing Gigabytes of JSON per Second", VLDB Journal 28, 2019), else a table look-up a
 * byte. */
void tc_csv_scan(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                 uint32_t first, tc_csv_places *out);

/* Local, pure. The same byte by byte, on any processor. */
void tc_csv_scan_plain(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                       uint32_t first, tc_csv_places *out);

#endif
