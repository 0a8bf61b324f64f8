#include "ingest_dict.h"

#include "tiercel/hash.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 1 << 8 };

tc_csv_text tc_text_set_get(const tc_text_set *set, int64_t number)
{
    const int64_t *start = (const int64_t *)(const void *)set->start.data;
    return (tc_csv_text){(const char *)set->text.data + start[number],
                         start[number + 1] - start[number]};
}

/* Slot of the text, or the free one where it belongs. */
static int64_t probe(const tc_text_set *set, tc_csv_text text)
{
    const uint64_t mask = (uint64_t)set->n_slots - 1;
    uint64_t at = tc_hash64_of(text.data, (size_t)text.n, 0) & mask;
    while (set->slot[at] != 0) {
        const tc_csv_text other = tc_text_set_get(set, (int64_t)set->slot[at] - 1);
        if (other.n == text.n && memcmp(other.data, text.data, (size_t)text.n) == 0) {
            break;
        }
        at = (at + 1) & mask;
    }
    return (int64_t)at;
}

static tc_status grow(tc_text_set *set, tc_error *err)
{
    const int64_t n_slots = set->n_slots == 0 ? SLOTS_MIN : 2 * set->n_slots;
    uint32_t *slot = tc_mem_alloc(n_slots, sizeof *slot, err);
    if (slot == NULL) {
        return TC_ENOMEM;
    }
    tc_mem_free(set->slot);
    set->slot = slot;
    set->n_slots = n_slots;
    for (int64_t i = 0; i < set->n; i++) {
        slot[probe(set, tc_text_set_get(set, i))] = (uint32_t)(i + 1);
    }
    return TC_OK;
}

int64_t tc_text_set_find(const tc_text_set *set, tc_csv_text text)
{
    return set->n == 0 ? -1 : (int64_t)set->slot[probe(set, text)] - 1;
}

tc_status tc_text_set_add(tc_text_set *set, tc_csv_text text, int64_t *number,
                          tc_error *err)
{
    const int64_t zero = 0;
    int64_t slot;
    if (2 * (set->n + 1) > set->n_slots) {
        TC_TRY(grow(set, err));
    }
    slot = probe(set, text);
    if (set->slot[slot] == 0) {
        if (set->n >= INT32_MAX) {
            return tc_fail(err, TC_EDATA, "a column has more than 2^31 different texts");
        }
        if (set->n == 0) {
            set->start.size = 0;
            TC_TRY(tc_buffer_append(&set->start, &zero, (int64_t)sizeof zero, err));
        }
        TC_TRY(tc_buffer_reserve(&set->start, (int64_t)sizeof zero, err));
        TC_TRY(tc_buffer_append(&set->text, text.data, text.n, err));
        TC_TRY(tc_buffer_append(&set->start, &set->text.size, (int64_t)sizeof zero, err));
        set->slot[slot] = (uint32_t)++set->n;
    }
    *number = (int64_t)set->slot[slot] - 1;
    return TC_OK;
}

void tc_text_set_clear(tc_text_set *set)
{
    if (set->n > 0) {
        memset(set->slot, 0, (size_t)set->n_slots * sizeof *set->slot);
    }
    set->n = 0;
    set->text.size = set->start.size = 0;
}

void tc_text_set_free(tc_text_set *set)
{
    tc_buffer_free(&set->text);
    tc_buffer_free(&set->start);
    tc_mem_free(set->slot);
    *set = (tc_text_set){0};
}

static tc_status check_codes(const tc_ingest_dict *dict, int64_t n, tc_error *err)
{
    if (n > dict->max_codes) {
        return tc_fail(err, TC_EDATA,
                       "column \"%s\" has more than %lld different values; map a column of "
                       "fewer values, or none",
                       dict->column, (long long)dict->max_codes);
    }
    return TC_OK;
}

