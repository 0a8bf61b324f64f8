/* k-means in exact integers against brute force in plain int64, and its properties. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kmeans_fixture.h"
#include "tiercel/wide.h"

static void labels_are_the_nearest_with_ties_to_the_lowest(void **state)
{
    const int ds[] = {1, 2, 3, 4, 5, 8, 17, 64};
    const int32_t limits[] = {2, 5, 1000, TC_KMEANS_LIMIT};
    (void)state;
    for (size_t t = 0; t < sizeof ds / sizeof *ds; t++) {
        for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
            for (int k = 1; k <= 9; k += 2) {
                fixture *f = make(200 + 13 * k, ds[t], k, limits[l]);
                start(f, k);
                tc_kmeans_assign(f->model, &f->rows, f->label, f->delta);
                assert_int_equal(moved(f), f->rows.n);
                for (int64_t i = 0; i < f->rows.n; i++) {
                    assert_int_equal(f->label[i], nearest(f, i, k));
                }
                drop(f);
            }
        }
    }
}

/* Squared distances to the exact means, in long double. */
static double direct_inertia(const fixture *f)
{
    const int d = f->rows.d;
    long double sum = 0;
    for (int64_t i = 0; i < f->rows.n; i++) {
        const int64_t *s = &f->model->sum[(int64_t)f->label[i] * (d + 1)];
        for (int j = 0; j < d; j++) {
            const long double v =
                (long double)get(f, i, j) - (long double)s[j] / (long double)s[d];
            sum += v * v;
        }
    }
    return (double)sum;
}

static void passes_keep_exact_sums_and_never_raise_the_inertia(void **state)
{
    (void)state;
    for (int t = 0; t < 12; t++) {
        fixture *f = make(N_MAX - 40 * t, 1 + t, 2 + t, t % 2 ? TC_KMEANS_LIMIT : 90000);
        double before = HUGE_VAL;
        start(f, 2 + t);
        do {
            double inertia;
            step(f);
            inertia = tc_kmeans_inertia(f->model);
            sums_equal_a_recount(f);
            assert_true(fabs(inertia - direct_inertia(f)) <= 1e-13 * inertia);
            /* centres are off by half a unit at most, so by n d / 4 in squares */
            assert_true(inertia <= before + (double)f->rows.n * f->rows.d / 4);
            before = inertia;
        } while (moved(f) > 0);
        drop(f);
    }
}

static void parts_and_order_of_rows_change_nothing(void **state)
{
    enum { K = 7, D = 5, N = 650 };
    fixture *whole = make(N, D, K, 4000);
    fixture *parts = make(N, D, K, 4000);
    const tc_kmeans_limits limits = {.max_iterations = 100};
    int64_t from[N];
    int32_t centre[K * D];
    (void)state;
    for (int a = 0; a < K; a++) {
        tc_kmeans_point(&whole->rows, a, &centre[a * D]);
    }
    for (int64_t i = 0; i < N; i++) {
        from[i] = (i * 307 + 11) % N; /* 307 and 650 have no common divisor */
        for (int j = 0; j < D; j++) {
            set(parts, i, j, get(whole, from[i], j));
        }
    }
    tc_kmeans_start(whole->model, centre, K);
    tc_kmeans_start(parts->model, centre, K);
    (void)tc_kmeans_fit(whole->model, &whole->rows, &limits, whole->label, whole->delta);
    do {
        int64_t total[TC_KMEANS_TOTAL_WORDS] = {0};
        memset(parts->delta, 0, sizeof parts->delta);
        for (int64_t row = 512; row >= 0; row -= 128) {
            const tc_kmeans_rows part =
                tc_kmeans_part(&parts->rows, row, row < 512 ? 128 : N - 512);
            tc_kmeans_assign(parts->model, &part, &parts->label[row], parts->delta);
            tc_kmeans_total(&part, total);
        }
        assert_memory_equal(total, whole->model->total, sizeof total);
        tc_kmeans_add(parts->model, parts->delta);
        tc_kmeans_centres(parts->model);
    } while (moved(parts) > 0);
    assert_memory_equal(parts->model->sum, whole->model->sum,
                        (size_t)(K * (D + 1)) * sizeof *whole->model->sum);
    for (int64_t i = 0; i < N; i++) {
        assert_int_equal(parts->label[i], whole->label[from[i]]);
    }
    drop(whole);
    drop(parts);
}

/* A row of weight w is w equal rows; one of weight 0 is labelled only. Without empty clusters, into which
 * a row moves as a whole. */
