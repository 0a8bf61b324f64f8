#include "kmeans_assign.h"

#include "tiercel/wide.h"

#include <math.h>
#include <string.h>

static int round_up(int k, int tile)
{
    return (k + tile - 1) / tile * tile;
}

/* The tile that leaves the fewest places empty, of equal ones the largest. */
static int choose_tile(int k)
{
    int best = TC_KMEANS_LEAST_TILE;
    for (int tile = best + 1; tile <= TC_KMEANS_MOST_TILE; tile++) {
        best = round_up(k, tile) <= round_up(k, best) ? tile : best;
    }
    return best;
}

/* What the searches read. */
static tc_status allocate_search(tc_kmeans *model, tc_error *err)
{
    const int exact = round_up(model->k, TC_KMEANS_TILE);
    int lean;
    model->lean_tile = choose_tile(model->k);
    lean = round_up(model->k, model->lean_tile);
    while (1 << model->lean_bits < lean) {
        model->lean_bits++;
    }
    model->tile = tc_mem_alloc((int64_t)exact * model->d, sizeof *model->tile, err);
    model->half = tc_mem_alloc(exact, sizeof *model->half, err);
    model->lean = tc_mem_alloc((int64_t)lean * model->d, sizeof *model->lean, err);
    model->lean_half = tc_mem_alloc(lean, sizeof *model->lean_half, err);
    if (model->tile == NULL || model->half == NULL || model->lean == NULL ||
        model->lean_half == NULL) {
        return TC_ENOMEM;
    }
    for (int a = model->k; a < exact; a++) {
        model->half[a] = HUGE_VAL;
    }
    for (int a = model->k; a < lean; a++) {
        model->lean_half[a] = TC_KMEANS_FAR;
    }
    return TC_OK;
}

tc_status tc_kmeans_create(int k, int d, tc_kmeans **out, tc_error *err)
{
    tc_kmeans *model;
    *out = NULL;
    if (k < 1 || k > TC_KMEANS_MAX_K || d < 1 || d > TC_KMEANS_MAX_D) {
        return tc_fail(err, TC_EINTERNAL, "k-means with k = %d, d = %d; at most %d and %d",
                       k, d, TC_KMEANS_MAX_K, TC_KMEANS_MAX_D);
    }
    model = tc_mem_alloc(1, sizeof *model, err);
    if (model == NULL) {
        return TC_ENOMEM;
    }
    model->k = k;
    model->d = d;
    model->sum = tc_mem_alloc((int64_t)k * (d + 1), sizeof *model->sum, err);
    model->centre = tc_mem_alloc((int64_t)k * d, sizeof *model->centre, err);
    if (model->sum == NULL || model->centre == NULL ||
        allocate_search(model, err) != TC_OK) {
        tc_kmeans_destroy(&model);
        return TC_ENOMEM;
    }
    tc_kmeans_start(model, NULL, 0);
    *out = model;
    return TC_OK;
}

void tc_kmeans_destroy(tc_kmeans **model)
{
    if (*model != NULL) {
        tc_mem_free((*model)->sum);
        tc_mem_free((*model)->centre);
        tc_mem_free((*model)->tile);
        tc_mem_free((*model)->half);
        tc_mem_free((*model)->lean);
        tc_mem_free((*model)->lean_half);
        tc_mem_free(*model);
        *model = NULL;
    }
}

static int64_t *sums_of(const tc_kmeans *model, int a)
{
    return &model->sum[(int64_t)a * (model->d + 1)];
}

/* Derives what the search reads from centre a. Squares are below 2^44 and d is at most 64,
 * so the norm is an exact double. */
static void set_search(tc_kmeans *model, int a, int is_empty)
{
    const int d = model->d;
    const int32_t *centre = &model->centre[(int64_t)a * d];
    const int lane = a % TC_KMEANS_TILE;
    const int lean_lane = a % model->lean_tile;
    double *tile = &model->tile[(int64_t)(a - lane) * d];
    float *lean = &model->lean[(int64_t)(a - lean_lane) * d];
    int64_t norm = 0;
    for (int j = 0; j < d; j++) {
        norm += (int64_t)centre[j] * centre[j];
        tile[j * TC_KMEANS_TILE + lane] = centre[j];
        lean[j * model->lean_tile + lean_lane] = (float)centre[j];
    }
    model->half[a] = is_empty ? HUGE_VAL : (double)norm / 2;
    model->lean_half[a] = is_empty ? TC_KMEANS_FAR : (float)((double)norm / 2);
}

void tc_kmeans_start(tc_kmeans *model, const int32_t *centre, int n_centres)
{
    const int d = model->d;
    memset(model->sum, 0, (size_t)model->k * (size_t)(d + 1) * sizeof *model->sum);
    memset(model->centre, 0, (size_t)model->k * (size_t)d * sizeof *model->centre);
    if (n_centres > 0) {
        memcpy(model->centre, centre, (size_t)n_centres * (size_t)d * sizeof *centre);
    }
    for (int a = 0; a < model->k; a++) {
        set_search(model, a, a >= n_centres);
    }
}

void tc_kmeans_place(tc_kmeans *model, int a, const int32_t *point)
{
    memcpy(&model->centre[(int64_t)a * model->d], point, (size_t)model->d * sizeof *point);
    set_search(model, a, 0);
}

