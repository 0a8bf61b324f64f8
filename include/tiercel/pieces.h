/* pieces.h - many short texts in one block of bytes, one a row, between places that are known
 * (base layer; inline). */
#ifndef TC_PIECES_H
#define TC_PIECES_H

#include <stdint.h>

/* Piece i begins behind the byte at end[i * stride - lag] and ends in front of the byte at
 * end[i * stride], without the last `less` bytes. All borrowed. A place in front of the block
 * is UINT32_MAX. */
typedef struct {
    const char *bytes;
    const uint32_t *end;
    int64_t stride, lag;
    uint32_t less;
} tc_pieces;

static inline const char *tc_piece_data(const tc_pieces *pieces, int64_t i)
{
    return pieces->bytes + (uint32_t)(pieces->end[i * pieces->stride - pieces->lag] + 1U);
}

static inline const char *tc_piece_end(const tc_pieces *pieces, int64_t i)
{
    return pieces->bytes + pieces->end[i * pieces->stride] - pieces->less;
}

static inline int64_t tc_piece_n(const tc_pieces *pieces, int64_t i)
{
    const int64_t at = i * pieces->stride;
    return (int64_t)(uint32_t)(pieces->end[at] - pieces->end[at - pieces->lag] - 1U -
                               pieces->less);
}

#endif
