/* Streams in a bounded pool, the scratch file, merging of runs. */
#include "../../src/stage/ingest/ingest_bucket.h"
#include "../../src/stage/ingest/ingest_merge.h"
#include "ingest_rows.h"

#include "tiercel/shards.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/tiercel-test-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(folder); /* fails if anything is left in it */
}

static int files_in_folder(void)
{
    DIR *const dir = opendir(folder);
    int n = -2; /* . and .. */
    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        n++;
    }
    (void)closedir(dir);
    return n;
}

enum { STREAMS = 5, ITEMS = 60000 };

static void fill(tc_spill *spill, tc_spill_stream *stream)
{
    for (int k = 0; k < STREAMS; k++) {
        tc_spill_start(&stream[k]);
    }
    for (uint64_t i = 0; i < ITEMS; i++) {
        const uint64_t item[2] = {i, i * i};
        assert_int_equal(
            tc_spill_append(spill, &stream[i % STREAMS], item, sizeof item, NULL), TC_OK);
    }
    for (int k = 0; k < STREAMS; k++) {
        tc_spill_seal(spill, &stream[k]);
    }
}

/* Reads a stream and checks it; drop: frees it block by block. */
static void check_stream(tc_spill *spill, tc_spill_stream *stream, uint64_t k, int drop)
{
    uint64_t expected = k;
    for (int32_t b = stream->first; b >= 0;) {
        const int32_t next = tc_spill_next(spill, b);
        const unsigned char *data;
        int64_t n;
        assert_int_equal(tc_spill_pin(spill, b, &data, &n, NULL), TC_OK);
        for (int64_t at = 0; at < n; at += 16) {
            uint64_t item[2];
            memcpy(item, data + at, sizeof item);
            assert_true(item[0] == expected && item[1] == expected * expected);
            expected += STREAMS;
        }
        if (drop) {
            tc_spill_drop_first(spill, stream);
        } else {
            tc_spill_unpin(spill, b);
        }
        b = next;
    }
    assert_true(expected == ITEMS + k);
}

static void check_pool(int64_t bytes, int spills)
{
    const int64_t live = tc_mem_live_bytes();
    tc_spill *spill;
    tc_spill_stream stream[STREAMS];
    assert_int_equal(tc_spill_create(bytes, folder, &spill, NULL), TC_OK);
    for (int round = 0; round < 3; round++) {
        fill(spill, stream);
        assert_int_equal(tc_spill_written(spill) > 0, spills);
        for (uint64_t k = 0; k < STREAMS; k++) {
            check_stream(spill, &stream[k], k, 0); /* twice: blocks come back unchanged */
        }
        for (uint64_t k = 0; k < STREAMS; k++) {
            check_stream(spill, &stream[k], k, round < 2);
        }
        for (int k = 0; k < STREAMS; k++) {
            assert_int_equal(stream[k].blocks == 0, round < 2);
        }
    }
    assert_true(tc_mem_live_bytes() - live < bytes + (64 << 10));
    assert_int_equal(files_in_folder(), 0);
    tc_spill_drop(spill, &stream[0]);
    tc_spill_destroy(&spill);
    assert_null(spill);
    assert_true(tc_mem_live_bytes() == live);
}

static void test_pool(void **state)
{
    (void)state;
    check_pool(8 * TC_SPILL_BLOCK, 1);
    check_pool(13 * TC_SPILL_BLOCK, 1);
    check_pool(64 << 20, 0);
}

static void test_too_many_open(void **state)
{
    tc_spill *spill;
    tc_spill_stream stream[9];
    tc_error err = {0};
    (void)state;
    assert_int_equal(tc_spill_create(0, folder, &spill, NULL), TC_OK);
    for (int k = 0; k < 9; k++) {
        tc_spill_start(&stream[k]);
        assert_int_equal(tc_spill_append(spill, &stream[k], "x", 1, &err),
                         k < 8 ? TC_OK : TC_ENOMEM);
    }
    assert_non_null(strstr(err.message, "run.memory_per_rank"));
    tc_spill_destroy(&spill);
}

static void test_no_folder(void **state)
{
    tc_spill *spill;
    tc_spill_stream stream;
    tc_error err = {0};
    char item[1000] = {0};
    tc_status st = TC_OK;
    (void)state;
    assert_int_equal(tc_spill_create(0, "/nowhere/at/all", &spill, NULL), TC_OK);
    tc_spill_start(&stream);
    for (int i = 0; i < 1000 && st == TC_OK; i++) {
        st = tc_spill_append(spill, &stream, item, sizeof item, &err);
    }
    assert_int_equal(st, TC_EIO);
    assert_non_null(strstr(err.message, "/nowhere/at/all"));
    assert_non_null(strstr(err.message, "run.scratch"));
    tc_spill_destroy(&spill);
}

/* What came out of a merge. */
typedef struct {
    int64_t n;
    unsigned char last[TC_PACKED_MAX];
    uint64_t sum; /* of places */
} outcome;

static tc_status take(void *context, const tc_sort_entry *entry, tc_error *err)
{
    outcome *const o = context;
    (void)err;
    if (o->n > 0) {
        const tc_sort_entry last = tc_sort_entry_of(o->last);
        assert_true(tc_sort_compare(&rows_codes, &last, entry) < 0);
    }
    memcpy(o->last, entry->row, (size_t)tc_packed_size(entry->row));
    o->sum += tc_packed_head_of(entry->row).place;
    o->n++;
    return TC_OK;
}

