#include "tiercel/bracket.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 512 };

/* Half the width of a bracket in standard deviations of the rank: 1 in 16,000 is missed. */
static const double DEVIATIONS = 4.0;

int tc_bracket_points(const double *p, int n_p, int64_t n, double *point)
{
    double before = 0.0;
    for (int i = 0; i < n_p; i++) {
        const double width =
            n > 0 ? DEVIATIONS * sqrt(p[i] * (1.0 - p[i]) / (double)n) + 2.0 / (double)n
                  : 1.0;
        for (int k = 0; k < TC_BRACKET_POINTS; k++) {
            const int middle = TC_BRACKET_POINTS / 2;
            point[i * TC_BRACKET_POINTS + k] = p[i] + width * (k - middle) / middle;
        }
        if (p[i] - width <= before) {
            return 0;
        }
        before = p[i] + width;
    }
    return before < 1.0;
}

/* The search tree in the order of its numbers; what is left over is above all values. */
static void make_tree(tc_bracket *plan)
{
    int nodes;
    plan->levels = 1;
    while ((1 << plan->levels) < plan->n_classes) {
        plan->levels++;
    }
    nodes = 1 << plan->levels;
    for (int i = 1; i < nodes; i++) {
        /* node i on level l is the (2 (i - 2^l) + 1)-th of 2^(l+1) parts */
        int level = 0, rank;
        while (i >> (level + 1) != 0) {
            level++;
        }
        rank = (2 * (i - (1 << level)) + 1) << (plan->levels - level - 1);
        plan->tree[i] = rank < plan->n_classes ? plan->boundary[rank] : (double)NAN;
    }
}

/* A class begins; one that begins where the last one does takes its place. */
static int begin(tc_bracket *plan, double at, tc_class_kind kind)
{
    const int last = plan->n_classes - 1;
    if (last > 0 && plan->boundary[last] >= at) {
        plan->kind[last] = (uint8_t)kind;
        return 1;
    }
    if (plan->n_classes == TC_BRACKET_CLASSES) {
        return 0;
    }
    plan->boundary[plan->n_classes] = at;
    plan->kind[plan->n_classes++] = (uint8_t)kind;
    return 1;
}

/* Is a value one that many share: are two points next to one another equal to it? */
static int is_shared(const double *value, int n, int i)
{
    return (i > 0 && value[i - 1] == value[i]) || (i + 1 < n && value[i + 1] == value[i]);
}

int tc_bracket_plan(const double *value, int n_p, tc_bracket *plan)
{
    const int n = n_p * TC_BRACKET_POINTS;
    double free = -HUGE_VAL; /* values from here on are in no class yet */
    int fits = 1;
    memset(plan, 0, sizeof *plan);
    plan->n_classes = 1;
    for (int i = 0; i < n && fits; i++) {
        const double v = value[i] + 0.0, next = nextafter(v, HUGE_VAL);
        const int is_first = i % TC_BRACKET_POINTS == 0;
        const int is_last = i % TC_BRACKET_POINTS == TC_BRACKET_POINTS - 1;
        fits = isfinite(v) && isfinite(next) && (i == 0 || v >= value[i - 1]);
        if (fits && v >= free) {
            if (is_shared(value, n, i)) {
                fits = begin(plan, v, TC_CLASS_EQUAL) &&
                       begin(plan, next, is_last ? TC_CLASS_COUNTED : TC_CLASS_KEPT);
            } else if (is_first) {
                fits = begin(plan, v, TC_CLASS_KEPT);
            } else if (is_last) {
                fits = begin(plan, next, TC_CLASS_COUNTED);
            }
            free = is_shared(value, n, i) || is_last ? next : v;
        } else if (
            fits) { /* it has its class; what follows it is within a bracket, or behind one */
            plan->kind[plan->n_classes - 1] =
                (uint8_t)(is_last ? TC_CLASS_COUNTED : TC_CLASS_KEPT);
        }
    }
    make_tree(plan);
    return fits;
}

/* As doubles, with one zero; counts the missing. */
static void widen(const void *value, int is_double, int64_t at, int n, double *to)
{
    if (is_double) {
        const double *v = (const double *)value + at;
        for (int i = 0; i < n; i++) {
            to[i] = v[i] + 0.0;
        }
    } else {
        const float *v = (const float *)value + at;
        for (int i = 0; i < n; i++) {
            to[i] = (double)v[i] + 0.0;
        }
    }
}

