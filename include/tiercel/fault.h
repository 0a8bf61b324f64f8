/* fault.h - named places where a test can make one rank fail. In release builds a site is
 * the constant TC_OK. Base layer. */
#ifndef TC_FAULT_H
#define TC_FAULT_H

#include "tiercel/status.h"

#if defined(TC_WITH_FAULTS)
/* Local. TC_EIO with a message naming the site if the site is armed on this rank and
 * reached for the armed time; else TC_OK. Use: `st = TC_FAULT("features.read", err);` */
#define TC_FAULT(site, err) tc_fault_check((site), (err))
TC_NODISCARD tc_status tc_fault_check(const char *site, tc_error *err);
#else
#define TC_FAULT(site, err) ((void)(err), TC_OK)
#endif

/* Local. Arms one site from a text "site:rank:nth[:memory|kill|sleep|pause|stop|lag]" (nth counts
 * from 1); rank is the number of this process. "memory" gives TC_ENOMEM, "kill" ends the
 * process by SIGKILL, "sleep" keeps it there until it is killed, "pause" until it is asked to
 * stop, "stop" sends it SIGUSR1, "lag" keeps it for 3 seconds. Errors: TC_EUSAGE if the text is wrong or the build has no fault sites. */
TC_NODISCARD tc_status tc_fault_arm(const char *text, int rank, tc_error *err);

#endif
