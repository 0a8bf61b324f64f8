/* Indices of a clustering against scikit-learn 1.7 and closed forms, and the rule that chooses k. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "skip.h"

#include "kmeans_points.h"

#include "tiercel/cluster.h"

enum { IRIS = 150, IRIS_D = 4, K_MAX = 8, LANES = TC_KMEANS_LANES };

/* A fit of iris as a view, with weights. */
typedef struct {
    points p;
    uint32_t weight[IRIS];
    uint8_t label[IRIS];
    tc_kmeans_rows rows;
    tc_kmeans *model;
} fit;

/* Sums of the model from labels and weights; the centres follow. */
static void recount(fit *f)
{
    const int d = f->rows.d;
    memset(f->model->sum, 0,
           (size_t)(tc_kmeans_words(f->model) - 1) * sizeof *f->model->sum);
    for (int64_t i = 0; i < f->rows.n; i++) {
        int64_t *sum = &f->model->sum[(int64_t)f->label[i] * (d + 1)];
        for (int j = 0; j < d; j++) {
            sum[j] += (int64_t)f->weight[i] * (int64_t)tc_kmeans_value(&f->rows, i, j);
        }
        sum[d] += f->weight[i];
    }
    memset(f->model->total, 0, sizeof f->model->total);
    tc_kmeans_total(&f->rows, f->model->total);
    tc_kmeans_centres(f->model);
}

/* Iris in k clusters; weights 1, or 1, 2, 3, 1, 2, 3, ... of the same labels. */
static void make(fit *f, int k, int weighted)
{
    memset(f, 0, sizeof *f);
    assert_true(points_iris(&f->p));
    points_scale(&f->p, 0, 0);
    points_grid(&f->p);
    (void)points_fit(&f->p, k, 16, f->label);
    f->rows = points_rows(&f->p);
    for (uint32_t i = 0; i < IRIS; i++) {
        f->weight[i] = weighted ? 1 + i % 3 : 1;
    }
    f->rows.weight = f->weight;
    assert_int_equal(tc_kmeans_create(k, IRIS_D, &f->model, NULL), TC_OK);
    recount(f);
}

static void drop(fit *f)
{
    tc_kmeans_destroy(&f->model);
    points_free(&f->p);
    assert_int_equal(tc_mem_live_blocks(), 0);
}

static tc_cluster_index index_of(const fit *f, double *distance, double *silhouette)
{
    int64_t words[K_MAX * TC_CLUSTER_WORDS] = {0};
    tc_cluster_index_partial(f->model, &f->rows, f->label, words);
    return tc_cluster_index_finish(f->model, words, 1, distance, silhouette);
}

static void near(double found, double wanted, double tolerance)
{
    if (!(fabs(found - wanted) <= tolerance * fabs(wanted))) {
        fail_msg("%.10g, expected %.10g", found, wanted);
    }
}

static void iris_has_the_indices_of_scikit_learn(void **state)
{
    static const struct {
        int k, weighted;
        double ch, db, simplified;
    } wanted[] = {{2, 0, 513.92454598, 0.40429284, 0.76970383},
                  {3, 0, 561.62775663, 0.66197155, 0.66638556},
                  {4, 0, 530.76580819, 0.78030698, 0.62073804},
                  {2, 1, 1057.86464509, 0.39828741, -1},
                  {3, 1, 1116.06032096, 0.68105854, -1},
                  {4, 1, 1059.19034921, 0.79651670, -1}};
    (void)state;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        double distance[K_MAX], silhouette[K_MAX];
        fit f;
        tc_cluster_index index;
        make(&f, wanted[i].k, wanted[i].weighted);
        index = index_of(&f, distance, silhouette);
        near(index.calinski_harabasz, wanted[i].ch, 1e-5);
        near(index.davies_bouldin, wanted[i].db, 1e-5);
        if (wanted[i].simplified >= 0) {
            near(index.simplified, wanted[i].simplified, 1e-5);
        }
        assert_int_equal(index.n_filled, wanted[i].k);
        drop(&f);
    }
}

