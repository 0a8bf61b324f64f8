/* quality.h - how good the input is: counters of the rows as they are read, what follows from them, and the gates that
 * stop a bad load (stage layer). All counters are integers that add up, so they are the same for any number of ranks and
 * any order of the rows; they lie in events.h5, and the gates are judged from them, so a limit can be changed without
 * reading the input again. Sums of money stop at INT64_MAX instead of leaving it, which keeps them free of order. */
#ifndef TC_QUALITY_H
#define TC_QUALITY_H

#include "tiercel/config.h"
#include "tiercel/event_list.h"

#include <stdio.h>

struct json_t;

/* X(name, name in events.h5, how two become one) */
#define TC_QUALITY_COUNTS(X)                                                               \
    X(TC_QUALITY_ROWS, "rows", SUM)                                                        \
    X(TC_QUALITY_SHAPED, "rows_with_all_fields", SUM)                                      \
    X(TC_QUALITY_UNREADABLE, "rows_unreadable", SUM)                                       \
    X(TC_QUALITY_REJECTED, "rows_rejected", SUM)                                           \
    X(TC_QUALITY_DUPLICATES, "rows_repeated", SUM)                                         \
    X(TC_QUALITY_ORDERS, "orders_with_customer", SUM)                                      \
    X(TC_QUALITY_ORDERS_MIXED, "orders_of_several_customers", SUM)                         \
    X(TC_QUALITY_PRODUCTS, "products_compared", SUM)                                       \
    X(TC_QUALITY_PRODUCTS_DIFFER, "products_that_differ", SUM)                             \
    X(TC_QUALITY_CANCELLED, "rows_with_return_prefix", SUM)                                \
    X(TC_QUALITY_CANCELLED_POSITIVE, "rows_with_return_prefix_positive", SUM)              \
    X(TC_QUALITY_LARGEST, "largest_amount", MAX)                                           \
    X(TC_QUALITY_SMALLEST, "smallest_amount", MIN)

typedef enum {
#define X(name, text, merge) name,
    TC_QUALITY_COUNTS(X)
#undef X
        TC_N_QUALITY_COUNTS
} tc_quality_count;

enum {
    TC_QUALITY_COLUMNS = 32,
    TC_QUALITY_KEY = 24,
    TC_QUALITY_HEADER = 128,
    TC_QUALITY_STEPS = 1024,
    TC_QUALITY_PAGE = 32,           /* days */
    TC_QUALITY_FIRST_DAY = -719162, /* 0001-01-01 */
    TC_QUALITY_LAST_DAY = 2932896,  /* 9999-12-31 */
    TC_QUALITY_PAGES = (TC_QUALITY_LAST_DAY - TC_QUALITY_FIRST_DAY) / TC_QUALITY_PAGE + 1,
    TC_QUALITY_GATES = 96
};

/* One mapped column. */
typedef struct {
    char key[TC_QUALITY_KEY];       /* of input.columns: "customer"; "" = not mapped */
    char header[TC_QUALITY_HEADER]; /* its name in the files, cut if it is longer */
    int64_t empty;                  /* rows without a value, of those with all fields */
    int64_t unreadable;             /* rows whose value cannot be read */
    int64_t rows;                   /* with all fields */
} tc_quality_column;

/* Rows whose time could be read, by their day; sums in 1/10,000. */
typedef struct {
    int64_t rows, negative_rows;
    int64_t positive, negative; /* sums of amounts without their sign */
} tc_quality_day;

typedef struct {
    int64_t count[TC_N_QUALITY_COUNTS];
    tc_quality_column column[TC_QUALITY_COLUMNS];
    int n_columns;
    int64_t step_rows[TC_QUALITY_STEPS]; /* amounts by size, see tc_quality_step */
    tc_quality_day **page;               /* [TC_QUALITY_PAGES], NULL = no row; owned */
} tc_quality;

