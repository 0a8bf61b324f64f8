/* Numbers with groups, signs and currencies, and encodings. What is read equals what the plain reader makes of the text
 * without its ornaments; a number that is written with ornaments is read back; UTF-8 is told from other bytes as by a slow
 * decoder. Bytes 0 and 1 choose the format. */
#include "fuzz.h"

#include "tiercel/encoding.h"
#include "tiercel/number.h"

#include <string.h>

enum { TEXT_MAX = 200 };

static char euro[] = "\xE2\x82\xAC", usd[] = "USD";
static char *currency[] = {euro, usd};

static tc_number_rules choose(fuzz_input *in)
{
    static const tc_mark thousands[] = {TC_MARK_NONE,       TC_MARK_POINT,
                                        TC_MARK_COMMA,      TC_MARK_BLANK,
                                        TC_MARK_APOSTROPHE, TC_MARK_UNDERSCORE};
    const unsigned a = fuzz_byte(in), b = fuzz_byte(in);
    return (tc_number_rules){.decimal = a & 1 ? TC_MARK_COMMA : TC_MARK_POINT,
                             .thousands = thousands[(a >> 1) % 6],
                             .negative = (tc_negative)(b & 3),
                             .currency = currency,
                             .n_currency = (int)(b >> 2) % 3};
}

/* Keeps digits, the decimal sign (as a point), exponents, and one minus in front if there is any mark of a negative. */
static int64_t strip(const tc_number_rules *rules, const char *text, int64_t n, char *out)
{
    int64_t to = 1, minus = 0;
    int exponent = 0;
    for (int64_t i = 0; i < n; i++) {
        const char c = text[i];
        if (rules->n_currency > 1 && n - i >= 3 && memcmp(text + i, usd, 3) == 0) {
            i += 2;
        } else if (c >= '0' && c <= '9') {
            out[to++] = c;
        } else if (c == (char)rules->decimal) {
            out[to++] = '.';
        } else if (c == 'e' || c == 'E') {
            out[to++] = 'e';
            exponent = 1;
        } else if (exponent && (c == '-' || c == '+') &&
                   (text[i - 1] == 'e' || text[i - 1] == 'E')) {
            out[to++] = c;
        } else if (c == '-' || c == '(') {
            minus = 1;
        }
    }
    out[0] = minus ? '-' : '+';
    return to;
}

static void check_any(const tc_number_rules *rules, const tc_number_format *format,
                      const char *text, int64_t n)
{
    char plain[TEXT_MAX + 2];
    int64_t value = 7, expected = 0;
    int rounded = 0, lost = 0;
    const tc_decimal_outcome outcome = tc_number_parse(format, text, n, &value, &rounded);
    if (outcome != TC_DECIMAL_OK) {
        FUZZ_CHECK(value == 7 && rounded == 0);
        return;
    }
    const int64_t plain_n = strip(rules, text, n, plain);
    FUZZ_CHECK(tc_decimal_parse(plain, plain_n, &expected, &lost) == TC_DECIMAL_OK);
    FUZZ_CHECK(value == expected && rounded == lost);
}

/* A value of 1/10,000 with all ornaments that the format has. */
static void check_made(const tc_number_rules *rules, const tc_number_format *format,
                       fuzz_input *in)
{
    uint64_t magnitude = 0;
    char digits[32], text[96];
    int64_t value = 0, n = 0;
    int rounded = 0, whole;
    const unsigned how = fuzz_byte(in);
    for (int i = 0; i < 8; i++) {
        magnitude = magnitude << 8 | fuzz_byte(in);
    }
    magnitude = (magnitude & INT64_MAX) >> (how % 60);
    whole =
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)(magnitude / 10000));
    if ((how & 64) != 0 && rules->n_currency > 0) {
        memcpy(text, euro, 3);
        n = 3;
    }
    if ((how & 128) != 0) {
        memmove(text + 1, text, (size_t)n);
        text[0] = '-';
        n++;
    }
    for (int i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0 && rules->thousands != TC_MARK_NONE) {
            text[n++] = (char)rules->thousands;
        }
        text[n++] = digits[i];
    }
    n += snprintf(text + n, 8, "%c%04u", (char)rules->decimal,
                  (unsigned)(magnitude % 10000));
    FUZZ_CHECK(tc_number_parse(format, text, n, &value, &rounded) == TC_DECIMAL_OK);
    FUZZ_CHECK(value == ((how & 128) != 0 ? -(int64_t)magnitude : (int64_t)magnitude));
    FUZZ_CHECK(rounded == 0);
}

/* By decoding each code point and writing it again in the only way that is allowed. */
static int slow_utf8(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        const int more = p[i] < 0x80 ? 0 : p[i] >= 0xF0 ? 3 : p[i] >= 0xE0 ? 2 : 1;
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        uint32_t point = p[i] < 0x80 ? p[i] : p[i] & (0x3FU >> more);
        if ((p[i] >= 0x80 && p[i] < 0xC0) || p[i] >= 0xF8 || n - i <= (size_t)more) {
            return 0;
        }
        for (int k = 1; k <= more; k++) {
            if ((p[i + (size_t)k] & 0xC0) != 0x80) {
                return 0;
            }
            point = point << 6 | (p[i + (size_t)k] & 0x3FU);
        }
        if (point < least[more] || point > 0x10FFFF ||
            (point >= 0xD800 && point < 0xE000)) {
            return 0;
        }
        i += (size_t)more + 1;
    }
    return 1;
}

static void check_encoding(const char *text, int64_t n)
{
    char utf8[3 * TEXT_MAX], again[3 * TEXT_MAX];
    const int valid = slow_utf8((const uint8_t *)text, (size_t)n);
    const int64_t bytes = tc_text_decode(TC_ENCODING_LATIN1, text, n, utf8, sizeof utf8);
    FUZZ_CHECK(tc_text_is_utf8(text, n) == valid);
    FUZZ_CHECK(bytes >= n && bytes <= 2 * n &&
               slow_utf8((const uint8_t *)utf8, (size_t)bytes));
    FUZZ_CHECK(tc_text_is_ascii(text, n) == (bytes == n));
    FUZZ_CHECK(tc_text_decode(TC_ENCODING_UTF8, text, n, again, sizeof again) ==
               (valid ? n : TC_TEXT_INVALID));
    for (int64_t room = 0; room < bytes; room += 1 + bytes / 4) {
        FUZZ_CHECK(tc_text_decode(TC_ENCODING_LATIN1, text, n, again, room) ==
                   TC_TEXT_LONG);
    }
    const int64_t windows =
        tc_text_decode(TC_ENCODING_WINDOWS1252, text, n, utf8, sizeof utf8);
    FUZZ_CHECK(windows == TC_TEXT_INVALID ||
               (windows >= n && slow_utf8((const uint8_t *)utf8, (size_t)windows)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, size};
    const tc_number_rules rules = choose(&in);
    const char *const text = in.n > 0 ? (const char *)in.data : "";
    const int64_t n = (int64_t)(in.n < TEXT_MAX ? in.n : TEXT_MAX);
    tc_number_format format;
    check_encoding(text, n);
    if (tc_number_compile(&rules, &format, NULL) == TC_OK) {
        check_any(&rules, &format, text, n);
        check_made(&rules, &format, &in);
    }
    return 0;
}
