/* The names and patterns of formats of times. */
#include "timeparse_impl.h"

#include <string.h>

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
