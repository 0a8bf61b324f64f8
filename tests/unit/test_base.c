/* Status, memory, buffer, hash, shards, fault sites. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tiercel/buffer.h"
#include "tiercel/fault.h"
#include "tiercel/hash.h"
#include "tiercel/shards.h"

static void every_status_has_code_text_and_name(void **state)
{
    (void)state;
    static const int code[] = {0, 75, 2, 64, 78, 66, 65, 65, 74, 71, 70};
    for (int s = TC_OK; s <= TC_EINTERNAL; s++) {
        assert_int_equal(tc_status_exit_code((tc_status)s), code[s]);
        assert_true(strlen(tc_status_text((tc_status)s)) > 5);
        assert_memory_equal(tc_status_name((tc_status)s), "TC_", 3);
    }
    assert_string_equal(tc_status_name(TC_EDATA), "TC_EDATA");
}

static void the_first_failure_is_kept(void **state)
{
    (void)state;
    tc_error err = {0};
    char longer[2 * TC_ERROR_TEXT];
    assert_int_equal(tc_fail(NULL, TC_EIO, "nobody listens"), TC_EIO);
    assert_int_equal(tc_fail(&err, TC_EDATA, "line %d", 7), TC_EDATA);
    assert_int_equal(tc_fail(&err, TC_EIO, "later"), TC_EIO);
    assert_int_equal(err.code, TC_EDATA);
    assert_int_equal(err.rank, -1);
    assert_string_equal(err.message, "line 7");
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    err = (tc_error){0};
    (void)tc_fail(&err, TC_EIO, "%s", longer);
    assert_int_equal(strlen(err.message), TC_ERROR_TEXT - 1);
}

static jmp_buf after_abort;
static int abort_code;

static void catch_abort(int code)
{
    abort_code = code;
    longjmp(after_abort, 1);
}

static void a_broken_contract_calls_the_hook(void **state)
{
    (void)state;
    tc_assert_set_abort(catch_abort);
    if (setjmp(after_abort) == 0) {
        TC_ASSERT(1 + 1 == 2);
        TC_ASSERT(1 + 1 == 3);
        fail();
    }
    tc_assert_set_abort(NULL);
    assert_int_equal(abort_code, 70);
}

static void memory_is_zeroed_aligned_and_counted(void **state)
{
    (void)state;
    const int64_t blocks = tc_mem_live_blocks(), bytes = tc_mem_live_bytes();
    for (int64_t n = 0; n < 40; n++) {
        unsigned char *p = tc_mem_alloc(n, 3, NULL);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (int64_t i = 0; i < 3 * n; i++) {
            assert_int_equal(p[i], 0);
        }
        assert_int_equal(tc_mem_live_blocks(), blocks + 1);
        assert_true(tc_mem_live_bytes() >= bytes + 3 * n);
        tc_mem_free(p);
    }
    tc_mem_free(NULL);
    assert_int_equal(tc_mem_live_blocks(), blocks);
    assert_int_equal(tc_mem_live_bytes(), bytes);
}

static void memory_refuses_impossible_sizes(void **state)
{
    (void)state;
    static const struct {
        int64_t count;
        size_t size;
    } bad[] = {{-1, 1},
               {INT64_MIN, 8},
               {INT64_MAX, 1}, /* with its header over 2^63 - 1 */
               {INT64_MAX, 2},
               {INT64_MAX / 8 + 1, 8},
               {(int64_t)1 << 62, 8},
               {2, SIZE_MAX},
               {2, SIZE_MAX / 2 + 1}};
    const int64_t blocks = tc_mem_live_blocks();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tc_error err = {0};
        char *old = tc_mem_text("kept", NULL);
        assert_null(tc_mem_alloc(bad[i].count, bad[i].size, &err));
        assert_int_equal(err.code, TC_ENOMEM);
        assert_null(tc_mem_resize(old, bad[i].count, bad[i].size, NULL));
        assert_string_equal(old, "kept");
        tc_mem_free(old);
    }
    assert_int_equal(tc_mem_live_blocks(), blocks);
}

static void memory_fails_at_the_wanted_request(void **state)
{
    (void)state;
    for (int64_t nth = 1; nth <= 3; nth++) {
        tc_error err = {0};
        tc_mem_fail_at(nth);
        for (int64_t i = 1; i <= 5; i++) {
            void *p = tc_mem_alloc(1, 1, &err);
            assert_int_equal(p == NULL, i == nth);
            tc_mem_free(p);
        }
        assert_int_equal(err.code, TC_ENOMEM);
    }
    tc_mem_fail_at(1);
    tc_mem_fail_at(0);
    assert_int_equal(tc_mem_live_blocks(), 0);
}

