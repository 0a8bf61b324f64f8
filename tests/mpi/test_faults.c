/* Faults of the store: each named site fails on each rank in turn, and each request for
 * memory does. All ranks must report the same, a file that was there before must keep its
 * bytes, nothing may be left behind, and the next try must work. */
#include "store_sample.h"

#include "tiercel/fault.h"

enum { ROWS = 40, OLD_ROWS = 7 };

/* Collective. Writes the sample file, opens it and reads two datasets. */
static tc_status write_and_read_all(tc_comm *comm, const char *path, tc_error *err)
{
    const int64_t row0 = sample_begin(comm, ROWS, tc_comm_rank(comm));
    const int64_t n = sample_begin(comm, ROWS, tc_comm_rank(comm) + 1) - row0;
    unsigned char rows[ROWS * SAMPLE_ROW_BYTES];
    double table[3][4];
    tc_store *store = NULL;
    tc_status st = sample_write_all(comm, path, ROWS, err);
    if (st == TC_OK) {
        st = tc_store_open_all(comm, path, "tiercel.sample", 3, &store, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_all(store, &SAMPLE[1], row0, n, rows, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_small_all(store, &SAMPLE_SMALL, 3, table, err);
    }
    CHECK(st == TC_OK || err->code == st);
    tc_store_close_all(&store);
    return st;
}

/* Rows of the file under the final name; -1 if there is none. */
static int64_t rows_of_all(tc_comm *comm, const char *path)
{
    tc_store *store = NULL;
    tc_error err = {0};
    int64_t rows = -1;
    if (tc_store_open_all(comm, path, "tiercel.sample", 3, &store, &err) == TC_OK) {
        rows = tc_store_head(store)->n_rows;
    }
    tc_store_close_all(&store);
    return rows;
}

static void remove_all(tc_comm *comm, const char *path)
{
    if (tc_comm_rank(comm) == 0) {
        (void)unlink(path);
    }
    CHECK(!file_exists_all(comm, path));
}

typedef struct {
    const char *site;
    int nth;
    int published; /* the new file is there already when the site fails */
} fault;

static void fail_once(tc_comm *comm, const char *path, const fault *f, int bad,
                      tc_status wanted)
{
    char text[128], temporary[520];
    tc_error err = {0};
    tc_status st;
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", path);
    (void)snprintf(text, sizeof text, "%s:%d:%d%s", f->site, bad, f->nth,
                   wanted == TC_ENOMEM ? ":memory" : "");
    CHECK(tc_fault_arm(text, tc_comm_rank(comm), &err) == TC_OK);
    st = write_and_read_all(comm, path, &err);
    check_agreed_all(comm, st, &err, wanted, bad);
    CHECK(strstr(err.message, f->site) != NULL);
    CHECK(!file_exists_all(comm, temporary));
    err = (tc_error){0};
    CHECK(tc_fault_arm("nothing:0:1", tc_comm_rank(comm), &err) == TC_OK);
}

static void every_site_on_every_rank(tc_comm *comm, const char *folder)
{
    static const fault faults[] = {
        {"store.create", 1, 0}, {"store.put", 1, 0},     {"store.put", 4, 0},
        {"store.put", 14, 0},   {"store.publish", 1, 0}, {"store.open", 1, 1},
        {"store.get", 1, 1},    {"store.get", 2, 1},
    };
    char path[512];
    tc_error err = {0};
    if (tc_fault_arm("nothing:0:1", 0, &err) != TC_OK) {
        (void)printf("built without fault sites\n");
        return;
    }
    (void)snprintf(path, sizeof path, "%s/faults.h5", folder);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        for (int bad = 0; bad < tc_comm_size(comm); bad++) {
            const fault *f = &faults[i];
            remove_all(comm, path);
            fail_once(comm, path, f, bad, TC_EIO);
            CHECK(rows_of_all(comm, path) == (f->published ? ROWS : -1));
            CHECK(sample_write_all(comm, path, OLD_ROWS, &(tc_error){0}) == TC_OK);
            fail_once(comm, path, f, bad, TC_ENOMEM);
            CHECK(rows_of_all(comm, path) == (f->published ? ROWS : OLD_ROWS));
        }
    }
    CHECK(write_and_read_all(comm, path, &err) == TC_OK);
    remove_all(comm, path);
}

/* All ranks fail at once: still one message, of rank 0. */
static void a_site_on_all_ranks(tc_comm *comm, const char *folder)
{
    char path[512], text[64];
    tc_error err = {0};
    (void)snprintf(path, sizeof path, "%s/faults_everywhere.h5", folder);
    (void)snprintf(text, sizeof text, "store.put:%d:2", tc_comm_rank(comm));
    if (tc_fault_arm(text, tc_comm_rank(comm), &err) != TC_OK) {
        return;
    }
    check_agreed_all(comm, sample_write_all(comm, path, ROWS, &err), &err, TC_EIO, 0);
    CHECK(!file_exists_all(comm, path));
}

/* Each request for memory fails in turn, on the first and on the last rank. */
static void out_of_memory_is_agreed(tc_comm *comm, const char *folder)
{
    const int last = tc_comm_size(comm) - 1;
    char path[512], temporary[520];
    (void)snprintf(path, sizeof path, "%s/memory.h5", folder);
    (void)snprintf(temporary, sizeof temporary, "%s.tmp", path);
    for (int bad = 0; bad <= last; bad += last > 0 ? last : 1) {
        tc_status st = TC_ENOMEM;
        for (int nth = 1; st != TC_OK && nth < 50; nth++) {
            tc_error err = {0};
            int64_t published;
            remove_all(comm, path);
            tc_mem_fail_at(tc_comm_rank(comm) == bad ? nth : 0);
            st = sample_write_all(comm, path, ROWS, &err);
            tc_mem_fail_at(0);
            published = file_exists_all(comm, path);
            CHECK(published == (st == TC_OK)); /* all or nothing */
            CHECK(!file_exists_all(comm, temporary));
            if (st != TC_OK) {
                check_agreed_all(comm, st, &err, TC_ENOMEM, bad);
            }
        }
        CHECK(st == TC_OK);
    }
    for (int nth = 1; nth <= 3; nth++) { /* opening asks three times */
        tc_store *store = NULL;
        tc_error err = {0};
        tc_mem_fail_at(tc_comm_rank(comm) == last ? nth : 0);
        check_agreed_all(comm,
                         tc_store_open_all(comm, path, "tiercel.sample", 3, &store, &err),
                         &err, TC_ENOMEM, last);
        tc_mem_fail_at(0);
        CHECK(store == NULL);
    }
    remove_all(comm, path);
}

int main(int argc, char **argv)
{
    static check_test *const tests[] = {
        every_site_on_every_rank,
        a_site_on_all_ranks,
        out_of_memory_is_agreed,
    };
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
