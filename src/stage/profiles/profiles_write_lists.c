/* profiles_write_lists.c - the small tables of profiles.h5: dictionaries, the list of user
 * columns, counts, shards; and its id. */
#include "profiles_write.h"

#include "tiercel/lineage.h"
#include "tiercel/shards.h"

#include <stdio.h>
#include <string.h>

enum { WORD_TEXT = 24 };

tc_status tc_profile_put_dictionary_all(tc_profile_writer *w,
                                        const tc_profile_column *column, tc_error *err)
{
    char name[TC_PROFILE_NAME];
    tc_field field = {.name = name,
                      .type = TC_TEXT,
                      .unit = "",
                      .description = "words by code, sorted by bytes; 0 = missing",
                      .width = 1};
    char *text;
    tc_status st;
    (void)snprintf(name, sizeof name, "dictionary/%s", column->name);
    for (int64_t i = 0; i < column->words.n; i++) {
        const int64_t n = tc_text_set_get(&column->words, i).n;
        field.width = n > field.width ? (int)n : field.width;
    }
    text = tc_mem_alloc(column->words.n + 1, (size_t)field.width, err);
    st = tc_comm_agree_all(w->p->comm, text == NULL ? TC_ENOMEM : TC_OK, err);
    for (int64_t i = 0; st == TC_OK && i < column->words.n; i++) {
        const tc_csv_text word = tc_text_set_get(&column->words, i);
        TC_ASSERT(text != NULL);
        memcpy(text + (i + 1) * field.width, word.data, (size_t)word.n);
    }
    if (st == TC_OK) {
        st = tc_store_put_small_all(w->store, &field, text, column->words.n + 1, err);
    }
    tc_mem_free(text);
    return st;
}

/* The list of user columns. */
typedef struct {
    int64_t n, width;
    char *name;            /* [n][width] */
    uint8_t *table, *kind; /* [n] */
    int64_t *count[4];     /* [n] missing, unreadable, unknown, levels */
} listing;

static void listing_free(listing *l)
{
    tc_mem_free(l->name);
    tc_mem_free(l->table);
    tc_mem_free(l->kind);
    for (int i = 0; i < 4; i++) {
        tc_mem_free(l->count[i]);
    }
}

static tc_status listing_create(const tc_profiles *p, listing *l, tc_error *err)
{
    int64_t k = 0;
    *l = (listing){.width = 1};
    for (int t = 0; t < TC_N_TABLES; t++) {
        for (int c = 0; c < p->columns[t].n; c++, l->n++) {
            const int64_t n = (int64_t)strlen(p->columns[t].column[c].name);
            l->width = n > l->width ? n : l->width;
        }
    }
    l->name = tc_mem_alloc(l->n, (size_t)l->width, err);
    l->table = tc_mem_alloc(l->n, 1, err);
    l->kind = tc_mem_alloc(l->n, 1, err);
    for (int i = 0; i < 4; i++) {
        l->count[i] = tc_mem_alloc(l->n, sizeof *l->count[i], err);
    }
    if (l->name == NULL || l->table == NULL || l->kind == NULL || l->count[0] == NULL ||
        l->count[1] == NULL || l->count[2] == NULL || l->count[3] == NULL) {
        return TC_ENOMEM;
    }
    for (int t = 0; t < TC_N_TABLES; t++) {
        for (int c = 0; c < p->columns[t].n; c++, k++) {
            const tc_profile_column *column = &p->columns[t].column[c];
            memcpy(l->name + k * l->width, column->name, strlen(column->name));
            l->table[k] = t == TC_TABLE_WIDE;
            l->kind[k] = (uint8_t)column->is_category;
            l->count[0][k] = column->missing;
            l->count[1][k] = column->unreadable;
            l->count[2][k] = column->unknown;
            l->count[3][k] = column->n_levels;
        }
    }
    return TC_OK;
}

tc_status tc_profile_put_listing_all(tc_profile_writer *w, tc_error *err)
{
    static const char *const tables[] = {"customers", "wide"};
    static const char *const kinds[] = {"numeric", "categorical"};
    listing l;
    tc_status st = tc_comm_agree_all(w->p->comm, listing_create(w->p, &l, err), err);
    const struct {
        tc_field field;
        const void *data;
    } column[] = {
        {{.name = "columns/name",
          .type = TC_TEXT,
          .unit = "",
          .description = "user columns of the customers and the wide table",
          .width = (int)l.width},
         l.name},
        {{.name = "columns/table",
          .type = TC_ENUM,
          .unit = "",
          .description = "where the column comes from",
          .names = tables,
          .n_names = 2},
         l.table},
        {{.name = "columns/kind",
          .type = TC_ENUM,
          .unit = "",
          .description = "numbers, or words with a dictionary",
          .names = kinds,
          .n_names = 2},
         l.kind},
        {{.name = "columns/missing",
          .type = TC_I64,
          .unit = "customers",
          .description = "customers without a value"},
         l.count[0]},
        {{.name = "columns/unreadable",
          .type = TC_I64,
          .unit = "cells",
          .description = "cells of the input that hold no number or word; missing"},
         l.count[1]},
        {{.name = "columns/unknown",
          .type = TC_I64,
          .unit = "cells",
          .description =
              "cells of the input whose word is not among the known levels; other"},
         l.count[2]},
        {{.name = "columns/levels",
          .type = TC_I64,
          .unit = "1",
          .description = "words in the dictionary"},
         l.count[3]}};
    for (size_t i = 0; st == TC_OK && l.n > 0 && i < sizeof column / sizeof *column; i++) {
        st = tc_store_put_small_all(w->store, &column[i].field, column[i].data, l.n, err);
    }
    listing_free(&l);
    return st;
}

