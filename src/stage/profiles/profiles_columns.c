/* profiles_columns.c - user columns and their dictionaries. */
#include "profiles_impl.h"

#include <string.h>

static const char OTHER[] = "other";

void tc_profile_columns_free(tc_profile_columns *columns)
{
    for (int c = 0; c < columns->n && columns->column != NULL; c++) {
        tc_mem_free(columns->column[c].name);
        tc_text_set_free(&columns->column[c].words);
    }
    tc_mem_free(columns->column);
    *columns = (tc_profile_columns){0};
}

/* 1 if consent, protected, an attribute or an earlier column is called so. */
static int is_taken(const tc_profiles *p, const char *name)
{
    if (strcmp(name, "consent") == 0 || strcmp(name, "protected") == 0) {
        return 1;
    }
    for (int t = 0; t < TC_N_TABLES; t++) {
        for (int c = 0; c < p->columns[t].n; c++) {
            const char *other = p->columns[t].column[c].name;
            if (other != NULL && strcmp(other, name) == 0) {
                return 1;
            }
        }
    }
    return 0;
}

/* Takes over name in every case. A dataset cannot have a slash in its name. */
static tc_status add_column(tc_profiles *p, int table, char *name,
                            const tc_profile_column *like, tc_error *err)
{
    tc_profile_columns *columns = &p->columns[table];
    TC_ASSERT(name != NULL);
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)(*at == '/' ? '_' : *at);
    }
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strlen(name) > TC_LEVEL_MAX / 2 ||
        is_taken(p, name)) {
        const tc_status st = tc_fail(
            err, TC_EDATA,
            "%s: column %d cannot be a user feature: its name is empty, longer than "
            "%d bytes, or that of another one (as are consent and protected); rename "
            "it",
            p->file[p->first_file[table]], columns->n + 1, TC_LEVEL_MAX / 2);
        tc_mem_free(name);
        return st;
    }
    columns->column[columns->n] = *like;
    columns->column[columns->n++].name = name;
    return TC_OK;
}

tc_status tc_profiles_attributes(tc_profiles *p, tc_error *err)
{
    const tc_config_customers *customers = &p->config->customers;
    tc_profile_columns *columns = &p->columns[TC_TABLE_CUSTOMERS];
    columns->cell = 8;
    if (customers->n_files == 0) {
        return TC_OK;
    }
    columns->column = tc_mem_alloc(customers->n_attributes, sizeof *columns->column, err);
    if (columns->column == NULL) {
        return TC_ENOMEM;
    }
    for (int i = 0; i < customers->n_attributes; i++) {
        const tc_attribute_def *a = &customers->attributes[i];
        const tc_profile_column like = {.is_category = a->kind == TC_ATTRIBUTE_CATEGORICAL,
                                        .levels = a->levels};
        char *name = tc_mem_text(a->name != NULL ? a->name : a->column, err);
        if (name == NULL) {
            return TC_ENOMEM;
        }
        TC_TRY(add_column(p, TC_TABLE_CUSTOMERS, name, &like, err));
    }
    return TC_OK;
}

