/* checkpoint_part.c - the parts of a checkpoint, one a rank: written in blocks, checked, read. */
#include "checkpoint_impl.h"

#include "tiercel/fault.h"

#include <fcntl.h>
#include <unistd.h>

static tc_status open_part(tc_checkpoint *c, const char *path, tc_error *err)
{
    (void)unlink(path);
    c->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return c->fd < 0 ? tc_checkpoint_fail(path, "be created", err) : TC_OK;
}

tc_status tc_checkpoint_flush(tc_checkpoint *c, tc_error *err)
{
    char *path = tc_checkpoint_part_path(c, c->newest + 1, tc_comm_rank(c->comm), err);
    tc_status st = path == NULL ? TC_ENOMEM : TC_FAULT("checkpoint.part", err);
    if (st == TC_OK && c->fd < 0) {
        st = open_part(c, path, err);
    }
    if (st == TC_OK) {
        c->written.hash =
            tc_hash64_of(c->block.data, (size_t)c->block.size, c->written.hash);
        c->written.size += c->block.size;
        st = tc_checkpoint_put(c->fd, path, c->block.data, c->block.size, err);
    }
    c->block.size = 0;
    tc_mem_free(path);
    return st;
}

static int blocks_fit(int fd, const tc_checkpoint_part *part, unsigned char *block)
{
    tc_checkpoint_part found = {0};
    int64_t got = TC_CHECKPOINT_BLOCK;
    while (got == TC_CHECKPOINT_BLOCK) {
        if (tc_checkpoint_get(fd, block, TC_CHECKPOINT_BLOCK, &got) != 0) {
            return 0;
        }
        if (got > 0) {
            found.hash = tc_hash64_of(block, (size_t)got, found.hash);
            found.size += got;
        }
    }
    return found.size == part->size && found.hash == part->hash;
}

tc_status tc_checkpoint_part_sound(const tc_checkpoint *c, int64_t part, int *sound,
                                   tc_error *err)
{
    char *path;
    unsigned char *block;
    *sound = 1;
    if (c->part[part].size == 0) {
        return TC_OK;
    }
    path = tc_checkpoint_part_path(c, c->newest, part, err);
    block = tc_mem_alloc(TC_CHECKPOINT_BLOCK, 1, err);
    if (path != NULL && block != NULL) {
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        *sound = fd >= 0 && blocks_fit(fd, &c->part[part], block);
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    tc_mem_free(block);
    tc_mem_free(path);
    return path == NULL || block == NULL ? TC_ENOMEM : TC_OK;
}

tc_status tc_checkpoint_part_open(tc_checkpoint *c, int64_t part, tc_error *err)
{
    char *path;
    tc_status st = TC_OK;
    TC_ASSERT(c->read_fd < 0 && part >= 0 && part < c->n_parts);
    if (c->part[part].size == 0) {
        return TC_OK;
    }
    path = tc_checkpoint_part_path(c, c->newest, part, err);
    if (path == NULL) {
        return TC_ENOMEM;
    }
    c->read_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (c->read_fd < 0) {
        st = tc_checkpoint_fail(path, "be read", err);
    }
    tc_mem_free(path);
    return st;
}

tc_status tc_checkpoint_part_read(tc_checkpoint *c, void *bytes, int64_t n, int64_t *got,
                                  tc_error *err)
{
    *got = 0;
    if (c->read_fd >= 0 && tc_checkpoint_get(c->read_fd, bytes, n, got) != 0) {
        return tc_checkpoint_fail(c->name, "be read from its checkpoint", err);
    }
    return TC_OK;
}

void tc_checkpoint_part_close(tc_checkpoint *c)
{
    if (c->read_fd >= 0) {
        (void)close(c->read_fd);
        c->read_fd = -1;
    }
}
