#include "tiercel/csv_scan.h"

static int is_blank(const tc_csv_dialect *dialect, char c)
{
    return (c == ' ' || c == '\t') && (unsigned char)c != dialect->delimiter;
}

/* Places and lines; a blank beside a place is seen by the masks of neighbours. */
static void scan_bytes(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                       uint32_t first, tc_csv_places *out)
{
    int beside = 1, blank = 0;
    for (int64_t i = 0; i < n; i++) {
        const char c = bytes[i];
        const int form = dialect->special[(unsigned char)c];
        const int found = form && (c != '\r' || bytes[i + 1] != '\n');
        out->place[out->n_places] = first + (uint32_t)i;
        out->n_places += found;
        out->line[out->n_lines] = first + (uint32_t)i;
        out->n_lines += c == '\n';
        out->irregular |= found && c != '\n' && (unsigned char)c != dialect->delimiter;
        out->padded |= (form && blank) || (beside && is_blank(dialect, c));
        out->high |= (unsigned char)c >= 0x80;
        beside = form;
        blank = is_blank(dialect, c);
    }
    out->padded |= blank;
}

void tc_csv_scan_plain(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                       uint32_t first, tc_csv_places *out)
{
    out->irregular = out->padded = out->high = 0;
    scan_bytes(dialect, bytes, n, first, out);
}

#if defined(__x86_64__)
#include <immintrin.h>

enum { BLOCK = 64 };

#define WITH_AVX2 __attribute__((target("avx2,bmi,popcnt")))

/* The bytes of a dialect, 32 times each. */
typedef struct {
    __m256i delimiter, quote, newline, cr, nul, blank, tab;
} patterns;

/* Bit i belongs to byte i of a block. */
typedef struct {
    uint64_t form, newline, cr, blank, flaw, high;
} masks;

WITH_AVX2 static inline uint64_t bits(__m256i low, __m256i high)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

WITH_AVX2 static inline uint64_t equal(__m256i a, __m256i b, __m256i pattern)
{
    return bits(_mm256_cmpeq_epi8(a, pattern), _mm256_cmpeq_epi8(b, pattern));
}

WITH_AVX2 static inline uint64_t equal_one(__m256i a, __m256i b, __m256i x, __m256i y)
{
    return bits(_mm256_or_si256(_mm256_cmpeq_epi8(a, x), _mm256_cmpeq_epi8(a, y)),
                _mm256_or_si256(_mm256_cmpeq_epi8(b, x), _mm256_cmpeq_epi8(b, y)));
}

WITH_AVX2 static inline masks masks_of(const patterns *p, const char *bytes)
{
    const __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    const __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32));
    masks m = {.newline = equal(a, b, p->newline),
               .cr = equal(a, b, p->cr),
               .blank = equal_one(a, b, p->blank, p->tab),
               .flaw = equal_one(a, b, p->quote, p->nul),
               .high = (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_or_si256(a, b))};
    if (m.cr != 0) {
        m.flaw |=
            m.cr & ~(m.newline >> 1 | (uint64_t)(bytes[BLOCK] == '\n') << (BLOCK - 1));
    }
    m.form = equal(a, b, p->delimiter) | m.newline | m.flaw;
    return m;
}

/* Most blocks have up to eight places and up to two lines: these are written without a
 * branch. */
WITH_AVX2 static inline uint32_t *write_places(uint64_t mask, uint32_t first, uint32_t *to)
{
    uint32_t *const end = to + _mm_popcnt_u64(mask);
    do {
        for (int k = 0; k < 8; k++) {
            to[k] = first + (uint32_t)_tzcnt_u64(mask);
            mask = _blsr_u64(mask);
        }
        to += 8;
    } while (to < end);
    return end;
}

WITH_AVX2 static inline uint32_t *write_lines(uint64_t mask, uint32_t first, uint32_t *to)
{
    uint32_t *const end = to + _mm_popcnt_u64(mask);
    to[0] = first + (uint32_t)_tzcnt_u64(mask);
    mask = _blsr_u64(mask);
    to[1] = first + (uint32_t)_tzcnt_u64(mask);
    for (to += 2; to < end; to++) {
        mask = _blsr_u64(mask);
        *to = first + (uint32_t)_tzcnt_u64(mask);
    }
    return end;
}

WITH_AVX2 static void scan_avx2(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                                uint32_t first, tc_csv_places *out)
{
    const int d = dialect->delimiter;
    const int quote = dialect->quote == TC_CSV_NO_QUOTE ? 0 : dialect->quote;
    const patterns p = {.delimiter = _mm256_set1_epi8((char)d),
                        .quote = _mm256_set1_epi8((char)quote),
                        .newline = _mm256_set1_epi8('\n'),
                        .cr = _mm256_set1_epi8('\r'),
                        .nul = _mm256_setzero_si256(),
                        .blank = _mm256_set1_epi8(d == ' ' ? '\t' : ' '),
                        .tab = _mm256_set1_epi8(d == '\t' ? ' ' : '\t')};
    uint64_t flaws = 0, high = 0, padded = 0, beside = 1, blank = 0;
    uint32_t *place = out->place + out->n_places, *line = out->line + out->n_lines;
    int64_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        const masks m = masks_of(&p, bytes + i);
        const uint64_t form = m.form | m.cr;
        padded |= (m.blank & (form << 1 | form >> 1 | beside)) | (blank & form);
        beside = form >> (BLOCK - 1);
        blank = m.blank >> (BLOCK - 1);
        flaws |= m.flaw;
        high |= m.high;
        place = write_places(m.form, first + (uint32_t)i, place);
        line = write_lines(m.newline, first + (uint32_t)i, line);
    }
    out->n_places = place - out->place;
    out->n_lines = line - out->line;
    out->irregular = flaws != 0;
    out->padded = (padded | blank) != 0;
    out->high = high != 0;
    scan_bytes(dialect, bytes + i, n - i, first + (uint32_t)i, out);
}

void tc_csv_scan(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                 uint32_t first, tc_csv_places *out)
{
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) {
        scan_avx2(dialect, bytes, n, first, out);
    } else {
        tc_csv_scan_plain(dialect, bytes, n, first, out);
    }
}
#else
void tc_csv_scan(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                 uint32_t first, tc_csv_places *out)
{
    tc_csv_scan_plain(dialect, bytes, n, first, out);
}
#endif
