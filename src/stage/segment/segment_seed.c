/* segment_seed.c - starting centres: attempts on the sample, shared out among ranks. */
#include "segment_deal.h"
#include "segment_state.h"

#include "tiercel/fault.h"
#include "tiercel/kmeans_seed.h"
#include "tiercel/progress.h"
#include "tiercel/stop.h"

#include <math.h>
#include <string.h>

/* The attempts, and after them one from the centres of the last run. */
tc_status tc_segment_attempts_begin(const tc_segment_task *task, int k,
                                    tc_segment_attempts *attempts, tc_error *err)
{
    const int again = task->last != NULL && task->n_last == k;
    attempts->n = tc_kmeans_seed_attempts(task->config->restarts, k) + again;
    attempts->inertia = HUGE_VAL;
    attempts->attempt = INT64_MAX;
    attempts->n_centres = 0;
    attempts->done = tc_mem_alloc(attempts->n, sizeof *attempts->done, err);
    return attempts->done == NULL ? TC_ENOMEM : TC_OK;
}

/* Local. */
static tc_status prepare(const tc_segment_task *task, const tc_segment_sample *sample,
                         int k, const tc_segment_attempts *attempts, tc_segment_deal *deal,
                         tc_kmeans_seeder **seeder, tc_error *err)
{
    tc_kmeans_seed_params params = tc_kmeans_seed_effort(task->seed, sample->rows.n, k);
    params.give_up = tc_stop_wanted;
    TC_TRY(TC_FAULT("segment.seed", err));
    TC_TRY(tc_segment_deal_create(task->comm, attempts->done, attempts->n,
                                  task->save_seconds, deal, err));
    return tc_kmeans_seeder_create(&sample->rows, k, &params, seeder, err);
}

/* Local. Attempts of this rank until it pauses. */
static void try_mine(const tc_segment_task *task, int k, tc_segment_deal *deal,
                     tc_kmeans_seeder *seeder)
{
    const int64_t attempts = tc_kmeans_seed_attempts(task->config->restarts, k);
    for (int64_t a = 0; a < deal->n && !tc_segment_deal_pause(deal); a++) {
        if (!tc_segment_deal_has(deal, a)) {
            continue;
        }
        if (a < attempts ? tc_kmeans_seeder_try(seeder, a)
                         : tc_kmeans_seeder_start(seeder, a, task->last, k)) {
            tc_segment_deal_tick(deal, a);
        }
    }
}

/* Collective. The best attempt so far, of all ranks and of before: the least inertia (not negative, so in the
 * order of its bits), then the least number. */
static void merge_best_all(tc_comm *comm, const tc_kmeans_seeder *seeder, int d,
                           tc_segment_attempts *best)
{
    const tc_kmeans_attempt mine = tc_kmeans_seeder_best(seeder);
    int64_t bits, lowest, known, attempt, owner;
    memcpy(&bits, &mine.inertia, sizeof bits);
    memcpy(&known, &best->inertia, sizeof known);
    lowest = bits < known ? bits : known;
    tc_comm_min_i64_all(comm, &lowest, 1);
    attempt = bits == lowest && mine.attempt >= 0 ? mine.attempt : INT64_MAX;
    attempt = known == lowest && best->attempt < attempt ? best->attempt : attempt;
    tc_comm_min_i64_all(comm, &attempt, 1);
    if (known == lowest && best->attempt == attempt) {
        return; /* equal on all ranks */
    }
    owner = bits == lowest && mine.attempt == attempt ? tc_comm_rank(comm) : INT64_MAX;
    tc_comm_min_i64_all(comm, &owner, 1);
    best->attempt = attempt;
    memcpy(&best->inertia, &lowest, sizeof lowest);
    if (owner == tc_comm_rank(comm)) {
        best->n_centres = mine.n_centres;
        memcpy(best->centre, mine.centre,
               (size_t)mine.n_centres * (size_t)d * sizeof *mine.centre);
    }
    tc_comm_bcast_all(comm, &best->n_centres, sizeof best->n_centres, (int)owner);
    tc_comm_bcast_all(comm, best->centre,
                      best->n_centres * d * (int64_t)sizeof *best->centre, (int)owner);
}

tc_status tc_segment_attempt_all(const tc_segment_task *task,
                                 const tc_segment_sample *sample, int k,
                                 tc_segment_attempts *attempts,
                                 tc_segment_keep_fn *keep_all, void *context, tc_error *err)
{
    tc_segment_deal deal = {0};
    tc_kmeans_seeder *seeder = NULL;
    int64_t left = 1;
    tc_status st = prepare(task, sample, k, attempts, &deal, &seeder, err);
    st = tc_comm_agree_all(task->comm, st, err);
    while (st == TC_OK && left > 0) {
        TC_ASSERT(seeder != NULL);
        try_mine(task, k, &deal, seeder);
        left = tc_segment_deal_meet_all(task->comm, &deal);
        merge_best_all(task->comm, seeder, sample->rows.d, attempts);
        st = keep_all != NULL ? keep_all(context, err)
                              : tc_comm_agree_all(task->comm, tc_stop_check(err), err);
    }
    tc_kmeans_seeder_destroy(&seeder);
    tc_segment_deal_free(&deal);
    return st;
}

/* Collective. One fit from attempts that may have begun, and from all rows where the sample is too coarse. */
static tc_status seed_fit_all(tc_segment_keeping *keeping, const tc_segment_sample *sample,
                              tc_segment_fit *fit, tc_error *err)
{
    const tc_segment_task *task = keeping->task;
    tc_segment_attempts *attempts = keeping->choice->attempts;
    const int k = fit->model->k;
    tc_status st = TC_OK;
    if (task->given != NULL && task->n_given == k) {
        tc_kmeans_start(fit->model, task->given, k);
        return TC_OK;
    }
    if (attempts->n == 0) {
        st = tc_segment_attempts_begin(task, k, attempts, err);
        st = tc_comm_agree_all(task->comm, st, err);
    }
    if (st == TC_OK) {
        tc_progress_phase("starting centres", attempts->n / tc_comm_size(task->comm),
                          "attempts");
        st = tc_segment_attempt_all(task, sample, k, attempts, tc_segment_keep_all, keeping,
                                    err);
    }
    if (st == TC_OK) {
        tc_kmeans_start(fit->model, attempts->centre, (int)attempts->n_centres);
        st = tc_segment_parallel_all(task, sample, fit->model, err);
    }
    return st;
}

tc_status tc_segment_seed_all(const tc_segment_task *task, const tc_segment_sample *sample,
                              tc_segment_choice *choice, tc_error *err)
{
    tc_segment_keeping keeping = {.task = task, .choice = choice};
    tc_status st = TC_OK;
    while (st == TC_OK && choice->seeded < choice->n) {
        tc_segment_fit *fit = &choice->fit[choice->seeded];
        st = seed_fit_all(&keeping, sample, fit, err);
        if (st == TC_OK) {
            tc_segment_centres_take(fit->model, &fit->last);
            tc_mem_free(choice->attempts->done);
            choice->attempts->done = NULL;
            choice->attempts->n = 0;
            choice->seeded++;
            if (choice->seeded == choice->n) {
                choice->phase = TC_SEGMENT_LLOYD;
            }
            st = tc_segment_keep_all(&keeping, err);
        }
    }
    return st;
}
