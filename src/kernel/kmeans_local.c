#include "kmeans_local.h"

#include <math.h>
#include <string.h>

enum { LANES = TC_KMEANS_LANES, SUMS = 4 };

struct tc_kmeans_local {
    const tc_kmeans_rows *rows;
    int k;
    int (*give_up)(void);
    double *first, *second; /* [n] squared distances to the two nearest centres */
    double *with;           /* [n] to the row that was drawn */
    uint8_t *near, *next;   /* [n] the two nearest centres */
    double *loss;           /* [k] */
};

tc_status tc_kmeans_local_create(const tc_kmeans_rows *rows, int k, int (*give_up)(void),
                                 tc_kmeans_local **out, tc_error *err)
{
    tc_kmeans_local *s = tc_mem_alloc(1, sizeof *s, err);
    *out = s;
    if (s == NULL) {
        return TC_ENOMEM;
    }
    s->rows = rows;
    s->k = k;
    s->give_up = give_up;
    s->first = tc_mem_alloc(rows->n, sizeof *s->first, err);
    s->second = tc_mem_alloc(rows->n, sizeof *s->second, err);
    s->with = tc_mem_alloc(rows->n, sizeof *s->with, err);
    s->near = tc_mem_alloc(rows->n, 1, err);
    s->next = tc_mem_alloc(rows->n, 1, err);
    s->loss = tc_mem_alloc(k, sizeof *s->loss, err);
    if (s->first == NULL || s->second == NULL || s->with == NULL || s->near == NULL ||
        s->next == NULL || s->loss == NULL) {
        tc_kmeans_local_destroy(out);
        return TC_ENOMEM;
    }
    return TC_OK;
}

void tc_kmeans_local_destroy(tc_kmeans_local **local)
{
    tc_kmeans_local *s = *local;
    if (s != NULL) {
        tc_mem_free(s->first);
        tc_mem_free(s->second);
        tc_mem_free(s->with);
        tc_mem_free(s->near);
        tc_mem_free(s->next);
        tc_mem_free(s->loss);
        tc_mem_free(s);
        *local = NULL;
    }
}

/* Squared distances of all rows to a point; below 2^52, so exact. */
static void measure(const tc_kmeans_rows *rows, const int32_t *point, double *out)
{
    for (int64_t row = 0; row < rows->n; row += LANES) {
        const int n = rows->n - row < LANES ? (int)(rows->n - row) : LANES;
        const float *x = &rows->x[row * rows->d];
        double square[LANES] = {0};
        for (int j = 0; j < rows->d; j++) {
            const double c = point[j];
            for (int i = 0; i < LANES; i++) {
                const double v = (double)x[j * LANES + i] - c;
                square[i] += v * v;
            }
        }
        memcpy(&out[row], square, (size_t)n * sizeof *out);
    }
}

/* A centre a at squared distance `square` joins the two nearest of row i. */
static inline void offer(tc_kmeans_local *s, int64_t i, int a, double square)
{
    if (square < s->first[i]) {
        s->second[i] = s->first[i];
        s->next[i] = s->near[i];
        s->first[i] = square;
        s->near[i] = (uint8_t)a;
    } else if (square < s->second[i]) {
        s->second[i] = square;
        s->next[i] = (uint8_t)a;
    }
}

static void forget(tc_kmeans_local *s, int64_t i)
{
    s->first[i] = s->second[i] = HUGE_VAL;
    s->near[i] = s->next[i] = 0;
}

static int given_up(const tc_kmeans_local *s)
{
    return s->give_up != NULL && s->give_up();
}

static void start(tc_kmeans_local *s, const int32_t *centre)
{
    for (int64_t i = 0; i < s->rows->n; i++) {
        forget(s, i);
    }
    for (int a = 0; a < s->k && !given_up(s); a++) {
        measure(s->rows, &centre[(int64_t)a * s->rows->d], s->with);
        for (int64_t i = 0; i < s->rows->n; i++) {
            offer(s, i, a, s->with[i]);
        }
    }
}

