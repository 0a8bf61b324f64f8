/* features_profiles.c - user columns of profiles.h5 in features.h5, column by column. */
#include "features_profiles.h"

#include "tiercel/fault.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 65536, NAME = 192, TABLES = 3 };

tc_status tc_features_profiles_open_all(tc_comm *comm, const tc_config *config,
                                        tc_features_profiles *profiles, tc_error *err)
{
    *profiles = (tc_features_profiles){.row0 = -1};
    if (!tc_stage_active(config, TC_STAGE_PROFILES)) {
        return TC_OK;
    }
    profiles->path = tc_stage_path(config, TC_STAGE_PROFILES, err);
    const tc_status st =
        tc_comm_agree_all(comm, profiles->path == NULL ? TC_ENOMEM : TC_OK, err);
    return st == TC_OK
               ? tc_stage_open_all(comm, config, TC_STAGE_PROFILES, &profiles->store, err)
               : st;
}

void tc_features_profiles_close_all(tc_features_profiles *profiles)
{
    tc_store_close_all(&profiles->store);
    tc_mem_free(profiles->path);
    tc_mem_free(profiles->present);
    tc_mem_free(profiles->active);
    *profiles = (tc_features_profiles){0};
}

tc_status tc_features_profiles_start(tc_features_profiles *profiles, int64_t n_local,
                                     tc_error *err)
{
    if (profiles->store == NULL) {
        return TC_OK;
    }
    profiles->present = tc_mem_alloc(n_local / 8 + 1, 1, err);
    profiles->active = tc_mem_alloc(n_local / 8 + 1, 1, err);
    return profiles->present == NULL || profiles->active == NULL ? TC_ENOMEM : TC_OK;
}

tc_status tc_features_profiles_note(tc_features_profiles *p, const tc_features_block *block,
                                    int64_t row0, tc_error *err)
{
    for (int64_t i = 0; p->store != NULL && i < block->n; i++) {
        const int64_t row = block->row0 - row0 + i;
        if (block->active[i]) {
            p->active[row >> 3] |= (uint8_t)(1u << (row & 7));
        }
        if (block->extra_row[i] < 0) {
            continue;
        }
        p->row0 = p->row0 < 0 ? block->extra_row[i] : p->row0;
        if (block->extra_row[i] != p->row0 + p->n) {
            return tc_fail(err, TC_EDATA,
                           "%s: its customers are out of order; delete the file and run "
                           "profiles again",
                           p->path);
        }
        p->present[row >> 3] |= (uint8_t)(1u << (row & 7));
        p->n++;
    }
    return TC_OK;
}

/* A column on its way. */
typedef struct {
    tc_store_piece *from, *to;
    unsigned char *in, *out; /* [BLOCK] elements; owned */
    size_t width;
    unsigned char missing[8];
} column_copy;

static tc_status copy_rows(const tc_features_join *join, const tc_features_profiles *p,
                           column_copy *c, tc_error *err)
{
    int64_t next = p->row0;
    TC_TRY(TC_FAULT("features.join", err));
    for (int64_t row = 0; row < join->shards->n_local; row += BLOCK) {
        const int64_t left = join->shards->n_local - row, n = left < BLOCK ? left : BLOCK;
        int64_t k = 0;
        for (int64_t i = 0; i < n; i++) {
            k += tc_features_has_profile(p, row + i);
        }
        if (k > 0) {
            TC_TRY(tc_store_read(c->from, c->in, next, k, err));
            next += k;
        }
        k = 0;
        for (int64_t i = 0; i < n; i++) {
            const int there = tc_features_has_profile(p, row + i);
            memcpy(c->out + (size_t)i * c->width,
                   there ? c->in + (size_t)k * c->width : c->missing, c->width);
            k += there;
        }
        TC_TRY(tc_store_write(c->to, c->out, join->shards->row0 + row, n, err));
    }
    return TC_OK;
}

