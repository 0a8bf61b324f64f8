/* model_feature.c - features of features.h5 as columns of doubles. */
#include "tiercel/model_feature.h"

#include "tiercel/stop.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_TEXT = 256, LIST_TEXT = 160 };

/* A dataset of floats of 4 or 8 bytes, of flags, or of codes of which one is 1 and all others 0. */
struct tc_model_column {
    tc_store_piece *piece;
    char path[NAME_TEXT];
    tc_field field;
    uint32_t wanted; /* of TC_U32: the code */
};

/* A small table of texts. */
typedef struct {
    int64_t n;
    int width;
    char *text;
} words;

/* Collective. *w is empty if the dataset is not there. */
static tc_status words_all(tc_comm *comm, tc_store *store, const char *name, words *w,
                           tc_error *err)
{
    tc_field field = {.name = name, .type = TC_TEXT};
    int columns;
    tc_status st = TC_OK;
    *w = (words){0};
    if (tc_store_has_all(store, name)) {
        st = tc_store_shape_all(store, name, &w->n, &columns, &w->width, err);
        field.width = w->width;
        if (st == TC_OK) {
            w->text = tc_mem_alloc(w->n, (size_t)w->width, err);
            st = tc_comm_agree_all(comm, w->text == NULL ? TC_ENOMEM : TC_OK, err);
        }
        if (st == TC_OK) {
            st = tc_store_get_small_all(store, &field, w->n, w->text, err);
        }
    }
    return st;
}

static int64_t words_find(const words *w, const char *text, size_t size)
{
    for (int64_t i = 0; i < w->n; i++) {
        const char *word = w->text + i * w->width;
        if (strnlen(word, (size_t)w->width) == size && memcmp(word, text, size) == 0) {
            return i;
        }
    }
    return -1;
}

/* "a, b, c, ..." of the first words that are not empty. */
static void words_list(const words *w, char text[LIST_TEXT])
{
    size_t used = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < w->n && used < LIST_TEXT - 32; i++) {
        const char *word = w->text + i * w->width;
        const int n = (int)strnlen(word, (size_t)w->width);
        if (n > 0) {
            const int put = snprintf(text + used, LIST_TEXT - used, "%s%.*s",
                                     used > 0 ? ", " : "", n > 24 ? 24 : n, word);
            used += put > 0 ? (size_t)put : 0;
        }
    }
}

/* Collective. 1 for the customers whose word is the level. */
static tc_status find_level_all(tc_comm *comm, tc_store *store, const char *column,
                                int column_n, const char *level, tc_model_column *out,
                                tc_error *err)
{
    char name[NAME_TEXT], list[LIST_TEXT];
    int64_t wanted;
    words w;
    (void)snprintf(name, sizeof name, "dictionary/%.*s", column_n, column);
    tc_status st = words_all(comm, store, name, &w, err);
    wanted = st == TC_OK ? words_find(&w, level, strlen(level)) : -1;
    if (st == TC_OK && (wanted < 1 || level[0] == '\0')) {
        words_list(&w, list);
        st = tc_comm_agree_all(
            comm,
            tc_fail(err, TC_ECONFIG, "user.%.*s has no level '%.40s'; it has %lld: %s",
                    column_n, column, level, (long long)(w.n > 0 ? w.n - 1 : 0), list),
            err);
    }
    tc_mem_free(w.text);
    out->wanted = (uint32_t)wanted;
    out->field.type = TC_U32;
    (void)snprintf(out->path, sizeof out->path, "user/%.*s", column_n, column);
    return st;
}

/* The longest prefix of "name=level" that is a categorical column; -1 if there is none. */
static int split_level(tc_store *store, const words *w, const char *text)
{
    for (const char *at = strrchr(text, '='); at != NULL && at > text;) {
        char name[NAME_TEXT];
        const int n = (int)(at - text);
        (void)snprintf(name, sizeof name, "dictionary/%.*s", n, text);
        if (words_find(w, text, (size_t)n) >= 0 && tc_store_has_all(store, name)) {
            return n;
        }
        do {
            at--;
        } while (at > text && *at != '=');
    }
    return -1;
}

