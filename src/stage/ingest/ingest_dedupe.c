#include "ingest_rejects.h"
#include "ingest_sort.h"

#include "tiercel/hash.h"

/* 1 if two rows say the same: equal bytes and equal meaning. */
static int is_equal(const tc_ingest_record *a, const tc_ingest_record *b)
{
    return a->row == b->row && a->hi == b->hi && a->lo == b->lo && a->time == b->time &&
           a->order == b->order && a->amount == b->amount && a->category == b->category &&
           a->channel == b->channel && a->kind == b->kind;
}

/* One group of equal rows, by place, and those of them that stay. */
typedef struct {
    int64_t n, keep, n_keep;
} group;

/* The file with the most rows of the group; places are ascending, so files are runs. */
static void keep_fullest_file(const tc_ingest_record *record, group *g)
{
    g->n_keep = 0;
    for (int64_t i = 0; i < g->n;) {
        const uint64_t file = record[i].place >> TC_PLACE_LINE_BITS;
        int64_t end = i + 1;
        while (end < g->n && record[end].place >> TC_PLACE_LINE_BITS == file) {
            end++;
        }
        if (end - i > g->n_keep) {
            g->keep = i;
            g->n_keep = end - i;
        }
        i = end;
    }
}

static tc_status drop(const tc_ingest_record *record, tc_ingest_duplicates *duplicates,
                      tc_buffer *rejects, tc_error *err)
{
    const tc_pair line = {.key = record->place,
                          .value = tc_reject_value(TC_ROW_DUPLICATE, -1)};
    duplicates->dropped++;
    duplicates->dropped_amount += record->amount;
    duplicates->dropped_rows[0] += tc_hash_mix(record->row, 0);
    duplicates->dropped_rows[1] += tc_hash_mix(record->row, 1);
    return tc_buffer_append(rejects, &line, (int64_t)sizeof line, err);
}

/* Moves what stays of a group to `to`; returns the number of rows moved. */
static tc_status thin_out(tc_ingest_record *record, const group *g, tc_ingest_record *to,
                          tc_ingest_duplicates *duplicates, tc_buffer *rejects,
                          tc_error *err)
{
    for (int64_t i = 0; i < g->n; i++) {
        if (i < g->keep || i >= g->keep + g->n_keep) {
            TC_TRY(drop(&record[i], duplicates, rejects, err));
        }
    }
    for (int64_t i = 0; i < g->n_keep; i++) {
        to[i] = record[g->keep + i];
    }
    return TC_OK;
}

tc_status tc_ingest_dedupe(tc_ingest_record *record, int64_t *n,
                           tc_duplicates_policy policy, tc_ingest_duplicates *duplicates,
                           tc_buffer *rejects, tc_error *err)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < *n;) {
        group g = {1, 0, 1};
        while (i + g.n < *n && is_equal(&record[i], &record[i + g.n])) {
            g.n++;
        }
        duplicates->rows += g.n - 1;
        duplicates->amount += (tc_i128)record[i].amount * (g.n - 1);
        if (policy == TC_DUPLICATES_KEEP) {
            g.n_keep = g.n;
        } else if (policy == TC_DUPLICATES_DROP_BETWEEN_FILES && g.n > 1) {
            keep_fullest_file(record + i, &g);
        }
        if (kept < i || g.n_keep < g.n) {
            TC_TRY(thin_out(record + i, &g, record + kept, duplicates, rejects, err));
        }
        kept += g.n_keep;
        i += g.n;
    }
    *n = kept;
    return TC_OK;
}
