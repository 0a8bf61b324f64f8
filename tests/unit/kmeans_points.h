/* kmeans_points.h - real points for the k-means tests: reading, scaling, the grid, a whole fit. */
#ifndef TC_KMEANS_POINTS_H
#define TC_KMEANS_POINTS_H

#include "tiercel/kmeans_seed.h"
#include "tiercel/scale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MAX_D = 4, POINTS_TEXT = 512, POINTS_SAMPLE = 32768 };

typedef struct {
    int64_t n;
    int d;
    double *value[POINTS_MAX_D]; /* raw, then in model space */
    float *grid;                 /* in blocks, as tc_kmeans_rows */
    double unit;
} points;

static inline void points_free(points *p)
{
    for (int j = 0; j < POINTS_MAX_D; j++) {
        free(p->value[j]);
    }
    free(p->grid);
    *p = (points){0};
}

/* The first d numbers of each line after `skip` columns, separated by commas or blanks. */
static inline int points_read_lines(FILE *in, int skip, int d, points *p)
{
    char line[POINTS_TEXT];
    int64_t capacity = 1024;
    p->d = d;
    for (int j = 0; j < d; j++) {
        p->value[j] = malloc((size_t)capacity * sizeof(double));
    }
    while (fgets(line, sizeof line, in) != NULL) {
        char *at = line;
        double number[POINTS_MAX_D + 1] = {0};
        int n = 0;
        while (n < skip + d) {
            char *end;
            number[n] = strtod(at, &end);
            if (end == at) {
                break;
            }
            at = end + strspn(end, ", \t");
            n++;
        }
        if (n < skip + d) {
            continue; /* the header, or an empty line */
        }
        if (p->n == capacity) {
            capacity *= 2;
            for (int j = 0; j < d; j++) {
                p->value[j] = realloc(p->value[j], (size_t)capacity * sizeof(double));
            }
        }
        for (int j = 0; j < d; j++) {
            p->value[j][p->n] = number[skip + j];
        }
        p->n++;
    }
    return p->n > 0;
}

static inline int points_iris(points *p)
{
    char path[POINTS_TEXT];
    const char *source = getenv("TIERCEL_SOURCE");
    FILE *in;
    int read;
    (void)snprintf(path, sizeof path, "%s/tests/golden/iris.csv",
                   source != NULL ? source : ".");
    in = fopen(path, "r");
    if (in == NULL) {
        return 0;
    }
    read = points_read_lines(in, 0, 4, p);
    (void)fclose(in);
    return read && p->n == 150;
}

/* A compressed file under the folder of shared data; 0 if it is not there. */
static inline int points_shared(const char *unpack, const char *name, int skip, int d,
                                points *p)
{
    const char *folder = getenv("TIERCEL_SHARED");
    char path[2 * POINTS_TEXT], command[3 * POINTS_TEXT];
    FILE *in;
    int read;
    if (folder == NULL || *folder == '\0') {
        print_message("TIERCEL_SHARED is not set\n");
        return 0;
    }
    (void)snprintf(path, sizeof path, "%s/data/%s", folder, name);
    in = fopen(path, "r");
    if (in == NULL) {
        print_message("%s is not there\n", path);
        return 0;
    }
    (void)fclose(in);
    (void)snprintf(command, sizeof command, "%s '%s'", unpack, path);
    in = popen(command, "r");
    if (in == NULL) {
        return 0;
    }
    read = points_read_lines(in, skip, d, p);
    (void)pclose(in);
    return read;
}

/* Scales to z-scores, or only centres. */
static inline void points_scale(points *p, int is_log, int zscore)
{
    for (int j = 0; j < p->d; j++) {
        tc_scale scale = {.is_log = is_log, .low = -HUGE_VAL, .high = HUGE_VAL};
        tc_scale_counts counts = {0};
        double *v = p->value[j];
        tc_scale_cut_column(&scale, p->n, v, v, &counts);
        tc_scale_finish(&scale, p->n, v[0], tc_scale_partial(p->n, v, v[0]));
        for (int64_t i = 0; i < p->n; i++) {
            v[i] = (v[i] - scale.mean) / (zscore ? scale.scale : 1);
        }
    }
}

