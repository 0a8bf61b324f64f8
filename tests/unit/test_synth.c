/* The synthetic base: purity, facts against rows, dirt, and the planted chances against what happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tiercel/date.h"
#include "tiercel/synth.h"

#include <math.h>
#include <string.h>

static tc_synth_params small(void)
{
    tc_synth_params p = tc_synth_params_default();
    p.customers = 6000;
    return p;
}

static tc_synth_params dirty(void)
{
    tc_synth_params p = small();
    for (int kind = 1; kind < TC_DIRT_KINDS; kind++) {
        p.dirt[kind] = 0.02 * kind;
    }
    return p;
}

static tc_synth_world make(const tc_synth_params *p)
{
    tc_synth_world world;
    tc_error err = {0};
    assert_int_equal(tc_synth_world_create(p, &world, &err), TC_OK);
    return world;
}

static const tc_synth_row *rows_of(const tc_buffer *rows, int64_t *n)
{
    *n = rows->size / (int64_t)sizeof(tc_synth_row);
    return (const tc_synth_row *)(const void *)rows->data;
}

static int is_valid(const tc_synth_row *row)
{
    return row->dirt == TC_DIRT_NONE || row->dirt == TC_DIRT_DUPLICATE ||
           row->dirt == TC_DIRT_NEWLINE;
}

static void test_refuses_impossible_parameters(void **state)
{
    tc_synth_params bad[13];
    (void)state;
    for (int i = 0; i < 13; i++) {
        bad[i] = small();
    }
    bad[0].customers = 99;
    bad[1].customers = 1000000001;
    bad[2].days = 29;
    bad[3].days = 36501;
    bad[4].horizon_days = 0;
    bad[5].horizon_days = 244;
    bad[6].mean_orders = 0.0;
    bad[7].mean_orders = (double)NAN;
    bad[8].dirt[TC_DIRT_DATE] = -0.1;
    bad[9].dirt[TC_DIRT_DATE] = (double)NAN;
    bad[10].dirt[TC_DIRT_DATE] = bad[10].dirt[TC_DIRT_NUMBER] = 0.6;
    bad[11].start_day = -100000000;
    bad[12].seed = -1;
    for (int i = 0; i < 13; i++) {
        tc_synth_world world;
        tc_error err = {0};
        assert_int_equal(tc_synth_world_create(&bad[i], &world, &err), TC_EUSAGE);
        assert_null(world.season);
        assert_true(strlen(err.message) > 10);
    }
}

static void test_a_customer_is_a_function_of_seed_and_number(void **state)
{
    tc_synth_params p = dirty();
    tc_synth_world world = make(&p);
    tc_buffer one = {0};
    tc_buffer two = {0};
    tc_synth_facts a, b;
    (void)state;
    for (int64_t number = 1; number <= 200; number++) {
        tc_synth_facts other;
        one.size = two.size = 0;
        assert_int_equal(tc_synth_customer(&world, number, 5, &one, &a, NULL), TC_OK);
        assert_int_equal(tc_synth_customer(&world, 6001 - number, 0, &two, &other, NULL),
                         TC_OK);
        two.size = 0;
        assert_int_equal(tc_synth_customer(&world, number, 5, &two, &b, NULL), TC_OK);
        assert_int_equal(one.size, two.size);
        if (one.size > 0) {
            assert_memory_equal(one.data, two.data, (size_t)one.size);
        }
        assert_int_equal(a.net_amount, b.net_amount);
        assert_true(a.rate == b.rate && a.left_time == b.left_time);
    }
    p.seed = 2;
    tc_synth_world_free(&world);
    world = make(&p);
    assert_int_equal(tc_synth_customer(&world, 200, 5, &two, &b, NULL), TC_OK);
    assert_true(a.rate != b.rate);
    tc_buffer_free(&one);
    tc_buffer_free(&two);
    tc_synth_world_free(&world);
}

/* Facts recomputed from the rows alone. */
static void check_facts(const tc_synth_row *row, int64_t n, const tc_synth_facts *facts)
{
    int64_t rows = 0, net = 0, gross = 0, orders = 0;
    int64_t first = 0, last = 0;
    int32_t last_order = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t amount = (int64_t)row[i].quantity * row[i].unit_price * 100;
        assert_true(row[i].quantity != 0 && row[i].unit_price > 0);
        assert_true(row[i].prefix == 0 || row[i].quantity < 0);
        assert_true(i == 0 || row[i].order >= row[i - 1].order);
        if (!is_valid(&row[i])) {
            continue;
        }
        first = rows == 0 || row[i].time < first ? row[i].time : first;
        last = rows == 0 || row[i].time > last ? row[i].time : last;
        rows++;
        net += amount;
        gross += amount > 0 ? amount : 0;
        orders += amount > 0 && row[i].order != last_order;
        last_order = row[i].order;
    }
    assert_int_equal(rows, facts->rows);
    assert_int_equal(net, facts->net_amount);
    assert_int_equal(gross, facts->gross_amount);
    assert_int_equal(orders, facts->orders);
    assert_int_equal(first, facts->first_time);
    assert_int_equal(last, facts->last_time);
}

