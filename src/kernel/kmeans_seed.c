#include "tiercel/kmeans_seed.h"

#include "kmeans_local.h"

#include <math.h>
#include <string.h>

enum {
    PURPOSE_ATTEMPT = 0x6B6D,
    TRIAL_PASSES = 40,    /* of Lloyd after a swap, at most */
    HOPE = 2,             /* a trial ends when it lacks this many times its last drop */
    MAX_SWAPS = 100,      /* of one attempt */
    SWAP_ROWS = 131072,   /* swaps times rows of the sample, about */
    SMALL_SAMPLE = 8192,  /* up to here Lloyd runs until nothing moves */
    SAMPLE_PASSES = 1000, /* a guard */
    EXCHANGE_PASSES = 50, /* likewise */
    LEAST_ATTEMPTS = 4,
    LOCAL_ROUNDS = 4, /* of local search and Lloyd, at most */
    LOCAL_STEPS = 4,  /* of local search, times k */
    BLOCK = TC_KMEANS_LANES,
    LANES = 4
};

struct tc_kmeans_seeder {
    const tc_kmeans_rows *sample;
    tc_kmeans_seed_params params;
    int k, n_candidates;
    tc_kmeans *model, *trial;
    tc_kmeans_local *local; /* NULL without local search */
    uint8_t *label, *trial_label;
    double *distance;  /* [n] squared distance to the nearest centre so far */
    double *candidate; /* [n] the same with a candidate as well */
    double *chosen;    /* [n] the same with the best candidate of the step */
    int64_t *delta;
    double *mean;         /* [k][d] */
    int32_t *centre;      /* [k][d] of k-means++ */
    int32_t *best_centre; /* [k][d] */
    tc_kmeans_attempt best;
};

tc_kmeans_seed_params tc_kmeans_seed_effort(uint64_t seed, int64_t n_sample, int k)
{
    const int many = k > TC_KMEANS_SEED_FEW;
    const int64_t swaps = SWAP_ROWS / (n_sample > 0 ? n_sample : 1);
    return (tc_kmeans_seed_params){
        .seed = seed,
        .swaps = many                ? 0
                 : swaps < MAX_SWAPS ? swaps
                                     : MAX_SWAPS,
        .local_rounds = many ? LOCAL_ROUNDS : 0,
        .exchange = n_sample <= SMALL_SAMPLE,
        .limits = {.max_iterations = SAMPLE_PASSES,
                   .tolerance = n_sample <= SMALL_SAMPLE ? 0 : 1e-4},
    };
}

int64_t tc_kmeans_seed_attempts(int64_t restarts, int k)
{
    const int64_t share = (restarts * TC_KMEANS_SEED_FEW + k - 1) / k;
    const int64_t least = share > LEAST_ATTEMPTS ? share : LEAST_ATTEMPTS;
    return restarts < least ? restarts : least;
}

static int given_up(const tc_kmeans_seeder *s)
{
    return s->params.give_up != NULL && s->params.give_up();
}

static tc_status allocate(tc_kmeans_seeder *s, tc_error *err)
{
    const int64_t n = s->sample->n;
    const int64_t cells = (int64_t)s->k * s->sample->d;
    TC_TRY(tc_kmeans_create(s->k, s->sample->d, &s->model, err));
    TC_TRY(tc_kmeans_create(s->k, s->sample->d, &s->trial, err));
    if (s->params.local_rounds > 0) {
        TC_TRY(tc_kmeans_local_create(s->sample, s->k, s->params.give_up, &s->local, err));
    }
    s->label = tc_mem_alloc(n, 1, err);
    s->trial_label = tc_mem_alloc(n, 1, err);
    s->distance = tc_mem_alloc(n, sizeof *s->distance, err);
    s->candidate = tc_mem_alloc(n, sizeof *s->candidate, err);
    s->chosen = tc_mem_alloc(n, sizeof *s->chosen, err);
    s->delta = tc_mem_alloc(tc_kmeans_words(s->model), sizeof *s->delta, err);
    s->mean = tc_mem_alloc(cells, sizeof *s->mean, err);
    s->centre = tc_mem_alloc(cells, sizeof *s->centre, err);
    s->best_centre = tc_mem_alloc(cells, sizeof *s->best_centre, err);
    if (s->label == NULL || s->trial_label == NULL || s->distance == NULL ||
        s->candidate == NULL || s->chosen == NULL || s->delta == NULL || s->mean == NULL ||
        s->centre == NULL || s->best_centre == NULL) {
        return TC_ENOMEM;
    }
    return TC_OK;
}

