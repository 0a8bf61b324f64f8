#include "ingest_rejects.h"

#include "tiercel/fault.h"
#include "tiercel/io_count.h"
#include "tiercel/order.h"
#include "tiercel/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* PAIR_BYTES: what sorting takes for a rejected row, at worst all of them on one rank. */
enum { FLUSH_BYTES = 1 << 20, PAIR_BYTES = 96 };

static const char heading[] = "file,line,reason,column\n";

/* What a line needs besides its pair. */
typedef struct {
    const tc_reject_names *of;
    int full_names; /* two files have the same name in different folders */
} naming;

/* This rank's part of the file on its way to the disk. */
typedef struct {
    const char *path; /* temporary */
    int fd;           /* -1: only measure */
    int64_t offset;   /* of what has been written */
    tc_buffer text;
} writer;

static char *part_path(const char *path, tc_error *err)
{
    const size_t n = strlen(path);
    char *part = tc_mem_alloc((int64_t)n + 6, 1, err);
    if (part != NULL) {
        (void)snprintf(part, n + 6, "%s.part", path);
    }
    return part;
}

static const char *base_name(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Text as one field: quoted if it has to be. */
static tc_status put_field(tc_buffer *out, const char *text, tc_error *err)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        return tc_buffer_append(out, text, (int64_t)strlen(text), err);
    }
    TC_TRY(tc_buffer_append(out, "\"", 1, err));
    for (; *text != 0; text++) {
        TC_TRY(
            tc_buffer_append(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1, err));
    }
    return tc_buffer_append(out, "\"", 1, err);
}

