/* profiles_settle.c - order, doubled rows and sums of what this rank owns. */
#include "profiles_impl.h"

#include "tiercel/fault.h"

#include <stdlib.h>
#include <string.h>

/* Two different rows of one customer: their places. INT64_MAX = none. */
typedef struct {
    int64_t first, second;
} conflict;

static int64_t rows_of(const tc_profiles *p, int table)
{
    return p->rows[table].size / tc_profile_stride(p, table);
}

/* What a row says, behind place and person. */
static int compare_rows(const tc_profiles *p, int table, int64_t a, int64_t b)
{
    const size_t from = offsetof(tc_profile_row, signup);
    const tc_profile_row *x = tc_profile_row_at(p, table, a);
    const tc_profile_row *y = tc_profile_row_at(p, table, b);
    return memcmp((const char *)x + from, (const char *)y + from,
                  (size_t)tc_profile_stride(p, table) - from);
}

/* 1 if row a stands for the customer rather than row b: that of his own id, of the lower
 * alias, the earlier one. Beyond the last alias many ids share a number, and the order of
 * what the rows say decides, for their ids are no longer known. */
static int is_before(const tc_profiles *p, int table, int64_t a, int64_t b)
{
    const tc_profile_row *x = tc_profile_row_at(p, table, a);
    const tc_profile_row *y = tc_profile_row_at(p, table, b);
    if (x->alias != y->alias) {
        return x->alias < y->alias;
    }
    if (x->alias == TC_ALIAS_LAST) {
        return compare_rows(p, table, a, b) < 0;
    }
    return x->place < y->place;
}

static void choose_rows(tc_profiles *p, int table)
{
    const int64_t n = rows_of(p, table);
    int64_t *row_of = p->row_of[table];
    for (int64_t i = 0; i < p->people.n; i++) {
        row_of[i] = -1;
    }
    for (int64_t r = 0; r < n; r++) {
        int64_t *chosen = &row_of[p->place[tc_profile_row_at(p, table, r)->person]];
        if (*chosen < 0 || is_before(p, table, r, *chosen)) {
            *chosen = r;
        }
    }
}

/* Counts the rows that were not chosen, and finds the first that contradicts. */
static void judge_rows(tc_profiles *p, int table, conflict *found)
{
    const int64_t n = rows_of(p, table);
    tc_profile_counts *counts = &p->counts[table];
    for (int64_t r = 0; r < n; r++) {
        const tc_profile_row *row = tc_profile_row_at(p, table, r);
        const int64_t chosen = p->row_of[table][p->place[row->person]];
        const tc_profile_row *other = tc_profile_row_at(p, table, chosen);
        if (r == chosen) {
            counts->people++;
        } else if (row->alias != other->alias || row->alias == TC_ALIAS_LAST) {
            counts->merged++;
        } else if (compare_rows(p, table, r, chosen) == 0) {
            counts->duplicates++;
        } else if ((int64_t)row->place < found->second) {
            *found = (conflict){(int64_t)other->place, (int64_t)row->place};
        }
    }
}

