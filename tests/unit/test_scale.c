/* One feature's way into model space: closed forms, and the published moments of Online Retail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "skip.h"

#include "kmeans_points.h"
#include "tiercel/rng.h"
#include "tiercel/scale.h"

#define NOT_A_NUMBER ((double)NAN)

static const tc_scale open_scale = {.low = -HUGE_VAL, .high = HUGE_VAL, .scale = 1};

static void transform_is_odd_and_has_an_inverse(void **state)
{
    const double v[] = {-1e9, -2.5, -1e-9, 0, 1e-9, 0.5, 1, 12345.6789, 1e15};
    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        const double t = tc_scale_transform(1, v[i]);
        assert_true(tc_scale_transform(1, -v[i]) == -t);
        assert_true(fabs(tc_scale_transform_back(1, t) - v[i]) <= 1e-13 * fabs(v[i]));
        assert_true(tc_scale_transform(0, v[i]) == v[i]);
        assert_true(tc_scale_transform_back(0, v[i]) == v[i]);
    }
    assert_true(fabs(tc_scale_transform(1, 1) - 0.69314718055994531) < 1e-15);
}

static void a_column_is_imputed_cut_and_counted(void **state)
{
    const double raw[] = {-5, 0, NOT_A_NUMBER, 2, 9, NOT_A_NUMBER};
    const double wanted[] = {-1, 0, 3, 2, 3, 3};
    const tc_scale scale = {.impute = 4, .low = -1, .high = 3, .mean = 1, .scale = 2};
    tc_scale_counts counts = {0};
    double out[6];
    (void)state;
    tc_scale_cut_column(&scale, 6, raw, out, &counts);
    for (int i = 0; i < 6; i++) {
        assert_true(out[i] == wanted[i]);
        assert_true(tc_scale_cut(&scale, raw[i]) == wanted[i]);
        assert_true(tc_scale_apply(&scale, raw[i]) == (wanted[i] - 1) / 2);
    }
    assert_int_equal(counts.rows, 6);
    assert_int_equal(counts.missing, 2);
    assert_int_equal(counts.clipped, 4);
    tc_scale_apply_column(&scale, 6, raw, out);
    assert_true(out[0] == -1 && out[1] == -0.5 && out[2] == 1 && out[4] == 1);
    assert_true(tc_scale_invert(&scale, 0.5) == 2);
}

static void moments_have_their_closed_form(void **state)
{
    const double v[] = {1, 2, 3, 4, 10};
    tc_scale scale = open_scale;
    (void)state;
    for (int o = -1; o < 12; o += 4) {
        tc_scale_finish(&scale, 5, o, tc_scale_partial(5, v, o));
        assert_true(fabs(scale.mean - 4) < 1e-14);
        assert_true(fabs(scale.scale - sqrt(10)) < 1e-14);
    }
}

static void parts_add_up(void **state)
{
    enum { N = 1003 };
    static double v[N];
    tc_rng rng = tc_rng_stream(5, 6, 7);
    tc_scale_moments whole, sum = {0};
    (void)state;
    for (int i = 0; i < N; i++) {
        v[i] = 1e6 + tc_rng_uniform(&rng);
    }
    whole = tc_scale_partial(N, v, 1e6);
    for (int i = 0; i < N; i += 100) {
        const int n = N - i < 100 ? N - i : 100;
        const tc_scale_moments part = tc_scale_partial(n, v + i, 1e6);
        sum.sum += part.sum;
        sum.squares += part.squares;
    }
    assert_true(fabs(sum.sum - whole.sum) < 1e-12 * whole.sum);
    assert_true(fabs(sum.squares - whole.squares) < 1e-12 * whole.squares);
    assert_true(tc_scale_partial(0, v, 0).squares == 0);
}

static void a_constant_feature_has_no_scale(void **state)
{
    double v[1000];
    tc_scale scale = open_scale;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        v[i] = 0.1;
    }
    tc_scale_finish(&scale, 1000, 0.1, tc_scale_partial(1000, v, 0.1));
    assert_true(scale.mean == 0.1 && scale.scale == 0);
    assert_true(tc_scale_apply(&scale, 0.1) == 0 && tc_scale_apply(&scale, 7) == 0);
    assert_true(fabs(tc_scale_invert(&scale, 0) - 0.1) < 1e-15);
}

static void online_retail_has_its_published_moments(void **state)
{
    const double mean[] = {3.8569424, 1.3454782, 6.5921075};
    const double sd[] = {1.3068625, 0.6830597, 1.2612652};
    points p = {0};
    (void)state;
    if (!points_shared("xz -dc", "online-retail/customers_expected.csv.xz", 1, 3, &p)) {
        TC_TEST_SKIP();
    }
    assert_int_equal(p.n, 4339);
    for (int j = 0; j < 3; j++) {
        tc_scale scale = open_scale;
        tc_scale_counts counts = {0};
        scale.is_log = 1;
        tc_scale_cut_column(&scale, p.n, p.value[j], p.value[j], &counts);
        tc_scale_finish(&scale, p.n, 4, tc_scale_partial(p.n, p.value[j], 4));
        assert_true(fabs(scale.mean - mean[j]) < 6e-8);
        assert_true(fabs(scale.scale - sd[j]) < 6e-8);
    }
    points_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transform_is_odd_and_has_an_inverse),
        cmocka_unit_test(a_column_is_imputed_cut_and_counted),
        cmocka_unit_test(moments_have_their_closed_form),
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(a_constant_feature_has_no_scale),
        cmocka_unit_test(online_retail_has_its_published_moments),
    };
    return tc_test_code(cmocka_run_group_tests(tests, NULL, NULL));
}
