/* bench_kmeans - time of an iteration of k-means on synthetic rows, beside what this machine
 * could do at best. Started with mpirun; all ranks share the rows.
 *
 *   bench_kmeans fit   ROWS D K FIRST LAST    one fit; the mean of iterations FIRST + 1 .. LAST
 *   bench_kmeans write ROWS D K FILE          the same rows and FILE.start for other programs:
 *                                             float32, row after row
 *
 * The rows are a mixture of K normal clusters that overlap, so that the fit goes on; they are made in
 * place, by number, so they do not depend on the number of ranks. The first K rows are the start. A line
 * of JSON says the times, the memory, and two roofs measured by all ranks at once in the same run: reading
 * the rows and labels as they lie, and float multiply-adds in registers. */
#include "tiercel/comm.h"
#include "tiercel/kmeans.h"
#include "tiercel/rng.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    PURPOSE_CENTRE = 1,
    PURPOSE_ROW = 2,
    ROOF_RUNS = 5,
    MULTIPLY_ADDS = 4000000, /* of each chain */
    CHAINS = 12,
    READS = 4,    /* vectors at once */
    AHEAD = 8192, /* bytes fetched ahead */
    LINE = 64
};

/* Of the grid; the rows have a standard deviation of about 1. */
#define UNIT 0x1p-18

typedef struct {
    tc_comm *comm;
    int64_t n, row0; /* of this rank */
    int64_t n_all;
    int d, k;
    float *x;
    uint8_t *label;
} bench;

static double seconds_all(bench *b)
{
    int64_t nothing = 0;
    tc_comm_sum_i64_all(b->comm, &nothing, 1);
    return tc_comm_seconds();
}

static double peak_bytes(void)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return 1024.0 * (double)usage.ru_maxrss;
}

/* Four sixteen-bit numbers are as good as normal here. */
static double draw_noise(tc_rng *rng)
{
    const uint64_t bits = tc_rng_next(rng);
    const uint64_t sum =
        (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48);
    return ((double)sum / 65536 - 2) * sqrt(3);
}

/* Centres are about 3 deviations apart. */
static void make_row(const bench *b, int64_t row, int32_t *point)
{
    const double reach = sqrt(9 / (double)b->d);
    tc_rng rng = tc_rng_stream(1, PURPOSE_ROW, (uint64_t)row);
    tc_rng centre = tc_rng_stream(1, PURPOSE_CENTRE, tc_rng_below(&rng, (uint64_t)b->k));
    for (int j = 0; j < b->d; j++) {
        const double v = (2 * tc_rng_uniform(&centre) - 1) * reach + draw_noise(&rng);
        point[j] = (int32_t)lrint(v / UNIT);
    }
}

static tc_status make_rows(bench *b, tc_error *err)
{
    b->x = tc_mem_alloc(tc_kmeans_floats(b->n, b->d), sizeof *b->x, err);
    b->label = tc_mem_alloc(b->n, sizeof *b->label, err);
    if (b->x == NULL || b->label == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < b->n; i++) {
        int32_t point[TC_KMEANS_MAX_D];
        make_row(b, b->row0 + i, point);
        for (int j = 0; j < b->d; j++) {
            b->x[tc_kmeans_at(b->d, i, j)] = (float)point[j];
        }
    }
    memset(b->label, TC_KMEANS_NO_LABEL, (size_t)b->n);
    return TC_OK;
}

/* Rows row0 .. row0 + n - 1 at their place of a file. */
static tc_status write_rows(const bench *b, const char *path, int64_t row0, int64_t n,
                            tc_error *err)
{
    float line[TC_KMEANS_MAX_D * TC_KMEANS_LANES];
    const size_t bytes = (size_t)b->d * sizeof *line;
    const int file = open(path, O_WRONLY | O_CREAT, 0644);
    int failed = file < 0;
    for (int64_t i = 0; i < n && !failed; i += TC_KMEANS_LANES) {
        const int64_t m = n - i < TC_KMEANS_LANES ? n - i : TC_KMEANS_LANES;
        for (int64_t r = 0; r < m; r++) {
            int32_t point[TC_KMEANS_MAX_D];
            make_row(b, row0 + i + r, point);
            for (int j = 0; j < b->d; j++) {
                line[r * b->d + j] = (float)(point[j] * UNIT);
            }
        }
        failed = pwrite(file, line, bytes * (size_t)m, (off_t)(row0 + i) * (off_t)bytes) !=
                 (ssize_t)(bytes * (size_t)m);
    }
    failed |= file >= 0 && close(file) != 0;
    return failed ? tc_fail(err, TC_EIO, "cannot write %s", path) : TC_OK;
}

