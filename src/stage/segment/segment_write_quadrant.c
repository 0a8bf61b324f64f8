/* segment_write_quadrant.c - the quadrants in segments.h5. */
#include "segment_quadrant.h"

#include <math.h>
#include <stddef.h>

static const char *const power_name[TC_QUADRANT_POWERS] = {"high", "middle", "low"};
static const char *const need_name[TC_QUADRANT_NEEDS] = {"complex", "standard", "basic",
                                                         "unknown"};
static const char *const cell_name[TC_QUADRANTS + 1] = {"none",
                                                        "high, complex",
                                                        "high, standard",
                                                        "high, basic",
                                                        "high, unknown",
                                                        "middle, complex",
                                                        "middle, standard",
                                                        "middle, basic",
                                                        "middle, unknown",
                                                        "low, complex",
                                                        "low, standard",
                                                        "low, basic",
                                                        "low, unknown"};

/* The rows of the table: the cells whose need is known, or if none is, the others. */
typedef struct {
    int n;
    uint8_t power[TC_QUADRANTS], need[TC_QUADRANTS];
    int64_t customers[TC_QUADRANTS], cases[TC_QUADRANTS];
    double customer_share[TC_QUADRANTS], net[TC_QUADRANTS], net_share[TC_QUADRANTS];
    double recent[TC_QUADRANTS], profit[TC_QUADRANTS], profit_share[TC_QUADRANTS];
} tables;

