/* identity_index.c - finds a hash among sorted records in one probe: hashes are uniform, so
 * buckets of equal width hold a few records each. */
#include "identity_impl.h"

enum { RECORDS_PER_BUCKET = 2 };

int tc_identity_owner(uint64_t hi, int ranks)
{
    const uint64_t shard = hi >> 48;
    return (int)(((shard + 1) * (uint64_t)ranks - 1) / TC_INGEST_SHARDS);
}

/* First shard of the top 16 bits that a rank owns. */
static uint64_t first_shard(int rank, int ranks)
{
    return (uint64_t)rank * TC_INGEST_SHARDS / (uint64_t)ranks;
}

static int64_t bucket_of(const tc_identity_index *index, uint64_t hi)
{
    return (int64_t)((hi - index->base) >> index->shift);
}

/* Buckets of 2^shift hashes each over the range of this rank. */
static void choose_width(const tc_comm *comm, int64_t n, tc_identity_index *out)
{
    const int rank = tc_comm_rank(comm), ranks = tc_comm_size(comm);
    const uint64_t begin = first_shard(rank, ranks), end = first_shard(rank + 1, ranks);
    const uint64_t last =
        end > begin ? ((end - begin - 1) << 48) + 0xFFFFFFFFFFFFu : 0; /* range - 1 */
    out->base = begin << 48;
    while (out->shift < 63 &&
           (last >> out->shift) >= (uint64_t)(n / RECORDS_PER_BUCKET + 1)) {
        out->shift++;
    }
    out->n_buckets = (int64_t)(last >> out->shift) + 1;
}

tc_status tc_identity_index_create(const tc_comm *comm, const uint64_t *record, int64_t n,
                                   int words, tc_identity_index *out, tc_error *err)
{
    *out = (tc_identity_index){0};
    choose_width(comm, n, out);
    out->first = tc_mem_alloc(out->n_buckets + 1, sizeof *out->first, err);
    if (out->first == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        const int64_t bucket = bucket_of(out, record[i * words]);
        TC_ASSERT(bucket >= 0 && bucket < out->n_buckets);
        out->first[bucket + 1]++;
    }
    for (int64_t b = 0; b < out->n_buckets; b++) {
        out->first[b + 1] += out->first[b];
    }
    return TC_OK;
}

void tc_identity_index_free(tc_identity_index *index)
{
    tc_mem_free(index->first);
    *index = (tc_identity_index){0};
}

int64_t tc_identity_index_find(const tc_identity_index *index, const uint64_t *record,
                               int words, tc_hash128 hash, int any_lo)
{
    const int64_t bucket = bucket_of(index, hash.hi);
    int64_t i = index->first[bucket];
    const int64_t end = index->first[bucket + 1];
    for (; i < end; i++) {
        if (record[i * words] == hash.hi && (any_lo || record[i * words + 1] == hash.lo)) {
            return i;
        }
    }
    return -1;
}
