/* Order of records, duplicates, sets of customers. */
#include "../../src/stage/ingest/ingest_ids.h"
#include "../../src/stage/ingest/ingest_rejects.h"
#include "../../src/stage/ingest/ingest_sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t seed = 1;

static uint64_t next_random(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 24;
}

static int by_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* The documented order, written down anew. */
static int by_key(const void *x, const void *y)
{
    const tc_ingest_record *a = x, *b = y;
    const int order[] = {by_u64(a->hi, b->hi),           by_u64(a->lo, b->lo),
                         by_i64(a->time, b->time),       by_u64(a->order, b->order),
                         by_i64(a->amount, b->amount),   by_u64(a->category, b->category),
                         by_u64(a->channel, b->channel), by_u64(a->kind, b->kind),
                         by_u64(a->row, b->row),         by_u64(a->place, b->place)};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (order[i] != 0) {
            return order[i];
        }
    }
    return 0;
}

/* mode 0: all words random; 1: few customers; 2: one customer, few values; 3: equal but for
 * the place */
static void fill(tc_ingest_record *record, int64_t n, int mode)
{
    memset(record, 0, (size_t)n * sizeof *record);
    for (int64_t i = 0; i < n; i++) {
        tc_ingest_record *r = &record[i];
        r->place = (next_random() << 24) ^ (uint64_t)i;
        if (mode == 3) {
            continue;
        }
        r->hi = mode == 0   ? next_random() << 24 ^ next_random()
                : mode == 1 ? next_random() % 40
                            : 9;
        r->lo = r->hi % 3;
        r->time = (int64_t)(next_random() % 100) - 50;
        r->order = next_random() % 3 << 60;
        r->amount = (int64_t)(next_random() % 5) - 2;
        r->category = (uint32_t)(next_random() % 2) << 31;
        r->channel = (uint16_t)(next_random() % 2);
        r->kind = (uint8_t)(next_random() % 2);
        r->row = next_random() % 2;
    }
}

static void test_sort(void **state)
{
    static const int64_t sizes[] = {0, 1, 2, 15, 16, 17, 100, 2048, 2049, 30000};
    (void)state;
    for (int mode = 0; mode < 4; mode++) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            const int64_t n = sizes[k];
            tc_ingest_record *a = calloc((size_t)n + 1, sizeof *a);
            tc_ingest_record *b = calloc((size_t)n + 1, sizeof *b);
            assert_non_null(a);
            assert_non_null(b);
            fill(a, n, mode);
            memcpy(b, a, (size_t)n * sizeof *a);
            qsort(b, (size_t)n, sizeof *b, by_key);
            assert_int_equal(tc_ingest_sort(a, n, NULL), TC_OK);
            assert_memory_equal(a, b, (size_t)n * sizeof *a);
            free(a);
            free(b);
        }
    }
}

static void test_part_unused(void **state)
{
    tc_ingest_record record[9] = {{0}};
    (void)state;
    for (int i = 0; i < 9; i++) {
        record[i].kind = i % 3 == 0 ? TC_KIND_UNUSED : TC_KIND_RETURN;
    }
    assert_int_equal(tc_ingest_part_unused(record, 9), 6);
    for (int i = 0; i < 9; i++) {
        assert_int_equal(record[i].kind == TC_KIND_UNUSED, i >= 6);
    }
    assert_int_equal(tc_ingest_part_unused(record, 0), 0);
}

/* Rows of one customer: a letter is the row, a digit the file it stands in; the line is the
 * index. */
static int64_t make_rows(const char *text, tc_ingest_record *record)
{
    int64_t n = 0;
    for (const char *p = text; *p != 0; p += 2) {
        record[n] = (tc_ingest_record){
            .hi = 5,
            .row = (uint64_t)p[0],
            .amount = p[0] - 'a' + 1,
            .place = (uint64_t)(p[1] - '0') << TC_PLACE_LINE_BITS | (uint64_t)n};
        n++;
    }
    return n;
}

static void check_policy(const char *text, tc_duplicates_policy policy, const char *left,
                         const char *dropped)
{
    tc_ingest_record record[32];
    tc_ingest_duplicates found = {0};
    tc_buffer rejects = {0};
    char out[80] = "";
    int64_t n = make_rows(text, record), at = 0;
    assert_int_equal(tc_ingest_sort(record, n, NULL), TC_OK);
    assert_int_equal(tc_ingest_dedupe(record, &n, policy, &found, &rejects, NULL), TC_OK);
    for (int64_t i = 0; i < n; i++) {
        at += sprintf(out + at, "%c%d", (char)record[i].row,
                      (int)(record[i].place >> TC_PLACE_LINE_BITS));
    }
    assert_string_equal(out, left);
    at = 0;
    out[0] = 0;
    for (int64_t i = 0; i < found.dropped; i++) {
        const tc_pair *pair = (const tc_pair *)(const void *)rejects.data + i;
        assert_true(pair->value == tc_reject_value(TC_ROW_DUPLICATE, -1));
        at += sprintf(out + at, "%d", (int)(pair->key & 255));
    }
    assert_string_equal(out, dropped);
    assert_int_equal(rejects.size, found.dropped * (int64_t)sizeof(tc_pair));
    tc_buffer_free(&rejects);
}

