/* identity_cycle.c - names the lines of a cycle, so that somebody can mend it. */
#include "identity_impl.h"

#include <stdio.h>
#include <string.h>

enum { LINES_NAMED = 8 };

static tc_identity_link *links_of(const tc_identity_build *build, int64_t *n)
{
    *n = build->map.size / (int64_t)sizeof(tc_identity_link);
    return (tc_identity_link *)(void *)build->map.data;
}

static const tc_identity_link *find(const tc_identity_build *build, tc_hash128 hash)
{
    int64_t n;
    const tc_identity_link *link = links_of(build, &n);
    const int64_t i = tc_identity_index_find(
        &build->index, (const uint64_t *)(const void *)link, TC_LINK_WORDS, hash, 0);
    return i < 0 ? NULL : &link[i];
}

/* Collective. The ends of links that are not done lie on cycles, and every link of a cycle
 * is the end of another: jumping is a bijection there. Finds the one with the smallest
 * place, so that the message does not depend on the ranks. */
static tc_status first_link_all(tc_identity_build *build, tc_hash128 *start, tc_error *err)
{
    int64_t n, k = 0, lowest = INT64_MAX, n_open = 0;
    const tc_identity_link *link = links_of(build, &n);
    tc_buffer received = {0};
    tc_hash128 *open = NULL;
    tc_status st;
    for (int64_t i = 0; i < n; i++) {
        n_open += (link[i].place & TC_LINK_DONE) == 0;
    }
    open = tc_mem_alloc(n_open, sizeof *open, err);
    st = tc_comm_agree_all(build->comm, open == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(open != NULL);
        for (int64_t i = 0; i < n; i++) {
            if ((link[i].place & TC_LINK_DONE) == 0) {
                open[k++] = link[i].end;
            }
        }
        st = tc_identity_send_all(build->comm, (uint64_t *)(void *)open, n_open, 2, 2,
                                  &received, err);
    }
    if (st == TC_OK) {
        const tc_hash128 *hash = (const tc_hash128 *)(const void *)received.data;
        int64_t mine = INT64_MAX;
        int holder = -1;
        int64_t root;
        for (int64_t i = 0; i < received.size / (int64_t)sizeof *hash; i++) {
            const tc_identity_link *const on = find(build, hash[i]);
            TC_ASSERT(on != NULL);
            if ((int64_t)on->place < mine) {
                mine = (int64_t)on->place;
                *start = on->from;
            }
        }
        lowest = mine;
        tc_comm_min_i64_all(build->comm, &lowest, 1);
        holder = mine == lowest ? tc_comm_rank(build->comm) : -1;
        root = holder;
        tc_comm_max_i64_all(build->comm, &root, 1);
        tc_comm_bcast_all(build->comm, start, (int64_t)sizeof *start, (int)root);
    }
    tc_mem_free(open);
    tc_buffer_free(&received);
    return st;
}

/* Appends "FILE line N", or "line N" if the file is that of the line before. */
static void name_line(const tc_config *config, uint64_t place, const char *former,
                      char *text, size_t size)
{
    const size_t used = strlen(text);
    const char *file = tc_identity_file(config, place);
    const int again = former != NULL && strcmp(former, file) == 0;
    (void)snprintf(text + used, size - used, "%s%s%sline %lld",
                   former == NULL ? "" : " -> ", again ? "" : file, again ? "" : " ",
                   (long long)tc_identity_line(place));
}

tc_status tc_identity_cycle_all(tc_identity_build *build, tc_error *err)
{
    char text[TC_ERROR_TEXT] = "";
    const char *former = NULL;
    tc_hash128 start = {0, 0}, at;
    int steps = 0;
    tc_status st = first_link_all(build, &start, err);
    if (st != TC_OK) {
        return st;
    }
    at = start;
    do {
        const int owner = tc_identity_owner(at.hi, tc_comm_size(build->comm));
        struct {
            tc_hash128 to;
            uint64_t place;
        } step = {{0, 0}, 0};
        if (owner == tc_comm_rank(build->comm)) {
            const tc_identity_link *const link = find(build, at);
            TC_ASSERT(link != NULL);
            step.to = link->to;
            step.place = link->place;
        }
        tc_comm_bcast_all(build->comm, &step, (int64_t)sizeof step, owner);
        name_line(build->config, step.place, former, text, sizeof text);
        former = tc_identity_file(build->config, step.place);
        at = step.to;
        steps++;
    } while ((at.hi != start.hi || at.lo != start.lo) && steps < LINES_NAMED);
    st = tc_fail(err, TC_EDATA,
                 "identity: these lines send an id in a circle; take one of "
                 "them out: %s%s",
                 text,
                 at.hi == start.hi && at.lo == start.lo ? " -> back to the first"
                                                        : " -> and more");
    return tc_comm_agree_all(build->comm, st, err);
}
