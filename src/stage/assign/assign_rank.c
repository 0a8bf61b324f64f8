/* assign_rank.c - from values to scores by exact ranks over all customers. */
#include "assign_impl.h"

#include "tiercel/fault.h"
#include "tiercel/order.h"
#include "tiercel/stage_checkpoint.h"

#include <string.h>

/* Working memory of one component, by known customer. */
typedef struct {
    uint64_t *key;
    int64_t *below, *equal;
    double *blend;
    uint8_t *score5;
} rank_work;

static tc_status work_create(rank_work *w, int64_t n, tc_error *err)
{
    w->key = tc_mem_alloc(n, sizeof *w->key, err);
    w->below = tc_mem_alloc(n, sizeof *w->below, err);
    w->equal = tc_mem_alloc(n, sizeof *w->equal, err);
    w->blend = tc_mem_alloc(n, sizeof *w->blend, err);
    w->score5 = tc_mem_alloc(n, sizeof *w->score5, err);
    return w->key == NULL || w->below == NULL || w->equal == NULL || w->blend == NULL ||
                   w->score5 == NULL
               ? TC_ENOMEM
               : TC_OK;
}

static void work_free(rank_work *w)
{
    tc_mem_free(w->key);
    tc_mem_free(w->below);
    tc_mem_free(w->equal);
    tc_mem_free(w->blend);
    tc_mem_free(w->score5);
}

/* Keys ascend from worst to best. Recency is reversed; a customer who never bought is last
 * everywhere. */
static void fill_keys(const tc_scoring *s, int component, uint64_t *key)
{
    for (int64_t k = 0; k < s->n_known; k++) {
        const int64_t i = s->row[k];
        int64_t ordinal;
        if (component == TC_AXES) {
            ordinal = -(int64_t)s->churn[i];
        } else if (component == 0) {
            ordinal = tc_tiering_ordinal(-s->value[0][i]);
        } else {
            ordinal = tc_tiering_ordinal(s->value[component][i]);
        }
        key[k] = tc_order_key_i64(ordinal);
    }
}

/* Extremes of one axis as ordinals: [0..4] by score, [5..6] the two middle values. */
enum { N_EXTREMES = TC_SCORE_LEVELS + 2 };

static void local_extremes(const tc_scoring *s, int axis, const rank_work *w,
                           int64_t least[N_EXTREMES], int64_t greatest[N_EXTREMES])
{
    const int64_t middle[2] = {(s->n_all - 1) / 2, s->n_all / 2};
    for (int e = 0; e < N_EXTREMES; e++) {
        least[e] = INT64_MAX;
        greatest[e] = TC_ORDINAL_MISSING;
    }
    for (int64_t k = 0; k < s->n_known; k++) {
        const int64_t v = tc_tiering_ordinal(s->value[axis][s->row[k]]);
        const int e = w->score5[k] - 1;
        for (int m = 0; m < 2; m++) {
            if (w->below[k] <= middle[m] && middle[m] < w->below[k] + w->equal[k]) {
                greatest[TC_SCORE_LEVELS + m] = v;
            }
        }
        if (v != TC_ORDINAL_MISSING) {
            least[e] = v < least[e] ? v : least[e];
            greatest[e] = v > greatest[e] ? v : greatest[e];
        }
    }
}

/* Collective. The table of one axis: what a customer must have for each score. */
static void axis_table_all(tc_assign *a, tc_scoring *s, int axis, const rank_work *w)
{
    tc_axis *table = &s->axis[axis];
    int64_t least[N_EXTREMES], greatest[N_EXTREMES];
    local_extremes(s, axis, w, least, greatest);
    memset(table->size, 0, sizeof table->size);
    for (int64_t k = 0; k < s->n_known; k++) {
        table->size[w->score5[k] - 1]++;
    }
    tc_comm_min_i64_all(a->comm, least, N_EXTREMES);
    tc_comm_max_i64_all(a->comm, greatest, N_EXTREMES);
    tc_comm_sum_i64_all(a->comm, table->size, TC_SCORE_LEVELS);
    for (int e = 0; e < TC_SCORE_LEVELS; e++) {
        table->cut[e][0] = tc_tiering_value(least[e]);
        table->cut[e][1] = tc_tiering_value(greatest[e]);
    }
    table->median = 0.5 * tc_tiering_value(greatest[TC_SCORE_LEVELS]) +
                    0.5 * tc_tiering_value(greatest[TC_SCORE_LEVELS + 1]);
}

