/* Cholesky factors of small matrices, with dependent columns left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "tiercel/linalg.h"

#include <math.h>

static void assert_near(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance)) {
        print_error("found %.17g, expected %.17g\n", found, expected);
        fail();
    }
}

static void test_cholesky(void **state)
{
    /* [4 2 2; 2 5 3; 2 3 6] = L L', L = [2; 1 2; 1 1 2] */
    double a[6] = {4, 2, 5, 2, 3, 6}, x[3] = {8, 10, 11}, inverse[6], scratch[3];
    uint8_t skip[3] = {0};
    (void)state;
    assert_int_equal(tc_cholesky(3, a, 1e-12, skip), 3);
    for (int i = 0; i < 6; i++) {
        assert_near(a[i], (const double[]){2, 1, 2, 1, 1, 2}[i], 1e-15);
    }
    tc_cholesky_solve(3, a, skip, x); /* of (1, 1, 1): row sums */
    for (int i = 0; i < 3; i++) {
        assert_near(x[i], 1.0, 1e-15);
    }
    tc_cholesky_inverse(3, a, skip, scratch, inverse);
    assert_near(inverse[5], 0.25, 1e-15); /* 1 / l33^2 */
    assert_near(4 * inverse[3] + 2 * inverse[4] + 2 * inverse[5], 0.0, 1e-15);
}

static void test_cholesky_skips(void **state)
{
    /* the second column is twice the first, the fourth is marked beforehand */
    double a[10] = {1, 2, 4, 0, 0, 1, 5, 5, 5, 5}, x[4] = {3, 7, 2, 9};
    uint8_t skip[4] = {0, 0, 0, 1};
    (void)state;
    assert_int_equal(tc_cholesky(4, a, 1e-12, skip), 2);
    assert_memory_equal(skip, ((const uint8_t[]){0, 1, 0, 1}), 4);
    tc_cholesky_solve(4, a, skip, x);
    for (int i = 0; i < 4; i++) {
        assert_near(x[i], (const double[]){3, 0, 2, 0}[i], 1e-15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cholesky),
        cmocka_unit_test(test_cholesky_skips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
