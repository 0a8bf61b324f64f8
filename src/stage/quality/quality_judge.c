/* quality_judge.c - the gates: each figure of the counters against its limit. Pure. */
#include "tiercel/quality.h"

#include <math.h>

/* The list under construction. */
typedef struct {
    const tc_quality *q;
    const tc_quality_calendar *calendar;
    const tc_config *config;
    tc_quality_gate *gate;
    int n;
} judge;

int64_t tc_quality_future(const tc_config *config)
{
    const int64_t day = config->quality.not_after;
    if (day != TC_CONFIG_AUTO) {
        return day;
    }
    return config->as_of == TC_CONFIG_AUTO ? TC_CONFIG_NONE : config->as_of;
}

int64_t tc_quality_reference(const tc_config *config)
{
    const int64_t day = tc_quality_future(config);
    if (day != TC_CONFIG_NONE) {
        return day;
    }
    return config->as_of == TC_CONFIG_AUTO ? TC_CONFIG_NONE : config->as_of;
}

static void add(judge *j, tc_quality_gate gate)
{
    TC_ASSERT(j->n < TC_QUALITY_GATES);
    if (isnan(gate.limit)) {
        gate.state = TC_GATE_OFF;
    } else if (isnan(gate.value)) {
        gate.state = TC_GATE_EMPTY;
    } else if (gate.at_least ? gate.value >= gate.limit : gate.value <= gate.limit) {
        gate.state = TC_GATE_PASSED;
    } else {
        gate.state = TC_GATE_FAILED;
    }
    j->gate[j->n++] = gate;
}

/* NaN of nothing. */
static double share_of(int64_t part, int64_t all)
{
    return all > 0 ? (double)part / (double)all : (double)NAN;
}

static void add_good(judge *j, const char *name, const char *of, int64_t good, int64_t all,
                     double limit)
{
    add(j, (tc_quality_gate){.name = name,
                             .of = of,
                             .header = "",
                             .is_share = 1,
                             .at_least = 1,
                             .good = good,
                             .all = all,
                             .value = share_of(good, all),
                             .limit = limit});
}

static void add_bad(judge *j, const char *name, const char *of, int64_t bad, int64_t all,
                    double limit)
{
    add(j, (tc_quality_gate){.name = name,
                             .of = of,
                             .header = "",
                             .is_share = 1,
                             .good = bad,
                             .all = all,
                             .value = share_of(bad, all),
                             .limit = limit});
}

static void add_number(judge *j, const char *name, double value, double limit)
{
    add(j, (tc_quality_gate){
               .name = name, .of = "", .header = "", .value = value, .limit = limit});
}

static double completeness_limit(const tc_config_quality *limits, const char *key)
{
    for (int i = 0; i < limits->n_columns; i++) {
        const char *name = limits->columns[i].column;
        int at = 0;
        while (name[at] != '\0' && name[at] == key[at]) {
            at++;
        }
        if (name[at] == key[at]) {
            return limits->columns[i].completeness;
        }
    }
    return limits->completeness;
}

static void judge_columns(judge *j)
{
    const tc_config_quality *limits = &j->config->quality;
    for (int i = 0; i < j->q->n_columns; i++) {
        const tc_quality_column *c = &j->q->column[i];
        if (c->key[0] != '\0') {
            add_good(j, "completeness", c->key, c->rows - c->empty, c->rows,
                     completeness_limit(limits, c->key));
            j->gate[j->n - 1].header = c->header;
        }
    }
    add_good(j, "validity", "rows",
             j->q->count[TC_QUALITY_ROWS] - j->q->count[TC_QUALITY_UNREADABLE],
             j->q->count[TC_QUALITY_ROWS], limits->validity);
    for (int i = 0; i < j->q->n_columns; i++) {
        const tc_quality_column *c = &j->q->column[i];
        const int64_t filled = c->rows - c->empty;
        if (c->key[0] != '\0') {
            add_good(j, "validity", c->key, filled - c->unreadable, filled,
                     limits->validity);
            j->gate[j->n - 1].header = c->header;
        }
    }
}

