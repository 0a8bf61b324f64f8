#include "segment_state.h"

#include "tiercel/log.h"

#include <stdio.h>
#include <string.h>

/* What the state begins with; its length follows. */
typedef struct {
    int64_t first_k, n, d;
    int64_t phase, seeded;
    int64_t n_attempts, n_jobs;
} state_head;

typedef struct {
    int64_t iterations, stable, over;
    double inertia;
} fit_head;

/* One walk over the state serves writing, reading and measuring. */
typedef enum { MEASURE, WRITE, READ } direction;

typedef struct {
    direction to;
    tc_buffer *bytes;
    int64_t at;
    tc_status status;
    tc_error *err;
} walk;

static void pass(walk *w, void *data, int64_t count, size_t size)
{
    const int64_t n = count * (int64_t)size;
    if (w->to == WRITE && w->status == TC_OK) {
        w->status = tc_buffer_append(w->bytes, data, n, w->err);
    } else if (w->to == READ && n > 0) {
        memcpy(data, w->bytes->data + w->at, (size_t)n);
    }
    w->at += n;
}

static void pass_fit(walk *w, tc_segment_fit *fit, int is_there)
{
    const int k = fit->model->k;
    fit_head head = {fit->report.iterations, fit->report.stable, fit->over,
                     fit->report.inertia};
    if (!is_there) {
        return;
    }
    pass(w, &head, 1, sizeof head);
    pass(w, fit->last.centre, (int64_t)k * fit->model->d, sizeof *fit->last.centre);
    pass(w, fit->last.empty, k, sizeof *fit->last.empty);
    if (w->to == READ) {
        fit->report = (tc_kmeans_report){.inertia = head.inertia,
                                         .iterations = head.iterations,
                                         .stable = (int)head.stable};
        fit->over = (int)head.over;
    }
}

/* The attempts but for their marks, which need memory of their own. */
static void pass_attempts(walk *w, tc_segment_attempts *a)
{
    pass(w, a->done, a->n, sizeof *a->done);
    pass(w, &a->inertia, 1, sizeof a->inertia);
    pass(w, &a->attempt, 1, sizeof a->attempt);
    pass(w, &a->n_centres, 1, sizeof a->n_centres);
    pass(w, a->centre, (int64_t)TC_KMEANS_MAX_K * TC_KMEANS_MAX_D, sizeof *a->centre);
}

static void pass_indices(walk *w, tc_segment_choice *c)
{
    const int64_t cells = (int64_t)c->n * TC_KMEANS_MAX_K;
    pass(w, c->candidate, c->n, sizeof *c->candidate);
    pass(w, c->distance, cells, sizeof *c->distance);
    pass(w, c->simplified, cells, sizeof *c->simplified);
    pass(w, c->silhouette, cells, sizeof *c->silhouette);
    pass(w, &c->silhouette_rows, 1, sizeof c->silhouette_rows);
    pass(w, c->job_done, c->n_jobs, sizeof *c->job_done);
    pass(w, c->job_value, c->n_jobs, sizeof *c->job_value);
}

/* Behind the head, by what it says. */
static void pass_body(walk *w, tc_segment_choice *c)
{
    for (int f = 0; f < c->n; f++) {
        pass_fit(w, &c->fit[f], f < c->seeded);
    }
    if (c->attempts->n > 0) {
        pass_attempts(w, c->attempts);
    }
    if (c->phase == TC_SEGMENT_COMPARING) {
        pass_indices(w, c);
    }
}

static state_head head_of(const tc_segment_task *task, const tc_segment_choice *c)
{
    return (state_head){.first_k = c->candidate[0].k,
                        .n = c->n,
                        .d = tc_matrix_columns(task->matrix),
                        .phase = c->phase,
                        .seeded = c->seeded,
                        .n_attempts = c->attempts->n,
                        .n_jobs = c->n_jobs};
}

static tc_status write_state(const tc_segment_keeping *keeping, tc_buffer *bytes,
                             tc_error *err)
{
    state_head head = head_of(keeping->task, keeping->choice);
    walk w = {.to = WRITE, .bytes = bytes, .err = err};
    pass(&w, &head, 1, sizeof head);
    pass_body(&w, keeping->choice);
    return w.status;
}

/* Local. Takes what the head says, with the memory that it needs. */
static tc_status take_head(const state_head *head, tc_segment_choice *c, tc_error *err)
{
    c->phase = (tc_segment_phase)head->phase;
    c->seeded = (int)head->seeded;
    c->attempts->n = head->n_attempts;
    c->n_jobs = head->n_jobs;
    c->attempts->done = tc_mem_alloc(head->n_attempts, sizeof *c->attempts->done, err);
    c->job_done = tc_mem_alloc(head->n_jobs, sizeof *c->job_done, err);
    c->job_value = tc_mem_alloc(head->n_jobs, sizeof *c->job_value, err);
    return c->attempts->done == NULL || c->job_done == NULL || c->job_value == NULL
               ? TC_ENOMEM
               : TC_OK;
}

/* 1 if a state is one of this choice: checksum and key say so, and a program that wrote another one under this key
 * must not harm. */
