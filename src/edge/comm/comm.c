#include "comm_native.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A single MPI call takes an int count; longer vectors go in pieces of this many elements.
 */
enum { PIECE = 1 << 27 };

/* Numbers of a scan, or doubles, that travel together. */
enum { SCAN = 128 };

static MPI_Comm abort_world = MPI_COMM_NULL;

static void abort_all(int exit_code)
{
    (void)MPI_Abort(abort_world, exit_code);
}

tc_status tc_comm_start_all(int *argc, char ***argv, tc_comm **out, tc_error *err)
{
    int running = 0, provided = 0, missing;
    tc_comm *comm;
    *out = NULL;
    (void)MPI_Initialized(&running);
    if (!running) {
        /* We have no shared file pointers. For them Open MPI 4.1 makes two files a rank beside each file that
         * ranks on several hosts open (individual), which stay when it is killed, or overruns a buffer on file
         * names beyond some 250 bytes (lockedfile). sm makes no files there. */
        (void)setenv("OMPI_MCA_sharedfp", "sm", 0);
        /* a thread of the program may run besides, but never calls MPI */
        (void)MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided);
    }
    comm = tc_mem_alloc(1, sizeof *comm, err);
    missing = comm == NULL;
    /* there is no communicator of ours yet to agree on */
    (void)MPI_Allreduce(MPI_IN_PLACE, &missing, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    if (missing || comm == NULL) {
        tc_mem_free(comm);
        if (!running) {
            (void)MPI_Finalize();
        }
        return tc_fail(err, TC_ENOMEM, "out of memory on a rank at the start");
    }
    comm->owns_mpi = !running;
    (void)MPI_Comm_dup(MPI_COMM_WORLD, &comm->world);
    (void)MPI_Comm_rank(comm->world, &comm->rank);
    (void)MPI_Comm_size(comm->world, &comm->size);
    abort_world = comm->world;
    tc_assert_set_abort(abort_all);
    *out = comm;
    return TC_OK;
}

void tc_comm_break(tc_comm *comm, int exit_code)
{
    comm->broken = exit_code;
}

void tc_comm_stop_all(tc_comm **comm)
{
    if (*comm != NULL && (*comm)->broken != 0) {
        (void)fflush(NULL);
        _exit((*comm)->broken);
    }
    if (*comm != NULL) {
        const int owns = (*comm)->owns_mpi;
        tc_assert_set_abort(NULL);
        (void)MPI_Comm_free(&(*comm)->world);
        tc_mem_free(*comm);
        *comm = NULL;
        if (owns) {
            (void)MPI_Finalize();
        }
    }
}

int tc_comm_rank(const tc_comm *comm)
{
    return comm->rank;
}

int tc_comm_size(const tc_comm *comm)
{
    return comm->size;
}

