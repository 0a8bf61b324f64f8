/* kmeans.h - Lloyd's k-means in exact integers (kernel layer: no MPI, no I/O).
 *
 * Values lie on a grid: an integer q with |q| < 2^22 stands for q times a unit that the
 * caller chose (2^-17 or finer for z-scores, so |x| < 32 fits). Centres are rounded to the same grid for
 * the search, so every score |c|^2 / 2 - x.c is exact in double in any order of operations,
 * labels and ties are the same on any machine, and the sums of a cluster are int64 that
 * change by the rows that moved, without drift. Nothing depends on the order or the spread
 * of rows. Method and bounds: Lloyd 1982, on a fixed-point grid; weights add up to at most
 * 2^41, d <= 64, k <= 254.
 *
 * One iteration: tc_kmeans_assign over all pieces of the rows (partial), tc_kmeans_add of
 * the summed deltas (merge), tc_kmeans_centres (finish), tc_kmeans_relocate for clusters
 * that became empty. */
#ifndef TC_KMEANS_H
#define TC_KMEANS_H

#include "tiercel/mem.h"

enum {
    TC_KMEANS_MAX_K = 254,
    TC_KMEANS_MAX_D = 64,
    TC_KMEANS_NO_LABEL = 255, /* label of a row before its first assignment */
    TC_KMEANS_TILE = 4,       /* centres that the search takes at once */
    TC_KMEANS_LANES = 64,     /* rows of a block */
    TC_KMEANS_TOTAL_WORDS = 2 /* int64 words of the total of squares */
};

/* Grid values are smaller than this in size. */
#define TC_KMEANS_LIMIT ((int32_t)1 << 22)

/* Rows in blocks of 64, structure of arrays inside a block: value j of row i is
 * x[(i / 64 * d + j) * 64 + i % 64], an integer |q| < 2^22 held exactly as float; lanes
 * behind row n - 1 are 0. weight: NULL = all 1; else integers >= 0, their sum over all ranks
 * <= 2^41; a row of weight 0 gets a label and counts nowhere. A borrowed view. */
typedef struct {
    int64_t n;
    int d;
    const float *x;
    const uint32_t *weight; /* [n] or NULL */
} tc_kmeans_rows;

/* Local, pure. Number of floats that n rows of d values take. */
static inline int64_t tc_kmeans_floats(int64_t n, int d)
{
    return (n + TC_KMEANS_LANES - 1) / TC_KMEANS_LANES * TC_KMEANS_LANES * d;
}

/* Local, pure. The place of value j of row i. */
static inline int64_t tc_kmeans_at(int d, int64_t i, int j)
{
    return (i / TC_KMEANS_LANES * d + j) * TC_KMEANS_LANES + i % TC_KMEANS_LANES;
}

/* Local, pure. Value j of row i. */
static inline float tc_kmeans_value(const tc_kmeans_rows *rows, int64_t i, int j)
{
    return rows->x[tc_kmeans_at(rows->d, i, j)];
}

/* Local, pure. */
static inline uint32_t tc_kmeans_weight(const tc_kmeans_rows *rows, int64_t i)
{
    return rows->weight != NULL ? rows->weight[i] : 1;
}

/* Local, pure. All values of row i. */
static inline void tc_kmeans_point(const tc_kmeans_rows *rows, int64_t i, int32_t *point)
{
    for (int j = 0; j < rows->d; j++) {
        point[j] = (int32_t)tc_kmeans_value(rows, i, j);
    }
}

/* Local, pure. The view of n rows from row0 on, a multiple of TC_KMEANS_LANES. */
static inline tc_kmeans_rows tc_kmeans_part(const tc_kmeans_rows *rows, int64_t row0,
                                            int64_t n)
{
    return (tc_kmeans_rows){.n = n,
                            .d = rows->d,
                            .x = rows->x + row0 * rows->d,
                            .weight = rows->weight != NULL ? rows->weight + row0 : NULL};
}

/* State of one fit, the same on all ranks; changed through the functions only.
 *   sum     [k][d + 1] sums of weight times value of a cluster, then its weight
 *   centre  [k][d] on the grid; zeros for an empty cluster
 *   tile    [k / 4 rounded up][d][4] centres as doubles, in the order of the exact search
 *   half    [k rounded up to 4] |centre|^2 / 2; infinite for an empty cluster, which attracts
 *           nothing
 *   lean*   the same as float for the fast search, in tiles of lean_tile centres; the numbers
 *           of centres take lean_bits bits
 *   total   sum of weight times squares of all rows: total[0] + 2^32 total[1] */
typedef struct {
    int k, d;
    int64_t *sum;
    int32_t *centre;
    double *tile, *half;
    float *lean, *lean_half;
    int lean_tile, lean_bits;
    int64_t total[TC_KMEANS_TOTAL_WORDS];
} tc_kmeans;

/* Local. An empty model of k clusters in d dimensions. Errors: TC_EINTERNAL if k or d is
 * out of range, TC_ENOMEM. */
TC_NODISCARD tc_status tc_kmeans_create(int k, int d, tc_kmeans **out, tc_error *err);
void tc_kmeans_destroy(tc_kmeans **model);

