/* store_guard.c - the superblock, and every object that can be reached from it. */
#include "store_guard.h"

#include "tiercel/io_count.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUPERBLOCK = 48, SIGNATURE = 8, HEADER_PREFIX = 16, HEADER_LEAST = 7 };
enum { ATTRIBUTE_LIMITS = 0x10, SIZE_OF_SIZE = 0x03 }; /* flags of an object header */

static uint32_t rotate(uint32_t x, int k)
{
    return x << k | x >> (32 - k);
}

static uint32_t word_of(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static void mix_step(uint32_t *a, uint32_t b, uint32_t *c, int turn)
{
    *a -= *c;
    *a ^= rotate(*c, turn);
    *c += b;
}

static void mix(uint32_t v[3])
{
    mix_step(&v[0], v[1], &v[2], 4);
    mix_step(&v[1], v[2], &v[0], 6);
    mix_step(&v[2], v[0], &v[1], 8);
    mix_step(&v[0], v[1], &v[2], 16);
    mix_step(&v[1], v[2], &v[0], 19);
    mix_step(&v[2], v[0], &v[1], 4);
}

static uint32_t finish(uint32_t v[3])
{
    static const int turn[7] = {14, 11, 25, 16, 4, 14, 24};
    for (int i = 0; i < 7; i++) {
        const uint32_t from = v[(i + 1) % 3];
        uint32_t *const to = &v[(i + 2) % 3];
        *to = (*to ^ from) - rotate(from, turn[i]);
    }
    return v[2];
}

uint32_t tc_guard_checksum(const unsigned char *bytes, int64_t n)
{
    const uint32_t start = 0xdeadbeefU + (uint32_t)n;
    uint32_t v[3] = {start, start, start};
    unsigned char last[12] = {0};
    for (; n > 12; bytes += 12, n -= 12) {
        v[0] += word_of(bytes);
        v[1] += word_of(bytes + 4);
        v[2] += word_of(bytes + 8);
        mix(v);
    }
    if (n <= 0) {
        return v[2];
    }
    memcpy(last, bytes, (size_t)n);
    v[0] += word_of(last);
    v[1] += word_of(last + 4);
    v[2] += word_of(last + 8);
    return finish(v);
}

const char *tc_guard_keep(tc_guard *guard, tc_buffer *list, const void *bytes, int64_t n)
{
    if (tc_buffer_append(list, bytes, n, NULL) != TC_OK) {
        guard->no_memory = 1;
        return "out of memory";
    }
    return NULL;
}

const char *tc_guard_claim(tc_guard *guard, int64_t at, int64_t n)
{
    const int64_t claim[2] = {at, at + n};
    if (at < 0 || n < 1 || at > guard->size || n > guard->size - at) {
        return "it points behind its end";
    }
    guard->claimed += n;
    if (guard->claimed > guard->size) {
        return "parts of it overlap"; /* so that a ring of pointers ends */
    }
    return tc_guard_keep(guard, &guard->claims, claim, (int64_t)sizeof claim);
}

const char *tc_guard_peek(tc_guard *guard, int64_t at, int64_t n, tc_guard_cursor *bytes)
{
    tc_buffer *const block = &guard->block;
    if (at < 0 || n < 1 || at > guard->size || n > guard->size - at) {
        return "it points behind its end";
    }
    block->size = 0;
    if (tc_buffer_reserve(block, n, NULL) != TC_OK) {
        guard->no_memory = 1;
        return "out of memory";
    }
    while (block->size < n) {
        const ssize_t got = pread(guard->fd, block->data + block->size,
                                  (size_t)(n - block->size), (off_t)(at + block->size));
        if (got < 0 && errno != EINTR) {
            guard->reason = errno;
        }
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return "it cannot be read";
        }
        block->size += got < 0 ? 0 : got;
    }
    tc_io_count_read(n);
    *bytes = (tc_guard_cursor){block->data, block->data + n, 0};
    return NULL;
}

const char *tc_guard_fetch(tc_guard *guard, int64_t at, int64_t n, tc_guard_cursor *bytes)
{
    const char *wrong = tc_guard_claim(guard, at, n);
    return wrong != NULL ? wrong : tc_guard_peek(guard, at, n, bytes);
}

