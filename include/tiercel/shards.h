/* shards.h - virtual shards: the unit of work, of summation and of random numbers.
 * Customers are in the order of their hash; shard s of 2^b holds those whose top b hash
 * bits are s. b follows from the number of customers alone, so nothing depends on the
 * number of ranks. Base layer. */
#ifndef TC_SHARDS_H
#define TC_SHARDS_H

#include "tiercel/mem.h"

enum { TC_SHARDS_MIN = 64, TC_SHARDS_MAX = 65536 };

/* The shards of this rank and their rows (a row is a customer). */
typedef struct {
    int64_t n_shards; /* of all ranks: 2^b */
    int64_t shard0;   /* first shard of this rank */
    int64_t shard1; /* one past its last shard; equal to shard0 on a rank without shards */
    int64_t n_global; /* rows of all ranks */
    int64_t row0;     /* global index of the first local row */
    int64_t n_local;  /* rows of this rank, may be 0 */
    int64_t
        *first_row; /* [n_shards + 1], global row index at which each shard starts; owned */
} tc_shards;

/* Local, pure. Number of shards for so many customers: 8k to 16k customers a shard, 64 to
 * 65,536. */
int64_t tc_shards_count(int64_t n_customers);

/* Local, pure. Shard of a hash among n_shards = 2^b. */
int64_t tc_shards_of(uint64_t hash_hi, int64_t n_shards);

/* Local, pure. First shard of a rank when size ranks share n_shards: rank * n_shards /
 * size. */
int64_t tc_shards_begin(int64_t n_shards, int rank, int size);

/* Local. Builds the view of one rank from the table first_row[n_shards + 1], which is
 * copied. Errors: TC_ENOMEM; TC_EDATA if the table does not ascend from 0. */
TC_NODISCARD tc_status tc_shards_create(int64_t n_shards, const int64_t *first_row,
                                        int rank, int size, tc_shards *out, tc_error *err);
void tc_shards_free(tc_shards *shards);

/* Local, pure. Rows of the largest shard of this rank, at least 1. */
int64_t tc_shards_largest(const tc_shards *shards);

#endif
