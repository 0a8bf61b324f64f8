/* ingest_emit.h - private to ingest: finished rows on their way to events.h5, and what is
 * known of each customer and order when its rows have passed. */
#ifndef TC_INGEST_EMIT_H
#define TC_INGEST_EMIT_H

#include "ingest_impl.h"

/* Columns of the events; the last two are not always there. */
typedef enum {
    TC_EVENT_TIME,
    TC_EVENT_AMOUNT,
    TC_EVENT_ORDER,
    TC_EVENT_KIND,
    TC_EVENT_CHANNEL,
    TC_EVENT_CATEGORY,
    TC_EVENT_ALIAS, /* with an identity map */
    TC_EVENT_ROW,   /* if duplicates can be dropped: between instalments too */
    TC_N_EVENT_COLUMNS
} tc_event_column;

/* 64 KiB of the widest columns: the kernel fetches memory for the page cache in pieces as large
 * as a write, and large pieces cost it many times as much a byte. */
enum { TC_EVENT_SLAB = 1 << 13 };

/* Rows that are transferred together. */
typedef struct {
    int64_t time[TC_EVENT_SLAB], amount[TC_EVENT_SLAB];
    uint64_t order[TC_EVENT_SLAB], row[TC_EVENT_SLAB];
    uint32_t category[TC_EVENT_SLAB];
    uint16_t channel[TC_EVENT_SLAB];
    uint8_t kind[TC_EVENT_SLAB], alias[TC_EVENT_SLAB];
} tc_event_slab;

/* A customer as kept until all are known: this head, one byte with the length of the id, the
 * id. */
typedef struct {
    tc_hash128 hash;
    int64_t n_events;
} tc_customer_head;

enum { TC_CUSTOMER_MAX = sizeof(tc_customer_head) + 1 + TC_PACKED_ID_MAX };

typedef struct tc_ingest_emitter {
    tc_ingest *in; /* borrowed */
    tc_store_piece *piece[TC_N_EVENT_COLUMNS];
    tc_event_slab *slab; /* owned */
    int64_t row0;        /* of the slab, in the file */
    int64_t n;           /* rows in the slab */
    /* the customer whose rows pass, packed as kept; n_events 0: none yet */
    tc_customer_head customer;
    unsigned char id[1 + TC_PACKED_ID_MAX];
    /* the order whose rows pass */
    uint64_t order;
    int64_t order_rows;
} tc_ingest_emitter;

/* Local. n equal rows, the next in order; hi: of the customer's hash. Errors: TC_EDATA if two
 * ids have one hash; TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_emit(tc_ingest_emitter *emitter, uint64_t hi,
                                      const unsigned char *row, int64_t n, tc_error *err);

/* Local. An unused row: only its order counts. */
TC_NODISCARD tc_status tc_ingest_emit_unused(tc_ingest_emitter *emitter,
                                             const unsigned char *row, tc_error *err);

/* Local. Behind the last row. */
TC_NODISCARD tc_status tc_ingest_emit_end(tc_ingest_emitter *emitter, tc_error *err);

#endif