/* Place of a column in wide.categorical, or -1. */
static int category_of(const tc_config_wide *wide, const char *name)
{
    for (int i = 0; i < wide->n_categorical; i++) {
        if (strcmp(wide->categorical[i].column, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* Names come as UTF-8; one that is not valid in the encoding of the files stays as it is. */
static tc_status copy_name(const tc_profiles *p, const char *text, char **out,
                           tc_error *err)
{
    *out = NULL;
    if (!tc_text_is_utf8(text, (int64_t)strlen(text))) {
        return tc_fail(err, TC_EDATA,
                       "%s: the name of a column is not valid text; set "
                       "input.format.encoding",
                       p->file[p->first_file[TC_TABLE_WIDE]]);
    }
    *out = tc_mem_text(text, err);
    return *out == NULL ? TC_ENOMEM : TC_OK;
}

static tc_status add_wide(tc_profiles *p, const char *const *name, int n, uint8_t *seen,
                          tc_error *err)
{
    const tc_config_wide *wide = &p->config->wide;
    for (int i = 0; i < n; i++) {
        char *text;
        tc_profile_column like = {0};
        int category;
        TC_TRY(copy_name(p, name[i], &text, err));
        TC_ASSERT(text != NULL);
        category = category_of(wide, text);
        if (category >= 0) {
            like.is_category = 1;
            like.levels = wide->categorical[category].levels;
            seen[category] = 1;
        }
        TC_TRY(add_column(p, TC_TABLE_WIDE, text, &like, err));
    }
    for (int i = 0; i < wide->n_categorical; i++) {
        if (!seen[i]) {
            return tc_fail(
                err, TC_EDATA, "%s: has no column \"%s\"; check wide.categorical",
                p->file[p->first_file[TC_TABLE_WIDE]], wide->categorical[i].column);
        }
    }
    return TC_OK;
}

tc_status tc_profiles_wide_columns(tc_profiles *p, const char *const *name, int n,
                                   tc_error *err)
{
    const tc_config_wide *wide = &p->config->wide;
    tc_profile_columns *columns = &p->columns[TC_TABLE_WIDE];
    uint8_t *seen;
    tc_status st;
    columns->cell = wide->storage == TC_WIDE_F32 ? 4 : 8;
    if (n > TC_PROFILE_COLUMNS) {
        return tc_fail(err, TC_EDATA, "%s: has %d columns besides the id; %d are allowed",
                       p->file[p->first_file[TC_TABLE_WIDE]], n, TC_PROFILE_COLUMNS);
    }
    columns->column = tc_mem_alloc(n, sizeof *columns->column, err);
    seen = tc_mem_alloc(wide->n_categorical, 1, err);
    st = columns->column == NULL || seen == NULL ? TC_ENOMEM : TC_OK;
    if (st == TC_OK) {
        st = add_wide(p, name, n, seen, err);
    }
    tc_mem_free(seen);
    return st;
}

/* The words of a column in the order of their bytes, of all ranks. */
static tc_status add_words(tc_profile_column *column, const tc_buffer *packed,
                           tc_error *err)
{
    int64_t number;
    for (int64_t at = 0; at < packed->size; at += 1 + packed->data[at]) {
        const tc_csv_text word = {(const char *)packed->data + at + 1, packed->data[at]};
        TC_TRY(tc_text_set_add(&column->words, word, &number, err));
    }
    if (column->words.n > TC_PROFILE_LEVELS) {
        return tc_fail(err, TC_EDATA,
                       "the categorical user column '%.64s' has more than %d different "
                       "words; is it an id or a number? name its levels, or leave it out",
                       column->name, TC_PROFILE_LEVELS);
    }
    return TC_OK;
}

/* The words of this rank: those that were met, and the known ones, which are in the
 * dictionary even if nobody has them. */
static tc_status pack_words(const tc_profile_column *column, tc_buffer *packed,
                            tc_error *err)
{
    for (const char *at = column->levels; at != NULL;) {
        const size_t n = strcspn(at, "|");
        const unsigned char size = (unsigned char)n;
        TC_TRY(tc_buffer_append(packed, &size, 1, err));
        TC_TRY(tc_buffer_append(packed, at, (int64_t)n, err));
        at = at[n] == '|' ? at + n + 1 : NULL;
    }
    if (column->levels != NULL) {
        const unsigned char size = sizeof OTHER - 1;
        TC_TRY(tc_buffer_append(packed, &size, 1, err));
        TC_TRY(tc_buffer_append(packed, OTHER, sizeof OTHER - 1, err));
    }
    for (int64_t i = 0; i < column->words.n; i++) {
        const tc_csv_text word = tc_text_set_get(&column->words, i);
        const unsigned char size = (unsigned char)word.n;
        TC_TRY(tc_buffer_append(packed, &size, 1, err));
        TC_TRY(tc_buffer_append(packed, word.data, word.n, err));
    }
    return TC_OK;
}

/* New code of each code of this rank. */
static void recode(tc_profiles *p, int table, int c, const uint32_t *code)
{
    const int64_t stride = tc_profile_stride(p, table);
    const int cell = p->columns[table].cell;
    unsigned char *at = p->rows[table].data;
    const int64_t n = p->rows[table].size / stride;
    for (int64_t r = 0; r < n; r++) {
        unsigned char *to =
            at + r * stride + (int64_t)sizeof(tc_profile_row) + (int64_t)c * cell;
        uint32_t old;
        memcpy(&old, to, sizeof old);
        memcpy(to, &code[old], sizeof old);
    }
}

/* Sorted words of the merged set replace the set: by rank of each old word. */
static tc_status sort_words(tc_profiles *p, int table, int c, const tc_text_set *mine,
                            tc_error *err)
{
    tc_profile_column *column = &p->columns[table].column[c];
    const tc_ingest_dict dict = {.known = column->words};
    uint32_t *rank = NULL, *code = NULL;
    char *text = NULL;
    int width;
    tc_text_set sorted = {0};
    tc_status st = tc_ingest_dict_finish(&dict, &rank, &text, &width, err);
    if (st == TC_OK) {
        code = tc_mem_alloc(mine->n + 1, sizeof *code, err);
        st = code == NULL ? TC_ENOMEM : TC_OK;
    }
    for (int64_t i = 0; st == TC_OK && i < mine->n; i++) {
        code[i + 1] = rank[tc_text_set_find(&column->words, tc_text_set_get(mine, i)) + 1];
    }
    for (int64_t i = 1; st == TC_OK && i <= column->words.n; i++) {
        const char *word = text + i * width;
        int64_t number;
        st = tc_text_set_add(&sorted,
                             (tc_csv_text){word, (int64_t)strnlen(word, (size_t)width)},
                             &number, err);
    }
    if (st == TC_OK) {
        recode(p, table, c, code);
        tc_text_set_free(&column->words);
        column->words = sorted;
        column->n_levels = sorted.n;
    } else {
        tc_text_set_free(&sorted);
    }
    tc_mem_free(rank);
    tc_mem_free(code);
    tc_mem_free(text);
    return st;
}

/* Collective. */
static tc_status merge_all(tc_profiles *p, int table, int c, tc_error *err)
{
    tc_profile_column *column = &p->columns[table].column[c];
    tc_text_set mine = column->words;
    tc_buffer packed = {0}, all = {0};
    tc_status st = pack_words(column, &packed, err);
    column->words = (tc_text_set){0};
    st = tc_comm_agree_all(p->comm, st, err);
    if (st == TC_OK) {
        st = tc_comm_gather_all(p->comm, packed.data, packed.size, &all, err);
    }
    if (st == TC_OK) {
        st = add_words(column, &all, err);
        if (st == TC_OK) {
            st = sort_words(p, table, c, &mine, err);
        }
        st = tc_comm_agree_all(p->comm, st, err);
    }
    tc_buffer_free(&packed);
    tc_buffer_free(&all);
    tc_text_set_free(&mine);
    return st;
}

tc_status tc_profiles_dictionaries_all(tc_profiles *p, tc_error *err)
{
    tc_status st = TC_OK;
    for (int t = 0; t < TC_N_TABLES; t++) {
        for (int c = 0; st == TC_OK && c < p->columns[t].n; c++) {
            if (p->columns[t].column[c].is_category) {
                st = merge_all(p, t, c, err);
            }
        }
    }
    return st;
}
