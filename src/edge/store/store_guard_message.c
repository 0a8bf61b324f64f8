/* store_guard_message.c - the messages of object headers that Tiercel's files hold. */
#include "store_guard.h"

#include <string.h>

enum { CLASS_FIXED = 0, CLASS_FLOAT = 1, CLASS_TEXT = 3, CLASS_ENUM = 8 };

static const char not_ours[] = "a header message is not ours";

/* Scalar, vector or matrix of fixed size. */
static const char *read_space(tc_guard_cursor *c, int64_t *elements)
{
    const uint64_t version = tc_guard_take(c, 1), rank = tc_guard_take(c, 1);
    const uint64_t flags = tc_guard_take(c, 1), kind = tc_guard_take(c, 1);
    int64_t dim[2] = {1, 1};
    if (version != 2 || rank > 2 || flags > 1 || kind != (rank > 0)) {
        return not_ours;
    }
    for (uint64_t i = 0; i < rank; i++) {
        dim[i] = tc_guard_place(c);
    }
    for (uint64_t i = 0; flags == 1 && i < rank; i++) {
        if (tc_guard_place(c) != dim[i]) {
            return not_ours;
        }
    }
    if (c->bad || c->at != c->end || dim[0] < 0 || dim[1] < 0 ||
        (dim[1] > 0 && dim[0] > INT64_MAX / dim[1])) {
        return not_ours;
    }
    *elements = dim[0] * dim[1];
    return NULL;
}

/* Numbers as tc_store_type makes them. */
static int is_number(uint64_t class, uint64_t bits, uint64_t bytes, tc_guard_cursor *c)
{
    static const unsigned char single[12] = {0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0};
    static const unsigned char twice[12] = {0, 0, 64, 0, 52, 11, 0, 52, 255, 3, 0, 0};
    if (class == CLASS_FIXED) {
        return (bits & ~(uint64_t)8) == 0 &&
               (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8) &&
               tc_guard_take(c, 2) == 0 && tc_guard_take(c, 2) == 8 * bytes;
    }
    if (c->end - c->at < 12 || (bytes != 4 && bytes != 8) ||
        bits != (bytes == 4 ? 0x1F20 : 0x3F20) ||
        memcmp(c->at, bytes == 4 ? single : twice, 12) != 0) {
        return 0;
    }
    c->at += 12;
    return 1;
}

/* Base type, names, values of one byte. */
static int is_enum(uint64_t n, uint64_t bytes, tc_guard_cursor *c)
{
    const uint64_t class = tc_guard_take(c, 1), bits = tc_guard_take(c, 3);
    const uint64_t base = tc_guard_take(c, 4);
    if (bytes != 1 || base != 1 || (class & 0x0F) != CLASS_FIXED || n > 256 ||
        !is_number(CLASS_FIXED, bits, base, c) || c->bad) {
        return 0;
    }
    for (uint64_t i = 0; i < n; i++) {
        const unsigned char *const zero = memchr(c->at, 0, (size_t)(c->end - c->at));
        if (zero == NULL || zero == c->at || zero - c->at > TC_GUARD_NAME) {
            return 0;
        }
        c->at = zero + 1;
    }
    return !tc_guard_part(c, (int64_t)n).bad;
}

static const char *read_type(tc_guard_cursor *c, int64_t *bytes)
{
    const uint64_t head = tc_guard_take(c, 1), bits = tc_guard_take(c, 3);
    const uint64_t size = tc_guard_take(c, 4), class = head & 0x0F, version = head >> 4;
    int fits = !c->bad && version >= 1 && version <= 3 && size >= 1 && size <= INT32_MAX;
    if (fits && (class == CLASS_FIXED || class == CLASS_FLOAT)) {
        fits = is_number(class, bits, size, c);
    } else if (fits && class == CLASS_TEXT) {
        fits = bits == 0x11; /* UTF-8, padded with zeros */
    } else {
        fits = fits && class == CLASS_ENUM && version == 3 && is_enum(bits, size, c);
    }
    if (!fits || c->bad || c->at != c->end) {
        return not_ours;
    }
    *bytes = (int64_t)size;
    return NULL;
}

static const char *read_layout(tc_guard_cursor *c, tc_guard_object *object)
{
    if (tc_guard_take(c, 2) != 0x0103) { /* version 3, contiguous */
        return not_ours;
    }
    object->data = tc_guard_place(c);
    object->data_bytes = tc_guard_place(c);
    return c->bad || c->at != c->end || object->data_bytes < 0 ? not_ours : NULL;
}

static int is_name(const unsigned char *name, int64_t n)
{
    return n > 0 && n <= TC_GUARD_NAME && memchr(name, 0, (size_t)n) == NULL;
}

