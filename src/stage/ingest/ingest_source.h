/* ingest_source.h - the input files as a whole: a fingerprint of their bytes (stage layer). */
#ifndef TC_INGEST_SOURCE_H
#define TC_INGEST_SOURCE_H

#include "tiercel/comm.h"
#include "tiercel/config.h"
#include "tiercel/fingerprint.h"
#include "tiercel/store.h"

/* Collective, in place. v[n] becomes the sum over ranks modulo 2^64. n <= 8. */
void tc_sum_u64_all(tc_comm *comm, uint64_t *v, int64_t n);

#endif
