/* The nasty file cut among real ranks: at every byte for 2 ranks, at hash-sampled bytes for more (7 ranks also stand for
 * 5: two get nothing). The plan adds up quotes and lines over the ranks, each rank reads its piece, and together they read
 * what a slow RFC 4180 parser reads. */
#include "../../src/stage/table/table_reader.h"
#include "../unit/rfc4180.h"
#include "check.h"

#include <unistd.h>

enum { TUPLES = 400 };

static const tc_table_column columns[RFC_COLUMNS] = {{.name = "customer"},
                                                     {.name = "time"},
                                                     {.name = "amount"},
                                                     {.name = "the \"order\""},
                                                     {.name = "channel"}};

static int same_row(const tc_table_row *row, const rfc_record *record)
{
    int same = row->problem == TC_TABLE_GOOD && row->line == record->line;
    for (int c = 0; c < RFC_COLUMNS && same; c++) {
        same = row->text[c].n == record->n[c] &&
               memcmp(row->text[c].data, record->field[c], (size_t)record->n[c]) == 0;
    }
    return same;
}

/* Local. Reads the pieces of this rank; rows must be those from `next` on. Returns the row behind the last one. */
static int64_t read_pieces(const tc_table_plan *plan, tc_table_reader *reader,
                           const rfc_file *file)
{
    int64_t next = file->n_records;
    for (int64_t i = 0; i < plan->n_pieces; i++) {
        tc_table_row row;
        int found = 1;
        next = rfc_first(file, plan->piece[i].begin);
        CHECK(tc_table_reader_open(reader, plan->state[0], &plan->piece[i], NULL) == TC_OK);
        while (found && tc_table_reader_next(reader, &row, &found, NULL) == TC_OK) {
            if (found) {
                CHECK(next < file->n_records && same_row(&row, &file->record[next]));
                next++;
            }
        }
        CHECK(!found && next == rfc_first(file, plan->piece[i].end));
    }
    return next;
}

/* Collective. */
static void check_cut(tc_comm *comm, const tc_table_spec *spec, tc_table_reader *reader,
                      const rfc_file *file, const int64_t *at)
{
    tc_table_plan plan;
    tc_error err = {0};
    int64_t rows = 0;
    const tc_status st = tc_table_plan_at_all(comm, spec, at, &plan, &err);
    CHECK(st == TC_OK);
    if (st == TC_OK && plan.n_pieces > 0) {
        rows = read_pieces(&plan, reader, file) - rfc_first(file, plan.piece[0].begin);
    }
    tc_comm_sum_i64_all(comm, &rows, 1);
    CHECK(rows == file->n_records);
    tc_table_plan_free(&plan);
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void check_cuts(tc_comm *comm, const tc_table_spec *spec, const rfc_file *file)
{
    const int ranks = tc_comm_size(comm);
    tc_table_reader reader;
    uint64_t seed = 4180;
    CHECK(tc_table_reader_create(&reader, spec, NULL) == TC_OK);
    for (int64_t i = 0; ranks == 2 && i <= file->n; i++) {
        check_cut(comm, spec, &reader, file, (const int64_t[3]){0, i, file->n});
    }
    for (int i = 0; i < TUPLES && ranks > 2 && ranks < 16; i++) {
        int64_t at[17] = {0};
        for (int r = 1; r < ranks; r++) {
            at[r] = (int64_t)rfc_random(&seed) % (file->n + 1);
            at[r] = ranks > 5 && r >= 5 && i % 2 == 0 ? file->n : at[r];
        }
        at[ranks] = file->n;
        qsort(at, (size_t)ranks, sizeof *at, by_value);
        check_cut(comm, spec, &reader, file, at);
    }
    check_cut(comm, spec, &reader, file, NULL);
    tc_table_reader_free(&reader);
}

enum { STOPS = 60, RECORDS = 64 };

/* Collective. Reads up to `most` rows of this rank and marks them; *ranges: what all ranks have left. */
static void read_some(tc_comm *comm, tc_table *table, const rfc_file *file, int64_t most,
                      int64_t *seen, tc_buffer *ranges)
{
    tc_buffer mine = {0};
    tc_error err = {0};
    int found = 1;
    for (int64_t i = 0; i < most && found; i++) {
        tc_table_row row;
        CHECK(tc_table_next(table, &row, &found, NULL) == TC_OK);
        for (int64_t k = 0; k < file->n_records && found; k++) {
            seen[k] += same_row(&row, &file->record[k]);
        }
    }
    CHECK(tc_table_rest(table, &mine, NULL) == TC_OK);
    ranges->size = 0;
    CHECK(tc_comm_gather_all(comm, mine.data, mine.size, ranges, &err) == TC_OK);
    tc_buffer_free(&mine);
}

/* Readers that are stopped anywhere, again and again: others take up what they have left, and each record is read once. */
static void check_stops(tc_comm *comm, const tc_table_spec *spec, const rfc_file *file)
{
    uint64_t seed = 75 + (uint64_t)tc_comm_rank(comm);
    tc_buffer ranges = {0};
    for (int i = 0; i < STOPS; i++) {
        int64_t seen[RECORDS] = {0};
        tc_error err = {0};
        tc_table *table = NULL;
        CHECK(tc_table_open_all(comm, spec, &table, &err) == TC_OK);
        for (int k = 0; k < 5 && table != NULL; k++) {
            const int64_t some = (int64_t)rfc_random(&seed) % 3;
            read_some(comm, table, file, k == 4 ? RECORDS : some, seen, &ranges);
            tc_table_close(&table);
            CHECK(tc_table_open_rest_all(comm, spec,
                                         (const tc_table_range *)(const void *)ranges.data,
                                         ranges.size / (int64_t)sizeof(tc_table_range),
                                         &table, &err) == TC_OK);
        }
        CHECK(ranges.size == 0);
        tc_table_close(&table);
        tc_comm_sum_i64_all(comm, seen, RECORDS);
        for (int64_t k = 0; k < file->n_records; k++) {
            CHECK(seen[k] == 1);
        }
    }
    tc_buffer_free(&ranges);
}

static void every_rank_reads_its_own_records(tc_comm *comm, const char *folder)
{
    char path[512], *files[1] = {path};
    const tc_table_spec spec = {.file = files,
                                .n_files = 1,
                                .column = columns,
                                .n_columns = RFC_COLUMNS,
                                .dialect = tc_csv_dialect_of(',', '"'),
                                .section = "input"};
    rfc_file file;
    int64_t ready = rfc_nasty(getenv("TIERCEL_SOURCE"), &file);
    (void)snprintf(path, sizeof path, "%s/nasty_%d.csv", folder, tc_comm_size(comm));
    if (ready && tc_comm_rank(comm) == 0) {
        FILE *out = fopen(path, "wb");
        ready = out != NULL && fwrite(file.text, 1, (size_t)file.n, out) == (size_t)file.n;
        ready = out != NULL && fclose(out) == 0 && ready;
    }
    tc_comm_min_i64_all(comm, &ready, 1);
    CHECK(ready);
    if (ready) {
        CHECK(file.n_records == 8);
        check_cuts(comm, &spec, &file);
        check_stops(comm, &spec, &file);
        if (tc_comm_rank(comm) == 0) {
            (void)unlink(path);
        }
    }
    rfc_free(&file);
}

int main(int argc, char **argv)
{
    static check_test *const tests[] = {every_rank_reads_its_own_records};
    return check_run_all(argc, argv, tests, 1);
}