static void memory_resizes_and_knows_its_peak(void **state)
{
    (void)state;
    int64_t *p = tc_mem_resize(NULL, 10, sizeof *p, NULL), *moved, bytes;
    assert_non_null(p);
    for (int i = 0; i < 10; i++) {
        p[i] = i * i;
    }
    tc_mem_peak_reset();
    bytes = tc_mem_live_bytes();
    assert_int_equal(tc_mem_peak_bytes(), bytes);
    moved = tc_mem_resize(p, 1000, sizeof *p, NULL);
    assert_non_null(moved);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(moved[i], i * i);
    }
    assert_int_equal(tc_mem_live_bytes(), bytes + 990 * 8);
    tc_mem_fail_at(1);
    assert_null(tc_mem_resize(moved, 2000, sizeof *p, NULL));
    assert_int_equal(moved[9], 81);
    p = tc_mem_resize(moved, 5, sizeof *p, NULL);
    assert_non_null(p);
    assert_int_equal(tc_mem_live_bytes(), bytes - 5 * 8);
    assert_int_equal(tc_mem_peak_bytes(), bytes + 990 * 8);
    tc_mem_free(p);
    assert_int_equal(tc_mem_live_bytes(), 0);
}

static void buffer_grows_and_keeps_its_content(void **state)
{
    (void)state;
    tc_buffer b = {0};
    tc_error err = {0};
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(tc_buffer_append(&b, &i, sizeof i, &err), TC_OK);
    }
    assert_int_equal(tc_buffer_append(&b, NULL, 0, &err), TC_OK);
    assert_int_equal(b.size, 4000);
    for (int i = 0; i < 1000; i++) {
        assert_memory_equal(b.data + 4 * i, &i, 4);
    }
    assert_int_equal(tc_buffer_reserve(&b, INT64_MAX, &err), TC_ENOMEM);
    assert_int_equal(tc_buffer_append(&b, &b, INT64_MAX - 4000, NULL), TC_ENOMEM);
    tc_mem_fail_at(1);
    assert_int_equal(tc_buffer_reserve(&b, 100000, NULL), TC_ENOMEM);
    assert_int_equal(b.size, 4000);
    assert_int_equal(b.data[4], 1);
    tc_buffer_free(&b);
    assert_true(b.data == NULL && b.size == 0 && b.capacity == 0);
    assert_int_equal(tc_mem_live_blocks(), 0);
}

static void buffer_prints_without_the_final_zero(void **state)
{
    (void)state;
    tc_buffer b = {0};
    assert_int_equal(tc_buffer_print(&b, NULL, "%d,%s;", 12, "ab"), TC_OK);
    assert_int_equal(tc_buffer_print(&b, NULL, "%300d", 7), TC_OK);
    assert_int_equal(b.size, 306);
    assert_memory_equal(b.data, "12,ab; ", 7);
    assert_int_equal(b.data[305], '7');
    tc_buffer_free(&b);
    assert_int_equal(tc_mem_live_blocks(), 0);
}

/* XXH3 of the empty string and the first numbers of splitmix64 from seed 0, as published.
 */
static void hashes_are_the_published_ones(void **state)
{
    (void)state;
    const tc_hash128 empty = tc_hash128_of("", 0), a = tc_hash128_of("17850", 5),
                     b = tc_hash128_of("17851", 5);
    assert_true(empty.hi == 0x99aa06d3014798d8u && empty.lo == 0x6001c324468d497fu);
    assert_true(tc_hash64_of("", 0, 0) == 0x2d06800538d394c2u);
    assert_true(tc_hash_mix(0, 0) == 0xe220a8397b1dcdafu);
    assert_true(tc_hash_mix(0, 1) == 0x6e789e6aa1b965f4u);
    assert_true(tc_hash_mix(0, 2) == 0x06c45d188009454fu);
    assert_true(a.hi != b.hi && a.lo != b.lo);
    assert_true(tc_hash64_of("17850", 5, 1) != tc_hash64_of("17850", 5, 2));
}

static void shard_counts(void **state)
{
    (void)state;
    static const struct {
        int64_t customers, shards;
    } golden[] = {{0, 64},
                  {1, 64},
                  {64 * 16384, 64},
                  {64 * 16384 + 1, 128},
                  {128 * 16384, 128},
                  {128 * 16384 + 1, 256},
                  {1000000000, 65536},
                  {INT64_C(65536) * 16384, 65536},
                  {INT64_C(1) << 50, 65536},
                  {INT64_MAX, 65536}};
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        assert_int_equal(tc_shards_count(golden[i].customers), golden[i].shards);
    }
    assert_int_equal(tc_shards_of(0, 64), 0);
    assert_int_equal(tc_shards_of(UINT64_MAX, 64), 63);
    assert_int_equal(tc_shards_of(UINT64_MAX, 65536), 65535);
    assert_int_equal(tc_shards_of((uint64_t)1 << 58, 64), 1);
    assert_int_equal(tc_shards_of(((uint64_t)1 << 58) - 1, 64), 0);
}

