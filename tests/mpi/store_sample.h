/* store_sample.h - the file that the tests of the store write: datasets of every type,
 * whose content is a function of the row. */
#ifndef TC_TEST_STORE_SAMPLE_H
#define TC_TEST_STORE_SAMPLE_H

#include "check.h"

#include "tiercel/hash.h"
#include "tiercel/store.h"

#include <string.h>
#include <unistd.h>

static const char *const SAMPLE_TIERS[] = {"none", "bronze", "silver", "gold"};

/* The first one has a known byte pattern, which the damage tests look for. */
static const tc_field SAMPLE[] = {
    {.name = "plain/i64", .type = TC_I64, .unit = "s", .description = "signed words"},
    {.name = "plain/u64",
     .type = TC_U64,
     .columns = 2,
     .unit = "1",
     .description = "hi, lo"},
    {.name = "plain/i32", .type = TC_I32, .unit = "1", .description = "half words"},
    {.name = "plain/u32", .type = TC_U32, .unit = "1", .description = "half words"},
    {.name = "plain/u16", .type = TC_U16, .unit = "", .description = "codes"},
    {.name = "plain/u8", .type = TC_U8, .unit = "", .description = ""},
    {.name = "plain/i8", .type = TC_I8},
    {.name = "at/2011-12-10/f32", .type = TC_F32, .unit = "days", .description = "NaN too"},
    {.name = "at/2011-12-10/f64", .type = TC_F64, .unit = "days", .description = "NaN too"},
    {.name = "at/2011-06-10/f64", .type = TC_F64, .columns = 3, .unit = "1"},
    {.name = "id", .type = TC_TEXT, .width = 7, .description = "not ended by a zero byte"},
    {.name = "tier",
     .type = TC_ENUM,
     .names = SAMPLE_TIERS,
     .n_names = 4,
     .description = "named values"},
};

enum { SAMPLE_FIELDS = (int)(sizeof SAMPLE / sizeof *SAMPLE), SAMPLE_ROW_BYTES = 24 };

static inline int sample_columns(const tc_field *f)
{
    return f->columns > 1 ? f->columns : 1;
}

/* Rows row0 .. row0 + n - 1 of a dataset. */
static inline void sample_fill(const tc_field *f, int64_t row0, int64_t n, void *to)
{
    const size_t bytes = tc_type_size(f);
    const int columns = sample_columns(f);
    unsigned char *at = to;
    for (int64_t e = row0 * columns; e < (row0 + n) * columns; e++, at += bytes) {
        uint64_t h = tc_hash_mix((uint64_t)e, (uint64_t)f->type);
        const double number = e % 11 == 5 ? __builtin_nan("") : (double)(h % 10000) / 8.0;
        const float single = (float)number;
        if (f->type == TC_I64) {
            h = 0x5AA5C33C0FF00000u + (uint64_t)e;
        }
        if (f->type == TC_F64) {
            memcpy(at, &number, bytes);
        } else if (f->type == TC_F32) {
            memcpy(at, &single, bytes);
        } else if (f->type == TC_ENUM) {
            *at = (unsigned char)(h % (uint64_t)f->n_names);
        } else if (f->type == TC_TEXT) {
            memset(at, 0, bytes);
            memset(at, 'a' + (int)(h % 26), h % (bytes + 1));
        } else {
            memcpy(at, &h, bytes); /* the low bytes */
        }
    }
}

static inline void *sample_rows(const tc_field *f, int64_t row0, int64_t n)
{
    tc_error err = {0};
    void *rows = tc_mem_alloc(n * sample_columns(f), tc_type_size(f), &err);
    CHECK(rows != NULL);
    if (rows != NULL) {
        sample_fill(f, row0, n, rows);
    }
    return rows;
}

static inline tc_store_header sample_header(int64_t n_rows)
{
    tc_store_header h = {.schema = "tiercel.sample",
                         .schema_version = 3,
                         .program_version = "0.1.0",
                         .run_id = "0123456789abcdef0123456789abcdef",
                         .as_of = "2011-12-10",
                         .seed = -5,
                         .n_shards = 64};
    h.n_rows = n_rows;
    return h;
}

