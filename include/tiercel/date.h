/* date.h - civil dates and times of the proleptic Gregorian calendar, without time zones: a
 * time is int64 seconds since 1970-01-01 00:00:00 of the company's own clock. Base layer,
 * pure. */
#ifndef TC_DATE_H
#define TC_DATE_H

#include <stdint.h>

enum { TC_DAY_SECONDS = 86400, TC_DATE_TEXT = 16, TC_TIME_TEXT = 32 };

typedef struct {
    int64_t year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
} tc_date;

/* Local, pure. Days since 1970-01-01, by H. Hinnant, "chrono-compatible low-level date
 * algorithms". */
int64_t tc_date_to_days(tc_date date);
tc_date tc_date_from_days(int64_t days);

/* Local, pure. 1 if the date exists (30 February does not) and lies in the years 1..9999.
 */
int tc_date_valid(tc_date date);

/* Local, pure. Day number of a time, rounded down. */
int64_t tc_date_day_of(int64_t seconds);

/* Local, pure. Months since year 0, for counting distinct calendar months. */
int64_t tc_date_month_of_day(int64_t days);

/* Local. Writes "2011-12-09"; "2011-12-09T12:50:00". */
void tc_date_text(int64_t days, char text[TC_DATE_TEXT]);
void tc_time_text(int64_t seconds, char text[TC_TIME_TEXT]);

/* Local. Reads "2011-12-09" exactly; 1 and *days on success, else 0. */
int tc_date_parse(const char *text, int64_t *days);

#endif
