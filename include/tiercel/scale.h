/* scale.h - the way of one feature into model space, shared by segments and churn (kernel
 * layer): missing -> impute, then as is or sign(x) ln(1 + |x|), then winsorised at low and
 * high, then (x - mean) / scale. Rows are customers. Raw values have the unit of the
 * catalogue; model values have none. */
#ifndef TC_SCALE_H
#define TC_SCALE_H

#include <stdint.h>

/* A plain value; a zeroed one maps everything to 0. */
typedef struct {
    int is_log;       /* 1: sign(x) ln(1 + |x|); 0: as is */
    double impute;    /* raw value that stands for NaN */
    double low, high; /* after the transform; -infinity and +infinity if nothing is cut */
    double mean,
        scale; /* after the cut; scale 0 = constant feature, its model value is 0 */
} tc_scale;

/* What happened to the rows of one feature. */
typedef struct {
    int64_t rows;    /* rows looked at */
    int64_t missing; /* of these, NaN */
    int64_t clipped; /* of these, moved to low or high (imputed ones too) */
} tc_scale_counts;

/* Local, pure. The transform alone (is_log as in tc_scale) and its inverse. */
double tc_scale_transform(int is_log, double raw);
double tc_scale_transform_back(int is_log, double value);

/* Local, pure. Impute, transform and cut, without mean and scale: the space of low, high,
 * mean. */
double tc_scale_cut(const tc_scale *scale, double raw);

/* Local, pure. One value into model space, and back to the raw unit (a cut value stays
 * cut). */
double tc_scale_apply(const tc_scale *scale, double raw);
double tc_scale_invert(const tc_scale *scale, double value);

/* Local, pure. tc_scale_cut of raw[n] into out[n] (may be the same array); adds to counts
 * (not NULL). */
void tc_scale_cut_column(const tc_scale *scale, int64_t n, const double *raw, double *out,
                         tc_scale_counts *counts);

/* Local, pure. tc_scale_apply of raw[n] into out[n] (may be the same array). */
void tc_scale_apply_column(const tc_scale *scale, int64_t n, const double *raw,
                           double *out);

/* Partial sums of one feature's cut values around a fixed point near their middle. */
typedef struct {
    double sum;     /* of (value - origin) */
    double squares; /* of (value - origin)^2 */
} tc_scale_moments;

/* Local, pure. Partial of value[n], for tc_fold. Around the median the variance loses about
 * one bit to cancellation, so one pass does the work of two, and a constant feature gives
 * exactly 0. 8 lanes (row i in lane i mod 8) folded as ((0+1)+(2+3))+((4+5)+(6+7)): one
 * order of summation for any vector width. */
tc_scale_moments tc_scale_partial(int64_t n, const double *value, double origin);

/* Local, pure. Finish: sets mean and population deviation from the merged moments of rows >
 * 0 values. A deviation below 1e-12 |mean| is rounding, not spread: the feature counts as
 * constant, scale 0. */
void tc_scale_finish(tc_scale *scale, int64_t rows, double origin,
                     tc_scale_moments moments);

#endif
