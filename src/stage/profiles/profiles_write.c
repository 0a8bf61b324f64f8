/* profiles_write.c - profiles.h5: customers in the order of their hash, one column at a time
 * through a buffer of one block, so that nothing is held twice. */
#include "profiles_write.h"

#include "tiercel/fault.h"
#include "tiercel/lineage.h"
#include "tiercel/shards.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Fills n elements from element i of this rank's part on. */
typedef void fill(const tc_profile_writer *w, const void *what, int64_t i, int64_t n,
                  void *out);

/* Collective. One dataset in blocks; row0, n_local, n_global: of its rows. */
static tc_status put_all(tc_profile_writer *w, const tc_field *field, fill *get,
                         const void *what, const int64_t rows[3], tc_error *err)
{
    tc_store_piece *piece = NULL;
    tc_status st = tc_store_begin_all(w->store, field, rows[2], &piece, err);
    if (st == TC_OK) {
        st = TC_FAULT("profiles.write", err);
        for (int64_t i = 0; st == TC_OK && i < rows[1]; i += TC_PROFILE_BLOCK) {
            const int64_t n =
                rows[1] - i < TC_PROFILE_BLOCK ? rows[1] - i : TC_PROFILE_BLOCK;
            get(w, what, i, n, w->block);
            st = tc_store_write(piece, w->block, rows[0] + i, n, err);
        }
        st = tc_store_end_all(&piece, st, err);
    }
    return st;
}

static tc_status put_people_all(tc_profile_writer *w, const tc_field *field, fill *get,
                                const void *what, tc_error *err)
{
    const int64_t rows[3] = {w->row0, w->p->people.n, w->n_global};
    return put_all(w, field, get, what, rows, err);
}

static void get_ids(const tc_profile_writer *w, const void *what, int64_t i, int64_t n,
                    void *out)
{
    const int64_t width = *(const int64_t *)what;
    char *to = out;
    memset(to, 0, (size_t)(n * width));
    for (int64_t k = 0; k < n; k++) {
        int64_t id_n;
        const char *id = tc_people_id(&w->p->people, i + k, &id_n);
        memcpy(to + k * width, id, (size_t)id_n);
    }
}

static void get_hashes(const tc_profile_writer *w, const void *what, int64_t i, int64_t n,
                       void *out)
{
    tc_hash128 *to = out;
    (void)what;
    for (int64_t k = 0; k < n; k++) {
        to[k] = tc_people_get(&w->p->people, i + k)->hash;
    }
}

static void get_sources(const tc_profile_writer *w, const void *what, int64_t i, int64_t n,
                        void *out)
{
    const tc_profiles *p = w->p;
    uint8_t *to = out;
    (void)what;
    for (int64_t k = 0; k < n; k++) {
        to[k] = (uint8_t)((p->row_of[TC_TABLE_CUSTOMERS][i + k] >= 0 ? 1 : 0) |
                          (p->first_touch[i + k + 1] > p->first_touch[i + k] ? 2 : 0) |
                          (p->row_of[TC_TABLE_WIDE][i + k] >= 0 ? 4 : 0));
    }
}

static const tc_profile_row *customer_row(const tc_profile_writer *w, int64_t i)
{
    const int64_t r = w->p->row_of[TC_TABLE_CUSTOMERS][i];
    return r < 0 ? NULL : tc_profile_row_at(w->p, TC_TABLE_CUSTOMERS, r);
}

static void get_signups(const tc_profile_writer *w, const void *what, int64_t i, int64_t n,
                        void *out)
{
    int32_t *to = out;
    (void)what;
    for (int64_t k = 0; k < n; k++) {
        const tc_profile_row *row = customer_row(w, i + k);
        to[k] = row == NULL ? TC_INTERACT_NO_DAY : row->signup;
    }
}

static void get_consents(const tc_profile_writer *w, const void *what, int64_t i, int64_t n,
                         void *out)
{
    int8_t *to = out;
    (void)what;
    for (int64_t k = 0; k < n; k++) {
        const tc_profile_row *row = customer_row(w, i + k);
        to[k] = (int8_t)(row == NULL ? -1 : row->consent);
    }
}

static void get_protected(const tc_profile_writer *w, const void *what, int64_t i,
                          int64_t n, void *out)
{
    int8_t *to = out;
    (void)what;
    for (int64_t k = 0; k < n; k++) {
        const tc_profile_row *row = customer_row(w, i + k);
        to[k] = (int8_t)(row == NULL ? -1 : row->is_protected);
    }
}

/* A column of the customers or the wide table. */
typedef struct {
    int table, column;
} cell_place;