static tc_status find_code(tc_ingest_dict *dict, tc_csv_text text, uint32_t *code,
                           tc_error *err)
{
    int64_t number = tc_text_set_find(&dict->known, text);
    if (number < 0) {
        TC_TRY(tc_text_set_add(&dict->fresh, text, &number, err));
        number += dict->known.n;
        TC_TRY(check_codes(dict, number + 1, err));
    }
    *code = (uint32_t)(number + 1);
    return TC_OK;
}

/* Where a text of at most 16 bytes is remembered. */
static inline tc_dict_recent *recent_of(tc_ingest_dict *dict, const uint64_t word[2])
{
    const uint64_t mixed = (word[0] ^ word[1] * 31) * 0x9E3779B97F4A7C15u;
    return &dict->recent[mixed >> 54];
}

_Static_assert(TC_DICT_RECENT == 1 << (64 - 54), "the upper bits number the places");

/* Code of a text that is in the words; the place is not its own yet. */
static tc_status learn(tc_ingest_dict *dict, const uint64_t word[2], tc_csv_text text,
                       tc_dict_recent *recent, tc_error *err)
{
    uint32_t code = 0;
    if (text.n > 0) {
        TC_TRY(find_code(dict, text, &code, err));
    }
    *recent = (tc_dict_recent){{word[0], word[1]}, (uint32_t)text.n, code};
    return TC_OK;
}

static inline int is_recent(const tc_dict_recent *recent, const uint64_t word[2], int64_t n)
{
    return ((recent->word[0] ^ word[0]) | (recent->word[1] ^ word[1]) |
            (recent->n ^ (uint64_t)n)) == 0;
}

tc_status tc_ingest_dict_code(tc_ingest_dict *dict, tc_csv_text text, uint32_t *code,
                              tc_error *err)
{
    uint64_t word[2] = {0, 0};
    tc_dict_recent *recent;
    if (text.n > (int64_t)sizeof word) {
        return find_code(dict, text, code, err);
    }
    memcpy(word, text.data, (size_t)text.n);
    recent = recent_of(dict, word);
    if (!is_recent(recent, word, text.n)) {
        TC_TRY(learn(dict, word, text, recent, err));
    }
    *code = recent->code;
    return TC_OK;
}

/* The first n bytes of the 16 at `data`, zeros behind. */
static inline void load_words(const char *data, int64_t n, uint64_t word[2])
{
    static const unsigned char keep[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                           255, 255, 255, 255, 255, 255, 255, 255};
    uint64_t mask[2];
    memcpy(word, data, 16);
    memcpy(mask, keep + 16 - n, 16);
    word[0] &= mask[0];
    word[1] &= mask[1];
}

tc_status tc_ingest_dict_codes(tc_ingest_dict *dict, const tc_pieces *pieces, int64_t n,
                               const unsigned char *odd, uint32_t *code, tc_error *err)
{
    for (int64_t i = 0; i < n; i++) {
        const tc_csv_text text = {tc_piece_data(pieces, i), tc_piece_n(pieces, i)};
        uint64_t word[2];
        tc_dict_recent *recent;
        if (odd[i]) {
            continue;
        }
        if (text.n > 16) {
            TC_TRY(find_code(dict, text, &code[i], err));
            continue;
        }
        load_words(text.data, text.n, word);
        recent = recent_of(dict, word);
        if (!is_recent(recent, word, text.n)) {
            TC_TRY(learn(dict, word, text, recent, err));
        }
        code[i] = recent->code;
    }
    return TC_OK;
}

/* One text as it travels: int32 length, bytes. */
static tc_status pack(const tc_text_set *set, tc_buffer *out, tc_error *err)
{
    for (int64_t i = 0; i < set->n; i++) {
        const tc_csv_text text = tc_text_set_get(set, i);
        const int32_t n = (int32_t)text.n;
        TC_TRY(tc_buffer_append(out, &n, (int64_t)sizeof n, err));
        TC_TRY(tc_buffer_append(out, text.data, text.n, err));
    }
    return TC_OK;
}

