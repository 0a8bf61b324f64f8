/* features_gather.c - the events that one customer has in several files, in the total order of ingest: time,
 * order, amount, category, channel, kind, alias, row. Each file holds its own in that order, and the codes of the union
 * ascend with those of each file. */
#include "features_merge.h"

#include <string.h>

/* One event of one member. */
typedef struct {
    const tc_rfm_events *of;
    const uint64_t *row;
    int64_t i;
} place;

static place head_of(const tc_features_merge *m, int member)
{
    return (place){&m->events[member], m->rows[member], m->head[member]};
}

/* Events that are equal but for what is not always there: < 0, 0, > 0 */
static int compare_origin(place a, place b)
{
    if (a.of->alias != NULL && b.of->alias != NULL &&
        a.of->alias[a.i] != b.of->alias[b.i]) {
        return a.of->alias[a.i] < b.of->alias[b.i] ? -1 : 1;
    }
    if (a.row != NULL && b.row != NULL && a.row[a.i] != b.row[b.i]) {
        return a.row[a.i] < b.row[b.i] ? -1 : 1;
    }
    return 0;
}

/* < 0, 0, > 0 */
static int compare(place a, place b)
{
    const int64_t x[2] = {a.of->time[a.i], b.of->time[b.i]};
    if (x[0] != x[1]) {
        return x[0] < x[1] ? -1 : 1;
    }
    if (a.of->order[a.i] != b.of->order[b.i]) {
        return a.of->order[a.i] < b.of->order[b.i] ? -1 : 1;
    }
    if (a.of->amount[a.i] != b.of->amount[b.i]) {
        return a.of->amount[a.i] < b.of->amount[b.i] ? -1 : 1;
    }
    if (a.of->category[a.i] != b.of->category[b.i]) {
        return a.of->category[a.i] < b.of->category[b.i] ? -1 : 1;
    }
    if (a.of->channel[a.i] != b.of->channel[b.i]) {
        return a.of->channel[a.i] < b.of->channel[b.i] ? -1 : 1;
    }
    if (a.of->kind[a.i] != b.of->kind[b.i]) {
        return a.of->kind[a.i] < b.of->kind[b.i] ? -1 : 1;
    }
    return compare_origin(a, b);
}

static tc_status make_room(tc_features_merge *m, int64_t n, tc_error *err)
{
    int32_t *grown;
    TC_TRY(tc_event_columns_reserve(&m->gathered, n, m->with, err));
    if (n > m->origin_capacity) {
        grown = tc_mem_resize(m->origin, n, sizeof *grown, err);
        if (grown == NULL) {
            return TC_ENOMEM;
        }
        m->origin = grown;
        m->origin_capacity = n;
    }
    return TC_OK;
}

/* Copies n events of a member to row `to` of the gathered ones. */
static void copy(tc_features_merge *m, int member, int64_t n, int64_t to)
{
    const tc_rfm_events *e = &m->events[member];
    const int64_t from = m->head[member];
    tc_event_columns *g = &m->gathered;
    memcpy(g->time + to, e->time + from, (size_t)n * sizeof *g->time);
    memcpy(g->amount + to, e->amount + from, (size_t)n * sizeof *g->amount);
    memcpy(g->order + to, e->order + from, (size_t)n * sizeof *g->order);
    memcpy(g->kind + to, e->kind + from, (size_t)n * sizeof *g->kind);
    memcpy(g->channel + to, e->channel + from, (size_t)n * sizeof *g->channel);
    memcpy(g->category + to, e->category + from, (size_t)n * sizeof *g->category);
    if (e->alias != NULL && g->alias != NULL) {
        memcpy(g->alias + to, e->alias + from, (size_t)n * sizeof *g->alias);
    }
    if (m->rows[member] != NULL && g->row != NULL) {
        memcpy(g->row + to, m->rows[member] + from, (size_t)n * sizeof *g->row);
    }
    for (int64_t i = 0; i < n; i++) {
        m->origin[to + i] = member;
    }
    m->head[member] += n;
    m->left[member] -= n;
}