static void get_cells(const tc_profile_writer *w, const void *what, int64_t i, int64_t n,
                      void *out)
{
    const cell_place *place = what;
    const tc_profile_columns *columns = &w->p->columns[place->table];
    const int category = columns->column[place->column].is_category;
    const int64_t width = category ? 4 : columns->cell;
    unsigned char *to = out;
    for (int64_t k = 0; k < n; k++, to += width) {
        const int64_t r = w->p->row_of[place->table][i + k];
        if (r >= 0) {
            const unsigned char *cells =
                (const unsigned char *)(tc_profile_row_at(w->p, place->table, r) + 1);
            memcpy(to, cells + (int64_t)place->column * columns->cell, (size_t)width);
        } else if (category) {
            memset(to, 0, (size_t)width);
        } else if (width == 4) {
            memcpy(to, &(float){(float)NAN}, sizeof(float));
        } else {
            memcpy(to, &(double){(double)NAN}, sizeof(double));
        }
    }
}

static void get_first_touches(const tc_profile_writer *w, const void *what, int64_t i,
                              int64_t n, void *out)
{
    int64_t *to = out;
    (void)what;
    for (int64_t k = 0; k < n; k++) {
        to[k] = w->touch0 + w->p->first_touch[i + k];
    }
}

static const tc_profile_touch *touch_at(const tc_profile_writer *w, int64_t i)
{
    return (const tc_profile_touch *)(const void *)w->p->touches.data + i;
}

static void get_times(const tc_profile_writer *w, const void *what, int64_t i, int64_t n,
                      void *out)
{
    (void)what;
    for (int64_t k = 0; k < n; k++) {
        ((int64_t *)out)[k] = touch_at(w, i + k)->time;
    }
}

static void get_kinds(const tc_profile_writer *w, const void *what, int64_t i, int64_t n,
                      void *out)
{
    (void)what;
    for (int64_t k = 0; k < n; k++) {
        ((uint8_t *)out)[k] = touch_at(w, i + k)->kind;
    }
}

static void get_values(const tc_profile_writer *w, const void *what, int64_t i, int64_t n,
                       void *out)
{
    (void)what;
    for (int64_t k = 0; k < n; k++) {
        ((int64_t *)out)[k] = touch_at(w, i + k)->value;
    }
}

static void get_responses(const tc_profile_writer *w, const void *what, int64_t i,
                          int64_t n, void *out)
{
    (void)what;
    for (int64_t k = 0; k < n; k++) {
        ((int64_t *)out)[k] = touch_at(w, i + k)->response;
    }
}

/* Collective. */
static tc_status put_customers_all(tc_profile_writer *w, tc_error *err)
{
    int64_t width = w->p->people.width;
    tc_field id = {.name = "customers/id",
                   .type = TC_TEXT,
                   .unit = "",
                   .description = "customer id, normalised as configured"};
    const struct {
        tc_field field;
        fill *get;
    } column[] = {
        {{.name = "customers/hash",
          .type = TC_U64,
          .unit = "1",
          .description = "XXH3 of the id: high word, low word; customers are in this order",
          .columns = 2},
         get_hashes},
        {{.name = "customers/source",
          .type = TC_U8,
          .unit = "1",
          .description = "sum of 1 = in the customers table, 2 = has interactions, 4 = in "
                         "the wide table"},
         get_sources},
        {{.name = "customers/signup",
          .type = TC_I32,
          .unit = "days",
          .description = "day of the signup since 1970-01-01; -2147483648 = missing"},
         get_signups},
        {{.name = "customers/consent",
          .type = TC_I8,
          .unit = "1",
          .description = "1 = consents, 0 = does not, -1 = unknown"},
         get_consents},
        {{.name = "customers/protected",
          .type = TC_I8,
          .unit = "1",
          .description = "1 = protected, 0 = not, -1 = unknown"},
         get_protected}};
    tc_status st;
    tc_comm_max_i64_all(w->p->comm, &width, 1);
    width = width > 0 ? width : 1;
    id.width = (int)width;
    st = put_people_all(w, &id, get_ids, &width, err);
    for (size_t i = 0; st == TC_OK && i < sizeof column / sizeof *column; i++) {
        st = put_people_all(w, &column[i].field, column[i].get, NULL, err);
    }
    return st;
}

