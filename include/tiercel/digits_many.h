/* digits_many.h - the usual numbers and times of many rows at a time (edge layer, text; pure).
 * What digits.h reads in one text these read in n, several side by side where the processor has
 * AVX2; the results are the same on any processor. */
#ifndef TC_DIGITS_MANY_H
#define TC_DIGITS_MANY_H

#include "tiercel/pieces.h"

enum {
    TC_DIGITS_SLACK = 32
}; /* bytes in front of and behind all pieces that can be read */

/* Local, pure. value[n] in 1/10,000: as tc_digits_decimal of each piece. Where that finds
 * nothing, or the text has more than 8 bytes, failed[i] is 1 and the value is unspecified;
 * else failed[i] is 0. Cost: about 2 ns a piece with AVX2. */
void tc_digits_decimals(const tc_pieces *pieces, int64_t n, int64_t *value,
                        unsigned char *failed);

/* Local, pure. seconds[n]: as tc_digits_time of each piece. Where that finds nothing, or the
 * text has not TC_DIGITS_TIME bytes, failed[i] is 1 and the time is unspecified. */
void tc_digits_times(const tc_pieces *pieces, int64_t n, int64_t *seconds,
                     unsigned char *failed);

/* Local, pure. The same on any processor. */
void tc_digits_decimals_plain(const tc_pieces *pieces, int64_t n, int64_t *value,
                              unsigned char *failed);
void tc_digits_times_plain(const tc_pieces *pieces, int64_t n, int64_t *seconds,
                           unsigned char *failed);

#endif
