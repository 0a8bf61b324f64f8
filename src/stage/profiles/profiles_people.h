/* profiles_people.h - private to profiles: the customers that a rank owns, numbered in the
 * order in which they came, with their ids. */
#ifndef TC_PROFILES_PEOPLE_H
#define TC_PROFILES_PEOPLE_H

#include "tiercel/buffer.h"
#include "tiercel/hash.h"

/* Zeroed = nobody. At most 2^32 - 1 customers a rank. */
typedef struct {
    tc_buffer person; /* tc_person [n] */
    tc_buffer text;   /* ids, one behind the other */
    uint32_t *slot;   /* [n_slots] number + 1, 0 = free; open addressing; owned */
    int64_t n_slots;  /* 0 or a power of two */
    int64_t n;
    int64_t width; /* bytes of the longest id, at least 1 */
} tc_people;

typedef struct {
    tc_hash128 hash;
    int64_t text; /* offset << 8 | bytes */
} tc_person;

/* Local. Number of the customer with this id of 1 to 128 bytes, who is added if he is new.
 * Errors: TC_ENOMEM; TC_EDATA if two ids have one hash (no id is named). */
TC_NODISCARD tc_status tc_people_add(tc_people *people, tc_hash128 hash, const void *id,
                                     int64_t id_n, uint32_t *number, tc_error *err);

/* Local, pure. */
const tc_person *tc_people_get(const tc_people *people, int64_t number);
const char *tc_people_id(const tc_people *people, int64_t number, int64_t *id_n);

/* Local. Puts the customers in the order of their hashes: *place[n], out, is the new place
 * of each number so far; owned by the caller. Customers are then known by their places, and
 * no more can be added. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_people_settle(tc_people *people, uint32_t **place, tc_error *err);

void tc_people_free(tc_people *people);

#endif