static void weights_count_as_copies(void **state)
{
    enum { K = 4, D = 3, N = 200 };
    (void)state;
    for (int t = 0; t < 8; t++) {
        fixture *some = make(N, D, K, t % 2 ? 30 : TC_KMEANS_LIMIT);
        fixture *copies = make(N_MAX, D, K, 2);
        int64_t n = 0;
        for (int64_t i = 0; i < N; i++) {
            some->weight[i] = i < K ? 1 : (uint32_t)(i * (t + 3) % 5);
            for (uint32_t c = 0; c < some->weight[i]; c++) {
                for (int j = 0; j < D; j++) {
                    set(copies, n, j, get(some, i, j));
                }
                n++;
            }
        }
        copies->rows.n = n;
        memset(some->model->total, 0, sizeof some->model->total);
        memset(copies->model->total, 0, sizeof copies->model->total);
        tc_kmeans_total(&some->rows, some->model->total);
        tc_kmeans_total(&copies->rows, copies->model->total);
        start(some, K);
        start(copies, K);
        for (int pass = 0; pass < 20; pass++) {
            step(some);
            step(copies);
            assert_int_equal(tc_kmeans_empty(some->model, 0), -1);
            sums_equal_a_recount(some);
            assert_memory_equal(some->model->sum, copies->model->sum,
                                (size_t)(K * (D + 1)) * sizeof *some->model->sum);
            assert_true(tc_kmeans_inertia(some->model) <=
                            tc_kmeans_inertia(copies->model) &&
                        tc_kmeans_inertia(some->model) >= tc_kmeans_inertia(copies->model));
        }
        drop(some);
        drop(copies);
    }
}

static void centres_are_rounded_half_to_even(void **state)
{
    const int32_t pair[][3] = {
        {0, 1, 0},    {1, 2, 2}, {-1, 0, 0}, {-1, -2, -2}, {2, 3, 2},
        {-3, -2, -2}, {5, 5, 5}, {-7, 6, 0}, {-7, 4, -2},  {4194303, 4194302, 4194302}};
    (void)state;
    for (size_t t = 0; t < sizeof pair / sizeof *pair; t++) {
        fixture *f = make(2, 1, 1, 2);
        set(f, 0, 0, pair[t][0]);
        set(f, 1, 0, pair[t][1]);
        start(f, 1);
        step(f);
        assert_int_equal(f->model->centre[0], pair[t][2]);
        drop(f);
    }
}

static void as_many_clusters_as_rows_leave_no_inertia(void **state)
{
    fixture *f = make(40, 3, 40, 100000);
    const tc_kmeans_limits limits = {.max_iterations = 50};
    tc_kmeans_report report;
    (void)state;
    start(f, 1); /* the other 39 are filled by the rule for empty clusters */
    report = tc_kmeans_fit(f->model, &f->rows, &limits, f->label, f->delta);
    assert_true(report.inertia == 0 && report.stable);
    assert_int_equal(tc_kmeans_empty(f->model, 0), -1);
    sums_equal_a_recount(f);
    drop(f);
}

static void fewer_different_rows_than_clusters_leave_empty_ones(void **state)
{
    const tc_kmeans_limits limits = {.max_iterations = 50};
    (void)state;
    for (int distinct = 1; distinct <= 3; distinct++) {
        fixture *f = make(60, 2, 9, 5);
        tc_kmeans_report report;
        int empty = 0;
        for (int64_t i = 0; i < 60; i++) {
            set(f, i, 0, i % distinct * 77);
            set(f, i, 1, -(i % distinct));
        }
        memset(f->model->total, 0, sizeof f->model->total);
        tc_kmeans_total(&f->rows, f->model->total);
        start(f, 9); /* centres twice and more: ties go to the lowest */
        report = tc_kmeans_fit(f->model, &f->rows, &limits, f->label, f->delta);
        for (int a = tc_kmeans_empty(f->model, 0); a >= 0;
             a = tc_kmeans_empty(f->model, a + 1)) {
            empty++;
            assert_true(isinf(f->model->half[a]) && f->model->centre[2 * (int64_t)a] == 0);
        }
        assert_int_equal(empty, 9 - distinct);
        assert_true(report.inertia == 0 && report.stable);
        sums_equal_a_recount(f);
        drop(f);
    }
}

static void the_farthest_row_is_found_and_moved(void **state)
{
    fixture *f = make(300, 3, 4, 50);
    tc_kmeans_far far;
    tc_kmeans_rows none;
    int64_t best = -1, at = -1;
    int32_t point[3];
    (void)state;
    start(f, 3);
    step(f);
    assert_int_equal(tc_kmeans_empty(f->model, 0), 3);
    for (int64_t i = 0; i < 300; i++) {
        const int64_t v = distance(f, i, nearest(f, i, 3));
        if (v > best) {
            best = v;
            at = i;
        }
    }
    far = tc_kmeans_farthest(f->model, &f->rows);
    assert_int_equal(far.distance, best);
    assert_int_equal(far.row, at);
    none = tc_kmeans_part(&f->rows, 64, 0);
    assert_int_equal(tc_kmeans_farthest(f->model, &none).distance, -1);
    tc_kmeans_point(&f->rows, at, point);
    tc_kmeans_relocate(f->model, 3, f->label[at], point, 1);
    f->label[at] = 3;
    sums_equal_a_recount(f);
    assert_int_equal(distance(f, at, 3), 0);
    drop(f);
}

