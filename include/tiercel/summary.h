/* summary.h - the short form of report.json for a terminal (stage layer). */
#ifndef TC_SUMMARY_H
#define TC_SUMMARY_H

#include "tiercel/status.h"

#include <stdio.h>

struct json_t;

/* Local; on rank 0 alone. Prints about 40 lines of plain text from the content of
 * report.json: rows, customers, churn quality, tiers with their later value, segments, and
 * where the results lie (directory, may be NULL). What a report does not have is left out.
 * Only counts and sums: nothing about a single customer. */
void tc_report_print(const struct json_t *report, const char *directory, FILE *out);

/* Local; on rank 0 alone. The same from the file of a run directory. Errors as
 * tc_json_read; TC_ENOMEM. */
TC_NODISCARD tc_status tc_report_print_file(const char *directory, FILE *out,
                                            tc_error *err);

#endif
