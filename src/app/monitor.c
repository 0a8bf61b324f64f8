#include "monitor.h"

#include "heartbeat.h"
#include "terminal.h"

#include "tiercel/log.h"
#include "tiercel/run_lock.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 200, LINE_SECONDS = 60, LINE_TEXT = 512 };

/* The lock is held by the thread while it speaks, and by the main thread while it changes the rest. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    int runs, stop;
    tc_show show;
    int terminal;       /* of the bar */
    int has_run;        /* there is a run directory */
    tc_monitor_run run; /* texts are borrowed */
    double run_started; /* time of day */
    int has_warned;
    /* what was seen */
    tc_progress_moment now;
    double stage_began, phase_began, moved, spoke, beat; /* monotonic */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .terminal = -1};

static double monotonic(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void look(double now)
{
    tc_progress_view seen;
    if (tc_progress_look(&seen)) {
        const tc_progress_view *old = &state.now.view;
        if (seen.stage != old->stage || seen.number != old->number) {
            state.stage_began = state.spoke = now;
        }
        if (seen.phases != old->phases) {
            state.phase_began = now;
        }
        if (seen.steps != old->steps) {
            state.moved = now;
        }
        state.now.view = seen;
    }
    state.now.stage_seconds = now - state.stage_began;
    state.now.phase_seconds = now - state.phase_began;
    state.now.still_seconds = now - state.moved;
    state.now.clock = tc_log_clock();
}

static void show(double now)
{
    const tc_progress_view *v = &state.now.view;
    const double pause = state.has_run ? (double)state.run.line_seconds : LINE_SECONDS;
    char text[LINE_TEXT];
    if (tc_log_level_now() < TC_LOG_INFO) {
        return;
    }
    if (state.show == TC_SHOW_BAR) {
        tc_progress_bar(&state.now, tc_terminal_width(state.terminal), text, sizeof text);
        tc_log_bar(text);
    } else if (state.show == TC_SHOW_LINES && pause > 0 && now - state.spoke >= pause &&
               (v->stage[0] != '\0' || v->phase[0] != '\0')) {
        char members[2 * LINE_TEXT] = "\"event\": \"progress\", ";
        const size_t used = strlen(members);
        tc_progress_line(&state.now, text, sizeof text);
        tc_progress_members(&state.now, members + used, sizeof members - used);
        tc_log_event(TC_LOG_INFO, members, "%s", text);
        state.spoke = now;
    }
}

static void beat(double now, const char *word, int exit_code)
{
    int reason;
    if (!state.has_run || state.run.heartbeat_seconds == 0 ||
        tc_run_lock_check(NULL) != TC_OK) { /* the directory is another job's now */
        return;
    }
    reason = tc_heartbeat_write(&state.run, &state.now, state.run_started, word, exit_code);
    state.beat = now;
    if (reason != 0 && !state.has_warned) {
        char text[128] = "";
        state.has_warned = 1;
        (void)strerror_r(reason, text, sizeof text);
        tc_log_warn("%s/%s cannot be written: %s; the job goes on without",
                    state.run.directory, TC_HEARTBEAT_FILE, text);
    }
}

static void *watch(void *unused)
{
    (void)pthread_mutex_lock(&state.lock);
    while (!state.stop) {
        struct timespec until = {0};
        double now;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)TICK_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&state.wake, &state.lock, &until);
        now = monotonic();
        look(now);
        if (!state.stop) {
            show(now);
            if (now - state.beat >= (double)state.run.heartbeat_seconds) {
                beat(now, "running", -1);
            }
        }
    }
    (void)pthread_mutex_unlock(&state.lock);
    return unused;
}

/* Signals are for the main thread. */
static int start_thread(void)
{
    sigset_t all, before;
    pthread_condattr_t clock;
    int code;
    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&state.wake, &clock);
    (void)pthread_condattr_destroy(&clock);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&state.thread, NULL, watch, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

void tc_monitor_start(tc_show show)
{
    const double now = monotonic();
    state.stage_began = state.phase_began = state.moved = state.spoke = state.beat = now;
    state.now.view = (tc_progress_view){.stage = "", .phase = "", .unit = ""};
    state.stop = 0;
    state.show = show;
    if (show == TC_SHOW_AUTO || show == TC_SHOW_BAR) {
        state.terminal = tc_terminal_open();
    }
    if (show == TC_SHOW_AUTO) {
        state.show = state.terminal >= 0 ? TC_SHOW_BAR : TC_SHOW_LINES;
    }
    state.runs = start_thread() == 0;
    if (!state.runs) {
        tc_log_warn("there is no thread to be had: no progress and no heartbeat will be "
                    "shown");
    }
}

void tc_monitor_run_begin(const tc_monitor_run *run)
{
    (void)pthread_mutex_lock(&state.lock);
    state.run = *run;
    state.has_run = 1;
    state.has_warned = 0;
    state.run_started = tc_log_clock();
    look(monotonic());
    beat(monotonic(), "running", -1);
    (void)pthread_mutex_unlock(&state.lock);
}

const char *tc_state_word(tc_status outcome)
{
    return outcome == TC_OK           ? "complete"
           : outcome == TC_EINTERRUPT ? "interrupted"
                                      : "failed";
}

void tc_monitor_run_end(tc_status outcome)
{
    (void)pthread_mutex_lock(&state.lock);
    look(monotonic());
    beat(monotonic(), tc_state_word(outcome), tc_status_exit_code(outcome));
    state.has_run = 0;
    (void)pthread_mutex_unlock(&state.lock);
}

void tc_monitor_hide(void)
{
    (void)pthread_mutex_lock(&state.lock);
    look(monotonic());
    tc_log_bar("");
    (void)pthread_mutex_unlock(&state.lock);
}

void tc_monitor_stop(void)
{
    if (state.runs) {
        (void)pthread_mutex_lock(&state.lock);
        state.stop = 1;
        (void)pthread_cond_signal(&state.wake);
        (void)pthread_mutex_unlock(&state.lock);
        (void)pthread_join(state.thread, NULL);
        (void)pthread_cond_destroy(&state.wake);
        state.runs = 0;
    }
    tc_log_bar("");
    if (state.terminal >= 0) {
        (void)close(state.terminal);
        state.terminal = -1;
    }
}
