#include "synth_impl.h"

#include "tiercel/date.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stddef.h>

static unsigned long random_get(void *state)
{
    return (unsigned long)(tc_rng_next(state) >> 32);
}

static double random_uniform(void *state)
{
    return tc_rng_uniform(state);
}

static void random_set(void *state, unsigned long seed)
{
    *(tc_rng *)state = tc_rng_stream(seed, 0, 0);
}

static const gsl_rng_type random_type = {.name = "tiercel",
                                         .max = 0xFFFFFFFFu,
                                         .min = 0,
                                         .size = sizeof(tc_rng),
                                         .set = random_set,
                                         .get = random_get,
                                         .get_double = random_uniform};

void tc_synth_random_start(tc_synth_random *random, uint64_t seed, uint64_t purpose,
                           uint64_t item)
{
    random->stream = tc_rng_stream(seed, purpose, item);
    random->gsl = (gsl_rng){.type = &random_type, .state = &random->stream};
}

int tc_synth_pick(const double *share, size_t stride, int n, double u)
{
    double sum = 0.0;
    for (int i = 0; i < n - 1; i++) {
        sum += *(const double *)(const void *)((const char *)share + (size_t)i * stride);
        if (u < sum) {
            return i;
        }
    }
    return n - 1;
}

/* Most orders that anybody may expect in one log: order numbers keep four digits. */
static const double most_orders = 3000.0;

static void draw_customer(tc_synth_maker *maker, double *join)
{
    const tc_synth_params *p = &maker->world->params;
    const tc_synth_segment *table = tc_synth_segment_table();
    tc_synth_facts *facts = maker->facts;
    gsl_rng *g = &maker->times.gsl;
    const tc_synth_segment *seg;
    double rate, part;
    facts->segment = tc_synth_pick(&table[0].share, sizeof *table, TC_SYNTH_SEGMENTS,
                                   gsl_rng_uniform_pos(g));
    seg = &table[facts->segment];
    maker->segment = seg;
    rate = gsl_ran_gamma(g, seg->rate_shape, seg->orders_a_year / seg->rate_shape) *
           maker->world->rate_scale;
    facts->rate = fmin(rate, most_orders / (double)p->days);
    facts->leave = seg->leave_b > 0.0 ? gsl_ran_beta(g, seg->leave_a, seg->leave_b) : 1.0;
    part = seg->join_from + (seg->join_to - seg->join_from) * gsl_rng_uniform_pos(g);
    *join = (double)(p->start_day - maker->world->day0) +
            fmin((double)p->days * part, (double)p->days - 0.001);
    /* Scale 1/v with v = mean (q - 1) / p, so that E[p / nu] is the mean basket. */
    maker->value_rate = gsl_ran_gamma(
        g, seg->basket_q, seg->basket_p / (seg->basket * (seg->basket_q - 1.0)));
    facts->mean_basket = seg->basket_p / maker->value_rate;
}

enum { OPENING = 8 * 3600, OPEN_SECONDS = 14 * 3600 };

/* The shop is open from 8 to 22, most sales are in the middle of the day: the part of the day through the
 * inverse of a triangular distribution. It rises, so purchases keep their order. */
static int64_t time_of(const tc_synth_world *world, double t)
{
    const double day = floor(t);
    const double u = t - day;
    const double part = u < 0.5 ? sqrt(u / 2.0) : 1.0 - sqrt((1.0 - u) / 2.0);
    return (world->day0 + (int64_t)day) * TC_DAY_SECONDS + OPENING +
           (int64_t)(part * OPEN_SECONDS);
}

/* Next purchase after t by thinning (Lewis and Shedler 1979). The rate never rises but by the season, so
 * the bound follows the fading. */
static double next_purchase(tc_synth_maker *maker, double join, double t, double end)
{
    gsl_rng *g = &maker->times.gsl;
    const double fade = maker->segment->fade_days;
    const double top = maker->facts->rate * TC_SYNTH_SEASON_TOP;
    while (t < end) {
        const double before = fade > 0.0 ? exp((join - t) / fade) : 1.0;
        double keep;
        t += gsl_ran_exponential(g, 1.0) / (top * before);
        if (t >= end) {
            break;
        }
        keep = maker->world->season[(int64_t)t] / TC_SYNTH_SEASON_TOP;
        if (fade > 0.0) {
            keep *= exp((join - t) / fade) / before;
        }
        if (gsl_rng_uniform_pos(g) < keep) {
            return t;
        }
    }
    return end;
}

/* From the rates, the time of the last purchase before the cut, and whether he left after it. */
static void churn_truth(tc_synth_maker *maker, int cut, double join, double last, int left)
{
    const tc_synth_world *world = maker->world;
    tc_synth_facts *facts = maker->facts;
    const double from = (double)(world->cut_day[cut] - world->day0);
    const double to = from + (double)world->params.horizon_days;
    double quiet, seen, alive;
    if (join >= from) {
        facts->no_purchase[cut] = (double)NAN;
        facts->no_purchase_seen[cut] = (double)NAN;
        return;
    }
    quiet = exp(-facts->rate * tc_synth_exposure(world, facts->segment, join, from, to));
    seen = (1.0 - facts->leave) *
           exp(-facts->rate * tc_synth_exposure(world, facts->segment, join, last, from));
    alive = seen / (facts->leave + seen);
    facts->no_purchase[cut] = left ? 1.0 : quiet;
    facts->no_purchase_seen[cut] = 1.0 - alive * (1.0 - quiet);
}

static tc_status live(tc_synth_maker *maker, double join, tc_error *err)
{
    const tc_synth_world *world = maker->world;
    const tc_synth_params *p = &world->params;
    const double start = (double)(p->start_day - world->day0);
    const double end = start + (double)p->days;
    tc_synth_facts *facts = maker->facts;
    double t = join;
    int cut = 0;
    while (t < end) {
        const int64_t time = time_of(world, t);
        const int leaves = gsl_rng_uniform_pos(&maker->times.gsl) < facts->leave;
        double next = end;
        if (t == join) {
            facts->join_time = time;
        }
        if (t >= start) {
            TC_TRY(tc_synth_order(maker, time, err));
        }
        if (leaves) {
            facts->left_time = time;
        } else {
            next = next_purchase(maker, join, t, end);
        }
        for (; cut < TC_SYNTH_CUTS && (double)(world->cut_day[cut] - world->day0) <= next;
             cut++) {
            churn_truth(maker, cut, join, t, leaves);
        }
        t = next;
    }
    return TC_OK;
}

tc_status tc_synth_customer(const tc_synth_world *world, int64_t number, uint32_t index,
                            tc_buffer *rows, tc_synth_facts *facts, tc_error *err)
{
    const uint64_t seed = (uint64_t)world->params.seed;
    const uint64_t item = (uint64_t)number;
    tc_synth_maker maker = {.world = world, .index = index, .rows = rows, .facts = facts};
    double join = 0.0;
    *facts = (tc_synth_facts){0};
    tc_synth_random_start(&maker.times, seed, TC_SYNTH_STREAM_TIMES, item);
    tc_synth_random_start(&maker.baskets, seed, TC_SYNTH_STREAM_BASKETS, item);
    tc_synth_random_start(&maker.dirt, seed, TC_SYNTH_STREAM_DIRT, item);
    draw_customer(&maker, &join);
    return live(&maker, join, err);
}
