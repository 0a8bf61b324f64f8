/* The metadata of a file is checked before HDF5 sees it: groups of any number of links pass, and a change is found even
 * where all checksums have been made right again. */
#include "../../src/edge/store/store_guard.h"
#include "store_sample.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { ROWS = 5 };

static void checksums_are_those_of_lookup3(tc_comm *comm, const char *folder)
{
    static const char text[] = "Four score and seven years ago";
    (void)comm, (void)folder;
    CHECK(tc_guard_checksum((const unsigned char *)text, 30) ==
          0x17770551U); /* B. Jenkins */
    CHECK(tc_guard_checksum((const unsigned char *)text, 0) == 0xdeadbeefU);
}

/* 8 links lie in the header of the group, more in a heap: one block, blocks behind one index, an index of three
 * levels. */
static void groups_of_any_size_are_read(tc_comm *comm, const char *folder)
{
    static const int sizes[] = {0, 1, 8, 9, 40, 300, 1300};
    char path[512];
    (void)snprintf(path, sizeof path, "%s/links.h5", folder);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        const tc_store_header header = sample_header(ROWS);
        tc_store *store = NULL;
        tc_error err = {0};
        unsigned char value = 0;
        tc_status st = tc_store_create_all(comm, path, &header, &store, &err);
        for (int i = 0; i < sizes[k] && st == TC_OK; i++) {
            char name[64];
            const tc_field field = {.name = name, .type = TC_U8};
            (void)snprintf(name, sizeof name, "wide/a_column_with_a_name_%d", i);
            value = (unsigned char)i;
            st = tc_store_put_small_all(store, &field, &value, 1, &err);
        }
        CHECK(st == TC_OK && tc_store_publish_all(&store, &err) == TC_OK);
        st = tc_store_open_all(comm, path, "tiercel.sample", 3, &store, &err);
        if (st != TC_OK && tc_comm_rank(comm) == 0) {
            (void)fprintf(stderr, "%d links: %s\n", sizes[k], err.message);
        }
        CHECK(st == TC_OK);
        if (st == TC_OK && sizes[k] > 0) {
            const tc_field field = {.name = "wide/a_column_with_a_name_0", .type = TC_U8};
            CHECK(tc_store_get_small_all(store, &field, 1, &value, &err) == TC_OK);
            CHECK(value == 0);
        }
        tc_store_close_all(&store);
    }
    if (tc_comm_rank(comm) == 0) {
        (void)unlink(path);
    }
}

/* Rank 0. The object header around a byte gets a new checksum. */
static void mend(unsigned char *bytes, int64_t at)
{
    int64_t n, begin = at;
    while (memcmp(bytes + begin, "OHDR", 4) != 0) {
        begin--;
    }
    n = begin + 6 + ((bytes[begin + 5] & 0x10) != 0 ? 4 : 0); /* limits of its attributes */
    n += bytes[begin + 5] % 4 == 0 ? 1 + bytes[n] : 2 + bytes[n] + 256 * bytes[n + 1];
    n -= begin;
    const uint32_t sum = tc_guard_checksum(bytes + begin, n);
    memcpy(bytes + begin + n, &sum, 4);
}

/* The first dataset's shape, type or attribute says something else, with a right checksum. */
static void a_mended_change_is_refused(tc_comm *comm, const char *folder)
{
    /* message type, byte in its body: rank; a dimension; class and size of the type; bytes of the name, type and value
     * of an attribute */
    static const struct {
        int type, at, value;
    } change[] = {{1, 1, 32}, {1, 4, 99},   {1, 11, 127}, {3, 0, 0x19},
                  {3, 4, 3},  {0xC, 2, 99}, {0xC, 3, 1},  {0xC, 4, 255}};
    char path[512];
    (void)snprintf(path, sizeof path, "%s/mended.h5", folder);
    for (size_t k = 0; k < sizeof change / sizeof *change; k++) {
        tc_error err = {0};
        tc_store *store = NULL;
        CHECK(sample_write_all(comm, path, ROWS, &err) == TC_OK);
        if (tc_comm_rank(comm) == 0) {
            static unsigned char bytes[1 << 20];
            const int fd = open(path, O_RDWR);
            const ssize_t n = fd < 0 ? 0 : read(fd, bytes, sizeof bytes);
            int64_t at = -1;
            for (int64_t i = 48; at < 0 && i + 12 < n;
                 i++) { /* its headers: constant, of datasets */
                const int space = bytes[i] == 1 && bytes[i + 2] == 0 && bytes[i + 3] == 0 &&
                                  bytes[i + 4] == 2 && bytes[i + 5] == 1;
                const int type = bytes[i] == 3 && bytes[i + 2] == 0 && bytes[i + 3] == 1;
                const int attribute = bytes[i] == 0xC && bytes[i + 2] == 0 &&
                                      bytes[i + 3] == 0 && bytes[i + 4] == 3;
                at = (change[k].type == 1 && space) || (change[k].type == 3 && type) ||
                             (change[k].type == 0xC && attribute)
                         ? i
                         : -1;
            }
            CHECK(at > 0);
            if (at > 0) {
                bytes[at + 4 + change[k].at] = (unsigned char)change[k].value;
                mend(bytes, at);
                CHECK(pwrite(fd, bytes, (size_t)n, 0) == n);
            }
            (void)close(fd);
        }
        check_agreed_all(comm,
                         tc_store_open_all(comm, path, "tiercel.sample", 3, &store, &err),
                         &err, TC_EDATA, 0);
        CHECK(store == NULL && strstr(err.message, "checksum") == NULL);
    }
    if (tc_comm_rank(comm) == 0) {
        (void)unlink(path);
    }
}

int main(int argc, char **argv)
{
    static check_test *const tests[] = {
        checksums_are_those_of_lookup3,
        groups_of_any_size_are_read,
        a_mended_change_is_refused,
    };
    return check_run_all(argc, argv, tests, (int)(sizeof tests / sizeof *tests));
}