static void note(tc_bracket_pass *pass, const double *v, int n)
{
    double least = pass->least, most = pass->most;
    int missing = 0;
    for (int i = 0; i < n; i++) {
        missing += isnan(v[i]);
        least = v[i] < least ? v[i] : least;
        most = v[i] > most ? v[i] : most;
    }
    pass->least = least;
    pass->most = most;
    pass->missing += missing;
    pass->n += n;
}

/* Classes of a chunk, without branches; values of kept ones are appended. */
static int classify(const tc_bracket *plan, tc_bracket_pass *pass, const double *v, int n,
                    double *kept)
{
    const int levels = plan->levels, first = 1 << levels;
    int n_kept = 0;
    for (int i = 0; i < n; i++) {
        int node = 1, c;
        for (int l = 0; l < levels; l++) {
            node = 2 * node + (v[i] >= plan->tree[node]);
        }
        c = node - first;
        pass->lane[i % TC_BRACKET_LANES][c]++;
        kept[n_kept] = v[i];
        n_kept += plan->kind[c] == TC_CLASS_KEPT;
    }
    return n_kept;
}

tc_status tc_bracket_add(const tc_bracket *plan, tc_bracket_pass *pass, const void *value,
                         int is_double, int64_t n, tc_error *err)
{
    double v[CHUNK];
    if (pass->n == 0) {
        pass->least = HUGE_VAL;
        pass->most = -HUGE_VAL;
    }
    for (int64_t done = 0; done < n; done += CHUNK) {
        const int here = n - done < CHUNK ? (int)(n - done) : CHUNK;
        double *to;
        TC_TRY(tc_buffer_reserve(&pass->kept, (int64_t)sizeof v, err));
        to = (double *)(void *)(pass->kept.data + pass->kept.size);
        widen(value, is_double, done, here, v);
        note(pass, v, here);
        pass->kept.size += classify(plan, pass, v, here, to) * (int64_t)sizeof *to;
    }
    return TC_OK;
}

void tc_bracket_counts(const tc_bracket *plan, const tc_bracket_pass *pass,
                       int64_t count[TC_BRACKET_CLASSES])
{
    for (int c = 0; c < TC_BRACKET_CLASSES; c++) {
        count[c] = 0;
        for (int l = 0; l < TC_BRACKET_LANES && c < plan->n_classes; l++) {
            count[c] += pass->lane[l][c];
        }
    }
    count[0] -= pass->missing; /* no comparison with them is true */
}

int tc_bracket_class(const tc_bracket *plan, const int64_t *count, int64_t rank,
                     int64_t *rank_in_class)
{
    int c = 0;
    while (c < plan->n_classes - 1 && rank >= count[c]) {
        rank -= count[c++];
    }
    *rank_in_class = rank;
    return c;
}

uint64_t tc_bracket_key(double value)
{
    uint64_t u;
    memcpy(&u, &value, sizeof u);
    return u >> 63 != 0 ? ~u : u | (uint64_t)1 << 63;
}

double tc_bracket_value(uint64_t key)
{
    const uint64_t u = key >> 63 != 0 ? key ^ (uint64_t)1 << 63 : ~key;
    double value;
    memcpy(&value, &u, sizeof value);
    return value;
}

int64_t tc_bracket_split(uint64_t *key, int64_t n, uint64_t pivot)
{
    int64_t low = 0;
    for (int64_t i = 0; i < n; i++) {
        const uint64_t k = key[i];
        key[i] = key[low];
        key[low] = k;
        low += k <= pivot;
    }
    return low;
}

void tc_bracket_sort(const tc_bracket *plan, tc_bracket_pass *pass,
                     int64_t first[TC_BRACKET_CLASSES + 1])
{
    const int64_t n = pass->kept.size / (int64_t)sizeof(double);
    uint64_t *key = (uint64_t *)(void *)pass->kept.data;
    int64_t done = 0;
    for (int64_t i = 0; i < n; i++) {
        double v;
        memcpy(&v, &key[i], sizeof v);
        key[i] = tc_bracket_key(v);
    }
    for (int c = 0; c < plan->n_classes; c++) {
        first[c] = done;
        if (plan->kind[c] == TC_CLASS_KEPT) {
            done += c + 1 < plan->n_classes
                        ? tc_bracket_split(key + done, n - done,
                                           tc_bracket_key(plan->boundary[c + 1]) - 1)
                        : n - done;
        }
    }
    first[plan->n_classes] = done;
}