tc_status tc_profile_put_counts_all(tc_profile_writer *w, tc_error *err)
{
    static const char *const table[TC_N_TABLES] = {"customers", "interactions", "wide"};
    char reason[TC_N_PROFILE_REASONS][WORD_TEXT] = {{0}};
    const tc_field names = {.name = "rejects/reason_name",
                            .type = TC_TEXT,
                            .unit = "",
                            .description = "what became of a row of the input",
                            .width = WORD_TEXT};
    tc_status st;
    for (int i = 0; i < TC_N_PROFILE_REASONS; i++) {
        (void)snprintf(reason[i], WORD_TEXT, "%s", tc_profile_reason_code(i));
    }
    st = tc_store_put_small_all(w->store, &names, reason, TC_N_PROFILE_REASONS, err);
    for (int t = 0; st == TC_OK && t < TC_N_TABLES; t++) {
        const tc_profile_counts *c = &w->p->counts[t];
        const struct {
            const char *what;
            int64_t value;
        } number[] = {{"rows", c->rows},
                      {"used", c->reason[TC_PROFILE_USED]},
                      {"rejected", c->rows - c->reason[TC_PROFILE_USED]},
                      {"duplicates", c->duplicates},
                      {"merged", c->merged},
                      {"customers", c->people},
                      {"rounded", c->rounded}};
        char name[TC_PROFILE_NAME];
        const tc_field field = {.name = name,
                                .type = TC_I64,
                                .unit = "1",
                                .description = "rows of the table with that reason"};
        (void)snprintf(name, sizeof name, "rejects/%s", table[t]);
        st = tc_store_put_small_all(w->store, &field, c->reason, TC_N_PROFILE_REASONS, err);
        for (size_t i = 0; st == TC_OK && i < sizeof number / sizeof *number; i++) {
            (void)snprintf(name, sizeof name, "%s_%s", table[t], number[i].what);
            st = tc_store_put_i64_all(w->store, name, number[i].value, err);
        }
    }
    return st;
}

tc_status tc_profile_put_shards_all(tc_profile_writer *w, tc_error *err)
{
    const int64_t n_shards = tc_shards_count(w->n_global);
    int64_t *first_row = tc_mem_alloc(n_shards + 1, sizeof *first_row, err);
    tc_status st =
        tc_comm_agree_all(w->p->comm, first_row == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(first_row != NULL);
        for (int64_t i = 0; i < w->p->people.n; i++) {
            first_row[tc_shards_of(tc_people_get(&w->p->people, i)->hash.hi, n_shards) +
                      1]++;
        }
        tc_comm_sum_i64_all(w->p->comm, first_row, n_shards + 1);
        for (int64_t s = 0; s < n_shards; s++) {
            first_row[s + 1] += first_row[s];
        }
        st = tc_stage_put_shards_all(w->store, n_shards, first_row, err);
    }
    tc_mem_free(first_row);
    return st;
}

tc_status tc_profile_run_id(const tc_profiles *p, char id[TC_ID_TEXT], tc_error *err)
{
    static const char *const section[] = {"input", "customers", "interactions", "wide"};
    char map[TC_HASH_TEXT] = "";
    tc_buffer text = {0};
    tc_status st = tc_buffer_print(&text, err, "tiercel %s|profiles", TC_VERSION);
    for (size_t i = 0; st == TC_OK && i < sizeof section / sizeof *section; i++) {
        st = tc_buffer_print(&text, err, "|%s=", section[i]);
        if (st == TC_OK) {
            st = tc_config_section(p->config, section[i], &text, err);
        }
    }
    for (int t = 0; st == TC_OK && t < TC_N_TABLES; t++) {
        const tc_profile_counts *c = &p->counts[t];
        st = tc_buffer_print(&text, err, "|rows=%lld,%016llx%016llx", (long long)c->rows,
                             (unsigned long long)c->content[0],
                             (unsigned long long)c->content[1]);
    }
    if (st == TC_OK && p->identity != NULL) {
        tc_identity_id(p->identity, map);
        st = tc_buffer_print(&text, err, "|identity=%s", map);
    }
    if (st == TC_OK) {
        tc_hash128_text(tc_hash128_of(text.data, (size_t)text.size), id);
    }
    tc_buffer_free(&text);
    return st;
}
