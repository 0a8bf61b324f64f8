#include "ingest_identity.h"

#include "ingest_merge.h"

#include "tiercel/log.h"

/* Batches that moving takes: rows received with the own ones, rows that move, the same
 * grouped by rank. */
enum { BATCHES = 4 };

tc_status tc_ingest_identity_load_all(tc_ingest *in, tc_error *err)
{
    tc_ingest_memory *const memory = &in->memory;
    const int64_t least = (int64_t)2 * TC_SPILL_BLOCK * TC_MERGE_WAYS;
    const int64_t room = memory->pool - BATCHES * memory->batch;
    /* while it is built no rows are there yet */
    const int64_t building = memory->pool + memory->settle;
    int64_t left;
    tc_status st = tc_identity_load_all(in->comm, in->config, building, &in->identity, err);
    if (st != TC_OK || in->identity == NULL) {
        return st;
    }
    left = room - tc_identity_bytes(in->identity);
    if (left < least) {
        st = tc_fail(
            err, TC_ENOMEM,
            "identity: the map takes %lld MiB on this rank and leaves too little for "
            "the rows; raise run.memory_per_rank or use more ranks",
            (long long)(tc_identity_bytes(in->identity) >> 20));
    } else {
        memory->pool = left;
    }
    return tc_comm_agree_all(in->comm, st, err);
}

tc_status tc_ingest_identity_print(const tc_ingest *in, tc_buffer *text, tc_error *err)
{
    const tc_identity_facts *f;
    char id[TC_HASH_TEXT];
    if (in->identity == NULL) {
        return TC_OK;
    }
    f = tc_identity_facts_of(in->identity);
    tc_identity_id(in->identity, id);
    return tc_buffer_print(text, err, "|identity=%s,%lld,%016llx%016llx", id,
                           (long long)f->rows, (unsigned long long)f->content[0],
                           (unsigned long long)f->content[1]);
}

tc_status tc_ingest_identity_put_all(tc_ingest *in, tc_store *store, tc_error *err)
{
    const tc_identity_facts *f;
    tc_identity_effects effects;
    char id[TC_HASH_TEXT];
    tc_status st;
    if (in->identity == NULL) {
        return TC_OK;
    }
    f = tc_identity_facts_of(in->identity);
    st = tc_identity_effects_all(in->identity, in->comm, &effects, err);
    const struct {
        const char *name;
        int64_t value;
    } list[] = {
        {"identity_ids", f->ids},
        {"identity_customers", f->customers},
        {"identity_rows", f->rows},
        {"identity_rows_missing_id", f->rows_missing_id},
        {"identity_rows_long_id", f->rows_long_id},
        {"identity_rows_malformed", f->rows_malformed},
        {"identity_rows_self", f->rows_self},
        {"identity_rows_repeated", f->rows_repeated},
        {"identity_rows_moved", effects.rows_moved},
        {"identity_ids_merged", effects.ids_merged},
        {"identity_customers_merged", effects.customers_merged},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list && st == TC_OK; i++) {
        st = tc_store_put_i64_all(store, list[i].name, list[i].value, err);
    }
    if (st != TC_OK) {
        return st;
    }
    tc_log_info("identity: %lld rows of %lld ids went to %lld customers",
                (long long)effects.rows_moved, (long long)effects.ids_merged,
                (long long)effects.customers_merged);
    tc_identity_id(in->identity, id);
    return tc_store_put_text_all(store, "identity_id", id, err);
}
