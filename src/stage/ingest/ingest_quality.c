#include "ingest_impl.h"

#include "tiercel/fault.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert((int)TC_N_ROLES <= (int)TC_QUALITY_COLUMNS,
               "a column of quality for each role");

/* Cuts a name that is too long between two characters of UTF-8. */
static void copy_header(const char *name, char header[TC_QUALITY_HEADER])
{
    size_t n = strlen(name);
    if (n >= TC_QUALITY_HEADER) {
        n = TC_QUALITY_HEADER - 1;
        while (n > 0 && ((unsigned char)name[n] & 0xC0U) == 0x80U) {
            n--;
        }
    }
    memcpy(header, name, n); /* the rest is zero */
    header[n] = '\0';
}

/* 1 if a used row has a value for sure. */
static int is_needed(const tc_row_rules *rules, int role)
{
    const int product = role == TC_ROLE_QUANTITY || role == TC_ROLE_UNIT_PRICE;
    return role == TC_ROLE_CUSTOMER || role == TC_ROLE_TIME || role == TC_ROLE_AMOUNT ||
           (product && rules->column[TC_ROLE_AMOUNT] == NULL);
}

tc_status tc_ingest_quality_create(const tc_config_input *input, const tc_row_rules *rules,
                                   tc_ingest_quality *q, tc_error *err)
{
    static const char *const key[TC_N_ROLES] = {
#define X(role, member) [role] = #member,
        TC_ROW_ROLES(X)
#undef X
    };
    *q = (tc_ingest_quality){.tolerance = llround(input->amount_tolerance * 1e4)};
    TC_TRY(tc_quality_create(&q->sums, err));
    q->sums.n_columns = TC_N_ROLES;
    for (int needed = 0; needed < 2; needed++) {
        for (int role = 0; role < TC_N_ROLES; role++) {
            if (rules->column[role] != NULL && is_needed(rules, role) == needed) {
                q->mapped[q->n_mapped++] = role;
                q->n_optional += !needed;
                (void)snprintf(q->sums.column[role].key, TC_QUALITY_KEY, "%s", key[role]);
                copy_header(rules->column[role], q->sums.column[role].header);
            }
        }
    }
    return TC_OK;
}

void tc_ingest_quality_free(tc_ingest_quality *q)
{
    tc_quality_free(&q->sums);
}

/* Bit r: nothing but blanks stands in the column of role r. */
static unsigned empty_columns(const tc_ingest_quality *q, const tc_csv_text *text,
                              tc_row_reason reason)
{
    const int n = reason == TC_ROW_USED ? q->n_optional : q->n_mapped;
    unsigned empty = 0;
    for (int i = 0; i < n; i++) {
        const tc_csv_text t = text[q->mapped[i]];
        if (t.n == 0 ||
            ((t.data[0] == ' ' || t.data[0] == '\t') && tc_csv_trim(t).n == 0)) {
            empty |= 1U << q->mapped[i];
        }
    }
    return empty;
}

static void count_gaps(tc_quality *sums, unsigned empty, unsigned unreadable)
{
    for (int role = 0; role < TC_N_ROLES; role++) {
        sums->column[role].empty += empty >> role & 1;
        sums->column[role].unreadable += unreadable >> role & 1;
    }
    sums->count[TC_QUALITY_UNREADABLE] += unreadable != 0;
}

/* The product may be of the other sign and as large, so the difference needs more than 64 bits. */
static void count_product(tc_ingest_quality *q, int64_t amount, int64_t product)
{
    const tc_i128 difference = (tc_i128)amount - product;
    q->sums.count[TC_QUALITY_PRODUCTS]++;
    q->sums.count[TC_QUALITY_PRODUCTS_DIFFER] +=
        difference > q->tolerance || difference < -(tc_i128)q->tolerance;
}

static void count_amount(tc_quality *sums, tc_quality_day *day, int64_t amount)
{
    const int64_t size = amount >= 0 ? amount : amount == INT64_MIN ? INT64_MAX : -amount;
    int64_t *const largest = &sums->count[TC_QUALITY_LARGEST];
    int64_t *const smallest = &sums->count[TC_QUALITY_SMALLEST];
    int64_t *const sum = amount < 0 ? &day->negative : &day->positive;
    *sum = tc_quality_add(*sum, size);
    day->negative_rows += amount < 0;
    sums->step_rows[tc_quality_step((uint64_t)size)]++;
    *largest = amount > *largest ? amount : *largest;
    *smallest = amount < *smallest ? amount : *smallest;
}

tc_status tc_ingest_quality_row(tc_ingest_quality *q, const tc_csv_text text[TC_N_ROLES],
                                const tc_row_event *event, tc_error *err)
{
    const unsigned empty = empty_columns(q, text, event->reason),
                   bad = event->unreadable & ~empty;
    tc_quality_day *day;
    q->sums.count[TC_QUALITY_SHAPED]++;
    if ((empty | bad) != 0) {
        count_gaps(&q->sums, empty, bad);
    }
    if (event->has_product) {
        count_product(q, event->amount, event->product);
    }
    if ((event->unreadable >> TC_ROLE_TIME & 1) != 0) {
        return TC_OK;
    }
    day = tc_quality_day_of(&q->sums, event->time, err);
    if (day == NULL) {
        return TC_ENOMEM;
    }
    day->rows++;
    if (event->complete) {
        const int cancelled = (event->order & TC_ORDER_CANCELLED) != 0;
        q->sums.count[TC_QUALITY_CANCELLED] += cancelled;
        q->sums.count[TC_QUALITY_CANCELLED_POSITIVE] += cancelled && event->amount > 0;
        count_amount(&q->sums, day, event->amount);
    }
    return TC_OK;
}

