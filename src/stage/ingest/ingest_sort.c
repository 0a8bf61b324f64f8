#include "ingest_sort.h"

enum { DIGITS = 256, DIGIT_BITS = 8, SMALL_BITS = 5, SMALL_RANGE = 2048, INSERTION = 16 };
enum { RECORD_WORDS = 8 };

/* A range whose words before `word` are equal, and the bits of that word down to the
 * highest that differs. */
typedef struct {
    int64_t begin, n;
    int64_t word;
} range;

typedef struct {
    int shift, bits;
} digit;

/* Word w of the key: unsigned order is the order of the key. */
static inline uint64_t word_of(const tc_ingest_record *r, int64_t w)
{
    switch (w) {
    case 0:
        return r->hi;
    case 1:
        return r->lo;
    case 2:
        return tc_order_key_i64(r->time);
    case 3:
        return r->order;
    case 4:
        return tc_order_key_i64(r->amount);
    case 5:
        return (uint64_t)r->category << 32 | (uint64_t)r->channel << 16 | (uint64_t)r->kind;
    case 6:
        return r->row;
    default:
        return r->place;
    }
}

static inline int is_less(const tc_ingest_record *a, const tc_ingest_record *b, int64_t w)
{
    for (; w < RECORD_WORDS; w++) {
        const uint64_t x = word_of(a, w), y = word_of(b, w);
        if (x != y) {
            return x < y;
        }
    }
    return 0;
}

static void insertion_sort(tc_ingest_record *record, int64_t n, int64_t word)
{
    for (int64_t i = 1; i < n; i++) {
        const tc_ingest_record moving = record[i];
        int64_t j = i;
        while (j > 0 && is_less(&moving, &record[j - 1], word)) {
            record[j] = record[j - 1];
            j--;
        }
        record[j] = moving;
    }
}

/* Finds the digit by which a range is split next: the highest bits that differ. A small
 * range gets few buckets. 0 if the records are equal in all words. */
static int next_digit(const tc_ingest_record *record, range *r, digit *out)
{
    out->bits = r->n > SMALL_RANGE ? DIGIT_BITS : SMALL_BITS;
    for (; r->word < RECORD_WORDS; r->word++) {
        const uint64_t first = word_of(&record[r->begin], r->word);
        uint64_t differ = 0;
        for (int64_t i = 1; i < r->n; i++) {
            differ |= word_of(&record[r->begin + i], r->word) ^ first;
        }
        if (differ != 0) {
            const int high = 64 - __builtin_clzll(differ);
            out->shift = high > out->bits ? high - out->bits : 0;
            return 1;
        }
    }
    return 0;
}

/* One pass: every record goes to the bucket of its digit; start[DIGITS + 1], out. */
static void permute(tc_ingest_record *record, const range *r, digit by, int64_t *start)
{
    int64_t head[DIGITS], count[DIGITS] = {0};
    tc_ingest_record *const base = record + r->begin;
    const uint64_t mask = ((uint64_t)1 << by.bits) - 1;
    for (int64_t i = 0; i < r->n; i++) {
        count[word_of(&base[i], r->word) >> by.shift & mask]++;
    }
    start[0] = 0;
    for (uint64_t d = 0; d <= mask; d++) {
        head[d] = start[d];
        start[d + 1] = start[d] + count[d];
    }
    for (uint64_t d = 0; d <= mask; d++) {
        while (head[d] < start[d + 1]) {
            tc_ingest_record moving = base[head[d]];
            uint64_t to = word_of(&moving, r->word) >> by.shift & mask;
            while (to != d) {
                const tc_ingest_record next = base[head[to]];
                base[head[to]++] = moving;
                moving = next;
                to = word_of(&moving, r->word) >> by.shift & mask;
            }
            base[head[d]++] = moving;
        }
    }
}

tc_status tc_ingest_sort(tc_ingest_record *record, int64_t n, tc_error *err)
{
    tc_buffer stack = {0};
    const range whole = {0, n, 0};
    tc_status st = tc_buffer_append(&stack, &whole, (int64_t)sizeof whole, err);
    while (st == TC_OK && stack.size > 0) {
        int64_t start[DIGITS + 1];
        range top, part;
        digit by;
        stack.size -= (int64_t)sizeof top;
        top = *(const range *)(const void *)(stack.data + stack.size);
        if (top.n <= INSERTION) {
            insertion_sort(record + top.begin, top.n, top.word);
            continue;
        }
        if (!next_digit(record, &top, &by)) {
            continue;
        }
        permute(record, &top, by, start);
        for (int d = (1 << by.bits) - 1; d >= 0 && st == TC_OK; d--) {
            part = (range){top.begin + start[d], start[d + 1] - start[d], top.word};
            if (part.n > INSERTION) {
                st = tc_buffer_append(&stack, &part, (int64_t)sizeof part, err);
            } else if (part.n > 1) {
                insertion_sort(record + part.begin, part.n, part.word);
            }
        }
    }
    tc_buffer_free(&stack);
    return st;
}

int64_t tc_ingest_part_unused(tc_ingest_record *record, int64_t n)
{
    int64_t low = 0, high = n;
    while (low < high) {
        if (record[low].kind != TC_KIND_UNUSED) {
            low++;
        } else {
            const tc_ingest_record swap = record[--high];
            record[high] = record[low];
            record[low] = swap;
        }
    }
    return low;
}
