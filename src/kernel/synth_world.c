#include "synth_impl.h"

#include "tiercel/date.h"

#include <math.h>
#include <string.h>

/* The planted world. Two segments buy often, one of them little money; two buy seldom and much; one is
 * young and one is losing interest. */
static const tc_synth_segment segments[TC_SYNTH_SEGMENTS] = {
    {.name = "champions",
     .share = 0.08,
     .orders_a_year = 9.0,
     .rate_shape = 8.0,
     .leave_a = 1.0,
     .leave_b = 60.0,
     .basket = 160.0,
     .basket_p = 6.0,
     .basket_q = 12.0,
     .join_from = -0.5,
     .join_to = 0.7,
     .return_share = 0.08,
     .single_line = 0.4,
     .channel = {0.5, 0.2, 0.3},
     .favourite = 0,
     .focus = 0.5},
    {.name = "loyal_small",
     .share = 0.16,
     .orders_a_year = 6.5,
     .rate_shape = 8.0,
     .leave_a = 1.0,
     .leave_b = 40.0,
     .basket = 17.0,
     .basket_p = 6.0,
     .basket_q = 12.0,
     .join_from = -0.5,
     .join_to = 0.7,
     .return_share = 0.03,
     .single_line = 0.5,
     .channel = {0.2, 0.7, 0.1},
     .favourite = 3,
     .focus = 0.6},
    {.name = "big_basket",
     .share = 0.16,
     .orders_a_year = 1.8,
     .rate_shape = 6.0,
     .leave_a = 1.0,
     .leave_b = 12.0,
     .basket = 280.0,
     .basket_p = 5.0,
     .basket_q = 10.0,
     .join_from = -0.4,
     .join_to = 0.8,
     .return_share = 0.12,
     .single_line = 0.2,
     .channel = {0.7, 0.25, 0.05},
     .favourite = 7,
     .focus = 0.5},
    {.name = "bulk_once",
     .share = 0.05,
     .orders_a_year = 1.0,
     .rate_shape = 4.0,
     .leave_a = 1.0,
     .leave_b = 0.0,
     .basket = 2500.0,
     .basket_p = 4.0,
     .basket_q = 6.0,
     .join_from = 0.0,
     .join_to = 0.95,
     .return_share = 0.04,
     .single_line = 0.1,
     .channel = {0.9, 0.1, 0.0},
     .favourite = 10,
     .focus = 0.8},
    {.name = "new",
     .share = 0.22,
     .orders_a_year = 6.0,
     .rate_shape = 3.0,
     .leave_a = 1.0,
     .leave_b = 8.0,
     .basket = 45.0,
     .basket_p = 4.0,
     .basket_q = 8.0,
     .join_from = 0.85,
     .join_to = 0.97,
     .return_share = 0.06,
     .single_line = 0.5,
     .channel = {0.3, 0.1, 0.6},
     .favourite = 13,
     .focus = 0.5},
    {.name = "fading",
     .share = 0.33,
     .orders_a_year = 11.0,
     .rate_shape = 6.0,
     .leave_a = 1.0,
     .leave_b = 14.0,
     .basket = 50.0,
     .basket_p = 5.0,
     .basket_q = 10.0,
     .join_from = 0.0,
     .join_to = 0.6,
     .fade_days = 100.0,
     .return_share = 0.06,
     .single_line = 0.4,
     .channel = {0.5, 0.4, 0.1},
     .favourite = 16,
     .focus = 0.4},
};

/* Monthly factors with mean 1: a quiet summer, a strong end of the year. */
static const double season_of_month[TC_SYNTH_SEASON_MONTHS] = {
    0.85, 0.80, 0.90, 0.95, 1.00, 1.00, 0.90, 0.85, 1.00, 1.05, 1.25, TC_SYNTH_SEASON_TOP};

/* Orders a customer that the table above makes in a log of 730 days, measured on 1,000,000. */
static const double table_mean_orders = 4.6;

const tc_synth_segment *tc_synth_segment_table(void)
{
    return segments;
}

tc_synth_params tc_synth_params_default(void)
{
    return (tc_synth_params){.seed = 1,
                             .customers = 1000000,
                             .start_day = tc_date_to_days((tc_date){2024, 1, 1}),
                             .days = 730,
                             .horizon_days = 90,
                             .mean_orders = table_mean_orders};
}

static tc_status check_dirt(const tc_synth_params *p, tc_error *err)
{
    double sum = 0.0;
    for (int kind = 1; kind < TC_DIRT_KINDS; kind++) {
        if (!(p->dirt[kind] >= 0.0 && p->dirt[kind] <= 1.0)) {
            return tc_fail(err, TC_EUSAGE, "synth: a dirt rate must lie between 0 and 1");
        }
        sum += p->dirt[kind];
    }
    if (sum > 1.0) {
        return tc_fail(err, TC_EUSAGE,
                       "synth: the dirt rates sum to %g; at most 1 is possible", sum);
    }
    return TC_OK;
}

