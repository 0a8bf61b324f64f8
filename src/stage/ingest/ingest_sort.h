/* ingest_sort.h - private to ingest: order and equality of packed rows on one rank. */
#ifndef TC_INGEST_SORT_H
#define TC_INGEST_SORT_H

#include "ingest_record.h"

#include "tiercel/mem.h"

/* A row and what mostly decides its place; the row is borrowed. */
typedef struct {
    uint64_t hi; /* tc_packed_route */
    int64_t time;
    const unsigned char *row;
} tc_sort_entry;

/* Final codes of the provisional ones that rows carry; NULL: they are final. Codes decide
 * among rows of one time, order and amount, so the order must not depend on who met a text
 * first. */
typedef struct {
    const uint32_t *channel, *category; /* borrowed */
} tc_sort_codes;

/* Local, pure. */
static inline tc_sort_entry tc_sort_entry_of(const unsigned char *row)
{
    return (tc_sort_entry){tc_packed_route(row), tc_packed_time(row), row};
}

/* Local, pure. Less, equal or greater than 0. The whole order of rows: hi, lo and bytes of
 * the id (both only of used rows), time, order, amount, category, channel, kind, alias, row,
 * id (unused rows: their customer), place. It is total, for no two rows have one place. */
int tc_sort_compare(const tc_sort_codes *codes, const tc_sort_entry *a,
                    const tc_sort_entry *b);

/* Local, pure. 1 if two rows say the same: equal in all but the place. */
int tc_sort_is_equal(const unsigned char *a, const unsigned char *b);

/* Local, pure. 1 if two texts of n bytes, mostly few, are equal. */
static inline int tc_sort_same_bytes(const unsigned char *a, const unsigned char *b,
                                     int64_t n)
{
    if (n >= 8 && n <= 16) {
        return ((tc_packed_word(a, 0) ^ tc_packed_word(b, 0)) |
                (tc_packed_word(a, n - 8) ^ tc_packed_word(b, n - 8))) == 0;
    }
    return memcmp(a, b, (size_t)n) == 0;
}

/* Local, pure. 1 if two rows carry the same id. */
static inline int tc_sort_same_id(const unsigned char *a, const unsigned char *b)
{
    const int64_t n = tc_packed_id_n(a);
    return n == tc_packed_id_n(b) &&
           tc_sort_same_bytes(tc_packed_id(a), tc_packed_id(b), n);
}

/* Ranges of entries, one behind the other in the order of hi: about one customer each. */
enum { TC_SORT_RANGES = 4096 };
typedef struct {
    tc_sort_entry *entry; /* where they are now: one of the two arrays; borrowed */
    tc_sort_entry *spare; /* the other one: scratch */
    int64_t n_ranges;
    int32_t end[TC_SORT_RANGES + 1]; /* of range r at r + 1 */
    int64_t n; /* entries; end[] holds if there is more than one range */
} tc_sort_parts;

/* Local. Puts entries of one kind (all used or all unused) in order, in two steps: parts them
 * into ranges, which takes spare[n] as scratch; sorts one range. One hi is in one range, so
 * that ranges can be worked off one by one while their rows are near. Method: one pass of a
 * radix sort by the highest bits of hi that differ; insertion sort, or merge sort of long
 * ranges; two ids with one hi, of which nobody has seen a case, are found and put in order at
 * the end. Cost O(n log n) at worst. */
void tc_sort_part(tc_sort_entry *entry, tc_sort_entry *spare, int64_t n,
                  tc_sort_parts *parts);
void tc_sort_range(const tc_sort_codes *codes, const tc_sort_parts *parts, int64_t range);

/* Local, pure. Where a range begins and ends. */
static inline int64_t tc_sort_begin(const tc_sort_parts *parts, int64_t range)
{
    return range == 0 ? 0 : parts->end[range];
}

static inline int64_t tc_sort_end(const tc_sort_parts *parts, int64_t range)
{
    return parts->n_ranges == 1 ? parts->n : parts->end[range + 1];
}

/* Local. Both steps; the order is that of entry[n]. */
void tc_sort_entries(const tc_sort_codes *codes, tc_sort_entry *entry, tc_sort_entry *spare,
                     int64_t n);

#endif
