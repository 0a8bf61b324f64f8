#include "tiercel/date.h"

#include <stdio.h>
#include <string.h>

int64_t tc_date_to_days(tc_date date)
{
    const int64_t y = date.year - (date.month <= 2);
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year =
        (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

tc_date tc_date_from_days(int64_t days)
{
    const int64_t z = days + 719468;
    const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    const int64_t doe = z - era * 146097;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int64_t mp = (5 * doy + 2) / 153;
    tc_date date;
    date.day = (int)(doy - (153 * mp + 2) / 5 + 1);
    date.month = (int)(mp < 10 ? mp + 3 : mp - 9);
    date.year = yoe + era * 400 + (date.month <= 2);
    return date;
}

int tc_date_valid(tc_date date)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int days;
    if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12) {
        return 0;
    }
    days = length[date.month - 1];
    if (date.month == 2 && date.year % 4 == 0 &&
        (date.year % 100 != 0 || date.year % 400 == 0)) {
        days = 29;
    }
    return date.day >= 1 && date.day <= days;
}

int64_t tc_date_day_of(int64_t seconds)
{
    const int64_t rest = seconds % TC_DAY_SECONDS;
    return seconds / TC_DAY_SECONDS - (rest < 0);
}

int64_t tc_date_month_of_day(int64_t days)
{
    const tc_date date = tc_date_from_days(days);
    return date.year * 12 + date.month - 1;
}

void tc_date_text(int64_t days, char text[TC_DATE_TEXT])
{
    const tc_date date = tc_date_from_days(days);
    (void)snprintf(text, TC_DATE_TEXT, "%04d-%02d-%02d", (int)(date.year % 10000),
                   date.month, date.day);
}

void tc_time_text(int64_t seconds, char text[TC_TIME_TEXT])
{
    const int64_t day = tc_date_day_of(seconds);
    int rest = (int)(seconds % TC_DAY_SECONDS);
    char date[TC_DATE_TEXT];
    rest += rest < 0 ? TC_DAY_SECONDS : 0;
    tc_date_text(day, date);
    (void)snprintf(text, TC_TIME_TEXT, "%sT%02d:%02d:%02d", date, rest / 3600,
                   rest / 60 % 60, rest % 60);
}

static int digits(const char *text, int n, int64_t *value)
{
    *value = 0;
    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }
        *value = *value * 10 + (text[i] - '0');
    }
    return 1;
}

int tc_date_parse(const char *text, int64_t *days)
{
    int64_t year, month, day;
    tc_date date;
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || !digits(text, 4, &year) ||
        !digits(text + 5, 2, &month) || !digits(text + 8, 2, &day)) {
        return 0;
    }
    date = (tc_date){.year = year, .month = (int)month, .day = (int)day};
    if (!tc_date_valid(date)) {
        return 0;
    }
    *days = tc_date_to_days(date);
    return 1;
}
