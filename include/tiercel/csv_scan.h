/* csv_scan.h - where the bytes stand that give delimited text its form (edge layer, text;
 * pure). */
#ifndef TC_CSV_SCAN_H
#define TC_CSV_SCAN_H

#include "tiercel/csv.h"

enum { TC_CSV_SCAN_SLACK = 8 };

/* Local, pure. Writes first + i for each byte i of bytes[n] that is a delimiter, a newline,
 * a quote, a NUL, or a carriage return without a newline behind it, in ascending order, and
 * returns their number. bytes[n] must be readable. place[] has room for n +
 * TC_CSV_SCAN_SLACK; what lies behind the result is overwritten. Not for TC_CSV_BLANKS.
 * Cost: a few instructions for 64 bytes where the processor has AVX2 (compare masks and
 * their set bits, as in Langdale and Lemire, "Parsing Gigabytes of JSON per Second", VLDB
 * Journal 28, 2019), else a table look-up a byte. */
int64_t tc_csv_scan(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                    uint32_t first, uint32_t *place);

/* Local, pure. The same byte by byte, on any processor. */
int64_t tc_csv_scan_plain(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                          uint32_t first, uint32_t *place);

#endif
