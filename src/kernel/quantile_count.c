/* quantile_count.c - passes over the rows: counting digits, and collecting the few keys that are left. */
#include "quantile_impl.h"

#include <math.h>
#include <stdlib.h>

enum { LANES = 2 }; /* counters of their own for neighbours, which often have one digit */

static void fill_wide(const double *v, int n, uint64_t zero, const uint8_t *use,
                      tc_quantile_chunk *piece)
{
    int kept = 0, zeros = 0;
    for (int i = 0; i < n; i++) {
        const uint64_t key = tc_key_of_double(v[i]);
        const int known = !isnan(v[i]) & (use == NULL || use[i] != 0);
        piece->key[kept] = key;
        zeros += known & (key == zero);
        kept += known & (key != zero);
    }
    piece->n = kept;
    piece->n_zero = zeros;
}

static void fill_narrow(const float *v, int n, uint64_t zero, const uint8_t *use,
                        tc_quantile_chunk *piece)
{
    int kept = 0, zeros = 0;
    for (int i = 0; i < n; i++) {
        const uint64_t key = tc_key_of_float(v[i]);
        const int known = !isnan(v[i]) & (use == NULL || use[i] != 0);
        piece->key[kept] = key;
        zeros += known & (key == zero);
        kept += known & (key != zero);
    }
    piece->n = kept;
    piece->n_zero = zeros;
}

/* Follows the keys through one round that is done; drops those that no wanted rank shares. */
static void follow(const tc_quantile *q, int bits, int round, tc_quantile_chunk *piece)
{
    const int shift = tc_digit_shift(bits, round);
    const uint64_t mask = tc_digit_mask(bits, round);
    int kept = 0;
    for (int i = 0; i < piece->n; i++) {
        const uint64_t key = piece->key[i];
        const int32_t next = q->nodes[piece->at[i]].child[(key >> shift) & mask];
        piece->key[kept] = key;
        piece->at[kept] = next;
        kept += next != TC_NO_NODE;
    }
    piece->n = kept;
}

/* The same for the first round, where all keys are at the root of the column. */
static void follow_root(const tc_quantile *q, int column, int bits,
                        tc_quantile_chunk *piece)
{
    const int32_t *child = q->nodes[column].child;
    const int shift = tc_digit_shift(bits, 0);
    int kept = 0;
    for (int i = 0; i < piece->n; i++) {
        const uint64_t key = piece->key[i];
        const int32_t next = child[key >> shift];
        piece->key[kept] = key;
        piece->at[kept] = next;
        kept += next != TC_NO_NODE;
    }
    piece->n = kept;
}

void tc_quantile_fill(const tc_quantile *q, int column, int64_t row, int n,
                      tc_quantile_chunk *piece)
{
    const tc_quantile_column *c = &q->request.columns[column];
    const uint8_t *use = q->request.use != NULL ? q->request.use + row : NULL;
    const int bits = tc_key_bits(q, column);
    const uint64_t zero = TC_ZERO_KEY[c->is_double != 0];
    if (c->is_double) {
        fill_wide((const double *)c->data + row, n, zero, use, piece);
    } else {
        fill_narrow((const float *)c->data + row, n, zero, use, piece);
    }
    if (q->depth[column] > 0) {
        follow_root(q, column, bits, piece);
    }
    for (int r = 1; r < q->depth[column]; r++) {
        follow(q, bits, r, piece);
    }
}

/* Digits of keys below several nodes. */
static void count_chunk(const tc_quantile *q, int bits, const tc_quantile_chunk *piece,
                        int64_t *counts)
{
    const int shift = tc_digit_shift(bits, q->round);
    const uint64_t mask = tc_digit_mask(bits, q->round);
    for (int i = 0; i < piece->n; i++) {
        const int64_t table = (piece->at[i] - q->first_active) * TC_DIGITS;
        counts[table + (int64_t)((piece->key[i] >> shift) & mask)]++;
    }
}

static void count_column(const tc_quantile *q, int column, int64_t row, int64_t n_rows,
                         int64_t *counts)
{
    const int bits = tc_key_bits(q, column);
    tc_quantile_chunk piece;
    for (int64_t done = 0; done < n_rows; done += TC_QUANTILE_CHUNK) {
        const int64_t left = n_rows - done;
        const int n = left < TC_QUANTILE_CHUNK ? (int)left : TC_QUANTILE_CHUNK;
        tc_quantile_fill(q, column, row + done, n, &piece);
        count_chunk(q, bits, &piece, counts);
    }
}