/* Collective. One column; missing: what stands for customers without a row. */
static tc_status copy_all(const tc_features_join *join, tc_features_profiles *p,
                          const char *from, const tc_field *field, const void *missing,
                          tc_error *err)
{
    column_copy c = {.width = tc_type_size(field)};
    tc_field source = *field;
    tc_status st;
    source.name = from;
    memcpy(c.missing, missing, c.width);
    c.in = tc_mem_alloc(BLOCK, c.width, err);
    c.out = tc_mem_alloc(BLOCK, c.width, err);
    st = tc_comm_agree_all(join->comm, c.in == NULL || c.out == NULL ? TC_ENOMEM : TC_OK,
                           err);
    if (st == TC_OK) {
        st = tc_store_view_all(p->store, &source, NULL, &c.from, err);
    }
    if (st == TC_OK) {
        st = tc_store_begin_all(join->out, field, join->shards->n_global, &c.to, err);
    }
    if (st == TC_OK) {
        st = copy_rows(join, p, &c, err);
    }
    st = tc_store_end_all(&c.from, tc_comm_agree_all(join->comm, st, err), err);
    st = tc_store_end_all(&c.to, st, err);
    tc_mem_free(c.in);
    tc_mem_free(c.out);
    return st;
}

/* Collective. consent and protected, if they are in the input. */
static tc_status copy_flags_all(const tc_features_join *join, tc_features_profiles *p,
                                tc_error *err)
{
    static const int8_t unknown = -1;
    const tc_config_customers *customers = &join->config->customers;
    const struct {
        int there;
        const char *from;
        tc_field field;
    } flag[] = {{customers->n_files > 0 && customers->consent != NULL,
                 "customers/consent",
                 {.name = "user/consent",
                  .type = TC_I8,
                  .unit = "1",
                  .description = "1 = consents, 0 = does not, -1 = unknown"}},
                {customers->n_files > 0 && customers->is_protected != NULL,
                 "customers/protected",
                 {.name = "user/protected",
                  .type = TC_I8,
                  .unit = "1",
                  .description = "1 = protected, 0 = not, -1 = unknown"}}};
    tc_status st = TC_OK;
    for (int i = 0; i < 2 && st == TC_OK; i++) {
        if (flag[i].there) {
            st = copy_all(join, p, flag[i].from, &flag[i].field, &unknown, err);
        }
    }
    return st;
}

