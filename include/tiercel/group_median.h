/* group_median.h - exact medians of a column by group, whatever the number of groups (kernel layer: no MPI, no I/O).
 *
 * Radix refinement as in quantile.h, 11 bits a round, for all groups in one pass over the rows. A group is settled as
 * soon as all its keys that are left are equal. The median is the lower one, of rank floor((n - 1) / 2), so it is
 * always a value of some row. NaN is left out; -0 equals +0.
 *
 * Order of calls: create; then while tc_group_median_open: add (pieces of the rows, in any order), merge
 * (tc_group_median_counts summed, tc_group_median_ends raised to their maximum over all ranks), refine; then
 * finish. */
#ifndef TC_GROUP_MEDIAN_H
#define TC_GROUP_MEDIAN_H

#include "tiercel/mem.h"

typedef struct tc_group_median tc_group_median;

/* Local. Errors: TC_ENOMEM; TC_EINTERNAL unless n_groups > 0. Memory: 16 KiB a group. */
TC_NODISCARD tc_status tc_group_median_create(int n_groups, tc_group_median **out,
                                              tc_error *err);
void tc_group_median_destroy(tc_group_median **median);

/* Local. Starts over for another column. */
void tc_group_median_reset(tc_group_median *median);

/* Local, pure. 1 if another round over the rows is needed; at most 6 are. */
int tc_group_median_open(const tc_group_median *median);

/* Local. Counts value[n] in this round: row i in group_of[i], or all of them in `group` if group_of is NULL. */
void tc_group_median_add(tc_group_median *median, int64_t n, const double *value,
                         const uint8_t *group_of, int group);

/* Local. What is merged over ranks: sums, and maxima; borrowed. */
int64_t *tc_group_median_counts(tc_group_median *median, int64_t *n);
int64_t *tc_group_median_ends(tc_group_median *median, int64_t *n);

/* Local. Takes the merged counts and prepares the next round. */
void tc_group_median_refine(tc_group_median *median);

/* Local, pure. out[n_groups], NaN for a group without values; n_valid[n_groups] values that are not NaN, or NULL. */
void tc_group_median_finish(const tc_group_median *median, double *out, int64_t *n_valid);

#endif
