#include "rfm_impl.h"

#include "tiercel/hash.h"

#include <string.h>

enum { SMALL = 32, FIRST_CAPACITY = 64, FIRST_SLOTS = 128 };

void tc_rfm_orders_reset(tc_rfm_orders *orders)
{
    orders->n = 0;
    orders->n_slots = 0;
}

void tc_rfm_orders_free(tc_rfm_orders *orders)
{
    tc_mem_free(orders->key);
    tc_mem_free(orders->day);
    tc_mem_free(orders->amount);
    tc_mem_free(orders->slot);
    *orders = (tc_rfm_orders){0};
}

static tc_status grow(tc_rfm_orders *orders, tc_error *err)
{
    const int64_t capacity = orders->capacity > 0 ? 2 * orders->capacity : FIRST_CAPACITY;
    uint64_t *key = tc_mem_resize(orders->key, capacity, sizeof *key, err);
    int64_t *day, *amount;
    if (key == NULL) {
        return TC_ENOMEM;
    }
    orders->key = key;
    day = tc_mem_resize(orders->day, capacity, sizeof *day, err);
    if (day == NULL) {
        return TC_ENOMEM;
    }
    orders->day = day;
    amount = tc_mem_resize(orders->amount, capacity, sizeof *amount, err);
    if (amount == NULL) {
        return TC_ENOMEM;
    }
    orders->amount = amount;
    orders->capacity = capacity;
    return TC_OK;
}

/* The slot that holds the key, or the free one where it belongs. Order ids are hashes already; the mix
 * guards against a file that gives small numbers instead. */
static int64_t probe(const tc_rfm_orders *orders, uint64_t key)
{
    const uint64_t mask = (uint64_t)orders->n_slots - 1;
    uint64_t at = tc_hash_mix(key, 0) & mask;
    while (orders->slot[at] != 0 && orders->key[orders->slot[at] - 1] != key) {
        at = (at + 1) & mask;
    }
    return (int64_t)at;
}

/* Builds the table anew with at least twice as many slots as there can be orders before the next build. */
static tc_status rebuild(tc_rfm_orders *orders, tc_error *err)
{
    const int64_t n_slots = orders->n_slots > 0 ? 2 * orders->n_slots : FIRST_SLOTS;
    if (n_slots > orders->slot_capacity) {
        int64_t *slot = tc_mem_resize(orders->slot, n_slots, sizeof *slot, err);
        if (slot == NULL) {
            return TC_ENOMEM;
        }
        orders->slot = slot;
        orders->slot_capacity = n_slots;
    }
    orders->n_slots = n_slots;
    memset(orders->slot, 0, (size_t)n_slots * sizeof *orders->slot);
    for (int64_t i = 0; i < orders->n; i++) {
        orders->slot[probe(orders, orders->key[i])] = i + 1;
    }
    return TC_OK;
}

/* -1 if there is none. The order of the last line is the likeliest. */
static int64_t find(const tc_rfm_orders *orders, uint64_t key)
{
    if (orders->n > 0 && orders->key[orders->n - 1] == key) {
        return orders->n - 1;
    }
    if (orders->n_slots > 0) {
        return orders->slot[probe(orders, key)] - 1;
    }
    for (int64_t i = 0; i < orders->n; i++) {
        if (orders->key[i] == key) {
            return i;
        }
    }
    return -1;
}

tc_status tc_rfm_orders_find(tc_rfm_orders *orders, uint64_t key, int64_t day,
                             int64_t *number, int *is_new, tc_error *err)
{
    *number = find(orders, key);
    *is_new = *number < 0;
    if (!*is_new) {
        return TC_OK;
    }
    if (orders->n == orders->capacity) {
        TC_TRY(grow(orders, err));
    }
    *number = orders->n;
    orders->key[orders->n] = key;
    orders->day[orders->n] = day;
    orders->amount[orders->n] = 0;
    orders->n++;
    if (orders->n > SMALL && 2 * orders->n > orders->n_slots) {
        return rebuild(orders, err);
    }
    if (orders->n_slots > 0) {
        orders->slot[probe(orders, key)] = orders->n;
    }
    return TC_OK;
}
