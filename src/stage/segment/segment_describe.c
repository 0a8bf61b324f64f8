/* segment_describe.c - what the customers of each cluster have: sizes, differences from all customers, medians; and the
 * words for it. */
#include "segment_impl.h"

#include "tiercel/fault.h"
#include "tiercel/group_median.h"
#include "tiercel/wide.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WORDS = 3, WORD_BITS = 40, MEDIAN_MEMORY = 64 << 20 };

/* Sums of squares on the grid, in words that add up over ranks: word i counts 2^(40 i). */
static tc_status visit_squares(void *context, const tc_kmeans_rows *piece, int64_t row0,
                               int64_t *sums, tc_error *err)
{
    (void)context;
    (void)row0;
    (void)err;
    for (int j = 0; j < piece->d; j++) {
        tc_u128 sum = 0;
        for (int64_t i = 0; i < piece->n; i++) {
            const int64_t q = (int64_t)tc_kmeans_value(piece, i, j);
            const uint64_t weight = piece->weight != NULL ? piece->weight[i] : 1;
            sum += (tc_u128)(uint64_t)(q * q) * weight;
        }
        for (int w = 0; w < WORDS; w++) {
            sums[j * WORDS + w] +=
                (int64_t)(uint64_t)(sum & (((uint64_t)1 << WORD_BITS) - 1));
            sum >>= WORD_BITS;
        }
    }
    return TC_OK;
}

/* Difference of each cluster from all, in deviations of all: from the exact sums of the fit. */
static void fill_differences(tc_segment *s, const int64_t *squares)
{
    tc_segment_identity *now = s->identity;
    const int64_t stride = s->n_dim + 1;
    const int64_t *sum = s->model->sum;
    for (int j = 0; j < s->n_dim; j++) {
        tc_i128 square = 0, spread;
        int64_t all = 0, n = 0;
        double mean, deviation;
        for (int a = 0; a < s->model->k; a++) {
            all += sum[a * stride + j];
            n += sum[a * stride + s->n_dim];
        }
        for (int w = WORDS - 1; w >= 0; w--) {
            square = (square << WORD_BITS) + squares[j * WORDS + w];
        }
        spread = square * n - (tc_i128)all * all; /* n^2 times the variance, below 2^127 */
        mean = (double)all / (double)n;
        deviation = sqrt((double)spread) / (double)n;
        for (int p = 0; p < now->n_named && deviation > 0; p++) {
            const int64_t *own = &sum[s->order[p] * stride];
            if (own[s->n_dim] == 0) {
                continue;
            }
            now->difference[(int64_t)p * s->n_use + s->dimension[j]] =
                ((double)own[j] / (double)own[s->n_dim] - mean) / deviation;
        }
    }
}

/* Collective. */
static tc_status differences_all(tc_segment *s, tc_error *err)
{
    const int64_t words = (int64_t)s->n_dim * WORDS;
    int64_t *squares = tc_mem_alloc(words + 1, sizeof *squares, err);
    tc_status st = tc_comm_agree_all(s->comm, squares == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        st =
            tc_matrix_sum_all(s->comm, s->matrix, visit_squares, NULL, squares, words, err);
    }
    if (st == TC_OK) {
        fill_differences(s, squares);
    }
    tc_mem_free(squares);
    return st;
}

/* Medians of some features at once. */
typedef struct {
    int first, n; /* features */
    tc_group_median *median[TC_KMEANS_MAX_D];
} batch;

/* Local. One round over the rows of this rank: the clusters of the model, and all as one more group. */
static tc_status count_round(tc_segment *s, batch *b, tc_error *err)
{
    const uint8_t *label = s->label;
    for (int64_t shard = s->customers.shard0; shard < s->customers.shard1; shard++) {
        TC_TRY(tc_segment_rows_load(&s->rows, shard, err));
        for (int i = 0; i < b->n; i++) {
            const double *value = s->rows.column[b->first + i];
            if (tc_group_median_open(b->median[i])) {
                tc_group_median_add(b->median[i], s->rows.n, value, label, 0);
                tc_group_median_add(b->median[i], s->rows.n, value, NULL, s->model->k);
            }
        }
        label += s->rows.n;
    }
    return TC_OK;
}

