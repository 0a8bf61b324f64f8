#include "tiercel/json.h"

#include "tiercel/buffer.h"
#include "tiercel/fault.h"
#include "tiercel/io_count.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

json_t *tc_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

typedef struct {
    tc_buffer *text;
    tc_status status;
    tc_error *err;
} text_sink;

static int sink_write(const char *bytes, size_t n, void *data)
{
    text_sink *sink = data;
    if (sink->status ==
        TC_OK) { /* jansson does not pass on every failure of this function */
        sink->status = tc_buffer_append(sink->text, bytes, (int64_t)n, sink->err);
    }
    return sink->status == TC_OK ? 0 : -1;
}

tc_status tc_json_append(const json_t *value, int compact, tc_buffer *text, tc_error *err)
{
    const size_t form = compact ? (size_t)JSON_COMPACT : (size_t)JSON_INDENT(2);
    text_sink sink = {.text = text, .status = TC_OK, .err = err};
    if (json_dump_callback(value, sink_write, &sink,
                           form | JSON_SORT_KEYS | JSON_REAL_PRECISION(17)) != 0 &&
        sink.status == TC_OK) {
        sink.status = tc_fail(err, TC_ENOMEM, "out of memory while JSON is written");
    }
    return sink.status;
}

static tc_status json_text(const json_t *value, tc_buffer *text, tc_error *err)
{
    TC_TRY(tc_json_append(value, 0, text, err));
    return tc_buffer_append(text, "\n", 1, err);
}

static tc_status io_fail(const char *what, const char *path, tc_error *err)
{
    const int code = errno;
    char reason[128];
    if (strerror_r(code, reason, sizeof reason) != 0) {
        (void)snprintf(reason, sizeof reason, "error %d", code);
    }
    return tc_fail(err, TC_EIO,
                   "%s: cannot %s: %s; check the folder, its permissions and the "
                   "space on the disk",
                   path, what, reason);
}

static tc_status write_bytes(int file, const tc_buffer *text, const char *path,
                             tc_error *err)
{
    int64_t done = 0;
    while (done < text->size) {
        const ssize_t n = write(file, text->data + done, (size_t)(text->size - done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return io_fail("write", path, err);
        }
        done += n;
        tc_io_count_write(n);
    }
    return TC_OK;
}

/* Writes, syncs and closes; the descriptor is closed in every case. */
static tc_status write_synced(const char *path, const tc_buffer *text, tc_error *err)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        return io_fail("create", path, err);
    }
    tc_status st = write_bytes(file, text, path, err);
    if (st == TC_OK) {
        st = TC_FAULT("json.write", err);
    }
    if (st == TC_OK && fsync(file) != 0) {
        st = io_fail("sync", path, err);
    }
    if (close(file) != 0 && st == TC_OK) {
        st = io_fail("close", path, err);
    }
    return st;
}

/* A rename is on the disk once its folder is. File systems that cannot sync a folder say
 * EINVAL. */
static tc_status sync_folder(const char *path, tc_error *err)
{
    char *folder = tc_mem_text(path, err);
    if (folder == NULL) {
        return TC_ENOMEM;
    }
    char *slash = strrchr(folder, '/');
    if (slash != NULL) {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    tc_status st = TC_OK;
    const int file = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) {
        st = io_fail("open the folder of", path, err);
    } else {
        if (fsync(file) != 0 && errno != EINVAL) {
            st = io_fail("sync the folder of", path, err);
        }
        (void)close(file);
    }
    tc_mem_free(folder);
    return st;
}

static tc_status publish(const char *temporary, const char *path, const tc_buffer *text,
                         tc_error *err)
{
    tc_status st = write_synced(temporary, text, err);
    if (st == TC_OK && rename(temporary, path) != 0) {
        st = io_fail("rename the finished file to", path, err);
    }
    if (st != TC_OK) {
        (void)unlink(temporary);
        return st;
    }
    return sync_folder(path, err);
}

tc_status tc_json_write(const char *path, const json_t *value, tc_error *err)
{
    tc_buffer text = {0}, temporary = {0};
    tc_status st = json_text(value, &text, err);
    if (st == TC_OK) {
        st = tc_buffer_print(&temporary, err, "%s.partial", path);
    }
    if (st == TC_OK) {
        st = tc_buffer_append(&temporary, "", 1, err);
    }
    if (st == TC_OK) {
        st = publish((const char *)temporary.data, path, &text, err);
    }
    tc_buffer_free(&temporary);
    tc_buffer_free(&text);
    return st;
}

tc_status tc_json_read(const char *path, json_t **out, tc_error *err)
{
    json_error_t fault;
    *out = json_load_file(path, JSON_REJECT_DUPLICATES, &fault);
    if (*out != NULL) {
        return TC_OK;
    }
    if (json_error_code(&fault) == json_error_cannot_open_file) {
        return tc_fail(err, TC_EINPUT, "%s: cannot be read; does the run exist?", path);
    }
    if (json_error_code(&fault) == json_error_out_of_memory) {
        return tc_fail(err, TC_ENOMEM, "%s: no memory to read it", path);
    }
    return tc_fail(err, TC_EDATA, "%s:%d: not JSON; make the file again", path, fault.line);
}