static void test_facts_are_those_of_the_rows(void **state)
{
    const tc_synth_params p = dirty();
    tc_synth_world world = make(&p);
    const int64_t start = p.start_day * TC_DAY_SECONDS;
    const int64_t end = (p.start_day + p.days) * TC_DAY_SECONDS;
    tc_buffer rows = {0};
    (void)state;
    for (int64_t number = 1; number <= 3000; number++) {
        tc_synth_facts facts;
        int64_t n;
        const tc_synth_row *row;
        rows.size = 0;
        assert_int_equal(tc_synth_customer(&world, number, 0, &rows, &facts, NULL), TC_OK);
        row = rows_of(&rows, &n);
        check_facts(row, n, &facts);
        for (int64_t i = 0; i < n; i++) {
            assert_true(row[i].time >= start && row[i].time < end);
            assert_true(row[i].time >= facts.join_time);
            assert_true(facts.left_time == 0 || row[i].quantity < 0 ||
                        row[i].time <= facts.left_time);
        }
    }
    tc_buffer_free(&rows);
    tc_synth_world_free(&world);
}

/* Every exact duplicate in a file must be a planted one. */
static void test_lines_of_an_order_differ(void **state)
{
    const tc_synth_params p = small();
    tc_synth_world world = make(&p);
    tc_buffer rows = {0};
    tc_synth_facts facts;
    const tc_synth_row *row;
    int64_t n;
    (void)state;
    for (int64_t number = 1; number <= 1000; number++) {
        assert_int_equal(
            tc_synth_customer(&world, number, (uint32_t)number, &rows, &facts, NULL),
            TC_OK);
    }
    row = rows_of(&rows, &n);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = i + 1;
             j < n && row[j].customer == row[i].customer && row[j].order == row[i].order;
             j++) {
            assert_int_not_equal(row[i].category, row[j].category);
            assert_true(row[i].time == row[j].time && row[i].channel == row[j].channel);
        }
    }
    tc_buffer_free(&rows);
    tc_synth_world_free(&world);
}

/* Within four standard deviations of the rate, and nothing else moves. */
static void test_dirt_comes_at_its_rate_and_alone(void **state)
{
    const tc_synth_params clean = small();
    const tc_synth_params soiled = dirty();
    tc_synth_world a = make(&clean);
    tc_synth_world b = make(&soiled);
    tc_buffer rows_a = {0};
    tc_buffer rows_b = {0};
    double count[TC_DIRT_KINDS] = {0};
    const tc_synth_row *row_a, *row_b;
    int64_t n, n_b;
    (void)state;
    for (int64_t number = 1; number <= 6000; number++) {
        tc_synth_facts facts;
        assert_int_equal(tc_synth_customer(&a, number, 0, &rows_a, &facts, NULL), TC_OK);
        assert_int_equal(tc_synth_customer(&b, number, 0, &rows_b, &facts, NULL), TC_OK);
    }
    row_a = rows_of(&rows_a, &n);
    row_b = rows_of(&rows_b, &n_b);
    assert_int_equal(n, n_b);
    for (int64_t i = 0; i < n; i++) {
        tc_synth_row row = row_b[i];
        count[row.dirt] += 1.0;
        row.dirt = TC_DIRT_NONE;
        assert_memory_equal(&row, &row_a[i], sizeof row);
    }
    for (int kind = 1; kind < TC_DIRT_KINDS; kind++) {
        const double expected = soiled.dirt[kind] * (double)n;
        assert_true(fabs(count[kind] - expected) < 4.0 * sqrt(expected));
    }
    tc_buffer_free(&rows_a);
    tc_buffer_free(&rows_b);
    tc_synth_world_free(&a);
    tc_synth_world_free(&b);
}

typedef struct {
    double n[TC_SYNTH_SEGMENTS], rate[TC_SYNTH_SEGMENTS], basket[TC_SYNTH_SEGMENTS];
    double quiet[2], expected[2], seen[2], variance[2]; /* at the first two cut-offs */
} moments;

