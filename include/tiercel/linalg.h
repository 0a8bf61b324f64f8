/* linalg.h - the Cholesky factor of small symmetric matrices, with columns left out where
 * they depend on earlier ones (kernel layer). Written out here, and not called from a BLAS,
 * so that the order of summation and with it every bit is ours.
 *
 * A symmetric matrix of order n is its packed lower triangle: element (i, j), j <= i, lies
 * at tc_packed(i, j); tc_packed_size(n) doubles in all. */
#ifndef TC_LINALG_H
#define TC_LINALG_H

#include <stdint.h>

/* Local, pure. Place of element (i, j), j <= i; number of elements of order n. */
static inline int64_t tc_packed(int i, int j)
{
    return (int64_t)i * (i + 1) / 2 + j;
}

static inline int64_t tc_packed_size(int n)
{
    return (int64_t)n * (n + 1) / 2;
}

/* Local. Replaces a (packed, order n) by its Cholesky factor L, row by row in the given
 * order, so that of dependent columns the later one is left out. skip  [n] inout: 1 = the
 * column is left out. Columns already marked stay out; a column whose pivot is not above
 * tolerance times its diagonal element (or is NaN) is marked. Returns the rank: the number
 * of columns kept. Cost n^3 / 6. Rows and columns of skipped ones are zero in L. Source: G.
 * W. Stewart, Matrix Algorithms I, section 3.2; the rule for skipping is that of the
 * "swept" columns of stepwise regression. */
int tc_cholesky(int n, double *a, double tolerance, uint8_t *skip);

/* Local. x[n] becomes the solution of L L' x = b, given in x; 0 where a column is skipped.
 */
void tc_cholesky_solve(int n, const double *factor, const uint8_t *skip, double *x);

/* Local. inverse (packed, order n) of L L'; NaN in rows and columns that are skipped.
 * scratch[n]. Cost n^3 / 2. */
void tc_cholesky_inverse(int n, const double *factor, const uint8_t *skip, double *scratch,
                         double *inverse);

#endif
