#include "timeparse_impl.h"

#include "tiercel/date.h"

#include <string.h>

enum { OFFSET_HOURS = 14 /* of the clocks of the world, -12 to +14 */ };

static const int64_t first_second = -62135596800; /* of the year 1 */
static const int64_t last_second = 253402300799;  /* of the year 9999 */

/* The rest of the text. */
typedef struct {
    const char *p, *end;
} cursor;

typedef struct {
    tc_date date;
    int hour, minute, second;
    int has_offset;
    int64_t offset; /* from UTC */
} moment;

/* Reads low to high digits. 0 if there are fewer. */
static inline int number(cursor *at, int low, int high, int *value)
{
    int v = 0, n = 0;
    while (n < high && at->p < at->end && (unsigned)(*at->p - '0') < 10) {
        v = v * 10 + (*at->p++ - '0');
        n++;
    }
    *value = v;
    return n >= low;
}

static inline int literal(cursor *at, char c)
{
    if (at->p < at->end && *at->p == c) {
        at->p++;
        return 1;
    }
    return 0;
}

/* Seconds of Z, UTC, +HH, +HHMM or +HH:MM. */
static int read_offset(cursor *at, int64_t *offset)
{
    int hours = 0, minutes = 0, minus;
    *offset = 0;
    if (literal(at, 'Z')) {
        return 1;
    }
    if (at->end - at->p >= 3 && memcmp(at->p, "UTC", 3) == 0) {
        at->p += 3;
        return 1;
    }
    minus = literal(at, '-');
    if ((!minus && !literal(at, '+')) || !number(at, 2, 2, &hours)) {
        return 0;
    }
    if (literal(at, ':') || (at->p < at->end && (unsigned)(*at->p - '0') < 10)) {
        if (!number(at, 2, 2, &minutes)) {
            return 0;
        }
    }
    *offset = ((int64_t)hours * 60 + minutes) * 60;
    *offset = minus ? -*offset : *offset;
    return minutes < 60 && hours * 60 + minutes <= OFFSET_HOURS * 60;
}

/* Nothing, or an offset, perhaps behind a blank. */
static int read_end(cursor *at, moment *m)
{
    if (at->p == at->end) {
        return 1;
    }
    (void)literal(at, ' ');
    m->has_offset = 1;
    return read_offset(at, &m->offset) && at->p == at->end;
}

/* To the company's own clock. */
static int move(const tc_time_format *format, int64_t offset, int64_t *seconds)
{
    if (format->has_zone) {
        *seconds += format->zone - offset;
    }
    return (format->has_zone || offset == 0) && *seconds >= first_second &&
           *seconds <= last_second;
}

static int seconds_of(const moment *m, int64_t *seconds)
{
    if (!tc_date_valid(m->date) || m->hour > 23 || m->minute > 59 || m->second > 59) {
        return 0;
    }
    *seconds = tc_date_to_days(m->date) * TC_DAY_SECONDS +
               ((int64_t)m->hour * 60 + m->minute) * 60 + m->second;
    return 1;
}

/* [.,]digits, which are cut off. */
static int read_fraction(cursor *at)
{
    int fraction;
    return (!literal(at, '.') && !literal(at, ',')) || number(at, 1, 9, &fraction);
}

/* Nothing, or [ T]H:MM[:SS[.fraction]][offset] to the end of the text. */
static int read_clock(cursor *at, moment *m)
{
    if (at->p == at->end) {
        return 1;
    }
    if ((*at->p != ' ' && *at->p != 'T') || at->end - at->p < 5) {
        return 0;
    }
    at->p++;
    if (!number(at, 1, 2, &m->hour) || !literal(at, ':') || !number(at, 2, 2, &m->minute)) {
        return 0;
    }
    if (literal(at, ':') && (!number(at, 2, 2, &m->second) || !read_fraction(at))) {
        return 0;
    }
    return read_end(at, m);
}

/* The same, or [ T]HHMM[SS[.fraction]][offset]. */
static int read_compact_clock(cursor *at, moment *m)
{
    const char *p = at->p + 1;
    while (p < at->end && (unsigned)(*p - '0') < 10) {
        p++;
    }
    if (p - at->p != 5 && p - at->p != 7) {
        return read_clock(at, m);
    }
    if (!literal(at, 'T') && !literal(at, ' ')) {
        return 0;
    }
    (void)number(at, 2, 2, &m->hour);
    (void)number(at, 2, 2, &m->minute);
    return (!number(at, 2, 2, &m->second) || read_fraction(at)) && read_end(at, m);
}

/* The same as read_clock, perhaps with AM or PM behind: then hours run from 1 to 12, and 12 is
 * the first. */
static int read_half_clock(cursor *at, moment *m)
{
    const char *const half = at->end - 2;
    int letter;
    if (at->end - at->p < 3 || (half[1] | 0x20) != 'm') {
        return read_clock(at, m);
    }
    letter = half[0] | 0x20;
    if (letter != 'a' && letter != 'p') {
        return 0;
    }
    at->end -= half[-1] == ' ' ? 3 : 2;
    if (!read_clock(at, m) || m->has_offset || m->hour < 1 || m->hour > 12) {
        return 0;
    }
    m->hour = m->hour % 12 + (letter == 'p' ? 12 : 0);
    return 1;
}

