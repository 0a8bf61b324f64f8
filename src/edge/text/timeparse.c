#include "tiercel/timeparse.h"

#include "tiercel/date.h"

#include <string.h>

enum { DIRECTIVE = 256, OFFSET_HOURS = 14 /* of the clocks of the world, -12 to +14 */ };

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

enum { WHOLE_BYTES = 19 };

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define EACH_BYTE(b) (0x0101010101010101u * (b))

/* Eight bytes of digits and signs: after the exclusive or with what is expected ('0' for a
 * digit) digits are 0..9 and signs 0. Not 0 if that is not so. A byte above 9 + 6 has a high
 * bit itself, so what it carries into its neighbour does no harm. */
static inline uint64_t not_digits(uint64_t word, uint64_t signs)
{
    return ((word | (word + EACH_BYTE(6))) & EACH_BYTE(0xF0)) | (word & signs);
}

/* The usual text, "YYYY-MM-DD HH:MM:SS" or with T between: eight bytes at a time, all checked
 * at once; pairs of digits are read side by side. 0 if it is anything else. */
static int read_whole(const char *p, moment *m)
{
    uint64_t day, minute, wrong;
    unsigned tens, ones;
    memcpy(&day, p, sizeof day);           /* YYYY-MM- */
    memcpy(&minute, p + 8, sizeof minute); /* DD HH:MM */
    day ^= 0x2D30302D30303030u;
    minute ^= 0x30303A3030203030u;
    if (p[10] == 'T') {
        minute ^= (uint64_t)('T' ^ ' ') << 16;
    }
    tens = (unsigned)p[17] - '0';
    ones = (unsigned)p[18] - '0';
    wrong = not_digits(day, 0xFF0000FF00000000u) | not_digits(minute, 0x0000FF0000FF0000u);
    if (wrong != 0 || p[16] != ':' || tens > 9 || ones > 9) {
        return 0;
    }
    day = day * 10 + (day >> 8);
    minute = minute * 10 + (minute >> 8);
    m->date.year = (int64_t)((day & 0xFF) * 100 + (day >> 16 & 0xFF));
    m->date.month = (int)(day >> 40 & 0xFF);
    m->date.day = (int)(minute & 0xFF);
    m->hour = (int)(minute >> 24 & 0xFF);
    m->minute = (int)(minute >> 48 & 0xFF);
    m->second = (int)(tens * 10 + ones);
    return 1;
}
#else
static int read_whole(const char *p, moment *m)
{
    (void)p, (void)m;
    return 0;
}
#endif

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

int tc_time_parse(const tc_time_format *format, const char *text, int64_t n,
                  int64_t *seconds)
{
    cursor at = {text, text + n};
    moment m = {{0, 0, 0}, 0, 0, 0, 0, 0};
    int ok;
    if (n == WHOLE_BYTES && format->kind == TC_TIME_ISO && read_whole(text, &m)) {
        return seconds_of(&m, seconds);
    }
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

static tc_status compile_pattern(const char *format, tc_time_format *out, tc_error *err)
{
    int seen[256] = {0};
    out->kind = TC_TIME_PATTERN;
    for (const char *p = format; *p != 0; p++) {
        short step = (short)(unsigned char)*p;
        if (out->n_steps == TC_TIME_STEPS) {
            return tc_fail(err, TC_ECONFIG, "time format \"%s\" is too long", format);
        }
        if (*p == '%') {
            p++;
            if (*p == 0 || strchr("YmdHMSz%", *p) == NULL) {
                return tc_fail(
                    err, TC_ECONFIG,
                    "time format \"%s\": %%%.1s is not known; use %%Y %%m %%d %%H "
                    "%%M %%S %%z or %%%%",
                    format, p);
            }
            if (*p != '%') {
                seen[(unsigned char)*p]++;
                step = (short)(DIRECTIVE + (unsigned char)*p);
            }
        }
        if (step >= DIRECTIVE && out->n_steps > 0 &&
            out->step[out->n_steps - 1] >= DIRECTIVE) {
            out->exact[out->n_steps - 1] = 1;
            out->exact[out->n_steps] = 1;
        }
        out->step[out->n_steps++] = step;
    }
    if (seen['Y'] != 1 || seen['m'] != 1 || seen['d'] != 1 || seen['z'] > 1) {
        return tc_fail(
            err, TC_ECONFIG,
            "time format \"%s\" is neither iso, day_first, month_first, compact, epoch, "
            "epoch_ms nor a pattern with one %%Y, one %%m and one %%d",
            format);
    }
    return TC_OK;
}

tc_status tc_time_compile(const char *format, tc_time_format *out, tc_error *err)
{
    static const struct {
        const char *name;
        tc_time_kind kind;
    } named[] = {{"iso", TC_TIME_ISO},
                 {"day_first", TC_TIME_DAY_FIRST},
                 {"month_first", TC_TIME_MONTH_FIRST},
                 {"compact", TC_TIME_COMPACT},
                 {"epoch", TC_TIME_EPOCH},
                 {"epoch_ms", TC_TIME_EPOCH_MS}};
    *out = (tc_time_format){.kind = TC_TIME_ISO};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (strcmp(format, named[i].name) == 0) {
            out->kind = named[i].kind;
            return TC_OK;
        }
    }
    return compile_pattern(format, out, err);
}
