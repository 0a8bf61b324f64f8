/* rng.h - counter-based random numbers: a stream is a function of (seed, purpose, item),
 * never of rank, time or call order elsewhere. Base layer. */
#ifndef TC_RNG_H
#define TC_RNG_H

#include <stdint.h>

typedef struct {
    uint64_t key;
    uint64_t counter;
} tc_rng;

/* Local, pure. The stream of one item (customer hash, restart number, ...) for one purpose.
 * Two different (seed, purpose, item) give unrelated streams. */
tc_rng tc_rng_stream(uint64_t seed, uint64_t purpose, uint64_t item);

/* Local, pure. A number of the open interval (0, 1) from the upper 52 bits: with 53 the
 * largest one would be rounded to 1. */
static inline double tc_rng_unit(uint64_t bits)
{
    return ((double)(bits >> 12) + 0.5) * 0x1p-52;
}

/* Local. Next 64 bits, and the next number uniform in the open interval (0, 1) with 52
 * bits. */
uint64_t tc_rng_next(tc_rng *rng);
double tc_rng_uniform(tc_rng *rng);

/* Local. Uniform integer 0..n-1, n > 0, without bias (Lemire 2019, multiply-shift with
 * rejection). */
uint64_t tc_rng_below(tc_rng *rng, uint64_t n);

#endif