static tc_status check(const tc_synth_params *p, tc_error *err)
{
    if (p->customers < 100 || p->customers > 1000000000) {
        return tc_fail(err, TC_EUSAGE,
                       "synth: --customers is %lld; allowed are 100 to 1,000,000,000",
                       (long long)p->customers);
    }
    if (p->seed < 0) {
        return tc_fail(err, TC_EUSAGE, "synth: --seed must not be negative");
    }
    if (p->days < 30 || p->days > 36500) {
        return tc_fail(err, TC_EUSAGE, "synth: --days is %lld; allowed are 30 to 36,500",
                       (long long)p->days);
    }
    if (p->horizon_days < 1 || p->horizon_days > p->days / 3) {
        return tc_fail(err, TC_EUSAGE,
                       "synth: --horizon is %lld; allowed are 1 to %lld, a third of --days",
                       (long long)p->horizon_days, (long long)(p->days / 3));
    }
    if (p->start_day < tc_date_to_days((tc_date){1900, 1, 1}) ||
        p->start_day > tc_date_to_days((tc_date){2999, 12, 31})) {
        return tc_fail(err, TC_EUSAGE, "synth: --start must lie in the years 1900 to 2999");
    }
    if (!(p->mean_orders >= 0.1 && p->mean_orders <= 100.0)) {
        return tc_fail(err, TC_EUSAGE, "synth: --mean-orders is %g; allowed are 0.1 to 100",
                       p->mean_orders);
    }
    return check_dirt(p, err);
}

static void fill_season(tc_synth_world *world)
{
    for (int64_t day = 0; day < world->n_days; day++) {
        world->season[day] =
            season_of_month[tc_date_from_days(world->day0 + day).month - 1];
    }
}

/* Summed from the end, so that differences keep their digits where the rate has faded to nothing.
 * Inside a day the rate falls too: the integral of exp(-t/f) over [0, 1) is f (1 - exp(-1/f)). */
static void fill_exposure(tc_synth_world *world)
{
    for (int s = 0; s < TC_SYNTH_SEGMENTS; s++) {
        const double fade = segments[s].fade_days;
        const double inside = fade > 0.0 ? -fade * expm1(-1.0 / fade) : 1.0;
        double *sum = world->exposure + s * (world->n_days + 1);
        sum[world->n_days] = 0.0;
        for (int64_t day = world->n_days - 1; day >= 0; day--) {
            const double left = fade > 0.0 ? exp(-(double)day / fade) : 1.0;
            sum[day] = sum[day + 1] + world->season[day] * left * inside;
        }
    }
}

tc_status tc_synth_world_create(const tc_synth_params *params, tc_synth_world *out,
                                tc_error *err)
{
    const tc_synth_params *p = params;
    const int64_t end = p->start_day + p->days;
    tc_synth_world world = {.params = *p};
    *out = (tc_synth_world){0};
    TC_TRY(check(p, err));
    world.day0 = p->start_day - (int64_t)((double)p->days * TC_SYNTH_JOIN_EARLIEST) - 1;
    world.n_days = end + p->horizon_days - world.day0;
    world.rate_scale = p->mean_orders / table_mean_orders / 365.25;
    for (int cut = 0; cut < TC_SYNTH_CUTS; cut++) {
        world.cut_day[cut] = end - (TC_SYNTH_CUTS - 1 - cut) * p->horizon_days;
    }
    world.season = tc_mem_alloc(world.n_days, sizeof *world.season, err);
    world.exposure =
        tc_mem_alloc(TC_SYNTH_SEGMENTS * (world.n_days + 1), sizeof *world.exposure, err);
    if (world.season == NULL || world.exposure == NULL) {
        tc_synth_world_free(&world);
        return TC_ENOMEM;
    }
    fill_season(&world);
    fill_exposure(&world);
    *out = world;
    return TC_OK;
}

void tc_synth_world_free(tc_synth_world *world)
{
    tc_mem_free(world->season);
    tc_mem_free(world->exposure);
    *world = (tc_synth_world){0};
}

/* The table holds whole days; a day's own part is cut by the fading inside it. */
static double exposure_at(const tc_synth_world *world, int segment, double t)
{
    const double fade = segments[segment].fade_days;
    const double *sum = world->exposure + segment * (world->n_days + 1);
    const int64_t day = t < (double)world->n_days ? (int64_t)t : world->n_days - 1;
    const double part = t - (double)day;
    const double whole = fade > 0.0 ? expm1(-part / fade) / expm1(-1.0 / fade) : part;
    return sum[day + 1] + (sum[day] - sum[day + 1]) * (1.0 - whole);
}

double tc_synth_exposure(const tc_synth_world *world, int segment, double join, double t0,
                         double t1)
{
    const double fade = segments[segment].fade_days;
    const double since = fade > 0.0 ? exp(join / fade) : 1.0;
    return since * (exposure_at(world, segment, t0) - exposure_at(world, segment, t1));
}

int64_t tc_synth_block_customers(int64_t customers)
{
    const int64_t n = customers / 16;
    return n < 64 ? 64 : n > 4096 ? 4096 : n;
}

int64_t tc_synth_blocks(int64_t customers)
{
    const int64_t n = tc_synth_block_customers(customers);
    return (customers + n - 1) / n;
}
