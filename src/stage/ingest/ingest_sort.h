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

/* Local, pure. 1 if two rows carry the same id. */
static inline int tc_sort_same_id(const unsigned char *a, const unsigned char *b)
{
    const int64_t n = tc_packed_id_n(a);
    return n == tc_packed_id_n(b) &&
           memcmp(tc_packed_id(a), tc_packed_id(b), (size_t)n) == 0;
}

/* Local. Puts entries of one kind (all used or all unused) in order; spare[n] is scratch.
 * Method: one pass of a radix sort by the highest bits of hi that differ, which leaves
 * about one customer a digit; insertion sort, or merge sort of long ranges; two ids with
 * one hi, of which nobody has seen a case, are found and put in order at the end. Cost
 * O(n log n) at worst. */
void tc_sort_entries(const tc_sort_codes *codes, tc_sort_entry *entry, tc_sort_entry *spare,
                     int64_t n);

#endif
