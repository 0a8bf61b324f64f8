#include "ingest_dedupe.h"
#include "ingest_rejects.h"

#include "tiercel/hash.h"

/* Those rows of a group that stay. */
typedef struct {
    int64_t begin, n;
} range;

/* The file with the most rows of the group; places ascend, so files are runs. */
static range fullest_file(const tc_ingest_group *g)
{
    range best = {0, 0};
    for (int64_t i = 0; i < g->n;) {
        const uint64_t file = g->place[i] >> TC_PLACE_LINE_BITS;
        int64_t end = i + 1;
        while (end < g->n && g->place[end] >> TC_PLACE_LINE_BITS == file) {
            end++;
        }
        if (end - i > best.n) {
            best = (range){i, end - i};
        }
        i = end;
    }
    return best;
}

static tc_status list_rejects(const tc_ingest_group *g, range keep, tc_reject_list *rejects,
                              tc_error *err)
{
    for (int64_t i = 0; i < g->n; i++) {
        if (i < keep.begin || i >= keep.begin + keep.n) {
            TC_TRY(tc_reject_list_add(rejects, g->place[i],
                                      tc_reject_value(TC_ROW_DUPLICATE, -1), err));
        }
    }
    return TC_OK;
}

tc_status tc_ingest_dedupe(const tc_ingest_group *group, tc_duplicates_policy policy,
                           tc_ingest_duplicates *duplicates, tc_reject_list *rejects,
                           int64_t *n_keep, tc_error *err)
{
    const tc_packed_head head = tc_packed_head_of(group->row);
    range keep = {0, group->n};
    int64_t dropped;
    if (policy == TC_DUPLICATES_DROP) {
        keep.n = 1;
    } else if (policy == TC_DUPLICATES_DROP_BETWEEN_FILES) {
        keep = fullest_file(group);
    }
    dropped = group->n - keep.n;
    duplicates->rows += group->n - 1;
    duplicates->amount += (tc_i128)head.amount * (group->n - 1);
    duplicates->dropped += dropped;
    duplicates->dropped_amount += (tc_i128)head.amount * dropped;
    duplicates->dropped_rows[0] += tc_hash_mix(head.row, 0) * (uint64_t)dropped;
    duplicates->dropped_rows[1] += tc_hash_mix(head.row, 1) * (uint64_t)dropped;
    *n_keep = keep.n;
    return dropped > 0 && rejects != NULL ? list_rejects(group, keep, rejects, err) : TC_OK;
}
