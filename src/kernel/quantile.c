#include "tiercel/quantile.h"

#include <math.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, NO_NODE = -1, CHUNK = 512 };

/* A prefix of the keys of one column that some wanted rank shares. Nodes are numbered in the order of
 * rounds; those of the coming round are the last ones. */
typedef struct {
    uint64_t prefix;
    int column;
    int32_t child
        [DIGITS]; /* of a node of an earlier round: node that the next digit leads to */
} node;

/* One wanted rank of one column. */
typedef struct {
    int64_t rank; /* among the keys below the prefix of its node */
    int64_t node; /* while the search goes on */
    uint64_t key; /* in the end */
} target;

struct tc_quantile {
    tc_quantile_request request;
    int round;
    node *nodes;
    int64_t n_nodes, capacity, first_active;
    target *targets;  /* [n_columns][n_p][2]: rank floor(h) and the one above */
    int64_t *n_valid; /* [n_columns], known after the first round */
};

static int key_bits(const tc_quantile *q, int column)
{
    return q->request.columns[column].is_double ? 64 : 32;
}

/* Digit of a round: 11 bits from the top, fewer at the end. */
static int digit_shift(int bits, int round)
{
    const int shift = bits - DIGIT_BITS * (round + 1);
    return shift > 0 ? shift : 0;
}

static uint64_t digit_mask(int bits, int round)
{
    const int left = bits - DIGIT_BITS * round;
    return ((uint64_t)1 << (left < DIGIT_BITS ? left : DIGIT_BITS)) - 1;
}

static int rounds_of(int bits)
{
    return (bits + DIGIT_BITS - 1) / DIGIT_BITS;
}

/* Unsigned keys in the order of the numbers: negative ones reversed, positive ones above them. */
static inline uint64_t key_of_double(double v)
{
    const double number = v + 0.0; /* -0 becomes +0 */
    uint64_t u;
    memcpy(&u, &number, sizeof u);
    return (u >> 63) != 0 ? ~u : u | ((uint64_t)1 << 63);
}

