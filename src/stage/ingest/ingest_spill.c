#include "ingest_spill.h"

#include "tiercel/fault.h"
#include "tiercel/io_count.h"

#include <errno.h>
#include <unistd.h>

enum { CHUNK_BLOCKS = 128, EVICT_BLOCKS = 32, NONE = -1 };

/* A block of a stream, or a free entry of the table. */
typedef struct {
    unsigned char *memory; /* NULL: only in the scratch file */
    int64_t slot;          /* in the scratch file, NONE: only in memory */
    int32_t next;          /* of its stream; of the free entries */
    int32_t used;          /* bytes */
    int32_t older, newer;  /* neighbours in the queue of those that may move */
    int queued;
} block;

/* Memory of no block holds the address of the next. */
typedef struct idle {
    struct idle *next;
} idle;

struct tc_spill {
    block *block; /* [n_blocks], owned */
    int64_t n_blocks;
    int32_t free_block;
    int32_t oldest, newest;   /* ends of the queue */
    idle *idle;               /* memory of no block */
    tc_buffer chunks;         /* void *: what was allocated */
    int64_t allocated, limit; /* blocks */
    tc_buffer slots;          /* int64: free ones; there is room for all n_slots */
    int64_t n_slots;
    const char *folder;
    int fd; /* NONE: there is no file yet */
    int64_t written;
};

tc_status tc_spill_create(int64_t bytes, const char *folder, tc_spill **out, tc_error *err)
{
    tc_spill *spill = tc_mem_alloc(1, sizeof *spill, err);
    *out = spill;
    if (spill == NULL) {
        return TC_ENOMEM;
    }
    spill->limit = bytes / TC_SPILL_BLOCK < 8 ? 8 : bytes / TC_SPILL_BLOCK;
    spill->free_block = spill->oldest = spill->newest = NONE;
    spill->folder = folder;
    spill->fd = NONE;
    return TC_OK;
}

void tc_spill_destroy(tc_spill **spill)
{
    tc_spill *const s = *spill;
    if (s == NULL) {
        return;
    }
    for (int64_t i = 0; i < s->chunks.size / (int64_t)sizeof(void *); i++) {
        tc_mem_free(((void **)(void *)s->chunks.data)[i]);
    }
    tc_buffer_free(&s->chunks);
    tc_buffer_free(&s->slots);
    tc_mem_free(s->block);
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    tc_mem_free(s);
    *spill = NULL;
}

static void enqueue(tc_spill *s, int32_t b)
{
    block *const at = &s->block[b];
    at->older = s->newest;
    at->newer = NONE;
    at->queued = 1;
    if (s->newest >= 0) {
        s->block[s->newest].newer = b;
    } else {
        s->oldest = b;
    }
    s->newest = b;
}

static void dequeue(tc_spill *s, int32_t b)
{
    block *const at = &s->block[b];
    if (!at->queued) {
        return;
    }
    if (at->older >= 0) {
        s->block[at->older].newer = at->newer;
    } else {
        s->oldest = at->newer;
    }
    if (at->newer >= 0) {
        s->block[at->newer].older = at->older;
    } else {
        s->newest = at->older;
    }
    at->queued = 0;
}

static tc_status write_slot(tc_spill *s, const block *from, int64_t slot, tc_error *err)
{
    int64_t done = 0;
    while (done < from->used) {
        const ssize_t n = pwrite(s->fd, from->memory + done, (size_t)(from->used - done),
                                 (off_t)(slot * TC_SPILL_BLOCK + done));
        if (n < 0 && errno != EINTR) {
            return tc_fail(
                err, TC_EIO,
                "%s: writing the scratch file failed (%s) after %lld MiB of this rank; set "
                "run.scratch to a folder with more room, or give more memory "
                "(run.memory_per_rank)",
                s->folder, strerror(errno), (long long)(s->written >> 20));
        }
        done += n > 0 ? n : 0;
    }
    s->written += from->used;
    tc_io_count_write(from->used);
    return TC_OK;
}

static void push_idle(tc_spill *s, unsigned char *memory)
{
    idle *const top = (idle *)(void *)memory;
    TC_ASSERT(top != NULL);
    top->next = s->idle;
    s->idle = top;
}

