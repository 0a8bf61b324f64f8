/* comm_native.h - the raw MPI objects behind a tc_comm, for src/edge/comm and for the HDF5
 * driver in src/edge/store alone. */
#ifndef TC_COMM_NATIVE_H
#define TC_COMM_NATIVE_H

#include "tiercel/comm.h"

#include <mpi.h>

struct tc_comm {
    MPI_Comm world; /* our own duplicate; keeps the aborting error handler */
    int rank, size;
    int owns_mpi; /* this object called MPI_Init */
    int broken;   /* exit code if MPI cannot end in order, else 0 */
};

static inline MPI_Comm tc_comm_native(const tc_comm *comm)
{
    return comm->world;
}

#endif
