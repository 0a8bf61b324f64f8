/* checkpoint.c - when a state is saved, and by whom. */
#include "checkpoint_impl.h"

#include "tiercel/fault.h"
#include "tiercel/log.h"
#include "tiercel/stop.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_COST = 1 }; /* seconds, before anything was measured */

static const double seconds_an_hour = 3600.0;

double tc_checkpoint_interval(double cost, double mtbf)
{
    const double ratio = cost / (2.0 * mtbf);
    if (cost >= 2.0 * mtbf) {
        return mtbf;
    }
    return sqrt(2.0 * cost * mtbf) * (1.0 + sqrt(ratio) / 3.0 + ratio / 9.0) - cost;
}

static tc_status create(tc_comm *comm, const char *folder, const char *name,
                        tc_checkpoint **out, tc_error *err)
{
    tc_checkpoint *c = tc_mem_alloc(1, sizeof *c, err);
    *out = c;
    if (c == NULL) {
        return TC_ENOMEM;
    }
    c->comm = comm;
    c->fd = c->read_fd = -1;
    c->cost = FIRST_COST;
    c->name = tc_mem_text(name, err);
    if (folder != NULL) {
        c->folder = tc_mem_text(folder, err);
    }
    return c->name == NULL || (folder != NULL && c->folder == NULL) ? TC_ENOMEM : TC_OK;
}

tc_status tc_checkpoint_open_all(tc_comm *comm, const char *folder, const char *name,
                                 const char key[TC_HASH_TEXT],
                                 const tc_checkpoint_policy *policy, tc_checkpoint **out,
                                 tc_error *err)
{
    tc_status st = create(comm, folder, name, out, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st != TC_OK) {
        tc_checkpoint_close_all(out);
        return st;
    }
    TC_ASSERT(*out != NULL); /* as agreed */
    memcpy((*out)->key, key, TC_HASH_TEXT);
    (*out)->policy = *policy;
    (*out)->nodes = tc_comm_nodes_all(comm);
    (*out)->since = tc_comm_seconds();
    return TC_OK;
}

static double interval(const tc_checkpoint *c)
{
    if (c->policy.seconds > 0) {
        return (double)c->policy.seconds;
    }
    return tc_checkpoint_interval(c->cost,
                                  c->policy.node_mtbf_hours * seconds_an_hour / c->nodes);
}

int tc_checkpoint_due_all(tc_checkpoint *c)
{
    enum { DUE = 1, STOP = 2 };
    int64_t wish = 0;
    if (tc_stop_wanted() != 0) {
        wish = STOP;
    } else if (tc_comm_rank(c->comm) == 0 && c->folder != NULL &&
               tc_comm_seconds() - c->since >= interval(c)) {
        wish = DUE;
    }
    tc_comm_max_i64_all(c->comm, &wish, 1);
    c->stop = wish == STOP;
    return wish != 0;
}

tc_status tc_checkpoint_begin_all(tc_checkpoint *c, tc_error *err)
{
    tc_status st = TC_OK;
    c->begun = tc_comm_seconds();
    c->written = (tc_checkpoint_part){0};
    if (c->folder == NULL) {
        return TC_OK;
    }
    st = tc_buffer_reserve(&c->block, TC_CHECKPOINT_BLOCK, err);
    if (st == TC_OK && tc_comm_rank(c->comm) == 0) {
        (void)mkdir(c->folder, 0777); /* if that fails, so do the files, with a message */
    }
    return tc_comm_agree_all(c->comm, st, err);
}

tc_status tc_checkpoint_write(tc_checkpoint *c, const void *bytes, int64_t n, tc_error *err)
{
    const unsigned char *at = bytes;
    while (c->folder != NULL && n > 0) {
        const int64_t room = TC_CHECKPOINT_BLOCK - c->block.size;
        const int64_t piece = n < room ? n : room;
        TC_TRY(tc_buffer_append(&c->block, at, piece, err));
        at += piece;
        n -= piece;
        if (c->block.size == TC_CHECKPOINT_BLOCK) {
            TC_TRY(tc_checkpoint_flush(c, err));
        }
    }
    return TC_OK;
}

/* The last block of this rank's part, then all of it on the disk. */
static tc_status close_part(tc_checkpoint *c, tc_status st, tc_error *err)
{
    if (st == TC_OK && c->block.size > 0) {
        st = tc_checkpoint_flush(c, err);
    }
    if (c->fd >= 0) {
        int bad = st == TC_OK && fsync(c->fd) != 0;
        bad |= close(c->fd) != 0;
        c->fd = -1;
        if (st == TC_OK && bad) {
            st = tc_fail(err, TC_EIO, "%s/%s: cannot be synced: %s", c->folder, c->name,
                         strerror(errno));
        }
    }
    c->block.size = 0;
    return st;
}

/* Collective. All parts are on the disk: now the head. */
static tc_status publish_all(tc_checkpoint *c, const void *common, int64_t n, tc_error *err)
{
    tc_buffer parts = {0};
    tc_status st =
        tc_comm_gather_all(c->comm, &c->written, (int64_t)sizeof c->written, &parts, err);
    if (st == TC_OK && tc_comm_rank(c->comm) == 0) {
        st = tc_checkpoint_head_write(c, c->newest + 1,
                                      (const tc_checkpoint_part *)(void *)parts.data,
                                      tc_comm_size(c->comm), common, n, err);
    }
    tc_buffer_free(&parts);
    return tc_comm_agree_all(c->comm, st, err);
}

