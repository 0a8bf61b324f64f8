#include "quantile_impl.h"

#include <math.h>

static double value_of_key(uint64_t key, int bits)
{
    double v;
    if (bits == 32) {
        const uint32_t k = (uint32_t)key;
        const uint32_t u = (k >> 31) != 0 ? k ^ ((uint32_t)1 << 31) : ~k;
        float f;
        memcpy(&f, &u, sizeof f);
        return (double)f;
    }
    key = (key >> 63) != 0 ? key ^ ((uint64_t)1 << 63) : ~key;
    memcpy(&v, &key, sizeof v);
    return v;
}

static tc_status add_node(tc_quantile *q, int column, uint64_t prefix, tc_error *err)
{
    if (q->n_nodes == q->capacity) {
        const int64_t capacity = q->capacity + q->capacity / 2 + 16;
        tc_quantile_node *nodes = tc_mem_resize(q->nodes, capacity, sizeof *nodes, err);
        if (nodes == NULL) {
            return TC_ENOMEM;
        }
        q->nodes = nodes;
        q->capacity = capacity;
    }
    q->nodes[q->n_nodes].column = column;
    q->nodes[q->n_nodes].prefix = prefix;
    for (int i = 0; i < TC_DIGITS; i++) {
        q->nodes[q->n_nodes].child[i] = TC_NO_NODE;
    }
    q->n_nodes++;
    return TC_OK;
}

static tc_status check(const tc_quantile_request *request, tc_error *err)
{
    for (int i = 0; i < request->n_p; i++) {
        if (!(request->probabilities[i] >= 0.0 && request->probabilities[i] <= 1.0)) {
            return tc_fail(err, TC_EINTERNAL, "quantile: probability %g is not in [0, 1]",
                           request->probabilities[i]);
        }
    }
    return TC_OK;
}

static tc_status fill(tc_quantile *q, tc_error *err)
{
    const int64_t n_columns = q->request.n_columns;
    q->n_valid = tc_mem_alloc(n_columns, sizeof *q->n_valid, err);
    q->depth = tc_mem_alloc(n_columns, sizeof *q->depth, err);
    q->state = tc_mem_alloc(n_columns, sizeof *q->state, err); /* zero: TC_COUNTING */
    q->targets = tc_mem_alloc(n_columns * q->request.n_p, 2 * sizeof *q->targets, err);
    if (q->n_valid == NULL || q->depth == NULL || q->state == NULL || q->targets == NULL) {
        return TC_ENOMEM;
    }
    for (int c = 0; c < n_columns; c++) {
        TC_TRY(add_node(q, c, 0, err));
    }
    return TC_OK;
}

tc_status tc_quantile_create(const tc_quantile_request *request, tc_quantile **out,
                             tc_error *err)
{
    tc_quantile *q;
    tc_status st;
    *out = NULL;
    TC_TRY(check(request, err));
    q = tc_mem_alloc(1, sizeof *q, err);
    if (q == NULL) {
        return TC_ENOMEM;
    }
    q->request = *request;
    st = fill(q, err);
    if (st != TC_OK) {
        tc_quantile_destroy(&q);
        return st;
    }
    *out = q;
    return TC_OK;
}

void tc_quantile_destroy(tc_quantile **quantile)
{
    tc_quantile *q = *quantile;
    if (q == NULL) {
        return;
    }
    tc_mem_free(q->nodes);
    tc_mem_free(q->targets);
    tc_mem_free(q->n_valid);
    tc_mem_free(q->depth);
    tc_mem_free(q->state);
    tc_mem_free(q);
    *quantile = NULL;
}

static int has_state(const tc_quantile *q, tc_quantile_state state)
{
    int found = 0;
    for (int c = 0; c < q->request.n_columns; c++) {
        found |= q->state[c] == state;
    }
    return found;
}

int64_t tc_quantile_n_counts(const tc_quantile *quantile)
{
    const int64_t zeros = quantile->round == 0 ? quantile->request.n_columns : 0;
    return has_state(quantile, TC_COUNTING)
               ? (quantile->n_nodes - quantile->first_active) * TC_DIGITS + zeros
               : 0;
}

int tc_quantile_is_gathering(const tc_quantile *quantile)
{
    return !has_state(quantile, TC_COUNTING) && has_state(quantile, TC_GATHERING);
}

/* After the first round: how many values there are, so which ranks are wanted. */
static void set_ranks(tc_quantile *q, const int64_t *counts, const int64_t *zeros)
{
    const int n_p = q->request.n_p;
    for (int c = 0; c < q->request.n_columns; c++) {
        int64_t n = zeros[c];
        for (int64_t i = 0; i < TC_DIGITS; i++) {
            n += counts[(int64_t)c * TC_DIGITS + i];
        }
        q->n_valid[c] = n;
        for (int p = 0; p < n_p && n > 0; p++) {
            tc_quantile_target *t = &q->targets[((int64_t)c * n_p + p) * 2];
            const int64_t low =
                (int64_t)floor((double)(n - 1) * q->request.probabilities[p]);
            t[0] = (tc_quantile_target){.rank = low < n ? low : n - 1, .node = c};
            t[1] = (tc_quantile_target){.rank = low + 1 < n ? low + 1 : n - 1, .node = c};
        }
    }
}