/* The first round: all keys of the column in one table. */
static void count_first(const tc_quantile *q, int column, int64_t row, int64_t n_rows,
                        int64_t *counts)
{
    const int shift = tc_digit_shift(tc_key_bits(q, column), 0);
    uint32_t lane[LANES][TC_DIGITS] = {{0}}; /* a call has fewer than 2^32 rows */
    int64_t zeros = 0;
    tc_quantile_chunk piece;
    for (int64_t done = 0; done < n_rows; done += TC_QUANTILE_CHUNK) {
        const int64_t left = n_rows - done;
        const int n = left < TC_QUANTILE_CHUNK ? (int)left : TC_QUANTILE_CHUNK;
        tc_quantile_fill(q, column, row + done, n, &piece);
        for (int i = 0; i < piece.n; i++) {
            lane[i % LANES][piece.key[i] >> shift]++;
        }
        zeros += piece.n_zero;
    }
    for (int d = 0; d < TC_DIGITS; d++) {
        counts[(int64_t)column * TC_DIGITS + d] +=
            (int64_t)lane[0][d] + (int64_t)lane[1][d];
    }
    counts[(int64_t)q->request.n_columns * TC_DIGITS + column] += zeros;
}

void tc_quantile_partial(const tc_quantile *quantile, int64_t row, int64_t n_rows,
                         int64_t *counts)
{
    for (int c = 0; c < quantile->request.n_columns; c++) {
        if (quantile->round == 0) {
            count_first(quantile, c, row, n_rows, counts);
        } else if (quantile->state[c] == TC_COUNTING) {
            count_column(quantile, c, row, n_rows, counts);
        }
    }
}

static tc_status collect_column(const tc_quantile *q, int column, int64_t row,
                                int64_t n_rows, tc_buffer *keys, tc_error *err)
{
    tc_quantile_chunk piece;
    for (int64_t done = 0; done < n_rows; done += TC_QUANTILE_CHUNK) {
        const int64_t left = n_rows - done;
        const int n = left < TC_QUANTILE_CHUNK ? (int)left : TC_QUANTILE_CHUNK;
        tc_quantile_fill(q, column, row + done, n, &piece);
        for (int i = 0; i < piece.n; i++) {
            const tc_quantile_key found = {piece.at[i], piece.key[i]};
            TC_TRY(tc_buffer_append(keys, &found, (int64_t)sizeof found, err));
        }
    }
    return TC_OK;
}

tc_status tc_quantile_collect(const tc_quantile *quantile, int64_t row, int64_t n_rows,
                              tc_buffer *keys, tc_error *err)
{
    for (int c = 0; c < quantile->request.n_columns; c++) {
        if (quantile->state[c] == TC_GATHERING) {
            TC_TRY(collect_column(quantile, c, row, n_rows, keys, err));
        }
    }
    return TC_OK;
}

static int by_node(const void *a, const void *b)
{
    const tc_quantile_key *x = a, *y = b;
    if (x->node != y->node) {
        return x->node < y->node ? -1 : 1;
    }
    return (x->key > y->key) - (x->key < y->key);
}

/* First key of a node among sorted ones. */
static int64_t first_of(const tc_quantile_key *key, int64_t n, int64_t node)
{
    int64_t low = 0, high = n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (key[middle].node < node) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

tc_status tc_quantile_settle(tc_quantile *quantile, tc_quantile_key *key, int64_t n,
                             tc_error *err)
{
    const int64_t per_column = 2 * (int64_t)quantile->request.n_p;
    if (n > 0) {
        qsort(key, (size_t)n, sizeof *key, by_node);
    }
    for (int c = 0; c < quantile->request.n_columns; c++) {
        tc_quantile_target *t = quantile->targets + c * per_column;
        for (int64_t i = 0; i < per_column && quantile->state[c] == TC_GATHERING; i++) {
            int64_t at;
            if (t[i].node == TC_SETTLED) {
                continue;
            }
            at = first_of(key, n, t[i].node) + t[i].rank;
            if (at >= n || key[at].node != t[i].node) {
                return tc_fail(err, TC_EINTERNAL, "quantile: keys were not collected");
            }
            t[i].key = key[at].key;
            t[i].node = TC_SETTLED;
        }
        quantile->state[c] = TC_FOUND;
    }
    return TC_OK;
}
