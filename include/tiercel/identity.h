/* identity.h - one customer with many ids: a map of ids to master ids and a hierarchy of
 * accounts, followed to their ends (stage layer).
 *
 * An id that the map replaces counts as its master, a master as the last parent of the
 * hierarchy: first the map is followed to its end, then the hierarchy of what stands there,
 * and so on. A hierarchy row of a replaced id is a row of its master. The map lies
 * distributed: the rank that owns an id by its hash (as ingest shares out customers) knows
 * what becomes of it; no rank holds the whole. */
#ifndef TC_IDENTITY_H
#define TC_IDENTITY_H

#include "tiercel/comm.h"
#include "tiercel/config.h"
#include "tiercel/hash.h"

typedef struct tc_identity tc_identity;

/* Equal on all ranks. Numbers of rows of the files first, then of ids. */
typedef struct {
    int64_t rows;            /* read */
    int64_t rows_malformed;  /* rejected: wrong number of fields, stray quote, zero byte */
    int64_t rows_missing_id; /* rejected: one of the two ids is empty */
    int64_t rows_long_id;    /* rejected: one of the two ids has more than 128 bytes */
    int64_t rows_self;       /* say that an id stands for itself: no edge */
    int64_t rows_repeated;   /* say what another row says */
    int64_t ids;             /* that count as another id */
    int64_t customers;       /* that these count as */
    uint64_t content[2];     /* order-free sum over the rows */
    uint64_t effect[2];      /* order-free sum over (id, customer) */
} tc_identity_facts;

/* What the map did to the rows of an ingest; equal on all ranks. */
typedef struct {
    int64_t rows_moved;       /* used rows whose id was replaced */
    int64_t ids_merged;       /* ids of those rows */
    int64_t customers_merged; /* customers that they went to */
} tc_identity_effects;

/* Aliases: which of the ids of a customer an event came with. 0 is the customer's own id;
 * the others are numbered in ascending order of their hash; from the 255th on they share
 * the last number. */
enum { TC_ALIAS_OWN = 0, TC_ALIAS_LAST = 255 };

/* Collective. Reads the files of config->identity and builds the map; *out belongs to the
 * caller, NULL without files. Method: edges travel to the owner of their id, then pointer
 * jumping (Wyllie, "The complexity of parallel computations", 1979) in rounds of bounded
 * exchanges, O(log of the longest chain) of them. bytes: that the map may take on a rank, 0
 * = any; it takes about 150 and the text of an id that this rank owns while it is built, 45
 * and the text of the customer's id later. Errors (agreed): TC_EINPUT, TC_EIO; TC_ENOMEM, also if it does
 * not fit into `bytes`; TC_EDATA naming file
 * and line for a missing column, an id with two masters or parents (both lines), a cycle
 * (its lines, at most 8). */
TC_NODISCARD tc_status tc_identity_load_all(tc_comm *comm, const tc_config *config,
                                            int64_t bytes, tc_identity **out,
                                            tc_error *err);
/* Local. What the map takes on this rank. */
int64_t tc_identity_bytes(const tc_identity *map);
/* Local. NULL-safe. */
void tc_identity_free(tc_identity **map);

/* Local. */
const tc_identity_facts *tc_identity_facts_of(const tc_identity *map);

/* Local. Hexadecimal form of facts.effect: maps with the same id have the same effect. */
void tc_identity_id(const tc_identity *map, char id[TC_HASH_TEXT]);

/* Collective. rows: packed rows (ingest_record.h) of customers that this rank owns, in any
 * order. Rows whose id counts as another get that id, their alias, and, where the order was
 * made of customer and day, the order of the new customer; they go to its owner. Leaves in
 * `rows` those that end on this rank. Unused rows stay; only their order follows. Cost: one
 * probe a row, and one exchange of the rows moved. Errors (agreed): TC_ENOMEM, TC_EINTERNAL
 * if 2^31 bytes would move from one rank at once. */
TC_NODISCARD tc_status tc_identity_apply_all(tc_identity *map, tc_comm *comm,
                                             tc_buffer *rows, tc_error *err);

/* Collective. What all calls of tc_identity_apply_all did. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_identity_effects_all(tc_identity *map, tc_comm *comm,
                                               tc_identity_effects *out, tc_error *err);

/* Local. What the map has done to rows so far, for a state that is saved: the ids of this rank that a row came with are
 * appended to `ids` (tc_hash128), *rows_moved is their rows. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_identity_done(const tc_identity *map, tc_buffer *ids,
                                        int64_t *rows_moved, tc_error *err);
/* Collective. Adds to the map what others have done: ids[n] go to their owners, in any order; n and rows_moved may differ
 * between ranks. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_identity_redo_all(tc_identity *map, tc_comm *comm,
                                            tc_hash128 *ids, int64_t n, int64_t rows_moved,
                                            tc_error *err);

/* What an id counts as. */
typedef struct {
    tc_hash128 hash; /* of the customer */
    uint8_t alias;
    uint8_t id_n; /* 0: the id counts as itself */
    char id[128]; /* of the customer, id_n bytes */
} tc_identity_customer;

/* Collective. For other tables keyed by customer: what the ids of hash[n] count as, in
 * out[n]. n may differ between ranks. Bounded exchanges. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_identity_resolve_all(const tc_identity *map, tc_comm *comm,
                                               const tc_hash128 *hash, int64_t n,
                                               tc_identity_customer *out, tc_error *err);

#endif
