/* ingest_write.c - events.h5: customers in the order of their hash, their events behind one
 * another. */
#include "ingest_write.h"
#include "ingest_identity.h"
#include "ingest_orders.h"

#include "tiercel/lineage.h"
#include "tiercel/shards.h"

#include <stdio.h>
#include <string.h>

static tc_ingest_extent extent_all(tc_comm *comm, int64_t n_local)
{
    tc_ingest_extent e = {n_local, n_local, n_local};
    tc_comm_exscan_i64_all(comm, &e.row0, 1);
    tc_comm_sum_i64_all(comm, &e.n_global, 1);
    return e;
}

/* The id of events.h5: version, configuration, the rows free of their order, and which were
 * dropped. */
static tc_status make_run_id(const tc_ingest *in, char id[TC_ID_TEXT], tc_error *err)
{
    const tc_ingest_counts *c = &in->counts;
    tc_buffer text = {0};
    tc_status st = tc_buffer_print(&text, err, "tiercel %s|input=", TC_VERSION);
    if (st == TC_OK) {
        st = tc_config_section(in->config, "input", &text, err);
    }
    if (st == TC_OK) {
        st = tc_buffer_print(
            &text, err, "|rows=%lld,%016llx%016llx|dropped=%lld,%016llx%016llx",
            (long long)c->rows, (unsigned long long)c->content[0],
            (unsigned long long)c->content[1], (long long)c->dropped,
            (unsigned long long)c->dropped_rows[0], (unsigned long long)c->dropped_rows[1]);
    }
    if (st == TC_OK) {
        st = tc_ingest_identity_print(in, &text, err);
    }
    if (st == TC_OK) {
        tc_hash128_text(tc_hash128_of(text.data, (size_t)text.size), id);
    }
    tc_buffer_free(&text);
    return st;
}

static tc_status create_all(tc_ingest_writer *w, const char *path, tc_error *err)
{
    const tc_stage_def *def = tc_stage(TC_STAGE_INGEST);
    tc_store_header header = {.schema_version = def->schema_version, .n_shards = 1};
    tc_status st;
    (void)snprintf(header.schema, sizeof header.schema, "%s", def->schema);
    (void)snprintf(header.program_version, sizeof header.program_version, "%s", TC_VERSION);
    st = make_run_id(w->in, header.run_id, err);
    st = tc_comm_agree_all(w->in->comm, st, err);
    if (st != TC_OK) {
        return st;
    }
    return tc_store_create_all(w->in->comm, path, &header, &w->store, err);
}

/* Collective. Events first: the disk writes them while customers and orders are counted. */
static tc_status put_rows_all(tc_ingest_writer *w, tc_error *err)
{
    tc_ingest *const in = w->in;
    tc_status st = tc_ingest_put_events_all(w, err);
    tc_ingest_phase(in, "events");
    if (st == TC_OK) {
        st = tc_ingest_totals_settled_all(in, err);
    }
    if (st == TC_OK) {
        w->customers = extent_all(in->comm, in->n_customers);
        st = tc_store_set_rows_all(w->store, tc_shards_count(w->customers.n_global),
                                   w->customers.n_global, err);
    }
    if (st == TC_OK) {
        st = tc_ingest_put_customers_all(w, err);
        tc_ingest_phase(in, "customers");
    }
    if (st == TC_OK) {
        st = tc_ingest_orders_all(in, err);
        tc_ingest_phase(in, "orders");
    }
    return st;
}

tc_status tc_ingest_write_all(tc_ingest *in, const char *path, tc_store **store,
                              tc_error *err)
{
    tc_ingest_writer w = {.in = in, .events = extent_all(in->comm, in->n_used)};
    tc_status st = create_all(&w, path, err);
    *store = w.store;
    if (st == TC_OK) {
        st = put_rows_all(&w, err);
    }
    if (st == TC_OK) {
        st = tc_ingest_put_dictionaries_all(&w, err);
    }
    if (st == TC_OK) {
        st = tc_ingest_put_reasons_all(&w, err);
    }
    if (st == TC_OK) {
        st = tc_ingest_put_attributes_all(&w, err);
    }
    if (st == TC_OK) {
        st = tc_ingest_quality_all(in, w.store, err);
    }
    return st;
}
