/* kmeans_local.h - local search over starting centres; for src/kernel/kmeans_*.c only.
 *
 * A step draws a row by its squared distance to the nearest centre, and puts that centre there whose removal costs least,
 * if the sum of squares then falls (Lattanzi and Sohler 2019, "A better k-means++ algorithm via local
 * search"). With the nearest and second nearest centre of every row at hand, a step costs one scan, whatever k is. */
#ifndef TC_KMEANS_LOCAL_H
#define TC_KMEANS_LOCAL_H

#include "tiercel/kmeans.h"
#include "tiercel/rng.h"

typedef struct tc_kmeans_local tc_kmeans_local;

/* Local. Workspace for k centres and these rows (borrowed). give_up: not 0 ends a search; NULL = never. Memory: 26
 * bytes a row. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_kmeans_local_create(const tc_kmeans_rows *rows, int k,
                                              int (*give_up)(void), tc_kmeans_local **out,
                                              tc_error *err);
void tc_kmeans_local_destroy(tc_kmeans_local **local);

/* Local. Improves centre[k][d] in place until `patience` steps in a row changed nothing, at most max_steps. Returns
 * the number of swaps. */
int64_t tc_kmeans_local_search(tc_kmeans_local *local, int32_t *centre, tc_rng *rng,
                               int64_t max_steps, int64_t patience);

#endif
