/* assign_model.c - tiers.h5: cut points, sizes and amounts of tiers, segments and types. */
#include "assign_impl.h"

#include "tiercel/fault.h"

#include <math.h>
#include <string.h>

tc_status tc_assign_put_tables_all(tc_assign *a, const tc_assign_table *table, size_t n,
                                   tc_error *err)
{
    tc_status st = TC_OK;
    for (size_t i = 0; st == TC_OK && i < n; i++) {
        st = tc_store_put_small_all(a->out, &table[i].field, table[i].data, table[i].rows,
                                    err);
    }
    return st;
}

void tc_assign_components(const tc_scoring *s, char text[TC_COMPONENT_TEXT])
{
    static const char *const name[TC_COMPONENTS] = {"recency", "frequency", "monetary",
                                                    "churn"};
    size_t length = 0;
    text[0] = '\0';
    for (int c = 0; c < TC_COMPONENTS; c++) {
        if (s->weight[c] > 0.0) {
            if (length > 0) {
                text[length++] = ',';
            }
            const size_t n = strlen(name[c]);
            memcpy(text + length, name[c], n + 1);
            length += n;
        }
    }
}

/* Sizes and net amounts of groups of customers: tiers, then segments, then types, each
 * without group 0. */
typedef struct {
    const tc_assign *a;
    int64_t n_groups, segment0, type0;
} group_fold;

static tc_status
visit_groups(void *context, int64_t row, int64_t n_rows, int64_t *ints,
             double *reals, // NOLINT(readability-non-const-parameter): tc_fold_visit
             tc_error *err)
{
    const group_fold *g = context;
    const tc_scoring *s = &g->a->now;
    (void)reals;
    (void)err;
    for (int64_t i = row; i < row + n_rows; i++) {
        if (!s->known[i]) {
            continue;
        }
        const int64_t group[3] = {s->tier[i] - 1,
                                  g->segment0 + tc_assign_segment(g->a, i) - 1,
                                  g->type0 + tc_assign_type(g->a, i) - 1};
        const int64_t units = tc_tiering_units(s->value[2][i]);
        for (int k = 0; k < 3; k++) {
            ints[group[k]]++;
            ints[g->n_groups + group[k]] += units;
        }
    }
    return TC_OK;
}

/* The same as numbers for the file. */
typedef struct {
    int64_t *size;
    double *amount;
    double *tier_share, *tier_amount_share;
} group_tables;

static void fill_groups(const group_fold *g, const int64_t *ints, group_tables *out)
{
    const tc_assign *a = g->a;
    int64_t total = 0;
    TC_ASSERT(out->size != NULL && out->amount != NULL && out->tier_share != NULL &&
              out->tier_amount_share != NULL);
    for (int64_t k = 0; k < g->n_groups; k++) {
        out->size[k] = ints[k];
        out->amount[k] = (double)ints[g->n_groups + k] / 1e4;
    }
    for (int t = 0; t < a->n_tiers; t++) {
        total += ints[g->n_groups + t];
    }
    for (int t = 0; t < a->n_tiers; t++) {
        const int64_t n = a->now.n_all;
        out->tier_share[t] = n > 0 ? (double)ints[t] / (double)n : 0.0;
        out->tier_amount_share[t] =
            total > 0 ? (double)ints[g->n_groups + t] / (double)total : (double)NAN;
    }
}

static tc_status put_tiers_all(tc_assign *a, const group_tables *g, tc_error *err)
{
    const int64_t n = a->n_tiers;
    const tc_assign_table table[] = {
        {{.name = "model/tier_cut",
          .type = TC_U32,
          .unit = "points",
          .description = "lowest score of the tier; a tier with the cut of the next higher "
                         "one is empty"},
         a->now.cut,
         n},
        {{.name = "model/tier_size",
          .type = TC_I64,
          .unit = "customers",
          .description = "customers in the tier"},
         g->size,
         n},
        {{.name = "model/tier_share_wanted",
          .type = TC_F64,
          .unit = "1",
          .description = "share of customers asked for"},
         a->share,
         n},
        {{.name = "model/tier_share",
          .type = TC_F64,
          .unit = "1",
          .description = "share of customers in the tier; equal scores are never split"},
         g->tier_share,
         n},
        {{.name = "model/tier_net_amount",
          .type = TC_F64,
          .unit = "currency",
          .description = "sum of net_amount in the tier"},
         g->amount,
         n},
        {{.name = "model/tier_net_share",
          .type = TC_F64,
          .unit = "1",
          .description = "share of the whole net amount; missing unless that is positive"},
         g->tier_amount_share,
         n},
    };
    return tc_assign_put_tables_all(a, table, sizeof table / sizeof *table, err);
}

