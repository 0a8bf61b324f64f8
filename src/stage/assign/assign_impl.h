/* assign_impl.h - what the files of the assign stage share. */
#ifndef TC_ASSIGN_IMPL_H
#define TC_ASSIGN_IMPL_H

#include "tiercel/fold.h"
#include "tiercel/lineage.h"
#include "tiercel/rules.h"
#include "tiercel/tiering.h"

enum { TC_AXES = 3, TC_COMPONENTS = 4 }; /* R, F, M; and 1 - churn */

/* Of one axis over all customers. */
typedef struct {
    double cut[TC_SCORE_LEVELS]
              [2]; /* least and greatest value of each score, NaN = nobody */
    int64_t size[TC_SCORE_LEVELS];
    double median;
} tc_axis;

/* The customers of this rank at one date. Arrays [n] are by row; one without features (no
 * event before the date) is not known and keeps zeroes. */
typedef struct {
    int64_t n, n_known;     /* rows here; of them with features */
    int64_t n_all;          /* with features on all ranks */
    int64_t *row;           /* [n_known], ascending */
    double *value[TC_AXES]; /* [n] recency_days, order_count, net_amount; NaN = missing */
    uint16_t *churn;        /* [n], NULL without a churn model */
    double weight[TC_COMPONENTS]; /* of the components in use, sum 1 */
    uint8_t *known;               /* [n] */
    uint8_t *score5[TC_AXES];     /* [n], 0 = not known */
    uint8_t *high;                /* [n], bit a: above the median of axis a */
    uint16_t *score;              /* [n] */
    uint8_t *tier;                /* [n], 0 = not known */
    tc_axis axis[TC_AXES];
    tc_concentration_result concentration; /* of the third axis */
    uint32_t *cut;                         /* [n_tiers] */
    int64_t *tier_size;                    /* [n_tiers] */
} tc_scoring;

/* The stage. */
typedef struct {
    tc_comm *comm;
    const tc_config *config;
    int n_tiers;
    double *share;          /* [n_tiers] */
    const char **tier_name; /* [n_tiers + 1], [0] = "none"; names borrowed */
    tc_rule_table rules;
    tc_store *features, *segments, *churn, *out;
    tc_shards shards;
    tc_scoring now, then; /* at date_score; at date_train (the backtest) */
    int has_model, has_backtest;
    char date_score[TC_STORE_NAME], date_train[TC_STORE_NAME];
} tc_assign;

/* Collective. Reads one feature of a date as doubles, allocated into *out. Errors agreed.
 */
tc_status tc_assign_feature_all(tc_assign *a, const char *date, const char *feature,
                                double **out, tc_error *err);

/* Collective. Reads R, F, M of a date and, if wanted, a churn score, and makes the other
 * arrays. */
tc_status tc_assign_load_all(tc_assign *a, const char *date, const char *churn_dataset,
                             tc_scoring *s, tc_error *err);
void tc_assign_scoring_free(tc_scoring *s);

/* Collective. Ranks, scores, medians, cut points, concentration, composite score. */
tc_status tc_assign_rank_all(tc_assign *a, tc_scoring *s, tc_error *err);

/* Collective. Tiers by quota from the histogram of scores. */
tc_status tc_assign_tiers_all(tc_assign *a, tc_scoring *s, tc_error *err);

/* Collective. The tables of the files: rows of customers, the model, the backtest. */
tc_status tc_assign_put_rows_all(tc_assign *a, tc_error *err);
tc_status tc_assign_put_cluster_name_all(tc_assign *a, tc_error *err);
tc_status tc_assign_put_model_all(tc_assign *a, tc_error *err);
tc_status tc_assign_put_backtest_all(tc_assign *a, tc_error *err);

/* Collective; assign_silo.c. With an identity map: how many customers any of their ids alone
 * would have given other scores. Errors agreed. */
tc_status tc_assign_put_silo_all(tc_assign *a, tc_error *err);

/* Local. Number of the named segment and of the R/F/M type of a row, 0 = not yet a
 * customer. */
uint8_t tc_assign_segment(const tc_assign *a, int64_t i);
uint8_t tc_assign_type(const tc_assign *a, int64_t i);

/* Local. The components of a score in words: "recency,frequency,monetary,churn". */
enum { TC_COMPONENT_TEXT = 64 };
void tc_assign_components(const tc_scoring *s, char text[TC_COMPONENT_TEXT]);

/* Collective. A small dataset, equal on all ranks. */
typedef struct {
    tc_field field;
    const void *data;
    int64_t rows;
} tc_assign_table;
tc_status tc_assign_put_tables_all(tc_assign *a, const tc_assign_table *table, size_t n,
                                   tc_error *err);

#endif
