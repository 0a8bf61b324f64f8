/* Order of packed rows, duplicates, orders. */
#include "../../src/stage/ingest/ingest_dedupe.h"
#include "../../src/stage/ingest/ingest_orders.h"
#include "../../src/stage/ingest/ingest_rejects.h"
#include "ingest_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void check_sort(rows_shape shape, int64_t n)
{
    unsigned char *rows = calloc((size_t)n + 1, TC_PACKED_MAX);
    tc_sort_entry *a = calloc((size_t)n + 1, sizeof *a),
                  *b = calloc((size_t)n + 1, sizeof *b);
    tc_sort_entry *spare = calloc((size_t)n + 1, sizeof *spare);
    assert_true(rows != NULL && a != NULL && b != NULL && spare != NULL);
    for (int64_t i = 0; i < n; i++) {
        (void)make_row(rows + i * TC_PACKED_MAX, shape, i);
        a[i] = b[i] = tc_sort_entry_of(rows + i * TC_PACKED_MAX);
    }
    qsort(b, (size_t)n, sizeof *b, rows_by_key);
    tc_sort_entries(&rows_codes, a, spare, n);
    for (int64_t i = 0; i < n; i++) {
        assert_ptr_equal(a[i].row, b[i].row);
        assert_true(i == 0 || tc_sort_compare(&rows_codes, &a[i - 1], &a[i]) < 0);
        assert_true(i == 0 || tc_sort_compare(&rows_codes, &a[i], &a[i - 1]) > 0);
    }
    free(rows);
    free(a);
    free(b);
    free(spare);
}

static void test_sort(void **state)
{
    static const int64_t sizes[] = {0, 1, 2, 23, 24, 25, 100, 2048, 2049, 30000};
    (void)state;
    for (int shape = 0; shape < N_ROWS_SHAPES; shape++) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            check_sort((rows_shape)shape, sizes[k]);
        }
    }
}

/* Two ids with one upper word of the hash: their rows must not mix. */
static void test_one_hi(void **state)
{
    enum { N = 60 };
    unsigned char rows[N][TC_PACKED_MAX];
    tc_sort_entry entry[N], spare[N];
    const char *const id[2] = {"first", "second"};
    int changes = 0;
    (void)state;
    for (int i = 0; i < N; i++) {
        const tc_packed_head head = {.time = i * 7 % N, .place = (uint64_t)i};
        (void)tc_packed_write(rows[i], &head, id[i % 2], (int64_t)strlen(id[i % 2]));
        entry[i] = (tc_sort_entry){42, head.time, rows[i]};
    }
    tc_sort_entries(&rows_codes, entry, spare, N);
    for (int i = 1; i < N; i++) {
        const int same = tc_sort_same_id(entry[i - 1].row, entry[i].row);
        changes += !same;
        assert_true(!same || entry[i - 1].time < entry[i].time);
    }
    assert_int_equal(changes, 1);
}

static void test_packed(void **state)
{
    unsigned char at[TC_PACKED_MAX];
    char id[TC_PACKED_ID_MAX];
    const tc_packed_head head = {.time = -5, .amount = 7, .row = 11, .kind = 1, .alias = 3};
    const uint64_t customer = 99;
    const tc_packed_head unused = {.row = 11, .kind = TC_KIND_UNUSED};
    (void)state;
    memset(id, 'x', sizeof id);
    assert_int_equal(tc_packed_write(at, &head, id, TC_PACKED_ID_MAX), TC_PACKED_MAX);
    assert_int_equal(tc_packed_size(at), TC_PACKED_MAX);
    assert_int_equal(tc_packed_head_of(at).time, -5);
    assert_int_equal(tc_packed_head_of(at).alias, 3);
    assert_memory_equal(tc_packed_id(at), id, sizeof id);
    assert_true(tc_packed_route(at) == tc_hash128_of(id, sizeof id).hi);
    assert_int_equal(tc_packed_write(at, &unused, &customer, 8), TC_PACKED_ID_AT + 8);
    assert_true(tc_packed_route(at) == 11);
}

/* A letter is the row, a digit the file it stands in; the line is the index. Only rows of
 * one letter: they are a group. */
