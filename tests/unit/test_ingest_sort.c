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

static void check_packed(tc_packed_head head, const void *id, int64_t id_n, int64_t bytes)
{
    unsigned char at[TC_PACKED_MAX + 1] = {0};
    const unsigned form = tc_packed_form_of(&head, 1);
    tc_packed_head out;
    at[TC_PACKED_MAX] = 77;
    for (int wide = 0; wide < 2; wide++) {
        const int64_t n = wide ? tc_packed_write_form(at, &head, form, id, id_n)
                               : tc_packed_write(at, &head, id, id_n);
        assert_true(wide || n == bytes);
        assert_int_equal(tc_packed_size(at), n);
        out = tc_packed_head_of(at);
        assert_true(out.time == head.time && out.amount == head.amount &&
                    out.order == head.order && out.row == head.row &&
                    out.place == head.place && out.category == head.category &&
                    out.channel == head.channel && out.kind == head.kind &&
                    out.alias == head.alias);
        assert_true(tc_packed_time(at) == head.time && tc_packed_row(at) == head.row);
        assert_true(tc_packed_order(at) == head.order);
        assert_int_equal(tc_packed_is_unused(at), head.kind == TC_KIND_UNUSED);
        assert_int_equal(tc_packed_id_n(at), id_n);
        assert_memory_equal(tc_packed_id(at), id, (size_t)id_n);
    }
    assert_int_equal(at[TC_PACKED_MAX], 77);
    tc_packed_set_order(at, 5);
    tc_packed_set_codes(at, 0xFEDC, 0xFEDCBA98);
    out = tc_packed_head_of(at);
    assert_true(out.order == 5 && out.channel == 0xFEDC && out.category == 0xFEDCBA98);
    assert_true(out.time == head.time && out.amount == head.amount && out.row == head.row &&
                out.alias == head.alias && out.kind == head.kind);
    assert_int_equal(tc_packed_id_n(at), id_n);
    assert_memory_equal(tc_packed_id(at), id, (size_t)id_n);
}

static void test_packed(void **state)
{
    enum { MIN = TC_PACKED_MIN };
    static const int64_t amounts[] = {
        0, -1, INT32_MIN, INT32_MAX, (int64_t)INT32_MAX + 1, INT64_MIN, INT64_MAX};
    static const int64_t times[] = {0, -5, -62135596800, 253402300799};
    unsigned char at[TC_PACKED_MAX];
    char id[TC_PACKED_ID_MAX];
    const uint64_t customer = 99;
    const tc_packed_head unused = {.row = 11, .kind = TC_KIND_UNUSED};
    (void)state;
    memset(id, 'x', sizeof id);
    id[1] = 'y';
    for (int i = 0; i < 7 * 4; i++) {
        tc_packed_head head = {
            .time = times[i % 4], .amount = amounts[i / 4], .order = ~7u};
        const int wide = head.amount != (int32_t)head.amount ? 8 : 0;
        for (int64_t n = 0; n <= TC_PACKED_ID_MAX; n += n < 20 ? 1 : 27) {
            check_packed(head, id, n, MIN + wide + n);
        }
        head.place = UINT64_MAX;
        check_packed(head, id, 9, MIN + wide + 8 + 9);
    }
    check_packed((tc_packed_head){.category = 65535, .channel = 255}, id, 3, MIN + 3);
    check_packed((tc_packed_head){.category = 65536, .kind = 1}, id, 3, MIN + 8 + 3);
    check_packed((tc_packed_head){.channel = 256}, id, 3, MIN + 8 + 3);
    check_packed((tc_packed_head){.alias = 1, .place = 1, .row = ~(uint64_t)0}, id,
                 TC_PACKED_ID_MAX, TC_PACKED_MAX);
    check_packed(unused, &customer, 8, MIN + 8);
    (void)tc_packed_write(at, &unused, &customer, 8);
    assert_true(tc_packed_route(at) == 11);
    (void)tc_packed_write(at, &(tc_packed_head){.row = 11}, id, sizeof id);
    assert_true(tc_packed_route(at) == tc_hash128_of(id, sizeof id).hi);
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
