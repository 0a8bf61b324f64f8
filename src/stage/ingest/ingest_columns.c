/* ingest_columns.c - loops of few instructions and few surprises for the processor: each looks
 * at one thing in all rows of a batch. A row that any of them cannot settle becomes odd. */
#include "ingest_columns.h"

#include "tiercel/decimal.h"
#include "tiercel/digits.h"
#include "tiercel/digits_many.h"

#include <string.h>

static int is_mapped(const tc_row_rules *rules, int role)
{
    return rules->column[role] != NULL;
}

/* 1 if the bytes of a text can stand as they are. */
static int stands(const tc_row_rules *rules, const char *text, int64_t n)
{
    return tc_text_odd(text, n) == 0 ||
           (rules->encoding == TC_ENCODING_UTF8 && tc_text_is_utf8(text, n));
}

/* Texts of up to `most` bytes that can stand as they are. */
static void check_texts(const tc_row_rules *rules, const tc_table_batch *batch, int role,
                        int64_t most, tc_columns *out)
{
    const tc_pieces *const text = &out->role[role];
    for (int64_t i = 0; i < batch->n && batch->longest > most; i++) {
        out->odd[i] |= tc_piece_n(text, i) > most;
    }
    for (int64_t i = 0; i < batch->n && batch->high; i++) {
        out->odd[i] |= !stands(rules, tc_piece_data(text, i), tc_piece_n(text, i));
    }
}

/* 1 if an id of the files may become another one. */
static int changes(const tc_row_rules *rules, const char *id, int64_t n)
{
    const unsigned char first =
        rules->id_case == TC_CASE_LOWER ? (unsigned char)'A' : (unsigned char)'a';
    int found = rules->id_strip_decimal && memchr(id, '.', (size_t)n) != NULL;
    for (int64_t i = 0; i < n && rules->id_case != TC_CASE_KEEP; i++) {
        found |= (unsigned)((unsigned char)id[i] - first) < 26;
    }
    return found;
}

static void read_customers(const tc_row_rules *rules, const tc_table_batch *batch,
                           tc_columns *out)
{
    const tc_pieces *const id = &out->role[TC_ROLE_CUSTOMER];
    check_texts(rules, batch, TC_ROLE_CUSTOMER, TC_ID_MAX, out);
    if (rules->id_strip_decimal || rules->id_case != TC_CASE_KEEP) {
        for (int64_t i = 0; i < batch->n; i++) {
            out->odd[i] |= changes(rules, tc_piece_data(id, i), tc_piece_n(id, i)) != 0;
        }
    }
    tc_hash128_pieces(id, batch->n, out->hash);
    for (int64_t i = 0; i < batch->n; i++) {
        out->odd[i] |= (tc_piece_n(id, i) == 0) |
                       ((out->hash[i].hi | out->hash[i].lo) == 0); /* means "no customer" */
    }
}

_Static_assert((int)TC_TABLE_SLACK >= (int)TC_DIGITS_SLACK, "a batch can be read so far");

static void read_times(const tc_row_rules *rules, const tc_table_batch *batch,
                       tc_columns *out)
{
    const tc_pieces *const time = &out->role[TC_ROLE_TIME];
    unsigned char failed[TC_TABLE_BATCH];
    if (rules->time.kind == TC_TIME_ISO) {
        tc_digits_times(time, batch->n, out->time, failed);
    } else {
        memset(failed, 1, sizeof failed);
    }
    for (int64_t i = 0; i < batch->n; i++) {
        if (failed[i]) {
            int64_t seconds = 0;
            out->odd[i] |= !tc_time_parse_any(&rules->time, tc_piece_data(time, i),
                                              tc_piece_n(time, i), &seconds);
            out->time[i] = seconds;
        }
    }
}

/* A number that is not short and plain. 0: it is none, or not a multiple of 1/10,000. */
static int read_any(const tc_row_rules *rules, const char *text, int64_t n, int64_t *value)
{
    tc_decimal number = {0, TC_DECIMAL_PLACES};
    int rounded = 0;
    const int is_number =
        (rules->encoding == TC_ENCODING_UTF8 || tc_text_is_ascii(text, n)) &&
        tc_number_parse_factor(&rules->number, text, n, &number, &rounded) == TC_DECIMAL_OK;
    *value = number.value;
    return is_number && !rounded && number.places == TC_DECIMAL_PLACES;
}

static void read_numbers(const tc_row_rules *rules, const tc_pieces *number, int64_t n,
                         int64_t *value, unsigned char *odd)
{
    unsigned char failed[TC_TABLE_BATCH];
    if (rules->number.plain) {
        tc_digits_decimals(number, n, value, failed);
    } else {
        memset(failed, 1, sizeof failed);
    }
    for (int64_t i = 0; i < n; i++) {
        if (failed[i]) {
            odd[i] |= !read_any(rules, tc_piece_data(number, i), tc_piece_n(number, i),
                                &value[i]);
        }
    }
}

