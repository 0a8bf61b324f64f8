#include "tiercel/buffer.h"

#include <stdio.h>
#include <string.h>

tc_status tc_buffer_reserve(tc_buffer *buffer, int64_t bytes, tc_error *err)
{
    int64_t wanted, grown;
    unsigned char *data;
    if (__builtin_add_overflow(buffer->size, bytes, &wanted)) {
        return tc_fail(err, TC_ENOMEM, "out of memory: a buffer would exceed 2^63 bytes");
    }
    if (wanted <= buffer->capacity) {
        return TC_OK;
    }
    grown = buffer->capacity + buffer->capacity / 2 + 64;
    if (grown < wanted) {
        grown = wanted;
    }
    data = tc_mem_resize(buffer->data, grown, 1, err);
    if (data == NULL) {
        return TC_ENOMEM;
    }
    buffer->data = data;
    buffer->capacity = grown;
    return TC_OK;
}

tc_status tc_buffer_append(tc_buffer *buffer, const void *bytes, int64_t n, tc_error *err)
{
    TC_TRY(tc_buffer_reserve(buffer, n, err));
    if (n > 0) {
        memcpy(buffer->data + buffer->size, bytes, (size_t)n);
        buffer->size += n;
    }
    return TC_OK;
}

tc_status tc_buffer_print(tc_buffer *buffer, tc_error *err, const char *format, ...)
{
    va_list args, again;
    int n;
    tc_status st;
    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    st = n >= 0 ? tc_buffer_reserve(buffer, (int64_t)n + 1, err)
                : tc_fail(err, TC_EINTERNAL, "a text cannot be formatted: '%s'", format);
    if (st == TC_OK) {
        (void)vsnprintf((char *)buffer->data + buffer->size, (size_t)n + 1, format, again);
        buffer->size += n;
    }
    va_end(again);
    return st;
}

void tc_buffer_free(tc_buffer *buffer)
{
    tc_mem_free(buffer->data);
    *buffer = (tc_buffer){0};
}
