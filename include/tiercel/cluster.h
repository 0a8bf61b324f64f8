/* cluster.h - how good a clustering is, and how many clusters there should be (kernel layer: no
 * MPI, no I/O).
 *
 * Indices over all rows are split in three: tc_cluster_index_partial over pieces of the
 * rows, the sum of the words of all pieces (merge), tc_cluster_index_finish. Distances and
 * silhouettes lie on a fixed-point grid, so their sums are integers and nothing depends on the
 * spread of rows. A row of weight w counts as w equal rows everywhere. */
#ifndef TC_CLUSTER_H
#define TC_CLUSTER_H

#include "tiercel/kmeans.h"

enum { TC_CLUSTER_WORDS = 4 };

/* Local, pure. Number of int64 words of a partial: TC_CLUSTER_WORDS a cluster. */
static inline int64_t tc_cluster_index_words(int k)
{
    return (int64_t)k * TC_CLUSTER_WORDS;
}

/* Local. Partial: adds to words[tc_cluster_index_words(k)], by cluster, the distances of its rows
 * to its centre, on a grid of 1/256 grid unit, and their simplified silhouettes
 * (b - a) / max(a, b), a and b the distances to the own centre and to the nearest other
 * one, on a grid of 2^-30 (Hruschka, de Castro and Campello 2004). label[rows->n] fits the sums of the
 * model. Words of up to 2^31 pieces may be added up. Cost: n k d multiply-adds and two
 * square roots a row. */
void tc_cluster_index_partial(const tc_kmeans *model, const tc_kmeans_rows *rows,
                              const uint8_t *label, int64_t *words);

/* Indices of one fit. */
typedef struct {
    double
        calinski_harabasz; /* between / (k - 1) over within / (n - k); 1 if within is 0 */
    double davies_bouldin; /* mean over clusters of max (s_a + s_b) / |c_a - c_b| */
    double simplified;     /* mean simplified silhouette */
    double smallest_share; /* of all rows, by weight; 0 if a cluster is empty */
    int n_filled;          /* clusters that are not empty */
    int exact;             /* 1: every row lies on the mean of its cluster */
} tc_cluster_index;

/* Local, pure. Finish: indices from the words of all rows; a weight of per_weight stands for one row. With fewer than two clusters that are not empty
 * there is nothing to compare: all indices are 0.
 *   distance    [k], out: mean distance of the rows of a cluster to its centre, grid units
 *   silhouette  [k], out: mean simplified silhouette of a cluster; both 0 if it is empty
 * Calinski and Harabasz 1974; Davies and Bouldin 1979; as scikit-learn defines them. */
tc_cluster_index tc_cluster_index_finish(const tc_kmeans *model, const int64_t *words,
                                         double per_weight, double *distance,
                                         double *silhouette);

/* A sample of rows in the order of their clusters, columns as doubles. Borrowed.
 *   first   [k + 1] first row of each cluster
 *   x       [d] columns [first[k]]
 *   weight  [first[k]]
 *   per_weight  weight that stands for one row */
typedef struct {
    int k, d;
    const int64_t *first;
    const double *const *x;
    const uint32_t *weight;
    double per_weight;
} tc_cluster_sample;

/* Local. Partial: silhouettes of rows row .. row + n_rows - 1 against the whole sample (Rousseeuw 1987; 0 for
 * a row that is alone in its cluster), added to words[2 k] by cluster, times weight, on a grid of
 * 2^-30. Cost: n_rows times the rows of the sample, d multiply-adds and a square root each.
 * distance[first[k]] is workspace. */
void tc_cluster_silhouette_partial(const tc_cluster_sample *sample, int64_t row,
                                   int64_t n_rows, double *distance, int64_t *words);

/* Local, pure. Finish: silhouette[k] of each cluster, and the mean over clusters with the weights
 * size[k] of all rows, not only of the sample. */
double tc_cluster_silhouette_finish(const tc_cluster_sample *sample, const int64_t *words,
                                    const int64_t *size, double *silhouette);

/* Local, pure. Adjusted Rand index of two labellings from their contingency table[ka][kb]
 * (Hubert and Arabie 1985): 1 = the same, 0 = as by chance. Exact integers up to the last division; the
 * sum of the table must be below 2^31. 1 if both put all rows into one cluster, or each into one of its own. */
double tc_cluster_rand(const int64_t *table, int ka, int kb);

/* Local, pure. Gap statistic (Tibshirani, Walther and Hastie 2001), for each of n numbers of clusters.
 *   log_within  [n] ln of the inertia
 *   reference   [n_references][n] the same for rows without clusters
 *   gap, error  [n], out: mean difference, and its standard error sd sqrt(1 + 1/B) */
void tc_cluster_gap(const double *log_within, const double *reference, int n,
                    int n_references, double *gap, double *error);

/* Local. Rows without clusters: fills x[tc_kmeans_floats(n, d)] with n rows, uniform in the box of
 * the d features of `rows`; the same for a seed and number. Weights are not carried over. */
void tc_cluster_reference(const tc_kmeans_rows *rows, uint64_t seed, uint64_t number,
                          float *x);

/* By what the number of clusters is chosen. */
typedef enum {
    TC_CLUSTER_CALINSKI_HARABASZ, /* most */
    TC_CLUSTER_DAVIES_BOULDIN,    /* least */
    TC_CLUSTER_SILHOUETTE,        /* most; of the sample */
    TC_CLUSTER_SIMPLIFIED,        /* most; simplified silhouette of all rows */
    TC_CLUSTER_GAP /* the first k with gap(k) >= gap(k') - error(k'), k' the next one */
} tc_cluster_criterion;

/* One number of clusters of a range, and how good its fit is. What was not computed is 0. */
typedef struct {
    int k;
    tc_cluster_index index;
    double silhouette, stability, gap, gap_error;
} tc_cluster_candidate;

/* Local, pure. The rule: candidates (ascending k) of one cluster (unless the gap chooses), with an empty cluster, or one below min_share of the
 * rows, are not eligible; of the others the first with an exact fit (unless the gap chooses), else the best by the criterion; of those within 1 % of the best value
 * the most stable; of equally stable ones the fewest clusters. By the gap: the first that fulfils its
 * condition, else as for the other criteria. If no candidate is eligible, the first.
 *   eligible  [n], out: 1 or 0
 * Returns the number of the chosen candidate. */
int tc_cluster_choose(const tc_cluster_candidate *candidate, int n, tc_cluster_criterion by,
                      double min_share, uint8_t *eligible);

#endif
