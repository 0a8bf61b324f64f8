#include "tiercel/linalg.h"

#include <math.h>
#include <string.h>

/* One row of L from the rows above it; returns the pivot before the root. */
static double reduce_row(int i, double *a, const uint8_t *skip)
{
    double *row = a + tc_packed(i, 0);
    double pivot = row[i];
    for (int j = 0; j < i; j++) {
        const double *above = a + tc_packed(j, 0);
        double v = row[j];
        for (int k = 0; k < j; k++) {
            v -= row[k] * above[k];
        }
        row[j] = skip[j] ? 0.0 : v / above[j];
        pivot -= row[j] * row[j];
    }
    return pivot;
}

int tc_cholesky(int n, double *a, double tolerance, uint8_t *skip)
{
    int rank = 0;
    for (int i = 0; i < n; i++) {
        double *row = a + tc_packed(i, 0);
        const double diagonal = row[i];
        double pivot = 0.0;
        if (!skip[i]) {
            pivot = reduce_row(i, a, skip);
        }
        if (pivot > tolerance * diagonal && pivot > 0.0) {
            row[i] = sqrt(pivot);
            rank++;
        } else {
            skip[i] = 1;
            memset(row, 0, (size_t)(i + 1) * sizeof *row);
        }
    }
    return rank;
}

void tc_cholesky_solve(int n, const double *factor, const uint8_t *skip, double *x)
{
    for (int i = 0; i < n; i++) {
        const double *row = factor + tc_packed(i, 0);
        double v = x[i];
        for (int j = 0; j < i; j++) {
            v -= row[j] * x[j];
        }
        x[i] = skip[i] ? 0.0 : v / row[i];
    }
    for (int i = n - 1; i >= 0; i--) {
        double v = x[i];
        for (int j = i + 1; j < n; j++) {
            v -= factor[tc_packed(j, i)] * x[j];
        }
        x[i] = skip[i] ? 0.0 : v / factor[tc_packed(i, i)];
    }
}

void tc_cholesky_inverse(int n, const double *factor, const uint8_t *skip, double *scratch,
                         double *inverse)
{
    for (int i = 0; i < n; i++) {
        memset(scratch, 0, (size_t)n * sizeof *scratch);
        scratch[i] = 1.0;
        tc_cholesky_solve(n, factor, skip, scratch);
        for (int j = 0; j <= i; j++) {
            inverse[tc_packed(i, j)] = skip[i] || skip[j] ? (double)NAN : scratch[j];
        }
    }
}