/* Local. Empty counters. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_quality_create(tc_quality *q, tc_error *err);
void tc_quality_free(tc_quality *q);

/* Local. The counters of a day of the years 1..9999, made on first use; NULL on TC_ENOMEM. */
TC_NODISCARD tc_quality_day *tc_quality_make_day(tc_quality *q, int64_t day, tc_error *err);

/* Local. The same of a time in seconds; times outside these years count to the nearest day in them. */
static inline tc_quality_day *tc_quality_day_of(tc_quality *q, int64_t time, tc_error *err)
{
    const uint64_t at = (uint64_t)(time - (int64_t)TC_QUALITY_FIRST_DAY * 86400) / 86400;
    if (at > TC_QUALITY_LAST_DAY - TC_QUALITY_FIRST_DAY) { /* a negative one is huge here */
        return tc_quality_make_day(q, time < 0 ? TC_QUALITY_FIRST_DAY : TC_QUALITY_LAST_DAY,
                                   err);
    }
    tc_quality_day *const page = q->page[at / TC_QUALITY_PAGE];
    return page != NULL ? &page[at % TC_QUALITY_PAGE]
                        : tc_quality_make_day(q, (int64_t)at + TC_QUALITY_FIRST_DAY, err);
}

/* Local, pure. The first day >= day with a row, and its counters; NULL if there is none. */
const tc_quality_day *tc_quality_next_day(const tc_quality *q, int64_t *day);

