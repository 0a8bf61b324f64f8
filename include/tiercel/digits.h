/* digits.h - short texts as words of eight bytes, for the readers of numbers, times and ids
 * (edge layer, text; inline). Each function works on any machine; those that need the first
 * byte of a text lowest are there only if TC_DIGITS_WORDS is 1. */
#ifndef TC_DIGITS_H
#define TC_DIGITS_H

#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TC_DIGITS_WORDS 1
#else
#define TC_DIGITS_WORDS 0
#endif

/* The same byte eight times. */
#define TC_EACH_BYTE(b) (0x0101010101010101u * (uint64_t)(b))

static inline uint64_t tc_word_of(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* High bit of a byte set if any byte is above 127 or zero; not 0 if one is. (Taking 1 from
 * each byte borrows from the next only at a zero.) */
static inline uint64_t tc_word_odd(uint64_t word)
{
    return ((word - TC_EACH_BYTE(1)) | word) & TC_EACH_BYTE(0x80);
}

/* Not 0 if a byte of text[n] is above 127 or zero. No byte outside is read: the last words
 * overlap. */
static inline uint64_t tc_text_odd(const char *text, int64_t n)
{
    uint64_t odd = 0;
    if (n >= 8) {
        for (int64_t i = 0; i + 8 < n; i += 8) {
            odd |= tc_word_odd(tc_word_of(text + i));
        }
        return odd | tc_word_odd(tc_word_of(text + n - 8));
    }
    if (n >= 4) {
        uint32_t low, high;
        memcpy(&low, text, sizeof low);
        memcpy(&high, text + n - 4, sizeof high);
        return tc_word_odd(low | (uint64_t)high << 32);
    }
    for (int64_t i = 0; i < n; i++) {
        odd |= (unsigned char)text[i] - 1U > 126U;
    }
    return odd;
}

/* Copies bytes that do not overlap; quick for a few. */
static inline void tc_text_copy(char *to, const char *from, int64_t n)
{
    if (n >= 8 && n <= 16) {
        const uint64_t low = tc_word_of(from), high = tc_word_of(from + n - 8);
        memcpy(to, &low, sizeof low);
        memcpy(to + n - 8, &high, sizeof high);
    } else {
        memcpy(to, from, (size_t)n);
    }
}

#if TC_DIGITS_WORDS
/* 0 to 8 bytes as one word, the first lowest, zeros behind. No byte outside is read. */
static inline uint64_t tc_word_load(const char *p, int64_t n)
{
    if (n >= 4) {
        uint32_t low, high;
        memcpy(&low, p, sizeof low);
        memcpy(&high, p + n - 4, sizeof high);
        return low | (uint64_t)high << 8 * (n - 4);
    }
    if (n == 0) {
        return 0;
    }
    return (uint64_t)(unsigned char)p[0] |
           (uint64_t)(unsigned char)p[n / 2] << 8 * (n / 2) |
           (uint64_t)(unsigned char)p[n - 1] << 8 * (n - 1);
}

/* Not 0 unless each byte is 0..9. A byte above 9 + 6 has a high bit itself, so what it
 * carries into its neighbour does no harm. */
static inline uint64_t tc_word_not_digits(uint64_t word)
{
    return (word | (word + TC_EACH_BYTE(6))) & TC_EACH_BYTE(0xF0);
}

/* The number of eight digits 0..9, the first in the lowest byte: pairs, fours, then all
 * (D. Lemire, "Quickly parsing eight digits", 2018). */
static inline uint64_t tc_word_number(uint64_t word)
{
    word = word * 2561 >> 8;
    word = (word & 0x00FF00FF00FF00FFu) * 6553601 >> 16;
    return (word & 0x0000FFFF0000FFFFu) * 42949672960001u >> 32;
}
#endif

#endif