static void add_moments(const tc_synth_world *world, const tc_synth_facts *facts,
                        const tc_buffer *rows, moments *m)
{
    int64_t n;
    const tc_synth_row *row = rows_of(rows, &n);
    m->n[facts->segment] += 1.0;
    m->rate[facts->segment] += facts->rate * 365.25;
    m->basket[facts->segment] += facts->mean_basket;
    for (int cut = 0; cut < 2; cut++) {
        const int64_t from = world->cut_day[cut] * TC_DAY_SECONDS;
        const int64_t to = from + world->params.horizon_days * TC_DAY_SECONDS;
        const double chance = facts->no_purchase[cut];
        int bought = 0;
        if (isnan(chance)) {
            assert_true(facts->join_time >= from && isnan(facts->no_purchase_seen[cut]));
            continue;
        }
        assert_true(chance >= 0.0 && chance <= 1.0);
        assert_true(facts->left_time == 0 || facts->left_time >= from || chance == 1.0);
        for (int64_t i = 0; i < n; i++) {
            bought |= row[i].quantity > 0 && row[i].time >= from && row[i].time < to;
        }
        m->quiet[cut] += !bought;
        m->expected[cut] += chance;
        m->seen[cut] += facts->no_purchase_seen[cut];
        m->variance[cut] +=
            facts->no_purchase_seen[cut] * (1.0 - facts->no_purchase_seen[cut]);
    }
}

/* The planted chances of no purchase are those that come true: both scores are calibrated. Shares, rates and
 * baskets are those of the table. */
static void test_the_planted_world_comes_true(void **state)
{
    tc_synth_params p = small();
    moments m = {0};
    tc_buffer rows = {0};
    tc_synth_world world;
    (void)state;
    p.customers = 40000;
    world = make(&p);
    for (int64_t number = 1; number <= p.customers; number++) {
        tc_synth_facts facts;
        rows.size = 0;
        assert_int_equal(tc_synth_customer(&world, number, 0, &rows, &facts, NULL), TC_OK);
        add_moments(&world, &facts, &rows, &m);
    }
    for (int s = 0; s < TC_SYNTH_SEGMENTS; s++) {
        const tc_synth_segment *seg = &tc_synth_segment_table()[s];
        const double n = (double)p.customers;
        const double spread = sqrt(1.0 / (seg->rate_shape * m.n[s]));
        const double basket = sqrt(1.0 / ((seg->basket_q - 2.0) * m.n[s]));
        assert_true(fabs(m.n[s] - seg->share * n) < 4.0 * sqrt(seg->share * n));
        assert_true(fabs(m.rate[s] / m.n[s] / seg->orders_a_year - 1.0) < 4.0 * spread);
        assert_true(fabs(m.basket[s] / m.n[s] / seg->basket - 1.0) < 4.0 * basket);
    }
    for (int cut = 0; cut < 2; cut++) {
        const double sigma = sqrt(m.variance[cut]);
        assert_true(fabs(m.quiet[cut] - m.expected[cut]) < 4.0 * sigma);
        assert_true(fabs(m.quiet[cut] - m.seen[cut]) < 4.0 * sigma);
        assert_true(fabs(m.seen[cut] - m.expected[cut]) < 4.0 * sigma);
    }
    tc_buffer_free(&rows);
    tc_synth_world_free(&world);
}

static void test_ids_and_blocks(void **state)
{
    char id[TC_SYNTH_ID_TEXT];
    (void)state;
    assert_int_equal(tc_synth_id(1000000, 1234, id), 9);
    assert_string_equal(id, "C00001234");
    assert_int_equal(tc_synth_id(1000000000, 1234, id), 11);
    assert_string_equal(id, "C0000001234");
    assert_int_equal(tc_synth_blocks(1000), 16);
    assert_int_equal(tc_synth_block_customers(1000000), 4096);
    assert_int_equal(tc_synth_blocks(1000000), 245);
    for (int64_t n = 1000; n < 100000; n += 777) {
        const int64_t each = tc_synth_block_customers(n);
        assert_true(tc_synth_blocks(n) * each >= n && (tc_synth_blocks(n) - 1) * each < n);
    }
}

/* The field number `field` of the line at `at`, which has no quotes. */
static const char *field_at(const char *at, int field)
{
    while (field > 0) {
        field -= *at++ == ',';
    }
    return at;
}

