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

/* What a row says, as handed to tc_packed_write and got back from tc_packed_head_of. A row
 * that is rejected although its time and amount are good (kind TC_KIND_UNUSED) travels too,
 * to be counted among duplicates and orders; its codes are 0. */
typedef struct {
    int64_t time, amount;
    uint64_t order; /* hash of the order id, TC_ORDER_CANCELLED */
    uint64_t row;   /* hash of the record's bytes */
    uint64_t place; /* file << TC_PLACE_LINE_BITS | line; 0: nobody asks for it */
    uint32_t category;
    uint16_t channel;
    uint8_t kind;
    uint8_t alias; /* 0, or which of the ids of a merged customer the row came with */
} tc_packed_head;

/* What travels between ranks, and waits there to be put in order, is a stream of packed rows
 * without gaps. There is no hash of the customer inside: who needs it recomputes it from the
 * id, so nobody has to remember which ids were sent. An unused row carries in place of the
 * id the 8 bytes of its customer's hash.hi (0 if the id is missing). Bytes of a row:
 *    0  word: size of the row (8 bits), form (8), time (40, signed: the years 1..9999 take
 *       39), lower byte of the channel
 *    8  order   16  row   24  amount, lower half   28  category, lower half
 *   30  of a wide row: amount, upper half; category, upper half; upper byte of the channel;
 *       alias: 8 bytes
 *       with a place: it: 8 bytes
 *       id as normalised
 * A row that is not wide has a small amount, small codes and no alias, as nearly all have. */
enum {
    TC_PACKED_WIDE = 4,  /* form: this, */
    TC_PACKED_PLACE = 8, /* this, and kind in the lowest two bits */
    TC_PACKED_MIN = 30,  /* where the id begins at the least */
    TC_PACKED_ID_MAX = 128,
    TC_PACKED_MAX = TC_PACKED_MIN + 16 + TC_PACKED_ID_MAX /* bytes of the longest row */
};

static inline uint64_t tc_packed_word(const unsigned char *at, int64_t offset)
{
    uint64_t word;
    memcpy(&word, at + offset, sizeof word);
    return word;
}

/* Local, pure. Bytes of the whole row: at += tc_packed_size(at) is the next one; 1 if it is
 * not used; where the id begins, its length and itself (borrowed). */
static inline int64_t tc_packed_size(const unsigned char *at)
{
    return (int64_t)(tc_packed_word(at, 0) & 255);
}

static inline unsigned tc_packed_form(const unsigned char *at)
{
    return (unsigned)(tc_packed_word(at, 0) >> 8 & 255);
}

static inline int tc_packed_is_unused(const unsigned char *at)
{
    return (tc_packed_form(at) & 3) == (TC_KIND_UNUSED & 3);
}

static inline int64_t tc_packed_id_at(unsigned form)
{
    return TC_PACKED_MIN +
           (int64_t)((form & TC_PACKED_WIDE) * 2 + (form & TC_PACKED_PLACE));
}

static inline int64_t tc_packed_id_n(const unsigned char *at)
{
    return tc_packed_size(at) - tc_packed_id_at(tc_packed_form(at));
}

static inline const unsigned char *tc_packed_id(const unsigned char *at)
{
    return at + tc_packed_id_at(tc_packed_form(at));
}

/* Local, pure. Single parts of a row. */
static inline int64_t tc_packed_time(const unsigned char *at)
{
    return (int64_t)(tc_packed_word(at, 0) << 8) >> 24;
}

static inline uint64_t tc_packed_order(const unsigned char *at)
{
    return tc_packed_word(at, 8);
}

static inline uint64_t tc_packed_row(const unsigned char *at)
{
    return tc_packed_word(at, 16);
}

/* Local, pure. All of them. */
static inline tc_packed_head tc_packed_head_of(const unsigned char *at)
{
    const uint64_t word = tc_packed_word(at, 0);
    const unsigned form = tc_packed_form(at);
    tc_packed_head head = {.time = tc_packed_time(at),
                           .order = tc_packed_order(at),
                           .row = tc_packed_row(at),
                           .channel = (uint16_t)(word >> 56),
                           .kind = (uint8_t)(form & 3)};
    int32_t amount;
    uint16_t category;
    memcpy(&amount, at + 24, sizeof amount);
    memcpy(&category, at + 28, sizeof category);
    head.amount = amount;
    head.category = category;
    if ((form & TC_PACKED_WIDE) != 0) {
        const uint64_t upper = tc_packed_word(at, TC_PACKED_MIN);
        head.amount = (int64_t)(upper << 32 | (uint32_t)amount);
        head.category |= (uint32_t)(upper >> 32 & 0xFFFF) << 16;
        head.channel |= (uint16_t)((upper >> 48 & 255) << 8);
        head.alias = (uint8_t)(upper >> 56);
    }
    if ((form & TC_PACKED_PLACE) != 0) {
        head.place = tc_packed_word(at, tc_packed_id_at(form) - 8);
    }
    head.kind = head.kind == (TC_KIND_UNUSED & 3) ? TC_KIND_UNUSED : head.kind;
    return head;
}

