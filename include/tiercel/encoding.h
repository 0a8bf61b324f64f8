/* encoding.h - texts of input files to UTF-8 (edge layer, text; pure). */
#ifndef TC_ENCODING_H
#define TC_ENCODING_H

#include <stdint.h>

typedef enum {
    TC_ENCODING_UTF8,
    TC_ENCODING_LATIN1,     /* ISO 8859-1: bytes are the first 256 code points */
    TC_ENCODING_WINDOWS1252 /* the same but for 0x80..0x9F, five of which mean nothing */
} tc_encoding;

enum { TC_TEXT_INVALID = -1, TC_TEXT_LONG = -2 };

/* Local, pure. 1 if all bytes are below 0x80. Cost: eight bytes a step. */
int tc_text_is_ascii(const char *text, int64_t n);

/* Local, pure. 1 if the bytes are UTF-8 as The Unicode Standard, table 3-7, defines it: no
 * overlong forms, no surrogates, nothing above U+10FFFF. */
int tc_text_is_utf8(const char *text, int64_t n);

/* Local, pure. Writes the text as UTF-8 and returns its bytes: TC_TEXT_INVALID if it is not
 * valid in its encoding, TC_TEXT_LONG if it needs more than capacity bytes. utf8 is
 * unspecified then. text and utf8 must not overlap. At most 3 n bytes are needed. */
int64_t tc_text_decode(tc_encoding encoding, const char *text, int64_t n, char *utf8,
                       int64_t capacity);

#endif
