/* columns_file.h - files of rows that are usual, odd, padded, quoted or in no known encoding, in
 * any mixture. */
#ifndef TC_TEST_COLUMNS_FILE_H
#define TC_TEST_COLUMNS_FILE_H

#include "../../src/stage/ingest/ingest_row.h"

#include <stdio.h>
#include <string.h>

enum { SIZE = 400000, LINE = 1200, FIELDS = 9 };

static uint64_t seed;

static inline unsigned any(unsigned n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)((seed >> 33) % n);
}

#define PICK(list) (list)[any((unsigned)(sizeof(list) / sizeof *(list)))]

/* How a file is made: of 1024 fields `rare` are nasty. */
typedef struct {
    const char *delimiter, *end, *time_format;
    unsigned rare, padded, quoted, high;
    int mapped; /* bit r: role r */
    tc_config_input input;
} sample;

static inline const char *time_text(const sample *s, char *to)
{
    static const char *const nasty[] = {"",
                                        "2024-02-30 10:00:00",
                                        "2024-02-29T23:59:59",
                                        "1900-02-29 00:00:00",
                                        "2024-1-1",
                                        "2024-01-01",
                                        "2024-01-01 24:00:00",
                                        "2024-01-01 10:00:60",
                                        "0001-01-01 00:00:00",
                                        "9999-12-31 23:59:59",
                                        "2024-01-01 10:00:00Z",
                                        "2024-01-01 10:00:00+02:00",
                                        "2024-01-01 1:00:00",
                                        "x",
                                        "2024-01-01 10:00:0\xC3"};
    if (any(1024) < s->rare) {
        return PICK(nasty);
    }
    if (strcmp(s->time_format, "compact") == 0) {
        (void)sprintf(to, "20%02u%02u%02u", any(30), 1 + any(12), 1 + any(28));
    } else if (strcmp(s->time_format, "month_first") == 0) {
        (void)sprintf(to, "%u/%u/20%02u %u:%02u", 1 + any(12), 1 + any(28), any(30),
                      any(24), any(60));
    } else {
        (void)sprintf(to, "20%02u-%02u-%02u %02u:%02u:%02u", any(30), 1 + any(12),
                      1 + any(28), any(24), any(60), any(60));
    }
    return to;
}

static inline const char *number_text(const sample *s, char *to)
{
    static const char *const nasty[] = {"",
                                        ".",
                                        "-",
                                        "-.",
                                        "+5",
                                        "5.",
                                        ".5",
                                        "-.5",
                                        "1.2.3",
                                        "12345678",
                                        "123456789",
                                        "-12345678",
                                        "-123456789",
                                        "1234.5678",
                                        "0.00005",
                                        "1.00010",
                                        "0.12345",
                                        "99999999999999",
                                        "9223372036854775807",
                                        "922337203685477.5807",
                                        "-922337203685477.5808",
                                        "1e3",
                                        "1E-2",
                                        "1e400",
                                        "0",
                                        "-0",
                                        "0.0000",
                                        "00000000000000000001",
                                        "\xC2\xA3 5",
                                        "\xA3.5",
                                        "5 -",
                                        "1,5",
                                        "abc",
                                        "--1",
                                        "1-1",
                                        "12a4",
                                        "/0",
                                        ":1"};
    if (any(1024) < s->rare) {
        return PICK(nasty);
    }
    switch (any(4)) {
    case 0:
        (void)sprintf(to, "%s%u", any(20) == 0 ? "-" : "", any(300));
        break;
    case 1:
        (void)sprintf(to, "%u.%04u", any(100), any(10000));
        break;
    default:
        (void)sprintf(to, "%u.%02u", any(1000), any(100));
    }
    return to;
}

static inline const char *word_text(const sample *s, int role, char *to)
{
    static const char *const nasty[] = {"",
                                        "17850.0",
                                        "17850.",
                                        "a.b",
                                        "C",
                                        "c",
                                        "CC1",
                                        "1234567",
                                        "12345678",
                                        "123456789",
                                        "123456789012345",
                                        "1234567890123456",
                                        "12345678901234567",
                                        "sixteen bytes 1",
                                        "a b",
                                        "Z\x7F",
                                        "+"};
    static const char *const high[] = {"\xC3\xBC", "\xFCzz", "\xE2\x82\xAC", "\x80",
                                       "\x81",     "\xC3",   "C\xE9"};
    if (any(1024) < s->high) {
        return PICK(high);
    }
    if (any(1024) < s->rare) {
        const unsigned n = any(4) == 0 ? 100 + any(300) : 0;
        if (n > 0) {
            memset(to, 'a' + (int)any(3), n);
            to[n] = 0;
            return to;
        }
        return PICK(nasty);
    }
    if (role == TC_ROLE_CUSTOMER) {
        (void)sprintf(to, any(2) == 0 ? "C%08u" : "%u", any(3000));
    } else if (role == TC_ROLE_ORDER) {
        (void)sprintf(to, "%s%u", any(50) == 0 ? "C" : "", any(2000000000));
    } else {
        (void)sprintf(to, "level %u", any(role == TC_ROLE_CHANNEL ? 5 : 3000));
    }
    return to;
}

static inline int64_t put_field(const sample *s, int role, char *to)
{
    static const char *const blanks[] = {" ", "\t", "  "};
    char buffer[LINE], *const start = to;
    const char *text;
    const int quoted = any(1024) < s->quoted;
    switch (role) {
    case TC_ROLE_TIME:
        text = time_text(s, buffer);
        break;
    case TC_ROLE_AMOUNT:
    case TC_ROLE_QUANTITY:
    case TC_ROLE_UNIT_PRICE:
        text = number_text(s, buffer);
        break;
    default:
        text = word_text(s, role, buffer);
    }
    to += any(1024) < s->padded ? sprintf(to, "%s", PICK(blanks)) : 0;
    to += sprintf(to, quoted ? "\"%s\"" : "%s", text);
    to += any(1024) < s->padded ? sprintf(to, "%s", PICK(blanks)) : 0;
    return to - start;
}

/* A header and rows; the columns of the roles in their order, one more between. */
static inline int64_t make_file(const sample *s, char *text)
{
    static const char *const name[FIELDS] = {"customer", "time",    "amount",
                                             "quantity", "other",   "price",
                                             "order",    "channel", "category"};
    int64_t n = 0;
    for (int f = 0; f < FIELDS; f++) {
        n += sprintf(text + n, "%s%s", f == 0 ? "" : s->delimiter, name[f]);
    }
    n += sprintf(text + n, "\n");
    while (n < SIZE - FIELDS * LINE) {
        const unsigned width = any(1024) < s->rare / 4 ? any(FIELDS + 2) : FIELDS;
        for (unsigned f = 0; f < width; f++) {
            n += f == 0 ? 0 : sprintf(text + n, "%s", s->delimiter);
            n += f == 4 ? sprintf(text + n, "x")
                        : put_field(s, (int)(f > 4 ? f - 1 : f) % TC_N_ROLES, text + n);
        }
        n += any(1024) < s->rare / 8 ? sprintf(text + n, "\r") : 0;
        n += sprintf(text + n, "%s", any(1024) < s->rare / 4 ? "\r\n" : s->end);
    }
    return n - (int64_t)any(2); /* sometimes without the last line end */
}

#endif
