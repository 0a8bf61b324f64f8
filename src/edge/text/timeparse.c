#include "tiercel/timeparse.h"

#include "tiercel/date.h"

#include <string.h>

enum { DIRECTIVE = 256 };

/* The rest of the text. */
typedef struct {
    const char *p, *end;
} cursor;

typedef struct {
    tc_date date;
    int hour, minute, second;
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

static int seconds_of(const moment *m, int64_t *seconds)
{
    if (!tc_date_valid(m->date) || m->hour > 23 || m->minute > 59 || m->second > 59) {
        return 0;
    }
    *seconds = tc_date_to_days(m->date) * TC_DAY_SECONDS +
               ((int64_t)m->hour * 60 + m->minute) * 60 + m->second;
    return 1;
}

/* Nothing, or [ T]H:MM[:SS[.fraction]][Z] to the end of the text. */
static int read_clock(cursor *at, moment *m)
{
    int fraction;
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
    if (literal(at, ':')) {
        if (!number(at, 2, 2, &m->second)) {
            return 0;
        }
        if (literal(at, '.')) {
            if (!number(at, 1, 9, &fraction)) {
                return 0;
            }
        }
    }
    (void)literal(at, 'Z');
    return at->p == at->end;
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
    return read_clock(at, m);
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
    return read_clock(at, m);
}

static int read_epoch(cursor *at, int64_t *seconds)
{
    const int64_t limit = 253402300800; /* year 10000: milliseconds are caught here */
    const int minus = literal(at, '-');
    int64_t v = 0;
    int n = 0;
    for (; at->p < at->end && *at->p >= '0' && *at->p <= '9' && n < 12; at->p++, n++) {
        v = v * 10 + (*at->p - '0');
    }
    if (n == 0) {
        return 0;
    }
    if (literal(at, '.')) {
        int fraction = 0;
        for (; at->p < at->end && *at->p >= '0' && *at->p <= '9'; at->p++) {
            fraction |= *at->p - '0';
        }
        v += minus && fraction != 0; /* cut off means towards the past */
    }
    v = minus ? -v : v;
    *seconds = v;
    return at->p == at->end && v < limit && v >= -62135596800;
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
    moment m = {{0, 0, 0}, 0, 0, 0};
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
        return read_epoch(&at, seconds);
    case TC_TIME_PATTERN:
        ok = read_pattern(format, &at, &m);
        break;
    case TC_TIME_ISO:
    default:
        ok = read_iso(&at, &m);
        break;
    }
    return ok && seconds_of(&m, seconds);
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
            if (*p == 0 || strchr("YmdHMS%", *p) == NULL) {
                return tc_fail(
                    err, TC_ECONFIG,
                    "time format \"%s\": %%%.1s is not known; use %%Y %%m %%d %%H "
                    "%%M %%S or %%%%",
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
    if (seen['Y'] != 1 || seen['m'] != 1 || seen['d'] != 1) {
        return tc_fail(
            err, TC_ECONFIG,
            "time format \"%s\" is neither iso, day_first, month_first, compact, epoch "
            "nor a pattern with one %%Y, one %%m and one %%d",
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
                 {"epoch", TC_TIME_EPOCH}};
    *out = (tc_time_format){.kind = TC_TIME_ISO};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (strcmp(format, named[i].name) == 0) {
            out->kind = named[i].kind;
            return TC_OK;
        }
    }
    return compile_pattern(format, out, err);
}
