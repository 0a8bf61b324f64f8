/* ingest_impl.h - private to ingest: the state of one run and the steps that it takes, in
 * order. */
#ifndef TC_INGEST_IMPL_H
#define TC_INGEST_IMPL_H

#include "ingest_dict.h"
#include "ingest_ids.h"
#include "ingest_quality.h"
#include "ingest_row.h"
#include "ingest_sort.h"

#include "tiercel/store.h"
#include "tiercel/table.h"
#include "tiercel/wide.h"

/* What has been read; of this rank until tc_ingest_totals_all, then of all. */
typedef struct {
    int64_t rows, bytes;
    int64_t rounded;                     /* amounts that lost digits */
    int64_t reason_rows[TC_N_REASONS];   /* [TC_ROW_USED]: not rejected */
    tc_i128 reason_amount[TC_N_REASONS]; /* of rows whose amount could be read */
    uint64_t content[2];                 /* order-free sum of hashes of the rows */
    int64_t first_bad_time;              /* smallest place of a row rejected for its time */
    /* known after the shuffle */
    int64_t duplicate_rows, dropped;
    tc_i128 duplicate_amount;
    uint64_t dropped_rows[2]; /* order-free sum of hashes */
    int64_t purchase_rows, return_rows;
    tc_i128 gross, returned;
    int64_t first_time, last_time;
    int64_t orders, orders_all;
    int64_t cancelled_rows, cancelled_orders; /* by the prefix; of all rows, used or not */
} tc_ingest_counts;

typedef struct {
    tc_comm *comm;           /* borrowed */
    const tc_config *config; /* borrowed */
    tc_row_rules rules;
    /* parsing */
    tc_table_column column[TC_N_ROLES];
    tc_table *table;
    int done; /* my rows are read */
    /* the batch on its way out */
    tc_buffer batch; /* tc_ingest_record */
    tc_ingest_sender ids;
    tc_ingest_dict channel, category;
    /* what this rank owns */
    tc_buffer received;          /* tc_ingest_record */
    int64_t n_records;           /* used, at the start of received */
    int64_t unused_at, n_unused; /* first and number of those of kind TC_KIND_UNUSED */
    tc_ingest_ids own;
    tc_buffer rejects;                  /* tc_pair, see ingest_rejects.h */
    char *channel_text, *category_text; /* final dictionaries; owned */
    int channel_width, category_width;
    tc_ingest_counts counts;
    tc_ingest_quality quality;
} tc_ingest;

/* Local, pure. Rank that owns a customer: shards of the top 16 bits, a contiguous range a
 * rank (the inverse of tc_shards_begin). */
static inline int tc_ingest_owner(uint64_t hi, int ranks)
{
    const uint64_t shard = hi >> 48;
    return (int)(((shard + 1) * (uint64_t)ranks - 1) / TC_INGEST_SHARDS);
}

/* Local; ingest_parse.c. Reads rows until the batch is full or the pieces of this rank end.
 * Errors: as the reader and the dictionaries. */
TC_NODISCARD tc_status tc_ingest_fill_batch(tc_ingest *in, tc_error *err);

/* Collective; ingest_shuffle.c. Reads all input and brings every row to the owner of its
 * customer, in rounds of bounded memory; then the final codes. Errors (agreed): as
 * above. */
TC_NODISCARD tc_status tc_ingest_shuffle_all(tc_ingest *in, tc_error *err);

/* Local; ingest_settle.c. Puts the records of this rank in order, counts and drops
 * duplicates, adds up. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_settle(tc_ingest *in, tc_error *err);

/* Collective; ingest_totals.c. Turns the counts of this rank into those of all. Errors
 * (agreed): TC_EDATA if no row is used (with the likely cause) or money sums leave
 * int64. */
TC_NODISCARD tc_status tc_ingest_totals_all(tc_ingest *in, tc_error *err);

/* Collective; ingest_orders.c. Number of different words over all ranks; word[n] is
 * reordered. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_distinct_all(tc_comm *comm, uint64_t *word, int64_t n,
                                              int64_t *distinct, tc_error *err);

/* Collective; ingest_orders.c. Counts orders, frees the records. Errors (agreed):
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_count_orders_all(tc_ingest *in, tc_error *err);

/* Collective; ingest_quality.c. After everything is counted: merges the counters of data quality, writes them and judges
 * them. Errors (agreed): TC_EGATE; TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_quality_all(tc_ingest *in, tc_store *store, tc_error *err);

/* Collective; ingest_write.c. Writes events.h5 except for its mark of completeness. Frees
 * the ids and the records. Errors (agreed): TC_EIO, TC_ENOMEM; TC_EINTERNAL if ids and
 * records disagree. */
TC_NODISCARD tc_status tc_ingest_write_all(tc_ingest *in, const char *path,
                                           tc_store **store, tc_error *err);

#endif