static void check_merge(rows_shape shape, int n_runs, int64_t rows)
{
    tc_spill *spill;
    tc_buffer runs = {0};
    outcome o = {0};
    uint64_t sum = 0;
    unsigned char *memory = calloc((size_t)rows + 1, TC_PACKED_MAX);
    tc_sort_entry *entry = calloc(2 * (size_t)rows + 1, sizeof *entry);
    assert_true(memory != NULL && entry != NULL);
    assert_int_equal(
        tc_spill_create((TC_MERGE_WAYS + 4) * TC_SPILL_BLOCK, folder, &spill, NULL), TC_OK);
    for (int r = 0; r < n_runs; r++) {
        tc_spill_stream run;
        const int64_t n = r % 7 == 3 ? 0 : rows; /* empty runs too */
        tc_spill_start(&run);
        for (int64_t i = 0; i < n; i++) {
            unsigned char *const row = memory + i * TC_PACKED_MAX;
            (void)make_row(row, shape, r * rows + i);
            entry[i] = tc_sort_entry_of(row);
            sum += tc_packed_head_of(row).place;
        }
        tc_sort_entries(&rows_codes, entry, entry + rows, n);
        for (int64_t i = 0; i < n; i++) {
            assert_int_equal(tc_spill_append(spill, &run, entry[i].row,
                                             tc_packed_size(entry[i].row), NULL),
                             TC_OK);
        }
        tc_spill_seal(spill, &run);
        assert_int_equal(tc_buffer_append(&runs, &run, sizeof run, NULL), TC_OK);
    }
    assert_int_equal(tc_merge_runs(spill, &rows_codes, &runs, take, &o, NULL), TC_OK);
    assert_int_equal(o.n, (n_runs - (n_runs + 3) / 7) * rows);
    assert_true(o.sum == sum);
    tc_buffer_free(&runs);
    tc_spill_destroy(&spill);
    free(memory);
    free(entry);
}

static void test_merge(void **state)
{
    (void)state;
    for (int shape = 0; shape < N_ROWS_SHAPES; shape++) {
        check_merge((rows_shape)shape, 1, 50);
        check_merge((rows_shape)shape, 6, 3000);
        check_merge((rows_shape)shape, 150, 700); /* several passes */
    }
}

static void test_buckets(void **state)
{
    (void)state;
    assert_int_equal(tc_ingest_bucket_bits(0.0, 1, 100), 1);
    assert_true(tc_ingest_bucket_bits(6e9, 1, 100) <= 7);
    assert_int_equal(tc_ingest_bucket_bits(6e9, 1, 1 << 20), 11);
    for (int ranks = 1; ranks <= 70; ranks += 23) {
        for (int bits = 1; bits <= 20; bits += 3) {
            for (int rank = 0; rank < ranks; rank++) {
                tc_ingest_buckets b;
                uint64_t low, high;
                assert_int_equal(
                    tc_ingest_buckets_create(&b, NULL, bits, rank, ranks, NULL), TC_OK);
                low = (uint64_t)tc_shards_begin(TC_INGEST_SHARDS, rank, ranks) << 48;
                high =
                    ((uint64_t)tc_shards_begin(TC_INGEST_SHARDS, rank + 1, ranks) << 48) -
                    1;
                assert_int_equal(tc_ingest_owner(low, ranks), rank);
                assert_int_equal(tc_ingest_owner(high, ranks), rank);
                assert_ptr_equal(tc_ingest_bucket_of(&b, low), b.stream);
                assert_ptr_equal(tc_ingest_bucket_of(&b, high), b.stream + b.n - 1);
                tc_ingest_buckets_free(&b);
            }
        }
    }
}

/* A stream that is still appended to, some of it in the scratch file: nothing moves. */
static void test_look(void **state)
{
    unsigned char *const room = tc_mem_alloc(TC_SPILL_BLOCK, 1, NULL);
    tc_spill_stream stream;
    tc_spill *spill = NULL;
    (void)state;
    assert_int_equal(tc_spill_create(10 * TC_SPILL_BLOCK, folder, &spill, NULL), TC_OK);
    tc_spill_start(&stream);
    for (uint64_t i = 0; i < ITEMS; i++) {
        assert_int_equal(tc_spill_append(spill, &stream, &i, sizeof i, NULL), TC_OK);
    }
    const int64_t written = tc_spill_written(spill);
    assert_true(written > 0);
    for (int pass = 0; pass < 3; pass++) {
        const uint64_t more = (uint64_t)ITEMS + (uint64_t)pass;
        uint64_t next = 0;
        for (int32_t b = stream.first; b >= 0; b = tc_spill_next(spill, b)) {
            const unsigned char *data;
            int64_t n;
            assert_int_equal(tc_spill_look(spill, &stream, b, room, &data, &n, NULL),
                             TC_OK);
            for (int64_t at = 0; at < n; at += (int64_t)sizeof next) {
                assert_memory_equal(data + at, &next, sizeof next);
                next++;
            }
        }
        assert_int_equal(next, more);
        assert_int_equal(tc_spill_written(spill), written);
        if (pass == 1) {
            tc_spill_seal(spill, &stream);
        }
        assert_int_equal(tc_spill_append(spill, &stream, &more, sizeof more, NULL), TC_OK);
    }
    tc_spill_destroy(&spill);
    tc_mem_free(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool),      cmocka_unit_test(test_too_many_open),
        cmocka_unit_test(test_no_folder), cmocka_unit_test(test_merge),
        cmocka_unit_test(test_buckets),   cmocka_unit_test(test_look),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
