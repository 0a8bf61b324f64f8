/* identity_impl.h - private to identity: edges on their way, the map of a rank, and the
 * steps from one to the other. */
#ifndef TC_IDENTITY_IMPL_H
#define TC_IDENTITY_IMPL_H

#include "tiercel/identity.h"

#include "../ingest/ingest_record.h"

enum { TC_IDENTITY_FILES_MAX = 1 << 22 };

/* "from counts as to", said in one row of a file. Sorted by from, place. */
typedef struct {
    tc_hash128 from;
    uint64_t
        place; /* file << TC_PLACE_LINE_BITS | line; files of the map before those of the
                       hierarchy; TC_LINK_DONE */
    tc_hash128 to;
    tc_hash128 end; /* how far it has been followed; at first = to */
} tc_identity_link;

/* Words of a link, and those that it is sorted by. */
enum { TC_LINK_WORDS = 7, TC_LINK_KEY_WORDS = 3 };
/* Bit of the place: `end` counts as nothing else. */
#define TC_LINK_DONE ((uint64_t)1 << 63)

/* Places of hashes in a sorted array of records: buckets of equal width over the range of
 * hashes that this rank owns. */
typedef struct {
    int64_t *first; /* [n_buckets + 1], owned */
    int64_t n_buckets;
    uint64_t base; /* lowest hi */
    int shift;
} tc_identity_index;

/* Texts of ids by hash. Open addressing; a slot is the offset of the text + 1. */
typedef struct {
    int64_t *slot;
    int64_t n_slots, n;
    tc_buffer text; /* hash, one byte of length, id */
} tc_identity_names;

enum { TC_NAME_HEAD = 17, TC_NAME_MAX = 128 };

/* The map while it is built. links: sorted, one a `from`, on the owner of it. */
typedef struct {
    tc_comm *comm;           /* borrowed */
    const tc_config *config; /* borrowed */
    tc_buffer map, tree;     /* tc_identity_link: of the map, of the hierarchy */
    tc_identity_names names; /* of all `to` that this rank owns */
    tc_identity_index index; /* of map */
    tc_identity_facts facts; /* of this rank */
    int64_t bytes;           /* that it may take on a rank, 0 = any */
} tc_identity_build;

/* Beside a link and its text, while links are followed: question, answer, index. */
enum { TC_LINK_WORK = 64 };

/* What becomes of an id. Sorted by id. */
typedef struct {
    tc_hash128 id, customer;
    uint64_t name : 46; /* of the customer: offset in text */
    uint64_t name_n : 8;
    uint64_t alias : 8;
    uint64_t seen : 1; /* a row came with it */
} tc_identity_entry;

struct tc_identity {
    tc_identity_entry *entry; /* [n], owned */
    int64_t n;
    tc_identity_index index;
    tc_buffer text;
    tc_identity_facts facts;
    int64_t rows_moved; /* on this rank */
};

/* Local, pure. Rank that owns a hash: as tc_ingest_owner. */
int tc_identity_owner(uint64_t hi, int ranks);

/* ---- identity.c ---- */

/* Collective. From the links and names that were read to the map; *out belongs to the
 * caller. Errors (agreed): as tc_identity_load_all without the files. */
TC_NODISCARD tc_status tc_identity_build_all(tc_identity_build *build, tc_identity **out,
                                             tc_error *err);
/* Local. Whether what has been read can be built within build->bytes. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_identity_room(const tc_identity_build *build, tc_error *err);
void tc_identity_build_free(tc_identity_build *build);

/* ---- identity_sort.c ---- */

/* Local. Sorts records of `words` words (at most 8) by their first key_words in place:
 * American flag sort (McIlroy, Bostic, McIlroy, 1993), insertion sort below 16. Errors:
 * TC_ENOMEM (order unknown, nothing lost). */
TC_NODISCARD tc_status tc_identity_sort(uint64_t *record, int64_t n, int words,
                                        int key_words, tc_error *err);

/* ---- identity_index.c ---- */

