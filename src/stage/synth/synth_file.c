/* synth_file.c - the growing files of a synthetic base: parallel writes at given offsets, published by rename. */
#define ZLIB_CONST
#include "synth_parts.h"

#include "tiercel/fault.h"
#include "tiercel/io_count.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static const char dirt_header[] = "file,record,line,kind\n";

enum { GZIP_WINDOW = 15 + 16, GZIP_LEVEL = 1, GZIP_MEMORY = 8 };

tc_status tc_synth_files_create(const tc_synth_options *options, int64_t n_csv, int dirt,
                                tc_synth_files *out, tc_error *err)
{
    tc_synth_files files = {
        .options = options, .n_csv = n_csv, .n_files = n_csv + (dirt != 0)};
    *out = (tc_synth_files){0};
    files.bytes = tc_mem_alloc(files.n_files, sizeof *files.bytes, err);
    files.records = tc_mem_alloc(files.n_files, sizeof *files.records, err);
    files.lines = tc_mem_alloc(files.n_files, sizeof *files.lines, err);
    *out = files;
    if (files.bytes == NULL || files.records == NULL || files.lines == NULL) {
        tc_synth_files_free(out);
        return TC_ENOMEM;
    }
    return TC_OK;
}

void tc_synth_files_free(tc_synth_files *files)
{
    tc_mem_free(files->bytes);
    tc_mem_free(files->records);
    tc_mem_free(files->lines);
    *files = (tc_synth_files){0};
}

void tc_synth_file_name(const tc_synth_files *files, int64_t file,
                        char text[TC_SYNTH_NAME_TEXT])
{
    if (file == files->n_csv) {
        (void)snprintf(text, TC_SYNTH_NAME_TEXT, "dirt.txt");
    } else {
        (void)snprintf(text, TC_SYNTH_NAME_TEXT, "transactions-%03lld.csv%s",
                       (long long)file, files->options->gzip ? ".gz" : "");
    }
}

char *tc_synth_path(const char *folder, const char *name, int temporary, tc_error *err)
{
    const int64_t n = (int64_t)strlen(folder) + (int64_t)strlen(name) + 8;
    char *path = tc_mem_alloc(n, 1, err);
    if (path != NULL) {
        (void)snprintf(path, (size_t)n, "%s/%s%s", folder, name, temporary ? ".tmp" : "");
    }
    return path;
}

static char *file_path(const tc_synth_files *files, int64_t file, int temporary,
                       tc_error *err)
{
    char name[TC_SYNTH_NAME_TEXT];
    tc_synth_file_name(files, file, name);
    return tc_synth_path(files->options->output, name, temporary, err);
}

/* What every file begins with, as it stands in the file. */
static tc_status header_bytes(const tc_synth_files *files, int64_t file, tc_buffer *out,
                              tc_error *err)
{
    const char *text =
        file == files->n_csv ? dirt_header : tc_synth_header(files->options->format);
    const int64_t n = (int64_t)strlen(text);
    out->size = 0;
    if (files->options->gzip && file < files->n_csv) {
        return tc_synth_gzip(text, n, out, err);
    }
    return tc_buffer_append(out, text, n, err);
}

tc_status tc_synth_files_reset(tc_synth_files *files, tc_error *err)
{
    tc_buffer header = {0};
    tc_status st = TC_OK;
    for (int64_t f = 0; st == TC_OK && f < files->n_files; f++) {
        st = header_bytes(files, f, &header, err);
        files->bytes[f] = header.size;
        files->records[f] = 0;
        files->lines[f] = 1;
    }
    tc_buffer_free(&header);
    return st;
}

static tc_status write_at(int fd, const tc_buffer *bytes, int64_t offset)
{
    int64_t done = 0;
    while (done < bytes->size) {
        const ssize_t n =
            pwrite(fd, bytes->data + done, (size_t)(bytes->size - done), offset + done);
        if (n < 0 && errno != EINTR) {
            return TC_EIO;
        }
        if (n == 0) {
            errno = ENOSPC;
            return TC_EIO;
        }
        done += n > 0 ? n : 0;
    }
    tc_io_count_write(done);
    return TC_OK;
}

static tc_status open_and_write(const char *path, int flags, const tc_buffer *bytes,
                                int64_t offset, tc_error *err)
{
    const int fd = open(path, O_WRONLY | flags, 0666);
    int bad = fd < 0 || write_at(fd, bytes, offset) != TC_OK;
    int reason = errno;
    if (fd >= 0 && close(fd) != 0 && !bad) {
        bad = 1;
        reason = errno;
    }
    if (bad) {
        return tc_fail(
            err, TC_EIO,
            "%s: cannot be written: %s; check space and permissions of the output "
            "folder",
            path, strerror(reason));
    }
    return TC_OK;
}

