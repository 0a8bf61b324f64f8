#include "tiercel/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>

enum { GZ_CHUNK = 64 << 10, GZ_WINDOW = 15 + 16 /* gzip header */ };

struct tc_source {
    const char *path; /* borrowed */
    int fd;
    int64_t offset; /* of the next stored byte */
    /* .gz only */
    unsigned char *packed; /* [GZ_CHUNK], NULL for a plain file */
    z_stream stream;
    int started;  /* the stream is set up */
    int complete; /* between two members: the file may end here */
};

int tc_source_is_gz(const char *path)
{
    const size_t n = strlen(path);
    return n > 3 && strcmp(path + n - 3, ".gz") == 0;
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

static void *gz_alloc(void *context, unsigned n, unsigned size)
{
    (void)context;
    return tc_mem_alloc((int64_t)n, size, NULL);
}

static void gz_free(void *context, void *block)
{
    (void)context;
    tc_mem_free(block);
}

static tc_status start_gz(tc_source *source, tc_error *err)
{
    source->packed = tc_mem_alloc(GZ_CHUNK, 1, err);
    if (source->packed == NULL) {
        return TC_ENOMEM;
    }
    source->stream.zalloc = gz_alloc;
    source->stream.zfree = gz_free;
    if (inflateInit2(&source->stream, GZ_WINDOW) != Z_OK) {
        return tc_fail(err, TC_ENOMEM, "%s: out of memory while starting to inflate",
                       source->path);
    }
    source->started = 1;
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

tc_status tc_source_open(const char *path, int64_t offset, tc_source **out, tc_error *err)
{
    TC_TRY(tc_source_open_stored(path, offset, out, err));
    TC_ASSERT(*out != NULL);
    if (tc_source_is_gz(path)) {
        const tc_status st = start_gz(*out, err);
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
    if (s->started) {
        (void)inflateEnd(&s->stream);
    }
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
    return TC_OK;
}

static tc_status gz_failed(const tc_source *s, int code, tc_error *err)
{
    if (code == Z_MEM_ERROR) {
        return tc_fail(err, TC_ENOMEM, "%s: out of memory while inflating", s->path);
    }
    return tc_fail(err, TC_EDATA, "%s: is not a gzip file or is damaged before byte %lld",
                   s->path, (long long)s->offset);
}

/* One step: more stored bytes if there are none, then inflates as much as fits. A file may
 * hold several members one after the other. */
static tc_status inflate_step(tc_source *s, int *at_end, tc_error *err)
{
    int code;
    if (s->stream.avail_in == 0) {
        int64_t n;
        TC_TRY(read_stored(s, s->packed, GZ_CHUNK, &n, err));
        s->stream.next_in = s->packed;
        s->stream.avail_in = (unsigned)n;
        *at_end = n == 0;
    }
    if (*at_end) {
        if (!s->complete && s->offset > 0) {
            return tc_fail(err, TC_EDATA, "%s: ends in the middle of its compressed data",
                           s->path);
        }
        return TC_OK;
    }
    s->complete = 0;
    code = inflate(&s->stream, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
        s->complete = 1;
        code = inflateReset(&s->stream);
    }
    return code == Z_OK || code == Z_BUF_ERROR ? TC_OK : gz_failed(s, code, err);
}

tc_status tc_source_read(tc_source *source, char *bytes, int64_t capacity, int64_t *n,
                         tc_error *err)
{
    int at_end = 0;
    if (source->packed == NULL) {
        return read_stored(source, bytes, capacity, n, err);
    }
    if (capacity > INT32_MAX) {
        capacity = INT32_MAX;
    }
    source->stream.next_out = (unsigned char *)bytes;
    source->stream.avail_out = (unsigned)capacity;
    *n = 0;
    while (*n == 0 && !at_end) {
        TC_TRY(inflate_step(source, &at_end, err));
        *n = capacity - (int64_t)source->stream.avail_out;
    }
    return TC_OK;
}
