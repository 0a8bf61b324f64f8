#include "ingest_memory.h"

#include "tiercel/memory_share.h"

#include <stdlib.h>

/* Of the program itself, its libraries and the window on the input. */
enum { FIXED_MIB = 40 };

tc_status tc_ingest_memory_all(tc_comm *comm, const tc_config *config,
                               tc_ingest_memory *out, tc_error *err)
{
    const int64_t share = tc_memory_share_all(comm);
    const int64_t least = (int64_t)TC_INGEST_MEMORY_MIN << 20;
    const int64_t batch = config->input.batch_mib << 20;
    const int64_t in_use = tc_mem_live_bytes();
    int64_t bytes = config->memory_mib << 20, work;
    tc_status st = TC_OK;
    if (config->memory_mib == 0) {
        bytes = share;
        bytes = bytes < least + in_use ? least + in_use : bytes;
    } else if (bytes < least + in_use) {
        st = tc_fail(err, TC_ECONFIG,
                     "run.memory_per_rank: %lld MiB are too little to work with; give at "
                     "least %lld, or 0 for a share of the node's memory",
                     (long long)config->memory_mib,
                     (long long)((least + in_use + (1 << 20) - 1) >> 20));
    }
    work = bytes - in_use - ((int64_t)FIXED_MIB << 20);
    out->batch = work / 16 < batch ? work / 16 : batch;
    out->settle = work / 4 < (int64_t)1 << 30 ? work / 4 : (int64_t)1 << 30;
    out->pool = work - 5 * out->batch - out->settle;
    return tc_comm_agree_all(comm, st, err);
}

const char *tc_ingest_scratch(const tc_config *config)
{
    const char *const temporary = getenv("TMPDIR");
    if (config->scratch != NULL && config->scratch[0] != 0) {
        return config->scratch;
    }
    return temporary != NULL && temporary[0] != 0 ? temporary : "/tmp";
}
