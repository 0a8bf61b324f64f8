/* Data quality: the counters of rows against the truth they were made from. */
#include "../../src/stage/ingest/ingest_quality.h"

#include "tiercel/date.h"
#include "tiercel/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 4000 };

static char c_customer[] = "customer", c_time[] = "time", c_amount[] = "amount",
            c_quantity[] = "quantity", c_price[] = "price", c_order[] = "order",
            c_category[] = "category", f_iso[] = "iso", f_c[] = "C", f_none[] = "";

static uint64_t seed;

/* A number below n of a plain sequence. */
static int64_t any(int64_t n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (int64_t)((seed >> 33) % (uint64_t)n);
}

static int64_t day_of(int year, int month, int day)
{
    return tc_date_to_days((tc_date){.year = year, .month = month, .day = day});
}

static tc_config_input all_columns(void)
{
    return (tc_config_input){.columns = {.customer = c_customer,
                                         .time = c_time,
                                         .amount = c_amount,
                                         .quantity = c_quantity,
                                         .unit_price = c_price,
                                         .order = c_order,
                                         .category = c_category},
                             .time_format = f_iso,
                             .time_zone = f_none,
                             .returns_order_prefix = f_c,
                             .amount_tolerance = 0.01};
}

/* What a row says, and what it must add. */
typedef struct {
    char field[TC_N_ROLES][32];
    int64_t amount; /* 1/100 */
    int64_t day;
    int bad_time, bad_amount;
} sample;

static void make_row(sample *row)
{
    static const char *const blank[] = {"", " ", "\t ", "   "};
    const int64_t quantity = any(9) - 2, price = any(50000);
    const int64_t off = any(4) == 0 ? any(5) - 2 : 0;
    char day[TC_DATE_TEXT];
    *row = (sample){.day = day_of(2020, 1, 1) + any(900), .amount = quantity * price + off};
    tc_date_text(row->day, day);
    (void)snprintf(row->field[TC_ROLE_CUSTOMER], 32, "%s",
                   any(10) == 0 ? blank[any(4)] : "x");
    row->bad_time = any(12) == 0;
    (void)snprintf(row->field[TC_ROLE_TIME], 32, "%s",
                   !row->bad_time ? day
                   : any(2) == 0  ? blank[any(4)]
                                  : "2020-02-30");
    row->bad_amount = any(12) == 0;
    if (row->bad_amount) {
        (void)snprintf(row->field[TC_ROLE_AMOUNT], 32, "%s", any(2) == 0 ? " " : "12,x");
    } else {
        (void)snprintf(row->field[TC_ROLE_AMOUNT], 32, "%s%lld.%02lld",
                       row->amount < 0 ? "-" : "", (long long)(llabs(row->amount) / 100),
                       (long long)(llabs(row->amount) % 100));
    }
    (void)snprintf(row->field[TC_ROLE_QUANTITY], 32, "%lld", (long long)quantity);
    if (any(20) == 0) {
        (void)snprintf(row->field[TC_ROLE_QUANTITY], 32, "many");
    }
    if (any(20) != 0) {
        (void)snprintf(row->field[TC_ROLE_UNIT_PRICE], 32, "%lld.%02lld",
                       (long long)(price / 100), (long long)(price % 100));
    }
    (void)snprintf(row->field[TC_ROLE_ORDER], 32, "%s", any(8) == 0 ? "C1" : "1");
    (void)snprintf(row->field[TC_ROLE_CATEGORY], 32, "%s", any(3) == 0 ? "" : "toys");
}

static int is_blank(const char *text)
{
    return text[strspn(text, " \t")] == '\0';
}

/* The slow way: every figure from the rows as they were made. */
typedef struct {
    int64_t empty[TC_N_ROLES], unreadable[TC_N_ROLES];
    int64_t rows_unreadable, products, differ, cancelled, positive_cancelled;
    int64_t largest, smallest, rows_of_day, negative_of_day, money_of_day;
} recount;

