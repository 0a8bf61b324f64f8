/* quality.c - the counters of data quality: days in pages, and how two sets become one. */
#include "tiercel/quality.h"

#include "tiercel/mem.h"

#include <string.h>

typedef enum { MERGE_SUM, MERGE_MIN, MERGE_MAX } merge_kind;

static const merge_kind merge_rule[TC_N_QUALITY_COUNTS] = {
#define X(name, text, merge) [name] = MERGE_##merge,
    TC_QUALITY_COUNTS(X)
#undef X
};

tc_status tc_quality_create(tc_quality *q, tc_error *err)
{
    *q = (tc_quality){
        .count = {[TC_QUALITY_LARGEST] = INT64_MIN, [TC_QUALITY_SMALLEST] = INT64_MAX}};
    q->page = tc_mem_alloc(TC_QUALITY_PAGES, sizeof(tc_quality_day *), err);
    return q->page == NULL ? TC_ENOMEM : TC_OK;
}

void tc_quality_free(tc_quality *q)
{
    for (int p = 0; q->page != NULL && p < TC_QUALITY_PAGES; p++) {
        tc_mem_free(q->page[p]);
    }
    tc_mem_free(q->page);
    q->page = NULL;
}

tc_quality_day *tc_quality_make_day(tc_quality *q, int64_t day, tc_error *err)
{
    const int64_t at = day - TC_QUALITY_FIRST_DAY;
    tc_quality_day **page = &q->page[at / TC_QUALITY_PAGE];
    if (*page == NULL) {
        *page = tc_mem_alloc(TC_QUALITY_PAGE, sizeof **page, err);
    }
    return *page == NULL ? NULL : &(*page)[at % TC_QUALITY_PAGE];
}

const tc_quality_day *tc_quality_next_day(const tc_quality *q, int64_t *day)
{
    const int64_t end = TC_QUALITY_LAST_DAY - TC_QUALITY_FIRST_DAY + 1;
    int64_t at = *day < TC_QUALITY_FIRST_DAY  ? 0
                 : *day > TC_QUALITY_LAST_DAY ? end
                                              : *day - TC_QUALITY_FIRST_DAY;
    while (at < end) {
        const tc_quality_day *page = q->page[at / TC_QUALITY_PAGE];
        if (page == NULL) {
            at = (at / TC_QUALITY_PAGE + 1) * TC_QUALITY_PAGE;
        } else if (page[at % TC_QUALITY_PAGE].rows == 0) {
            at++;
        } else {
            *day = at + TC_QUALITY_FIRST_DAY;
            return &page[at % TC_QUALITY_PAGE];
        }
    }
    return NULL;
}

static void merge_count(int64_t *into, int64_t other, merge_kind rule)
{
    if (rule == MERGE_SUM) {
        *into += other;
    } else if (rule == MERGE_MIN ? other < *into : other > *into) {
        *into = other;
    }
}

static tc_status merge_column(tc_quality *into, const tc_quality_column *other,
                              tc_error *err)
{
    int i = 0;
    while (i < into->n_columns && strcmp(into->column[i].key, other->key) != 0) {
        i++;
    }
    if (i == TC_QUALITY_COLUMNS) {
        return tc_fail(err, TC_EDATA, "events.h5: more than %d different columns in all",
                       TC_QUALITY_COLUMNS);
    }
    if (i == into->n_columns) {
        into->column[into->n_columns++] = *other;
        return TC_OK;
    }
    into->column[i].rows += other->rows;
    into->column[i].empty += other->empty;
    into->column[i].unreadable += other->unreadable;
    return TC_OK;
}

tc_status tc_quality_merge(tc_quality *into, const tc_quality *other, tc_error *err)
{
    int64_t day = TC_QUALITY_FIRST_DAY;
    const tc_quality_day *from;
    for (int i = 0; i < TC_N_QUALITY_COUNTS; i++) {
        merge_count(&into->count[i], other->count[i], merge_rule[i]);
    }
    for (int i = 0; i < other->n_columns; i++) {
        if (other->column[i].key[0] != '\0') {
            TC_TRY(merge_column(into, &other->column[i], err));
        }
    }
    for (int i = 0; i < TC_QUALITY_STEPS; i++) {
        into->step_rows[i] += other->step_rows[i];
    }
    for (; (from = tc_quality_next_day(other, &day)) != NULL; day++) {
        tc_quality_day *to = tc_quality_make_day(into, day, err);
        if (to == NULL) {
            return TC_ENOMEM;
        }
        to->rows += from->rows;
        to->negative_rows += from->negative_rows;
        to->positive = tc_quality_add(to->positive, from->positive);
        to->negative = tc_quality_add(to->negative, from->negative);
    }
    return TC_OK;
}

