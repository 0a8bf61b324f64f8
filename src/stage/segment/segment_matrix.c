#include "segment_matrix.h"

#include <string.h>

struct tc_matrix {
    int64_t n;
    int d;
    float *x;
};

tc_status tc_matrix_create(int64_t n, int d, tc_matrix **out, tc_error *err)
{
    tc_matrix *m = tc_mem_alloc(1, sizeof *m, err);
    *out = m;
    if (m == NULL) {
        return TC_ENOMEM;
    }
    m->n = n;
    m->d = d;
    m->x = tc_mem_alloc(tc_kmeans_floats(n, d), sizeof *m->x, err);
    if (m->x == NULL) {
        tc_matrix_destroy(out);
        return TC_ENOMEM;
    }
    return TC_OK;
}

void tc_matrix_destroy(tc_matrix **m)
{
    if (*m != NULL) {
        tc_mem_free((*m)->x);
        tc_mem_free(*m);
        *m = NULL;
    }
}

float *tc_matrix_data(tc_matrix *m)
{
    return m->x;
}

int64_t tc_matrix_rows(const tc_matrix *m)
{
    return m->n;
}

int tc_matrix_columns(const tc_matrix *m)
{
    return m->d;
}

tc_status tc_matrix_visit(tc_matrix *m, tc_matrix_visit_fn *visit, void *context,
                          tc_error *err)
{
    const tc_kmeans_rows rows = {.n = m->n, .d = m->d, .x = m->x};
    return rows.n > 0 ? visit(context, &rows, 0, err) : TC_OK;
}

/* What a visit with sums carries. */
typedef struct {
    tc_matrix_sum_fn *visit;
    void *context;
    int64_t *sums;
} adder;

static tc_status add_piece(void *context, const tc_kmeans_rows *piece, int64_t row0,
                           tc_error *err)
{
    const adder *a = context;
    return a->visit(a->context, piece, row0, a->sums, err);
}

tc_status tc_matrix_sum_all(tc_comm *comm, tc_matrix *m, tc_matrix_sum_fn *visit,
                            void *context, int64_t *sums, int64_t n, tc_error *err)
{
    adder a = {.visit = visit, .context = context, .sums = sums};
    tc_status st;
    memset(sums, 0, (size_t)(n + 1) * sizeof *sums);
    st = tc_matrix_visit(m, add_piece, &a, err);
    sums[n] = st != TC_OK; /* failed ranks travel with the sums */
    tc_comm_sum_i64_all(comm, sums, n + 1);
    return sums[n] != 0 ? tc_comm_agree_all(comm, st, err) : TC_OK;
}
