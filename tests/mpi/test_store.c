/* Datasets that are written and read back. The published file stays in the folder of the
 * tests under a name with the number of ranks, so that the files can be compared. */
#include "store_sample.h"

static void check_dataset(tc_comm *comm, tc_store *store, const tc_field *f, int64_t row0,
                          int64_t n)
{
    tc_error err = {0};
    const size_t bytes = (size_t)(n * sample_columns(f)) * tc_type_size(f);
    void *wanted = sample_rows(f, row0, n), *found = sample_rows(f, row0 + 1, n);
    CHECK(tc_store_get_all(store, f, row0, n, n > 0 ? found : NULL, &err) == TC_OK);
    CHECK(wanted != NULL && found != NULL && memcmp(wanted, found, bytes) == 0);
    CHECK(same_all(comm, err.code));
    tc_mem_free(wanted);
    tc_mem_free(found);
}

/* Rows read as they were written, all on the last rank, and overlapping. */
static void check_datasets(tc_comm *comm, tc_store *store, int64_t n)
{
    const int size = tc_comm_size(comm), rank = tc_comm_rank(comm);
    const int64_t row0 = sample_begin(comm, n, rank);
    const int64_t n_local = sample_begin(comm, n, rank + 1) - row0;
    for (int i = 0; i < SAMPLE_FIELDS; i++) {
        const tc_field *f = &SAMPLE[i];
        tc_error err = {0};
        int64_t rows;
        int columns, width;
        CHECK(tc_store_has_all(store, f->name));
        CHECK(tc_store_shape_all(store, f->name, &rows, &columns, &width, &err) == TC_OK);
        CHECK(rows == n && columns == sample_columns(f));
        CHECK((size_t)width == tc_type_size(f));
        check_dataset(comm, store, f, row0, n_local);
        check_dataset(comm, store, f, rank == size - 1 ? 0 : n, rank == size - 1 ? n : 0);
        /* as many rows as there are in all, but not each once: no false alarm */
        check_dataset(comm, store, f, 0, n / size + (rank < n % size));
        check_dataset(comm, store, f, 0, n);
        check_dataset(comm, store, f, n / 2, 0);
    }
}

static void check_head(tc_store *store, int64_t n)
{
    const tc_store_header wanted = sample_header(n), *h = tc_store_head(store);
    CHECK(strcmp(h->schema, wanted.schema) == 0);
    CHECK(h->schema_version == 3 && h->seed == -5 && h->n_shards == 64 && h->n_rows == n);
    CHECK(strcmp(h->program_version, wanted.program_version) == 0);
    CHECK(strcmp(h->run_id, wanted.run_id) == 0);
    CHECK(strcmp(h->as_of, wanted.as_of) == 0);
}

static void check_small(tc_store *store)
{
    tc_error err = {0};
    double table[3][4] = {{0}}, value = 0;
    int64_t number = 0;
    char text[32] = "x";
    CHECK(tc_store_get_small_all(store, &SAMPLE_SMALL, 3, table, &err) == TC_OK);
    CHECK(memcmp(table, SAMPLE_TABLE, sizeof table) == 0);
    memset(table, 0, sizeof table);
    CHECK(tc_store_get_small_all(store, &SAMPLE_SMALL, 2, table, &err) == TC_OK);
    CHECK(memcmp(table, SAMPLE_TABLE, 2 * sizeof *table) == 0);
    CHECK(tc_store_get_small_all(store, &SAMPLE_EMPTY, 0, NULL, &err) == TC_OK);
    CHECK(tc_store_get_small_all(store, &SAMPLE_NO_NAMES, 0, NULL, &err) == TC_OK);
    CHECK(tc_store_get_i64_all(store, "rows_read", &number, &err) == TC_OK);
    CHECK(number == INT64_MIN + 1);
    CHECK(tc_store_get_f64_all(store, "inertia", &value, &err) == TC_OK && value == 0.1);
    CHECK(tc_store_get_text_all(store, "status", text, sizeof text, &err) == TC_OK);
    CHECK(strcmp(text, "fitted, 3 steps") == 0);
    CHECK(tc_store_get_text_all(store, "nothing", text, sizeof text, &err) == TC_OK);
    CHECK(text[0] == '\0');
}

static void write_and_read(tc_comm *comm, const char *path, int64_t n)
{
    tc_store *store = NULL;
    tc_error err = {0};
    char temporary[520];
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", path);
    CHECK(sample_write_all(comm, path, n, &err) == TC_OK);
    CHECK(file_exists_all(comm, path) && !file_exists_all(comm, temporary));
    CHECK(tc_store_open_all(comm, path, "tiercel.sample", 3, &store, &err) == TC_OK);
    if (store != NULL) {
        check_head(store, n);
        check_datasets(comm, store, n);
        check_small(store);
    }
    tc_store_close_all(&store);
    CHECK(store == NULL);
}

static void the_file_for_comparison(tc_comm *comm, const char *folder)
{
    char path[512], name[64];
    (void)snprintf(name, sizeof name, "store.np%d.h5", tc_comm_size(comm));
    path_of(path, folder, name);
    write_and_read(comm, path, 1000);
}

/* More ranks than rows, and none. */
static void few_rows(tc_comm *comm, const char *folder)
{
    static const int64_t rows[] = {0, 1, 2, 5, 13};
    char path[512];
    path_of(path, folder, "few.h5");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_and_read(comm, path, rows[i]);
    }
    if (tc_comm_rank(comm) == 0) {
        (void)unlink(path);
    }
}

