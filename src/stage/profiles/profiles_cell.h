/* profiles_cell.h - private to profiles: the meaning of one cell. Pure. */
#ifndef TC_PROFILES_CELL_H
#define TC_PROFILES_CELL_H

#include "../ingest/ingest_row.h"

typedef enum { TC_CELL_GOOD, TC_CELL_EMPTY, TC_CELL_UNREADABLE } tc_cell_outcome;

/* Local, pure. A number as the nearest double, written as input.format says: an optional
 * sign, digits with the decimal sign, an exponent; what input.format allows besides
 * (thousands, currency, parentheses) is read with 9 decimals. Words such as NaN or inf,
 * hexadecimal digits and numbers beyond a double are unreadable. *value is NaN unless the
 * outcome is good; there is no -0. */
tc_cell_outcome tc_cell_number(const tc_row_rules *rules, tc_csv_text text, double *value);

/* Local, pure. The same in 1/10,000, and below TC_INTERACT_MOST in size; *value is
 * TC_INTERACT_MISSING unless the outcome is good. *rounded as in decimal.h. */
tc_cell_outcome tc_cell_fixed(const tc_row_rules *rules, tc_csv_text text, int64_t *value,
                              int *rounded);

/* Local, pure. 1, true, t, yes, y, on give 1; 0, false, f, no, n, off give 0, in letters of any case; an
 * empty cell gives -1. */
tc_cell_outcome tc_cell_flag(tc_csv_text text, int8_t *value);

/* Local, pure. A word in UTF-8, at most TC_LEVEL_MAX bytes, written to level; *n its bytes.
 * Unreadable if it is longer, holds a zero byte or is not valid in the encoding. */
tc_cell_outcome tc_cell_level(const tc_row_rules *rules, tc_csv_text text,
                              char level[TC_LEVEL_MAX], int64_t *n);

/* Local, pure. 1 if the word is one of "one|two|three". */
int tc_cell_is_level(const char *levels, const char *word, int64_t n);

#endif
