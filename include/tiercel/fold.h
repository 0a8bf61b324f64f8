/* fold.h - the one primitive behind every statistic: visit my shards, add up partial
 * results, merge exactly (edge layer, comm). A model is a kernel and a call of the fold; it
 * needs no line of MPI, and its result has the same bits on any number of ranks. */
#ifndef TC_FOLD_H
#define TC_FOLD_H

#include "tiercel/comm.h"
#include "tiercel/shards.h"

typedef struct tc_fold tc_fold;

/* One shard. row is the local index of its first row, n_rows may be 0. Adds to ints[n_int]
 * (running sums over all shards of this rank) and to reals[n_real] (zeroed before each
 * shard: the partial of this shard alone, in one fixed order of summation). A failure here
 * is agreed on at the end of the fold; the other ranks do not hang. */
typedef tc_status tc_fold_visit(void *context, int64_t row, int64_t n_rows, int64_t *ints,
                                double *reals, tc_error *err);

/* Local. Workspace for sums of n_int integers and n_real doubles, usable for many runs. */
TC_NODISCARD tc_status tc_fold_create(int64_t n_int, int64_t n_real, tc_fold **out,
                                      tc_error *err);
void tc_fold_destroy(tc_fold **fold);

/* Collective. Calls visit for each shard of this rank in ascending order, adds the doubles
 * of each shard to exact accumulators, and merges all ranks in one Allreduce of int64 that
 * also carries the number of failed ranks. On success tc_fold_int and tc_fold_real are
 * equal on all ranks. Errors (agreed): those of visit; TC_EINTERRUPT if a rank was asked to stop (stop.h), which is looked
 * at before each shard. Cost: n_int + 12 n_real words of 8 bytes a call. */
TC_NODISCARD tc_status tc_fold_run_all(tc_comm *comm, const tc_shards *shards,
                                       tc_fold *fold, tc_fold_visit *visit, void *context,
                                       tc_error *err);

/* Local. The merged sums of the last run; owned by the fold, overwritten by the next run.
 */
const int64_t *tc_fold_int(const tc_fold *fold);
const double *tc_fold_real(const tc_fold *fold);

#endif
