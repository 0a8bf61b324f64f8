/* synth_all.c - the order of things: text, truth, configuration, then everything becomes visible. */
#include "synth_parts.h"
#include "tiercel/fault.h"
#include "tiercel/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FILES = 100000 };

tc_synth_options tc_synth_options_default(void)
{
    return (tc_synth_options){.params = tc_synth_params_default(), .files = 8};
}

static tc_status prepare(const tc_synth_options *o, tc_synth_world *world,
                         tc_synth_files *files, tc_error *err)
{
    int64_t n_blocks;
    int dirt = 0;
    if (o->output == NULL || o->output[0] == '\0') {
        return tc_fail(err, TC_EUSAGE, "synth: --output DIR is missing");
    }
    if (o->files < 1 || o->files > MOST_FILES) {
        return tc_fail(err, TC_EUSAGE, "synth: --files is %lld; allowed are 1 to %d",
                       (long long)o->files, MOST_FILES);
    }
    for (int kind = 1; kind < TC_DIRT_KINDS; kind++) {
        dirt |= o->params.dirt[kind] > 0.0;
    }
    TC_TRY(tc_synth_world_create(&o->params, world, err));
    n_blocks = tc_synth_blocks(o->params.customers);
    TC_TRY(tc_synth_files_create(o, o->files < n_blocks ? o->files : n_blocks, dirt, files,
                                 err));
    return tc_synth_files_reset(files, err);
}

static tc_status rename_config(const tc_synth_options *o, tc_error *err)
{
    char *from = tc_synth_path(o->output, "config.yaml", 1, err);
    char *to = tc_synth_path(o->output, "config.yaml", 0, err);
    tc_status st = from == NULL || to == NULL ? TC_ENOMEM : TC_OK;
    if (st == TC_OK && rename(from, to) != 0) {
        st = tc_fail(err, TC_EIO, "%s: cannot be published: %s", to, strerror(errno));
    }
    tc_mem_free(from);
    tc_mem_free(to);
    return st;
}

static void unlink_in(const tc_synth_files *files, const char *name, int temporary)
{
    char *path = tc_synth_path(files->options->output, name, temporary, NULL);
    if (path != NULL) {
        (void)unlink(path);
    }
    tc_mem_free(path);
}

/* Rank 0. Whatever can fail for want of space fails here, before anything is visible. */
static tc_status settle(const tc_synth_files *files, tc_error *err)
{
    TC_TRY(tc_synth_files_sync(files, err));
    return tc_synth_config_write(files, err);
}

/* Rank 0, after the truth. A truth must not stand beside other rows. */
static tc_status show(const tc_synth_files *files, tc_error *err)
{
    tc_status st = tc_synth_files_rename(files, err);
    if (st == TC_OK) {
        st = rename_config(files->options, err);
    }
    if (st != TC_OK) {
        unlink_in(files, "truth.h5", 0);
    } else if (files->n_files == files->n_csv) {
        unlink_in(files, "dirt.txt", 0);
    }
    return st;
}

static tc_status make_all(tc_comm *comm, const tc_synth_world *world, tc_synth_files *files,
                          tc_error *err)
{
    const int root = tc_comm_rank(comm) == 0;
    tc_store *store = NULL;
    tc_status st = root ? tc_synth_files_start(files, err) : TC_OK;
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_synth_rounds_all(comm, world, files, err);
    }
    if (st == TC_OK) {
        st = tc_synth_truth_all(comm, world, files, &store, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(comm, root ? settle(files, err) : TC_OK, err);
    }
    if (st == TC_OK) {
        st = tc_store_publish_all(&store, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(comm, root ? show(files, err) : TC_OK, err);
    }
    tc_store_close_all(&store);
    if (st != TC_OK && root) {
        tc_synth_files_remove(files);
        unlink_in(files, "config.yaml", 1);
    }
    return st;
}

static void tell(const tc_synth_files *files, double seconds)
{
    int64_t bytes = 0;
    int64_t records = 0;
    for (int64_t f = 0; f < files->n_csv; f++) {
        bytes += files->bytes[f];
        records += files->records[f];
    }
    tc_log_info("synth: %lld customers, %lld rows, %.1f MB in %lld files, %.1f s",
                (long long)files->options->params.customers, (long long)records,
                (double)bytes / 1e6, (long long)files->n_csv, seconds);
    tc_log_info("synth: next: tiercel run %s/config.yaml", files->options->output);
}

tc_status tc_synth_all(tc_comm *comm, const tc_synth_options *options, tc_error *err)
{
    const double start = tc_comm_seconds();
    tc_synth_world world = {0};
    tc_synth_files files = {.options = options};
    tc_status st = prepare(options, &world, &files, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = make_all(comm, &world, &files, err);
    }
    if (st == TC_OK) {
        tell(&files, tc_comm_seconds() - start);
    }
    tc_synth_files_free(&files);
    tc_synth_world_free(&world);
    return st;
}
