/* attempt.h - the list of attempts in run.json, and the state of the run. Local; rank 0 alone. */
#ifndef TC_ATTEMPT_H
#define TC_ATTEMPT_H

#include "tiercel/buffer.h"

struct json_t;

typedef struct {
    const char *command; /* "run", or the name of a stage */
    int ranks;
    const tc_buffer *hosts; /* names, each ended by a zero byte */
    const char *
        heartbeat; /* path of heartbeat.json, which says when a lost attempt was last alive */
} tc_attempt_facts;

/* The job of the scheduler that this process belongs to, "" if there is none; "1234", of an array "1234_7". */
enum { TC_JOB_TEXT = 80 };
void tc_attempt_job(char text[TC_JOB_TEXT]);

/* Adds an attempt, running. One that was running before has ended without a word: its state becomes "lost". Old
 * attempts beyond the last 100 are dropped. Returns the number of the attempt, from 1. */
int64_t tc_attempt_begin(struct json_t *root, const tc_attempt_facts *facts);

/* The last attempt has completed a stage. */
void tc_attempt_stage(struct json_t *root, const char *stage);

/* The last attempt has ended; message: why, if not complete. */
void tc_attempt_end(struct json_t *root, tc_status outcome, const char *message);

#endif
