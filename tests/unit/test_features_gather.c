/* Events of one customer in several files: the order and the repeats of one ingest, against a sort of everything. */
#include "stage/features/features_merge.h"

#include "tiercel/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FILES = 5, EACH = 40, TRIALS = 400, MOST = FILES * EACH };

typedef struct {
    int64_t time, amount;
    uint64_t order, row;
    uint32_t category;
    uint16_t channel;
    uint8_t kind;
    int file;
} event;

static int by_key(const void *a, const void *b)
{
    const event *x = a, *y = b;
#define TC_BY(member)                                                                      \
    if (x->member != y->member) {                                                          \
        return x->member < y->member ? -1 : 1;                                             \
    }
    TC_BY(time)
    TC_BY(order)
    TC_BY(amount)
    TC_BY(category)
    TC_BY(channel)
    TC_BY(kind)
    TC_BY(row)
#undef TC_BY
    return 0;
}

static int by_key_and_file(const void *a, const void *b)
{
    const int order = by_key(a, b);
    return order != 0 ? order : ((const event *)a)->file - ((const event *)b)->file;
}

/* Few values of each, so that many events agree in some and some in all. */
static event draw(tc_rng *rng, int file)
{
    const uint64_t row = tc_rng_below(rng, 4);
    return (event){.time = (int64_t)tc_rng_below(rng, 6),
                   .amount = (int64_t)tc_rng_below(rng, 2) - 1,
                   .order = tc_rng_below(rng, 2),
                   .row = row,
                   .category = (uint32_t)tc_rng_below(rng, 2),
                   .channel = (uint16_t)(row & 1),
                   .kind = (uint8_t)(row >> 1),
                   .file = file};
}

/* The slow way: sort, count each event by file, keep what the policy says. Returns how many. */
static int64_t expect(event *all, int64_t n, int policy, event *out,
                      tc_features_drops *drops)
{
    int64_t kept = 0;
    qsort(all, (size_t)n, sizeof *all, by_key_and_file);
    for (int64_t i = 0; i < n;) {
        int64_t of_file[FILES] = {0}, equal = 0, most = 0, keep;
        while (i + equal < n && by_key(&all[i], &all[i + equal]) == 0) {
            most =
                ++of_file[all[i + equal].file] > most ? of_file[all[i + equal].file] : most;
            equal++;
        }
        keep = policy == TC_DUPLICATES_KEEP   ? equal
               : policy == TC_DUPLICATES_DROP ? 1
                                              : most;
        for (int64_t k = 0; k < keep; k++) {
            out[kept++] = all[i];
        }
        drops->rows += equal - keep;
        drops->content[0] += (uint64_t)(equal - keep) * tc_hash_mix(all[i].row, 0);
        drops->content[1] += (uint64_t)(equal - keep) * tc_hash_mix(all[i].row, 1);
        i += equal;
    }
    return kept;
}

/* Columns of the events of one file. */
typedef struct {
    int64_t time[EACH], amount[EACH];
    uint64_t order[EACH], row[EACH];
    uint8_t kind[EACH];
    uint16_t channel[EACH];
    uint32_t category[EACH];
} columns;

static tc_rfm_events fill(columns *c, const event *e, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        c->time[i] = e[i].time;
        c->amount[i] = e[i].amount;
        c->order[i] = e[i].order;
        c->row[i] = e[i].row;
        c->kind[i] = e[i].kind;
        c->channel[i] = e[i].channel;
        c->category[i] = e[i].category;
    }
    return (tc_rfm_events){.time = c->time,
                           .amount = c->amount,
                           .order = c->order,
                           .kind = c->kind,
                           .channel = c->channel,
                           .category = c->category,
                           .n = n};
}

static void compare(const tc_rfm_events *found, const event *expected, int64_t n)
{
    assert_int_equal(found->n, n);
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(found->time[i], expected[i].time);
        assert_int_equal(found->amount[i], expected[i].amount);
        assert_int_equal(found->order[i], expected[i].order);
        assert_int_equal(found->kind[i], expected[i].kind);
        assert_int_equal(found->channel[i], expected[i].channel);
        assert_int_equal(found->category[i], expected[i].category);
    }
}

static void one_trial(tc_rng *rng, int policy)
{
    static columns column[FILES];
    static event all[MOST], file[EACH], expected[MOST];
    tc_rfm_events events[FILES], found;
    const uint64_t *rows[FILES];
    int64_t head[FILES], left[FILES], n = 0, kept;
    tc_features_drops drops = {0};
    tc_features_merge m = {.policy = policy,
                           .with = policy == TC_DUPLICATES_KEEP ? 0 : TC_WITH_ROWS,
                           .events = events,
                           .rows = rows,
                           .head = head,
                           .left = left};
    tc_error err = {0};
    const int members = 2 + (int)tc_rng_below(rng, FILES - 1);
    for (int f = 0; f < members; f++) {
        const int64_t here = (int64_t)tc_rng_below(rng, EACH + 1);
        for (int64_t i = 0; i < here; i++) {
            file[i] = all[n++] = draw(rng, f);
        }
        qsort(file, (size_t)here, sizeof *file, by_key);
        events[f] = fill(&column[f], file, here);
        rows[f] = policy == TC_DUPLICATES_KEEP ? NULL : column[f].row;
    }
    kept = expect(all, n, policy, expected, &drops);
    assert_int_equal(tc_features_gather(&m, members, &found, &err), TC_OK);
    compare(&found, expected, kept);
    assert_memory_equal(&m.drops, &drops, sizeof drops);
    tc_mem_free(m.origin);
    tc_event_columns_free(&m.gathered);
}

static void test_against_sort(void **state)
{
    tc_rng rng = tc_rng_stream(5, 1, 2);
    (void)state;
    for (int i = 0; i < TRIALS; i++) {
        one_trial(&rng, TC_DUPLICATES_KEEP);
        one_trial(&rng, TC_DUPLICATES_DROP);
        one_trial(&rng, TC_DUPLICATES_DROP_BETWEEN_FILES);
    }
    assert_int_equal(tc_mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_sort)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
