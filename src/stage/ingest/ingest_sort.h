/* ingest_sort.h - private to ingest: order and equality of records on one rank. */
#ifndef TC_INGEST_SORT_H
#define TC_INGEST_SORT_H

#include "ingest_record.h"

#include "tiercel/buffer.h"
#include "tiercel/config.h"
#include "tiercel/order.h"
#include "tiercel/wide.h"

/* Local. Sorts in place by the full key of a record: American flag sort, most significant
 * digits first (McIlroy, Bostic, McIlroy, "Engineering radix sort", Computing Systems 6,
 * 1993), digits cut at the highest bit in which a range differs; insertion sort below 16
 * records. Errors: TC_ENOMEM (for the stack of ranges; the records are then in unknown
 * order, none is lost). */
TC_NODISCARD tc_status tc_ingest_sort(tc_ingest_record *record, int64_t n, tc_error *err);

/* Local. Moves the records of kind TC_KIND_UNUSED to the end; returns the number of the
 * others. */
int64_t tc_ingest_part_unused(tc_ingest_record *record, int64_t n);

/* Counts of rows that equal another one. */
typedef struct {
    int64_t rows;                   /* beyond the first of equal rows */
    int64_t dropped;                /* of these, removed */
    tc_i128 amount, dropped_amount; /* their sums */
    uint64_t dropped_rows[2];       /* order-free sum of hashes of the dropped rows */
} tc_ingest_duplicates;

/* Local. Counts equal neighbours (all but the place) of sorted records and, by the policy,
 * removes them: drop keeps the one of the smallest place; drop_between_files keeps those of
 * the file that has most of them (the first such file). Removed rows are appended to
 * `rejects` as (place, reason). *n becomes the number that is left. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_dedupe(tc_ingest_record *record, int64_t *n,
                                        tc_duplicates_policy policy,
                                        tc_ingest_duplicates *duplicates,
                                        tc_buffer *rejects, tc_error *err);

#endif