static void every_shard_has_one_owner(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 3, 7, 63, 64, 65, 100, 1000, 65537, INT_MAX};
    for (int64_t n = 64; n <= 65536; n *= 32) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            const int size = sizes[k], step = size > 70000 ? size / 7 : 1;
            assert_int_equal(tc_shards_begin(n, 0, size), 0);
            assert_int_equal(tc_shards_begin(n, size, size), n);
            for (int rank = 0; rank < size - step; rank += step) {
                const int64_t first = tc_shards_begin(n, rank, size);
                const int64_t end = tc_shards_begin(n, rank + 1, size);
                assert_true(first <= end && end - first <= n / size + 1);
            }
        }
    }
}

static void shards_of_all_ranks_cover_all_rows(void **state)
{
    (void)state;
    int64_t first[65];
    for (int s = 0; s <= 64; s++) {
        first[s] = s % 5 == 0 && s > 0 ? first[s - 1] : 3 * s; /* some are empty */
    }
    for (int size = 1; size <= 130; size += 3) {
        int64_t rows = 0, shards = 0;
        for (int rank = 0; rank < size; rank++) {
            tc_shards view;
            assert_int_equal(tc_shards_create(64, first, rank, size, &view, NULL), TC_OK);
            assert_int_equal(view.row0, rows);
            assert_int_equal(view.shard0, shards);
            assert_int_equal(view.n_global, first[64]);
            assert_memory_equal(view.first_row, first, sizeof first);
            rows += view.n_local;
            shards = view.shard1;
            tc_shards_free(&view);
        }
        assert_int_equal(rows, first[64]);
        assert_int_equal(shards, 64);
    }
    assert_int_equal(tc_mem_live_blocks(), 0);
}

static void damaged_shard_tables_are_refused(void **state)
{
    (void)state;
    int64_t first[65] = {0};
    tc_shards view;
    tc_error err = {0};
    first[0] = 1;
    assert_int_equal(tc_shards_create(64, first, 0, 1, &view, &err), TC_EDATA);
    first[0] = 0;
    first[40] = 5; /* and first[41] = 0 */
    assert_int_equal(tc_shards_create(64, first, 0, 1, &view, &err), TC_EDATA);
    first[40] = 0;
    tc_mem_fail_at(1);
    assert_int_equal(tc_shards_create(64, first, 0, 1, &view, &err), TC_ENOMEM);
    assert_null(view.first_row);
    tc_shards_free(&view);
    assert_int_equal(tc_mem_live_blocks(), 0);
}

static void fault_sites(void **state)
{
    (void)state;
    tc_error err = {0};
#if defined(TC_WITH_FAULTS)
    static const char *const bad[] = {"", "a", "a:0", "a:0:0", "a:x:1", "a:0:1:maybe"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(tc_fault_arm(bad[i], 0, NULL), TC_EUSAGE);
        assert_int_equal(TC_FAULT("a", NULL), TC_OK);
    }
    assert_int_equal(tc_fault_arm("unit.site:3:2", 3, &err), TC_OK);
    assert_int_equal(TC_FAULT("unit.other", &err), TC_OK);
    assert_int_equal(TC_FAULT("unit.site", &err), TC_OK);
    assert_int_equal(TC_FAULT("unit.site", &err), TC_EIO);
    assert_non_null(strstr(err.message, "unit.site"));
    assert_int_equal(TC_FAULT("unit.site", &err), TC_OK);
    assert_int_equal(tc_fault_arm("unit.site:3:1:memory", 3, &err), TC_OK);
    assert_int_equal(TC_FAULT("unit.site", &err), TC_ENOMEM);
    assert_int_equal(tc_fault_arm("unit.site:3:1", 2, &err), TC_OK); /* another rank */
    assert_int_equal(TC_FAULT("unit.site", &err), TC_OK);
#else
    assert_int_equal(tc_fault_arm("unit.site:0:1", 0, &err), TC_EUSAGE);
    assert_int_equal(TC_FAULT("unit.site", &err), TC_OK);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_code_text_and_name),
        cmocka_unit_test(the_first_failure_is_kept),
        cmocka_unit_test(a_broken_contract_calls_the_hook),
        cmocka_unit_test(memory_is_zeroed_aligned_and_counted),
        cmocka_unit_test(memory_refuses_impossible_sizes),
        cmocka_unit_test(memory_fails_at_the_wanted_request),
        cmocka_unit_test(memory_resizes_and_knows_its_peak),
        cmocka_unit_test(buffer_grows_and_keeps_its_content),
        cmocka_unit_test(buffer_prints_without_the_final_zero),
        cmocka_unit_test(hashes_are_the_published_ones),
        cmocka_unit_test(shard_counts),
        cmocka_unit_test(every_shard_has_one_owner),
        cmocka_unit_test(shards_of_all_ranks_cover_all_rows),
        cmocka_unit_test(damaged_shard_tables_are_refused),
        cmocka_unit_test(fault_sites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