static tc_status put_groups_all(tc_assign *a, const group_fold *f, const group_tables *g,
                                tc_error *err)
{
    const int64_t n = a->rules.n_segments;
    const tc_assign_table table[] = {
        {{.name = "model/segment_size",
          .type = TC_I64,
          .unit = "customers",
          .description = "customers in the named segment"},
         g->size + f->segment0,
         n},
        {{.name = "model/segment_net_amount",
          .type = TC_F64,
          .unit = "currency",
          .description = "sum of net_amount in the named segment"},
         g->amount + f->segment0,
         n},
        {{.name = "model/type_size",
          .type = TC_I64,
          .unit = "customers",
          .description = "customers of the type"},
         g->size + f->type0,
         TC_RFM_TYPES},
        {{.name = "model/type_net_amount",
          .type = TC_F64,
          .unit = "currency",
          .description = "sum of net_amount of the type"},
         g->amount + f->type0,
         TC_RFM_TYPES},
    };
    tc_status st = put_tiers_all(a, g, err);
    if (st == TC_OK) {
        st = tc_assign_put_tables_all(a, table, sizeof table / sizeof *table, err);
    }
    return st;
}

static tc_status group_tables_create(int64_t n_groups, int n_tiers, group_tables *g,
                                     tc_error *err)
{
    g->size = tc_mem_alloc(n_groups, sizeof *g->size, err);
    g->amount = tc_mem_alloc(n_groups, sizeof *g->amount, err);
    g->tier_share = tc_mem_alloc(n_tiers, sizeof *g->tier_share, err);
    g->tier_amount_share = tc_mem_alloc(n_tiers, sizeof *g->tier_amount_share, err);
    return g->size == NULL || g->amount == NULL || g->tier_share == NULL ||
                   g->tier_amount_share == NULL
               ? TC_ENOMEM
               : TC_OK;
}

static void group_tables_free(group_tables *g)
{
    tc_mem_free(g->size);
    tc_mem_free(g->amount);
    tc_mem_free(g->tier_share);
    tc_mem_free(g->tier_amount_share);
}

/* Collective. One fold over the customers, then the tables. */
static tc_status sum_groups_all(tc_assign *a, tc_error *err)
{
    const group_fold f = {.a = a,
                          .n_groups = a->n_tiers + a->rules.n_segments + TC_RFM_TYPES,
                          .segment0 = a->n_tiers,
                          .type0 = a->n_tiers + a->rules.n_segments};
    group_fold context = f;
    group_tables tables = {0};
    tc_fold *fold = NULL;
    tc_status st = TC_FAULT("assign.model", err);
    if (st == TC_OK) {
        st = tc_fold_create(2 * f.n_groups, 0, &fold, err);
    }
    if (st == TC_OK) {
        st = group_tables_create(f.n_groups, a->n_tiers, &tables, err);
    }
    st = tc_comm_agree_all(a->comm, st, err);
    if (st == TC_OK) {
        st = tc_fold_run_all(a->comm, &a->shards, fold, visit_groups, &context, err);
    }
    if (st == TC_OK) {
        fill_groups(&f, tc_fold_int(fold), &tables);
        st = put_groups_all(a, &f, &tables, err);
    }
    group_tables_free(&tables);
    tc_fold_destroy(&fold);
    return st;
}

/* Collective. A dataset of names, each padded to the longest. */
static tc_status put_names_all(tc_assign *a, const char *dataset, const char *const *name,
                               int n, tc_error *err)
{
    tc_field field = {
        .name = dataset, .type = TC_TEXT, .width = 1, .unit = "", .description = "names"};
    for (int i = 0; i < n; i++) {
        const int length = (int)strlen(name[i]);
        field.width = length > field.width ? length : field.width;
    }
    char *text = tc_mem_alloc(n, (size_t)field.width, err);
    tc_status st = tc_comm_agree_all(a->comm, text == NULL ? TC_ENOMEM : TC_OK, err);
    if (st == TC_OK) {
        TC_ASSERT(text != NULL);
        for (int i = 0; i < n; i++) {
            memcpy(text + (size_t)i * (size_t)field.width, name[i], strlen(name[i]));
        }
        st = tc_store_put_small_all(a->out, &field, text, n, err);
    }
    tc_mem_free(text);
    return st;
}