/* Collective. Merges a round of all ranks; 1 if another one is needed. */
static int merge_round_all(tc_segment *s, batch *b)
{
    int open = 0;
    for (int i = 0; i < b->n; i++) {
        if (tc_group_median_open(b->median[i])) {
            int64_t n, *words = tc_group_median_counts(b->median[i], &n);
            tc_comm_sum_i64_all(s->comm, words, n);
            words = tc_group_median_ends(b->median[i], &n);
            tc_comm_max_i64_all(s->comm, words, n);
            tc_group_median_refine(b->median[i]);
            open |= tc_group_median_open(b->median[i]);
        }
    }
    return open;
}

static tc_status create_batch(const tc_segment *s, batch *b, tc_error *err)
{
    for (int i = 0; i < b->n; i++) {
        TC_TRY(tc_group_median_create(s->model->k + 1, &b->median[i], err));
    }
    return TC_OK;
}

static void finish_batch(tc_segment *s, const batch *b)
{
    tc_segment_identity *now = s->identity;
    double median[TC_KMEANS_MAX_K + 1];
    for (int i = 0; i < b->n; i++) {
        const int f = b->first + i;
        tc_group_median_finish(b->median[i], median, NULL);
        for (int p = 0; p < now->n_named; p++) {
            now->typical[(int64_t)p * s->n_use + f] = median[s->order[p]];
        }
        now->typical_base[f] = median[s->model->k];
    }
}

/* Collective. As many features at once as take little memory. */
static tc_status medians_all(tc_segment *s, tc_error *err)
{
    const int64_t most = MEDIAN_MEMORY / ((int64_t)(s->model->k + 1) << 14);
    batch b = {0};
    tc_status st = TC_OK;
    for (; st == TC_OK && b.first < s->n_use; b.first += b.n) {
        const int left = s->n_use - b.first;
        b.n = most < 1 ? 1 : most < left ? (int)most : left;
        st = tc_comm_agree_all(s->comm, create_batch(s, &b, err), err);
        for (int open = 1; st == TC_OK && open;) {
            st = tc_comm_agree_all(s->comm, count_round(s, &b, err), err);
            open = st == TC_OK ? merge_round_all(s, &b) : 0;
        }
        if (st == TC_OK) {
            finish_batch(s, &b);
        }
        for (int i = 0; i < b.n; i++) {
            tc_group_median_destroy(&b.median[i]);
        }
    }
    return st;
}

/* Mean of a feature in the cluster at a place, -1 = of all, taken back to its unit. Of a level, which is 1 or 0 before any
 * transform, it is the share of the customers that count. */
static double centre_of(const tc_segment *s, int p, int f)
{
    const tc_scale *const scale = &s->scale[f];
    int64_t sum = 0, n = 0;
    double mean;
    int j = 0;
    while (j < s->n_dim && s->dimension[j] != f) {
        j++;
    }
    for (int a = 0; a < s->model->k && j < s->n_dim; a++) {
        const int64_t *own = &s->model->sum[(int64_t)a * (s->n_dim + 1)];
        if (p < 0 || s->order[p] == a) {
            sum += own[j];
            n += own[s->n_dim];
        }
    }
    mean = n > 0 ? (double)sum / (double)n * s->unit : 0;
    return tc_portrait_is_level(s->use[f].feature)
               ? (mean * scale->scale + scale->mean) / tc_scale_transform(scale->is_log, 1)
               : tc_scale_invert(scale, mean);
}

/* What is typical of a level, which is 1 or 0, is the share of its customers. */
static void fill_levels(tc_segment *s)
{
    tc_segment_identity *now = s->identity;
    for (int f = 0; f < s->n_use; f++) {
        if (tc_portrait_is_level(s->use[f].feature)) {
            for (int p = 0; p < now->n_named; p++) {
                now->typical[(int64_t)p * s->n_use + f] = centre_of(s, p, f);
            }
            now->typical_base[f] = centre_of(s, -1, f);
        }
    }
}

