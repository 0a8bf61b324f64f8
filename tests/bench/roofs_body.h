/* roofs_body.h - what one core reads and multiplies at best, for one instruction set. The file that includes it
 * defines WIDTH, the floats of a vector; MULTIPLY_ADD and READ, the names of the functions; TARGET. */

/* Multiply-adds of 12 chains, enough to hide the latency of two units; products are fused where the
 * processor can. */
TARGET static float MULTIPLY_ADD(int64_t n, float seed)
{
    typedef float vec __attribute__((vector_size(WIDTH * sizeof(float))));
    vec factor, chain[CHAINS];
    float sum = 0;
    for (int l = 0; l < WIDTH; l++) {
        factor[l] = seed;
    }
#pragma GCC unroll 12
    for (int c = 0; c < CHAINS; c++) {
        chain[c] = factor * (float)c;
    }
    for (int64_t i = 0; i < n; i++) {
#pragma GCC unroll 12
        for (int c = 0; c < CHAINS; c++) {
            chain[c] = chain[c] * factor + factor;
        }
    }
#pragma GCC unroll 12
    for (int c = 0; c < CHAINS; c++) {
        for (int l = 0; l < WIDTH; l++) {
            sum += chain[c][l];
        }
    }
    return sum;
}

/* Touches every line of n bytes, in the order of memory. */
TARGET static uint32_t READ(const void *bytes, int64_t n)
{
    typedef uint32_t vec
        __attribute__((vector_size(WIDTH * sizeof(uint32_t)), aligned(4), may_alias));
    const char *at = bytes;
    vec sum[READS] = {{0}};
    uint32_t all = 0;
    for (int64_t i = 0; i + READS * (int64_t)sizeof *sum <= n;
         i += READS * (int64_t)sizeof *sum) {
        __builtin_prefetch(at + (i + AHEAD < n ? i + AHEAD : i), 0, 2);
        if (sizeof sum > LINE) {
            __builtin_prefetch(at + (i + AHEAD < n ? i + AHEAD + LINE : i), 0, 2);
        }
#pragma GCC unroll 4
        for (int s = 0; s < READS; s++) {
            sum[s] ^= *(const vec *)(const void *)(at + i + s * (int64_t)sizeof *sum);
        }
    }
    for (int s = 0; s < READS; s++) {
        for (int l = 0; l < WIDTH; l++) {
            all ^= sum[s][l];
        }
    }
    return all;
}

#undef WIDTH
#undef MULTIPLY_ADD
#undef READ
#undef TARGET
