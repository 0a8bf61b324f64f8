/* Online Retail (UCI), filter A: customer given, quantity above 0. All 4,339 rows of
 * customers_expected.csv, and who churned after 2011-06-09. */
#define _POSIX_C_SOURCE 200809L

#include "tiercel/date.h"
#include "tiercel/hash.h"
#include "tiercel/rfm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "skip.h"

enum {
    N_ROWS = 397924,
    N_CUSTOMERS = 4339,
    ID0 = 12346,
    N_IDS = 6000,
    N_FIELDS = 8,
    LINE = 512
};

/* Rows of filter A grouped by customer id; the file is sorted by time, so groups are too. */
typedef struct {
    int64_t first[N_IDS + 1];
    int64_t time[N_ROWS], amount[N_ROWS];
    uint64_t order[N_ROWS];
    uint8_t kind[N_ROWS];
    uint16_t channel[N_ROWS];
    uint32_t category[N_ROWS];
} table;

typedef struct {
    int id; /* counted from ID0 */
    int64_t time, amount;
    uint64_t order;
} row;

static FILE *open_shared(const char *name)
{
    const char *folder = getenv("TIERCEL_SHARED");
    char path[1024], command[1200];
    FILE *file;
    if (folder == NULL) {
        print_message("TIERCEL_SHARED is not set\n");
        TC_TEST_SKIP();
        return NULL;
    }
    (void)snprintf(path, sizeof path, "%s/data/online-retail/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL) {
        print_message("%s is not there\n", path);
        TC_TEST_SKIP();
        return NULL;
    }
    (void)fclose(file);
    (void)snprintf(command, sizeof command, "xz -dc '%s'", path);
    return popen(command, "r"); /* NOLINT(cert-env33-c): a test */
}