/* The member with the least event, and of the others the one that follows it (-1: none is left). Equal events
 * keep the order of the members, so that those of one member stay together. */
static void two_least(const tc_features_merge *m, int n, int *least, int *second)
{
    *least = *second = -1;
    for (int i = 0; i < n; i++) {
        if (m->left[i] == 0) {
            continue;
        }
        if (*least < 0 || compare(head_of(m, i), head_of(m, *least)) < 0) {
            *second = *least;
            *least = i;
        } else if (*second < 0 || compare(head_of(m, i), head_of(m, *second)) < 0) {
            *second = i;
        }
    }
}

/* Events of the least member that come before the next event of the second. */
static int64_t run_length(const tc_features_merge *m, int least, int second)
{
    place next = head_of(m, least);
    int64_t n = 0;
    if (second < 0) {
        return m->left[least];
    }
    do {
        const int order = compare(next, head_of(m, second));
        if (order > 0 || (order == 0 && second < least)) {
            break;
        }
        n++;
        next.i++;
    } while (n < m->left[least]);
    return n;
}

static tc_rfm_events view(const tc_event_columns *g, int64_t n)
{
    return (tc_rfm_events){.time = g->time,
                           .amount = g->amount,
                           .order = g->order,
                           .kind = g->kind,
                           .channel = g->channel,
                           .category = g->category,
                           .alias = g->alias,
                           .n = n};
}

/* How many of n equal events at row i stay: one, or the most that one member has. */
static int64_t kept_of(const tc_features_merge *m, int64_t i, int64_t n)
{
    int64_t most = 1, run = 1;
    if (m->policy == TC_DUPLICATES_DROP) {
        return 1;
    }
    for (int64_t k = i + 1; k < i + n; k++) {
        run = m->origin[k] == m->origin[k - 1] ? run + 1 : 1;
        most = run > most ? run : most;
    }
    return most;
}

static void move_row(tc_event_columns *g, int64_t from, int64_t to)
{
    g->time[to] = g->time[from];
    g->amount[to] = g->amount[from];
    g->order[to] = g->order[from];
    g->kind[to] = g->kind[from];
    g->channel[to] = g->channel[from];
    g->category[to] = g->category[from];
    if (g->alias != NULL) {
        g->alias[to] = g->alias[from];
    }
    g->row[to] = g->row[from];
}

/* Leaves out repeats; returns how many events are left. */
static int64_t thin_out(tc_features_merge *m, int64_t n)
{
    tc_event_columns *g = &m->gathered;
    const tc_rfm_events all = view(g, n);
    int64_t left = 0;
    for (int64_t i = 0; i < n;) {
        int64_t equal = 1, kept;
        while (i + equal < n &&
               compare((place){&all, g->row, i}, (place){&all, g->row, i + equal}) == 0) {
            equal++;
        }
        kept = kept_of(m, i, equal);
        for (int64_t k = kept; k < equal; k++) {
            m->drops.rows++;
            m->drops.content[0] += tc_hash_mix(g->row[i + k], 0);
            m->drops.content[1] += tc_hash_mix(g->row[i + k], 1);
        }
        for (int64_t k = 0; k < kept; k++) {
            move_row(g, i + k, left++);
        }
        i += equal;
    }
    return left;
}

tc_status tc_features_gather(tc_features_merge *merge, int n, tc_rfm_events *events,
                             tc_error *err)
{
    int64_t total = 0, done = 0;
    for (int i = 0; i < n; i++) {
        merge->head[i] = 0;
        merge->left[i] = merge->events[i].n;
        total += merge->events[i].n;
    }
    if (total > merge->gathered.capacity) {
        TC_TRY(make_room(merge, total + total / 2, err));
    }
    while (done < total) {
        int least, second;
        int64_t run;
        two_least(merge, n, &least, &second);
        run = run_length(merge, least, second);
        copy(merge, least, run, done);
        done += run;
    }
    *events = view(&merge->gathered,
                   merge->policy == TC_DUPLICATES_KEEP ? total : thin_out(merge, total));
    return TC_OK;
}