static tc_status write_files(const bench *b, const char *path, tc_error *err)
{
    char start[4096];
    const int length = snprintf(start, sizeof start, "%s.start", path);
    if (length < 0 || length >= (int)sizeof start) {
        return tc_fail(err, TC_EINPUT, "the name %s is too long", path);
    }
    TC_TRY(write_rows(b, path, b->row0, b->n, err));
    return tc_comm_rank(b->comm) == 0 ? write_rows(b, start, 0, b->k, err) : TC_OK;
}

#define WIDTH 4
#define MULTIPLY_ADD multiply_add_base
#define READ read_base
#define TARGET
#include "roofs_body.h"
#if defined(__x86_64__)
#define WIDTH 8
#define MULTIPLY_ADD multiply_add_avx2
#define READ read_avx2
#define TARGET __attribute__((target("avx2,fma")))
#include "roofs_body.h"
#define WIDTH 16
#define MULTIPLY_ADD multiply_add_avx512
#define READ read_avx512
#define TARGET __attribute__((target("avx512f,fma")))
#include "roofs_body.h"
#endif

typedef struct {
    int width;
    float (*multiply_add)(int64_t n, float seed);
    uint32_t (*read)(const void *bytes, int64_t n);
} processor;

static processor choose_processor(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        return (processor){16, multiply_add_avx512, read_avx512};
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return (processor){8, multiply_add_avx2, read_avx2};
    }
#endif
    return (processor){4, multiply_add_base, read_base};
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Seconds that a pass must take at least, by memory and by arithmetic: the medians, and the least of all
 * runs, when nothing else disturbed. */
typedef struct {
    double memory, arithmetic, least_memory, least_arithmetic;
} roofs;

static roofs measure_roofs_all(bench *b)
{
    const processor p = choose_processor();
    const double done = (double)MULTIPLY_ADDS * CHAINS * p.width * tc_comm_size(b->comm);
    const double work = (double)b->n_all * b->d * b->k;
    const int64_t floats = tc_kmeans_floats(b->n, b->d);
    double read[ROOF_RUNS], compute[ROOF_RUNS];
    float sink = 0;
    for (int run = 0; run < ROOF_RUNS; run++) {
        const double start = seconds_all(b);
        uint32_t sum = p.read(b->x, floats * (int64_t)sizeof *b->x);
        double middle;
        sum ^= p.read(b->label, b->n);
        middle = seconds_all(b);
        sink += p.multiply_add(MULTIPLY_ADDS, 0.5F) + (float)(sum & 1);
        compute[run] = (seconds_all(b) - middle) * work / done;
        read[run] = middle - start;
    }
    qsort(read, ROOF_RUNS, sizeof *read, by_size);
    qsort(compute, ROOF_RUNS, sizeof *compute, by_size);
    if (isnan(sink)) {
        (void)fputs("not a number\n", stderr);
    }
    return (roofs){read[ROOF_RUNS / 2], compute[ROOF_RUNS / 2], read[0], compute[0]};
}

typedef struct {
    double seconds, least; /* an iteration: mean, and the fastest */
    double inertia, norm, moved;
    int64_t iterations;
} result;

/* The first k rows are the start. */
static void start_model(const bench *b, tc_kmeans *model)
{
    int32_t centre[TC_KMEANS_MAX_K * TC_KMEANS_MAX_D] = {0};
    for (int a = 0; a < b->k; a++) {
        make_row(b, a, &centre[(int64_t)a * b->d]);
    }
    tc_kmeans_start(model, centre, b->k);
}

/* The steps of the segment stage, without its rule for empty clusters. */
static void iterate_all(bench *b, tc_kmeans *model, int64_t *delta, int64_t first,
                        int64_t last, result *r)
{
    const tc_kmeans_rows rows = {.n = b->n, .d = b->d, .x = b->x};
    const int64_t words = tc_kmeans_words(model);
    double start = 0, moved = 0, now = 0;
    r->least = HUGE_VAL;
    for (int64_t i = 0; i < last; i++) {
        const double before = now;
        start = i == first ? seconds_all(b) : start;
        memset(delta, 0, (size_t)words * sizeof *delta);
        tc_kmeans_assign(model, &rows, b->label, delta);
        tc_comm_sum_i64_all(b->comm, delta, words);
        tc_kmeans_add(model, delta);
        tc_kmeans_centres(model);
        r->inertia = tc_kmeans_inertia(model) * UNIT * UNIT;
        moved += i >= first ? (double)delta[words - 1] : 0;
        r->iterations++;
        now = tc_comm_seconds();
        r->least = i > first ? fmin(r->least, now - before) : r->least;
        if (delta[words - 1] == 0) {
            break;
        }
    }
    r->seconds = (seconds_all(b) - start) / (double)(last - first);
    r->moved = moved / (double)(last - first) / (double)b->n_all;
    for (int64_t c = 0; c < (int64_t)b->k * b->d; c++) {
        r->norm += model->centre[c] * UNIT * (model->centre[c] * UNIT);
    }
}

