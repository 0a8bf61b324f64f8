/* What k-means|| asks of the rows: distances and numbers of candidates, the potential, the draw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kmeans_fixture.h"

#include "tiercel/kmeans_parallel.h"

#include <math.h>

enum { CANDIDATES = 300, ROWS = 500, D = 3 };

/* However candidates are handed over, the nearest of all is found, ties to the lowest number. */
static void candidates_may_come_in_parts(void **state)
{
    static const int cuts[][3] = {
        {0, CANDIDATES, CANDIDATES}, {0, 1, CANDIDATES}, {0, 130, 131}};
    static int32_t candidate[CANDIDATES * D];
    fixture *f = make(ROWS, D, 2, 40);
    (void)state;
    for (int i = 0; i < CANDIDATES * D; i++) {
        candidate[i] = (i * 7919) % 79 - 39;
    }
    for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++) {
        float distance[ROWS];
        uint16_t nearest[ROWS];
        const int at[] = {cuts[c][0], cuts[c][1], cuts[c][2], CANDIDATES};
        for (int i = 0; i < ROWS; i++) {
            distance[i] = HUGE_VALF;
            nearest[i] = 0;
        }
        for (int p = 0; p < 3; p++) {
            tc_kmeans_approach(&f->rows, &candidate[at[p] * D], at[p + 1] - at[p], at[p],
                               distance, nearest);
        }
        for (int i = 0; i < ROWS; i++) {
            int best = 0;
            int64_t least = INT64_MAX;
            for (int a = 0; a < CANDIDATES; a++) {
                int64_t square = 0;
                for (int j = 0; j < D; j++) {
                    const int64_t v =
                        (int64_t)tc_kmeans_value(&f->rows, i, j) - candidate[a * D + j];
                    square += v * v;
                }
                if (square < least) {
                    least = square;
                    best = a;
                }
            }
            assert_int_equal((int64_t)distance[i], least);
            assert_int_equal(nearest[i], best);
        }
    }
    drop(f);
}

static void the_potential_is_exact_and_adds_up(void **state)
{
    static float distance[ROWS];
    static uint32_t weight[ROWS];
    int64_t whole[TC_KMEANS_POTENTIAL_WORDS] = {0};
    int64_t parts[TC_KMEANS_POTENTIAL_WORDS] = {0};
    fixture *f = make(ROWS, D, 2, 40);
    tc_kmeans_rows half;
    double sum = 0;
    (void)state;
    f->rows.weight = weight;
    for (int i = 0; i < ROWS; i++) {
        weight[i] = (uint32_t)(i % 7) * 100000000;
        distance[i] = ldexpf((float)(i % 100), 20);
        sum += (double)weight[i] *
               (double)distance[i]; /* exact: below 2^53 times a power of two */
    }
    tc_kmeans_potential(&f->rows, distance, whole);
    assert_true(tc_kmeans_potential_value(whole) == sum);
    half = tc_kmeans_part(&f->rows, 256, ROWS - 256);
    tc_kmeans_potential(&half, &distance[256], parts);
    half = tc_kmeans_part(&f->rows, 0, 256);
    tc_kmeans_potential(&half, distance, parts);
    assert_true(tc_kmeans_potential_value(parts) == sum);
    f->rows.weight = NULL;
    drop(f);
}

/* About as many are drawn as wanted, and nothing that is on a candidate or weighs nothing. */
static void rows_are_drawn_by_their_part(void **state)
{
    tc_rng rng = tc_rng_stream(1, 2, 3);
    int drawn = 0;
    (void)state;
    for (int i = 0; i < 100000; i++) {
        drawn += tc_kmeans_is_drawn(tc_rng_uniform(&rng), 1000, 2, 5, 1000000);
    }
    assert_in_range(drawn, 900, 1100);
    assert_int_equal(tc_kmeans_is_drawn(1e-300, 1000, 0, 5, 1000000), 0);
    assert_int_equal(tc_kmeans_is_drawn(1e-300, 1000, 2, 0, 1000000), 0);
    assert_int_equal(tc_kmeans_is_drawn(0.999, 1000, 2, 5, 10), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(candidates_may_come_in_parts),
        cmocka_unit_test(the_potential_is_exact_and_adds_up),
        cmocka_unit_test(rows_are_drawn_by_their_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
