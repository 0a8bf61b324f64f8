/* One row of the input to an event, or why not. */
#include "../../src/stage/ingest/ingest_row.h"
#include "row_sample.h"

#include "tiercel/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* customer, time, quantity, price, order */
static tc_row_event read_row(const tc_config_input *input, const char *const column[5])
{
    tc_csv_text text[TC_N_ROLES];
    tc_row_rules rules;
    tc_row_event event;
    assert_int_equal(tc_row_rules_compile(input, &rules, NULL), TC_OK);
    for (int i = 0; i < TC_N_ROLES; i++) {
        text[i] = text_of("");
    }
    text[TC_ROLE_CUSTOMER] = text_of(column[0]);
    text[TC_ROLE_TIME] = text_of(column[1]);
    text[TC_ROLE_QUANTITY] = text_of(column[2]);
    text[TC_ROLE_AMOUNT] = text_of(column[2]);
    text[TC_ROLE_UNIT_PRICE] = text_of(column[3]);
    text[TC_ROLE_ORDER] = text_of(column[4]);
    text[TC_ROLE_CHANNEL] = text_of(" web ");
    tc_row_read(&rules, text, &event);
    return event;
}

static void test_good_row(void **state)
{
    static const char *const row[5] = {" 17850.0 ", "2010-12-01 08:26:00", "6", "2.55",
                                       "536365"};
    const tc_config_input input = retail();
    const tc_row_event event = read_row(&input, row);
    const tc_hash128 hash = tc_hash128_of("17850", 5);
    (void)state;
    assert_int_equal(event.reason, TC_ROW_USED);
    assert_int_equal(event.id_n, 5);
    assert_memory_equal(event.id, "17850", 5);
    assert_true(event.hash.hi == hash.hi && event.hash.lo == hash.lo);
    assert_int_equal(event.time, 1291191960);
    assert_int_equal(event.amount, 153000);
    assert_int_equal(event.kind, TC_KIND_PURCHASE);
    assert_int_equal(event.channel.n, 3);
    assert_int_equal(event.category.n, 0);
    assert_true(event.complete && event.has_amount && !event.rounded);
}

typedef struct {
    const char *row[5];
    tc_row_reason reason;
    int role, has_amount, complete;
} reject_case;

static const reject_case rejects[] = {
    {{"", "2010-12-01", "1", "1", "1"}, TC_ROW_CUSTOMER_MISSING, TC_ROLE_CUSTOMER, 1, 1},
    {{" \t", "2010-12-01", "1", "1", "1"}, TC_ROW_CUSTOMER_MISSING, TC_ROLE_CUSTOMER, 1, 1},
    /* the first reason counts */
    {{"", "yesterday", "1", "1", "1"}, TC_ROW_CUSTOMER_MISSING, TC_ROLE_CUSTOMER, 1, 0},
    {{"7", "2010-02-30", "1", "1", "1"}, TC_ROW_TIME, TC_ROLE_TIME, 1, 0},
    {{"7", "2010-02-30", "x", "1", "1"}, TC_ROW_TIME, TC_ROLE_TIME, 0, 0},
    {{"7", "2010-12-01", "x", "1", "1"}, TC_ROW_QUANTITY, TC_ROLE_QUANTITY, 0, 0},
    {{"7", "2010-12-01", "1", "", "1"}, TC_ROW_UNIT_PRICE, TC_ROLE_UNIT_PRICE, 0, 0},
    {{"7", "2010-12-01", "1", "1e99", "1"},
     TC_ROW_AMOUNT_OVERFLOW,
     TC_ROLE_UNIT_PRICE,
     0,
     0},
    {{"7", "2010-12-01", "9e14", "2", "1"}, TC_ROW_AMOUNT_OVERFLOW, TC_ROLE_QUANTITY, 0, 0},
    {{"7", "2010-12-01", "1", "1", "C1"}, TC_ROW_RETURN_POSITIVE, TC_ROLE_ORDER, 1, 1},
};

