#include "ingest_ids.h"

#include <string.h>

enum { SLOTS_MIN = 1 << 12 };

static int same(tc_hash128 a, tc_hash128 b)
{
    return a.lo == b.lo && a.hi == b.hi;
}

static int is_empty(tc_hash128 key)
{
    return key.hi == 0 && key.lo == 0;
}

/* Slot of the key, or the empty one where it belongs. */
static int64_t probe(const tc_ingest_set *set, tc_hash128 key)
{
    const uint64_t mask = (uint64_t)set->n_slots - 1;
    uint64_t at = key.lo & mask;
    while (!is_empty(set->key[at]) && !same(set->key[at], key)) {
        at = (at + 1) & mask;
    }
    return (int64_t)at;
}

static tc_status grow(tc_ingest_set *set, tc_error *err)
{
    tc_ingest_set old = *set;
    const int64_t n_slots = old.n_slots == 0 ? SLOTS_MIN : 2 * old.n_slots;
    tc_hash128 *key = tc_mem_alloc(n_slots, sizeof *key, err);
    int64_t *value = set->has_value ? tc_mem_alloc(n_slots, sizeof *value, err) : NULL;
    if (key == NULL || (value == NULL && set->has_value)) {
        tc_mem_free(key);
        tc_mem_free(value);
        return TC_ENOMEM;
    }
    set->key = key;
    set->value = value;
    set->n_slots = n_slots;
    for (int64_t i = 0; i < old.n_slots; i++) {
        if (!is_empty(old.key[i])) {
            const int64_t slot = probe(set, old.key[i]);
            key[slot] = old.key[i];
            if (value != NULL) {
                value[slot] = old.value[i];
            }
        }
    }
    tc_ingest_set_free(&old);
    return TC_OK;
}

tc_status tc_ingest_set_add(tc_ingest_set *set, tc_hash128 key, int64_t *slot, int *added,
                            tc_error *err)
{
    if (set->n >= set->n_slots - set->n_slots / 4) {
        TC_TRY(grow(set, err));
    }
    *slot = probe(set, key);
    *added = is_empty(set->key[*slot]);
    if (*added) {
        set->key[*slot] = key;
        set->n++;
    }
    return TC_OK;
}

int64_t tc_ingest_set_find(const tc_ingest_set *set, tc_hash128 key)
{
    int64_t slot;
    if (set->n_slots == 0) {
        return -1;
    }
    slot = probe(set, key);
    return is_empty(set->key[slot]) ? -1 : slot;
}

void tc_ingest_set_free(tc_ingest_set *set)
{
    tc_mem_free(set->key);
    tc_mem_free(set->value);
    *set = (tc_ingest_set){0};
}

/* hi, lo, one byte of length, text: an id is at most 128 bytes */
enum { PACKED_HEAD = 17 };

static tc_status pack(tc_buffer *out, const tc_ingest_id *id, tc_error *err)
{
    unsigned char *at;
    TC_TRY(tc_buffer_reserve(out, PACKED_HEAD + id->n, err));
    at = out->data + out->size;
    memcpy(at, &id->hash, sizeof id->hash);
    at[16] = (unsigned char)id->n;
    memcpy(at + PACKED_HEAD, id->id, (size_t)id->n);
    out->size += PACKED_HEAD + id->n;
    return TC_OK;
}

static tc_status resolve_oldest(tc_ingest_sender *sender, tc_error *err)
{
    const tc_ingest_id *const id = &sender->queue[sender->resolved++ % TC_ID_QUEUE];
    int64_t slot;
    int added;
    TC_TRY(tc_ingest_set_add(&sender->sent, id->hash, &slot, &added, err));
    return added ? pack(&sender->packed, id, err) : TC_OK;
}

tc_status tc_ingest_sender_add(tc_ingest_sender *sender, tc_hash128 hash, const char *id,
                               int64_t n, tc_error *err)
{
    tc_ingest_id *entry;
    if (sender->queued - sender->resolved == TC_ID_QUEUE) {
        TC_TRY(resolve_oldest(sender, err));
    }
    entry = &sender->queue[sender->queued++ % TC_ID_QUEUE];
    entry->hash = hash;
    entry->n = n;
    memcpy(entry->id, id, (size_t)n);
    if (sender->sent.n_slots > 0) {
        __builtin_prefetch(
            &sender->sent.key[hash.lo & ((uint64_t)sender->sent.n_slots - 1)]);
    }
    return TC_OK;
}

tc_status tc_ingest_sender_settle(tc_ingest_sender *sender, tc_error *err)
{
    while (sender->resolved < sender->queued) {
        TC_TRY(resolve_oldest(sender, err));
    }
    return TC_OK;
}

void tc_ingest_sender_free(tc_ingest_sender *sender)
{
    tc_ingest_set_free(&sender->sent);
    tc_buffer_free(&sender->packed);
}

int64_t tc_ingest_id_unpack(const unsigned char *bytes, tc_hash128 *hash)
{
    memcpy(hash, bytes, sizeof *hash);
    return PACKED_HEAD + (int64_t)bytes[16];
}

static tc_status absorb_one(tc_ingest_ids *ids, tc_hash128 hash, const unsigned char *id,
                            int64_t n, tc_error *err)
{
    int64_t slot, known;
    int added;
    TC_TRY(tc_ingest_set_add(&ids->set, hash, &slot, &added, err));
    TC_ASSERT(ids->set.value != NULL);
    if (added) {
        ids->set.value[slot] = ids->text.size << 8 | n;
        ids->width = n > ids->width ? n : ids->width;
        return tc_buffer_append(&ids->text, id, n, err);
    }
    known = ids->set.value[slot];
    if ((known & 255) != n || memcmp(ids->text.data + (known >> 8), id, (size_t)n) != 0) {
        return tc_fail(err, TC_EDATA,
                       "two customer ids have the same 128-bit hash; change one of them");
    }
    return TC_OK;
}

tc_status tc_ingest_ids_absorb(tc_ingest_ids *ids, const tc_buffer *packed, tc_error *err)
{
    ids->set.has_value = 1;
    for (int64_t at = 0; at < packed->size;) {
        tc_hash128 hash;
        const int64_t size = tc_ingest_id_unpack(packed->data + at, &hash);
        TC_TRY(absorb_one(ids, hash, packed->data + at + PACKED_HEAD, size - PACKED_HEAD,
                          err));
        at += size;
    }
    return TC_OK;
}

const char *tc_ingest_ids_find(const tc_ingest_ids *ids, tc_hash128 hash, int64_t *n)
{
    const int64_t slot = tc_ingest_set_find(&ids->set, hash);
    if (slot < 0) {
        return NULL;
    }
    *n = ids->set.value[slot] & 255;
    return (const char *)ids->text.data + (ids->set.value[slot] >> 8);
}

void tc_ingest_ids_free(tc_ingest_ids *ids)
{
    tc_ingest_set_free(&ids->set);
    tc_buffer_free(&ids->text);
    ids->width = 0;
}
