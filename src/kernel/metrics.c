#include "tiercel/metrics.h"

#include "tiercel/logit.h"
#include "tiercel/wide.h"

#include <math.h>
#include <string.h>

/* Both histograms with their totals. */
typedef struct {
    const int64_t *positive, *negative;
    int64_t p, n;
} pair;

uint16_t tc_metrics_score(double p)
{
    const double cell = floor(p * TC_METRICS_CELLS);
    return (uint16_t)(cell < 0.0 ? 0.0 : fmin(cell, TC_METRICS_CELLS - 1));
}

double tc_metrics_probability(int score)
{
    return ((double)score + 0.5) / TC_METRICS_CELLS;
}

void tc_metrics_partial(int64_t n, const double *eta, const int8_t *y, int64_t *ints,
                        double *reals)
{
    double brier = 0.0, loss = 0.0;
    for (int64_t i = 0; i < n; i++) {
        if (y[i] >= 0) {
            const double p = tc_logit_probability(eta[i]);
            const double miss = y[i] ? tc_logit_probability(-eta[i]) : p;
            ints[(int64_t)y[i] * TC_METRICS_CELLS + tc_metrics_score(p)]++;
            brier += miss * miss;
            loss += tc_logit_loss(eta[i], y[i]);
        }
    }
    reals[0] += brier;
    reals[1] += loss;
}

/* AUC as 2U / (2PN) with U counted in 128 bits, KS as the largest |F1 - F0| in units of 1 /
 * (PN). */
static void order_measures(const pair *h, tc_metrics *out)
{
    tc_i128 twice_u = 0, farthest = 0;
    int64_t p_below = 0, n_below = 0;
    for (int s = 0; s < TC_METRICS_CELLS; s++) {
        tc_i128 distance;
        twice_u += (tc_i128)h->positive[s] * (2 * (tc_i128)n_below + h->negative[s]);
        p_below += h->positive[s];
        n_below += h->negative[s];
        distance = (tc_i128)n_below * h->p - (tc_i128)p_below * h->n;
        distance = distance < 0 ? -distance : distance;
        farthest = distance > farthest ? distance : farthest;
    }
    out->auc = (double)twice_u / (2.0 * (double)h->p * (double)h->n);
    out->ks = (double)farthest / ((double)h->p * (double)h->n);
}

/* Variance of the AUC from the placement of each row among those of the other class. */
static double delong(const pair *h, double auc)
{
    const double p = (double)h->p, n = (double)h->n;
    double square_p = 0.0, square_n = 0.0;
    int64_t n_below = 0, p_above = h->p;
    if (h->p < 2 || h->n < 2) {
        return (double)NAN;
    }
    for (int s = 0; s < TC_METRICS_CELLS; s++) {
        double v10, v01;
        p_above -= h->positive[s];
        v10 = ((double)n_below + 0.5 * (double)h->negative[s]) / n - auc;
        v01 = ((double)p_above + 0.5 * (double)h->positive[s]) / p - auc;
        square_p += (double)h->positive[s] * v10 * v10;
        square_n += (double)h->negative[s] * v01 * v01;
        n_below += h->negative[s];
    }
    return sqrt(square_p / (p - 1.0) / p + square_n / (n - 1.0) / n);
}

static double average_precision(const pair *h)
{
    double sum = 0.0;
    int64_t p_above = 0, above = 0;
    for (int s = TC_METRICS_CELLS - 1; s >= 0; s--) {
        p_above += h->positive[s];
        above += h->positive[s] + h->negative[s];
        if (h->positive[s] > 0) {
            sum +=
                (double)h->positive[s] / (double)h->p * ((double)p_above / (double)above);
        }
    }
    return sum;
}

static double brier(const pair *h)
{
    double sum = 0.0;
    for (int s = 0; s < TC_METRICS_CELLS; s++) {
        const double v = tc_metrics_probability(s);
        sum +=
            (double)h->positive[s] * (1.0 - v) * (1.0 - v) + (double)h->negative[s] * v * v;
    }
    return sum / (double)(h->p + h->n);
}

/* Rows, sum of predictions and positives of one of n_bins bins of equal width; a score
 * belongs to the bin of the middle of its cell. */
