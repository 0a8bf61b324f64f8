/* hash.h - XXH3 hashes of byte strings and of words. Base layer (leaf library: xxHash). */
#ifndef TC_HASH_H
#define TC_HASH_H

#include "tiercel/pieces.h"

#include <stddef.h>

/* Order of customers: hi first, then lo, then the id itself. */
typedef struct {
    uint64_t hi, lo;
} tc_hash128;

/* Local, pure. 128-bit XXH3 of a byte string. */
tc_hash128 tc_hash128_of(const void *bytes, size_t n);

/* Local. 32 hexadecimal digits and a zero. */
enum { TC_HASH_TEXT = 33 };
void tc_hash128_text(tc_hash128 hash, char text[TC_HASH_TEXT]);

/* Local, pure. 64-bit XXH3 of a byte string, with a seed. */
uint64_t tc_hash64_of(const void *bytes, size_t n, uint64_t seed);

/* Local, pure. The same of n pieces, to hash[n]: several are on their way at a time. */
void tc_hash128_pieces(const tc_pieces *pieces, int64_t n, tc_hash128 *hash);
void tc_hash64_pieces(const tc_pieces *pieces, int64_t n, uint64_t seed, uint64_t *hash);

/* Local, pure. Mixes one word into another (a bijection of word for each key): the step of
 * the order-free checksums and of the counter-based random numbers (splitmix64 finaliser,
 * Stafford variant 13). */
static inline uint64_t tc_hash_mix(uint64_t word, uint64_t key)
{
    uint64_t z = word + key * 0x9E3779B97F4A7C15u + 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

#endif
