#include "synth_impl.h"

#include "tiercel/date.h"

#include <string.h>

enum {
    ROW_TEXT = 192,
    RADIX_BITS = 11,
    RADIX = 1 << RADIX_BITS,
    RADIX_PASSES = 3,
    TIME_SHIFT = 24
};

const char *tc_synth_header(tc_synth_format format)
{
    return format.amount
               ? "order_id,customer_id,order_date,amount,channel,category\n"
               : "order_id,customer_id,order_date,quantity,unit_price,channel,category\n";
}

static int digits_of(int64_t v)
{
    int n = 1;
    for (; v >= 10; v /= 10) {
        n++;
    }
    return n;
}

static char *put_text(char *at, const char *text)
{
    while (*text != '\0') {
        *at++ = *text++;
    }
    return at;
}

/* v in exactly n digits. */
static char *put_fixed(char *at, int64_t v, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        at[i] = (char)('0' + v % 10);
        v /= 10;
    }
    return at + n;
}

static char *put_number(char *at, int64_t v)
{
    if (v < 0) {
        *at++ = '-';
        v = -v;
    }
    return put_fixed(at, v, digits_of(v));
}

static char *put_cents(char *at, int64_t cents)
{
    if (cents < 0) {
        *at++ = '-';
        cents = -cents;
    }
    at = put_number(at, cents / 100);
    *at++ = '.';
    return put_fixed(at, cents % 100, 2);
}

static int id_digits(int64_t customers)
{
    const int n = digits_of(customers);
    return n < 8 ? 8 : n;
}

int tc_synth_id(int64_t customers, int64_t number, char text[TC_SYNTH_ID_TEXT])
{
    char *end;
    text[0] = 'C';
    end = put_fixed(text + 1, number, id_digits(customers));
    *end = '\0';
    return (int)(end - text);
}

/* A row's file text needs these; the date is kept because rows come sorted. */
typedef struct {
    const tc_synth_world *world;
    tc_synth_format format;
    int64_t first_number; /* of the block's first customer */
    int64_t day;          /* of `date` */
    char date[16];
    int date_length;
} writer;

static void set_day(writer *w, int64_t day)
{
    const tc_date date = tc_date_from_days(day);
    char *at = w->date;
    w->day = day;
    if (w->format.time == TC_SYNTH_DAY_FIRST) {
        at = put_fixed(at, date.day, 2);
        *at++ = '/';
        at = put_fixed(at, date.month, 2);
        *at++ = '/';
        at = put_fixed(at, date.year, 4);
    } else {
        at = put_fixed(at, date.year, 4);
        *at++ = '-';
        at = put_fixed(at, date.month, 2);
        *at++ = '-';
        at = put_fixed(at, date.day, 2);
    }
    w->date_length = (int)(at - w->date);
}

/* Dirt is either a date that does not exist or no date at all. */
static char *put_time(writer *w, char *at, const tc_synth_row *row)
{
    const int64_t day = tc_date_day_of(row->time);
    const int64_t second = row->time - day * TC_DAY_SECONDS;
    if (row->dirt == TC_DIRT_DATE && (row->time & 1) != 0) {
        return put_text(at, "unknown");
    }
    if (day != w->day) {
        set_day(w, day);
    }
    memcpy(at, w->date, (size_t)w->date_length);
    if (row->dirt == TC_DIRT_DATE) {
        (void)put_text(at + (w->format.time == TC_SYNTH_DAY_FIRST ? 0 : 5),
                       w->format.time == TC_SYNTH_DAY_FIRST ? "30/02" : "02-30");
    }
    at += w->date_length;
    *at++ = ' ';
    at = put_fixed(at, second / 3600, 2);
    *at++ = ':';
    at = put_fixed(at, second / 60 % 60, 2);
    *at++ = ':';
    return put_fixed(at, second % 60, 2);
}

static char *put_money(const writer *w, char *at, const tc_synth_row *row)
{
    const int64_t cents =
        w->format.amount ? (int64_t)row->quantity * row->unit_price : row->unit_price;
    if (!w->format.amount) {
        at = put_number(at, row->quantity);
        *at++ = ',';
    }
    if (row->dirt == TC_DIRT_NUMBER) {
        return put_text(at, (row->time & 1) != 0 ? "n/a" : "\"1,2,3\"");
    }
    return put_cents(at, cents);
}

static char *put_category(char *at, const tc_synth_row *row)
{
    const char *name = tc_synth_category(row->category);
    if (row->dirt != TC_DIRT_NEWLINE) {
        return put_text(at, name);
    }
    *at++ = '"';
    at = put_text(at, name);
    return put_text(at, "\nsale\"");
}

static char *put_row(writer *w, char *at, const tc_synth_row *row)
{
    const int64_t number = w->first_number + row->customer;
    if (row->prefix) {
        *at++ = 'C';
    }
    at = put_number(at, number);
    at = put_fixed(at, row->order, TC_SYNTH_ORDER_DIGITS);
    *at++ = ',';
    if (row->dirt != TC_DIRT_MISSING_ID) {
        *at++ = 'C';
        at = put_fixed(at, number, id_digits(w->world->params.customers));
    }
    *at++ = ',';
    at = put_time(w, at, row);
    *at++ = ',';
    at = put_money(w, at, row);
    *at++ = ',';
    at = put_text(at, tc_synth_channel(row->channel));
    *at++ = ',';
    at = put_category(at, row);
    *at++ = '\n';
    return at;
}

