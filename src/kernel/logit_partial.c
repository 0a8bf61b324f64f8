#include "tiercel/linalg.h"
#include "tiercel/logit.h"

#include <math.h>
#include <string.h>

/* Rows are taken in blocks that fit the first cache; sums run in lanes, row i of a block in
 * lane i mod 4, and lanes are folded as (0 + 1) + (2 + 3). This fixes the order
 * whatever the compiler makes of the loops. Short blocks are filled up with zeros, which
 * change no sum. */
enum { BLOCK = 128 };

/* Two lanes, a register of any machine: element-wise arithmetic, an extension of gcc and clang. */
typedef double half __attribute__((vector_size(2 * sizeof(double)), aligned(8), may_alias));

typedef struct {
    int q, q_even; /* coefficients; rounded up to even with a column of zeros */
    int count;     /* labelled rows in the block */
    double *x;     /* [q_even][BLOCK] */
    double *wx;    /* [2][BLOCK] */
    double *eta, *delta, *w, *r, *excess, *factor, *y; /* [BLOCK] */
} block;

static int order_of(const tc_logit_problem *problem)
{
    return problem->n_columns + problem->has_intercept;
}

int64_t tc_logit_n_real(const tc_logit_problem *problem)
{
    const int q = order_of(problem);
    const int64_t full = 1 + q + tc_packed_size(q);
    return full > TC_LOGIT_SIZES ? full : TC_LOGIT_SIZES;
}

int64_t tc_logit_n_scratch(const tc_logit_problem *problem)
{
    return (int64_t)(order_of(problem) + 1 + 2 + 7) * BLOCK;
}

static block block_of(const tc_logit_problem *problem,
                      double *scratch) // NOLINT(readability-non-const-parameter): kept
{
    const int q = order_of(problem);
    block k = {.q = q, .q_even = q + (q & 1), .x = scratch};
    k.wx = k.x + (int64_t)k.q_even * BLOCK;
    k.eta = k.wx + (int64_t)2 * BLOCK;
    k.delta = k.eta + BLOCK;
    k.w = k.delta + BLOCK;
    k.r = k.w + BLOCK;
    k.excess = k.r + BLOCK;
    k.factor = k.excess + BLOCK;
    k.y = k.factor + BLOCK;
    memset(k.x, 0, (size_t)k.q_even * BLOCK * sizeof *k.x);
    return k;
}

/* Fills the block with the next labelled rows from *row on; returns their number. */
static int gather(const tc_logit_problem *problem, const tc_logit_rows *rows, int64_t *row,
                  block *k)
{
    const int64_t end = rows->row0 + rows->n_rows;
    int64_t at[BLOCK] = {0};
    int n = 0;
    for (; *row < end && n < BLOCK; (*row)++) {
        at[n] = *row;
        n += rows->y[*row] >= 0;
    }
    for (int i = 0; i < BLOCK; i++) {
        k->y[i] = i < n ? (double)rows->y[at[i]] : 0.0;
    }
    for (int j = 0; j < problem->n_columns; j++) {
        const double *from = rows->column[j];
        double *to = k->x + (int64_t)(j + problem->has_intercept) * BLOCK;
        for (int i = 0; i < n; i++) {
            to[i] = from[at[i]];
        }
        memset(to + n, 0, (size_t)(BLOCK - n) * sizeof *to);
    }
    for (int i = 0; i < BLOCK && problem->has_intercept; i++) {
        k->x[i] = i < n ? 1.0 : 0.0;
    }
    k->count = n;
    return n;
}

/* out = X b, columns in ascending order. */
static void multiply(const block *k, const double *b, double *restrict out)
{
    memset(out, 0, BLOCK * sizeof *out);
    for (int j = 0; j < k->q; j++) {
        const double *restrict x = k->x + (int64_t)j * BLOCK;
        const double v = b[j];
        for (int i = 0; i < BLOCK; i++) {
            out[i] += v * x[i];
        }
    }
}

/* Residual p - y and weight p (1 - p), without overflow or cancellation, and the loss
 * ln(1 + exp(-m)) of the margin m = (2y - 1) eta in two parts: max(0, -m) + ln(1 + exp(-|m|)), of
 * which the second is kept as the factor 1 + exp(-|m|). */
static void respond(block *k)
{
    for (int i = 0; i < k->count; i++) {
        const double eta = k->eta[i];
        const double e = exp(-fabs(eta));
        const double q = 1.0 / (1.0 + e);
        const double signed_eta = k->y[i] > 0.5 ? -eta : eta;
        k->r[i] = (eta >= 0.0 ? q : e * q) - k->y[i];
        k->w[i] = e * q * q;
        k->excess[i] = signed_eta > 0.0 ? signed_eta : 0.0;
        k->factor[i] = 1.0 + e;
    }
    for (int i = k->count; i < BLOCK; i++) {
        k->r[i] = k->w[i] = k->excess[i] = 0.0;
        k->factor[i] = 1.0;
    }
}

static double fold_lanes(half low, half high)
{
    return (low[0] + low[1]) + (high[0] + high[1]);
}

static const half *halves(const double *v)
{
    return (const half *)(const void *)v;
}

