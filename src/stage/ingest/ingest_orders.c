/* ingest_orders.c - how many different orders there are, exactly: hashes of orders travel
 * to the owner of the hash. */
#include "ingest_impl.h"

#include "tiercel/fault.h"
#include "tiercel/hash.h"

#include <string.h>

enum { DIGITS = 256, DIGIT_BITS = 8 };

/* One stable pass of a least-significant-digit radix sort; 0 if all digits are the same. */
static int radix_pass(const uint64_t *from, uint64_t *to, int64_t n, int shift)
{
    int64_t start[DIGITS + 1] = {0};
    for (int64_t i = 0; i < n; i++) {
        start[(from[i] >> shift & (DIGITS - 1)) + 1]++;
    }
    for (int d = 0; d < DIGITS; d++) {
        if (start[d + 1] == n) {
            return 0;
        }
        start[d + 1] += start[d];
    }
    for (int64_t i = 0; i < n; i++) {
        to[start[from[i] >> shift & (DIGITS - 1)]++] = from[i];
    }
    return 1;
}

/* Makes words that are in the order of their high half fully sorted: few neighbours share
 * it. */
static void finish_order(uint64_t *word, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        const uint64_t moving = word[i];
        int64_t j = i;
        while (j > 0 && word[j - 1] > moving) {
            word[j] = word[j - 1];
            j--;
        }
        word[j] = moving;
    }
}

/* Sorts and removes repeats; *n becomes the number of different words. They are hashes, so
 * the upper 32 bits tell nearly all apart. */
static tc_status sort_unique(uint64_t *word, int64_t *n, tc_error *err)
{
    uint64_t *spare, *from = word, *to;
    int64_t kept = 0;
    if (*n == 0) {
        return TC_OK;
    }
    spare = tc_mem_alloc(*n, sizeof *spare, err);
    if (spare == NULL) {
        return TC_ENOMEM;
    }
    to = spare;
    for (int shift = 32; shift < 64; shift += DIGIT_BITS) {
        if (radix_pass(from, to, *n, shift)) {
            uint64_t *const swap = from;
            from = to;
            to = swap;
        }
    }
    finish_order(from, *n);
    for (int64_t i = 0; i < *n; i++) {
        if (i == 0 || from[i] != word[kept - 1]) {
            word[kept++] = from[i];
        }
    }
    tc_mem_free(spare);
    *n = kept;
    return TC_OK;
}

tc_status tc_ingest_distinct_all(tc_comm *comm, uint64_t *word, int64_t n,
                                 int64_t *distinct, tc_error *err)
{
    const int ranks = tc_comm_size(comm);
    tc_buffer received = {0};
    int64_t *count = tc_mem_alloc(ranks, sizeof *count, err);
    tc_status st = count == NULL ? TC_ENOMEM : sort_unique(word, &n, err);
    *distinct = 0;
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        TC_ASSERT(count != NULL);
        for (int64_t i = 0; i < n; i++) {
            count[tc_ingest_owner(word[i], ranks)]++;
        }
        st = tc_comm_exchange_all(comm, word, count, sizeof *word, &received, err);
    }
    if (st == TC_OK) {
        *distinct = received.size / (int64_t)sizeof *word;
        st = sort_unique((uint64_t *)(void *)received.data, distinct, err);
        st = tc_comm_agree_all(comm, st, err);
    }
    if (st == TC_OK) {
        tc_comm_sum_i64_all(comm, distinct, 1);
    }
    tc_mem_free(count);
    tc_buffer_free(&received);
    return st;
}

static tc_status collect(const tc_ingest *in, uint64_t **used, int64_t *n_used,
                         uint64_t **unused, tc_error *err)
{
    const tc_ingest_record *record =
        (const tc_ingest_record *)(const void *)in->received.data;
    uint64_t last = 0;
    *n_used = 0;
    for (int64_t i = 0; i < in->n_records; i++) {
        const uint64_t key = record[i].order;
        *n_used += i == 0 || key != last;
        last = key;
    }
    *used = tc_mem_alloc(*n_used + in->n_unused, sizeof **used, err);
    *unused = tc_mem_alloc(in->n_unused, sizeof **unused, err);
    if (*used == NULL || *unused == NULL) {
        return TC_ENOMEM;
    }
    *n_used = 0;
    for (int64_t i = 0; i < in->n_records; i++) {
        const uint64_t key = record[i].order;
        if (*n_used == 0 || key != (*used)[*n_used - 1]) {
            (*used)[(*n_used)++] = key;
        }
    }
    for (int64_t i = 0; i < in->n_unused; i++) {
        (*unused)[i] = record[in->unused_at + i].order;
    }
    return TC_OK;
}

static int64_t copy_cancelled(const uint64_t *from, int64_t n, uint64_t *to)
{
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++) {
        if ((from[i] & TC_ORDER_CANCELLED) != 0) {
            to[found++] = from[i];
        }
    }
    return found;
}

/* Collective. Different orders whose id has the prefix of returns. */
static tc_status count_cancelled_all(tc_ingest *in, const uint64_t *used, int64_t n_used,
                                     const uint64_t *unused, tc_error *err)
{
    uint64_t *cancelled = tc_mem_alloc(n_used + in->n_unused, sizeof *cancelled, err);
    int64_t n = 0;
    tc_status st = tc_comm_agree_all(in->comm, cancelled == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(cancelled != NULL && used != NULL && unused != NULL);
        n = copy_cancelled(used, n_used, cancelled);
        n += copy_cancelled(unused, in->n_unused, cancelled + n);
        st = tc_ingest_distinct_all(in->comm, cancelled, n, &in->counts.cancelled_orders,
                                    err);
    }
    tc_mem_free(cancelled);
    return st;
}

tc_status tc_ingest_count_orders_all(tc_ingest *in, tc_error *err)
{
    uint64_t *used = NULL, *unused = NULL;
    int64_t n_used = 0, n_unused = in->n_unused;
    tc_status st = TC_FAULT("ingest.orders", err);
    if (st == TC_OK) {
        st = collect(in, &used, &n_used, &unused, err);
    }
    tc_buffer_free(&in->received);
    st = tc_comm_agree_all(in->comm, st, err);
    if (st == TC_OK && in->rules.return_prefix_n > 0) {
        st = count_cancelled_all(in, used, n_used, unused, err);
    }
    if (st == TC_OK) {
        st = tc_ingest_distinct_all(in->comm, used, n_used, &in->counts.orders, err);
    }
    if (st == TC_OK) {
        in->counts.orders_all = in->counts.orders;
        tc_comm_sum_i64_all(in->comm, &n_unused, 1);
        if (n_unused > 0) {
            TC_ASSERT(used != NULL && unused != NULL);
            memcpy(used + n_used, unused, (size_t)in->n_unused * sizeof *used);
            st = tc_ingest_distinct_all(in->comm, used, n_used + in->n_unused,
                                        &in->counts.orders_all, err);
        }
    }
    tc_mem_free(used);
    tc_mem_free(unused);
    return st;
}
