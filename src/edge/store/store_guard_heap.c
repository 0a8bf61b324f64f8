/* store_guard_heap.c - groups of many links: the links lie in a fractal heap, a B-tree of version 2 finds them by the
 * hash of their names. Both have the shape that HDF5 gives to every group: direct blocks of 512 to 65,536 bytes, 4 a
 * row, found from one root; nodes of 512 bytes with records of 11. */
#include "store_guard.h"

#include <string.h>

enum {
    WIDTH = 4,         /* blocks a row */
    BLOCK_FIRST = 512, /* bytes of the blocks of rows 0 and 1; each further row has twice */
    ROWS = 9,          /* of direct blocks, about 13,000 links */
    BLOCK_PREFIX = 21, /* of a direct block, checksum included */
    BLOCK_SUM = 17,    /* where its checksum is */
    HEAP_HEADER = 146, /* bytes with the checksum */
    TREE_HEADER = 38,
    NODE = 512,
    NODE_EDGE = 10, /* signature, version, type; checksum */
    RECORD = 11,    /* hash, id */
    DEPTH = 3,
    TREE_OF_NAMES = 5
};

static const char not_ours[] = "the links of a group are not ours";

/* The blocks of the heap that are there. */
typedef struct {
    int64_t at[ROWS * WIDTH]; /* TC_GUARD_NONE: not there */
    int n;
} heap_blocks;

static int64_t block_bytes(int i)
{
    const int row = i / WIDTH;
    return (int64_t)BLOCK_FIRST << (row > 0 ? row - 1 : 0);
}

static const char *sealed_fetch(tc_guard *guard, int64_t at, int64_t n, uint64_t signature,
                                tc_guard_cursor *c)
{
    const char *wrong = tc_guard_fetch(guard, at, n, c);
    wrong = wrong != NULL ? wrong : tc_guard_sealed(c);
    if (wrong == NULL && (tc_guard_take(c, 4) != signature || tc_guard_take(c, 1) != 0)) {
        wrong = not_ours;
    }
    return wrong;
}

/* Fills root address and rows (0: the root is a direct block). */
static const char *read_heap_header(tc_guard *guard, int64_t at, int64_t *root, int *rows)
{
    tc_guard_cursor c;
    const char *wrong = sealed_fetch(guard, at, HEAP_HEADER, 0x50485246, &c); /* FRHP */
    int fits;
    if (wrong != NULL) {
        return wrong;
    }
    fits = tc_guard_take(&c, 4) == 7; /* bytes of an id; no filters */
    fits = fits && tc_guard_take(&c, 1) == 2 && tc_guard_take(&c, 4) == 4096;
    (void)tc_guard_take(&c, 8);                         /* next huge id */
    fits = fits && tc_guard_place(&c) == TC_GUARD_NONE; /* no huge objects */
    (void)tc_guard_part(&c, 48); /* free space, its manager, sizes, objects: for writers */
    for (int i = 0; i < 4; i++) {
        fits = fits && tc_guard_take(&c, 8) == 0; /* huge and tiny objects */
    }
    fits = fits && tc_guard_take(&c, 2) == WIDTH && tc_guard_take(&c, 8) == BLOCK_FIRST &&
           tc_guard_take(&c, 8) == 65536 && tc_guard_take(&c, 2) == 32;
    (void)tc_guard_take(&c, 2); /* rows at the start */
    *root = tc_guard_place(&c);
    *rows = (int)tc_guard_take(&c, 2);
    return fits && !c.bad && c.at == c.end && *rows <= ROWS ? NULL : not_ours;
}

static const char *read_block(tc_guard *guard, int64_t heap, int64_t at, int64_t n,
                              int64_t offset)
{
    tc_guard_cursor c, sum;
    const char *wrong = tc_guard_fetch(guard, at, n, &c);
    if (wrong != NULL) {
        return wrong;
    }
    sum = (tc_guard_cursor){c.at + BLOCK_SUM, c.end, 0};
    if (tc_guard_take(&c, 4) != 0x42444846 || tc_guard_take(&c, 1) != 0 || /* FHDB */
        tc_guard_place(&c) != heap || (int64_t)tc_guard_take(&c, 4) != offset) {
        return not_ours;
    }
    const uint64_t wanted = tc_guard_take(&sum, 4);
    memset(guard->block.data + BLOCK_SUM, 0, 4);
    return wanted == tc_guard_checksum(guard->block.data, n) ? NULL : "a checksum differs";
}

static const char *read_blocks(tc_guard *guard, int64_t heap, heap_blocks *blocks)
{
    int64_t root, offset = 0;
    int rows;
    const char *wrong = read_heap_header(guard, heap, &root, &rows);
    tc_guard_cursor c;
    if (wrong != NULL) {
        return wrong;
    }
    blocks->n = rows > 0 ? rows * WIDTH : 1;
    blocks->at[0] = root;
    if (rows > 0) {
        wrong = sealed_fetch(guard, root, 17 + 8 * (int64_t)blocks->n + 4, 0x42494846,
                             &c); /* FHIB */
        if (wrong != NULL) {
            return wrong;
        }
        if (tc_guard_place(&c) != heap || tc_guard_take(&c, 4) != 0) {
            return not_ours;
        }
        for (int i = 0; i < blocks->n; i++) {
            blocks->at[i] = tc_guard_place(&c);
        }
        if (c.bad || c.at != c.end) {
            return not_ours;
        }
    }
    for (int i = 0; i < blocks->n && wrong == NULL; i++) {
        if (blocks->at[i] != TC_GUARD_NONE) {
            wrong = read_block(guard, heap, blocks->at[i], block_bytes(i), offset);
        }
        offset += block_bytes(i);
    }
    return wrong;
}

