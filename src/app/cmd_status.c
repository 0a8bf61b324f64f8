/* cmd_status.c - `tiercel status RUN`: how a running or ended job is, from run.json and heartbeat.json. */
#include "heartbeat.h"

#include "tiercel/app.h"
#include "tiercel/json.h"
#include "tiercel/log.h"
#include "tiercel/run_lock.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4096, SPARE_SECONDS = 30, GRACE_SECONDS = 5 };

typedef struct {
    const char *directory;
    int as_json, help;
    json_t *run, *beat; /* owned; beat is NULL if there is none */
    const json_t *attempt;
    const char *state;  /* a word of run.json, or "lost" */
    double age_seconds; /* of the heartbeat; below 0 = there is none */
    tc_run_state lock;  /* who holds the directory */
} status;

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static double number_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static tc_status parse(int argc, char **argv, status *s, tc_error *err)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            s->as_json = 1;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            s->help = 1;
        } else if (argv[i][0] == '-' || s->directory != NULL) {
            return tc_fail(err, TC_EUSAGE,
                           "status: %s is not understood; see tiercel status --help",
                           argv[i]);
        } else {
            s->directory = argv[i];
        }
    }
    return s->help || s->directory != NULL
               ? TC_OK
               : tc_fail(err, TC_EUSAGE, "status: the run directory is missing");
}

static tc_status read_files(status *s, tc_error *err)
{
    char path[PATH];
    tc_error ignored = {0};
    tc_run_owner owner;
    if (snprintf(path, PATH, "%s/run.json", s->directory) >= PATH ||
        access(path, F_OK) != 0) {
        return tc_fail(err, TC_EINPUT,
                       "%s: is no run directory: it has no run.json; give the folder that "
                       "run.directory names",
                       s->directory);
    }
    if (tc_run_lock_look(s->directory, &owner, &s->lock, &ignored) != TC_OK) {
        s->lock = TC_RUN_UNSURE;
        ignored = (tc_error){0};
    }
    TC_TRY(tc_json_read(path, &s->run, err));
    if (!json_is_object(s->run)) {
        return tc_fail(err, TC_EDATA, "%s: is no run.json of Tiercel", path);
    }
    (void)snprintf(path, PATH, "%s/%s", s->directory, TC_HEARTBEAT_FILE);
    if (tc_json_read(path, &s->beat, &ignored) != TC_OK) {
        s->beat = NULL;
    }
    return TC_OK;
}

/* A job that was killed cannot say so. It is lost if nobody holds the directory and its heartbeats have stopped; the lock
 * alone is free for a moment before a job starts and after it ended. */
static int is_lost(const status *s)
{
    const double interval = number_of(s->beat, "interval_seconds");
    const int nobody = s->lock == TC_RUN_FREE || s->lock == TC_RUN_LEFT;
    if (s->beat == NULL) {
        return nobody;
    }
    return (nobody && s->age_seconds > interval + GRACE_SECONDS) ||
           (s->lock == TC_RUN_UNSURE && s->age_seconds > 3 * interval + SPARE_SECONDS);
}

static void judge(status *s)
{
    const json_t *attempts = json_object_get(s->run, "attempts");
    const size_t n = json_array_size(attempts);
    s->attempt = n > 0 ? json_array_get(attempts, n - 1) : NULL;
    s->state = text_of(s->run, "state");
    s->age_seconds = -1;
    if (s->state[0] == '\0') {
        s->state = "unknown"; /* of an older version */
    }
    if (s->beat != NULL && !json_equal(json_object_get(s->beat, "attempt"),
                                       json_object_get(s->attempt, "number"))) {
        json_decref(s->beat); /* of an earlier attempt */
        s->beat = NULL;
    }
    if (s->beat != NULL) {
        const double age = tc_log_clock() - number_of(s->beat, "time_seconds");
        s->age_seconds = age > 0 ? age : 0;
    }
    if (strcmp(s->state, "running") == 0 && is_lost(s)) {
        s->state = "lost";
    }
}

static tc_status print_json(const status *s, tc_error *err)
{
    json_t *root = json_object();
    tc_buffer text = {0};
    tc_status st;
    (void)json_object_set_new(root, "directory", json_string(s->directory));
    (void)json_object_set_new(root, "state", json_string(s->state));
    (void)json_object_set(root, "exit_code", json_object_get(s->run, "exit_code"));
    (void)json_object_set(root, "message", json_object_get(s->run, "message"));
    (void)json_object_set(root, "attempts", json_object_get(s->run, "attempts"));
    (void)json_object_set(root, "stages", json_object_get(s->run, "stages"));
    (void)json_object_set(root, "heartbeat", s->beat);
    (void)json_object_set_new(root, "heartbeat_age_seconds",
                              s->age_seconds < 0 ? json_null() : json_real(s->age_seconds));
    st = tc_json_append(root, 0, &text, err);
    if (st == TC_OK) {
        (void)printf("%.*s\n", (int)text.size, (const char *)text.data);
    }
    tc_buffer_free(&text);
    json_decref(root);
    return st;
}