/* Local, pure. Form that a row takes; wide: even if it need not be. */
static inline unsigned tc_packed_form_of(const tc_packed_head *head, int wide)
{
    const int narrow = (int32_t)head->amount == head->amount &&
                       head->category <= UINT16_MAX && head->channel <= UINT8_MAX &&
                       head->alias == 0;
    return (head->kind & 3u) | (narrow && !wide ? 0 : TC_PACKED_WIDE) |
           (head->place != 0 ? TC_PACKED_PLACE : 0);
}

/* Copies n bytes, mostly few. */
static inline void tc_packed_copy(unsigned char *to, const void *from, int64_t n)
{
    const unsigned char *const bytes = from;
    if (n >= 8 && n <= 16) {
        const uint64_t head = tc_packed_word(bytes, 0), tail = tc_packed_word(bytes, n - 8);
        memcpy(to, &head, sizeof head);
        memcpy(to + n - 8, &tail, sizeof tail);
    } else {
        memcpy(to, from, (size_t)n);
    }
}

/* Local. Writes a row in its form. Returns its bytes. */
static inline int64_t tc_packed_write_form(unsigned char *at, const tc_packed_head *head,
                                           unsigned form, const void *id, int64_t id_n)
{
    const int64_t id_at = tc_packed_id_at(form), size = id_at + id_n;
    const uint64_t word = (uint64_t)size | (uint64_t)form << 8 |
                          ((uint64_t)head->time << 24) >> 8 | (uint64_t)head->channel << 56;
    const uint32_t amount = (uint32_t)head->amount;
    const uint16_t category = (uint16_t)head->category;
    memcpy(at, &word, sizeof word);
    memcpy(at + 8, &head->order, sizeof head->order);
    memcpy(at + 16, &head->row, sizeof head->row);
    memcpy(at + 24, &amount, sizeof amount);
    memcpy(at + 28, &category, sizeof category);
    if ((form & TC_PACKED_WIDE) != 0) {
        const uint64_t upper =
            (uint64_t)head->amount >> 32 | (uint64_t)(head->category >> 16) << 32 |
            (uint64_t)(head->channel >> 8) << 48 | (uint64_t)head->alias << 56;
        memcpy(at + TC_PACKED_MIN, &upper, sizeof upper);
    }
    if ((form & TC_PACKED_PLACE) != 0) {
        memcpy(at + id_at - 8, &head->place, sizeof head->place);
    }
    tc_packed_copy(at + id_at, id, id_n);
    return size;
}

/* Local. The same; room for TC_PACKED_MAX bytes at `at`. */
static inline int64_t tc_packed_write(unsigned char *at, const tc_packed_head *head,
                                      const void *id, int64_t id_n)
{
    return tc_packed_write_form(at, head, tc_packed_form_of(head, 0), id, id_n);
}

/* Local. Changes a row in place; the codes of a wide one. */
static inline void tc_packed_set_order(unsigned char *at, uint64_t order)
{
    memcpy(at + 8, &order, sizeof order);
}

static inline void tc_packed_set_codes(unsigned char *at, uint16_t channel,
                                       uint32_t category)
{
    const uint64_t low = (uint64_t)1 << 56, word = tc_packed_word(at, 0) % low;
    const uint64_t upper = tc_packed_word(at, TC_PACKED_MIN) & ~((uint64_t)0xFFFFFF << 32);
    const uint64_t changed[2] = {word | channel * low,
                                 upper | (uint64_t)(category >> 16) << 32 |
                                     (uint64_t)(channel >> 8) << 48};
    const uint16_t half = (uint16_t)category;
    memcpy(at, &changed[0], sizeof changed[0]);
    memcpy(at + 28, &half, sizeof half);
    memcpy(at + TC_PACKED_MIN, &changed[1], sizeof changed[1]);
}

/* Local, pure. The word by which a row finds its owner and its place in the order: hi of
 * the customer's hash; of an unused row the hash of its bytes. */
static inline uint64_t tc_packed_route(const unsigned char *at)
{
    if (tc_packed_is_unused(at)) {
        return tc_packed_row(at);
    }
    return tc_hash128_of(tc_packed_id(at), (size_t)tc_packed_id_n(at)).hi;
}

#endif
