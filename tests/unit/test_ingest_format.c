/* Rows in other encodings and formats, and ids and texts at their limits. */
#include "../../src/stage/ingest/ingest_row.h"
#include "row_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* customer, time, quantity, price, order, channel, category as they stand in the file */
static void read_bytes(const tc_row_rules *rules, const char *const column[7],
                       tc_row_event *event)
{
    static const tc_row_role role[7] = {TC_ROLE_CUSTOMER,   TC_ROLE_TIME,  TC_ROLE_QUANTITY,
                                        TC_ROLE_UNIT_PRICE, TC_ROLE_ORDER, TC_ROLE_CHANNEL,
                                        TC_ROLE_CATEGORY};
    tc_csv_text text[TC_N_ROLES] = {{NULL, 0}};
    for (int i = 0; i < 7; i++) {
        text[role[i]] = text_of(column[i]);
    }
    memset(event, 0x5A, sizeof *event); /* nothing is taken from the row before */
    tc_row_read(rules, text, event);
}

static void test_encodings(void **state)
{
    static const char *const latin[7] = {"M\xFCller",
                                         "2010-12-01",
                                         "1",
                                         "1.5",
                                         "R\xFC"
                                         "ck1",
                                         " caf\xE9 ",
                                         "\xA3"
                                         "5"};
    static const char *const utf8[7] = {"Müller", "2010-12-01", "1", "1.5",
                                        "Rück1",  " café ",     "£5"};
    static char prefix[] = "Rück";
    tc_config_input input = retail();
    tc_row_rules rules, rules_latin;
    tc_row_event a, b;
    (void)state;
    input.returns_order_prefix = prefix;
    assert_int_equal(tc_row_rules_compile(&input, &rules, NULL), TC_OK);
    input.format.encoding = TC_ENCODING_LATIN1;
    assert_int_equal(tc_row_rules_compile(&input, &rules_latin, NULL), TC_OK);
    read_bytes(&rules, utf8, &a);
    read_bytes(&rules_latin, latin, &b);
    assert_int_equal(a.reason, TC_ROW_RETURN_POSITIVE); /* the prefix is seen */
    assert_int_equal(b.reason, TC_ROW_RETURN_POSITIVE);
    assert_true(a.order == b.order && a.hash.hi == b.hash.hi && a.hash.lo == b.hash.lo);
    assert_int_equal(b.id_n, 7);
    assert_memory_equal(b.id, "Müller", 7);
    assert_int_equal(b.channel.n, 5);
    assert_memory_equal(b.channel.data, "café", 5);
    assert_int_equal(b.category.n, 3);
    assert_memory_equal(b.category.data, "£5", 3);
    assert_int_equal(a.channel.n, 5);
    assert_memory_equal(a.channel.data, "café", 5);
    read_bytes(&rules, latin, &a);
    assert_int_equal(a.reason, TC_ROW_ENCODING);
    assert_int_equal(a.role, TC_ROLE_CUSTOMER);
    assert_true(a.hash.hi == 0 && a.hash.lo == 0 && a.has_amount && a.complete);
}

/* What is not valid in its encoding is rejected, whichever column it stands in; an order id
 * is only compared, so any bytes will do. */
