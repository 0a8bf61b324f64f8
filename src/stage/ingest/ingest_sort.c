#include "ingest_sort.h"

enum { ROWS_A_RANGE = 8, INSERTION = 24 };

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_ids(const unsigned char *a, const unsigned char *b)
{
    const int64_t x = tc_packed_id_n(a), y = tc_packed_id_n(b);
    const int order = memcmp(tc_packed_id(a), tc_packed_id(b), (size_t)(x < y ? x : y));
    return order != 0 ? order : compare_i64(x, y);
}

static uint64_t level_word(const tc_sort_codes *codes, const tc_packed_head *head)
{
    const uint64_t category =
        codes->category != NULL ? codes->category[head->category] : head->category;
    const uint64_t channel =
        codes->channel != NULL ? codes->channel[head->channel] : head->channel;
    return category << 32 | channel << 16 | (uint64_t)head->kind << 8 | head->alias;
}

/* Behind hi, id and time. */
static int compare_rest(const tc_sort_codes *codes, const unsigned char *x,
                        const unsigned char *y)
{
    int order = compare_u64(tc_packed_order(x), tc_packed_order(y));
    if (order != 0) {
        return order;
    }
    const tc_packed_head a = tc_packed_head_of(x), b = tc_packed_head_of(y);
    order = compare_i64(a.amount, b.amount);
    order = order != 0 ? order : compare_u64(level_word(codes, &a), level_word(codes, &b));
    order = order != 0 ? order : compare_u64(a.row, b.row);
    order = order != 0 ? order : compare_ids(x, y);
    return order != 0 ? order : compare_u64(a.place, b.place);
}

/* Rows of equal hi have one id, as good as always: that is looked at last. */
static inline int is_before(const tc_sort_codes *codes, const tc_sort_entry *a,
                            const tc_sort_entry *b)
{
    if (a->hi != b->hi) {
        return a->hi < b->hi;
    }
    if (a->time != b->time) {
        return a->time < b->time;
    }
    return compare_rest(codes, a->row, b->row) < 0;
}

int tc_sort_compare(const tc_sort_codes *codes, const tc_sort_entry *a,
                    const tc_sort_entry *b)
{
    int order = compare_i64(tc_packed_is_unused(a->row), tc_packed_is_unused(b->row));
    order = order != 0 ? order : compare_u64(a->hi, b->hi);
    if (order == 0 && !tc_packed_is_unused(a->row) && !tc_sort_same_id(a->row, b->row)) {
        const tc_hash128 x =
            tc_hash128_of(tc_packed_id(a->row), (size_t)tc_packed_id_n(a->row));
        const tc_hash128 y =
            tc_hash128_of(tc_packed_id(b->row), (size_t)tc_packed_id_n(b->row));
        order = compare_u64(x.lo, y.lo);
        order = order != 0 ? order : compare_ids(a->row, b->row);
    }
    order = order != 0 ? order : compare_i64(a->time, b->time);
    return order != 0 ? order : compare_rest(codes, a->row, b->row);
}

int tc_sort_is_equal(const unsigned char *a, const unsigned char *b)
{
    if (tc_packed_row(a) != tc_packed_row(b)) {
        return 0;
    }
    const tc_packed_head x = tc_packed_head_of(a), y = tc_packed_head_of(b);
    return x.time == y.time && x.order == y.order && x.amount == y.amount &&
           x.category == y.category && x.channel == y.channel && x.kind == y.kind &&
           x.alias == y.alias && tc_sort_same_id(a, b);
}

typedef int before_rule(const tc_sort_codes *codes, const tc_sort_entry *a,
                        const tc_sort_entry *b);

static int is_before_strictly(const tc_sort_codes *codes, const tc_sort_entry *a,
                              const tc_sort_entry *b)
{
    return tc_sort_compare(codes, a, b) < 0;
}

static inline void insertion_sort(const tc_sort_codes *codes, tc_sort_entry *entry,
                                  int64_t n, before_rule *before)
{
    for (int64_t i = 1; i < n; i++) {
        const tc_sort_entry moving = entry[i];
        int64_t j = i;
        while (j > 0 && before(codes, &moving, &entry[j - 1])) {
            entry[j] = entry[j - 1];
            j--;
        }
        entry[j] = moving;
    }
}

/* Two neighbouring sorted ranges of from become one of to. */
static inline void merge(const tc_sort_codes *codes, const tc_sort_entry *from,
                         int64_t middle, int64_t n, tc_sort_entry *to, before_rule *before)
{
    int64_t a = 0, b = middle;
    for (int64_t i = 0; i < n; i++) {
        const int take_b = b < n && (a == middle || before(codes, &from[b], &from[a]));
        to[i] = take_b ? from[b++] : from[a++];
    }
}

