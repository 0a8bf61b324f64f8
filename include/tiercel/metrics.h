/* metrics.h - how good a score is, exactly, from two histograms of the published 16-bit
 * score: one of the rows that turned out positive, one of the negative (kernel layer).
 * Histograms are sums of int64, so partials of ranks are added; the finish is the same on
 * every rank. */
#ifndef TC_METRICS_H
#define TC_METRICS_H

#include "tiercel/status.h"

#include <stdint.h>

enum { TC_METRICS_CELLS = 65536, TC_METRICS_BINS = 10, TC_METRICS_INTS = 2 * 65536 };

/* Local, pure. The published score of a probability: floor(65536 p), at most 65535. */
uint16_t tc_metrics_score(double p);

/* Local, pure. The probability that a score stands for: the middle of its cell. */
double tc_metrics_probability(int score);

/* Local. Adds rows with linear predictor eta[n] (p = 1 / (1 + exp(-eta))) and outcome y[n]
 * (1, 0, or -1 = left out) to ints[TC_METRICS_INTS] (negative cells, then positive cells)
 * and to reals[2]: the sums of the Brier score (p - y)^2 and of the logarithmic loss, both
 * of the unrounded p. */
void tc_metrics_partial(int64_t n, const double *eta, const int8_t *y, int64_t *ints,
                        double *reals);

/* Measures of the published score; ties between equal scores count half or in proportion.
 */
typedef struct {
    int64_t rows, positives;
    double base_rate;
    double auc, auc_se;  /* Mann-Whitney; standard error of DeLong et al. 1988, Biometrics
                            44; NaN if a class has one row only */
    double pr_auc;       /* average precision, step form */
    double ks;           /* largest distance of the two distribution functions */
    double brier;        /* of the middle of the cell */
    double ece10, ece15; /* expected calibration error in 10 and 15 bins of equal width */
    double lift10;       /* share of positives in the highest tenth, over the base rate */
    /* low edge, rows, mean predicted, observed (NaN if empty) */
    double calibration[TC_METRICS_BINS][4];
    double lift[10][5]; /* tenth (1 = highest), rows, positives, lift, capture up to here;
                           rows of a score that straddles an edge are split in proportion */
} tc_metrics;

/* Local. positive, negative [TC_METRICS_CELLS]. Errors: TC_ENUMERIC if a class is empty.
 * Exact up to one rounding for AUC (128-bit sums) and KS. Cost O(cells). */
TC_NODISCARD tc_status tc_metrics_finish(const int64_t *positive, const int64_t *negative,
                                         tc_metrics *out, tc_error *err);

/* Rows at or above a threshold count as predicted positive. */
typedef struct {
    int64_t true_positive, false_positive, false_negative, true_negative;
} tc_confusion;

/* Local, pure. threshold 0..65536 (32768 is p = 1/2). */
tc_confusion tc_metrics_confusion(const int64_t *positive, const int64_t *negative,
                                  int threshold);

/* Local, pure. AUC from ranks. twice_rank_sum = sum over positives of 2 below + equal - 1,
 * where below and equal count the rows of both classes with a smaller and with the same
 * value (tc_order_ranks_all); positives and negatives > 0. */
double tc_metrics_auc_of_ranks(int64_t twice_rank_sum, int64_t positives,
                               int64_t negatives);

#endif