void tc_kmeans_copy(tc_kmeans *to, const tc_kmeans *from)
{
    const size_t k = (size_t)from->k;
    const size_t d = (size_t)from->d;
    memcpy(to->sum, from->sum, k * (d + 1) * sizeof *from->sum);
    memcpy(to->centre, from->centre, k * d * sizeof *from->centre);
    for (int a = 0; a < from->k; a++) {
        set_search(to, a, isinf(from->half[a]));
    }
    memcpy(to->total, from->total, sizeof from->total);
}

int64_t tc_kmeans_words(const tc_kmeans *model)
{
    return (int64_t)model->k * (model->d + 1) + 1;
}

void tc_kmeans_add(tc_kmeans *model, const int64_t *delta)
{
    const int64_t n = tc_kmeans_words(model) - 1;
    for (int64_t i = 0; i < n; i++) {
        model->sum[i] += delta[i];
    }
}

/* sum / weight to the nearest integer, ties to even. */
static int32_t round_mean(int64_t sum, int64_t weight)
{
    int64_t quotient = sum / weight;
    int64_t rest = sum % weight;
    if (rest < 0) {
        rest += weight;
        quotient--;
    }
    if (2 * rest > weight || (2 * rest == weight && quotient % 2 != 0)) {
        quotient++;
    }
    return (int32_t)quotient;
}

static void set_centre(tc_kmeans *model, int a)
{
    const int d = model->d;
    const int64_t *sum = sums_of(model, a);
    int32_t *centre = &model->centre[(int64_t)a * d];
    for (int j = 0; j < d; j++) {
        centre[j] = sum[d] > 0 ? round_mean(sum[j], sum[d]) : 0;
    }
    set_search(model, a, sum[d] == 0);
}

void tc_kmeans_centres(tc_kmeans *model)
{
    for (int a = 0; a < model->k; a++) {
        set_centre(model, a);
    }
}

void tc_kmeans_relocate(tc_kmeans *model, int to, int from, const int32_t *point,
                        uint32_t weight)
{
    int64_t *source = sums_of(model, from);
    int64_t *target = sums_of(model, to);
    for (int j = 0; j < model->d; j++) {
        source[j] -= (int64_t)weight * point[j];
        target[j] += (int64_t)weight * point[j];
    }
    source[model->d] -= weight;
    target[model->d] += weight;
    set_centre(model, from);
    set_centre(model, to);
}

int tc_kmeans_empty(const tc_kmeans *model, int from)
{
    for (int a = from; a < model->k; a++) {
        if (sums_of(model, a)[model->d] == 0) {
            return a;
        }
    }
    return -1;
}

/* T - sum over clusters and dimensions of S^2 / W. The whole parts of the quotients are
 * subtracted exactly; the fractions, each below 1, are small change. */
double tc_kmeans_inertia(const tc_kmeans *model)
{
    tc_i128 whole = ((tc_i128)model->total[1] * ((tc_i128)1 << 32)) + model->total[0];
    double fractions = 0;
    for (int a = 0; a < model->k; a++) {
        const int64_t *sum = sums_of(model, a);
        const int64_t weight = sum[model->d];
        for (int j = 0; j < model->d && weight > 0; j++) {
            const tc_i128 square = (tc_i128)sum[j] * sum[j];
            whole -= square / weight;
            fractions += (double)(int64_t)(square % weight) / (double)weight;
        }
    }
    return fmax((double)whole - fractions, 0);
}

int tc_kmeans_stop(const tc_kmeans *model, const tc_kmeans_limits *limits, int64_t moved,
                   tc_kmeans_report *report)
{
    const double before = report->inertia;
    const int first = report->iterations == 0;
    report->inertia = tc_kmeans_inertia(model);
    report->iterations++;
    report->stable = moved == 0;
    return report->stable || report->iterations >= limits->max_iterations ||
           (!first && before - report->inertia <= limits->tolerance * before);
}

/* Gives every empty cluster the row that is farthest from all centres, as long as some row
 * is not on a centre. Returns the number of clusters filled. */
static int64_t fill_empty(tc_kmeans *model, const tc_kmeans_rows *rows, uint8_t *label)
{
    int64_t filled = 0;
    for (int a = tc_kmeans_empty(model, 0); a >= 0; a = tc_kmeans_empty(model, a + 1)) {
        int32_t point[TC_KMEANS_MAX_D];
        const tc_kmeans_far far = tc_kmeans_farthest(model, rows);
        if (far.distance <= 0) {
            break;
        }
        tc_kmeans_point(rows, far.row, point);
        tc_kmeans_relocate(model, a, label[far.row], point,
                           tc_kmeans_weight(rows, far.row));
        label[far.row] = (uint8_t)a;
        filled++;
    }
    return filled;
}

tc_kmeans_report tc_kmeans_fit(tc_kmeans *model, const tc_kmeans_rows *rows,
                               const tc_kmeans_limits *limits, uint8_t *label,
                               int64_t *delta)
{
    const size_t bytes = (size_t)tc_kmeans_words(model) * sizeof *delta;
    tc_kmeans_report report = {0};
    int64_t moved;
    do {
        memset(delta, 0, bytes);
        tc_kmeans_assign(model, rows, label, delta);
        tc_kmeans_add(model, delta);
        tc_kmeans_centres(model);
        moved = delta[tc_kmeans_words(model) - 1] + fill_empty(model, rows, label);
    } while (!tc_kmeans_stop(model, limits, moved, &report) &&
             (limits->give_up == NULL || !limits->give_up()));
    return report;
}
