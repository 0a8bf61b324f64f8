#include "tiercel/progress_text.h"

#include "tiercel/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { STILL_SECONDS = 30, LONGEST_BAR = 30, SHORTEST_BAR = 8 };

/* Appends to a text as much as there is room for. */
__attribute__((format(printf, 3, 4))) static void add(char *out, size_t room,
                                                      const char *format, ...)
{
    const size_t used = strlen(out);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out + used, room - used, format, args);
    va_end(args);
}

double tc_progress_rate(const tc_progress_moment *m)
{
    return m->phase_seconds > 0 && m->view.done > 0
               ? (double)m->view.done / m->phase_seconds
               : 0;
}

double tc_progress_left(const tc_progress_moment *m)
{
    const double rate = tc_progress_rate(m);
    const int64_t rest = m->view.total - m->view.done;
    if (m->view.total <= 0 || rate <= 0) {
        return -1;
    }
    return rest > 0 ? (double)rest / rate : 0;
}

void tc_progress_amount(double n, const char *unit, char out[TC_AMOUNT_TEXT])
{
    if (strcmp(unit, "B") == 0) {
        static const char *const name[] = {"B", "kB", "MB", "GB", "TB", "PB"};
        int step = 0;
        while (n >= 999.95 && step < 5) {
            n /= 1000;
            step++;
        }
        (void)snprintf(out, TC_AMOUNT_TEXT, step == 0 ? "%.0f %s" : "%.1f %s", n,
                       name[step]);
    } else if (n >= 1e6) {
        const int billions = n >= 999.95e6;
        (void)snprintf(out, TC_AMOUNT_TEXT, "%.1f %s %s", n / (billions ? 1e9 : 1e6),
                       billions ? "billion" : "million", unit);
    } else if (n >= 1000) {
        (void)snprintf(out, TC_AMOUNT_TEXT, "%lld,%03lld %s", (long long)n / 1000,
                       (long long)n % 1000, unit);
    } else {
        (void)snprintf(out, TC_AMOUNT_TEXT,
                       n < 10 && n > (double)(int)n ? "%.1f %s" : "%.0f %s", n, unit);
    }
    if (out[strlen(out) - 1] == ' ') { /* no unit */
        out[strlen(out) - 1] = '\0';
    }
}

void tc_progress_span(double seconds, char out[TC_SPAN_TEXT])
{
    const long long all = seconds > 0 ? (long long)(seconds + 0.5) : 0;
    if (all < 60) {
        (void)snprintf(out, TC_SPAN_TEXT, "%lld s", all);
    } else if (all < 3600) {
        (void)snprintf(out, TC_SPAN_TEXT, "%lld min %lld s", all / 60, all % 60);
    } else {
        (void)snprintf(out, TC_SPAN_TEXT, "%lld h %02lld min", all / 3600, all % 3600 / 60);
    }
}

static int percent(const tc_progress_view *v)
{
    return v->done < v->total ? (int)(100 * (double)v->done / (double)v->total) : 100;
}

/* "39.0 MB of 61.3 MB, 93.7 MB/s", "14 of 32 buckets, 70/s". */
static void add_rate(const tc_progress_moment *m, char *out, size_t room)
{
    const tc_progress_view *v = &m->view;
    const int is_bytes = strcmp(v->unit, "B") == 0;
    char text[TC_AMOUNT_TEXT];
    tc_progress_amount((double)v->done, is_bytes || v->total <= 0 ? v->unit : "", text);
    add(out, room, "%s", text);
    if (v->total > 0) {
        tc_progress_amount((double)v->total, v->unit, text);
        add(out, room, " of %s", text);
    }
    if (tc_progress_rate(m) > 0) {
        tc_progress_amount(tc_progress_rate(m), is_bytes ? v->unit : "", text);
        add(out, room, ", %s/s", text);
    }
}

