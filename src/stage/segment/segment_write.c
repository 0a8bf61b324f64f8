/* segment_write.c - the datasets of segments.h5. */
#include "segment_impl.h"
#include "segment_quadrant.h"

#include "tiercel/fault.h"

#include <stdio.h>
#include <string.h>

static const char *const transform_name[] = {[TC_AS_IS] = "none", [TC_LOG1P] = "log"};
static const char *const lack_name[] = {[TC_LACK_CATALOGUE] = "catalogue",
                                        [TC_LACK_IMPUTE] = "impute",
                                        [TC_LACK_DROP] = "drop",
                                        [TC_LACK_CATEGORY] = "category"};

/* The small tables, by cluster in canonical order and by feature in the order of the configuration. */
typedef struct {
    double centre[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D];
    double original[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D];
    int64_t size[TC_KMEANS_MAX_K];
    double net[TC_KMEANS_MAX_K], mean[TC_SEGMENT_SUMS][TC_KMEANS_MAX_K];
    char name[TC_KMEANS_MAX_D][TC_SEGMENT_NAME];
    uint8_t transform[TC_KMEANS_MAX_D], lack[TC_KMEANS_MAX_D];
    double number[5][TC_KMEANS_MAX_D]; /* mean, scale, low, high, impute */
    int64_t clipped[TC_KMEANS_MAX_D], missing[TC_KMEANS_MAX_D];
} tables;

static void fill_cluster(const tc_segment *s, int place, tables *t)
{
    const int a = s->order[place];
    const int64_t *sum = &s->model->sum[(int64_t)a * (s->n_dim + 1)];
    double *centre = &t->centre[(int64_t)place * s->n_use];
    double *original = &t->original[(int64_t)place * s->n_use];
    t->size[place] = s->size[a];
    t->net[place] = s->sum[a][TC_SEGMENT_NET];
    for (int m = 0; m < TC_SEGMENT_SUMS; m++) {
        const int64_t n = s->n_values[a][m];
        t->mean[m][place] = n > 0 ? s->sum[a][m] / (double)n : 0;
    }
    for (int j = 0; j < s->n_dim && sum[s->n_dim] > 0; j++) {
        centre[s->dimension[j]] = (double)sum[j] / (double)sum[s->n_dim] * s->unit;
    }
    for (int f = 0; f < s->n_use; f++) {
        original[f] = tc_scale_invert(&s->scale[f], centre[f]);
    }
}

static void fill_feature(const tc_segment *s, int f, tables *t)
{
    const tc_scale *scale = &s->scale[f];
    (void)snprintf(t->name[f], sizeof t->name[f], "%s", s->use[f].feature);
    t->transform[f] = (uint8_t)s->use[f].transform;
    t->lack[f] = (uint8_t)s->use[f].lack;
    t->number[0][f] = scale->mean;
    t->number[1][f] = scale->scale;
    t->number[2][f] = scale->low;
    t->number[3][f] = scale->high;
    t->number[4][f] = scale->impute;
    t->clipped[f] = s->counts[f].clipped;
    t->missing[f] = s->counts[f].missing;
}

/* Collective. */
static tc_status put_clusters_all(const tc_segment *s, tc_store *out, const tables *t,
                                  tc_error *err)
{
    const int k = s->model->k;
    const struct {
        tc_field field;
        const void *data;
    } put[] = {
        {{.name = "model/cluster_centers",
          .type = TC_F64,
          .unit = "1",
          .columns = s->n_use,
          .description =
              "mean of each cluster by feature, in model space; zeros if it is empty"},
         t->centre},
        {{.name = "model/centre_original",
          .type = TC_F64,
          .unit = "of the feature",
          .columns = s->n_use,
          .description = "the same, taken back to the unit of the feature"},
         t->original},
        {{.name = "model/size",
          .type = TC_I64,
          .unit = "customers",
          .description = "customers of each cluster"},
         t->size},
        {{.name = "model/net_amount",
          .type = TC_F64,
          .unit = "currency",
          .description = "sum of net_amount of each cluster"},
         t->net},
        {{.name = "model/mean_net_amount",
          .type = TC_F64,
          .unit = "currency",
          .description = "mean net_amount; the clusters fall by it"},
         t->mean[TC_SEGMENT_NET]},
        {{.name = "model/mean_recency_days",
          .type = TC_F64,
          .unit = "days",
          .description = "mean recency_days of the customers that have one"},
         t->mean[TC_SEGMENT_RECENCY]},
        {{.name = "model/mean_order_count",
          .type = TC_F64,
          .unit = "orders",
          .description = "mean order_count"},
         t->mean[TC_SEGMENT_ORDERS]}};
    tc_status st = TC_OK;
    for (size_t i = 0; i < sizeof put / sizeof put[0] && st == TC_OK; i++) {
        st = tc_store_put_small_all(out, &put[i].field, put[i].data, k, err);
    }
    return st;
}