/* Local. Index of n sorted records of `words` words whose first two are a hash that this
 * rank owns. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_identity_index_create(const tc_comm *comm, const uint64_t *record,
                                                int64_t n, int words,
                                                tc_identity_index *out, tc_error *err);
void tc_identity_index_free(tc_identity_index *index);
/* Local, pure. Row of a hash in these records, -1 if it is not there; `lo` is not compared
 * if any_lo. */
int64_t tc_identity_index_find(const tc_identity_index *index, const uint64_t *record,
                               int words, tc_hash128 hash, int any_lo);

/* ---- identity_names.c ---- */

/* Local. Takes in an id. Errors: TC_ENOMEM; TC_EDATA if two ids have one hash. */
TC_NODISCARD tc_status tc_identity_names_add(tc_identity_names *names, tc_hash128 hash,
                                             const void *id, int64_t n, tc_error *err);
/* Local. Text of an id, borrowed; *n its bytes; NULL if it is not there. */
const unsigned char *tc_identity_names_find(const tc_identity_names *names, tc_hash128 hash,
                                            int64_t *n);
void tc_identity_names_free(tc_identity_names *names);

/* ---- identity_exchange.c ---- */

/* Collective. Records of `words` words whose first two are a hash go to its owner, appended
 * to `received`; they are sorted by key_words on the way. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_identity_send_all(tc_comm *comm, uint64_t *record, int64_t n,
                                            int words, int key_words, tc_buffer *received,
                                            tc_error *err);

/* Collective. Records of differing size go to ranks: next() gives size and rank of the
 * record at a place. Appended to `received`. Errors (agreed): TC_ENOMEM. */
typedef int64_t (*tc_identity_next)(const unsigned char *at, int ranks, int *rank);
TC_NODISCARD tc_status tc_identity_scatter_all(tc_comm *comm, const tc_buffer *records,
                                               tc_identity_next next, tc_buffer *received,
                                               tc_error *err);

/* A question to the owner of a hash. */
typedef struct {
    tc_hash128 hash;
    uint64_t row; /* of the asker */
} tc_identity_ask;

/* How questions are answered: answer() on the owner writes `size` bytes, take() on the
 * asker gets them. */
typedef struct {
    int64_t size;
    void (*answer)(void *context, tc_hash128 hash, void *out);
    tc_status (*take)(void *context, uint64_t row, const void *answer, tc_error *err);
    void *context;
} tc_identity_talk;

/* Collective. Asks and gets answers, in rounds of at most 64k questions a rank; a hash is
 * asked once a round. ask[n] is reordered. Errors (agreed): of take(); TC_ENOMEM. */
TC_NODISCARD tc_status tc_identity_ask_all(tc_comm *comm, tc_identity_ask *ask, int64_t n,
                                           const tc_identity_talk *talk, tc_error *err);

/* ---- identity_load.c ---- */

/* Collective. Reads all files; links and names to their owners. */
TC_NODISCARD tc_status tc_identity_read_all(tc_identity_build *build, tc_error *err);
/* Local, pure. File and line of a place. */
const char *tc_identity_file(const tc_config *config, uint64_t place);
int64_t tc_identity_line(uint64_t place);

/* ---- identity_links.c ---- */

/* Collective. Turns the links of map and tree into one array in build->map in which every
 * `end` is an id that counts as nothing else. Errors (agreed): TC_EDATA for conflicts and
 * cycles, TC_ENOMEM. */
TC_NODISCARD tc_status tc_identity_follow_all(tc_identity_build *build, tc_error *err);

/* Collective; identity_jump.c. Follows all links to their end. Errors (agreed): as
 * above. */
TC_NODISCARD tc_status tc_identity_jump_all(tc_identity_build *build, tc_error *err);

/* Collective; identity_cycle.c. The error of links that never end: names the lines of one
 * cycle. */
TC_NODISCARD tc_status tc_identity_cycle_all(tc_identity_build *build, tc_error *err);

/* ---- identity_customers.c ---- */

/* Collective. From followed links to entries with aliases and names; frees the links.
 * Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_identity_number_all(tc_identity_build *build, tc_identity *map,
                                              tc_error *err);

#endif