static void recount_money(const sample *row, int64_t day, recount *r)
{
    const char *quantity = row->field[TC_ROLE_QUANTITY],
               *price = row->field[TC_ROLE_UNIT_PRICE];
    const int cancelled = row->field[TC_ROLE_ORDER][0] == 'C';
    if (!row->bad_amount && quantity[0] != 'm' && price[0] != '\0') {
        const int64_t product = atoll(quantity) * (int64_t)llround(atof(price) * 100);
        r->products++;
        r->differ += llabs(product - row->amount) > 1;
    }
    if (!row->bad_time) {
        r->rows_of_day += row->day == day;
    }
    if (row->bad_time || row->bad_amount) {
        return;
    }
    r->negative_of_day += row->day == day && row->amount < 0;
    r->money_of_day += row->day == day ? row->amount * 100 : 0;
    r->cancelled += cancelled;
    r->positive_cancelled += cancelled && row->amount > 0;
    r->largest = row->amount * 100 > r->largest ? row->amount * 100 : r->largest;
    r->smallest = row->amount * 100 < r->smallest ? row->amount * 100 : r->smallest;
}

static void recount_row(const sample *row, int64_t day, recount *r)
{
    static const int mapped[] = {TC_ROLE_CUSTOMER, TC_ROLE_TIME,       TC_ROLE_AMOUNT,
                                 TC_ROLE_QUANTITY, TC_ROLE_UNIT_PRICE, TC_ROLE_ORDER,
                                 TC_ROLE_CATEGORY};
    int bad = 0;
    for (size_t i = 0; i < sizeof mapped / sizeof *mapped; i++) {
        const int role = mapped[i];
        const int blank = is_blank(row->field[role]);
        const int wrong =
            !blank && ((role == TC_ROLE_TIME && row->bad_time) ||
                       (role == TC_ROLE_AMOUNT && row->bad_amount) ||
                       (role == TC_ROLE_QUANTITY && row->field[role][0] == 'm'));
        r->empty[role] += blank;
        r->unreadable[role] += wrong;
        bad |= wrong;
    }
    r->rows_unreadable += bad;
    recount_money(row, day, r);
}

static void count_row(const tc_row_rules *rules, const sample *row, tc_ingest_quality *q)
{
    tc_csv_text text[TC_N_ROLES];
    tc_row_event event;
    for (int role = 0; role < TC_N_ROLES; role++) {
        text[role] = (tc_csv_text){row->field[role], (int64_t)strlen(row->field[role])};
    }
    tc_row_read(rules, text, &event);
    assert_int_equal(tc_ingest_quality_row(q, text, &event, NULL), TC_OK);
}

static void compare(const tc_ingest_quality *q, const recount *r, int64_t day)
{
    int64_t at = day;
    const tc_quality_day *found = tc_quality_next_day(&q->sums, &at);
    for (int role = 0; role < TC_N_ROLES; role++) {
        assert_int_equal(q->sums.column[role].empty, r->empty[role]);
        assert_int_equal(q->sums.column[role].unreadable, r->unreadable[role]);
    }
    assert_int_equal(q->sums.count[TC_QUALITY_SHAPED], ROWS);
    assert_int_equal(q->sums.count[TC_QUALITY_UNREADABLE], r->rows_unreadable);
    assert_int_equal(q->sums.count[TC_QUALITY_PRODUCTS], r->products);
    assert_int_equal(q->sums.count[TC_QUALITY_PRODUCTS_DIFFER], r->differ);
    assert_int_equal(q->sums.count[TC_QUALITY_CANCELLED], r->cancelled);
    assert_int_equal(q->sums.count[TC_QUALITY_CANCELLED_POSITIVE], r->positive_cancelled);
    assert_int_equal(q->sums.count[TC_QUALITY_LARGEST], r->largest);
    assert_int_equal(q->sums.count[TC_QUALITY_SMALLEST], r->smallest);
    assert_true(found != NULL && at == day && r->rows_of_day > 0);
    assert_int_equal(found->rows, r->rows_of_day);
    assert_int_equal(found->negative_rows, r->negative_of_day);
    assert_int_equal(found->positive - found->negative, r->money_of_day);
}

