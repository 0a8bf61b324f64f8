/* States that are not what they should be: every bit of the head, parts that are changed, cut, swapped, missing; a head of
 * another version; a disk that is full; what a killed save leaves; a state of another number of ranks. What is not
 * sound is never used, and a save that fails leaves the state before. */
#include "check.h"

#include "edge/store/checkpoint_impl.h"
#include "tiercel/fault.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORDS = 150000, PATH = 600, BYTES = 1 << 21 };

static const char key[TC_HASH_TEXT] = "0123456789abcdef0123456789abcdef";
static const tc_checkpoint_policy policy = {.seconds = 3600, .node_mtbf_hours = 43800};
static unsigned char bytes_of_file[BYTES];

static void meet_all(tc_comm *comm)
{
    CHECK(tc_comm_agree_all(comm, TC_OK, &(tc_error){0}) == TC_OK);
}

static void place(const char *folder, const char *name, char path[PATH])
{
    (void)snprintf(path, PATH, "%s/damage/%s", folder, name);
}

static int64_t read_file(const char *path, unsigned char *bytes)
{
    FILE *file = fopen(path, "rb");
    const int64_t n = file != NULL ? (int64_t)fread(bytes, 1, BYTES, file) : -1;
    if (file != NULL) {
        (void)fclose(file);
    }
    return n;
}

static void write_file(const char *path, const void *bytes, int64_t n)
{
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    if (file != NULL) {
        CHECK(fwrite(bytes, 1, (size_t)n, file) == (size_t)n);
        CHECK(fclose(file) == 0);
    }
}

static tc_checkpoint *open_all(tc_comm *comm, const char *folder)
{
    tc_checkpoint *c = NULL;
    tc_error err = {0};
    char path[PATH];
    (void)snprintf(path, sizeof path, "%s/damage", folder);
    CHECK(tc_checkpoint_open_all(comm, path, "stage", key, &policy, &c, &err) == TC_OK);
    return c;
}

/* Collective. Each rank keeps WORDS words of its own, which is more than a block. */
static tc_status save_all(tc_comm *comm, tc_checkpoint *c, const char *common,
                          tc_error *err)
{
    tc_status st = tc_checkpoint_begin_all(c, err);
    for (int64_t i = 0; st == TC_OK && i < WORDS; i++) {
        const int64_t word = i * 3 + tc_comm_rank(comm);
        st = tc_checkpoint_write(c, &word, (int64_t)sizeof word, err);
    }
    return tc_checkpoint_end_all(c, st, common, (int64_t)strlen(common) + 1, err);
}

/* Collective. With the state that is there. */
static tc_checkpoint *load_all(tc_comm *comm, const char *folder)
{
    tc_checkpoint *c = open_all(comm, folder);
    tc_buffer common = {0};
    tc_error err = {0};
    int found = 0;
    CHECK(tc_checkpoint_load_all(c, &common, &found, &err) == TC_OK && found);
    tc_buffer_free(&common);
    return c;
}

/* Collective. A fresh state with this common part. */
static void make_all(tc_comm *comm, const char *folder, const char *common)
{
    tc_checkpoint *c = open_all(comm, folder);
    tc_error err = {0};
    CHECK(save_all(comm, c, common, &err) == TC_OK);
    tc_checkpoint_close_all(&c);
}

/* Collective. What a load finds: this common part, or nothing (NULL). */
static void check_found_all(tc_comm *comm, const char *folder, const char *wanted)
{
    tc_checkpoint *c = open_all(comm, folder);
    tc_buffer common = {0};
    tc_error err = {0};
    char path[PATH];
    int found = -1;
    CHECK(tc_checkpoint_load_all(c, &common, &found, &err) == TC_OK);
    CHECK(found == (wanted != NULL));
    if (found == 1 && wanted != NULL) {
        CHECK(strcmp((const char *)common.data, wanted) == 0);
    } else {
        meet_all(comm);
        place(folder, "stage.ckpt", path);
        CHECK(access(path, F_OK) != 0); /* it is gone with its parts */
        place(folder, "stage.1.0.part", path);
        CHECK(access(path, F_OK) != 0);
    }
    tc_buffer_free(&common);
    tc_checkpoint_close_all(&c);
}

/* Collective. */
static void remove_all(tc_comm *comm, const char *folder)
{
    tc_checkpoint *c = open_all(comm, folder);
    char path[PATH];
    tc_checkpoint_done_all(c);
    tc_checkpoint_close_all(&c);
    meet_all(comm);
    place(folder, "", path);
    CHECK(access(path, F_OK) != 0); /* nothing is left over, whatever lay there */
}

static int is_good(tc_checkpoint *c, unsigned char *data, int64_t n)
{
    const tc_buffer view = {.data = data, .size = n, .capacity = n};
    tc_head_kind kind = TC_HEAD_NONE;
    tc_error err = {0};
    int64_t at, size;
    CHECK(tc_checkpoint_head_decode(c, &view, &kind, &at, &size, &err) == TC_OK);
    return kind == TC_HEAD_GOOD;
}

