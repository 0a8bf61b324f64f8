/* log.h - plain log lines on standard error. Only the rank that was told to speaks, so a
 * line appears once. Never logs personal data. Base layer. */
#ifndef TC_LOG_H
#define TC_LOG_H

#include "tiercel/status.h"

typedef enum { TC_LOG_QUIET, TC_LOG_WARN, TC_LOG_INFO, TC_LOG_DEBUG } tc_log_level;

/* Local. Called once by main: rank 0 speaks, the others are silent. */
void tc_log_init(tc_log_level level, int speaks);
int tc_log_speaks(void);

/* Local. One line; no newline in the format. */
void tc_log_info(const char *format, ...) TC_PRINTF(1, 2);
void tc_log_warn(const char *format, ...) TC_PRINTF(1, 2);
void tc_log_debug(const char *format, ...) TC_PRINTF(1, 2);

#endif
