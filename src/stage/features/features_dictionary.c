/* features_dictionary.c - channels and categories of several files under the codes of their union. */
#include "features_merge.h"

#include <stdlib.h>
#include <string.h>

/* A level of one file: a word and where its code is to be written. */
typedef struct {
    const char *word; /* padded with zeros */
    int width;
    int source;
    int64_t code;
} level;

/* The dictionary of one file. */
typedef struct {
    char *text;
    int64_t n;
    int width;
} dictionary;

static size_t length_of(const level *l)
{
    return strnlen(l->word, (size_t)l->width);
}

static int compare_words(const level *a, const level *b)
{
    const size_t x = length_of(a), y = length_of(b);
    const int order = memcmp(a->word, b->word, x < y ? x : y);
    return order != 0 ? order : (x > y) - (x < y);
}

static int by_word(const void *a, const void *b)
{
    return compare_words(a, b);
}

/* Collective. Reads a dictionary; one level, the empty one, if there is none. */
static tc_status read_all(tc_comm *comm, tc_store *store, const char *name, dictionary *d,
                          tc_error *err)
{
    tc_field field = {.name = name, .type = TC_TEXT};
    int columns;
    tc_status st = TC_OK;
    d->n = 1;
    d->width = 1;
    if (!tc_store_has_all(store, name)) {
        d->text = tc_mem_alloc(1, 1, err);
        return tc_comm_agree_all(comm, d->text == NULL ? TC_ENOMEM : TC_OK, err);
    }
    st = tc_store_shape_all(store, name, &d->n, &columns, &d->width, err);
    if (st == TC_OK) {
        d->text = tc_mem_alloc(d->n, (size_t)d->width, err);
        st = tc_comm_agree_all(comm, d->text == NULL ? TC_ENOMEM : TC_OK, err);
    }
    field.width = d->width;
    return st == TC_OK ? tc_store_get_small_all(store, &field, d->n, d->text, err) : st;
}

/* All levels of all files but the empty ones, in the order of their words. */
static tc_status sort_levels(const dictionary *d, int n_sources, tc_buffer *levels,
                             tc_error *err)
{
    for (int s = 0; s < n_sources; s++) {
        TC_TRY(tc_buffer_reserve(levels, d[s].n * (int64_t)sizeof(level) + 1, err));
        for (int64_t c = 1; c < d[s].n; c++) {
            const level l = {d[s].text + c * d[s].width, d[s].width, s, c};
            TC_TRY(tc_buffer_append(levels, &l, (int64_t)sizeof l, err));
        }
    }
    if (levels->size > 0) {
        qsort(levels->data, (size_t)levels->size / sizeof(level), sizeof(level), by_word);
    }
    return TC_OK;
}

/* Where the code of the union for a level of a source goes. */
static void set_code(tc_features_source *s, int is_channel, int64_t code, int64_t value)
{
    if (is_channel) {
        s->channel_code[code] = (uint16_t)value;
    } else {
        s->category_code[code] = (uint32_t)value;
    }
}

static tc_status allocate_codes(tc_features_source *s, int is_channel, int64_t n,
                                tc_error *err)
{
    if (is_channel) {
        s->channel_code = tc_mem_alloc(n, sizeof *s->channel_code, err);
        return s->channel_code == NULL ? TC_ENOMEM : TC_OK;
    }
    s->category_code = tc_mem_alloc(n, sizeof *s->category_code, err);
    return s->category_code == NULL ? TC_ENOMEM : TC_OK;
}

/* Numbers equal words alike, from 1. */
static tc_status number_levels(tc_features_merge *m, const dictionary *d, int is_channel,
                               int64_t *n, tc_error *err)
{
    tc_buffer levels = {0};
    const level *l;
    tc_status st = TC_OK;
    int64_t total;
    for (int s = 0; s < m->n_sources && st == TC_OK; s++) {
        st = s == m->extra ? TC_OK : allocate_codes(&m->source[s], is_channel, d[s].n, err);
    }
    if (st == TC_OK) {
        st = sort_levels(d, m->n_sources, &levels, err);
    }
    l = (const level *)(const void *)levels.data;
    total = st == TC_OK ? levels.size / (int64_t)sizeof *l : 0;
    *n = 1;
    for (int64_t i = 0; i < total; i++) {
        *n += i == 0 || compare_words(&l[i], &l[i - 1]) != 0;
        set_code(&m->source[l[i].source], is_channel, l[i].code, *n - 1);
    }
    if (st == TC_OK && is_channel && *n - 1 > UINT16_MAX) {
        st = tc_fail(err, TC_EDATA,
                     "the event files have %lld channels together, more than 65,535; map a "
                     "coarser column to input.columns.channel",
                     (long long)(*n - 1));
    }
    tc_buffer_free(&levels);
    return st;
}

/* Collective. */
static tc_status unite_all(tc_comm *comm, tc_features_merge *m, int is_channel, int64_t *n,
                           tc_error *err)
{
    const char *name = is_channel ? "dictionary/channel" : "dictionary/category";
    dictionary *d = tc_mem_alloc(m->n_sources, sizeof *d, err);
    tc_status st = tc_comm_agree_all(comm, d == NULL ? TC_ENOMEM : TC_OK, err);
    for (int s = 0; s < m->n_sources && st == TC_OK; s++) {
        TC_ASSERT(d != NULL);
        if (s != m->extra) {
            st = read_all(comm, m->source[s].store, name, &d[s], err);
            *(is_channel ? &m->source[s].n_channels : &m->source[s].n_categories) = d[s].n;
        }
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(comm, number_levels(m, d, is_channel, n, err), err);
    }
    for (int s = 0; s < m->n_sources && d != NULL; s++) {
        tc_mem_free(d[s].text);
    }
    tc_mem_free(d);
    return st;
}

/* Collective. Levels of the only file with events: its codes are those of the union. */
static tc_status count_all(tc_store *store, const char *name, int64_t *n, tc_error *err)
{
    int columns, width;
    *n = 1;
    return tc_store_has_all(store, name)
               ? tc_store_shape_all(store, name, n, &columns, &width, err)
               : TC_OK;
}

tc_status tc_features_dictionaries_all(tc_comm *comm, tc_features_merge *merge,
                                       tc_error *err)
{
    tc_features_source *first = &merge->source[0];
    tc_status st;
    if (merge->n_sources - (merge->extra >= 0) > 1) {
        st = unite_all(comm, merge, 1, &merge->n_channels, err);
        return st == TC_OK ? unite_all(comm, merge, 0, &merge->n_categories, err) : st;
    }
    st = count_all(first->store, "dictionary/channel", &first->n_channels, err);
    if (st == TC_OK) {
        st = count_all(first->store, "dictionary/category", &first->n_categories, err);
    }
    merge->n_channels = first->n_channels;
    merge->n_categories = first->n_categories;
    return st;
}
