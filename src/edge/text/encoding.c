#include "tiercel/encoding.h"

#include "tiercel/digits.h"

int tc_text_is_ascii(const char *text, int64_t n)
{
    uint64_t seen = 0;
    for (; n >= 8; text += 8, n -= 8) {
        seen |= tc_word_of(text);
    }
    for (; n > 0; text++, n--) {
        seen |= (uint64_t)(unsigned char)*text;
    }
    return (seen & TC_EACH_BYTE(0x80)) == 0;
}

/* Bytes of the character that starts with this byte, 0 if none does; the second byte lies
 * in low..high (The Unicode Standard, table 3-7). */
static int lead(unsigned c, unsigned *low, unsigned *high)
{
    *low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    *high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    return c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
}

int tc_text_is_utf8(const char *text, int64_t n)
{
    int64_t i = 0;
    if (tc_text_is_ascii(text, n)) {
        return 1;
    }
    while (i < n) {
        unsigned low, high;
        const int length = lead((unsigned char)text[i], &low, &high);
        if (length == 0 || i + length > n) {
            return 0;
        }
        for (int k = 1; k < length; k++) {
            const unsigned c = (unsigned char)text[i + k];
            if (c < low || c > high) {
                return 0;
            }
            low = 0x80;
            high = 0xBF;
        }
        i += length;
    }
    return 1;
}

/* Code point of a byte, 0 if it means nothing (a zero byte stays one). */
static unsigned code_point(tc_encoding encoding, unsigned char c)
{
    /* windows-1252, bytes 0x80..0x9F (WHATWG Encoding Standard, without its C1 stopgaps) */
    static const uint16_t windows[32] = {
        0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
        0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
    return encoding == TC_ENCODING_WINDOWS1252 && c >= 0x80 && c < 0xA0 ? windows[c - 0x80]
                                                                        : c;
}

static int64_t put(unsigned point, char utf8[3])
{
    if (point < 0x80) {
        utf8[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        utf8[0] = (char)(0xC0 | point >> 6);
        utf8[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    utf8[0] = (char)(0xE0 | point >> 12);
    utf8[1] = (char)(0x80 | (point >> 6 & 0x3F));
    utf8[2] = (char)(0x80 | (point & 0x3F));
    return 3;
}

int64_t tc_text_decode(tc_encoding encoding, const char *text, int64_t n, char *utf8,
                       int64_t capacity)
{
    int64_t used = 0;
    if (encoding == TC_ENCODING_UTF8 || tc_text_is_ascii(text, n)) {
        if (encoding == TC_ENCODING_UTF8 && !tc_text_is_utf8(text, n)) {
            return TC_TEXT_INVALID;
        }
        if (n > capacity) {
            return TC_TEXT_LONG;
        }
        memcpy(utf8, text, (size_t)n);
        return n;
    }
    for (int64_t i = 0; i < n; i++) {
        char one[3];
        const unsigned point = code_point(encoding, (unsigned char)text[i]);
        const int64_t bytes = put(point, one);
        if (point == 0 && text[i] != 0) {
            return TC_TEXT_INVALID;
        }
        if (used <= capacity - bytes) {
            memcpy(utf8 + used, one, (size_t)bytes);
        }
        used += bytes;
    }
    return used <= capacity ? used : TC_TEXT_LONG;
}
