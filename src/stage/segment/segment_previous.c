/* segment_previous.c - reads the clusters of the earlier run that segment.previous names. */
#include "segment_impl.h"

#include "tiercel/encoding.h"
#include "tiercel/fault.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const transform_name[] = {[TC_AS_IS] = "none", [TC_LOG1P] = "log"};
static const char *const lack_name[] = {[TC_LACK_CATALOGUE] = "catalogue",
                                        [TC_LACK_IMPUTE] = "impute",
                                        [TC_LACK_DROP] = "drop",
                                        [TC_LACK_CATEGORY] = "category"};

static tc_status damaged(tc_error *err, const char *what)
{
    return tc_fail(
        err, TC_EDATA,
        "segment.previous: %s; the file is damaged: name the segments.h5 of another "
        "run, or restore it from a copy",
        what);
}

/* Collective. A table of texts with rows in min .. max. */
static tc_status read_texts_all(tc_comm *comm, tc_store *store, const char *name,
                                const int64_t bounds[2], tc_segment_texts *out,
                                tc_error *err)
{
    tc_field field = {.name = name, .type = TC_TEXT};
    int64_t rows = 0;
    int columns = 0;
    tc_status st = tc_store_shape_all(store, name, &rows, &columns, &field.width, err);
    if (st != TC_OK) {
        return st;
    }
    if (rows < bounds[0] || rows > bounds[1] || columns != 1 ||
        field.width > TC_SEGMENT_TEXT_MOST) {
        return damaged(err, "a table of names has another shape than the clusters");
    }
    out->n = rows;
    out->width = field.width;
    out->bytes = tc_mem_alloc(rows, (size_t)field.width + 1, err);
    st = tc_comm_agree_all(comm, out->bytes == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_store_get_small_all(store, &field, rows, out->bytes, err);
    }
    TC_ASSERT(st != TC_OK || out->bytes != NULL);
    /* room for the zeros, from behind */
    for (int64_t i = rows - 1; st == TC_OK && i >= 0; i--) {
        char *to = out->bytes + i * (out->width + 1);
        memmove(to, out->bytes + i * out->width, (size_t)out->width);
        to[out->width] = '\0';
        if (!tc_text_is_utf8(to, (int64_t)strlen(to))) {
            st = damaged(err, "a name is not UTF-8");
        }
    }
    return st;
}

/* Collective. Numbers of clusters, as wide integers. */
static tc_status read_numbers_all(tc_comm *comm, tc_store *store, const char *name,
                                  int64_t n, int64_t *out, tc_error *err)
{
    const tc_field field = {.name = name, .type = TC_U16};
    uint16_t *number = tc_mem_alloc(n, sizeof *number, err);
    tc_status st = tc_comm_agree_all(comm, number == NULL ? TC_ENOMEM : TC_OK, err);
    TC_ASSERT(st != TC_OK || number != NULL);
    if (st == TC_OK) {
        st = tc_store_get_small_all(store, &field, n, number, err);
    }
    for (int64_t i = 0; st == TC_OK && i < n; i++) {
        out[i] = number[i];
    }
    tc_mem_free(number);
    return st;
}