static void bin(const pair *h, int index, int n_bins, double sums[3])
{
    memset(sums, 0, 3 * sizeof *sums);
    for (int s = 0; s < TC_METRICS_CELLS; s++) {
        if ((2 * (int64_t)s + 1) * n_bins / ((int64_t)2 * TC_METRICS_CELLS) == index) {
            const double rows = (double)(h->positive[s] + h->negative[s]);
            sums[0] += rows;
            sums[1] += rows * tc_metrics_probability(s);
            sums[2] += (double)h->positive[s];
        }
    }
}

static double calibration_error(const pair *h, int n_bins)
{
    double sum = 0.0;
    for (int i = 0; i < n_bins; i++) {
        double sums[3];
        bin(h, i, n_bins, sums);
        sum += fabs(sums[1] - sums[2]);
    }
    return sum / (double)(h->p + h->n);
}

static void calibration(const pair *h, double table[TC_METRICS_BINS][4])
{
    for (int i = 0; i < TC_METRICS_BINS; i++) {
        double sums[3];
        bin(h, i, TC_METRICS_BINS, sums);
        table[i][0] = (double)i / TC_METRICS_BINS;
        table[i][1] = sums[0];
        table[i][2] = sums[0] > 0.0 ? sums[1] / sums[0] : (double)NAN;
        table[i][3] = sums[0] > 0.0 ? sums[2] / sums[0] : (double)NAN;
    }
}

/* Positives among the highest depth / 10 of the rows. Edges are compared times ten, in
 * integers. */
static double captured(const pair *h, int depth)
{
    const tc_i128 wanted = (tc_i128)(h->p + h->n) * depth;
    tc_i128 above = 0;
    int64_t p_above = 0;
    for (int s = TC_METRICS_CELLS - 1; s >= 0; s--) {
        const int64_t rows = h->positive[s] + h->negative[s];
        if (rows > 0 && 10 * (above + rows) > wanted) {
            const double part = (double)(wanted - 10 * above) / (10.0 * (double)rows);
            return (double)p_above + part * (double)h->positive[s];
        }
        above += rows;
        p_above += h->positive[s];
    }
    return (double)p_above;
}

static void lift(const pair *h, tc_metrics *out)
{
    const double rows = (double)(h->p + h->n) / 10.0;
    double before = 0.0;
    for (int d = 0; d < 10; d++) {
        const double now = captured(h, d + 1);
        out->lift[d][0] = d + 1;
        out->lift[d][1] = rows;
        out->lift[d][2] = now - before;
        out->lift[d][3] = (now - before) / rows / out->base_rate;
        out->lift[d][4] = now / (double)h->p;
        before = now;
    }
    out->lift10 = out->lift[0][3];
}

tc_status tc_metrics_finish(const int64_t *positive, const int64_t *negative,
                            tc_metrics *out, tc_error *err)
{
    pair h = {.positive = positive, .negative = negative};
    *out = (tc_metrics){0};
    for (int s = 0; s < TC_METRICS_CELLS; s++) {
        h.p += positive[s];
        h.n += negative[s];
    }
    if (h.p <= 0 || h.n <= 0) {
        return tc_fail(
            err, TC_ENUMERIC,
            "the quality of a score needs two classes: %lld of %lld rows are positive",
            (long long)h.p, (long long)h.p + (long long)h.n);
    }
    out->rows = h.p + h.n;
    out->positives = h.p;
    out->base_rate = (double)h.p / (double)out->rows;
    order_measures(&h, out);
    out->auc_se = delong(&h, out->auc);
    out->pr_auc = average_precision(&h);
    out->brier = brier(&h);
    out->ece10 = calibration_error(&h, 10);
    out->ece15 = calibration_error(&h, 15);
    calibration(&h, out->calibration);
    lift(&h, out);
    return TC_OK;
}

tc_confusion tc_metrics_confusion(const int64_t *positive, const int64_t *negative,
                                  int threshold)
{
    tc_confusion c = {0};
    for (int s = 0; s < TC_METRICS_CELLS; s++) {
        *(s >= threshold ? &c.true_positive : &c.false_negative) += positive[s];
        *(s >= threshold ? &c.false_positive : &c.true_negative) += negative[s];
    }
    return c;
}

double tc_metrics_auc_of_ranks(int64_t twice_rank_sum, int64_t positives, int64_t negatives)
{
    const tc_i128 twice_u = (tc_i128)twice_rank_sum - (tc_i128)positives * (positives - 1);
    return (double)twice_u / (2.0 * (double)positives * (double)negatives);
}
