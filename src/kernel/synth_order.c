#include "synth_impl.h"

#include "tiercel/date.h"

#include <gsl/gsl_randist.h>
#include <math.h>

static const char *const channel_name[TC_SYNTH_CHANNELS] = {"web", "store", "app"};

/* Name and usual unit price in cents. */
static const struct {
    const char *name;
    double price;
} categories[TC_SYNTH_CATEGORIES] = {
    {"audio", 8900},   {"bags", 4900},    {"camera", 19900}, {"grocery", 290},
    {"drinks", 390},   {"bakery", 240},   {"care", 590},     {"furniture", 14900},
    {"lamps", 5900},   {"carpets", 9900}, {"office", 890},   {"paper", 450},
    {"tools", 2900},   {"games", 3900},   {"music", 1290},   {"books", 1490},
    {"clothes", 2490}, {"shoes", 5490},   {"garden", 1790},  {"toys", 1990}};

enum { FAVOURITES = 5, MOST_QUANTITY = 99999, MOST_CENTS = 100000000, CENT = 100 };

const char *tc_synth_channel(int channel)
{
    return channel_name[channel];
}

const char *tc_synth_category(int category)
{
    return categories[category].name;
}

static int64_t amount_of(const tc_synth_row *row)
{
    return (int64_t)row->quantity * row->unit_price * CENT;
}

static int is_valid(int dirt)
{
    return dirt == TC_DIRT_NONE || dirt == TC_DIRT_DUPLICATE || dirt == TC_DIRT_NEWLINE;
}

/* One row has at most one kind of dirt. Draws one number a row, so the rates do not move the rest. */
static uint8_t draw_dirt(tc_synth_maker *maker)
{
    const double *rate = maker->world->params.dirt;
    const double u = tc_rng_uniform(&maker->dirt.stream);
    double sum = 0.0;
    for (int kind = 1; kind < TC_DIRT_KINDS; kind++) {
        sum += rate[kind];
        if (u < sum) {
            return (uint8_t)kind;
        }
    }
    return TC_DIRT_NONE;
}

static tc_status put_row(tc_synth_maker *maker, tc_synth_row row, tc_error *err)
{
    tc_synth_facts *facts = maker->facts;
    const int64_t amount = amount_of(&row);
    row.dirt = draw_dirt(maker);
    facts->dirt_rows[row.dirt]++;
    facts->dirt_amount[row.dirt] += amount;
    if (is_valid(row.dirt)) {
        facts->first_time =
            facts->rows == 0 || row.time < facts->first_time ? row.time : facts->first_time;
        facts->last_time =
            facts->rows == 0 || row.time > facts->last_time ? row.time : facts->last_time;
        facts->rows++;
        facts->net_amount += amount;
        facts->gross_amount += amount > 0 ? amount : 0;
    }
    return tc_buffer_append(maker->rows, &row, (int64_t)sizeof row, err);
}

static int draw_category(tc_synth_maker *maker, unsigned *taken)
{
    tc_rng *rng = &maker->baskets.stream;
    const int wide = tc_rng_uniform(rng) >= maker->segment->focus;
    int category = wide ? (int)tc_rng_below(rng, TC_SYNTH_CATEGORIES)
                        : maker->segment->favourite + (int)tc_rng_below(rng, FAVOURITES);
    category %= TC_SYNTH_CATEGORIES;
    while ((*taken >> category & 1u) != 0) {
        category = (category + 1) % TC_SYNTH_CATEGORIES;
    }
    *taken |= 1u << category;
    return category;
}

/* A line of about so many cents, as a whole quantity at a price near the category's usual one. */
static void fill_line(tc_synth_maker *maker, double cents, tc_synth_row *row)
{
    const double usual = categories[row->category].price *
                         (0.6 + 0.8 * tc_rng_uniform(&maker->baskets.stream));
    const double quantity = fmin(fmax(floor(cents / usual + 0.5), 1.0), MOST_QUANTITY);
    row->quantity = (int32_t)quantity;
    row->unit_price = (int32_t)fmax(floor(cents / quantity + 0.5), 1.0);
}

/* Lines of one order have different categories, so no two genuine rows are equal and every exact
 * duplicate in the file is a planted one. */
static int draw_lines(tc_synth_maker *maker, int64_t time,
                      tc_synth_row line[TC_SYNTH_LINES])
{
    gsl_rng *g = &maker->baskets.gsl;
    const tc_synth_segment *seg = maker->segment;
    const double value = gsl_ran_gamma(g, seg->basket_p, 1.0 / maker->value_rate);
    const double cents = fmin(fmax(value * CENT, 1.0), MOST_CENTS);
    const int channel = tc_synth_pick(seg->channel, sizeof seg->channel[0],
                                      TC_SYNTH_CHANNELS, gsl_rng_uniform_pos(g));
    const int one = gsl_rng_uniform_pos(g) < seg->single_line;
    const int n =
        one ? 1 : 2 + (int)tc_rng_below(&maker->baskets.stream, TC_SYNTH_LINES - 1);
    double weight[TC_SYNTH_LINES] = {0};
    double sum = 0.0;
    unsigned taken = 0;
    for (int i = 0; i < n; i++) {
        weight[i] = 0.3 + gsl_rng_uniform_pos(g);
        sum += weight[i];
    }
    for (int i = 0; i < n; i++) {
        line[i] = (tc_synth_row){.time = time,
                                 .customer = maker->index,
                                 .order = maker->n_orders,
                                 .channel = (uint8_t)channel,
                                 .category = (uint8_t)draw_category(maker, &taken)};
        fill_line(maker, cents * weight[i] / sum, &line[i]);
    }
    return n;
}

/* One line comes back within 30 days, all of it or a part. The store books it under a plain order id
 * with a negative quantity, the others put a C before the id. */
static tc_status put_return(tc_synth_maker *maker, const tc_synth_row *line, tc_error *err)
{
    tc_rng *rng = &maker->baskets.stream;
    const int64_t end =
        (maker->world->params.start_day + maker->world->params.days) * TC_DAY_SECONDS;
    tc_synth_row row = *line;
    const int whole = tc_rng_uniform(rng) < 0.5;
    const int32_t part = 1 + (int32_t)tc_rng_below(rng, (uint64_t)line->quantity);
    row.time += (1 + (int64_t)tc_rng_below(rng, 30)) * TC_DAY_SECONDS +
                (int64_t)tc_rng_below(rng, 3600) - 1800;
    row.quantity = whole ? -line->quantity : -part;
    row.prefix = row.channel != 1;
    if (row.time >= end) {
        return TC_OK;
    }
    maker->n_orders++;
    row.order = maker->n_orders;
    return put_row(maker, row, err);
}

tc_status tc_synth_order(tc_synth_maker *maker, int64_t time, tc_error *err)
{
    tc_rng *rng = &maker->baskets.stream;
    tc_synth_row line[TC_SYNTH_LINES];
    const int64_t rows_before = maker->facts->rows;
    int n;
    maker->n_orders++;
    n = draw_lines(maker, time, line);
    for (int i = 0; i < n; i++) {
        TC_TRY(put_row(maker, line[i], err));
    }
    maker->facts->orders += maker->facts->rows > rows_before;
    if (tc_rng_uniform(rng) < maker->segment->return_share) {
        return put_return(maker, &line[tc_rng_below(rng, (uint64_t)n)], err);
    }
    return TC_OK;
}