static void count_customers(tc_segment *s)
{
    tc_segment_identity *now = s->identity;
    for (int p = 0; p < s->model->k; p++) {
        now->customers[p] = s->size[s->order[p]];
        if (now->customers[p] > 0) {
            now->n_named = p + 1; /* empty ones come last */
        }
    }
}

/* 1 if a name belongs to another cluster, now or in the runs before. */
static int is_taken(const tc_segment *s, const char *name, int place)
{
    const tc_segment_previous *before = s->previous;
    for (int p = 0; p < place; p++) {
        if (strcmp(s->identity->name[p], name) == 0) {
            return 1;
        }
    }
    for (int r = 0; before != NULL && r < before->n_named; r++) {
        if (strcmp(tc_segment_text(&before->name, r), name) == 0) {
            return 1;
        }
    }
    for (int64_t i = 0; before != NULL && i < before->retired_name.n; i++) {
        if (strcmp(tc_segment_text(&before->retired_name, i), name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A name that no other cluster has: two traits, more if need be, then the number. */
static void invent_name(tc_segment *s, int p, const tc_trait *trait)
{
    tc_segment_identity *now = s->identity;
    char name[TC_PORTRAIT_NAME], ending[16];
    for (int most = 2; most <= TC_PORTRAIT_TRAITS; most++) {
        tc_portrait_name(trait, s->n_use, most, name);
        if (!is_taken(s, name, p)) {
            memcpy(now->name[p], name, sizeof name);
            return;
        }
    }
    tc_portrait_name(trait, s->n_use, 2, name);
    (void)snprintf(ending, sizeof ending, " #%lld", (long long)now->number[p]);
    tc_portrait_number(name, ending, now->name[p]);
}

static void put_in_words(tc_segment *s)
{
    tc_segment_identity *now = s->identity;
    tc_trait trait[TC_KMEANS_MAX_D];
    for (int p = 0; p < now->n_named; p++) {
        for (int f = 0; f < s->n_use; f++) {
            const int64_t at = (int64_t)p * s->n_use + f;
            trait[f] = (tc_trait){.feature = s->use[f].feature,
                                  .difference = now->difference[at],
                                  .typical = now->typical[at],
                                  .typical_base = now->typical_base[f],
                                  .centre = centre_of(s, p, f),
                                  .centre_base = centre_of(s, -1, f)};
        }
        tc_portrait_text(trait, s->n_use, now->description[p]);
        if (s->previous != NULL && now->match[p] >= 0) {
            (void)snprintf(now->name[p], TC_PORTRAIT_NAME, "%s",
                           tc_segment_text(&s->previous->name, now->match[p]));
        } else {
            invent_name(s, p, trait);
        }
    }
}

static tc_status create(tc_segment *s, tc_error *err)
{
    const int64_t cells = (int64_t)s->model->k * s->n_use;
    s->identity = tc_mem_alloc(1, sizeof *s->identity, err);
    if (s->identity == NULL) {
        return TC_ENOMEM;
    }
    s->identity->difference = tc_mem_alloc(cells, sizeof(double), err);
    s->identity->typical = tc_mem_alloc(cells, sizeof(double), err);
    if (s->identity->difference == NULL || s->identity->typical == NULL) {
        return TC_ENOMEM;
    }
    return TC_FAULT("segment.describe", err);
}

void tc_segment_identity_destroy(tc_segment_identity **identity)
{
    if (*identity != NULL) {
        tc_mem_free((*identity)->difference);
        tc_mem_free((*identity)->typical);
        tc_mem_free((*identity)->flow);
        tc_mem_free(*identity);
        *identity = NULL;
    }
}

tc_status tc_segment_describe_all(tc_segment *s, tc_error *err)
{
    tc_status st = tc_comm_agree_all(s->comm, create(s, err), err);
    if (st != TC_OK) {
        return st;
    }
    count_customers(s);
    st = differences_all(s, err);
    if (st == TC_OK) {
        st = medians_all(s, err);
    }
    if (st == TC_OK) {
        fill_levels(s);
    }
    if (st == TC_OK) {
        st = tc_segment_match_all(s, err);
    }
    if (st == TC_OK) {
        put_in_words(s);
    }
    return st;
}
