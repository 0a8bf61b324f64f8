/* segment_table_write.c - the file of labels, in the words of scikit-learn. */
#include "segment_table_impl.h"

#include "tiercel/fault.h"

#include <stdio.h>
#include <string.h>

enum { NAME_WIDTH = 80 };

/* The small tables, by cluster in the order of the labels. */
typedef struct {
    double centre[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D];
    double scaled[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D];
    int64_t size[TC_KMEANS_MAX_K];
    double weight[TC_KMEANS_MAX_K];
    char name[TC_KMEANS_MAX_D][NAME_WIDTH];
    int64_t missing[TC_KMEANS_MAX_D];
} tables;

static void fill_cluster(const tc_segment *s, int place, tables *t)
{
    const int a = s->order[place], d = s->n_dim;
    const int64_t *sum = &s->model->sum[(int64_t)a * (d + 1)];
    double *scaled = &t->scaled[(int64_t)place * s->n_use];
    double *centre = &t->centre[(int64_t)place * s->n_use];
    for (int j = 0; j < d && sum[d] > 0; j++) {
        scaled[s->dimension[j]] = (double)sum[j] / (double)sum[d] * s->unit;
    }
    for (int f = 0; f < s->n_use; f++) {
        centre[f] = tc_scale_invert(&s->scale[f], scaled[f]);
    }
    t->weight[place] = (double)sum[d] / s->rows.roles.per_weight;
}

/* What stands for the input and the settings. */
static tc_status describe(const table_run *r, tc_store_header *header, tc_error *err)
{
    const tc_segment *s = &r->s;
    const int64_t *sum = s->model->total;
    /* the words of several ranks carry over differently */
    const int64_t total[2] = {sum[0] & 0xFFFFFFFF, sum[1] + (sum[0] >> 32)};
    tc_buffer text = {0};
    tc_status st =
        tc_buffer_print(&text, err, "%s|%d|", TC_VERSION, (int)r->table->missing);
    if (st == TC_OK) {
        st = tc_config_section(s->config, "segment", &text, err);
    }
    if (st == TC_OK) {
        st = tc_buffer_append(&text, &s->survey, (int64_t)sizeof s->survey, err);
    }
    if (st == TC_OK) {
        st = tc_buffer_append(&text, total, (int64_t)sizeof total, err);
    }
    if (st == TC_OK) {
        tc_hash128_text(tc_hash128_of(text.data, (size_t)text.size), header->run_id);
    }
    (void)snprintf(header->schema, sizeof header->schema, "tiercel.labels");
    (void)snprintf(header->program_version, sizeof header->program_version, "%s",
                   TC_VERSION);
    header->schema_version = 1;
    header->seed = s->config->seed;
    header->n_shards = s->customers.n_shards;
    header->n_rows = s->known.n_global;
    tc_buffer_free(&text);
    return st;
}

/* Numbers of the published clusters, in place of those of the model. */
static void number_labels(tc_segment *s)
{
    uint8_t place[TC_KMEANS_MAX_K] = {0};
    for (int p = 0; p < s->model->k; p++) {
        place[s->order[p]] = (uint8_t)p;
    }
    for (int64_t i = 0; i < s->known.n_local; i++) {
        s->label[i] = place[s->label[i]];
    }
}

/* Collective. Rows of each cluster. */
static void count_rows_all(const tc_segment *s, tables *t)
{
    for (int64_t i = 0; i < s->known.n_local; i++) {
        t->size[s->label[i]]++;
    }
    tc_comm_sum_i64_all(s->comm, t->size, s->model->k);
}

/* Collective. Labels as int32, as scikit-learn has them, a shard at a time. */
static tc_status put_labels_all(const tc_segment *s, tc_store *out, tc_error *err)
{
    const tc_field field = {.name = "labels",
                            .type = TC_I32,
                            .unit = "1",
                            .description = "cluster of each row of the input, from 0"};
    const int64_t largest = tc_shards_largest(&s->known);
    int32_t *label = tc_mem_alloc(largest, sizeof *label, err);
    tc_store_piece *piece = NULL;
    tc_status st = tc_comm_agree_all(s->comm, label == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_store_begin_all(out, &field, s->known.n_global, &piece, err);
    }
    if (st == TC_OK) {
        TC_ASSERT(label != NULL);
        for (int64_t row = 0; row < s->known.n_local && st == TC_OK; row += largest) {
            const int64_t left = s->known.n_local - row,
                          n = left < largest ? left : largest;
            for (int64_t i = 0; i < n; i++) {
                label[i] = s->label[row + i];
            }
            st = tc_store_write(piece, label, s->known.row0 + row, n, err);
        }
        st = tc_store_end_all(&piece, st, err);
    }
    tc_mem_free(label);
    return st;
}