/* What is done, how fast, and when it ends; the time of day if that is not now. */
static void add_amounts(const tc_progress_moment *m, char *out, size_t room)
{
    const double left = tc_progress_left(m);
    char span[TC_SPAN_TEXT];
    if (m->view.unit[0] != '\0') {
        add_rate(m, out, room);
    }
    if (left >= 0) {
        char end[TC_LOG_TIME_TEXT];
        tc_progress_span(left, span);
        tc_log_time(m->clock + left, end);
        add(out, room, ", %s left", span);
        if (left >= 60) {
            add(out, room, " (%.5s UTC)", end + 11);
        }
    }
    if (m->still_seconds >= STILL_SECONDS) {
        tc_progress_span(m->still_seconds, span);
        add(out, room, "%sno progress for %s", m->view.unit[0] != '\0' ? ", " : "", span);
    }
}

void tc_progress_line(const tc_progress_moment *m, char *out, size_t room)
{
    const tc_progress_view *v = &m->view;
    char span[TC_SPAN_TEXT], amounts[256] = "";
    out[0] = '\0';
    tc_progress_span(m->stage_seconds, span);
    add_amounts(m, amounts, sizeof amounts);
    add(out, room, "%s%s%s", v->stage, v->stage[0] != '\0' ? ": " : "", v->phase);
    if (v->total > 0) {
        add(out, room, ", %d %%", percent(v));
    }
    if (amounts[0] != '\0') {
        add(out, room, "%s%s", v->phase[0] != '\0' ? ", " : "", amounts);
    }
    add(out, room, "%s%s so far", v->phase[0] != '\0' || amounts[0] != '\0' ? "; " : "",
        span);
}

static void add_bar(const tc_progress_view *v, int width, char *out, size_t room)
{
    char bar[LONGEST_BAR + 1];
    const int filled = width * percent(v) / 100;
    for (int i = 0; i < width; i++) {
        bar[i] = i < filled ? '#' : '-';
    }
    bar[width] = '\0';
    add(out, room, "[%s] ", bar);
}

void tc_progress_bar(const tc_progress_moment *m, int width, char *out, size_t room)
{
    const tc_progress_view *v = &m->view;
    char head[128] = "", tail[384] = "";
    int spare;
    out[0] = '\0';
    if (v->stage[0] == '\0' && v->phase[0] == '\0') {
        return;
    }
    if (v->stage[0] != '\0') {
        add(head, sizeof head, "%s ", v->stage);
    }
    if (v->n_stages > 0) {
        add(head, sizeof head, "%d/%d ", v->number, v->n_stages);
    }
    if (v->phase[0] != '\0') {
        add(head, sizeof head, "%s ", v->phase);
    }
    if (v->total > 0) {
        add(tail, sizeof tail, "%3d %% ", percent(v));
    }
    add_amounts(m, tail, sizeof tail);
    if (tail[0] == '\0') {
        char span[TC_SPAN_TEXT];
        tc_progress_span(m->stage_seconds, span);
        add(tail, sizeof tail, "%s", span);
    }
    /* one column stays free: some terminals go to the next line when the last is written */
    spare = width - 1 - (int)strlen(head) - (int)strlen(tail) - 3;
    add(out, room, "%s", head);
    if (v->total > 0 && spare >= SHORTEST_BAR) {
        add_bar(v, spare < LONGEST_BAR ? spare : LONGEST_BAR, out, room);
    }
    add(out, room, "%s", tail);
    if (width > 0 && strlen(out) >= (size_t)width) {
        out[width - 1] = '\0';
    }
}

void tc_progress_members(const tc_progress_moment *m, char *out, size_t room)
{
    const tc_progress_view *v = &m->view;
    const double left = tc_progress_left(m);
    out[0] = '\0';
    add(out, room,
        "\"stage\": \"%s\", \"stage_number\": %d, \"stages\": %d, "
        "\"phase\": \"%s\", \"done\": %lld, \"total\": %lld, \"unit\": \"%s\", \"rate\": "
        "%.6g, \"stage_seconds\": %.1f, \"phase_seconds\": %.1f, "
        "\"seconds_since_progress\": %.1f, \"seconds_left\": ",
        v->stage, v->number, v->n_stages, v->phase, (long long)v->done, (long long)v->total,
        v->unit, tc_progress_rate(m), m->stage_seconds, m->phase_seconds, m->still_seconds);
    if (left >= 0) {
        add(out, room, "%.1f", left);
    } else {
        add(out, room, "null");
    }
}
