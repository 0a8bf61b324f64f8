#include "tiercel/source.h"

#include "source_decoder.h"

#include "tiercel/io_count.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 128 << 10 };

struct tc_source {
    const char *path; /* borrowed */
    int fd;
    int64_t offset; /* of the next stored byte */
    /* compressed files only */
    tc_decoder *decoder;   /* NULL: plain */
    unsigned char *packed; /* [CHUNK] */
    int64_t at, n_packed;  /* bytes of it that are used, and all */
};

int tc_source_is_packed(const char *path)
{
    return tc_decoder_needed(path);
}

static tc_source_state state_of(const struct stat *info)
{
    return (tc_source_state){.size = (int64_t)info->st_size,
                             .mtime = (int64_t)info->st_mtim.tv_sec * 1000000000 +
                                      (int64_t)info->st_mtim.tv_nsec};
}

tc_status tc_source_look(const char *path, tc_source_state *state, tc_error *err)
{
    struct stat info;
    *state = (tc_source_state){0};
    if (stat(path, &info) != 0 || access(path, R_OK) != 0) {
        return tc_fail(err, TC_EINPUT,
                       "%s: cannot be read (%s); check the paths in the configuration",
                       path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return tc_fail(err, TC_EINPUT,
                       "%s: is not a regular file; check the paths in the configuration",
                       path);
    }
    *state = state_of(&info);
    return TC_OK;
}

tc_status tc_source_check(const tc_source *source, tc_source_state state, tc_error *err)
{
    struct stat info;
    tc_source_state now = {0};
    if (fstat(source->fd, &info) != 0) {
        return tc_fail(err, TC_EIO, "%s: cannot be read (%s)", source->path,
                       strerror(errno));
    }
    now = state_of(&info);
    if (now.size != state.size || now.mtime != state.mtime) {
        return tc_fail(err, TC_EIO,
                       "%s: %s while it was read; run again when the file is complete",
                       source->path,
                       now.size < state.size   ? "became shorter"
                       : now.size > state.size ? "became longer"
                                               : "was changed");
    }
    return TC_OK;
}

tc_status tc_source_open_stored(const char *path, int64_t offset, tc_source **out,
                                tc_error *err)
{
    tc_source *source = tc_mem_alloc(1, sizeof *source, err);
    tc_status st = TC_OK;
    *out = NULL;
    if (source == NULL) {
        return TC_ENOMEM;
    }
    source->path = path;
    source->offset = offset;
    source->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0) {
        st = tc_fail(err, TC_EINPUT,
                     "%s: cannot be opened (%s); check the paths in the configuration",
                     path, strerror(errno));
        tc_source_close(&source);
    }
    *out = source;
    return st;
}

int64_t tc_source_position(const tc_source *source)
{
    return source->offset;
}

tc_status tc_source_open(const char *path, int64_t offset, tc_source **out, tc_error *err)
{
    TC_TRY(tc_source_open_stored(path, offset, out, err));
    TC_ASSERT(*out != NULL);
    if (tc_source_is_packed(path)) {
        tc_status st = tc_decoder_create(path, &(*out)->decoder, err);
        (*out)->packed = st == TC_OK ? tc_mem_alloc(CHUNK, 1, err) : NULL;
        st = st == TC_OK && (*out)->packed == NULL ? TC_ENOMEM : st;
        if (st != TC_OK) {
            tc_source_close(out);
        }
        return st;
    }
    return TC_OK;
}

void tc_source_close(tc_source **source)
{
    tc_source *s = *source;
    if (s == NULL) {
        return;
    }
    tc_decoder_destroy(&s->decoder);
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    tc_mem_free(s->packed);
    tc_mem_free(s);
    *source = NULL;
}

static tc_status read_stored(tc_source *s, void *bytes, int64_t capacity, int64_t *n,
                             tc_error *err)
{
    ssize_t got;
    do {
        got = pread(s->fd, bytes, (size_t)capacity, (off_t)s->offset);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        *n = 0;
        return tc_fail(err, TC_EIO, "%s: reading at byte %lld failed (%s)", s->path,
                       (long long)s->offset, strerror(errno));
    }
    *n = got;
    s->offset += got;
    tc_io_count_read(got);
    return TC_OK;
}

/* One step: more stored bytes if there are none, then decodes as much as fits. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the decoder writes to bytes */
static tc_status decode_step(tc_source *s, char *bytes, int64_t capacity, int64_t *n,
                             int *at_end, tc_error *err)
{
    tc_decoder_span span = {.out = bytes, .room = capacity, .path = s->path};
    if (s->at == s->n_packed && !tc_decoder_full(s->decoder)) {
        s->at = 0;
        TC_TRY(read_stored(s, s->packed, CHUNK, &s->n_packed, err));
        *at_end = s->n_packed == 0;
    }
    if (*at_end) {
        if (!tc_decoder_complete(s->decoder) && s->offset > 0) {
            return tc_fail(err, TC_EDATA, "%s: ends in the middle of its compressed data",
                           s->path);
        }
        return TC_OK;
    }
    span.in = s->packed + s->at;
    span.n_in = s->n_packed - s->at;
    span.offset = s->offset;
    TC_TRY(tc_decoder_step(s->decoder, &span, err));
    s->at = s->n_packed - span.n_in;
    *n = capacity - span.room;
    return TC_OK;
}

tc_status tc_source_read(tc_source *source, char *bytes, int64_t capacity, int64_t *n,
                         tc_error *err)
{
    int at_end = 0;
    if (source->decoder == NULL) {
        return read_stored(source, bytes, capacity, n, err);
    }
    *n = 0;
    while (*n == 0 && !at_end) {
        TC_TRY(decode_step(source, bytes, capacity, n, &at_end, err));
    }
    return TC_OK;
}
