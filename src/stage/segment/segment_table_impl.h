/* segment_table_impl.h - one run on a user's file; for segment_table*.c only. */
#ifndef TC_SEGMENT_TABLE_IMPL_H
#define TC_SEGMENT_TABLE_IMPL_H

#include "segment_foreign.h"
#include "segment_impl.h"

typedef struct {
    const tc_segment_table *table;
    tc_segment_foreign foreign;
    tc_segment s;
} table_run;

/* Collective. Writes the file of labels. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_table_write_all(table_run *r, tc_error *err);

#endif
