/* hosts.c - the nodes that the ranks run on. */
#include "comm_native.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME_BYTES = 64 };

/* Collective. 1 on the lowest rank of each node. */
static int leads_node_all(tc_comm *comm)
{
    MPI_Comm node;
    int rank_of_node = 0;
    (void)MPI_Comm_split_type(comm->world, MPI_COMM_TYPE_SHARED, comm->rank, MPI_INFO_NULL,
                              &node);
    (void)MPI_Comm_rank(node, &rank_of_node);
    (void)MPI_Comm_free(&node);
    return rank_of_node == 0;
}

static void own_name(char name[NAME_BYTES])
{
    memset(name, 0, NAME_BYTES);
    if (gethostname(name, NAME_BYTES - 1) != 0 || name[0] == '\0') {
        (void)snprintf(name, NAME_BYTES, "unknown");
    }
}

tc_status tc_comm_hosts_all(tc_comm *comm, tc_buffer *names, tc_error *err)
{
    const int is_root = comm->rank == 0;
    const double entered = tc_comm_enter();
    int bytes = 0, total = 0;
    char name[NAME_BYTES];
    int *count = tc_mem_alloc(is_root ? comm->size : 1, sizeof *count, err);
    int *start = tc_mem_alloc(is_root ? comm->size : 1, sizeof *start, err);
    tc_status st = count == NULL || start == NULL ? TC_ENOMEM : TC_OK;
    own_name(name);
    if (leads_node_all(comm)) {
        bytes = (int)strlen(name) + 1;
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st != TC_OK) {
        goto cleanup;
    }
    TC_ASSERT(count != NULL && start != NULL); /* as agreed */
    (void)MPI_Gather(&bytes, 1, MPI_INT, count, 1, MPI_INT, 0, comm->world);
    for (int r = 0; is_root && r < comm->size; r++) {
        start[r] = total;
        total += count[r];
    }
    st = tc_buffer_reserve(names, total > 0 ? total : 1, err); /* never NULL + 0 */
    st = tc_comm_agree_all(comm, st, err);
    if (st == TC_OK) {
        (void)MPI_Gatherv(name, bytes, MPI_CHAR, names->data + names->size, count, start,
                          MPI_CHAR, 0, comm->world);
        names->size += total;
        tc_comm_leave(comm, entered, bytes);
    }
cleanup:
    tc_mem_free(count);
    tc_mem_free(start);
    return st;
}