static tc_status put_mark(tc_synth_text *text, const tc_synth_row *row, tc_error *err)
{
    const tc_synth_mark mark = {
        .record = text->records, .line = text->lines, .kind = row->dirt};
    return tc_buffer_append(&text->marks, &mark, (int64_t)sizeof mark, err);
}

static tc_status put_rows(writer *w, const tc_synth_row *rows, const uint64_t *order,
                          int64_t n_rows, tc_synth_text *text, tc_error *err)
{
    const uint64_t index = ((uint64_t)1 << TIME_SHIFT) - 1;
    for (int64_t i = 0; i < n_rows; i++) {
        const tc_synth_row *row = &rows[order[i] & index];
        char *start, *end;
        int64_t bytes;
        TC_TRY(tc_buffer_reserve(&text->bytes, (int64_t)2 * ROW_TEXT, err));
        start = (char *)text->bytes.data + text->bytes.size;
        end = put_row(w, start, row);
        bytes = end - start;
        if (row->dirt != TC_DIRT_NONE) {
            TC_TRY(put_mark(text, row, err));
        }
        if (row->dirt == TC_DIRT_DUPLICATE) {
            memcpy(end, start, (size_t)bytes);
            text->records++;
            text->lines++;
            bytes *= 2;
        }
        text->bytes.size += bytes;
        text->records++;
        text->lines += row->dirt == TC_DIRT_NEWLINE ? 2 : 1;
    }
    return TC_OK;
}

/* Stable, least significant digit first; key = (seconds since the start) << 24 | row. Rows come by customer
 * and order, so ties keep that order. Returns the half of the buffer that holds the result. */
static const uint64_t *sort_rows(const tc_synth_row *rows, int64_t n, int64_t start,
                                 uint64_t *key)
{
    uint64_t *from = key;
    uint64_t *to = key + n;
    for (int64_t i = 0; i < n; i++) {
        from[i] = (uint64_t)(rows[i].time - start) << TIME_SHIFT | (uint64_t)i;
    }
    for (int pass = 0; pass < RADIX_PASSES; pass++) {
        const int shift = TIME_SHIFT + pass * RADIX_BITS;
        uint64_t *swap;
        int64_t count[RADIX + 1] = {0};
        for (int64_t i = 0; i < n; i++) {
            count[(from[i] >> shift & (RADIX - 1)) + 1]++;
        }
        for (int d = 0; d < RADIX; d++) {
            count[d + 1] += count[d];
        }
        for (int64_t i = 0; i < n; i++) {
            to[count[from[i] >> shift & (RADIX - 1)]++] = from[i];
        }
        swap = from;
        from = to;
        to = swap;
    }
    return from;
}

static tc_status make_rows(const tc_synth_world *world, int64_t first, int64_t last,
                           tc_buffer *rows, tc_error *err)
{
    tc_synth_facts facts;
    rows->size = 0;
    for (int64_t number = first; number < last; number++) {
        TC_TRY(tc_synth_customer(world, number, (uint32_t)(number - first), rows, &facts,
                                 err));
    }
    return TC_OK;
}

tc_status tc_synth_block_text(const tc_synth_world *world, tc_synth_format format,
                              int64_t block, tc_synth_text *text, tc_error *err)
{
    const tc_synth_params *p = &world->params;
    const int64_t in_block = tc_synth_block_customers(p->customers);
    const int64_t first = block * in_block + 1;
    const int64_t last =
        first + in_block <= p->customers ? first + in_block : p->customers + 1;
    writer w = {.world = world, .format = format, .first_number = first, .day = INT64_MIN};
    const tc_synth_row *rows;
    int64_t n_rows;
    text->bytes.size = text->marks.size = text->order.size = 0;
    text->records = text->lines = 0;
    TC_TRY(make_rows(world, first, last, &text->rows, err));
    rows = (const tc_synth_row *)(const void *)text->rows.data;
    n_rows = text->rows.size / (int64_t)sizeof *rows;
    TC_ASSERT(n_rows < (int64_t)1 << TIME_SHIFT);
    TC_TRY(tc_buffer_reserve(&text->order, 2 * n_rows * (int64_t)sizeof(uint64_t), err));
    if (n_rows == 0) {
        return TC_OK;
    }
    return put_rows(&w, rows,
                    sort_rows(rows, n_rows, p->start_day * TC_DAY_SECONDS,
                              (uint64_t *)(void *)text->order.data),
                    n_rows, text, err);
}

void tc_synth_text_free(tc_synth_text *text)
{
    tc_buffer_free(&text->bytes);
    tc_buffer_free(&text->marks);
    tc_buffer_free(&text->rows);
    tc_buffer_free(&text->order);
    *text = (tc_synth_text){0};
}