static tc_status get_as(tc_store *store, const tc_field *f, int64_t row0, int64_t n,
                        tc_error *err)
{
    void *rows = tc_mem_alloc((n > 0 ? n : 1) * sample_columns(f), tc_type_size(f), err);
    const tc_status st = tc_store_get_all(store, f, row0, n, rows, err);
    tc_mem_free(rows);
    return st;
}

/* Another type, sign, size, number of columns, width, or rows beyond the end, on all ranks.
 */
static void check_wrong_shapes(tc_comm *comm, tc_store *store)
{
    static const tc_field wrong[] = {
        {.name = "plain/i64", .type = TC_U64},
        {.name = "plain/i64", .type = TC_F64},
        {.name = "plain/i64", .type = TC_I32},
        {.name = "plain/i64", .type = TC_I64, .columns = 2},
        {.name = "plain/i64", .type = TC_TEXT, .width = 8},
        {.name = "plain/u64", .type = TC_U64},
        {.name = "plain/u8", .type = TC_ENUM},
        {.name = "plain/i8", .type = TC_U8},
        {.name = "at/2011-12-10/f32", .type = TC_F64},
        {.name = "id", .type = TC_TEXT, .width = 8},
        {.name = "tier", .type = TC_U8},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tc_error err = {0};
        const tc_status st = get_as(store, &wrong[i], 0, 1, &err);
        check_agreed_all(comm, st, &err, TC_EDATA, -1);
        CHECK(strstr(err.message, wrong[i].name) != NULL);
    }
    for (int bad = 0; bad < tc_comm_size(comm); bad++) { /* one rank alone */
        tc_error err = {0};
        const int64_t row0 = tc_comm_rank(comm) == bad ? 10 : 9;
        const tc_status st = get_as(store, &SAMPLE[0], row0, 1, &err);
        check_agreed_all(comm, st, &err, TC_EDATA, bad);
    }
}

static void check_missing(tc_comm *comm, tc_store *store)
{
    static const char *const names[] = {"nowhere", "plain/nothing", "no/such/group",
                                        "plain/i64/below"};
    for (int i = 0; i < 4; i++) {
        const tc_field f = {.name = names[i], .type = TC_I64};
        tc_error err = {0}, again = {0};
        int64_t rows;
        int columns, width;
        CHECK(!tc_store_has_all(store, names[i]));
        check_agreed_all(comm, get_as(store, &f, 0, 0, &err), &err, TC_EDATA, -1);
        CHECK(strstr(err.message, names[i]) != NULL);
        check_agreed_all(
            comm, tc_store_shape_all(store, names[i], &rows, &columns, &width, &again),
            &again, TC_EDATA, -1);
    }
}

static void check_attributes(tc_comm *comm, tc_store *store)
{
    tc_error err = {0};
    int64_t number;
    char text[8];
    check_agreed_all(comm, tc_store_get_i64_all(store, "missing", &number, &err), &err,
                     TC_EDATA, -1);
    CHECK(strstr(err.message, "missing") != NULL);
    err = (tc_error){0};
    check_agreed_all(comm, tc_store_get_i64_all(store, "status", &number, &err), &err,
                     TC_EDATA, -1);
    err = (tc_error){0};
    check_agreed_all(comm, tc_store_get_text_all(store, "rows_read", text, 8, &err), &err,
                     TC_EDATA, -1);
    err = (tc_error){0}; /* no room */
    check_agreed_all(comm, tc_store_get_text_all(store, "status", text, 8, &err), &err,
                     TC_EDATA, -1);
}

static void wrong_questions(tc_comm *comm, const char *folder)
{
    tc_store *store = NULL;
    tc_error err = {0};
    char path[512];
    path_of(path, folder, "questions.h5");
    CHECK(sample_write_all(comm, path, 10, &err) == TC_OK);
    CHECK(tc_store_open_all(comm, path, "tiercel.sample", 3, &store, &err) == TC_OK);
    if (store != NULL) {
        check_wrong_shapes(comm, store);
        check_missing(comm, store);
        check_attributes(comm, store);
        check_datasets(comm, store, 10); /* nothing broke */
    }
    tc_store_close_all(&store);
    if (tc_comm_rank(comm) == 0) {
        (void)unlink(path);
    }
}

/* The same name twice is refused, and nothing is published. */
static void a_dataset_is_written_once(tc_comm *comm, const char *folder)
{
    const tc_store_header header = sample_header(0);
    tc_store *store = NULL;
    tc_error err = {0};
    char path[512];
    tc_status st;
    path_of(path, folder, "twice.h5");
    CHECK(tc_store_create_all(comm, path, &header, &store, &err) == TC_OK);
    CHECK(tc_store_put_small_all(store, &SAMPLE_SMALL, SAMPLE_TABLE, 3, &err) == TC_OK);
    st = tc_store_put_small_all(store, &SAMPLE_SMALL, SAMPLE_TABLE, 3, &err);
    check_agreed_all(comm, st, &err, TC_EIO, -1);
    CHECK(strstr(err.message, SAMPLE_SMALL.name) != NULL);
    tc_store_close_all(&store);
    CHECK(!file_exists_all(comm, path));
}

int main(int argc, char **argv)
{
    static check_test *const tests[] = {
        the_file_for_comparison,
        few_rows,
        wrong_questions,
        a_dataset_is_written_once,
    };
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
