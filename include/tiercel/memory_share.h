/* memory_share.h - what memory a rank may use where no setting says so (stage layer). */
#ifndef TC_MEMORY_SHARE_H
#define TC_MEMORY_SHARE_H

#include "tiercel/comm.h"

/* Collective. Bytes of one rank: physical memory of the node, or the smallest limit of the control groups above this
 * process, over the ranks of the node. May differ between nodes. */
int64_t tc_memory_node_share_all(tc_comm *comm);

/* Collective. The same times 0.7: the rest is for the system and the page cache. */
int64_t tc_memory_share_all(tc_comm *comm);

#endif
