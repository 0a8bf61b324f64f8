/* segment_choose.h - models for one or many numbers of clusters over one matrix: seeding, Lloyd, indices, and the
 * choice among them. For src/stage/segment only. */
#ifndef TC_SEGMENT_CHOOSE_H
#define TC_SEGMENT_CHOOSE_H

#include "segment_lloyd.h"

#include "tiercel/checkpoint.h"
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
 *                   NULL = none
 *   checkpoint      where the state of the work is kept
 *   save_seconds    between two saves of it, as configured; 0 = not given */
typedef struct {
    tc_comm *comm;
    tc_matrix *matrix;
    int64_t row0, n_global, n_fitted;
    const tc_config_segment *config;
    uint64_t seed;
    double per_weight;
    const int32_t *last, *given;
    int n_last, n_given;
    tc_checkpoint *checkpoint;
    int64_t save_seconds;
} tc_segment_task;

/* The sample that all ranks hold, in the order of rows. */
typedef struct {
    tc_kmeans_rows rows;
    float *x;
    uint32_t *weight; /* NULL: all 1 */
} tc_segment_sample;

/* Attempts at the starting centres of one k. Equal on all ranks after each meeting of theirs. */
typedef struct {
    int64_t n;      /* 0: not begun */
    int64_t *done;  /* [n] */
    double inertia; /* the best of those that are done, ties to the lowest number */
    int64_t attempt;
    int64_t n_centres;
    int32_t centre[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D];
} tc_segment_attempts;

/* How far the work is. */
typedef enum {
    TC_SEGMENT_SEEDING,  /* the starting centres of fits 0 .. seeded - 1 are there */
    TC_SEGMENT_LLOYD,    /* those of all; fits may have passes behind them */
    TC_SEGMENT_COMPARING /* Lloyd is over, indices and silhouettes are there */
} tc_segment_phase;

/* The fits of a range, k ascending. All but the labels is equal on all ranks. */
typedef struct {
    int n, chosen;
    tc_segment_phase phase;
    int seeded;
    tc_segment_attempts *attempts;   /* at fit number `seeded` */
    int64_t n_jobs;                  /* of the comparison */
    int64_t *job_done;               /* [n_jobs] */
    double *job_value;               /* [n_jobs] */
    int kept;                        /* 1: nothing was done since the state was kept */
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

/* Collective. Makes the attempts at k clusters that are not done, shared out among ranks; keep_all is called each time they
 * meet, at the latest some 15 seconds and an attempt after the last time. Errors (agreed): those of keep_all, TC_ENOMEM,
 * TC_EINTERRUPT if keep_all is NULL and a rank was asked to stop. */
TC_NODISCARD tc_status tc_segment_attempt_all(const tc_segment_task *task,
                                              const tc_segment_sample *sample, int k,
                                              tc_segment_attempts *attempts,
                                              tc_segment_keep_fn *keep_all, void *context,
                                              tc_error *err);

/* Local. All attempts at k clusters, none of them done; done belongs to the caller also after a failure. Errors:
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_attempts_begin(const tc_segment_task *task, int k,
                                                 tc_segment_attempts *attempts,
                                                 tc_error *err);

/* Collective. Starts the models of all fits from the best attempts, of what is not seeded. Errors (agreed): as
 * tc_segment_attempt_all, those of the matrix. */
TC_NODISCARD tc_status tc_segment_seed_all(const tc_segment_task *task,
                                           const tc_segment_sample *sample,
                                           tc_segment_choice *choice, tc_error *err);

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

/* Collective. Stability and gap of every k, from fits on the sample that are shared out among ranks; what is done of
 * them is not done again. Errors (agreed): TC_ENOMEM, TC_EINTERRUPT. */
TC_NODISCARD tc_status tc_segment_compare_all(const tc_segment_task *task,
                                              const tc_segment_sample *sample,
                                              tc_segment_choice *choice, tc_error *err);

#endif
