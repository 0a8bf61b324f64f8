/* Files that are not what they should be: damaged, cut off, of another kind, missing. All
 * ranks get the same status, and the message names the file or the dataset. */
#include "store_sample.h"

#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { ROWS = 500, FILE_MAX_BYTES = 1 << 20 };

typedef struct {
    char path[512], copy[512];
    unsigned char *bytes; /* of the good file, on rank 0 */
    int64_t n;
} bench;

static void write_bytes(tc_comm *comm, const char *path, const void *bytes, int64_t n)
{
    if (tc_comm_rank(comm) == 0) {
        FILE *file = fopen(path, "wb");
        CHECK(file != NULL);
        if (file != NULL) {
            CHECK(fwrite(bytes, 1, (size_t)n, file) == (size_t)n);
            CHECK(fclose(file) == 0);
        }
    }
    CHECK(tc_comm_agree_all(comm, TC_OK, &(tc_error){0}) == TC_OK); /* a barrier */
}

static void bench_open(tc_comm *comm, const char *folder, bench *b)
{
    tc_error err = {0};
    *b = (bench){0};
    (void)snprintf(b->path, sizeof b->path, "%s/good.h5", folder);
    (void)snprintf(b->copy, sizeof b->copy, "%s/bad.h5", folder);
    CHECK(sample_write_all(comm, b->path, ROWS, &err) == TC_OK);
    b->bytes = tc_mem_alloc(FILE_MAX_BYTES, 1, &err);
    CHECK(b->bytes != NULL);
    if (tc_comm_rank(comm) == 0) {
        FILE *file = fopen(b->path, "rb");
        CHECK(file != NULL);
        if (file != NULL) {
            b->n = (int64_t)fread(b->bytes, 1, FILE_MAX_BYTES, file);
            (void)fclose(file);
        }
        CHECK(b->n > 10000 && b->n < FILE_MAX_BYTES);
    }
    tc_comm_bcast_all(comm, &b->n, sizeof b->n, 0);
}

static void bench_close(tc_comm *comm, bench *b)
{
    tc_mem_free(b->bytes);
    if (tc_comm_rank(comm) == 0) {
        (void)unlink(b->path);
        (void)unlink(b->copy);
    }
}

static void check_open_fails(tc_comm *comm, const char *path, tc_status wanted)
{
    tc_store *store = NULL;
    tc_error err = {0};
    const tc_status st = tc_store_open_all(comm, path, "tiercel.sample", 3, &store, &err);
    check_agreed_all(comm, st, &err, wanted, -1);
    CHECK(store == NULL);
    CHECK(strstr(err.message, path) != NULL);
    tc_store_close_all(&store);
}

/* The first dataset holds a pattern: one bit of it is turned, at the start, in the middle
 * and at the end. */
static void a_flipped_bit_is_found(tc_comm *comm, const char *folder)
{
    const int64_t row0 = sample_begin(comm, ROWS, tc_comm_rank(comm));
    const int64_t n = sample_begin(comm, ROWS, tc_comm_rank(comm) + 1) - row0;
    bench b;
    bench_open(comm, folder, &b);
    for (int row = 0; row < ROWS; row += 166) {
        void *wanted = sample_rows(&SAMPLE[0], row, 1),
             *rows = sample_rows(&SAMPLE[0], 0, n);
        tc_store *store = NULL;
        tc_error err = {0};
        tc_status st;
        int64_t at = 0;
        while (at + 8 < b.n && memcmp(b.bytes + at, wanted, 8) != 0) {
            at++;
        }
        CHECK(tc_comm_rank(comm) != 0 || at + 8 < b.n);
        b.bytes[at + 3] ^= 16;
        write_bytes(comm, b.copy, b.bytes, b.n);
        b.bytes[at + 3] ^= 16;
        CHECK(tc_store_open_all(comm, b.copy, "tiercel.sample", 3, &store, &err) == TC_OK);
        st = tc_store_get_all(store, &SAMPLE[0], row0, n, rows, &err);
        check_agreed_all(comm, st, &err, TC_EDATA, -1);
        CHECK(strstr(err.message, SAMPLE[0].name) != NULL);
        CHECK(strstr(err.message, "damaged") != NULL);
        tc_store_close_all(&store);
        tc_mem_free(wanted);
        tc_mem_free(rows);
    }
    bench_close(comm, &b);
}