static const char *base_name(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static tc_status fail_conflict(const tc_profiles *p, const conflict *found, tc_error *err)
{
    const int64_t mask = ((int64_t)1 << TC_PLACE_LINE_BITS) - 1;
    return tc_fail(err, TC_EDATA,
                   "%s: line %lld is of the same customer as line %lld of %s but says "
                   "something else; leave one of them",
                   p->file[found->second >> TC_PLACE_LINE_BITS],
                   (long long)(found->second & mask), (long long)(found->first & mask),
                   base_name(p->file[found->first >> TC_PLACE_LINE_BITS]));
}

/* Collective. The contradiction with the smallest place on any rank. */
static tc_status agree_conflict_all(const tc_profiles *p, const conflict *mine,
                                    tc_error *err)
{
    int64_t smallest = mine->second;
    tc_status st = TC_OK;
    tc_comm_min_i64_all(p->comm, &smallest, 1);
    if (smallest != INT64_MAX && smallest == mine->second) {
        st = fail_conflict(p, mine, err);
    }
    return tc_comm_agree_all(p->comm, st, err);
}

static int by_time(const void *a, const void *b)
{
    const tc_profile_touch *x = a, *y = b;
    if (x->time != y->time) {
        return x->time < y->time ? -1 : 1;
    }
    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    if (x->value != y->value) {
        return x->value < y->value ? -1 : 1;
    }
    return (x->response > y->response) - (x->response < y->response);
}

/* Puts the interactions behind one another by customer, in place: each goes where the next
 * of its customer belongs, and what stood there goes on. first[person] moves to the end. */
static void group_touches(tc_profile_touch *touch, const int64_t *end, int64_t *next,
                          int64_t n_people)
{
    for (int64_t k = 0; k < n_people; k++) {
        while (next[k] < end[k]) {
            tc_profile_touch moving = touch[next[k]];
            while (moving.person != k) {
                const tc_profile_touch standing = touch[next[moving.person]];
                touch[next[moving.person]++] = moving;
                moving = standing;
            }
            touch[next[k]++] = moving;
        }
    }
}

static tc_status sort_touches(tc_profiles *p, tc_error *err)
{
    tc_profile_touch *touch = (tc_profile_touch *)(void *)p->touches.data;
    const int64_t n = p->touches.size / (int64_t)sizeof *touch, people = p->people.n;
    int64_t *first = tc_mem_alloc(people + 1, sizeof *first, err);
    int64_t *next = tc_mem_alloc(people + 1, sizeof *next, err);
    p->first_touch = first;
    if (first == NULL || next == NULL) {
        tc_mem_free(next);
        return TC_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++) {
        touch[i].person = p->place[touch[i].person];
        first[touch[i].person + 1]++;
    }
    for (int64_t k = 0; k < people; k++) {
        p->counts[TC_TABLE_INTERACTIONS].people += first[k + 1] > 0;
        first[k + 1] += first[k];
        next[k] = first[k];
    }
    group_touches(touch, first + 1, next, people);
    tc_mem_free(next);
    for (int64_t k = 0; k < people; k++) {
        const int64_t size = first[k + 1] - first[k];
        if (size > 1) {
            qsort(touch + first[k], (size_t)size, sizeof *touch, by_time);
        }
    }
    return TC_OK;
}

static tc_status settle(tc_profiles *p, tc_error *err)
{
    TC_TRY(TC_FAULT("profiles.settle", err));
    TC_TRY(tc_people_settle(&p->people, &p->place, err));
    for (int t = 0; t < TC_N_TABLES; t++) {
        p->row_of[t] = tc_mem_alloc(p->people.n, sizeof *p->row_of[t], err);
        if (p->row_of[t] == NULL) {
            return TC_ENOMEM;
        }
    }
    return sort_touches(p, err);
}

/* Customers of this rank without a value, by column. */
static void count_missing(tc_profiles *p, int table)
{
    tc_profile_columns *columns = &p->columns[table];
    for (int64_t i = 0; i < p->people.n; i++) {
        const int64_t r = p->row_of[table][i];
        const unsigned char *cell =
            r < 0 ? NULL : (const unsigned char *)(tc_profile_row_at(p, table, r) + 1);
        for (int c = 0; c < columns->n; c++) {
            uint32_t code = 0;
            double value = 0;
            float narrow = 0;
            if (cell == NULL) {
                columns->column[c].missing++;
                continue;
            }
            if (columns->column[c].is_category) {
                memcpy(&code, cell + (int64_t)c * columns->cell, sizeof code);
                columns->column[c].missing += code == 0;
            } else if (columns->cell == 4) {
                memcpy(&narrow, cell + (int64_t)c * columns->cell, sizeof narrow);
                columns->column[c].missing += narrow != narrow;
            } else {
                memcpy(&value, cell + (int64_t)c * columns->cell, sizeof value);
                columns->column[c].missing += value != value;
            }
        }
    }
}

/* Collective. Counts of all ranks. */
static void totals_all(tc_profiles *p)
{
    for (int t = 0; t < TC_N_TABLES; t++) {
        tc_profile_counts *c = &p->counts[t];
        int64_t numbers[] = {c->rows, c->duplicates, c->merged, c->people, c->rounded};
        int64_t half[4] = {
            (int64_t)(c->content[0] & 0xFFFFFFFFu), (int64_t)(c->content[0] >> 32),
            (int64_t)(c->content[1] & 0xFFFFFFFFu), (int64_t)(c->content[1] >> 32)};
        tc_comm_sum_i64_all(p->comm, numbers, 5);
        tc_comm_sum_i64_all(p->comm, half, 4);
        tc_comm_sum_i64_all(p->comm, c->reason, TC_N_PROFILE_REASONS);
        c->rows = numbers[0];
        c->duplicates = numbers[1];
        c->merged = numbers[2];
        c->people = numbers[3];
        c->rounded = numbers[4];
        for (int i = 0; i < 2; i++) {
            c->content[i] =
                (uint64_t)half[2 * (int64_t)i] + ((uint64_t)half[2 * (int64_t)i + 1] << 32);
        }
        for (int i = 0; i < p->columns[t].n; i++) {
            tc_profile_column *column = &p->columns[t].column[i];
            int64_t cells[3] = {column->unreadable, column->unknown, column->missing};
            tc_comm_sum_i64_all(p->comm, cells, 3);
            column->unreadable = cells[0];
            column->unknown = cells[1];
            column->missing = cells[2];
        }
    }
}

tc_status tc_profiles_settle_all(tc_profiles *p, tc_error *err)
{
    tc_status st = tc_profiles_dictionaries_all(p, err);
    if (st == TC_OK) {
        st = tc_comm_agree_all(p->comm, settle(p, err), err);
    }
    for (int t = 0; st == TC_OK && t < TC_N_TABLES; t++) {
        conflict found = {INT64_MAX, INT64_MAX};
        if (t != TC_TABLE_INTERACTIONS) {
            choose_rows(p, t);
            judge_rows(p, t, &found);
            count_missing(p, t);
            st = agree_conflict_all(p, &found, err);
        }
    }
    if (st == TC_OK) {
        totals_all(p);
    }
    return st;
}
