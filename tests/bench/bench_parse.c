/* bench_parse - how fast one core turns the bytes of a delimited file into events, against
 * `wc -l` on the same file in the same run.
 *
 *   bench_parse CONFIG [FILE [RUNS]]
 *
 * The columns, the format and, without FILE, the file (the first) are those of a
 * configuration. Each run times, one after the other: wc -l; counting quotes and newlines
 * (the pass over files that are cut between ranks); the fields alone; fields, ids, times,
 * amounts and hashes; all that ingest does with a row until it is packed for its owner, of two. Medians of RUNS (5) of the processor time are printed. No MPI is
 * started. */
#include "../../src/stage/ingest/ingest_impl.h"
#include "../../src/stage/table/table_reader.h"

#include "tiercel/log.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { WORKS = 5, LANES = 4 << 20, MAX_RUNS = 100, CHUNK = 256 << 10, PAGE = 4096 };

typedef struct {
    char *path;
    tc_table_spec spec;
    const tc_config_input *input; /* borrowed */
    tc_row_rules rules;
    tc_source_state state;
    uint64_t sum; /* of what was read, so that nothing can be left out */
    int64_t rows;
} bench;

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

/* Processor time, user and system, of this process and of those that it waited for: other
 * work on the machine disturbs it least. Nothing here waits for a disk if the file is in the
 * page cache. */
static double now(void)
{
    struct rusage own = {0}, children = {0};
    (void)getrusage(RUSAGE_SELF, &own);
    (void)getrusage(RUSAGE_CHILDREN, &children);
    return seconds_of(own.ru_utime) + seconds_of(own.ru_stime) +
           seconds_of(children.ru_utime) + seconds_of(children.ru_stime);
}