/* ",<number>," by hand: a bad file has a line here for each of its rows. */
static tc_status put_number(tc_buffer *out, uint64_t v, tc_error *err)
{
    char text[24];
    int at = (int)sizeof text;
    text[--at] = ',';
    do {
        text[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    text[--at] = ',';
    return tc_buffer_append(out, text + at, (int64_t)sizeof text - at, err);
}

static tc_status put_line(tc_buffer *out, const naming *names, const tc_pair *pair,
                          tc_error *err)
{
    const char *const path = names->of->file[pair->key >> TC_PLACE_LINE_BITS];
    const uint64_t line = pair->key & (((uint64_t)1 << TC_PLACE_LINE_BITS) - 1);
    const char *const reason = names->of->reason((int)(pair->value >> 32));
    const int64_t column = (int64_t)(pair->value & 0xFFFFFFFFu) - 1;
    TC_TRY(put_field(out, names->full_names ? path : base_name(path), err));
    TC_TRY(put_number(out, line, err));
    TC_TRY(tc_buffer_append(out, reason, (int64_t)strlen(reason), err));
    TC_TRY(tc_buffer_append(out, ",", 1, err));
    if (column >= TC_REJECT_ORDINAL) {
        TC_TRY(
            tc_buffer_print(out, err, "#%lld", (long long)column - TC_REJECT_ORDINAL + 1));
    } else if (column >= 0) {
        TC_TRY(put_field(out, names->of->column[column], err));
    }
    return tc_buffer_append(out, "\n", 1, err);
}

static tc_status flush(writer *w, tc_error *err)
{
    int64_t done = 0;
    TC_TRY(tc_stop_check(err));
    while (done < w->text.size && w->fd >= 0) {
        const ssize_t n = pwrite(w->fd, w->text.data + done, (size_t)(w->text.size - done),
                                 (off_t)(w->offset + done));
        if (n < 0 && errno != EINTR) {
            return tc_fail(err, TC_EIO, "%s: writing failed (%s)", w->path,
                           strerror(errno));
        }
        done += n > 0 ? n : 0;
    }
    tc_io_count_write(done);
    w->offset += w->text.size;
    w->text.size = 0;
    return TC_OK;
}

/* Writes the lines of sorted pairs, or only measures them: the offset moves by their
 * bytes. */
static tc_status put_lines(writer *w, const naming *names, const tc_buffer *sorted,
                           tc_error *err)
{
    const tc_pair *pair = (const tc_pair *)(const void *)sorted->data;
    const int64_t n = sorted->size / (int64_t)sizeof *pair;
    for (int64_t i = 0; i < n; i++) {
        TC_TRY(put_line(&w->text, names, &pair[i], err));
        if (w->text.size >= FLUSH_BYTES) {
            TC_TRY(flush(w, err));
        }
    }
    return flush(w, err);
}

static int open_part(const char *part, int create, tc_error *err)
{
    const int flags = O_WRONLY | O_CLOEXEC | (create ? O_CREAT | O_TRUNC : 0);
    const int fd = open(part, flags, 0666);
    if (fd < 0) {
        (void)tc_fail(err, TC_EIO, "%s: cannot be written (%s)", part, strerror(errno));
    }
    return fd;
}

static tc_status close_part(writer *w, tc_error *err)
{
    if (fsync(w->fd) != 0) {
        return tc_fail(err, TC_EIO, "%s: writing failed (%s)", w->path, strerror(errno));
    }
    return TC_OK;
}

/* Collective. Rank 0 makes the file with its heading, if nothing is written yet; then every
 * rank writes its lines behind those of the lower ranks. *end: bytes of the file before and
 * after. */
static tc_status write_part_all(tc_comm *comm, const char *part, const naming *names,
                                const tc_buffer *sorted, int64_t *end, tc_error *err)
{
    const int make = tc_comm_rank(comm) == 0 && *end == 0;
    const int64_t begin = *end == 0 ? (int64_t)sizeof heading - 1 : *end;
    writer w = {.path = part, .fd = -1};
    int64_t bytes, offset;
    tc_status st = put_lines(&w, names, sorted, err);
    *end = bytes = offset = w.offset;
    if (st == TC_OK && make) {
        w.fd = open_part(part, 1, err);
        st = w.fd < 0 ? TC_EIO : TC_OK;
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        tc_comm_exscan_i64_all(comm, &offset, 1);
        tc_comm_sum_i64_all(comm, end, 1);
        *end += begin;
        if (!make && bytes > 0) {
            w.fd = open_part(part, 0, err);
            st = w.fd < 0 ? TC_EIO : TC_OK;
        }
    }
    w.offset = make ? 0 : begin + offset;
    if (st == TC_OK && make) {
        st = tc_buffer_append(&w.text, heading, (int64_t)sizeof heading - 1, err);
    }
    if (st == TC_OK && w.fd >= 0) {
        st = TC_FAULT("ingest.rejects", err);
    }
    if (st == TC_OK && w.fd >= 0) {
        st = put_lines(&w, names, sorted, err);
    }
    if (w.fd >= 0) {
        st = st == TC_OK ? close_part(&w, err) : st;
        (void)close(w.fd);
    }
    tc_buffer_free(&w.text);
    return tc_comm_agree_all(comm, st, err);
}

static int by_name(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static tc_status name_files(naming *names, tc_error *err)
{
    const tc_reject_names *of = names->of;
    const char **name = tc_mem_alloc(of->n_files, sizeof *name, err);
    if (name == NULL) {
        return TC_ENOMEM;
    }
    for (int i = 0; i < of->n_files; i++) {
        name[i] = base_name(of->file[i]);
    }
    qsort(name, (size_t)of->n_files, sizeof *name, by_name);
    for (int i = 1; i < of->n_files; i++) {
        names->full_names |= strcmp(name[i - 1], name[i]) == 0;
    }
    tc_mem_free(name);
    return TC_OK;
}

/* Collective. Rows of one range of places. */
static tc_status write_range_all(tc_comm *comm, const char *part, const naming *names,
                                 tc_buffer *pairs, int64_t *end, tc_error *err)
{
    tc_buffer sorted = {0};
    tc_status st = tc_order_sort_all(comm, (tc_pair *)(void *)pairs->data,
                                     pairs->size / (int64_t)sizeof(tc_pair), &sorted, err);
    tc_buffer_free(pairs);
    if (st == TC_OK) {
        st = write_part_all(comm, part, names, &sorted, end, err);
    }
    tc_buffer_free(&sorted);
    return st;
}

/* Collective. All rows, range by range. */
static tc_status write_ranges_all(tc_comm *comm, const char *part, const naming *names,
                                  tc_reject_list *list, const tc_buffer *bounds,
                                  tc_error *err)
{
    const uint64_t *const bound = (const uint64_t *)(const void *)bounds->data;
    const int64_t n = bounds->size / (int64_t)sizeof *bound;
    int64_t end = 0;
    tc_status st = TC_OK;
    for (int64_t k = 0; k <= n && st == TC_OK; k++) {
        tc_buffer pairs = {0};
        st = tc_stop_check(err);
        if (st == TC_OK) {
            st = tc_reject_list_select(list, k == 0 ? 0 : bound[k - 1],
                                       k == n ? 0 : bound[k], &pairs, err);
        }
        st = tc_comm_agree_all(comm, st, err);
        if (st == TC_OK) {
            st = write_range_all(comm, part, names, &pairs, &end, err);
        }
        tc_buffer_free(&pairs);
    }
    return st;
}

tc_status tc_rejects_write_all(tc_comm *comm, const tc_reject_names *of, const char *path,
                               tc_reject_list *list, int64_t bytes, tc_error *err)
{
    int64_t most = bytes / PAIR_BYTES < 1024 ? 1024 : bytes / PAIR_BYTES;
    tc_buffer bounds = {0};
    naming names = {.of = of};
    char *part = part_path(path, err);
    tc_status st = part == NULL ? TC_ENOMEM : name_files(&names, err);
    st = tc_comm_agree_all(comm, st, err);
    tc_comm_min_i64_all(comm, &most, 1); /* nodes may differ in memory */
    if (st == TC_OK) {
        st = tc_reject_list_split_all(comm, list, most, &bounds, err);
    }
    if (st == TC_OK) {
        st = write_ranges_all(comm, part, &names, list, &bounds, err);
        if (st != TC_OK) {
            tc_rejects_remove_all(comm, path);
        }
    }
    if (list->n > 0) {
        tc_spill_drop(list->spill, &list->stream);
        list->n = 0;
    }
    tc_buffer_free(&bounds);
    tc_mem_free(part);
    return st;
}

tc_status tc_rejects_write_pairs_all(tc_comm *comm, const tc_reject_names *of,
                                     const char *path, tc_buffer *pairs, tc_error *err)
{
    naming names = {.of = of};
    int64_t end = 0;
    char *part = part_path(path, err);
    tc_status st = part == NULL ? TC_ENOMEM : name_files(&names, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = write_range_all(comm, part, &names, pairs, &end, err);
        if (st != TC_OK) {
            tc_rejects_remove_all(comm, path);
        }
    }
    tc_mem_free(part);
    return st;
}

tc_status tc_rejects_publish_all(tc_comm *comm, const char *path, tc_error *err)
{
    tc_status st = TC_OK;
    if (tc_comm_rank(comm) == 0) {
        char *part = part_path(path, err);
        if (part == NULL) {
            st = TC_ENOMEM;
        } else if (rename(part, path) != 0) {
            st = tc_fail(err, TC_EIO, "%s: cannot be renamed (%s)", part, strerror(errno));
        }
        tc_mem_free(part);
    }
    return tc_comm_agree_all(comm, st, err);
}

void tc_rejects_remove_all(tc_comm *comm, const char *path)
{
    if (tc_comm_rank(comm) == 0) {
        char *part = part_path(path, NULL);
        if (part != NULL) {
            (void)unlink(part);
        }
        tc_mem_free(part);
    }
}
