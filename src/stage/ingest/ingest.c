/* ingest.c - from transaction files to events.h5 and rejects.csv. */
#include "ingest_checkpoint.h"
#include "ingest_rejects.h"
#include "ingest_settle.h"

#include "tiercel/fault.h"
#include "tiercel/lineage.h"
#include "tiercel/log.h"

#include <time.h>

void tc_ingest_phase(tc_ingest *in, const char *name)
{
    const double wall = tc_comm_seconds();
    const double processor = (double)clock() / CLOCKS_PER_SEC;
    tc_log_debug("ingest: %-10s %8.2f s, of the processor %8.2f s", name, wall - in->wall,
                 processor - in->processor);
    in->wall = wall;
    in->processor = processor;
}

static tc_status start(tc_ingest *in, tc_comm *comm, const tc_config *config, tc_error *err)
{
    *in = (tc_ingest){.comm = comm,
                      .config = config,
                      .wall = tc_comm_seconds(),
                      .processor = (double)clock() / CLOCKS_PER_SEC};
    in->counts.first_bad_time = in->counts.first_time = INT64_MAX;
    in->counts.last_time = INT64_MIN;
    TC_TRY(tc_row_rules_compile(&config->input, &in->rules, err));
    TC_TRY(tc_ingest_quality_create(&config->input, &in->rules, &in->quality, err));
    in->channel.max_codes = UINT16_MAX;
    in->channel.column = in->rules.column[TC_ROLE_CHANNEL];
    in->category.max_codes = INT32_MAX;
    in->category.column = in->rules.column[TC_ROLE_CATEGORY];
    return TC_OK;
}

/* Collective. */
static void finish_all(tc_ingest *in)
{
    tc_checkpoint_close_all(&in->checkpoint);
    tc_table_close(&in->table);
    tc_ingest_lanes_free(&in->lanes);
    tc_identity_free(&in->identity);
    tc_ingest_dict_free(&in->channel);
    tc_ingest_dict_free(&in->category);
    tc_ingest_buckets_free(&in->buckets);
    tc_spill_destroy(&in->spill);
    tc_mem_free(in->channel_code);
    tc_mem_free(in->category_code);
    tc_ingest_quality_free(&in->quality);
    tc_mem_free(in->channel_text);
    tc_mem_free(in->category_text);
}

/* Collective. Rows that are dropped must be known before the files are begun: their number,
 * and their sum in the id of events.h5. */
static tc_status drop_duplicates_all(tc_ingest *in, tc_error *err)
{
    tc_ingest_settler settler = {.in = in, .counting = 1};
    tc_status st = TC_OK;
    if (in->config->input.duplicates != TC_DUPLICATES_KEEP) {
        st = tc_ingest_settle(&settler, err);
        in->n_used = settler.kept;
        st = tc_comm_agree_all(in->comm, st, err);
    }
    return st;
}

/* Collective. From the files to buckets of rows and what is known of them so far. */
static tc_status read_all(tc_ingest *in, tc_error *err)
{
    tc_status st = tc_ingest_open_all(in, err);
    if (st == TC_OK) {
        tc_ingest_phase(in, "open");
        st = tc_ingest_shuffle_all(in, err);
        tc_ingest_phase(in, "read");
    }
    if (st == TC_OK) {
        st = drop_duplicates_all(in, err);
        tc_ingest_phase(in, "duplicates");
    }
    if (st == TC_OK) {
        st = tc_ingest_totals_read_all(in, err);
    }
    return st;
}

/* Collective. rejects.csv gets its name just before events.h5: a complete events.h5 is
 * never without it. */
static tc_status publish_all(tc_ingest *in, const char *rejects, tc_store **store,
                             tc_error *err)
{
    tc_status st = TC_FAULT("ingest.publish", err);
    st = tc_comm_agree_all(in->comm, st, err);
    if (st == TC_OK) {
        st = tc_rejects_publish_all(in->comm, rejects, err);
    }
    if (st == TC_OK) {
        st = tc_store_publish_all(store, err);
    }
    return st;
}

/* Collective. Both files under temporary names, then both under their own. */
static tc_status write_all(tc_ingest *in, tc_error *err)
{
    tc_store *store = NULL;
    char *events = tc_stage_path(in->config, TC_STAGE_INGEST, err);
    char *rejects = tc_rejects_path(in->config, err);
    tc_status st = events == NULL || rejects == NULL ? TC_ENOMEM : TC_OK;
    st = tc_comm_agree_all(in->comm, st, err);
    if (st == TC_OK) {
        const tc_reject_names names = {.file = in->config->input.files,
                                       .n_files = in->config->input.n_files,
                                       .column = in->rules.column,
                                       .reason = tc_row_reason_code};
        st = tc_rejects_write_all(in->comm, &names, rejects, &in->rejects,
                                  in->memory.settle, err);
    }
    if (st == TC_OK) {
        tc_ingest_phase(in, "rejects");
        st = tc_ingest_write_all(in, events, &store, err);
        if (st == TC_OK) {
            st = publish_all(in, rejects, &store, err);
            tc_ingest_phase(in, "publish");
        }
        if (st != TC_OK) {
            tc_rejects_remove_all(in->comm, rejects);
        }
    }
    tc_store_close_all(&store);
    tc_mem_free(events);
    tc_mem_free(rejects);
    return st;
}

/* Collective. */
static void log_totals_all(const tc_ingest *in)
{
    const tc_ingest_counts *const c = &in->counts;
    int64_t spilled = tc_spill_written(in->spill);
    tc_comm_sum_i64_all(in->comm, &spilled, 1);
    if (spilled > 0) {
        tc_log_info("ingest: %lld MiB went through scratch files in %s",
                    (long long)(spilled >> 20), tc_ingest_scratch(in->config));
    }
    tc_log_info("ingest: %lld rows read, %lld used, %lld rejected (see rejects.csv), %lld "
                "repeat another row, %lld amounts rounded",
                (long long)c->rows, (long long)c->reason_rows[TC_ROW_USED],
                (long long)(c->rows - c->reason_rows[TC_ROW_USED]),
                (long long)c->duplicate_rows, (long long)c->rounded);
}

tc_status tc_ingest_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    tc_ingest in;
    tc_status st = start(&in, comm, config, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = read_all(&in, err);
    }
    if (st == TC_OK) {
        st = write_all(&in, err);
    }
    if (st == TC_OK) {
        log_totals_all(&in);
        tc_checkpoint_done_all(in.checkpoint);
    }
    finish_all(&in);
    return st;
}
