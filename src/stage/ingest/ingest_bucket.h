/* ingest_bucket.h - private to ingest: what this rank owns, by the leading bits of a hash,
 * in pieces that can be put in order in cache. */
#ifndef TC_INGEST_BUCKET_H
#define TC_INGEST_BUCKET_H

#include "ingest_record.h"
#include "ingest_spill.h"

/* Local, pure. Rank that owns a hash: shards of the top 16 bits, a contiguous range a rank
 * (the inverse of tc_shards_begin). */
static inline int tc_ingest_owner(uint64_t hi, int ranks)
{
    const uint64_t shard = hi >> 48;
    return (int)(((shard + 1) * (uint64_t)ranks - 1) / TC_INGEST_SHARDS);
}

typedef struct {
    tc_spill *spill;         /* borrowed */
    tc_spill_stream *stream; /* [n], owned */
    int64_t n;               /* 0 on a rank that owns no shard */
    int shift;               /* number of a bucket: (hi >> shift) - first */
    uint64_t first;
} tc_ingest_buckets;

/* Local. Number of leading bits for `bytes` of all ranks: buckets of 1 to 2 MiB, or larger
 * ones if more than `most` of them would lie on a rank; 1 to 24. */
int tc_ingest_bucket_bits(double bytes, int ranks, int64_t most);

/* Local. The buckets of a rank, empty. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_buckets_create(tc_ingest_buckets *buckets, tc_spill *spill,
                                                int bits, int rank, int ranks,
                                                tc_error *err);
/* The streams go with their pool. */
void tc_ingest_buckets_free(tc_ingest_buckets *buckets);

/* Local, pure. 1 if there is a bucket of a hash; its stream. */
static inline int tc_ingest_bucket_has(const tc_ingest_buckets *buckets, uint64_t hi)
{
    return (hi >> buckets->shift) - buckets->first < (uint64_t)buckets->n;
}

static inline tc_spill_stream *tc_ingest_bucket_of(const tc_ingest_buckets *buckets,
                                                   uint64_t hi)
{
    return &buckets->stream[(hi >> buckets->shift) - buckets->first];
}

/* Local. Ends appending to all buckets. */
void tc_ingest_buckets_seal(tc_ingest_buckets *buckets);

#endif
