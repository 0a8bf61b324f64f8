#include "tiercel/csv.h"

#include <string.h>

/* A block whose counts fit in a byte, so that the compiler adds 16 or 32 lanes of bytes. */
enum { BLOCK = 240 };

static const unsigned char special[256] = {['\n'] = 1, ['"'] = 1, [','] = 1};

static void count_block(const char *bytes, int64_t n, int64_t *quotes, int64_t *newlines)
{
    unsigned char q = 0, l = 0;
    for (int64_t i = 0; i < n; i++) {
        q = (unsigned char)(q + (bytes[i] == '"'));
        l = (unsigned char)(l + (bytes[i] == '\n'));
    }
    *quotes += q;
    *newlines += l;
}

void tc_csv_count(const char *bytes, int64_t n, int64_t *quotes, int64_t *newlines)
{
    int64_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        count_block(bytes + i, BLOCK, quotes, newlines);
    }
    count_block(bytes + i, n - i, quotes, newlines);
}

int64_t tc_csv_skip(const char *bytes, int64_t n, int *inside, int64_t *newlines)
{
    int in = *inside;
    for (int64_t i = 0; i < n; i++) {
        if (bytes[i] == '"') {
            in = !in;
        } else if (bytes[i] == '\n') {
            (*newlines)++;
            if (!in) {
                *inside = 0;
                return i + 1;
            }
        }
    }
    *inside = in;
    return -1;
}

/* Behind the quote that closes the one before p, or NULL. */
static const char *closing(const char *p, const char *end, int64_t *newlines)
{
    const char *const quote = memchr(p, '"', (size_t)(end - p));
    if (quote == NULL) {
        return NULL;
    }
    for (; p < quote; p++) {
        *newlines += *p == '\n';
    }
    return quote + 1;
}

/* 1 if quotes open and close the field and stand doubled between. */
static int well_quoted(const char *field, int64_t n)
{
    const char *const last = field + n - 1;
    const char *p = field + 1;
    if (n < 2 || field[0] != '"' || *last != '"') {
        return 0;
    }
    while (p < last) {
        p = memchr(p, '"', (size_t)(last - p));
        if (p == NULL) {
            return 1;
        }
        if (p + 1 >= last || p[1] != '"') {
            return 0;
        }
        p += 2;
    }
    return p == last;
}

static void add_field(tc_csv_record *record, tc_csv_field *field, int capacity,
                      tc_csv_field new)
{
    if (new.quoted && record->stray < 0 && !well_quoted(new.data, new.n)) {
        record->stray = record->n_fields;
    }
    if (record->n_fields < capacity) {
        field[record->n_fields] = new;
    }
    record->n_fields++;
}

/* Behind the last byte of the field that starts at p: at a delimiter, a newline or the end.
 * NULL if the text ends inside quotes. */
static inline const char *field_end(const char *p, const char *end, int *quoted,
                                    int64_t *newlines)
{
    for (;;) {
        while (!special[(unsigned char)*p]) {
            p++;
        }
        if (*p != '"' || p == end) {
            return p;
        }
        *quoted = 1;
        p = closing(p + 1, end, newlines);
        if (p == NULL) {
            return NULL;
        }
    }
}

tc_csv_outcome tc_csv_next(const char *text, int64_t n, int at_end, tc_csv_field *field,
                           int capacity, tc_csv_record *record)
{
    const char *const end = text + n;
    const char *p = text;
    *record = (tc_csv_record){.stray = -1};
    for (;;) {
        const char *const begin = p;
        const char *stop;
        int quoted = 0;
        p = field_end(p, end, &quoted, &record->newlines);
        if (p == NULL) {
            return at_end ? TC_CSV_OPEN : TC_CSV_MORE;
        }
        if (p == end && !at_end) {
            return TC_CSV_MORE;
        }
        stop = p;
        if (*p == '\n' && p > begin && p[-1] == '\r') {
            stop--;
        }
        add_field(record, field, capacity,
                  (tc_csv_field){begin, (int32_t)(stop - begin), quoted});
        if (*p == '\n') {
            record->length = stop - text;
            record->next = p - text + (p < end);
            record->newlines += p < end;
            return TC_CSV_RECORD;
        }
        p++;
    }
}

tc_csv_text tc_csv_unquote(const tc_csv_field *field, char **scratch)
{
    tc_csv_text text = {field->data, field->n};
    const char *p, *end;
    char *out;
    if (!field->quoted) {
        return text;
    }
    text.data++;
    text.n -= 2;
    if (text.n == 0 || memchr(text.data, '"', (size_t)text.n) == NULL) {
        return text;
    }
    out = *scratch;
    end = text.data + text.n;
    for (p = text.data; p < end; p++) {
        *out++ = *p;
        p += *p == '"';
    }
    text = (tc_csv_text){*scratch, out - *scratch};
    *scratch = out;
    return text;
}

tc_csv_text tc_csv_trim(tc_csv_text text)
{
    while (text.n > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.n--;
    }
    while (text.n > 0 && (text.data[text.n - 1] == ' ' || text.data[text.n - 1] == '\t')) {
        text.n--;
    }
    return text;
}
