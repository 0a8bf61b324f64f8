/* run_lock_owner.c - who holds a run directory: the text of run.lock, and whether that process is alive. */
#include "run_lock_impl.h"

#include "tiercel/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char MAGIC[] = "tiercel run lock 1\n";

/* One line of a small file without its newline; "" if there is none. */
static void read_line(const char *path, char *text, size_t capacity)
{
    FILE *file = fopen(path, "re");
    text[0] = '\0';
    if (file != NULL) {
        if (fgets(text, (int)capacity, file) == NULL) {
            text[0] = '\0';
        }
        (void)fclose(file);
    }
    text[strcspn(text, "\n")] = '\0';
}

/* State and start time (fields 3 and 22, man 5 proc) of a process; 0 if there is none. */
static int process_facts(int64_t pid, char *state, int64_t *start)
{
    char path[64], line[1024];
    const char *at;
    (void)snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    read_line(path, line, sizeof line);
    at = strrchr(line, ')'); /* the name may hold anything */
    if (at == NULL || at[1] != ' ') {
        return 0;
    }
    *state = at[2];
    for (int field = 2; at != NULL && field < 22; field++) {
        at = strchr(at + 1, ' ');
    }
    *start = at != NULL ? strtoll(at, NULL, 10) : 0;
    return at != NULL;
}

static void find_place(char place[TC_OWNER_TEXT])
{
    char boot[64], space[32] = "";
    const ssize_t n = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    space[n > 0 ? n : 0] = '\0';
    read_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    (void)snprintf(place, TC_OWNER_TEXT, "%s%s%s", boot, space[0] != '\0' ? "/" : "",
                   space);
}

static void make_token(tc_run_owner *owner)
{
    char text[512];
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    const int n = snprintf(text, sizeof text, "%s|%s|%" PRId64 "|%" PRId64 "|%lld.%09ld",
                           owner->host, owner->place, owner->pid, owner->process_start,
                           (long long)now.tv_sec, now.tv_nsec);
    tc_hash128_text(tc_hash128_of(text, (size_t)n), owner->token);
}

void tc_run_owner_self(const char *command, tc_run_owner *out)
{
    const time_t now = time(NULL);
    const char *job = getenv("SLURM_JOB_ID"), *restart = getenv("SLURM_RESTART_COUNT");
    struct tm utc;
    char state;
    memset(out, 0, sizeof *out);
    if (gethostname(out->host, sizeof out->host - 1) != 0) {
        (void)snprintf(out->host, sizeof out->host, "unknown");
    }
    find_place(out->place);
    (void)snprintf(out->job, sizeof out->job, "%s", job != NULL ? job : "");
    out->restart = job != NULL && restart != NULL ? strtoll(restart, NULL, 10) : 0;
    (void)snprintf(out->command, sizeof out->command, "%s", command);
    if (gmtime_r(&now, &utc) != NULL) {
        (void)strftime(out->started, sizeof out->started, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    out->pid = getpid();
    (void)process_facts(out->pid, &state, &out->process_start);
    out->beat_ms = TC_BEAT_MS;
    make_token(out);
}

int tc_run_owner_print_beat(int64_t beat, char text[TC_RUN_RECORD], int *offset)
{
    *offset = (int)sizeof MAGIC - 1;
    return snprintf(text, TC_RUN_RECORD, "beat: %012" PRId64 "\n", beat);
}

int tc_run_owner_print(const tc_run_owner *owner, char text[TC_RUN_RECORD])
{
    char beat[TC_RUN_RECORD];
    int offset;
    (void)tc_run_owner_print_beat(owner->beat, beat, &offset);
    return snprintf(text, TC_RUN_RECORD,
                    "%s%sbeat_ms: %" PRId64 "\nhost: %s\npid: %" PRId64 "\njob: %s\n"
                    "restart: %" PRId64
                    "\ncommand: %s\nstarted: %s\nprocess_start: %" PRId64 "\nplace: %s\n"
                    "token: %s\nend\n",
                    MAGIC, beat, owner->beat_ms, owner->host, owner->pid, owner->job,
                    owner->restart, owner->command, owner->started, owner->process_start,
                    owner->place, owner->token);
}

/* Value of a line "key: value"; "" if it is not there. Anything that is not printable becomes '?': the text goes into messages. */
static void take(const char *text, const char *key, char value[TC_OWNER_TEXT])
{
    char wanted[32];
    const char *at;
    size_t n = 0;
    (void)snprintf(wanted, sizeof wanted, "\n%s: ", key);
    at = strstr(text, wanted);
    if (at != NULL) {
        for (at += strlen(wanted); *at != '\n' && *at != '\0' && n < TC_OWNER_TEXT - 1;
             at++) {
            value[n++] = *at;
            if (*at < ' ' || *at > '~') {
                value[n - 1] = '?';
            }
        }
    }
    value[n] = '\0';
}

static int64_t take_number(const char *text, const char *key)
{
    char value[TC_OWNER_TEXT];
    take(text, key, value);
    return strtoll(value, NULL, 10);
}

int tc_run_owner_parse(const char *text, tc_run_owner *out)
{
    memset(out, 0, sizeof *out);
    if (strncmp(text, MAGIC, sizeof MAGIC - 1) != 0 || strstr(text, "\nend\n") == NULL) {
        return 0;
    }
    take(text, "host", out->host);
    take(text, "place", out->place);
    take(text, "job", out->job);
    take(text, "command", out->command);
    take(text, "started", out->started);
    take(text, "token", out->token);
    out->pid = take_number(text, "pid");
    out->restart = take_number(text, "restart");
    out->process_start = take_number(text, "process_start");
    out->beat_ms = take_number(text, "beat_ms");
    out->beat = take_number(text, "beat");
    return out->pid > 0 && out->token[0] != '\0';
}

int tc_run_owner_alive(const tc_run_owner *owner)
{
    char place[TC_OWNER_TEXT], state = 'X';
    int64_t start = 0;
    find_place(place);
    if (place[0] == '\0' || strcmp(place, owner->place) != 0) {
        return -1;
    }
    return process_facts(owner->pid, &state, &start) && start == owner->process_start &&
           state != 'Z' && state != 'X';
}

int tc_run_owner_given_up(const tc_run_owner *owner, const tc_run_owner *self)
{
    return owner->job[0] != '\0' && strcmp(owner->job, self->job) == 0 &&
           owner->restart < self->restart;
}

void tc_run_owner_name(const tc_run_owner *owner, char *text, size_t capacity)
{
    if (owner->pid == 0) {
        (void)snprintf(text, capacity, "a process that did not yet say who it is");
        return;
    }
    (void)snprintf(text, capacity,
                   "`%.32s`%s%.48s, process %" PRId64 " on host %.64s, since %.32s",
                   owner->command, owner->job[0] != '\0' ? " of job " : "", owner->job,
                   owner->pid, owner->host, owner->started);
}
