#include "attempt.h"

#include "monitor.h"

#include "tiercel/json.h"
#include "tiercel/lineage.h"
#include "tiercel/log.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ATTEMPTS = 100, TEXT = 256 };

void tc_attempt_job(char text[TC_JOB_TEXT])
{
    static const char *const names[] = {"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID"};
    const char *array = getenv("SLURM_ARRAY_JOB_ID"), *task = getenv("SLURM_ARRAY_TASK_ID");
    text[0] = '\0';
    if (array != NULL && task != NULL) {
        (void)snprintf(text, TC_JOB_TEXT, "%s_%s", array, task);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names && text[0] == '\0'; i++) {
        const char *id = getenv(names[i]);
        (void)snprintf(text, TC_JOB_TEXT, "%s", id != NULL ? id : "");
    }
}

/* JSON holds UTF-8 alone; what else there is becomes U+FFFD. */
static void set_text(json_t *object, const char *key, const char *text)
{
    json_t *value = json_string(text);
    if (value == NULL) {
        char quoted[4 * TC_ERROR_TEXT] = "[\"";
        json_t *array;
        tc_log_escape(text, quoted + 2, sizeof quoted - 4);
        (void)strncat(quoted, "\"]", 3);
        array = json_loads(quoted, 0, NULL);
        value = json_incref(json_array_get(array, 0));
        json_decref(array);
    }
    (void)json_object_set_new(object, key, value);
}

static void set_time(json_t *object, const char *key)
{
    char now[TC_LOG_TIME_TEXT];
    tc_log_time(tc_log_clock(), now);
    set_text(object, key, now);
}

static json_t *last_of(json_t *root)
{
    json_t *attempts = json_object_get(root, "attempts");
    const size_t n = json_array_size(attempts);
    return n > 0 ? json_array_get(attempts, n - 1) : NULL;
}

/* An attempt that never said how it ended. */
static void mark_lost(json_t *attempt, const char *heartbeat)
{
    const char *was = json_string_value(json_object_get(attempt, "state"));
    json_t *beat = NULL;
    tc_error ignored = {0};
    if (was == NULL || strcmp(was, "running") != 0) {
        return;
    }
    set_text(attempt, "state", "lost");
    if (tc_json_read(heartbeat, &beat, &ignored) == TC_OK &&
        json_equal(json_object_get(beat, "attempt"), json_object_get(attempt, "number"))) {
        (void)json_object_set(attempt, "last_heartbeat", json_object_get(beat, "time"));
        (void)json_object_set(attempt, "stage", json_object_get(beat, "stage"));
    }
    json_decref(beat);
}

static json_t *array_of(const tc_buffer *names)
{
    json_t *array = json_array();
    const char *at = (const char *)names->data;
    for (int64_t used = 0; used < names->size;) {
        (void)json_array_append_new(array, json_string(at + used));
        used += (int64_t)strlen(at + used) + 1;
    }
    return array;
}

static json_t *attempt_of(const tc_attempt_facts *facts, int64_t number)
{
    json_t *attempt = json_object();
    const char *restarts = getenv("SLURM_RESTART_COUNT");
    char job[TC_JOB_TEXT];
    tc_attempt_job(job);
    (void)json_object_set_new(attempt, "number", json_integer(number));
    (void)json_object_set_new(attempt, "command", json_string(facts->command));
    (void)json_object_set_new(attempt, "program_version", json_string(TC_VERSION));
    (void)json_object_set_new(attempt, "state", json_string("running"));
    (void)json_object_set_new(attempt, "ranks", json_integer(facts->ranks));
    (void)json_object_set_new(attempt, "hosts", array_of(facts->hosts));
    (void)json_object_set_new(attempt, "stages", json_array());
    set_time(attempt, "start");
    if (job[0] != '\0') {
        set_text(attempt, "job_id", job);
    }
    if (restarts != NULL) {
        set_text(attempt, "job_restarts", restarts);
    }
    return attempt;
}

int64_t tc_attempt_begin(json_t *root, const tc_attempt_facts *facts)
{
    json_t *attempts = json_object_get(root, "attempts");
    int64_t number = 1;
    if (!json_is_array(attempts)) {
        attempts = json_array();
        (void)json_object_set_new(root, "attempts", attempts);
    }
    if (last_of(root) != NULL) {
        number = json_integer_value(json_object_get(last_of(root), "number")) + 1;
        mark_lost(last_of(root), facts->heartbeat);
    }
    while (json_array_size(attempts) >= MOST_ATTEMPTS) {
        (void)json_array_remove(attempts, 0);
    }
    (void)json_array_append_new(attempts, attempt_of(facts, number));
    (void)json_object_set_new(root, "state", json_string("running"));
    (void)json_object_del(root, "exit_code");
    (void)json_object_del(root, "message");
    return number;
}

void tc_attempt_stage(json_t *root, const char *stage)
{
    (void)json_array_append_new(json_object_get(last_of(root), "stages"),
                                json_string(stage));
}

static void set_outcome(json_t *object, tc_status outcome, const char *message)
{
    (void)json_object_set_new(object, "state", json_string(tc_state_word(outcome)));
    (void)json_object_set_new(object, "exit_code",
                              json_integer(tc_status_exit_code(outcome)));
    if (outcome != TC_OK) {
        set_text(object, "message", message);
    }
}

void tc_attempt_end(json_t *root, tc_status outcome, const char *message)
{
    set_outcome(root, outcome, message);
    set_outcome(last_of(root), outcome, message);
    set_time(last_of(root), "end");
}
