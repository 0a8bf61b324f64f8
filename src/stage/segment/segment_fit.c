/* segment_fit.c - the model of the stage: the chosen one of all fits over the known customers. */
#include "segment_impl.h"
#include "segment_state.h"

/* Collective. */
static tc_status fit_all(tc_segment *s, const tc_segment_task *task, tc_error *err)
{
    const tc_status st = tc_segment_choose_all(task, &s->choice, err);
    if (st == TC_OK) {
        const tc_segment_fit *fit = &s->choice->fit[s->choice->chosen];
        s->model = fit->model;
        s->label = fit->label;
        s->report = fit->report;
    }
    return st;
}

static tc_segment_task task_of(const tc_segment *s)
{
    return (tc_segment_task){.comm = s->comm,
                             .matrix = s->matrix,
                             .row0 = s->known.row0,
                             .n_global = s->known.n_global,
                             .n_fitted = s->survey.fitted,
                             .config = &s->config->segment,
                             .seed = (uint64_t)s->config->seed,
                             .per_weight = s->rows.roles.per_weight,
                             .checkpoint = s->checkpoint,
                             .save_seconds = s->config->checkpoint_seconds};
}

tc_status tc_segment_fit_all(tc_segment *s, const int32_t *last, int n_last, tc_error *err)
{
    tc_segment_task task = task_of(s);
    task.n_last = n_last;
    task.last = n_last > 0 ? last : NULL;
    return fit_all(s, &task, err);
}

tc_status tc_segment_fit_keep_all(const tc_segment *s, tc_status status, tc_error *err)
{
    const tc_segment_task task = task_of(s);
    tc_segment_keeping keeping = {.task = &task, .choice = s->choice};
    return s->choice != NULL ? tc_segment_keep_at_stop_all(&keeping, status, err) : status;
}

tc_status tc_segment_fit_from_all(tc_segment *s, const int32_t *centre, int n,
                                  tc_error *err)
{
    tc_segment_task task = task_of(s);
    task.given = centre;
    task.n_given = n;
    return fit_all(s, &task, err);
}

double tc_segment_inertia(const tc_segment *s, const tc_kmeans_report *report)
{
    return report->inertia * s->unit * s->unit / s->rows.roles.per_weight;
}