tc_status tc_kmeans_seeder_create(const tc_kmeans_rows *sample, int k,
                                  const tc_kmeans_seed_params *params,
                                  tc_kmeans_seeder **out, tc_error *err)
{
    tc_kmeans_seeder *s = tc_mem_alloc(1, sizeof *s, err);
    tc_status st;
    *out = NULL;
    if (s == NULL) {
        return TC_ENOMEM;
    }
    s->sample = sample;
    s->params = *params;
    s->params.limits.give_up = params->give_up;
    s->k = k;
    s->n_candidates = params->local_rounds > 0 ? 1 : 2 + (int)log((double)k);
    st = allocate(s, err);
    if (st != TC_OK) {
        tc_kmeans_seeder_destroy(&s);
        return st;
    }
    tc_kmeans_total(sample, s->model->total);
    s->best = (tc_kmeans_attempt){HUGE_VAL, -1, 0, s->best_centre};
    *out = s;
    return TC_OK;
}

void tc_kmeans_seeder_destroy(tc_kmeans_seeder **seeder)
{
    tc_kmeans_seeder *s = *seeder;
    if (s != NULL) {
        tc_kmeans_destroy(&s->model);
        tc_kmeans_destroy(&s->trial);
        tc_kmeans_local_destroy(&s->local);
        tc_mem_free(s->label);
        tc_mem_free(s->trial_label);
        tc_mem_free(s->distance);
        tc_mem_free(s->candidate);
        tc_mem_free(s->chosen);
        tc_mem_free(s->delta);
        tc_mem_free(s->mean);
        tc_mem_free(s->centre);
        tc_mem_free(s->best_centre);
        tc_mem_free(s);
        *seeder = NULL;
    }
}

/* square[] = squared distances of the rows of the block that begins at `row` to the point; below 2^52, so
 * exact. */
static void measure_block(const tc_kmeans_rows *rows, int64_t row, const int32_t *point,
                          double *restrict square)
{
    for (int i = 0; i < BLOCK; i++) {
        square[i] = 0;
    }
    for (int j = 0; j < rows->d; j++) {
        const float *x = &rows->x[row * rows->d + (int64_t)j * BLOCK];
        const double c = point[j];
        for (int i = 0; i < BLOCK; i++) {
            const double v = (double)x[i] - c;
            square[i] += v * v;
        }
    }
}

/* out = min(before, squared distance to the point) for every row; returns the weighted sum, in one
 * fixed order. before NULL counts as infinite. */
