/* The state of a stage is kept as a whole, loaded by all ranks, and never used when it is damaged. */
#include "check.h"

#include "tiercel/checkpoint.h"
#include "tiercel/stop.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PART_WORDS = 300000, PATH = 600 };

static const char key[TC_HASH_TEXT] = "0123456789abcdef0123456789abcdef";
static const tc_checkpoint_policy policy = {.seconds = 3600, .node_mtbf_hours = 43800};

static void place(const char *folder, const char *name, char path[PATH])
{
    (void)snprintf(path, PATH, "%s/checkpoint-np/%s", folder, name);
}

static tc_checkpoint *open_all(tc_comm *comm, const char *folder, const char *its_key)
{
    tc_checkpoint *c = NULL;
    tc_error err = {0};
    char path[PATH];
    (void)snprintf(path, sizeof path, "%s/checkpoint-np", folder);
    CHECK(tc_checkpoint_open_all(comm, path, "stage", its_key, &policy, &c, &err) == TC_OK);
    return c;
}

/* Collective. Rank r keeps PART_WORDS + r words, the first rank none. */
static tc_status save_all(tc_comm *comm, tc_checkpoint *c, const char *common,
                          tc_error *err)
{
    tc_status st = tc_checkpoint_begin_all(c, err);
    for (int64_t i = 0;
         st == TC_OK && tc_comm_rank(comm) > 0 && i < PART_WORDS + tc_comm_rank(comm);
         i++) {
        const int64_t word = i * 7 + tc_comm_rank(comm);
        st = tc_checkpoint_write(c, &word, (int64_t)sizeof word, err);
    }
    return tc_checkpoint_end_all(c, st, common, (int64_t)strlen(common) + 1, err);
}

static void check_part(tc_checkpoint *c, int64_t part)
{
    tc_error err = {0};
    int64_t words[1000], got = (int64_t)sizeof words, n = 0;
    CHECK(tc_checkpoint_part_open(c, part, &err) == TC_OK);
    while (got == (int64_t)sizeof words) {
        CHECK(tc_checkpoint_part_read(c, words, (int64_t)sizeof words, &got, &err) ==
              TC_OK);
        for (int64_t i = 0; i < got / 8; i++, n++) {
            CHECK(words[i] == n * 7 + part);
        }
    }
    tc_checkpoint_part_close(c);
    CHECK(n == (part > 0 ? PART_WORDS + part : 0));
}

static void check_found_all(tc_comm *comm, const char *folder, const char *its_key,
                            const char *wanted)
{
    tc_checkpoint *c = open_all(comm, folder, its_key);
    tc_buffer common = {0};
    tc_error err = {0};
    int found = -1;
    CHECK(tc_checkpoint_load_all(c, &common, &found, &err) == TC_OK);
    CHECK(found == (wanted != NULL));
    if (found == 1 && wanted != NULL) {
        CHECK(strcmp((const char *)common.data, wanted) == 0);
        for (int64_t part = 0; part < tc_checkpoint_parts(c); part++) {
            check_part(c, part); /* every rank reads every part */
        }
    }
    tc_buffer_free(&common);
    tc_checkpoint_close_all(&c);
}

static void test_save_and_load(tc_comm *comm, const char *folder)
{
    tc_checkpoint *c = open_all(comm, folder, key);
    tc_error err = {0};
    char path[PATH];
    CHECK(save_all(comm, c, "first", &err) == TC_OK);
    CHECK(save_all(comm, c, "second", &err) == TC_OK);
    tc_checkpoint_close_all(&c);
    place(folder, "stage.1.1.part", path);
    CHECK(access(path, F_OK) != 0);
    check_found_all(comm, folder, key, "second");
    c = open_all(comm, folder, key);
    tc_checkpoint_done_all(c);
    tc_checkpoint_close_all(&c);
    place(folder, "", path);
    CHECK(access(path, F_OK) != 0);
    check_found_all(comm, folder, key, NULL);
}

static void test_other_key(tc_comm *comm, const char *folder)
{
    tc_checkpoint *c = open_all(comm, folder, key);
    tc_error err = {0};
    CHECK(save_all(comm, c, "mine", &err) == TC_OK);
    tc_checkpoint_close_all(&c);
    check_found_all(comm, folder, "another key of 32 characters ...", NULL);
    check_found_all(comm, folder, key, NULL); /* it was removed */
}

static void test_stop(tc_comm *comm, const char *folder)
{
    tc_checkpoint *c = open_all(comm, folder, key);
    tc_error err = {0};
    CHECK(tc_checkpoint_due_all(c) == 0);
    if (tc_comm_rank(comm) == tc_comm_size(comm) - 1) {
        tc_stop_listen();
        CHECK(raise(SIGUSR1) == 0); /* one rank alone */
    }
    CHECK(tc_checkpoint_due_all(c) == 1);
    check_agreed_all(comm, save_all(comm, c, "stopped", &err), &err, TC_EINTERRUPT, -1);
    tc_checkpoint_close_all(&c);
    tc_stop_forget();
    check_found_all(comm, folder, key, "stopped");
    c = open_all(comm, folder, key);
    tc_checkpoint_done_all(c);
    tc_checkpoint_close_all(&c);
}

int main(int argc, char **argv)
{
    check_test *const tests[] = {test_save_and_load, test_other_key, test_stop};
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