/* Collective. Parts that no head names, of this generation or those before. */
static void sweep_all(const tc_checkpoint *c, int64_t keep)
{
    int64_t done = 0;
    if (tc_comm_rank(c->comm) == 0) {
        tc_checkpoint_sweep(c, keep);
    }
    tc_comm_max_i64_all(c->comm, &done, 1); /* nobody writes the next part before */
}

tc_status tc_checkpoint_end_all(tc_checkpoint *c, tc_status status, const void *common,
                                int64_t n, tc_error *err)
{
    tc_status st = status;
    if (c->folder != NULL) {
        st = tc_comm_agree_all(c->comm, close_part(c, st, err), err);
        if (st == TC_OK) {
            st = publish_all(c, common, n, err);
        }
        if (st == TC_OK) {
            c->newest++;
            tc_log_info("%s: state saved in %.1f s", c->name, tc_comm_seconds() - c->begun);
        } else if (st == TC_EIO) {
            tc_log_warn("%s: its state could not be saved (%s); it stays as it was before",
                        c->name, err->message);
            *err = (tc_error){0};
            st = TC_OK;
        }
        sweep_all(c, c->newest);
    }
    c->since = tc_comm_seconds();
    c->cost = c->since - c->begun;
    if (st == TC_OK && c->stop) {
        st = tc_stop_check(err);
    }
    return tc_comm_agree_all(c->comm, st, err);
}

/* Collective. Rank 0's head on all ranks. */
static tc_status share_head_all(const tc_checkpoint *c, tc_buffer *bytes, tc_error *err)
{
    int64_t size;
    tc_status st = TC_OK;
    if (tc_comm_rank(c->comm) == 0) {
        st = tc_checkpoint_head_read(c, bytes, err);
    }
    size = bytes->size;
    tc_comm_bcast_all(c->comm, &size, (int64_t)sizeof size, 0);
    if (st == TC_OK) {
        st = tc_buffer_reserve(bytes, size - bytes->size + 1, err);
    }
    st = tc_comm_agree_all(c->comm, st, err);
    if (st == TC_OK) {
        tc_comm_bcast_all(c->comm, bytes->data, size, 0);
        bytes->size = size;
    }
    return st;
}

/* Collective. The ranks share out the parts. */
static tc_status check_parts_all(const tc_checkpoint *c, tc_head_kind *kind, tc_error *err)
{
    const int size = tc_comm_size(c->comm);
    int64_t damaged = 0;
    tc_status st = TC_OK;
    for (int64_t i = tc_comm_rank(c->comm); st == TC_OK && i < c->n_parts; i += size) {
        int sound;
        st = tc_checkpoint_part_sound(c, i, &sound, err);
        damaged += !sound;
    }
    tc_comm_max_i64_all(c->comm, &damaged, 1);
    *kind = damaged != 0 ? TC_HEAD_DAMAGED : TC_HEAD_GOOD;
    return tc_comm_agree_all(c->comm, st, err);
}

tc_status tc_checkpoint_load_all(tc_checkpoint *c, tc_buffer *common, int *found,
                                 tc_error *err)
{
    tc_buffer bytes = {0};
    tc_head_kind kind = TC_HEAD_NONE;
    int64_t at = 0, n = 0;
    tc_status st;
    *found = 0;
    if (c->folder == NULL) {
        return TC_OK;
    }
    st = share_head_all(c, &bytes, err);
    if (st == TC_OK) {
        st = tc_checkpoint_head_decode(c, &bytes, &kind, &at, &n, err);
        st = tc_comm_agree_all(c->comm, st, err);
    }
    if (st == TC_OK && kind == TC_HEAD_GOOD) {
        st = check_parts_all(c, &kind, err);
    }
    if (st == TC_OK && kind == TC_HEAD_GOOD) {
        st = tc_comm_agree_all(c->comm, tc_buffer_append(common, bytes.data + at, n, err),
                               err);
        *found = st == TC_OK;
    }
    if (st == TC_OK && kind == TC_HEAD_DAMAGED) {
        tc_log_warn("%s: its saved state in %s is damaged and is not used", c->name,
                    c->folder);
    }
    if (st == TC_OK && kind != TC_HEAD_GOOD) {
        c->n_parts = c->newest = 0;
        sweep_all(c, 0);
    }
    tc_buffer_free(&bytes);
    return st;
}

int64_t tc_checkpoint_parts(const tc_checkpoint *c)
{
    return c->n_parts;
}

int64_t tc_checkpoint_part_size(const tc_checkpoint *c, int64_t part)
{
    return c->part[part].size;
}

void tc_checkpoint_done_all(tc_checkpoint *c)
{
    if (c->folder != NULL) {
        sweep_all(c, 0);
    }
    c->newest = 0;
}

void tc_checkpoint_close_all(tc_checkpoint **c)
{
    if (*c != NULL) {
        tc_checkpoint_part_close(*c);
        if ((*c)->fd >= 0) {
            (void)close((*c)->fd);
        }
        tc_buffer_free(&(*c)->block);
        tc_mem_free((*c)->part);
        tc_mem_free((*c)->folder);
        tc_mem_free((*c)->name);
        tc_mem_free(*c);
        *c = NULL;
    }
}
