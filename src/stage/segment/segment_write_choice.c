/* segment_write_choice.c - the fits of all numbers of clusters and the indices of the chosen one. */
#include "segment_impl.h"

#include "tiercel/fault.h"

static const char *const criterion_name[] = {"calinski_harabasz", "davies_bouldin",
                                             "silhouette", "simplified_silhouette", "gap"};

/* By number of clusters. */
typedef struct {
    int64_t k[TC_KMEANS_MAX_K], n_iter[TC_KMEANS_MAX_K], filled[TC_KMEANS_MAX_K];
    uint8_t converged[TC_KMEANS_MAX_K], chosen[TC_KMEANS_MAX_K];
    double inertia[TC_KMEANS_MAX_K], calinski_harabasz[TC_KMEANS_MAX_K];
    double davies_bouldin[TC_KMEANS_MAX_K], simplified[TC_KMEANS_MAX_K];
    double silhouette[TC_KMEANS_MAX_K], stability[TC_KMEANS_MAX_K];
    double gap[TC_KMEANS_MAX_K], gap_error[TC_KMEANS_MAX_K];
    double smallest_share[TC_KMEANS_MAX_K];
    /* by cluster of the chosen one in canonical order */
    double distance[TC_KMEANS_MAX_K], simple[TC_KMEANS_MAX_K], sampled[TC_KMEANS_MAX_K];
} tables;

static void fill(const tc_segment *s, tables *t)
{
    const tc_segment_choice *c = s->choice;
    const int64_t at = (int64_t)c->chosen * TC_KMEANS_MAX_K;
    for (int i = 0; i < c->n; i++) {
        const tc_cluster_candidate *one = &c->candidate[i];
        t->k[i] = one->k;
        t->n_iter[i] = c->fit[i].report.iterations;
        t->converged[i] = (uint8_t)c->fit[i].report.stable;
        t->chosen[i] = i == c->chosen;
        t->filled[i] = one->index.n_filled;
        t->inertia[i] = tc_segment_inertia(s, &c->fit[i].report);
        t->calinski_harabasz[i] = one->index.calinski_harabasz;
        t->davies_bouldin[i] = one->index.davies_bouldin;
        t->simplified[i] = one->index.simplified;
        t->silhouette[i] = one->silhouette;
        t->stability[i] = one->stability;
        t->gap[i] = one->gap;
        t->gap_error[i] = one->gap_error;
        t->smallest_share[i] = one->index.smallest_share;
    }
    for (int p = 0; p < s->model->k; p++) {
        t->distance[p] = c->distance[at + s->order[p]] * s->unit;
        t->simple[p] = c->simplified[at + s->order[p]];
        t->sampled[p] = c->silhouette[at + s->order[p]];
    }
}

/* Collective. */
static tc_status put_reals_all(const tc_segment *s, tc_store *out, const tables *t,
                               tc_error *err)
{
    const struct {
        const char *name;
        const double *data;
        int by_cluster;
        const char *description;
    } put[] = {
        {"choice/inertia", t->inertia, 0, "sum of squared distances to the centres"},
        {"choice/calinski_harabasz", t->calinski_harabasz, 0,
         "between / (k - 1) over within / (n - k), all customers; most is best"},
        {"choice/davies_bouldin", t->davies_bouldin, 0,
         "mean over clusters of the worst (s_a + s_b) / |c_a - c_b|, all customers; least "
         "is best"},
        {"choice/simplified_silhouette", t->simplified, 0,
         "mean (b - a) / max(a, b), distances to the own and the next centre, all "
         "customers"},
        {"choice/silhouette", t->silhouette, 0,
         "silhouette of a sample with as many customers of each cluster, weighted by their "
         "sizes; 0 = not computed"},
        {"choice/stability", t->stability, 0,
         "mean adjusted Rand index of fits on disjoint samples; 0 = not computed"},
        {"choice/gap", t->gap, 0, "gap statistic on a sample; 0 = not computed"},
        {"choice/gap_error", t->gap_error, 0, "its standard error"},
        {"choice/smallest_share", t->smallest_share, 0,
         "share of the customers in the smallest cluster"},
        {"model/mean_distance", t->distance, 1,
         "mean distance of the customers of a cluster to its centre, in model space"},
        {"model/simplified_silhouette", t->simple, 1, "mean of each cluster"},
        {"model/silhouette", t->sampled, 1,
         "mean of the sampled customers of each cluster; 0 = not computed"},
    };
    tc_status st = TC_OK;
    for (size_t i = 0; i < sizeof put / sizeof put[0] && st == TC_OK; i++) {
        const tc_field field = {.name = put[i].name,
                                .type = TC_F64,
                                .unit = "1",
                                .description = put[i].description};
        st = tc_store_put_small_all(out, &field, put[i].data,
                                    put[i].by_cluster ? s->model->k : s->choice->n, err);
    }
    return st;
}