static int fits(const tc_segment_keeping *keeping, const tc_buffer *bytes, state_head *head)
{
    const state_head own = head_of(keeping->task, keeping->choice);
    if (bytes->size < (int64_t)sizeof *head) {
        return 0;
    }
    memcpy(head, bytes->data, sizeof *head);
    return head->first_k == own.first_k && head->n == own.n && head->d == own.d &&
           head->phase >= TC_SEGMENT_SEEDING && head->phase <= TC_SEGMENT_COMPARING &&
           head->seeded >= 0 && head->seeded <= own.n &&
           (head->phase == TC_SEGMENT_SEEDING || head->seeded == own.n) &&
           head->n_attempts >= 0 && head->n_attempts < bytes->size && head->n_jobs >= 0 &&
           head->n_jobs < bytes->size;
}

/* Local. As if nothing had been taken. */
static void forget(tc_segment_choice *c)
{
    tc_mem_free(c->attempts->done);
    tc_mem_free(c->job_done);
    tc_mem_free(c->job_value);
    c->attempts->done = c->job_done = NULL;
    c->job_value = NULL;
    c->phase = TC_SEGMENT_SEEDING;
    c->seeded = 0;
    c->attempts->n = c->n_jobs = 0;
}

/* Local. *taken = 1 if the state was taken. */
static tc_status read_state(tc_segment_keeping *keeping, tc_buffer *bytes, int *taken,
                            tc_error *err)
{
    tc_segment_choice *c = keeping->choice;
    state_head head;
    walk measure = {.to = MEASURE}, read = {.to = READ, .bytes = bytes};
    *taken = 0;
    if (!fits(keeping, bytes, &head)) {
        return TC_OK;
    }
    TC_TRY(take_head(&head, c, err));
    pass(&measure, &head, 1, sizeof head);
    pass_body(&measure, c);
    if (measure.at != bytes->size) {
        forget(c);
        return TC_OK;
    }
    pass(&read, &head, 1, sizeof head);
    pass_body(&read, c);
    c->kept = 1;
    *taken = 1;
    return TC_OK;
}

static int64_t count_done(const int64_t *done, int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += done[i];
    }
    return sum;
}

/* How far the work is, in words. */
static void describe(const tc_segment_choice *c, char *text, size_t size)
{
    int64_t passes = 0;
    for (int f = 0; f < c->n; f++) {
        const int64_t own = c->fit[f].report.iterations;
        passes = own > passes ? own : passes;
    }
    if (c->phase == TC_SEGMENT_SEEDING) {
        (void)snprintf(
            text, size,
            "starting centres of %d of %d fits, and %lld of %lld attempts at the "
            "next",
            c->seeded, c->n, (long long)count_done(c->attempts->done, c->attempts->n),
            (long long)c->attempts->n);
    } else if (c->phase == TC_SEGMENT_LLOYD) {
        (void)snprintf(text, size, "pass %lld of Lloyd", (long long)passes);
    } else {
        (void)snprintf(text, size, "%lld passes of Lloyd, and %lld of %lld comparisons",
                       (long long)passes, (long long)count_done(c->job_done, c->n_jobs),
                       (long long)c->n_jobs);
    }
}

tc_status tc_segment_restore_all(tc_segment_keeping *keeping, tc_error *err)
{
    const tc_segment_task *task = keeping->task;
    char text[128];
    tc_buffer bytes = {0};
    int found = 0, taken = 0;
    tc_status st = tc_checkpoint_load_all(task->checkpoint, &bytes, &found, err);
    if (st == TC_OK && found) {
        st = read_state(keeping, &bytes, &taken, err);
        st = tc_comm_agree_all(task->comm, st, err);
    }
    if (st == TC_OK && taken) {
        describe(keeping->choice, text, sizeof text);
        tc_log_info("segment: goes on after %s", text);
    } else if (st == TC_OK && found) {
        tc_log_warn("segment: the checkpoint does not fit this run and is not used");
    }
    tc_buffer_free(&bytes);
    return st;
}

/* Collective. */
static tc_status save_all(tc_segment_keeping *keeping, tc_error *err)
{
    const tc_segment_task *task = keeping->task;
    tc_buffer bytes = {0};
    char text[128];
    tc_status st = tc_checkpoint_begin_all(task->checkpoint, err);
    if (st == TC_OK) {
        st = write_state(keeping, &bytes, err);
        st = tc_checkpoint_end_all(task->checkpoint, st, bytes.data, bytes.size, err);
    }
    if (st == TC_OK || st == TC_EINTERRUPT) {
        keeping->choice->kept = 1;
        describe(keeping->choice, text, sizeof text);
        tc_log_debug("segment: state kept after %s", text);
    }
    tc_buffer_free(&bytes);
    return st;
}

tc_status tc_segment_keep_all(void *keeping, tc_error *err)
{
    tc_segment_keeping *k = keeping;
    k->choice->kept = 0;
    return tc_checkpoint_due_all(k->task->checkpoint) ? save_all(k, err) : TC_OK;
}

tc_status tc_segment_keep_at_stop_all(tc_segment_keeping *keeping, tc_status status,
                                      tc_error *err)
{
    tc_error own = {0}; /* err says why the job stops */
    if (status == TC_EINTERRUPT && !keeping->choice->kept) {
        const tc_status st = save_all(keeping, &own);
        if (st > status) {
            *err = own;
            return st;
        }
    }
    return status;
}