/* Local. Starts afresh from centre[n_centres][d], n_centres <= k, |value| <
 * TC_KMEANS_LIMIT; clusters beyond are empty. All rows must be unlabelled then. Keeps the
 * total of squares. */
void tc_kmeans_start(tc_kmeans *model, const int32_t *centre, int n_centres);

/* Local. Puts centre a somewhere else for the next search; the sums stay those of the labels. */
void tc_kmeans_place(tc_kmeans *model, int a, const int32_t *point);

/* Local. Makes `to` equal to `from`; k and d must be the same. */
void tc_kmeans_copy(tc_kmeans *to, const tc_kmeans *from);

/* Local, pure. Adds the squares of all values, times weights, to
 * total[TC_KMEANS_TOTAL_WORDS]; words of different pieces may be added up (at most 2^31
 * pieces), then belong into model->total. */
void tc_kmeans_total(const tc_kmeans_rows *rows, int64_t *total);

/* Local, pure. Number of int64 words of a delta: k (d + 1) + 1, the last the rows that
 * moved. */
int64_t tc_kmeans_words(const tc_kmeans *model);

/* Local. Partial: gives every row the label of its nearest centre, ties to the lowest
 * number, and adds to delta[tc_kmeans_words] what changes in the sums. label [n] is read and
 * written. At least one cluster must not be empty. Cost: n k d multiply-adds in float,
 * vectorised over rows; some rows in 100,000, whose two lowest scores are closer than
 * rounding explains, are searched again in doubles. */
void tc_kmeans_assign(const tc_kmeans *model, const tc_kmeans_rows *rows, uint8_t *label,
                      int64_t *delta);

/* Local. Merge: adds a delta to the sums. */
void tc_kmeans_add(tc_kmeans *model, const int64_t *delta);

/* Local. Finish: centres = sums / weights, rounded half to even to the grid by exact division.
 */
void tc_kmeans_centres(tc_kmeans *model);

/* Local, pure. Sum of weighted squared distances of all rows to the exact means of their clusters,
 * in squared grid units, from the sums alone; relative error below 1e-15, of an inertia
 * of a few units with many clusters below 1e-12. Needs
 * model->total. */
double tc_kmeans_inertia(const tc_kmeans *model);

/* Local, pure. First empty cluster from `from` on, or -1. */
int tc_kmeans_empty(const tc_kmeans *model, int from);

/* A row and its squared distance to the nearest centre, in squared grid units. */
typedef struct {
    int64_t distance;
    int64_t row;
} tc_kmeans_far;

/* Local, pure. The row of weight > 0 that is farthest from all centres, ties to the smallest
 * row; distance -1 if there is none. A row that is alone in its cluster has distance 0. */
tc_kmeans_far tc_kmeans_farthest(const tc_kmeans *model, const tc_kmeans_rows *rows);

/* Local. Moves one row with values point[d] from cluster `from` into the empty cluster
 * `to`; the caller changes its label. Both centres are brought up to date. */
void tc_kmeans_relocate(tc_kmeans *model, int to, int from, const int32_t *point,
                        uint32_t weight);

/* When to stop: no row moved, the inertia fell by at most tolerance times itself (this also
 * ends a cycle that rounding of centres could cause), or max_iterations. */
typedef struct {
    int64_t max_iterations;
    double tolerance;
    int (*give_up)(
        void); /* asked by tc_kmeans_fit after each pass: not 0 ends the fit where it is;
                             NULL = never */
} tc_kmeans_limits;

typedef struct {
    double inertia;     /* squared grid units */
    int64_t iterations; /* passes over the rows */
    int stable;         /* 1: no row moved in the last pass */
} tc_kmeans_report;

/* Local. Counts a pass in which `moved` rows moved into the report (zeroed before the first pass);
 * 1 if the fit is over. */
int tc_kmeans_stop(const tc_kmeans *model, const tc_kmeans_limits *limits, int64_t moved,
                   tc_kmeans_report *report);

/* Local. The whole fit of rows in this memory, from tc_kmeans_start and unlabelled rows;
 * also from a model whose sums fit its labels. delta [tc_kmeans_words] is workspace. */
tc_kmeans_report tc_kmeans_fit(tc_kmeans *model, const tc_kmeans_rows *rows,
                               const tc_kmeans_limits *limits, uint8_t *label,
                               int64_t *delta);

/* Local. One pass of Hartigan's exchange over labelled rows in their order: a row moves at once where that
 * lowers the inertia with the means moving along, W_b/(W_b+w) |x-m_b|^2 < W_a/(W_a-w) |x-m_a|^2. What
 * it leaves alone is also a fixed point of Lloyd, but not the other way round, so it leads
 * out of poor ones (Hartigan and Wong 1979; Telgarsky and Vattani 2010). Its result depends on the
 * order of rows. Returns the number of rows that moved; mean[k][d] is workspace. */
int64_t tc_kmeans_exchange(tc_kmeans *model, const tc_kmeans_rows *rows, uint8_t *label,
                           double *mean);

#endif