/* Collective. */
static tc_status put_features_all(tc_segment *s, tc_store *out, const tables *t,
                                  tc_error *err)
{
    static const struct {
        const char *name, *unit, *description;
    } number[5] = {
        {"model/mean", "transformed", "subtracted after transform and cut"},
        {"model/scale", "transformed", "divided by after that; 0 = constant, left out"},
        {"model/low", "transformed", "lower values are set to this; -inf = not cut"},
        {"model/high", "transformed", "higher values are set to this; inf = not cut"},
        {"model/impute", "of the feature", "raw value that stands for a missing one"}};
    tc_field field = {.name = "model/feature_name",
                      .unit = "",
                      .description = "features, as in the catalogue"};
    tc_status st = tc_segment_put_texts_all(s, out, field, t->name[0], sizeof t->name[0],
                                            s->n_use, err);
    if (st == TC_OK) {
        field = (tc_field){.name = "model/transform",
                           .type = TC_ENUM,
                           .unit = "",
                           .names = transform_name,
                           .n_names = 2,
                           .description = "log = sign(x) ln(1 + |x|)"};
        st = tc_store_put_small_all(out, &field, t->transform, s->n_use, err);
    }
    if (st == TC_OK) {
        field = (tc_field){.name = "model/missing_policy",
                           .type = TC_ENUM,
                           .unit = "",
                           .names = lack_name,
                           .n_names = 4,
                           .description = "what becomes of customers without a value"};
        st = tc_store_put_small_all(out, &field, t->lack, s->n_use, err);
    }
    for (int i = 0; i < 5 && st == TC_OK; i++) {
        field = (tc_field){.name = number[i].name,
                           .type = TC_F64,
                           .unit = number[i].unit,
                           .description = number[i].description};
        st = tc_store_put_small_all(out, &field, t->number[i], s->n_use, err);
    }
    if (st == TC_OK) {
        field = (tc_field){.name = "model/clipped",
                           .type = TC_I64,
                           .unit = "customers",
                           .description = "values moved to low or high"};
        st = tc_store_put_small_all(out, &field, t->clipped, s->n_use, err);
    }
    if (st == TC_OK) {
        field = (tc_field){.name = "model/missing",
                           .type = TC_I64,
                           .unit = "customers",
                           .description = "values that were missing"};
        st = tc_store_put_small_all(out, &field, t->missing, s->n_use, err);
    }
    return st;
}

/* Collective. */
static tc_status put_attributes_all(const tc_segment *s, tc_store *out, tc_error *err)
{
    const struct {
        const char *name;
        int64_t value;
    } count[] = {{"k", s->model->k},
                 {"n_iter", s->report.iterations},
                 {"restarts", s->config->segment.restarts},
                 {"converged", s->report.stable},
                 {"rows_fitted", s->survey.fitted},
                 {"rows_dropped", s->survey.lacking}};
    tc_status st = TC_OK;
    for (size_t i = 0; i < sizeof count / sizeof count[0] && st == TC_OK; i++) {
        st = tc_store_put_i64_all(out, count[i].name, count[i].value, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_f64_all(out, "inertia", tc_segment_inertia(s, &s->report), err);
    }
    if (st == TC_OK && s->weight_name != NULL) {
        st = tc_store_put_text_all(out, "weight", s->weight_name, err);
    }
    if (st == TC_OK && s->weight_name != NULL) {
        st = tc_store_put_f64_all(out, "weight_unit", 1 / s->rows.roles.per_weight, err);
    }
    return st;
}

/* The published number of the cluster of each customer of this rank, 0 without features. */
static tc_status number_customers(const tc_segment *s, uint16_t **out, tc_error *err)
{
    uint16_t number[TC_KMEANS_MAX_K] = {0};
    uint16_t *cluster = tc_mem_alloc(s->customers.n_local, sizeof *cluster, err);
    *out = cluster;
    if (cluster == NULL) {
        return TC_ENOMEM;
    }
    for (int p = 0; p < s->model->k; p++) {
        number[s->order[p]] = (uint16_t)s->identity->number[p];
    }
    for (int64_t i = 0, known = 0; i < s->customers.n_local; i++) {
        if (tc_segment_is_known(s, i)) {
            cluster[i] = number[s->label[known++]];
        }
    }
    return TC_OK;
}

/* Collective. */
static tc_status put_all(tc_segment *s, const tables *t, const uint16_t *cluster,
                         tc_error *err)
{
    const tc_field field = {.name = "cluster",
                            .type = TC_U16,
                            .unit = "1",
                            .description =
                                "number of the cluster, see model/number; in a first run "
                                "1 = the highest mean net_amount; 0 = no event before the "
                                "as-of date"};
    tc_store *out = NULL;
    tc_status st = tc_stage_create_all(s->comm, s->config, TC_STAGE_SEGMENT,
                                       tc_store_head(s->features), &out, err);
    if (st == TC_OK) {
        st = tc_store_put_all(out, &field, cluster, s->customers.row0, s->customers.n_local,
                              s->customers.n_global, err);
    }
    if (st == TC_OK) {
        st = put_clusters_all(s, out, t, err);
    }
    if (st == TC_OK) {
        st = put_features_all(s, out, t, err);
    }
    if (st == TC_OK) {
        st = tc_segment_write_names_all(s, out, err);
    }
    if (st == TC_OK) {
        st = tc_segment_write_quadrants_all(s, out, err);
    }
    if (st == TC_OK) {
        st = put_attributes_all(s, out, err);
    }
    if (st == TC_OK) {
        st = tc_segment_write_choice_all(s, out, err);
    }
    if (st == TC_OK) {
        st = tc_store_publish_all(&out, err);
    }
    tc_store_close_all(&out);
    return st;
}

tc_status tc_segment_write_all(tc_segment *s, tc_error *err)
{
    uint16_t *cluster = NULL;
    tables *t = tc_mem_alloc(1, sizeof *t, err);
    tc_status st = t == NULL ? TC_ENOMEM : TC_FAULT("segment.write", err);
    if (st == TC_OK) {
        st = number_customers(s, &cluster, err);
    }
    for (int p = 0; st == TC_OK && p < s->model->k; p++) {
        fill_cluster(s, p, t);
    }
    for (int f = 0; st == TC_OK && f < s->n_use; f++) {
        fill_feature(s, f, t);
    }
    st = tc_comm_agree_all(s->comm, st, err);
    if (st == TC_OK) {
        st = put_all(s, t, cluster, err);
    }
    tc_mem_free(cluster);
    tc_mem_free(t);
    return st;
}