static tc_status run_wc(bench *b, tc_error *err)
{
    char wc[] = "wc", lines[] = "-l", *arguments[] = {wc, lines, b->path, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    int code = 0, failed = posix_spawn_file_actions_init(&actions);
    if (failed == 0) {
        failed = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        failed = failed != 0 ? failed
                             : posix_spawnp(&child, wc, &actions, NULL, arguments, environ);
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    if (failed != 0 || waitpid(child, &code, 0) != child || code != 0) {
        return tc_fail(err, TC_EIO, "wc -l %s failed", b->path);
    }
    return TC_OK;
}

static tc_status run_count(bench *b, tc_error *err)
{
    tc_source *source = NULL;
    char *const block = tc_mem_alloc(CHUNK + PAGE, 1, err);
    char *const bytes =
        block == NULL ? NULL : block + (PAGE - (uintptr_t)block % PAGE) % PAGE;
    int64_t quotes = 0, newlines = 0, n = 1;
    tc_status st = bytes == NULL ? TC_ENOMEM : tc_source_open(b->path, 0, &source, err);
    while (st == TC_OK && n > 0) {
        st = tc_source_read(source, bytes, CHUNK, &n, err);
        tc_csv_count(&b->spec.dialect, bytes, st == TC_OK ? n : 0, &quotes, &newlines);
    }
    b->sum += (uint64_t)(quotes + newlines);
    tc_source_close(&source);
    tc_mem_free(block);
    return st;
}

static void add_row(bench *b, const tc_table_row *row, int events)
{
    b->sum += row->hash;
    if (events && row->problem == TC_TABLE_GOOD) {
        tc_row_event event;
        tc_row_read(&b->rules, row->text, &event);
        b->sum += event.hash.hi + (uint64_t)event.time + (uint64_t)event.amount;
    }
}

static void add_batch(bench *b, const tc_table_batch *batch, int events, tc_columns *c)
{
    if (!events) {
        const tc_pieces rows = tc_table_batch_rows(batch);
        tc_hash64_pieces(&rows, batch->n, 0, c->row);
        for (int64_t i = 0; i < batch->n; i++) {
            b->sum += c->row[i];
        }
        return;
    }
    tc_columns_read(&b->rules, batch, c);
    for (int64_t i = 0; i < batch->n; i++) {
        if (c->odd[i]) {
            tc_csv_text text[TC_N_ROLES];
            const tc_table_row row = {.text = text, .hash = c->row[i]};
            tc_table_batch_row(batch, i, TC_N_ROLES, text);
            add_row(b, &row, 1);
        } else {
            b->sum +=
                c->row[i] + c->hash[i].hi + (uint64_t)c->time[i] + (uint64_t)c->amount[i];
        }
    }
}

static tc_status read_rows(bench *b, int events, tc_error *err)
{
    const tc_table_piece piece = {.end = INT64_MAX};
    static tc_columns columns;
    tc_table_reader reader;
    tc_table_batch batch;
    tc_table_row row;
    int found = 1;
    tc_status st = tc_table_reader_create(&reader, &b->spec, err);
    b->rows = 0;
    if (st == TC_OK) {
        st = tc_table_reader_open(&reader, b->state, &piece, err);
    }
    while (st == TC_OK && found) {
        st = tc_table_reader_next_batch(&reader, TC_TABLE_BATCH, &batch, &row, &found, err);
        if (st != TC_OK || !found) {
            break;
        }
        b->rows += batch.n > 0 ? batch.n : 1;
        if (batch.n > 0) {
            add_batch(b, &batch, events, &columns);
        } else {
            add_row(b, &row, events);
        }
    }
    tc_table_reader_free(&reader);
    return st;
}

static tc_status take_all(bench *b, tc_ingest *in, tc_table_reader *reader, tc_error *err)
{
    int found = 1;
    while (found) {
        tc_table_batch batch;
        tc_table_row row;
        TC_TRY(tc_table_reader_next_batch(reader, tc_ingest_room(&in->lanes), &batch, &row,
                                          &found, err));
        if (found && batch.n > 0) {
            TC_TRY(tc_ingest_take_batch(in, &batch, err));
        } else if (found) {
            TC_TRY(tc_ingest_take_row(in, &row, err));
        }
        if (in->lanes.full) {
            b->sum += (uint64_t)in->lanes.total;
            tc_ingest_lanes_clear(&in->lanes);
        }
    }
    b->rows = in->counts.rows;
    b->sum += in->counts.content[0] + (uint64_t)in->lanes.total;
    return TC_OK;
}

static tc_status pack_rows(bench *b, tc_error *err)
{
    const tc_table_piece piece = {.end = INT64_MAX};
    static tc_ingest in;
    tc_table_reader reader;
    tc_status st = tc_table_reader_create(&reader, &b->spec, err);
    in = (tc_ingest){.rules = b->rules, .put_rank = -1};
    in.channel.max_codes = UINT16_MAX;
    in.category.max_codes = INT32_MAX;
    if (st == TC_OK) {
        st = tc_ingest_quality_create(b->input, &in.rules, &in.quality, err);
    }
    if (st == TC_OK) {
        st = tc_ingest_lanes_create(&in.lanes, 2, LANES, TC_PACKED_MAX, err);
    }
    if (st == TC_OK) {
        st = tc_table_reader_open(&reader, b->state, &piece, err);
    }
    if (st == TC_OK) {
        st = take_all(b, &in, &reader, err);
    }
    tc_ingest_dict_free(&in.channel);
    tc_ingest_dict_free(&in.category);
    tc_ingest_quality_free(&in.quality);
    tc_ingest_lanes_free(&in.lanes);
    tc_table_reader_free(&reader);
    return st;
}

static tc_status run_work(bench *b, int work, tc_error *err)
{
    switch (work) {
    case 0:
        return run_wc(b, err);
    case 1:
        return run_count(b, err);
    case 4:
        return pack_rows(b, err);
    default:
        return read_rows(b, work == 3, err);
    }
}

static int by_time(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static tc_status measure(bench *b, int runs, tc_error *err)
{
    static const char *const name[WORKS] = {"wc -l", "count quotes", "fields", "events",
                                            "packed rows"};
    static double seconds[WORKS][MAX_RUNS];
    double wc;
    for (int run = 0; run < runs; run++) {
        for (int work = 0; work < WORKS; work++) {
            const double start = now();
            TC_TRY(run_work(b, work, err));
            seconds[work][run] = now() - start;
        }
    }
    for (int work = 0; work < WORKS; work++) {
        qsort(seconds[work], (size_t)runs, sizeof(double), by_time);
    }
    wc = seconds[0][runs / 2];
    (void)printf("%s: %.1f MB, %lld rows, medians of %d runs, processor time\n", b->path,
                 1e-6 * (double)b->state.size, (long long)b->rows, runs);
    for (int work = 0; work < WORKS; work++) {
        const double t = seconds[work][runs / 2];
        (void)printf("%-12s %8.0f MB/s %12.0f rows/s %6.1f ns a row   1/%.1f of wc -l\n",
                     name[work], 1e-6 * (double)b->state.size / t, (double)b->rows / t,
                     1e9 * t / (double)b->rows, t / wc);
    }
    (void)printf("sum %016llx\n", (unsigned long long)b->sum);
    return TC_OK;
}

static tc_status run(int argc, char **argv, tc_error *err)
{
    tc_table_column column[TC_N_ROLES];
    tc_config *config = NULL;
    bench b = {0};
    const int runs = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 5;
    tc_status st = tc_config_load(argv[1], NULL, 0, &config, err);
    if (st != TC_OK) {
        return st;
    }
    b.input = &config->input;
    b.path = argc > 2 ? argv[2] : config->input.files[0];
    st = tc_row_rules_compile(&config->input, &b.rules, err);
    for (int role = 0; role < TC_N_ROLES; role++) {
        column[role] = (tc_table_column){.name = b.rules.column[role]};
    }
    b.spec = (tc_table_spec){.file = &b.path,
                             .n_files = 1,
                             .column = column,
                             .n_columns = TC_N_ROLES,
                             .dialect = tc_config_dialect(config),
                             .section = "input"};
    if (st == TC_OK) {
        st = tc_source_look(b.path, &b.state, err);
    }
    if (st == TC_OK) {
        st = measure(&b, runs < 1 || runs > MAX_RUNS ? 5 : runs, err);
    }
    tc_config_destroy(&config);
    return st;
}

int main(int argc, char **argv)
{
    tc_error err = {0};
    if (argc < 2) {
        (void)fprintf(stderr, "bench_parse CONFIG [FILE [RUNS]]\n");
        return 64;
    }
    if (run(argc, argv, &err) != TC_OK) {
        (void)fprintf(stderr, "bench_parse: %s\n", err.message);
        return 1;
    }
    return 0;
}
