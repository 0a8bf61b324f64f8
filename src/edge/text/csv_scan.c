#include "tiercel/csv_scan.h"

int64_t tc_csv_scan_plain(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                          uint32_t first, uint32_t *place)
{
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++) {
        place[found] = first + (uint32_t)i;
        found += dialect->special[(unsigned char)bytes[i]] &&
                 (bytes[i] != '\r' || bytes[i + 1] != '\n');
    }
    return found;
}

#if defined(__x86_64__)
#include <immintrin.h>

enum { BLOCK = 64 };

#define WITH_AVX2 __attribute__((target("avx2,bmi,popcnt")))

/* The bytes of a dialect, 32 times each. */
typedef struct {
    __m256i delimiter, quote, newline, cr, nul;
} patterns;

WITH_AVX2 static inline uint64_t mask_of(__m256i low, __m256i high)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

WITH_AVX2 static inline __m256i form_of(const patterns *p, __m256i v)
{
    return _mm256_or_si256(
        _mm256_or_si256(_mm256_cmpeq_epi8(v, p->delimiter),
                        _mm256_cmpeq_epi8(v, p->newline)),
        _mm256_or_si256(_mm256_cmpeq_epi8(v, p->quote), _mm256_cmpeq_epi8(v, p->nul)));
}

/* Bit i: byte i of the block is one of those looked for. */
WITH_AVX2 static inline uint64_t block_mask(const patterns *p, const char *bytes)
{
    const __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    const __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32));
    uint64_t mask = mask_of(form_of(p, a), form_of(p, b));
    const uint64_t cr = mask_of(_mm256_cmpeq_epi8(a, p->cr), _mm256_cmpeq_epi8(b, p->cr));
    if (cr != 0) {
        const uint64_t newline =
            mask_of(_mm256_cmpeq_epi8(a, p->newline), _mm256_cmpeq_epi8(b, p->newline));
        mask |= cr & ~(newline >> 1 | (uint64_t)(bytes[BLOCK] == '\n') << (BLOCK - 1));
    }
    return mask;
}

/* Eight at a time without a branch, as most blocks have no more. */
WITH_AVX2 static inline int64_t write_bits(uint64_t mask, uint32_t first, uint32_t *place)
{
    const int64_t n = _mm_popcnt_u64(mask);
    for (int64_t i = 0; i < n; i += 8) {
        for (int64_t k = i; k < i + 8; k++) {
            place[k] = first + (uint32_t)_tzcnt_u64(mask);
            mask = _blsr_u64(mask);
        }
    }
    return n;
}

WITH_AVX2 static int64_t scan_avx2(const tc_csv_dialect *dialect, const char *bytes,
                                   int64_t n, uint32_t first, uint32_t *place)
{
    const int quote =
        dialect->quote == TC_CSV_NO_QUOTE ? dialect->delimiter : dialect->quote;
    const patterns p = {_mm256_set1_epi8((char)dialect->delimiter),
                        _mm256_set1_epi8((char)quote), _mm256_set1_epi8('\n'),
                        _mm256_set1_epi8('\r'), _mm256_setzero_si256()};
    int64_t found = 0, i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        found += write_bits(block_mask(&p, bytes + i), first + (uint32_t)i, place + found);
    }
    return found +
           tc_csv_scan_plain(dialect, bytes + i, n - i, first + (uint32_t)i, place + found);
}

int64_t tc_csv_scan(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                    uint32_t first, uint32_t *place)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")
               ? scan_avx2(dialect, bytes, n, first, place)
               : tc_csv_scan_plain(dialect, bytes, n, first, place);
}
#else
int64_t tc_csv_scan(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                    uint32_t first, uint32_t *place)
{
    return tc_csv_scan_plain(dialect, bytes, n, first, place);
}
#endif