/* Quantities times prices, into `product`, where they are whole multiples of 1/10,000. */
static void read_products(const tc_row_rules *rules, int64_t n, int64_t *product,
                          tc_columns *out)
{
    int64_t price[TC_TABLE_BATCH] = {0};
    read_numbers(rules, &out->role[TC_ROLE_QUANTITY], n, product, out->odd);
    read_numbers(rules, &out->role[TC_ROLE_UNIT_PRICE], n, price, out->odd);
    for (int64_t i = 0; i < n; i++) {
        int64_t exact = 0;
        out->odd[i] |= __builtin_mul_overflow(product[i], price[i], &exact) ||
                       exact % TC_DECIMAL_ONE != 0;
        product[i] = exact / TC_DECIMAL_ONE;
    }
}

static void read_amounts(const tc_row_rules *rules, const tc_table_batch *batch,
                         tc_columns *out)
{
    if (!is_mapped(rules, TC_ROLE_AMOUNT)) {
        read_products(rules, batch->n, out->amount, out);
        return;
    }
    read_numbers(rules, &out->role[TC_ROLE_AMOUNT], batch->n, out->amount, out->odd);
    out->has_product =
        is_mapped(rules, TC_ROLE_QUANTITY) && is_mapped(rules, TC_ROLE_UNIT_PRICE);
    if (out->has_product) {
        read_products(rules, batch->n, out->product, out);
    } else if (is_mapped(rules, TC_ROLE_QUANTITY)) {
        memset(out->odd, 1, sizeof out->odd);
    }
}

/* Those whose order id has the prefix of returns are marked by TC_ORDER_CANCELLED. */
static void read_order_ids(const tc_row_rules *rules, const tc_table_batch *batch,
                           tc_columns *out)
{
    const tc_pieces id = out->role[TC_ROLE_ORDER];
    const int64_t n_prefix = rules->return_prefix_n;
    const char *const prefix =
        n_prefix > 0 ? rules->return_prefix : "\n"; /* no text has it */
    tc_hash64_pieces(&id, batch->n, TC_ORDER_SEED, out->order);
    for (int64_t i = 0; i < batch->n; i++) {
        const char *const text = tc_piece_data(&id, i);
        const int64_t n = tc_piece_n(&id, i);
        out->order[i] &= ~TC_ORDER_CANCELLED;
        if (n == 0) {
            out->order[i] =
                tc_row_order_of_day(out->time[i], out->hash[i].hi) & ~TC_ORDER_CANCELLED;
        } else if (text[0] == prefix[0] && n >= n_prefix &&
                   memcmp(text, rules->return_prefix, (size_t)n_prefix) == 0) {
            out->order[i] |= TC_ORDER_CANCELLED;
        }
    }
    for (int64_t i = 0; i < batch->n && batch->high; i++) { /* may have to be decoded */
        out->odd[i] |= rules->encoding != TC_ENCODING_UTF8 &&
                       !tc_text_is_ascii(tc_piece_data(&id, i), tc_piece_n(&id, i));
    }
}

static void read_orders(const tc_row_rules *rules, const tc_table_batch *batch,
                        tc_columns *out)
{
    const int no_returns = rules->returns == TC_RETURNS_REJECT;
    const int no_zeros = rules->zero_amount == TC_ZERO_REJECT;
    if (is_mapped(rules, TC_ROLE_ORDER)) {
        read_order_ids(rules, batch, out);
    } else {
        for (int64_t i = 0; i < batch->n; i++) {
            out->order[i] =
                tc_row_order_of_day(out->time[i], out->hash[i].hi) & ~TC_ORDER_CANCELLED;
        }
    }
    for (int64_t i = 0; i < batch->n; i++) {
        const int64_t amount = out->amount[i];
        const int prefixed = (int)(out->order[i] & TC_ORDER_CANCELLED);
        const int is_return = prefixed | (amount < 0);
        out->kind[i] = (unsigned char)(is_return ? TC_KIND_RETURN : TC_KIND_PURCHASE);
        out->odd[i] |= ((is_return & no_returns) | (prefixed & (amount > 0)) |
                        ((amount == 0) & no_zeros)) != 0;
    }
}

void tc_columns_read(const tc_row_rules *rules, const tc_table_batch *batch,
                     tc_columns *out)
{
    const tc_pieces rows = tc_table_batch_rows(batch);
    out->n = batch->n;
    out->n_odd = 0;
    out->has_product = 0;
    memset(out->odd, 0, sizeof out->odd);
    for (int role = 0; role < TC_N_ROLES; role++) {
        if (is_mapped(rules, role)) {
            out->role[role] = tc_table_batch_column(batch, role);
        }
    }
    tc_hash64_pieces(&rows, batch->n, 0, out->row);
    read_customers(rules, batch, out);
    read_times(rules, batch, out);
    read_amounts(rules, batch, out);
    read_orders(rules, batch, out);
    for (int role = TC_ROLE_CHANNEL; role <= TC_ROLE_CATEGORY; role++) {
        if (is_mapped(rules, role)) {
            check_texts(rules, batch, role, TC_LEVEL_MAX, out);
        }
    }
    for (int64_t i = 0; i < batch->n; i++) {
        out->n_odd += out->odd[i];
    }
}
