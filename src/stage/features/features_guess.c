/* features_guess.c - quantiles of columns that pass by once: guessed from the first block of each rank, since customers come in
 * the order of a hash and so at random; settled among the few values near the guesses when all have passed. */
#include "features_impl.h"

#include "tiercel/catalogue.h"
#include "tiercel/fault.h"
#include "tiercel/quantile_all.h"

#include <math.h>
#include <string.h>

enum {
    INNER = TC_FEATURES_P - 2, /* the first and the last are the least and the most */
    POINTS = INNER * TC_BRACKET_POINTS,
    SIDES = 2, /* a quantile lies between two ranks that follow one another */
    SEARCHES = INNER * SIDES,
    UNKNOWN = -1
};

/* Values of a column of the block that are not missing, of all ranks. */
static int64_t valid_all(tc_comm *comm, const tc_quantile_column *column, int64_t n)
{
    int64_t valid = 0;
    for (int64_t i = 0; i < n; i++) {
        valid += column->is_double ? !isnan(((const double *)column->data)[i])
                                   : !isnan(((const float *)column->data)[i]);
    }
    tc_comm_sum_i64_all(comm, &valid, 1);
    return valid;
}

/* Collective. A plan for one column from its first block; without one it is read again in the end. */
static tc_status plan_all(tc_comm *comm, const tc_shards *sample,
                          const tc_quantile_column *column, tc_features_guess *guess,
                          tc_error *err)
{
    double p[POINTS], value[POINTS];
    int64_t n = valid_all(comm, column, sample->n_local);
    const tc_quantile_request request = {.columns = column,
                                         .n_columns = 1,
                                         .probabilities = p,
                                         .n_p = POINTS,
                                         .rule = TC_QUANTILE_LOWER};
    tc_status st;
    if (!tc_bracket_points(TC_FEATURES_SUMMARY_P + 1, INNER, n, p)) {
        return TC_OK;
    }
    st = tc_quantile_all(comm, sample, &request, value, &n, err);
    if (st == TC_OK) {
        guess->is_planned = tc_bracket_plan(value, INNER, &guess->plan);
    }
    return st;
}

/* Collective. One shard a rank: its block. */
static tc_status sample_all(tc_comm *comm, int64_t n, tc_shards *sample, tc_error *err)
{
    const int rank = tc_comm_rank(comm), size = tc_comm_size(comm);
    int64_t *first = tc_mem_alloc(size + 1, sizeof *first, err);
    tc_status st = first == NULL ? TC_ENOMEM : TC_FAULT("features.guess", err);
    st = tc_comm_agree_all(comm, st, err);
    *sample = (tc_shards){.n_shards = size,
                          .shard0 = rank,
                          .shard1 = rank + 1,
                          .n_local = n,
                          .first_row = first};
    if (st == TC_OK) {
        TC_ASSERT(first != NULL); /* as agreed */
        first[rank + 1] = n;
        tc_comm_sum_i64_all(comm, first, size + 1);
        for (int r = 0; r < size; r++) {
            first[r + 1] += first[r];
        }
        sample->row0 = first[rank];
        sample->n_global = first[size];
    }
    return st;
}

tc_status tc_features_guess_all(tc_comm *comm, tc_features_tally *tally,
                                const tc_features_block *block, int date, tc_error *err)
{
    int n;
    const tc_feature_def *def = tc_catalogue(&n);
    tc_shards sample;
    tc_status st = sample_all(comm, block->n, &sample, err);
    for (int f = 0; f < n && st == TC_OK; f++) {
        const tc_quantile_column column = {block->at[date].column[f], def[f].is_double};
        st = plan_all(comm, &sample, &column, &tally->guess[f], err);
    }
    tc_shards_free(&sample);
    return st;
}

/* A rank that is looked for among the keys of a class. */
typedef struct {
    int class;
    int64_t rank;  /* among the keys of all ranks that may be it */
    uint64_t *key; /* those of this rank, n */
    int64_t n;
    uint64_t low, high; /* it is one of these, or between */
    uint64_t above;     /* the least key of this rank above them; all bits set: none */
} search;