int tc_comm_node_ranks_all(tc_comm *comm)
{
    MPI_Comm node;
    int ranks = 1;
    const double entered = tc_comm_enter();
    (void)MPI_Comm_split_type(comm->world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    (void)MPI_Comm_size(node, &ranks);
    (void)MPI_Comm_free(&node);
    tc_comm_leave(comm, entered, 0);
    return ranks;
}

int tc_comm_nodes_all(tc_comm *comm)
{
    MPI_Comm node;
    int rank = 0;
    int64_t first;
    (void)MPI_Comm_split_type(comm->world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    (void)MPI_Comm_rank(node, &rank);
    (void)MPI_Comm_free(&node);
    first = rank == 0;
    tc_comm_sum_i64_all(comm, &first, 1);
    return (int)first;
}

tc_status tc_comm_agree_all(tc_comm *comm, tc_status status, tc_error *err)
{
    /* one number orders by severity first and prefers the lowest rank among equals */
    int64_t worst = (int64_t)status * ((int64_t)1 << 32) + (INT_MAX - comm->rank);
    tc_status agreed;
    tc_comm_max_i64_all(comm, &worst, 1);
    agreed = (tc_status)(worst >> 32);
    if (agreed != TC_OK) {
        const int root = INT_MAX - (int)(worst & 0xFFFFFFFF);
        if (comm->rank == root && err->code == TC_OK) {
            (void)tc_fail(err, agreed, "%s", tc_status_text(agreed));
        }
        tc_comm_bcast_all(comm, err->message, (int64_t)sizeof err->message, root);
        err->code = agreed;
        err->rank = root;
    }
    return agreed;
}

static void reduce_in_place(tc_comm *comm, int64_t *v, int64_t n, MPI_Op op)
{
    for (int64_t done = 0; done < n; done += PIECE) {
        const int count = n - done < PIECE ? (int)(n - done) : PIECE;
        const double entered = tc_comm_enter();
        (void)MPI_Allreduce(MPI_IN_PLACE, v + done, count, MPI_INT64_T, op, comm->world);
        tc_comm_leave(comm, entered, (int64_t)count * (int64_t)sizeof *v);
    }
}

void tc_comm_sum_i64_all(tc_comm *comm, int64_t *v, int64_t n)
{
    reduce_in_place(comm, v, n, MPI_SUM);
}

void tc_comm_max_i64_all(tc_comm *comm, int64_t *v, int64_t n)
{
    reduce_in_place(comm, v, n, MPI_MAX);
}

void tc_comm_min_i64_all(tc_comm *comm, int64_t *v, int64_t n)
{
    reduce_in_place(comm, v, n, MPI_MIN);
}

/* Doubles as int64 of the same order, and back. */
static int64_t in_order(int64_t bits)
{
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

void tc_comm_max_f64_all(tc_comm *comm, double *v, int64_t n)
{
    int64_t key[SCAN];
    for (int64_t done = 0; done < n; done += SCAN) {
        const int count = n - done < SCAN ? (int)(n - done) : SCAN;
        memcpy(key, v + done, (size_t)count * sizeof *key);
        for (int i = 0; i < count; i++) {
            key[i] = in_order(key[i]);
        }
        reduce_in_place(comm, key, count, MPI_MAX);
        for (int i = 0; i < count; i++) {
            key[i] = in_order(key[i]);
        }
        memcpy(v + done, key, (size_t)count * sizeof *key);
    }
}

/* In log2 P steps (W. D. Hillis and G. L. Steele, Data parallel algorithms, CACM 29 (1986), 1170-1183): before the step
 * of distance 2^i `sum` covers the last 2^i ranks up to this one. MPI_Exscan of Open MPI 4.1 goes from rank to rank,
 * P steps one after the other. */
static void exscan_piece(tc_comm *comm, int64_t *v, int n)
{
    int64_t sum[SCAN], got[SCAN];
    memcpy(sum, v, (size_t)n * sizeof *v);
    memset(v, 0, (size_t)n * sizeof *v);
    for (int64_t step = 1; step < comm->size; step *= 2) {
        const int to =
            comm->rank + step < comm->size ? (int)(comm->rank + step) : MPI_PROC_NULL;
        const int from = comm->rank >= step ? (int)(comm->rank - step) : MPI_PROC_NULL;
        memset(got, 0, (size_t)n * sizeof *got); /* nothing comes from nobody */
        (void)MPI_Sendrecv(sum, n, MPI_INT64_T, to, 0, got, n, MPI_INT64_T, from, 0,
                           comm->world, MPI_STATUS_IGNORE);
        for (int i = 0; i < n; i++) {
            v[i] += got[i];
            sum[i] += got[i];
        }
    }
}

void tc_comm_exscan_i64_all(tc_comm *comm, int64_t *v, int64_t n)
{
    for (int64_t done = 0; done < n; done += SCAN) {
        const int count = n - done < SCAN ? (int)(n - done) : SCAN;
        const double entered = tc_comm_enter();
        exscan_piece(comm, v + done, count);
        tc_comm_leave(comm, entered, (int64_t)count * (int64_t)sizeof *v);
    }
}

void tc_comm_bcast_all(tc_comm *comm, void *bytes, int64_t n, int root)
{
    unsigned char *at = bytes;
    for (int64_t done = 0; done < n; done += PIECE) {
        const int count = n - done < PIECE ? (int)(n - done) : PIECE;
        const double entered = tc_comm_enter();
        (void)MPI_Bcast(at + done, count, MPI_BYTE, root, comm->world);
        tc_comm_leave(comm, entered, comm->rank == root ? count : 0);
    }
}

double tc_comm_seconds(void)
{
    return MPI_Wtime();
}

tc_comm_counts tc_comm_counts_now(const tc_comm *comm)
{
    return comm->counts;
}
