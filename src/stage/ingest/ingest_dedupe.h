/* ingest_dedupe.h - private to ingest: rows that equal another one. */
#ifndef TC_INGEST_DEDUPE_H
#define TC_INGEST_DEDUPE_H

#include "ingest_record.h"
#include "ingest_reject_list.h"

#include "tiercel/buffer.h"
#include "tiercel/config.h"
#include "tiercel/wide.h"

typedef struct {
    int64_t rows;                   /* beyond the first of equal rows */
    int64_t dropped;                /* of these, removed */
    tc_i128 amount, dropped_amount; /* their sums */
    uint64_t dropped_rows[2];       /* order-free sum of hashes of the dropped rows */
} tc_ingest_duplicates;

/* A group of n > 1 rows that are equal but for their place. */
typedef struct {
    const unsigned char *row; /* the one of the smallest place, borrowed */
    const uint64_t *place;    /* [n] ascending, borrowed; NULL if nothing can be dropped */
    int64_t n;
} tc_ingest_group;

/* Local. Counts a group and says how many of it stay: drop keeps the row of the smallest
 * place; drop_between_files keeps those of the file that has most of them (the first such).
 * The others are added to `rejects`, unless NULL. Errors: as of tc_reject_list_add. */
TC_NODISCARD tc_status tc_ingest_dedupe(const tc_ingest_group *group,
                                        tc_duplicates_policy policy,
                                        tc_ingest_duplicates *duplicates,
                                        tc_reject_list *rejects, int64_t *n_keep,
                                        tc_error *err);

#endif