static void iris_has_the_known_distances_and_shares(void **state)
{
    double distance[K_MAX], silhouette[K_MAX];
    double wanted[] = {0.719838548847093, 0.48170523646326835, 0.7381523692687672};
    const int64_t size[] = {38, 50, 62};
    fit f;
    tc_cluster_index index;
    (void)state;
    make(&f, 3, 0);
    index = index_of(&f, distance, silhouette);
    near(index.smallest_share, 38.0 / IRIS, 1e-12);
    for (int a = 0; a < 3; a++) {
        const int64_t rows = f.model->sum[a * (IRIS_D + 1) + IRIS_D];
        const int at = rows == size[0] ? 0 : rows == size[1] ? 1 : 2;
        assert_int_equal(rows, size[at]);
        near(distance[a] * f.p.unit, wanted[at], 1e-5);
    }
    drop(&f);
}

/* Pieces that start at a block border, in any order, add up to the same words. */
static void pieces_of_rows_add_up(void **state)
{
    int64_t whole[K_MAX * TC_CLUSTER_WORDS] = {0};
    int64_t parts[K_MAX * TC_CLUSTER_WORDS] = {0};
    fit f;
    (void)state;
    make(&f, 5, 1);
    tc_cluster_index_partial(f.model, &f.rows, f.label, whole);
    for (int64_t row = 2 * LANES; row >= 0; row -= LANES) {
        tc_kmeans_rows piece = f.rows;
        piece.n = f.rows.n - row < LANES ? f.rows.n - row : LANES;
        piece.x = &f.rows.x[row * IRIS_D];
        piece.weight = &f.weight[row];
        tc_cluster_index_partial(f.model, &piece, &f.label[row], parts);
    }
    for (int i = 0; i < 5 * TC_CLUSTER_WORDS; i += 2) {
        assert_true(whole[i] + (whole[i + 1] << 32) == parts[i] + (parts[i + 1] << 32));
    }
    drop(&f);
}

/* Columns in the order of clusters, as the silhouette of a sample takes them. */
typedef struct {
    int64_t first[K_MAX + 1], size[K_MAX];
    double column[IRIS_D][3 * IRIS];
    const double *x[IRIS_D];
    uint32_t weight[3 * IRIS];
    tc_cluster_sample sample;
} sorted;

/* With `copies` a row of weight w stands w times with weight 1. */
static void sort_rows(const fit *f, int copies, sorted *s)
{
    int64_t n = 0;
    for (int c = 0; c < f->model->k; c++) {
        s->first[c] = n;
        s->size[c] = f->model->sum[c * (IRIS_D + 1) + IRIS_D];
        for (int64_t i = 0; i < IRIS; i++) {
            const uint32_t times = copies ? f->weight[i] : 1;
            for (uint32_t t = 0; f->label[i] == c && t < times; t++, n++) {
                s->weight[n] = copies ? 1 : f->weight[i];
                for (int j = 0; j < IRIS_D; j++) {
                    s->column[j][n] = (double)tc_kmeans_value(&f->rows, i, j);
                }
            }
        }
    }
    s->first[f->model->k] = n;
    for (int j = 0; j < IRIS_D; j++) {
        s->x[j] = s->column[j];
    }
    s->sample = (tc_cluster_sample){f->model->k, IRIS_D, s->first, s->x, s->weight, 1};
}

static double silhouette_of(const sorted *s, double *silhouette)
{
    static double distance[3 * IRIS];
    int64_t words[2 * K_MAX] = {0};
    const int64_t n = s->first[s->sample.k];
    tc_cluster_silhouette_partial(&s->sample, 0, n / 3, distance, words);
    tc_cluster_silhouette_partial(&s->sample, n / 3, n - n / 3, distance, words);
    return tc_cluster_silhouette_finish(&s->sample, words, s->size, silhouette);
}