const char *tc_guard_sealed(tc_guard_cursor *block)
{
    const int64_t n = block->end - block->at - 4;
    if (n < 0 || word_of(block->at + n) != tc_guard_checksum(block->at, n)) {
        return "a checksum differs";
    }
    block->end -= 4;
    return NULL;
}

const char *tc_guard_visit(tc_guard *guard, int64_t at)
{
    return tc_guard_keep(guard, &guard->objects, &at, (int64_t)sizeof at);
}

/* All messages of one chunk of a header. */
static const char *read_messages(tc_guard *guard, tc_guard_cursor *chunk,
                                 tc_guard_object *object)
{
    while (chunk->end - chunk->at >= 4) { /* less is a gap */
        const int type = (int)tc_guard_take(chunk, 1);
        const int64_t n = (int64_t)tc_guard_take(chunk, 2);
        const uint64_t flags = tc_guard_take(chunk, 1);
        tc_guard_cursor body = tc_guard_part(chunk, n);
        const char *wrong = NULL;
        if (body.bad || (flags & ~(uint64_t)5) != 0) { /* constant, not to be shared */
            return "a header message is not ours";
        }
        if (type == TC_GUARD_CONTINUATION) {
            int64_t place[2];
            place[0] = tc_guard_place(&body);
            place[1] = tc_guard_place(&body);
            wrong =
                body.bad || body.at != body.end
                    ? "a header message is not ours"
                    : tc_guard_keep(guard, &guard->chunks, place, (int64_t)sizeof place);
        } else {
            wrong = tc_guard_message(guard, type, &body, object);
        }
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

/* The first chunk; its prefix says how long it is. */
static const char *read_first_chunk(tc_guard *guard, int64_t at, tc_guard_object *object)
{
    const int64_t left = guard->size - at;
    tc_guard_cursor c = {NULL, NULL, 0};
    const char *wrong =
        left < HEADER_LEAST
            ? "it points behind its end"
            : tc_guard_peek(guard, at, left < HEADER_PREFIX ? left : HEADER_PREFIX, &c);
    int64_t bytes;
    ptrdiff_t prefix;
    uint64_t flags;
    const unsigned char *const begin = c.at;
    if (wrong != NULL) {
        return wrong;
    }
    if (tc_guard_take(&c, 4) != 0x5244484F || tc_guard_take(&c, 1) != 2) { /* OHDR */
        return "an object header is not ours";
    }
    flags = tc_guard_take(&c, 1);
    if ((flags & ~(uint64_t)(SIZE_OF_SIZE | ATTRIBUTE_LIMITS)) != 0) {
        return "an object header is not ours";
    }
    (void)tc_guard_take(&c, (flags & ATTRIBUTE_LIMITS) != 0 ? 4 : 0);
    bytes = (int64_t)(tc_guard_take(&c, 1 << (flags & SIZE_OF_SIZE)) & INT64_MAX);
    prefix = c.at - begin;
    if (c.bad || bytes > left - prefix - 4) {
        return "it points behind its end";
    }
    wrong = tc_guard_fetch(guard, at, prefix + bytes + 4, &c);
    wrong = wrong != NULL ? wrong : tc_guard_sealed(&c);
    if (wrong == NULL) {
        c.at += prefix;
        wrong = read_messages(guard, &c, object);
    }
    return wrong;
}

static const char *read_chunks(tc_guard *guard, tc_guard_object *object)
{
    for (int64_t i = 0; i + 16 <= guard->chunks.size; i += 16) {
        int64_t place[2];
        tc_guard_cursor c;
        const char *wrong;
        memcpy(place, guard->chunks.data + i, sizeof place);
        wrong = tc_guard_fetch(guard, place[0], place[1], &c);
        wrong = wrong != NULL ? wrong : tc_guard_sealed(&c);
        if (wrong == NULL && tc_guard_take(&c, 4) != 0x4B48434F) { /* OCHK */
            wrong = "an object header is not ours";
        }
        wrong = wrong != NULL ? wrong : read_messages(guard, &c, object);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

static int has(const tc_guard_object *object, int type)
{
    return (int)(object->seen >> type & 1U);
}

static const char *check_object(tc_guard *guard, const tc_guard_object *o)
{
    const int dataset =
        has(o, TC_GUARD_SPACE) + has(o, TC_GUARD_TYPE) + has(o, TC_GUARD_LAYOUT);
    const int group = has(o, TC_GUARD_LINK_INFO) + has(o, TC_GUARD_GROUP_INFO);
    if (group == 2 && dataset + has(o, TC_GUARD_FILL) == 0) {
        return o->heap == TC_GUARD_NONE ? NULL : tc_guard_heap(guard, o);
    }
    if (dataset != 3 || group + has(o, TC_GUARD_LINK) != 0) {
        return "an object is neither a group nor a dataset";
    }
    if (o->elements > guard->size / o->element_bytes ||
        o->elements * o->element_bytes != o->data_bytes) {
        return "a dataset has another size than its shape";
    }
    return o->data_bytes == 0 ? NULL : tc_guard_claim(guard, o->data, o->data_bytes);
}

static const char *read_object(tc_guard *guard, int64_t at)
{
    tc_guard_object object = {.heap = TC_GUARD_NONE, .index = TC_GUARD_NONE};
    const char *wrong;
    guard->chunks.size = 0;
    wrong = read_first_chunk(guard, at, &object);
    wrong = wrong != NULL ? wrong : read_chunks(guard, &object);
    return wrong != NULL ? wrong : check_object(guard, &object);
}

static const char *read_superblock(tc_guard *guard)
{
    static const unsigned char begin[12] = {0x89, 'H',  'D', 'F', '\r', '\n',
                                            0x1A, '\n', 2,   8,   8,    0};
    tc_guard_cursor c;
    const char *wrong;
    int64_t base, extension, end, root;
    if (guard->size < SUPERBLOCK) {
        return "it is cut off";
    }
    wrong = tc_guard_fetch(guard, 0, SUPERBLOCK, &c);
    if (wrong != NULL) {
        return wrong;
    }
    if (memcmp(c.at, begin, SIGNATURE) != 0) {
        return "it is no HDF5 file";
    }
    wrong = tc_guard_sealed(&c);
    if (wrong != NULL || memcmp(c.at, begin, sizeof begin) != 0) {
        return wrong != NULL ? wrong : "its superblock is not ours";
    }
    c.at += sizeof begin;
    base = tc_guard_place(&c);
    extension = tc_guard_place(&c);
    end = tc_guard_place(&c);
    root = tc_guard_place(&c);
    if (c.bad || base != 0 || extension != TC_GUARD_NONE) {
        return "its superblock is not ours";
    }
    return end != guard->size ? "it is cut off, or something was added behind its end"
                              : tc_guard_visit(guard, root);
}

static int by_begin(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static const char *check_overlaps(tc_guard *guard)
{
    const int64_t n = guard->claims.size / 16;
    const int64_t *const claim = (const int64_t *)(const void *)guard->claims.data;
    qsort(guard->claims.data, (size_t)n, 16, by_begin);
    for (int64_t i = 1; i < n; i++) {
        if (claim[2 * i] < claim[2 * i - 1]) {
            return "parts of it overlap";
        }
    }
    return NULL;
}

tc_status tc_store_guard(const char *path, int fd, int64_t size, tc_error *err)
{
    tc_guard guard = {.fd = fd, .size = size};
    const char *wrong = read_superblock(&guard);
    tc_status st = TC_OK;
    for (int64_t i = 0; wrong == NULL && i + 8 <= guard.objects.size; i += 8) {
        int64_t at;
        memcpy(&at, guard.objects.data + i, sizeof at);
        wrong = read_object(&guard, at);
    }
    if (wrong == NULL) {
        wrong = check_overlaps(&guard);
    }
    if (wrong != NULL && guard.reason != 0) {
        st = tc_fail(err, TC_EIO, "%s: cannot be read: %s; check the file system", path,
                     strerror(guard.reason));
    } else if (wrong != NULL) {
        st = guard.no_memory
                 ? tc_fail(err, TC_ENOMEM, "%s: out of memory while it was opened", path)
                 : tc_fail(err, TC_EDATA,
                           "%s: is damaged or not a file of Tiercel (%s); delete it and "
                           "run again",
                           path, wrong);
    }
    tc_buffer_free(&guard.claims);
    tc_buffer_free(&guard.objects);
    tc_buffer_free(&guard.chunks);
    tc_buffer_free(&guard.block);
    return st;
}