/* Bottom up, from runs that insertion has put in order. */
static inline void merge_sort(const tc_sort_codes *codes, tc_sort_entry *entry,
                              tc_sort_entry *spare, int64_t n, before_rule *before)
{
    tc_sort_entry *from = entry, *to = spare;
    for (int64_t at = 0; at < n; at += INSERTION) {
        insertion_sort(codes, entry + at, n - at < INSERTION ? n - at : INSERTION, before);
    }
    for (int64_t run = INSERTION; run < n; run *= 2) {
        for (int64_t at = 0; at < n; at += 2 * run) {
            const int64_t left = n - at;
            merge(codes, from + at, left < run ? left : run,
                  left < 2 * run ? left : 2 * run, to + at, before);
        }
        tc_sort_entry *const swap = from;
        from = to;
        to = swap;
    }
    if (from != entry) {
        memcpy(entry, from, (size_t)n * sizeof *entry);
    }
}

/* Groups of equal hi with different ids get their strict order. */
static void part_ids(const tc_sort_codes *codes, tc_sort_entry *entry, tc_sort_entry *spare,
                     int64_t n)
{
    for (int64_t i = 0; i < n;) {
        int64_t end = i + 1;
        int differ = 0;
        while (end < n && entry[end].hi == entry[i].hi) {
            differ |= !tc_sort_same_id(entry[end].row, entry[i].row);
            end++;
        }
        if (differ && !tc_packed_is_unused(entry[i].row)) {
            merge_sort(codes, entry + i, spare, end - i, is_before_strictly);
        }
        i = end;
    }
}

/* The highest bits of hi that differ, so many that a range holds a few rows. Returns their
 * number, 0 if none differ. */
static int choose_digit(const tc_sort_entry *entry, int64_t n, int *shift)
{
    uint64_t differ = 0;
    int bits = 1;
    for (int64_t i = 1; i < n; i++) {
        differ |= entry[i].hi ^ entry[0].hi;
    }
    if (differ == 0) {
        return 0;
    }
    while (1 << bits < TC_SORT_RANGES && (int64_t)ROWS_A_RANGE << bits < n) {
        bits++;
    }
    *shift = 64 - __builtin_clzll(differ);
    *shift = *shift > bits ? *shift - bits : 0;
    return bits;
}

/* Stable, from entry to spare. */
static void scatter(const tc_sort_entry *entry, tc_sort_entry *spare, int64_t n, int shift,
                    int bits, int32_t end[TC_SORT_RANGES + 1])
{
    const uint64_t mask = ((uint64_t)1 << bits) - 1;
    int32_t sum = 0;
    memset(end, 0, (size_t)(mask + 2) * sizeof *end);
    for (int64_t i = 0; i < n; i++) {
        end[((entry[i].hi >> shift) & mask) + 1]++;
    }
    for (uint64_t d = 0; d <= mask; d++) {
        const int32_t count = end[d + 1];
        end[d + 1] = sum;
        sum += count;
    }
    for (int64_t i = 0; i < n; i++) {
        spare[end[((entry[i].hi >> shift) & mask) + 1]++] = entry[i];
    }
}

void tc_sort_part(tc_sort_entry *entry, tc_sort_entry *spare, int64_t n,
                  tc_sort_parts *parts)
{
    int shift = 0;
    const int bits = n <= INSERTION || n > INT32_MAX ? 0 : choose_digit(entry, n, &shift);
    parts->n = n;
    parts->n_ranges = (int64_t)1 << bits;
    parts->entry = bits == 0 ? entry : spare;
    parts->spare = bits == 0 ? spare : entry;
    if (bits > 0) {
        scatter(entry, spare, n, shift, bits, parts->end);
    }
}

void tc_sort_range(const tc_sort_codes *codes, const tc_sort_parts *parts, int64_t range)
{
    const int64_t begin = tc_sort_begin(parts, range);
    const int64_t n = tc_sort_end(parts, range) - begin;
    if (n <= INSERTION) {
        insertion_sort(codes, parts->entry + begin, n, is_before);
    } else {
        merge_sort(codes, parts->entry + begin, parts->spare + begin, n, is_before);
    }
    part_ids(codes, parts->entry + begin, parts->spare + begin, n);
}

void tc_sort_entries(const tc_sort_codes *codes, tc_sort_entry *entry, tc_sort_entry *spare,
                     int64_t n)
{
    tc_sort_parts parts = {0};
    tc_sort_part(entry, spare, n, &parts);
    for (int64_t r = 0; r < parts.n_ranges; r++) {
        tc_sort_range(codes, &parts, r);
    }
    if (parts.entry != entry) {
        memcpy(entry, parts.entry, (size_t)n * sizeof *entry);
    }
}
