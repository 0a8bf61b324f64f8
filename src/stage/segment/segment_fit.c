/* segment_fit.c - the model of the stage: seeding, then Lloyd over all known customers. */
#include "segment_impl.h"

#include <string.h>

static tc_status create(tc_segment *s, tc_error *err)
{
    TC_TRY(tc_kmeans_create((int)s->config->segment.k, s->n_dim, &s->model, err));
    s->label = tc_mem_alloc(s->known.n_local, sizeof *s->label, err);
    if (s->label == NULL) {
        return TC_ENOMEM;
    }
    memset(s->label, TC_KMEANS_NO_LABEL, (size_t)s->known.n_local);
    return TC_OK;
}

tc_status tc_segment_fit_all(tc_segment *s, tc_error *err)
{
    const tc_kmeans_limits limits = {s->config->segment.max_iterations,
                                     s->config->segment.tolerance};
    tc_segment_fit fit;
    tc_status st = tc_comm_agree_all(s->comm, create(s, err), err);
    fit = (tc_segment_fit){.model = s->model, .label = s->label};
    if (st == TC_OK) {
        st = tc_segment_seed_all(s, err);
    }
    if (st == TC_OK) {
        st = tc_segment_lloyd_all(s->comm, s->matrix, s->known.row0, &fit, 1, &limits, err);
    }
    s->report = fit.report;
    return st;
}

double tc_segment_inertia(const tc_segment *s, const tc_kmeans_report *report)
{
    return report->inertia * s->unit * s->unit / s->rows.roles.per_weight;
}
