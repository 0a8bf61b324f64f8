#include "ingest_source.h"

#include "tiercel/fault.h"
#include "tiercel/hash.h"
#include "tiercel/lineage.h"
#include "tiercel/progress.h"
#include "tiercel/source.h"
#include "tiercel/stop.h"

#include <stdio.h>

enum { BLOCK_BYTES = 8 << 20, SUM_MAX = 8 };

void tc_sum_u64_all(tc_comm *comm, uint64_t *v, int64_t n)
{
    int64_t half[2 * SUM_MAX]; /* 32 bits each, so that int64 sums cannot overflow */
    TC_ASSERT(n <= SUM_MAX);
    for (int64_t i = 0; i < n; i++) {
        half[2 * i] = (int64_t)(v[i] & 0xFFFFFFFFu);
        half[2 * i + 1] = (int64_t)(v[i] >> 32);
    }
    tc_comm_sum_i64_all(comm, half, 2 * n);
    for (int64_t i = 0; i < n; i++) {
        v[i] = (uint64_t)half[2 * i] + ((uint64_t)half[2 * i + 1] << 32);
    }
}

/* All files that a stage reads; paths are borrowed. */
typedef struct {
    const char **path; /* [n], owned */
    uint64_t *number;  /* [n], owned; place in its list, and from bit 32 on which list */
    int n;
} file_list;

static void file_list_free(file_list *list)
{
    tc_mem_free((void *)list->path);
    tc_mem_free(list->number);
    *list = (file_list){0};
}

static tc_status file_list_create(const tc_config *config, int of_tables, file_list *out,
                                  tc_error *err)
{
    const struct {
        char **files;
        int n;
        int of_tables; /* read by profiles, not by ingest; -1: by both */
    } part[] = {{config->input.files, config->input.n_files, 0},
                {config->identity.map_files, config->identity.n_map_files, -1},
                {config->identity.hierarchy_files, config->identity.n_hierarchy_files, -1},
                {config->customers.files, config->customers.n_files, 1},
                {config->interactions.files, config->interactions.n_files, 1},
                {config->wide.files, config->wide.n_files, 1}};
    int64_t n = 0;
    *out = (file_list){0};
    for (size_t k = 0; k < sizeof part / sizeof *part; k++) {
        n += part[k].n;
    }
    out->path = tc_mem_alloc(n, sizeof *out->path, err);
    out->number = tc_mem_alloc(n, sizeof *out->number, err);
    if (out->path == NULL || out->number == NULL) {
        return TC_ENOMEM;
    }
    for (uint64_t k = 0; k < sizeof part / sizeof *part; k++) {
        const int skipped = part[k].of_tables >= 0 && part[k].of_tables != of_tables;
        for (int i = 0; i < part[k].n && !skipped; i++) {
            out->path[out->n] = part[k].files[i];
            out->number[out->n++] = k << 32 | (uint64_t)i;
        }
    }
    return TC_OK;
}

static tc_status sizes_all(tc_comm *comm, const char *const *path, int n, int64_t *size,
                           tc_error *err)
{
    tc_status st = TC_OK;
    for (int i = 0; i < n; i++) {
        size[i] = 0;
    }
    for (int i = tc_comm_rank(comm); i < n && st == TC_OK; i += tc_comm_size(comm)) {
        tc_source_state state;
        st = tc_source_look(path[i], &state, err);
        size[i] = state.size;
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        tc_comm_sum_i64_all(comm, size, n);
    }
    return st;
}

static int64_t blocks_of(int64_t size)
{
    return (size + BLOCK_BYTES - 1) / BLOCK_BYTES;
}

/* Fills the buffer from one block of a file; a short file is an error, for it has just been
 * measured. */
static tc_status read_block(const char *path, int64_t offset, int64_t n, char *bytes,
                            tc_error *err)
{
    tc_source *source = NULL;
    int64_t done = 0, got = 1;
    tc_status st = tc_source_open_stored(path, offset, &source, err);
    while (st == TC_OK && done < n && got > 0) {
        st = tc_source_read(source, bytes + done, n - done, &got, err);
        done += st == TC_OK ? got : 0;
    }
    tc_source_close(&source);
    if (st == TC_OK && done < n) {
        st = tc_fail(err, TC_EIO,
                     "%s: became shorter while it was read; run again when the "
                     "file is complete",
                     path);
    }
    return st;
}

/* Adds my blocks of all files to sum[n_files][2]. Blocks are numbered through all files and
 * shared out evenly. */