/* Where the bytes [offset, offset + n) of the heap lie in the file. */
static int64_t find_in_heap(const heap_blocks *blocks, int64_t offset, int64_t n)
{
    int64_t begin = 0;
    for (int i = 0; i < blocks->n; i++) {
        const int64_t bytes = block_bytes(i);
        if (offset < begin + bytes) {
            const int64_t in = offset - begin;
            return blocks->at[i] == TC_GUARD_NONE || in < BLOCK_PREFIX || n > bytes - in
                       ? TC_GUARD_NONE
                       : blocks->at[i] + in;
        }
        begin += bytes;
    }
    return TC_GUARD_NONE;
}

/* A node yet to visit; kept in guard->chunks, where tree_node.depth says how deep. */
typedef struct {
    int64_t at;
    int64_t records;
    int64_t depth;
} tree_node;

/* Most records of a node of each depth, and bytes of the number of all records below one. */
static const int64_t node_records[DEPTH + 1] = {45, 24, 22, 22};
static const int below_bytes[DEPTH + 1] = {0, 0, 2, 2};

static const char *read_records(tc_guard *guard, tc_guard_cursor *c, int64_t n,
                                tc_buffer *found)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t place[2];
        (void)tc_guard_take(c, 4);      /* hash of the name */
        if (tc_guard_take(c, 1) != 0) { /* managed */
            return not_ours;
        }
        place[0] = (int64_t)tc_guard_take(c, 4);
        place[1] = (int64_t)tc_guard_take(c, 2);
        if (tc_guard_keep(guard, found, place, (int64_t)sizeof place) != NULL) {
            return "out of memory";
        }
    }
    return c->bad ? not_ours : NULL;
}

/* The records of a node; its children are put in line. */
static const char *read_node(tc_guard *guard, const tree_node *node, tc_buffer *found)
{
    const int inner = node->depth > 0;
    const int64_t child = 9 + below_bytes[node->depth];
    const int64_t bytes =
        NODE_EDGE + node->records * RECORD + (inner ? (node->records + 1) * child : 0);
    tc_guard_cursor c;
    const char *wrong;
    if (node->records < 0 || node->records > node_records[node->depth]) {
        return not_ours;
    }
    wrong = tc_guard_claim(guard, node->at, NODE);
    wrong = wrong != NULL ? wrong : tc_guard_peek(guard, node->at, bytes, &c);
    wrong = wrong != NULL ? wrong : tc_guard_sealed(&c);
    if (wrong != NULL) {
        return wrong;
    }
    if (tc_guard_take(&c, 4) != (inner ? 0x4E495442 : 0x464C5442) || /* BTIN, BTLF */
        tc_guard_take(&c, 1) != 0 || tc_guard_take(&c, 1) != TREE_OF_NAMES) {
        return not_ours;
    }
    wrong = read_records(guard, &c, node->records, found);
    for (int64_t i = 0; inner && i <= node->records && wrong == NULL; i++) {
        tree_node next = {.depth = node->depth - 1};
        next.at = tc_guard_place(&c);
        next.records = (int64_t)tc_guard_take(&c, 1);
        (void)tc_guard_take(&c, below_bytes[node->depth]);
        wrong = tc_guard_keep(guard, &guard->chunks, &next, (int64_t)sizeof next);
    }
    return wrong;
}

static const char *read_tree(tc_guard *guard, int64_t at, tc_buffer *found)
{
    tc_guard_cursor c;
    const char *wrong = sealed_fetch(guard, at, TREE_HEADER, 0x44485442, &c); /* BTHD */
    tree_node node = {0};
    int64_t total;
    int fits;
    if (wrong != NULL) {
        return wrong;
    }
    fits = tc_guard_take(&c, 1) == TREE_OF_NAMES && tc_guard_take(&c, 4) == NODE &&
           tc_guard_take(&c, 2) == RECORD;
    node.depth = (int64_t)tc_guard_take(&c, 2);
    (void)tc_guard_take(&c, 2); /* when to split and merge */
    node.at = tc_guard_place(&c);
    node.records = (int64_t)tc_guard_take(&c, 2);
    total = tc_guard_place(&c);
    if (!fits || c.bad || c.at != c.end || node.depth > DEPTH) {
        return not_ours;
    }
    guard->chunks.size = 0;
    wrong = tc_guard_keep(guard, &guard->chunks, &node, (int64_t)sizeof node);
    for (int64_t i = 0; i < guard->chunks.size && wrong == NULL;
         i += (int64_t)sizeof node) {
        memcpy(&node, guard->chunks.data + i, sizeof node);
        wrong = read_node(guard, &node, found);
    }
    return wrong == NULL && found->size / 16 != total ? not_ours : wrong;
}

const char *tc_guard_heap(tc_guard *guard, const tc_guard_object *object)
{
    heap_blocks blocks = {.n = 0};
    tc_buffer found = {0}; /* int64 offset in the heap and bytes of each link */
    const char *wrong = read_blocks(guard, object->heap, &blocks);
    wrong = wrong != NULL ? wrong : read_tree(guard, object->index, &found);
    for (int64_t i = 0; i < found.size && wrong == NULL; i += 16) {
        int64_t place[2], at;
        tc_guard_cursor c;
        memcpy(place, found.data + i, sizeof place);
        at = find_in_heap(&blocks, place[0], place[1]);
        wrong = at == TC_GUARD_NONE ? not_ours : tc_guard_peek(guard, at, place[1], &c);
        wrong = wrong != NULL ? wrong : tc_guard_link(guard, &c);
    }
    tc_buffer_free(&found);
    return wrong;
}
