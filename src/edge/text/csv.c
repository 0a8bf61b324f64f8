#include "tiercel/csv.h"

#include <string.h>

/* A block whose counts fit in a byte, so that the compiler adds 16 or 32 lanes of bytes. */
enum { BLOCK = 240 };

tc_csv_dialect tc_csv_dialect_of(int delimiter, int quote)
{
    tc_csv_dialect dialect = {.delimiter = delimiter,
                              .quote = delimiter == TC_CSV_BLANKS ? TC_CSV_NO_QUOTE : quote,
                              .header = 1};
    dialect.special['\n'] = dialect.special['\r'] = dialect.special[0] = 1;
    if (delimiter == TC_CSV_BLANKS) {
        dialect.special[' '] = dialect.special['\t'] = 1;
    } else {
        dialect.special[delimiter] = 1;
    }
    if (dialect.quote != TC_CSV_NO_QUOTE) {
        dialect.special[dialect.quote] = 1;
    }
    return dialect;
}

int tc_csv_dialect_parse(const char *delimiter, const char *quote, tc_csv_dialect *out)
{
    int d = (unsigned char)delimiter[0], q = (unsigned char)quote[0];
    if (strcmp(delimiter, "blanks") == 0) {
        d = TC_CSV_BLANKS;
    } else if (strcmp(delimiter, "tab") == 0 || strcmp(delimiter, "\\t") == 0) {
        d = '\t';
    } else if (strlen(delimiter) != 1) {
        return 0;
    }
    if (strcmp(quote, "none") == 0) {
        q = TC_CSV_NO_QUOTE;
    } else if (strlen(quote) != 1) {
        return 0;
    }
    if (d == q || d == '\n' || d == '\r' || q == '\n' || q == '\r' || q == ' ' ||
        q == '\t') {
        return 0;
    }
    *out = tc_csv_dialect_of(d, q);
    return 1;
}

static void count_block(char quote, const char *bytes, int64_t n, int64_t *quotes,
                        int64_t *newlines)
{
    unsigned char q = 0, l = 0;
    for (int64_t i = 0; i < n; i++) {
        q = (unsigned char)(q + (bytes[i] == quote));
        l = (unsigned char)(l + (bytes[i] == '\n'));
    }
    *quotes += q;
    *newlines += l;
}

void tc_csv_count(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                  int64_t *quotes, int64_t *newlines)
{
    const int any = dialect->quote != TC_CSV_NO_QUOTE;
    int64_t i = 0, q = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        count_block((char)dialect->quote, bytes + i, BLOCK, &q, newlines);
    }
    count_block((char)dialect->quote, bytes + i, n - i, &q, newlines);
    *quotes += any ? q : 0;
}

