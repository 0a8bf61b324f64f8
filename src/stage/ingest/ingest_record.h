/* ingest_record.h - private to ingest: one row of the input on its way to the owner of its
 * customer, and why a row is not used. */
#ifndef TC_INGEST_RECORD_H
#define TC_INGEST_RECORD_H

#include "tiercel/hash.h"
#include "tiercel/rfm.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
    X(TC_ROW_LONG, "long")                                                                 \
    X(TC_ROW_QUOTE, "quote")                                                               \
    X(TC_ROW_SWALLOWED, "swallowed")                                                       \
    X(TC_ROW_NUL, "nul")                                                                   \
    X(TC_ROW_CARRIAGE_RETURN, "carriage_return")                                           \
    X(TC_ROW_FIELDS, "fields")                                                             \
    X(TC_ROW_CUSTOMER_MISSING, "customer_missing")                                         \
    X(TC_ROW_CUSTOMER_LONG, "customer_long")                                               \
    X(TC_ROW_CUSTOMER_BYTES, "customer_bytes")                                             \
    X(TC_ROW_ENCODING, "encoding")                                                         \
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

/* What travels between ranks is a stream of packed rows without gaps: this head, one byte
 * with the length of the id, the id as normalised. There is no hash inside: who needs it
 * recomputes it from the id, so nobody has to remember which ids were sent. A row of kind
 * TC_KIND_UNUSED carries in place of the id the 8 bytes of its customer's hash.hi (0 if the
 * id is missing), and its codes are 0. */
typedef struct {
    int64_t time, amount;
    uint64_t order; /* hash of the order id, TC_ORDER_CANCELLED */
    uint64_t row;   /* hash of the record's bytes */
    uint64_t place; /* file << TC_PLACE_LINE_BITS | line */
    uint32_t category;
    uint16_t channel;
    uint8_t kind;
    uint8_t alias; /* 0, or which of the ids of a merged customer the row came with */
} tc_packed_head;

enum {
    TC_PACKED_ID_AT = sizeof(tc_packed_head) + 1, /* where the id begins */
    TC_PACKED_ID_MAX = 128,
    TC_PACKED_MAX = TC_PACKED_ID_AT + TC_PACKED_ID_MAX /* bytes of the longest row */
};

/* Local, pure. Head (a copy: rows are not aligned), length of the id, id (borrowed), bytes
 * of the whole row: at += tc_packed_size(at) is the next one. */
static inline tc_packed_head tc_packed_head_of(const unsigned char *at)
{
    tc_packed_head head;
    memcpy(&head, at, sizeof head);
    return head;
}

static inline int64_t tc_packed_id_n(const unsigned char *at)
{
    return (int64_t)at[sizeof(tc_packed_head)];
}

static inline const unsigned char *tc_packed_id(const unsigned char *at)
{
    return at + TC_PACKED_ID_AT;
}

static inline int64_t tc_packed_size(const unsigned char *at)
{
    return TC_PACKED_ID_AT + tc_packed_id_n(at);
}

/* Local. Writes a row; room for TC_PACKED_MAX bytes at `at`. Returns its bytes. */
static inline int64_t tc_packed_write(unsigned char *at, const tc_packed_head *head,
                                      const void *id, int64_t id_n)
{
    memcpy(at, head, sizeof *head);
    at[sizeof *head] = (unsigned char)id_n;
    memcpy(at + TC_PACKED_ID_AT, id, (size_t)id_n);
    return TC_PACKED_ID_AT + id_n;
}

/* Local, pure. The word by which a row finds its owner and its place in the order: hi of
 * the customer's hash; of an unused row the hash of its bytes. */
static inline uint64_t tc_packed_route(const unsigned char *at)
{
    if (at[offsetof(tc_packed_head, kind)] == TC_KIND_UNUSED) {
        return tc_packed_head_of(at).row;
    }
    return tc_hash128_of(tc_packed_id(at), (size_t)tc_packed_id_n(at)).hi;
}

#endif