/* Looks through all centres for row i. */
static void search_row(tc_kmeans_local *s, const int32_t *centre, int64_t i)
{
    const int d = s->rows->d;
    double x[TC_KMEANS_MAX_D];
    forget(s, i);
    for (int j = 0; j < d; j++) {
        x[j] = (double)tc_kmeans_value(s->rows, i, j);
    }
    for (int a = 0; a < s->k; a++) {
        double square = 0;
        for (int j = 0; j < d; j++) {
            const double v = x[j] - centre[(int64_t)a * d + j];
            square += v * v;
        }
        offer(s, i, a, square);
    }
}

static double sum_of_first(const tc_kmeans_local *s)
{
    double lane[SUMS] = {0};
    for (int64_t i = 0; i < s->rows->n; i++) {
        lane[i % SUMS] += tc_kmeans_weight(s->rows, i) * s->first[i];
    }
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

static int64_t draw(const tc_kmeans_local *s, double sum, tc_rng *rng)
{
    double left = tc_rng_uniform(rng) * sum;
    int64_t last = 0;
    for (int64_t i = 0; i < s->rows->n && left >= 0; i++) {
        const double mass = tc_kmeans_weight(s->rows, i) * s->first[i];
        if (mass > 0) {
            last = i;
            left -= mass;
        }
    }
    return last;
}

/* The sum after a centre moved to the drawn row, and which one: that whose rows lose least. */
static double best_swap(tc_kmeans_local *s, int *which)
{
    double lane[SUMS] = {0};
    int best = 0;
    memset(s->loss, 0, (size_t)s->k * sizeof *s->loss);
    for (int64_t i = 0; i < s->rows->n; i++) {
        const double weight = tc_kmeans_weight(s->rows, i);
        const double kept = s->with[i] < s->first[i] ? s->with[i] : s->first[i];
        const double moved = s->with[i] < s->second[i] ? s->with[i] : s->second[i];
        lane[i % SUMS] += weight * kept;
        s->loss[s->near[i]] += weight * (moved - kept);
    }
    for (int a = 1; a < s->k; a++) {
        best = s->loss[a] < s->loss[best] ? a : best;
    }
    *which = best;
    return (lane[0] + lane[1]) + (lane[2] + lane[3]) + s->loss[best];
}

/* Centre a stands at the drawn row now. */
static void swap_rows(tc_kmeans_local *s, const int32_t *centre, int a)
{
    for (int64_t i = 0; i < s->rows->n; i++) {
        const double square = s->with[i];
        const int was_near = s->near[i] == a;
        const int was_next = s->next[i] == a;
        if (!was_near && !was_next) {
            offer(s, i, a, square);
        } else if (square > s->second[i] || (was_near && s->k < 2)) {
            search_row(s, centre, i);
        } else if (was_near) {
            s->first[i] = square;
        } else {
            s->second[i] = s->first[i] < square ? square : s->first[i];
            if (square < s->first[i]) {
                s->next[i] = s->near[i];
                s->near[i] = (uint8_t)a;
                s->first[i] = square;
            }
        }
    }
}

int64_t tc_kmeans_local_search(tc_kmeans_local *local, int32_t *centre, tc_rng *rng,
                               int64_t max_steps, int64_t patience)
{
    const int d = local->rows->d;
    int64_t swaps = 0;
    int64_t idle = 0;
    double sum;
    start(local, centre);
    sum = sum_of_first(local);
    for (int64_t t = 0; t < max_steps && idle < patience && sum > 0 && !given_up(local);
         t++) {
        int32_t point[TC_KMEANS_MAX_D];
        int which;
        const int64_t row = draw(local, sum, rng);
        tc_kmeans_point(local->rows, row, point);
        measure(local->rows, point, local->with);
        idle++;
        if (best_swap(local, &which) < sum) {
            memcpy(&centre[(int64_t)which * d], point, (size_t)d * sizeof *point);
            swap_rows(local, centre, which);
            sum = sum_of_first(local);
            idle = 0;
            swaps++;
        }
    }
    return swaps;
}
