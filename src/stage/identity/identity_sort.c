/* identity_sort.c - records of a few words, sorted in place by the first of them. */
#include "identity_impl.h"

#include <string.h>

enum { DIGITS = 256, DIGIT_BITS = 8, INSERTION = 16, WORDS_MAX = 8 };

typedef struct {
    uint64_t *record;
    int words, key_words;
} table;

/* A range whose words before `word` are equal. */
typedef struct {
    int64_t begin, n, word;
} range;

static uint64_t *at(const table *t, int64_t i)
{
    return t->record + i * t->words;
}

static size_t size_of(const table *t)
{
    return (size_t)t->words * sizeof(uint64_t);
}

static int is_less(const table *t, const uint64_t *a, const uint64_t *b, int64_t word)
{
    for (; word < t->key_words; word++) {
        if (a[word] != b[word]) {
            return a[word] < b[word];
        }
    }
    return 0;
}

static void insertion_sort(const table *t, const range *r)
{
    uint64_t moving[WORDS_MAX];
    for (int64_t i = r->begin + 1; i < r->begin + r->n; i++) {
        int64_t j = i;
        memcpy(moving, at(t, i), size_of(t));
        while (j > r->begin && is_less(t, moving, at(t, j - 1), r->word)) {
            memcpy(at(t, j), at(t, j - 1), size_of(t));
            j--;
        }
        memcpy(at(t, j), moving, size_of(t));
    }
}

/* Shift of the digit that splits a range: the highest bits that differ. 0 if the records
 * are equal in all words of the key. */
static int next_digit(const table *t, range *r, int *shift)
{
    for (; r->word < t->key_words; r->word++) {
        const uint64_t first = at(t, r->begin)[r->word];
        uint64_t differ = 0;
        for (int64_t i = 1; i < r->n; i++) {
            differ |= at(t, r->begin + i)[r->word] ^ first;
        }
        if (differ != 0) {
            const int high = 64 - __builtin_clzll(differ);
            *shift = high > DIGIT_BITS ? high - DIGIT_BITS : 0;
            return 1;
        }
    }
    return 0;
}

static void permute(const table *t, const range *r, int shift, int64_t start[DIGITS + 1])
{
    int64_t head[DIGITS], count[DIGITS] = {0};
    uint64_t moving[WORDS_MAX], next[WORDS_MAX];
    for (int64_t i = 0; i < r->n; i++) {
        count[at(t, r->begin + i)[r->word] >> shift & (DIGITS - 1)]++;
    }
    start[0] = r->begin;
    for (int d = 0; d < DIGITS; d++) {
        head[d] = start[d];
        start[d + 1] = start[d] + count[d];
    }
    for (uint64_t d = 0; d < DIGITS; d++) {
        while (head[d] < start[d + 1]) {
            uint64_t to;
            memcpy(moving, at(t, head[d]), size_of(t));
            to = moving[r->word] >> shift & (DIGITS - 1);
            while (to != d) {
                memcpy(next, at(t, head[to]), size_of(t));
                memcpy(at(t, head[to]++), moving, size_of(t));
                memcpy(moving, next, size_of(t));
                to = moving[r->word] >> shift & (DIGITS - 1);
            }
            memcpy(at(t, head[d]++), moving, size_of(t));
        }
    }
}

tc_status tc_identity_sort(uint64_t *record, int64_t n, int words, int key_words,
                           tc_error *err)
{
    table t = {NULL, words, key_words};
    const range whole = {0, n, 0};
    tc_buffer stack = {0};
    tc_status st = tc_buffer_append(&stack, &whole, (int64_t)sizeof whole, err);
    t.record = record;
    TC_ASSERT(words <= WORDS_MAX);
    while (st == TC_OK && stack.size > 0) {
        int64_t start[DIGITS + 1];
        range top;
        int shift;
        stack.size -= (int64_t)sizeof top;
        memcpy(&top, stack.data + stack.size, sizeof top);
        if (top.n <= INSERTION) {
            insertion_sort(&t, &top);
            continue;
        }
        if (!next_digit(&t, &top, &shift)) {
            continue;
        }
        permute(&t, &top, shift, start);
        for (int d = 0; d < DIGITS && st == TC_OK; d++) {
            const range part = {start[d], start[d + 1] - start[d], top.word};
            if (part.n > 1) {
                st = tc_buffer_append(&stack, &part, (int64_t)sizeof part, err);
            }
        }
    }
    tc_buffer_free(&stack);
    return st;
}