/* Collective. All that is printed. */
static tc_status fit_all(bench *b, int64_t first, int64_t last, tc_error *err)
{
    const double before = peak_bytes();
    const double matrix = 4.0 * (double)b->n_all * b->d;
    int64_t peak[2], *delta = NULL;
    roofs roof;
    tc_kmeans *model = NULL;
    result r = {0};
    tc_status st = make_rows(b, err);
    if (st == TC_OK) {
        st = tc_kmeans_create(b->k, b->d, &model, err);
    }
    if (st == TC_OK) {
        delta = tc_mem_alloc(tc_kmeans_words(model), sizeof *delta, err);
        st = delta == NULL ? TC_ENOMEM : TC_OK;
    }
    st = tc_comm_agree_all(b->comm, st, err);
    if (st == TC_OK) {
        const tc_kmeans_rows rows = {.n = b->n, .d = b->d, .x = b->x};
        tc_kmeans_total(&rows, model->total);
        tc_comm_sum_i64_all(b->comm, model->total, TC_KMEANS_TOTAL_WORDS);
        start_model(b, model);
        iterate_all(b, model, delta, first, last, &r);
        peak[0] = (int64_t)peak_bytes();
        peak[1] = (int64_t)before;
        tc_comm_sum_i64_all(b->comm, peak, 2);
        roof = measure_roofs_all(b);
        if (tc_comm_rank(b->comm) == 0) {
            (void)printf("{\"name\": \"tiercel\", \"rows\": %lld, \"seconds\": %.9g, "
                         "\"iterations\": %lld, \"inertia\": %.12g, \"norm\": %.12g, "
                         "\"moved\": %.6g, \"matrix_bytes\": %.0f, \"peak_bytes\": %lld, "
                         "\"base_bytes\": %lld, \"roof_memory\": %.9g, "
                         "\"roof_arithmetic\": %.9g, \"least\": %.9g, "
                         "\"least_memory\": %.9g, \"least_arithmetic\": %.9g}\n",
                         (long long)b->n_all, r.seconds, (long long)r.iterations, r.inertia,
                         r.norm, r.moved, matrix, (long long)peak[0], (long long)peak[1],
                         roof.memory, roof.arithmetic, r.least, roof.least_memory,
                         roof.least_arithmetic);
        }
    }
    tc_mem_free(delta);
    tc_kmeans_destroy(&model);
    return st;
}

static tc_status run_all(int argc, char **argv, bench *b, tc_error *err)
{
    const int size = tc_comm_size(b->comm), rank = tc_comm_rank(b->comm);
    b->n_all = argc > 2 ? strtoll(argv[2], NULL, 10) : 0;
    b->d = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;
    b->k = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 0;
    b->row0 = b->n_all / size * rank;
    b->n = rank == size - 1 ? b->n_all - b->row0 : b->n_all / size;
    if (b->d < 1 || b->d > TC_KMEANS_MAX_D || b->k < 1 || b->k > TC_KMEANS_MAX_K ||
        b->n_all < b->k) {
        return tc_fail(err, TC_EINPUT, "ROWS >= K, D 1 to 64, K 1 to 254");
    }
    if (argc == 7 && strcmp(argv[1], "fit") == 0) {
        const int64_t first = strtoll(argv[5], NULL, 10);
        const int64_t last = strtoll(argv[6], NULL, 10);
        return first >= 0 && last > first ? fit_all(b, first, last, err)
                                          : tc_fail(err, TC_EINPUT, "FIRST < LAST");
    }
    if (argc == 6 && strcmp(argv[1], "write") == 0) {
        return tc_comm_agree_all(b->comm, write_files(b, argv[5], err), err);
    }
    return tc_fail(err, TC_EINPUT,
                   "bench_kmeans fit ROWS D K FIRST LAST | write ROWS D K FILE");
}

int main(int argc, char **argv)
{
    tc_error err = {0};
    bench b = {0};
    tc_status st = tc_comm_start_all(&argc, &argv, &b.comm, &err);
    if (st == TC_OK) {
        st = run_all(argc, argv, &b, &err);
        if (st != TC_OK && tc_comm_rank(b.comm) == 0) {
            (void)fprintf(stderr, "bench_kmeans: %s\n", err.message);
        }
        tc_mem_free(b.x);
        tc_mem_free(b.label);
        tc_comm_stop_all(&b.comm);
    }
    return st == TC_OK ? 0 : 1;
}
