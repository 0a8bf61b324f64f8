/* features_impl.h - what the parts of the features stage share; for src/stage/features*.c only. */
#ifndef TC_FEATURES_IMPL_H
#define TC_FEATURES_IMPL_H

#include "tiercel/lineage.h"
#include "tiercel/rfm.h"

/* Ascending, so that one pass over the events serves all of them. */
enum { DATE_BACKTEST, DATE_TRAIN, DATE_SCORE, N_DATES };

/* The events of the customers of this rank: the columns of events.h5. */
typedef struct {
    tc_shards shards;
    int64_t first_time, last_time; /* of all ranks, seconds */
    int64_t event0, n_events;      /* rows of this rank in events */
    int64_t *first_event;          /* [shards.n_local + 1], relative to event0 */
    int64_t *time, *amount;
    uint64_t *order;
    uint8_t *kind;
    uint16_t *channel;
    uint32_t *category;
    tc_rfm_limits limits;
} tc_events;

/* Collective. Opens the reader's part of events.h5: shards, time range, sizes of the dictionaries. Errors
 * (agreed): TC_EDATA if the file does not fit together, TC_ENOMEM, TC_EIO. */
TC_NODISCARD tc_status tc_events_open_all(tc_comm *comm, tc_store *store, tc_events *events,
                                          tc_error *err);
/* Collective. Reads the rows of this rank. */
TC_NODISCARD tc_status tc_events_read_all(tc_comm *comm, tc_store *store, tc_events *events,
                                          tc_error *err);
void tc_events_free(tc_events *events);

/* Local, pure. The events of one local customer. */
tc_rfm_events tc_events_of(const tc_events *events, int64_t row);

/* What the features of one date are, for all customers of this rank. */
typedef struct {
    int64_t day;
    int labelled;                /* has label and later_amount */
    void *column[TC_N_FEATURES]; /* float or double, as the catalogue says */
    int8_t *label;
    double *later_amount;
    int64_t n_labelled, n_churned; /* of this rank */
} tc_features_at;

/* Local. Columns for n_rows customers. Errors: TC_ENOMEM (at is then to be freed too). */
TC_NODISCARD tc_status tc_features_at_create(tc_features_at *at, int64_t n_rows,
                                             tc_error *err);
void tc_features_at_free(tc_features_at *at);
/* Local, pure. Bytes of a customer in the columns of one date. */
int64_t tc_features_row_bytes(void);

/* Local. Fills the columns of n_dates dates in one pass. Errors: TC_ENOMEM, TC_EDATA. */
TC_NODISCARD tc_status tc_features_compute(const tc_events *events, const tc_config *config,
                                           tc_features_at *at, int n_dates, tc_error *err);

/* Collective. Writes at/<date>/... of one date, and for the date of the scores summary/<date>/... too. */
TC_NODISCARD tc_status tc_features_put_all(const tc_shards *shards, tc_store *store,
                                           const tc_features_at *at, tc_error *err);
TC_NODISCARD tc_status tc_features_put_summary_all(tc_comm *comm, const tc_shards *shards,
                                                   tc_store *store,
                                                   const tc_features_at *at, tc_error *err);

#endif