/* Cuts a CSV line into fields in place; quoted fields may hold commas and doubled quotes. */
static int cut(char *line, char *field[N_FIELDS])
{
    int n = 0;
    char *from = line, *to = line;
    int quoted = 0;
    field[n++] = to;
    for (; *from != '\0' && *from != '\n'; from++) {
        if (*from == '"') {
            quoted = !quoted; /* a doubled quote switches twice */
        } else if (*from == ',' && !quoted) {
            *to++ = '\0';
            if (n < N_FIELDS) {
                field[n++] = to;
            }
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return n;
}

/* "2.55" in 1/10,000. */
static int64_t money(const char *text)
{
    return llround(strtod(text, NULL) * 10000.0);
}

/* 1 if the line belongs to filter A. InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,
 * CustomerID,Country */
static int parse(char *line, row *r)
{
    char *field[N_FIELDS];
    char date[11];
    int64_t day, quantity;
    assert_int_equal(cut(line, field), N_FIELDS);
    quantity = strtoll(field[3], NULL, 10);
    if (field[6][0] == '\0' || quantity <= 0) {
        return 0;
    }
    memcpy(date, field[4], 10);
    date[10] = '\0';
    assert_true(tc_date_parse(date, &day));
    r->time = day * TC_DAY_SECONDS + strtoll(field[4] + 11, NULL, 10) * 3600 +
              strtoll(field[4] + 14, NULL, 10) * 60;
    r->id = (int)strtol(field[6], NULL, 10) - ID0;
    assert_in_range(r->id, 0, N_IDS - 1);
    r->amount = quantity * money(field[5]);
    r->order = tc_hash64_of(field[0], strlen(field[0]), 0);
    return 1;
}

static int64_t read_rows(FILE *file, row *rows)
{
    char line[LINE];
    int64_t n = 0;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        row r = {0};
        if (parse(line, &r)) {
            assert_true(n < N_ROWS);
            rows[n++] = r;
        }
    }
    assert_int_equal(pclose(file), 0);
    return n;
}

static table *load(void)
{
    FILE *file = open_shared("online_retail.csv.xz"); /* first: may skip the test */
    table *t = tc_mem_alloc(1, sizeof *t, NULL);
    row *rows = tc_mem_alloc(N_ROWS, sizeof *rows, NULL);
    int64_t next[N_IDS];
    assert_non_null(file);
    assert_non_null(t);
    assert_non_null(rows);
    assert_int_equal(read_rows(file, rows), N_ROWS);
    for (int64_t i = 0; i < N_ROWS; i++) {
        t->first[rows[i].id + 1]++;
    }
    for (int i = 0; i < N_IDS; i++) {
        t->first[i + 1] += t->first[i];
        next[i] = t->first[i];
    }
    for (int64_t i = 0; i < N_ROWS; i++) {
        const int64_t to = next[rows[i].id]++;
        t->time[to] = rows[i].time;
        t->amount[to] = rows[i].amount;
        t->order[to] = rows[i].order;
    }
    tc_mem_free(rows);
    return t;
}

static tc_rfm_events events_of(const table *t, int id)
{
    const int64_t at = t->first[id];
    return (tc_rfm_events){.time = t->time + at,
                           .amount = t->amount + at,
                           .order = t->order + at,
                           .kind = t->kind + at,
                           .channel = t->channel + at,
                           .category = t->category + at,
                           .n = t->first[id + 1] - at};
}

static int64_t day_of(const char *text)
{
    int64_t day = 0;
    assert_true(tc_date_parse(text, &day));
    return day;
}

static tc_rfm_scratch *scratch_of_2011(void)
{
    const tc_rfm_limits limits = {.day_first = day_of("2010-12-01"),
                                  .day_last = day_of("2011-12-09"),
                                  .n_channels = 1,
                                  .n_categories = 1};
    tc_rfm_scratch *scratch = NULL;
    tc_error err = {0};
    assert_int_equal(tc_rfm_scratch_create(&limits, &scratch, &err), TC_OK);
    return scratch;
}

/* customer_id,recency_days,invoices,revenue,x,t_x,T,mbar: the last four with one purchase a customer and
 * day, seen from 2011-12-09. */
static void compare(const double *f, char *const expected[N_FIELDS])
{
    const double t_x = strtod(expected[5], NULL), mbar = strtod(expected[7], NULL);
    assert_true(f[TC_FEATURE_recency_days] == strtod(expected[1], NULL));
    assert_true(f[TC_FEATURE_order_count] == strtod(expected[2], NULL));
    assert_true(fabs(f[TC_FEATURE_gross_amount] - strtod(expected[3], NULL)) < 1e-6);
    assert_true(f[TC_FEATURE_net_amount] == f[TC_FEATURE_gross_amount]);
    assert_true(f[TC_FEATURE_purchase_days] - 1.0 == strtod(expected[4], NULL));
    assert_true(f[TC_FEATURE_first_to_last_days] == t_x);
    assert_true(f[TC_FEATURE_tenure_days] - 1.0 == strtod(expected[6], NULL));
    assert_true(fabs(f[TC_FEATURE_repeat_day_amount] - mbar) < 1e-6 * (1.0 + mbar));
}

static void test_customers(void **state)
{
    FILE *file = open_shared("customers_expected.csv.xz");
    table *t = load();
    tc_rfm_scratch *scratch = scratch_of_2011();
    const int64_t day = day_of("2011-12-10");
    char line[LINE];
    int n = 0;
    (void)state;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        char *expected[N_FIELDS];
        double f[TC_N_FEATURES];
        tc_rfm_events events;
        tc_error err = {0};
        assert_int_equal(cut(line, expected), N_FIELDS);
        events = events_of(t, (int)strtol(expected[0], NULL, 10) - ID0);
        assert_int_equal(tc_rfm_customer(&events, &day, 1, scratch, f, &err), TC_OK);
        compare(f, expected);
        n++;
    }
    assert_int_equal(n, N_CUSTOMERS);
    assert_int_equal(pclose(file), 0);
    tc_rfm_scratch_destroy(&scratch);
    tc_mem_free(t);
}

static void test_churn(void **state)
{
    table *t = load();
    tc_rfm_scratch *scratch = scratch_of_2011();
    const int64_t days[2] = {day_of("2011-06-09"), day_of("2011-06-09") + 184};
    tc_error err = {0};
    int n_labelled = 0, n_churned = 0;
    (void)state;
    assert_int_equal(tc_rfm_dates(scratch, days, 2, &err), TC_OK);
    for (int id = 0; id < N_IDS; id++) {
        const tc_rfm_events events = events_of(t, id);
        int64_t later;
        int8_t churned;
        assert_int_equal(tc_rfm_add(scratch, &events, 0, &err), TC_OK);
        tc_rfm_labels(scratch, 0, 0, 1, &churned, &later);
        assert_true(churned != 1 || later == 0);
        n_labelled += churned >= 0;
        n_churned += churned > 0;
    }
    assert_int_equal(n_labelled, 2787);
    assert_int_equal(n_churned, 845);
    tc_rfm_scratch_destroy(&scratch);
    tc_mem_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_customers),
                                       cmocka_unit_test(test_churn)};
    return tc_test_code(cmocka_run_group_tests(tests, NULL, NULL));
}
