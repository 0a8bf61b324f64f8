/* segment_identity.h - what the parts that number, name and describe the clusters share; for
 * src/stage/segment*.c only.
 *
 * A place is the position of a cluster in the canonical order (by falling mean net amount; row of the tables of
 * segments.h5). A number is its identity: it stays with the cluster from run to run, and none is given twice. */
#ifndef TC_SEGMENT_IDENTITY_H
#define TC_SEGMENT_IDENTITY_H

#include "tiercel/config.h"
#include "tiercel/kmeans.h"
#include "tiercel/portrait.h"
#include "tiercel/store.h"

enum { TC_SEGMENT_NUMBER_MOST = 65535, TC_SEGMENT_TEXT_MOST = 4096 };

/* Texts of one width, each with a final zero. */
typedef struct {
    char *bytes;
    int64_t n;
    int width; /* without the zero */
} tc_segment_texts;

static inline const char *tc_segment_text(const tc_segment_texts *t, int64_t i)
{
    return t->bytes + i * (t->width + 1);
}

/* What an earlier run says of its clusters, equal on all ranks. Row r is its place r. Only rows with a number, which
 * are the first n_named, are clusters; the others are empty ones. */
typedef struct {
    tc_store *store;
    int k, n_named, n_use;
    int64_t last_number; /* highest one ever given */
    int64_t number[TC_KMEANS_MAX_K];
    int64_t customers[TC_KMEANS_MAX_K];
    double *centre; /* [k][n_use] in its model space */
    double mean[TC_KMEANS_MAX_D], scale[TC_KMEANS_MAX_D];
    uint8_t transform[TC_KMEANS_MAX_D], lack[TC_KMEANS_MAX_D]; /* tc_transform, tc_lack */
    tc_segment_texts feature, name, description;
    tc_segment_texts retired_name; /* of clusters that vanished in it or before */
    int64_t *retired;              /* [retired_name.n] their numbers */
    char method[TC_PORTRAIT_TEXT]; /* see tc_segment_method */
} tc_segment_previous;

struct tc_segment;

/* The clusters of this run, by place. All of it is equal on all ranks. Matrices over clusters and features are
 * [n_named][n_use]; a place from n_named on is an empty cluster, without number and name. */
typedef struct {
    int n_named;
    int64_t customers[TC_KMEANS_MAX_K];
    int64_t number[TC_KMEANS_MAX_K];
    int64_t last_number; /* highest one ever given, in this run or before */
    char name[TC_KMEANS_MAX_K][TC_PORTRAIT_NAME];
    char description[TC_KMEANS_MAX_K][TC_PORTRAIT_TEXT];

    /* What the customers have: difference from all in deviations of all, median, median of all. */
    double *difference, *typical;
    double typical_base[TC_KMEANS_MAX_D];

    /* With a previous run. */
    int64_t *
        flow; /* [rows before + 1][n_named + 1] customers; the last row and column: in no cluster */
    int match[TC_KMEANS_MAX_K]; /* row before of the same cluster, -1 = new */
    int origin
        [TC_KMEANS_MAX_K]; /* row before that most of its customers come from, -1 = none */
    int destination
        [TC_KMEANS_MAX_K]; /* by row before: place that most of its customers went to, -1 = none */
    double distance
        [TC_KMEANS_MAX_K]; /* that its centre moved, in the previous run's scaling; NaN = unknown */
    int64_t in_both,
        changed; /* customers in a cluster of both runs; of these, now in another one */
    char changes[TC_PORTRAIT_TEXT]; /* of the method, "" = none */
} tc_segment_identity;

/* Collective. Opens and reads what segment.previous names; s->previous stays NULL if it names none. Errors
 * (agreed): those of tc_stage_open_previous_all; TC_EDATA if its tables do not fit together; TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_previous_all(struct tc_segment *s, tc_error *err);
void tc_segment_previous_close_all(tc_segment_previous **previous);

/* Local. Scaling and weight, "zscore, winsorise 0.001, weight none": with features, transforms and what is done
 * about missing values, this is the method. */
void tc_segment_method(const tc_config *config, char method[TC_PORTRAIT_TEXT]);

/* Local, pure. 1 if the method is that of the previous run. */
int tc_segment_same_method(const struct tc_segment *s);

/* Local. What differs from the method of the previous run, "features added: a, b; ...", "" = nothing. */
void tc_segment_describe_changes(const struct tc_segment *s, char text[TC_PORTRAIT_TEXT]);

/* Local, pure. Feature of the previous run with the name of feature f of this one, or -1. */
int tc_segment_previous_feature(const struct tc_segment *s, int f);

/* Local, pure. The centres of the previous run on this run's grid, as one more start: centre[n][s->n_dim], in the
 * order of their places; returns n, 0 without a previous run or after a change of method. */
int tc_segment_previous_centres(const struct tc_segment *s, int32_t *centre);

/* Collective. Counts customers by cluster before and now, [s->previous->n_named + 1][n_named + 1], row-major, zeroed by
 * the caller; last row and last column: in no cluster. place_of gives the place of a cluster of the model. Errors (agreed):
 * TC_EDATA for a damaged file, those of the store, TC_ENOMEM. Cost: one pass over both lists of hashes. */
TC_NODISCARD tc_status tc_segment_flow_all(struct tc_segment *s, const uint8_t *place_of,
                                           int n_named, int64_t *flow, tc_error *err);

/* Collective. Which clusters are those of the previous run, and their numbers (segment_match.c has the rules): needs
 * n_named and customers. Errors (agreed): as tc_segment_flow_all; TC_EDATA if all numbers are used up. */
TC_NODISCARD tc_status tc_segment_match_all(struct tc_segment *s, tc_error *err);

/* Collective. Sizes, profiles, numbers, names and descriptions: s->identity. Errors (agreed): those of
 * tc_segment_match_all and of reading features. */
TC_NODISCARD tc_status tc_segment_describe_all(struct tc_segment *s, tc_error *err);

void tc_segment_identity_destroy(tc_segment_identity **identity);

/* Collective. A table of texts, each `stride` bytes after the one before, as wide as the longest; name, unit and
 * description of field. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_put_texts_all(struct tc_segment *s, tc_store *out,
                                                tc_field field, const char *text,
                                                size_t stride, int64_t n, tc_error *err);

/* Collective. Numbers of clusters as they are published. Errors (agreed): as above. */
TC_NODISCARD tc_status tc_segment_put_numbers_all(struct tc_segment *s, tc_store *out,
                                                  tc_field field, const int64_t *number,
                                                  int64_t n, tc_error *err);

/* Collective. The datasets of the map to the previous run, which there must be. Errors (agreed): as above. */
TC_NODISCARD tc_status tc_segment_write_map_all(struct tc_segment *s, tc_store *out,
                                                tc_error *err);

/* Collective. The datasets of all that. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_write_names_all(struct tc_segment *s, tc_store *out,
                                                  tc_error *err);

#endif