/* Collective. */
static tc_status put_tables_all(const tc_segment *s, tc_store *out, const tables *t,
                                tc_error *err)
{
    const struct {
        tc_field field;
        const void *data;
        int64_t rows;
    } put[] = {
        {{.name = "cluster_centers",
          .type = TC_F64,
          .unit = "of the input",
          .columns = s->n_use,
          .description = "mean of each cluster by feature; scaled values taken back"},
         t->centre,
         s->model->k},
        {{.name = "cluster_centers_scaled",
          .type = TC_F64,
          .unit = "1",
          .columns = s->n_use,
          .description = "the same in the space of the fit, in which inertia is measured"},
         t->scaled,
         s->model->k},
        {{.name = "cluster_size",
          .type = TC_I64,
          .unit = "rows",
          .description = "rows of each cluster"},
         t->size,
         s->model->k},
        {{.name = "cluster_weight",
          .type = TC_F64,
          .unit = "1",
          .description = "sum of the weights of its rows that count in the fit"},
         t->weight,
         s->model->k},
        {{.name = "feature_names",
          .type = TC_TEXT,
          .unit = "",
          .width = NAME_WIDTH,
          .description = "columns of the centres"},
         t->name,
         s->n_use},
        {{.name = "missing",
          .type = TC_I64,
          .unit = "rows",
          .description = "rows without a value, by feature"},
         t->missing,
         s->n_use}};
    tc_status st = TC_OK;
    for (size_t i = 0; i < sizeof put / sizeof put[0] && st == TC_OK; i++) {
        st = tc_store_put_small_all(out, &put[i].field, put[i].data, put[i].rows, err);
    }
    return st;
}

/* Collective. */
static tc_status put_attributes_all(const tc_segment *s, tc_store *out, tc_error *err)
{
    const tc_cluster_candidate *c = &s->choice->candidate[s->choice->chosen];
    const struct {
        const char *name;
        int64_t value;
    } count[] = {{"n_clusters", s->model->k},       {"n_iter", s->report.iterations},
                 {"converged", s->report.stable},   {"n_features_in", s->rows.roles.n_read},
                 {"rows_fitted", s->survey.fitted}, {"rows_dropped", s->survey.lacking}};
    const struct {
        const char *name;
        double value;
    } real[] = {{"inertia", tc_segment_inertia(s, &s->report)},
                {"weight_unit", 1 / s->rows.roles.per_weight},
                {"calinski_harabasz", c->index.calinski_harabasz},
                {"davies_bouldin", c->index.davies_bouldin},
                {"simplified_silhouette", c->index.simplified},
                {"silhouette", c->silhouette}}; /* of a sample, the same rows a cluster */
    tc_status st = TC_OK;
    for (size_t i = 0; i < sizeof count / sizeof count[0] && st == TC_OK; i++) {
        st = tc_store_put_i64_all(out, count[i].name, count[i].value, err);
    }
    for (size_t i = 0; i < sizeof real / sizeof real[0] && st == TC_OK; i++) {
        st = tc_store_put_f64_all(out, real[i].name, real[i].value, err);
    }
    return st;
}

/* Collective. */
static tc_status put_all(const table_run *r, const tc_store_header *header, const tables *t,
                         tc_error *err)
{
    const tc_segment *s = &r->s;
    tc_store *out = NULL;
    tc_status st = tc_store_create_all(s->comm, r->table->output, header, &out, err);
    if (st == TC_OK) {
        st = put_labels_all(s, out, err);
    }
    if (st == TC_OK) {
        st = put_tables_all(s, out, t, err);
    }
    if (st == TC_OK) {
        st = put_attributes_all(s, out, err);
    }
    if (st == TC_OK) {
        st = tc_store_publish_all(&out, err);
    }
    tc_store_close_all(&out);
    return st;
}

tc_status tc_segment_table_write_all(table_run *r, tc_error *err)
{
    tc_segment *s = &r->s;
    tc_store_header header = {0};
    tables *t = tc_mem_alloc(1, sizeof *t, err);
    tc_status st = t == NULL ? TC_ENOMEM : TC_FAULT("labels.write", err);
    if (st == TC_OK) {
        st = describe(r, &header, err);
    }
    st = tc_comm_agree_all(s->comm, st, err);
    if (st == TC_OK) {
        TC_ASSERT(t != NULL);
        number_labels(s);
        count_rows_all(s, t);
        for (int p = 0; p < s->model->k; p++) {
            fill_cluster(s, p, t);
        }
        for (int f = 0; f < s->n_use; f++) {
            (void)snprintf(t->name[f], NAME_WIDTH, "%s", s->use[f].feature);
            t->missing[f] = s->survey.missing[f];
        }
        st = put_all(r, &header, t, err);
    }
    tc_mem_free(t);
    return st;
}