static void score_axis(tc_scoring *s, int axis, rank_work *w)
{
    tc_tiering_score5(w->below, w->equal, s->n_known, s->n_all, w->score5);
    for (int64_t k = 0; k < s->n_known; k++) {
        const int high = tc_tiering_above_median(w->below[k], s->n_all);
        s->score5[axis][s->row[k]] = w->score5[k];
        s->high[s->row[k]] |= (uint8_t)(high << axis);
    }
}

/* Collective. Keys are done with, so their memory takes the amounts. */
static void concentration_all(tc_assign *a, tc_scoring *s, rank_work *w)
{
    tc_concentration sums;
    int64_t *units = (int64_t *)(void *)w->key;
    for (int64_t k = 0; k < s->n_known; k++) {
        units[k] = tc_tiering_units(s->value[2][s->row[k]]);
    }
    tc_concentration_reset(&sums);
    tc_concentration_add(units, w->below, w->equal, s->n_known, s->n_all, &sums);
    tc_comm_sum_i64_all(a->comm, sums.word, TC_CONCENTRATION_WORDS);
    tc_comm_max_i64_all(a->comm, sums.bound, TC_CONCENTRATION_TOPS);
    tc_comm_max_i64_all(a->comm, sums.bound_above, TC_CONCENTRATION_TOPS);
    tc_concentration_finish(&sums, s->n_all, &s->concentration);
}

/* Collective. One component: exact ranks, its part of the composite, and on R, F, M the
 * scores. */
static tc_status component_all(tc_assign *a, tc_scoring *s, int component, rank_work *w,
                               tc_error *err)
{
    fill_keys(s, component, w->key);
    const tc_status st =
        tc_order_ranks_all(a->comm, w->key, s->n_known, w->below, w->equal, err);
    if (st != TC_OK) {
        return st;
    }
    tc_tiering_blend(w->below, w->equal, s->n_known, s->n_all, s->weight[component],
                     w->blend);
    if (component < TC_AXES) {
        score_axis(s, component, w);
        axis_table_all(a, s, component, w);
    }
    if (component == TC_AXES - 1) {
        concentration_all(a, s, w);
    }
    return TC_OK;
}

/* The parts of the composite that are there at this date, with weights that sum to 1. A
 * backtest may have none (only churn has a weight, and it had no model then): all weights
 * are 0. */
static tc_status set_weights(const tc_config_assign *config, tc_scoring *s, int is_backtest,
                             tc_error *err)
{
    const double weight[TC_COMPONENTS] = {config->weight_recency, config->weight_frequency,
                                          config->weight_monetary,
                                          s->churn != NULL ? config->weight_churn : 0.0};
    const double sum = ((weight[0] + weight[1]) + weight[2]) + weight[3];
    if (!(sum > 0.0) && !is_backtest) {
        return tc_fail(
            err, TC_ECONFIG,
            "assign: the score has no component with a weight (there is no churn "
            "model); give recency, frequency or monetary a weight");
    }
    for (int c = 0; c < TC_COMPONENTS; c++) {
        s->weight[c] = sum > 0.0 ? weight[c] / sum : 0.0;
    }
    return TC_OK;
}

static void publish_scores(tc_scoring *s, const rank_work *w)
{
    uint16_t *score = (uint16_t *)(void *)w->key; /* the keys are done with */
    tc_tiering_publish(w->blend, s->n_known, score);
    for (int64_t k = 0; k < s->n_known; k++) {
        s->score[s->row[k]] = score[k];
    }
}

tc_status tc_assign_rank_all(tc_assign *a, tc_scoring *s, tc_error *err)
{
    rank_work work = {0};
    tc_status st = TC_FAULT("assign.rank", err);
    if (st == TC_OK) {
        st = set_weights(&a->config->assign, s, s == &a->then, err);
    }
    if (st == TC_OK) {
        st = work_create(&work, s->n_known, err);
    }
    st = tc_comm_agree_all(a->comm, st, err);
    TC_ASSERT(st != TC_OK ||
              (work.key != NULL && work.below != NULL && work.equal != NULL &&
               work.blend != NULL && work.score5 != NULL));
    for (int c = 0; st == TC_OK && c < TC_COMPONENTS; c++) {
        if (c < TC_AXES || s->weight[c] > 0.0) {
            st = tc_stage_stop_all(a->comm, err);
            st = st == TC_OK ? component_all(a, s, c, &work, err) : st;
        }
    }
    if (st == TC_OK) {
        publish_scores(s, &work);
    }
    work_free(&work);
    return st;
}
