/* bench_rfm - how fast one core turns the events of customers into features at three dates.
 *
 *   bench_rfm [RUNS]
 *
 * 20,000 customers with up to 40 lines each go through the lanes RUNS (15) times; the least time of the scan
 * and of the features is printed, a customer and an event. */
#include "tiercel/catalogue.h"
#include "tiercel/date.h"
#include "tiercel/rfm.h"
#include "tiercel/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CUSTOMERS = 20000, LINES_MOST = 40, DAY = 20000, DAYS = 1000, HORIZON = 90 };

typedef struct {
    int64_t first[CUSTOMERS + 1];
    int64_t time[CUSTOMERS * LINES_MOST], amount[CUSTOMERS * LINES_MOST];
    uint64_t order[CUSTOMERS * LINES_MOST];
    uint8_t kind[CUSTOMERS * LINES_MOST];
    uint16_t channel[CUSTOMERS * LINES_MOST];
    uint32_t category[CUSTOMERS * LINES_MOST];
} table;

/* Mean of 10 lines a customer, two lines an order, one return in thirteen. */
static void fill(table *t)
{
    tc_rng rng = tc_rng_stream(1, 1, 0);
    int64_t n = 0;
    for (int c = 0; c < CUSTOMERS; c++) {
        const int64_t lines =
            1 + (int64_t)(tc_rng_below(&rng, LINES_MOST) * tc_rng_below(&rng, LINES_MOST)) /
                    LINES_MOST;
        int64_t time = (int64_t)(DAY - DAYS) * TC_DAY_SECONDS;
        uint64_t order = tc_rng_next(&rng);
        for (int64_t i = 0; i < lines; i++, n++) {
            if (tc_rng_below(&rng, 2) == 0) {
                order = tc_rng_next(&rng);
                time += (int64_t)tc_rng_below(
                    &rng, (uint64_t)(2 * DAYS * (int64_t)TC_DAY_SECONDS / lines));
            }
            t->time[n] = time;
            t->order[n] = order;
            t->kind[n] = tc_rng_below(&rng, 13) == 0;
            t->amount[n] =
                (int64_t)tc_rng_below(&rng, 1000000) * (t->kind[n] != 0 ? -1 : 1);
            t->channel[n] = (uint16_t)tc_rng_below(&rng, 5);
            t->category[n] = (uint32_t)tc_rng_below(&rng, 12);
        }
        t->first[c + 1] = n;
    }
}

static double now(void)
{
    struct timespec t = {0};
    (void)timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static tc_status run(const table *t, tc_rfm_scratch *s, void *const *column,
                     double spent[2], tc_error *err)
{
    spent[0] = spent[1] = 0.0;
    for (int64_t c = 0; c < CUSTOMERS; c += TC_RFM_LANES) {
        const double start = now();
        double middle;
        for (int i = 0; i < TC_RFM_LANES; i++) {
            const int64_t at = t->first[c + i];
            const tc_rfm_events events = {.time = t->time + at,
                                          .amount = t->amount + at,
                                          .order = t->order + at,
                                          .kind = t->kind + at,
                                          .channel = t->channel + at,
                                          .category = t->category + at,
                                          .n = t->first[c + i + 1] - at};
            TC_TRY(tc_rfm_add(s, &events, i, err));
        }
        middle = now();
        for (int d = 0; d < TC_RFM_DATES; d++) {
            tc_rfm_turn(s, d, TC_RFM_LANES, column, 0);
        }
        tc_rfm_next(s);
        spent[0] += middle - start;
        spent[1] += now() - middle;
    }
    return TC_OK;
}

static tc_status measure(const table *t, int runs, tc_rfm_scratch *s, double best[2],
                         tc_error *err)
{
    static double value[TC_N_FEATURES][TC_RFM_LANES];
    const int64_t day[TC_RFM_DATES] = {DAY - 2 * HORIZON, DAY - HORIZON, DAY};
    void *column[TC_N_FEATURES];
    double spent[2];
    best[0] = best[1] = 1e9;
    for (int f = 0; f < TC_N_FEATURES; f++) {
        column[f] = value[f];
    }
    TC_TRY(tc_rfm_dates(s, day, TC_RFM_DATES, err));
    for (int i = 0; i < runs; i++) {
        TC_TRY(run(t, s, column, spent, err));
        for (int k = 0; k < 2; k++) {
            best[k] = spent[k] < best[k] ? spent[k] : best[k];
        }
    }
    return TC_OK;
}

int main(int argc, char **argv)
{
    const tc_rfm_limits limits = {.day_first = DAY - DAYS,
                                  .day_last = DAY + DAYS,
                                  .n_channels = 5,
                                  .n_categories = 12};
    const int runs = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 15;
    tc_rfm_scratch *scratch = NULL;
    tc_error err = {0};
    double best[2] = {0};
    table *t = tc_mem_alloc(1, sizeof *t, &err);
    tc_status st = t == NULL ? TC_ENOMEM : tc_rfm_scratch_create(&limits, &scratch, &err);
    if (st == TC_OK) {
        fill(t);
        st = measure(t, runs, scratch, best, &err);
    }
    if (st != TC_OK) {
        (void)fprintf(stderr, "bench_rfm: %s\n", err.message);
    } else {
        (void)printf("%d customers, %.1f events each: scan %.1f ns, features %.1f ns a "
                     "customer; %.1f ns an event\n",
                     CUSTOMERS, (double)t->first[CUSTOMERS] / CUSTOMERS,
                     1e9 * best[0] / CUSTOMERS, 1e9 * best[1] / CUSTOMERS,
                     1e9 * (best[0] + best[1]) / (double)t->first[CUSTOMERS]);
    }
    tc_rfm_scratch_destroy(&scratch);
    tc_mem_free(t);
    return st != TC_OK;
}
