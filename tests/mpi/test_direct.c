/* Rows past the page cache: the same bytes as through it, whatever the parts and their order, and every failure is reported. */
#include "store_sample.h"

#include "tiercel/fault.h"
#include "tiercel/store_policy.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

/* Several chunks for a rank, whose borders lie in the midst of rows, blocks and chunks. */
enum { ROWS = 700001, STEP_MAX = 40000 };

static const tc_field FIELD[] = {
    {.name = "wide/u64", .type = TC_U64, .columns = 2, .unit = "1"},
    {.name = "at/f32", .type = TC_F32, .unit = "1"},
    {.name = "code", .type = TC_U8, .unit = "1"},
    {.name = "id", .type = TC_TEXT, .width = 11}};
enum { FIELDS = (int)(sizeof FIELD / sizeof *FIELD) };

static const tc_store_policy DIRECT = {.direct_always = 1}, LARGE = {.direct_bytes = 1e6},
                             SMALL = {.direct_bytes = 1e15};

/* Parts of a rank's rows: uneven, and now and then (leaps) the later of two first. visit: TC_OK goes on. */
typedef tc_status visit(tc_store_piece *piece, const tc_field *field, int64_t row0,
                        int64_t n, tc_error *err);

static tc_status walk(const tc_comm *comm, int leaps, visit *f, tc_store_piece **piece,
                      tc_error *err)
{
    const int rank = tc_comm_rank(comm);
    const int64_t end = sample_begin(comm, ROWS, rank + 1);
    int64_t row = sample_begin(comm, ROWS, rank);
    for (uint64_t k = 0; row < end; k++) {
        const int64_t left = end - row;
        const int64_t wanted = 1 + (int64_t)(tc_hash_mix(k, (uint64_t)rank) % STEP_MAX);
        const int64_t n = wanted < left ? wanted : left;
        const int64_t cut = leaps && k % 5 == 3 ? n / 3 : 0;
        for (int i = 0; i < FIELDS; i++) {
            TC_TRY(f(piece[i], &FIELD[i], row + cut, n - cut, err));
            TC_TRY(f(piece[i], &FIELD[i], row, cut, err));
        }
        row += n;
    }
    return TC_OK;
}

static tc_status put_part(tc_store_piece *piece, const tc_field *field, int64_t row0,
                          int64_t n, tc_error *err)
{
    void *rows = sample_rows(field, row0, n);
    const tc_status st = tc_store_write(piece, rows, row0, n, err);
    tc_mem_free(rows);
    return st;
}

static int wrong_rows;

static tc_status get_part(tc_store_piece *piece, const tc_field *field, int64_t row0,
                          int64_t n, tc_error *err)
{
    const int64_t bytes = n * sample_columns(field) * (int64_t)tc_type_size(field);
    void *wanted = sample_rows(field, row0, n);
    void *rows = sample_rows(field, row0 + 1, n);
    const tc_status st = tc_store_read(piece, rows, row0, n, err);
    wrong_rows |= st == TC_OK && memcmp(rows, wanted, (size_t)bytes) != 0;
    tc_mem_free(rows);
    tc_mem_free(wanted);
    return st;
}

