/* segment_seed.c - starting centres: attempts on the sample, shared out among ranks. */
#include "segment_choose.h"

#include "tiercel/fault.h"
#include "tiercel/kmeans_seed.h"

#include <string.h>

/* Runs the attempts of this rank. The last one starts from the centres of the last run. */
static tc_status try_mine(const tc_segment_task *task, const tc_segment_sample *sample,
                          int k, tc_kmeans_seeder **out, tc_error *err)
{
    const tc_kmeans_seed_params params =
        tc_kmeans_seed_effort(task->seed, sample->rows.n, k);
    const int64_t attempts = tc_kmeans_seed_attempts(task->config->restarts, k);
    const int size = tc_comm_size(task->comm);
    const int rank = tc_comm_rank(task->comm);
    TC_TRY(TC_FAULT("segment.seed", err));
    TC_TRY(tc_kmeans_seeder_create(&sample->rows, k, &params, out, err));
    for (int64_t a = rank; a < attempts; a += size) {
        tc_kmeans_seeder_try(*out, a);
    }
    if (task->last != NULL && task->n_last == k && attempts % size == rank) {
        tc_kmeans_seeder_start(*out, attempts, task->last, k);
    }
    return TC_OK;
}

/* Collective. Starts the model from the best attempt of all ranks: the least inertia (not negative, so
 * in the order of its bits), then the least number, which also tells the rank. */
static void start_from_best_all(tc_comm *comm, const tc_kmeans_seeder *seeder,
                                tc_kmeans *model)
{
    const tc_kmeans_attempt mine = tc_kmeans_seeder_best(seeder);
    int32_t centre[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D];
    const size_t point = (size_t)model->d * sizeof *centre;
    int n_centres = mine.n_centres;
    int64_t bits, lowest, attempt;
    int owner;
    memcpy(&bits, &mine.inertia, sizeof bits);
    lowest = bits;
    tc_comm_min_i64_all(comm, &lowest, 1);
    attempt = bits == lowest && mine.attempt >= 0 ? mine.attempt : INT64_MAX;
    tc_comm_min_i64_all(comm, &attempt, 1);
    owner = (int)(attempt % tc_comm_size(comm));
    if (owner == tc_comm_rank(comm)) {
        memcpy(centre, mine.centre, (size_t)n_centres * point);
    }
    tc_comm_bcast_all(comm, &n_centres, sizeof n_centres, owner);
    tc_comm_bcast_all(comm, centre, n_centres * (int64_t)point, owner);
    tc_kmeans_start(model, centre, n_centres);
}

tc_status tc_segment_seed_all(const tc_segment_task *task, const tc_segment_sample *sample,
                              tc_kmeans *model, tc_error *err)
{
    tc_kmeans_seeder *seeder = NULL;
    tc_status st = TC_OK;
    if (task->given != NULL && task->n_given == model->k) {
        tc_kmeans_start(model, task->given, model->k);
        return TC_OK;
    }
    st = try_mine(task, sample, model->k, &seeder, err);
    st = tc_comm_agree_all(task->comm, st, err);
    if (st == TC_OK) {
        start_from_best_all(task->comm, seeder, model);
    }
    tc_kmeans_seeder_destroy(&seeder);
    return st;
}
