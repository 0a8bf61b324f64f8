#include "tiercel/digits_many.h"

#include "tiercel/digits.h"

void tc_digits_decimals_plain(const tc_pieces *pieces, int64_t n, int64_t *value,
                              unsigned char *failed)
{
    for (int64_t i = 0; i < n; i++) {
        const int64_t bytes = tc_piece_n(pieces, i);
        failed[i] =
            bytes > 8 || !tc_digits_decimal(tc_piece_data(pieces, i), bytes, &value[i]);
    }
}

void tc_digits_times_plain(const tc_pieces *pieces, int64_t n, int64_t *seconds,
                           unsigned char *failed)
{
    for (int64_t i = 0; i < n; i++) {
        failed[i] = tc_piece_n(pieces, i) != TC_DIGITS_TIME ||
                    !tc_digits_time(tc_piece_data(pieces, i), &seconds[i]);
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

#define WITH_AVX2 __attribute__((target("avx2")))

/* Four bytes, 0 where a bit is set and 1 where it is not. */
static const uint32_t spread[16] = {0x01010101, 0x01010100, 0x01010001, 0x01010000,
                                    0x01000101, 0x01000100, 0x01000001, 0x01000000,
                                    0x00010101, 0x00010100, 0x00010001, 0x00010000,
                                    0x00000101, 0x00000100, 0x00000001, 0x00000000};

/* Texts of four rows: their last eight bytes, and how many there are. */
typedef struct {
    __m256i word, n;
} quad;

WITH_AVX2 static inline quad load_quad(const tc_pieces *p, int64_t i)
{
    const int64_t stride = p->stride;
    const uint32_t *const a = p->end + i * stride, *const b = a + stride;
    const uint32_t *const c = b + stride, *const d = c + stride;
    const char *const bytes = p->bytes - 8 - p->less;
    const __m128i end = _mm_setr_epi32((int)*a, (int)*b, (int)*c, (int)*d);
    const __m128i before =
        _mm_setr_epi32((int)a[-p->lag], (int)b[-p->lag], (int)c[-p->lag], (int)d[-p->lag]);
    const __m128i size =
        _mm_sub_epi32(_mm_sub_epi32(end, before), _mm_set1_epi32((int)p->less + 1));
    return (quad){_mm256_setr_epi64x(
                      (long long)tc_word_of(bytes + *a), (long long)tc_word_of(bytes + *b),
                      (long long)tc_word_of(bytes + *c), (long long)tc_word_of(bytes + *d)),
                  _mm256_cvtepu32_epi64(size)};
}

/* The number of eight digits, the first in the lowest byte, of each lane: pairs, fours, all. */
WITH_AVX2 static inline __m256i number_of(__m256i digits)
{
    const __m256i pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x010A));
    const __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00010064));
    return _mm256_add_epi64(_mm256_mul_epu32(fours, _mm256_set1_epi64x(10000)),
                            _mm256_srli_epi64(fours, 32));
}

/* Lanes of the result are -1 where there is a number. */
WITH_AVX2 static inline __m256i decimals_of(quad q, __m256i *value)
{
    const __m256i zero = _mm256_setzero_si256(), all = _mm256_set1_epi64x(-1);
    const __m256i unit = _mm256_setr_epi32(10000, 0, 0, 1, 10, 100, 1000, 10000);
    const __m256i nine = _mm256_set1_epi8(9), byte = _mm256_set1_epi64x(0xFF);
    const __m256i shift =
        _mm256_slli_epi64(_mm256_sub_epi64(_mm256_set1_epi64x(8), q.n), 3);
    const __m256i keep = _mm256_sllv_epi64(all, shift); /* 0 beyond eight bytes */
    const __m256i first = _mm256_sllv_epi64(byte, shift);
    const __m256i minus = _mm256_cmpeq_epi64(
        _mm256_and_si256(_mm256_cmpeq_epi8(q.word, _mm256_set1_epi8('-')), first), first);
    const __m256i digits = _mm256_andnot_si256(
        _mm256_and_si256(minus, first),
        _mm256_and_si256(_mm256_sub_epi8(q.word, _mm256_set1_epi8('0')), keep));
    const __m256i points =
        _mm256_and_si256(_mm256_cmpeq_epi8(q.word, _mm256_set1_epi8('.')), keep);
    const __m256i below = _mm256_andnot_si256(points, _mm256_add_epi64(points, all));
    const __m256i upto = _mm256_or_si256(_mm256_slli_epi64(below, 8), byte);
    const __m256i whole = _mm256_cmpeq_epi64(points, zero);
    const __m256i squeezed =
        _mm256_or_si256(_mm256_slli_epi64(_mm256_and_si256(digits, below), 8),
                        _mm256_andnot_si256(upto, digits));
    const __m256i number = _mm256_blendv_epi8(squeezed, digits, whole);
    /* bytes in front of the point: 8 if there is none, and from 3 on four decimals at most */
    const __m256i place = _mm256_sad_epu8(_mm256_sub_epi8(zero, below), zero);
    const __m256i size =
        _mm256_mul_epu32(number_of(number), _mm256_permutevar8x32_epi32(unit, place));
    /* n - (minus) - (point) > 0, and n <= 8 */
    const __m256i left = _mm256_sub_epi64(_mm256_add_epi64(q.n, minus),
                                          _mm256_add_epi64(whole, _mm256_set1_epi64x(1)));
    __m256i good =
        _mm256_cmpeq_epi64(_mm256_cmpeq_epi8(_mm256_max_epu8(number, nine), nine), all);
    good = _mm256_and_si256(good, _mm256_cmpgt_epi64(left, zero));
    good = _mm256_and_si256(good, _mm256_cmpgt_epi64(_mm256_set1_epi64x(9), q.n));
    good = _mm256_and_si256(good, _mm256_cmpgt_epi64(place, _mm256_set1_epi64x(2)));
    *value = _mm256_sub_epi64(_mm256_xor_si256(size, minus), minus);
    return good;
}

