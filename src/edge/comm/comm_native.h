/* comm_native.h - the raw MPI objects behind a tc_comm, for src/edge/comm and for the HDF5
 * driver in src/edge/store alone. */
#ifndef TC_COMM_NATIVE_H
#define TC_COMM_NATIVE_H

#include "tiercel/comm.h"
#include "tiercel/progress.h"

#include <mpi.h>

struct tc_comm {
    MPI_Comm world; /* our own duplicate; keeps the aborting error handler */
    int rank, size;
    int owns_mpi; /* this object called MPI_Init */
    int broken;   /* exit code if MPI cannot end in order, else 0 */
    tc_comm_counts counts;
};

/* Local. Around each collective operation, for the counters: bytes that this rank gives. A job that gets through one
 * has advanced. */
static inline double tc_comm_enter(void)
{
    return MPI_Wtime();
}

static inline void tc_comm_leave(tc_comm *comm, double entered, int64_t bytes)
{
    comm->counts.calls++;
    comm->counts.bytes += bytes;
    comm->counts.seconds += MPI_Wtime() - entered;
    tc_progress_add(0);
}

static inline MPI_Comm tc_comm_native(const tc_comm *comm)
{
    return comm->world;
}

#endif
