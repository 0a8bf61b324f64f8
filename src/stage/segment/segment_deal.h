/* segment_deal.h - numbered jobs of a few seconds that ranks share out; what each gives is a function of its number alone,
 * so who does it, and in which order, cannot be seen in the result. For src/stage/segment only. */
#ifndef TC_SEGMENT_DEAL_H
#define TC_SEGMENT_DEAL_H

#include "tiercel/comm.h"

/* Whose a job is: nobody's, since it was done before. */
enum { TC_SEGMENT_DONE, TC_SEGMENT_MINE, TC_SEGMENT_OTHERS };

typedef struct {
    int64_t n;
    int64_t *done;  /* [n] 1: was done, equal on all ranks after each meeting; borrowed */
    uint8_t *share; /* [n] whose */
    double between; /* seconds between two meetings; no job is cut short for one */
    double until;   /* when ranks meet next */
    int any;        /* 1: this rank did a job since they met */
} tc_segment_deal;

/* Local. Deals out the jobs that are not done, done[n] equal on all ranks. seconds: between two saves of the state, 0 = not
 * given. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_segment_deal_create(const tc_comm *comm, int64_t *done, int64_t n,
                                              int64_t seconds, tc_segment_deal *out,
                                              tc_error *err);
void tc_segment_deal_free(tc_segment_deal *deal);

/* Local. 1 if job i is this rank's and not done. */
int tc_segment_deal_has(const tc_segment_deal *deal, int64_t i);

/* Local. 1 if this rank should do no further job before the next meeting: some seconds passed, or it was asked to stop. */
int tc_segment_deal_pause(const tc_segment_deal *deal);

/* Local. Job i was done, unless this rank was asked to stop meanwhile: then it may have been given up. */
void tc_segment_deal_tick(tc_segment_deal *deal, int64_t i);

/* Collective. All ranks learn what was done; returns how many jobs are left. */
int64_t tc_segment_deal_meet_all(tc_comm *comm, tc_segment_deal *deal);

#endif
