/* segment_choose.h - models for one or many numbers of clusters over one matrix: seeding, Lloyd, indices, and the
 * choice among them. For src/stage/segment only. */
#ifndef TC_SEGMENT_CHOOSE_H
#define TC_SEGMENT_CHOOSE_H

#include "segment_lloyd.h"

#include "tiercel/cluster.h"
#include "tiercel/config.h"

/* What is fitted. Nothing is owned; all of it but matrix and row0 is equal on all ranks.
 *   row0, n_global  number of the first row of this rank, rows of all ranks; row 0 is the first in an order that does
 *                   not depend on the number of ranks
 *   n_fitted        rows of all ranks whose weight is above 0
 *   config          k and k_max, restarts, sample, limits, choice
 *   per_weight      weight of a row that counts once
 *   last            [n_last][d] centres of the last run on the grid: one more attempt where k = n_last; NULL = none
 *   given           [n_given][d] centres on the grid that Lloyd starts from, without any attempt, where k = n_given;
 *                   NULL = none */
typedef struct {
    tc_comm *comm;
    tc_matrix *matrix;
    int64_t row0, n_global, n_fitted;
    const tc_config_segment *config;
    uint64_t seed;
    double per_weight;
    const int32_t *last, *given;
    int n_last, n_given;
} tc_segment_task;

/* The sample that all ranks hold, in the order of rows. */
typedef struct {
    tc_kmeans_rows rows;
    float *x;
    uint32_t *weight; /* NULL: all 1 */
} tc_segment_sample;

/* The fits of a range, k ascending. All but the labels is equal on all ranks. */
typedef struct {
    int n, chosen;
    tc_segment_fit *fit;             /* [n]; models and labels are owned */
    tc_cluster_candidate *candidate; /* [n] */
    uint8_t *eligible;               /* [n] */
    /* [n][TC_KMEANS_MAX_K] by cluster: mean distance to the centre in grid units, silhouettes */
    double *distance, *simplified, *silhouette;
    int64_t sampled;                                /* rows of the sample */
    int64_t silhouette_rows, stability, references; /* 0: was not computed */
} tc_segment_choice;

/* Collective. Fits every k of the range config->k .. config->k_max (k alone if k_max is not above k, never more than
 * there are rows), computes the indices and chooses. Stability and gap are computed for ranges alone. *out
 * belongs to the caller. Errors (agreed): those of the matrix, TC_ENOMEM. Cost: each pass over the rows serves all k;
 * one more for the indices. */
TC_NODISCARD tc_status tc_segment_choose_all(const tc_segment_task *task,
                                             tc_segment_choice **out, tc_error *err);
void tc_segment_choice_free(tc_segment_choice **choice);

/* Collective. The sample: about config->sample rows, at least 64 a cluster, or all if there are fewer. Errors (agreed): those
 * of the matrix, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_sample_all(const tc_segment_task *task, int k_max,
                                             tc_segment_sample *sample, tc_error *err);
void tc_segment_sample_free(tc_segment_sample *sample);

/* Collective. Starts a model from the best attempt of all ranks. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_seed_all(const tc_segment_task *task,
                                           const tc_segment_sample *sample,
                                           tc_kmeans *model, tc_error *err);

/* Collective. Where the sample is too coarse, that is a cluster of it has fewer than 100 rows and not all rows are in it:
 * k-means|| over all rows from the centres of the model on, which then starts from the better of both. Errors (agreed): those of
 * the matrix, TC_ENOMEM. Cost: 7 passes over the rows, about as much as 6 to 10 of Lloyd; 6 bytes a row. */
TC_NODISCARD tc_status tc_segment_parallel_all(const tc_segment_task *task,
                                               const tc_segment_sample *sample,
                                               tc_kmeans *model, tc_error *err);

/* Collective. Indices over all rows and silhouettes of a stratified sample, of all fits. Errors (agreed): those of the
 * matrix, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_quality_all(const tc_segment_task *task,
                                              tc_segment_choice *choice, tc_error *err);

/* Collective. Stability and gap of every k, from fits on the sample that are shared out among ranks. Errors (agreed):
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_compare_all(const tc_segment_task *task,
                                              const tc_segment_sample *sample,
                                              tc_segment_choice *choice, tc_error *err);

#endif
