/* status.h - the outcome of every function that can fail, and the record that explains it.
 * One list names each status, its process exit code and its text, so that they cannot
 * drift. Base layer: C library only. */
#ifndef TC_STATUS_H
#define TC_STATUS_H

#include <stdarg.h>

#if defined(__GNUC__)
#define TC_NODISCARD __attribute__((warn_unused_result))
#define TC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define TC_NODISCARD
#define TC_PRINTF(fmt, args)
#endif

/* In order of severity: when ranks disagree the largest value wins. X(name, exit code,
 * text) */
#define TC_STATUS_LIST(X)                                                                  \
    X(TC_OK, 0, "complete")                                                                \
    X(TC_EINTERRUPT, 75, "interrupted, can be resumed")                                    \
    X(TC_EGATE, 2, "a quality gate failed, nothing was published")                         \
    X(TC_EUSAGE, 64, "wrong usage")                                                        \
    X(TC_ECONFIG, 78, "wrong configuration")                                               \
    X(TC_EINPUT, 66, "input missing")                                                      \
    X(TC_EDATA, 65, "bad data")                                                            \
    X(TC_ENUMERIC, 65, "the numbers do not allow a result")                                \
    X(TC_EIO, 74, "input or output failed")                                                \
    X(TC_ENOMEM, 71, "out of memory")                                                      \
    X(TC_EINTERNAL, 70, "internal error")

typedef enum {
#define X(name, code, text) name,
    TC_STATUS_LIST(X)
#undef X
} tc_status;

enum { TC_ERROR_TEXT = 512 };

/* Caller-owned. Written once, where the fault is found: what is wrong, where (file and
 * line, or dataset), what to do. Never holds personal data. A zeroed record is an empty
 * one. */
typedef struct {
    tc_status code;
    int rank; /* of the rank that failed, known after agreement; -1 before */
    char message[TC_ERROR_TEXT];
} tc_error;

/* Local. Writes the record if err is not NULL and still empty. Returns code, so that a
 * failing function ends with `return tc_fail(err, TC_EDATA, "...", ...)`. */
tc_status tc_fail(tc_error *err, tc_status code, const char *format, ...) TC_PRINTF(3, 4);

/* Local. Process exit code and fixed text of a status. */
int tc_status_exit_code(tc_status status);
const char *tc_status_text(tc_status status);
const char *tc_status_name(tc_status status);

/* Returns the code of a failed call to the caller; frees nothing, hides nothing else.
 * For local functions only: between two collectives nobody returns. */
#define TC_TRY(expression)                                                                 \
    do {                                                                                   \
        const tc_status tc_try_status_ = (expression);                                     \
        if (tc_try_status_ != TC_OK) {                                                     \
            return tc_try_status_;                                                         \
        }                                                                                  \
    } while (0)

/* Broken contract between our own functions: message with place, then the abort hook (comm
 * installs one MPI_Abort; without it the process aborts). Stays on in release builds. */
#define TC_ASSERT(condition)                                                               \
    ((condition) ? (void)0 : tc_assert_failed(#condition, __FILE__, __LINE__))

_Noreturn void tc_assert_failed(const char *condition, const char *file, int line);
void tc_assert_set_abort(void (*abort_all)(int exit_code));

#endif
