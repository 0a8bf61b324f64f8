#include "ingest_reject_list.h"

#include <stdlib.h>

enum { SAMPLES_A_RANGE = 64 };

tc_status tc_reject_list_add(tc_reject_list *list, uint64_t place, uint64_t value,
                             tc_error *err)
{
    const tc_pair pair = {.key = place, .value = value};
    list->n++;
    return tc_spill_append(list->spill, &list->stream, &pair, (int64_t)sizeof pair, err);
}

/* What is done with each row. */
typedef struct {
    tc_buffer *out;
    uint64_t low, high; /* pairs between are appended */
    int64_t stride;     /* > 0: of every so many rows the place is appended instead */
    int64_t row;
} visit;

static tc_status visit_pair(visit *v, const tc_pair *pair, tc_error *err)
{
    if (v->stride > 0) {
        return v->row++ % v->stride == 0
                   ? tc_buffer_append(v->out, &pair->key, (int64_t)sizeof pair->key, err)
                   : TC_OK;
    }
    if (pair->key < v->low || (v->high != 0 && pair->key >= v->high)) {
        return TC_OK;
    }
    return tc_buffer_append(v->out, pair, (int64_t)sizeof *pair, err);
}

static tc_status visit_all_pairs(tc_reject_list *list, visit *v, tc_error *err)
{
    if (list->n == 0) {
        return TC_OK;
    }
    for (int32_t b = list->stream.first; b >= 0; b = tc_spill_next(list->spill, b)) {
        const unsigned char *data;
        int64_t n;
        TC_TRY(tc_spill_pin(list->spill, b, &data, &n, err));
        for (int64_t at = 0; at < n; at += (int64_t)sizeof(tc_pair)) {
            tc_pair pair;
            memcpy(&pair, data + at, sizeof pair);
            TC_TRY(visit_pair(v, &pair, err));
        }
        tc_spill_unpin(list->spill, b);
    }
    return TC_OK;
}

static int by_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Of the sorted sample every so many become a bound, each once. */
static tc_status choose(tc_buffer *sample, int64_t ranges, tc_buffer *bounds, tc_error *err)
{
    uint64_t *const place = (uint64_t *)(void *)sample->data;
    const int64_t n = sample->size / (int64_t)sizeof *place;
    uint64_t last = 0;
    if (n == 0) {
        return TC_OK;
    }
    qsort(place, (size_t)n, sizeof *place, by_u64);
    for (int64_t k = 1; k < ranges; k++) {
        const uint64_t bound = place[n * k / ranges];
        if (bound > last) {
            TC_TRY(tc_buffer_append(bounds, &bound, (int64_t)sizeof bound, err));
            last = bound;
        }
    }
    return TC_OK;
}

tc_status tc_reject_list_split_all(tc_comm *comm, tc_reject_list *list, int64_t most,
                                   tc_buffer *bounds, tc_error *err)
{
    tc_buffer mine = {0}, sample = {0};
    visit v = {.out = &mine};
    int64_t total = list->n, ranges;
    tc_status st = TC_OK;
    if (list->n > 0) {
        tc_spill_seal(list->spill, &list->stream);
    }
    tc_comm_sum_i64_all(comm, &total, 1);
    ranges = total / most + 1;
    if (ranges == 1) {
        return TC_OK;
    }
    v.stride = total / (ranges * SAMPLES_A_RANGE) + 1;
    st = visit_all_pairs(list, &v, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        st = tc_comm_gather_all(comm, mine.data, mine.size, &sample, err);
    }
    if (st == TC_OK) {
        st = choose(&sample, ranges, bounds, err);
        st = tc_comm_agree_all(comm, st, err);
    }
    tc_buffer_free(&mine);
    tc_buffer_free(&sample);
    return st;
}

tc_status tc_reject_list_select(tc_reject_list *list, uint64_t low, uint64_t high,
                                tc_buffer *pairs, tc_error *err)
{
    visit v = {.out = pairs, .low = low, .high = high};
    return visit_all_pairs(list, &v, err);
}