static const double SAMPLE_TABLE[3][4] = {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12.5}};
static const tc_field SAMPLE_SMALL = {.name = "small/table",
                                      .type = TC_F64,
                                      .columns = 4,
                                      .unit = "1",
                                      .description = "small"};
static const tc_field SAMPLE_EMPTY = {.name = "small/empty", .type = TC_I64, .unit = "1"};
static const tc_field SAMPLE_NO_NAMES = {
    .name = "small/names", .type = TC_TEXT, .width = 4};

/* Collective. First row of a rank when n rows are shared out evenly. */
static inline int64_t sample_begin(const tc_comm *comm, int64_t n, int rank)
{
    return n * rank / tc_comm_size(comm);
}

/* Collective. Writes all datasets; stops at the first failure, which is agreed. */
static inline tc_status sample_put_all(tc_comm *comm, tc_store *store, int64_t n,
                                       tc_error *err)
{
    const int64_t row0 = sample_begin(comm, n, tc_comm_rank(comm));
    const int64_t n_local = sample_begin(comm, n, tc_comm_rank(comm) + 1) - row0;
    tc_status st = TC_OK;
    for (int i = 0; st == TC_OK && i < SAMPLE_FIELDS; i++) {
        unsigned char rows[8192 * SAMPLE_ROW_BYTES];
        sample_fill(&SAMPLE[i], row0, n_local, rows);
        st = tc_store_put_all(store, &SAMPLE[i], n_local > 0 ? rows : NULL, row0, n_local,
                              n, err);
    }
    st = st != TC_OK ? st
                     : tc_store_put_small_all(store, &SAMPLE_SMALL, SAMPLE_TABLE, 3, err);
    st = st != TC_OK ? st : tc_store_put_small_all(store, &SAMPLE_EMPTY, NULL, 0, err);
    st = st != TC_OK ? st : tc_store_put_small_all(store, &SAMPLE_NO_NAMES, NULL, 0, err);
    st = st != TC_OK ? st : tc_store_put_i64_all(store, "rows_read", INT64_MIN + 1, err);
    st = st != TC_OK ? st : tc_store_put_f64_all(store, "inertia", 0.1, err);
    st = st != TC_OK ? st : tc_store_put_text_all(store, "status", "fitted, 3 steps", err);
    return st != TC_OK ? st : tc_store_put_text_all(store, "nothing", "", err);
}

/* Collective. The whole life of the sample file. */
static inline tc_status sample_write_all(tc_comm *comm, const char *path, int64_t n,
                                         tc_error *err)
{
    const tc_store_header header = sample_header(n);
    tc_store *store = NULL;
    tc_status st = tc_store_create_all(comm, path, &header, &store, err);
    if (st == TC_OK) {
        st = sample_put_all(comm, store, n, err);
    }
    if (st == TC_OK) {
        st = tc_store_publish_all(&store, err);
        CHECK(store == NULL);
    }
    tc_store_close_all(&store);
    return st;
}

static inline void path_of(char path[512], const char *folder, const char *name)
{
    (void)snprintf(path, 512, "%s/%s", folder, name);
}

/* Local. Two files are there and equal. */
static inline int same_bytes(const char *a, const char *b)
{
    FILE *fa = fopen(a, "rb"), *fb = fopen(b, "rb");
    int same = fa != NULL && fb != NULL, ca = 0;
    while (same && ca != EOF) {
        ca = getc(fa);
        same = ca == getc(fb);
    }
    if (fa != NULL) {
        (void)fclose(fa);
    }
    if (fb != NULL) {
        (void)fclose(fb);
    }
    return same;
}

/* Collective. 1 if the file is there, as rank 0 sees it. */
static inline int file_exists_all(tc_comm *comm, const char *path)
{
    int64_t there = tc_comm_rank(comm) == 0 && access(path, F_OK) == 0;
    tc_comm_max_i64_all(comm, &there, 1);
    return there != 0;
}

#endif
