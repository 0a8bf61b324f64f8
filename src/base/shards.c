#include "tiercel/shards.h"

#include <string.h>

int64_t tc_shards_count(int64_t n_customers)
{
    int64_t n = TC_SHARDS_MIN;
    while (n < TC_SHARDS_MAX && n_customers > n * 16384) {
        n *= 2;
    }
    return n;
}

int64_t tc_shards_of(uint64_t hash_hi, int64_t n_shards)
{
    const int bits = __builtin_ctzll((uint64_t)n_shards);
    return (int64_t)(hash_hi >> (64 - bits));
}

int64_t tc_shards_begin(int64_t n_shards, int rank, int size)
{
    return n_shards * rank / size;
}

tc_status tc_shards_create(int64_t n_shards, const int64_t *first_row, int rank, int size,
                           tc_shards *out, tc_error *err)
{
    *out = (tc_shards){0};
    for (int64_t s = 0; s < n_shards; s++) {
        if (first_row[0] != 0 || first_row[s + 1] < first_row[s]) {
            return tc_fail(err, TC_EDATA,
                           "the table of shards does not ascend from 0; the file "
                           "is damaged: delete it and run again");
        }
    }
    out->first_row = tc_mem_alloc(n_shards + 1, sizeof *first_row, err);
    if (out->first_row == NULL) {
        return TC_ENOMEM;
    }
    memcpy(out->first_row, first_row, (size_t)(n_shards + 1) * sizeof *first_row);
    out->n_shards = n_shards;
    out->shard0 = tc_shards_begin(n_shards, rank, size);
    out->shard1 = tc_shards_begin(n_shards, rank + 1, size);
    out->n_global = first_row[n_shards];
    out->row0 = first_row[out->shard0];
    out->n_local = first_row[out->shard1] - out->row0;
    return TC_OK;
}

void tc_shards_free(tc_shards *shards)
{
    tc_mem_free(shards->first_row);
    *shards = (tc_shards){0};
}

int64_t tc_shards_largest(const tc_shards *shards)
{
    int64_t largest = 1;
    for (int64_t s = shards->shard0; s < shards->shard1; s++) {
        const int64_t rows = shards->first_row[s + 1] - shards->first_row[s];
        largest = rows > largest ? rows : largest;
    }
    return largest;
}
