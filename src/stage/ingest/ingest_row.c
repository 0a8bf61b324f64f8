#include "ingest_row.h"

#include "tiercel/date.h"
#include "tiercel/decimal.h"
#include "tiercel/digits.h"

#include <string.h>

const char *tc_row_reason_code(int reason)
{
    static const char *const code[TC_N_REASONS] = {
#define X(name, text) text,
        TC_ROW_REASONS(X)
#undef X
    };
    return code[reason];
}

tc_status tc_row_rules_compile(const tc_config_input *input, tc_row_rules *out,
                               tc_error *err)
{
    const tc_input_columns *columns = &input->columns;
    *out = (tc_row_rules){
        .column =
            {
#define X(role, member) [role] = columns->member,
                TC_ROW_ROLES(X)
#undef X
            },
        .return_prefix =
            input->returns_order_prefix != NULL ? input->returns_order_prefix : "",
        .returns = input->returns,
        .zero_amount = input->zero_amount,
        .id_strip_decimal = input->id_strip_decimal,
        .id_case = input->id_case,
        .encoding = input->format.encoding,
    };
    out->return_prefix_n = (int64_t)strlen(out->return_prefix);
    if (columns->customer == NULL || columns->time == NULL ||
        (columns->amount == NULL &&
         (columns->quantity == NULL || columns->unit_price == NULL))) {
        return tc_fail(
            err, TC_ECONFIG,
            "input.columns: customer, time, and amount or quantity with unit_price "
            "must be mapped");
    }
    TC_TRY(tc_number_compile(&input->format.number, &out->number, err));
    TC_TRY(tc_time_compile(input->time_format, &out->time, err));
    return tc_time_set_zone(&out->time, input->time_zone != NULL ? input->time_zone : "",
                            err);
}

/* Bytes of "17850.0" before the point: the whole text if it is not digits, point, zeros. */
static int64_t without_decimal(tc_csv_text text)
{
    int64_t digits = 0, at;
    while (digits < text.n && (unsigned)(text.data[digits] - '0') < 10) {
        digits++;
    }
    if (digits == 0 || digits + 1 >= text.n || text.data[digits] != '.') {
        return text.n;
    }
    for (at = digits + 1; at < text.n; at++) {
        if (text.data[at] != '0') {
            return text.n;
        }
    }
    return digits;
}

static void fold_case(char *id, int64_t n, tc_id_case to)
{
    const char low = to == TC_CASE_LOWER ? 'A' : 'a';
    for (int64_t i = 0; i < n; i++) {
        if (id[i] >= low && id[i] <= low + 25) {
            id[i] = (char)(id[i] ^ 0x20);
        }
    }
}

/* As tc_csv_trim; mostly there is nothing to do. */
static inline tc_csv_text trim(tc_csv_text text)
{
    return text.n == 0 || ((unsigned char)text.data[0] > ' ' &&
                           (unsigned char)text.data[text.n - 1] > ' ')
               ? text
               : tc_csv_trim(text);
}

int64_t tc_row_normalise_id(const tc_row_rules *rules, tc_csv_text text, char id[TC_ID_MAX])
{
    text = trim(text);
    if (rules->id_strip_decimal) {
        text.n = without_decimal(text);
    }
    if (text.n > TC_ID_MAX) {
        return TC_ID_LONG;
    }
    if (tc_text_odd(text.data, text.n) == 0) {
        tc_text_copy(id, text.data, text.n);
    } else {
        text.n = tc_text_decode(rules->encoding, text.data, text.n, id, TC_ID_MAX);
        if (text.n < 0) {
            return text.n == TC_TEXT_LONG ? TC_ID_LONG : TC_ID_INVALID;
        }
    }
    if (rules->id_case != TC_CASE_KEEP) {
        fold_case(id, text.n, rules->id_case);
    }
    return text.n;
}

/* Reasons that say nothing of the form of a value. */
static int is_policy(tc_row_reason reason)
{
    return reason == TC_ROW_RETURN || reason == TC_ROW_RETURN_POSITIVE ||
           reason == TC_ROW_ZERO_AMOUNT;
}

/* Keeps the first reason. */
static void reject(tc_row_event *event, tc_row_reason reason, int role)
{
    event->unreadable |= is_policy(reason) ? 0 : 1U << role;
    if (event->reason == TC_ROW_USED) {
        event->reason = reason;
        event->role = role;
    }
}

