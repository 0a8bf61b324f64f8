/* Compressed files of any bytes: read to their end or refused, the same in pieces of any size. Byte 0 chooses the format
 * and how much is read at a time. */
#include "fuzz.h"

#include "tiercel/hash.h"
#include "tiercel/source.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { MOST = 1 << 22, CHUNK = 1 << 16 };

static char folder[] = "/tmp/tiercel_fuzz_XXXXXX";
static char path[2][64];

static void stop(void)
{
    for (int i = 0; i < 2; i++) {
        (void)unlink(path[i]);
    }
    (void)rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    FUZZ_CHECK(mkdtemp(folder) != NULL && atexit(stop) == 0);
    (void)snprintf(path[0], sizeof path[0], "%s/x.gz", folder);
    (void)snprintf(path[1], sizeof path[1], "%s/x.zst", folder);
    return 0;
}

static tc_status read_all(const char *name, int64_t step, int64_t *total, uint64_t *digest)
{
    static char bytes[CHUNK];
    tc_source *source = NULL;
    tc_error err = {0};
    int64_t n = 1;
    tc_status st = tc_source_open(name, 0, &source, &err);
    *total = 0;
    *digest = 0;
    while (st == TC_OK && n > 0 && *total < MOST) {
        st = tc_source_read(source, bytes, step, &n, &err);
        FUZZ_CHECK(st != TC_OK || (n >= 0 && n <= step));
        for (int64_t i = 0; st == TC_OK && i < n; i++) {
            *digest = *digest * 31 + (unsigned char)bytes[i];
        }
        *total += st == TC_OK ? n : 0;
    }
    tc_source_close(&source);
    FUZZ_CHECK(st == TC_OK || st == TC_EDATA);
    FUZZ_CHECK(st == TC_OK || err.message[0] != '\0');
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, size};
    const unsigned options = fuzz_byte(&in);
    const char *const name = path[options & 1];
    const int64_t blocks = tc_mem_live_blocks();
    const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int64_t total, again;
    uint64_t digest, same;
    tc_status st;
    FUZZ_CHECK(fd >= 0 && write(fd, in.data, in.n) == (ssize_t)in.n);
    (void)close(fd);
    st = read_all(name, CHUNK, &total, &digest);
    if (total < MOST) {
        FUZZ_CHECK(read_all(name, 1 + (options >> 1), &again, &same) == st);
        FUZZ_CHECK(st != TC_OK || (again == total && same == digest));
    }
    FUZZ_CHECK(tc_mem_live_blocks() == blocks);
    return 0;
}
