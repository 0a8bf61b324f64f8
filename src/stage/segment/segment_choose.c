/* segment_choose.c - the fits of a range of k, and the choice among them. */
#include "segment_state.h"

#include "tiercel/log.h"

#include <string.h>

void tc_segment_choice_free(tc_segment_choice **choice)
{
    tc_segment_choice *c = *choice;
    if (c != NULL) {
        for (int i = 0; i < c->n && c->fit != NULL; i++) {
            tc_segment_centres_free(&c->fit[i]);
            tc_kmeans_destroy(&c->fit[i].model);
            tc_mem_free(c->fit[i].label);
        }
        tc_mem_free(c->fit);
        tc_mem_free(c->candidate);
        tc_mem_free(c->eligible);
        tc_mem_free(c->distance);
        tc_mem_free(c->simplified);
        tc_mem_free(c->silhouette);
        if (c->attempts != NULL) {
            tc_mem_free(c->attempts->done);
        }
        tc_mem_free(c->attempts);
        tc_mem_free(c->job_done);
        tc_mem_free(c->job_value);
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
    return tc_segment_centres_create(fit, err);
}

static tc_status allocate(tc_segment_choice *c, tc_error *err)
{
    const int64_t cells = (int64_t)c->n * TC_KMEANS_MAX_K;
    c->fit = tc_mem_alloc(c->n, sizeof *c->fit, err);
    c->candidate = tc_mem_alloc(c->n, sizeof *c->candidate, err);
    c->eligible = tc_mem_alloc(c->n, 1, err);
    c->distance = tc_mem_alloc(cells, sizeof *c->distance, err);
    c->simplified = tc_mem_alloc(cells, sizeof *c->simplified, err);
    c->silhouette = tc_mem_alloc(cells, sizeof *c->silhouette, err);
    c->attempts = tc_mem_alloc(1, sizeof *c->attempts, err);
    return c->fit == NULL || c->candidate == NULL || c->eligible == NULL ||
                   c->distance == NULL || c->simplified == NULL || c->silhouette == NULL ||
                   c->attempts == NULL
               ? TC_ENOMEM
               : TC_OK;
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
    c->kept = 1;
    TC_TRY(allocate(c, err));
    for (int i = 0; i < c->n; i++) {
        c->candidate[i].k = first + i;
        TC_TRY(create_fit(task, first + i, &c->fit[i], err));
    }
    return TC_OK;
}

/* Collective. */
static tc_status fit_all(tc_segment_keeping *keeping, const tc_segment_sample *sample,
                         tc_error *err)
{
    const tc_segment_task *task = keeping->task;
    tc_segment_choice *c = keeping->choice;
    const tc_segment_lloyd_params params = {
        .limits = {.max_iterations = task->config->max_iterations,
                   .tolerance = task->config->tolerance},
        .keep_all = tc_segment_keep_all,
        .context = keeping};
    tc_status st = tc_segment_seed_all(task, sample, c, err);
    if (st == TC_OK) {
        st = tc_segment_lloyd_all(task->comm, task->matrix, task->row0, c->fit, c->n,
                                  &params, err);
    }
    if (st == TC_OK && c->phase != TC_SEGMENT_COMPARING) {
        st = tc_segment_quality_all(task, c, err);
        if (st == TC_OK) {
            c->phase = TC_SEGMENT_COMPARING;
            c->kept = 0;
        }
    }
    if (st == TC_OK && c->n > 1) {
        st = tc_segment_compare_all(task, sample, c, err);
    }
    return st;
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
    tc_segment_keeping keeping = {.task = task};
    tc_status st = create(task, out, err);
    st = tc_comm_agree_all(task->comm, st, err);
    if (st == TC_OK) {
        const tc_segment_choice *c = *out;
        TC_ASSERT(c != NULL);
        st = tc_segment_sample_all(task, c->candidate[c->n - 1].k, &sample, err);
    }
    if (st == TC_OK) {
        (*out)->sampled = sample.rows.n;
        keeping.choice = *out;
        st = tc_segment_restore_all(&keeping, err);
    }
    if (st == TC_OK) {
        st = tc_segment_keep_at_stop_all(&keeping, fit_all(&keeping, &sample, err), err);
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
