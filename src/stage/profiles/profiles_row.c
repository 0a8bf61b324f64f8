/* profiles_row.c - one row into the batch, or among the rejected. */
#include "profiles_impl.h"

#include "../ingest/ingest_rejects.h"

#include "tiercel/order.h"

#include <string.h>

const char *tc_profile_reason_code(int reason)
{
    static const char *const code[TC_N_PROFILE_REASONS] = {
#define X(name, text) text,
        TC_PROFILE_REASONS(X)
#undef X
    };
    return code[reason];
}

tc_profile_reason tc_profile_id(const tc_profiles *p, tc_csv_text text,
                                tc_profile_head *head, char id[TC_ID_MAX])
{
    const int64_t n = tc_row_normalise_id(&p->rules, text, id);
    head->id_n = 0;
    if (n == 0) {
        return TC_PROFILE_CUSTOMER_MISSING;
    }
    if (n < 0) {
        return n == TC_ID_INVALID ? TC_PROFILE_ENCODING : TC_PROFILE_CUSTOMER_LONG;
    }
    if (memchr(id, 0, (size_t)n) != NULL) {
        return TC_PROFILE_CUSTOMER_BYTES;
    }
    head->id_n = (uint8_t)n;
    return TC_PROFILE_USED;
}

tc_status tc_profile_reject(tc_profiles *p, int table, uint64_t place,
                            tc_profile_reason reason, int64_t column, tc_error *err)
{
    const tc_pair line = {.key = place, .value = tc_reject_value((int)reason, column)};
    p->counts[table].reason[reason]++;
    return tc_buffer_append(&p->rejects, &line, (int64_t)sizeof line, err);
}

tc_status tc_profile_begin(tc_profiles *p, const tc_profile_head *head, const char *id,
                           tc_error *err)
{
    TC_TRY(tc_buffer_append(&p->batch, head, TC_PROFILE_HEAD, err));
    return tc_buffer_append(&p->batch, id, head->id_n, err);
}

tc_status tc_profile_add_number(tc_profiles *p, double value, tc_error *err)
{
    return tc_buffer_append(&p->batch, &value, (int64_t)sizeof value, err);
}

tc_status tc_profile_add_word(tc_profiles *p, tc_profile_column *column, const char *word,
                              int64_t n, tc_error *err)
{
    static const char other[] = "other";
    unsigned char size;
    if (n > 0 && column->levels != NULL && !tc_cell_is_level(column->levels, word, n)) {
        column->unknown++;
        word = other;
        n = sizeof other - 1;
    }
    size = (unsigned char)n;
    TC_TRY(tc_buffer_append(&p->batch, &size, 1, err));
    return tc_buffer_append(&p->batch, word, n, err);
}

tc_status tc_profile_add_text(tc_profiles *p, tc_profile_column *column, tc_csv_text text,
                              tc_error *err)
{
    tc_cell_outcome outcome;
    tc_status st;
    if (column->is_category) {
        char word[TC_LEVEL_MAX];
        int64_t n;
        outcome = tc_cell_level(&p->rules, text, word, &n);
        st = tc_profile_add_word(p, column, word, n, err);
    } else {
        double value;
        outcome = tc_cell_number(&p->rules, text, &value);
        st = tc_profile_add_number(p, value, err);
    }
    column->unreadable += outcome == TC_CELL_UNREADABLE;
    return st;
}

void tc_profile_end(tc_profiles *p, int table, int64_t begin)
{
    const uint32_t size = (uint32_t)(p->batch.size - begin);
    memcpy(p->batch.data + begin + offsetof(tc_profile_head, size), &size, sizeof size);
    p->counts[table].reason[TC_PROFILE_USED]++;
}