/* One bit anywhere: the file is refused, or a dataset is, or all values are right. */
static void no_flipped_bit_changes_a_value(tc_comm *comm, const char *folder)
{
    const int64_t row0 = sample_begin(comm, ROWS, tc_comm_rank(comm));
    const int64_t n = sample_begin(comm, ROWS, tc_comm_rank(comm) + 1) - row0;
    bench b;
    bench_open(comm, folder, &b);
    for (int64_t at = 1; at < b.n; at += b.n / 60) {
        const unsigned char bit = (unsigned char)(1 << (at % 8));
        tc_store *store = NULL;
        tc_status st;
        b.bytes[at] ^= bit;
        write_bytes(comm, b.copy, b.bytes, b.n);
        b.bytes[at] ^= bit;
        st = tc_store_open_all(comm, b.copy, "tiercel.sample", 3, &store, &(tc_error){0});
        CHECK(same_all(comm, st));
        for (int i = 0; store != NULL && i < SAMPLE_FIELDS; i++) {
            const tc_field *f = &SAMPLE[i];
            const size_t bytes = (size_t)(n * sample_columns(f)) * tc_type_size(f);
            void *wanted = sample_rows(f, row0, n), *rows = sample_rows(f, row0 + 1, n);
            st = tc_store_get_all(store, f, row0, n, rows, &(tc_error){0});
            CHECK(same_all(comm, st));
            CHECK(st != TC_OK || memcmp(rows, wanted, bytes) == 0);
            tc_mem_free(wanted);
            tc_mem_free(rows);
        }
        tc_store_close_all(&store);
    }
    bench_close(comm, &b);
}

static void cut_files_are_refused(tc_comm *comm, const char *folder)
{
    bench b;
    bench_open(comm, folder, &b);
    const int64_t length[] = {0, 1, 7, 8, 100, b.n / 2, b.n - 1};
    for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
        write_bytes(comm, b.copy, b.bytes, length[i]);
        check_open_fails(comm, b.copy, TC_EDATA);
    }
    bench_close(comm, &b);
}

static void other_files_are_refused(tc_comm *comm, const char *folder)
{
    static const char text[] = "customer,amount\n17850,15.30\n13047,20.10\n";
    bench b;
    char missing[600];
    tc_store *store = NULL;
    tc_error err = {0}, again = {0};
    bench_open(comm, folder, &b);
    write_bytes(comm, b.copy, text, sizeof text - 1);
    check_open_fails(comm, b.copy, TC_EDATA);
    (void)snprintf(missing, sizeof missing, "%s/missing.h5", folder);
    check_open_fails(comm, missing, TC_EINPUT);
    (void)snprintf(missing, sizeof missing, "%s/no/such/folder/x.h5", folder);
    check_open_fails(comm, missing, TC_EINPUT);
    check_open_fails(comm, folder, TC_EDATA);
    check_agreed_all(comm,
                     tc_store_open_all(comm, b.path, "tiercel.events", 3, &store, &err),
                     &err, TC_EDATA, -1);
    CHECK(store == NULL && strstr(err.message, "tiercel.events") != NULL);
    check_agreed_all(comm,
                     tc_store_open_all(comm, b.path, "tiercel.sample", 4, &store, &again),
                     &again, TC_EDATA, -1);
    CHECK(store == NULL && strstr(again.message, "version 4") != NULL);
    bench_close(comm, &b);
}

/* A file that was closed without being published is there under another name (a second link
 * of the temporary one) and is refused; the final name never appears. */
static void an_unpublished_file_is_refused(tc_comm *comm, const char *folder)
{
    const tc_store_header header = sample_header(ROWS);
    char path[512], temporary[520], link_name[520];
    tc_store *store = NULL;
    tc_error err = {0};
    (void)snprintf(path, sizeof path, "%s/unpublished.h5", folder);
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", path);
    (void)snprintf(link_name, sizeof link_name, "%s.kept", path);
    CHECK(tc_store_create_all(comm, path, &header, &store, &err) == TC_OK);
    CHECK(sample_put_all(comm, store, ROWS, &err) == TC_OK);
    CHECK(file_exists_all(comm, temporary) && !file_exists_all(comm, path));
    if (tc_comm_rank(comm) == 0) {
        (void)unlink(link_name);
        CHECK(link(temporary, link_name) == 0);
    }
    tc_store_close_all(&store);
    CHECK(!file_exists_all(comm, temporary) && !file_exists_all(comm, path));
    check_open_fails(comm, link_name, TC_EDATA);
    if (tc_comm_rank(comm) == 0) {
        (void)unlink(link_name);
    }
}

