#include "segment_deal.h"

#include "tiercel/progress.h"
#include "tiercel/stop.h"

/* Seconds between two meetings, at most. */
enum { MOST_BETWEEN = 15 };

tc_status tc_segment_deal_create(const tc_comm *comm, int64_t *done, int64_t n,
                                 int64_t seconds, tc_segment_deal *out, tc_error *err)
{
    int64_t pending = 0;
    *out = (tc_segment_deal){.n = n};
    out->done = done;
    out->share = tc_mem_alloc(n, sizeof *out->share, err);
    if (out->share == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        if (!done[i]) {
            const int64_t owner = pending++ % tc_comm_size(comm);
            out->share[i] =
                owner == tc_comm_rank(comm) ? TC_SEGMENT_MINE : TC_SEGMENT_OTHERS;
        }
    }
    out->between = seconds > 0 && seconds < MOST_BETWEEN ? (double)seconds : MOST_BETWEEN;
    out->until = tc_comm_seconds() + out->between;
    return TC_OK;
}

void tc_segment_deal_free(tc_segment_deal *deal)
{
    tc_mem_free(deal->share);
    *deal = (tc_segment_deal){0};
}

int tc_segment_deal_has(const tc_segment_deal *deal, int64_t i)
{
    return deal->share[i] == TC_SEGMENT_MINE && !deal->done[i];
}

int tc_segment_deal_pause(const tc_segment_deal *deal)
{
    return tc_stop_wanted() != 0 || (deal->any && tc_comm_seconds() > deal->until);
}

void tc_segment_deal_tick(tc_segment_deal *deal, int64_t i)
{
    if (tc_stop_wanted() == 0) {
        deal->done[i] = 1;
        deal->any = 1;
        tc_progress_add(1);
    }
}

int64_t tc_segment_deal_meet_all(tc_comm *comm, tc_segment_deal *deal)
{
    int64_t left = 0;
    tc_comm_max_i64_all(comm, deal->done, deal->n);
    for (int64_t i = 0; i < deal->n; i++) {
        left += !deal->done[i];
    }
    deal->until = tc_comm_seconds() + deal->between;
    deal->any = 0;
    return left;
}