static void print_attempt(const status *s)
{
    const json_t *hosts = json_object_get(s->attempt, "hosts");
    const size_t n = json_array_size(hosts);
    if (s->attempt == NULL) {
        return;
    }
    (void)printf("attempt     %.0f: tiercel %s on %.0f ranks, %zu host%s",
                 number_of(s->attempt, "number"), text_of(s->attempt, "command"),
                 number_of(s->attempt, "ranks"), n, n == 1 ? "" : "s");
    for (size_t i = 0; i < n && i < 8; i++) {
        (void)printf("%s%s", i == 0 ? ": " : " ",
                     json_string_value(json_array_get(hosts, i)));
    }
    (void)printf("%s", n > 8 ? " ..." : "");
    if (text_of(s->attempt, "job_id")[0] != '\0') {
        (void)printf(", job %s", text_of(s->attempt, "job_id"));
    }
    (void)printf("\nstarted     %s", text_of(s->attempt, "start"));
    if (text_of(s->attempt, "end")[0] != '\0') {
        (void)printf(", ended %s", text_of(s->attempt, "end"));
    }
    (void)printf("\n");
}

/* Where a job is, or was when it was last heard of. */
static void print_progress(const status *s)
{
    const char *stage = text_of(s->beat, "stage"), *phase = text_of(s->beat, "phase");
    const double total = number_of(s->beat, "total"), done = number_of(s->beat, "done"),
                 still = number_of(s->beat, "seconds_since_progress");
    const json_t *left = json_object_get(s->beat, "seconds_left");
    char text[TC_AMOUNT_TEXT], span[TC_SPAN_TEXT];
    if (stage[0] == '\0') {
        return;
    }
    (void)printf("stage       %s, %.0f of %.0f", stage, number_of(s->beat, "stage_number"),
                 number_of(s->beat, "stages"));
    if (phase[0] != '\0') {
        (void)printf(": %s", phase);
    }
    if (text_of(s->beat, "unit")[0] != '\0') {
        tc_progress_amount(done, text_of(s->beat, "unit"), text);
        (void)printf(", %s", text);
        if (total > 0) {
            (void)printf(" (%.0f %%)", 100 * (done < total ? done / total : 1));
        }
        tc_progress_amount(number_of(s->beat, "rate"), text_of(s->beat, "unit"), text);
        (void)printf(", %s/s", text);
    }
    if (json_is_number(left)) {
        tc_progress_span(json_number_value(left), span);
        (void)printf(", %s left", span);
    }
    tc_progress_span(still, span);
    (void)printf("\nprogress    last step %s before the heartbeat%s\n", span,
                 still >= 300 ? ": alive, but perhaps stuck" : "");
}

static void print_stage(const char *name, const json_t *stage)
{
    char got[TC_AMOUNT_TEXT], put[TC_AMOUNT_TEXT];
    tc_progress_amount(number_of(stage, "bytes_read"), "B", got);
    tc_progress_amount(number_of(stage, "bytes_written"), "B", put);
    (void)printf("%-11s %s, %.2f s on %.0f ranks, imbalance %.0f %%, read %s, wrote %s, "
                 "peak memory %.0f MiB on the largest rank\n",
                 name, text_of(stage, "state"), number_of(stage, "seconds"),
                 number_of(stage, "ranks"), 100 * number_of(stage, "imbalance"), got, put,
                 number_of(stage, "peak_bytes_largest_rank") / (1 << 20));
}

/* In the order of the data; ingest has an entry for each instalment. */
static void print_stages(json_t *stages)
{
    for (int kind = 0; kind < TC_N_STAGES; kind++) {
        const char *wanted = tc_stage((tc_stage_kind)kind)->name, *name;
        const size_t n = strlen(wanted);
        json_t *stage;
        json_object_foreach(stages, name, stage)
        {
            if (strncmp(name, wanted, n) == 0 && (name[n] == '\0' || name[n] == ' ')) {
                print_stage(name, stage);
            }
        }
    }
}

static void print_text(const status *s)
{
    const int runs = strcmp(s->state, "running") == 0, lost = strcmp(s->state, "lost") == 0;
    (void)printf("state       %s", s->state);
    if (json_is_integer(json_object_get(s->run, "exit_code"))) {
        (void)printf(", exit code %.0f", number_of(s->run, "exit_code"));
    }
    (void)printf("%s\n",
                 lost ? ": killed, or cut off; start the same command again to go on" : "");
    if (text_of(s->run, "message")[0] != '\0') {
        (void)printf("message     %s\n", text_of(s->run, "message"));
    }
    print_attempt(s);
    if ((runs || lost) && s->beat != NULL) {
        char span[TC_SPAN_TEXT];
        tc_progress_span(s->age_seconds, span);
        (void)printf("heartbeat   %s ago%s%s%s\n", span, lost ? ": none since " : "",
                     lost ? text_of(s->beat, "time") : "",
                     s->lock == TC_RUN_LEFT ? "; its process is gone" : "");
    } else if (runs) {
        (void)printf(
            "heartbeat   none (run.heartbeat_seconds): whether it is alive cannot be "
            "said\n");
    }
    if (runs || lost || strcmp(s->state, "complete") != 0) {
        print_progress(s);
    }
    print_stages(json_object_get(s->run, "stages"));
}

tc_status tc_cmd_status(int argc, char **argv, tc_error *err)
{
    status s = {0};
    tc_status st = parse(argc, argv, &s, err);
    if (st == TC_OK && s.help) {
        (void)printf("usage: tiercel status RUN [--json]\n"
                     "Says how the job of a run directory is: running, complete, failed, "
                     "interrupted,\n"
                     "or lost = it was killed, for its heartbeats have stopped.\n");
    } else if (st == TC_OK) {
        st = read_files(&s, err);
        if (st == TC_OK) {
            judge(&s);
            if (s.as_json) {
                st = print_json(&s, err);
            } else {
                print_text(&s);
            }
        }
    }
    json_decref(s.run);
    json_decref(s.beat);
    return st;
}
