/* Records and fields of CSV text. Three properties:
 *  - they are those of a slow scanner that follows the definition byte by byte, and as long as no field has a quote out
 *    of place, those of a strict RFC 4180 automaton, content included;
 *  - any cut of the bytes into pieces, each started with the quote parity of the pieces before it, gives the same
 *    records and line numbers;
 *  - a text that ends early asks for more, and never gives a record that the whole text does not have. */
#include "fuzz.h"

#include "tiercel/csv.h"

#include <string.h>

enum { TEXT_MAX = 4096, FIELDS_MAX = TEXT_MAX + 2, CAPACITY = 64 };

typedef struct {
    int64_t begin, length, next, line;
    int64_t n_fields, stray;
} record;

/* The text with the newline behind it that tc_csv_next asks for. */
static tc_csv_dialect rfc;
static char text[TEXT_MAX + 1];
static int64_t text_n;
static record all[TEXT_MAX + 1];
static int64_t n_all;

/* By definition: a quote toggles; outside, a comma ends a field and a newline a record; a carriage return in front of
 * the end belongs to it. */
typedef struct {
    int64_t begin[FIELDS_MAX], end[FIELDS_MAX];
    int64_t n, next;
    int open;
} slow_record;

static void slow_next(int64_t at, slow_record *out)
{
    int inside = 0;
    int64_t i = at;
    out->n = 0;
    out->begin[0] = at;
    for (; i < text_n && (inside || text[i] != '\n'); i++) {
        if (text[i] == '"') {
            inside = !inside;
        } else if (text[i] == ',' && !inside) {
            out->end[out->n++] = i;
            out->begin[out->n] = i + 1;
        }
    }
    out->open = inside;
    out->next = i < text_n ? i + 1 : i;
    out->end[out->n] = i > out->begin[out->n] && text[i - 1] == '\r' ? i - 1 : i;
    out->n++;
}

/* RFC 4180 for one field, with free use of other bytes. 0 if a quote is out of place; else its content. */
static int strict_field(int64_t begin, int64_t end, char *content, int64_t *n)
{
    int64_t i = begin;
    *n = 0;
    if (i < end && text[i] == '"') {
        for (i++; i < end; i++) {
            if (text[i] != '"') {
                content[(*n)++] = text[i];
            } else if (i + 1 < end && text[i + 1] == '"') {
                content[(*n)++] = text[i++];
            } else {
                break;
            }
        }
        return i == end - 1 && text[i] == '"';
    }
    for (; i < end; i++) {
        if (text[i] == '"') {
            return 0;
        }
        content[(*n)++] = text[i];
    }
    return 1;
}

static void check_fields(const slow_record *slow, const tc_csv_field *field,
                         const tc_csv_record *found)
{
    static char content[TEXT_MAX + 1], scratch[TEXT_MAX + 1];
    int64_t stray = -1, n;
    for (int64_t i = 0; i < slow->n; i++) {
        const int ok = strict_field(slow->begin[i], slow->end[i], content, &n);
        if (!ok && stray < 0) {
            stray = i;
        }
        if (i < CAPACITY) {
            char *to = scratch;
            FUZZ_CHECK(field[i].data == text + slow->begin[i]);
            FUZZ_CHECK(field[i].n == slow->end[i] - slow->begin[i]);
            FUZZ_CHECK(
                field[i].quoted ==
                (field[i].n > 0 && memchr(field[i].data, '"', (size_t)field[i].n) != NULL));
            if (ok) {
                const tc_csv_text plain = tc_csv_unquote(&rfc, &field[i], &to);
                FUZZ_CHECK(plain.n == n && memcmp(plain.data, content, (size_t)n) == 0);
                FUZZ_CHECK(to >= scratch && to - scratch <= field[i].n);
            }
        }
    }
    FUZZ_CHECK(found->stray == stray);
    FUZZ_CHECK(found->n_fields == slow->n);
}

static int64_t newlines_of(int64_t begin, int64_t end)
{
    int64_t n = 0;
    for (int64_t i = begin; i < end; i++) {
        n += text[i] == '\n';
    }
    return n;
}