static void test_rejects(void **state)
{
    const tc_config_input input = retail();
    (void)state;
    for (size_t i = 0; i < sizeof rejects / sizeof *rejects; i++) {
        const tc_row_event event = read_row(&input, rejects[i].row);
        assert_int_equal(event.reason, rejects[i].reason);
        assert_int_equal(event.role, rejects[i].role);
        assert_int_equal(event.has_amount, rejects[i].has_amount);
        assert_int_equal(event.complete, rejects[i].complete);
    }
}

static void test_returns(void **state)
{
    static const char *const negative[5] = {"7", "2010-12-01", "-2", "1.5", "1"};
    static const char *const cancelled[5] = {"7", "2010-12-01", "-2", "1.5", "C1"};
    static const char *const nothing[5] = {"7", "2010-12-01", "2", "0", "1"};
    static const char *const free_return[5] = {"7", "2010-12-01", "2", "0", "C1"};
    tc_config_input input = retail();
    (void)state;
    assert_int_equal(read_row(&input, negative).reason, TC_ROW_USED);
    assert_int_equal(read_row(&input, negative).kind, TC_KIND_RETURN);
    assert_int_equal(read_row(&input, negative).amount, -30000);
    assert_int_equal(read_row(&input, cancelled).kind, TC_KIND_RETURN);
    assert_int_equal(read_row(&input, nothing).kind, TC_KIND_PURCHASE);
    assert_int_equal(read_row(&input, free_return).kind, TC_KIND_RETURN);
    input.returns = TC_RETURNS_REJECT;
    input.zero_amount = TC_ZERO_REJECT;
    assert_int_equal(read_row(&input, negative).reason, TC_ROW_RETURN);
    assert_int_equal(read_row(&input, negative).role, TC_ROLE_QUANTITY);
    assert_int_equal(read_row(&input, cancelled).role, TC_ROLE_ORDER);
    assert_int_equal(read_row(&input, cancelled).complete, 1);
    assert_int_equal(read_row(&input, nothing).reason, TC_ROW_ZERO_AMOUNT);
    assert_int_equal(read_row(&input, free_return).reason, TC_ROW_RETURN);
    input.returns_order_prefix = NULL;
    input.returns = TC_RETURNS_NET;
    assert_int_equal(read_row(&input, cancelled).kind, TC_KIND_RETURN);
}

/* Without an order id all events of a day are one order, whatever its hour. */
static void test_orders(void **state)
{
    static const char *const morning[5] = {"7", "2010-12-01 08:00", "1", "1", ""};
    static const char *const evening[5] = {"7", "2010-12-01 20:00", "1", "1", " "};
    static const char *const next_day[5] = {"7", "2010-12-02", "1", "1", "x"};
    static const char *const other[5] = {"8", "2010-12-09", "1", "1", " x "};
    tc_config_input input = retail();
    (void)state;
    assert_true(read_row(&input, morning).order == read_row(&input, evening).order);
    assert_true(read_row(&input, morning).order != read_row(&input, next_day).order);
    assert_true(read_row(&input, other).order == read_row(&input, next_day).order);
    input.columns.order = NULL;
    assert_true(read_row(&input, other).order != read_row(&input, next_day).order);
    assert_true(read_row(&input, morning).order == read_row(&input, evening).order);
}

/* Orders made of customer and day follow the customer; named ones and their mark stay. */
static void test_orders_follow(void **state)
{
    static const char *const named[5] = {"a", "2011-05-02 10:00", "1", "1", "C7"};
    static const char *const unnamed[5] = {"a", "2011-05-02 10:00", "1", "1", ""};
    static const char *const other[5] = {"b", "2011-05-02 23:59", "1", "1", " "};
    const tc_config_input input = retail();
    const tc_row_event a = read_row(&input, unnamed), b = read_row(&input, other);
    const tc_row_event c = read_row(&input, named);
    (void)state;
    assert_true(a.order != b.order);
    assert_true(tc_row_order_follow(a.order, a.time, a.hash.hi, b.hash.hi) == b.order);
    assert_true(tc_row_order_follow(a.order, a.time, b.hash.hi, a.hash.hi) == a.order);
    assert_true(tc_row_order_follow(c.order, c.time, c.hash.hi, b.hash.hi) == c.order);
    assert_true(tc_row_order_follow(a.order | TC_ORDER_CANCELLED, a.time, a.hash.hi,
                                    b.hash.hi) == (b.order | TC_ORDER_CANCELLED));
}

