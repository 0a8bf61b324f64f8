#include "identity_impl.h"

#include <string.h>

enum { SLOTS_MIN = 1024 };

/* Slot of a hash, or the empty one where it belongs. */
static int64_t probe(const tc_identity_names *names, tc_hash128 hash)
{
    const uint64_t mask = (uint64_t)names->n_slots - 1;
    uint64_t at = hash.lo & mask;
    while (names->slot[at] != 0 &&
           memcmp(names->text.data + names->slot[at] - 1, &hash, sizeof hash) != 0) {
        at = (at + 1) & mask;
    }
    return (int64_t)at;
}

static tc_status grow(tc_identity_names *names, tc_error *err)
{
    const int64_t n_old = names->n_slots;
    int64_t *const old = names->slot;
    const int64_t n_slots = n_old == 0 ? SLOTS_MIN : 2 * n_old;
    int64_t *const slot = tc_mem_alloc(n_slots, sizeof *slot, err);
    if (slot == NULL) {
        return TC_ENOMEM;
    }
    names->slot = slot;
    names->n_slots = n_slots;
    for (int64_t i = 0; i < n_old; i++) {
        if (old[i] != 0) {
            tc_hash128 hash;
            memcpy(&hash, names->text.data + old[i] - 1, sizeof hash);
            slot[probe(names, hash)] = old[i];
        }
    }
    tc_mem_free(old);
    return TC_OK;
}

tc_status tc_identity_names_add(tc_identity_names *names, tc_hash128 hash, const void *id,
                                int64_t n, tc_error *err)
{
    int64_t slot, known_n = 0;
    const unsigned char *known;
    if (names->n >= names->n_slots - names->n_slots / 4) {
        TC_TRY(grow(names, err));
    }
    slot = probe(names, hash);
    if (names->slot[slot] == 0) {
        const unsigned char size = (unsigned char)n;
        const int64_t at = names->text.size;
        TC_TRY(tc_buffer_reserve(&names->text, TC_NAME_HEAD + n, err));
        TC_TRY(tc_buffer_append(&names->text, &hash, (int64_t)sizeof hash, err));
        TC_TRY(tc_buffer_append(&names->text, &size, 1, err));
        TC_TRY(tc_buffer_append(&names->text, id, n, err));
        names->slot[slot] = at + 1;
        names->n++;
        return TC_OK;
    }
    known = tc_identity_names_find(names, hash, &known_n);
    if (known_n != n || memcmp(known, id, (size_t)n) != 0) {
        return tc_fail(err, TC_EDATA,
                       "two ids of the identity map have the same 128-bit hash; change "
                       "one of them");
    }
    return TC_OK;
}

const unsigned char *tc_identity_names_find(const tc_identity_names *names, tc_hash128 hash,
                                            int64_t *n)
{
    int64_t slot;
    if (names->n_slots == 0) {
        return NULL;
    }
    slot = probe(names, hash);
    if (names->slot[slot] == 0) {
        return NULL;
    }
    *n = names->text.data[names->slot[slot] - 1 + (int64_t)sizeof hash];
    return names->text.data + names->slot[slot] - 1 + TC_NAME_HEAD;
}

void tc_identity_names_free(tc_identity_names *names)
{
    tc_mem_free(names->slot);
    tc_buffer_free(&names->text);
    *names = (tc_identity_names){0};
}
