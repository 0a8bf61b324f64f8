/* ingest_write.h - private to ingest: what the parts of writing events.h5 share. */
#ifndef TC_INGEST_WRITE_H
#define TC_INGEST_WRITE_H

#include "ingest_impl.h"

/* Rows of one kind: of this rank, before it, of all. */
typedef struct {
    int64_t n_local, row0, n_global;
} tc_ingest_extent;

typedef struct {
    tc_ingest *in;
    tc_store *store;
    tc_ingest_extent customers, events;
} tc_ingest_writer;

/* Collective; ingest_write_events.c. Puts the rows in order, bucket by bucket, and writes
 * the columns of the events on the way; w->events is known. Errors (agreed): TC_EDATA if two
 * ids have one hash; TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_put_events_all(tc_ingest_writer *w, tc_error *err);

/* Collective; ingest_write_customers.c. The customers, whose extent is known, and the
 * shards; what was kept of them is freed. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_put_customers_all(tc_ingest_writer *w, tc_error *err);

/* Collective; ingest_write_counts.c. Dictionaries; counts and attributes (the last two after
 * the orders are counted). Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_put_dictionaries_all(tc_ingest_writer *w, tc_error *err);
TC_NODISCARD tc_status tc_ingest_put_reasons_all(tc_ingest_writer *w, tc_error *err);
TC_NODISCARD tc_status tc_ingest_put_attributes_all(tc_ingest_writer *w, tc_error *err);

#endif
