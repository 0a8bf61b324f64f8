/* progress_text.h - progress in words: rate, what is left, the bar of a terminal (base layer; pure). */
#ifndef TC_PROGRESS_TEXT_H
#define TC_PROGRESS_TEXT_H

#include "tiercel/progress.h"

#include <stddef.h>

/* A look at the counters, with the times that belong to it. */
typedef struct {
    tc_progress_view view;
    double stage_seconds, phase_seconds; /* since they began */
    double still_seconds;                /* since the last step */
    double clock;                        /* seconds since 1970 */
} tc_progress_moment;

/* Local, pure. Units of the phase a second since it began; 0 if that cannot be said yet. */
double tc_progress_rate(const tc_progress_moment *m);

/* Local, pure. Seconds to the end of the phase at that rate; below 0 if that cannot be said. */
double tc_progress_left(const tc_progress_moment *m);

/* Local, pure. "617.2 MB" for the unit "B", else "12,345 rows" or "12.3 million rows"; the unit may be "". */
enum { TC_AMOUNT_TEXT = 64 };
void tc_progress_amount(double n, const char *unit, char out[TC_AMOUNT_TEXT]);

/* Local, pure. "45 s", "3 min 20 s", "2 h 05 min". */
enum { TC_SPAN_TEXT = 32 };
void tc_progress_span(double seconds, char out[TC_SPAN_TEXT]);

/* Local, pure. One line for a log: "ingest: reading, 43 %, 265.0 MB of 617.2 MB, 120.0 MB/s, 3 min 1 s left
 * (14:32 UTC); 2 min 0 s so far". A standstill of 30 s and more is said. What does not fit is cut off. */
void tc_progress_line(const tc_progress_moment *m, char *out, size_t room);

/* Local, pure. The same with a bar in between, no wider than `width` columns; "" if there is no stage and no phase. */
void tc_progress_bar(const tc_progress_moment *m, int width, char *out, size_t room);

/* Local, pure. The same as members of a JSON object, without the braces: "stage": "ingest", ... */
void tc_progress_members(const tc_progress_moment *m, char *out, size_t room);

#endif
