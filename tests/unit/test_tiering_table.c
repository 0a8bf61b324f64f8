/* Scores of any value by the published table of an axis. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tiering_ranks.h"

#include "tiercel/hash.h"
#include "tiercel/tiering.h"

/* Of random customers, with ties and missing values: everybody gets his own score back; a
 * value between two scores the worse one; values beyond the ends those of the ends. */
static void score_by_table_is_the_score(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        double v[N_MAX], key[N_MAX], cut[TC_SCORE_LEVELS][2];
        int64_t below[N_MAX], equal[N_MAX], size[TC_SCORE_LEVELS] = {0};
        uint8_t score[N_MAX];
        const int n = 1 + (int)(tc_hash_mix((uint64_t)round, 1) % 60);
        const int low = round % 2, span = 1 + (int)(tc_hash_mix((uint64_t)round, 2) % 40);
        for (int i = 0; i < n; i++) {
            const uint64_t r = tc_hash_mix((uint64_t)i, (uint64_t)round + 3);
            v[i] =
                r % 11 == 0 && low ? (double)NAN : (double)(r / 11 % (uint64_t)span) * 2.0;
            key[i] = low ? -v[i] : v[i];
        }
        ranks_of(key, n, below, equal);
        tc_tiering_score5(below, equal, n, n, score);
        for (int e = 0; e < TC_SCORE_LEVELS; e++) {
            cut[e][0] = cut[e][1] = (double)NAN;
            for (int i = 0; i < n; i++) {
                size[e] += score[i] == e + 1;
                if (score[i] == e + 1 && !isnan(v[i])) {
                    cut[e][0] = isnan(cut[e][0]) || v[i] < cut[e][0] ? v[i] : cut[e][0];
                    cut[e][1] = isnan(cut[e][1]) || v[i] > cut[e][1] ? v[i] : cut[e][1];
                }
            }
        }
        for (int i = 0; i < n; i++) {
            if (isnan(v[i])) {
                continue;
            }
            assert_int_equal(tc_tiering_score_by_table(cut, size, low, v[i]), score[i]);
            const int beside =
                tc_tiering_score_by_table(cut, size, low, v[i] + (low ? 1.0 : -1.0));
            assert_true(beside <= score[i]);
        }
        const int best = tc_tiering_score_by_table(cut, size, low, low ? -1e9 : 1e9);
        const int worst = tc_tiering_score_by_table(cut, size, low, low ? 1e9 : -1e9);
        for (int i = 0; i < n; i++) {
            assert_true(score[i] <= best || isnan(v[i]));
            assert_true(isnan(v[i]) || score[i] >= worst);
            assert_true(score[i] >= tc_tiering_score_by_table(cut, size, low, (double)NAN));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(score_by_table_is_the_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
