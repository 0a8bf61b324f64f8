#include "rfm_impl.h"

#include "tiercel/hash.h"

#include <string.h>

enum { SMALL = 32, FIRST_CAPACITY = 64, FIRST_SLOTS = 128 };

void tc_rfm_orders_free(tc_rfm_orders *orders)
{
    tc_mem_free(orders->key);
    tc_mem_free(orders->amount);
    tc_mem_free(orders->slot);
    *orders = (tc_rfm_orders){0};
}

tc_status tc_rfm_orders_start(tc_rfm_orders *orders, int64_t n, tc_error *err)
{
    orders->n_slots = 0;
    orders->n_slotted = 0;
    if (n >= orders->capacity) {
        const int64_t capacity = n < FIRST_CAPACITY ? FIRST_CAPACITY : n + n / 2 + 1;
        uint64_t *key = tc_mem_resize(orders->key, capacity, sizeof *key, err);
        int64_t *amount;
        if (key == NULL) {
            return TC_ENOMEM;
        }
        orders->key = key;
        amount = tc_mem_resize(orders->amount, capacity, sizeof *amount, err);
        if (amount == NULL) {
            return TC_ENOMEM;
        }
        orders->amount = amount;
        orders->capacity = capacity;
    }
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

/* Brings n orders into the table; at least half of its slots stay free. */
static tc_status catch_up(tc_rfm_orders *orders, int64_t n, tc_error *err)
{
    int64_t n_slots = orders->n_slots > 0 ? orders->n_slots : FIRST_SLOTS;
    while (n_slots < 2 * n) {
        n_slots *= 2;
    }
    if (n_slots > orders->n_slots) {
        if (n_slots > orders->slot_capacity) {
            int64_t *slot = tc_mem_resize(orders->slot, n_slots, sizeof *slot, err);
            if (slot == NULL) {
                return TC_ENOMEM;
            }
            orders->slot = slot;
            orders->slot_capacity = n_slots;
        }
        orders->n_slots = n_slots;
        orders->n_slotted = 0;
        memset(orders->slot, 0, (size_t)n_slots * sizeof *orders->slot);
    }
    for (; orders->n_slotted < n; orders->n_slotted++) {
        orders->slot[probe(orders, orders->key[orders->n_slotted])] = orders->n_slotted + 1;
    }
    return TC_OK;
}

tc_status tc_rfm_orders_find(tc_rfm_orders *orders, int64_t n, uint64_t key,
                             int64_t *number, tc_error *err)
{
    *number = -1;
    if (n > SMALL) {
        TC_TRY(catch_up(orders, n, err));
        *number = orders->slot[probe(orders, key)] - 1;
        return TC_OK;
    }
    for (int64_t i = 0; i < n; i++) {
        if (orders->key[i] == key) {
            *number = i;
            break;
        }
    }
    return TC_OK;
}