/* Collective. Sizes of everything: clusters and features. */
static tc_status read_shape_all(tc_comm *comm, tc_segment_previous *p, tc_error *err)
{
    static const int64_t features[2] = {1, TC_KMEANS_MAX_D};
    int64_t k = 0;
    tc_status st = tc_store_get_i64_all(p->store, "k", &k, err);
    if (st == TC_OK) {
        st = tc_store_get_i64_all(p->store, "last_number", &p->last_number, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_text_all(p->store, "method", p->method, sizeof p->method, err);
    }
    if (st == TC_OK && (k < 1 || k > TC_KMEANS_MAX_K || p->last_number < 1 ||
                        p->last_number > TC_SEGMENT_NUMBER_MOST)) {
        st = damaged(err, "its number of clusters is not possible");
    }
    if (st == TC_OK) {
        p->k = (int)k;
        st = read_texts_all(comm, p->store, "model/feature_name", features, &p->feature,
                            err);
        p->n_use = (int)p->feature.n;
    }
    return st;
}

/* Collective. The scales of its features and its centres. */
static tc_status read_model_all(tc_comm *comm, tc_segment_previous *p, tc_error *err)
{
    const tc_field transform = {
        .name = "model/transform", .type = TC_ENUM, .names = transform_name, .n_names = 2};
    const tc_field lack = {
        .name = "model/missing_policy", .type = TC_ENUM, .names = lack_name, .n_names = 4};
    const struct {
        tc_field field;
        double *to;
        int64_t rows;
    } real[] = {{{.name = "model/mean", .type = TC_F64}, p->mean, p->n_use},
                {{.name = "model/scale", .type = TC_F64}, p->scale, p->n_use},
                {{.name = "model/cluster_centers", .type = TC_F64, .columns = p->n_use},
                 p->centre,
                 p->k}};
    const tc_field customers = {.name = "model/customers", .type = TC_I64};
    tc_status st =
        tc_store_get_small_all(p->store, &transform, p->n_use, p->transform, err);
    if (st == TC_OK) {
        st = tc_store_get_small_all(p->store, &lack, p->n_use, p->lack, err);
    }
    for (size_t i = 0; st == TC_OK && i < sizeof real / sizeof *real; i++) {
        st =
            tc_store_get_small_all(p->store, &real[i].field, real[i].rows, real[i].to, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_small_all(p->store, &customers, p->k, p->customers, err);
    }
    if (st == TC_OK) {
        st = read_numbers_all(comm, p->store, "model/number", p->k, p->number, err);
    }
    return st;
}

/* Collective. */
static tc_status read_names_all(tc_comm *comm, tc_segment_previous *p, tc_error *err)
{
    const int64_t clusters[2] = {p->k, p->k};
    static const int64_t retired[2] = {1, TC_SEGMENT_NUMBER_MOST};
    tc_status st = read_texts_all(comm, p->store, "model/name", clusters, &p->name, err);
    if (st == TC_OK) {
        st = read_texts_all(comm, p->store, "model/description", clusters, &p->description,
                            err);
    }
    if (st != TC_OK || !tc_store_has_all(p->store, "retired/name")) {
        return st;
    }
    st = read_texts_all(comm, p->store, "retired/name", retired, &p->retired_name, err);
    if (st == TC_OK) {
        p->retired = tc_mem_alloc(p->retired_name.n, sizeof *p->retired, err);
        st = tc_comm_agree_all(comm, p->retired == NULL ? TC_ENOMEM : TC_OK, err);
    }
    if (st == TC_OK) {
        st = read_numbers_all(comm, p->store, "retired/number", p->retired_name.n,
                              p->retired, err);
    }
    return st;
}

/* Numbers and names are each given once, and none is beyond the last. */
static tc_status check_numbers(tc_segment_previous *p, tc_error *err)
{
    for (p->n_named = 0; p->n_named < p->k && p->number[p->n_named] > 0; p->n_named++) {
        if (tc_segment_text(&p->name, p->n_named)[0] == '\0' ||
            strlen(tc_segment_text(&p->name, p->n_named)) >= TC_PORTRAIT_NAME) {
            return damaged(err, "a cluster has no name, or a long one");
        }
    }
    for (int i = 0; i < p->k; i++) {
        if (p->number[i] > p->last_number || (i >= p->n_named && p->number[i] != 0)) {
            return damaged(err, "the numbers of its clusters are not possible");
        }
        for (int j = 0; j < i && i < p->n_named; j++) {
            if (p->number[i] == p->number[j] ||
                strcmp(tc_segment_text(&p->name, i), tc_segment_text(&p->name, j)) == 0) {
                return damaged(err, "two clusters have one number or one name");
            }
        }
    }
    for (int64_t i = 0; i < p->retired_name.n; i++) {
        if (p->retired[i] < 1 || p->retired[i] > p->last_number ||
            strlen(tc_segment_text(&p->retired_name, i)) >= TC_PORTRAIT_NAME) {
            return damaged(err, "the number of a former cluster is not possible");
        }
    }
    return p->n_named > 0 ? TC_OK : damaged(err, "it has no cluster with customers");
}

static tc_status check_model(const tc_segment_previous *p, tc_error *err)
{
    for (int f = 0; f < p->n_use; f++) {
        if (!isfinite(p->mean[f]) || !isfinite(p->scale[f]) || p->scale[f] < 0 ||
            p->transform[f] > TC_LOG1P || p->lack[f] > TC_LACK_CATEGORY) {
            return damaged(err, "the scale of a feature is not possible");
        }
    }
    for (int64_t i = 0; i < (int64_t)p->k * p->n_use; i++) {
        if (!isfinite(p->centre[i])) {
            return damaged(err, "a centre is not finite");
        }
    }
    return TC_OK;
}

/* Collective. */
static tc_status read_all(tc_comm *comm, tc_segment_previous *p, tc_error *err)
{
    tc_status st = read_shape_all(comm, p, err);
    if (st == TC_OK) {
        p->centre = tc_mem_alloc((int64_t)p->k * p->n_use, sizeof *p->centre, err);
        st = tc_comm_agree_all(comm, p->centre == NULL ? TC_ENOMEM : TC_OK, err);
    }
    if (st == TC_OK) {
        st = read_model_all(comm, p, err);
    }
    if (st == TC_OK) {
        st = read_names_all(comm, p, err);
    }
    if (st == TC_OK) {
        st = TC_FAULT("segment.previous", err);
        if (st == TC_OK) {
            st = check_numbers(p, err);
        }
        if (st == TC_OK) {
            st = check_model(p, err);
        }
        st = tc_comm_agree_all(comm, st, err);
    }
    return st;
}

tc_status tc_segment_previous_all(tc_segment *s, tc_error *err)
{
    tc_store *store = NULL;
    tc_status st = tc_stage_open_previous_all(s->comm, s->config, &store, err);
    if (st != TC_OK || store == NULL) {
        return st;
    }
    s->previous = tc_mem_alloc(1, sizeof *s->previous, err);
    st = tc_comm_agree_all(s->comm, s->previous == NULL ? TC_ENOMEM : TC_OK, err);
    TC_ASSERT(st != TC_OK || s->previous != NULL);
    if (st == TC_OK) {
        s->previous->store = store;
        st = read_all(s->comm, s->previous, err);
    } else {
        tc_store_close_all(&store);
    }
    return st;
}

void tc_segment_previous_close_all(tc_segment_previous **previous)
{
    tc_segment_previous *p = *previous;
    if (p == NULL) {
        return;
    }
    tc_store_close_all(&p->store);
    tc_mem_free(p->centre);
    tc_mem_free(p->retired);
    tc_mem_free(p->feature.bytes);
    tc_mem_free(p->name.bytes);
    tc_mem_free(p->description.bytes);
    tc_mem_free(p->retired_name.bytes);
    tc_mem_free(p);
    *previous = NULL;
}

int tc_segment_previous_centres(const tc_segment *s, int32_t *centre)
{
    const tc_segment_previous *p = s->previous;
    const double reach = TC_KMEANS_LIMIT - 1;
    if (p == NULL || !tc_segment_same_method(s)) {
        return 0;
    }
    for (int r = 0; r < p->n_named; r++) {
        for (int j = 0; j < s->n_dim; j++) {
            const int f = s->dimension[j], g = tc_segment_previous_feature(s, f);
            const double transformed =
                p->centre[(int64_t)r * p->n_use + g] * p->scale[g] + p->mean[g];
            const double own = (transformed - s->scale[f].mean) / s->scale[f].scale;
            centre[(int64_t)r * s->n_dim + j] =
                (int32_t)fmin(fmax(nearbyint(own / s->unit), -reach), reach);
        }
    }
    return p->n_named;
}
