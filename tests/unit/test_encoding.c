/* UTF-8 told from other bytes; Latin-1 and windows-1252 to UTF-8. */
#include "tiercel/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Code points of UTF-8 by arithmetic: the shortest form of a number that is no surrogate. */
static int reference(const unsigned char *p, int n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    for (int i = 0; i < n;) {
        const int length = p[i] < 0x80             ? 1
                           : (p[i] & 0xE0) == 0xC0 ? 2
                           : (p[i] & 0xF0) == 0xE0 ? 3
                           : (p[i] & 0xF8) == 0xF0 ? 4
                                                   : 0;
        uint32_t point = length == 1 ? p[i] : length == 0 ? 0 : p[i] & (0x7FU >> length);
        if (length == 0 || i + length > n) {
            return 0;
        }
        for (int k = 1; k < length; k++) {
            if ((p[i + k] & 0xC0) != 0x80) {
                return 0;
            }
            point = point << 6 | (p[i + k] & 0x3FU);
        }
        if (point < least[length] || point > 0x10FFFF || (point >> 11) == 0x1B) {
            return 0;
        }
        i += length;
    }
    return 1;
}

static void compare(const unsigned char *bytes, int n)
{
    /* of its own size, so that a sanitizer sees a byte read beyond it */
    char *const copy = malloc((size_t)n);
    char out[64];
    const int wanted = reference(bytes, n);
    assert_non_null(copy);
    memcpy(copy, bytes, (size_t)n);
    assert_int_equal(tc_text_is_utf8(copy, n), wanted);
    assert_int_equal(tc_text_decode(TC_ENCODING_UTF8, copy, n, out, sizeof out),
                     wanted ? n : TC_TEXT_INVALID);
    assert_true(!wanted || memcmp(out, copy, (size_t)n) == 0);
    free(copy);
}

/* All pairs of bytes, then all bytes that tell something behind each lead, at each place of
 * the words that are looked at. */
static void test_utf8(void **state)
{
    static const unsigned char tell[] = {0,    0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                         0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF,
                                         0xF0, 0xF4, 0xF5, 0xF8, 0xFE, 0xFF};
    const int n = (int)sizeof tell;
    (void)state;
    for (int i = 0; i < 65536; i++) {
        const unsigned char two[2] = {(unsigned char)(i >> 8), (unsigned char)i};
        compare(two, 2);
    }
    for (int i = 0; i < n * n * n * n; i++) {
        const unsigned char four[4] = {tell[i % n], tell[i / n % n], tell[i / n / n % n],
                                       tell[i / n / n / n]};
        compare(four, 4);
    }
    for (int i = 0; i < 20 * 256; i++) {
        unsigned char text[] = "twenty bytes of text";
        text[i / 256] = (unsigned char)i;
        compare(text, 20);
    }
}

static void test_ascii(void **state)
{
    (void)state;
    for (int n = 0; n < 40; n++) {
        for (int at = 0; at <= n; at++) {
            char *const text = malloc(40);
            assert_non_null(text);
            memset(text, 'x', 40);
            if (at < n) {
                text[at] = (char)0x80;
            }
            assert_int_equal(tc_text_is_ascii(text, n), at == n);
            free(text);
        }
    }
}

static void expect(tc_encoding encoding, const char *text, const char *utf8)
{
    char out[64];
    const int64_t n =
        tc_text_decode(encoding, text, (int64_t)strlen(text), out, sizeof out);
    if (utf8 == NULL) {
        assert_int_equal(n, TC_TEXT_INVALID);
        return;
    }
    assert_int_equal(n, strlen(utf8));
    assert_memory_equal(out, utf8, strlen(utf8));
}

static void test_single_bytes(void **state)
{
    (void)state;
    expect(TC_ENCODING_LATIN1, "M\xFCller & S\xF6hne", "Müller & Söhne");
    expect(TC_ENCODING_LATIN1, "\xA3\xA0\xFF", "£\xC2\xA0ÿ");
    expect(TC_ENCODING_LATIN1, "\x80\x9F", "\xC2\x80\xC2\x9F");
    expect(TC_ENCODING_LATIN1, "plain", "plain");
    expect(TC_ENCODING_WINDOWS1252, "\x80 5 \x96 \x8A\x9F", "€ 5 – ŠŸ");
    expect(TC_ENCODING_WINDOWS1252, "caf\xE9\x99", "café™");
    expect(TC_ENCODING_WINDOWS1252, "a\x81", NULL);
    expect(TC_ENCODING_WINDOWS1252, "\x8D", NULL);
    expect(TC_ENCODING_WINDOWS1252, "\x8F", NULL);
    expect(TC_ENCODING_WINDOWS1252, "\x90", NULL);
    expect(TC_ENCODING_WINDOWS1252, "\x9D", NULL);
    for (int c = 1; c < 256; c++) {
        const char one = (char)c;
        char out[3];
        const int64_t n = tc_text_decode(TC_ENCODING_LATIN1, &one, 1, out, 3);
        assert_int_equal(n, c < 0x80 ? 1 : 2);
        assert_true(tc_text_is_utf8(out, n));
        assert_int_equal(n == 1 ? out[0] : (out[0] & 3) << 6 | (out[1] & 0x3F), c);
    }
}

static void test_room(void **state)
{
    char out[8];
    (void)state;
    assert_int_equal(tc_text_decode(TC_ENCODING_LATIN1, "\xE4\xE4\xE4\xE4", 4, out, 8), 8);
    assert_int_equal(tc_text_decode(TC_ENCODING_LATIN1, "\xE4\xE4\xE4\xE4", 4, out, 7),
                     TC_TEXT_LONG);
    assert_int_equal(tc_text_decode(TC_ENCODING_LATIN1, "abcdefghi", 9, out, 8),
                     TC_TEXT_LONG);
    assert_int_equal(tc_text_decode(TC_ENCODING_UTF8, "abcdefghi", 9, out, 8),
                     TC_TEXT_LONG);
    assert_int_equal(tc_text_decode(TC_ENCODING_UTF8, "abcdefgh", 8, out, 8), 8);
    assert_int_equal(tc_text_decode(TC_ENCODING_UTF8, "", 0, out, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_single_bytes),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