/* Collective. */
static tc_status put_integers_all(const tc_segment *s, tc_store *out, const tables *t,
                                  tc_error *err)
{
    const struct {
        tc_field field;
        const void *data;
    } put[] = {{{.name = "choice/k",
                 .type = TC_I64,
                 .unit = "1",
                 .description = "numbers of clusters that were fitted"},
                t->k},
               {{.name = "choice/n_iter",
                 .type = TC_I64,
                 .unit = "1",
                 .description = "passes over all customers"},
                t->n_iter},
               {{.name = "choice/filled",
                 .type = TC_I64,
                 .unit = "1",
                 .description = "clusters that are not empty"},
                t->filled},
               {{.name = "choice/converged",
                 .type = TC_U8,
                 .unit = "1",
                 .description = "1 = no customer moved in the last pass"},
                t->converged},
               {{.name = "choice/eligible",
                 .type = TC_U8,
                 .unit = "1",
                 .description = "1 = no cluster is empty or below segment.min_share"},
                s->choice->eligible},
               {{.name = "choice/chosen",
                 .type = TC_U8,
                 .unit = "1",
                 .description = "1 = this one"},
                t->chosen}};
    tc_status st = TC_OK;
    for (size_t i = 0; i < sizeof put / sizeof put[0] && st == TC_OK; i++) {
        st = tc_store_put_small_all(out, &put[i].field, put[i].data, s->choice->n, err);
    }
    return st;
}

/* Collective. What the indices were computed from. */
static tc_status put_attributes_all(const tc_segment *s, tc_store *out, tc_error *err)
{
    const struct {
        const char *name;
        int64_t value;
    } count[] = {{"choice_sampled", s->choice->sampled},
                 {"choice_silhouette_rows", s->choice->silhouette_rows},
                 {"choice_stability_pairs", s->choice->stability},
                 {"choice_gap_references", s->choice->references}};
    tc_status st = TC_OK;
    for (size_t i = 0; i < sizeof count / sizeof count[0] && st == TC_OK; i++) {
        st = tc_store_put_i64_all(out, count[i].name, count[i].value, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_f64_all(out, "choice_min_share", s->config->segment.min_share,
                                  err);
    }
    if (st == TC_OK) {
        st = tc_store_put_text_all(out, "choice_criterion",
                                   criterion_name[s->config->segment.criterion], err);
    }
    return st;
}

tc_status tc_segment_write_choice_all(const tc_segment *s, tc_store *out, tc_error *err)
{
    tables *t = tc_mem_alloc(1, sizeof *t, err);
    tc_status st = t == NULL ? TC_ENOMEM : TC_FAULT("segment.write_choice", err);
    st = tc_comm_agree_all(s->comm, st, err);
    TC_ASSERT(st != TC_OK || t != NULL);
    if (st == TC_OK) {
        fill(s, t);
        st = put_integers_all(s, out, t, err);
    }
    if (st == TC_OK) {
        st = put_reals_all(s, out, t, err);
    }
    if (st == TC_OK) {
        st = put_attributes_all(s, out, err);
    }
    tc_mem_free(t);
    return st;
}