static void read_customer(const tc_row_rules *rules, tc_csv_text text, tc_row_event *event)
{
    event->id_n = tc_row_normalise_id(rules, text, event->id);
    if (event->id_n > 0 && tc_text_odd(event->id, event->id_n) != 0 &&
        memchr(event->id, 0, (size_t)event->id_n) != NULL) {
        reject(event, TC_ROW_CUSTOMER_BYTES,
               TC_ROLE_CUSTOMER); /* the files pad ids with zeros */
    } else if (event->id_n > 0) {
        event->hash = tc_hash128_of(event->id, (size_t)event->id_n);
        event->hash.lo +=
            event->hash.hi == 0 && event->hash.lo == 0; /* means "no customer" */
    } else if (event->id_n == 0) {
        reject(event, TC_ROW_CUSTOMER_MISSING, TC_ROLE_CUSTOMER);
    } else if (event->id_n == TC_ID_INVALID) {
        reject(event, TC_ROW_ENCODING, TC_ROLE_CUSTOMER);
    } else {
        reject(event, TC_ROW_CUSTOMER_LONG, TC_ROLE_CUSTOMER);
    }
}

/* 1 if the number could be read; else the row is rejected. */
static int accept(tc_decimal_outcome outcome, tc_row_reason syntax, int role,
                  tc_row_event *event)
{
    if (outcome != TC_DECIMAL_OK) {
        reject(event, outcome == TC_DECIMAL_SYNTAX ? syntax : TC_ROW_AMOUNT_OVERFLOW, role);
    }
    return outcome == TC_DECIMAL_OK;
}

/* The text in UTF-8; in buffer[capacity], unless it is borrowed as it is: UTF-8 and ASCII,
 * and what cannot be decoded or does not fit. */
static tc_csv_text utf8_of(const tc_row_rules *rules, tc_csv_text text, char *buffer,
                           int64_t capacity)
{
    if (rules->encoding != TC_ENCODING_UTF8 && !tc_text_is_ascii(text.data, text.n)) {
        const int64_t n =
            tc_text_decode(rules->encoding, text.data, text.n, buffer, capacity);
        return n < 0 ? text : (tc_csv_text){buffer, n};
    }
    return text;
}

static int read_factor(const tc_row_rules *rules, tc_csv_text text, tc_row_reason syntax,
                       int role, tc_decimal *value, tc_row_event *event)
{
    char buffer[TC_NUMBER_TEXT];
    const tc_csv_text number = utf8_of(rules, trim(text), buffer, sizeof buffer);
    return accept(tc_number_parse_factor(&rules->number, number.data, number.n, value,
                                         &event->rounded),
                  syntax, role, event);
}

/* The product that the amount is compared with; what cannot be read of it costs nothing but
 * the comparison. */
static void read_product(const tc_row_rules *rules, const tc_csv_text *text,
                         tc_row_event *event)
{
    static const int role[2] = {TC_ROLE_QUANTITY, TC_ROLE_UNIT_PRICE};
    tc_decimal factor[2];
    int rounded = 0, read = 0;
    for (int i = 0; i < 2; i++) {
        char buffer[TC_NUMBER_TEXT];
        const tc_csv_text number =
            utf8_of(rules, trim(text[role[i]]), buffer, sizeof buffer);
        if (tc_number_parse_factor(&rules->number, number.data, number.n, &factor[i],
                                   &rounded) == TC_DECIMAL_OK) {
            read++;
        } else {
            event->unreadable |= 1U << role[i];
        }
    }
    event->has_product = event->has_amount && read == 2 &&
                         tc_decimal_multiply(factor[0], factor[1], &event->product,
                                             &rounded) == TC_DECIMAL_OK;
}

static void read_amount(const tc_row_rules *rules, const tc_csv_text *text,
                        tc_row_event *event)
{
    tc_decimal quantity, price;
    if (rules->column[TC_ROLE_AMOUNT] != NULL) {
        char buffer[TC_NUMBER_TEXT];
        const tc_csv_text number =
            utf8_of(rules, trim(text[TC_ROLE_AMOUNT]), buffer, sizeof buffer);
        event->has_amount = accept(tc_number_parse(&rules->number, number.data, number.n,
                                                   &event->amount, &event->rounded),
                                   TC_ROW_AMOUNT, TC_ROLE_AMOUNT, event);
        if (rules->column[TC_ROLE_QUANTITY] != NULL) {
            read_product(rules, text, event);
        }
    } else if (read_factor(rules, text[TC_ROLE_QUANTITY], TC_ROW_QUANTITY, TC_ROLE_QUANTITY,
                           &quantity, event) &
               read_factor(rules, text[TC_ROLE_UNIT_PRICE], TC_ROW_UNIT_PRICE,
                           TC_ROLE_UNIT_PRICE, &price, event)) { /* both, to count both */
        event->has_amount =
            accept(tc_decimal_multiply(quantity, price, &event->amount, &event->rounded),
                   TC_ROW_AMOUNT_OVERFLOW, TC_ROLE_QUANTITY, event);
    }
}

