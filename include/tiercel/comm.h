/* comm.h - the ranks of this job and the few collective calls that we use (edge layer; the
 * only folder that sees MPI). Functions ending in _all are collective: every rank calls
 * them, in the same order, with equal scalar arguments unless said otherwise. Transport
 * itself never fails (a broken launcher aborts the job), so calls without memory of their
 * own return void. */
#ifndef TC_COMM_H
#define TC_COMM_H

#include "tiercel/buffer.h"

typedef struct tc_comm tc_comm;

/* Collective. Starts MPI (works without mpirun too: one rank) and duplicates the world.
 * Errors: TC_EINTERNAL, TC_ENOMEM. */
TC_NODISCARD tc_status tc_comm_start_all(int *argc, char ***argv, tc_comm **out,
                                         tc_error *err);

/* Collective. Ends MPI; *comm becomes NULL. */
void tc_comm_stop_all(tc_comm **comm);

/* Local. A library below us is in a state in which MPI cannot end in order: tc_comm_stop_all then ends the
 * process with this code, after all ranks that were told so got there or the launcher ended them. */
void tc_comm_break(tc_comm *comm, int exit_code);

/* Local. */
int tc_comm_rank(const tc_comm *comm);
int tc_comm_size(const tc_comm *comm);

/* Collective. Number of ranks that share this rank's node. */
int tc_comm_node_ranks_all(tc_comm *comm);
/* Collective. Number of nodes. */
int tc_comm_nodes_all(tc_comm *comm);

/* Collective. Appends on rank 0 the names of the nodes, in order of their lowest rank, each ended by a zero byte; at
 * most 63 bytes of a name. Nothing on the others. Rank 0 needs 8 bytes a rank for it. Errors: TC_ENOMEM, agreed. */
TC_NODISCARD tc_status tc_comm_hosts_all(tc_comm *comm, tc_buffer *names, tc_error *err);

/* Collective. All ranks give their own status and get the worst one, with the message of
 * the lowest rank that has it (err must not be NULL). After it all ranks take the same
 * branch. Cost: one 8-byte Allreduce when all is well. */
TC_NODISCARD tc_status tc_comm_agree_all(tc_comm *comm, tc_status status, tc_error *err);

/* Collective, in place: v[n] becomes the sum / maximum / minimum over ranks on every rank.
 */
void tc_comm_sum_i64_all(tc_comm *comm, int64_t *v, int64_t n);
void tc_comm_max_i64_all(tc_comm *comm, int64_t *v, int64_t n);
void tc_comm_min_i64_all(tc_comm *comm, int64_t *v, int64_t n);

/* Collective, in place: the maximum of doubles, none of them NaN; +0 is above -0. */
void tc_comm_max_f64_all(tc_comm *comm, double *v, int64_t n);

/* Collective, in place: v[n] becomes the sum over all lower ranks (0 on rank 0). */
void tc_comm_exscan_i64_all(tc_comm *comm, int64_t *v, int64_t n);

/* Collective. n bytes of the root go to everybody. */
void tc_comm_bcast_all(tc_comm *comm, void *bytes, int64_t n, int root);

/* Collective. Every rank gives n bytes (n may differ) and gets all of them in rank order,
 * appended to `all` (its own buffer). Errors: TC_ENOMEM, agreed. */
TC_NODISCARD tc_status tc_comm_gather_all(tc_comm *comm, const void *bytes, int64_t n,
                                          tc_buffer *all, tc_error *err);

/* Collective. Records of `size` bytes travel to their owners: the send array is grouped by
 * destination, count[size of comm] records each; what arrives is appended to `received` in
 * rank order. Counts are int64; the caller bounds a batch. Errors: TC_ENOMEM, agreed. */
TC_NODISCARD tc_status tc_comm_exchange_all(tc_comm *comm, const void *send,
                                            const int64_t *count, size_t size,
                                            tc_buffer *received, tc_error *err);

/* Collective. The same for records that stand apart: those for rank r are send[start[r]] and
 * the following; start in records, start[r] + count[r] below 2^31. */
TC_NODISCARD tc_status tc_comm_exchange_at_all(tc_comm *comm, const void *send,
                                               const int64_t *start, const int64_t *count,
                                               size_t size, tc_buffer *received,
                                               tc_error *err);

/* Local. Wall-clock seconds since some fixed point, for timings only. */
double tc_comm_seconds(void);

/* What this rank did in the calls above since the start; those of a span are the difference. The rounds inside a
 * collective operation are MPI's own and are not seen, nor is what HDF5 says to the other ranks. */
typedef struct {
    int64_t calls;    /* collective operations */
    int64_t bytes;    /* given to reductions, scans, gathers, and to broadcasts as root */
    int64_t messages; /* parts of exchanges for another rank, not empty */
    int64_t message_bytes; /* of them */
    double seconds; /* inside these operations: transfer, and waiting for slower ranks */
} tc_comm_counts;

/* Local. */
tc_comm_counts tc_comm_counts_now(const tc_comm *comm);

#endif
