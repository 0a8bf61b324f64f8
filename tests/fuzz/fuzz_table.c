/* Rows of a file in any dialect. However the file is cut into pieces, each started with the quotes and newlines in front
 * of it, they give the rows of the whole file, or at least one of them fails if the whole file does: nothing is lost
 * silently. Bytes 0 to 6 of the input choose dialect and cuts, the rest is the file. */
#define _GNU_SOURCE /* memfd_create */
#include "fuzz.h"

#include "stage/table/table_reader.h"

#include "tiercel/hash.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TEXT_MAX = 8192, PIECES = 3 };

static const tc_table_column columns[] = {
    {.name = "id"}, {.name = "a b", .optional = 1}, {.name = "1"}};
static const tc_table_column numbered[] = {{.name = "1"}, {.name = "2"}};

typedef struct {
    tc_status st;
    int64_t rows;
    uint64_t digest;
} outcome;

static char path[64];
static char *files[1] = {path};
static int fd = -1;

static tc_table_spec choose(fuzz_input *in)
{
    static const int delimiter[] = {',', ';', '\t', '|', TC_CSV_BLANKS, ' '};
    static const int quote[] = {'"', '\'', TC_CSV_NO_QUOTE};
    const int d = delimiter[fuzz_byte(in) % 6], q = quote[fuzz_byte(in) % 3];
    const unsigned options = fuzz_byte(in);
    tc_table_spec spec = {.file = files, .n_files = 1, .section = "input"};
    spec.dialect = tc_csv_dialect_of(d, d == TC_CSV_BLANKS ? TC_CSV_NO_QUOTE : q);
    spec.dialect.header = (options & 1) == 0;
    spec.dialect.skip_lines = options >> 1 & 3;
    spec.dialect.encoding = (tc_encoding)((options >> 3 & 3) % 3);
    spec.all_columns = spec.dialect.header && (options & 32) != 0;
    spec.column = spec.dialect.header ? columns : numbered;
    spec.n_columns = spec.dialect.header ? 3 : 2;
    if (spec.all_columns) {
        spec.n_columns = (int)(options >> 6 & 1);
    }
    return spec;
}

static void add_row(outcome *to, const tc_table_row *row, int n_columns)
{
    uint64_t words[5] = {to->digest, row->hash, (uint64_t)row->line, (uint64_t)row->lines,
                         (uint64_t)row->problem};
    FUZZ_CHECK(row->line >= 1 && row->lines >= 1 && row->bytes >= 1);
    for (int c = 0; c < n_columns; c++) {
        const tc_csv_text t = row->text[c];
        FUZZ_CHECK(t.n >= 0 && (row->problem == TC_TABLE_GOOD || t.n == 0));
        words[0] = tc_hash64_of(t.data, (size_t)t.n, words[0]);
    }
    to->digest = tc_hash64_of(words, sizeof words, 0);
    to->rows++;
}

/* What the plan finds out: no quotes in lines that are not read. */
static tc_table_piece piece_of(const tc_table_spec *spec, const char *text, int64_t begin,
                               int64_t end)
{
    tc_table_piece piece = {.begin = begin, .end = end};
    for (int64_t i = 0; i < begin; i++) {
        piece.inside ^= piece.newlines >= spec->dialect.skip_lines &&
                        (unsigned char)text[i] == spec->dialect.quote;
        piece.newlines += text[i] == '\n';
    }
    return piece;
}

/* The rows of a batch as the reader would give them one by one. */
static void add_batch(outcome *out, const tc_table_batch *batch, int n_columns)
{
    const tc_pieces rows = tc_table_batch_rows(batch);
    tc_csv_text text[TC_TABLE_MAX_COLUMNS];
    for (int64_t i = 0; i < batch->n; i++) {
        const char *const data = tc_piece_data(&rows, i);
        const int64_t n = tc_piece_n(&rows, i);
        const tc_table_row row = {.text = text,
                                  .file = batch->file,
                                  .field = -1,
                                  .line = batch->line + i,
                                  .lines = 1,
                                  .bytes = n + 1 + (batch->crlf != 0),
                                  .hash = tc_hash64_of(data, (size_t)n, 0),
                                  .header_hash = batch->header_hash};
        tc_table_batch_row(batch, i, n_columns, text);
        add_row(out, &row, n_columns);
    }
}

/* With most > 0 in batches of up to so many rows. */
static void read_piece(tc_table_reader *reader, const tc_table_piece *piece, int64_t most,
                       outcome *out)
{
    tc_table_batch batch;
    tc_source_state state;
    tc_table_row row;
    tc_error err = {0};
    int found = 1;
    tc_status st = tc_source_look(path, &state, &err);
    FUZZ_CHECK(st == TC_OK);
    st = tc_table_reader_open(reader, state, piece, &err);
    while (st == TC_OK && found) {
        st = tc_table_reader_next_batch(reader, most, &batch, &row, &found, &err);
        if (st == TC_OK && found && batch.n > 0) {
            add_batch(out, &batch, reader->n_columns);
        } else if (st == TC_OK && found) {
            add_row(out, &row, reader->n_columns);
        }
    }
    FUZZ_CHECK(st == TC_OK || (st == TC_EDATA && err.message[0] != '\0'));
    out->st = st > out->st ? st : out->st;
}

/* The whole file row by row and its pieces in batches, by one reader. */
static void check_pieces(const tc_table_spec *spec, const char *text, const int64_t *cut)
{
    outcome whole = {0}, pieces = {0};
    tc_table_reader reader;
    tc_error err = {0};
    const tc_status st = tc_table_reader_create(&reader, spec, &err);
    FUZZ_CHECK(st == TC_OK || (st == TC_EDATA && err.message[0] != '\0'));
    if (st == TC_OK) {
        read_piece(&reader, &(tc_table_piece){.end = cut[PIECES]}, 0, &whole);
    }
    for (int i = 0; i < PIECES && st == TC_OK; i++) {
        if (cut[i] < cut[i + 1]) {
            const tc_table_piece piece = piece_of(spec, text, cut[i], cut[i + 1]);
            read_piece(&reader, &piece, 7, &pieces);
        }
    }
    tc_table_reader_free(&reader);
    FUZZ_CHECK(whole.st == pieces.st);
    if (whole.st == TC_OK) {
        FUZZ_CHECK(whole.rows == pieces.rows && whole.digest == pieces.digest);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, size};
    const tc_table_spec spec = choose(&in);
    const unsigned a = fuzz_byte(&in) << 8 | fuzz_byte(&in);
    const unsigned b = fuzz_byte(&in) << 8 | fuzz_byte(&in);
    const int64_t n = (int64_t)(in.n < TEXT_MAX ? in.n : TEXT_MAX);
    const int64_t blocks = tc_mem_live_blocks();
    int64_t cut[PIECES + 1] = {0, 0, 0, n};
    if (n == 0) {
        return 0; /* the plan refuses files of 0 bytes */
    }
    if (fd < 0) {
        fd = memfd_create("tiercel", 0);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    FUZZ_CHECK(fd >= 0 && ftruncate(fd, 0) == 0);
    FUZZ_CHECK(pwrite(fd, in.data, (size_t)n, 0) == (ssize_t)n);
    cut[1] = (int64_t)(a < b ? a : b) % (n + 1);
    cut[2] = cut[1] + (int64_t)(a < b ? b : a) % (n + 1 - cut[1]);
    check_pieces(&spec, (const char *)in.data, cut);
    FUZZ_CHECK(tc_mem_live_blocks() == blocks);
    return 0;
}
