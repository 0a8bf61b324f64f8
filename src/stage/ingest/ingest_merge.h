/* ingest_merge.h - private to ingest: sorting more rows than fit in memory at once. */
#ifndef TC_INGEST_MERGE_H
#define TC_INGEST_MERGE_H

#include "ingest_sort.h"
#include "ingest_spill.h"

enum { TC_MERGE_WAYS = 64 };

/* What becomes of each row, in order; the entry is borrowed during the call. */
typedef tc_status tc_merge_take(void *context, const tc_sort_entry *entry, tc_error *err);

/* Local. Merges sealed streams of rows in the order of tc_sort_compare and hands every row
 * to `take`; more than TC_MERGE_WAYS in several passes. The streams are used up, also after
 * failure. Memory: a block a stream of a pass, pinned. Errors: TC_EIO, TC_ENOMEM, those of
 * take. */
TC_NODISCARD tc_status tc_merge_runs(tc_spill *spill, const tc_sort_codes *codes,
                                     tc_buffer *runs, tc_merge_take *take, void *context,
                                     tc_error *err);

#endif