static inline uint64_t key_of_float(float v)
{
    const float number = v + 0.0F;
    uint32_t u;
    memcpy(&u, &number, sizeof u);
    return (u >> 31) != 0 ? ~u : u | ((uint32_t)1 << 31);
}

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
        node *nodes = tc_mem_resize(q->nodes, capacity, sizeof *nodes, err);
        if (nodes == NULL) {
            return TC_ENOMEM;
        }
        q->nodes = nodes;
        q->capacity = capacity;
    }
    q->nodes[q->n_nodes].column = column;
    q->nodes[q->n_nodes].prefix = prefix;
    for (int i = 0; i < DIGITS; i++) {
        q->nodes[q->n_nodes].child[i] = NO_NODE;
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
    q->targets = tc_mem_alloc(n_columns * q->request.n_p, 2 * sizeof *q->targets, err);
    if (q->n_valid == NULL || q->targets == NULL) {
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
    tc_mem_free(q);
    *quantile = NULL;
}

int64_t tc_quantile_n_counts(const tc_quantile *quantile)
{
    return (quantile->n_nodes - quantile->first_active) * DIGITS;
}

/* Keys of a piece of a column, without the missing and the unused; short enough for the first cache. */
typedef struct {
    uint64_t key[CHUNK];
    int32_t at[CHUNK]; /* node that the key has come to */
    int n;
} chunk;

static void fill_chunk(const tc_quantile *q, int column, int64_t row, int n, chunk *piece)
{
    const tc_quantile_column *c = &q->request.columns[column];
    const uint8_t *use = q->request.use;
    int kept = 0;
    for (int i = 0; i < n; i++) {
        int known;
        if (c->is_double) {
            const double v = ((const double *)c->data)[row + i];
            piece->key[kept] = key_of_double(v);
            known = !isnan(v);
        } else {
            const float v = ((const float *)c->data)[row + i];
            piece->key[kept] = key_of_float(v);
            known = !isnan(v);
        }
        kept += known && (use == NULL || use[row + i] != 0);
    }
    for (int i = 0; i < kept; i++) {
        piece->at[i] = column; /* the root of a column has its number */
    }
    piece->n = kept;
}

/* Follows the keys through one round that is done; drops those that no wanted rank shares. */
static void follow(const tc_quantile *q, int bits, int round, chunk *piece)
{
    const int shift = digit_shift(bits, round);
    const uint64_t mask = digit_mask(bits, round);
    int kept = 0;
    for (int i = 0; i < piece->n; i++) {
        const uint64_t key = piece->key[i];
        const int32_t next = q->nodes[piece->at[i]].child[(key >> shift) & mask];
        piece->key[kept] = key;
        piece->at[kept] = next;
        kept += next != NO_NODE;
    }
    piece->n = kept;
}

static void count_chunk(const tc_quantile *q, int bits, const chunk *piece, int64_t *counts)
{
    const int shift = digit_shift(bits, q->round);
    const uint64_t mask = digit_mask(bits, q->round);
    for (int i = 0; i < piece->n; i++) {
        const int64_t table = (piece->at[i] - q->first_active) * DIGITS;
        counts[table + (int64_t)((piece->key[i] >> shift) & mask)]++;
    }
}

static void count_column(const tc_quantile *q, int column, int64_t row, int64_t n_rows,
                         int64_t *counts)
{
    const int bits = key_bits(q, column);
    chunk piece = {.n = 0};
    for (int64_t done = 0; done < n_rows; done += CHUNK) {
        const int n = n_rows - done < CHUNK ? (int)(n_rows - done) : CHUNK;
        fill_chunk(q, column, row + done, n, &piece);
        for (int r = 0; r < q->round; r++) {
            follow(q, bits, r, &piece);
        }
        count_chunk(q, bits, &piece, counts);
    }
}

void tc_quantile_partial(const tc_quantile *quantile, int64_t row, int64_t n_rows,
                         int64_t *counts)
{
    for (int c = 0; c < quantile->request.n_columns; c++) {
        if (quantile->round < rounds_of(key_bits(quantile, c))) {
            count_column(quantile, c, row, n_rows, counts);
        }
    }
}

/* After the first round: how many values there are, so which ranks are wanted. */
static void set_ranks(tc_quantile *q, const int64_t *counts)
{
    const int n_p = q->request.n_p;
    for (int c = 0; c < q->request.n_columns; c++) {
        int64_t n = 0;
        for (int64_t i = 0; i < DIGITS; i++) {
            n += counts[(int64_t)c * DIGITS + i];
        }
        q->n_valid[c] = n;
        for (int p = 0; p < n_p && n > 0; p++) {
            target *t = &q->targets[((int64_t)c * n_p + p) * 2];
            const int64_t low =
                (int64_t)floor((double)(n - 1) * q->request.probabilities[p]);
            t[0] = (target){.rank = low < n ? low : n - 1, .node = c};
            t[1] = (target){.rank = low + 1 < n ? low + 1 : n - 1, .node = c};
        }
    }
}

/* One digit more of a wanted rank; a node for it unless the search of this column is over. */
static tc_status refine_target(tc_quantile *q, target *t, const int64_t *counts,
                               tc_error *err)
{
    const int64_t from = t->node;
    const int64_t *count = counts + (from - q->first_active) * DIGITS;
    const int column = q->nodes[from].column;
    const int bits = key_bits(q, column);
    int32_t digit = 0;
    while (t->rank >= count[digit]) {
        t->rank -= count[digit];
        digit++;
    }
    t->key = q->nodes[from].prefix | (uint64_t)digit << digit_shift(bits, q->round);
    if (q->round + 1 == rounds_of(bits)) {
        t->node = NO_NODE;
        return TC_OK;
    }
    if (q->nodes[from].child[digit] == NO_NODE) {
        TC_TRY(add_node(q, column, t->key, err));
        q->nodes[from].child[digit] = (int32_t)(q->n_nodes - 1);
    }
    t->node = q->nodes[from].child[digit];
    return TC_OK;
}

tc_status tc_quantile_refine(tc_quantile *quantile, const int64_t *counts, tc_error *err)
{
    const int64_t n_active_end = quantile->n_nodes;
    const int64_t per_column = 2 * (int64_t)quantile->request.n_p;
    if (quantile->round == 0) {
        set_ranks(quantile, counts);
    }
    for (int c = 0; c < quantile->request.n_columns; c++) {
        target *t = quantile->targets + c * per_column;
        const int over = quantile->round >= rounds_of(key_bits(quantile, c));
        for (int64_t i = 0; i < per_column && quantile->n_valid[c] > 0 && !over; i++) {
            TC_TRY(refine_target(quantile, &t[i], counts, err));
        }
    }
    quantile->first_active = n_active_end;
    quantile->round++;
    return TC_OK;
}

static double between(const tc_quantile *q, int column, int p)
{
    const target *t = &q->targets[((int64_t)column * q->request.n_p + p) * 2];
    const double h = (double)(q->n_valid[column] - 1) * q->request.probabilities[p];
    const double weight = h - floor(h);
    const double low = value_of_key(t[0].key, key_bits(q, column));
    const double high = value_of_key(t[1].key, key_bits(q, column));
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
