#include "tiercel/group_median.h"

#include <math.h>
#include <string.h>

enum { BITS = 11, BUCKETS = 1 << BITS, KEY_BITS = 64 };

#define TOP ((uint64_t)1 << 63)

struct tc_group_median {
    int n_groups, n_open;
    int known;        /* bits of the keys that are known lie from here on */
    int below;        /* those that this round counts lie from here to `known` */
    uint64_t *prefix; /* by group: the key as far as it is known, low bits 0 */
    int64_t *rank;    /* of the median among the keys with that prefix; -1 = settled */
    int64_t *n_valid;
    int64_t *count; /* [n_groups][BUCKETS] */
    int64_t *
        ends; /* [n_groups][2] of the keys with the prefix: ~least and greatest, as signed numbers */
};

/* Doubles in the order of unsigned numbers. */
static uint64_t key_of(double value)
{
    uint64_t bits;
    const double plain = value + 0.0; /* -0 + 0 = +0 */
    memcpy(&bits, &plain, sizeof bits);
    return (bits & TOP) != 0 ? ~bits : bits | TOP;
}

static double value_of(uint64_t key)
{
    const uint64_t bits = (key & TOP) != 0 ? key & ~TOP : ~key;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int64_t as_signed(uint64_t key)
{
    const uint64_t turned = key ^ TOP;
    int64_t value;
    memcpy(&value, &turned, sizeof value);
    return value;
}

static void clear_round(tc_group_median *m)
{
    memset(m->count, 0, (size_t)m->n_groups * BUCKETS * sizeof *m->count);
    for (int i = 0; i < 2 * m->n_groups; i++) {
        m->ends[i] = INT64_MIN;
    }
}

void tc_group_median_reset(tc_group_median *m)
{
    m->known = KEY_BITS;
    m->below = KEY_BITS - BITS;
    m->n_open = m->n_groups;
    memset(m->prefix, 0, (size_t)m->n_groups * sizeof *m->prefix);
    memset(m->rank, 0, (size_t)m->n_groups * sizeof *m->rank);
    memset(m->n_valid, 0, (size_t)m->n_groups * sizeof *m->n_valid);
    clear_round(m);
}

tc_status tc_group_median_create(int n_groups, tc_group_median **out, tc_error *err)
{
    tc_group_median *m;
    *out = NULL;
    if (n_groups < 1) {
        return tc_fail(err, TC_EINTERNAL, "medians of %d groups", n_groups);
    }
    m = tc_mem_alloc(1, sizeof *m, err);
    if (m == NULL) {
        return TC_ENOMEM;
    }
    m->n_groups = n_groups;
    m->prefix = tc_mem_alloc(n_groups, sizeof *m->prefix, err);
    m->rank = tc_mem_alloc(n_groups, sizeof *m->rank, err);
    m->n_valid = tc_mem_alloc(n_groups, sizeof *m->n_valid, err);
    m->count = tc_mem_alloc(n_groups, BUCKETS * sizeof *m->count, err);
    m->ends = tc_mem_alloc(n_groups, 2 * sizeof *m->ends, err);
    if (m->prefix == NULL || m->rank == NULL || m->n_valid == NULL || m->count == NULL ||
        m->ends == NULL) {
        tc_group_median_destroy(&m);
        return TC_ENOMEM;
    }
    tc_group_median_reset(m);
    *out = m;
    return TC_OK;
}

void tc_group_median_destroy(tc_group_median **median)
{
    tc_group_median *m = *median;
    if (m != NULL) {
        tc_mem_free(m->prefix);
        tc_mem_free(m->rank);
        tc_mem_free(m->n_valid);
        tc_mem_free(m->count);
        tc_mem_free(m->ends);
        tc_mem_free(m);
    }
    *median = NULL;
}

int tc_group_median_open(const tc_group_median *m)
{
    return m->n_open > 0;
}

static void raise_to(int64_t *end, int64_t value)
{
    *end = value > *end ? value : *end;
}

void tc_group_median_add(tc_group_median *m, int64_t n, const double *value,
                         const uint8_t *group_of, int group)
{
    for (int64_t i = 0; i < n; i++) {
        const int g = group_of != NULL ? group_of[i] : group;
        const uint64_t key = key_of(value[i]);
        if (m->rank[g] < 0 || isnan(value[i]) ||
            (m->known < KEY_BITS && ((key ^ m->prefix[g]) >> m->known) != 0)) {
            continue;
        }
        m->count[(int64_t)g * BUCKETS + (int64_t)((key >> m->below) & (BUCKETS - 1))]++;
        raise_to(&m->ends[2 * (int64_t)g], as_signed(~key));
        raise_to(&m->ends[2 * (int64_t)g + 1], as_signed(key));
    }
}

int64_t *tc_group_median_counts(tc_group_median *m, int64_t *n)
{
    *n = (int64_t)m->n_groups * BUCKETS;
    return m->count;
}

int64_t *tc_group_median_ends(tc_group_median *m, int64_t *n)
{
    *n = 2 * (int64_t)m->n_groups;
    return m->ends;
}

static void settle(tc_group_median *m, int g, uint64_t key)
{
    m->prefix[g] = key;
    m->rank[g] = -1;
    m->n_open--;
}

static void refine_group(tc_group_median *m, int g)
{
    const int64_t *count = &m->count[(int64_t)g * BUCKETS];
    const int64_t *end = &m->ends[2 * (int64_t)g];
    int64_t bucket = 0, before = 0;
    if (m->known == KEY_BITS) { /* the first round sees all values */
        for (int64_t b = 0; b < BUCKETS; b++) {
            m->n_valid[g] += count[b];
        }
        m->rank[g] = (m->n_valid[g] - 1) / 2;
    }
    if (m->n_valid[g] == 0) {
        settle(m, g, 0);
        return;
    }
    if (end[0] == ~end[1]) { /* ~least and greatest: one key is left */
        settle(m, g, (uint64_t)end[1] ^ TOP);
        return;
    }
    while (before + count[bucket] <= m->rank[g]) {
        before += count[bucket++];
    }
    m->rank[g] -= before;
    m->prefix[g] |= (uint64_t)bucket << m->below;
    if (m->below == 0) {
        settle(m, g, m->prefix[g]);
    }
}

void tc_group_median_refine(tc_group_median *m)
{
    for (int g = 0; g < m->n_groups; g++) {
        if (m->rank[g] >= 0) {
            refine_group(m, g);
        }
    }
    m->known = m->below;
    m->below = m->below >= BITS ? m->below - BITS : 0;
    clear_round(m);
}

void tc_group_median_finish(const tc_group_median *m, double *out, int64_t *n_valid)
{
    for (int g = 0; g < m->n_groups; g++) {
        out[g] = m->n_valid[g] > 0 ? value_of(m->prefix[g]) : (double)NAN;
        if (n_valid != NULL) {
            n_valid[g] = m->n_valid[g];
        }
    }
}
