/* ingest_impl.h - private to ingest: the state of one run and the steps that it takes, in
 * order. */
#ifndef TC_INGEST_IMPL_H
#define TC_INGEST_IMPL_H

#include "ingest_bucket.h"
#include "ingest_columns.h"
#include "ingest_dict.h"
#include "ingest_lanes.h"
#include "ingest_memory.h"
#include "ingest_quality.h"
#include "ingest_reject_list.h"
#include "ingest_row.h"
#include "ingest_sort.h"

#include "tiercel/checkpoint.h"
#include "tiercel/identity.h"
#include "tiercel/store.h"
#include "tiercel/table.h"
#include "tiercel/wide.h"

/* What has been read. First of this rank, then of all ranks: the first group from
 * tc_ingest_totals_read_all on, the second from tc_ingest_totals_settled_all on, the third
 * from tc_ingest_orders_all on. */
typedef struct {
    int64_t rows, bytes;
    int64_t rounded;                     /* amounts that lost digits */
    int64_t reason_rows[TC_N_REASONS];   /* [TC_ROW_USED]: not rejected */
    tc_i128 reason_amount[TC_N_REASONS]; /* of rows whose amount could be read */
    uint64_t content[2];                 /* order-free sum of hashes of the rows */
    int64_t first_bad_time;              /* smallest place of a row rejected for its time */
    int64_t cancelled_rows;              /* by the prefix; of all rows, used or not */
    int64_t dropped;
    uint64_t dropped_rows[2]; /* order-free sum of hashes */
    /* known when the rows are in order */
    int64_t duplicate_rows;
    tc_i128 duplicate_amount;
    int64_t purchase_rows, return_rows;
    tc_i128 gross, returned;
    int64_t first_time, last_time;
    /* different orders: of used rows, of all rows, with the prefix, with rows of more than
     * one customer; and the used rows of the last (0 without a column of orders) */
    int64_t orders, orders_all, cancelled_orders, orders_mixed, orders_mixed_rows;
} tc_ingest_counts;

typedef struct {
    tc_comm *comm;           /* borrowed */
    const tc_config *config; /* borrowed */
    tc_row_rules rules;
    /* parsing */
    tc_table_column column[TC_N_ROLES];
    tc_table *table;
    int done;              /* my rows are read */
    tc_columns columns;    /* of a batch of rows */
    int keep_place;        /* rows carry their place, by which some of them are dropped */
    int put_rank;          /* rank whose rows go straight to buckets; -1: no rows do */
    tc_ingest_lanes lanes; /* packed rows on their way out */
    tc_identity *identity; /* map of ids; NULL without one; owned */
    tc_ingest_dict channel, category;
    /* what this rank owns */
    tc_ingest_memory memory;
    tc_spill *spill; /* of all streams */
    int64_t most_buckets;
    tc_ingest_buckets buckets; /* packed rows */
    int64_t n_used, n_unused;  /* of them, by kind */
    uint32_t *channel_code, *category_code;
    tc_sort_codes codes;       /* these; owned */
    tc_spill_stream customers; /* see ingest_emit.h */
    int64_t n_customers, id_width;
    int share_orders;       /* customers on different ranks may have one order */
    tc_spill_stream orders; /* tc_order_item */
    tc_reject_list rejects;
    char *channel_text, *category_text; /* final dictionaries; owned */
    int channel_width, category_width;
    tc_ingest_counts counts;
    tc_ingest_quality quality;
    tc_checkpoint *checkpoint; /* of the state between two rounds; owned */
    int resumes;               /* from a saved one */
    double saved_at;           /* seconds, at the last save or the begin of reading */
    double wall, processor;    /* seconds at the end of the last phase */
} tc_ingest;

/* Local; ingest.c. Logs how long a phase took on this rank (level debug). */
void tc_ingest_phase(tc_ingest *in, const char *name);

/* Local; ingest_parse.c. Reads rows until a round is full or the rows of this rank end.
 * Errors: as the reader and the dictionaries. */
TC_NODISCARD tc_status tc_ingest_fill_batch(tc_ingest *in, tc_error *err);

/* Local, for the former; ingest_parse.c. Rows for which there is room in any lane. What one row,
 * or a batch of no more rows than that, means: to the lanes, counters and rejects. Errors:
 * as the dictionaries. */
int64_t tc_ingest_room(const tc_ingest_lanes *lanes);
TC_NODISCARD tc_status tc_ingest_take_row(tc_ingest *in, const tc_table_row *row,
                                          tc_error *err);
TC_NODISCARD tc_status tc_ingest_take_batch(tc_ingest *in, const tc_table_batch *batch,
                                            tc_error *err);

/* Collective; ingest_shuffle.c. Reads all input and brings every row to the owner of its
 * customer, in rounds of bounded memory; then the final codes. Errors (agreed): as above,
 * TC_EIO. */
TC_NODISCARD tc_status tc_ingest_shuffle_all(tc_ingest *in, tc_error *err);

/* Collective; ingest_shuffle.c. Sends the rows in the lanes, which are at their owners then, beyond any map of ids:
 * they go to buckets. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_keep_rows_all(tc_ingest *in, tc_buffer *received,
                                               tc_error *err);

/* Collective; ingest_totals.c. Turn the counts of this rank into those of all: what was read
 * and dropped; what is known when the rows are in order. Errors (agreed): TC_EDATA if no row
 * is used (with the likely cause), or money sums leave int64. */
TC_NODISCARD tc_status tc_ingest_totals_read_all(tc_ingest *in, tc_error *err);
TC_NODISCARD tc_status tc_ingest_totals_settled_all(tc_ingest *in, tc_error *err);

/* Collective; ingest_quality.c. After everything is counted: merges the counters of data quality, writes them and judges
 * them. Errors (agreed): TC_EGATE; TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_quality_all(tc_ingest *in, tc_store *store, tc_error *err);

/* Collective; ingest_write.c. Puts the rows in order and writes events.h5 except for its
 * mark of completeness. Errors (agreed): TC_EIO, TC_ENOMEM; TC_EDATA as settling and
 * totals. */
TC_NODISCARD tc_status tc_ingest_write_all(tc_ingest *in, const char *path,
                                           tc_store **store, tc_error *err);

#endif
