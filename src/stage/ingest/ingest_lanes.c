#include "ingest_lanes.h"

#include <limits.h>
#include <string.h>

tc_status tc_ingest_lanes_create(tc_ingest_lanes *lanes, int ranks, int64_t batch,
                                 int64_t item, tc_error *err)
{
    int64_t room = 2 * (batch / ranks);
    room = room > INT_MAX / ranks ? INT_MAX / ranks : room;
    room = room < 16 * item ? 16 * item : room;
    *lanes = (tc_ingest_lanes){.ranks = ranks, .room = room, .item = item, .batch = batch};
    lanes->data = tc_mem_alloc(ranks, (size_t)room, err);
    lanes->size = tc_mem_alloc(2 * (int64_t)ranks, sizeof *lanes->size, err);
    if (lanes->data == NULL || lanes->size == NULL) {
        return TC_ENOMEM;
    }
    lanes->start = lanes->size + ranks;
    for (int64_t r = 0; r < ranks; r++) {
        lanes->start[r] = r * room;
    }
    return TC_OK;
}

void tc_ingest_lanes_free(tc_ingest_lanes *lanes)
{
    tc_mem_free(lanes->data);
    tc_mem_free(lanes->size);
    *lanes = (tc_ingest_lanes){0};
}

tc_status tc_ingest_lanes_exchange_all(tc_comm *comm, tc_ingest_lanes *lanes,
                                       tc_buffer *received, tc_error *err)
{
    const int self = tc_comm_rank(comm);
    const int64_t mine = lanes->size[self];
    tc_status st;
    received->size = 0;
    lanes->size[self] = 0;
    st = tc_comm_exchange_at_all(comm, lanes->data, lanes->start, lanes->size, 1, received,
                                 err);
    tc_ingest_lanes_clear(lanes);
    lanes->size[self] = lanes->total = mine;
    return st;
}

void tc_ingest_lanes_clear(tc_ingest_lanes *lanes)
{
    memset(lanes->size, 0, (size_t)lanes->ranks * sizeof *lanes->size);
    lanes->total = 0;
    lanes->full = 0;
}
