/* features_orders.c - how many different orders several event files hold together, exactly: hashes of orders go to
 * the owner of the hash, as many ranges of hashes one after the other as the memory asks for. */
#include "features_impl.h"

#include <stdlib.h>

enum { CHUNK = 65536, RANGES_MOST = 4096 };

static const tc_field ORDER = {.name = "events/order", .type = TC_U64};

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Sorts and drops repeats; the number that is left. */
static int64_t unique(uint64_t *word, int64_t n)
{
    int64_t kept = 0;
    if (n > 0) {
        qsort(word, (size_t)n, sizeof *word, by_value);
    }
    for (int64_t i = 0; i < n && word != NULL; i++) {
        if (kept == 0 || word[i] != word[kept - 1]) {
            word[kept++] = word[i];
        }
    }
    return kept;
}

/* Range of a hash. The top bits have a bias (the lowest bit marks returns), the middle ones have none. */
static int64_t range_of(uint64_t order, int64_t n_ranges)
{
    return (int64_t)((order >> 8 & 0xFFFF) * (uint64_t)n_ranges >> 16);
}

static int owner_of(uint64_t order, int ranks)
{
    return (int)((order >> 32) * (uint64_t)ranks >> 32);
}

/* Appends the orders of one range from this rank's part of a file. Neighbours are often lines of one order. */
static tc_status collect(tc_store_piece *piece, int64_t begin, int64_t end, int64_t range,
                         int64_t n_ranges, uint64_t *chunk, tc_buffer *found, tc_error *err)
{
    uint64_t last = 0;
    int has_last = 0;
    for (int64_t row = begin; row < end; row += CHUNK) {
        const int64_t n = end - row < CHUNK ? end - row : CHUNK;
        TC_TRY(tc_store_read(piece, chunk, row, n, err));
        TC_TRY(tc_buffer_reserve(found, n * (int64_t)sizeof last, err));
        for (int64_t i = 0; i < n; i++) {
            const uint64_t order = chunk[i];
            if ((!has_last || order != last) && range_of(order, n_ranges) == range) {
                *(uint64_t *)(void *)(found->data + found->size) = order;
                found->size += (int64_t)sizeof order;
            }
            last = order;
            has_last = 1;
        }
    }
    return TC_OK;
}

/* Collective. All files' orders of one range to their owners, counted there. */
static tc_status count_range_all(tc_comm *comm, tc_store_piece *const *piece,
                                 const int64_t *n_rows, int n_files, int64_t range,
                                 int64_t n_ranges, int64_t *orders, tc_error *err)
{
    const int ranks = tc_comm_size(comm), rank = tc_comm_rank(comm);
    tc_buffer found = {0}, received = {0};
    uint64_t *chunk = tc_mem_alloc(CHUNK, sizeof *chunk, err);
    int64_t *count = tc_mem_alloc(ranks, sizeof *count, err);
    int64_t n = 0;
    tc_status st = chunk == NULL || count == NULL ? TC_ENOMEM : TC_OK;
    for (int i = 0; i < n_files && st == TC_OK; i++) {
        st = collect(piece[i], n_rows[i] * rank / ranks, n_rows[i] * (rank + 1) / ranks,
                     range, n_ranges, chunk, &found, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        uint64_t *word = (uint64_t *)(void *)found.data;
        TC_ASSERT(count != NULL && (word != NULL || found.size == 0));
        n = unique(word, found.size / (int64_t)sizeof *word);
        for (int64_t i = 0; i < n && word != NULL;
             i++) { /* sorted, so grouped by their owner */
            count[owner_of(word[i], ranks)]++;
        }
        st = tc_comm_exchange_all(comm, word, count, sizeof *word, &received, err);
    }
    if (st == TC_OK) {
        *orders += unique((uint64_t *)(void *)received.data,
                          received.size / (int64_t)sizeof(uint64_t));
    }
    tc_mem_free(chunk);
    tc_mem_free(count);
    tc_buffer_free(&found);
    tc_buffer_free(&received);
    return st;
}

/* As many ranges as keep what is collected and received within the memory. */
static int64_t ranges_for(tc_comm *comm, const tc_config *config, int64_t n_events)
{
    const int64_t bytes = n_events / tc_comm_size(comm) * (int64_t)sizeof(uint64_t) * 3;
    const int64_t n = bytes / tc_features_memory(config) + 1;
    return n < RANGES_MOST ? n : RANGES_MOST;
}

tc_status tc_features_orders_all(tc_comm *comm, const tc_config *config,
                                 tc_event_list *list, int64_t *orders, tc_error *err)
{
    const int64_t n_ranges = ranges_for(comm, config, list->n_events);
    tc_store_piece **piece = tc_mem_alloc(list->n, sizeof(tc_store_piece *), err);
    int64_t *n_rows = tc_mem_alloc(list->n, sizeof *n_rows, err);
    tc_status st =
        tc_comm_agree_all(comm, piece == NULL || n_rows == NULL ? TC_ENOMEM : TC_OK, err);
    *orders = 0;
    for (int i = 0; i < list->n && st == TC_OK; i++) {
        TC_ASSERT(piece != NULL && n_rows != NULL);
        st = tc_store_view_all(list->store[i], &ORDER, &n_rows[i], &piece[i], err);
    }
    for (int64_t r = 0; r < n_ranges && st == TC_OK; r++) {
        st = count_range_all(comm, piece, n_rows, list->n, r, n_ranges, orders, err);
    }
    for (int i = 0; i < list->n && piece != NULL; i++) {
        st = tc_store_end_all(&piece[i], st, err);
    }
    tc_comm_sum_i64_all(comm, orders, 1);
    tc_mem_free(piece);
    tc_mem_free(n_rows);
    return st;
}