static double share_of(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

static void fill(const tc_segment *s, const tc_segment_quadrants *q, tables *t)
{
    const tc_config_segment *c = &s->config->segment;
    double net = 0, profit = 0;
    for (int i = 0; i < TC_QUADRANTS; i++) {
        const int need = i % TC_QUADRANT_NEEDS, unknown = need == TC_QUADRANT_NEEDS - 1;
        if (unknown == q->has_service) {
            continue;
        }
        t->power[t->n] = (uint8_t)(i / TC_QUADRANT_NEEDS);
        t->need[t->n] = (uint8_t)need;
        t->customers[t->n] = q->customers[i];
        t->cases[t->n] = q->cases[i];
        t->net[t->n] = q->net[i];
        t->recent[t->n] = q->recent[i];
        t->profit[t->n] = c->margin * q->recent[i] - c->case_cost * (double)q->cases[i];
        net += t->net[t->n];
        profit += t->profit[t->n];
        t->n++;
    }
    for (int i = 0; i < t->n; i++) {
        t->customer_share[i] = share_of((double)t->customers[i], (double)s->known.n_global);
        t->net_share[i] = share_of(t->net[i], net);
        t->profit_share[i] = share_of(t->profit[i], profit);
    }
}

/* What stands in the table besides the names of the rows, and where in memory. */
static const struct {
    tc_type type;
    const char *name, *unit, *description;
    size_t offset;
} columns[] = {
    {TC_I64, "quadrants/customers", "customers", "customers", offsetof(tables, customers)},
    {TC_F64, "quadrants/customer_share", "1", "share of the customers",
     offsetof(tables, customer_share)},
    {TC_F64, "quadrants/net_amount", "currency", "sum of net_amount",
     offsetof(tables, net)},
    {TC_F64, "quadrants/net_share", "1",
     "share of the whole; missing unless that is positive", offsetof(tables, net_share)},
    {TC_I64, "quadrants/cases_90d", "cases", "tickets and complaints of the last 90 days",
     offsetof(tables, cases)},
    {TC_F64, "quadrants/amount_90d", "currency", "net amount of the last 90 days",
     offsetof(tables, recent)},
    {TC_F64, "quadrants/profit_90d", "currency",
     "margin times amount_90d less case_cost times cases_90d", offsetof(tables, profit)},
    {TC_F64, "quadrants/profit_share", "1",
     "share of the whole profit; missing unless that is positive",
     offsetof(tables, profit_share)},
};

/* Collective. */
static tc_status put_table_all(tc_store *out, const tables *t, tc_error *err)
{
    tc_field field = {.name = "quadrants/spending",
                      .type = TC_ENUM,
                      .unit = "",
                      .names = power_name,
                      .n_names = TC_QUADRANT_POWERS,
                      .description = "spending power, by net_amount"};
    tc_status st = tc_store_put_small_all(out, &field, t->power, t->n, err);
    if (st == TC_OK) {
        field = (tc_field){
            .name = "quadrants/service",
            .type = TC_ENUM,
            .unit = "",
            .names = need_name,
            .n_names = TC_QUADRANT_NEEDS,
            .description = "service need, by tickets and complaints of the last 90 days"};
        st = tc_store_put_small_all(out, &field, t->need, t->n, err);
    }
    for (size_t i = 0; i < sizeof columns / sizeof *columns && st == TC_OK; i++) {
        field = (tc_field){.name = columns[i].name,
                           .type = columns[i].type,
                           .unit = columns[i].unit,
                           .description = columns[i].description};
        st = tc_store_put_small_all(out, &field, (const char *)t + columns[i].offset, t->n,
                                    err);
    }
    return st;
}

/* Collective. Customers of each row of the table in each cluster. */
static tc_status put_by_cluster_all(tc_segment *s, tc_store *out,
                                    const tc_segment_quadrants *q, const tables *t,
                                    tc_error *err)
{
    const int n_named = s->identity->n_named;
    const tc_field field = {.name = "quadrants/by_cluster",
                            .type = TC_I64,
                            .unit = "customers",
                            .columns = n_named,
                            .description =
                                "customers by quadrant and cluster, the latter in "
                                "the order of model/number"};
    int64_t *table = tc_mem_alloc((int64_t)t->n * n_named, sizeof *table, err);
    tc_status st = tc_comm_agree_all(s->comm, table == NULL ? TC_ENOMEM : TC_OK, err);
    TC_ASSERT(st != TC_OK || table != NULL);
    for (int i = 0; i < t->n && st == TC_OK; i++) {
        const int cell = t->power[i] * TC_QUADRANT_NEEDS + t->need[i];
        for (int p = 0; p < n_named; p++) {
            table[i * n_named + p] = q->by_cluster[cell * n_named + p];
        }
    }
    if (st == TC_OK) {
        st = tc_store_put_small_all(out, &field, table, t->n, err);
    }
    tc_mem_free(table);
    return st;
}

/* Collective. The quadrant of each customer. */
static tc_status put_rows_all(tc_segment *s, tc_store *out, const tc_segment_quadrants *q,
                              tc_error *err)
{
    const tc_field field = {.name = "quadrant",
                            .type = TC_ENUM,
                            .unit = "",
                            .names = cell_name,
                            .n_names = TC_QUADRANTS + 1,
                            .description = "spending power, service need; none = no event "
                                           "before the as-of date"};
    const int64_t n = s->customers.n_local;
    uint8_t *value = tc_mem_alloc(n, sizeof *value, err);
    tc_status st = tc_comm_agree_all(s->comm, value == NULL ? TC_ENOMEM : TC_OK, err);
    TC_ASSERT(st != TC_OK || value != NULL);
    if (st == TC_OK) {
        for (int64_t i = 0, known = 0; i < n; i++) {
            if (tc_segment_is_known(s, i)) {
                value[i] = (uint8_t)(q->cell[known++] + 1);
            }
        }
        st = tc_store_put_all(out, &field, value, s->customers.row0, n,
                              s->customers.n_global, err);
    }
    tc_mem_free(value);
    return st;
}

/* Collective. The rules. */
static tc_status put_rules_all(const tc_segment *s, tc_store *out,
                               const tc_segment_quadrants *q, tc_error *err)
{
    const tc_config_segment *c = &s->config->segment;
    const struct {
        const char *name;
        double value;
    } real[] = {{"spending_high_above", q->above[0]},
                {"spending_middle_above", q->above[1]},
                {"margin", c->margin},
                {"case_cost", c->case_cost}};
    tc_status st = tc_store_put_i64_all(out, "complex_cases", c->complex_cases, err);
    if (st == TC_OK) {
        st = tc_store_put_i64_all(out, "has_service", q->has_service, err);
    }
    for (size_t i = 0; i < sizeof real / sizeof *real && st == TC_OK; i++) {
        st = tc_store_put_f64_all(out, real[i].name, real[i].value, err);
    }
    return st;
}

tc_status tc_segment_write_quadrants_all(tc_segment *s, tc_store *out, tc_error *err)
{
    tc_segment_quadrants q = {0};
    tables t = {0};
    tc_status st = tc_segment_quadrants_all(s, &q, err);
    if (st == TC_OK) {
        fill(s, &q, &t);
        st = put_rows_all(s, out, &q, err);
    }
    if (st == TC_OK) {
        st = put_table_all(out, &t, err);
    }
    if (st == TC_OK) {
        st = put_by_cluster_all(s, out, &q, &t, err);
    }
    if (st == TC_OK) {
        st = put_rules_all(s, out, &q, err);
    }
    tc_mem_free(q.cell);
    tc_mem_free(q.by_cluster);
    return st;
}
