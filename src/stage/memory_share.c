/* memory_share.c - the memory of the node and the limits of control groups. */
#include "tiercel/memory_share.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* A number of bytes in a file of the kernel; INT64_MAX if there is none ("max"). */
static int64_t read_limit(const char *path)
{
    char text[32] = "";
    char *end;
    long long v;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return INT64_MAX;
    }
    if (fgets(text, (int)sizeof text, file) == NULL) {
        text[0] = 0;
    }
    (void)fclose(file);
    v = strtoll(text, &end, 10);
    return end == text || v <= 0 ? INT64_MAX : v;
}

/* Smallest limit of a group and of those above it. */
static int64_t limit_upwards(const char *root, char *group, const char *file)
{
    int64_t least = INT64_MAX;
    for (;;) {
        char path[PATH_BYTES];
        char *const slash = strrchr(group, '/');
        if (snprintf(path, sizeof path, "%s%s/%s", root, group, file) < (int)sizeof path) {
            const int64_t limit = read_limit(path);
            least = limit < least ? limit : least;
        }
        if (slash == NULL) {
            return least;
        }
        *slash = 0;
    }
}

/* Lines "0::/group" (version 2) and "4:memory:/group" (version 1). */
static int64_t control_group_limit(void)
{
    char line[PATH_BYTES];
    int64_t least = INT64_MAX;
    FILE *file = fopen("/proc/self/cgroup", "r");
    if (file == NULL) {
        return least;
    }
    while (fgets(line, (int)sizeof line, file) != NULL) {
        char *const first = strchr(line, ':');
        char *const group = first == NULL ? NULL : strchr(first + 1, ':');
        int64_t limit = INT64_MAX;
        line[strcspn(line, "\n")] = 0;
        if (group != NULL && group == first + 1) {
            limit = limit_upwards("/sys/fs/cgroup", group + 1, "memory.max");
        } else if (group != NULL && strncmp(first + 1, "memory", 6) == 0) {
            limit =
                limit_upwards("/sys/fs/cgroup/memory", group + 1, "memory.limit_in_bytes");
        }
        least = limit < least ? limit : least;
    }
    (void)fclose(file);
    return least;
}

static int64_t node_bytes(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    const int64_t limit = control_group_limit();
    const int64_t physical =
        pages > 0 && page > 0 ? (int64_t)pages * (int64_t)page : (int64_t)4 << 30;
    return limit < physical ? limit : physical;
}

int64_t tc_memory_node_share_all(tc_comm *comm)
{
    return node_bytes() / tc_comm_node_ranks_all(comm);
}

int64_t tc_memory_share_all(tc_comm *comm)
{
    return tc_memory_node_share_all(comm) / 10 * 7;
}
