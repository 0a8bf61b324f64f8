/* order.c - sample sort. Splitters come from a regular sample of every rank's own sorted
 * keys (after H. Shi and J. Schaeffer, "Parallel sorting by regular sampling", 1992); they
 * decide the balance only, never the result. */
#include "tiercel/order.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 64 };

uint64_t tc_order_key_f64(double v)
{
    const double positive_zero = v + 0.0;
    const uint64_t sign = (uint64_t)1 << 63;
    uint64_t bits;
    memcpy(&bits, &positive_zero, sizeof bits);
    return (bits & sign) != 0 ? ~bits : bits | sign;
}

static int pair_order(const tc_pair *a, const tc_pair *b)
{
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return (a->value > b->value) - (a->value < b->value);
}

static int compare_pairs(const void *a, const void *b)
{
    return pair_order(a, b);
}

/* One stable counting pass of a least-significant-digit radix sort over 8 bits of the key.
 */
static int radix_pass(const tc_pair *from, tc_pair *to, int64_t n, int shift)
{
    int64_t start[257] = {0};
    for (int64_t i = 0; i < n; i++) {
        start[((from[i].key >> shift) & 255) + 1]++;
    }
    for (int d = 0; d < 256; d++) {
        if (start[d + 1] == n) {
            return 0; /* all digits are the same */
        }
        start[d + 1] += start[d];
    }
    for (int64_t i = 0; i < n; i++) {
        to[start[(from[i].key >> shift) & 255]++] = from[i];
    }
    return 1;
}

/* Sorts the runs of equal keys by value, if the stable passes did not leave them so. */
static void sort_ties(tc_pair *pairs, int64_t n)
{
    for (int64_t i = 0; i < n;) {
        int64_t end = i + 1;
        int ascending = 1;
        while (end < n && pairs[end].key == pairs[i].key) {
            ascending &= pairs[end - 1].value <= pairs[end].value;
            end++;
        }
        if (!ascending) {
            qsort(pairs + i, (size_t)(end - i), sizeof *pairs, compare_pairs);
        }
        i = end;
    }
}

static tc_status sort_local(tc_pair *pairs, int64_t n, tc_error *err)
{
    tc_pair *spare, *from = pairs, *to;
    if (n < 2) {
        return TC_OK;
    }
    if (n < 512) {
        qsort(pairs, (size_t)n, sizeof *pairs, compare_pairs);
        return TC_OK;
    }
    spare = tc_mem_alloc(n, sizeof *spare, err);
    if (spare == NULL) {
        return TC_ENOMEM;
    }
    to = spare;
    for (int shift = 0; shift < 64; shift += 8) {
        if (radix_pass(from, to, n, shift)) {
            tc_pair *swap = from;
            from = to;
            to = swap;
        }
    }
    if (from != pairs) {
        memcpy(pairs, from, (size_t)n * sizeof *pairs);
    }
    sort_ties(pairs, n);
    tc_mem_free(spare);
    return TC_OK;
}

/* Chooses size - 1 splitters; pairs[n] is sorted. */
static tc_status choose_splitters_all(tc_comm *comm, const tc_pair *pairs, int64_t n,
                                      tc_pair *splitter, tc_error *err)
{
    tc_pair sample[SAMPLES];
    tc_buffer all = {0};
    const int64_t n_sample = n < SAMPLES ? n : SAMPLES;
    const int size = tc_comm_size(comm);
    tc_status st;
    for (int64_t i = 0; i < n_sample; i++) {
        sample[i] = pairs[(2 * i + 1) * n / (2 * n_sample)];
    }
    st = tc_comm_gather_all(comm, sample, n_sample * (int64_t)sizeof *sample, &all, err);
    if (st == TC_OK) {
        const int64_t total = all.size / (int64_t)sizeof *sample;
        tc_pair *gathered = (tc_pair *)(void *)all.data;
        st = sort_local(gathered, total, err); /* 64 a rank: a radix sort */
        for (int r = 1; r < size && st == TC_OK; r++) {
            splitter[r - 1] = total > 0 ? gathered[total * r / size] : (tc_pair){0};
        }
        st = tc_comm_agree_all(comm, st, err);
    }
    tc_buffer_free(&all);
    return st;
}

