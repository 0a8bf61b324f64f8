/* What must hold of k-means on any rows: fits of changed rows against the fit of the rows as they are. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kmeans_fixture.h"

enum { CASES = 60, PASSES = 30, N_LEAST = 40, COPIES = 2 };

/* Clusters that overlap, in shapes drawn by number; half of them with weights. The first k rows, all different, are the
 * start. */
static fixture *draw(int number, tc_rng *rng)
{
    *rng = tc_rng_stream(11, (uint64_t)number, 0);
    const int d = 1 + (int)tc_rng_below(rng, number % 5 == 0 ? TC_KMEANS_MAX_D : 6);
    const int k = 1 + (int)tc_rng_below(rng, number % 7 == 0 ? 30 : 8);
    const int64_t n = N_LEAST + (int64_t)tc_rng_below(rng, N_MAX / COPIES - N_LEAST);
    const int64_t reach = number % 3 == 0 ? 1000 : 1000000;
    fixture *f = make(n, d, k, 2);
    for (int64_t i = 0; i < n; i++) {
        const int64_t cluster = (int64_t)tc_rng_below(rng, (uint64_t)k);
        for (int j = 0; j < d; j++) {
            const int64_t centre = (cluster * 37 + j * 11) % 7 * reach / 7 - reach / 2;
            set(f, i, j, centre + (int64_t)tc_rng_below(rng, (uint64_t)reach));
        }
        f->weight[i] = number % 2 == 0 ? 1 : 1 + (uint32_t)tc_rng_below(rng, 9);
    }
    return f;
}

/* The same shape and start with other rows to be set. */
static fixture *like(const fixture *f, int64_t n)
{
    fixture *g = make(n, f->rows.d, f->model->k, 2);
    tc_kmeans_copy(g->model, f->model);
    return g;
}

static void set_row(fixture *to, int64_t i, const fixture *from, int64_t row)
{
    for (int j = 0; j < from->rows.d; j++) {
        set(to, i, j, get(from, row, j));
    }
    to->weight[i] = from->weight[row];
}

static void sum_squares(fixture *f)
{
    memset(f->model->total, 0, sizeof f->model->total);
    tc_kmeans_total(&f->rows, f->model->total);
}

/* Passes until nothing moves or a cluster is empty, at most PASSES; returns how many. */
static int run(fixture *f, int most)
{
    int pass = 0;
    sum_squares(f);
    while (pass < most) {
        step(f);
        pass++;
        if (moved(f) == 0 || tc_kmeans_empty(f->model, 0) >= 0) {
            break;
        }
    }
    return pass;
}

static void same_sums(const fixture *f, const fixture *g)
{
    assert_memory_equal(f->model->sum, g->model->sum,
                        (size_t)(tc_kmeans_words(f->model) - 1) * sizeof *f->model->sum);
}

static void same_inertia(const fixture *f, const fixture *g)
{
    const double a = tc_kmeans_inertia(f->model), b = tc_kmeans_inertia(g->model);
    assert_memory_equal(&a, &b, sizeof a);
}

static double weight_of(const fixture *f)
{
    double sum = 0;
    for (int64_t i = 0; i < f->rows.n; i++) {
        sum += f->weight[i];
    }
    return sum;
}

/* Also over relocations into empty clusters and the exchange of single rows. */
static void inertia_never_rises_and_sums_equal_a_recount(void **state)
{
    double mean[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D];
    int filled = 0;
    (void)state;
    for (int c = 0; c < CASES; c++) {
        const tc_kmeans_limits one = {.max_iterations = 1};
        tc_kmeans_report report = {0};
        tc_rng rng;
        fixture *f = draw(c, &rng);
        double before = HUGE_VAL, slack;
        sum_squares(f);
        start(f, c % 4 == 0 ? 1 : f->model->k); /* a quarter begins with empty clusters */
        /* centres are off by half a unit at most */
        slack = weight_of(f) * f->rows.d / 4;
        for (int pass = 0; pass < PASSES && !report.stable; pass++) {
            filled += tc_kmeans_empty(f->model, 0) >= 0;
            report = tc_kmeans_fit(f->model, &f->rows, &one, f->label, f->delta);
            sums_equal_a_recount(f);
            assert_true(report.inertia <= before + slack);
            before = report.inertia;
        }
        while (tc_kmeans_exchange(f->model, &f->rows, f->label, mean) > 0) {
            sums_equal_a_recount(f);
            assert_true(tc_kmeans_inertia(f->model) < before);
            before = tc_kmeans_inertia(f->model);
        }
        drop(f);
    }
    assert_true(filled > 0);
}

static void order_of_rows_changes_nothing(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        int64_t from[N_MAX];
        tc_rng rng;
        fixture *f = draw(c, &rng), *g;
        start(f, f->model->k);
        g = like(f, f->rows.n);
        for (int64_t i = 0; i < f->rows.n; i++) { /* Fisher and Yates */
            const int64_t at = (int64_t)tc_rng_below(&rng, (uint64_t)i + 1);
            from[i] = from[at];
            from[at] = i;
        }
        for (int64_t i = 0; i < f->rows.n; i++) {
            set_row(g, i, f, from[i]);
        }
        tc_kmeans_start(g->model, f->model->centre, f->model->k);
        assert_int_equal(run(f, PASSES), run(g, PASSES));
        same_sums(f, g);
        same_inertia(f, g);
        for (int64_t i = 0; i < f->rows.n; i++) {
            assert_int_equal(g->label[i], f->label[from[i]]);
        }
        drop(f);
        drop(g);
    }
}