/* Collective. A small table as it is; *n_rows its rows. */
static tc_status copy_small_all(const tc_features_join *join, tc_features_profiles *p,
                                tc_field field, int64_t *n_rows, void **data, tc_error *err)
{
    int columns;
    tc_status st =
        tc_store_shape_all(p->store, field.name, n_rows, &columns, &field.width, err);
    *data = NULL;
    if (st == TC_OK) {
        *data = tc_mem_alloc(*n_rows, tc_type_size(&field), err);
        st = tc_comm_agree_all(join->comm, *data == NULL ? TC_ENOMEM : TC_OK, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_small_all(p->store, &field, *n_rows, *data, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_small_all(join->out, &field, *data, *n_rows, err);
    }
    return st;
}

/* The list of user columns. */
typedef struct {
    int64_t n;
    int width;
    char *name;
    uint8_t *table, *kind;
} listing;

static void listing_free(listing *l)
{
    tc_mem_free(l->name);
    tc_mem_free(l->table);
    tc_mem_free(l->kind);
}

/* Collective. */
static tc_status copy_listing_all(const tc_features_join *join, tc_features_profiles *p,
                                  listing *l, tc_error *err)
{
    static const char *const tables[] = {"customers", "wide"};
    static const char *const kinds[] = {"numeric", "categorical"};
    const tc_field name = {.name = "columns/name",
                           .type = TC_TEXT,
                           .unit = "",
                           .description = "user columns, each in user/<name>"};
    const tc_field table = {.name = "columns/table",
                            .type = TC_ENUM,
                            .unit = "",
                            .description = "where the column comes from",
                            .names = tables,
                            .n_names = 2};
    const tc_field kind = {.name = "columns/kind",
                           .type = TC_ENUM,
                           .unit = "",
                           .description = "numbers, or words with a dictionary",
                           .names = kinds,
                           .n_names = 2};
    int columns;
    tc_status st = TC_OK;
    if (!tc_store_has_all(p->store, name.name)) {
        return TC_OK;
    }
    st = tc_store_shape_all(p->store, name.name, &l->n, &columns, &l->width, err);
    if (st == TC_OK) {
        st = copy_small_all(join, p, name, &l->n, (void **)&l->name, err);
    }
    if (st == TC_OK) {
        st = copy_small_all(join, p, table, &l->n, (void **)&l->table, err);
    }
    if (st == TC_OK) {
        st = copy_small_all(join, p, kind, &l->n, (void **)&l->kind, err);
    }
    return st;
}

/* Collective. One user column with its dictionary. */
static tc_status copy_user_all(const tc_features_join *join, tc_features_profiles *p,
                               const listing *l, int64_t i, tc_error *err)
{
    static const uint32_t none = 0;
    const int is_wide = l->table[i] != 0, is_category = l->kind[i] != 0;
    const int is_narrow = is_wide && join->config->wide.storage == TC_WIDE_F32;
    const float narrow = (float)NAN;
    const double wide = (double)NAN;
    char from[NAME], to[NAME], dictionary[NAME];
    tc_field field = {.name = to,
                      .type = is_category ? TC_U32
                              : is_narrow ? TC_F32
                                          : TC_F64,
                      .unit = is_category ? "1" : "",
                      .description =
                          is_category ? "row of its dictionary, 0 = missing; as given, not "
                                        "as of a date"
                                      : "as given, not as of a date; NaN = missing"};
    tc_field words = {.name = dictionary,
                      .type = TC_TEXT,
                      .unit = "",
                      .description = "words by code, sorted by bytes; 0 = missing"};
    tc_status st;
    const char *name = l->name + i * l->width;
    const int n = (int)strnlen(name, (size_t)l->width);
    (void)snprintf(from, sizeof from, "%s/%.*s", is_wide ? "wide" : "attributes", n, name);
    (void)snprintf(to, sizeof to, "user/%.*s", n, name);
    (void)snprintf(dictionary, sizeof dictionary, "dictionary/%.*s", n, name);
    st = copy_all(join, p, from, &field,
                  is_category ? (const void *)&none
                  : is_narrow ? (const void *)&narrow
                              : (const void *)&wide,
                  err);
    if (st == TC_OK && is_category) {
        int64_t rows;
        void *data;
        st = copy_small_all(join, p, words, &rows, &data, err);
        tc_mem_free(data);
    }
    return st;
}

/* Counts the customers of each table of this rank that have events. */
static tc_status count_matched(const tc_features_join *join, const tc_features_profiles *p,
                               tc_store_piece *sources, int64_t *matched, int64_t *alone,
                               tc_error *err)
{
    uint8_t *source = tc_mem_alloc(BLOCK, 1, err);
    int64_t k = 0, loaded = 0;
    if (source == NULL) {
        return TC_ENOMEM;
    }
    tc_status st = TC_OK;
    for (int64_t row = 0; row < join->shards->n_local && st == TC_OK; row++) {
        const int active = p->active[row >> 3] >> (row & 7) & 1;
        if (!tc_features_has_profile(p, row)) {
            continue;
        }
        if (k == loaded) {
            const int64_t left = p->n - loaded, n = left < BLOCK ? left : BLOCK;
            st = tc_store_read(sources, source, p->row0 + loaded, n, err);
            loaded += n;
        }
        for (int t = 0; t < TABLES && st == TC_OK; t++) {
            matched[t] += active && (source[k % BLOCK] >> t & 1) != 0;
        }
        *alone += !active;
        k++;
    }
    tc_mem_free(source);
    return st;
}

/* Collective. customers with events by table; customers without any. */
static tc_status put_matched_all(const tc_features_join *join, tc_features_profiles *p,
                                 tc_error *err)
{
    static const char *const name[TABLES + 1] = {
        "profiles_customers_with_events", "profiles_interactions_with_events",
        "profiles_wide_with_events", "profiles_without_events"};
    const tc_field field = {.name = "customers/source", .type = TC_U8};
    tc_store_piece *piece = NULL;
    int64_t count[TABLES + 1] = {0};
    tc_status st = tc_store_view_all(p->store, &field, NULL, &piece, err);
    if (st == TC_OK) {
        st = count_matched(join, p, piece, count, &count[TABLES], err);
        st = tc_store_end_all(&piece, st, err);
    }
    tc_comm_sum_i64_all(join->comm, count, TABLES + 1);
    for (int i = 0; i <= TABLES && st == TC_OK; i++) {
        st = tc_store_put_i64_all(join->out, name[i], count[i], err);
    }
    return st;
}

tc_status tc_features_join_all(const tc_features_join *join, tc_features_profiles *profiles,
                               tc_error *err)
{
    listing l = {0};
    tc_status st;
    if (profiles->store == NULL) {
        return TC_OK;
    }
    st = tc_features_interact_all(join, profiles, err);
    if (st == TC_OK) {
        st = copy_flags_all(join, profiles, err);
    }
    if (st == TC_OK) {
        st = copy_listing_all(join, profiles, &l, err);
    }
    for (int64_t i = 0; i < l.n && st == TC_OK; i++) {
        st = copy_user_all(join, profiles, &l, i, err);
    }
    listing_free(&l);
    return st == TC_OK ? put_matched_all(join, profiles, err) : st;
}