/* One column when all rows have passed. */
typedef struct {
    const tc_bracket *plan;
    int64_t count[TC_BRACKET_CLASSES], n_valid; /* of all ranks */
    double least, most;
    int64_t first[TC_BRACKET_CLASSES + 1]; /* keys of this rank */
    uint64_t *key;
    search search[SEARCHES];
    int n_searches;
    /* of the two ranks of each quantile: number of the search, or UNKNOWN where the value is known; 1: the key after it */
    int number[INNER][SIDES], is_after[INNER][SIDES];
    double value[INNER][SIDES];
} column;

/* A number of the same order that can be compared over ranks. */
static int64_t as_signed(uint64_t key)
{
    return (int64_t)(key ^ (uint64_t)1 << 63);
}

static uint64_t from_signed(int64_t number)
{
    return (uint64_t)number ^ (uint64_t)1 << 63;
}

/* Collective. Counts of all ranks; 0 if some rank gave the guess up or did not see all of its rows. */
static int count_all(tc_comm *comm, const tc_features_guess *g, int64_t n_global, column *c)
{
    enum { GIVEN_UP = TC_BRACKET_CLASSES, ROWS, WORDS };
    const int has_values = g->pass.n > g->pass.missing;
    int64_t words[WORDS];
    int64_t ends[2] = {INT64_MIN, INT64_MIN};
    c->plan = &g->plan;
    tc_bracket_counts(&g->plan, &g->pass, words);
    words[GIVEN_UP] = !g->is_planned;
    words[ROWS] = g->pass.n;
    tc_comm_sum_i64_all(comm, words, WORDS);
    if (has_values) {
        ends[0] = as_signed(tc_bracket_key(g->pass.most));
        ends[1] = -1 - as_signed(tc_bracket_key(g->pass.least));
    }
    tc_comm_max_i64_all(comm, ends, 2);
    c->most = tc_bracket_value(from_signed(ends[0]));
    c->least = tc_bracket_value(from_signed(-1 - ends[1]));
    for (int i = 0; i < TC_BRACKET_CLASSES; i++) {
        c->count[i] = words[i];
        c->n_valid += words[i];
    }
    return words[GIVEN_UP] == 0 && words[ROWS] == n_global && c->n_valid > 0;
}

/* The search for a rank in a class; a second one in the same class can only be for the next rank. */
static int add_search(column *c, int i, int side, int class, int64_t rank)
{
    search *s = &c->search[c->n_searches];
    for (int k = 0; k < c->n_searches; k++) {
        if (c->search[k].class == class) {
            c->number[i][side] = k;
            c->is_after[i][side] = rank == c->search[k].rank + 1;
            return rank == c->search[k].rank || rank == c->search[k].rank + 1;
        }
    }
    *s = (search){.class = class,
                  .rank = rank,
                  .key = c->key + c->first[class],
                  .n = c->first[class + 1] - c->first[class],
                  .low = tc_bracket_key(c->plan->boundary[class]),
                  .high = tc_bracket_key(c->plan->boundary[class + 1]) - 1,
                  .above = UINT64_MAX};
    c->number[i][side] = c->n_searches++;
    return 1;
}

/* Where a rank lies; 0 if only the whole column can tell. */
static int locate(column *c, int i, int side, int64_t rank)
{
    int64_t in_class;
    const int class = tc_bracket_class(c->plan, c->count, rank, &in_class);
    c->number[i][side] = UNKNOWN;
    switch ((tc_class_kind)c->plan->kind[class]) {
    case TC_CLASS_EQUAL:
        c->value[i][side] = c->plan->boundary[class];
        return 1;
    case TC_CLASS_KEPT:
        return add_search(c, i, side, class, in_class);
    case TC_CLASS_COUNTED:
        break;
    }
    c->value[i][side] = rank == 0 ? c->least : c->most;
    return rank == 0 || rank == c->n_valid - 1;
}

static int locate_quantiles(column *c)
{
    int all = 1;
    for (int i = 0; i < INNER && all; i++) {
        const double h = (double)(c->n_valid - 1) * TC_FEATURES_SUMMARY_P[i + 1];
        const int64_t low = (int64_t)floor(h), last = c->n_valid - 1;
        all = locate(c, i, 0, low < last ? low : last) &&
              locate(c, i, 1, low + 1 < last ? low + 1 : last);
    }
    return all;
}