static tc_status put_all_names_all(tc_assign *a, tc_error *err)
{
    const char *type_names[TC_RFM_TYPES];
    for (int t = 0; t < TC_RFM_TYPES; t++) {
        type_names[t] = tc_tiering_type_name(t + 1);
    }
    tc_status st = put_names_all(a, "model/tier_name", a->tier_name + 1, a->n_tiers, err);
    if (st == TC_OK) {
        st = put_names_all(a, "model/segment_name", a->rules.name + 1, a->rules.n_segments,
                           err);
    }
    if (st == TC_OK) {
        st = put_names_all(a, "model/type_name", type_names, TC_RFM_TYPES, err);
    }
    return st;
}

/* Collective. What a customer must have for each score. */
static tc_status put_axes_all(tc_assign *a, tc_error *err)
{
    static const char *const cut_name[TC_AXES] = {"model/r_cut", "model/f_cut",
                                                  "model/m_cut"};
    static const char *const size_name[TC_AXES] = {"model/r_size", "model/f_size",
                                                   "model/m_size"};
    static const char *const unit[TC_AXES] = {"days", "orders", "currency"};
    const tc_axis *axis = a->now.axis;
    const double median[TC_AXES] = {axis[0].median, axis[1].median, axis[2].median};
    const tc_assign_table other[] = {
        {{.name = "model/median",
          .type = TC_F64,
          .unit = "",
          .description =
              "medians of recency_days, order_count, net_amount that split the types"},
         median,
         TC_AXES},
        {{.name = "model/weight",
          .type = TC_F64,
          .unit = "1",
          .description = "weights in the score of recency, frequency, monetary, 1 - churn"},
         a->now.weight,
         TC_COMPONENTS},
    };
    tc_status st = tc_assign_put_tables_all(a, other, sizeof other / sizeof *other, err);
    for (int x = 0; st == TC_OK && x < TC_AXES; x++) {
        const tc_assign_table table[] = {
            {{.name = cut_name[x],
              .type = TC_F64,
              .columns = 2,
              .unit = unit[x],
              .description = "least and greatest value of each score 1..5"},
             axis[x].cut,
             TC_SCORE_LEVELS},
            {{.name = size_name[x],
              .type = TC_I64,
              .unit = "customers",
              .description = "customers with each score 1..5"},
             axis[x].size,
             TC_SCORE_LEVELS},
        };
        st = tc_assign_put_tables_all(a, table, sizeof table / sizeof *table, err);
    }
    return st;
}

static tc_status put_concentration_all(tc_assign *a, tc_error *err)
{
    const tc_concentration_result *c = &a->now.concentration;
    double rows[TC_CONCENTRATION_TOPS][3];
    for (int t = 0; t < TC_CONCENTRATION_TOPS; t++) {
        rows[t][0] = (double)tc_concentration_permille(t) / 1000.0;
        rows[t][1] = (double)c->customers[t];
        rows[t][2] = c->top[t];
    }
    const tc_field field = {.name = "model/concentration",
                            .type = TC_F64,
                            .columns = 3,
                            .unit = "1",
                            .description = "share of customers (the best by net_amount), "
                                           "their number, their share of the net amount"};
    tc_status st = tc_store_put_small_all(a->out, &field, rows, TC_CONCENTRATION_TOPS, err);
    if (st == TC_OK) {
        st = tc_store_put_f64_all(a->out, "gini", c->gini, err);
    }
    return st;
}

tc_status tc_assign_put_model_all(tc_assign *a, tc_error *err)
{
    char components[TC_COMPONENT_TEXT];
    tc_assign_components(&a->now, components);
    tc_status st = put_all_names_all(a, err);
    if (st == TC_OK) {
        st = sum_groups_all(a, err);
    }
    if (st == TC_OK) {
        st = put_axes_all(a, err);
    }
    if (st == TC_OK) {
        st = put_concentration_all(a, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_text_all(a->out, "components", components, err);
    }
    if (st == TC_OK) {
        st = tc_store_put_i64_all(a->out, "customers_scored", a->now.n_all, err);
    }
    return st;
}
