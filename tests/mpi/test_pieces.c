/* Datasets that are written and read piece by piece. */
#include "store_sample.h"

enum { ROWS = 1000, STEP = 37 };

static const tc_field WHOLE = {.name = "whole/i64", .type = TC_I64, .unit = "1"};
static const tc_field PIECES = {.name = "pieces/i64", .type = TC_I64, .unit = "1"};

static int64_t value_of(int64_t row)
{
    return row * row - 5 * row;
}

static void fill(int64_t *v, int64_t row0, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        v[i] = value_of(row0 + i);
    }
}

/* Steps are dealt out in turn, the last first: no rank holds one range. skip: a step that is left out;
 * again: one that is written twice; -1 = none. */
static tc_status write_steps(const tc_comm *comm, tc_store_piece *piece, int64_t skip,
                             int64_t again, tc_error *err)
{
    const int64_t steps = (ROWS + STEP - 1) / STEP;
    int64_t v[STEP];
    for (int64_t s = steps - 1; s >= 0; s--) {
        const int64_t row0 = s * STEP, n = row0 + STEP < ROWS ? STEP : ROWS - row0;
        if (s % tc_comm_size(comm) != tc_comm_rank(comm)) {
            continue;
        }
        fill(v, row0, n);
        for (int i = 0; i < (s == skip ? 0 : s == again ? 2 : 1); i++) {
            TC_TRY(tc_store_write(piece, v, row0, n, err));
        }
    }
    return TC_OK;
}

static tc_status read_steps(const tc_comm *comm, tc_store_piece *piece, int *right,
                            tc_error *err)
{
    int64_t v[STEP], wanted[STEP];
    for (int64_t row0 = 0, s = 0; row0 < ROWS; row0 += STEP, s++) {
        const int64_t n = row0 + STEP < ROWS ? STEP : ROWS - row0;
        if (s % tc_comm_size(comm) == tc_comm_rank(comm)) {
            fill(wanted, row0, n);
            TC_TRY(tc_store_read(piece, v, row0, n, err));
            *right &= memcmp(v, wanted, (size_t)n * sizeof *v) == 0;
        }
    }
    return TC_OK;
}

/* Two pieces open at once; the one whole, the other in steps. */
static tc_status write_both_all(tc_comm *comm, tc_store *store, int64_t skip, int64_t again,
                                tc_error *err)
{
    const int first = tc_comm_rank(comm) == 0;
    tc_store_piece *whole = NULL, *steps = NULL;
    int64_t v[ROWS];
    tc_status st = tc_store_begin_all(store, &WHOLE, ROWS, &whole, err);
    if (st == TC_OK) {
        st = tc_store_begin_all(store, &PIECES, ROWS, &steps, err);
    }
    fill(v, 0, ROWS);
    if (st == TC_OK) {
        st = write_steps(comm, steps, skip, again, err);
    }
    if (st == TC_OK) {
        st = tc_store_write(whole, v, 0, first ? ROWS : 0, err);
    }
    st = tc_store_end_all(&steps, st, err);
    return tc_store_end_all(&whole, st, err);
}

static void read_both_all(tc_comm *comm, const char *path)
{
    tc_error err = {0};
    tc_store *store = NULL;
    CHECK(tc_store_open_all(comm, path, "tiercel.sample", 3, &store, &err) == TC_OK);
    for (int i = 0; store != NULL && i < 2; i++) {
        tc_store_piece *piece = NULL;
        int64_t rows = 0, v = 0;
        int right = 1;
        tc_status st =
            tc_store_view_all(store, i == 0 ? &WHOLE : &PIECES, &rows, &piece, &err);
        CHECK(st == TC_OK && rows == ROWS);
        if (st == TC_OK) {
            st = read_steps(comm, piece, &right, &err);
            CHECK(tc_store_end_all(&piece, st, &err) == TC_OK && right && piece == NULL);
        }
        /* parts, and some rows twice: no false alarm; beyond the end: an error of all */
        CHECK(tc_store_view_all(store, &PIECES, NULL, &piece, &err) == TC_OK);
        CHECK(tc_store_read(piece, &v, 7, 1, &err) == TC_OK && v == value_of(7));
        CHECK(tc_store_end_all(&piece, TC_OK, &err) == TC_OK);
        CHECK(tc_store_view_all(store, &PIECES, NULL, &piece, &err) == TC_OK);
        st = tc_store_read(piece, &v, ROWS, 1, &err);
        CHECK(st == TC_EDATA && tc_store_end_all(&piece, st, &err) == TC_EDATA);
        err = (tc_error){0};
    }
    tc_store_close_all(&store);
}

static void in_steps(tc_comm *comm, const char *folder)
{
    const tc_store_header header = sample_header(ROWS);
    tc_store *store = NULL;
    tc_error err = {0};
    char path[512];
    path_of(path, folder, "pieces.h5");
    CHECK(tc_store_create_all(comm, path, &header, &store, &err) == TC_OK);
    CHECK(write_both_all(comm, store, -1, -1, &err) == TC_OK);
    CHECK(tc_store_publish_all(&store, &err) == TC_OK);
    read_both_all(comm, path);
    if (tc_comm_rank(comm) == 0) {
        (void)unlink(path);
    }
}

/* A step that is missing, one that comes twice. */
static void not_each_row_once(tc_comm *comm, const char *folder)
{
    const tc_store_header header = sample_header(ROWS);
    char path[512];
    path_of(path, folder, "holes.h5");
    for (int i = 0; i < 2; i++) {
        tc_store *store = NULL;
        tc_error err = {0};
        CHECK(tc_store_create_all(comm, path, &header, &store, &err) == TC_OK);
        CHECK(write_both_all(comm, store, i == 0 ? 3 : -1, i == 0 ? 4 : 5, &err) ==
              TC_EINTERNAL);
        CHECK(strstr(err.message, PIECES.name) != NULL);
        tc_store_close_all(&store);
        CHECK(!file_exists_all(comm, path));
    }
}

int main(int argc, char **argv)
{
    static check_test *const tests[] = {in_steps, not_each_row_once};
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
