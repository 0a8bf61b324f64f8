#include "tiercel/status.h"

#include <stdio.h>
#include <stdlib.h>

static void (*abort_hook)(int exit_code);

tc_status tc_fail(tc_error *err, tc_status code, const char *format, ...)
{
    if (err != NULL && err->code == TC_OK) {
        va_list args;
        va_start(args, format);
        err->code = code;
        err->rank = -1;
        (void)vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
    }
    return code;
}

int tc_status_exit_code(tc_status status)
{
    static const int code[] = {
#define X(name, code, text) code,
        TC_STATUS_LIST(X)
#undef X
    };
    return code[status];
}

const char *tc_status_text(tc_status status)
{
    static const char *const text[] = {
#define X(name, code, text) text,
        TC_STATUS_LIST(X)
#undef X
    };
    return text[status];
}

const char *tc_status_name(tc_status status)
{
    static const char *const name[] = {
#define X(name, code, text) #name,
        TC_STATUS_LIST(X)
#undef X
    };
    return name[status];
}

void tc_assert_set_abort(void (*abort_all)(int exit_code))
{
    abort_hook = abort_all;
}

void tc_assert_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "tiercel: internal error: %s does not hold at %s:%d\n", condition,
                  file, line);
    if (abort_hook != NULL) {
        abort_hook(tc_status_exit_code(TC_EINTERNAL));
    }
    abort();
}