/* Collective. The last rank adds the end of the last customer. */
static tc_status put_touches_all(tc_profile_writer *w, tc_error *err)
{
    static const char *const kinds[] = {
#define X(constant, word) word,
        TC_TOUCH_LIST(X)
#undef X
    };
    const int last = tc_comm_rank(w->p->comm) == tc_comm_size(w->p->comm) - 1;
    const int64_t people[3] = {w->row0, w->p->people.n + last, w->n_global + 1};
    const int64_t touches[3] = {
        w->touch0, w->p->touches.size / (int64_t)sizeof(tc_profile_touch), w->n_touches};
    const tc_field first = {.name = "customers/first_interaction",
                            .type = TC_I64,
                            .unit = "1",
                            .description =
                                "row of the customer's first interaction; its last "
                                "is before the next customer's first"};
    const struct {
        tc_field field;
        fill *get;
    } column[] = {{{.name = "interactions/time",
                    .type = TC_I64,
                    .unit = "s",
                    .description = "seconds since 1970-01-01 of the company's own clock"},
                   get_times},
                  {{.name = "interactions/kind",
                    .type = TC_ENUM,
                    .unit = "",
                    .description = "what it is; survey = satisfaction, nps = 0 to 10",
                    .names = kinds,
                    .n_names = TC_N_TOUCHES},
                   get_kinds},
                  {{.name = "interactions/value",
                    .type = TC_I64,
                    .unit = "1/10000",
                    .description = "answer to a survey or nps; -2^63 = missing"},
                   get_values},
                  {{.name = "interactions/response",
                    .type = TC_I64,
                    .unit = "h/10000",
                    .description = "time until the company answered; -2^63 = missing"},
                   get_responses}};
    tc_status st = put_all(w, &first, get_first_touches, NULL, people, err);
    for (size_t i = 0; st == TC_OK && i < sizeof column / sizeof *column; i++) {
        st = put_all(w, &column[i].field, column[i].get, NULL, touches, err);
    }
    return st;
}

/* Collective. */
static tc_status put_cells_all(tc_profile_writer *w, int table, tc_error *err)
{
    const tc_profile_columns *columns = &w->p->columns[table];
    const char *folder = table == TC_TABLE_WIDE ? "wide" : "attributes";
    tc_status st = TC_OK;
    for (int c = 0; st == TC_OK && c < columns->n; c++) {
        const tc_profile_column *column = &columns->column[c];
        const cell_place place = {table, c};
        char name[TC_PROFILE_NAME];
        const tc_field field = {.name = name,
                                .type = column->is_category  ? TC_U32
                                        : columns->cell == 4 ? TC_F32
                                                             : TC_F64,
                                .unit = column->is_category ? "1" : "",
                                .description = column->is_category
                                                   ? "row of its dictionary, 0 = missing"
                                                   : "as given; NaN = missing"};
        (void)snprintf(name, sizeof name, "%s/%s", folder, column->name);
        st = put_people_all(w, &field, get_cells, &place, err);
        if (st == TC_OK && column->is_category) {
            st = tc_profile_put_dictionary_all(w, column, err);
        }
    }
    return st;
}

/* Collective. */
static tc_status create_all(tc_profile_writer *w, tc_error *err)
{
    const tc_stage_def *def = tc_stage(TC_STAGE_PROFILES);
    tc_store_header header = {.schema_version = def->schema_version,
                              .n_shards = tc_shards_count(w->n_global),
                              .n_rows = w->n_global};
    char *path = tc_config_path(w->p->config, def->file, err);
    tc_status st = path == NULL ? TC_ENOMEM : tc_profile_run_id(w->p, header.run_id, err);
    (void)snprintf(header.schema, sizeof header.schema, "%s", def->schema);
    (void)snprintf(header.program_version, sizeof header.program_version, "%s", TC_VERSION);
    if (st == TC_OK) {
        int64_t room = w->p->people.width > 16 ? w->p->people.width : 16;
        w->block = tc_mem_alloc(TC_PROFILE_BLOCK, (size_t)(room < 128 ? 128 : room), err);
        st = w->block == NULL ? TC_ENOMEM : TC_OK;
    }
    st = tc_comm_agree_all(w->p->comm, st, err);
    if (st == TC_OK) {
        st = tc_store_create_all(w->p->comm, path, &header, &w->store, err);
    }
    tc_mem_free(path);
    return st;
}

tc_status tc_profiles_write_all(tc_profiles *p, tc_store **store, tc_error *err)
{
    int64_t before[2] = {p->people.n, p->touches.size / (int64_t)sizeof(tc_profile_touch)};
    int64_t sum[2] = {before[0], before[1]};
    tc_profile_writer w = {.p = p};
    tc_status st;
    tc_comm_exscan_i64_all(p->comm, before, 2);
    tc_comm_sum_i64_all(p->comm, sum, 2);
    w.row0 = before[0];
    w.touch0 = before[1];
    w.n_global = sum[0];
    w.n_touches = sum[1];
    st = create_all(&w, err);
    *store = w.store;
    if (st == TC_OK) {
        st = tc_profile_put_shards_all(&w, err);
    }
    if (st == TC_OK) {
        st = put_customers_all(&w, err);
    }
    if (st == TC_OK) {
        st = put_touches_all(&w, err);
    }
    for (int t = 0; st == TC_OK && t < TC_N_TABLES; t++) {
        st = put_cells_all(&w, t, err);
    }
    if (st == TC_OK) {
        st = tc_profile_put_listing_all(&w, err);
    }
    if (st == TC_OK) {
        st = tc_profile_put_counts_all(&w, err);
    }
    tc_mem_free(w.block);
    return st;
}
