/* stage_checkpoint.c - where the checkpoint of a stage lies, and what it belongs to. */
#include "tiercel/stage_checkpoint.h"

#include "tiercel/stop.h"

#include <string.h>

/* The folder, and the name of the stage with the instalment; both end in a zero. */
static tc_status name_it(const tc_config *config, tc_stage_kind kind, tc_buffer *folder,
                         tc_buffer *name, tc_error *err)
{
    const char *instalment = kind == TC_STAGE_INGEST ? config->input.instalment : "";
    TC_TRY(tc_buffer_print(folder, err, "%s/checkpoint", config->directory));
    TC_TRY(tc_buffer_append(folder, "", 1, err));
    TC_TRY(tc_buffer_print(name, err, "%s%s%s", tc_stage(kind)->name,
                           instalment[0] != '\0' ? "-" : "", instalment));
    return tc_buffer_append(name, "", 1, err);
}

static tc_status make_key(tc_stage_kind kind, const char *id, const char *inputs,
                          char key[TC_HASH_TEXT], tc_error *err)
{
    tc_buffer text = {0};
    const tc_status st = tc_buffer_print(&text, err, "%s|%s|%s|%s", TC_VERSION,
                                         tc_stage(kind)->name, id, inputs);
    if (st == TC_OK) {
        tc_hash128_text(tc_hash128_of(text.data, (size_t)text.size), key);
    }
    tc_buffer_free(&text);
    return st;
}

/* Collective. */
static tc_status open_all(tc_comm *comm, const tc_config *config, tc_stage_kind kind,
                          const char key[TC_HASH_TEXT], tc_checkpoint **out, tc_error *err)
{
    const tc_checkpoint_policy policy = {.seconds = config->checkpoint_seconds,
                                         .node_mtbf_hours = config->node_mtbf_hours};
    tc_buffer folder = {0}, name = {0};
    tc_status st = tc_comm_agree_all(comm, name_it(config, kind, &folder, &name, err), err);
    if (st == TC_OK) {
        st = tc_checkpoint_open_all(comm, (const char *)folder.data,
                                    (const char *)name.data, key, &policy, out, err);
    }
    tc_buffer_free(&folder);
    tc_buffer_free(&name);
    return st;
}

tc_status tc_stage_stop_all(tc_comm *comm, tc_error *err)
{
    return tc_comm_agree_all(comm, tc_stop_check(err), err);
}

tc_status tc_stage_checkpoint_drop_all(tc_comm *comm, const tc_config *config,
                                       tc_stage_kind kind, tc_error *err)
{
    const char key[TC_HASH_TEXT] = "";
    tc_checkpoint *c = NULL;
    const tc_status st = open_all(comm, config, kind, key, &c, err);
    if (st == TC_OK) {
        tc_checkpoint_done_all(c);
    }
    tc_checkpoint_close_all(&c);
    return st;
}

tc_status tc_stage_checkpoint_all(tc_comm *comm, const tc_config *config,
                                  tc_stage_kind kind, const char *inputs,
                                  tc_checkpoint **out, tc_error *err)
{
    const int reads_input = kind == TC_STAGE_INGEST || kind == TC_STAGE_PROFILES;
    char id[TC_ID_TEXT] = "", key[TC_HASH_TEXT] = "";
    tc_status st = TC_OK;
    *out = NULL;
    if (!reads_input) {
        st = tc_stage_id_all(comm, config, kind, id, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(comm, make_key(kind, id, inputs, key, err), err);
    }
    return st == TC_OK ? open_all(comm, config, kind, key, out, err) : st;
}