static void judge_consistency(judge *j)
{
    const int64_t *count = j->q->count;
    const double limit = j->config->quality.consistency;
    const int64_t rows = j->calendar->sum.rows, before = j->config->quality.not_before,
                  after = tc_quality_future(j->config);
    add_good(j, "consistency", "order_customer",
             count[TC_QUALITY_ORDERS] - count[TC_QUALITY_ORDERS_MIXED],
             count[TC_QUALITY_ORDERS], limit);
    add_good(j, "consistency", "amount_product",
             count[TC_QUALITY_PRODUCTS] - count[TC_QUALITY_PRODUCTS_DIFFER],
             count[TC_QUALITY_PRODUCTS], limit);
    add_good(j, "consistency", "not_before",
             before == TC_CONFIG_NONE ? 0 : tc_quality_rows_from(j->q, before),
             before == TC_CONFIG_NONE ? 0 : rows, limit);
    add_good(j, "consistency", "not_after",
             after == TC_CONFIG_NONE ? 0 : tc_quality_rows_before(j->q, after),
             after == TC_CONFIG_NONE ? 0 : rows, limit);
    add_good(j, "consistency", "return_sign",
             count[TC_QUALITY_CANCELLED] - count[TC_QUALITY_CANCELLED_POSITIVE],
             count[TC_QUALITY_CANCELLED], limit);
}

/* Days from the last row before the reference to it; infinite if all rows are later. */
static double freshness(const judge *j)
{
    const int64_t reference = tc_quality_reference(j->config);
    int64_t last = INT64_MIN, day = TC_QUALITY_FIRST_DAY;
    if (reference == TC_CONFIG_NONE) {
        return (double)NAN;
    }
    for (; tc_quality_next_day(j->q, &day) != NULL && day < reference; day++) {
        last = day;
    }
    return last == INT64_MIN ? (double)INFINITY : (double)(reference - last);
}

static void judge_time(judge *j)
{
    const tc_config_quality *limits = &j->config->quality;
    const tc_quality_calendar *c = j->calendar;
    add_number(j, "freshness_days", freshness(j), limits->freshness_days);
    add_number(j, "missing_months", c->days > 0 ? (double)c->missing : (double)NAN,
               limits->missing_months);
    add_number(j, "thin_months", c->days > 0 ? (double)c->thin : (double)NAN,
               limits->thin_months);
    add_number(j, "negative_lag_days",
               c->sum.negative_rows > 0 ? (double)(c->last_day - c->last_negative)
                                        : (double)NAN,
               limits->negative_lag_days);
}

static void judge_negative(judge *j)
{
    const tc_quality_day *sum = &j->calendar->sum;
    add_bad(j, "negative_share", "", sum->negative, sum->positive,
            j->config->quality.negative_share);
    if (sum->positive == 0 && sum->negative > 0) { /* nothing but negative amounts */
        j->n--;
        add(j, (tc_quality_gate){.name = "negative_share",
                                 .of = "",
                                 .header = "",
                                 .is_share = 1,
                                 .good = sum->negative,
                                 .value = (double)INFINITY,
                                 .limit = j->config->quality.negative_share});
    }
}

int tc_quality_judge(const tc_quality *q, const tc_quality_calendar *calendar,
                     const tc_config *config, tc_quality_gate *gate)
{
    judge j = {.q = q, .calendar = calendar, .config = config, .gate = gate};
    const tc_config_quality *limits = &config->quality;
    tc_quality_sizes sizes;
    tc_quality_measure_sizes(q, &sizes);
    judge_columns(&j);
    judge_consistency(&j);
    add_bad(&j, "duplicates", "", q->count[TC_QUALITY_DUPLICATES],
            q->count[TC_QUALITY_ROWS], limits->duplicates);
    add_bad(&j, "outliers", "", sizes.high_rows, sizes.rows, limits->outliers);
    add_bad(&j, "rejected", "", q->count[TC_QUALITY_REJECTED], q->count[TC_QUALITY_ROWS],
            limits->rejected);
    judge_time(&j);
    judge_negative(&j);
    return j.n;
}
