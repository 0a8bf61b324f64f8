#include "tiercel/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LINE_TEXT = 8192, BAR_TEXT = 512 };

static struct {
    tc_log_level level;
    int speaks, json;
    int has_bar; /* a bar stands in the last line */
} state = {.level = TC_LOG_INFO, .speaks = 1};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void tc_log_init(tc_log_level level, int speaks)
{
    state.level = level;
    state.speaks = speaks;
}

int tc_log_speaks(void)
{
    return state.speaks;
}

tc_log_level tc_log_level_now(void)
{
    return state.level;
}

void tc_log_json(int on)
{
    state.json = on;
}

double tc_log_clock(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void tc_log_time(double seconds, char out[TC_LOG_TIME_TEXT])
{
    const time_t whole = (time_t)seconds;
    struct tm parts = {0};
    (void)gmtime_r(&whole, &parts);
    if (strftime(out, TC_LOG_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        out[0] = '\0';
    }
}

/* Bytes of the UTF-8 character that text begins with, 0 if there is none. */
static size_t character(const unsigned char *text)
{
    const unsigned char c = text[0];
    size_t n = c < 0x80                ? 1
               : c >= 0xC2 && c < 0xE0 ? 2
               : c >= 0xE0 && c < 0xF0 ? 3
               : c >= 0xF0 && c < 0xF5 ? 4
                                       : 0;
    for (size_t i = 1; i < n; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if ((c == 0xE0 && text[1] < 0xA0) || (c == 0xED && text[1] > 0x9F) ||
        (c == 0xF0 && text[1] < 0x90) || (c == 0xF4 && text[1] > 0x8F)) {
        n = 0; /* longer than needed, a surrogate, or beyond U+10FFFF */
    }
    return n;
}

void tc_log_escape(const char *text, char *out, size_t room)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t used = 0;
    while (*at != '\0') {
        char piece[8];
        const size_t n = character(at);
        if (n == 0) {
            (void)snprintf(piece, sizeof piece, "\xEF\xBF\xBD");
        } else if (*at == '"' || *at == '\\') {
            (void)snprintf(piece, sizeof piece, "\\%c", *at);
        } else if (*at < 0x20 || *at == 0x7F) {
            (void)snprintf(piece, sizeof piece, "\\u%04x", *at);
        } else {
            memcpy(piece, at, n);
            piece[n] = '\0';
        }
        if (used + strlen(piece) >= room) {
            break;
        }
        memcpy(out + used, piece, strlen(piece));
        used += strlen(piece);
        at += n > 0 ? n : 1;
    }
    out[used] = '\0';
}

/* One write a line, so that lines of several processes do not mix. */
static void put(const char *text)
{
    (void)pthread_mutex_lock(&lock);
    (void)fprintf(stderr, "%s%s\n", state.has_bar ? "\r\033[K" : "", text);
    state.has_bar = 0;
    (void)pthread_mutex_unlock(&lock);
}

static void put_json(const char *level, const char *members, const char *message)
{
    char text[2 * LINE_TEXT], escaped[LINE_TEXT], time[TC_LOG_TIME_TEXT];
    tc_log_time(tc_log_clock(), time);
    tc_log_escape(message, escaped, sizeof escaped);
    (void)snprintf(
        text, sizeof text, "{\"time\": \"%s\", \"level\": \"%s\"%s%s, \"message\": \"%s\"}",
        time, level, members != NULL ? ", " : "", members != NULL ? members : "", escaped);
    put(text);
}

static void put_line(const char *level, const char *members, const char *message)
{
    if (state.json) {
        put_json(level, members, message);
    } else {
        const int is_plain = strcmp(level, "info") == 0 || strcmp(level, "debug") == 0;
        char text[LINE_TEXT + 32];
        (void)snprintf(text, sizeof text, "tiercel: %s%s%s", is_plain ? "" : level,
                       is_plain ? "" : ": ", message);
        put(text);
    }
}

TC_PRINTF(3, 0)
static void line(tc_log_level level, const char *members, const char *format, va_list args)
{
    static const char *const name[] = {"quiet", "warning", "info", "debug"};
    if (state.speaks && level <= state.level) {
        char message[LINE_TEXT];
        (void)vsnprintf(message, sizeof message, format, args);
        put_line(name[level], members, message);
    }
}

void tc_log_info(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line(TC_LOG_INFO, NULL, format, args);
    va_end(args);
}

void tc_log_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line(TC_LOG_WARN, NULL, format, args);
    va_end(args);
}

void tc_log_debug(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line(TC_LOG_DEBUG, NULL, format, args);
    va_end(args);
}

void tc_log_event(tc_log_level level, const char *members, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line(level, members, format, args);
    va_end(args);
}

void tc_log_text(const char *text)
{
    char one[LINE_TEXT];
    for (const char *at = text; state.speaks && *at != '\0';) {
        const size_t n = strcspn(at, "\n");
        (void)snprintf(one, sizeof one, "%.*s", (int)(n < LINE_TEXT ? n : LINE_TEXT), at);
        if (state.json) {
            put_json("info", NULL, one + strspn(one, " "));
        } else {
            put(one);
        }
        at += n + (at[n] == '\n');
    }
}

void tc_log_error(int exit_code, const char *message)
{
    char members[32];
    (void)snprintf(members, sizeof members, "\"exit_code\": %d", exit_code);
    put_line("error", members, message);
}

void tc_log_bar(const char *text)
{
    (void)pthread_mutex_lock(&lock);
    if (state.speaks && (text[0] != '\0' || state.has_bar)) {
        (void)fprintf(stderr, "\r%.*s\033[K", BAR_TEXT, text);
        (void)fflush(stderr);
        state.has_bar = text[0] != '\0';
    }
    (void)pthread_mutex_unlock(&lock);
}