/* Rows twice; the same rows with twice the weight; rows of weight 0 among them. */
static void copies_equal_weights(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        tc_rng rng;
        fixture *f = draw(c, &rng), *twice, *ballast;
        const int64_t n = f->rows.n;
        int passes;
        start(f, f->model->k);
        twice = like(f, COPIES * n);
        ballast = like(f, COPIES * n);
        tc_kmeans_start(twice->model, f->model->centre, f->model->k);
        tc_kmeans_start(ballast->model, f->model->centre, f->model->k);
        for (int64_t i = 0; i < n; i++) {
            set_row(twice, i, f, i);
            set_row(twice, n + i, f, i);
            set_row(ballast, 2 * i, f, i);
            set_row(ballast, 2 * i + 1, f, n - 1 - i);
            ballast->weight[2 * i + 1] = 0;
            ballast->weight[2 * i] *= 2;
            f->weight[i] *= 2;
        }
        passes = run(f, PASSES);
        assert_int_equal(run(twice, passes), passes);
        /* rows that count nowhere still move */
        for (int pass = 0; pass < passes; pass++) {
            step(ballast);
        }
        sum_squares(ballast);
        same_sums(f, twice);
        same_sums(f, ballast);
        same_inertia(f, twice);
        same_inertia(f, ballast);
        for (int64_t i = 0; i < n; i++) {
            assert_int_equal(twice->label[i], f->label[i]);
            assert_int_equal(twice->label[n + i], f->label[i]);
            assert_int_equal(ballast->label[2 * i], f->label[i]);
            assert_int_equal(ballast->label[2 * i + 1], f->label[n - 1 - i]);
        }
        drop(f);
        drop(twice);
        drop(ballast);
    }
}

/* Other coordinates of the same points: shifted, mirrored, axes in another order. */
static void coordinates_do_not_matter(void **state)
{
    (void)state;
    for (int c = 0; c < 3 * CASES; c++) {
        tc_rng rng;
        fixture *f = draw(c / 3, &rng), *g;
        const int d = f->rows.d, k = f->model->k;
        int32_t centre[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D];
        start(f, k);
        g = like(f, f->rows.n);
        for (int64_t i = 0; i < f->rows.n; i++) {
            set_row(g, i, f, i);
        }
        for (int j = 0; j < d; j++) {
            const int to = c % 3 == 2 ? (j + 1) % d : j;
            const int64_t shift = c % 3 == 0 ? 2 * (j * 1001 - 3000) : 0; /* even: ties */
            const int64_t sign = c % 3 == 1 ? -1 : 1;
            for (int64_t i = 0; i < f->rows.n; i++) {
                set(g, i, to, sign * get(f, i, j) + shift);
            }
            for (int a = 0; a < k; a++) {
                centre[a * d + to] = (int32_t)(sign * f->model->centre[a * d + j] + shift);
            }
        }
        tc_kmeans_start(g->model, centre, k);
        assert_int_equal(run(f, PASSES), run(g, PASSES));
        assert_memory_equal(f->label, g->label, sizeof f->label);
        drop(f);
        drop(g);
    }
}

/* Pieces at any border of blocks, in any order, as ranks and shards do. */
static void pieces_add_up(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        tc_rng rng;
        fixture *f = draw(c, &rng), *g;
        const int64_t n = f->rows.n;
        start(f, f->model->k);
        g = like(f, n);
        for (int64_t i = 0; i < n; i++) {
            set_row(g, i, f, i);
        }
        tc_kmeans_start(g->model, f->model->centre, f->model->k);
        for (int pass = 0; pass < 5; pass++) {
            int64_t end = n;
            step(f);
            memset(g->delta, 0, sizeof g->delta);
            while (end > 0) { /* from the last piece to the first */
                const int64_t blocks = (end - 1) / TC_KMEANS_LANES + 1;
                const int64_t row =
                    (int64_t)tc_rng_below(&rng, (uint64_t)blocks) * TC_KMEANS_LANES;
                const tc_kmeans_rows part = tc_kmeans_part(&g->rows, row, end - row);
                tc_kmeans_assign(g->model, &part, &g->label[row], g->delta);
                end = row;
            }
            assert_memory_equal(f->delta, g->delta, sizeof f->delta);
            tc_kmeans_add(g->model, g->delta);
            tc_kmeans_centres(g->model);
            assert_memory_equal(f->label, g->label, sizeof f->label);
        }
        drop(f);
        drop(g);
    }
}

static void the_farthest_row_is_the_first_of_the_farthest(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        tc_rng rng;
        fixture *f = draw(c, &rng);
        const int n_centres = 1 + f->model->k / 2;
        tc_kmeans_far wanted = {-1, 0}, far;
        start(f, n_centres);
        f->weight[7] = 0;
        for (int64_t i = 0; i < f->rows.n; i++) {
            const int64_t least = distance(f, i, nearest(f, i, n_centres));
            if (least > wanted.distance && f->weight[i] > 0) {
                wanted = (tc_kmeans_far){least, i};
            }
        }
        far = tc_kmeans_farthest(f->model, &f->rows);
        assert_int_equal(far.distance, wanted.distance);
        assert_int_equal(far.row, wanted.row);
        f->weight[far.row] = 0; /* then it is another */
        assert_int_not_equal(tc_kmeans_farthest(f->model, &f->rows).row, far.row);
        drop(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inertia_never_rises_and_sums_equal_a_recount),
        cmocka_unit_test(order_of_rows_changes_nothing),
        cmocka_unit_test(copies_equal_weights),
        cmocka_unit_test(coordinates_do_not_matter),
        cmocka_unit_test(pieces_add_up),
        cmocka_unit_test(the_farthest_row_is_the_first_of_the_farthest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
