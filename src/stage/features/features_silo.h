/* features_silo.h - what each id of a merged customer would look like alone (the measure of data silos);
 * for src/stage/features*.c only. */
#ifndef TC_FEATURES_SILO_H
#define TC_FEATURES_SILO_H

#include "features_impl.h"

#include "../ingest/ingest_spill.h"

/* One id of a customer with several of them that are active. */
typedef struct {
    int64_t row;       /* of the customer */
    double net_amount; /* currency */
    float recency_days, order_count;
    uint64_t alias;
} tc_features_silo_id;

/* Of the customers of this rank. */
typedef struct tc_features_silo {
    int64_t day;             /* of the scores */
    tc_spill *spill;         /* owned */
    tc_spill_stream ids;     /* tc_features_silo_id, by row, alias */
    int64_t n_ids;           /* in it */
    tc_event_columns sorted; /* events of one customer by alias; owned */
    int64_t *
        first_of_shard; /* [n_shards + 1], owned; ids of each shard of this rank, one place on */
    int64_t n_shards;
    int64_t rows_moved, ids_merged, customers_merged, customers; /* of this rank */
} tc_features_silo;

/* Local. Errors: TC_ENOMEM (the silo is to be freed in every case). */
TC_NODISCARD tc_status tc_features_silo_create(const tc_config *config, int64_t n_shards,
                                               int64_t day, tc_features_silo *silo,
                                               tc_error *err);
void tc_features_silo_free(tc_features_silo *silo);

/* Local. Takes the events of a customer, who is in this row. An id is active if it has an event before the day.
 * Errors: TC_ENOMEM, TC_EIO, TC_EDATA. Cost: O(n), and one more pass of the kernel for customers with
 * several active ids. */
TC_NODISCARD tc_status tc_features_silo_add(tc_features_silo *silo,
                                            const tc_features_customer *customer,
                                            int64_t row, tc_rfm_scratch *scratch,
                                            tc_error *err);

/* Collective. Writes silo/... and the attributes. Errors (agreed): TC_EIO, TC_ENOMEM. */
TC_NODISCARD tc_status tc_features_silo_put_all(tc_comm *comm, tc_store *store,
                                                tc_features_silo *silo, tc_error *err);

#endif
