/* The fast searches of k-means against the plain one, label by label and sum by sum. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/kmeans_assign.h"

/* Vectors of 16 floats on any processor, products rounded by themselves: the shape of the search for
 * AVX-512, and another rounding of every score. */
static tc_kmeans_assigner assign_wide;
#define WIDTH 16
#define ASSIGN assign_wide
#define TARGET
#include "kernel/kmeans_assign_body.h"

#include "kmeans_fixture.h"

enum { MAX_ASSIGNERS = 5 };

typedef struct {
    const char *name;
    tc_kmeans_assigner *assign;
} assigner;

/* Those that this processor can run; returns how many. */
static int list_assigners(assigner *list)
{
    int n = 0;
    list[n++] = (assigner){"base", tc_kmeans_assign_base};
    list[n++] = (assigner){"wide", assign_wide};
    list[n++] = (assigner){"chosen", tc_kmeans_assigner_choose()};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        list[n++] = (assigner){"avx2", tc_kmeans_assign_avx2};
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        list[n++] = (assigner){"avx512", tc_kmeans_assign_avx512};
    }
#endif
    return n;
}

/* One pass over the rows of f by every assigner from the same labels. The labels and the delta of the plain
 * one stay. */
static void same_as_plain(fixture *f)
{
    const size_t words = (size_t)tc_kmeans_words(f->model);
    assigner list[MAX_ASSIGNERS];
    const int n = list_assigners(list);
    uint8_t *before = malloc(N_MAX), *label = malloc(N_MAX);
    int64_t *delta = malloc(words * sizeof *delta);
    assert_true(before != NULL && label != NULL && delta != NULL);
    memcpy(before, f->label, N_MAX);
    memset(f->delta, 0, sizeof f->delta);
    tc_kmeans_assign_plain(f->model, &f->rows, f->label, f->delta);
    for (int t = 0; t < n; t++) {
        memcpy(label, before, N_MAX);
        memset(delta, 0, words * sizeof *delta);
        list[t].assign(f->model, &f->rows, label, delta);
        for (int64_t i = 0; i < N_MAX; i++) {
            if (label[i] != f->label[i]) {
                fail_msg("%s, k = %d, d = %d, row %lld: label %d, by integers %d",
                         list[t].name, f->model->k, f->model->d, (long long)i, label[i],
                         f->label[i]);
            }
        }
        assert_memory_equal(delta, f->delta, words * sizeof *delta);
    }
    free(before);
    free(label);
    free(delta);
}

static void take_pass(fixture *f)
{
    same_as_plain(f);
    tc_kmeans_add(f->model, f->delta);
    sums_equal_a_recount(f);
    tc_kmeans_centres(f->model);
}

static void passes_are_equal_in_every_shape(void **state)
{
    const int ds[] = {1, 2, 3, 4, 7, 8, 16, 31, 64};
    const int ks[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 16, 23, 64, 254};
    const int32_t limits[] = {2, 40, 100000, TC_KMEANS_LIMIT};
    (void)state;
    for (size_t t = 0; t < sizeof ds / sizeof *ds; t++) {
        for (size_t u = 0; u < sizeof ks / sizeof *ks; u++) {
            const int64_t n = 300 + (int64_t)(t * 17 + u * 5);
            fixture *f = make(n, ds[t], ks[u], limits[(t + u) % 4]);
            for (int64_t i = 0; i < n && u % 2 != 0; i++) {
                f->weight[i] = (uint32_t)(i % 4);
            }
            f->rows.weight = u % 3 == 0 ? NULL : f->weight;
            for (int64_t i = 0; i < n && u % 3 == 0; i++) {
                f->weight[i] = 1; /* for the recount */
            }
            start(f, ks[u]);
            for (int pass = 0; pass < 4; pass++) {
                take_pass(f);
                if (tc_kmeans_empty(f->model, 0) == 0) {
                    break; /* perhaps all are */
                }
            }
            drop(f);
        }
    }
}

