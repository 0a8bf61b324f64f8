/* Opening and reading damaged and hostile files. Two valid files are written at the start, one with a group of so many
 * links that they lie in a heap. An input is a list of changes to one of them:
 *   byte 0: bit 0 which file, bit 1 make all checksums right again afterwards, bit 2 cut it off
 *   then four bytes a change: how, where (two bytes; bit 7 of `how` counts from the pieces of metadata), what.
 * Whatever becomes of it, opening and reading end with a documented code; and if no checksum was mended, what is read
 * without an error is what was written. */
#include "fuzz.h"

#include "../mpi/store_sample.h"
#include "edge/store/store_guard.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { ROWS = 5, WIDE = 120, CHANGES_MAX = 64, SEALS_MAX = 4096, BLOCK_SUM_AT = 17 };

/* A piece of metadata with a checksum. */
typedef struct {
    int64_t at, n; /* with the four bytes of the checksum */
    int64_t sum;   /* where it is in the piece */
} seal;

typedef struct {
    char path[64];
    unsigned char *bytes; /* as written */
    unsigned char *copy;  /* as changed */
    int64_t n;
    seal seal[SEALS_MAX];
    int n_seals;
} base;

static tc_comm *world;
static base file[2];
static char folder[] = "/tmp/tiercel_fuzz_XXXXXX";

static uint32_t sum_of(const unsigned char *p, const seal *s)
{
    unsigned char *const piece = malloc((size_t)s->n);
    const int64_t n = s->sum + 4 < s->n ? s->n : s->n - 4;
    uint32_t sum;
    FUZZ_CHECK(piece != NULL);
    memcpy(piece, p + s->at, (size_t)s->n);
    memset(piece + s->sum, 0,
           4); /* matters in a heap block, whose checksum stands inside */
    sum = tc_guard_checksum(piece, n);
    free(piece);
    return sum;
}

static int is_sealed(const unsigned char *p, const seal *s)
{
    const uint32_t sum = sum_of(p, s);
    return memcmp(p + s->at + s->sum, &sum, 4) == 0;
}

/* Pieces are found by their signatures and by trying lengths until the checksum fits. */
static void find_seals(base *b)
{
    static const char *const signature[] = {"OHDR", "OCHK", "FRHP", "FHDB",
                                            "FHIB", "BTHD", "BTIN", "BTLF"};
    b->seal[b->n_seals++] = (seal){0, 48, 44};
    for (int64_t at = 48; at + 8 < b->n && b->n_seals < SEALS_MAX; at++) {
        int known = 0;
        for (size_t i = 0; i < sizeof signature / sizeof *signature; i++) {
            known += memcmp(b->bytes + at, signature[i], 4) == 0 ? (int)i + 1 : 0;
        }
        for (int64_t n = 8; known && n <= 65536 && n <= b->n - at;
             n += known == 4 ? n : 1) {
            const seal s = {at, n, known == 4 ? BLOCK_SUM_AT : n - 4};
            if (n >= (known == 4 ? 512 : 8) && is_sealed(b->bytes, &s)) {
                b->seal[b->n_seals++] = s;
                break;
            }
            if (known != 4 && n > 2000 && known != 1) {
                break;
            }
        }
    }
}

static void put_wide(tc_store *store)
{
    static const unsigned char rows[ROWS] = {1, 2, 3, 4, 5};
    for (int i = 0; i < WIDE; i++) {
        char name[32];
        const tc_field field = {.name = name, .type = TC_U8};
        (void)snprintf(name, sizeof name, "wide/column_%03d", i);
        FUZZ_CHECK(tc_store_put_all(store, &field, rows, 0, ROWS, ROWS, &(tc_error){0}) ==
                   TC_OK);
    }
}

static void make_base(base *b, const char *name, int wide)
{
    const tc_store_header header = sample_header(ROWS);
    tc_store *store = NULL;
    tc_error err = {0};
    int fd;
    struct stat facts;
    (void)snprintf(b->path, sizeof b->path, "%s/%s", folder, name);
    FUZZ_CHECK(tc_store_create_all(world, b->path, &header, &store, &err) == TC_OK);
    FUZZ_CHECK(sample_put_all(world, store, ROWS, &err) == TC_OK);
    if (wide) {
        put_wide(store);
    }
    FUZZ_CHECK(tc_store_publish_all(&store, &err) == TC_OK);
    fd = open(b->path, O_RDONLY);
    FUZZ_CHECK(fd >= 0 && fstat(fd, &facts) == 0);
    b->n = (int64_t)facts.st_size;
    b->bytes = malloc((size_t)b->n);
    b->copy = malloc((size_t)b->n);
    FUZZ_CHECK(b->bytes != NULL && b->copy != NULL);
    FUZZ_CHECK(read(fd, b->bytes, (size_t)b->n) == (ssize_t)b->n);
    (void)close(fd);
    find_seals(b);
}