static void folders_that_cannot_be_written(tc_comm *comm, const char *folder)
{
    const tc_store_header header = sample_header(0);
    char path[3][600];
    (void)snprintf(path[0], sizeof path[0], "%s/no/such/folder/x.h5", folder);
    (void)snprintf(path[1], sizeof path[1], "%s/a_file/x.h5", folder);
    (void)snprintf(path[2], sizeof path[2], "/proc/x.h5"); /* refuses even root */
    char file[600];
    (void)snprintf(file, sizeof file, "%s/a_file", folder);
    write_bytes(comm, file, "x", 1);
    for (int i = 0; i < 3; i++) {
        tc_store *store = NULL;
        tc_error err = {0};
        const tc_status st = tc_store_create_all(comm, path[i], &header, &store, &err);
        check_agreed_all(comm, st, &err, TC_EIO, 0);
        CHECK(store == NULL && strstr(err.message, path[i]) != NULL);
    }
    if (tc_comm_rank(comm) == 0) {
        (void)unlink(file);
    }
}

/* The final name is a folder: everything is written, but the last step fails. */
static void a_name_that_cannot_be_replaced(tc_comm *comm, const char *folder)
{
    char path[600], temporary[620];
    tc_error err = {0};
    (void)snprintf(path, sizeof path, "%s/a_folder", folder);
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", path);
    if (tc_comm_rank(comm) == 0) {
        (void)mkdir(path, 0777);
    }
    check_agreed_all(comm, sample_write_all(comm, path, 3, &err), &err, TC_EIO, 0);
    CHECK(strstr(err.message, path) != NULL);
    CHECK(!file_exists_all(comm, temporary));
    if (tc_comm_rank(comm) == 0) {
        (void)rmdir(path);
    }
}

/* A dataset larger than any disk is refused before anything is written. */
static void too_little_space_is_seen_in_advance(tc_comm *comm, const char *folder)
{
    static const tc_field huge = {
        .name = "huge", .type = TC_TEXT, .width = INT_MAX, .columns = INT_MAX};
    const tc_store_header header = sample_header(1);
    char path[600];
    tc_store *store = NULL;
    tc_error err = {0};
    (void)snprintf(path, sizeof path, "%s/huge.h5", folder);
    CHECK(tc_store_create_all(comm, path, &header, &store, &err) == TC_OK);
    check_agreed_all(comm, tc_store_put_small_all(store, &huge, "", 1, &err), &err, TC_EIO,
                     0);
    CHECK(strstr(err.message, "space") != NULL);
    tc_store_close_all(&store);
    CHECK(!file_exists_all(comm, path));
}

/* Writing fails on each rank in turn, as on a full disk: here by a limit of the size of a
 * file. The rank that failed is named, and nothing is published. */
static void a_failing_write_is_agreed(tc_comm *comm, const char *folder)
{
    const tc_store_header header = sample_header(ROWS);
    struct rlimit before;
    char path[600];
    (void)snprintf(path, sizeof path, "%s/full.h5", folder);
    CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && getrlimit(RLIMIT_FSIZE, &before) == 0);
    for (int bad = 0; bad < tc_comm_size(comm); bad++) {
        const struct rlimit small = {.rlim_cur = 100, .rlim_max = before.rlim_max};
        tc_store *store = NULL;
        tc_error err = {0};
        tc_status st;
        CHECK(tc_store_create_all(comm, path, &header, &store, &err) == TC_OK);
        if (tc_comm_rank(comm) == bad) {
            CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
        }
        st = sample_put_all(comm, store, ROWS, &err);
        CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
        check_agreed_all(comm, st, &err, TC_EIO, bad);
        CHECK(strstr(err.message, SAMPLE[0].name) != NULL);
        tc_store_close_all(&store);
        CHECK(!file_exists_all(comm, path));
    }
}

int main(int argc, char **argv)
{
    static check_test *const tests[] = {
        a_flipped_bit_is_found,         no_flipped_bit_changes_a_value,
        cut_files_are_refused,          other_files_are_refused,
        an_unpublished_file_is_refused, folders_that_cannot_be_written,
        a_name_that_cannot_be_replaced, too_little_space_is_seen_in_advance,
        a_failing_write_is_agreed,
    };
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
