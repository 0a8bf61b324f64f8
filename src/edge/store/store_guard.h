/* store_guard.h - private to store: checks the metadata of a file byte by byte before HDF5 sees it.
 *
 * HDF5 1.10 trusts its input: a file whose checksums are right and whose content is hostile makes it read and write out
 * of bounds. Tiercel's own files use a small part of the format (superblock 2, object headers 2, contiguous data,
 * numbers, fixed texts, enumerations, scalar attributes, hard links), all of it with checksums. The guard accepts this part and
 * nothing else, and no two pieces of the file may overlap. Format: The HDF Group, "HDF5 File Format Specification
 * Version 3.0". */
#ifndef TC_STORE_GUARD_H
#define TC_STORE_GUARD_H

#include "tiercel/buffer.h"

#define TC_GUARD_NONE INT64_C(-1) /* an address that is not set */

enum { TC_GUARD_NAME = 255 };

/* Reads numbers with the low byte first. Behind the end all are 0 and bad is set. */
typedef struct {
    const unsigned char *at, *end;
    int bad;
} tc_guard_cursor;

static inline uint64_t tc_guard_take(tc_guard_cursor *c, int bytes)
{
    uint64_t value = 0;
    if (c->bad || c->end - c->at < bytes) {
        c->bad = 1;
        return 0;
    }
    for (int i = 0; i < bytes; i++) {
        value |= (uint64_t)c->at[i] << (8 * i);
    }
    c->at += bytes;
    return value;
}

/* An address or a length. What is not set has all bits; anything else beyond int64 is bad. */
static inline int64_t tc_guard_place(tc_guard_cursor *c)
{
    const uint64_t value = tc_guard_take(c, 8);
    c->bad |= value > INT64_MAX && value != UINT64_MAX;
    return value > INT64_MAX ? TC_GUARD_NONE : (int64_t)value;
}

/* A cursor on the next n bytes, which the other one passes. */
static inline tc_guard_cursor tc_guard_part(tc_guard_cursor *c, int64_t n)
{
    tc_guard_cursor part = {c->at, c->at, 1};
    if (!c->bad && n >= 0 && n <= c->end - c->at) {
        part.end = c->at + n;
        part.bad = 0;
        c->at += n;
    } else {
        c->bad = 1;
    }
    return part;
}

/* The file under examination. */
typedef struct {
    int fd;
    int64_t size;
    int64_t claimed;   /* bytes of all claims */
    tc_buffer claims;  /* int64 begin, end of each piece met so far */
    tc_buffer objects; /* int64: headers yet to visit */
    tc_buffer chunks;  /* int64 address, bytes: continuations of the header at hand */
    tc_buffer block;   /* what tc_guard_fetch read last */
    int no_memory;
    int reason; /* errno of a read that failed */
} tc_guard;

/* Types of messages of an object header. */
enum {
    TC_GUARD_NIL = 0x00,
    TC_GUARD_SPACE = 0x01,
    TC_GUARD_LINK_INFO = 0x02,
    TC_GUARD_TYPE = 0x03,
    TC_GUARD_FILL = 0x05,
    TC_GUARD_LINK = 0x06,
    TC_GUARD_LAYOUT = 0x08,
    TC_GUARD_GROUP_INFO = 0x0A,
    TC_GUARD_ATTRIBUTE = 0x0C,
    TC_GUARD_CONTINUATION = 0x10,
    TC_GUARD_ATTRIBUTE_INFO = 0x15
};

/* What the messages of a header said. */
typedef struct {
    uint32_t seen; /* bit i: a message of type i */
    int64_t elements, element_bytes;
    int64_t data, data_bytes;
    int64_t heap, index; /* of a group whose links lie in a heap */
} tc_guard_object;

/* All of these are local and return NULL if all is well, else a text that says what is not. */

/* n bytes at an address, until the next call. They belong to nothing else. */
const char *tc_guard_fetch(tc_guard *guard, int64_t at, int64_t n, tc_guard_cursor *bytes);
/* The same for bytes of a piece that is claimed already. */
const char *tc_guard_peek(tc_guard *guard, int64_t at, int64_t n, tc_guard_cursor *bytes);
const char *tc_guard_claim(tc_guard *guard, int64_t at, int64_t n);
/* The last four bytes are the checksum of the others; they are cut off. */
const char *tc_guard_sealed(tc_guard_cursor *block);
/* Appends to one of the guard's lists. */
const char *tc_guard_keep(tc_guard *guard, tc_buffer *list, const void *bytes, int64_t n);
/* Another object to visit. */
const char *tc_guard_visit(tc_guard *guard, int64_t at);
/* store_guard_message.c: one message of a header. */
const char *tc_guard_message(tc_guard *guard, int type, tc_guard_cursor *body,
                             tc_guard_object *object);
const char *tc_guard_link(tc_guard *guard, tc_guard_cursor *c);
/* store_guard_heap.c: the links of a group in a fractal heap and the index of their names. */
const char *tc_guard_heap(tc_guard *guard, const tc_guard_object *object);

/* Local. All metadata of a file, from its first byte on; fd stays open. Errors: TC_EDATA, TC_ENOMEM. Cost: reads
 * the metadata once. */
TC_NODISCARD tc_status tc_store_guard(const char *path, int fd, int64_t size,
                                      tc_error *err);

/* Local, pure. Checksum of HDF5's metadata: B. Jenkins, "lookup3", hashlittle. */
uint32_t tc_guard_checksum(const unsigned char *bytes, int64_t n);

#endif
