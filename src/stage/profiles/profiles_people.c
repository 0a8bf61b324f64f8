#include "profiles_people.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024 };

const tc_person *tc_people_get(const tc_people *people, int64_t number)
{
    return (const tc_person *)(const void *)people->person.data + number;
}

const char *tc_people_id(const tc_people *people, int64_t number, int64_t *id_n)
{
    const tc_person *person = tc_people_get(people, number);
    *id_n = person->text & 0xFF;
    return (const char *)people->text.data + (person->text >> 8);
}

/* Slot that holds the customer with this hash, or the free one where he belongs. The low word
 * decides: the high one is partly fixed by the owner. */
static int64_t find_slot(const tc_people *people, tc_hash128 hash)
{
    int64_t at = (int64_t)(hash.lo & (uint64_t)(people->n_slots - 1));
    while (people->slot[at] != 0) {
        const tc_person *person = tc_people_get(people, (int64_t)people->slot[at] - 1);
        if (person->hash.hi == hash.hi && person->hash.lo == hash.lo) {
            break;
        }
        at = (at + 1) & (people->n_slots - 1);
    }
    return at;
}

/* Keeps half of the slots free. */
static tc_status grow(tc_people *people, tc_error *err)
{
    const int64_t n_slots = people->n_slots > 0 ? 2 * people->n_slots : FIRST_SLOTS;
    uint32_t *slot;
    if (2 * (people->n + 1) <= people->n_slots) {
        return TC_OK;
    }
    slot = tc_mem_alloc(n_slots, sizeof *slot, err);
    if (slot == NULL) {
        return TC_ENOMEM;
    }
    tc_mem_free(people->slot);
    people->slot = slot;
    people->n_slots = n_slots;
    for (int64_t i = 0; i < people->n; i++) {
        slot[find_slot(people, tc_people_get(people, i)->hash)] = (uint32_t)i + 1;
    }
    return TC_OK;
}

static tc_status add(tc_people *people, const tc_person *person, const void *id,
                     tc_error *err)
{
    const int64_t id_n = person->text & 0xFF;
    if (people->n >= UINT32_MAX - 1) {
        return tc_fail(err, TC_EDATA,
                       "profiles: a rank owns more than 4 billion customers; use more "
                       "ranks");
    }
    TC_TRY(tc_buffer_append(&people->text, id, id_n, err));
    TC_TRY(tc_buffer_append(&people->person, person, (int64_t)sizeof *person, err));
    people->n++;
    people->width = id_n > people->width ? id_n : people->width;
    return TC_OK;
}

tc_status tc_people_add(tc_people *people, tc_hash128 hash, const void *id, int64_t id_n,
                        uint32_t *number, tc_error *err)
{
    const tc_person person = {.hash = hash, .text = people->text.size << 8 | id_n};
    int64_t slot, known_n;
    TC_TRY(grow(people, err));
    slot = find_slot(people, hash);
    if (people->slot[slot] == 0) {
        TC_TRY(add(people, &person, id, err));
        people->slot[slot] = (uint32_t)people->n;
    } else {
        const char *known = tc_people_id(people, (int64_t)people->slot[slot] - 1, &known_n);
        if (known_n != id_n || memcmp(known, id, (size_t)id_n) != 0) {
            return tc_fail(err, TC_EDATA,
                           "profiles: two different customer ids have the same hash");
        }
    }
    *number = people->slot[slot] - 1;
    return TC_OK;
}

typedef struct {
    tc_person person;
    uint32_t number;
} ranked;

static int by_hash(const void *a, const void *b)
{
    const tc_hash128 *x = &((const ranked *)a)->person.hash;
    const tc_hash128 *y = &((const ranked *)b)->person.hash;
    if (x->hi != y->hi) {
        return x->hi < y->hi ? -1 : 1;
    }
    return (x->lo > y->lo) - (x->lo < y->lo);
}

tc_status tc_people_settle(tc_people *people, uint32_t **place, tc_error *err)
{
    const int64_t n = people->n;
    tc_person *person = (tc_person *)(void *)people->person.data;
    ranked *order;
    tc_mem_free(people->slot);
    people->slot = NULL;
    people->n_slots = 0;
    order = tc_mem_alloc(n, sizeof *order, err);
    *place = tc_mem_alloc(n, sizeof **place, err);
    if (order == NULL || *place == NULL) {
        tc_mem_free(order);
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        order[i] = (ranked){person[i], (uint32_t)i};
    }
    qsort(order, (size_t)n, sizeof *order, by_hash);
    for (int64_t i = 0; i < n; i++) {
        person[i] = order[i].person;
        (*place)[order[i].number] = (uint32_t)i;
    }
    tc_mem_free(order);
    return TC_OK;
}

void tc_people_free(tc_people *people)
{
    tc_buffer_free(&people->person);
    tc_buffer_free(&people->text);
    tc_mem_free(people->slot);
    *people = (tc_people){0};
}
