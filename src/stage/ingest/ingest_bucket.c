#include "ingest_bucket.h"

#include "tiercel/shards.h"

enum { BUCKET_BYTES = 4 << 20, BITS_MAX = 24 };

int tc_ingest_bucket_bits(double bytes, int ranks, int64_t most)
{
    int bits = 1;
    while (bits < BITS_MAX && bytes / (double)((int64_t)1 << bits) > BUCKET_BYTES) {
        bits++;
    }
    while (bits > 1 && ((int64_t)1 << bits) / ranks + 1 > most) {
        bits--;
    }
    return bits;
}

tc_status tc_ingest_buckets_create(tc_ingest_buckets *buckets, tc_spill *spill, int bits,
                                   int rank, int ranks, tc_error *err)
{
    const uint64_t begin = (uint64_t)tc_shards_begin(TC_INGEST_SHARDS, rank, ranks);
    const uint64_t end = (uint64_t)tc_shards_begin(TC_INGEST_SHARDS, rank + 1, ranks);
    *buckets = (tc_ingest_buckets){.spill = spill, .shift = 64 - bits};
    if (begin < end) {
        buckets->first = begin << 48 >> buckets->shift;
        buckets->n =
            (int64_t)(((end << 48) - 1) >> buckets->shift) - (int64_t)buckets->first + 1;
    }
    buckets->stream = tc_mem_alloc(buckets->n, sizeof *buckets->stream, err);
    if (buckets->stream == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < buckets->n; i++) {
        tc_spill_start(&buckets->stream[i]);
    }
    return TC_OK;
}

void tc_ingest_buckets_free(tc_ingest_buckets *buckets)
{
    tc_mem_free(buckets->stream);
    *buckets = (tc_ingest_buckets){0};
}

void tc_ingest_buckets_seal(tc_ingest_buckets *buckets)
{
    for (int64_t i = 0; i < buckets->n; i++) {
        tc_spill_seal(buckets->spill, &buckets->stream[i]);
    }
}
