/* How files are transferred changes no byte, metadata operations depend on neither pieces nor ranks, and a rank that fails
 * in a collective transfer fails on all. */
#include "store_sample.h"

#include "tiercel/fault.h"
#include "tiercel/io_count.h"
#include "tiercel/store_policy.h"

#include <stdlib.h>

enum { ROWS = 5000 };

static char hint_a[] = "romio_ds_write=disable", hint_b[] = "nobody_knows_this=1";
static char *const hints[] = {hint_a, hint_b};

/* Collective. All datasets as they were written. */
static tc_status read_back_all(tc_comm *comm, const char *path, tc_error *err)
{
    const int64_t row0 = sample_begin(comm, ROWS, tc_comm_rank(comm));
    const int64_t n = sample_begin(comm, ROWS, tc_comm_rank(comm) + 1) - row0;
    tc_store *store = NULL;
    tc_status st = tc_store_open_all(comm, path, "tiercel.sample", 3, &store, err);
    for (int i = 0; st == TC_OK && i < SAMPLE_FIELDS; i++) {
        unsigned char rows[8192 * SAMPLE_ROW_BYTES], wanted[8192 * SAMPLE_ROW_BYTES];
        sample_fill(&SAMPLE[i], row0, n, wanted);
        st = tc_store_get_all(store, &SAMPLE[i], row0, n, n > 0 ? rows : NULL, err);
        CHECK(st != TC_OK || n == 0 ||
              memcmp(rows, wanted,
                     (size_t)(n * sample_columns(&SAMPLE[i])) * tc_type_size(&SAMPLE[i])) ==
                  0);
    }
    tc_store_close_all(&store);
    return st;
}

static void test_bytes(tc_comm *comm, const char *folder)
{
    const tc_store_policy collective = {.collective = 1}, all = {.collective = 1,
                                                                 .stripe_count = 4,
                                                                 .stripe_mib = 1,
                                                                 .buffer_mib = 4,
                                                                 .hints = hints,
                                                                 .n_hints = 2};
    const tc_store_policy *const policies[] = {&collective, &all};
    char plain[512], other[512];
    tc_error err = {0};
    path_of(plain, folder, "policy_plain.h5");
    path_of(other, folder, "policy_other.h5");
    tc_store_policy_set(NULL);
    CHECK(sample_write_all(comm, plain, ROWS, &err) == TC_OK);
    for (int p = 0; p < 2; p++) {
        tc_store_policy_set(policies[p]);
        CHECK(sample_write_all(comm, other, ROWS, &err) == TC_OK);
        CHECK(tc_comm_rank(comm) != 0 || same_bytes(plain, other));
        CHECK(read_back_all(comm, other, &err) == TC_OK);
    }
    tc_store_policy_set(NULL);
}

static void test_alignment(tc_comm *comm, const char *folder)
{
    const tc_store_policy aligned = {.alignment_kib = 16};
    char path[512];
    tc_error err = {0};
    path_of(path, folder, "policy_aligned.h5");
    tc_store_policy_set(&aligned);
    CHECK(sample_write_all(comm, path, ROWS, &err) == TC_OK);
    tc_store_policy_set(NULL);
    CHECK(read_back_all(comm, path, &err) == TC_OK);
}

/* Metadata operations of this rank while a dataset is written in so many pieces. */
static int64_t operations_all(tc_comm *comm, const char *folder, int64_t pieces)
{
    static const tc_field field = {.name = "a/b/rows", .type = TC_I64, .unit = "1"};
    const tc_store_header header = sample_header(ROWS);
    const int64_t before = tc_io_counts_now().metadata;
    char path[512];
    tc_error err = {0};
    tc_store *store = NULL;
    tc_store_piece *piece = NULL;
    tc_status st;
    path_of(path, folder, "policy_count.h5");
    st = tc_store_create_all(comm, path, &header, &store, &err);
    st = st == TC_OK ? tc_store_begin_all(store, &field, ROWS, &piece, &err) : st;
    for (int64_t p = tc_comm_rank(comm); st == TC_OK && p < pieces;
         p += tc_comm_size(comm)) {
        const int64_t row0 = ROWS * p / pieces, n = ROWS * (p + 1) / pieces - row0;
        int64_t *rows = sample_rows(&field, row0, n);
        st = tc_store_write(piece, rows, row0, n, &err);
        tc_mem_free(rows);
    }
    st = tc_store_end_all(&piece, st, &err);
    st = st == TC_OK ? tc_store_publish_all(&store, &err) : st;
    tc_store_close_all(&store);
    CHECK(st == TC_OK);
    return tc_io_counts_now().metadata - before;
}

static void test_operations(tc_comm *comm, const char *folder)
{
    const int64_t few = operations_all(comm, folder, 8);
    const int64_t many = operations_all(comm, folder, 4000);
    CHECK(few == many);
    /* every rank: the file, its 9 attributes, 2 groups that are looked for and made, a dataset and its 3 attributes;
     * its own descriptor; rank 0 besides: makes the name free, tries to make the file, asks for room twice, publishes in 5 steps */
    CHECK(few == (tc_comm_rank(comm) == 0 ? 28 : 19));
}

static void test_failure(tc_comm *comm, const char *folder)
{
    const tc_store_policy collective = {.collective = 1};
    const int last = tc_comm_size(comm) - 1;
    const char *const sites[] = {"store.write", "store.read"};
    char path[512], fault[64];
    path_of(path, folder, "policy_fault.h5");
    if (tc_comm_rank(comm) == 0) {
        (void)unlink(path);
    }
    tc_store_policy_set(&collective);
    for (int i = 0; i < 2; i++) {
        tc_error err = {0};
        tc_status st = i == 0 ? TC_OK : sample_write_all(comm, path, ROWS, &err);
        CHECK(st == TC_OK);
        (void)snprintf(fault, sizeof fault, "%s:%d:2", sites[i], last);
        CHECK(tc_fault_arm(fault, tc_comm_rank(comm), &err) == TC_OK);
        st = i == 0 ? sample_write_all(comm, path, ROWS, &err)
                    : read_back_all(comm, path, &err);
        check_agreed_all(comm, st, &err, TC_EIO, last);
        CHECK(file_exists_all(comm, path) == (i == 1));
        CHECK(tc_fault_arm("none:0:1", tc_comm_rank(comm), &err) == TC_OK);
    }
    tc_store_policy_set(NULL);
}

static void test_hints(tc_comm *comm, const char *folder)
{
    char longest[400];
    (void)comm;
    (void)folder;
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    CHECK(tc_store_hint_is_good("a=b"));
    CHECK(tc_store_hint_is_good("a=b=c"));
    CHECK(!tc_store_hint_is_good("a"));
    CHECK(!tc_store_hint_is_good("=b"));
    CHECK(!tc_store_hint_is_good("a="));
    longest[36] = '=';
    CHECK(!tc_store_hint_is_good(longest));
    longest[35] = '=';
    CHECK(!tc_store_hint_is_good(longest));
}

int main(int argc, char **argv)
{
    check_test *const tests[] = {test_bytes, test_alignment, test_operations, test_failure,
                                 test_hints};
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
