/* ingest_record.h - private to ingest: one row of the input on its way to the owner of its
 * customer, and why a row is not used. */
#ifndef TC_INGEST_RECORD_H
#define TC_INGEST_RECORD_H

#include "tiercel/rfm.h"

#include <stdint.h>

/* What a column means. X(role, member of tc_input_columns) */
#define TC_ROW_ROLES(X)                                                                    \
    X(TC_ROLE_CUSTOMER, customer)                                                          \
    X(TC_ROLE_TIME, time)                                                                  \
    X(TC_ROLE_AMOUNT, amount)                                                              \
    X(TC_ROLE_QUANTITY, quantity)                                                          \
    X(TC_ROLE_UNIT_PRICE, unit_price)                                                      \
    X(TC_ROLE_ORDER, order)                                                                \
    X(TC_ROLE_CHANNEL, channel)                                                            \
    X(TC_ROLE_CATEGORY, category)

typedef enum {
#define X(role, member) role,
    TC_ROW_ROLES(X)
#undef X
        TC_N_ROLES
} tc_row_role;

/* Why a row is rejected; the first that holds, in this order. X(reason, code in
 * rejects.csv) */
#define TC_ROW_REASONS(X)                                                                  \
    X(TC_ROW_USED, "used")                                                                 \
    X(TC_ROW_QUOTE, "quote")                                                               \
    X(TC_ROW_FIELDS, "fields")                                                             \
    X(TC_ROW_CUSTOMER_MISSING, "customer_missing")                                         \
    X(TC_ROW_CUSTOMER_LONG, "customer_long")                                               \
    X(TC_ROW_CUSTOMER_BYTES, "customer_bytes")                                             \
    X(TC_ROW_TIME, "time")                                                                 \
    X(TC_ROW_AMOUNT, "amount")                                                             \
    X(TC_ROW_QUANTITY, "quantity")                                                         \
    X(TC_ROW_UNIT_PRICE, "unit_price")                                                     \
    X(TC_ROW_AMOUNT_OVERFLOW, "amount_overflow")                                           \
    X(TC_ROW_RETURN, "return")                                                             \
    X(TC_ROW_RETURN_POSITIVE, "return_positive")                                           \
    X(TC_ROW_ZERO_AMOUNT, "zero_amount")                                                   \
    X(TC_ROW_CHANNEL_LONG, "channel_long")                                                 \
    X(TC_ROW_CATEGORY_LONG, "category_long")                                               \
    X(TC_ROW_DUPLICATE, "duplicate")

typedef enum {
#define X(reason, code) reason,
    TC_ROW_REASONS(X)
#undef X
        TC_N_REASONS
} tc_row_reason;

/* Lowest bit of the hash of an order: its id has the prefix of returns. */
#define TC_ORDER_CANCELLED ((uint64_t)1)

enum { TC_KIND_UNUSED = 255 }; /* beside the kinds of rfm.h */

enum { TC_PLACE_LINE_BITS = 40, TC_INGEST_SHARDS = 65536 };

/* 64 bytes. Its order as a key is hi, lo, time, order, amount, category, channel, kind,
 * row, place: a total order, for no two rows have one place. A row that is rejected
 * although its time and amount are good (kind TC_KIND_UNUSED) travels too, to be counted
 * among duplicates and orders: its hi is the row hash, its lo the customer's hi (0 if
 * missing), its codes are 0. */
typedef struct {
    uint64_t hi, lo; /* of the customer id */
    int64_t time, amount;
    uint64_t order; /* hash of the order id */
    uint64_t row;   /* hash of the record's bytes */
    uint64_t place; /* file << 40 | line */
    uint32_t category;
    uint16_t channel;
    uint8_t kind;
    uint8_t pad;
} tc_ingest_record;

#endif
