/* tiering.h - from ranks to scores and from scores to tiers (kernel layer: no MPI, no
 * files). Everything here depends on a customer only through how many customers lie below
 * him and how many are equal to him, so equal customers are always treated equally and the
 * order of rows cannot matter. */
#ifndef TC_TIERING_H
#define TC_TIERING_H

#include "tiercel/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    TC_SCORE_LEVELS = 5, /* R, F and M scores are 1..5, 5 = best; 0 = not yet a customer */
    TC_SCORE_CELLS = 65536, /* values of the composite score */
    TC_TIERS_MAX = 255,     /* a tier number is one byte, 0 = no tier */
    TC_RFM_TYPES = 8,       /* numbered 1..8; 0 = none */
    TC_CONCENTRATION_TOPS = 5,
    TC_CONCENTRATION_WORDS = 4 + TC_CONCENTRATION_TOPS
};

#define TC_ORDINAL_MISSING INT64_MIN

/* Local, pure. A number as an integer in the same order, and back: -0 equals +0, NaN
 * (missing) comes first and equals itself. tc_tiering_value gives NaN for
 * TC_ORDINAL_MISSING and for INT64_MAX, the starting values of a maximum and of a minimum
 * over no customer. */
int64_t tc_tiering_ordinal(double value);
double tc_tiering_value(int64_t ordinal);

/* Local, pure. Scores of n customers from their ranks among n_all >= n customers.
 *   below, equal  [n], customers with a worse and with the same value; equal counts the customer himself
 *   score         [n], out, 1 + floor(5 midrank / n_all), midrank = below + (equal - 1) / 2
 * Computed in integers: a fifth of the customers gets each score unless equal values forbid it. */
void tc_tiering_score5(const int64_t *below, const int64_t *equal, int64_t n, int64_t n_all,
                       uint8_t *score);

/* Local, pure. The score of any value by the published table of an axis: the best score
 * whose bound it reaches, so that a customer of the table gets the score that he has, and a
 * value beyond all of them the score at that end. NaN (never bought) gets the lowest score
 * that anybody has.
 *   cut        least and greatest value of each score, NaN = nobody with a value
 *   size       customers of each score
 *   low_is_good  1 for recency */
int tc_tiering_score_by_table(double cut[TC_SCORE_LEVELS][2],
                              const int64_t size[TC_SCORE_LEVELS], int low_is_good,
                              double value);

/* Local, pure. Adds one component to the composite: blend[i] += weight * percentile, where
 * percentile = (2 below + equal) / (2 n_all) lies in (0, 1). Components are added one after
 * the other in a fixed order, so the sum has the same bits everywhere. */
void tc_tiering_blend(const int64_t *below, const int64_t *equal, int64_t n, int64_t n_all,
                      double weight, double *blend);

/* Local, pure. The published score: floor(65536 blend), cut to 0..65535. */
void tc_tiering_publish(const double *blend, int64_t n, uint16_t *score);

/* Local, pure. 1 if the value with so many worse ones lies above the median of n_all
 * values. The median is the middle value, or the mean of the two middle ones; a value equal
 * to it is not above it. In integers: below >= floor((n_all + 1) / 2), so rounding of the
 * mean cannot matter. */
int tc_tiering_above_median(int64_t below, int64_t n_all);

/* Local, pure. Number (1..8) of the R/F/M type from three median splits, and its name; 0 is
 * "none". */
int tc_tiering_type(int r_high, int f_high, int m_high);
const char *tc_tiering_type_name(int type);

/* Local, pure. Cut points by quota.
 *   hist   [TC_SCORE_CELLS], customers with each score
 *   share  [n_tiers], wanted shares from the lowest tier to the highest; borrowed
 *   cut    [n_tiers], out, ascending: a customer has the highest tier whose cut is at most his score
 * Rule, from the top tier down: whole groups of customers with one score are
 * taken in descending order of the score while at least half of the next group fits into
 * the wanted number of the tier and of all tiers above it (that is the nearest that one can
 * come to the quota without splitting equal scores); the cut is the lowest score taken. The
 * top tier takes at least one group. The lowest cut is 0. A tier that gets nobody has the
 * cut of the tier above it. Without customers all cuts but the lowest are TC_SCORE_CELLS.
 * Quotas are rounded down to half customers. */
void tc_tiering_cuts(const int64_t hist[TC_SCORE_CELLS], const double *share, int n_tiers,
                     uint32_t *cut);

/* Local, pure. Fills the table tier[score], numbers 1..n_tiers, from the cuts. */
void tc_tiering_table(const uint32_t *cut, int n_tiers, uint8_t tier[TC_SCORE_CELLS]);

/* Local, pure. Points that a customer must win to reach a higher tier (0 at the top), and
 * points whose loss moves him to a lower one (0 if he cannot fall). tier as in the
 * table, 1..n_tiers. */
uint16_t tc_tiering_to_next(uint16_t score, const uint32_t *cut, int n_tiers, int tier);
uint16_t tc_tiering_to_lower(uint16_t score, const uint32_t *cut, int tier);

/* Local, pure. Currency as integer ten-thousandths; missing is 0. The bound keeps the
 * integer exact. */
int tc_tiering_units_valid(double amount);
int64_t tc_tiering_units(double amount);

/* Concentration of amounts: what share of the sum the top 1, 5, 10, 20 and 50 % of
 * customers hold, and the Gini coefficient sum((2 i - n - 1) x_i) / (n sum x), i the rank
 * from 1 (equal values share the mean rank). Partials are int64 words, added in any order,
 * except the two arrays of boundaries, which merge by maximum: a group of equal amounts
 * that a top share cuts counts in part. */
typedef struct {
    int64_t word[TC_CONCENTRATION_WORDS];       /* sums */
    int64_t bound[TC_CONCENTRATION_TOPS];       /* amount of the group that is cut */
    int64_t bound_above[TC_CONCENTRATION_TOPS]; /* customers above that group */
} tc_concentration;

typedef struct {
    int64_t customers[TC_CONCENTRATION_TOPS]; /* ceil(share n) */
    double
        top[TC_CONCENTRATION_TOPS]; /* share of the sum; NaN unless the sum is positive */
    double gini;                    /* NaN likewise */
} tc_concentration_result;

/* Local, pure. Share of customers of each top, in thousandths. */
int tc_concentration_permille(int top);

/* Local. Start of a partial; rows added; the result. units [n] ten-thousandths; below and
 * equal as above. */
void tc_concentration_reset(tc_concentration *partial);
void tc_concentration_add(const int64_t *units, const int64_t *below, const int64_t *equal,
                          int64_t n, int64_t n_all, tc_concentration *partial);
void tc_concentration_finish(const tc_concentration *merged, int64_t n_all,
                             tc_concentration_result *out);

#endif