static void iris_has_the_silhouette_of_scikit_learn(void **state)
{
    static const struct {
        int k, weighted;
        double silhouette;
    } wanted[] = {{2, 0, 0.68104617}, {3, 0, 0.55281901}, {4, 0, 0.49805050},
                  {2, 1, 0.68747255}, {3, 1, 0.54712348}, {4, 1, 0.50271826}};
    static sorted s;
    (void)state;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        double silhouette[K_MAX], copies[K_MAX];
        fit f;
        make(&f, wanted[i].k, wanted[i].weighted);
        sort_rows(&f, 0, &s);
        near(silhouette_of(&s, silhouette), wanted[i].silhouette, 1e-5);
        sort_rows(&f, 1, &s);
        near(silhouette_of(&s, copies), wanted[i].silhouette, 1e-5);
        for (int c = 0; c < wanted[i].k; c++) {
            near(copies[c], silhouette[c], 1e-8);
        }
        drop(&f);
    }
}

static void one_cluster_has_no_indices(void **state)
{
    double distance[K_MAX], silhouette[K_MAX];
    fit f;
    tc_cluster_index index;
    (void)state;
    make(&f, 1, 0);
    index = index_of(&f, distance, silhouette);
    assert_true(index.calinski_harabasz == 0 && index.davies_bouldin == 0 &&
                index.simplified == 0 && index.smallest_share == 1);
    assert_true(distance[0] > 0 && silhouette[0] == 0);
    drop(&f);
}

static void rand_index_has_the_known_values(void **state)
{
    const int64_t small[] = {2, 1, 0, 0, 1, 2};
    const int64_t wide[] = {5, 1, 0, 2, 7, 3, 0, 4, 9, 1, 1, 1};
    const int64_t same[] = {0, 7, 3, 0};
    const int64_t one[] = {9};
    const int64_t large[] = {500000000, 0, 0, 1500000000};
    int64_t iris[3 * 3] = {0};
    fit f;
    (void)state;
    near(tc_cluster_rand(small, 2, 3), 0.24242424242424243, 1e-14);
    near(tc_cluster_rand(wide, 4, 3), 0.199107740352, 1e-11);
    near(tc_cluster_rand(same, 2, 2), 1, 0);
    near(tc_cluster_rand(one, 1, 1), 1, 0);
    near(tc_cluster_rand(large, 2, 2), 1, 0);
    make(&f, 3, 0);
    for (int i = 0; i < IRIS; i++) {
        iris[i / 50 * 3 + f.label[i]]++;
    }
    near(tc_cluster_rand(iris, 3, 3), 0.7302382722834697, 1e-13);
    drop(&f);
}

static void gap_is_mean_difference_with_its_error(void **state)
{
    const double within[] = {3, 2};
    const double reference[] = {4, 2.5, 5, 3.5, 6, 3};
    double gap[2], error[2];
    (void)state;
    tc_cluster_gap(within, reference, 2, 3, gap, error);
    near(gap[0], 2, 1e-15);
    near(gap[1], 1, 1e-15);
    near(error[0], sqrt(2.0 / 3) * sqrt(4.0 / 3), 1e-15);
    near(error[1], sqrt(0.5 / 3) * sqrt(4.0 / 3), 1e-15);
}

static void references_fill_the_box(void **state)
{
    enum { BLOCKS = (IRIS + LANES - 1) / LANES };
    static float x[BLOCKS * IRIS_D * LANES], again[BLOCKS * IRIS_D * LANES];
    fit f;
    tc_kmeans_rows rows;
    (void)state;
    make(&f, 2, 0);
    rows = (tc_kmeans_rows){IRIS, IRIS_D, x, NULL};
    tc_cluster_reference(&f.rows, 7, 0, x);
    tc_cluster_reference(&f.rows, 7, 0, again);
    assert_memory_equal(x, again, sizeof x);
    tc_cluster_reference(&f.rows, 7, 1, again);
    assert_memory_not_equal(x, again, sizeof x);
    for (int j = 0; j < IRIS_D; j++) {
        double low = HUGE_VAL, high = -HUGE_VAL, mean = 0;
        for (int64_t i = 0; i < IRIS; i++) {
            low = fmin(low, (double)tc_kmeans_value(&f.rows, i, j));
            high = fmax(high, (double)tc_kmeans_value(&f.rows, i, j));
        }
        for (int64_t i = 0; i < IRIS; i++) {
            const double v = (double)tc_kmeans_value(&rows, i, j);
            assert_true(v >= low && v <= high && v == nearbyint(v));
            mean += v / IRIS;
        }
        assert_true(fabs(mean - (low + high) / 2) < 0.1 * (high - low));
    }
    drop(&f);
}

