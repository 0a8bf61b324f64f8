/* ingest_source.h - the input files as a whole: their sizes, and a fingerprint of their
 * bytes (stage layer). */
#ifndef TC_INGEST_SOURCE_H
#define TC_INGEST_SOURCE_H

#include "tiercel/comm.h"
#include "tiercel/config.h"
#include "tiercel/fingerprint.h"
#include "tiercel/store.h"

/* Collective. size[n_files], out: stored bytes of each file of config->input on all ranks;
 * each rank asks for some of them. Errors (agreed): TC_EINPUT naming a file that cannot be
 * read. */
TC_NODISCARD tc_status tc_source_sizes_all(tc_comm *comm, const tc_config *config,
                                           int64_t *size, tc_error *err);

/* Collective, in place. v[n] becomes the sum over ranks modulo 2^64. n <= 8. */
void tc_sum_u64_all(tc_comm *comm, uint64_t *v, int64_t n);

#endif
