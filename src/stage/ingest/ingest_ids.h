/* ingest_ids.h - private to ingest: sets of customer hashes, and the ids that an owner has
 * got. */
#ifndef TC_INGEST_IDS_H
#define TC_INGEST_IDS_H

#include "tiercel/buffer.h"
#include "tiercel/hash.h"

/* Open addressing with linear probing, by the low word: the high one is partly fixed by the
 * owner. (0, 0) marks an empty slot and is no customer. */
typedef struct {
    tc_hash128 *key; /* [n_slots], owned */
    int64_t *value;  /* [n_slots], owned; NULL unless has_value */
    int has_value;   /* set by the caller before the first key */
    int64_t n_slots; /* 0 or a power of two */
    int64_t n;
} tc_ingest_set;

/* Local. Adds a key; *slot is its place until the next call that adds, *added 1 if it is
 * new. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_set_add(tc_ingest_set *set, tc_hash128 key, int64_t *slot,
                                         int *added, tc_error *err);
/* Local. Slot of a key, or -1. */
int64_t tc_ingest_set_find(const tc_ingest_set *set, tc_hash128 key);
void tc_ingest_set_free(tc_ingest_set *set);

/* Finds the ids that have not been sent before. A set of millions of hashes is out of
 * cache, so an id waits in a queue while its slot is fetched. Zeroed = empty. */
enum { TC_ID_QUEUE = 16, TC_ID_BYTES = 128 };

typedef struct {
    tc_hash128 hash;
    int64_t n;
    char id[TC_ID_BYTES];
} tc_ingest_id;

typedef struct {
    tc_ingest_set sent;
    tc_buffer packed; /* ids to send with this batch */
    tc_ingest_id queue[TC_ID_QUEUE];
    int64_t queued, resolved; /* numbers of ids since the start */
} tc_ingest_sender;

/* Local. Queues an id of at most TC_ID_BYTES; settles the queue: packed is then complete.
 * Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_sender_add(tc_ingest_sender *sender, tc_hash128 hash,
                                            const char *id, int64_t n, tc_error *err);
TC_NODISCARD tc_status tc_ingest_sender_settle(tc_ingest_sender *sender, tc_error *err);
void tc_ingest_sender_free(tc_ingest_sender *sender);

/* The ids of the customers of this rank: text by hash. */
typedef struct {
    tc_ingest_set set; /* value: offset << 8 | length, in text */
    tc_buffer text;
    int64_t width; /* longest id */
} tc_ingest_ids;

/* Local, pure. Reads the packed id at bytes: its hash; returns its packed size. */
int64_t tc_ingest_id_unpack(const unsigned char *bytes, tc_hash128 *hash);

/* Local. Takes in packed ids. Errors: TC_EDATA if two ids have one hash (no id is named);
 * TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_ids_absorb(tc_ingest_ids *ids, const tc_buffer *packed,
                                            tc_error *err);
/* Local. Text of an id, borrowed; *n its bytes; NULL if it is not there. */
const char *tc_ingest_ids_find(const tc_ingest_ids *ids, tc_hash128 hash, int64_t *n);
void tc_ingest_ids_free(tc_ingest_ids *ids);

#endif