/* One digit more of a wanted rank, and a node for it unless its key is known. *zeros: of the column, in the first
 * round; *more: keys below the nodes that are new. */
static tc_status refine_target(tc_quantile *q, tc_quantile_target *t, const int64_t *counts,
                               int64_t zeros, int64_t *more, tc_error *err)
{
    const int64_t from = t->node;
    const int64_t *count = counts + (from - q->first_active) * TC_DIGITS;
    const int column = q->nodes[from].column;
    const int bits = tc_key_bits(q, column), shift = tc_digit_shift(bits, q->round);
    const uint64_t zero = TC_ZERO_KEY[bits == 64];
    const int32_t zero_digit = q->round == 0 ? (int32_t)(zero >> shift) : -1;
    int32_t digit = 0;
    while (t->rank >= count[digit] + (digit == zero_digit ? zeros : 0)) {
        t->rank -= count[digit] + (digit == zero_digit ? zeros : 0);
        digit++;
    }
    if (digit == zero_digit && t->rank < zeros) {
        t->key = zero;
        t->node = TC_SETTLED;
        return TC_OK;
    }
    t->rank -= digit == zero_digit ? zeros : 0;
    t->key = q->nodes[from].prefix | (uint64_t)digit << shift;
    if (q->round + 1 == tc_rounds_of(bits)) {
        t->node = TC_SETTLED;
        return TC_OK;
    }
    if (q->nodes[from].child[digit] == TC_NO_NODE) {
        TC_TRY(add_node(q, column, t->key, err));
        q->nodes[from].child[digit] = (int32_t)(q->n_nodes - 1);
        *more += count[digit];
    }
    t->node = q->nodes[from].child[digit];
    return TC_OK;
}

/* What becomes of a column whose targets were refined. */
static tc_quantile_state next_state(const tc_quantile *q, int column, int64_t keys)
{
    const int64_t per_column = 2 * (int64_t)q->request.n_p;
    const tc_quantile_target *t = q->targets + column * per_column;
    int open = 0;
    for (int64_t i = 0; i < per_column && q->n_valid[column] > 0; i++) {
        open |= t[i].node != TC_SETTLED;
    }
    return !open ? TC_FOUND : keys <= TC_GATHER_MOST ? TC_GATHERING : TC_COUNTING;
}

tc_status tc_quantile_refine(tc_quantile *quantile, const int64_t *counts, tc_error *err)
{
    tc_quantile *q = quantile;
    const int64_t n_active_end = q->n_nodes;
    const int64_t per_column = 2 * (int64_t)q->request.n_p;
    const int64_t *zeros = counts + (q->n_nodes - q->first_active) * TC_DIGITS;
    if (q->round == 0) {
        set_ranks(q, counts, zeros);
    }
    for (int c = 0; c < q->request.n_columns; c++) {
        tc_quantile_target *t = q->targets + c * per_column;
        int64_t keys = 0;
        if (q->state[c] != TC_COUNTING) {
            continue;
        }
        for (int64_t i = 0; i < per_column && q->n_valid[c] > 0; i++) {
            if (t[i].node != TC_SETTLED) {
                TC_TRY(refine_target(q, &t[i], counts, q->round == 0 ? zeros[c] : 0, &keys,
                                     err));
            }
        }
        q->depth[c]++;
        q->state[c] = next_state(q, c, keys);
    }
    q->first_active = n_active_end;
    q->round++;
    return TC_OK;
}

static double between(const tc_quantile *q, int column, int p)
{
    const tc_quantile_target *t = &q->targets[((int64_t)column * q->request.n_p + p) * 2];
    const double h = (double)(q->n_valid[column] - 1) * q->request.probabilities[p];
    const double weight = h - floor(h);
    const double low = value_of_key(t[0].key, tc_key_bits(q, column));
    const double high = value_of_key(t[1].key, tc_key_bits(q, column));
    if (q->request.rule == TC_QUANTILE_LOWER || t[0].key == t[1].key || weight <= 0.0) {
        return low; /* also keeps two equal infinities from making a NaN */
    }
    return low + weight * (high - low);
}

void tc_quantile_finish(const tc_quantile *quantile, double *out, int64_t *n_valid)
{
    const int n_p = quantile->request.n_p;
    for (int c = 0; c < quantile->request.n_columns; c++) {
        n_valid[c] = quantile->n_valid[c];
        for (int p = 0; p < n_p; p++) {
            out[(int64_t)c * n_p + p] =
                n_valid[c] > 0 ? between(quantile, c, p) : (double)NAN;
        }
    }
}