static void push_slot(tc_spill *s, int64_t slot)
{
    ((int64_t *)(void *)(s->slots.data + s->slots.size))[0] = slot;
    s->slots.size += (int64_t)sizeof slot;
}

/* A slot for a block, the last freed one first, so that the file stays short. */
static tc_status take_slot(tc_spill *s, int64_t *slot, tc_error *err)
{
    if (s->slots.size == 0) {
        TC_TRY(tc_buffer_reserve(&s->slots, (s->n_slots + 1) * (int64_t)sizeof *slot, err));
        *slot = s->n_slots++;
        return TC_OK;
    }
    s->slots.size -= (int64_t)sizeof *slot;
    *slot = *(const int64_t *)(const void *)(s->slots.data + s->slots.size);
    return TC_OK;
}

/* Takes the memory of the block that has waited longest; one that was read back unchanged
 * still has its slot. */
static tc_status evict_oldest(tc_spill *s, tc_error *err)
{
    const int32_t b = s->oldest;
    block *const from = &s->block[b];
    if (from->slot < 0) {
        int64_t slot;
        tc_status st;
        if (s->fd < 0) {
            TC_TRY(TC_FAULT("ingest.spill_open", err));
            TC_TRY(tc_spill_scratch(s->folder, &s->fd, err));
        }
        TC_TRY(TC_FAULT("ingest.spill_write", err));
        TC_TRY(take_slot(s, &slot, err));
        st = write_slot(s, from, slot, err);
        if (st != TC_OK) {
            push_slot(s, slot);
            return st;
        }
        from->slot = slot;
    }
    push_idle(s, from->memory);
    from->memory = NULL;
    dequeue(s, b);
    return TC_OK;
}

static tc_status allocate_chunk(tc_spill *s, tc_error *err)
{
    const int64_t left = s->limit - s->allocated;
    const int64_t n = left < CHUNK_BLOCKS ? left : CHUNK_BLOCKS;
    void *chunk;
    TC_TRY(tc_buffer_reserve(&s->chunks, (int64_t)sizeof chunk, err));
    chunk = tc_mem_alloc(n, TC_SPILL_BLOCK, err);
    if (chunk == NULL) {
        return TC_ENOMEM;
    }
    TC_TRY(tc_buffer_append(&s->chunks, &chunk, (int64_t)sizeof chunk, err));
    s->allocated += n;
    for (int64_t i = n - 1; i >= 0; i--) {
        push_idle(s, (unsigned char *)chunk + i * TC_SPILL_BLOCK);
    }
    return TC_OK;
}

static tc_status take_memory(tc_spill *s, unsigned char **memory, tc_error *err)
{
    if (s->idle == NULL && s->allocated < s->limit) {
        TC_TRY(allocate_chunk(s, err));
    } else if (s->idle == NULL) {
        for (int i = 0; i < EVICT_BLOCKS && s->oldest >= 0; i++) {
            TC_TRY(evict_oldest(s, err));
        }
    }
    if (s->idle == NULL) {
        return tc_fail(
            err, TC_ENOMEM,
            "out of memory: all %lld blocks of the pool are in use at once; give "
            "more memory (run.memory_per_rank)",
            (long long)s->limit);
    }
    *memory = (unsigned char *)(void *)s->idle;
    s->idle = s->idle->next;
    return TC_OK;
}

static tc_status grow_table(tc_spill *s, tc_error *err)
{
    const int64_t n = s->n_blocks < 64 ? 64 : 2 * s->n_blocks;
    block *table;
    if (n > INT32_MAX) {
        return tc_fail(err, TC_ENOMEM, "out of memory: too many blocks on one rank");
    }
    table = tc_mem_resize(s->block, n, sizeof *table, err);
    if (table == NULL) {
        return TC_ENOMEM;
    }
    s->block = table;
    for (int64_t i = n - 1; i >= s->n_blocks; i--) {
        table[i] = (block){.slot = NONE, .next = s->free_block};
        s->free_block = (int32_t)i;
    }
    s->n_blocks = n;
    return TC_OK;
}