static int read_iso(cursor *at, moment *m)
{
    int year;
    if (!number(at, 4, 4, &year) || !literal(at, '-') ||
        !number(at, 2, 2, &m->date.month) || !literal(at, '-') ||
        !number(at, 2, 2, &m->date.day)) {
        return 0;
    }
    m->date.year = year;
    return read_clock(at, m);
}

static int read_compact(cursor *at, moment *m)
{
    int year;
    if (!number(at, 4, 4, &year) || !number(at, 2, 2, &m->date.month) ||
        !number(at, 2, 2, &m->date.day)) {
        return 0;
    }
    m->date.year = year;
    return at->p == at->end || read_compact_clock(at, m);
}

/* a/b/YYYY with one separator of / - . used twice. */
static int read_slashed(cursor *at, int *first, int *second, moment *m)
{
    char separator;
    int year;
    if (!number(at, 1, 2, first) || at->p == at->end) {
        return 0;
    }
    separator = *at->p++;
    if ((separator != '/' && separator != '-' && separator != '.') ||
        !number(at, 1, 2, second) || !literal(at, separator) || !number(at, 4, 4, &year)) {
        return 0;
    }
    m->date.year = year;
    return read_half_clock(at, m);
}

/* Seconds, or milliseconds, of which unit make a second. What is beyond the year 9999 is
 * refused: so milliseconds are not taken for seconds. */
static int read_epoch(cursor *at, int64_t unit, int64_t *seconds)
{
    const int minus = literal(at, '-');
    int64_t v = 0;
    int n = 0, fraction = 0;
    for (; at->p < at->end && *at->p >= '0' && *at->p <= '9' && n < 15; at->p++, n++) {
        v = v * 10 + (*at->p - '0');
    }
    if (n == 0) {
        return 0;
    }
    if (literal(at, '.')) {
        for (; at->p < at->end && *at->p >= '0' && *at->p <= '9'; at->p++) {
            fraction |= *at->p - '0';
        }
    }
    fraction |= v % unit != 0;
    v = v / unit + (minus && fraction != 0); /* cut off means towards the past */
    *seconds = minus ? -v : v;
    return at->p == at->end && *seconds <= last_second && *seconds >= first_second;
}

static int *part_of(moment *m, int directive, int *year)
{
    switch (directive) {
    case 'Y':
        return year;
    case 'm':
        return &m->date.month;
    case 'd':
        return &m->date.day;
    case 'H':
        return &m->hour;
    case 'M':
        return &m->minute;
    default:
        return &m->second;
    }
}

static int read_pattern(const tc_time_format *format, cursor *at, moment *m)
{
    int year = 0;
    for (int i = 0; i < format->n_steps; i++) {
        const int step = format->step[i];
        if (step < DIRECTIVE) {
            if (!literal(at, (char)step)) {
                return 0;
            }
        } else if (step == DIRECTIVE + 'z') {
            m->has_offset = 1;
            if (!read_offset(at, &m->offset)) {
                return 0;
            }
        } else {
            const int high = step - DIRECTIVE == 'Y' ? 4 : 2;
            const int low = high == 4 || format->exact[i] ? high : 1;
            if (!number(at, low, high, part_of(m, step - DIRECTIVE, &year))) {
                return 0;
            }
        }
    }
    m->date.year = year;
    return at->p == at->end;
}

int tc_time_parse_any(const tc_time_format *format, const char *text, int64_t n,
                      int64_t *seconds)
{
    cursor at = {text, text + n};
    moment m = {{0, 0, 0}, 0, 0, 0, 0, 0};
    int ok;
    switch (format->kind) {
    case TC_TIME_DAY_FIRST:
        ok = read_slashed(&at, &m.date.day, &m.date.month, &m);
        break;
    case TC_TIME_MONTH_FIRST:
        ok = read_slashed(&at, &m.date.month, &m.date.day, &m);
        break;
    case TC_TIME_COMPACT:
        ok = read_compact(&at, &m);
        break;
    case TC_TIME_EPOCH:
    case TC_TIME_EPOCH_MS:
        return read_epoch(&at, format->kind == TC_TIME_EPOCH ? 1 : 1000, seconds) &&
               move(format, 0, seconds);
    case TC_TIME_PATTERN:
        ok = read_pattern(format, &at, &m);
        break;
    case TC_TIME_ISO:
    default:
        ok = read_iso(&at, &m);
        break;
    }
    return ok && seconds_of(&m, seconds) &&
           (!m.has_offset || move(format, m.offset, seconds));
}

tc_status tc_time_set_zone(tc_time_format *format, const char *zone, tc_error *err)
{
    cursor at = {zone, zone + strlen(zone)};
    format->has_zone = zone[0] != 0;
    format->zone = 0;
    if (format->has_zone && (!read_offset(&at, &format->zone) || at.p != at.end)) {
        return tc_fail(err, TC_ECONFIG,
                       "time zone \"%s\" is not a fixed offset from UTC; allowed: UTC, or "
                       "+HH:MM or -HH:MM up to %d hours",
                       zone, OFFSET_HOURS);
    }
    return TC_OK;
}
