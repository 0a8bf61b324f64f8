/* ingest_settle.h - private to ingest: one bucket after the other in order. */
#ifndef TC_INGEST_SETTLE_H
#define TC_INGEST_SETTLE_H

#include "ingest_dedupe.h"
#include "ingest_emit.h"
#include "ingest_merge.h"

/* Goes over the buckets of this rank. The first time it counts duplicates and lists those
 * that are dropped, the last time it hands on what is left and frees the buckets; without
 * duplicates to drop both are the same time. */
typedef struct {
    tc_ingest *in;              /* borrowed */
    int counting;               /* duplicates are counted */
    tc_ingest_emitter *emitter; /* NULL: only count, keep the buckets */
    /* its own */
    tc_ingest_duplicates found;
    int64_t kept; /* used rows that stay */
    tc_buffer entries, spare;
    tc_sort_parts parts;
    tc_buffer place;                  /* uint64: of a group of equal rows */
    unsigned char row[TC_PACKED_MAX]; /* first row of the group, while runs are merged */
    tc_sort_entry group;              /* it */
    int64_t n_group;
} tc_ingest_settler;

/* Local. settler: zeroed but for the first members. Errors: TC_EDATA if two ids have one
 * hash; TC_EIO, TC_ENOMEM. Cost: O(n log n) within a bucket; a bucket that does not fit in
 * in->memory.settle is sorted in pieces, which are merged. */
TC_NODISCARD tc_status tc_ingest_settle(tc_ingest_settler *settler, tc_error *err);

#endif