static tc_status unpack(const unsigned char *packed, int64_t size, tc_text_set *set,
                        tc_error *err)
{
    for (int64_t at = 0; at < size;) {
        int32_t n;
        int64_t number;
        memcpy(&n, packed + at, sizeof n);
        at += (int64_t)sizeof n;
        TC_TRY(tc_text_set_add(set, (tc_csv_text){(const char *)packed + at, n}, &number,
                               err));
        at += n;
    }
    return TC_OK;
}

tc_status tc_ingest_dict_pack(const tc_ingest_dict *dict, tc_buffer *out, tc_error *err)
{
    return pack(&dict->known, out, err);
}

tc_status tc_ingest_dict_unpack(tc_ingest_dict *dict, const unsigned char *bytes, int64_t n,
                                tc_error *err)
{
    TC_TRY(unpack(bytes, n, &dict->known, err));
    return check_codes(dict, dict->known.n, err);
}

static tc_status absorb(tc_ingest_dict *dict, const tc_buffer *all, tc_buffer *map,
                        tc_error *err)
{
    TC_TRY(unpack(all->data, all->size, &dict->known, err));
    TC_TRY(check_codes(dict, dict->known.n, err));
    map->size = 0;
    for (int64_t i = 0; i < dict->fresh.n; i++) {
        const uint32_t code =
            (uint32_t)(tc_text_set_find(&dict->known, tc_text_set_get(&dict->fresh, i)) +
                       1);
        TC_TRY(tc_buffer_append(map, &code, (int64_t)sizeof code, err));
    }
    if (dict->fresh.n > 0) { /* they have other codes now */
        memset(dict->recent, 0, sizeof dict->recent);
    }
    tc_text_set_clear(&dict->fresh);
    return TC_OK;
}

tc_status tc_ingest_dict_merge_all(tc_comm *comm, tc_ingest_dict *dict, tc_buffer *map,
                                   tc_error *err)
{
    tc_buffer mine = {0}, all = {0};
    tc_status st = pack(&dict->fresh, &mine, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_comm_gather_all(comm, mine.data, mine.size, &all, err);
    }
    if (st == TC_OK) {
        st = absorb(dict, &all, map, err);
        st = tc_comm_agree_all(comm, st, err);
    }
    tc_buffer_free(&mine);
    tc_buffer_free(&all);
    return st;
}

/* A text and its number: what qsort moves. */
typedef struct {
    tc_csv_text text;
    int64_t number;
} entry;

static int by_bytes(const void *a, const void *b)
{
    const tc_csv_text x = ((const entry *)a)->text, y = ((const entry *)b)->text;
    const int order = memcmp(x.data, y.data, (size_t)(x.n < y.n ? x.n : y.n));
    return order != 0 ? order : (x.n > y.n) - (x.n < y.n);
}

tc_status tc_ingest_dict_finish(const tc_ingest_dict *dict, uint32_t **final, char **text,
                                int *width, tc_error *err)
{
    const int64_t n = dict->known.n;
    entry *list = tc_mem_alloc(n, sizeof *list, err);
    *final = tc_mem_alloc(n + 1, sizeof **final, err);
    *text = NULL;
    *width = 1;
    if (list == NULL || *final == NULL) {
        tc_mem_free(list);
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        list[i] = (entry){tc_text_set_get(&dict->known, i), i};
        *width = list[i].text.n > *width ? (int)list[i].text.n : *width;
    }
    qsort(list, (size_t)n, sizeof *list, by_bytes);
    *text = tc_mem_alloc((n + 1) * *width, 1, err);
    for (int64_t i = 0; i < n && *text != NULL; i++) {
        (*final)[list[i].number + 1] = (uint32_t)(i + 1);
        memcpy(*text + (i + 1) * *width, list[i].text.data, (size_t)list[i].text.n);
    }
    tc_mem_free(list);
    return *text == NULL ? TC_ENOMEM : TC_OK;
}

void tc_ingest_dict_free(tc_ingest_dict *dict)
{
    tc_text_set_free(&dict->known);
    tc_text_set_free(&dict->fresh);
}
