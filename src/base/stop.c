#include "tiercel/stop.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

static volatile sig_atomic_t noted;

static void note(int signal_number)
{
    noted = signal_number;
}

static void listen_to(int signal_number, int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    action.sa_flags = flags;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(signal_number, &action, NULL);
}

void tc_stop_listen(void)
{
    listen_to(SIGUSR1, SA_RESTART);
    /* not once only: at a time limit slurmstepd and srun both send one, within milliseconds */
    listen_to(SIGTERM, SA_RESTART);
    listen_to(SIGINT, SA_RESTART | (int)SA_RESETHAND);
}

int tc_stop_wanted(void)
{
    return noted;
}

tc_status tc_stop_check(tc_error *err)
{
    const int signal_number = noted;
    const char *name = "SIGUSR1";
    if (signal_number == 0) {
        return TC_OK;
    }
    if (signal_number != SIGUSR1) {
        name = signal_number == SIGTERM ? "SIGTERM" : "SIGINT";
    }
    return tc_fail(err, TC_EINTERRUPT,
                   "stopped by %s; start the same command again to go on", name);
}

void tc_stop_forget(void)
{
    noted = 0;
}
