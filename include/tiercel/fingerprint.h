/* fingerprint.h - whether the input files are still the same (stage layer). */
#ifndef TC_FINGERPRINT_H
#define TC_FINGERPRINT_H

#include "tiercel/comm.h"
#include "tiercel/config.h"
#include "tiercel/store.h"

/* Collective. Fingerprint of the content of all input files, 32 hexadecimal digits: a sum over files of a hash of
 * (place in the list, size, sum over blocks of 8 MiB of their hashes mixed with their number), so that
 * ranks share the work by bytes and the result does not depend on their number. Names and times
 * do not count. Errors (agreed): TC_EINPUT, TC_EIO, TC_ENOMEM. Cost: reads every byte once. */
TC_NODISCARD tc_status tc_source_fingerprint_all(tc_comm *comm, const tc_config *config,
                                                 char hex[TC_ID_TEXT], tc_error *err);

/* Collective. The same of the files of the profiles stage: customers, interactions, wide table, and the map of ids. Empty
 * if no such table is configured. */
TC_NODISCARD tc_status tc_source_tables_fingerprint_all(tc_comm *comm,
                                                        const tc_config *config,
                                                        char hex[TC_ID_TEXT],
                                                        tc_error *err);

#endif