/* Halves what may be it, n_low keys of this rank and all_low of all lying in the lower half. */
static void halve(search *s, uint64_t pivot, int64_t n_low, int64_t all_low)
{
    if (s->rank < all_low) {
        for (int64_t i = n_low; i < s->n; i++) {
            const uint64_t least = i == n_low ? UINT64_MAX : s->above;
            s->above = s->key[i] < least ? s->key[i] : least;
        }
        s->n = n_low;
        s->high = pivot;
    } else {
        s->rank -= all_low;
        s->key += n_low;
        s->n -= n_low;
        s->low = pivot + 1;
    }
}

/* Collective. All searches side by side; a range of 2^64 keys is down to one after 64 steps at most. */
static void search_all(tc_comm *comm, column *c)
{
    int is_open = 1;
    while (is_open) {
        int64_t here[SEARCHES] = {0}, all[SEARCHES];
        is_open = 0;
        for (int k = 0; k < c->n_searches; k++) {
            const search *s = &c->search[k];
            is_open |= s->low < s->high;
            here[k] = tc_bracket_split(s->key, s->n, s->low + (s->high - s->low) / 2);
        }
        memcpy(all, here, sizeof all);
        if (is_open) {
            tc_comm_sum_i64_all(comm, all, c->n_searches);
        }
        for (int k = 0; k < c->n_searches && is_open; k++) {
            search *s = &c->search[k];
            if (s->low < s->high) {
                halve(s, s->low + (s->high - s->low) / 2, here[k], all[k]);
            }
        }
    }
}

/* Collective. The key found by each search, and the one after it. */
static void read_all(tc_comm *comm, column *c)
{
    int64_t equal[SEARCHES], above[SEARCHES];
    for (int k = 0; k < c->n_searches; k++) {
        equal[k] = c->search[k].n;
        above[k] = -1 - as_signed(c->search[k].above);
    }
    tc_comm_sum_i64_all(comm, equal, c->n_searches);
    tc_comm_max_i64_all(comm, above, c->n_searches);
    for (int i = 0; i < INNER; i++) {
        for (int side = 0; side < SIDES; side++) {
            const int k = c->number[i][side];
            if (k != UNKNOWN) {
                const search *s = &c->search[k];
                const int next = c->is_after[i][side] && s->rank + 1 >= equal[k];
                c->value[i][side] =
                    tc_bracket_value(next ? from_signed(-1 - above[k]) : s->low);
            }
        }
    }
}

/* Between the two ranks, as TC_QUANTILE_TYPE7. */
static void write_quantiles(const column *c, double *quantile)
{
    quantile[0] = c->least;
    quantile[TC_FEATURES_P - 1] = c->most;
    for (int i = 0; i < INNER; i++) {
        const double h = (double)(c->n_valid - 1) * TC_FEATURES_SUMMARY_P[i + 1];
        const double weight = h - floor(h), low = c->value[i][0], high = c->value[i][1];
        quantile[i + 1] = low == high || weight <= 0.0 ? low : low + weight * (high - low);
    }
}

tc_status tc_features_settle_all(tc_comm *comm, tc_features_tally *tally, int feature,
                                 tc_features_summary *summary, int *found, tc_error *err)
{
    tc_features_guess *g = &tally->guess[feature];
    column *c = tc_mem_alloc(1, sizeof *c, err);
    const tc_status st = tc_comm_agree_all(comm, c == NULL ? TC_ENOMEM : TC_OK, err);
    *found = 0;
    if (st == TC_OK) {
        TC_ASSERT(c != NULL);
        *found = count_all(comm, g, tally->shards->n_global, c);
    }
    if (*found) {
        tc_bracket_sort(&g->plan, &g->pass, c->first);
        c->key = (uint64_t *)(void *)g->pass.kept.data;
        *found = locate_quantiles(c); /* of merged counts: equal on all ranks */
    }
    if (*found) {
        search_all(comm, c);
        read_all(comm, c);
        write_quantiles(c, summary->quantile + (int64_t)feature * TC_FEATURES_P);
        summary->n_valid[feature] = c->n_valid;
    }
    tc_buffer_free(&g->pass.kept);
    tc_mem_free(c);
    return st;
}
