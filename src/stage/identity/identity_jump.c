/* identity_jump.c - follows links to their ends by pointer jumping: in each round every
 * link that is not done asks the owner of its end how far that has got, and takes it
 * over. */
#include "identity_impl.h"

#include "tiercel/fault.h"
#include "tiercel/stop.h"

#include <string.h>

enum { GOES_ON = 1, IS_DONE = 2 };

typedef struct {
    tc_hash128 end;
    uint64_t state; /* 0: stands for nothing else */
} answer;

typedef struct {
    tc_identity_build *build;
    answer *fresh; /* [questions]: taken over when all have been answered */
    int64_t *link; /* [questions] */
} jump;

static tc_identity_link *links_of(const tc_identity_build *build, int64_t *n)
{
    *n = build->map.size / (int64_t)sizeof(tc_identity_link);
    return (tc_identity_link *)(void *)build->map.data;
}

static void answer_one(void *context, tc_hash128 hash, void *out)
{
    const jump *j = context;
    const tc_identity_build *build = j->build;
    int64_t n;
    const tc_identity_link *link = links_of(build, &n);
    answer found = {.end = hash, .state = 0};
    const int64_t i = tc_identity_index_find(
        &build->index, (const uint64_t *)(const void *)link, TC_LINK_WORDS, hash, 0);
    if (i >= 0) {
        found.end = link[i].end;
        found.state = (link[i].place & TC_LINK_DONE) != 0 ? GOES_ON | IS_DONE : GOES_ON;
    }
    memcpy(out, &found, sizeof found);
}

static tc_status take_one(void *context, uint64_t row, const void *in, tc_error *err)
{
    const jump *j = context;
    TC_TRY(tc_stop_check(err));
    memcpy(&j->fresh[row], in, sizeof *j->fresh);
    return TC_OK;
}

static tc_status collect(const tc_identity_link *link, int64_t n, jump *j,
                         tc_identity_ask **ask, int64_t *n_ask, tc_error *err)
{
    int64_t k = 0;
    *n_ask = 0;
    for (int64_t i = 0; i < n; i++) {
        *n_ask += (link[i].place & TC_LINK_DONE) == 0;
    }
    *ask = tc_mem_alloc(*n_ask, sizeof **ask, err);
    j->fresh = tc_mem_alloc(*n_ask, sizeof *j->fresh, err);
    j->link = tc_mem_alloc(*n_ask, sizeof *j->link, err);
    if (*ask == NULL || j->fresh == NULL || j->link == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        if ((link[i].place & TC_LINK_DONE) == 0) {
            (*ask)[k] = (tc_identity_ask){.hash = link[i].end, .row = (uint64_t)k};
            j->link[k++] = i;
        }
    }
    return TC_OK;
}

/* *left: links of all ranks that are not done. */
static tc_status jump_once_all(tc_identity_build *build, int64_t *left, tc_error *err)
{
    int64_t n, n_ask = 0;
    tc_identity_link *link = links_of(build, &n);
    jump j = {.build = build};
    const tc_identity_talk talk = {sizeof(answer), answer_one, take_one, &j};
    tc_identity_ask *ask = NULL;
    tc_status st = collect(link, n, &j, &ask, &n_ask, err);
    st = tc_comm_agree_all(build->comm, st, err);
    if (st == TC_OK) {
        st = tc_identity_ask_all(build->comm, ask, n_ask, &talk, err);
    }
    *left = 0;
    for (int64_t k = 0; st == TC_OK && k < n_ask; k++) {
        tc_identity_link *const at = &link[j.link[k]];
        at->end = j.fresh[k].end;
        if (j.fresh[k].state == 0 || (j.fresh[k].state & IS_DONE) != 0) {
            at->place |= TC_LINK_DONE;
        } else {
            ++*left;
        }
    }
    tc_mem_free(ask);
    tc_mem_free(j.fresh);
    tc_mem_free(j.link);
    tc_comm_sum_i64_all(build->comm, left, 1);
    return st;
}

tc_status tc_identity_jump_all(tc_identity_build *build, tc_error *err)
{
    int64_t n, total, left, reach = 1;
    const tc_identity_link *link = links_of(build, &n);
    tc_status st;
    tc_identity_index_free(&build->index);
    st = tc_identity_index_create(build->comm, (const uint64_t *)(const void *)link, n,
                                  TC_LINK_WORDS, &build->index, err);
    if (st == TC_OK) {
        st = TC_FAULT("identity.follow", err);
    }
    st = tc_comm_agree_all(build->comm, st, err);
    total = n;
    tc_comm_sum_i64_all(build->comm, &total, 1);
    left = total;
    /* after r rounds a link that is not done has got 2^r steps ahead: no chain has more
     * than `total` */
    while (st == TC_OK && left > 0 && reach <= 2 * total) {
        st = jump_once_all(build, &left, err);
        reach *= 2;
    }
    if (st == TC_OK && left > 0) {
        st = tc_identity_cycle_all(build, err);
    }
    return st;
}