tc_status tc_synth_file_write(const tc_synth_files *files, int64_t file, int64_t offset,
                              const tc_buffer *bytes, tc_error *err)
{
    char *path;
    tc_status st;
    if (bytes->size == 0) {
        return TC_OK;
    }
    path = file_path(files, file, 1, err);
    if (path == NULL) {
        return TC_ENOMEM;
    }
    st = open_and_write(path, 0, bytes, offset, err);
    tc_mem_free(path);
    return st;
}

/* Makes the folder and those above it that are missing. */
static tc_status make_folder(const char *folder, tc_error *err)
{
    struct stat about;
    char *path = tc_mem_text(folder, err);
    if (path == NULL) {
        return TC_ENOMEM;
    }
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            (void)mkdir(path, 0777); /* the last one tells whether it worked */
            *at = '/';
        }
    }
    tc_mem_free(path);
    if (mkdir(folder, 0777) == 0) {
        return TC_OK;
    }
    if (errno != EEXIST || stat(folder, &about) != 0 || !S_ISDIR(about.st_mode)) {
        return tc_fail(err, TC_EIO, "%s: the output folder cannot be made: %s", folder,
                       strerror(errno));
    }
    return TC_OK;
}

tc_status tc_synth_files_start(const tc_synth_files *files, tc_error *err)
{
    tc_buffer header = {0};
    tc_status st = make_folder(files->options->output, err);
    for (int64_t f = 0; st == TC_OK && f < files->n_files; f++) {
        char *path = file_path(files, f, 1, err);
        st = path == NULL ? TC_ENOMEM : header_bytes(files, f, &header, err);
        if (st == TC_OK) {
            st = open_and_write(path, O_CREAT | O_TRUNC, &header, 0, err);
        }
        tc_mem_free(path);
    }
    tc_buffer_free(&header);
    return st;
}

tc_status tc_synth_files_sync(const tc_synth_files *files, tc_error *err)
{
    tc_status st = TC_OK;
    for (int64_t f = 0; st == TC_OK && f < files->n_files; f++) {
        char *path = file_path(files, f, 1, err);
        int fd, bad;
        if (path == NULL) {
            return TC_ENOMEM;
        }
        fd = open(path, O_RDONLY);
        bad = fd < 0 || fsync(fd) != 0;
        bad |= fd >= 0 && close(fd) != 0;
        if (bad) {
            st = tc_fail(err, TC_EIO, "%s: cannot be brought to disk: %s", path,
                         strerror(errno));
        }
        tc_mem_free(path);
    }
    return st;
}

tc_status tc_synth_files_rename(const tc_synth_files *files, tc_error *err)
{
    tc_status st = TC_FAULT("synth.rename", err);
    for (int64_t f = 0; st == TC_OK && f < files->n_files; f++) {
        char *from = file_path(files, f, 1, err);
        char *to = file_path(files, f, 0, err);
        if (from == NULL || to == NULL) {
            st = TC_ENOMEM;
        } else if (rename(from, to) != 0) {
            st = tc_fail(err, TC_EIO, "%s: cannot be published: %s", to, strerror(errno));
        }
        tc_mem_free(from);
        tc_mem_free(to);
    }
    return st;
}

void tc_synth_files_remove(const tc_synth_files *files)
{
    for (int64_t f = 0; f < files->n_files; f++) {
        char *path = file_path(files, f, 1, NULL);
        if (path != NULL) {
            (void)unlink(path);
        }
        tc_mem_free(path);
    }
}

tc_status tc_synth_gzip(const void *text, int64_t n, tc_buffer *out, tc_error *err)
{
    z_stream z = {0};
    tc_status st;
    int code;
    if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        return tc_fail(err, TC_ENOMEM, "out of memory: gzip cannot start");
    }
    st = tc_buffer_reserve(out, (int64_t)deflateBound(&z, (unsigned long)n), err);
    if (st == TC_OK) {
        TC_ASSERT(n <= UINT32_MAX && out->capacity - out->size <= UINT32_MAX);
        z.next_in = (const Bytef *)text;
        z.avail_in = (uInt)n;
        z.next_out = out->data + out->size;
        z.avail_out = (uInt)(out->capacity - out->size);
        code = deflate(&z, Z_FINISH);
        out->size = out->capacity - (int64_t)z.avail_out;
        if (code != Z_STREAM_END) {
            st = tc_fail(err, TC_EINTERNAL, "gzip failed with code %d", code);
        }
    }
    (void)deflateEnd(&z);
    return st;
}
