/* quality_pack.c - the counters as bytes, in a state that is saved inside ingest. */
#include "tiercel/quality.h"

#include "tiercel/mem.h"

#include <string.h>

/* Days with rows; they follow the counters. */
typedef struct {
    int64_t day;
    tc_quality_day of;
} packed_day;

tc_status tc_quality_pack(const tc_quality *q, tc_buffer *out, tc_error *err)
{
    int64_t day = TC_QUALITY_FIRST_DAY;
    const tc_quality_day *at;
    tc_quality plain = *q;
    plain.page = NULL;
    TC_TRY(tc_buffer_append(out, &plain, (int64_t)sizeof plain, err));
    for (; (at = tc_quality_next_day(q, &day)) != NULL; day++) {
        const packed_day packed = {day, *at};
        TC_TRY(tc_buffer_append(out, &packed, (int64_t)sizeof packed, err));
    }
    return TC_OK;
}

static int is_whole(const tc_quality *q, int64_t n)
{
    return n >= (int64_t)sizeof *q && q->n_columns >= 0 &&
           q->n_columns <= TC_QUALITY_COLUMNS &&
           (n - (int64_t)sizeof *q) % (int64_t)sizeof(packed_day) == 0;
}

static tc_status take_days(tc_quality *q, const unsigned char *bytes, int64_t n,
                           tc_error *err)
{
    for (int64_t at = 0; at < n; at += (int64_t)sizeof(packed_day)) {
        packed_day packed;
        tc_quality_day *day;
        memcpy(&packed, bytes + at, sizeof packed);
        if (packed.day < TC_QUALITY_FIRST_DAY || packed.day > TC_QUALITY_LAST_DAY) {
            return tc_fail(err, TC_EDATA, "the saved counters of data quality are damaged");
        }
        day = tc_quality_make_day(q, packed.day, err);
        if (day == NULL) {
            return TC_ENOMEM;
        }
        *day = packed.of;
    }
    return TC_OK;
}

tc_status tc_quality_unpack(tc_quality *into, const unsigned char *bytes, int64_t n,
                            tc_error *err)
{
    tc_quality other, saved = {0};
    tc_status st;
    if (n >= (int64_t)sizeof saved) {
        memcpy(&saved, bytes, sizeof saved);
    }
    if (!is_whole(&saved, n)) {
        return tc_fail(err, TC_EDATA, "the saved counters of data quality are damaged");
    }
    st = tc_quality_create(&other, err);
    saved.page = other.page;
    if (st == TC_OK) {
        st = take_days(&saved, bytes + sizeof saved, n - (int64_t)sizeof saved, err);
    }
    if (st == TC_OK) {
        st = tc_quality_merge(into, &saved, err);
    }
    tc_quality_free(&saved);
    return st;
}