/* All records of the whole text; checks each. Ends at the end of the text or inside open quotes. */
static void read_whole(void)
{
    static slow_record slow;
    tc_csv_field field[CAPACITY];
    tc_csv_record found;
    int64_t at = 0, line = 1;
    n_all = 0;
    while (at < text_n) {
        const tc_csv_outcome outcome = tc_csv_next(
            &rfc, (tc_csv_text){text + at, text_n - at}, 1, field, CAPACITY, &found);
        slow_next(at, &slow);
        FUZZ_CHECK(outcome != TC_CSV_MORE);
        FUZZ_CHECK((outcome == TC_CSV_OPEN) == slow.open);
        if (outcome == TC_CSV_OPEN) {
            return;
        }
        check_fields(&slow, field, &found);
        FUZZ_CHECK(found.next == slow.next - at);
        FUZZ_CHECK(found.length == slow.end[slow.n - 1] - at);
        FUZZ_CHECK(found.newlines == newlines_of(at, slow.next));
        all[n_all++] =
            (record){at, found.length, found.next, line, found.n_fields, found.stray};
        at += found.next;
        line += found.newlines;
    }
}

/* The text seen only up to n: the records that end before n, then a wish for more. */
static void check_prefix(int64_t n)
{
    tc_csv_field field[CAPACITY];
    tc_csv_record found;
    const char kept = text[n];
    int64_t at = 0;
    text[n] = '\n';
    for (int64_t i = 0; i <= n_all && at < n; i++) {
        const tc_csv_outcome outcome =
            tc_csv_next(&rfc, (tc_csv_text){text + at, n - at}, 0, field, CAPACITY, &found);
        FUZZ_CHECK(outcome != TC_CSV_OPEN);
        if (outcome == TC_CSV_MORE) {
            break;
        }
        FUZZ_CHECK(i < n_all && all[i].begin == at && all[i].next == found.next);
        FUZZ_CHECK(all[i].n_fields == found.n_fields && all[i].stray == found.stray);
        at += found.next;
    }
    text[n] = kept;
}

/* A piece [begin, end) finds its records as a rank does: from the byte before it on, behind the first newline outside
 * quotes. Returns the number of the first record that the next piece must find. */
static int64_t check_piece(int64_t begin, int64_t end, int inside, int64_t lines,
                           int64_t next)
{
    tc_csv_field field[CAPACITY];
    tc_csv_record found;
    int64_t at = 0, line = 1;
    if (begin > 0) {
        inside ^= text[begin - 1] == '"';
        line = lines + 1 - (text[begin - 1] == '\n');
        const int64_t skipped =
            tc_csv_skip(&rfc, text + begin - 1, text_n - begin + 1, &inside, &lines);
        line = lines + 1;
        at = skipped < 0 ? text_n : begin - 1 + skipped;
    }
    for (; at < end; next++) {
        if (tc_csv_next(&rfc, (tc_csv_text){text + at, text_n - at}, 1, field, CAPACITY,
                        &found) != TC_CSV_RECORD) {
            FUZZ_CHECK(next == n_all);
            return next;
        }
        FUZZ_CHECK(next < n_all && all[next].begin == at && all[next].next == found.next);
        FUZZ_CHECK(all[next].length == found.length &&
                   all[next].n_fields == found.n_fields);
        FUZZ_CHECK(all[next].line == line);
        at += found.next;
        line += found.newlines;
    }
    return next;
}

static void check_pieces(const int64_t *cut, int n)
{
    int64_t quotes = 0, newlines = 0, next = 0;
    for (int k = 0; k < n; k++) {
        int64_t before = newlines;
        if (cut[k] > 0 && text[cut[k] - 1] == '\n') {
            before--; /* tc_csv_skip passes it again */
        }
        if (cut[k] < cut[k + 1]) {
            next = check_piece(cut[k], cut[k + 1], (int)(quotes & 1), before, next);
        }
        tc_csv_count(&rfc, text + cut[k], cut[k + 1] - cut[k], &quotes, &newlines);
    }
    FUZZ_CHECK(next == n_all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, size};
    const unsigned a = fuzz_byte(&in), b = fuzz_byte(&in);
    int64_t cut[5];
    rfc = tc_csv_dialect_of(',', '"');
    text_n = (int64_t)(in.n < TEXT_MAX ? in.n : TEXT_MAX);
    memcpy(text, in.data, (size_t)text_n);
    text[text_n] = '\n';
    read_whole();
    if (text_n == 0) {
        return 0;
    }
    cut[0] = 0;
    cut[1] = (int64_t)(a < b ? a : b) % (text_n + 1);
    cut[2] = (int64_t)(a < b ? b : a) % (text_n + 1);
    if (cut[2] < cut[1]) {
        cut[2] = cut[1];
    }
    cut[3] = (cut[2] + text_n) / 2;
    cut[4] = text_n;
    check_pieces(cut, 4);
    check_prefix(cut[1]);
    check_prefix(cut[3]);
    return 0;
}
