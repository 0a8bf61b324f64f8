#include "heartbeat.h"

#include "tiercel/lineage.h"
#include "tiercel/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT = 4096, PATH = 4096 };

static void describe(const tc_monitor_run *run, const tc_progress_moment *moment,
                     double started, const char *state, int exit_code, char text[TEXT])
{
    char members[1024], host[256], job[256], begun[TC_LOG_TIME_TEXT], now[TC_LOG_TIME_TEXT],
        code[16];
    tc_progress_members(moment, members, sizeof members);
    tc_log_escape(run->host, host, sizeof host);
    tc_log_escape(run->job_id, job, sizeof job);
    tc_log_time(started, begun);
    tc_log_time(moment->clock, now);
    (void)snprintf(code, sizeof code, "%d", exit_code);
    (void)snprintf(
        text, TEXT,
        "{\n"
        "\"schema\": \"tiercel.heartbeat\", \"schema_version\": 1, \"program_version\": "
        "\"%s\",\n"
        "\"state\": \"%s\", \"exit_code\": %s, \"attempt\": %lld, \"ranks\": %d,\n"
        "\"host\": \"%s\", \"pid\": %ld, \"job_id\": \"%s\",\n"
        "\"started\": \"%s\", \"time\": \"%s\", \"time_seconds\": %.3f, "
        "\"elapsed_seconds\": %.1f, \"interval_seconds\": %lld,\n"
        "%s\n"
        "}\n",
        TC_VERSION, state, exit_code < 0 ? "null" : code, (long long)run->attempt,
        run->ranks, host, (long)getpid(), job, begun, now, moment->clock,
        moment->clock - started, (long long)run->heartbeat_seconds, members);
}

static int put_bytes(int fd, const char *text)
{
    const size_t size = strlen(text);
    for (size_t done = 0; done < size;) {
        const ssize_t n = write(fd, text + done, size - done);
        if (n < 0 && errno != EINTR) {
            return errno;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int tc_heartbeat_write(const tc_monitor_run *run, const tc_progress_moment *moment,
                       double started, const char *state, int exit_code)
{
    char text[TEXT], path[PATH], temporary[PATH];
    int fd, reason;
    describe(run, moment, started, state, exit_code, text);
    if (snprintf(path, PATH, "%s/%s", run->directory, TC_HEARTBEAT_FILE) >= PATH ||
        snprintf(temporary, PATH, "%s/%s.tmp", run->directory, TC_HEARTBEAT_FILE) >= PATH) {
        return ENAMETOOLONG;
    }
    (void)unlink(temporary); /* another process may still hold it open */
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        return errno;
    }
    reason = put_bytes(fd, text);
    if (close(fd) != 0 && reason == 0) {
        reason = errno;
    }
    if (reason == 0 && rename(temporary, path) != 0) {
        reason = errno;
    }
    if (reason != 0) {
        (void)unlink(temporary);
    }
    return reason;
}
