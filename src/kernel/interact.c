#include "tiercel/interact.h"

#include "tiercel/date.h"
#include "tiercel/wide.h"

#include <math.h>
#include <string.h>

static const tc_feature_def CATALOGUE[TC_N_INTERACT] = {
#define X(name, unit, missing, formula, description)                                       \
    {#name, unit, 0, TC_MISSING_##missing, formula, description},
    TC_INTERACT_LIST(X)
#undef X
};

const tc_feature_def *tc_interact_catalogue(int *n)
{
    *n = TC_N_INTERACT;
    return CATALOGUE;
}

int tc_interact_find(const char *name)
{
    for (int i = 0; i < TC_N_INTERACT; i++) {
        if (strcmp(CATALOGUE[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static const char INTRODUCTION[] =
    "\n## Interactions\n\n"
    "Functions of the interactions of one customer before the as-of date D, and of the day "
    "of the signup.\nThey are there if `interactions.files` (or for days_since_signup "
    "`customers.columns.signup`) is set. Counts\nover nothing are 0, also for a customer "
    "who is in no row of the interactions; what has no meaning is missing.\n\n"
    "| feature | unit | stored as | formula | missing in models | meaning |\n"
    "|---|---|---|---|---|---|\n";

static const char USER_FEATURES[] =
    "\n## User features\n\n"
    "Columns of the customers table and of the wide table stand in `user/<name>`. They are "
    "as given, not as of a\ndate: the same at every date, so a column that was filled in "
    "later tells a model of the past what came after.\nA model names them `user.<name>` "
    "(numbers; the median stands for a missing value) or `user.<name>=<level>`\n(1 for the "
    "customers of that level, 0 for all others).\n";

tc_status tc_interact_document(tc_buffer *markdown, tc_error *err)
{
    TC_TRY(
        tc_buffer_append(markdown, INTRODUCTION, (int64_t)(sizeof INTRODUCTION - 1), err));
    for (int i = 0; i < TC_N_INTERACT; i++) {
        const tc_feature_def *f = &CATALOGUE[i];
        TC_TRY(tc_buffer_print(
            markdown, err, "| `%s` | %s | float32 | %s | %s | %s |\n", f->name, f->unit,
            f->formula, f->missing == TC_MISSING_ZERO ? "zero" : "median", f->description));
    }
    return tc_buffer_append(markdown, USER_FEATURES, (int64_t)(sizeof USER_FEATURES - 1),
                            err);
}

/* First interaction at or after a time. */
static int64_t lower_bound(const tc_interact_events *e, int64_t time)
{
    int64_t low = 0, high = e->n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (e->time[middle] < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Sum and number of what is there. */
typedef struct {
    tc_i128 sum; /* of any number of values below 2^50 */
    int64_t n;
} mean;

static void mean_add(mean *m, int64_t value)
{
    if (value != TC_INTERACT_MISSING) {
        m->sum += value;
        m->n++;
    }
}

static double mean_of(const mean *m)
{
    return m->n > 0 ? (double)m->sum / ((double)m->n * TC_INTERACT_ONE) : (double)NAN;
}

/* Day of the last interaction of a kind before row `end`, and its value; -1 if there is none. */
static int64_t last_of(const tc_interact_events *e, int64_t end, tc_touch_kind kind)
{
    int64_t i = end - 1;
    while (i >= 0 && e->kind[i] != kind) {
        i--;
    }
    return i;
}

static void at_date(const tc_interact_events *e, int64_t day, double *out)
{
    const int64_t end = lower_bound(e, day * TC_DAY_SECONDS);
    const int64_t from365 = lower_bound(e, (day - 365) * TC_DAY_SECONDS);
    const int64_t from180 = lower_bound(e, (day - 180) * TC_DAY_SECONDS);
    const int64_t from90 = lower_bound(e, (day - 90) * TC_DAY_SECONDS);
    const int64_t login = last_of(e, end, TC_TOUCH_LOGIN);
    const int64_t nps = last_of(e, end, TC_TOUCH_NPS);
    int64_t count[TC_N_TOUCHES] = {0};
    mean satisfaction = {0}, response = {0};
    for (int64_t i = from365; i < end; i++) {
        count[e->kind[i]] += i >= from90;
        mean_add(&response, e->response[i]);
        if (e->kind[i] == TC_TOUCH_SURVEY) {
            mean_add(&satisfaction, e->value[i]);
        }
    }
    out[TC_INTERACT_days_since_login] =
        login < 0 ? (double)NAN : (double)(day - tc_date_day_of(e->time[login]));
    out[TC_INTERACT_visits_90d] = (double)count[TC_TOUCH_VISIT];
    out[TC_INTERACT_complaints_90d] = (double)count[TC_TOUCH_COMPLAINT];
    out[TC_INTERACT_tickets_90d] = (double)count[TC_TOUCH_TICKET];
    out[TC_INTERACT_mean_satisfaction] = mean_of(&satisfaction);
    out[TC_INTERACT_last_nps] =
        nps < 0 ? (double)NAN : (double)e->value[nps] / TC_INTERACT_ONE;
    out[TC_INTERACT_mean_response_hours] = mean_of(&response);
    out[TC_INTERACT_interaction_trend] =
        from90 > from180 ? (double)(end - from90) / (double)(from90 - from180)
                         : (double)NAN;
}

void tc_interact_customer(const tc_interact_events *events, int32_t signup,
                          const int64_t *day, int n_days, double *out)
{
    for (int d = 0; d < n_days; d++, out += TC_N_INTERACT) {
        at_date(events, day[d], out);
        out[TC_INTERACT_days_since_signup] =
            signup == TC_INTERACT_NO_DAY || signup >= day[d] ? (double)NAN
                                                             : (double)(day[d] - signup);
    }
}
