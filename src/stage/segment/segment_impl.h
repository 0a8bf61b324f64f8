/* segment_impl.h - what the parts of the segment stage share; for src/stage/segment*.c only. */
#ifndef TC_SEGMENT_IMPL_H
#define TC_SEGMENT_IMPL_H

#include "segment_lloyd.h"
#include "segment_matrix.h"

#include "tiercel/lineage.h"
#include "tiercel/scale_all.h"

/* Sums of a cluster that are reported; each the sum of a feature over its rows with a value. */
enum { TC_SEGMENT_NET, TC_SEGMENT_RECENCY, TC_SEGMENT_ORDERS, TC_SEGMENT_SUMS };

typedef struct {
    tc_comm *comm;
    const tc_config *config;
    tc_store *features;
    char date[TC_STORE_NAME]; /* of the scores */

    /* All customers, and those with features alone: the same shards with fewer rows. Only the latter
     * are fitted; a customer without any event by the date has no feature. */
    tc_shards customers, known;
    int64_t *row; /* [known.n_local] local row among all customers */

    int n_use; /* features in use, n_use <= TC_KMEANS_MAX_D */
    tc_scale scale[TC_KMEANS_MAX_D];
    tc_scale_counts counts[TC_KMEANS_MAX_D]; /* of all ranks */

    /* The grid: features that vary, in the order of the configuration. */
    int n_dim;
    int dimension[TC_KMEANS_MAX_D]; /* number of the feature */
    double unit;                    /* of the grid, in model space */
    tc_matrix *matrix;              /* the known rows */

    tc_kmeans *model;
    tc_kmeans_report report;
    uint8_t *label; /* [known.n_local] cluster of the model, 0..k-1 */

    int order[TC_KMEANS_MAX_K];                   /* clusters by falling value */
    double sum[TC_KMEANS_MAX_K][TC_SEGMENT_SUMS]; /* by cluster of the model */
    int64_t n_values[TC_KMEANS_MAX_K][TC_SEGMENT_SUMS];
} tc_segment;

/* Collective. Opens features.h5, finds the known customers, fits the scales and puts the features on the
 * grid. Errors (agreed): as tc_store_open_all; TC_ECONFIG for an unknown feature; TC_EDATA if
 * there are fewer known customers than clusters, or no feature varies; TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_load_all(tc_segment *s, tc_error *err);

/* Collective. One feature of the known customers of this rank, as double; *out belongs to the
 * caller, also after a failure. */
TC_NODISCARD tc_status tc_segment_feature_all(tc_segment *s, const char *feature,
                                              double **out, tc_error *err);

/* Collective. Starting centres by attempts on a sample, then Lloyd over all known customers: model,
 * label, report. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_fit_all(tc_segment *s, tc_error *err);
TC_NODISCARD tc_status tc_segment_seed_all(tc_segment *s, tc_error *err);

/* Collective. Sums by cluster and the canonical order. Errors (agreed): as tc_store_get_all. */
TC_NODISCARD tc_status tc_segment_rank_all(tc_segment *s, tc_error *err);

/* Collective. Writes segments.h5. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_write_all(tc_segment *s, tc_error *err);

#endif
