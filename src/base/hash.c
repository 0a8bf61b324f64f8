#include "tiercel/hash.h"

#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

tc_hash128 tc_hash128_of(const void *bytes, size_t n)
{
    const XXH128_hash_t h = XXH3_128bits(bytes, n);
    return (tc_hash128){.hi = h.high64, .lo = h.low64};
}

void tc_hash128_text(tc_hash128 hash, char text[TC_HASH_TEXT])
{
    (void)snprintf(text, TC_HASH_TEXT, "%016llx%016llx", (unsigned long long)hash.hi,
                   (unsigned long long)hash.lo);
}

uint64_t tc_hash64_of(const void *bytes, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, n, seed);
}

void tc_hash128_pieces(const tc_pieces *pieces, int64_t n, tc_hash128 *hash)
{
    for (int64_t i = 0; i < n; i++) {
        const XXH128_hash_t h =
            XXH3_128bits(tc_piece_data(pieces, i), (size_t)tc_piece_n(pieces, i));
        hash[i] = (tc_hash128){.hi = h.high64, .lo = h.low64};
    }
}

void tc_hash64_pieces(const tc_pieces *pieces, int64_t n, uint64_t seed, uint64_t *hash)
{
    for (int64_t i = 0; i < n; i++) {
        hash[i] = XXH3_64bits_withSeed(tc_piece_data(pieces, i),
                                       (size_t)tc_piece_n(pieces, i), seed);
    }
}
