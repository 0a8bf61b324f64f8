#include "tiercel/mem.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 16 };

static struct {
    int64_t blocks, bytes, peak, fail_in;
} state;

static int must_fail(void)
{
    if (state.fail_in > 0) {
        state.fail_in--;
        return state.fail_in == 0;
    }
    return 0;
}

static void count(int64_t blocks, int64_t bytes)
{
    state.blocks += blocks;
    state.bytes += bytes;
    if (state.bytes > state.peak) {
        state.peak = state.bytes;
    }
}

static int total_bytes(int64_t n, size_t size, size_t *total)
{
    size_t body;
    if (n < 0 || __builtin_mul_overflow((size_t)n, size, &body) ||
        __builtin_add_overflow(body, (size_t)HEADER, total)) {
        return 0;
    }
    return *total <= (size_t)INT64_MAX;
}

static size_t *header_of(void *block)
{
    return (size_t *)(void *)((unsigned char *)block - HEADER);
}

static void *refuse(int64_t n, size_t size, tc_error *err)
{
    (void)tc_fail(
        err, TC_ENOMEM,
        "out of memory: %lld elements of %zu bytes asked for, %lld bytes in use on "
        "this rank; use more ranks or nodes",
        (long long)n, size, (long long)state.bytes);
    return NULL;
}

void *tc_mem_alloc(int64_t n, size_t size, tc_error *err)
{
    size_t total;
    size_t *head;
    if (!total_bytes(n, size, &total) || must_fail()) {
        return refuse(n, size, err);
    }
    head = calloc(1, total);
    if (head == NULL) {
        return refuse(n, size, err);
    }
    *head = total;
    count(1, (int64_t)total);
    return (unsigned char *)(void *)head + HEADER;
}

void *tc_mem_resize(void *block, int64_t n, size_t size, tc_error *err)
{
    size_t total, old;
    size_t *head;
    if (block == NULL) {
        return tc_mem_alloc(n, size, err);
    }
    old = *header_of(block);
    if (!total_bytes(n, size, &total) || must_fail()) {
        return refuse(n, size, err);
    }
    head = realloc(header_of(block), total);
    if (head == NULL) {
        return refuse(n, size, err);
    }
    *head = total;
    count(0, (int64_t)total - (int64_t)old);
    return (unsigned char *)(void *)head + HEADER;
}

void tc_mem_free(void *block)
{
    if (block != NULL) {
        size_t *head = header_of(block);
        count(-1, -(int64_t)*head);
        free(head);
    }
}

char *tc_mem_text(const char *text, tc_error *err)
{
    const size_t length = strlen(text) + 1;
    char *copy = tc_mem_alloc((int64_t)length, 1, err);
    if (copy != NULL) {
        memcpy(copy, text, length);
    }
    return copy;
}

int64_t tc_mem_live_blocks(void)
{
    return state.blocks;
}

int64_t tc_mem_live_bytes(void)
{
    return state.bytes;
}

int64_t tc_mem_peak_bytes(void)
{
    return state.peak;
}

void tc_mem_peak_reset(void)
{
    state.peak = state.bytes;
}

void tc_mem_fail_at(int64_t nth)
{
    state.fail_in = nth;
}
