/* ingest_quality.h - private to ingest: the counters of data quality, taken from each row as it is read. */
#ifndef TC_INGEST_QUALITY_H
#define TC_INGEST_QUALITY_H

#include "ingest_columns.h"

#include "tiercel/quality.h"

typedef struct {
    tc_quality sums; /* column[role]; of this rank until they are merged */
    /* roles with a column, first those that a used row may lack */
    int n_mapped, n_optional;
    int mapped[TC_N_ROLES];
    int64_t tolerance; /* of amounts, 1/10,000 */
} tc_ingest_quality;

/* Local. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_quality_create(const tc_config_input *input,
                                                const tc_row_rules *rules,
                                                tc_ingest_quality *q, tc_error *err);
void tc_ingest_quality_free(tc_ingest_quality *q);

/* Local. Counts a row that has all its fields; text as tc_row_read got it. Errors: TC_ENOMEM. Cost: about 10 ns. */
TC_NODISCARD tc_status tc_ingest_quality_row(tc_ingest_quality *q,
                                             const tc_csv_text text[TC_N_ROLES],
                                             const tc_row_event *event, tc_error *err);

/* Local. The same of the rows of a batch that are not odd. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_quality_columns(tc_ingest_quality *q,
                                                 const tc_columns *columns, tc_error *err);

#endif