/* Any number of rows of the last block, labels behind them untouched, and clusters that are empty. */
static void last_blocks_and_empty_clusters(void **state)
{
    (void)state;
    for (int64_t n = 1; n <= 130; n++) {
        fixture *f = make(n, 3, 9, 50);
        start(f, n < 4 ? (int)n : 4);
        take_pass(f);
        take_pass(f);
        for (int64_t i = n; i < N_MAX; i++) {
            assert_int_equal(f->label[i], TC_KMEANS_NO_LABEL);
        }
        drop(f);
    }
}

/* The nearest centre by float alone, in the order of dimensions. */
static int nearest_by_float(const fixture *f, int64_t i)
{
    const int d = f->rows.d;
    float least = 0;
    int best = -1;
    for (int a = 0; a < f->model->k; a++) {
        float score = (float)f->model->half[a];
        for (int j = 0; j < d; j++) {
            score -= tc_kmeans_value(&f->rows, i, j) * (float)f->model->centre[a * d + j];
        }
        if (best < 0 || score < least) {
            least = score;
            best = a;
        }
    }
    return best;
}

/* Rows in the middle of two centres or a unit beside it, far from the origin: scores of 2^40 and more that differ
 * by a few. Float alone gets a good part of them wrong. */
static void rows_that_float_cannot_tell(void **state)
{
    const int ds[] = {2, 3, 8, 16, 64};
    int wrong = 0;
    (void)state;
    for (size_t t = 0; t < sizeof ds / sizeof *ds; t++) {
        const int d = ds[t], k = 8;
        fixture *f = make(640, d, k, 2);
        tc_rng rng = tc_rng_stream(7, (uint64_t)d, 0);
        int32_t centre[8 * TC_KMEANS_MAX_D];
        for (int c = 0; c < k * d; c++) {
            centre[c] = 3000000 + 2 * (int32_t)tc_rng_below(&rng, 1000);
        }
        for (int64_t i = 0; i < 640; i++) {
            const int a = (int)(i % k), b = (int)(i / k % k);
            for (int j = 0; j < d; j++) {
                const int32_t beside = (int32_t)tc_rng_below(&rng, 3) - 1;
                set(f, i, j, (centre[a * d + j] + centre[b * d + j]) / 2 + beside);
            }
        }
        tc_kmeans_start(f->model, centre, k);
        same_as_plain(f);
        for (int64_t i = 0; i < 640; i++) {
            wrong += nearest_by_float(f, i) != f->label[i];
        }
        drop(f);
    }
    assert_true(wrong > 100);
}

/* Scores really are off by less than half of what is held to be in doubt, for each row; and that is not so much that
 * every row would be. */
static void doubt_covers_the_error_of_scores(void **state)
{
    int64_t doubted = 0, rows = 0;
    (void)state;
    for (int d = 1; d <= TC_KMEANS_MAX_D; d++) {
        fixture *f = make(N_MAX, d, 6, TC_KMEANS_LIMIT);
        tc_kmeans_doubt doubt;
        start(f, 6);
        tc_kmeans_doubt_of(f->model, &doubt);
        for (int64_t i = 0; i < N_MAX; i++) {
            float least = HUGE_VALF, second = HUGE_VALF;
            double off = 0;
            int32_t point[TC_KMEANS_MAX_D] = {0};
            tc_kmeans_point(&f->rows, i, point);
            for (int a = 0; a < 6; a++) {
                float score = f->model->lean_half[a];
                double exact = f->model->half[a];
                for (int j = 0; j < d; j++) {
                    const int32_t c = f->model->centre[a * d + j];
                    score -= (float)point[j] * (float)c;
                    exact -= (double)point[j] * c;
                }
                off = fmax(off, fabs((double)score - exact));
                second = score < least ? least : fminf(second, score);
                least = fminf(least, score);
            }
            assert_true(tc_kmeans_in_doubt(&doubt, point, 0, (float)(2 * off)));
            assert_true(2 * off < (double)doubt.base);
            doubted += tc_kmeans_in_doubt(&doubt, point, least, second);
            rows++;
        }
        drop(f);
    }
    assert_true(doubted < rows / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_are_equal_in_every_shape),
        cmocka_unit_test(last_blocks_and_empty_clusters),
        cmocka_unit_test(rows_that_float_cannot_tell),
        cmocka_unit_test(doubt_covers_the_error_of_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
