/* checkpoint_file.c - the head of a checkpoint, and what is left over of files. */
#include "checkpoint_impl.h"

#include "tiercel/fault.h"
#include "tiercel/io_count.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the head begins with; the parts, the common state and the 128-bit checksum of all before it follow. */
typedef struct {
    char magic[8];
    int64_t generation, n_parts, common;
    char key[40];
} head;

static const char magic[8] = "TCCKPT1";

static char *path_of(const tc_checkpoint *c, tc_error *err, int64_t generation,
                     int64_t rank, const char *ending)
{
    tc_buffer text = {0};
    tc_status st = tc_buffer_print(&text, err, "%s/%s", c->folder, c->name);
    if (st == TC_OK && rank >= 0) {
        st = tc_buffer_print(&text, err, ".%lld.%lld", (long long)generation,
                             (long long)rank);
    }
    if (st == TC_OK) {
        st = tc_buffer_append(&text, ending, (int64_t)strlen(ending) + 1, err);
    }
    if (st != TC_OK) {
        tc_buffer_free(&text);
    }
    return (char *)text.data;
}

char *tc_checkpoint_path(const tc_checkpoint *c, const char *ending, tc_error *err)
{
    return path_of(c, err, 0, -1, ending);
}

char *tc_checkpoint_part_path(const tc_checkpoint *c, int64_t generation, int64_t rank,
                              tc_error *err)
{
    return path_of(c, err, generation, rank, ".part");
}

tc_status tc_checkpoint_fail(const char *path, const char *what, tc_error *err)
{
    return tc_fail(err, TC_EIO, "%s: cannot %s: %s", path, what, strerror(errno));
}

tc_status tc_checkpoint_put(int fd, const char *path, const void *bytes, int64_t n,
                            tc_error *err)
{
    const unsigned char *at = bytes;
    while (n > 0) {
        const ssize_t done = write(fd, at, (size_t)n);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return tc_checkpoint_fail(path, "be written", err);
        }
        at += done;
        n -= done;
        tc_io_count_write(done);
    }
    return TC_OK;
}

int tc_checkpoint_get(int fd, void *bytes, int64_t n, int64_t *got)
{
    unsigned char *at = bytes;
    *got = 0;
    while (*got < n) {
        const ssize_t done = read(fd, at + *got, (size_t)(n - *got));
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return -1;
        }
        if (done == 0) {
            break;
        }
        *got += done;
        tc_io_count_read(done);
    }
    return 0;
}