static tc_cluster_candidate candidate(int k, double ch, double stability, double share)
{
    return (tc_cluster_candidate){
        .k = k,
        .index = {.calinski_harabasz = ch, .smallest_share = share, .n_filled = k},
        .stability = stability};
}

static void the_rule_takes_best_then_stable_then_few(void **state)
{
    const tc_cluster_criterion by = TC_CLUSTER_CALINSKI_HARABASZ;
    uint8_t eligible[4];
    tc_cluster_candidate c[] = {candidate(2, 50, 1, 0.4), candidate(3, 99.5, 0.8, 0.3),
                                candidate(4, 100, 0.8, 0.2), candidate(5, 120, 1, 0.001)};
    (void)state;
    assert_int_equal(tc_cluster_choose(c, 4, by, 0.01, eligible), 1); /* few */
    assert_int_equal(eligible[2], 1);
    assert_int_equal(eligible[3], 0);
    c[2].stability = 0.9;
    assert_int_equal(tc_cluster_choose(c, 4, by, 0.01, eligible), 2); /* stable */
    c[2].index.calinski_harabasz = 110;
    c[1].stability = 1;
    assert_int_equal(tc_cluster_choose(c, 4, by, 0.01, eligible), 2); /* best */
    assert_int_equal(tc_cluster_choose(c, 4, by, 0, eligible), 3);
    c[3].index.n_filled = 4;
    assert_int_equal(tc_cluster_choose(c, 4, by, 0, eligible), 2);   /* an empty cluster */
    assert_int_equal(tc_cluster_choose(c, 4, by, 0.9, eligible), 0); /* none is eligible */
}

static void the_rule_follows_the_criterion(void **state)
{
    uint8_t eligible[3];
    tc_cluster_candidate c[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        c[i] = candidate(2 + i, 1, 0, 0.2);
    }
    c[1].silhouette = 0.5;
    c[2].index.simplified = 0.5;
    c[0].index.davies_bouldin = 0.5;
    c[1].index.davies_bouldin = 0.4;
    c[2].index.davies_bouldin = 0.6;
    assert_int_equal(tc_cluster_choose(c, 3, TC_CLUSTER_SILHOUETTE, 0, eligible), 1);
    assert_int_equal(tc_cluster_choose(c, 3, TC_CLUSTER_SIMPLIFIED, 0, eligible), 2);
    assert_int_equal(tc_cluster_choose(c, 3, TC_CLUSTER_DAVIES_BOULDIN, 0, eligible), 1);
    c[0].gap = 1;
    c[1].gap = 2;
    c[1].gap_error = 0.1;
    c[2].gap = 2.05;
    c[2].gap_error = 0.1;
    assert_int_equal(tc_cluster_choose(c, 3, TC_CLUSTER_GAP, 0, eligible), 1);
    c[2].gap = 3;
    assert_int_equal(tc_cluster_choose(c, 3, TC_CLUSTER_GAP, 0, eligible), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iris_has_the_indices_of_scikit_learn),
        cmocka_unit_test(iris_has_the_known_distances_and_shares),
        cmocka_unit_test(pieces_of_rows_add_up),
        cmocka_unit_test(iris_has_the_silhouette_of_scikit_learn),
        cmocka_unit_test(one_cluster_has_no_indices),
        cmocka_unit_test(rand_index_has_the_known_values),
        cmocka_unit_test(gap_is_mean_difference_with_its_error),
        cmocka_unit_test(references_fill_the_box),
        cmocka_unit_test(the_rule_takes_best_then_stable_then_few),
        cmocka_unit_test(the_rule_follows_the_criterion),
    };
    return tc_test_code(cmocka_run_group_tests(tests, NULL, NULL));
}