static void test_invalid_bytes(void **state)
{
    static const struct {
        tc_encoding encoding;
        int column;
        const char *text;
        tc_row_reason reason;
        int role;
    } cases[] = {
        {TC_ENCODING_UTF8, 0, "a\xFF", TC_ROW_ENCODING, TC_ROLE_CUSTOMER},
        {TC_ENCODING_UTF8, 0, "\xC0\x80", TC_ROW_ENCODING, TC_ROLE_CUSTOMER},
        {TC_ENCODING_UTF8, 5, "\xED\xA0\x80", TC_ROW_ENCODING, TC_ROLE_CHANNEL},
        {TC_ENCODING_UTF8, 6, "caf\xE9", TC_ROW_ENCODING, TC_ROLE_CATEGORY},
        {TC_ENCODING_UTF8, 4, "\xE9", TC_ROW_USED, -1},
        {TC_ENCODING_LATIN1, 0, "\x81", TC_ROW_USED, -1},
        {TC_ENCODING_WINDOWS1252, 0, "x\x81", TC_ROW_ENCODING, TC_ROLE_CUSTOMER},
        {TC_ENCODING_WINDOWS1252, 6, "\x9D", TC_ROW_ENCODING, TC_ROLE_CATEGORY},
        {TC_ENCODING_WINDOWS1252, 6, "\x80", TC_ROW_USED, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *row[7] = {"7", "2010-12-01", "1", "1.5", "1", "web", "toys"};
        tc_config_input input = retail();
        tc_row_rules rules;
        tc_row_event event;
        input.format.encoding = cases[i].encoding;
        row[cases[i].column] = cases[i].text;
        assert_int_equal(tc_row_rules_compile(&input, &rules, NULL), TC_OK);
        read_bytes(&rules, row, &event);
        assert_int_equal(event.reason, cases[i].reason);
        assert_int_equal(event.role, cases[i].role);
    }
}

/* In UTF-8 an id, a channel may become longer than the files' limits. */
static void test_longer_in_utf8(void **state)
{
    char id[TC_ID_MAX + 1], level[TC_LEVEL_MAX + 1];
    const char *row[7] = {id, "2010-12-01", "1", "1.5", "1", level, "toys"};
    tc_config_input input = retail();
    tc_row_rules rules;
    tc_row_event event;
    (void)state;
    input.format.encoding = TC_ENCODING_LATIN1;
    assert_int_equal(tc_row_rules_compile(&input, &rules, NULL), TC_OK);
    memset(id, 'x', sizeof id);
    memset(level, 'x', sizeof level);
    id[TC_ID_MAX] = level[TC_LEVEL_MAX] = 0;
    read_bytes(&rules, row, &event);
    assert_int_equal(event.reason, TC_ROW_USED);
    level[3] = (char)0xE4;
    read_bytes(&rules, row, &event);
    assert_int_equal(event.reason, TC_ROW_CHANNEL_LONG);
    level[TC_LEVEL_MAX - 1] = 0;
    read_bytes(&rules, row, &event);
    assert_int_equal(event.reason, TC_ROW_USED);
    assert_int_equal(event.channel.n, TC_LEVEL_MAX);
    id[9] = (char)0xE4;
    read_bytes(&rules, row, &event);
    assert_int_equal(event.reason, TC_ROW_CUSTOMER_LONG);
}

/* An id of 10 kB, of any bytes, is too long first of all; blanks around one do not count. */
static void test_huge_ids(void **state)
{
    static char huge[10241];
    const char *row[7] = {huge, "2010-12-01", "1", "1.5", "1", "web", "toys"};
    const tc_config_input input = retail();
    tc_row_rules rules;
    tc_row_event event;
    (void)state;
    assert_int_equal(tc_row_rules_compile(&input, &rules, NULL), TC_OK);
    for (int c = 1; c < 256; c++) {
        memset(huge, c, sizeof huge - 1);
        read_bytes(&rules, row, &event);
        assert_int_equal(event.reason, c == ' ' || c == '\t' ? TC_ROW_CUSTOMER_MISSING
                                                             : TC_ROW_CUSTOMER_LONG);
    }
    memset(huge, ' ', sizeof huge - 1);
    memset(huge + 5000, 'x', TC_ID_MAX);
    read_bytes(&rules, row, &event);
    assert_int_equal(event.reason, TC_ROW_USED);
    assert_int_equal(event.id_n, TC_ID_MAX);
}

/* Numbers and times as configured, in the encoding of the files. */
static void test_formats(void **state)
{
    static char pound[] = "£", *signs[] = {pound}, zone[] = "+01:00";
    static const char *const good[7] = {
        "7", "2010-12-01T23:30:00Z", "1.000", "\xA3 1,50", "1", "", ""};
    static const char *const bad[][7] = {{"7", "2010-12-01", "1.00", "1,5", "1", "", ""},
                                         {"7", "2010-12-01", "1", "1.5", "1", "", ""},
                                         {"7", "2010-12-01", "1", "1,5$", "1", "", ""}};
    static const tc_row_reason reason[] = {TC_ROW_QUANTITY, TC_ROW_UNIT_PRICE,
                                           TC_ROW_UNIT_PRICE};
    tc_config_input input = retail();
    tc_row_rules rules;
    tc_row_event event;
    (void)state;
    input.format.encoding = TC_ENCODING_LATIN1;
    input.format.number =
        (tc_number_rules){TC_MARK_COMMA, TC_MARK_POINT, TC_NEGATIVE_MINUS, signs, 1};
    input.time_zone = zone;
    assert_int_equal(tc_row_rules_compile(&input, &rules, NULL), TC_OK);
    read_bytes(&rules, good, &event);
    assert_int_equal(event.reason, TC_ROW_USED);
    assert_int_equal(event.amount, 15000000);
    assert_int_equal(event.time, 1291246200 + 3600); /* 2010-12-02 00:30 there */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        read_bytes(&rules, bad[i], &event);
        assert_int_equal(event.reason, reason[i]);
    }
    input.columns.amount = c_amount;
    assert_int_equal(tc_row_rules_compile(&input, &rules, NULL), TC_OK);
    {
        tc_csv_text text[TC_N_ROLES] = {{NULL, 0}};
        text[TC_ROLE_CUSTOMER] = text_of("7");
        text[TC_ROLE_TIME] = text_of("2010-12-01");
        text[TC_ROLE_AMOUNT] = text_of("-12.345,67\xA3");
        tc_row_read(&rules, text, &event);
        assert_int_equal(event.amount, -123456700);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encodings), cmocka_unit_test(test_invalid_bytes),
        cmocka_unit_test(test_huge_ids),  cmocka_unit_test(test_longer_in_utf8),
        cmocka_unit_test(test_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
