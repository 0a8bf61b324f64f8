/* cmd_document.c - `tiercel document config|features`: the tables that the program itself works with. */
#include "tiercel/app.h"
#include "tiercel/catalogue.h"
#include "tiercel/interact.h"

#include <stdio.h>
#include <string.h>

static tc_status document(const char *what, tc_error *err)
{
    tc_buffer text = {0};
    tc_status st;
    if (strcmp(what, "config") == 0) {
        st = tc_config_document(&text, err);
    } else if (strcmp(what, "features") == 0) {
        st = tc_catalogue_document(&text, err);
        if (st == TC_OK) {
            st = tc_interact_document(&text, err);
        }
    } else {
        st = tc_fail(err, TC_EUSAGE,
                     "tiercel document knows 'config' and 'features', not '%s'", what);
    }
    if (st == TC_OK && text.size > 0 &&
        fwrite(text.data, 1, (size_t)text.size, stdout) != (size_t)text.size) {
        st = tc_fail(err, TC_EIO, "standard output cannot be written");
    }
    tc_buffer_free(&text);
    return st;
}

tc_status tc_cmd_document_all(tc_comm *comm, int argc, char **argv, tc_error *err)
{
    tc_status st = TC_OK;
    if (argc != 2) {
        st = tc_fail(err, TC_EUSAGE, "usage: tiercel document config|features");
    } else if (tc_comm_rank(comm) == 0) {
        st = document(argv[1], err);
    }
    return tc_comm_agree_all(comm, st, err);
}