static tc_status end_pieces_all(tc_store_piece **piece, tc_status st, tc_error *err)
{
    for (int i = 0; i < FIELDS; i++) {
        st = tc_store_end_all(&piece[i], st, err);
    }
    return st;
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* Descriptors of this process that go past the page cache. */
static int count_direct(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int n = 0;
    CHECK(folder != NULL);
    for (struct dirent *e; folder != NULL && (e = readdir(folder)) != NULL;) {
        const int flags = fcntl((int)strtol(e->d_name, NULL, 10), F_GETFL);
        n += e->d_name[0] != '.' && flags >= 0 && (flags & O_DIRECT) != 0;
    }
    (void)closedir(folder);
    return n;
}

static int had_direct; /* while the last file was written or read */

/* Collective. Another file gets the name of the temporary one, or the right one gets it back. */
static void swap_all(tc_comm *comm, const char *path, int back)
{
    char name[600], aside[600];
    (void)snprintf(name, sizeof name, "%s.tmp", path);
    (void)snprintf(aside, sizeof aside, "%s.aside", path);
    if (tc_comm_rank(comm) == 0 && !back) {
        CHECK(rename(name, aside) == 0);
        FILE *other = fopen(name, "wb");
        CHECK(other != NULL && fclose(other) == 0);
    } else if (tc_comm_rank(comm) == 0) {
        FILE *other = fopen(name, "rb");
        CHECK(other != NULL && fgetc(other) == EOF && fclose(other) == 0);
        CHECK(rename(aside, name) == 0);
    }
    CHECK(tc_comm_agree_all(comm, TC_OK, NULL) == TC_OK);
}

/* swap: another file has the name meanwhile. */
static tc_status write_all(tc_comm *comm, const char *path, int leaps, int swap,
                           tc_error *err)
{
    const tc_store_header header = sample_header(ROWS);
    tc_store_piece *piece[FIELDS] = {NULL};
    tc_store *store = NULL;
    tc_status st = tc_store_create_all(comm, path, &header, &store, err);
    for (int i = 0; st == TC_OK && i < FIELDS; i++) {
        st = tc_store_begin_all(store, &FIELD[i], ROWS, &piece[i], err);
    }
    if (st == TC_OK && swap) {
        swap_all(comm, path, 0);
    }
    if (st == TC_OK) {
        st = walk(comm, leaps, put_part, piece, err);
        had_direct = count_direct();
    }
    st = end_pieces_all(piece, st, err);
    if (st == TC_OK && swap) {
        swap_all(comm, path, 1);
    }
    limit_files(RLIM_INFINITY); /* the file is closed without trouble */
    if (st == TC_OK) {
        st = tc_store_publish_all(&store, err);
    }
    tc_store_close_all(&store);
    return st;
}

/* cut: the file ends there, from after it was opened on; 0 = it stays whole. */
static tc_status read_all(tc_comm *comm, const char *path, int leaps, int64_t cut,
                          tc_error *err)
{
    tc_store_piece *piece[FIELDS] = {NULL};
    tc_store *store = NULL;
    tc_status st = tc_store_open_all(comm, path, "tiercel.sample", 3, &store, err);
    wrong_rows = 0;
    for (int i = 0; st == TC_OK && i < FIELDS; i++) {
        st = tc_store_view_all(store, &FIELD[i], NULL, &piece[i], err);
        if (st == TC_OK) {
            tc_store_once(piece[i]);
        }
    }
    if (cut > 0 && tc_comm_rank(comm) == 0) {
        CHECK(truncate(path, cut) == 0);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = walk(comm, leaps, get_part, piece, err);
        had_direct = count_direct();
    }
    st = end_pieces_all(piece, st, err);
    tc_store_close_all(&store);
    CHECK(st != TC_OK || !wrong_rows);
    return st;
}

static int skipped; /* the way past the page cache, of which there is none here */

/* 1 if the file system knows O_DIRECT; else all goes through the page cache. */
static int is_possible(const char *folder)
{
    char path[512];
    int fd;
    path_of(path, folder, "direct_plain.h5");
    fd = open(path, O_RDONLY | O_DIRECT);
    if (fd < 0) {
        skipped = 1;
        return 0;
    }
    (void)close(fd);
    return 1;
}

static void test_bytes(tc_comm *comm, const char *folder)
{
    const tc_store_policy *const policies[] = {&DIRECT, &LARGE, &SMALL};
    char plain[512], direct[512];
    tc_error err = {0};
    path_of(plain, folder, "direct_plain.h5");
    path_of(direct, folder, "direct.h5");
    tc_store_policy_set(NULL);
    CHECK(write_all(comm, plain, 0, 0, &err) == TC_OK);
    CHECK(had_direct == 0);
    for (int p = 0; p < 3; p++) {
        const int wanted = policies[p] != &SMALL && is_possible(folder);
        for (int leaps = 0; leaps < 2; leaps++) {
            tc_store_policy_set(policies[p]);
            CHECK(write_all(comm, direct, leaps, 0, &err) == TC_OK);
            CHECK(had_direct == wanted);
            CHECK(tc_comm_rank(comm) != 0 || same_bytes(plain, direct));
            CHECK(read_all(comm, direct, !leaps, 0, &err) == TC_OK);
            /* a large file that was just compared may be in the page cache */
            CHECK(policies[p] == &LARGE || had_direct == wanted);
            CHECK(read_all(comm, direct, leaps, 0, &err) == TC_OK);
        }
    }
    tc_store_policy_set(&DIRECT);
    CHECK(write_all(comm, direct, 0, 1, &err) == TC_OK); /* refused: not the same file */
    CHECK(had_direct == 0);
    CHECK(tc_comm_rank(comm) != 0 || same_bytes(plain, direct));
    tc_store_policy_set(NULL);
    CHECK(read_all(comm, direct, 0, 0, &err) == TC_OK);
}

/* A file that may not grow so far, on the last rank: a failure of the threads. */
static void test_write_failure(tc_comm *comm, const char *folder)
{
    const int last = tc_comm_size(comm) - 1;
    char path[512];
    tc_error err = {0};
    tc_status st;
    path_of(path, folder, "direct_full.h5");
    (void)signal(SIGXFSZ, SIG_IGN);
    tc_store_policy_set(&DIRECT);
    if (tc_comm_rank(comm) == last) {
        limit_files(12 << 20);
    }
    st = write_all(comm, path, 0, 0, &err);
    check_agreed_all(comm, st, &err, TC_EIO, -1);
    CHECK(strstr(err.message, "direct_full.h5: dataset '") != NULL &&
          strstr(err.message, "File too large") != NULL);
    CHECK(!file_exists_all(comm, path));
    tc_store_policy_set(NULL);
}

/* Changed and cut off behind the library's back: the checksum, and the end of the file. */
static void test_damage(tc_comm *comm, const char *folder)
{
    char path[512];
    tc_error err = {0};
    tc_status st;
    path_of(path, folder, "direct.h5");
    tc_store_policy_set(&DIRECT);
    if (tc_comm_rank(comm) == 0) {
        FILE *file = fopen(path, "r+b");
        CHECK(file != NULL && fseek(file, 5000000, SEEK_SET) == 0 &&
              fputs("changed", file) >= 0 && fclose(file) == 0);
    }
    CHECK(read_all(comm, path, 0, 0, &err) == TC_EDATA &&
          strstr(err.message, "checksum") != NULL);
    err = (tc_error){0};
    st = read_all(comm, path, 0, 8 << 20, &err);
    check_agreed_all(comm, st, &err, TC_EDATA, -1);
    CHECK(strstr(err.message, "is cut off") != NULL);
    tc_store_policy_set(NULL);
}

static void test_faults(tc_comm *comm, const char *folder)
{
    const int last = tc_comm_size(comm) - 1;
    const char *const sites[] = {"store.write", "store.read"};
    char path[512], fault[64];
    path_of(path, folder, "direct_plain.h5");
    tc_store_policy_set(&DIRECT);
    for (int i = 0; i < 2; i++) {
        tc_error err = {0};
        tc_status st;
        (void)snprintf(fault, sizeof fault, "%s:%d:9", sites[i], last);
        CHECK(tc_fault_arm(fault, tc_comm_rank(comm), &err) == TC_OK);
        st = i == 0 ? write_all(comm, path, 1, 0, &err) : read_all(comm, path, 1, 0, &err);
        check_agreed_all(comm, st, &err, TC_EIO, -1);
        CHECK(tc_fault_arm("none:0:1", tc_comm_rank(comm), &err) == TC_OK);
    }
    tc_store_policy_set(NULL);
}

int main(int argc, char **argv)
{
    check_test *const tests[] = {test_bytes, test_write_failure, test_faults, test_damage};
    const int code = check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
    return code == 0 && skipped ? 77 : code;
}
