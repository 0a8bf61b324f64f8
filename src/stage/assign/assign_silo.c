/* assign_silo.c - the measure of data silos: customers of whom at least one id alone would
 * have got another R, F or M score than all ids together. An id gets its scores by the
 * published cut points. */
#include "assign_impl.h"

#include "tiercel/fault.h"

enum { SLAB = 1 << 15 };

/* Ids as features.h5 has them. */
typedef struct {
    int64_t row[SLAB];
    float recency[SLAB], orders[SLAB];
    double net[SLAB];
} slab;

enum { ROW, RECENCY, ORDERS, NET, N_COLUMNS };

static const tc_field field[N_COLUMNS] = {
    [ROW] = {.name = "silo/customer_row", .type = TC_I64},
    [RECENCY] = {.name = "silo/recency_days", .type = TC_F32},
    [ORDERS] = {.name = "silo/order_count", .type = TC_F32},
    [NET] = {.name = "silo/net_amount", .type = TC_F64},
};

/* Counts of this rank, and the customer whose ids pass: bit x of differs = on axis x. */
typedef struct {
    int64_t ids, customers, differ, axis[TC_AXES];
    int64_t current; /* row of the customer, -1 = none yet */
    int differs;
} silo;

static void end_customer(silo *s)
{
    s->customers += s->current >= 0;
    s->differ += s->differs != 0;
    for (int x = 0; x < TC_AXES; x++) {
        s->axis[x] += s->differs >> x & 1;
    }
    s->differs = 0;
}

static tc_status add_ids(tc_assign *a, const slab *from, int64_t n, silo *s, tc_error *err)
{
    for (int64_t i = 0; i < n; i++) {
        const double value[TC_AXES] = {(double)from->recency[i], (double)from->orders[i],
                                       from->net[i]};
        const int64_t row = from->row[i] - a->shards.row0;
        if (row < 0 || row >= a->now.n || !a->now.known[row]) {
            return tc_fail(err, TC_EDATA,
                           "features.h5: silo/customer_row does not fit the customers; "
                           "delete the file and run again");
        }
        if (from->row[i] != s->current) {
            end_customer(s);
            s->current = from->row[i];
        }
        for (int x = 0; x < TC_AXES; x++) {
            tc_axis *axis = &a->now.axis[x];
            const int score =
                tc_tiering_score_by_table(axis->cut, axis->size, x == 0, value[x]);
            s->differs |= (score != a->now.score5[x][row]) << x;
        }
    }
    s->ids += n;
    return TC_OK;
}

/* Local. The ids of this rank's shards. */
static tc_status read_ids(tc_assign *a, tc_store_piece *const piece[N_COLUMNS],
                          int64_t begin, int64_t end, silo *s, tc_error *err)
{
    slab *to = tc_mem_alloc(1, sizeof *to, err);
    tc_status st = to == NULL ? TC_ENOMEM : TC_FAULT("assign.silo", err);
    while (st == TC_OK && begin < end) {
        const int64_t n = end - begin < SLAB ? end - begin : SLAB;
        void *const column[N_COLUMNS] = {to->row, to->recency, to->orders, to->net};
        for (int c = 0; c < N_COLUMNS && st == TC_OK; c++) {
            st = tc_store_read(piece[c], column[c], begin, n, err);
        }
        if (st == TC_OK) {
            st = add_ids(a, to, n, s, err);
        }
        begin += n;
    }
    end_customer(s);
    tc_mem_free(to);
    return st;
}

/* Collective. *begin and *end: rows of the ids of this rank's customers. */
static tc_status find_ids_all(tc_assign *a, int64_t *begin, int64_t *end, tc_error *err)
{
    static const tc_field shards = {.name = "silo/first_of_shard", .type = TC_I64};
    const int64_t n = a->shards.n_shards + 1;
    int64_t *first = tc_mem_alloc(n, sizeof *first, err);
    tc_status st = tc_comm_agree_all(a->comm, first == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st = tc_store_get_small_all(a->features, &shards, n, first, err);
    }
    if (st == TC_OK) {
        TC_ASSERT(first != NULL);
        *begin = first[a->shards.shard0];
        *end = first[a->shards.shard1];
    }
    tc_mem_free(first);
    return st;
}

static tc_status put_counts_all(tc_assign *a, const silo *s, tc_error *err)
{
    static const char *const name[] = {"silo_customers",         "silo_ids",
                                       "silo_customers_differ",  "silo_recency_differs",
                                       "silo_frequency_differs", "silo_monetary_differs"};
    enum { N = sizeof name / sizeof *name };
    int64_t v[N] = {s->customers, s->ids, s->differ, s->axis[0], s->axis[1], s->axis[2]};
    tc_status st = TC_OK;
    tc_comm_sum_i64_all(a->comm, v, N);
    for (int i = 0; i < N && st == TC_OK; i++) {
        st = tc_store_put_i64_all(a->out, name[i], v[i], err);
    }
    return st;
}

tc_status tc_assign_put_silo_all(tc_assign *a, tc_error *err)
{
    tc_store_piece *piece[N_COLUMNS] = {NULL};
    silo s = {.current = -1};
    int64_t begin = 0, end = 0;
    tc_status st;
    if (!tc_store_has_all(a->features, "silo/customer_row")) {
        return TC_OK; /* no identity map */
    }
    st = find_ids_all(a, &begin, &end, err);
    for (int c = 0; c < N_COLUMNS && st == TC_OK; c++) {
        int64_t rows;
        st = tc_store_view_all(a->features, &field[c], &rows, &piece[c], err);
        if (st == TC_OK && (begin < 0 || begin > end || end > rows)) {
            st = tc_fail(err, TC_EDATA,
                         "features.h5: %s does not fit the shards; delete the file and run "
                         "again",
                         field[c].name);
        }
        st = tc_comm_agree_all(a->comm, st, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(a->comm, read_ids(a, piece, begin, end, &s, err), err);
    }
    for (int c = 0; c < N_COLUMNS; c++) {
        st = tc_store_end_all(&piece[c], st, err);
    }
    return st == TC_OK ? put_counts_all(a, &s, err) : st;
}