/* Each bit of the head, each length, more bytes behind it. */
static void test_head_bits(tc_comm *comm, const char *folder)
{
    tc_checkpoint *c;
    char path[PATH];
    int64_t n;
    make_all(comm, folder, "a small state");
    c = open_all(comm, folder);
    place(folder, "stage.ckpt", path);
    n = read_file(path, bytes_of_file);
    CHECK(n > 80 && is_good(c, bytes_of_file, n));
    for (int64_t bit = 0; bit < 8 * n; bit++) {
        bytes_of_file[bit / 8] ^= (unsigned char)(1U << (bit % 8));
        CHECK(!is_good(c, bytes_of_file, n));
        bytes_of_file[bit / 8] ^= (unsigned char)(1U << (bit % 8));
    }
    memset(bytes_of_file + n, 0, 64);
    for (int64_t length = 0; length < n + 64; length++) {
        CHECK(length == n || !is_good(c, bytes_of_file, length));
    }
    CHECK(is_good(c, bytes_of_file, n));
    tc_checkpoint_close_all(&c);
    meet_all(comm);
    if (tc_comm_rank(comm) == 0) {
        bytes_of_file[n / 2] ^= 4;
        write_file(path, bytes_of_file, n);
    }
    meet_all(comm);
    check_found_all(comm, folder, NULL);
}

/* A head that is sound but of another version. */
static void test_version(tc_comm *comm, const char *folder)
{
    char path[PATH];
    make_all(comm, folder, "of another version");
    place(folder, "stage.ckpt", path);
    if (tc_comm_rank(comm) == 0) {
        const int64_t n = read_file(path, bytes_of_file);
        tc_hash128 hash;
        CHECK(memcmp(bytes_of_file, "TCCKPT1", 8) == 0);
        bytes_of_file[6] = '0';
        hash = tc_hash128_of(bytes_of_file, (size_t)n - sizeof hash);
        memcpy(bytes_of_file + n - (int64_t)sizeof hash, &hash, sizeof hash);
        write_file(path, bytes_of_file, n);
    }
    meet_all(comm);
    check_found_all(comm, folder, NULL);
}

/* Rank 0. One way to spoil the part at `path`. */
static void spoil(const char *path, int way)
{
    int64_t n = read_file(path, bytes_of_file);
    CHECK(n == WORDS * 8);
    switch (way) {
    case 0:
        bytes_of_file[0] ^= 1;
        break;
    case 1:
        bytes_of_file[n - 1] ^= 128;
        break;
    case 2:
        n--;
        break;
    case 3:
        bytes_of_file[n++] = 0;
        break;
    case 4:
        n = 0;
        break;
    case 5: /* two blocks in the other order */
        memmove(bytes_of_file + n - TC_CHECKPOINT_BLOCK, bytes_of_file,
                TC_CHECKPOINT_BLOCK);
        break;
    default:
        CHECK(unlink(path) == 0);
        return;
    }
    write_file(path, bytes_of_file, n);
}

static void test_parts(tc_comm *comm, const char *folder)
{
    char path[PATH], name[64];
    (void)snprintf(name, sizeof name, "stage.1.%d.part", tc_comm_size(comm) - 1);
    place(folder, name, path);
    for (int way = 0; way <= 6; way++) {
        make_all(comm, folder, "with parts");
        meet_all(comm);
        if (tc_comm_rank(comm) == 0) {
            spoil(path, way);
        }
        meet_all(comm);
        check_found_all(comm, folder, NULL);
    }
}

/* A part that has no room; on one rank alone. */
static void test_full_disk(tc_comm *comm, const char *folder)
{
    tc_checkpoint *c = open_all(comm, folder);
    const int is_last = tc_comm_rank(comm) == tc_comm_size(comm) - 1;
    struct rlimit before, little;
    tc_error err = {0};
    char path[PATH];
    CHECK(save_all(comm, c, "before", &err) == TC_OK);
    CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
    little = before;
    little.rlim_cur = WORDS * 4;
    if (is_last) {
        (void)signal(SIGXFSZ, SIG_IGN);
        CHECK(setrlimit(RLIMIT_FSIZE, &little) == 0);
    }
    CHECK(save_all(comm, c, "does not fit", &err) == TC_OK); /* the job goes on */
    CHECK(err.code == TC_OK);
    CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
    tc_checkpoint_close_all(&c);
    meet_all(comm);
    place(folder, "stage.2.0.part", path);
    CHECK(access(path, F_OK) != 0);
    check_found_all(comm, folder, "before");
    c = load_all(comm, folder);
    if (tc_comm_rank(comm) == 0) { /* the head alone */
        little.rlim_cur = 16;
        (void)signal(SIGXFSZ, SIG_IGN);
        CHECK(setrlimit(RLIMIT_FSIZE, &little) == 0);
    }
    CHECK(tc_checkpoint_begin_all(c, &err) == TC_OK);
    CHECK(tc_checkpoint_end_all(c, TC_OK, "does not fit", 13, &err) == TC_OK);
    CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
    tc_checkpoint_close_all(&c);
    meet_all(comm);
    place(folder, "stage.ckpt.tmp", path);
    CHECK(access(path, F_OK) != 0);
    check_found_all(comm, folder, "before");
    remove_all(comm, folder);
}

