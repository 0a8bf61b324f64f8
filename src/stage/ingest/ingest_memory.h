/* ingest_memory.h - private to ingest: how the memory of a rank is shared out. */
#ifndef TC_INGEST_MEMORY_H
#define TC_INGEST_MEMORY_H

#include "tiercel/comm.h"
#include "tiercel/config.h"

/* Bytes of this rank. Dictionaries, rejected rows and what the kernel holds for files come
 * on top. */
typedef struct {
    int64_t batch;  /* rows on their way out in one round; as many come in */
    int64_t pool;   /* blocks of streams */
    int64_t settle; /* rows of one bucket with what sorting them takes */
} tc_ingest_memory;

/* Least run.memory_per_rank beside what is allocated already (a map of ids, the reader),
 * MiB. */
enum { TC_INGEST_MEMORY_MIN = 56 };

/* Collective. From run.memory_per_rank, or from the memory of the node: physical memory or
 * the smallest limit of the control groups above this process, times 0.7, over the ranks of
 * the node. Errors (agreed): TC_ECONFIG if the setting is below TC_INGEST_MEMORY_MIN. */
TC_NODISCARD tc_status tc_ingest_memory_all(tc_comm *comm, const tc_config *config,
                                            tc_ingest_memory *out, tc_error *err);

/* Local. run.scratch, else $TMPDIR, else /tmp; borrowed. */
const char *tc_ingest_scratch(const tc_config *config);

#endif
