/* options.h - options that every command understands, wherever they stand. */
#ifndef TC_OPTIONS_H
#define TC_OPTIONS_H

#include "monitor.h"

typedef struct {
    int log_json; /* --log-json */
    tc_show show; /* --progress auto|bar|lines|none */
} tc_options;

/* Local. Takes them out of argv; *argc and argv are as if they had not been there. Errors: TC_EUSAGE. */
TC_NODISCARD tc_status tc_options_take(int *argc, char **argv, tc_options *out,
                                       tc_error *err);

#endif