/* Collective. */
static tc_status find_user_all(tc_comm *comm, tc_store *store, const char *column,
                               tc_model_column *out, tc_error *err)
{
    char dictionary[NAME_TEXT], list[LIST_TEXT];
    int64_t rows;
    int columns, width, n;
    words w;
    tc_status st = words_all(comm, store, "columns/name", &w, err);
    const int is_flag = strcmp(column, "consent") == 0 || strcmp(column, "protected") == 0;
    (void)snprintf(out->path, sizeof out->path, "user/%.200s", column);
    (void)snprintf(dictionary, sizeof dictionary, "dictionary/%.200s", column);
    n = st == TC_OK ? split_level(store, &w, column) : -1;
    if (st == TC_OK && n > 0) {
        st = find_level_all(comm, store, column, n, column + n + 1, out, err);
    } else if (st == TC_OK && tc_store_has_all(store, out->path) &&
               (is_flag || words_find(&w, column, strlen(column)) >= 0) &&
               !tc_store_has_all(store, dictionary)) {
        st = tc_store_shape_all(store, out->path, &rows, &columns, &width, err);
        out->field.type = is_flag ? TC_I8 : width == 4 ? TC_F32 : TC_F64;
    } else if (st == TC_OK) {
        words_list(&w, list);
        st = tc_comm_agree_all(
            comm,
            tc_fail(
                err, TC_ECONFIG,
                "no number is called user.%.60s (a column of words needs =<level>); there "
                "are %lld user columns: %s",
                column, (long long)w.n, list),
            err);
    }
    tc_mem_free(w.text);
    return st;
}

tc_status tc_model_column_open_all(tc_comm *comm, tc_store *features, const char *date,
                                   const char *name, tc_model_column **out, tc_error *err)
{
    int n;
    const int index = tc_catalogue_find(name);
    tc_model_column *column = tc_mem_alloc(1, sizeof *column, err);
    tc_status st = tc_comm_agree_all(comm, column == NULL ? TC_ENOMEM : TC_OK, err);
    *out = column;
    if (st == TC_OK) {
        TC_ASSERT(column != NULL);
        column->field = (tc_field){
            .name = column->path,
            .type = index >= 0 && tc_catalogue(&n)[index].is_double ? TC_F64 : TC_F32};
        if (tc_model_feature_is_user(name)) {
            st =
                find_user_all(comm, features, name + sizeof TC_MODEL_USER - 1, column, err);
        } else {
            (void)snprintf(column->path, sizeof column->path, "at/%s/%s", date, name);
        }
    }
    if (st == TC_OK) {
        TC_ASSERT(column != NULL);
        st = tc_store_view_all(features, &column->field, NULL, &column->piece, err);
    }
    if (st != TC_OK) {
        tc_mem_free(column);
        *out = NULL;
    }
    return st;
}

/* Widens n elements that lie at the end of out; what is written never overtakes what is read. */
static void widen(const tc_model_column *column, const uint8_t *narrow, int64_t n,
                  double *out)
{
    for (int64_t i = 0; i < n; i++) {
        if (column->field.type == TC_F32) {
            float value;
            memcpy(&value, narrow + (size_t)i * sizeof value, sizeof value);
            out[i] = (double)value;
        } else if (column->field.type == TC_U32) {
            uint32_t code;
            memcpy(&code, narrow + (size_t)i * sizeof code, sizeof code);
            out[i] = code == column->wanted;
        } else {
            const int8_t flag = (int8_t)narrow[i];
            out[i] = flag < 0 ? (double)NAN : (double)flag;
        }
    }
}

tc_status tc_model_column_read(tc_model_column *column, int64_t row0, int64_t n,
                               double *out, tc_error *err)
{
    const size_t size = tc_type_size(&column->field);
    uint8_t *narrow = (uint8_t *)out + (size_t)n * (sizeof *out - size);
    TC_TRY(tc_stop_check(err));
    TC_TRY(tc_store_read(column->piece, narrow, row0, n, err));
    if (column->field.type != TC_F64) {
        widen(column, narrow, n, out);
    }
    return TC_OK;
}

tc_status tc_model_column_end_all(tc_model_column **column, tc_status status, tc_error *err)
{
    tc_status st = status;
    if (*column != NULL) {
        st = tc_store_end_all(&(*column)->piece, status, err);
        tc_mem_free(*column);
        *column = NULL;
    }
    return st;
}

tc_status tc_model_feature_read_all(tc_comm *comm, tc_store *features,
                                    const tc_shards *shards, const char *date,
                                    const char *name, double *out, tc_error *err)
{
    tc_model_column *column = NULL;
    tc_status st = tc_model_column_open_all(comm, features, date, name, &column, err);
    if (st == TC_OK) {
        st = tc_model_column_read(column, shards->row0, shards->n_local, out, err);
        st = tc_model_column_end_all(&column, st, err);
    }
    return st;
}