WITH_AVX2 static void decimals_avx2(const tc_pieces *pieces, int64_t n, int64_t *value,
                                    unsigned char *failed)
{
    const tc_pieces p = *pieces; /* not in reach of what is written */
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        __m256i v;
        const __m256i good = decimals_of(load_quad(&p, i), &v);
        _mm256_storeu_si256((__m256i *)(void *)(value + i), v);
        memcpy(failed + i, &spread[_mm256_movemask_pd(_mm256_castsi256_pd(good))], 4);
    }
    if (i < n) {
        const tc_pieces rest = {p.bytes, p.end + i * p.stride, p.stride, p.lag, p.less};
        tc_digits_decimals_plain(&rest, n - i, value + i, failed + i);
    }
}

/* Year; month * 64 + day; minute of the day; second. 0 0 0 0 unless the text is of the usual
 * form and each part no larger than it ever is. */
WITH_AVX2 static inline __m128i parts_of(const char *text)
{
    const __m128i low = _mm_loadu_si128((const __m128i *)(const void *)text);
    const __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(text + 3));
    const __m128i nine = _mm_set1_epi8(9);
    const __m128i most = _mm_setr_epi16(99, 99, 12, 31, 23, 59, 59, 0);
    const __m128i digits = _mm_sub_epi8(
        _mm_or_si128(_mm_shuffle_epi8(low, _mm_setr_epi8(0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14,
                                                         15, -1, -1, -1, -1)),
                     _mm_shuffle_epi8(high, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1,
                                                          -1, -1, -1, -1, 14, 15, -1, -1))),
        _mm_setr_epi8('0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0',
                      0, 0));
    const __m128i pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010A));
    /* - - : : in bytes 4, 7, 13, 16 of the text */
    const __m128i signs = _mm_shuffle_epi8(
        high, _mm_setr_epi8(1, 4, 10, 13, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
    const int right =
        (_mm_cvtsi128_si32(signs) == 0x3A3A2D2D) & ((text[10] == ' ') | (text[10] == 'T'));
    const __m128i fits = _mm_and_si128(_mm_cmpeq_epi8(_mm_max_epu8(digits, nine), nine),
                                       _mm_cmpeq_epi8(_mm_max_epi16(pairs, most), most));
    const int good = right & (_mm_movemask_epi8(fits) == 0xFFFF);
    const __m128i parts = _mm_madd_epi16(pairs, _mm_setr_epi16(100, 1, 64, 1, 60, 1, 1, 0));
    return _mm_and_si128(parts, _mm_set1_epi32(-good));
}

/* x / 100 of lanes below 43,699. */
WITH_AVX2 static inline __m128i centuries(__m128i x)
{
    return _mm_srli_epi32(_mm_mullo_epi32(x, _mm_set1_epi32(5243)), 19);
}

/* Lanes are -1 where the date exists. */
WITH_AVX2 static inline __m128i exists(__m128i year, __m128i month, __m128i day)
{
    const __m128i one = _mm_set1_epi32(1), three = _mm_set1_epi32(3);
    const __m128i zero = _mm_setzero_si128(), century = centuries(year);
    const __m128i by_4 = _mm_cmpeq_epi32(_mm_and_si128(year, three), zero);
    const __m128i by_400 = _mm_cmpeq_epi32(_mm_and_si128(century, three), zero);
    const __m128i by_100 =
        _mm_cmpeq_epi32(_mm_mullo_epi32(century, _mm_set1_epi32(100)), year);
    const __m128i leap = _mm_and_si128(
        by_4, _mm_or_si128(by_400, _mm_xor_si128(by_100, _mm_set1_epi32(-1))));
    const __m128i february = _mm_cmpeq_epi32(month, _mm_set1_epi32(2));
    const __m128i odd = _mm_and_si128(_mm_xor_si128(month, _mm_srli_epi32(month, 3)), one);
    const __m128i usual = _mm_add_epi32(_mm_set1_epi32(30), odd);
    const __m128i length =
        _mm_blendv_epi8(usual, _mm_sub_epi32(_mm_set1_epi32(28), leap), february);
    return _mm_and_si128(
        _mm_and_si128(_mm_cmpgt_epi32(year, zero), _mm_cmpgt_epi32(month, zero)),
        _mm_andnot_si128(_mm_cmpgt_epi32(day, length), _mm_cmpgt_epi32(day, zero)));
}

/* Days since 1970-01-01, from years that begin in March, so that a leap day is the last
 * (the divisor of the months is that of H. Hinnant, "chrono-compatible low-level date
 * algorithms", 2014, with a shift for the division). */
WITH_AVX2 static inline __m128i days_of(__m128i year, __m128i month, __m128i day)
{
    const __m128i late = _mm_cmpgt_epi32(month, _mm_set1_epi32(2));
    const __m128i past = _mm_sub_epi32(_mm_sub_epi32(year, _mm_set1_epi32(1)), late);
    const __m128i since =
        _mm_add_epi32(month, _mm_blendv_epi8(_mm_set1_epi32(9), _mm_set1_epi32(-3), late));
    const __m128i before = _mm_srli_epi32(
        _mm_add_epi32(_mm_mullo_epi32(since, _mm_set1_epi32(979)), _mm_set1_epi32(15)), 5);
    const __m128i century = centuries(past);
    __m128i days = _mm_add_epi32(_mm_mullo_epi32(past, _mm_set1_epi32(365)), before);
    days = _mm_add_epi32(days, _mm_sub_epi32(_mm_srli_epi32(past, 2), century));
    days = _mm_add_epi32(days, _mm_add_epi32(_mm_srli_epi32(century, 2), day));
    return _mm_sub_epi32(days, _mm_set1_epi32(719469));
}

/* Of four rows; lanes of the result are -1 where there is a time. */
WITH_AVX2 static inline __m128i times_of(const __m128i part[4], __m256i *seconds)
{
    const __m128i a = _mm_unpacklo_epi32(part[0], part[1]);
    const __m128i b = _mm_unpacklo_epi32(part[2], part[3]);
    const __m128i c = _mm_unpackhi_epi32(part[0], part[1]);
    const __m128i d = _mm_unpackhi_epi32(part[2], part[3]);
    const __m128i year = _mm_unpacklo_epi64(a, b), date = _mm_unpackhi_epi64(a, b);
    const __m128i minute = _mm_unpacklo_epi64(c, d), second = _mm_unpackhi_epi64(c, d);
    const __m128i month = _mm_srli_epi32(date, 6);
    const __m128i day = _mm_and_si128(date, _mm_set1_epi32(63));
    const __m128i rest = _mm_add_epi32(_mm_mullo_epi32(minute, _mm_set1_epi32(60)), second);
    const __m256i days = _mm256_cvtepi32_epi64(days_of(year, month, day));
    *seconds = _mm256_add_epi64(_mm256_mul_epi32(days, _mm256_set1_epi64x(86400)),
                                _mm256_cvtepi32_epi64(rest));
    return exists(year, month, day);
}

WITH_AVX2 static void times_avx2(const tc_pieces *pieces, int64_t n, int64_t *seconds,
                                 unsigned char *failed)
{
    const tc_pieces p = *pieces;
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        __m128i part[4], good;
        __m256i time;
        for (int k = 0; k < 4; k++) {
            const int fits = tc_piece_n(&p, i + k) == TC_DIGITS_TIME;
            part[k] =
                _mm_and_si128(parts_of(tc_piece_data(&p, i + k)), _mm_set1_epi32(-fits));
        }
        good = times_of(part, &time);
        _mm256_storeu_si256((__m256i *)(void *)(seconds + i), time);
        memcpy(failed + i, &spread[_mm_movemask_ps(_mm_castsi128_ps(good))], 4);
    }
    if (i < n) {
        const tc_pieces rest = {p.bytes, p.end + i * p.stride, p.stride, p.lag, p.less};
        tc_digits_times_plain(&rest, n - i, seconds + i, failed + i);
    }
}

void tc_digits_decimals(const tc_pieces *pieces, int64_t n, int64_t *value,
                        unsigned char *failed)
{
    if (__builtin_cpu_supports("avx2")) {
        decimals_avx2(pieces, n, value, failed);
    } else {
        tc_digits_decimals_plain(pieces, n, value, failed);
    }
}

void tc_digits_times(const tc_pieces *pieces, int64_t n, int64_t *seconds,
                     unsigned char *failed)
{
    if (__builtin_cpu_supports("avx2")) {
        times_avx2(pieces, n, seconds, failed);
    } else {
        tc_digits_times_plain(pieces, n, seconds, failed);
    }
}
#else
void tc_digits_decimals(const tc_pieces *pieces, int64_t n, int64_t *value,
                        unsigned char *failed)
{
    tc_digits_decimals_plain(pieces, n, value, failed);
}

void tc_digits_times(const tc_pieces *pieces, int64_t n, int64_t *seconds,
                     unsigned char *failed)
{
    tc_digits_times_plain(pieces, n, seconds, failed);
}
#endif