/* Local, pure. a + b, at most INT64_MAX; both not negative. */
static inline int64_t tc_quality_add(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* Local, pure. Place of an amount without its sign on a logarithmic grid of 16 steps a doubling (exact below 32):
 * its leading five bits. 0 is an amount of 0. */
static inline int tc_quality_step(uint64_t size)
{
    if (size < 16) {
        return (int)size;
    }
    const int top = 63 - __builtin_clzll(size);
    return (top - 3) * 16 + (int)(size >> (top - 4) & 15);
}

/* Local, pure. The least amount of a step. */
int64_t tc_quality_step_low(int step);

/* Local. Appends the counters to a state that is saved; adds such bytes [n] to the counters of the same columns, as
 * tc_quality_merge. Errors: TC_ENOMEM; TC_EDATA if they are not as they were written. */
TC_NODISCARD tc_status tc_quality_pack(const tc_quality *q, tc_buffer *out, tc_error *err);
TC_NODISCARD tc_status tc_quality_unpack(tc_quality *into, const unsigned char *bytes,
                                         int64_t n, tc_error *err);

/* Local. Adds the counters of other rows, of a file or a rank: associative and commutative. Columns are matched by key.
 * Errors: TC_ENOMEM; TC_EDATA for too many different columns. */
TC_NODISCARD tc_status tc_quality_merge(tc_quality *into, const tc_quality *other,
                                        tc_error *err);

/* Collective. The counters of all ranks (the same columns on all) become those of every rank. Errors (agreed):
 * TC_ENOMEM. Cost: a few reductions of the days that occur. */
TC_NODISCARD tc_status tc_quality_merge_all(tc_comm *comm, tc_quality *q, tc_error *err);

/* Collective. Datasets quality/... of events.h5. q equal on all ranks. Reading creates the counters, to be freed by the
 * caller in every case. Errors (agreed): TC_EIO, TC_ENOMEM; TC_EDATA if they are missing or damaged. */
TC_NODISCARD tc_status tc_quality_put_all(tc_comm *comm, tc_store *store,
                                          const tc_quality *q, tc_error *err);
TC_NODISCARD tc_status tc_quality_get_all(tc_comm *comm, tc_store *store, tc_quality *q,
                                          tc_error *err);

/* Collective. The counters of all files of an open list, added up: repeats of rows and customers of orders are known
 * within each file. Otherwise as tc_quality_get_all. */
TC_NODISCARD tc_status tc_quality_list_all(tc_comm *comm, const tc_event_list *list,
                                           tc_quality *q, tc_error *err);

/* ---- what follows from the counters ---- */

/* A calendar month between the first and the last with a row. */
typedef struct {
    int64_t month; /* since year 0 */
    int64_t days;  /* with a row */
    tc_quality_day sum;
    int covered; /* days of the month from the first to the last day with a row */
    int thin;
} tc_quality_month;

typedef struct {
    tc_quality_month *month; /* [n_months], without a hole; owned */
    int64_t n_months, missing, thin;
    int64_t first_day, last_day; /* with a row; first > last: none */
    int64_t first_negative, last_negative;
    int64_t days;                  /* with a row */
    int64_t longest_gap, gap_from; /* days without a row, and the first of them */
    tc_quality_day sum;
} tc_quality_calendar;

/* Local. thin_month: share of the median rate of the months around, see quality.thin_month. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_quality_calendar_create(const tc_quality *q, double thin_month,
                                                  tc_quality_calendar *out, tc_error *err);
void tc_quality_calendar_free(tc_quality_calendar *calendar);

/* Local, pure. Rows on this day or later; and before it. */
int64_t tc_quality_rows_from(const tc_quality *q, int64_t day);
int64_t tc_quality_rows_before(const tc_quality *q, int64_t day);

/* Amounts other than 0, without their sign: quartiles as steps of the grid, by the lower rank; outliers lie more than
 * three interquartile ranges (one of less than a doubling counts as a doubling) from the quartiles. */
typedef struct {
    int64_t rows, zero_rows;
    int quartile[3]; /* steps; 0 without rows */
    int high;        /* amounts of a later step are outliers */
    int low;         /* amounts of an earlier one are unusually small */
    int64_t high_rows, low_rows;
} tc_quality_sizes;

void tc_quality_measure_sizes(const tc_quality *q, tc_quality_sizes *out);

typedef enum {
    TC_GATE_OFF,   /* without a limit */
    TC_GATE_EMPTY, /* nothing to measure */
    TC_GATE_PASSED,
    TC_GATE_FAILED
} tc_gate_state;

/* One figure and its limit. */
typedef struct {
    const char *name;    /* its key in section quality: "completeness" */
    const char *of;      /* key of a column, name of a check, "rows", or ""; borrowed */
    const char *header;  /* of the column, else ""; borrowed */
    int is_share;        /* else a number of days or months */
    int at_least;        /* else at most */
    int64_t good, all;   /* the share is good of all, or bad of all if at_most */
    double value, limit; /* NaN: none */
    tc_gate_state state;
} tc_quality_gate;

/* Local, pure. Judges the counters; returns the number of gates, at most TC_QUALITY_GATES. */
int tc_quality_judge(const tc_quality *q, const tc_quality_calendar *calendar,
                     const tc_config *config, tc_quality_gate *gate);

/* Local. Day from which on rows lie in the future: quality.not_after, resolved; TC_CONFIG_NONE if there is none. Day from
 * which freshness is counted: that, else run.as_of. */
int64_t tc_quality_future(const tc_config *config);
int64_t tc_quality_reference(const tc_config *config);

/* Local. Section data_quality of report.json; *out belongs to the caller (json_decref). Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_quality_json(const tc_quality *q, const tc_config *config,
                                       struct json_t **out, tc_error *err);

/* Local; on rank 0 alone. That section as text: about ten lines, and one for each gate that failed. */
void tc_quality_print(const struct json_t *section, FILE *out);

/* Collective. Ends the matter of that section: if a gate failed, rank 0 prints it to stderr, and the error is TC_EGATE on
 * all ranks, naming the first gate, its figure, limit and key; with quality.enforce = false it is a line of the log. */
TC_NODISCARD tc_status tc_quality_enforce_all(tc_comm *comm, const struct json_t *section,
                                              const tc_config *config, tc_error *err);

/* Collective. The gates from the counters of the event files of the run, with the limits of now. Errors (agreed): TC_EGATE;
 * as tc_event_list_open_all and tc_quality_get_all. */
TC_NODISCARD tc_status tc_quality_check_all(tc_comm *comm, const tc_config *config,
                                            tc_error *err);

#endif
