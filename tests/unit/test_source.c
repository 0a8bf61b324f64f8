/* The bytes of plain and compressed files: whole, in members, cut off, damaged. */
#include "tiercel/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

enum { TEXT = 300000, ROOM = 2 * TEXT };

static char text[TEXT], packed[ROOM], back[ROOM];

/* Lines of which some repeat, so that all kinds of blocks occur. */
static void make_text(void)
{
    uint64_t seed = 7;
    for (int i = 0; i < TEXT; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        text[i] = i >= 1000 && seed >> 60 != 0 ? text[i - 1000] : (char)(32 + (seed >> 58));
    }
}

static int64_t gzip(const char *from, int64_t n, char *to)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)from;
    stream.avail_in = (unsigned)n;
    stream.next_out = (unsigned char *)to;
    stream.avail_out = ROOM;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    n = (int64_t)stream.total_out;
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return n;
}

static int64_t zstd(const char *from, int64_t n, char *to)
{
    const size_t used = ZSTD_compress(to, ROOM, from, (size_t)n, 3);
    assert_false(ZSTD_isError(used));
    return (int64_t)used;
}

typedef struct {
    const char *end; /* of the name */
    int64_t (*pack)(const char *from, int64_t n, char *to);
} packer;

static const packer packers[] = {{".gz", gzip}, {".zst", zstd}};

/* Reads bytes[n] as a file whose name ends so, `step` bytes at a time; *total of them come
 * back in back[]. */
static tc_status read_back(const char *end, const char *bytes, int64_t n, int64_t step,
                           int64_t *total, tc_error *err)
{
    char path[64] = "/tmp/tiercel-source-XXXXXX", name[80];
    const int fd = mkstemp(path);
    tc_source *source = NULL;
    int64_t got = 1;
    tc_status st;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, (size_t)n), n);
    assert_int_equal(close(fd), 0);
    (void)snprintf(name, sizeof name, "%s%s", path, end);
    assert_int_equal(rename(path, name), 0);
    *total = 0;
    st = tc_source_open(name, 0, &source, err);
    while (st == TC_OK && got > 0) {
        const int64_t room = ROOM - *total < step ? ROOM - *total : step;
        st = tc_source_read(source, back + *total, room, &got, err);
        *total += st == TC_OK ? got : 0;
    }
    tc_source_close(&source);
    assert_int_equal(unlink(name), 0);
    return st;
}

static void expect_text(const char *end, int64_t n, int64_t step, int64_t times)
{
    tc_error err = {0};
    int64_t total;
    if (read_back(end, packed, n, step, &total, &err) != TC_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(total, TEXT * times);
    for (int64_t i = 0; i < times; i++) {
        assert_memory_equal(back + i * TEXT, text, TEXT);
    }
}

static void test_whole(void **state)
{
    static const int64_t steps[] = {1, 7, 4096, 65536, ROOM};
    int64_t total;
    (void)state;
    for (size_t k = 0; k < sizeof packers / sizeof *packers; k++) {
        const int64_t n = packers[k].pack(text, TEXT, packed);
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            expect_text(packers[k].end, n, steps[i], 1);
        }
        assert_int_equal(read_back(packers[k].end, packed, 0, 10, &total, NULL), TC_OK);
        assert_int_equal(total, 0);
        assert_int_equal(read_back(packers[k].end, packed, packers[k].pack(text, 0, packed),
                                   10, &total, NULL),
                         TC_OK);
        assert_int_equal(total, 0);
    }
    assert_int_equal(read_back(".csv", text, TEXT, 999, &total, NULL), TC_OK);
    assert_int_equal(total, TEXT);
    assert_memory_equal(back, text, TEXT);
}

/* Members one after the other, as `cat` makes them; and frames that zstd tools put between. */
static void test_members(void **state)
{
    static const char skip[] = "\x50\x2A\x4D\x18\x05\0\0\0abcde";
    int64_t n, m = (int64_t)sizeof skip - 1;
    (void)state;
    n = gzip(text, 1000, packed);
    n += gzip(text + 1000, TEXT - 1000, packed + n);
    expect_text(".gz", n, 4096, 1);
    memcpy(packed, skip, (size_t)m);
    n = m + zstd(text, 1000, packed + m);
    n += zstd(text + 1000, TEXT - 1000, packed + n);
    memcpy(packed + n, skip, (size_t)m);
    n += m;
    expect_text(".zst", n, 4096, 1);
    n += zstd(text, TEXT, packed + n);
    expect_text(".zst", n, 1, 2);
}

static void expect_damage(const char *end, const char *bytes, int64_t n, const char *words)
{
    tc_error err = {0};
    int64_t total;
    assert_int_equal(read_back(end, bytes, n, 65536, &total, &err), TC_EDATA);
    if (strstr(err.message, words) == NULL) {
        fail_msg("%s", err.message);
    }
}

static void test_cut_off(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof packers / sizeof *packers; k++) {
        const int64_t n = packers[k].pack(text, TEXT, packed);
        for (int64_t cut = 1; cut < n; cut += cut < 40 || cut > n - 41 ? 1 : n / 17) {
            expect_damage(packers[k].end, packed, cut, "ends in the middle");
        }
    }
}

static void test_damaged(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof packers / sizeof *packers; k++) {
        const int64_t n = packers[k].pack(text, TEXT, packed);
        memcpy(packed + n, "\r\nrest", 6);
        expect_damage(packers[k].end, packed, n + 6,
                      k == 0 ? "has other bytes behind" : "is damaged before byte");
        packed[1] ^= 0x55;
        expect_damage(packers[k].end, packed, n, "is damaged before byte");
        expect_damage(packers[k].end, "id,time\n", 8, "is not a");
    }
}

/* A frame of one byte that asks for a window of 256 MiB. */
static void test_large_window(void **state)
{
    static const char frame[] = "\x28\xB5\x2F\xFD\x00\x90\x09\0\0x";
    int64_t total;
    (void)state;
    expect_damage(".zst", frame, (int64_t)sizeof frame - 1, "more than 128 MiB");
    memcpy(packed, frame, sizeof frame);
    packed[5] = (char)0x88; /* 128 MiB */
    assert_int_equal(read_back(".zst", packed, (int64_t)sizeof frame - 1, 10, &total, NULL),
                     TC_OK);
    assert_int_equal(total, 1);
}

static void test_names(void **state)
{
    (void)state;
    assert_true(tc_source_is_packed("a.csv.gz"));
    assert_true(tc_source_is_packed("a.zst"));
    assert_false(tc_source_is_packed(".zst"));
    assert_false(tc_source_is_packed("a.zst.csv"));
    assert_false(tc_source_is_packed("gz"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),   cmocka_unit_test(test_members),
        cmocka_unit_test(test_cut_off), cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_names),   cmocka_unit_test(test_large_window),
    };
    make_text();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
