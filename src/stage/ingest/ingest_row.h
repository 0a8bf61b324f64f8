/* ingest_row.h - private to ingest: the meaning of one row. Pure: no files, no other
 * ranks. */
#ifndef TC_INGEST_ROW_H
#define TC_INGEST_ROW_H

#include "ingest_record.h"

#include "tiercel/config.h"
#include "tiercel/csv.h"
#include "tiercel/encoding.h"
#include "tiercel/hash.h"
#include "tiercel/number.h"
#include "tiercel/timeparse.h"

enum {
    TC_ID_MAX = 128,
    TC_LEVEL_MAX = 255,
    TC_ORDER_TEXT = 512
}; /* bytes of a customer id; of a channel or category; of an order id that is decoded */

enum { TC_ID_LONG = -1, TC_ID_INVALID = -2 };

/* The configuration as a row needs it; texts are borrowed from it. */
typedef struct {
    const char *column[TC_N_ROLES]; /* names, NULL if not mapped */
    tc_time_format time;
    tc_number_format number;
    tc_encoding encoding;
    const char *return_prefix;
    int64_t return_prefix_n;
    tc_returns_policy returns;
    tc_zero_policy zero_amount;
    int id_strip_decimal;
    tc_id_case id_case;
} tc_row_rules;

/* One row as read. Members behind `reason` hold what could be read of a rejected row. */
typedef struct {
    tc_row_reason reason;
    int role;       /* of the column to blame, -1 if none */
    int has_amount; /* the amount could be read */
    int complete;   /* time and amount could be read, and the order is set */
    int rounded;    /* digits of the amount were lost */
    unsigned
        unreadable; /* bit r: what stands in the column of role r cannot be read, or nothing stands there */
    int has_product; /* amount, quantity and unit price could be read */
    int64_t product; /* of quantity and unit price */
    int kind;        /* TC_KIND_PURCHASE or TC_KIND_RETURN */
    int64_t time, amount;
    uint64_t order;
    tc_hash128 hash; /* of the id, never (0, 0); (0, 0) if there is no id */
    int64_t id_n;
    char id[TC_ID_MAX];
    tc_csv_text channel, category; /* trimmed, UTF-8; borrowed from the row or from here */
    char level[2][TC_LEVEL_MAX];
} tc_row_event;

/* Local. Errors: TC_ECONFIG. */
TC_NODISCARD tc_status tc_row_rules_compile(const tc_config_input *input, tc_row_rules *out,
                                            tc_error *err);

/* Local, pure. Turns the mapped texts of one row into an event or says why it is rejected.
 * text[] of roles that are not mapped are not looked at. Only what the comments of the event
 * promise is written to it: its ids and texts are not cleared. */
void tc_row_read(const tc_row_rules *rules, const tc_csv_text text[TC_N_ROLES],
                 tc_row_event *event);

/* Local, pure. The id as configured: trimmed, 17850.0 made 17850, in UTF-8, case folded (of
 * the letters A to Z). Returns its bytes; TC_ID_LONG if they are more than TC_ID_MAX,
 * TC_ID_INVALID if it is not valid in the encoding of the files. */
int64_t tc_row_normalise_id(const tc_row_rules *rules, tc_csv_text text,
                            char id[TC_ID_MAX]);

/* Of the hash of an order id. */
enum { TC_ORDER_SEED = 1 };

/* Local, pure. The order of all events of a customer, by hash.hi, on one day, where there is no
 * order id. TC_ORDER_CANCELLED is not cleared. */
uint64_t tc_row_order_of_day(int64_t time, uint64_t customer);

/* Local, pure. The order of an event whose customer, by hash.hi, was `from` and is `to`: one
 * that was made of customer and day follows, any other stays. */
uint64_t tc_row_order_follow(uint64_t order, int64_t time, uint64_t from, uint64_t to);

/* Local, pure. Code of a reason in rejects.csv. */
const char *tc_row_reason_code(int reason);

#endif