void tc_checkpoint_sync_folder(const tc_checkpoint *c)
{
    const int fd = open(c->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

static tc_status encode(const tc_checkpoint *c, int64_t generation,
                        const tc_checkpoint_part *part, int64_t n_parts, const void *common,
                        int64_t n, tc_buffer *out, tc_error *err)
{
    head h;
    tc_hash128 hash;
    memset(&h, 0, sizeof h);
    memcpy(h.magic, magic, sizeof magic);
    h.generation = generation;
    h.n_parts = n_parts;
    h.common = n;
    memcpy(h.key, c->key, sizeof c->key);
    TC_TRY(tc_buffer_append(out, &h, (int64_t)sizeof h, err));
    TC_TRY(tc_buffer_append(out, part, n_parts * (int64_t)sizeof *part, err));
    TC_TRY(tc_buffer_append(out, common, n, err));
    hash = tc_hash128_of(out->data, (size_t)out->size);
    return tc_buffer_append(out, &hash, (int64_t)sizeof hash, err);
}

static tc_status publish_head(const tc_checkpoint *c, const char *temporary,
                              const char *path, const tc_buffer *bytes, tc_error *err)
{
    int fd;
    tc_status st;
    (void)unlink(temporary); /* another process may still hold one of that name open */
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        return tc_checkpoint_fail(temporary, "be created", err);
    }
    st = tc_checkpoint_put(fd, temporary, bytes->data, bytes->size, err);
    if (st == TC_OK && fsync(fd) != 0) {
        st = tc_checkpoint_fail(temporary, "be synced", err);
    }
    if (close(fd) != 0 && st == TC_OK) {
        st = tc_checkpoint_fail(temporary, "be closed", err);
    }
    if (st == TC_OK) {
        tc_checkpoint_sync_folder(c); /* the parts must be there before the head says so */
        if (rename(temporary, path) != 0) {
            st = tc_checkpoint_fail(path, "be renamed", err);
        }
    }
    if (st == TC_OK) {
        tc_checkpoint_sync_folder(c);
    } else {
        (void)unlink(temporary);
    }
    return st;
}

tc_status tc_checkpoint_head_write(const tc_checkpoint *c, int64_t generation,
                                   const tc_checkpoint_part *part, int64_t n_parts,
                                   const void *common, int64_t n, tc_error *err)
{
    tc_buffer bytes = {0};
    char *path = tc_checkpoint_path(c, ".ckpt", err);
    char *temporary = tc_checkpoint_path(c, ".ckpt.tmp", err);
    tc_status st = path == NULL || temporary == NULL ? TC_ENOMEM : TC_OK;
    if (st == TC_OK) {
        st = encode(c, generation, part, n_parts, common, n, &bytes, err);
    }
    if (st == TC_OK) {
        st = TC_FAULT("checkpoint.head", err);
    }
    if (st == TC_OK) {
        st = publish_head(c, temporary, path, &bytes, err);
    }
    tc_buffer_free(&bytes);
    tc_mem_free(temporary);
    tc_mem_free(path);
    return st;
}

tc_status tc_checkpoint_head_read(const tc_checkpoint *c, tc_buffer *bytes, tc_error *err)
{
    char *path = tc_checkpoint_path(c, ".ckpt", err);
    struct stat facts;
    tc_status st = TC_OK;
    int fd;
    if (path == NULL) {
        return TC_ENOMEM;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    tc_mem_free(path);
    if (fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode)) {
        st = tc_buffer_reserve(bytes, (int64_t)facts.st_size + 1, err);
        if (st == TC_OK &&
            tc_checkpoint_get(fd, bytes->data, (int64_t)facts.st_size, &bytes->size) != 0) {
            bytes->size = 0;
        }
        if (st == TC_OK && bytes->size == 0) {
            bytes->data[bytes->size++] = 0; /* there, but nothing to trust */
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return st;
}

/* 1 if the sizes that the head names add up to the bytes that are there. */
static int adds_up(const head *h, const tc_buffer *bytes)
{
    int64_t room = bytes->size - (int64_t)sizeof *h - (int64_t)sizeof(tc_hash128);
    if (h->n_parts < 0 || h->common < 0 || h->generation < 1 ||
        h->n_parts > room / (int64_t)sizeof(tc_checkpoint_part)) {
        return 0;
    }
    room -= h->n_parts * (int64_t)sizeof(tc_checkpoint_part);
    return room == h->common;
}

static int is_sound(const head *h, const tc_buffer *bytes)
{
    tc_hash128 found, kept;
    const int64_t n = bytes->size - (int64_t)sizeof kept;
    if (memcmp(h->magic, magic, sizeof magic) != 0 || !adds_up(h, bytes)) {
        return 0;
    }
    memcpy(&kept, bytes->data + n, sizeof kept);
    found = tc_hash128_of(bytes->data, (size_t)n);
    return found.hi == kept.hi && found.lo == kept.lo;
}

tc_status tc_checkpoint_head_decode(tc_checkpoint *c, const tc_buffer *bytes,
                                    tc_head_kind *kind, int64_t *common, int64_t *n,
                                    tc_error *err)
{
    head h;
    *kind = bytes->size == 0 ? TC_HEAD_NONE : TC_HEAD_DAMAGED;
    if (bytes->size < (int64_t)(sizeof h + sizeof(tc_hash128))) {
        return TC_OK;
    }
    memcpy(&h, bytes->data, sizeof h);
    if (!is_sound(&h, bytes)) {
        return TC_OK;
    }
    *kind = TC_HEAD_FOREIGN;
    if (memcmp(h.key, c->key, sizeof c->key) != 0) {
        return TC_OK;
    }
    *kind = TC_HEAD_GOOD;
    tc_mem_free(c->part);
    c->part = tc_mem_alloc(h.n_parts, sizeof *c->part, err);
    if (c->part == NULL) {
        return TC_ENOMEM;
    }
    memcpy(c->part, bytes->data + sizeof h, (size_t)h.n_parts * sizeof *c->part);
    c->n_parts = h.n_parts;
    c->newest = h.generation;
    *common = (int64_t)sizeof h + h.n_parts * (int64_t)sizeof *c->part;
    *n = h.common;
    return TC_OK;
}

/* 1 if `file` is a part of this checkpoint, of another generation than keep. */
static int is_other_part(const tc_checkpoint *c, const char *file, int64_t keep)
{
    const size_t length = strlen(c->name);
    char *end;
    int64_t generation;
    if (strncmp(file, c->name, length) != 0 || file[length] != '.') {
        return 0;
    }
    if (strcmp(file + length, ".ckpt.tmp") == 0) {
        return 1;
    }
    generation = strtoll(file + length + 1, &end, 10);
    if (end == file + length + 1 || *end != '.') {
        return 0;
    }
    (void)strtoll(end + 1, &end, 10);
    return strcmp(end, ".part") == 0 && generation != keep;
}

void tc_checkpoint_sweep(const tc_checkpoint *c, int64_t keep)
{
    DIR *folder = opendir(c->folder);
    const struct dirent *entry;
    const int at = folder != NULL ? dirfd(folder) : -1;
    tc_error ignored = {0};
    char *path = tc_checkpoint_path(c, ".ckpt", &ignored);
    if (keep == 0 && path != NULL) {
        (void)unlink(path); /* first: it names the parts */
    }
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (is_other_part(c, entry->d_name, keep)) {
            (void)unlinkat(at, entry->d_name, 0);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    if (keep == 0) {
        (void)rmdir(c->folder); /* if nothing else lies there */
    }
    tc_mem_free(path);
}
