/* assign.c - one tier for every customer: scores by percentile, tiers by quota, named
 * segments, and the same scoring one horizon earlier, held against what customers did
 * afterwards. */
#include "assign_impl.h"

#include "tiercel/config_check.h"
#include "tiercel/fault.h"
#include "tiercel/log.h"
#include "tiercel/progress.h"

#include <string.h>

static tc_status check_tier_names(const tc_assign *a, tc_error *err)
{
    for (int t = 1; t <= a->n_tiers; t++) {
        for (int u = 0; u < t; u++) {
            if (strcmp(a->tier_name[t], a->tier_name[u]) == 0) {
                return tc_fail(
                    err, TC_ECONFIG,
                    "assign.tiers: the name '%.40s' appears twice or is reserved "
                    "(none); rename the tier",
                    a->tier_name[t]);
            }
        }
    }
    return TC_OK;
}

/* What the configuration alone decides. */
static tc_status prepare(tc_assign *a, tc_error *err)
{
    const tc_config_assign *config = &a->config->assign;
    TC_TRY(TC_FAULT("assign.prepare", err));
    if (config->n_tiers < 1 || config->n_tiers > TC_TIERS_MAX) {
        return tc_fail(err, TC_ECONFIG, "assign.tiers: %d tiers; 1 to %d are possible",
                       config->n_tiers, TC_TIERS_MAX);
    }
    a->n_tiers = config->n_tiers;
    a->share = tc_mem_alloc(a->n_tiers, sizeof *a->share, err);
    a->tier_name = tc_mem_alloc(a->n_tiers + 1, sizeof *a->tier_name, err);
    if (a->share == NULL || a->tier_name == NULL) {
        return TC_ENOMEM;
    }
    a->tier_name[0] = "none";
    for (int t = 0; t < a->n_tiers; t++) {
        a->share[t] = config->tiers[t].share;
        a->tier_name[t + 1] = config->tiers[t].name;
    }
    TC_TRY(check_tier_names(a, err));
    return tc_config_rules(a->config, &a->rules, err);
}

static tc_status check_rows(const tc_assign *a, tc_error *err)
{
    const tc_store *store[2] = {a->segments, a->churn};
    static const char *const name[2] = {"segments.h5", "churn.h5"};
    for (int i = 0; i < 2; i++) {
        if (tc_store_head(store[i])->n_rows != a->shards.n_global) {
            return tc_fail(err, TC_EDATA,
                           "%s and features.h5 hold different numbers of customers; "
                           "delete both and run again",
                           name[i]);
        }
    }
    return TC_OK;
}

static tc_status open_inputs_all(tc_assign *a, tc_error *err)
{
    int64_t has_model = 0, has_backtest = 0;
    tc_status st =
        tc_stage_open_all(a->comm, a->config, TC_STAGE_FEATURES, &a->features, err);
    if (st == TC_OK) {
        st = tc_stage_open_all(a->comm, a->config, TC_STAGE_SEGMENT, &a->segments, err);
    }
    if (st == TC_OK) {
        st = tc_stage_open_all(a->comm, a->config, TC_STAGE_CHURN, &a->churn, err);
    }
    if (st == TC_OK) {
        st = tc_stage_shards_all(a->comm, a->features, &a->shards, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(a->comm, check_rows(a, err), err);
    }
    if (st == TC_OK) {
        st = tc_store_get_text_all(a->features, "date_score", a->date_score,
                                   sizeof a->date_score, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_text_all(a->features, "date_train", a->date_train,
                                   sizeof a->date_train, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_i64_all(a->churn, "has_model", &has_model, err);
    }
    if (st == TC_OK) {
        st = tc_store_get_i64_all(a->churn, "has_backtest", &has_backtest, err);
    }
    a->has_model = has_model != 0;
    a->has_backtest = has_backtest != 0;
    return st;
}

/* Scores and tiers at one date. */
static tc_status score_date_all(tc_assign *a, const char *date, const char *churn_dataset,
                                tc_scoring *s, tc_error *err)
{
    tc_status st = tc_assign_load_all(a, date, churn_dataset, s, err);
    if (st == TC_OK) {
        st = tc_assign_rank_all(a, s, err);
    }
    if (st == TC_OK) {
        st = tc_assign_tiers_all(a, s, err);
    }
    return st;
}

/* The backtest is read, judged and dropped before the other date, so that only one is in
 * memory. */
static tc_status backtest_all(tc_assign *a, tc_error *err)
{
    tc_status st = score_date_all(a, a->date_train,
                                  a->has_backtest ? "backtest/score" : NULL, &a->then, err);
    if (st == TC_OK) {
        st = tc_assign_put_backtest_all(a, err);
    }
    tc_assign_scoring_free(&a->then);
    return st;
}

static tc_status write_all(tc_assign *a, tc_error *err)
{
    tc_status st = tc_stage_create_all(a->comm, a->config, TC_STAGE_ASSIGN,
                                       tc_store_head(a->features), &a->out, err);
    if (st == TC_OK) {
        tc_progress_phase("backtest", 0, "");
        st = backtest_all(a, err);
    }
    if (st == TC_OK) {
        tc_progress_phase("scoring", 0, "");
        st = score_date_all(a, a->date_score, a->has_model ? "score" : NULL, &a->now, err);
    }
    if (st == TC_OK) {
        tc_progress_phase("writing", 0, "");
        st = tc_assign_put_rows_all(a, err);
    }
    if (st == TC_OK) {
        st = tc_assign_put_model_all(a, err);
    }
    if (st == TC_OK) {
        st = tc_assign_put_silo_all(a, err);
    }
    if (st == TC_OK) {
        st = tc_store_publish_all(&a->out, err);
    }
    return st;
}

tc_status tc_assign_all(tc_comm *comm, const tc_config *config, tc_error *err)
{
    tc_assign a = {.comm = comm, .config = config};
    tc_status st = tc_comm_agree_all(comm, prepare(&a, err), err);
    if (st == TC_OK) {
        st = open_inputs_all(&a, err);
    }
    if (st == TC_OK) {
        st = write_all(&a, err);
    }
    if (st == TC_OK) {
        tc_log_info("assign: %lld customers in %d tiers", (long long)a.now.n_all,
                    a.n_tiers);
    }
    tc_store_close_all(&a.out);
    tc_store_close_all(&a.churn);
    tc_store_close_all(&a.segments);
    tc_store_close_all(&a.features);
    tc_assign_scoring_free(&a.now);
    tc_shards_free(&a.shards);
    tc_mem_free(a.tier_name);
    tc_mem_free(a.share);
    return st;
}
