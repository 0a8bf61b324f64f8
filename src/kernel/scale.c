#include "tiercel/scale.h"

#include <math.h>

enum { LANES = 8 };

/* Spread below this share of the mean cannot be told from rounding of the sums. */
static const double constant_share = 1e-12;

double tc_scale_transform(int is_log, double raw)
{
    return is_log ? copysign(log1p(fabs(raw)), raw) : raw;
}

double tc_scale_transform_back(int is_log, double value)
{
    return is_log ? copysign(expm1(fabs(value)), value) : value;
}

double tc_scale_cut(const tc_scale *scale, double raw)
{
    const double known = isnan(raw) ? scale->impute : raw;
    const double value = tc_scale_transform(scale->is_log, known);
    return value < scale->low ? scale->low : value > scale->high ? scale->high : value;
}

static double standardise(const tc_scale *scale, double cut)
{
    return scale->scale > 0 ? (cut - scale->mean) / scale->scale : 0;
}

double tc_scale_apply(const tc_scale *scale, double raw)
{
    return standardise(scale, tc_scale_cut(scale, raw));
}

double tc_scale_invert(const tc_scale *scale, double value)
{
    return tc_scale_transform_back(scale->is_log, value * scale->scale + scale->mean);
}

/* With a constant is_log the loop has no branch, and without log1p it vectorises. */
static inline __attribute__((always_inline)) void cut_column(const tc_scale *scale,
                                                             int is_log, int64_t n,
                                                             const double *raw, double *out,
                                                             tc_scale_counts *counts)
{
    const double impute = scale->impute, low = scale->low, high = scale->high;
    int64_t missing = 0, clipped = 0;
    for (int64_t i = 0; i < n; i++) {
        const double known = isnan(raw[i]) ? impute : raw[i];
        const double value = tc_scale_transform(is_log, known);
        missing += isnan(raw[i]) ? 1 : 0;
        clipped += (value < low) | (value > high);
        out[i] = value < low ? low : value > high ? high : value;
    }
    counts->rows += n;
    counts->missing += missing;
    counts->clipped += clipped;
}

void tc_scale_cut_column(const tc_scale *scale, int64_t n, const double *raw, double *out,
                         tc_scale_counts *counts)
{
    if (scale->is_log) {
        cut_column(scale, 1, n, raw, out, counts);
    } else {
        cut_column(scale, 0, n, raw, out, counts);
    }
}

void tc_scale_apply_column(const tc_scale *scale, int64_t n, const double *raw, double *out)
{
    tc_scale_counts unused = {0};
    tc_scale_cut_column(scale, n, raw, out, &unused);
    for (int64_t i = 0; i < n; i++) {
        out[i] = standardise(scale, out[i]);
    }
}

static double fold_lanes(const double lane[LANES])
{
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

tc_scale_moments tc_scale_partial(int64_t n, const double *value, double origin)
{
    double sum[LANES] = {0};
    double squares[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            const double v = value[i + l] - origin;
            sum[l] += v;
            squares[l] += v * v;
        }
    }
    for (int l = 0; i < n; i++, l++) {
        const double v = value[i] - origin;
        sum[l] += v;
        squares[l] += v * v;
    }
    return (tc_scale_moments){fold_lanes(sum), fold_lanes(squares)};
}

void tc_scale_finish(tc_scale *scale, int64_t rows, double origin, tc_scale_moments moments)
{
    const double shift = moments.sum / (double)rows;
    const double variance = moments.squares / (double)rows - shift * shift;
    scale->mean = origin + shift;
    scale->scale = variance > 0 ? sqrt(variance) : 0;
    if (scale->scale <= constant_share * fabs(scale->mean)) {
        scale->scale = 0;
    }
}
