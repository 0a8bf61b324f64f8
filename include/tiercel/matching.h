/* matching.h - optimal assignment of rows to columns (kernel layer: no MPI, no I/O). */
#ifndef TC_MATCHING_H
#define TC_MATCHING_H

#include "tiercel/mem.h"

enum { TC_MATCHING_MOST = 1024 };           /* rows, columns */
#define TC_MATCHING_COST ((int64_t)1 << 50) /* costs are smaller than this in size */

/* Local. Pairs min(n_rows, n_cols) rows with columns, each at most once, so that the sum of
 * their costs is the least possible. Costs are integers, so the sum is exact.
 *   cost    [n_rows][n_cols], |cost| < TC_MATCHING_COST; borrowed
 *   col_of  [n_rows], out: column of each row, -1 if it has none
 * Of several assignments of equal cost one is chosen by the order of rows and columns alone.
 * Errors: TC_ENOMEM; TC_EINTERNAL if a size is not in 0 .. TC_MATCHING_MOST.
 * Cost: O(min^2 max). Method: shortest augmenting paths with potentials (Kuhn 1955; Jonker and
 * Volgenant 1987). */
TC_NODISCARD tc_status tc_matching_solve(const int64_t *cost, int n_rows, int n_cols,
                                         int *col_of, tc_error *err);

#endif