/* Used rows lack nothing but what they may lack. */
static void count_empty(tc_ingest_quality *q, const tc_columns *c)
{
    for (int k = 0; k < q->n_optional; k++) {
        const int role = q->mapped[k];
        int64_t empty = 0;
        for (int64_t i = 0; i < c->n; i++) {
            empty += (tc_piece_n(&c->role[role], i) == 0) & !c->odd[i];
        }
        q->sums.column[role].empty += empty;
    }
}

static void add_day(tc_quality_day *day, const tc_quality_day *more)
{
    day->rows += more->rows;
    day->negative_rows += more->negative_rows;
    day->positive = tc_quality_add(day->positive, more->positive);
    day->negative = tc_quality_add(day->negative, more->negative);
}

/* Days and amounts. Rows of one day often follow each other: they are added up first. */
static tc_status count_amounts(tc_ingest_quality *q, const tc_columns *c, tc_error *err)
{
    tc_quality_day *day = NULL, sum = {0};
    int64_t largest = q->sums.count[TC_QUALITY_LARGEST];
    int64_t smallest = q->sums.count[TC_QUALITY_SMALLEST];
    for (int64_t i = 0; i < c->n; i++) {
        const int64_t amount = c->amount[i];
        const int64_t size = amount >= 0           ? amount
                             : amount == INT64_MIN ? INT64_MAX
                                                   : -amount;
        tc_quality_day *here;
        if (c->odd[i]) {
            continue;
        }
        here = tc_quality_day_of(&q->sums, c->time[i], err);
        if (here == NULL) {
            return TC_ENOMEM;
        }
        if (here != day) {
            if (day != NULL) {
                add_day(day, &sum);
            }
            day = here;
            sum = (tc_quality_day){0};
        }
        sum.rows++;
        sum.negative_rows += amount < 0;
        sum.positive = tc_quality_add(sum.positive, amount < 0 ? 0 : size);
        sum.negative = tc_quality_add(sum.negative, amount < 0 ? size : 0);
        q->sums.step_rows[tc_quality_step((uint64_t)size)]++;
        largest = amount > largest ? amount : largest;
        smallest = amount < smallest ? amount : smallest;
    }
    if (day != NULL) {
        add_day(day, &sum);
    }
    q->sums.count[TC_QUALITY_LARGEST] = largest;
    q->sums.count[TC_QUALITY_SMALLEST] = smallest;
    return TC_OK;
}

tc_status tc_ingest_quality_columns(tc_ingest_quality *q, const tc_columns *c,
                                    tc_error *err)
{
    int64_t cancelled = 0;
    q->sums.count[TC_QUALITY_SHAPED] += c->n - c->n_odd;
    count_empty(q, c);
    for (int64_t i = 0; i < c->n && c->has_product; i++) {
        if (!c->odd[i]) {
            count_product(q, c->amount[i], c->product[i]);
        }
    }
    for (int64_t i = 0; i < c->n; i++) {
        cancelled += (c->order[i] & TC_ORDER_CANCELLED) != 0 && !c->odd[i];
    }
    q->sums.count[TC_QUALITY_CANCELLED] += cancelled; /* and none is positive */
    return count_amounts(q, c, err);
}

/* What the other steps have counted, of all ranks. */
static void take_counts(tc_ingest *in)
{
    const tc_ingest_counts *c = &in->counts;
    tc_quality *sums = &in->quality.sums;
    for (int role = 0; role < TC_N_ROLES; role++) {
        sums->column[role].rows = sums->count[TC_QUALITY_SHAPED];
    }
    sums->count[TC_QUALITY_ROWS] = c->rows;
    sums->count[TC_QUALITY_UNREADABLE] += c->rows - sums->count[TC_QUALITY_SHAPED];
    sums->count[TC_QUALITY_REJECTED] = c->rows - c->reason_rows[TC_ROW_USED];
    sums->count[TC_QUALITY_DUPLICATES] = c->duplicate_rows;
    if (in->rules.column[TC_ROLE_ORDER] != NULL) {
        sums->count[TC_QUALITY_ORDERS] = c->orders;
        sums->count[TC_QUALITY_ORDERS_MIXED] = c->orders_mixed;
    }
}

tc_status tc_ingest_quality_all(tc_ingest *in, tc_store *store, tc_error *err)
{
    json_t *section = NULL;
    tc_status st = tc_comm_agree_all(in->comm, TC_FAULT("ingest.quality", err), err);
    if (st == TC_OK) {
        st = tc_quality_merge_all(in->comm, &in->quality.sums, err);
    }
    if (st == TC_OK) {
        take_counts(in);
        st = tc_quality_put_all(in->comm, store, &in->quality.sums, err);
    }
    if (st == TC_OK) {
        st = tc_quality_json(&in->quality.sums, in->config, &section, err);
        st = tc_comm_agree_all(in->comm, st, err);
    }
    if (st == TC_OK) {
        st = tc_quality_enforce_all(in->comm, section, in->config, err);
    }
    json_decref(section);
    return st;
}