static void test_policies(void **state)
{
    (void)state;
    check_policy("a0b0a0a1", TC_DUPLICATES_KEEP, "a0a0a1b0", "");
    check_policy("a0b0a0a1", TC_DUPLICATES_DROP, "a0b0", "23");
    /* a genuine repeat in one file stays; a re-exported file does not count again */
    check_policy("a0b0a0a1", TC_DUPLICATES_DROP_BETWEEN_FILES, "a0a0b0", "3");
    check_policy("a0a1a1b1a2", TC_DUPLICATES_DROP_BETWEEN_FILES, "a1a1b1", "04");
    check_policy("a0a1", TC_DUPLICATES_DROP_BETWEEN_FILES, "a0", "1");
    check_policy("a0a0", TC_DUPLICATES_DROP_BETWEEN_FILES, "a0a0", "");
    check_policy("a0b0c0", TC_DUPLICATES_DROP, "a0b0c0", "");
    check_policy("", TC_DUPLICATES_DROP, "", "");
}

static void test_counts(void **state)
{
    tc_ingest_record record[32];
    tc_ingest_duplicates found = {0};
    tc_buffer rejects = {0};
    int64_t n = make_rows("a0b0a0a1b1c0", record);
    (void)state;
    assert_int_equal(tc_ingest_sort(record, n, NULL), TC_OK);
    assert_int_equal(
        tc_ingest_dedupe(record, &n, TC_DUPLICATES_DROP, &found, &rejects, NULL), TC_OK);
    assert_int_equal(n, 3);
    assert_int_equal(found.rows, 3);
    assert_int_equal(found.dropped, 3);
    assert_true(found.amount == 4 && found.dropped_amount == 4);
    tc_buffer_free(&rejects);
}

static void test_ids(void **state)
{
    enum { N = 20000 };
    tc_ingest_sender sender = {0};
    tc_ingest_ids ids = {0};
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++) {
            char id[16];
            const int n = snprintf(id, sizeof id, "c%d", i * (round + 1) % N);
            assert_int_equal(
                tc_ingest_sender_add(&sender, tc_hash128_of(id, (size_t)n), id, n, NULL),
                TC_OK);
        }
        assert_int_equal(tc_ingest_sender_settle(&sender, NULL), TC_OK);
        assert_int_equal(tc_ingest_ids_absorb(&ids, &sender.packed, NULL), TC_OK);
        assert_int_equal(tc_ingest_ids_absorb(&ids, &sender.packed, NULL), TC_OK);
        assert_int_equal(sender.packed.size > 0, round == 0);
        sender.packed.size = 0;
    }
    assert_int_equal(ids.set.n, N);
    assert_int_equal(ids.width, 6);
    for (int i = 0; i < N; i++) {
        char id[16];
        int64_t length;
        const int n = snprintf(id, sizeof id, "c%d", i);
        const char *found = tc_ingest_ids_find(&ids, tc_hash128_of(id, (size_t)n), &length);
        assert_non_null(found);
        assert_int_equal(length, n);
        assert_memory_equal(found, id, (size_t)n);
    }
    assert_null(tc_ingest_ids_find(&ids, tc_hash128_of("x", 1), &(int64_t){0}));
    tc_ingest_sender_free(&sender);
    tc_ingest_ids_free(&ids);
}

static void test_collision(void **state)
{
    const tc_hash128 hash = {1, 2};
    tc_ingest_sender a = {0}, b = {0};
    tc_ingest_ids ids = {0};
    tc_error err = {0};
    (void)state;
    assert_int_equal(tc_ingest_sender_add(&a, hash, "XYZ", 3, NULL), TC_OK);
    assert_int_equal(tc_ingest_sender_settle(&a, NULL), TC_OK);
    assert_int_equal(tc_ingest_sender_add(&b, hash, "PQR", 3, NULL), TC_OK);
    assert_int_equal(tc_ingest_sender_settle(&b, NULL), TC_OK);
    assert_int_equal(tc_ingest_ids_absorb(&ids, &a.packed, &err), TC_OK);
    assert_int_equal(tc_ingest_ids_absorb(&ids, &b.packed, &err), TC_EDATA);
    assert_null(strstr(err.message, "XYZ"));
    assert_null(strstr(err.message, "PQR"));
    tc_ingest_sender_free(&a);
    tc_ingest_sender_free(&b);
    tc_ingest_ids_free(&ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sort),     cmocka_unit_test(test_part_unused),
        cmocka_unit_test(test_policies), cmocka_unit_test(test_counts),
        cmocka_unit_test(test_ids),      cmocka_unit_test(test_collision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
