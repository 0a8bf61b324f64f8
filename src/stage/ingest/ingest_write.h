/* ingest_write.h - private to ingest: what the two halves of writing events.h5 share. */
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
    const tc_ingest_record *record;
    tc_ingest_extent customers, events;
    int64_t *first; /* [customers.n_local + 1] first record of each customer; owned */
} tc_ingest_writer;

/* Collective; ingest_write_events.c. The columns of the events; dictionaries; counts and
 * attributes (the last two after the orders are counted). Errors (agreed): TC_EIO,
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_put_events_all(tc_ingest_writer *w, tc_error *err);
TC_NODISCARD tc_status tc_ingest_put_dictionaries_all(tc_ingest_writer *w, tc_error *err);
TC_NODISCARD tc_status tc_ingest_put_reasons_all(tc_ingest_writer *w, tc_error *err);
TC_NODISCARD tc_status tc_ingest_put_attributes_all(tc_ingest_writer *w, tc_error *err);

#endif
