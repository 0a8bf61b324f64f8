/* run_stale.c - temporary files that a killed job left in its run directory. Who holds the lock of the directory knows that
 * nobody is writing them. They are unlinked, never truncated: an orphan on a node that was cut off may still have one open. */
#include "run_lock_impl.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Only what Tiercel itself would have made: a user may keep other files here. */
static const char *const endings[] = {
    ".h5.tmp",       ".csv.tmp",      ".json.tmp", ".html.tmp", ".csv.part",
    ".json.partial", ".html.partial", ".ckpt.tmp", ".part.tmp", NULL};

static int is_temporary(const char *name)
{
    const size_t n = strlen(name);
    for (int i = 0; endings[i] != NULL; i++) {
        const size_t m = strlen(endings[i]);
        if (n > m && strcmp(name + n - m, endings[i]) == 0) {
            return 1;
        }
    }
    return strncmp(name, "run.lock.", 9) == 0 && n == 9 + 32; /* of a taking-over */
}

static int clean(const char *folder, tc_error *err)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    int n = 0;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        const size_t length = strlen(folder) + strlen(entry->d_name) + 2;
        struct stat facts;
        char *path;
        if (!is_temporary(entry->d_name)) {
            continue;
        }
        path = tc_mem_alloc((int64_t)length, 1, err);
        if (path == NULL) {
            break;
        }
        (void)snprintf(path, length, "%s/%s", folder, entry->d_name);
        n += lstat(path, &facts) == 0 && S_ISREG(facts.st_mode) && unlink(path) == 0;
        tc_mem_free(path);
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
    return n;
}

int tc_run_stale_remove(const char *directory, tc_error *err)
{
    static const char *const below[] = {"", "/events", "/checkpoint"};
    int n = 0;
    for (size_t i = 0; i < sizeof below / sizeof *below && (err->code == TC_OK); i++) {
        const size_t length = strlen(directory) + 16;
        char *folder = tc_mem_alloc((int64_t)length, 1, err);
        if (folder != NULL) {
            (void)snprintf(folder, length, "%s%s", directory, below[i]);
            n += clean(folder, err);
            tc_mem_free(folder);
        }
    }
    return n;
}
