/* Dates and times: bounds, writing back what was read, and dates made from numbers against a calendar that counts
 * day by day. The first line of the input is the format,
 * perhaps with | and a zone behind it, the rest the text. */
#include "fuzz.h"

#include "tiercel/date.h"
#include "tiercel/timeparse.h"

#include <string.h>

enum { TEXT_MAX = 200 };

/* Days since 1970-01-01, by counting years and months; *ok is 0 for a date that does not exist. */
static int64_t slow_days(int year, int month, int day, int *ok)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static int64_t new_year[10000]; /* filled by the first call */
    int64_t days;
    int leap;
    if (new_year[1] == 0) {
        new_year[1] = -719162;
        for (int y = 1; y < 9999; y++) {
            new_year[y + 1] =
                new_year[y] + 365 + ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0);
        }
    }
    *ok = 0;
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) {
        return 0;
    }
    days = new_year[year];
    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    for (int m = 1; m < month; m++) {
        days += length[m - 1] + (m == 2 && leap);
    }
    *ok = day <= length[month - 1] + (month == 2 && leap);
    return days + day - 1;
}

static void check_written_back(int64_t seconds)
{
    tc_time_format iso;
    char text[TC_TIME_TEXT];
    int64_t again = 0;
    FUZZ_CHECK(seconds >= -62135596800 && seconds < 253402300800);
    tc_time_text(seconds, text);
    FUZZ_CHECK(strlen(text) == 19);
    FUZZ_CHECK(tc_time_compile("iso", &iso, NULL) == TC_OK);
    FUZZ_CHECK(tc_time_parse(&iso, text, (int64_t)strlen(text), &again) == 1);
    FUZZ_CHECK(again == seconds);
}

static void check_text(char *format, const char *text, int64_t n)
{
    tc_time_format compiled;
    int64_t seconds = 42;
    tc_error err = {0};
    char *const zone = strrchr(format, '|');
    tc_status st;
    if (zone != NULL) {
        *zone = '\0';
    }
    st = tc_time_compile(format, &compiled, &err);
    if (st == TC_OK && zone != NULL) {
        st = tc_time_set_zone(&compiled, zone + 1, &err);
    }
    if (st != TC_OK) {
        FUZZ_CHECK(st == TC_ECONFIG && err.message[0] != '\0');
        return;
    }
    if (tc_time_parse(&compiled, text, n, &seconds)) {
        check_written_back(seconds);
    }
}

enum { MADE_ISO, MADE_DAY_FIRST, MADE_MONTH_FIRST, MADE_COMPACT, MADE_PATTERN, MADE_KINDS };

static int make_date(unsigned kind, const int part[3], char text[64])
{
    const int year = part[0], month = part[1], day = part[2];
    switch (kind) {
    case MADE_ISO:
        return snprintf(text, 64, "%04d-%02d-%02d", year, month, day);
    case MADE_DAY_FIRST:
        return snprintf(text, 64, "%d/%d/%04d", day, month, year);
    case MADE_MONTH_FIRST:
        return snprintf(text, 64, "%d.%d.%04d", month, day, year);
    case MADE_COMPACT:
        return snprintf(text, 64, "%04d%02d%02d", year, month, day);
    default:
        return snprintf(text, 64, "%02d-%02d-%04d", day, month, year);
    }
}

/* A date and a time of any numbers, in each named format: read if and only if it exists. */
static void check_made(fuzz_input *in)
{
    static const char *const format[] = {"iso", "day_first", "month_first", "compact",
                                         "%d-%m-%Y"};
    const unsigned kind = fuzz_byte(in) % MADE_KINDS;
    const int year = (int)((fuzz_byte(in) << 8 | fuzz_byte(in)) % 10000);
    const int month = (int)(fuzz_byte(in) % 14), day = (int)(fuzz_byte(in) % 33);
    const int hour = (int)(fuzz_byte(in) % 25), minute = (int)(fuzz_byte(in) % 61);
    const int second = (int)(fuzz_byte(in) % 61);
    const int with_time = kind != MADE_PATTERN && fuzz_byte(in) % 2;
    tc_time_format compiled;
    char text[64];
    int64_t seconds = 0;
    int ok, n = make_date(kind, (const int[3]){year, month, day}, text);
    const int64_t days = slow_days(year, month, day, &ok);
    if (with_time) {
        n += snprintf(text + n, sizeof text - (size_t)n, " %02d:%02d:%02d", hour, minute,
                      second);
    }
    ok = ok && (!with_time || (hour < 24 && minute < 60 && second < 60));
    FUZZ_CHECK(tc_time_compile(format[kind], &compiled, NULL) == TC_OK);
    FUZZ_CHECK(tc_time_parse(&compiled, text, n, &seconds) == ok);
    if (ok) {
        FUZZ_CHECK(seconds ==
                   days * 86400 + (with_time ? hour * 3600 + minute * 60 + second : 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t n = size < TEXT_MAX ? size : TEXT_MAX;
    const uint8_t *const end = n == 0 ? NULL : memchr(data, '\n', n);
    char format[TEXT_MAX + 1] = "", text[TEXT_MAX + 1];
    fuzz_input numbers = {data, size};
    if (end != NULL) {
        memcpy(format, data, (size_t)(end - data));
        format[end - data] = '\0';
        memcpy(text, end + 1, (size_t)(data + n - end - 1));
        check_text(format, text, data + n - end - 1);
    }
    check_made(&numbers);
    return 0;
}
