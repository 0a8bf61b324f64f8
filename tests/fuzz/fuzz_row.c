/* The meaning of a row: whatever its texts and the rules, it is used with all its parts in their limits, or rejected for a
 * named reason; and reading it again gives the same. Bytes 0 to 3 choose the rules; fields are separated by 0x1F. */
#include "fuzz.h"

#include "stage/ingest/ingest_row.h"

#include <string.h>

enum { FIELD = 0x1F };

static char euro[] = "\xE2\x82\xAC", usd[] = "USD", name[] = "c";
static char *currency[] = {euro, usd};

static tc_config_input choose(fuzz_input *in)
{
    static char format[8][24] = {"iso",   "day_first", "month_first", "compact",
                                 "epoch", "epoch_ms",  "%d.%m.%Y",    "%Y%m%d%H%M%S%z"};
    static char zone[4][8] = {"", "UTC", "+05:45", "-0330"}, prefix[2][2] = {"", "C"};
    static const tc_mark decimal[] = {TC_MARK_POINT, TC_MARK_COMMA};
    static const tc_mark thousands[] = {TC_MARK_NONE, TC_MARK_APOSTROPHE, TC_MARK_BLANK,
                                        TC_MARK_UNDERSCORE};
    const unsigned a = fuzz_byte(in), b = fuzz_byte(in), c = fuzz_byte(in),
                   d = fuzz_byte(in);
    tc_config_input input = {.time_format = format[a & 7], .time_zone = zone[a >> 3 & 3]};
    input.columns.customer = input.columns.time = name;
    if ((a & 32) != 0) {
        input.columns.amount = name;
    }
    if ((a & 32) == 0 || (a & 64) != 0) {
        input.columns.quantity = input.columns.unit_price = name;
    }
    input.columns.order = (b & 1) != 0 ? name : NULL;
    input.columns.channel = input.columns.category = (b & 2) != 0 ? name : NULL;
    input.returns_order_prefix = prefix[b >> 2 & 1];
    input.returns = (b & 8) != 0 ? TC_RETURNS_REJECT : TC_RETURNS_NET;
    input.zero_amount = (b & 16) != 0 ? TC_ZERO_REJECT : TC_ZERO_KEEP;
    input.id_strip_decimal = (b & 32) != 0;
    input.id_case = (tc_id_case)((b >> 6) % 3);
    input.format.encoding = (tc_encoding)(c % 3);
    input.format.number.decimal = decimal[c >> 2 & 1];
    input.format.number.thousands = thousands[c >> 3 & 3];
    input.format.number.negative = (tc_negative)(c >> 5 & 3);
    input.format.number.currency = currency;
    input.format.number.n_currency = (int)(d % 3);
    return input;
}

static void check_used(const tc_row_rules *rules, const tc_row_event *e)
{
    FUZZ_CHECK(e->complete && e->has_amount && e->role == -1);
    FUZZ_CHECK(e->id_n >= 1 && e->id_n <= TC_ID_MAX);
    FUZZ_CHECK(memchr(e->id, 0, (size_t)e->id_n) == NULL);
    FUZZ_CHECK(tc_text_is_utf8(e->id, e->id_n));
    FUZZ_CHECK((e->hash.hi | e->hash.lo) != 0);
    FUZZ_CHECK(e->kind == TC_KIND_PURCHASE || e->kind == TC_KIND_RETURN);
    FUZZ_CHECK(e->kind == TC_KIND_RETURN || e->amount >= 0);
    FUZZ_CHECK(e->kind == TC_KIND_PURCHASE || e->amount <= 0);
    FUZZ_CHECK(rules->returns == TC_RETURNS_NET || e->kind == TC_KIND_PURCHASE);
    FUZZ_CHECK(rules->zero_amount == TC_ZERO_KEEP || e->amount != 0);
    FUZZ_CHECK(e->channel.n >= 0 && e->channel.n <= TC_LEVEL_MAX);
    FUZZ_CHECK(e->category.n >= 0 && e->category.n <= TC_LEVEL_MAX);
    FUZZ_CHECK(tc_text_is_utf8(e->channel.data, e->channel.n));
    FUZZ_CHECK(tc_text_is_utf8(e->category.data, e->category.n));
}

static void check_row(const tc_row_rules *rules, const tc_csv_text text[TC_N_ROLES])
{
    static tc_row_event first, again;
    memset(&first, 0x55, sizeof first); /* only what is promised is written */
    memset(&again, 0xAA, sizeof again);
    tc_row_read(rules, text, &first);
    tc_row_read(rules, text, &again);
    FUZZ_CHECK((unsigned)first.reason < TC_N_REASONS && first.reason == again.reason);
    FUZZ_CHECK(tc_row_reason_code((int)first.reason)[0] != '\0');
    FUZZ_CHECK(first.role == again.role && first.role >= -1 && first.role < TC_N_ROLES);
    FUZZ_CHECK(first.complete == again.complete && first.unreadable == again.unreadable);
    FUZZ_CHECK(first.hash.hi == again.hash.hi && first.hash.lo == again.hash.lo);
    if (first.complete) {
        FUZZ_CHECK(first.time == again.time && first.amount == again.amount);
        FUZZ_CHECK(first.order == again.order && first.kind == again.kind);
        FUZZ_CHECK(first.time >= -62135596800 && first.time < 253402300800);
    }
    if (first.reason == TC_ROW_USED) {
        check_used(rules, &first);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, size};
    const tc_config_input input = choose(&in);
    tc_row_rules rules;
    tc_csv_text text[TC_N_ROLES];
    const char *at = (const char *)in.data;
    const char *const end = at + in.n;
    tc_error err = {0};
    const tc_status st = tc_row_rules_compile(&input, &rules, &err);
    FUZZ_CHECK(st == TC_OK || (st == TC_ECONFIG && err.message[0] != '\0'));
    for (int role = 0; role < TC_N_ROLES; role++) {
        const char *const stop = at < end ? memchr(at, FIELD, (size_t)(end - at)) : NULL;
        text[role] = (tc_csv_text){at < end ? at : "", (stop != NULL ? stop : end) - at};
        at = stop != NULL ? stop + 1 : end;
    }
    if (st == TC_OK) {
        check_row(&rules, text);
    }
    return 0;
}