static void extreme_values_do_not_overflow(void **state)
{
    fixture *f = make(N_MAX, TC_KMEANS_MAX_D, 3, 2);
    const int64_t q = TC_KMEANS_LIMIT - 1;
    const tc_i128 wanted = (tc_i128)q * q * N_MAX * TC_KMEANS_MAX_D;
    (void)state;
    for (int j = 0; j < TC_KMEANS_MAX_D; j++) {
        for (int64_t i = 0; i < N_MAX; i++) {
            set(f, i, j, i % 2 == 0 ? q : -q);
        }
    }
    memset(f->model->total, 0, sizeof f->model->total);
    tc_kmeans_total(&f->rows, f->model->total);
    assert_true(((tc_i128)f->model->total[1] << 32) + f->model->total[0] == wanted);
    start(f, 1);
    step(f);
    assert_true(fabs(tc_kmeans_inertia(f->model) - (double)wanted) <
                1e-15 * (double)wanted);
    assert_int_equal(distance(f, 0, 0), q * q * TC_KMEANS_MAX_D);
    assert_int_equal(tc_kmeans_farthest(f->model, &f->rows).distance,
                     q * q * TC_KMEANS_MAX_D);
    drop(f);
}

static void fits_stop_by_each_of_the_limits(void **state)
{
    fixture *f = make(N_MAX, 2, 12, 100000);
    tc_kmeans_report report;
    (void)state;
    start(f, 12);
    report = tc_kmeans_fit(f->model, &f->rows, &(tc_kmeans_limits){.max_iterations = 3},
                           f->label, f->delta);
    assert_int_equal(report.iterations, 3);
    assert_false(report.stable);
    report = tc_kmeans_fit(f->model, &f->rows,
                           &(tc_kmeans_limits){.max_iterations = 100, .tolerance = 0.5},
                           f->label, f->delta);
    assert_int_equal(report.iterations, 2);
    assert_false(report.stable);
    report = tc_kmeans_fit(f->model, &f->rows, &(tc_kmeans_limits){.max_iterations = 1000},
                           f->label, f->delta);
    assert_true(report.stable && report.iterations > 1 && report.iterations < 1000);
    sums_equal_a_recount(f);
    drop(f);
}

static void the_exchange_only_lowers_and_ends_where_lloyd_stays(void **state)
{
    double mean[TC_KMEANS_MAX_K * 3];
    int improved = 0;
    (void)state;
    for (int t = 0; t < 20; t++) {
        fixture *f = make(300 + t, 3, 8, 3000);
        tc_kmeans_report report;
        double before;
        start(f, 8);
        report =
            tc_kmeans_fit(f->model, &f->rows, &(tc_kmeans_limits){.max_iterations = 1000},
                          f->label, f->delta);
        before = report.inertia;
        while (tc_kmeans_exchange(f->model, &f->rows, f->label, mean) > 0) {
            const double after = tc_kmeans_inertia(f->model);
            sums_equal_a_recount(f);
            assert_true(after < before);
            before = after;
            improved++;
        }
        tc_kmeans_centres(f->model);
        step(f);
        assert_int_equal(moved(f), 0);
        assert_true(tc_kmeans_inertia(f->model) <= before);
        drop(f);
    }
    assert_true(improved > 5);
}

static void wrong_sizes_and_lack_of_memory_are_errors(void **state)
{
    tc_kmeans *model;
    (void)state;
    assert_int_equal(tc_kmeans_create(0, 1, &model, NULL), TC_EINTERNAL);
    assert_int_equal(tc_kmeans_create(255, 1, &model, NULL), TC_EINTERNAL);
    assert_int_equal(tc_kmeans_create(2, 65, &model, NULL), TC_EINTERNAL);
    for (int n = 1; n <= 5; n++) {
        tc_mem_fail_at(n);
        assert_int_equal(tc_kmeans_create(4, 3, &model, NULL), TC_ENOMEM);
        assert_null(model);
    }
    tc_mem_fail_at(0);
    assert_int_equal(tc_mem_live_blocks(), 0); /* of all tests before, too */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_the_nearest_with_ties_to_the_lowest),
        cmocka_unit_test(passes_keep_exact_sums_and_never_raise_the_inertia),
        cmocka_unit_test(parts_and_order_of_rows_change_nothing),
        cmocka_unit_test(weights_count_as_copies),
        cmocka_unit_test(centres_are_rounded_half_to_even),
        cmocka_unit_test(as_many_clusters_as_rows_leave_no_inertia),
        cmocka_unit_test(fewer_different_rows_than_clusters_leave_empty_ones),
        cmocka_unit_test(the_farthest_row_is_found_and_moved),
        cmocka_unit_test(extreme_values_do_not_overflow),
        cmocka_unit_test(fits_stop_by_each_of_the_limits),
        cmocka_unit_test(the_exchange_only_lowers_and_ends_where_lloyd_stays),
        cmocka_unit_test(wrong_sizes_and_lack_of_memory_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
