/* synth.h - a synthetic customer base with known truth (kernel layer: no MPI, no files). The events of
 * one customer are a function of (seed, customer number, parameters) alone, so any number of ranks
 * makes the same bytes.
 *
 * A customer buys as in the BG/NBD family: rate ~ Gamma, exponential gaps, and after each purchase,
 * the first one too, he leaves with his own probability ~ Beta (Batislam, Denizel and Filiztekin
 * 2007; Fader, Hardie and Lee 2005). The value of an order is Gamma-Gamma (Fader and Hardie 2013).
 * Rates follow the season by thinning, and in one segment they fade with age. */
#ifndef TC_SYNTH_H
#define TC_SYNTH_H

#include "tiercel/buffer.h"

enum {
    TC_SYNTH_SEGMENTS = 6,
    TC_SYNTH_CHANNELS = 3,
    TC_SYNTH_CATEGORIES = 20,
    TC_SYNTH_CUTS = 3, /* cut-offs of the churn truth: end - 2H, end - H, end */
    TC_SYNTH_ID_TEXT = 24
};

typedef enum {
    TC_DIRT_NONE,
    TC_DIRT_MISSING_ID, /* the customer id is empty: not valid */
    TC_DIRT_DUPLICATE,  /* the row comes twice: valid once */
    TC_DIRT_DATE,       /* no such date: not valid */
    TC_DIRT_NUMBER,     /* price or amount is no number: not valid */
    TC_DIRT_NEWLINE,    /* a quoted newline in the category: valid */
    TC_DIRT_KINDS
} tc_synth_dirt;

typedef struct {
    int64_t seed;
    int64_t customers;
    int64_t start_day; /* first day of the log, days since 1970-01-01 */
    int64_t days;      /* length of the log */
    int64_t horizon_days;
    double mean_orders;         /* orders a customer in a log of 730 days, about */
    double dirt[TC_DIRT_KINDS]; /* share of rows of each kind; [TC_DIRT_NONE] is not used */
} tc_synth_params;

typedef enum { TC_SYNTH_ISO, TC_SYNTH_DAY_FIRST } tc_synth_time;

typedef struct {
    tc_synth_time time;
    int amount; /* 1: one column amount instead of quantity and unit_price */
} tc_synth_format;

/* One planted segment. All rates are of the window of 730 days and mean_orders at its default. */
typedef struct {
    const char *name;
    double share;         /* of customers */
    double orders_a_year; /* mean buying rate */
    double rate_shape;    /* of the Gamma of rates */
    double leave_a,
        leave_b;   /* of the Beta of leaving; leave_b = 0: always after one order */
    double basket; /* mean order value, currency */
    double basket_p,
        basket_q; /* Gamma-Gamma shapes within and between customers, basket_q > 1 */
    double join_from,
        join_to;      /* first purchase, uniform, in lengths of the log; < 0: before it */
    double fade_days; /* the rate falls by e in so many days; 0: never */
    double return_share; /* of orders with a return */
    double single_line;  /* share of orders with one line only */
    double channel[TC_SYNTH_CHANNELS];
    int favourite; /* first of five categories that are bought more often */
    double focus;  /* share of lines in these five */
} tc_synth_segment;

/* What all customers share: parameters, season and exposure tables. */
typedef struct {
    tc_synth_params params;
    int64_t day0;   /* first day of the tables; nobody joins before it */
    int64_t n_days; /* days in the tables, to the end of the log and one horizon more */
    double *season; /* [n_days], mean near 1; owned */
    double *
        exposure; /* [TC_SYNTH_SEGMENTS][n_days + 1]: sum of season times fading to the end; owned */
    double rate_scale;
    int64_t cut_day[TC_SYNTH_CUTS];
} tc_synth_world;

/* One line of an order as it goes to the file. */
typedef struct {
    int64_t time;       /* seconds since 1970-01-01 */
    uint32_t customer;  /* counted from 0 inside the block */
    int32_t order;      /* of this customer, from 1 */
    int32_t quantity;   /* negative: a return; not 0 */
    int32_t unit_price; /* cents, > 0 */
    uint8_t channel, category;
    uint8_t prefix; /* 1: the order id starts with C, a return */
    uint8_t dirt;   /* tc_synth_dirt */
} tc_synth_row;

