/* ingest_write.c - events.h5: customers in the order of their hash, their events behind one
 * another. */
#include "ingest_write.h"

#include "tiercel/lineage.h"

#include <stdio.h>
#include <string.h>

static tc_ingest_extent extent_all(tc_comm *comm, int64_t n_local)
{
    tc_ingest_extent e = {n_local, n_local, n_local};
    tc_comm_exscan_i64_all(comm, &e.row0, 1);
    tc_comm_sum_i64_all(comm, &e.n_global, 1);
    return e;
}

static int starts_customer(const tc_ingest_record *record, int64_t i)
{
    return i == 0 || record[i].hi != record[i - 1].hi || record[i].lo != record[i - 1].lo;
}

/* Finds where customers start. */
static tc_status index_customers(tc_ingest_writer *w, int64_t n, int64_t *customers,
                                 tc_error *err)
{
    int64_t k = 0;
    *customers = 0;
    for (int64_t i = 0; i < n; i++) {
        *customers += starts_customer(w->record, i);
    }
    w->first = tc_mem_alloc(*customers + 1, sizeof *w->first, err);
    if (w->first == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        if (starts_customer(w->record, i)) {
            w->first[k++] = i;
        }
    }
    w->first[k] = n;
    return TC_OK;
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
        tc_hash128_text(tc_hash128_of(text.data, (size_t)text.size), id);
    }
    tc_buffer_free(&text);
    return st;
}

static tc_status create_all(tc_ingest_writer *w, const char *path, tc_error *err)
{
    const tc_stage_def *def = tc_stage(TC_STAGE_INGEST);
    tc_store_header header = {.schema_version = def->schema_version,
                              .n_shards = tc_shards_count(w->customers.n_global),
                              .n_rows = w->customers.n_global};
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

static tc_status put_shards_all(tc_ingest_writer *w, tc_error *err)
{
    const int64_t n_shards = tc_shards_count(w->customers.n_global);
    int64_t *first_row = tc_mem_alloc(n_shards + 1, sizeof *first_row, err);
    tc_status st =
        tc_comm_agree_all(w->in->comm, first_row == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(first_row != NULL);
        for (int64_t i = 0; i < w->customers.n_local; i++) {
            first_row[tc_shards_of(w->record[w->first[i]].hi, n_shards) + 1]++;
        }
        tc_comm_sum_i64_all(w->in->comm, first_row, n_shards + 1);
        for (int64_t s = 0; s < n_shards; s++) {
            first_row[s + 1] += first_row[s];
        }
        st = tc_stage_put_shards_all(w->store, n_shards, first_row, err);
    }
    tc_mem_free(first_row);
    return st;
}

static tc_status fill_ids(const tc_ingest_writer *w, int64_t width, char *text,
                          tc_error *err)
{
    for (int64_t i = 0; i < w->customers.n_local; i++) {
        const tc_ingest_record *record = &w->record[w->first[i]];
        int64_t n;
        const char *id =
            tc_ingest_ids_find(&w->in->own, (tc_hash128){record->hi, record->lo}, &n);
        if (id == NULL) {
            return tc_fail(err, TC_EINTERNAL, "ingest: a customer came without its id");
        }
        memcpy(text + i * width, id, (size_t)n);
    }
    return TC_OK;
}

static tc_status put_ids_all(tc_ingest_writer *w, tc_error *err)
{
    int64_t width = w->in->own.width;
    tc_field field = {.name = "customers/id",
                      .type = TC_TEXT,
                      .unit = "",
                      .description = "customer id, normalised as configured"};
    char *text;
    tc_status st;
    tc_comm_max_i64_all(w->in->comm, &width, 1);
    field.width = (int)width;
    text = tc_mem_alloc(w->customers.n_local, (size_t)width, err);
    st = text == NULL ? TC_ENOMEM : fill_ids(w, width, text, err);
    tc_ingest_ids_free(&w->in->own);
    st = tc_comm_agree_all(w->in->comm, st, err);
    if (st == TC_OK) {
        st = tc_store_put_all(w->store, &field, text, w->customers.row0,
                              w->customers.n_local, w->customers.n_global, err);
    }
    tc_mem_free(text);
    return st;
}

static tc_status put_hashes_all(tc_ingest_writer *w, tc_error *err)
{
    static const tc_field field = {.name = "customers/hash",
                                   .type = TC_U64,
                                   .unit = "1",
                                   .description = "XXH3 of the id: high word, low word; "
                                                  "customers are in this order",
                                   .columns = 2};
    tc_hash128 *hash = tc_mem_alloc(w->customers.n_local, sizeof *hash, err);
    tc_status st = tc_comm_agree_all(w->in->comm, hash == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(hash != NULL);
        for (int64_t i = 0; i < w->customers.n_local; i++) {
            const tc_ingest_record *record = &w->record[w->first[i]];
            hash[i] = (tc_hash128){record->hi, record->lo};
        }
        st = tc_store_put_all(w->store, &field, hash, w->customers.row0,
                              w->customers.n_local, w->customers.n_global, err);
    }
    tc_mem_free(hash);
    return st;
}

/* The last rank adds the end of the last customer. Turns w->first into rows of the file. */
static tc_status put_first_events_all(tc_ingest_writer *w, tc_error *err)
{
    static const tc_field field = {.name = "customers/first_event",
                                   .type = TC_I64,
                                   .unit = "1",
                                   .description =
                                       "row of the customer's first event; its last is "
                                       "before the next customer's first"};
    const int last = tc_comm_rank(w->in->comm) == tc_comm_size(w->in->comm) - 1;
    const int64_t n = w->customers.n_local;
    for (int64_t i = 0; i <= n; i++) {
        w->first[i] += w->events.row0;
    }
    return tc_store_put_all(w->store, &field, w->first, w->customers.row0, n + last,
                            w->customers.n_global + 1, err);
}

tc_status tc_ingest_write_all(tc_ingest *in, const char *path, tc_store **store,
                              tc_error *err)
{
    tc_ingest_writer w = {
        .in = in, .record = (const tc_ingest_record *)(const void *)in->received.data};
    int64_t customers;
    tc_status st = index_customers(&w, in->n_records, &customers, err);
    st = tc_comm_agree_all(in->comm, st, err);
    if (st == TC_OK) {
        w.customers = extent_all(in->comm, customers);
        w.events = extent_all(in->comm, in->n_records);
        st = create_all(&w, path, err);
    }
    *store = w.store;
    if (st == TC_OK) {
        st = put_shards_all(&w, err);
    }
    if (st == TC_OK) {
        st = put_ids_all(&w, err);
    }
    if (st == TC_OK) {
        st = put_hashes_all(&w, err);
    }
    if (st == TC_OK) {
        st = put_first_events_all(&w, err);
    }
    tc_mem_free(w.first);
    if (st == TC_OK) {
        st = tc_ingest_put_events_all(&w, err);
    }
    if (st == TC_OK) {
        st = tc_ingest_put_dictionaries_all(&w, err);
    }
    if (st == TC_OK) {
        st = tc_ingest_count_orders_all(in, err);
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