static int amount_role(const tc_row_rules *rules)
{
    return rules->column[TC_ROLE_AMOUNT] != NULL ? TC_ROLE_AMOUNT : TC_ROLE_QUANTITY;
}

uint64_t tc_row_order_of_day(int64_t time, uint64_t customer)
{
    return tc_hash_mix(tc_hash_mix((uint64_t)tc_date_day_of(time), TC_ORDER_SEED),
                       customer);
}

uint64_t tc_row_order_follow(uint64_t order, int64_t time, uint64_t from, uint64_t to)
{
    if (((order ^ tc_row_order_of_day(time, from)) & ~TC_ORDER_CANCELLED) != 0) {
        return order;
    }
    return (tc_row_order_of_day(time, to) & ~TC_ORDER_CANCELLED) |
           (order & TC_ORDER_CANCELLED);
}

/* Order id and what it says of returns. */
static void read_order(const tc_row_rules *rules, const tc_csv_text *text,
                       tc_row_event *event)
{
    char buffer[TC_ORDER_TEXT];
    tc_csv_text order = {"", 0};
    int prefixed = 0;
    if (rules->column[TC_ROLE_ORDER] != NULL) {
        order = utf8_of(rules, trim(text[TC_ROLE_ORDER]), buffer, sizeof buffer);
        prefixed =
            rules->return_prefix_n > 0 && order.n >= rules->return_prefix_n &&
            order.data[0] == rules->return_prefix[0] &&
            memcmp(order.data, rules->return_prefix, (size_t)rules->return_prefix_n) == 0;
    }
    if (order.n > 0) {
        event->order = tc_hash64_of(order.data, (size_t)order.n, TC_ORDER_SEED);
    } else {
        event->order = tc_row_order_of_day(event->time, event->hash.hi);
    }
    event->order =
        (event->order & ~TC_ORDER_CANCELLED) | (prefixed ? TC_ORDER_CANCELLED : 0);
    event->kind = prefixed || event->amount < 0 ? TC_KIND_RETURN : TC_KIND_PURCHASE;
    if (event->kind == TC_KIND_RETURN && rules->returns == TC_RETURNS_REJECT) {
        reject(event, TC_ROW_RETURN, prefixed ? TC_ROLE_ORDER : amount_role(rules));
    } else if (prefixed && event->amount > 0) {
        reject(event, TC_ROW_RETURN_POSITIVE, TC_ROLE_ORDER);
    }
    if (event->amount == 0 && rules->zero_amount == TC_ZERO_REJECT) {
        reject(event, TC_ROW_ZERO_AMOUNT, amount_role(rules));
    }
}

static tc_csv_text read_level(const tc_row_rules *rules, const tc_csv_text *text, int role,
                              tc_row_reason too_long, tc_row_event *event)
{
    char *const buffer = event->level[role == TC_ROLE_CATEGORY];
    tc_csv_text level = {"", 0};
    if (rules->column[role] == NULL) {
        return level;
    }
    level = trim(text[role]);
    if (level.n > TC_LEVEL_MAX) {
        reject(event, too_long, role);
    } else if (tc_text_odd(level.data, level.n) != 0) {
        const int64_t n =
            tc_text_decode(rules->encoding, level.data, level.n, buffer, TC_LEVEL_MAX);
        if (n < 0) {
            reject(event, n == TC_TEXT_LONG ? too_long : TC_ROW_ENCODING, role);
        } else {
            level = (tc_csv_text){buffer, n};
        }
    }
    return level;
}

void tc_row_read(const tc_row_rules *rules, const tc_csv_text text[TC_N_ROLES],
                 tc_row_event *event)
{
    tc_csv_text time = trim(text[TC_ROLE_TIME]);
    event->reason = TC_ROW_USED;
    event->role = -1;
    event->has_amount = event->complete = event->rounded = 0;
    event->unreadable = 0;
    event->has_product = 0;
    event->hash = (tc_hash128){0, 0};
    read_customer(rules, text[TC_ROLE_CUSTOMER], event);
    event->complete = tc_time_parse(&rules->time, time.data, time.n, &event->time);
    if (!event->complete) {
        reject(event, TC_ROW_TIME, TC_ROLE_TIME);
    }
    read_amount(rules, text, event);
    event->complete = event->complete && event->has_amount;
    if (event->complete) {
        read_order(rules, text, event);
    }
    event->channel = read_level(rules, text, TC_ROLE_CHANNEL, TC_ROW_CHANNEL_LONG, event);
    event->category =
        read_level(rules, text, TC_ROLE_CATEGORY, TC_ROW_CATEGORY_LONG, event);
}