/* What a save leaves that was killed before its head was there. */
static void test_killed_save(tc_comm *comm, const char *folder)
{
    static const char *const name[] = {"stage.2.0.part", "stage.2.40.part",
                                       "stage.ckpt.tmp"};
    tc_checkpoint *c;
    tc_error err = {0};
    char path[PATH];
    make_all(comm, folder, "before");
    for (int i = 0; i < 3; i++) {
        place(folder, name[i], path);
        if (tc_comm_rank(comm) == 0) {
            write_file(path, "torn", 4);
        }
    }
    meet_all(comm);
    check_found_all(comm, folder, "before");
    c = load_all(comm, folder);
    CHECK(save_all(comm, c, "after", &err) == TC_OK);
    tc_checkpoint_close_all(&c);
    meet_all(comm);
    place(folder, name[2], path);
    CHECK(access(path, F_OK) != 0);
    check_found_all(comm, folder, "after");
    remove_all(comm, folder);
}

/* Rank 0. As five ranks would have left it: part r holds r times a word. */
static void leave_five(const tc_checkpoint *c, const char *folder)
{
    tc_checkpoint_part part[5] = {{0}};
    tc_error err = {0};
    char path[PATH], name[64];
    (void)snprintf(path, sizeof path, "%s/damage", folder);
    CHECK(mkdir(path, 0777) == 0);
    for (int r = 1; r < 5; r++) {
        int64_t words[5];
        for (int i = 0; i < r; i++) {
            words[i] = 100 * r + i;
        }
        part[r].size = r * (int64_t)sizeof *words;
        part[r].hash = tc_hash64_of(words, (size_t)part[r].size, 0);
        (void)snprintf(name, sizeof name, "stage.1.%d.part", r);
        place(folder, name, path);
        write_file(path, words, part[r].size);
    }
    CHECK(tc_checkpoint_head_write(c, 1, part, 5, "of five ranks", 14, &err) == TC_OK);
}

static void test_other_ranks(tc_comm *comm, const char *folder)
{
    tc_checkpoint *c = open_all(comm, folder);
    tc_buffer common = {0};
    tc_error err = {0};
    int found = 0;
    if (tc_comm_rank(comm) == 0) {
        leave_five(c, folder);
    }
    meet_all(comm);
    CHECK(tc_checkpoint_load_all(c, &common, &found, &err) == TC_OK);
    CHECK(found == 1 && tc_checkpoint_parts(c) == 5);
    CHECK(found == 1 && strcmp((const char *)common.data, "of five ranks") == 0);
    for (int64_t r = 0; found == 1 && r < tc_checkpoint_parts(c); r++) {
        int64_t words[8], got = -1;
        CHECK(tc_checkpoint_part_size(c, r) == 8 * r);
        CHECK(tc_checkpoint_part_open(c, r, &err) == TC_OK);
        CHECK(tc_checkpoint_part_read(c, words, (int64_t)sizeof words, &got, &err) ==
              TC_OK);
        CHECK(got == 8 * r);
        for (int64_t i = 0; i < got / 8; i++) {
            CHECK(words[i] == 100 * r + i);
        }
        tc_checkpoint_part_close(c);
    }
    CHECK(save_all(comm, c, "of this number", &err) == TC_OK);
    tc_buffer_free(&common);
    tc_checkpoint_close_all(&c);
    check_found_all(comm, folder, "of this number");
    remove_all(comm, folder);
}

/* A failure of the disk is a warning, one of memory ends the job; the state before stays in both. */
static void test_faults(tc_comm *comm, const char *folder)
{
    static const struct {
        const char *fault;
        tc_status wanted;
    } cases[] = {{"checkpoint.part:0:1", TC_OK},
                 {"checkpoint.part:0:2", TC_OK},
                 {"checkpoint.head:0:1", TC_OK},
                 {"checkpoint.part:0:1:memory", TC_ENOMEM}};
    tc_checkpoint *c = open_all(comm, folder);
    tc_error err = {0};
    CHECK(save_all(comm, c, "before", &err) == TC_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err = (tc_error){0};
        if (tc_fault_arm(cases[i].fault, tc_comm_rank(comm), &err) == TC_OK) {
            CHECK(save_all(comm, c, "after", &err) == cases[i].wanted);
        }
    }
    tc_checkpoint_close_all(&c);
    check_found_all(comm, folder, "before");
    remove_all(comm, folder);
}

int main(int argc, char **argv)
{
    check_test *const tests[] = {test_head_bits, test_version,     test_parts,
                                 test_full_disk, test_killed_save, test_other_ranks,
                                 test_faults};
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
