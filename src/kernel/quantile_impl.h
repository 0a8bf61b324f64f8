/* quantile_impl.h - the search for quantiles between its rounds; for src/kernel/quantile*.c only. */
#ifndef TC_QUANTILE_IMPL_H
#define TC_QUANTILE_IMPL_H

#include "tiercel/quantile.h"

#include <string.h>

enum {
    TC_DIGIT_BITS = 11,
    TC_DIGITS = 1 << TC_DIGIT_BITS,
    TC_NO_NODE = -1,
    TC_SETTLED = -2, /* node of a target whose key is known */
    TC_GATHER_MOST =
        16384 /* keys of a column that are gathered rather than counted again */
};

/* Zero is the one value that half of a column may hold, so it is counted by itself and left out of all later rounds:
 * its key is the least of its first digit. */
static const uint64_t TC_ZERO_KEY[2] = {(uint64_t)1 << 31, (uint64_t)1 << 63};

/* A prefix of the keys of one column that some wanted rank shares. Nodes are numbered in the order of
 * rounds; those of the coming round are the last ones. */
typedef struct {
    uint64_t prefix;
    int column;
    int32_t child
        [TC_DIGITS]; /* of a node of an earlier round: node that the next digit leads to */
} tc_quantile_node;

/* One wanted rank of one column. */
typedef struct {
    int64_t rank; /* among the keys below the prefix of its node */
    int64_t node; /* while the search goes on */
    uint64_t key; /* in the end */
} tc_quantile_target;

/* How far a column is. */
typedef enum { TC_COUNTING, TC_GATHERING, TC_FOUND } tc_quantile_state;

struct tc_quantile {
    tc_quantile_request request;
    int round;
    tc_quantile_node *nodes;
    int64_t n_nodes, capacity, first_active;
    tc_quantile_target *targets; /* [n_columns][n_p][2]: rank floor(h) and the one above */
    int64_t *n_valid;            /* [n_columns], known after the first round */
    int *depth;                  /* [n_columns] digits that the nodes of the column have */
    tc_quantile_state *state;    /* [n_columns] */
};

static inline int tc_key_bits(const tc_quantile *q, int column)
{
    return q->request.columns[column].is_double ? 64 : 32;
}

/* Digit of a round: 11 bits from the top, fewer at the end. */
static inline int tc_digit_shift(int bits, int round)
{
    const int shift = bits - TC_DIGIT_BITS * (round + 1);
    return shift > 0 ? shift : 0;
}

static inline uint64_t tc_digit_mask(int bits, int round)
{
    const int left = bits - TC_DIGIT_BITS * round;
    const int width = left < TC_DIGIT_BITS ? left : TC_DIGIT_BITS;
    return ((uint64_t)1 << (width > 0 ? width : 0)) - 1;
}

static inline int tc_rounds_of(int bits)
{
    return (bits + TC_DIGIT_BITS - 1) / TC_DIGIT_BITS;
}

/* Unsigned keys in the order of the numbers: negative ones reversed, positive ones above them. */
static inline uint64_t tc_key_of_double(double v)
{
    const double number = v + 0.0; /* -0 becomes +0 */
    uint64_t u;
    memcpy(&u, &number, sizeof u);
    return (u >> 63) != 0 ? ~u : u | ((uint64_t)1 << 63);
}

static inline uint64_t tc_key_of_float(float v)
{
    const float number = v + 0.0F;
    uint32_t u;
    memcpy(&u, &number, sizeof u);
    return (u >> 31) != 0 ? ~u : u | ((uint32_t)1 << 31);
}

/* Keys of a piece of a column, without zeros, the missing and the unused; short enough for the first cache. */
enum { TC_QUANTILE_CHUNK = 512 };
typedef struct {
    uint64_t key[TC_QUANTILE_CHUNK];
    int32_t at[TC_QUANTILE_CHUNK]; /* node that the key has come to */
    int n;
    int n_zero; /* that were left out */
} tc_quantile_chunk;

/* Fills a chunk from rows row .. row + n - 1 and follows its keys through the rounds that are done; keys that no wanted
 * rank shares are dropped. */
void tc_quantile_fill(const tc_quantile *q, int column, int64_t row, int n,
                      tc_quantile_chunk *piece);

#endif
