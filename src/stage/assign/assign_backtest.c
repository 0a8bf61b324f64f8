/* assign_backtest.c - tiers as they would have been one horizon ago, and what their
 * customers bought afterwards (algorithms.md 8.6). */
#include "assign_impl.h"

#include "tiercel/fault.h"

#include <math.h>
#include <stdio.h>

typedef struct {
    const tc_scoring *s;
    const int8_t *label;
    const double *later;
    int n_tiers;
} later_fold;

/* ints: later amount of each tier, then later buyers of each tier. A labelled customer
 * bought later if he is not churned; one without a label (inactive before the date), if his
 * later amount is positive. */
static tc_status
visit_later(void *context, int64_t row, int64_t n_rows, int64_t *ints,
            double *reals, // NOLINT(readability-non-const-parameter): tc_fold_visit
            tc_error *err)
{
    const later_fold *f = context;
    (void)reals;
    for (int64_t i = row; i < row + n_rows; i++) {
        if (!f->s->known[i]) {
            continue;
        }
        if (!tc_tiering_units_valid(f->later[i])) {
            return tc_fail(err, TC_EDATA,
                           "features.h5: a later_amount is beyond 5e14 currency units; "
                           "check the amounts of the input");
        }
        const int t = f->s->tier[i] - 1;
        ints[t] += tc_tiering_units(f->later[i]);
        ints[f->n_tiers + t] += f->label[i] >= 0 ? f->label[i] == 0 : f->later[i] > 0.0;
    }
    return TC_OK;
}

typedef struct {
    double *amount, *mean, *share, *buyer_share;
    int64_t *buyers;
} later_tables;

static tc_status tables_create(later_tables *l, int n, tc_error *err)
{
    l->amount = tc_mem_alloc(n, sizeof *l->amount, err);
    l->mean = tc_mem_alloc(n, sizeof *l->mean, err);
    l->share = tc_mem_alloc(n, sizeof *l->share, err);
    l->buyer_share = tc_mem_alloc(n, sizeof *l->buyer_share, err);
    l->buyers = tc_mem_alloc(n, sizeof *l->buyers, err);
    return l->amount == NULL || l->mean == NULL || l->share == NULL ||
                   l->buyer_share == NULL || l->buyers == NULL
               ? TC_ENOMEM
               : TC_OK;
}

static void tables_free(later_tables *l)
{
    tc_mem_free(l->amount);
    tc_mem_free(l->mean);
    tc_mem_free(l->share);
    tc_mem_free(l->buyer_share);
    tc_mem_free(l->buyers);
}

static void fill_tables(const tc_scoring *s, const int64_t *ints, int n, later_tables *l)
{
    int64_t total = 0;
    TC_ASSERT(l->amount != NULL && l->mean != NULL && l->share != NULL &&
              l->buyers != NULL && l->buyer_share != NULL);
    for (int t = 0; t < n; t++) {
        total += ints[t];
    }
    for (int t = 0; t < n; t++) {
        const double size = s->tier_size[t] > 0 ? (double)s->tier_size[t] : (double)NAN;
        l->amount[t] = (double)ints[t] / 1e4;
        l->mean[t] = l->amount[t] / size;
        l->share[t] = total > 0 ? (double)ints[t] / (double)total : (double)NAN;
        l->buyers[t] = ints[n + t];
        l->buyer_share[t] = (double)l->buyers[t] / size;
    }
}

static tc_status put_tables_all(tc_assign *a, const later_tables *l, tc_error *err)
{
    const int64_t n = a->n_tiers;
    const tc_assign_table table[] = {
        {{.name = "backtest/tier_cut",
          .type = TC_U32,
          .unit = "points",
          .description = "lowest score of the tier at date_train"},
         a->then.cut,
         n},
        {{.name = "backtest/tier_size",
          .type = TC_I64,
          .unit = "customers",
          .description = "customers in the tier at date_train"},
         a->then.tier_size,
         n},
        {{.name = "backtest/later_amount",
          .type = TC_F64,
          .unit = "currency",
          .description = "net amount that they bought within the horizon after date_train"},
         l->amount,
         n},
        {{.name = "backtest/later_mean",
          .type = TC_F64,
          .unit = "currency",
          .description = "the same a customer; missing for an empty tier"},
         l->mean,
         n},
        {{.name = "backtest/later_share",
          .type = TC_F64,
          .unit = "1",
          .description =
              "share of the whole later amount; missing unless that is positive"},
         l->share,
         n},
        {{.name = "backtest/later_buyers",
          .type = TC_I64,
          .unit = "customers",
          .description = "customers who bought within the horizon after date_train"},
         l->buyers,
         n},
        {{.name = "backtest/later_buyer_share",
          .type = TC_F64,
          .unit = "1",
          .description = "later buyers among the customers of the tier"},
         l->buyer_share,
         n},
    };
    return tc_assign_put_tables_all(a, table, sizeof table / sizeof *table, err);
}

/* Collective. Which parts of the score there were then, and whether the backtest says
 * anything. */
static tc_status put_attributes_all(tc_assign *a, tc_error *err)
{
    char components[TC_COMPONENT_TEXT];
    tc_assign_components(&a->then, components);
    tc_status st = tc_store_put_text_all(a->out, "backtest_components", components, err);
    if (st == TC_OK) {
        const int useful = components[0] != '\0' && a->then.n_all > 0;
        st = tc_store_put_i64_all(a->out, "has_backtest", useful, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_text_all(a->out, "backtest_date", a->date_train, err);
    }
    return st;
}

/* Collective. Labels and later amounts at date_train. */
static tc_status read_later_all(tc_assign *a, int8_t **label, double **later, tc_error *err)
{
    char name[2 * TC_STORE_NAME];
    const tc_field field = {.name = name, .type = TC_I8};
    const int64_t n = a->shards.n_local;
    tc_status st = TC_FAULT("assign.backtest", err);
    (void)snprintf(name, sizeof name, "at/%s/label", a->date_train);
    *label = tc_mem_alloc(n, sizeof **label, err);
    if (*label == NULL) {
        st = TC_ENOMEM;
    }
    st = tc_comm_agree_all(a->comm, st, err);
    if (st == TC_OK) {
        st = tc_store_get_all(a->features, &field, a->shards.row0, n, *label, err);
    }
    if (st == TC_OK) {
        st = tc_assign_feature_all(a, a->date_train, "later_amount", later, err);
    }
    return st;
}

tc_status tc_assign_put_backtest_all(tc_assign *a, tc_error *err)
{
    const int n = a->n_tiers;
    int8_t *label = NULL;
    double *later = NULL;
    later_tables tables = {0};
    tc_fold *fold = NULL;
    tc_status st = read_later_all(a, &label, &later, err);
    if (st == TC_OK) {
        st = tc_fold_create(2 * (int64_t)n, 0, &fold, err);
        if (st == TC_OK) {
            st = tables_create(&tables, n, err);
        }
        st = tc_comm_agree_all(a->comm, st, err);
    }
    if (st == TC_OK) {
        later_fold context = {.s = &a->then, .label = label, .later = later, .n_tiers = n};
        st = tc_fold_run_all(a->comm, &a->shards, fold, visit_later, &context, err);
    }
    if (st == TC_OK) {
        fill_tables(&a->then, tc_fold_int(fold), n, &tables);
        st = put_tables_all(a, &tables, err);
    }
    if (st == TC_OK) {
        st = put_attributes_all(a, err);
    }
    tc_fold_destroy(&fold);
    tables_free(&tables);
    tc_mem_free(later);
    tc_mem_free(label);
    return st;
}
