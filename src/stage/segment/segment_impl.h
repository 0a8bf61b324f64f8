/* segment_impl.h - what the parts of the segment stage share; for src/stage/segment*.c only. */
#ifndef TC_SEGMENT_IMPL_H
#define TC_SEGMENT_IMPL_H

#include "segment_choose.h"
#include "segment_identity.h"
#include "segment_source.h"
#include "segment_survey.h"
#include "tiercel/lineage.h"
#include "tiercel/scale_all.h"

/* Sums of a cluster that are reported; each the sum of a feature over its rows with a value. */
enum { TC_SEGMENT_NET, TC_SEGMENT_RECENCY, TC_SEGMENT_ORDERS, TC_SEGMENT_SUMS };

enum { TC_SEGMENT_NAME = 288 };

typedef struct tc_segment {
    tc_comm *comm;
    const tc_config *config;
    tc_store *features;
    char date[TC_STORE_NAME]; /* of the scores */

    /* What messages say. */
    const char *what; /* "customers" */
    const char *weight_name;
    tc_status infinite_status;
    const char *infinite_advice;

    /* All customers, and those with features alone: the same shards with fewer rows. Only the latter
     * are segmented; a customer without any event by the date has no feature. */
    tc_shards customers, known;
    uint8_t *known_bits; /* [customers.n_local] bits, see tc_segment_is_known */

    /* Features in use, n_use <= TC_KMEANS_MAX_D: those of the configuration, then one for each whose
     * missing values are a category of their own. */
    int n_use;
    tc_feature_use use[TC_KMEANS_MAX_D];
    char made[TC_KMEANS_MAX_D][TC_SEGMENT_NAME]; /* names of the latter */
    tc_missing_policy missing[TC_KMEANS_MAX_D];
    tc_scale scale[TC_KMEANS_MAX_D];
    tc_scale_counts counts[TC_KMEANS_MAX_D]; /* of all ranks */
    int plain; /* 1: without scale and cut, values need no quantile and no mean */

    /* Raw rows. */
    tc_segment_features columns;
    tc_segment_rows rows;
    tc_segment_survey survey;

    /* The grid: features that vary, in the order of use. */
    int n_dim;
    int dimension[TC_KMEANS_MAX_D]; /* number of the feature */
    double unit;                    /* of the grid, in model space */
    tc_matrix *matrix;              /* the known rows */

    tc_checkpoint *checkpoint; /* of the fits */

    /* All fits, and the chosen one of them, borrowed. */
    tc_segment_choice *choice;
    tc_kmeans *model;
    tc_kmeans_report report;
    uint8_t *label; /* [known.n_local] cluster of the model, 0..k-1 */

    int order[TC_KMEANS_MAX_K]; /* clusters by falling value */
    int64_t
        size[TC_KMEANS_MAX_K]; /* customers by cluster of the model, be their weight 0 */
    double sum[TC_KMEANS_MAX_K][TC_SEGMENT_SUMS];
    int64_t n_values[TC_KMEANS_MAX_K][TC_SEGMENT_SUMS];

    tc_segment_previous *previous; /* NULL without segment.previous */
    tc_segment_identity *identity; /* once the fit is done */
} tc_segment;

/* Collective. Opens features.h5, finds the known customers, fits the scales and puts the features on the
 * grid. Errors (agreed): as tc_store_open_all; TC_ECONFIG for an unknown feature; TC_EDATA if
 * there are fewer known customers than clusters, or no feature varies; TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_load_all(tc_segment *s, tc_error *err);

/* Local. Takes the features to use, and how each treats missing values; the names are borrowed. Errors: TC_ECONFIG
 * if categories make them too many. */
TC_NODISCARD tc_status tc_segment_set_features(tc_segment *s, const tc_feature_use *use,
                                               int n, tc_error *err);

/* Collective. The first pass over the rows of the source: survey, known_bits, and rows by shard, which belong to the
 * caller also after a failure. Errors (agreed): those of the source, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_survey_rows_all(tc_segment *s, int64_t **shard_rows,
                                                  tc_error *err);

/* Collective. From there to the matrix; shard_rows[n_shards + 1] is used up. Errors (agreed): TC_EDATA, and
 * infinite_status, for what cannot be fitted; those of the source, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_place_all(tc_segment *s, int64_t *shard_rows,
                                            tc_error *err);

/* Local, pure. 1 if customer i of this rank is segmented. */
int tc_segment_is_known(const tc_segment *s, int64_t i);

/* Collective. One feature of the known customers of this rank, as double; *out belongs to the
 * caller, also after a failure. 8 bytes a customer: for many rows rather tc_segment_rows. */
TC_NODISCARD tc_status tc_segment_feature_all(tc_segment *s, const char *feature,
                                              double **out, tc_error *err);

/* Collective. Fits the known customers and chooses the number of clusters: choice, model, label, report. last[n_last]
 * [n_dim]: centres of the previous run on the grid, n_last 0 = none. Errors (agreed): as tc_segment_choose_all. */
TC_NODISCARD tc_status tc_segment_fit_all(tc_segment *s, const int32_t *last, int n_last,
                                          tc_error *err);

/* Collective. The end of what follows a fit: keeps the fit if status, which is agreed, is TC_EINTERRUPT. Returns status. */
TC_NODISCARD tc_status tc_segment_fit_keep_all(const tc_segment *s, tc_status status,
                                               tc_error *err);

/* Collective. The same from given centres, centre[n][n_dim] on the grid. */
TC_NODISCARD tc_status tc_segment_fit_from_all(tc_segment *s, const int32_t *centre, int n,
                                               tc_error *err);

/* Local, pure. The inertia of a fit in model space, with weights as they were given. */
double tc_segment_inertia(const tc_segment *s, const tc_kmeans_report *report);

/* Collective. Sums by cluster and the canonical order. Errors (agreed): as tc_store_get_all. */
TC_NODISCARD tc_status tc_segment_rank_all(tc_segment *s, tc_error *err);

/* Collective. Writes segments.h5. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_write_all(tc_segment *s, tc_error *err);

/* Collective. Its datasets of the choice of k. Errors (agreed): as tc_segment_write_all. */
TC_NODISCARD tc_status tc_segment_write_choice_all(const tc_segment *s, tc_store *out,
                                                   tc_error *err);

#endif
