/* ingest_settle.c - order, duplicates and sums of the records that this rank owns. */
#include "ingest_impl.h"

#include "tiercel/fault.h"

static void add_up(tc_ingest_counts *counts, const tc_ingest_record *record, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const int64_t time = record[i].time;
        counts->first_time = time < counts->first_time ? time : counts->first_time;
        counts->last_time = time > counts->last_time ? time : counts->last_time;
        if (record[i].kind == TC_KIND_RETURN) {
            counts->return_rows++;
            counts->returned -= record[i].amount;
        } else {
            counts->gross += record[i].amount;
        }
    }
    counts->purchase_rows = n - counts->return_rows;
}

/* Rows that are rejected anyhow are only counted: they cannot be dropped again. */
static tc_status settle_duplicates(tc_ingest *in, tc_error *err)
{
    tc_ingest_counts *counts = &in->counts;
    tc_ingest_record *record = (tc_ingest_record *)(void *)in->received.data;
    tc_ingest_duplicates found = {0};
    int64_t n_unused = in->n_unused;
    TC_TRY(tc_ingest_dedupe(record, &in->n_records, in->config->input.duplicates, &found,
                            &in->rejects, err));
    TC_TRY(tc_ingest_dedupe(record + in->unused_at, &n_unused, TC_DUPLICATES_KEEP, &found,
                            &in->rejects, err));
    counts->duplicate_rows = found.rows;
    counts->duplicate_amount = found.amount;
    counts->dropped = found.dropped;
    counts->dropped_rows[0] = found.dropped_rows[0];
    counts->dropped_rows[1] = found.dropped_rows[1];
    counts->reason_rows[TC_ROW_USED] -= found.dropped;
    counts->reason_rows[TC_ROW_DUPLICATE] += found.dropped;
    counts->reason_amount[TC_ROW_USED] -= found.dropped_amount;
    counts->reason_amount[TC_ROW_DUPLICATE] += found.dropped_amount;
    return TC_OK;
}

tc_status tc_ingest_settle(tc_ingest *in, tc_error *err)
{
    tc_ingest_record *record = (tc_ingest_record *)(void *)in->received.data;
    TC_TRY(TC_FAULT("ingest.sort", err));
    if (record == NULL) {
        return TC_OK;
    }
    TC_TRY(tc_ingest_sort(record, in->n_records, err));
    TC_TRY(tc_ingest_sort(record + in->unused_at, in->n_unused, err));
    TC_TRY(settle_duplicates(in, err));
    add_up(&in->counts, record, in->n_records);
    return TC_OK;
}
