/* exchange.c - variable amounts of data between ranks. MPI counts and displacements are
 * ints, so records travel as one derived datatype; a batch of 2^31 records and more is
 * refused on all ranks. */
#include "comm_native.h"

#include <limits.h>
#include <string.h>

typedef struct {
    int *count, *start; /* [size] */
} lane;

typedef struct {
    lane send, receive;
    int *ints; /* the memory behind both */
    int64_t *incoming;
} plan;

static tc_status plan_create(const tc_comm *comm, plan *p, tc_error *err)
{
    const int64_t size = comm->size;
    *p = (plan){0};
    p->ints = tc_mem_alloc(4 * size, sizeof *p->ints, err);
    p->incoming = tc_mem_alloc(size, sizeof *p->incoming, err);
    if (p->ints == NULL || p->incoming == NULL) {
        return TC_ENOMEM;
    }
    p->send = (lane){p->ints, p->ints + size};
    p->receive = (lane){p->ints + 2 * size, p->ints + 3 * size};
    return TC_OK;
}

static void plan_free(plan *p)
{
    tc_mem_free(p->ints);
    tc_mem_free(p->incoming);
}

/* Turns int64 counts into the ints that MPI wants; at: where they start, NULL = one behind
 * the other. */
static tc_status fill_lane(const int64_t *count, const int64_t *at, int size, lane *out,
                           tc_error *err)
{
    int64_t start = 0;
    for (int r = 0; r < size; r++) {
        start = at != NULL ? at[r] : start;
        if (start + count[r] > INT_MAX) {
            return tc_fail(err, TC_EINTERNAL,
                           "a batch of an exchange exceeds 2^31 records");
        }
        out->count[r] = (int)count[r];
        out->start[r] = (int)start;
        start += count[r];
    }
    return TC_OK;
}

static tc_status make_room(const tc_comm *comm, plan *p, size_t size, tc_buffer *received,
                           tc_error *err)
{
    int64_t total = 0, bytes;
    TC_TRY(fill_lane(p->incoming, NULL, comm->size, &p->receive, err));
    for (int r = 0; r < comm->size; r++) {
        total += p->incoming[r];
    }
    if (__builtin_mul_overflow(total, (int64_t)size, &bytes)) {
        return tc_fail(err, TC_ENOMEM,
                       "out of memory: a batch of an exchange is too large");
    }
    return tc_buffer_reserve(received, bytes > 0 ? bytes : 1, err); /* never NULL + 0 */
}

/* Collective. */
static void exchange_counts_all(tc_comm *comm, const int64_t *count, int64_t *incoming)
{
    const double entered = tc_comm_enter();
    (void)MPI_Alltoall(count, 1, MPI_INT64_T, incoming, 1, MPI_INT64_T, comm->world);
    tc_comm_leave(comm, entered, (int64_t)comm->size * (int64_t)sizeof *count);
}

/* Collective. received has room. */
static void exchange_records_all(tc_comm *comm, const void *send, const plan *p,
                                 size_t size, tc_buffer *received)
{
    MPI_Datatype record;
    double entered;
    (void)MPI_Type_contiguous((int)size, MPI_BYTE, &record);
    (void)MPI_Type_commit(&record);
    entered = tc_comm_enter();
    (void)MPI_Alltoallv(send, p->send.count, p->send.start, record,
                        received->data + received->size, p->receive.count, p->receive.start,
                        record, comm->world);
    tc_comm_leave(comm, entered, 0);
    (void)MPI_Type_free(&record);
    for (int r = 0; r < comm->size; r++) {
        received->size += p->incoming[r] * (int64_t)size;
        if (r != comm->rank && p->send.count[r] > 0) {
            comm->counts.messages++;
            comm->counts.message_bytes += p->send.count[r] * (int64_t)size;
        }
    }
}

tc_status tc_comm_exchange_all(tc_comm *comm, const void *send, const int64_t *count,
                               size_t size, tc_buffer *received, tc_error *err)
{
    return tc_comm_exchange_at_all(comm, send, NULL, count, size, received, err);
}

tc_status tc_comm_exchange_at_all(tc_comm *comm, const void *send, const int64_t *start,
                                  const int64_t *count, size_t size, tc_buffer *received,
                                  tc_error *err)
{
    plan p;
    tc_status st = plan_create(comm, &p, err);
    if (st == TC_OK) {
        st = fill_lane(count, start, comm->size, &p.send, err);
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st != TC_OK) {
        goto cleanup;
    }
    TC_ASSERT(p.ints != NULL && p.incoming != NULL); /* as agreed */
    exchange_counts_all(comm, count, p.incoming);
    st = make_room(comm, &p, size, received, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st != TC_OK) {
        goto cleanup;
    }
    exchange_records_all(comm, send, &p, size, received);
cleanup:
    plan_free(&p);
    return st;
}

tc_status tc_comm_gather_all(tc_comm *comm, const void *bytes, int64_t n, tc_buffer *all,
                             tc_error *err)
{
    plan p;
    int64_t total = 0;
    double entered;
    tc_status st = plan_create(comm, &p, err);
    st = tc_comm_agree_all(comm, st, err);
    if (st != TC_OK) {
        goto cleanup;
    }
    TC_ASSERT(p.ints != NULL && p.incoming != NULL); /* as agreed */
    entered = tc_comm_enter();
    (void)MPI_Allgather(&n, 1, MPI_INT64_T, p.incoming, 1, MPI_INT64_T, comm->world);
    tc_comm_leave(comm, entered, (int64_t)sizeof n);
    for (int r = 0; r < comm->size; r++) {
        total += p.incoming[r];
    }
    st = fill_lane(p.incoming, NULL, comm->size, &p.receive, err);
    if (st == TC_OK) {
        st = tc_buffer_reserve(all, total > 0 ? total : 1, err); /* never NULL + 0 */
    }
    st = tc_comm_agree_all(comm, st, err);
    if (st != TC_OK) {
        goto cleanup;
    }
    entered = tc_comm_enter();
    (void)MPI_Allgatherv(bytes, (int)n, MPI_BYTE, all->data + all->size, p.receive.count,
                         p.receive.start, MPI_BYTE, comm->world);
    tc_comm_leave(comm, entered, n);
    all->size += total;
cleanup:
    plan_free(&p);
    return st;
}
