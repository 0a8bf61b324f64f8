#include "tiercel/matching.h"

#include <string.h>

/* The smaller side of the table is grown one by one: a "row" here is one of its members. Index 0 stands for
 * nobody, so members count from 1. */
typedef struct {
    const int64_t *cost;
    int n, m;               /* n <= m */
    int64_t row_step, step; /* in cost, of a row and of a column */
    int64_t *u, *v; /* potentials [n + 1], [m + 1]: cost >= u + v, equal where matched */
    int64_t *gap;   /* [m + 1] least reduced cost of a path to each column */
    int *row_of;    /* [m + 1] row of each column, 0 = free */
    int *from;      /* [m + 1] column before it on that path */
    uint8_t *seen;  /* [m + 1] columns whose shortest path is known */
} matching;

static int64_t reduced(const matching *t, int row, int col)
{
    return t->cost[(row - 1) * t->row_step + (col - 1) * t->step] - t->u[row] - t->v[col];
}

/* Takes the paths on through column `at`, which is reached; returns the nearest column that is not. */
static int widen(matching *t, int at)
{
    const int row = t->row_of[at];
    int next = 0;
    t->seen[at] = 1;
    for (int j = 1; j <= t->m; j++) {
        if (!t->seen[j]) {
            const int64_t gap = reduced(t, row, j);
            if (gap < t->gap[j]) {
                t->gap[j] = gap;
                t->from[j] = at;
            }
            next = next == 0 || t->gap[j] < t->gap[next] ? j : next;
        }
    }
    return next;
}

/* Raises the potentials by what the next step costs, so that its edge becomes tight. */
static void lift(matching *t, int64_t by)
{
    for (int j = 0; j <= t->m; j++) {
        if (t->seen[j]) {
            t->u[t->row_of[j]] += by;
            t->v[j] -= by;
        } else {
            t->gap[j] -= by;
        }
    }
}

/* Finds a column for one more row; the rows on the shortest path to a free column move up by one. */
static void add_row(matching *t, int row)
{
    int at = 0;
    t->row_of[0] = row;
    memset(t->seen, 0, (size_t)t->m + 1);
    for (int j = 0; j <= t->m; j++) {
        t->gap[j] = INT64_MAX;
    }
    do {
        const int next = widen(t, at);
        lift(t, t->gap[next]);
        at = next;
    } while (t->row_of[at] != 0);
    while (at != 0) {
        t->row_of[at] = t->row_of[t->from[at]];
        at = t->from[at];
    }
}

static tc_status create(matching *t, tc_error *err)
{
    t->u = tc_mem_alloc(t->n + 1, sizeof *t->u, err);
    t->v = tc_mem_alloc(t->m + 1, sizeof *t->v, err);
    t->gap = tc_mem_alloc(t->m + 1, sizeof *t->gap, err);
    t->row_of = tc_mem_alloc(t->m + 1, sizeof *t->row_of, err);
    t->from = tc_mem_alloc(t->m + 1, sizeof *t->from, err);
    t->seen = tc_mem_alloc(t->m + 1, sizeof *t->seen, err);
    return t->u == NULL || t->v == NULL || t->gap == NULL || t->row_of == NULL ||
                   t->from == NULL || t->seen == NULL
               ? TC_ENOMEM
               : TC_OK;
}

static void release(matching *t)
{
    tc_mem_free(t->u);
    tc_mem_free(t->v);
    tc_mem_free(t->gap);
    tc_mem_free(t->row_of);
    tc_mem_free(t->from);
    tc_mem_free(t->seen);
}

tc_status tc_matching_solve(const int64_t *cost, int n_rows, int n_cols, int *col_of,
                            tc_error *err)
{
    const int turned = n_rows > n_cols;
    matching t = {.cost = cost,
                  .n = turned ? n_cols : n_rows,
                  .m = turned ? n_rows : n_cols,
                  .row_step = turned ? 1 : n_cols,
                  .step = turned ? n_cols : 1};
    tc_status st;
    if (n_rows < 0 || n_cols < 0 || t.m > TC_MATCHING_MOST) {
        return tc_fail(err, TC_EINTERNAL, "matching: %d x %d", n_rows, n_cols);
    }
    st = create(&t, err);
    for (int row = 1; st == TC_OK && row <= t.n; row++) {
        add_row(&t, row);
    }
    for (int i = 0; i < n_rows; i++) {
        col_of[i] = -1;
    }
    for (int j = 1; st == TC_OK && j <= t.m; j++) {
        if (t.row_of[j] != 0 && turned) {
            col_of[j - 1] = t.row_of[j] - 1;
        } else if (t.row_of[j] != 0) {
            col_of[t.row_of[j] - 1] = j - 1;
        }
    }
    release(&t);
    return st;
}
