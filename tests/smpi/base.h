/* base.h - a customer base in memory: every value is a function of the number of the customer, so each rank makes its
 * own part and no file is read. */
#ifndef TC_SMPI_BASE_H
#define TC_SMPI_BASE_H

#include "tiercel/comm.h"
#include "tiercel/config.h"
#include "tiercel/shards.h"

enum { BASE_COLUMNS = 6 };

/* The customers of this rank. */
typedef struct {
    tc_comm *comm;
    tc_config config; /* sections segment and churn; the rest is 0 */
    tc_shards shards;
    double *column[BASE_COLUMNS]; /* [n_local] of the features in use, NaN = missing */
    int8_t *label;                /* [n_local] 1 left, 0 stayed, -1 unknown */
} base;

/* Collective. customers of all ranks in n_shards shards of unequal size. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status base_create_all(tc_comm *comm, int64_t customers, int64_t n_shards,
                                       base *out, tc_error *err);
void base_free(base *b);

#endif
