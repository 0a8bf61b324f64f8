#include "tiercel/log.h"

#include <stdarg.h>
#include <stdio.h>

static struct {
    tc_log_level level;
    int speaks;
} state = {TC_LOG_INFO, 1};

void tc_log_init(tc_log_level level, int speaks)
{
    state.level = level;
    state.speaks = speaks;
}

int tc_log_speaks(void)
{
    return state.speaks;
}

TC_PRINTF(3, 0)
static void line(tc_log_level level, const char *prefix, const char *format, va_list args)
{
    if (state.speaks && level <= state.level) {
        (void)fprintf(stderr, "tiercel: %s", prefix);
        (void)vfprintf(stderr, format, args);
        (void)fputc('\n', stderr);
    }
}

void tc_log_info(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line(TC_LOG_INFO, "", format, args);
    va_end(args);
}

void tc_log_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line(TC_LOG_WARN, "warning: ", format, args);
    va_end(args);
}

void tc_log_debug(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    line(TC_LOG_DEBUG, "", format, args);
    va_end(args);
}