static const char *read_attribute(tc_guard_cursor *c)
{
    const uint64_t version = tc_guard_take(c, 1), flags = tc_guard_take(c, 1);
    const int64_t name_n = (int64_t)tc_guard_take(c, 2);
    const int64_t type_n = (int64_t)tc_guard_take(c, 2);
    const int64_t space_n = (int64_t)tc_guard_take(c, 2);
    const uint64_t characters = tc_guard_take(c, 1);
    tc_guard_cursor name = tc_guard_part(c, name_n), type = tc_guard_part(c, type_n);
    tc_guard_cursor space = tc_guard_part(c, space_n);
    int64_t bytes = 0, elements = 0;
    if (version != 3 || flags != 0 || characters > 1 || c->bad || name_n < 2 ||
        !is_name(name.at, name_n - 1) || name.at[name_n - 1] != 0 ||
        read_type(&type, &bytes) != NULL || read_space(&space, &elements) != NULL) {
        return not_ours;
    }
    return elements == 1 && bytes == c->end - c->at ? NULL : not_ours;
}

const char *tc_guard_link(tc_guard *guard, tc_guard_cursor *c)
{
    const uint64_t version = tc_guard_take(c, 1), flags = tc_guard_take(c, 1);
    tc_guard_cursor name;
    int64_t n, at;
    if (version != 1 || (flags & ~(uint64_t)0x10) != 0) { /* hard; length in one byte */
        return not_ours;
    }
    if ((flags & 0x10) != 0 && tc_guard_take(c, 1) > 1) { /* ASCII or UTF-8 */
        return not_ours;
    }
    n = (int64_t)tc_guard_take(c, 1);
    name = tc_guard_part(c, n);
    at = tc_guard_place(c);
    if (c->bad || c->at != c->end || at < 0 || !is_name(name.at, n) ||
        memchr(name.at, '/', (size_t)n) != NULL) {
        return not_ours;
    }
    return tc_guard_visit(guard, at);
}

static const char *read_link_info(tc_guard_cursor *c, tc_guard_object *object)
{
    if (tc_guard_take(c, 2) != 0) { /* version, flags */
        return not_ours;
    }
    object->heap = tc_guard_place(c);
    object->index = tc_guard_place(c);
    return c->bad || c->at != c->end ||
                   (object->heap == TC_GUARD_NONE) != (object->index == TC_GUARD_NONE)
               ? not_ours
               : NULL;
}

/* Attributes lie in the header, never in a heap. */
static const char *read_attribute_info(tc_guard_cursor *c)
{
    const int ours = tc_guard_take(c, 2) == 0 && /* version, flags */
                     tc_guard_place(c) == TC_GUARD_NONE &&
                     tc_guard_place(c) == TC_GUARD_NONE;
    return ours && !c->bad && c->at == c->end ? NULL : not_ours;
}

/* Version, flags; then limits and estimates of the number of links, which a reader does not use. */
static const char *read_group_info(tc_guard_cursor *c)
{
    const uint64_t version = tc_guard_take(c, 1), flags = tc_guard_take(c, 1);
    const int64_t rest = (flags & 1 ? 4 : 0) + (flags & 2 ? 4 : 0);
    return version == 0 && flags < 4 && !c->bad && c->end - c->at == rest ? NULL : not_ours;
}

/* Space is allotted early and never filled. */
static const char *read_fill(tc_guard_cursor *c)
{
    const int ours = tc_guard_take(c, 2) == 0x0503; /* version 3 */
    return ours && c->at == c->end ? NULL : not_ours;
}

const char *tc_guard_message(tc_guard *guard, int type, tc_guard_cursor *body,
                             tc_guard_object *object)
{
    const uint32_t bit = type < 32 ? UINT32_C(1) << type : 0;
    if ((object->seen & bit) != 0 && type != TC_GUARD_NIL && type != TC_GUARD_LINK &&
        type != TC_GUARD_ATTRIBUTE) {
        return "a header says something twice";
    }
    object->seen |= bit;
    switch (type) {
    case TC_GUARD_NIL:
        return NULL;
    case TC_GUARD_SPACE:
        return read_space(body, &object->elements);
    case TC_GUARD_TYPE:
        return read_type(body, &object->element_bytes);
    case TC_GUARD_LAYOUT:
        return read_layout(body, object);
    case TC_GUARD_LINK_INFO:
        return read_link_info(body, object);
    case TC_GUARD_LINK:
        return tc_guard_link(guard, body);
    case TC_GUARD_ATTRIBUTE:
        return read_attribute(body);
    case TC_GUARD_ATTRIBUTE_INFO:
        return read_attribute_info(body);
    case TC_GUARD_GROUP_INFO:
        return read_group_info(body);
    case TC_GUARD_FILL:
        return read_fill(body);
    default:
        return not_ours;
    }
}
