/* lineage_previous.c - the segments of an earlier run (segment.previous), which are an input of this one. */
#include "tiercel/lineage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int same_object(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* One rank asks the file system: whether a folder was named, and whether it is another run's. */
static tc_status look(const tc_config *config, int64_t *is_folder, tc_error *err)
{
    const char *path = config->segment.previous;
    struct stat named, own;
    char *mine;
    int clash;
    if (stat(path, &named) != 0) {
        const tc_status code = errno == ENOENT || errno == ENOTDIR ? TC_EINPUT : TC_EIO;
        return tc_fail(
            err, code,
            "segment.previous: %s: cannot be read: %s; name the run directory or "
            "the segments.h5 of an earlier run",
            path, strerror(errno));
    }
    *is_folder = S_ISDIR(named.st_mode);
    mine = *is_folder ? tc_mem_text(config->directory, err)
                      : tc_stage_path(config, TC_STAGE_SEGMENT, err);
    if (mine == NULL) {
        return TC_ENOMEM;
    }
    clash = stat(mine, &own) == 0 && same_object(&named, &own);
    tc_mem_free(mine);
    if (clash) {
        return tc_fail(
            err, TC_ECONFIG,
            "segment.previous: %s is where this run itself writes; give this run "
            "another run.directory, or copy the earlier segments.h5",
            path);
    }
    return TC_OK;
}

/* The file, from what was named; counted memory. */
static char *path_of(const tc_config *config, int64_t is_folder, tc_error *err)
{
    const char *path = config->segment.previous;
    const char *file = is_folder ? tc_stage(TC_STAGE_SEGMENT)->file : "";
    const size_t size = strlen(path) + strlen(file) + 2;
    char *out = tc_mem_alloc((int64_t)size, 1, err);
    if (out != NULL) {
        (void)snprintf(out, size, "%s%s%s", path, is_folder ? "/" : "", file);
    }
    return out;
}

/* A file that is not ours to delete: what is wrong stays, the advice is another one. */
static tc_status explain(const tc_error *found, tc_status st, tc_error *err)
{
    const char *advice = strchr(found->message, ';');
    const int n =
        advice != NULL ? (int)(advice - found->message) : (int)strlen(found->message);
    if (st == TC_EINPUT || st == TC_EDATA) {
        (void)tc_fail(
            err, st,
            "segment.previous: %.*s; name the run directory or the segments.h5 of "
            "an earlier run of this version",
            n < 300 ? n : 300, found->message);
    } else {
        (void)tc_fail(err, st, "%s", found->message);
    }
    return st;
}

tc_status tc_stage_open_previous_all(tc_comm *comm, const tc_config *config, tc_store **out,
                                     tc_error *err)
{
    const tc_stage_def *def = tc_stage(TC_STAGE_SEGMENT);
    tc_error found = {0};
    int64_t is_folder = 0;
    char *path = NULL;
    tc_status st = TC_OK;
    *out = NULL;
    if (config->segment.previous[0] == '\0') {
        return TC_OK;
    }
    if (tc_comm_rank(comm) == 0) {
        st = look(config, &is_folder, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st != TC_OK) {
        return st;
    }
    tc_comm_bcast_all(comm, &is_folder, (int64_t)sizeof is_folder, 0);
    path = path_of(config, is_folder, err);
    st = tc_comm_agree_all(comm, path == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_store_open_all(comm, path, def->schema, def->schema_version, out, &found);
        if (st != TC_OK) {
            st = tc_comm_agree_all(comm, explain(&found, st, err), err);
        }
    }
    tc_mem_free(path);
    return st;
}

tc_status tc_stage_check_previous_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    tc_store *store = NULL;
    const tc_status st = tc_stage_open_previous_all(comm, config, &store, err);
    tc_store_close_all(&store);
    return st;
}
