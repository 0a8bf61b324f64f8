/* assign_load.c - what the stage reads of one date. */
#include "assign_impl.h"

#include "tiercel/catalogue.h"
#include "tiercel/fault.h"

#include <math.h>
#include <stdio.h>

static const char *const axis_feature[TC_AXES] = {"recency_days", "order_count",
                                                  "net_amount"};

tc_status tc_assign_feature_all(tc_assign *a, const char *date, const char *feature,
                                double **out, tc_error *err)
{
    char name[2 * TC_STORE_NAME];
    const int index = tc_catalogue_find(feature);
    int n_features;
    const tc_feature_def *def = tc_catalogue(&n_features);
    const int wide =
        index < 0 || def[index].is_double; /* later_amount is not in the catalogue */
    const tc_field field = {.name = name, .type = wide ? TC_F64 : TC_F32};
    const int64_t n = a->shards.n_local;
    double *value = tc_mem_alloc(n, sizeof *value, err);
    float *narrow = value != NULL ? tc_mem_alloc(wide ? 0 : n, sizeof *narrow, err) : NULL;
    tc_status st = narrow == NULL ? TC_ENOMEM : TC_OK;
    (void)snprintf(name, sizeof name, "at/%s/%s", date, feature);
    st = tc_comm_agree_all(a->comm, st, err);
    if (st == TC_OK) {
        void *data = wide ? (void *)value : (void *)narrow;
        st = tc_store_get_all(a->features, &field, a->shards.row0, n, data, err);
    }
    if (st == TC_OK && !wide) {
        TC_ASSERT(narrow != NULL);
        for (int64_t i = 0; i < n; i++) {
            value[i] = (double)narrow[i];
        }
    }
    tc_mem_free(narrow);
    *out = value;
    return st;
}

static tc_status scoring_create(tc_scoring *s, int64_t n, int n_tiers, int with_churn,
                                tc_error *err)
{
    int missing = 0;
    s->n = n;
    for (int x = 0; x < TC_AXES; x++) {
        s->score5[x] = tc_mem_alloc(n, sizeof *s->score5[x], err);
        missing |= s->score5[x] == NULL;
    }
    s->known = tc_mem_alloc(n, sizeof *s->known, err);
    s->high = tc_mem_alloc(n, sizeof *s->high, err);
    s->score = tc_mem_alloc(n, sizeof *s->score, err);
    s->tier = tc_mem_alloc(n, sizeof *s->tier, err);
    s->cut = tc_mem_alloc(n_tiers, sizeof *s->cut, err);
    s->tier_size = tc_mem_alloc(n_tiers, sizeof *s->tier_size, err);
    missing |= s->known == NULL || s->high == NULL || s->score == NULL || s->tier == NULL ||
               s->cut == NULL || s->tier_size == NULL;
    if (with_churn) {
        s->churn = tc_mem_alloc(n, sizeof *s->churn, err);
        missing |= s->churn == NULL;
    }
    return missing ? TC_ENOMEM : TC_OK;
}

void tc_assign_scoring_free(tc_scoring *s)
{
    for (int x = 0; x < TC_AXES; x++) {
        tc_mem_free(s->value[x]);
        tc_mem_free(s->score5[x]);
    }
    tc_mem_free(s->row);
    tc_mem_free(s->churn);
    tc_mem_free(s->known);
    tc_mem_free(s->high);
    tc_mem_free(s->score);
    tc_mem_free(s->tier);
    tc_mem_free(s->cut);
    tc_mem_free(s->tier_size);
    *s = (tc_scoring){0};
}

/* A customer is known once he has an event: then order_count is a number, be it 0. */
static tc_status find_known(tc_scoring *s, tc_error *err)
{
    const double *orders = s->value[1];
    for (int64_t i = 0; i < s->n; i++) {
        s->known[i] = (uint8_t)!isnan(orders[i]);
        s->n_known += s->known[i];
        if (s->known[i] && !tc_tiering_units_valid(s->value[2][i])) {
            return tc_fail(err, TC_EDATA,
                           "features.h5: a net_amount is beyond 5e14 currency units; "
                           "check the amounts of the input");
        }
    }
    s->row = tc_mem_alloc(s->n_known, sizeof *s->row, err);
    if (s->row == NULL) {
        return TC_ENOMEM;
    }
    int64_t k = 0;
    for (int64_t i = 0; i < s->n; i++) {
        if (s->known[i]) {
            s->row[k++] = i;
        }
    }
    return TC_OK;
}

tc_status tc_assign_load_all(tc_assign *a, const char *date, const char *churn_dataset,
                             tc_scoring *s, tc_error *err)
{
    const int64_t n = a->shards.n_local;
    tc_status st = TC_FAULT("assign.load", err);
    if (st == TC_OK) {
        st = scoring_create(s, n, a->n_tiers, churn_dataset != NULL, err);
    }
    st = tc_comm_agree_all(a->comm, st, err);
    for (int x = 0; st == TC_OK && x < TC_AXES; x++) {
        st = tc_assign_feature_all(a, date, axis_feature[x], &s->value[x], err);
    }
    if (st == TC_OK && churn_dataset != NULL) {
        const tc_field field = {.name = churn_dataset, .type = TC_U16};
        st = tc_store_get_all(a->churn, &field, a->shards.row0, n, s->churn, err);
    }
    if (st == TC_OK) {
        st = tc_comm_agree_all(a->comm, find_known(s, err), err);
    }
    s->n_all = s->n_known;
    tc_comm_sum_i64_all(a->comm, &s->n_all, 1);
    return st;
}