/* The same two as bytes, and back into a third one; bytes that are cut off are told. */
static void compare_saved(const tc_config_input *input, const tc_row_rules *rules,
                          const tc_ingest_quality half[2], const recount *r, int64_t day)
{
    tc_ingest_quality again;
    assert_int_equal(tc_ingest_quality_create(input, rules, &again, NULL), TC_OK);
    for (int h = 0; h < 2; h++) {
        tc_buffer bytes = {0};
        assert_int_equal(tc_quality_pack(&half[h].sums, &bytes, NULL), TC_OK);
        assert_int_equal(tc_quality_unpack(&again.sums, bytes.data, bytes.size - 8, NULL),
                         TC_EDATA);
        assert_int_equal(tc_quality_unpack(&again.sums, bytes.data, bytes.size, NULL),
                         TC_OK);
        tc_buffer_free(&bytes);
    }
    compare(&again, r, day);
    tc_ingest_quality_free(&again);
}

/* Two counters that saw half of the rows each, merged, say what one says that saw all. */
static void test_rows(void **state)
{
    const tc_config_input input = all_columns();
    const int64_t day = day_of(2021, 3, 14);
    tc_ingest_quality whole, half[2];
    tc_row_rules rules;
    recount r = {.largest = INT64_MIN, .smallest = INT64_MAX};
    (void)state;
    seed = 1;
    assert_int_equal(tc_row_rules_compile(&input, &rules, NULL), TC_OK);
    assert_int_equal(tc_ingest_quality_create(&input, &rules, &whole, NULL), TC_OK);
    for (int h = 0; h < 2; h++) {
        assert_int_equal(tc_ingest_quality_create(&input, &rules, &half[h], NULL), TC_OK);
    }
    for (int i = 0; i < ROWS; i++) {
        sample row;
        make_row(&row);
        count_row(&rules, &row, &whole);
        count_row(&rules, &row, &half[any(2)]);
        recount_row(&row, day, &r);
    }
    assert_true(r.differ > 50 && r.positive_cancelled > 50);
    compare(&whole, &r, day);
    compare_saved(&input, &rules, half, &r, day);
    assert_int_equal(tc_quality_merge(&half[0].sums, &half[1].sums, NULL), TC_OK);
    compare(&half[0], &r, day);
    assert_memory_equal(whole.sums.step_rows, half[0].sums.step_rows,
                        sizeof whole.sums.step_rows);
    tc_ingest_quality_free(&whole);
    tc_ingest_quality_free(&half[0]);
    tc_ingest_quality_free(&half[1]);
    assert_int_equal(tc_mem_live_blocks(), 0);
}

/* A row without the columns of the product has none; a value in a column that is not mapped counts nowhere. */
static void test_not_mapped(void **state)
{
    tc_config_input input = all_columns();
    tc_ingest_quality q;
    tc_row_rules rules;
    sample row = {.field = {[TC_ROLE_CUSTOMER] = "x",
                            [TC_ROLE_TIME] = "2020-01-01",
                            [TC_ROLE_AMOUNT] = "5",
                            [TC_ROLE_QUANTITY] = "nonsense",
                            [TC_ROLE_ORDER] = "7"}};
    (void)state;
    input.columns.quantity = input.columns.unit_price = input.columns.category = NULL;
    assert_int_equal(tc_row_rules_compile(&input, &rules, NULL), TC_OK);
    assert_int_equal(tc_ingest_quality_create(&input, &rules, &q, NULL), TC_OK);
    count_row(&rules, &row, &q);
    assert_int_equal(q.sums.count[TC_QUALITY_PRODUCTS], 0);
    assert_int_equal(q.sums.count[TC_QUALITY_UNREADABLE], 0);
    assert_int_equal(q.sums.column[TC_ROLE_CATEGORY].empty, 0);
    assert_string_equal(q.sums.column[TC_ROLE_CATEGORY].key, "");
    assert_string_equal(q.sums.column[TC_ROLE_ORDER].key, "order");
    tc_ingest_quality_free(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_not_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