static double measure(const tc_kmeans_rows *rows, const int32_t *point,
                      const double *before, double *out)
{
    double square[BLOCK];
    double lane[LANES] = {0};
    for (int64_t row = 0; row < rows->n; row += BLOCK) {
        const int n = rows->n - row < BLOCK ? (int)(rows->n - row) : BLOCK;
        measure_block(rows, row, point, square);
        for (int i = 0; i < n; i++) {
            const double old = before != NULL ? before[row + i] : HUGE_VAL;
            out[row + i] = square[i] < old ? square[i] : old;
        }
        for (int i = 0; i < n; i++) {
            lane[i % LANES] += tc_kmeans_weight(rows, row + i) * out[row + i];
        }
    }
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

/* A row drawn with probability weight times distance / sum; sum > 0. */
static int64_t draw_row(const tc_kmeans_rows *rows, const double *distance, double sum,
                        tc_rng *rng)
{
    double left = tc_rng_uniform(rng) * sum;
    int64_t last = 0;
    for (int64_t i = 0; i < rows->n && left >= 0; i++) {
        const double mass = tc_kmeans_weight(rows, i) * distance[i];
        if (mass > 0) {
            last = i;
            left -= mass;
        }
    }
    return last;
}

/* A row drawn by its weight alone. */
static int64_t draw_first(const tc_kmeans_rows *rows, tc_rng *rng)
{
    uint64_t sum = 0;
    uint64_t left;
    int64_t row = 0;
    if (rows->weight == NULL) {
        return (int64_t)tc_rng_below(rng, (uint64_t)rows->n);
    }
    for (int64_t i = 0; i < rows->n; i++) {
        sum += rows->weight[i];
    }
    left = sum > 0 ? tc_rng_below(rng, sum) : 0;
    while (row + 1 < rows->n && left >= rows->weight[row]) {
        left -= rows->weight[row++];
    }
    return row;
}

static void exchange(double **a, double **b)
{
    double *keep = *a;
    *a = *b;
    *b = keep;
}

/* Adds one centre: of some rows drawn by their squared distance the one that lowers the sum most.
 * Returns the new sum. */
static double add_centre(tc_kmeans_seeder *s, tc_rng *rng, double sum, int32_t *centre)
{
    double lowest = HUGE_VAL;
    for (int c = 0; c < s->n_candidates; c++) {
        int32_t point[TC_KMEANS_MAX_D];
        double with;
        tc_kmeans_point(s->sample, draw_row(s->sample, s->distance, sum, rng), point);
        with = measure(s->sample, point, s->distance, s->candidate);
        if (with < lowest) {
            lowest = with;
            memcpy(centre, point, (size_t)s->sample->d * sizeof *point);
            exchange(&s->chosen, &s->candidate);
        }
    }
    exchange(&s->distance, &s->chosen);
    return lowest;
}

/* k-means++ into s->centre; returns the number of centres, all different. */
static int plus_plus(tc_kmeans_seeder *s, tc_rng *rng)
{
    double sum;
    int n_centres = 1;
    tc_kmeans_point(s->sample, draw_first(s->sample, rng), s->centre);
    sum = measure(s->sample, s->centre, NULL, s->distance);
    for (; n_centres < s->k && sum > 0 && !given_up(s); n_centres++) {
        sum = add_centre(s, rng, sum, &s->centre[(int64_t)n_centres * s->sample->d]);
    }
    return n_centres;
}

/* Lloyd on the trial as long as it can be expected to end below the incumbent: the drop of a pass
 * shrinks, so a gap of many times the last drop will not be closed. */
static double judge_trial(tc_kmeans_seeder *s, double incumbent)
{
    const tc_kmeans_limits one = {.max_iterations = 1};
    double before = HUGE_VAL;
    tc_kmeans_report report = {0};
    for (int pass = 0; pass < TRIAL_PASSES && !given_up(s); pass++) {
        report = tc_kmeans_fit(s->trial, s->sample, &one, s->trial_label, s->delta);
        if (report.stable ||
            report.inertia - incumbent > HOPE * (before - report.inertia)) {
            break;
        }
        before = report.inertia;
    }
    return report.inertia;
}

/* Moves random centres to random rows and keeps what helps; returns the inertia of s->model. */
static double swap_centres(tc_kmeans_seeder *s, tc_rng *rng, double inertia)
{
    const uint64_t n = (uint64_t)s->sample->n;
    for (int64_t t = 0; t < s->params.swaps && inertia > 0 && !given_up(s); t++) {
        const int a = (int)tc_rng_below(rng, (uint64_t)s->k);
        int32_t point[TC_KMEANS_MAX_D];
        double reached;
        tc_kmeans_point(s->sample, (int64_t)tc_rng_below(rng, n), point);
        tc_kmeans_copy(s->trial, s->model);
        memcpy(s->trial_label, s->label, n);
        tc_kmeans_place(s->trial, a, point);
        reached = judge_trial(s, inertia);
        if (reached < inertia) {
            tc_kmeans *model = s->model;
            uint8_t *label = s->label;
            s->model = s->trial;
            s->trial = model;
            s->label = s->trial_label;
            s->trial_label = label;
            inertia = reached;
        }
    }
    return tc_kmeans_fit(s->model, s->sample, &s->params.limits, s->label, s->delta)
        .inertia;
}

/* Single rows move as long as that helps; Lloyd then brings the centres to the grid. */
static double exchange_rows(tc_kmeans_seeder *s)
{
    for (int pass = 0; pass < EXCHANGE_PASSES && !given_up(s); pass++) {
        if (tc_kmeans_exchange(s->model, s->sample, s->label, s->mean) == 0) {
            break;
        }
    }
    tc_kmeans_centres(s->model);
    return tc_kmeans_fit(s->model, s->sample, &s->params.limits, s->label, s->delta)
        .inertia;
}

static void keep_best(tc_kmeans_seeder *s, double inertia, int64_t attempt)
{
    const int d = s->sample->d;
    int n = 0;
    for (int a = 0; a < s->k; a++) {
        if (s->model->sum[(int64_t)a * (d + 1) + d] > 0) {
            memcpy(&s->best_centre[(int64_t)n * d], &s->model->centre[(int64_t)a * d],
                   (size_t)d * sizeof *s->best_centre);
            n++;
        }
    }
    s->best = (tc_kmeans_attempt){inertia, attempt, n, s->best_centre};
}

/* The end of an attempt; an answer of give_up stays, so what was cut short anywhere is seen here. */
static int judge(tc_kmeans_seeder *s, double inertia, int64_t attempt)
{
    const int whole = !given_up(s);
    if (whole && inertia < s->best.inertia) {
        keep_best(s, inertia, attempt);
    }
    return whole;
}

/* Lloyd from s->centre. */
static double fit_from(tc_kmeans_seeder *s, int n_centres)
{
    tc_kmeans_start(s->model, s->centre, n_centres);
    memset(s->label, TC_KMEANS_NO_LABEL, (size_t)s->sample->n);
    return tc_kmeans_fit(s->model, s->sample, &s->params.limits, s->label, s->delta)
        .inertia;
}

/* Local search and Lloyd by turns as long as a centre finds a better place. */
static double fit_by_search(tc_kmeans_seeder *s, tc_rng *rng)
{
    const int64_t steps = (int64_t)LOCAL_STEPS * s->k;
    const size_t bytes = (size_t)s->k * (size_t)s->sample->d * sizeof *s->centre;
    int64_t swaps = tc_kmeans_local_search(s->local, s->centre, rng, steps, s->k / 2 + 1);
    double inertia = fit_from(s, s->k);
    for (int64_t round = 1; round < s->params.local_rounds && swaps > 0; round++) {
        memcpy(s->centre, s->model->centre, bytes);
        swaps = tc_kmeans_local_search(s->local, s->centre, rng, steps, s->k / 2 + 1);
        if (swaps > 0) {
            inertia = fit_from(s, s->k);
        }
    }
    return inertia;
}

int tc_kmeans_seeder_try(tc_kmeans_seeder *s, int64_t attempt)
{
    tc_rng rng = tc_rng_stream(s->params.seed, PURPOSE_ATTEMPT, (uint64_t)attempt);
    const int n_centres = plus_plus(s, &rng);
    double inertia = s->local != NULL && n_centres == s->k ? fit_by_search(s, &rng)
                                                           : fit_from(s, n_centres);
    if (s->k > 1 && s->params.swaps > 0) {
        inertia = swap_centres(s, &rng, inertia);
    }
    if (s->params.exchange) {
        inertia = exchange_rows(s);
    }
    return judge(s, inertia, attempt);
}

int tc_kmeans_seeder_start(tc_kmeans_seeder *s, int64_t attempt, const int32_t *centre,
                           int n_centres)
{
    double inertia;
    memcpy(s->centre, centre, (size_t)n_centres * (size_t)s->sample->d * sizeof *s->centre);
    inertia = fit_from(s, n_centres);
    return judge(s, inertia, attempt);
}

tc_kmeans_attempt tc_kmeans_seeder_best(const tc_kmeans_seeder *s)
{
    return s->best;
}