static void sum_small_all(tc_comm *comm, tc_quality *q)
{
    int64_t v[TC_N_QUALITY_COUNTS + 3 * TC_QUALITY_COLUMNS];
    const int n = TC_N_QUALITY_COUNTS + 3 * q->n_columns;
    int64_t largest = q->count[TC_QUALITY_LARGEST],
            smallest = q->count[TC_QUALITY_SMALLEST];
    memcpy(v, q->count, sizeof q->count);
    v[TC_QUALITY_LARGEST] = v[TC_QUALITY_SMALLEST] = 0;
    for (int i = 0; i < q->n_columns; i++) {
        int64_t *to = &v[TC_N_QUALITY_COUNTS + 3 * i];
        to[0] = q->column[i].rows;
        to[1] = q->column[i].empty;
        to[2] = q->column[i].unreadable;
    }
    tc_comm_sum_i64_all(comm, v, n);
    tc_comm_sum_i64_all(comm, q->step_rows, TC_QUALITY_STEPS);
    tc_comm_max_i64_all(comm, &largest, 1);
    tc_comm_min_i64_all(comm, &smallest, 1);
    memcpy(q->count, v, sizeof q->count);
    q->count[TC_QUALITY_LARGEST] = largest;
    q->count[TC_QUALITY_SMALLEST] = smallest;
    for (int i = 0; i < q->n_columns; i++) {
        const int64_t *from = &v[TC_N_QUALITY_COUNTS + 3 * i];
        q->column[i].rows = from[0];
        q->column[i].empty = from[1];
        q->column[i].unreadable = from[2];
    }
}

/* Collective. Makes the pages that any rank has. */
static tc_status share_pages_all(tc_comm *comm, tc_quality *q, tc_error *err)
{
    int64_t *there = tc_mem_alloc(TC_QUALITY_PAGES, sizeof *there, err);
    tc_status st = tc_comm_agree_all(comm, there == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(there != NULL);
        for (int p = 0; p < TC_QUALITY_PAGES; p++) {
            there[p] = q->page[p] != NULL;
        }
        tc_comm_max_i64_all(comm, there, TC_QUALITY_PAGES);
        for (int p = 0; p < TC_QUALITY_PAGES && st == TC_OK; p++) {
            if (there[p] != 0 &&
                tc_quality_make_day(q, TC_QUALITY_FIRST_DAY + (int64_t)p * TC_QUALITY_PAGE,
                                    err) == NULL) {
                st = TC_ENOMEM;
            }
        }
        st = tc_comm_agree_all(comm, st, err);
    }
    tc_mem_free(there);
    return st;
}

/* Collective. Sums of one page. Money travels in halves, so that no sum of ranks overflows. */
static void sum_page_all(tc_comm *comm, tc_quality_day *page)
{
    enum { WORDS = 6 };
    int64_t v[TC_QUALITY_PAGE][WORDS];
    for (int i = 0; i < TC_QUALITY_PAGE; i++) {
        const int64_t from[WORDS] = {page[i].rows,           page[i].negative_rows,
                                     page[i].positive >> 32, page[i].positive & 0xFFFFFFFF,
                                     page[i].negative >> 32, page[i].negative & 0xFFFFFFFF};
        memcpy(v[i], from, sizeof from);
    }
    tc_comm_sum_i64_all(comm, v[0], sizeof v / sizeof v[0][0]);
    for (int i = 0; i < TC_QUALITY_PAGE; i++) {
        const int64_t *from = v[i];
        int64_t money[2];
        for (int m = 0; m < 2; m++) {
            const int64_t high = from[2 + 2 * m] + (from[3 + 2 * m] >> 32);
            money[m] =
                high > INT32_MAX ? INT64_MAX : high << 32 | (from[3 + 2 * m] & 0xFFFFFFFF);
        }
        page[i] = (tc_quality_day){from[0], from[1], money[0], money[1]};
    }
}

tc_status tc_quality_merge_all(tc_comm *comm, tc_quality *q, tc_error *err)
{
    tc_status st;
    sum_small_all(comm, q);
    st = share_pages_all(comm, q, err);
    for (int p = 0; p < TC_QUALITY_PAGES && st == TC_OK; p++) {
        if (q->page[p] != NULL) {
            sum_page_all(comm, q->page[p]);
        }
    }
    return st;
}
