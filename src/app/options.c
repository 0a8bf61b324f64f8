#include "options.h"

#include <string.h>

static tc_status parse_show(const char *word, tc_show *show, tc_error *err)
{
    static const char *const words[] = {"auto", "bar", "lines", "none"};
    for (int i = 0; word != NULL && i < 4; i++) {
        if (strcmp(word, words[i]) == 0) {
            *show = (tc_show)i;
            return TC_OK;
        }
    }
    return tc_fail(err, TC_EUSAGE, "--progress needs one of auto, bar, lines, none");
}

tc_status tc_options_take(int *argc, char **argv, tc_options *out, tc_error *err)
{
    static const char with_value[] = "--progress=";
    tc_status st = TC_OK;
    int kept = 0;
    *out = (tc_options){.show = TC_SHOW_AUTO};
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], "--log-json") == 0) {
            out->log_json = 1;
        } else if (strcmp(argv[i], "--progress") == 0) {
            const tc_status now =
                parse_show(i + 1 < *argc ? argv[i + 1] : NULL, &out->show, err);
            st = st == TC_OK ? now : st;
            i += i + 1 < *argc;
        } else if (strncmp(argv[i], with_value, sizeof with_value - 1) == 0) {
            const tc_status now =
                parse_show(argv[i] + sizeof with_value - 1, &out->show, err);
            st = st == TC_OK ? now : st;
        } else {
            argv[kept++] = argv[i];
        }
    }
    *argc = kept;
    argv[kept] = NULL;
    if (out->log_json && out->show == TC_SHOW_AUTO) {
        out->show = TC_SHOW_LINES; /* a bar is no JSON */
    }
    return st;
}
