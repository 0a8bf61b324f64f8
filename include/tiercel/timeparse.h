/* timeparse.h - dates and times as shops write them, to int64 seconds (edge layer, text;
 * pure). A format is compiled once; texts are then read without strptime, locale or
 * zone. */
#ifndef TC_TIMEPARSE_H
#define TC_TIMEPARSE_H

#include "tiercel/digits.h"
#include "tiercel/status.h"

#include <stdint.h>

typedef enum {
    TC_TIME_ISO,
    TC_TIME_DAY_FIRST,
    TC_TIME_MONTH_FIRST,
    TC_TIME_COMPACT,
    TC_TIME_EPOCH,
    TC_TIME_EPOCH_MS,
    TC_TIME_PATTERN
} tc_time_kind;

enum { TC_TIME_STEPS = 64 };

/* A compiled format. step: a literal byte, or 256 + the letter of a directive; exact marks
 * a directive that another one follows at once, so that it needs all its digits. */
typedef struct {
    tc_time_kind kind;
    int n_steps;
    short step[TC_TIME_STEPS];
    unsigned char exact[TC_TIME_STEPS];
    int has_zone;
    int64_t zone; /* seconds that the company's own clock is ahead of UTC */
} tc_time_format;

/* Local. Compiles one of
 *   iso          2011-12-09, 2011-12-09 12:50[:00[.123]], also with T between; behind the time
 *                may stand, perhaps after a blank, an offset from UTC: Z, UTC, +01, +0100, +01:00
 *   day_first    9/12/2011, 09-12-2011 8:50[:00], 09.12.2011; also 8:50 PM
 *   month_first  12/9/2011 ... the same with the month in front
 *   compact      20111209, also with a time as above or 20111209T1250[00]
 *   epoch        seconds since 1970-01-01 00:00:00 UTC (a fraction is cut off)
 *   epoch_ms     the same in milliseconds
 * or a pattern of %Y %m %d %H %M %S, %z for an offset, %% and other characters, which stand
 * for themselves; it needs year, month and day. Years have four digits. Fractions of a second
 * are cut off. Errors: TC_ECONFIG. */
TC_NODISCARD tc_status tc_time_compile(const char *format, tc_time_format *out,
                                       tc_error *err);

/* Local. The company's own clock: "" (none), UTC, Z, or +01, -0330, +05:45 up to 14 hours.
 * With one, times that carry an offset and epoch times are moved to it. Without, an offset
 * other than Z and UTC makes a time unreadable, for what the clock showed is not known;
 * Z and UTC are cut off, and epoch times are taken as they are. A zone is a fixed offset:
 * it knows no summer time. Errors: TC_ECONFIG. */
TC_NODISCARD tc_status tc_time_set_zone(tc_time_format *format, const char *zone,
                                        tc_error *err);

/* Local, pure. 1 and *seconds if the text fits and names a date that exists in the years
 * 1..9999 and a time below 24:00:00, else 0. Blanks are trimmed by the caller. */
int tc_time_parse_any(const tc_time_format *format, const char *text, int64_t n,
                      int64_t *seconds);
static inline int tc_time_parse(const tc_time_format *format, const char *text, int64_t n,
                                int64_t *seconds)
{
    return (n == TC_DIGITS_TIME && format->kind == TC_TIME_ISO &&
            tc_digits_time(text, seconds)) ||
           tc_time_parse_any(format, text, n, seconds);
}

#endif