static double lane_sum(const double *v)
{
    const half *x = halves(v);
    half low = {0.0}, high = {0.0};
    for (int i = 0; i < BLOCK / 2; i += 2) {
        low += x[i];
        high += x[i + 1];
    }
    return fold_lanes(low, high);
}

static double lane_dot(const double *a, const double *b)
{
    const half *x = halves(a), *y = halves(b);
    half low = {0.0}, high = {0.0};
    for (int i = 0; i < BLOCK / 2; i += 2) {
        low += x[i] * y[i];
        high += x[i + 1] * y[i + 1];
    }
    return fold_lanes(low, high);
}

/* Sum of the losses of a block. The logarithm is taken of a product of 32 factors in (1, 2], which
 * cannot overflow and rounds like a sum of 32 terms, instead of each factor. */
static double loss_of(const block *k)
{
    const half *x = halves(k->factor);
    half low = {1.0, 1.0}, high = {1.0, 1.0};
    for (int i = 0; i < BLOCK / 2; i += 2) {
        low *= x[i];
        high *= x[i + 1];
    }
    return lane_sum(k->excess) +
           ((log(low[0]) + log(low[1])) + (log(high[0]) + log(high[1])));
}

/* Four products of two by two columns at once: each value loaded serves two sums. */
static void lane_dot_tile(const double *a, const double *b, double out[4])
{
    const half *x0 = halves(a), *x1 = halves(a + BLOCK);
    const half *y0 = halves(b), *y1 = halves(b + BLOCK);
    half low00 = {0.0}, low01 = {0.0}, low10 = {0.0}, low11 = {0.0};
    half high00 = {0.0}, high01 = {0.0}, high10 = {0.0}, high11 = {0.0};
    for (int i = 0; i < BLOCK / 2; i += 2) {
        low00 += x0[i] * y0[i];
        low01 += x0[i] * y1[i];
        low10 += x1[i] * y0[i];
        low11 += x1[i] * y1[i];
        high00 += x0[i + 1] * y0[i + 1];
        high01 += x0[i + 1] * y1[i + 1];
        high10 += x1[i + 1] * y0[i + 1];
        high11 += x1[i + 1] * y1[i + 1];
    }
    out[0] = fold_lanes(low00, high00);
    out[1] = fold_lanes(low01, high01);
    out[2] = fold_lanes(low10, high10);
    out[3] = fold_lanes(low11, high11);
}

/* Rows j and j + 1 of the lower triangle of X' diag(w) X. */
static void add_hessian_rows(const block *k, int j, double *hessian)
{
    const double *x = k->x + (int64_t)j * BLOCK;
    for (int i = 0; i < BLOCK; i++) {
        k->wx[i] = k->w[i] * x[i];
        k->wx[BLOCK + i] = k->w[i] * x[BLOCK + i];
    }
    for (int c = 0; c <= j; c += 2) {
        double s[4];
        lane_dot_tile(k->wx, k->x + (int64_t)c * BLOCK, s);
        hessian[tc_packed(j, c)] += s[0];
        if (c < j) {
            hessian[tc_packed(j, c + 1)] += s[1];
        }
        if (j + 1 < k->q) {
            hessian[tc_packed(j + 1, c)] += s[2];
            hessian[tc_packed(j + 1, c + 1)] += s[3];
        }
    }
}

static void add_full(block *k, const tc_logit_request *request, double *reals)
{
    double *gradient = reals + 1;
    multiply(k, request->b, k->eta);
    respond(k);
    reals[0] += loss_of(k);
    for (int j = 0; j < k->q; j++) {
        gradient[j] += lane_dot(k->x + (int64_t)j * BLOCK, k->r);
    }
    for (int j = 0; j < k->q; j += 2) {
        add_hessian_rows(k, j, gradient + k->q);
    }
}

/* The loss needs eta and X step alone, so several step sizes cost one pass over the
 * columns. */
static void add_losses(block *k, const tc_logit_request *request, double *reals)
{
    multiply(k, request->b, k->w);
    multiply(k, request->step, k->delta);
    for (int s = 0; s < TC_LOGIT_SIZES; s++) {
        for (int i = 0; i < BLOCK; i++) {
            const double eta = k->w[i] + request->size[s] * k->delta[i];
            const double signed_eta = k->y[i] > 0.5 ? -eta : eta;
            k->excess[i] = i < k->count && signed_eta > 0.0 ? signed_eta : 0.0;
            k->factor[i] = i < k->count ? 1.0 + exp(-fabs(eta)) : 1.0;
        }
        reals[s] += loss_of(k);
    }
}

void tc_logit_partial(const tc_logit_problem *problem, const tc_logit_rows *rows,
                      const tc_logit_request *request, double *scratch, int64_t *ints,
                      double *reals)
{
    block k = block_of(problem, scratch);
    int64_t row = rows->row0;
    while (gather(problem, rows, &row, &k) > 0) {
        ints[0] += k.count;
        ints[1] += (int64_t)lane_sum(k.y);
        if (request->step == NULL) {
            add_full(&k, request, reals);
        } else {
            add_losses(&k, request, reals);
        }
    }
}