/* The grid: the finest power of two that fits. */
static inline void points_grid(points *p)
{
    double largest = 0;
    int exponent;
    for (int j = 0; j < p->d; j++) {
        for (int64_t i = 0; i < p->n; i++) {
            largest = fmax(largest, fabs(p->value[j][i]));
        }
    }
    (void)frexp(largest, &exponent);
    p->unit = ldexp(1, exponent - 22);
    p->grid = calloc((size_t)tc_kmeans_floats(p->n, p->d), sizeof *p->grid);
    for (int j = 0; j < p->d; j++) {
        for (int64_t i = 0; i < p->n; i++) {
            const double q = nearbyint(p->value[j][i] / p->unit);
            p->grid[tc_kmeans_at(p->d, i, j)] = (float)fmin(fmax(q, -4194303.0), 4194303.0);
        }
    }
}

static inline tc_kmeans_rows points_rows(const points *p)
{
    return (tc_kmeans_rows){.n = p->n, .d = p->d, .x = p->grid};
}

/* Every `every`-th row, as a sample; *out belongs to the caller. */
static inline tc_kmeans_rows points_sample(const points *p, int64_t every, float **out)
{
    const int64_t n = (p->n + every - 1) / every;
    float *x = calloc((size_t)tc_kmeans_floats(n, p->d), sizeof *x);
    for (int64_t i = 0; i < n; i++) {
        for (int j = 0; j < p->d; j++) {
            x[tc_kmeans_at(p->d, i, j)] = p->grid[tc_kmeans_at(p->d, i * every, j)];
        }
    }
    *out = x;
    return (tc_kmeans_rows){.n = n, .d = p->d, .x = x};
}

/* All attempts on a sample of at most POINTS_SAMPLE rows, then Lloyd until nothing moves; label [n] may be NULL. Returns the inertia
 * in model space. */
static inline double points_fit(const points *p, int k, int64_t restarts, uint8_t *label)
{
    const tc_kmeans_rows rows = points_rows(p);
    float *picked = NULL;
    const tc_kmeans_rows sample =
        points_sample(p, (p->n + POINTS_SAMPLE - 1) / POINTS_SAMPLE, &picked);
    const tc_kmeans_seed_params params = tc_kmeans_seed_effort(1, sample.n, k);
    const int64_t attempts = tc_kmeans_seed_attempts(restarts, k);
    const tc_kmeans_limits limits = {.max_iterations = 1000};
    uint8_t *own = malloc((size_t)p->n);
    tc_kmeans_seeder *seeder;
    tc_kmeans *model;
    tc_kmeans_attempt best;
    double inertia;
    int64_t *delta;
    assert_int_equal(tc_kmeans_seeder_create(&sample, k, &params, &seeder, NULL), TC_OK);
    assert_int_equal(tc_kmeans_create(k, p->d, &model, NULL), TC_OK);
    for (int64_t r = 0; r < attempts; r++) {
        tc_kmeans_seeder_try(seeder, r);
    }
    best = tc_kmeans_seeder_best(seeder);
    tc_kmeans_total(&rows, model->total);
    tc_kmeans_start(model, best.centre, best.n_centres);
    delta = calloc((size_t)tc_kmeans_words(model), sizeof *delta);
    memset(own, TC_KMEANS_NO_LABEL, (size_t)p->n);
    inertia = tc_kmeans_fit(model, &rows, &limits, own, delta).inertia;
    if (label != NULL) {
        memcpy(label, own, (size_t)p->n);
    }
    free(delta);
    free(own);
    free(picked);
    tc_kmeans_destroy(&model);
    tc_kmeans_seeder_destroy(&seeder);
    return inertia * p->unit * p->unit;
}

#endif
