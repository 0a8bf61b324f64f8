/* ingest_lanes.h - private to ingest: what one round sends, a lane for each rank. */
#ifndef TC_INGEST_LANES_H
#define TC_INGEST_LANES_H

#include "tiercel/comm.h"

/* Lane r is data[r * room ..]. A round ends when a lane is full or all together hold a
 * batch, so that no rank sends or gets more than two batches, however skewed the rows are. */
typedef struct {
    unsigned char *data; /* [ranks][room], owned */
    int64_t *size;       /* [ranks] bytes used, owned */
    int64_t *start;      /* [ranks] r * room; of the block of size */
    int64_t ranks, room;
    int64_t item;         /* bytes of the longest item */
    int64_t total, batch; /* bytes in all lanes; bytes that end a round */
    int full;
} tc_ingest_lanes;

/* Local. batch: bytes of a round. Errors: TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_lanes_create(tc_ingest_lanes *lanes, int ranks,
                                              int64_t batch, int64_t item, tc_error *err);
void tc_ingest_lanes_free(tc_ingest_lanes *lanes);

/* Local. Where the next item for a rank goes (room for the longest one), unless full; then
 * its bytes. */
static inline unsigned char *tc_ingest_lane_at(const tc_ingest_lanes *lanes, int rank)
{
    return lanes->data + lanes->start[rank] + lanes->size[rank];
}

static inline void tc_ingest_lane_add(tc_ingest_lanes *lanes, int rank, int64_t bytes)
{
    lanes->size[rank] += bytes;
    lanes->total += bytes;
    lanes->full |= lanes->size[rank] + lanes->item > lanes->room;
    lanes->full |= lanes->total >= lanes->batch;
}

/* Collective. Sends all lanes but the rank's own; *received is what came. Then only the own
 * lane is left. Errors (agreed): TC_ENOMEM. */
TC_NODISCARD tc_status tc_ingest_lanes_exchange_all(tc_comm *comm, tc_ingest_lanes *lanes,
                                                    tc_buffer *received, tc_error *err);

/* Local. Empties the lanes. */
void tc_ingest_lanes_clear(tc_ingest_lanes *lanes);

#endif
