/* A rank without memory at the start: all ranks leave with the same status, and MPI is
 * ended. The rank is asked of the launcher, because there is no communicator yet. */
#include "tiercel/comm.h"

#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *rank = getenv("OMPI_COMM_WORLD_RANK"),
               *size = getenv("OMPI_COMM_WORLD_SIZE");
    tc_comm *comm = NULL;
    tc_error err = {0};
    tc_status st;
    if (rank == NULL || size == NULL || atoi(rank) == atoi(size) - 1) {
        tc_mem_fail_at(1);
    }
    st = tc_comm_start_all(&argc, &argv, &comm, &err);
    return st != TC_ENOMEM || err.code != TC_ENOMEM || comm != NULL ||
           tc_mem_live_blocks() != 0;
}
