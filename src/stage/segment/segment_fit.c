/* segment_fit.c - the model of the stage: the chosen one of all fits over the known customers. */
#include "segment_impl.h"

tc_status tc_segment_fit_all(tc_segment *s, tc_error *err)
{
    int32_t last[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D];
    const int n_last = tc_segment_previous_centres(s, last);
    const tc_segment_task task = {.comm = s->comm,
                                  .matrix = s->matrix,
                                  .row0 = s->known.row0,
                                  .n_global = s->known.n_global,
                                  .config = &s->config->segment,
                                  .seed = (uint64_t)s->config->seed,
                                  .per_weight = s->rows.roles.per_weight,
                                  .last = n_last > 0 ? last : NULL,
                                  .n_last = n_last};
    const tc_status st = tc_segment_choose_all(&task, &s->choice, err);
    if (st == TC_OK) {
        const tc_segment_fit *fit = &s->choice->fit[s->choice->chosen];
        s->model = fit->model;
        s->label = fit->label;
        s->report = fit->report;
    }
    return st;
}

double tc_segment_inertia(const tc_segment *s, const tc_kmeans_report *report)
{
    return report->inertia * s->unit * s->unit / s->rows.roles.per_weight;
}
