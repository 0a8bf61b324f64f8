/* segment_choose.c - the fits of a range of k, and the choice among them. */
#include "segment_choose.h"

#include "tiercel/log.h"

#include <string.h>

void tc_segment_choice_free(tc_segment_choice **choice)
{
    tc_segment_choice *c = *choice;
    if (c != NULL) {
        for (int i = 0; i < c->n && c->fit != NULL; i++) {
            tc_kmeans_destroy(&c->fit[i].model);
            tc_mem_free(c->fit[i].label);
        }
        tc_mem_free(c->fit);
        tc_mem_free(c->candidate);
        tc_mem_free(c->eligible);
        tc_mem_free(c->distance);
        tc_mem_free(c->simplified);
        tc_mem_free(c->silhouette);
        tc_mem_free(c);
        *choice = NULL;
    }
}

static tc_status create_fit(const tc_segment_task *task, int k, tc_segment_fit *fit,
                            tc_error *err)
{
    const int64_t rows = tc_matrix_rows(task->matrix);
    TC_TRY(tc_kmeans_create(k, tc_matrix_columns(task->matrix), &fit->model, err));
    fit->label = tc_mem_alloc(rows, sizeof *fit->label, err);
    if (fit->label == NULL) {
        return TC_ENOMEM;
    }
    memset(fit->label, TC_KMEANS_NO_LABEL, (size_t)rows);
    return TC_OK;
}

/* The range, one fit each. */
static tc_status create(const tc_segment_task *task, tc_segment_choice **out, tc_error *err)
{
    const int first = (int)task->config->k;
    const int64_t last =
        task->config->k_max < task->n_global ? task->config->k_max : task->n_global;
    tc_segment_choice *c = tc_mem_alloc(1, sizeof *c, err);
    *out = c;
    if (c == NULL) {
        return TC_ENOMEM;
    }
    c->n = last > first ? (int)last - first + 1 : 1;
    c->fit = tc_mem_alloc(c->n, sizeof *c->fit, err);
    c->candidate = tc_mem_alloc(c->n, sizeof *c->candidate, err);
    c->eligible = tc_mem_alloc(c->n, 1, err);
    c->distance = tc_mem_alloc((int64_t)c->n * TC_KMEANS_MAX_K, sizeof(double), err);
    c->simplified = tc_mem_alloc((int64_t)c->n * TC_KMEANS_MAX_K, sizeof(double), err);
    c->silhouette = tc_mem_alloc((int64_t)c->n * TC_KMEANS_MAX_K, sizeof(double), err);
    if (c->fit == NULL || c->candidate == NULL || c->eligible == NULL ||
        c->distance == NULL || c->simplified == NULL || c->silhouette == NULL) {
        return TC_ENOMEM;
    }
    for (int i = 0; i < c->n; i++) {
        c->candidate[i].k = first + i;
        TC_TRY(create_fit(task, first + i, &c->fit[i], err));
    }
    return TC_OK;
}

/* Collective. */
static tc_status fit_all(const tc_segment_task *task, const tc_segment_sample *sample,
                         tc_segment_choice *c, tc_error *err)
{
    const tc_kmeans_limits limits = {task->config->max_iterations, task->config->tolerance};
    for (int i = 0; i < c->n; i++) {
        TC_TRY(tc_segment_seed_all(task, sample, c->fit[i].model, err));
        if (task->given == NULL || task->n_given != c->candidate[i].k) {
            TC_TRY(tc_segment_parallel_all(task, sample, c->fit[i].model, err));
        }
    }
    return tc_segment_lloyd_all(task->comm, task->matrix, task->row0, c->fit, c->n, &limits,
                                err);
}

static void choose(const tc_segment_task *task, tc_segment_choice *c)
{
    const tc_cluster_candidate *best;
    int any = 0;
    c->chosen =
        tc_cluster_choose(c->candidate, c->n, (tc_cluster_criterion)task->config->criterion,
                          task->config->min_share, c->eligible);
    best = &c->candidate[c->chosen];
    if (c->n == 1) {
        return;
    }
    for (int i = 0; i < c->n; i++) {
        any |= c->eligible[i];
    }
    if (!any) {
        tc_log_warn("segment: no number of clusters from %d to %d leaves every cluster %g "
                    "of the customers (segment.min_share), so the first was taken",
                    c->candidate[0].k, c->candidate[c->n - 1].k, task->config->min_share);
    }
    tc_log_info("segment: %d clusters chosen among %d to %d", best->k, c->candidate[0].k,
                c->candidate[c->n - 1].k);
}

tc_status tc_segment_choose_all(const tc_segment_task *task, tc_segment_choice **out,
                                tc_error *err)
{
    tc_segment_sample sample = {0};
    tc_status st = create(task, out, err);
    st = tc_comm_agree_all(task->comm, st, err);
    if (st == TC_OK) {
        const tc_segment_choice *c = *out;
        TC_ASSERT(c != NULL);
        st = tc_segment_sample_all(task, c->candidate[c->n - 1].k, &sample, err);
    }
    if (st == TC_OK) {
        (*out)->sampled = sample.rows.n;
        st = fit_all(task, &sample, *out, err);
    }
    if (st == TC_OK) {
        st = tc_segment_quality_all(task, *out, err);
    }
    if (st == TC_OK && (*out)->n > 1) {
        st = tc_segment_compare_all(task, &sample, *out, err);
    }
    if (st == TC_OK) {
        choose(task, *out);
    }
    tc_segment_sample_free(&sample);
    if (st != TC_OK) {
        tc_segment_choice_free(out);
    }
    return st;
}