static void check_policy(const char *text, tc_duplicates_policy policy, const char *dropped)
{
    unsigned char row[TC_PACKED_MAX];
    uint64_t place[32];
    tc_ingest_duplicates found = {0};
    tc_spill *spill;
    tc_reject_list rejects;
    tc_buffer listed = {0};
    char out[80] = "";
    int64_t n = 0, at = 0, n_keep;
    const tc_packed_head head = {.amount = 3, .row = 17};
    assert_int_equal(tc_spill_create(1 << 20, "/nowhere", &spill, NULL), TC_OK);
    tc_reject_list_start(&rejects, spill);
    (void)tc_packed_write(row, &head, "id", 2);
    for (; text[n] != 0; n++) {
        place[n] = (uint64_t)(text[n] - '0') << TC_PLACE_LINE_BITS | (uint64_t)n;
    }
    assert_int_equal(tc_ingest_dedupe(&(tc_ingest_group){row, place, n}, policy, &found,
                                      &rejects, &n_keep, NULL),
                     TC_OK);
    tc_spill_seal(spill, &rejects.stream);
    assert_int_equal(tc_reject_list_select(&rejects, 0, 0, &listed, NULL), TC_OK);
    for (int64_t i = 0; i < found.dropped; i++) {
        const tc_pair *pair = (const tc_pair *)(const void *)listed.data + i;
        assert_true(pair->value == tc_reject_value(TC_ROW_DUPLICATE, -1));
        at += sprintf(out + at, "%d", (int)(pair->key & 255));
    }
    assert_string_equal(out, dropped);
    assert_int_equal(n_keep, n - found.dropped);
    assert_int_equal(found.rows, n - 1);
    assert_true(found.amount == 3 * (n - 1) && found.dropped_amount == 3 * found.dropped);
    assert_int_equal(listed.size, found.dropped * (int64_t)sizeof(tc_pair));
    tc_buffer_free(&listed);
    tc_spill_destroy(&spill);
}

static void test_policies(void **state)
{
    (void)state;
    check_policy("001", TC_DUPLICATES_KEEP, "");
    check_policy("001", TC_DUPLICATES_DROP, "12");
    /* a genuine repeat in one file stays; a re-exported file does not count again */
    check_policy("001", TC_DUPLICATES_DROP_BETWEEN_FILES, "2");
    check_policy("0112", TC_DUPLICATES_DROP_BETWEEN_FILES, "03");
    check_policy("01", TC_DUPLICATES_DROP_BETWEEN_FILES, "1");
    check_policy("00", TC_DUPLICATES_DROP_BETWEEN_FILES, "");
    check_policy("012", TC_DUPLICATES_DROP_BETWEEN_FILES, "12");
}

/* Several rows: equal but for the place, or not. */
static void test_equality(void **state)
{
    unsigned char a[TC_PACKED_MAX], b[TC_PACKED_MAX];
    tc_packed_head head = {.time = 1, .amount = 2, .order = 3, .row = 4, .place = 5};
    (void)state;
    (void)tc_packed_write(a, &head, "id", 2);
    head.place = 6;
    (void)tc_packed_write(b, &head, "id", 2);
    assert_true(tc_sort_is_equal(a, b));
    (void)tc_packed_write(b, &head, "ix", 2);
    assert_false(tc_sort_is_equal(a, b));
    head.alias = 1;
    (void)tc_packed_write(b, &head, "id", 2);
    assert_false(tc_sort_is_equal(a, b));
}

static void add(tc_order_table *table, uint64_t word, uint64_t customer, uint64_t rows)
{
    const tc_order_item item = {word, customer << TC_ORDER_ROW_BITS | rows};
    assert_int_equal(tc_order_table_add(table, &item, NULL), TC_OK);
}

static void test_orders(void **state)
{
    tc_order_table table = {0};
    (void)state;
    add(&table, 2, 0, 0); /* only unused */
    add(&table, 4, 7, 3); /* one customer, twice */
    add(&table, 4, 7, 2);
    add(&table, 6, 0, 0); /* unused and used */
    add(&table, 6, 8, 1);
    add(&table, 6, 0, 0);
    add(&table, 9, 8, 1); /* two customers, cancelled */
    add(&table, 9, 9, 4);
    add(&table, 9, 8, 2);
    add(&table, 9, 0, 0);
    add(&table, 0, 0, 5); /* hashes that are 0 */
    assert_int_equal(table.orders, 4);
    assert_int_equal(table.orders_all, 5);
    assert_int_equal(table.cancelled, 1);
    assert_int_equal(table.mixed, 1);
    assert_int_equal(table.mixed_rows, 7);
    tc_order_table_clear(&table);
    for (uint64_t i = 0; i < 30000; i++) {
        add(&table, i % 10000 * 2, i % 10000, 1);
    }
    assert_int_equal(table.orders, 10004);
    assert_int_equal(table.mixed, 1);
    tc_order_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sort),     cmocka_unit_test(test_one_hi),
        cmocka_unit_test(test_packed),   cmocka_unit_test(test_policies),
        cmocka_unit_test(test_equality), cmocka_unit_test(test_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
