/* digits.h - short texts as words of eight bytes, for the readers of numbers, times and ids
 * (edge layer, text; inline). Those that need the first byte of a text lowest find nothing on
 * machines where it is not. */
#ifndef TC_DIGITS_H
#define TC_DIGITS_H

#include <stdint.h>
#include <string.h>

enum { TC_DIGITS_TIME = 19 }; /* bytes of YYYY-MM-DD HH:MM:SS */

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
    if (n > 0) {
        odd = (uint64_t)((unsigned char)text[0] - 1U > 126U) |
              ((unsigned char)text[n / 2] - 1U > 126U) |
              ((unsigned char)text[n - 1] - 1U > 126U);
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

/* 1 and the value in 1/10,000 if the text is a number of up to 8 bytes and perhaps a minus:
 * digits, and perhaps a point with up to 4 digits behind it, as nearly all are. They are read
 * as one word from which the point is taken out. 0 says nothing. */
static inline int tc_digits_decimal(const char *p, int64_t n, int64_t *value)
{
    static const int64_t unit[5] = {10000, 1000, 100, 10, 1};
    const int minus = n > 0 && *p == '-';
    int64_t decimals = 0, v;
    uint64_t word, points;
    p += minus;
    n -= minus;
    if (n > 8 || n <= 0) {
        return 0;
    }
    word = tc_word_load(p, n);
    points = word ^ TC_EACH_BYTE('.'); /* a zero byte where a point stands */
    points = (points - TC_EACH_BYTE(1)) & ~points & TC_EACH_BYTE(0x80);
    if (points != 0) {
        /* the bits below the first point; its own bit is the lowest of points */
        const uint64_t below = ((points & (0 - points)) >> 7) - 1;
        decimals = n - 1 - __builtin_ctzll(points) / 8;
        word = (word & below) | (word >> 8 & ~below);
        n--;
    }
    if (n == 0 || decimals > 4) {
        return 0;
    }
    word =
        (word << 8 * (8 - n) | TC_EACH_BYTE('0') >> 8 * (n - 1) >> 8) ^ TC_EACH_BYTE('0');
    if (tc_word_not_digits(word) != 0) {
        return 0;
    }
    v = (int64_t)tc_word_number(word) * unit[decimals];
    *value = minus ? -v : v;
    return 1;
}

/* Days from 1970-01-01 to a date of the years 1 to 9999; 0 if there is none. As tc_date_valid
 * and tc_date_to_days, by sums of the days before the year and before the month. */
static inline int tc_digits_days(unsigned year, unsigned month, unsigned day, int64_t *days)
{
    static const unsigned short before[14] = {0,   0,   31,  59,  90,  120, 151,
                                              181, 212, 243, 273, 304, 334, 365};
    const unsigned past = year - 1, century = past / 100;
    /* divisible by 4, and by 16 if by 25 (the product is small for multiples of 25) */
    const unsigned leap = (year & (year * 0xC28F5C29u <= 0x0A3D70A3u ? 15U : 3U)) == 0;
    unsigned length;
    if (year == 0 || month - 1 > 11) {
        return 0;
    }
    length = (unsigned)before[month + 1] - before[month] + (month == 2 ? leap : 0);
    *days = (int64_t)(past * 365 + past / 4 - century + century / 4 + before[month] +
                      (month > 2 ? leap : 0) + day) -
            719163;
    return day - 1 < length;
}

/* 1 and the seconds since 1970-01-01 if the text p[TC_DIGITS_TIME] is "YYYY-MM-DD HH:MM:SS"
 * or has a T between, as most are: eight bytes at a time, all checked at once (after the
 * exclusive or with what is expected digits are 0..9 and signs 0), and pairs of digits read
 * side by side. 0 if it is anything else, also a time that is none. */
static inline int tc_digits_time(const char *p, int64_t *seconds)
{
    uint64_t day = tc_word_of(p) ^ 0x2D30302D30303030u;        /* YYYY-MM- */
    uint64_t minute = tc_word_of(p + 8) ^ 0x30303A3030203030u; /* DD HH:MM */
    const unsigned tens = (unsigned)p[17] - '0', ones = (unsigned)p[18] - '0';
    unsigned hours, minutes;
    int64_t days;
    if (p[10] == 'T') {
        minute ^= (uint64_t)('T' ^ ' ') << 16;
    }
    if ((tc_word_not_digits(day) | tc_word_not_digits(minute) |
         (day & 0xFF0000FF00000000u) | (minute & 0x0000FF0000FF0000u)) != 0 ||
        p[16] != ':' || tens > 5 || ones > 9) {
        return 0;
    }
    day = day * 10 + (day >> 8);
    minute = minute * 10 + (minute >> 8);
    hours = (unsigned)(minute >> 24 & 0xFF);
    minutes = (unsigned)(minute >> 48 & 0xFF);
    if (hours > 23 || minutes > 59 ||
        !tc_digits_days((unsigned)(day & 0xFF) * 100 + (unsigned)(day >> 16 & 0xFF),
                        (unsigned)(day >> 40 & 0xFF), (unsigned)(minute & 0xFF), &days)) {
        return 0;
    }
    *seconds = days * 86400 + (int64_t)((hours * 60 + minutes) * 60 + tens * 10 + ones);
    return 1;
}
#else
static inline int tc_digits_decimal(const char *p, int64_t n, int64_t *value)
{
    (void)p, (void)n, (void)value;
    return 0;
}

static inline int tc_digits_time(const char *p, int64_t *seconds)
{
    (void)p, (void)seconds;
    return 0;
}
#endif

#endif
