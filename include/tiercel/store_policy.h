/* store_policy.h - how files are transferred: hints for parallel file systems (edge layer, store). Nothing here changes
 * what is in a file; `alignment_kib` alone changes where in the file it lies. */
#ifndef TC_STORE_POLICY_H
#define TC_STORE_POLICY_H

#include "tiercel/status.h"

#include <stdint.h>

/* Zero or NULL everywhere: what the file system and the MPI library do by themselves. */
typedef struct {
    int collective;        /* whole datasets are transferred by all ranks together */
    double direct_bytes;   /* rows of files so large go past the page cache; 0 = of none */
    int direct_always;     /* of all, also where the page cache has them */
    int64_t stripe_count;  /* devices a new file lies on; 0 = as its folder says */
    int64_t stripe_mib;    /* bytes on one of them before the next, MiB */
    int64_t aggregators;   /* ranks that touch the file in a collective transfer */
    int64_t buffer_mib;    /* memory of each of them, MiB */
    int64_t alignment_kib; /* datasets of at least this size begin at its multiples, KiB */
    char *const *hints;    /* [n_hints] "name=value", any others; borrowed */
    int n_hints;
} tc_store_policy;

/* Local. Of all files that are opened or made from now on; equal on all ranks. The texts are borrowed until the next
 * call; NULL = all zero, as at the start. */
void tc_store_policy_set(const tc_store_policy *policy);

/* Local. 1 if text is "name=value" and both fit into what MPI takes. */
int tc_store_hint_is_good(const char *text);

#endif
