/* log.h - log lines on standard error, plain or as JSON, and the progress bar of a terminal, which a line pushes
 * aside. Only the rank that was told to speaks, so a line appears once. Never logs personal data. Base layer; any
 * thread may log. */
#ifndef TC_LOG_H
#define TC_LOG_H

#include "tiercel/status.h"

#include <stddef.h>

typedef enum { TC_LOG_QUIET, TC_LOG_WARN, TC_LOG_INFO, TC_LOG_DEBUG } tc_log_level;

/* Local. Called once by main: rank 0 speaks, the others are silent. */
void tc_log_init(tc_log_level level, int speaks);
int tc_log_speaks(void);
tc_log_level tc_log_level_now(void);

/* Local. From now on each line is one JSON object: time, level, message, and what the caller adds. */
void tc_log_json(int on);

/* Local. One line; no newline in the format. */
void tc_log_info(const char *format, ...) TC_PRINTF(1, 2);
void tc_log_warn(const char *format, ...) TC_PRINTF(1, 2);
void tc_log_debug(const char *format, ...) TC_PRINTF(1, 2);

/* Local. A line of level info or warn with more in its JSON form: members, `"name": value` separated by commas, NULL
 * = none. */
void tc_log_event(tc_log_level level, const char *members, const char *format, ...)
    TC_PRINTF(3, 4);

/* Local. Lines of a text as they are, at every level; as JSON one object a line. */
void tc_log_text(const char *text);

/* Local. The one line that says why a command fails; at every level, also on a rank that is silent. */
void tc_log_error(int exit_code, const char *message);

/* Local. Shows a text in the last line of the terminal, in place of the one before; "" takes it away. */
void tc_log_bar(const char *text);

/* Local, pure. Writes text as the inside of a JSON string: what is not UTF-8 becomes U+FFFD. What does not fit is cut
 * off; room > 0. */
void tc_log_escape(const char *text, char *out, size_t room);

/* Local. The time of day, UTC, "2025-12-31T23:59:59Z"; seconds since 1970. */
enum { TC_LOG_TIME_TEXT = 24 };
void tc_log_time(double seconds, char out[TC_LOG_TIME_TEXT]);
double tc_log_clock(void);

#endif
