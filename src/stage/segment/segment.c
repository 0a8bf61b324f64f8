/* segment.c - the segment stage: features.h5 to segments.h5. */
#include "segment_impl.h"

#include "tiercel/log.h"
#include "tiercel/progress.h"
#include "tiercel/stage_checkpoint.h"

static void free_all(tc_segment *s)
{
    tc_matrix_destroy(&s->matrix);
    tc_mem_free(s->known_bits);
    tc_segment_rows_free(&s->rows);
    tc_segment_choice_free(&s->choice);
    tc_shards_free(&s->known);
    tc_shards_free(&s->customers);
    tc_segment_identity_destroy(&s->identity);
    tc_segment_previous_close_all(&s->previous);
    tc_checkpoint_close_all(&s->checkpoint);
    tc_store_close_all(&s->features);
    tc_mem_free(s);
}

static void log_result(const tc_segment *s)
{
    tc_log_info("segment: %lld customers in %d clusters over %d features, %lld passes%s",
                (long long)s->known.n_global, s->model->k, s->n_dim,
                (long long)s->report.iterations,
                s->report.stable ? ", no customer moved in the last one" : "");
    if (tc_kmeans_empty(s->model, 0) >= 0) {
        tc_log_warn("segment: some clusters are empty, because there are fewer different "
                    "customers than segment.k = %lld; lower it",
                    (long long)s->config->segment.k);
    }
}

/* Collective. The centres of the previous run, if there is one, are one more start. */
static tc_status fit_all(tc_segment *s, tc_error *err)
{
    int32_t last[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D];
    const int n_last = tc_segment_previous_centres(s, last);
    return tc_segment_fit_all(s, last, n_last, err);
}

/* Collective. From the fits to the file; what is done of them stays when the stage must stop. */
static tc_status finish_all(tc_segment *s, tc_error *err)
{
    tc_status st = fit_all(s, err);
    if (st == TC_OK) {
        tc_progress_phase("describing", 0, "");
        st = tc_segment_rank_all(s, err);
    }
    if (st == TC_OK) {
        st = tc_segment_describe_all(s, err);
    }
    if (st == TC_OK) {
        tc_progress_phase("writing", 0, "");
        st = tc_segment_write_all(s, err);
    }
    st = tc_segment_fit_keep_all(s, st, err);
    if (st == TC_OK) {
        tc_checkpoint_done_all(s->checkpoint);
        log_result(s);
    }
    return st;
}

tc_status tc_segment_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    tc_segment *s = tc_mem_alloc(1, sizeof *s, err);
    tc_status st = tc_comm_agree_all(comm, s == NULL ? TC_ENOMEM : TC_OK, err);
    if (st != TC_OK) {
        tc_mem_free(s);
        return st;
    }
    TC_ASSERT(s != NULL);
    s->comm = comm;
    s->config = config;
    tc_progress_phase("loading", 0, "");
    st = tc_segment_load_all(s, err);
    if (st == TC_OK) {
        st = tc_segment_previous_all(s, err);
    }
    if (st == TC_OK) {
        st = tc_stage_checkpoint_all(comm, config, TC_STAGE_SEGMENT, "", &s->checkpoint,
                                     err);
    }
    if (st == TC_OK) {
        st = finish_all(s, err);
    }
    st = tc_segment_features_end_all(&s->columns, st, err);
    free_all(s);
    return st;
}