static void test_text_is_sorted_and_counted(void **state)
{
    static const tc_synth_format format = {.time = TC_SYNTH_ISO};
    const tc_synth_params p = small();
    tc_synth_world world = make(&p);
    tc_synth_text text = {0};
    int64_t lines = 0;
    const char *previous = NULL;
    (void)state;
    assert_string_equal(
        tc_synth_header(format),
        "order_id,customer_id,order_date,quantity,unit_price,channel,category\n");
    assert_int_equal(tc_synth_block_text(&world, format, 3, &text, NULL), TC_OK);
    for (const char *at = (const char *)text.bytes.data;
         at < (const char *)text.bytes.data + text.bytes.size; lines++) {
        const char *time = field_at(at, 2);
        assert_true(previous == NULL || memcmp(previous, time, 19) <= 0);
        assert_true(at[0] == 'C' ? *field_at(at, 3) == '-' : 1);
        previous = time;
        at = strchr(at, '\n') + 1;
    }
    assert_int_equal(lines, text.lines);
    assert_int_equal(lines, text.records);
    assert_int_equal(text.marks.size, 0);
    tc_synth_text_free(&text);
    tc_synth_world_free(&world);
}

static void test_marks_point_at_the_dirt(void **state)
{
    static const tc_synth_format format = {.time = TC_SYNTH_DAY_FIRST, .amount = 1};
    const tc_synth_params p = dirty();
    tc_synth_world world = make(&p);
    tc_synth_text text = {0};
    const tc_synth_mark *mark;
    const char *at;
    int64_t n_marks, line = 0, extra = 0;
    (void)state;
    assert_int_equal(tc_synth_block_text(&world, format, 0, &text, NULL), TC_OK);
    mark = (const tc_synth_mark *)(const void *)text.marks.data;
    n_marks = text.marks.size / (int64_t)sizeof *mark;
    at = (const char *)text.bytes.data;
    assert_true(n_marks > 100);
    for (int64_t i = 0; i < n_marks; i++) {
        const char *date, *next;
        for (; line < mark[i].line; line++) {
            at = strchr(at, '\n') + 1;
        }
        date = field_at(at, 2);
        next = strchr(at, '\n') + 1;
        assert_int_equal(mark[i].line - mark[i].record, extra);
        assert_int_equal(*field_at(at, 1) == ',', mark[i].kind == TC_DIRT_MISSING_ID);
        assert_int_equal(memcmp(date, "unknown", 7) == 0 || memcmp(date, "30/02", 5) == 0,
                         mark[i].kind == TC_DIRT_DATE);
        if (mark[i].kind == TC_DIRT_NEWLINE) {
            assert_memory_equal(next, "sale\"\n", 6);
            extra++;
        }
        if (mark[i].kind == TC_DIRT_DUPLICATE) {
            assert_memory_equal(at, next, (size_t)(next - at));
        }
    }
    assert_int_equal(text.lines - text.records, extra);
    tc_synth_text_free(&text);
    tc_synth_world_free(&world);
}

/* Each request of memory fails once; nothing leaks, and the next try works. */
static void test_out_of_memory(void **state)
{
    static const tc_synth_format format = {.time = TC_SYNTH_ISO};
    const tc_synth_params p = dirty();
    const int64_t before = tc_mem_live_blocks();
    tc_status st = TC_ENOMEM;
    (void)state;
    for (int64_t nth = 1; st != TC_OK; nth++) {
        tc_synth_world world = {0};
        tc_synth_text text = {0};
        tc_error err = {0};
        tc_mem_fail_at(nth);
        st = tc_synth_world_create(&p, &world, &err);
        if (st == TC_OK) {
            st = tc_synth_block_text(&world, format, 0, &text, &err);
        }
        tc_mem_fail_at(0);
        assert_true(st == TC_OK || st == TC_ENOMEM);
        tc_synth_text_free(&text);
        tc_synth_world_free(&world);
        assert_int_equal(tc_mem_live_blocks(), before);
        assert_true(nth < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_impossible_parameters),
        cmocka_unit_test(test_a_customer_is_a_function_of_seed_and_number),
        cmocka_unit_test(test_facts_are_those_of_the_rows),
        cmocka_unit_test(test_lines_of_an_order_differ),
        cmocka_unit_test(test_dirt_comes_at_its_rate_and_alone),
        cmocka_unit_test(test_the_planted_world_comes_true),
        cmocka_unit_test(test_ids_and_blocks),
        cmocka_unit_test(test_text_is_sorted_and_counted),
        cmocka_unit_test(test_marks_point_at_the_dirt),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