static void test_amount_column(void **state)
{
    static const char *const row[5] = {"7", "2010-12-01", " 85.64999999999999 ", "junk",
                                       "1"};
    tc_config_input input = retail();
    tc_row_event event;
    (void)state;
    input.columns.amount = c_amount;
    event = read_row(&input, row);
    assert_int_equal(event.reason, TC_ROW_USED);
    assert_int_equal(event.amount, 856500);
    assert_int_equal(event.rounded, 1);
}

static void check_id(const tc_row_rules *rules, const char *text, const char *expected)
{
    char id[TC_ID_MAX];
    const int64_t n = tc_row_normalise_id(rules, text_of(text), id);
    assert_int_equal(n, expected == NULL ? -1 : (int64_t)strlen(expected));
    if (n > 0) {
        assert_memory_equal(id, expected, (size_t)n);
    }
}

static void test_ids(void **state)
{
    tc_row_rules rules = {.id_strip_decimal = 1};
    char longest[TC_ID_MAX + 3];
    (void)state;
    check_id(&rules, "17850.0", "17850");
    check_id(&rules, "\t17850.000 ", "17850");
    check_id(&rules, "17850.5", "17850.5");
    check_id(&rules, "17850.", "17850.");
    check_id(&rules, ".0", ".0");
    check_id(&rules, "a17850.0", "a17850.0");
    check_id(&rules, "1.0.0", "1.0.0");
    check_id(&rules, "0", "0");
    check_id(&rules, "  ", "");
    check_id(&rules, "Ab-z Z9", "Ab-z Z9");
    rules.id_strip_decimal = 0;
    rules.id_case = TC_CASE_LOWER;
    check_id(&rules, "17850.0", "17850.0");
    check_id(&rules, "Ab-z@[Z9\xC3\x84", "ab-z@[z9\xC3\x84");
    rules.id_case = TC_CASE_UPPER;
    check_id(&rules, "Ab-z`{Z9", "AB-Z`{Z9");
    memset(longest, 'X', sizeof longest);
    longest[TC_ID_MAX] = 0;
    check_id(&rules, longest, longest);
    longest[TC_ID_MAX] = 'X';
    longest[TC_ID_MAX + 1] = 0;
    check_id(&rules, longest, NULL);
}

static void test_long_levels(void **state)
{
    static char text_long[TC_LEVEL_MAX + 2];
    tc_csv_text text[TC_N_ROLES];
    const tc_config_input input = retail();
    tc_row_rules rules;
    tc_row_event event;
    (void)state;
    assert_int_equal(tc_row_rules_compile(&input, &rules, NULL), TC_OK);
    memset(text_long, 'x', sizeof text_long - 1);
    for (int i = 0; i < TC_N_ROLES; i++) {
        text[i] = text_of("1");
    }
    text[TC_ROLE_TIME] = text_of("2010-12-01");
    text[TC_ROLE_CATEGORY] = text_of(text_long);
    tc_row_read(&rules, text, &event);
    assert_int_equal(event.reason, TC_ROW_CATEGORY_LONG);
    text[TC_ROLE_CATEGORY].n--;
    tc_row_read(&rules, text, &event);
    assert_int_equal(event.reason, TC_ROW_USED);
}

static void test_columns_needed(void **state)
{
    tc_config_input input = retail();
    tc_row_rules rules;
    (void)state;
    input.columns.unit_price = NULL;
    assert_int_equal(tc_row_rules_compile(&input, &rules, NULL), TC_ECONFIG);
    input.columns.amount = c_amount;
    assert_int_equal(tc_row_rules_compile(&input, &rules, NULL), TC_OK);
    input.columns.customer = NULL;
    assert_int_equal(tc_row_rules_compile(&input, &rules, NULL), TC_ECONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_row),
        cmocka_unit_test(test_rejects),
        cmocka_unit_test(test_returns),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_orders_follow),
        cmocka_unit_test(test_amount_column),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_long_levels),
        cmocka_unit_test(test_columns_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