static tc_status sum_blocks(const tc_comm *comm, const file_list *list, const int64_t *size,
                            uint64_t *sum, tc_error *err)
{
    const int n_files = list->n;
    const int64_t ranks = tc_comm_size(comm), rank = tc_comm_rank(comm);
    int64_t total = 0, first = 0, low, high;
    char *bytes = tc_mem_alloc(BLOCK_BYTES, 1, err);
    tc_status st = bytes == NULL ? TC_ENOMEM : TC_FAULT("ingest.fingerprint", err);
    for (int i = 0; i < n_files; i++) {
        total += blocks_of(size[i]);
    }
    low = total * rank / ranks;
    high = total * (rank + 1) / ranks;
    tc_progress_phase("fingerprint of the input", (high - low) * BLOCK_BYTES, "B");
    for (int64_t i = 0; i < n_files && st == TC_OK; i++) {
        const int64_t n_blocks = blocks_of(size[i]);
        int64_t b = low > first ? low - first : 0;
        for (; b < n_blocks && first + b < high && st == TC_OK; b++) {
            const int64_t at = b * BLOCK_BYTES;
            const int64_t n = size[i] - at < BLOCK_BYTES ? size[i] - at : BLOCK_BYTES;
            st = tc_stop_check(err);
            if (st == TC_OK) {
                st = read_block(list->path[i], at, n, bytes, err);
            }
            tc_progress_add(n);
            if (st == TC_OK) {
                const uint64_t hash = tc_hash64_of(bytes, (size_t)n, 0);
                sum[2 * i] += tc_hash_mix(hash, (uint64_t)b);
                sum[2 * i + 1] += tc_hash_mix(hash, ~(uint64_t)b);
            }
        }
        first += n_blocks;
    }
    tc_mem_free(bytes);
    return st;
}

/* Turns the sums of blocks of all ranks into the fingerprint. */
static void sum_files_all(tc_comm *comm, const file_list *list, const int64_t *size,
                          uint64_t *sum, char hex[TC_ID_TEXT])
{
    const int64_t n = list->n;
    uint64_t whole[2] = {0, 0};
    for (int64_t i = 0; i < 2 * n; i += SUM_MAX) {
        tc_sum_u64_all(comm, sum + i, 2 * n - i < SUM_MAX ? 2 * n - i : SUM_MAX);
    }
    for (int64_t i = 0; i < n; i++) {
        const uint64_t words[4] = {list->number[i], (uint64_t)size[i], sum[2 * i],
                                   sum[2 * i + 1]};
        const tc_hash128 hash = tc_hash128_of(words, sizeof words);
        whole[0] += hash.hi;
        whole[1] += hash.lo;
    }
    tc_hash128_text((tc_hash128){.hi = whole[0], .lo = whole[1]}, hex);
}

/* Collective. */
static tc_status fingerprint_all(tc_comm *comm, const tc_config *config, int of_tables,
                                 char hex[TC_ID_TEXT], tc_error *err)
{
    file_list list;
    int64_t *size = NULL;
    uint64_t *sum = NULL;
    tc_status st = file_list_create(config, of_tables, &list, err);
    if (st == TC_OK) {
        size = tc_mem_alloc(list.n, sizeof *size, err);
        sum = tc_mem_alloc(2 * (int64_t)list.n, sizeof *sum, err);
        st = size == NULL || sum == NULL ? TC_ENOMEM : TC_OK;
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        TC_ASSERT(size != NULL && sum != NULL);
        st = sizes_all(comm, list.path, list.n, size, err);
    }
    if (st == TC_OK) {
        st = sum_blocks(comm, &list, size, sum, err);
        st = tc_comm_agree_all(comm, st, err);
    }
    if (st == TC_OK) {
        TC_ASSERT(sum != NULL);
        sum_files_all(comm, &list, size, sum, hex);
    }
    tc_mem_free(size);
    tc_mem_free(sum);
    file_list_free(&list);
    return st;
}

tc_status tc_source_fingerprint_all(tc_comm *comm, const tc_config *config,
                                    char hex[TC_ID_TEXT], tc_error *err)
{
    return fingerprint_all(comm, config, 0, hex, err);
}

tc_status tc_source_tables_fingerprint_all(tc_comm *comm, const tc_config *config,
                                           char hex[TC_ID_TEXT], tc_error *err)
{
    hex[0] = '\0';
    return tc_stage_active(config, TC_STAGE_PROFILES)
               ? fingerprint_all(comm, config, 1, hex, err)
               : TC_OK;
}
