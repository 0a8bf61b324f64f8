#include "tiercel/fault.h"

#include "tiercel/mem.h"
#include "tiercel/stop.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(TC_WITH_FAULTS)

static struct {
    char site[64];
    long left; /* visits until it fires; 0 = not armed on this rank */
    char kind[16];
} armed;

/* Until the process is asked to stop, at most two minutes. */
static void pause_here(const char *site)
{
    const struct timespec step = {.tv_nsec = 10000000};
    (void)fprintf(stderr, "tiercel: fault: waiting at %s for a signal\n", site);
    for (int i = 0; i < 12000 && tc_stop_wanted() == 0; i++) {
        (void)nanosleep(&step, NULL);
    }
}

tc_status tc_fault_check(const char *site, tc_error *err)
{
    if (armed.left == 0 || strcmp(site, armed.site) != 0) {
        return TC_OK;
    }
    armed.left--;
    if (armed.left > 0) {
        return TC_OK;
    }
    if (strcmp(armed.kind, "kill") == 0) {
        (void)raise(SIGKILL);
    }
    if (strcmp(armed.kind, "stop") == 0) {
        (void)raise(SIGUSR1);
        return TC_OK;
    }
    if (strcmp(armed.kind, "lag") == 0) {
        (void)nanosleep(&(struct timespec){.tv_sec = 3}, NULL);
        return TC_OK;
    }
    if (strcmp(armed.kind, "pause") == 0) {
        pause_here(site);
        return TC_OK;
    }
    if (strcmp(armed.kind, "sleep") == 0) {
        (void)fprintf(stderr, "asleep at %s\n", site); /* for the test to see */
    }
    while (strcmp(armed.kind, "sleep") == 0) {
        (void)sleep(3600); /* a caught signal ends it early */
    }
    return tc_fail(err, strcmp(armed.kind, "memory") == 0 ? TC_ENOMEM : TC_EIO,
                   "fault injected at %s", site);
}

static int is_kind(const char *text)
{
    return strcmp(text, "memory") == 0 || strcmp(text, "kill") == 0 ||
           strcmp(text, "sleep") == 0 || strcmp(text, "pause") == 0 ||
           strcmp(text, "lag") == 0 || strcmp(text, "stop") == 0;
}

tc_status tc_fault_arm(const char *text, int rank, tc_error *err)
{
    int wanted = 0;
    long nth = 0;
    memset(&armed, 0, sizeof armed);
    armed.kind[0] = '\0';
    /* the numbers are single small fields of a test's own text */
    const int fields =
        sscanf(text, "%63[^:]:%d:%ld:%15s", armed.site, &wanted, &nth, // NOLINT
               armed.kind);
    if (fields < 3 || nth < 1 || (fields > 3 && !is_kind(armed.kind))) {
        return tc_fail(err, TC_EUSAGE,
                       "fault '%s' is not site:rank:nth[:memory|kill|sleep|pause|stop|lag]",
                       text);
    }
    if (rank == wanted && strcmp(armed.site, "allocation") == 0) {
        tc_mem_fail_at(nth);
    } else if (rank == wanted) {
        armed.left = nth;
    }
    return TC_OK;
}

#else

tc_status tc_fault_arm(const char *text, int rank, tc_error *err)
{
    (void)rank;
    return tc_fail(err, TC_EUSAGE, "fault '%s': this build has no fault sites", text);
}

#endif
