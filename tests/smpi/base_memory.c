#include "base.h"

#include "tiercel/rng.h"

#include <math.h>

enum { PURPOSE_ROW = 0x726F77, GROUPS = 6 };

static char FEATURE[BASE_COLUMNS][16] = {/* the configuration owns its texts */
                                         "recency_days",  "order_count", "gross_amount",
                                         "average_order", "tenure_days", "orders_90d"};

/* Groups of customers: share of the base, and the middle of each feature in it. The last one is so small that a
 * sample is too coarse for it. */
static const struct {
    double share, middle[BASE_COLUMNS];
} GROUP[GROUPS] = {
    {0.400, {40, 3, 120, 40, 300, 1}},    {0.250, {200, 2, 60, 30, 420, 0}},
    {0.200, {15, 12, 900, 75, 700, 4}},   {0.100, {90, 6, 300, 50, 900, 2}},
    {0.045, {5, 40, 4000, 100, 1100, 9}}, {0.005, {2, 90, 60000, 650, 1400, 25}}};

/* About normal, variance 1/3; sums alone, so that no library function decides a bit. */
static double noise(tc_rng *rng)
{
    double sum = -2;
    for (int i = 0; i < 4; i++) {
        sum += tc_rng_uniform(rng);
    }
    return sum;
}

static void fill_row(base *b, int64_t i)
{
    tc_rng rng = tc_rng_stream(1, PURPOSE_ROW, (uint64_t)(b->shards.row0 + i));
    double at = tc_rng_uniform(&rng), risk = 0;
    int g = 0;
    for (; g < GROUPS - 1 && at >= GROUP[g].share; g++) {
        at -= GROUP[g].share;
    }
    for (int c = 0; c < BASE_COLUMNS; c++) {
        const double part = 0.5 * noise(&rng);
        b->column[c][i] = GROUP[g].middle[c] * (1 + part);
        risk += c == 0 ? part : -0.2 * part;
    }
    b->column[0][i] = tc_rng_uniform(&rng) < 0.02 ? (double)NAN : b->column[0][i];
    b->label[i] =
        tc_rng_uniform(&rng) < 0.05 ? -1 : (int8_t)(risk + noise(&rng) > 0.3 - 0.1 * g);
}

/* Shards of unequal size, and one in 13 empty. */
static tc_status cut(const tc_comm *comm, int64_t customers, int64_t n_shards, base *out,
                     tc_error *err)
{
    int64_t *first = tc_mem_alloc(n_shards + 1, sizeof *first, err);
    int64_t weight = 0, before = 0;
    tc_status st = first == NULL ? TC_ENOMEM : TC_OK;
    for (int64_t s = 0; s < n_shards; s++) {
        weight += s % 13 == 5 ? 0 : 8 + s % 5;
    }
    for (int64_t s = 0; first != NULL && s <= n_shards; s++) {
        first[s] = customers * before / weight;
        before += s % 13 == 5 ? 0 : 8 + s % 5;
    }
    if (st == TC_OK) {
        st = tc_shards_create(n_shards, first, tc_comm_rank(comm), tc_comm_size(comm),
                              &out->shards, err);
    }
    tc_mem_free(first);
    return st;
}

static void configure(base *b, tc_feature_use *use)
{
    for (int c = 0; c < BASE_COLUMNS; c++) {
        use[c] = (tc_feature_use){.feature = FEATURE[c], .transform = TC_LOG1P};
    }
    b->config.seed = 7;
    b->config.memory_mib = 1024;
    b->config.segment = (tc_config_segment){.k = 3,
                                            .k_max = 4,
                                            .criterion = TC_BY_SILHOUETTE,
                                            .min_share = 0.001,
                                            .silhouette_rows = 64,
                                            .stability = 2,
                                            .gap_references = 2,
                                            .use = use,
                                            .n_use = BASE_COLUMNS,
                                            .scale = TC_SCALE_ZSCORE,
                                            .winsorise = 0.001,
                                            .restarts = 8,
                                            .sample = 1024,
                                            .max_iterations = 8,
                                            .tolerance = 1e-6};
    b->config.churn = (tc_config_churn){.use = use,
                                        .n_use = BASE_COLUMNS,
                                        .ridge = 1e-8,
                                        .max_iterations = 50,
                                        .tolerance = 1e-10,
                                        .min_class = 50};
}

tc_status base_create_all(tc_comm *comm, int64_t customers, int64_t n_shards, base *out,
                          tc_error *err)
{
    tc_feature_use *use = tc_mem_alloc(BASE_COLUMNS, sizeof *use, err);
    tc_status st = use == NULL ? TC_ENOMEM : TC_OK;
    *out = (base){.comm = comm};
    if (st == TC_OK) {
        configure(out, use);
        st = cut(comm, customers, n_shards, out, err);
    }
    for (int c = 0; c < BASE_COLUMNS && st == TC_OK; c++) {
        out->column[c] = tc_mem_alloc(out->shards.n_local, sizeof *out->column[c], err);
        st = out->column[c] == NULL ? TC_ENOMEM : TC_OK;
    }
    if (st == TC_OK) {
        out->label = tc_mem_alloc(out->shards.n_local, sizeof *out->label, err);
        st = out->label == NULL ? TC_ENOMEM : TC_OK;
    }
    for (int64_t i = 0; i < out->shards.n_local && st == TC_OK; i++) {
        fill_row(out, i);
    }
    return tc_comm_agree_all(comm, st, err);
}

void base_free(base *b)
{
    for (int c = 0; c < BASE_COLUMNS; c++) {
        tc_mem_free(b->column[c]);
    }
    tc_mem_free(b->label);
    tc_mem_free(b->config.segment.use);
    tc_shards_free(&b->shards);
}