/* The truth of one customer. Amounts in 1/10,000 of the currency unit. Facts count valid rows, a
 * duplicate once. */
typedef struct {
    int segment;
    double rate;          /* orders a day, before season and fading */
    double leave;         /* probability of leaving after a purchase */
    double mean_basket;   /* expected order value, currency */
    int64_t join_time;    /* first purchase, may lie before the log */
    int64_t left_time;    /* the purchase after which he left; 0: still there at the end */
    int64_t orders, rows; /* orders: distinct purchase orders with a valid row */
    int64_t net_amount, gross_amount;
    int64_t first_time, last_time; /* of valid rows; 0 without one */
    int64_t dirt_rows[TC_DIRT_KINDS],
        dirt_amount[TC_DIRT_KINDS]; /* of clean values, by kind */
    /* Probability of no purchase in [cut, cut + H); NaN before the first purchase. With the leaving known
     * (no score can be better), and for one who knows the customer's own rates and past purchases only: a
     * model has to learn the rates too, so it stays below. */
    double no_purchase[TC_SYNTH_CUTS], no_purchase_seen[TC_SYNTH_CUTS];
} tc_synth_facts;

/* Local, pure. Planted segments, names of channels and categories. */
const tc_synth_segment *tc_synth_segment_table(void);
const char *tc_synth_channel(int channel);
const char *tc_synth_category(int category);

/* Local, pure. Defaults: 1,000,000 customers, 730 days from 2024-01-01, seed 1, horizon 90, no dirt. */
tc_synth_params tc_synth_params_default(void);

/* Local. Checks the parameters and builds the tables. *out is empty on failure. Errors: TC_EUSAGE with
 * the option's name and limits, TC_ENOMEM. */
TC_NODISCARD tc_status tc_synth_world_create(const tc_synth_params *params,
                                             tc_synth_world *out, tc_error *err);
void tc_synth_world_free(tc_synth_world *world);

/* Local. Makes the rows of one customer, number 1..customers, appends them to rows (tc_synth_row, in
 * order of the order numbers) with `index` as their customer, and fills facts. Nobody buys more than
 * fits: rates are capped at 3,000 orders a log. Errors: TC_ENOMEM. Cost about 3 us. */
TC_NODISCARD tc_status tc_synth_customer(const tc_synth_world *world, int64_t number,
                                         uint32_t index, tc_buffer *rows,
                                         tc_synth_facts *facts, tc_error *err);

/* Local, pure. Customers come in blocks; a file is a range of blocks. Customers a block: 64 to 4,096, at
 * least 16 blocks from 1,024 customers on; and the number of blocks. */
int64_t tc_synth_block_customers(int64_t customers);
int64_t tc_synth_blocks(int64_t customers);

/* A row that is not clean: its place in the block, counted from 0. line counts newlines, also quoted ones. */
typedef struct {
    int64_t record, line;
    int64_t kind; /* tc_synth_dirt */
} tc_synth_mark;

/* The text of one block, and the buffers that it is made in; kept from block to block. A zeroed
 * struct is empty. */
typedef struct {
    tc_buffer bytes; /* CSV */
    tc_buffer marks; /* tc_synth_mark, in the order of the text */
    int64_t records, lines;
    tc_buffer rows;  /* tc_synth_row */
    tc_buffer order; /* uint64 sort keys, twice */
} tc_synth_text;
void tc_synth_text_free(tc_synth_text *text);

/* Local. Makes the text of one block: rows sorted by time, then customer, then order; every line ends
 * with a newline. The old content is dropped. Errors: TC_ENOMEM. Cost about 0.3 us a row. */
TC_NODISCARD tc_status tc_synth_block_text(const tc_synth_world *world,
                                           tc_synth_format format, int64_t block,
                                           tc_synth_text *text, tc_error *err);

/* Local, pure. The header line, with its newline. */
const char *tc_synth_header(tc_synth_format format);

/* Local, pure. Writes the id of a customer ("C00001234", zero-terminated) and returns its length, which is
 * the same for all customers of a base. */
int tc_synth_id(int64_t customers, int64_t number, char text[TC_SYNTH_ID_TEXT]);

#endif
