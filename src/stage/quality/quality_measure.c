/* quality_measure.c - months, gaps and sizes of amounts from the counters. Pure. */
#include "tiercel/quality.h"

#include "tiercel/date.h"
#include "tiercel/mem.h"

enum { AROUND = 2, DOUBLING = 16, FENCE = 3 };

int64_t tc_quality_step_low(int step)
{
    if (step < 16) {
        return step;
    }
    const int top = step / 16 + 3;
    return top >= 63 ? INT64_MAX : (int64_t)(16 + step % 16) << (top - 4);
}

static int64_t first_of_month(int64_t month)
{
    return tc_date_to_days(
        (tc_date){.year = month / 12, .month = (int)(month % 12) + 1, .day = 1});
}

static void add_day(tc_quality_day *sum, const tc_quality_day *day)
{
    sum->rows += day->rows;
    sum->negative_rows += day->negative_rows;
    sum->positive = tc_quality_add(sum->positive, day->positive);
    sum->negative = tc_quality_add(sum->negative, day->negative);
}

/* One pass over the days: totals, first and last, the longest gap. */
static void scan_days(const tc_quality *q, tc_quality_calendar *c)
{
    int64_t day = TC_QUALITY_FIRST_DAY;
    const tc_quality_day *at;
    c->first_day = c->first_negative = INT64_MAX;
    c->last_day = c->last_negative = INT64_MIN;
    for (; (at = tc_quality_next_day(q, &day)) != NULL; day++) {
        if (c->days > 0 && day - c->last_day - 1 > c->longest_gap) {
            c->longest_gap = day - c->last_day - 1;
            c->gap_from = c->last_day + 1;
        }
        if (c->days++ == 0) {
            c->first_day = day;
        }
        c->last_day = day;
        if (at->negative_rows > 0) {
            c->first_negative = c->first_negative == INT64_MAX ? day : c->first_negative;
            c->last_negative = day;
        }
        add_day(&c->sum, at);
    }
}

static void fill_months(const tc_quality *q, tc_quality_calendar *c)
{
    const int64_t first = tc_date_month_of_day(c->first_day);
    int64_t day = c->first_day;
    const tc_quality_day *at;
    for (int64_t m = 0; m < c->n_months; m++) {
        const int64_t begin = first_of_month(first + m),
                      end = first_of_month(first + m + 1);
        c->month[m].month = first + m;
        c->month[m].covered = (int)((end <= c->last_day ? end : c->last_day + 1) -
                                    (begin < c->first_day ? c->first_day : begin));
    }
    for (; (at = tc_quality_next_day(q, &day)) != NULL; day++) {
        tc_quality_month *month = &c->month[tc_date_month_of_day(day) - first];
        month->days++;
        add_day(&month->sum, at);
    }
}

static double rate(const tc_quality_month *month)
{
    return (double)month->sum.rows / month->covered;
}

/* Median rate of up to two months before and two after; 0 if there is none. */
static double rate_around(const tc_quality_calendar *c, int64_t m)
{
    double near[2 * AROUND];
    int n = 0;
    for (int64_t i = m - AROUND; i <= m + AROUND; i++) {
        if (i >= 0 && i < c->n_months && i != m) {
            const double value = rate(&c->month[i]);
            int at = n++;
            for (; at > 0 && near[at - 1] > value; at--) {
                near[at] = near[at - 1];
            }
            near[at] = value;
        }
    }
    return n == 0 ? 0 : (near[(n - 1) / 2] + near[n / 2]) / 2;
}

static void find_holes(double thin_month, tc_quality_calendar *c)
{
    for (int64_t m = 0; m < c->n_months; m++) {
        tc_quality_month *month = &c->month[m];
        if (month->sum.rows == 0) {
            c->missing++;
        } else if (rate(month) < thin_month * rate_around(c, m)) {
            month->thin = 1;
            c->thin++;
        }
    }
}

tc_status tc_quality_calendar_create(const tc_quality *q, double thin_month,
                                     tc_quality_calendar *out, tc_error *err)
{
    *out = (tc_quality_calendar){0};
    scan_days(q, out);
    if (out->days > 0) {
        out->n_months =
            tc_date_month_of_day(out->last_day) - tc_date_month_of_day(out->first_day) + 1;
    }
    out->month = tc_mem_alloc(out->n_months, sizeof *out->month, err);
    if (out->month == NULL) {
        return TC_ENOMEM;
    }
    if (out->days > 0) {
        fill_months(q, out);
        find_holes(thin_month, out);
    }
    return TC_OK;
}

void tc_quality_calendar_free(tc_quality_calendar *calendar)
{
    tc_mem_free(calendar->month);
    calendar->month = NULL;
}

int64_t tc_quality_rows_from(const tc_quality *q, int64_t day)
{
    int64_t rows = 0;
    const tc_quality_day *at;
    for (; (at = tc_quality_next_day(q, &day)) != NULL; day++) {
        rows += at->rows;
    }
    return rows;
}

int64_t tc_quality_rows_before(const tc_quality *q, int64_t day)
{
    return tc_quality_rows_from(q, TC_QUALITY_FIRST_DAY) - tc_quality_rows_from(q, day);
}

/* Step of the amount of rank `wanted` (from 1) among those other than 0. */
static int step_of_rank(const tc_quality *q, int64_t wanted)
{
    int64_t seen = 0;
    int step = 0;
    while (seen < wanted && step + 1 < TC_QUALITY_STEPS) {
        seen += q->step_rows[++step];
    }
    return step;
}

void tc_quality_measure_sizes(const tc_quality *q, tc_quality_sizes *out)
{
    *out = (tc_quality_sizes){.zero_rows = q->step_rows[0]};
    for (int i = 1; i < TC_QUALITY_STEPS; i++) {
        out->rows += q->step_rows[i];
    }
    for (int i = 0; i < 3; i++) {
        out->quartile[i] =
            step_of_rank(q, out->rows / 4 * (i + 1) + (out->rows % 4 * (i + 1) + 3) / 4);
    }
    const int range = out->quartile[2] - out->quartile[0];
    const int reach = FENCE * (range > DOUBLING ? range : DOUBLING);
    out->high = out->quartile[2] + reach;
    out->low = out->quartile[0] - reach;
    for (int i = 1; i < TC_QUALITY_STEPS; i++) {
        out->high_rows += i > out->high ? q->step_rows[i] : 0;
        out->low_rows += i < out->low ? q->step_rows[i] : 0;
    }
}
