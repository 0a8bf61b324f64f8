/* ingest_scratch.c - the scratch file of a rank. */
#include "ingest_spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

tc_status tc_spill_scratch(const char *folder, int *fd, tc_error *err)
{
    char path[4096];
    *fd = -1;
#ifdef O_TMPFILE
    *fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
#endif
    if (*fd < 0 &&
        snprintf(path, sizeof path, "%s/tiercel-XXXXXX", folder) < (int)sizeof path) {
        *fd = mkstemp(path);
        if (*fd >= 0) {
            (void)unlink(path);
        }
    }
    if (*fd < 0) {
        return tc_fail(err, TC_EIO,
                       "%s: no scratch file can be made there (%s); set run.scratch to a "
                       "folder that can be written, or give more memory "
                       "(run.memory_per_rank)",
                       folder, strerror(errno));
    }
    return TC_OK;
}
