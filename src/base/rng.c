#include "tiercel/rng.h"

#include "tiercel/hash.h"
#include "tiercel/wide.h"

tc_rng tc_rng_stream(uint64_t seed, uint64_t purpose, uint64_t item)
{
    const uint64_t key =
        tc_hash_mix(item, tc_hash_mix(purpose, tc_hash_mix(seed, 0x7469u)));
    return (tc_rng){.key = key, .counter = 0};
}

uint64_t tc_rng_next(tc_rng *rng)
{
    const uint64_t counter = rng->counter++;
    return tc_hash_mix(tc_hash_mix(counter, rng->key), rng->key ^ 0xD1B54A32D192ED03u);
}

double tc_rng_uniform(tc_rng *rng)
{
    return tc_rng_unit(tc_rng_next(rng));
}

uint64_t tc_rng_below(tc_rng *rng, uint64_t n)
{
    const uint64_t floor = (0u - n) % n;
    for (;;) {
        const tc_u128 product = (tc_u128)tc_rng_next(rng) * n;
        if ((uint64_t)product >= floor) {
            return (uint64_t)(product >> 64);
        }
    }
}
