/* table_swallow.c - records that are well formed and yet hold other records. */
#include "table_reader.h"

#include <string.h>

enum { LEAST_FIELDS = 3, EVIDENCE = 8 /* delimiters in lines that look like records */ };

static int64_t delimiters_of(const char *p, const char *end, char delimiter)
{
    int64_t n = 0;
    for (; p < end; p++) {
        n += *p == delimiter;
    }
    return n;
}

int tc_table_swallows(const tc_table_spec *spec, const char *bytes, int64_t n,
                      int64_t n_fields)
{
    const char *const end = bytes + n;
    const char *line = memchr(bytes, '\n', (size_t)n);
    int64_t inner = 0, alike = 0;
    if (n_fields < LEAST_FIELDS) {
        return 0;
    }
    while (line != NULL && ++line < end) {
        const char *const stop = memchr(line, '\n', (size_t)(end - line));
        if (stop == NULL || stop + 1 == end) {
            break; /* the line in which the record ends */
        }
        inner++;
        alike += delimiters_of(line, stop, (char)spec->dialect.delimiter) == n_fields - 1;
        line = stop;
    }
    return 2 * alike > inner && alike * (n_fields - 1) >= EVIDENCE;
}
