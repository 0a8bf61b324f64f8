/* churn_log.h - the merged sums of every pass of every fit of the stage, in order. A fit is a function of these sums
 * alone, so a stage that is begun anew on any number of ranks walks through what was logged without a look at the rows, and
 * goes on where the log ends, with the same bits (stage layer, private). */
#ifndef TC_CHURN_LOG_H
#define TC_CHURN_LOG_H

#include "tiercel/checkpoint.h"
#include "tiercel/logit.h"

/* Equal on all ranks. */
typedef struct {
    tc_comm *comm;
    tc_checkpoint *checkpoint; /* owned */
    tc_buffer bytes;           /* of the passes, one after the other */
    int64_t at;                /* next one to walk through */
    int64_t n_passes;
    int kept; /* 1: nothing was added since the log was kept */
} tc_churn_log;

/* Collective. Opens the log with what is sound in its checkpoint, which the caller has opened; both are freed by
 * tc_churn_log_free_all in every case. Errors (agreed): as tc_checkpoint_load_all. */
TC_NODISCARD tc_status tc_churn_log_open_all(tc_comm *comm, tc_churn_log *log,
                                             tc_error *err);

/* Local. 1, and the sums, valid until the next tc_churn_log_add_all, if this request of a fit of q coefficients, with so many
 * sums, is the next of the log. */
int tc_churn_log_next(tc_churn_log *log, const tc_logit_request *request, int q,
                      const int64_t size[2], const int64_t **ints, const double **reals);

/* Collective. Adds a pass, and keeps the log if it is time to. Errors (agreed): TC_EINTERRUPT if a rank was asked to stop,
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_churn_log_add_all(tc_churn_log *log,
                                            const tc_logit_request *request, int q,
                                            const int64_t size[2], const int64_t *ints,
                                            const double *reals, tc_error *err);

/* Collective. The end of the stage with an agreed status: after TC_EINTERRUPT the log is kept, after TC_OK it goes. Returns
 * status, or a worse one. */
TC_NODISCARD tc_status tc_churn_log_end_all(tc_churn_log *log, tc_status status,
                                            tc_error *err);
void tc_churn_log_free_all(tc_churn_log *log);

#endif