static void stop(void)
{
    for (int i = 0; i < 2; i++) {
        (void)unlink(file[i].path);
        free(file[i].bytes);
        free(file[i].copy);
    }
    (void)rmdir(folder);
    tc_comm_stop_all(&world);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    tc_error err = {0};
    FUZZ_CHECK(mkdtemp(folder) != NULL);
    FUZZ_CHECK(tc_comm_start_all(argc, argv, &world, &err) == TC_OK);
    make_base(&file[0], "small.h5", 0);
    make_base(&file[1], "wide.h5", 1);
    FUZZ_CHECK(atexit(stop) == 0);
    return 0;
}

static void change(base *b, fuzz_input *in)
{
    const unsigned how = fuzz_byte(in);
    const int64_t where = (int64_t)(fuzz_byte(in) << 8 | fuzz_byte(in));
    const unsigned what = fuzz_byte(in);
    const seal *const s = &b->seal[where % b->n_seals];
    int64_t at = (how & 0x80) != 0 ? s->at + what % s->n : where * 2 + (how >> 6 & 1);
    at %= b->n;
    switch (how & 7) {
    case 0:
        b->copy[at] = (unsigned char)what;
        break;
    case 1:
        b->copy[at] ^= (unsigned char)(1U << (what & 7));
        break;
    case 2:
        b->copy[at] = (unsigned char)(b->copy[at] + 1);
        break;
    case 3:
        b->copy[at] = (unsigned char)(b->copy[at] - 1);
        break;
    case 4:
        b->copy[at] = 0xFF;
        break;
    case 5:
        b->copy[at] = (unsigned char)(how >> 3 & 7);
        break;
    default: /* a piece of another place: eight bytes */
        memmove(b->copy + at, b->bytes + (at * 31 + what * 8) % b->n,
                (size_t)(b->n - at < 8 ? b->n - at : 8) <
                        (size_t)(b->n - (at * 31 + what * 8) % b->n)
                    ? (size_t)(b->n - at < 8 ? b->n - at : 8)
                    : 0);
        break;
    }
}

static void mend_checksums(base *b)
{
    for (int i = b->n_seals - 1; i >= 0; i--) {
        const uint32_t sum = sum_of(b->copy, &b->seal[i]);
        memcpy(b->copy + b->seal[i].at + b->seal[i].sum, &sum, 4);
    }
}

static void check_status(tc_status st, const tc_error *err)
{
    FUZZ_CHECK(st == TC_OK || st == TC_EDATA || st == TC_EIO || st == TC_ENOMEM);
    FUZZ_CHECK(st == TC_OK || (err->code == st && err->message[0] != '\0'));
}

static void read_all(tc_store *store, int mended)
{
    static unsigned char rows[ROWS * SAMPLE_ROW_BYTES], wanted[ROWS * SAMPLE_ROW_BYTES];
    char text[64];
    int64_t number, n;
    double real;
    int columns, width;
    for (int i = 0; i < SAMPLE_FIELDS; i++) {
        const tc_field *const f = &SAMPLE[i];
        const size_t bytes = ROWS * (size_t)sample_columns(f) * tc_type_size(f);
        tc_error err = {0}, again = {0};
        tc_status st = tc_store_shape_all(store, f->name, &n, &columns, &width, &err);
        check_status(st, &err);
        sample_fill(f, 0, ROWS, wanted);
        st = tc_store_get_all(store, f, 0, ROWS, rows, &again);
        check_status(st, &again);
        FUZZ_CHECK(mended || st != TC_OK || memcmp(rows, wanted, bytes) == 0);
    }
    tc_error err[3] = {{0}};
    check_status(tc_store_get_i64_all(store, "rows_read", &number, &err[0]), &err[0]);
    check_status(tc_store_get_f64_all(store, "inertia", &real, &err[1]), &err[1]);
    check_status(tc_store_get_text_all(store, "status", text, sizeof text, &err[2]),
                 &err[2]);
    (void)tc_store_has_all(store, "wide/column_012");
    (void)tc_store_has_all(store, "no/such/dataset");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, size};
    const unsigned options = fuzz_byte(&in);
    base *const b = &file[options & 1];
    const int mended = (options & 2) != 0;
    const int64_t blocks = tc_mem_live_blocks();
    int64_t length = b->n;
    tc_store *store = NULL;
    tc_error err = {0};
    tc_status st;
    const int fd = open(b->path, O_WRONLY | O_TRUNC);
    memcpy(b->copy, b->bytes, (size_t)b->n);
    if ((options & 4) != 0) {
        length = (int64_t)(fuzz_byte(&in) << 8 | fuzz_byte(&in)) % (b->n + 1);
    }
    for (int i = 0; i < CHANGES_MAX && in.n > 0; i++) {
        change(b, &in);
    }
    if (mended) {
        mend_checksums(b);
    }
    FUZZ_CHECK(fd >= 0 && write(fd, b->copy, (size_t)length) == (ssize_t)length);
    (void)close(fd);
    st = tc_store_open_all(world, b->path, "tiercel.sample", 3, &store, &err);
    check_status(st, &err);
    if (st == TC_OK) {
        read_all(store, mended);
    }
    tc_store_close_all(&store);
    FUZZ_CHECK(tc_mem_live_blocks() == blocks);
    return 0;
}
