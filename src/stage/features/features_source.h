/* features_source.h - a cursor over the customers of one file, in the order of their hash, with or without
 * events. Any file with `customers/hash` and `customers/id` in that order can be a source: events.h5, an
 * instalment, or a table of customers that have no events in it. Used by the merge (features_merge.h). */
#ifndef TC_FEATURES_SOURCE_H
#define TC_FEATURES_SOURCE_H

#include "tiercel/hash.h"
#include "tiercel/rfm.h"
#include "tiercel/store.h"

typedef enum {
    TC_EVENT_TIME,
    TC_EVENT_AMOUNT,
    TC_EVENT_ORDER,
    TC_EVENT_KIND,
    TC_EVENT_CHANNEL,
    TC_EVENT_CATEGORY,
    TC_EVENT_ALIAS, /* only with an identity map */
    TC_EVENT_ROW,   /* hash of the row; only where duplicates between files are dropped */
    TC_N_EVENT_COLUMNS
} tc_event_column;

/* Events of consecutive customers: the columns of events.h5 in memory. */
typedef struct {
    int64_t *time, *amount;
    uint64_t *order, *row; /* row: NULL without TC_EVENT_ROW */
    uint8_t *kind, *alias; /* alias: NULL without TC_EVENT_ALIAS */
    uint16_t *channel;
    uint32_t *category;
    int64_t capacity;
} tc_event_columns;

/* Columns that are not always there; bits. */
enum { TC_WITH_ROWS = 1, TC_WITH_ALIASES = 2 };

/* Local. Room for so many events; the content is kept. with: bits. Errors: TC_ENOMEM (what is there stays valid). */
TC_NODISCARD tc_status tc_event_columns_reserve(tc_event_columns *columns, int64_t n,
                                                int with, tc_error *err);
void tc_event_columns_free(tc_event_columns *columns);

typedef struct {
    /* set by the owner */
    tc_store *store;  /* borrowed */
    const char *path; /* borrowed, for messages */
    int has_events;
    int with;                               /* columns that are not always there */
    int with_ids;                           /* else hashes alone are read */
    int64_t batch_customers, window_events; /* how much is in memory at a time */
    uint16_t *
        channel_code; /* codes of the union by codes of this file; NULL = the same; owned */
    uint32_t *category_code;
    int64_t n_channels, n_categories; /* codes of this file are below */
    /* the file */
    tc_store_piece *hash_piece, *id_piece, *first_piece, *column[TC_N_EVENT_COLUMNS];
    int64_t n_customers, n_events;
    int id_width;
    /* customers row_begin .. row_end - 1 are this rank's; those of the batch are in memory */
    int64_t row_begin, row_end, batch_row, n_batch, at;
    tc_hash128 *hash;
    tc_hash128 last; /* of the batch before, if there is one */
    char *id;
    int64_t *first; /* [n_batch + 1] rows in the file */
    int64_t window_begin, window_end;
    tc_event_columns window;
} tc_features_source;

/* Collective. Opens the datasets and takes the customers whose hash lies in the shards shard0 .. shard1 - 1 of
 * n_shards = 2^b; stands before the first. Errors (agreed): TC_EDATA, TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_features_source_open_all(tc_comm *comm,
                                                   tc_features_source *source,
                                                   int64_t n_shards, tc_error *err);
/* Collective. Ends the reading; checksums are verified if all ranks came to the end. status: of this rank's
 * reading. Errors (agreed): the status, TC_EDATA. */
TC_NODISCARD tc_status tc_features_source_close_all(tc_comm *comm,
                                                    tc_features_source *source,
                                                    tc_status status, tc_error *err);
/* Local. Goes to the next customer; *found = 0 behind the last. Errors: TC_EDATA, TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_features_source_next(tc_features_source *source, int *found,
                                               tc_error *err);

/* Local, pure. The current customer. */
static inline tc_hash128 tc_features_source_hash(const tc_features_source *s)
{
    return s->hash[s->at];
}

/* Row of the current customer in the file. */
static inline int64_t tc_features_source_row(const tc_features_source *s)
{
    return s->batch_row + s->at;
}

static inline const char *tc_features_source_id(const tc_features_source *s)
{
    return s->id + s->at * s->id_width;
}

/* Their number is 0 without events. *row: hashes of rows, NULL without. Borrowed until the next customer. */
tc_rfm_events tc_features_source_events(const tc_features_source *s, const uint64_t **row);

#endif
