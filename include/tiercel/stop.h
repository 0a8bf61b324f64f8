/* stop.h - a wish from outside to stop: the batch system's warning before the time limit, or an operator. A signal
 * is just noted; the loops of the stages ask for it, so a stage ends in order. Base layer. */
#ifndef TC_STOP_H
#define TC_STOP_H

#include "tiercel/status.h"

/* Local. Notes SIGUSR1, SIGTERM and SIGINT from now on. A second SIGINT ends the process at once; SIGTERM may come
 * several times, and who is in a hurry follows it up with SIGKILL, as launchers do. Called once by main. */
void tc_stop_listen(void);

/* Local. Number of the signal that asked this process to stop; 0 if none did. */
int tc_stop_wanted(void);

/* Local. TC_EINTERRUPT with a message if this process was asked to stop, else TC_OK. To be called at least once a
 * second in every loop that may take longer: the rank then unwinds as after any failure and meets the others at
 * their next agreement, also if the signal came to it alone. Cost: one load. */
TC_NODISCARD tc_status tc_stop_check(tc_error *err);

/* Local. Forgets the signal (tests). */
void tc_stop_forget(void);

#endif