static void close_last(tc_spill *s, tc_spill_stream *stream)
{
    if (stream->at != NULL) {
        block *const last = &s->block[stream->last];
        last->used = (int32_t)(stream->at - last->memory);
        enqueue(s, stream->last);
        stream->at = stream->end = NULL;
    }
}

tc_status tc_spill_extend(tc_spill *s, tc_spill_stream *stream, tc_error *err)
{
    unsigned char *memory = NULL;
    int32_t b;
    close_last(s, stream);
    if (s->free_block < 0) {
        TC_TRY(grow_table(s, err));
    }
    TC_TRY(take_memory(s, &memory, err));
    b = s->free_block;
    s->free_block = s->block[b].next;
    s->block[b] = (block){.memory = memory, .slot = NONE, .next = NONE};
    if (stream->last >= 0) {
        s->block[stream->last].next = b;
    } else {
        stream->first = b;
    }
    stream->last = b;
    stream->blocks++;
    stream->at = memory;
    stream->end = memory + TC_SPILL_BLOCK;
    return TC_OK;
}

void tc_spill_seal(tc_spill *s, tc_spill_stream *stream)
{
    close_last(s, stream);
}

int32_t tc_spill_next(const tc_spill *s, int32_t b)
{
    return s->block[b].next;
}

static tc_status read_slot(tc_spill *s, const block *from, unsigned char *memory,
                           tc_error *err)
{
    int64_t done = 0;
    while (done < from->used) {
        const ssize_t n = pread(s->fd, memory + done, (size_t)(from->used - done),
                                (off_t)(from->slot * TC_SPILL_BLOCK + done));
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return tc_fail(err, TC_EIO,
                           "%s: reading the scratch file failed (%s); set run.scratch to "
                           "another folder",
                           s->folder, n == 0 ? "it is too short" : strerror(errno));
        }
        done += n > 0 ? n : 0;
    }
    tc_io_count_read(from->used);
    return TC_OK;
}

tc_status tc_spill_pin(tc_spill *s, int32_t b, const unsigned char **data, int64_t *n,
                       tc_error *err)
{
    dequeue(s, b);
    if (s->block[b].memory == NULL) {
        unsigned char *memory = NULL;
        tc_status st;
        TC_TRY(TC_FAULT("ingest.spill_read", err));
        TC_TRY(take_memory(s, &memory, err));
        st = read_slot(s, &s->block[b], memory, err);
        if (st != TC_OK) {
            push_idle(s, memory);
            return st;
        }
        s->block[b].memory = memory;
    }
    *data = s->block[b].memory;
    *n = s->block[b].used;
    return TC_OK;
}

tc_status tc_spill_look(tc_spill *s, const tc_spill_stream *stream, int32_t b,
                        unsigned char *room, const unsigned char **data, int64_t *n,
                        tc_error *err)
{
    const block *const at = &s->block[b];
    *n = at->used;
    *data = at->memory;
    if (b == stream->last && stream->at != NULL) {
        *n = stream->at - at->memory;
    } else if (at->memory == NULL) {
        TC_TRY(TC_FAULT("ingest.spill_read", err));
        TC_TRY(read_slot(s, at, room, err));
        *data = room;
    }
    return TC_OK;
}

void tc_spill_unpin(tc_spill *s, int32_t b)
{
    if (s->block[b].memory != NULL && !s->block[b].queued) {
        enqueue(s, b);
    }
}

void tc_spill_drop_first(tc_spill *s, tc_spill_stream *stream)
{
    const int32_t b = stream->first;
    block *at;
    if (b < 0) {
        return;
    }
    close_last(s, stream);
    at = &s->block[b];
    stream->first = at->next;
    stream->last = at->next < 0 ? NONE : stream->last;
    stream->blocks--;
    dequeue(s, b);
    if (at->memory != NULL) {
        push_idle(s, at->memory);
    }
    if (at->slot >= 0) {
        push_slot(s, at->slot);
    }
    *at = (block){.slot = NONE, .next = s->free_block};
    s->free_block = b;
}

void tc_spill_drop(tc_spill *s, tc_spill_stream *stream)
{
    while (stream->first >= 0) {
        tc_spill_drop_first(s, stream);
    }
}

int64_t tc_spill_written(const tc_spill *s)
{
    return s->written;
}