int64_t tc_csv_skip(const tc_csv_dialect *dialect, const char *bytes, int64_t n,
                    int *inside, int64_t *newlines)
{
    int in = *inside;
    for (int64_t i = 0; i < n; i++) {
        if ((unsigned char)bytes[i] == dialect->quote) {
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

/* What is known of the record so far. */
typedef struct {
    const tc_csv_dialect *dialect;
    const char *end;
    tc_csv_field *field;
    int capacity;
    tc_csv_record *record;
} scan;

static void blame(int64_t *first, int64_t field)
{
    if (*first < 0) {
        *first = field;
    }
}

/* Behind the quote that closes the one before p, or NULL. */
static const char *closing(scan *s, const char *p)
{
    const char *const quote = memchr(p, s->dialect->quote, (size_t)(s->end - p));
    if (quote == NULL) {
        return NULL;
    }
    for (; p < quote; p++) {
        s->record->newlines += *p == '\n';
        if (*p == 0) {
            blame(&s->record->nul, s->record->n_fields);
        }
    }
    return quote + 1;
}

/* 1 if quotes open and close the field and stand doubled between. */
static int well_quoted(int quote, const char *field, int64_t n)
{
    const char *const last = field + n - 1;
    const char *p = field + 1;
    if (n < 2 || (unsigned char)field[0] != quote || (unsigned char)*last != quote) {
        return 0;
    }
    while (p < last) {
        p = memchr(p, quote, (size_t)(last - p));
        if (p == NULL) {
            return 1;
        }
        if (p + 1 >= last || (unsigned char)p[1] != quote) {
            return 0;
        }
        p += 2;
    }
    return p == last;
}

static void add_field(scan *s, const char *begin, const char *stop, int quoted)
{
    tc_csv_record *const record = s->record;
    const tc_csv_field new = {begin, (int32_t)(stop - begin), quoted};
    if (quoted && !well_quoted(s->dialect->quote, new.data, new.n)) {
        blame(&record->stray, record->n_fields);
    }
    if (record->n_fields < s->capacity) {
        s->field[record->n_fields] = new;
    }
    record->n_fields++;
}

/* Behind the last byte of the field that starts at p: at a delimiter, a newline or the end.
 * NULL if the text ends inside quotes. */
static inline const char *field_end(scan *s, const char *p, int *quoted)
{
    for (;;) {
        while (!s->dialect->special[(unsigned char)*p]) {
            p++;
        }
        if (p == s->end) {
            return p;
        }
        if ((unsigned char)*p == s->dialect->quote) {
            *quoted = 1;
            p = closing(s, p + 1);
            if (p == NULL) {
                return NULL;
            }
        } else if (*p == 0) {
            blame(&s->record->nul, s->record->n_fields);
            p++;
        } else if (*p == '\r') {
            if (p[1] != '\n') {
                blame(&s->record->cr, s->record->n_fields);
            }
            p++;
        } else {
            return p;
        }
    }
}

/* The record ends before the newline or end at p. */
static tc_csv_outcome finish(scan *s, const char *text, const char *p)
{
    const char *const stop = p > text && p[-1] == '\r' ? p - 1 : p;
    s->record->length = stop - text;
    s->record->next = p - text + (p < s->end);
    s->record->newlines += p < s->end;
    return TC_CSV_RECORD;
}

/* Fields between runs of blanks. */
static tc_csv_outcome next_blanks(scan *s, const char *text, int at_end)
{
    const char *p = text;
    for (;;) {
        const char *begin;
        int quoted = 0;
        while (*p == ' ' || *p == '\t') {
            p++;
        }
        begin = p;
        p = field_end(s, p, &quoted);
        if (p == s->end && !at_end) {
            return TC_CSV_MORE;
        }
        if (p > begin && !(*p == '\n' && p == begin + 1 && *begin == '\r')) {
            add_field(s, begin, *p == '\n' && p[-1] == '\r' ? p - 1 : p, 0);
        }
        if (*p == '\n') {
            return finish(s, text, p);
        }
    }
}

tc_csv_outcome tc_csv_next(const tc_csv_dialect *dialect, tc_csv_text text, int at_end,
                           tc_csv_field *field, int capacity, tc_csv_record *record)
{
    scan s = {dialect, text.data + text.n, field, capacity, record};
    const char *p = text.data;
    *record = (tc_csv_record){.stray = -1, .nul = -1, .cr = -1};
    if (dialect->delimiter == TC_CSV_BLANKS) {
        return next_blanks(&s, p, at_end);
    }
    for (;;) {
        const char *const begin = p;
        int quoted = 0;
        p = field_end(&s, p, &quoted);
        if (p == NULL) {
            return at_end ? TC_CSV_OPEN : TC_CSV_MORE;
        }
        if (p == s.end && !at_end) {
            return TC_CSV_MORE;
        }
        add_field(&s, begin, *p == '\n' && p > begin && p[-1] == '\r' ? p - 1 : p, quoted);
        if (*p == '\n') {
            return finish(&s, text.data, p);
        }
        p++;
    }
}

int64_t tc_csv_suspect(const tc_csv_dialect *dialect, tc_csv_text text)
{
    enum { START, PLAIN, QUOTED, CLOSED } state = START;
    int64_t newlines = 0, open = 0;
    for (int64_t i = 0; i < text.n; i++) {
        const unsigned char c = (unsigned char)text.data[i];
        if (c == dialect->quote) {
            if (state == PLAIN) {
                return newlines;
            }
            open = state == START ? newlines : open;
            state = state == QUOTED ? CLOSED : QUOTED;
        } else if (state != QUOTED) {
            const int ends = c == dialect->delimiter || c == '\n';
            if (state == CLOSED && !ends && c != '\r') {
                return newlines;
            }
            state = ends ? START : PLAIN;
        }
        newlines += c == '\n';
    }
    return open;
}

tc_csv_text tc_csv_unquote(const tc_csv_dialect *dialect, const tc_csv_field *field,
                           char **scratch)
{
    tc_csv_text text = {field->data, field->n};
    const char *p, *end;
    char *out;
    if (!field->quoted) {
        return text;
    }
    text.data++;
    text.n -= 2;
    if (text.n == 0 || memchr(text.data, dialect->quote, (size_t)text.n) == NULL) {
        return text;
    }
    out = *scratch;
    end = text.data + text.n;
    for (p = text.data; p < end; p++) {
        *out++ = *p;
        p += (unsigned char)*p == dialect->quote;
    }
    text = (tc_csv_text){*scratch, out - *scratch};
    *scratch = out;
    return text;
}