/* Number of pairs below a bound, in sorted pairs[n]. */
static int64_t lower_bound(const tc_pair *pairs, int64_t n, const tc_pair *bound)
{
    int64_t low = 0, high = n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (pair_order(&pairs[middle], bound) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

typedef struct {
    tc_pair *splitter; /* [size] */
    int64_t *count;    /* [size] records for each rank */
} routing;

static tc_status routing_create(const tc_comm *comm, routing *r, tc_error *err)
{
    const int size = tc_comm_size(comm);
    r->splitter = tc_mem_alloc(size, sizeof *r->splitter, err);
    r->count = tc_mem_alloc(size, sizeof *r->count, err);
    return r->splitter == NULL || r->count == NULL ? TC_ENOMEM : TC_OK;
}

static void routing_free(routing *r)
{
    tc_mem_free(r->splitter);
    tc_mem_free(r->count);
}

/* Collective. Sorts my pairs, agrees on splitters, counts what goes where. */
static tc_status route_all(tc_comm *comm, tc_pair *pairs, int64_t n, routing *r,
                           tc_error *err)
{
    const int size = tc_comm_size(comm);
    int64_t from = 0;
    tc_status st = routing_create(comm, r, err);
    if (st == TC_OK) {
        st = sort_local(pairs, n, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = choose_splitters_all(comm, pairs, n, r->splitter, err);
    }
    if (st != TC_OK) {
        return st;
    }
    for (int k = 0; k < size; k++) {
        const int64_t to = k + 1 < size ? lower_bound(pairs, n, &r->splitter[k]) : n;
        r->count[k] = to - from;
        from = to;
    }
    return TC_OK;
}

tc_status tc_order_sort_all(tc_comm *comm, tc_pair *pairs, int64_t n_local,
                            tc_buffer *sorted, tc_error *err)
{
    const int64_t before = sorted->size;
    routing r = {0};
    tc_status st = route_all(comm, pairs, n_local, &r, err);
    if (st == TC_OK) {
        st = tc_comm_exchange_all(comm, pairs, r.count, sizeof *pairs, sorted, err);
    }
    if (st == TC_OK) {
        st = sort_local((tc_pair *)(void *)(sorted->data + before),
                        (sorted->size - before) / (int64_t)sizeof *pairs, err);
        st = tc_comm_agree_all(comm, st, err);
    }
    routing_free(&r);
    return st;
}

/* Exact ranks: distinct keys with their counts travel to the owner of the key and come back
 * with the number of smaller keys. */

typedef struct {
    tc_pair *mine;     /* (key, local row), sorted */
    tc_pair *distinct; /* (key, count) of my own rows, sorted */
    int64_t n_distinct;
    tc_buffer received; /* (key, count) of the keys that I own, in rank order */
    tc_pair *order;     /* (key, index in received), sorted */
    tc_pair *answer;    /* (below, equal) for each received record */
    tc_buffer returned; /* (below, equal) for each of my distinct keys */
    int64_t *one;       /* [size] ones */
    tc_buffer back;     /* int64 [size], records to send back */
} ranking;

static tc_status ranking_create(const uint64_t *key, int64_t n, ranking *k, tc_error *err)
{
    k->mine = tc_mem_alloc(n, sizeof *k->mine, err);
    k->distinct = tc_mem_alloc(n, sizeof *k->distinct, err);
    if (k->mine == NULL || k->distinct == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        k->mine[i] = (tc_pair){.key = key[i], .value = (uint64_t)i};
    }
    TC_TRY(sort_local(k->mine, n, err));
    for (int64_t i = 0; i < n; i++) {
        if (i == 0 || k->mine[i].key != k->mine[i - 1].key) {
            k->distinct[k->n_distinct++] = (tc_pair){.key = k->mine[i].key, .value = 0};
        }
        k->distinct[k->n_distinct - 1].value++;
    }
    return TC_OK;
}

static void ranking_free(ranking *k)
{
    tc_mem_free(k->mine);
    tc_mem_free(k->distinct);
    tc_buffer_free(&k->received);
    tc_mem_free(k->order);
    tc_mem_free(k->answer);
    tc_buffer_free(&k->returned);
    tc_mem_free(k->one);
    tc_buffer_free(&k->back);
}

/* Equal keys must meet on one rank, so splitting is by key alone. */
static void count_by_key(const ranking *k, const routing *r, int size, int64_t *count)
{
    int64_t from = 0;
    for (int p = 0; p < size; p++) {
        int64_t to = k->n_distinct;
        if (p + 1 < size) {
            const tc_pair bound = {.key = r->splitter[p].key, .value = 0};
            to = lower_bound(k->distinct, k->n_distinct, &bound);
        }
        count[p] = to - from;
        from = to;
    }
}

static tc_status sort_received(ranking *k, tc_error *err)
{
    const tc_pair *received = (const tc_pair *)(const void *)k->received.data;
    const int64_t n = k->received.size / (int64_t)sizeof *received;
    k->order = tc_mem_alloc(n, sizeof *k->order, err);
    k->answer = tc_mem_alloc(n, sizeof *k->answer, err);
    if (k->order == NULL || k->answer == NULL) {
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        k->order[i] = (tc_pair){.key = received[i].key, .value = (uint64_t)i};
    }
    return sort_local(k->order, n, err);
}

/* Fills the answers; below starts at the number of rows on lower ranks. */
static void answer_received(ranking *k, int64_t below)
{
    const tc_pair *received = (const tc_pair *)(const void *)k->received.data;
    const int64_t n = k->received.size / (int64_t)sizeof *received;
    for (int64_t i = 0; i < n;) {
        int64_t end = i, equal = 0;
        while (end < n && k->order[end].key == k->order[i].key) {
            equal += (int64_t)received[k->order[end].value].value;
            end++;
        }
        for (; i < end; i++) {
            k->answer[k->order[i].value] =
                (tc_pair){.key = (uint64_t)below, .value = (uint64_t)equal};
        }
        below += equal;
    }
}

/* Collective. Number of records that each rank sent to me = what it gets back: one number
 * from each to each, and no table of size x size. */
static tc_status return_answers_all(tc_comm *comm, ranking *k, const int64_t *sent,
                                    tc_error *err)
{
    const int size = tc_comm_size(comm);
    tc_status st;
    k->one = tc_mem_alloc(size, sizeof *k->one, err);
    st = tc_comm_agree_all(comm, k->one == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(k->one != NULL); /* as agreed */
        for (int p = 0; p < size; p++) {
            k->one[p] = 1;
        }
        st = tc_comm_exchange_all(comm, sent, k->one, sizeof *sent, &k->back, err);
    }
    if (st == TC_OK) {
        st = tc_comm_exchange_all(comm, k->answer,
                                  (const int64_t *)(const void *)k->back.data,
                                  sizeof *k->answer, &k->returned, err);
    }
    return st;
}

static void write_ranks(const ranking *k, int64_t n, int64_t *below, int64_t *equal)
{
    const tc_pair *answer = (const tc_pair *)(const void *)k->returned.data;
    int64_t d = -1;
    for (int64_t i = 0; i < n; i++) {
        d += i == 0 || k->mine[i].key != k->mine[i - 1].key;
        below[k->mine[i].value] = (int64_t)answer[d].key;
        equal[k->mine[i].value] = (int64_t)answer[d].value;
    }
}

static int64_t rows_received(const ranking *k)
{
    const tc_pair *received = (const tc_pair *)(const void *)k->received.data;
    const int64_t n = k->received.size / (int64_t)sizeof *received;
    int64_t rows = 0;
    for (int64_t i = 0; i < n; i++) {
        rows += (int64_t)received[i].value;
    }
    return rows;
}

tc_status tc_order_ranks_all(tc_comm *comm, const uint64_t *key, int64_t n_local,
                             int64_t *below, int64_t *equal, tc_error *err)
{
    routing r = {0};
    ranking k = {0};
    int64_t lower;
    tc_status st = routing_create(comm, &r, err);
    if (st == TC_OK) {
        st = ranking_create(key, n_local, &k, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = choose_splitters_all(comm, k.distinct, k.n_distinct, r.splitter, err);
    }
    if (st == TC_OK) {
        count_by_key(&k, &r, tc_comm_size(comm), r.count);
        st = tc_comm_exchange_all(comm, k.distinct, r.count, sizeof *k.distinct,
                                  &k.received, err);
    }
    if (st == TC_OK) {
        lower = rows_received(&k);
        tc_comm_exscan_i64_all(comm, &lower, 1);
        st = sort_received(&k, err);
        st = tc_comm_agree_all(comm, st, err);
        if (st == TC_OK) {
            answer_received(&k, lower);
            st = return_answers_all(comm, &k, r.count, err);
        }
    }
    if (st == TC_OK) {
        write_ranks(&k, n_local, below, equal);
    }
    ranking_free(&k);
    routing_free(&r);
    return st;
}
